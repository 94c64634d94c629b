//! Drafts into rows, many with one statement.

use std::{iter::Peekable, vec::IntoIter};

use crate::{
    db::Db,
    error::{Error, Result},
    model::{DraftData, Model, ModelMeta},
    record::{AnyRecord, Record, State, values::Values},
    statement::{ColumnRef, Insert, OnConflict, Statement, TableRef},
    value::{Moment, Value},
};

/// How many rows are gathered for one statement; the driver splits it further where it must.
const ROWS_PER_BATCH: usize = 1_000;

/// Inserts a draft.
pub(crate) async fn insert<M: Model>(db: &Db, mut draft: DraftData) -> Result<Record<M>> {
    let mut batch = Batch::new(M::meta(), draft.left_out(), 1);
    draft.complete(Moment::now())?;
    let model = M::decode(&draft, 0)?;
    batch.push(draft.into_values());
    let written = batch.insert(db).await?;
    let mut record = Record { model, state: State::inserted(db.fate(), &written.columns) };
    written.give_to(0, &mut record)?;
    Ok(record)
}

/// Inserts drafts, all or none; the records are in the order of the drafts.
pub(crate) async fn insert_many<M: Model>(db: &Db, drafts: Vec<DraftData>) -> Result<Vec<Record<M>>> {
    let now = Moment::now();
    let mut records: Vec<Record<M>> = Vec::with_capacity(drafts.len());
    let mut drafts = drafts.into_iter().peekable();
    let mut tx = None;
    loop {
        let from = records.len();
        let batch = next_batch(M::meta(), &mut drafts, now, |draft| {
            records.push(Record { model: M::decode(draft, 0)?, state: State::existing() });
            Ok(())
        })?;
        let Some(batch) = batch else { break };
        if tx.is_none() && drafts.peek().is_some() {
            tx = Some(db.begin_own().await?);
        }
        let on = tx.as_deref().unwrap_or(db);
        let written = batch.insert(on).await?;
        for (row, record) in records.iter_mut().skip(from).enumerate() {
            record.state = State::inserted(on.fate(), &written.columns);
            written.give_to(row, record)?;
        }
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
    while let Some(batch) = next_batch(meta, &mut drafts, now, DraftData::check)? {
        if tx.is_none() && drafts.peek().is_some() {
            tx = Some(db.begin_own().await?);
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

    /// Inserts the rows: what the database filled in.
    pub(super) async fn insert(self, db: &Db) -> Result<Written> {
        let (meta, rows) = (self.meta, self.rows);
        let columns = self.left_out.clone();
        let statement = Statement::Insert(self.into_insert(OnConflict::Fail, true));
        if columns.is_empty() {
            db.run(&statement, Box::new(())).await?;
            return Ok(Written { columns, values: Vec::new() });
        }
        let sink = Values { values: Vec::with_capacity(rows * columns.len()) };
        let Values { values } = db.fetch(&statement, sink).await?.0;
        if values.len() != rows * columns.len() {
            let (name, came) = (meta.name, values.len());
            let message = format!("{rows} rows of `{name}` were inserted and {came} values came back");
            return Err(Error::Driver { message, source: None });
        }
        Ok(Written { columns, values })
    }
}

/// What the database filled in, row after row.
pub(super) struct Written {
    columns: Vec<usize>,
    values: Vec<Value>,
}

impl Written {
    /// Puts what was filled in into the record of a row.
    pub(super) fn give_to(&self, row: usize, record: &mut dyn AnyRecord) -> Result<()> {
        let values = self.values.iter().skip(row * self.columns.len());
        for (column, value) in self.columns.iter().zip(values) {
            record.set(*column, value.as_ref())?;
        }
        Ok(())
    }
}
