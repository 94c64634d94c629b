//! Drafts into rows, many with one statement.

use std::iter::Peekable;

use crate::{
    db::{Db, Transaction},
    driver::{Outcome, Ran, RowSink},
    error::{ConstraintKind, Error, Result},
    model::{DraftData, InsertGraphs, Model, ModelMeta},
    record::{AnyRecord, Record, State, values::Values},
    relation::{Owners, insert_graph, insert_level, touches},
    schema::Name,
    statement::{Insert, OnConflict, Statement, TableRef},
    value::{Moment, Value},
};

/// How many rows are gathered for one statement; the driver splits it further where it must.
const ROWS_PER_BATCH: usize = 1_000;

/// Inserts a draft.
pub(crate) async fn insert<M: Model>(db: &Db, mut draft: DraftData) -> Result<Record<M>> {
    if draft.graph().is_some() {
        return Box::pin(insert_graph(db, draft)).await;
    }
    if let Some((column, tenant)) = db.stamp_of(M::meta())? {
        draft.put_value(column, tenant);
    }
    if db.is_strict().filling {
        draft.whole()?;
    }
    if db.hooks(M::meta()).is_some() {
        let mut record = Record::<M>::of_draft(draft, db.now())?;
        record.erased_mut().save(db).await?;
        return Ok(record);
    }
    let mut batch = Batch::new(M::meta(), draft.left_out(), 1);
    draft.complete(db.now())?;
    let model = M::decode(&draft, 0)?;
    batch.send_complete(draft);
    let touches = touches(db, M::meta());
    let tx = if touches { Some(db.begin_own().await?) } else { None };
    let db = tx.as_deref().unwrap_or(db);
    let written = batch.insert(db).await?;
    let mut record = Record { model, state: State::inserted(db.fate(), &written.columns) };
    written.give_to(0, &mut record)?;
    if touches {
        let mut owners = Owners::default();
        owners.add(M::meta(), &|column| record.encode(column));
        owners.touch(db).await?;
    }
    keep(tx).await?;
    Ok(record)
}

/// Drafts, one after the other.
pub(crate) type Drafts<'a> = Box<dyn Iterator<Item = DraftData> + Send + 'a>;

/// Inserts drafts, all or none: how many rows were written, of which the sink gets the columns `returning`.
///
/// They are taken as they are needed, so that a million of them are never there at once.
pub(crate) async fn insert_all(
    db: &Db,
    meta: &'static ModelMeta,
    drafts: Drafts<'_>,
    on_conflict: OnConflict,
    returning: Vec<Name>,
    mut sink: Box<dyn RowSink>,
) -> Ran {
    let mut batches = Batches::new(db, meta, drafts)?;
    let on_conflict = of_tenant(db, meta, on_conflict)?;
    let mut tx = None;
    let mut affected = 0;
    loop {
        if let Some((drafts, insert)) = batches.next_graphs() {
            if on_conflict != OnConflict::Fail || !returning.is_empty() {
                drafts.iter().try_for_each(DraftData::alone)?;
            }
            tx = Some(in_transaction(db, tx).await?);
            affected += insert(tx.as_deref().unwrap_or(db), drafts).await?;
            continue;
        }
        let Some(batch) = batches.next(|batch, draft, now| batch.send(draft, now))? else { break };
        let guarded = on_conflict.leaves_out_others();
        tx = if guarded { Some(in_transaction(db, tx).await?) } else { batches.together(db, tx).await? };
        let rows = batch.rows as u64;
        let statement = batch.into_insert(on_conflict.clone(), returning.clone()).into();
        let (given_back, written) =
            tx.as_deref().unwrap_or(db).run(Some(meta.about()), &statement, sink).await?;
        sink = given_back;
        if guarded && written.affected < rows {
            return Err(taken_by_another(meta));
        }
        affected += written.affected;
        batches.recycle(statement);
    }
    keep(tx).await?;
    Ok((sink, Outcome::affected(affected)))
}

/// An upsert through a tenant's handle changes no row of another tenant.
fn of_tenant(db: &Db, meta: &'static ModelMeta, mut on_conflict: OnConflict) -> Result<OnConflict> {
    if let OnConflict::Update { set, same, .. } = &mut on_conflict {
        meta.check_all(db, set)?;
        if let Some((column, _)) = db.stamp_of(meta)? {
            *same = names(meta, &[column]);
        }
    }
    Ok(on_conflict)
}

#[cold]
fn taken_by_another(meta: &'static ModelMeta) -> Error {
    Error::Constraint {
        kind: ConstraintKind::Unique,
        table: Some(meta.table.to_owned()),
        constraint: None,
        columns: Vec::new(),
        source: None,
    }
}

