//! Drafts into rows, many with one statement.

use crate::{
    db::{Db, Transaction},
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

/// Drafts on their way into a table, in as few statements as they allow. They are taken apart one by one, so
/// that a million of them need not be there at once.
pub(crate) struct Gathered {
    meta: &'static ModelMeta,
    now: Moment,
    /// How many drafts are still expected.
    expected: usize,
    batches: Vec<Batch>,
}

impl Gathered {
    pub(crate) fn new(meta: &'static ModelMeta, expected: usize) -> Self {
        Self { meta, now: Moment::now(), expected, batches: Vec::new() }
    }

    /// Adds a draft, which `look` sees once it is complete.
    pub(crate) fn add(
        &mut self,
        mut draft: DraftData,
        look: impl FnOnce(&DraftData) -> Result<()>,
    ) -> Result<()> {
        if !self.batches.last().is_some_and(|batch| batch.rows < ROWS_PER_BATCH && batch.takes(&draft)) {
            let rows = self.expected.clamp(1, ROWS_PER_BATCH);
            self.batches.push(Batch::new(self.meta, draft.left_out(), rows));
        }
        draft.complete(self.now)?;
        look(&draft)?;
        if let Some(batch) = self.batches.last_mut() {
            batch.push(draft.into_values());
        }
        self.expected = self.expected.saturating_sub(1);
        Ok(())
    }

    /// The transaction that holds the statements together, where there are several.
    async fn transaction(&self, db: &Db) -> Result<Option<Transaction>> {
        if self.batches.len() > 1 { db.begin_own().await.map(Some) } else { Ok(None) }
    }

    /// Inserts the rows, all or none: how many were written.
    pub(crate) async fn insert(self, db: &Db, on_conflict: OnConflict) -> Result<u64> {
        let tx = self.transaction(db).await?;
        let mut affected = 0;
        for batch in self.batches {
            let statement = batch.into_insert(on_conflict.clone(), false).into();
            affected += tx.as_deref().unwrap_or(db).run(&statement, Box::new(())).await?.1.affected;
        }
        if let Some(tx) = tx {
            tx.commit().await?;
        }
        Ok(affected)
    }

    /// Inserts the rows, all or none, and gives each record, in the order in which its draft was added,
    /// what the database filled in.
    pub(crate) async fn insert_records<M: Model>(
        self,
        db: &Db,
        mut records: Vec<Record<M>>,
    ) -> Result<Vec<Record<M>>> {
        let tx = self.transaction(db).await?;
        let mut written = Vec::with_capacity(self.batches.len());
        for batch in self.batches {
            written.push(batch.insert(tx.as_deref().unwrap_or(db)).await?);
        }
        if let Some(tx) = tx {
            tx.commit().await?;
        }
        let mut left = records.iter_mut();
        for written in written {
            for (row, record) in left.by_ref().take(written.rows).enumerate() {
                record.state = State::inserted(db.fate(), &written.columns);
                written.give_to(row, record)?;
            }
        }
        Ok(records)
    }
}

/// Rows that are to be inserted, all of which leave the same columns to the database.
pub(super) struct Batch {
    meta: &'static ModelMeta,
    left_out: Vec<usize>,
    /// The columns that the database could fill in, and of which each row has a value.
    given: Vec<usize>,
    rows: usize,
    values: Vec<Value>,
}

impl Batch {
    pub(super) fn new(meta: &'static ModelMeta, left_out: Vec<usize>, rows: usize) -> Self {
        let width = meta.columns.len().saturating_sub(left_out.len());
        let given = meta.filled_by_database().filter(|column| !left_out.contains(column)).collect();
        Self { meta, left_out, given, rows: 0, values: Vec::with_capacity(rows * width) }
    }

    /// Whether a draft leaves the same columns to the database.
    fn takes(&self, draft: &DraftData) -> bool {
        self.left_out.iter().all(|column| !draft.has(*column))
            && self.given.iter().all(|column| draft.has(*column))
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
        let Self { meta, left_out, rows, values, .. } = self;
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
            return Ok(Written { rows, columns, values: Vec::new() });
        }
        let sink = Values { values: Vec::with_capacity(rows * columns.len()) };
        let Values { values } = db.fetch(&statement, sink).await?.0;
        if values.len() != rows * columns.len() {
            let (name, came) = (meta.name, values.len());
            let message = format!("{rows} rows of `{name}` were inserted and {came} values came back");
            return Err(Error::Driver { message, source: None });
        }
        Ok(Written { rows, columns, values })
    }
}

/// What the database filled in, row after row.
pub(super) struct Written {
    rows: usize,
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
