//! Drafts into rows, many with one statement.

use std::{iter::Peekable, ops::ControlFlow, vec::IntoIter};

use crate::{
    db::Db,
    driver::{Row, RowSink},
    error::{Error, Result},
    model::{DraftData, Model, ModelMeta},
    record::{Record, State},
    statement::{ColumnRef, Insert, OnConflict, Statement, TableRef},
    value::{Moment, Value},
};

/// How many rows are gathered for one statement; the driver splits it further where it must.
const ROWS_PER_BATCH: usize = 1_000;

/// Inserts a draft.
pub(crate) async fn insert<M: Model>(db: &Db, mut draft: DraftData) -> Result<Record<M>> {
    let mut batch = Batch::new(M::meta(), draft.left_out(), 1);
    draft.complete(Moment::now())?;
    let mut record = Record { model: M::decode(&draft, 0)?, state: State::created() };
    batch.push(draft.into_values());
    batch.insert_records(db, std::slice::from_mut(&mut record)).await?;
    Ok(record)
}

/// Inserts drafts, all or none; the records are in the order of the drafts.
pub(crate) async fn insert_many<M: Model>(db: &Db, drafts: Vec<DraftData>) -> Result<Vec<Record<M>>> {
    let now = Moment::now();
    let mut records = Vec::with_capacity(drafts.len());
    let mut drafts = drafts.into_iter().peekable();
    let mut tx = None;
    loop {
        let from = records.len();
        let batch = next_batch(M::meta(), &mut drafts, now, |draft| {
            records.push(Record { model: M::decode(draft, 0)?, state: State::created() });
            Ok(())
        })?;
        let Some(batch) = batch else { break };
        if tx.is_none() && drafts.peek().is_some() {
            tx = Some(db.begin().await?);
        }
        let written = records.get_mut(from..).unwrap_or_default();
        batch.insert_records(tx.as_deref().unwrap_or(db), written).await?;
    }
    if let Some(tx) = tx {
        tx.commit().await?;
    }
    Ok(records)
}

/// Writes drafts without making records of them, all or none: how many rows were written.
pub(crate) async fn insert_all(
    db: &Db,
    meta: &'static ModelMeta,
    drafts: Vec<DraftData>,
    on_conflict: OnConflict,
) -> Result<u64> {
    let now = Moment::now();
    let mut drafts = drafts.into_iter().peekable();
    let mut tx = None;
    let mut affected = 0;
    while let Some(batch) = next_batch(meta, &mut drafts, now, |_| Ok(()))? {
        if tx.is_none() && drafts.peek().is_some() {
            tx = Some(db.begin().await?);
        }
        let statement = batch.into_insert(on_conflict.clone(), false).into();
        affected += tx.as_deref().unwrap_or(db).run(&statement, Box::new(())).await?.1.affected;
    }
    if let Some(tx) = tx {
        tx.commit().await?;
    }
    Ok(affected)
}

/// The next drafts that one statement can insert: those which leave out the same columns. `each` sees
/// them once they are complete.
fn next_batch(
    meta: &'static ModelMeta,
    drafts: &mut Peekable<IntoIter<DraftData>>,
    now: Moment,
    mut each: impl FnMut(&DraftData) -> Result<()>,
) -> Result<Option<Batch>> {
    let Some(first) = drafts.peek() else { return Ok(None) };
    let filled: Vec<(usize, bool)> =
        meta.filled_by_database().map(|column| (column, first.has(column))).collect();
    let mut batch = Batch::new(meta, first.left_out(), drafts.len().min(ROWS_PER_BATCH));
    while batch.rows < ROWS_PER_BATCH {
        let same = |draft: &DraftData| filled.iter().all(|(column, has)| draft.has(*column) == *has);
        let Some(mut draft) = drafts.next_if(same) else { break };
        draft.complete(now)?;
        each(&draft)?;
        batch.push(draft.into_values());
    }
    Ok(Some(batch))
}

/// Rows that are to be inserted, all of which leave the same columns to the database.
pub(super) struct Batch {
    meta: &'static ModelMeta,
    left_out: Vec<usize>,
    rows: usize,
    values: Vec<Value>,
}

impl Batch {
    pub(super) fn new(meta: &'static ModelMeta, left_out: Vec<usize>, rows: usize) -> Self {
        let width = meta.columns.len().saturating_sub(left_out.len());
        Self { meta, left_out, rows: 0, values: Vec::with_capacity(rows * width) }
    }

    /// Adds a row: a value for every column of the model.
    pub(super) fn push(&mut self, values: impl Iterator<Item = Value>) {
        for (index, value) in values.enumerate() {
            if !self.left_out.contains(&index) {
                self.values.push(value);
            }
        }
        self.rows += 1;
    }

    fn into_insert(self, on_conflict: OnConflict, returning: bool) -> Insert {
        let Self { meta, left_out, rows, values } = self;
        let sent = meta.columns.iter().enumerate().filter(|(index, _)| !left_out.contains(index));
        let columns = sent
            .map(|(_, column)| ColumnRef { table: None, name: column.name.into(), ty: Some(column.ty) })
            .collect();
        let returning = if returning { left_out.as_slice() } else { &[] };
        let returning =
            returning.iter().filter_map(|index| meta.names.get(*index)).map(|name| (*name).into());
        let returning = returning.collect();
        Insert { table: TableRef::new(meta.table), columns, rows, values, on_conflict, returning }
    }

    /// Inserts the rows and puts what the database filled in into their records.
    pub(super) async fn insert_records<M: Model>(self, db: &Db, records: &mut [Record<M>]) -> Result<()> {
        let meta = self.meta;
        let left_out = self.left_out.clone();
        let width = left_out.len();
        let statement = Statement::Insert(self.into_insert(OnConflict::Fail, true));
        if width == 0 {
            db.run(&statement, Box::new(())).await?;
            return Ok(());
        }
        let sink = Written { values: Vec::with_capacity(records.len() * width) };
        let (written, _) = db.fetch(&statement, sink).await?;
        if written.values.len() != records.len() * width {
            return Err(Error::Driver {
                message: format!(
                    "{} rows of `{}` were inserted and {} values came back",
                    records.len(),
                    meta.name,
                    written.values.len()
                ),
                source: None,
            });
        }
        for (record, values) in records.iter_mut().zip(written.values.chunks(width)) {
            for (column, value) in left_out.iter().zip(values) {
                record.model.assign(*column, value.as_ref())?;
            }
        }
        Ok(())
    }
}

/// What an insert gave back, row after row.
struct Written {
    values: Vec<Value>,
}

impl RowSink for Written {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        for index in 0..row.len() {
            self.values.push(row.get(index)?.to_owned());
        }
        Ok(ControlFlow::Continue(()))
    }

    fn restart(&mut self) -> bool {
        self.values.clear();
        true
    }
}