/// Inserts drafts, all or none: their records, in the same order.
pub(crate) async fn insert_many<M: Model>(db: &Db, drafts: Drafts<'_>) -> Result<Vec<Record<M>>> {
    insert_batches(db, Batches::new(db, M::meta(), drafts)?).await
}

/// Inserts drafts, in a transaction that the caller holds.
pub(crate) async fn insert_within<M: Model>(db: &Db, drafts: Drafts<'_>) -> Result<Vec<Record<M>>> {
    insert_batches(db, Batches { held: true, ..Batches::new(db, M::meta(), drafts)? }).await
}

async fn insert_batches<M: Model>(db: &Db, mut batches: Batches<'_>) -> Result<Vec<Record<M>>> {
    if db.hooks(M::meta()).is_some() {
        return insert_each(db, batches).await;
    }
    let mut records: Vec<Record<M>> = Vec::with_capacity(batches.drafts.size_hint().0);
    let (touches, mut owners) = (touches(db, M::meta()), Owners::default());
    let mut tx = None;
    loop {
        if let Some((drafts, _)) = batches.next_graphs() {
            tx = Some(in_transaction(db, tx).await?);
            let level = Box::pin(insert_level(tx.as_deref().unwrap_or(db), drafts));
            records.extend(level.await?);
            continue;
        }
        let from = records.len();
        let batch = batches.next(|batch, mut draft, now| {
            draft.complete(now)?;
            records.push(Record::loaded(M::decode(&draft, 0)?));
            batch.send_complete(draft);
            Ok(())
        })?;
        let Some(batch) = batch else { break };
        tx = if touches && !batches.held {
            Some(in_transaction(db, tx).await?)
        } else {
            batches.together(db, tx).await?
        };
        let written = batch.insert(tx.as_deref().unwrap_or(db)).await?;
        for (row, record) in records.iter_mut().skip(from).enumerate() {
            record.state = State::inserted(db.fate(), &written.columns);
            written.give_to(row, record)?;
            if touches {
                owners.add(M::meta(), &|column| record.encode(column));
            }
        }
        batches.recycle(written.statement);
    }
    owners.touch(tx.as_deref().unwrap_or(db)).await?;
    keep(tx).await?;
    Ok(records)
}

/// Inserts drafts one by one, since somebody observes each of them.
async fn insert_each<M: Model>(db: &Db, batches: Batches<'_>) -> Result<Vec<Record<M>>> {
    let tx = if batches.held { None } else { Some(db.begin_own().await?) };
    let mut records = Vec::with_capacity(batches.drafts.size_hint().0);
    for draft in batches.drafts {
        records.push(insert(tx.as_deref().unwrap_or(db), draft).await?);
    }
    keep(tx).await?;
    Ok(records)
}

/// The transaction that holds several statements together.
async fn in_transaction(db: &Db, tx: Option<Transaction>) -> Result<Transaction> {
    match tx {
        Some(tx) => Ok(tx),
        None => db.begin_own().await,
    }
}

async fn keep(tx: Option<Transaction>) -> Result<()> {
    match tx {
        Some(tx) => tx.commit().await,
        None => Ok(()),
    }
}

/// Drafts on their way into a table, in as few statements as they allow.
struct Batches<'a> {
    meta: &'static ModelMeta,
    /// What timestamps get.
    now: Option<Moment>,
    drafts: Peekable<Drafts<'a>>,
    /// Whether a transaction of the caller's holds the statements together.
    held: bool,
    /// Whether drafts are refused of which mass assignment passed something over.
    strict: bool,
    /// The memory of the batch before.
    values: Vec<Value>,
}

impl<'a> Batches<'a> {
    fn new(db: &Db, meta: &'static ModelMeta, drafts: Drafts<'a>) -> Result<Self> {
        let drafts: Drafts<'a> = match db.stamp_of(meta)? {
            None => drafts,
            Some((column, tenant)) => Box::new(drafts.map(move |draft| draft.put(column, tenant.clone()))),
        };
        let (now, strict) = (db.now(), db.is_strict().filling);
        Ok(Self { meta, now, drafts: drafts.peekable(), held: false, strict, values: Vec::new() })
    }

    /// The next drafts, where the first of them brings others with it, and what inserts them all.
    fn next_graphs(&mut self) -> Option<(Vec<DraftData>, InsertGraphs)> {
        let insert = self.drafts.peek()?.graph()?.insert;
        Some((self.drafts.by_ref().take(ROWS_PER_BATCH).collect(), insert))
    }

    /// The next drafts that one statement can insert: those which leave out the same columns. `add` puts
    /// each of them into the batch.
    fn next(
        &mut self,
        mut add: impl FnMut(&mut Batch, DraftData, Option<Moment>) -> Result<()>,
    ) -> Result<Option<Batch>> {
        let Some(first) = self.drafts.peek() else { return Ok(None) };
        let left_out = first.left_out();
        let rows = self.drafts.size_hint().0.clamp(1, ROWS_PER_BATCH);
        let mut batch = Batch::in_memory(std::mem::take(&mut self.values), self.meta, left_out, rows);
        while batch.rows < ROWS_PER_BATCH {
            let Some(draft) = self.drafts.next_if(|draft| batch.takes(draft)) else { break };
            if self.strict {
                draft.whole()?;
            }
            add(&mut batch, draft, self.now)?;
        }
        Ok(Some(batch))
    }

    /// Keeps the memory of a statement that was run, for the next batch.
    fn recycle(&mut self, statement: Statement) {
        if let Statement::Insert(insert) = statement {
            self.values = insert.values;
            self.values.clear();
        }
    }

    /// The transaction that holds the statements together, where there are several.
    async fn together(&mut self, db: &Db, tx: Option<Transaction>) -> Result<Option<Transaction>> {
        match tx {
            None if !self.held && self.drafts.peek().is_some() => db.begin_own().await.map(Some),
            tx => Ok(tx),
        }
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
        Self::in_memory(Vec::new(), meta, left_out, rows)
    }

    fn in_memory(
        mut values: Vec<Value>,
        meta: &'static ModelMeta,
        left_out: Vec<usize>,
        rows: usize,
    ) -> Self {
        let width = meta.columns.len().saturating_sub(left_out.len());
        let given = meta.filled_by_database().filter(|column| !left_out.contains(column)).collect();
        values.reserve(rows * width);
        Self { meta, left_out, given, rows: 0, values }
    }

    /// Whether a draft leaves the same columns to the database, and comes alone.
    fn takes(&self, draft: &DraftData) -> bool {
        draft.graph().is_none()
            && self.left_out.iter().all(|column| !draft.has(*column))
            && self.given.iter().all(|column| draft.has(*column))
    }

    /// Adds the row of a draft.
    fn send(&mut self, draft: DraftData, now: Option<Moment>) -> Result<()> {
        draft.send(now, &self.left_out, &mut self.values)?;
        self.rows += 1;
        Ok(())
    }

    /// Adds the row of a complete draft.
    fn send_complete(&mut self, draft: DraftData) {
        draft.send_complete(&self.left_out, &mut self.values);
        self.rows += 1;
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

    fn into_insert(self, on_conflict: OnConflict, returning: Vec<Name>) -> Insert {
        let Self { meta, left_out, rows, values, .. } = self;
        let sent = meta.columns.iter().enumerate().filter(|(index, _)| !left_out.contains(index));
        let columns = sent.map(|(_, column)| column.target()).collect();
        let key = if returning.is_empty() { Vec::new() } else { names(meta, meta.key) };
        Insert { table: TableRef::new(meta.table), columns, rows, values, on_conflict, returning, key }
    }

    /// Inserts the rows: what the database filled in.
    pub(super) async fn insert(self, db: &Db) -> Result<Written> {
        let (meta, rows) = (self.meta, self.rows);
        let columns = self.left_out.clone();
        let returning = names(meta, &columns);
        let statement = Statement::Insert(self.into_insert(OnConflict::Fail, returning));
        if columns.is_empty() {
            db.run(Some(meta.about()), &statement, Box::new(())).await?;
            return Ok(Written { columns, values: Vec::new(), statement });
        }
        let sink = Values { values: Vec::with_capacity(rows * columns.len()) };
        let Values { values } = db.fetch(Some(meta.about()), &statement, sink).await?.0;
        if values.len() != rows * columns.len() {
            let (name, came) = (meta.name, values.len());
            let message = format!("{rows} rows of `{name}` were inserted and {came} values came back");
            return Err(Error::Driver { message, source: None });
        }
        Ok(Written { columns, values, statement })
    }
}

fn names(meta: &ModelMeta, columns: &[usize]) -> Vec<Name> {
    columns.iter().filter_map(|index| meta.names.get(*index)).map(|name| (*name).into()).collect()
}

/// What the database filled in, row after row.
pub(super) struct Written {
    columns: Vec<usize>,
    values: Vec<Value>,
    /// What wrote the rows.
    statement: Statement,
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
