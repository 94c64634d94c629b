//! Writing records: insert, update, delete, and what reads a row anew.

use std::ops::ControlFlow;

use crate::{
    db::{Db, Pending},
    driver::{Row, RowSink},
    error::{Error, Result},
    model::{DraftData, Fill, Key, Model, ModelMeta},
    query::{Query, key_filter},
    record::{Record, State},
    statement::{ColumnRef, Delete, Expr, Insert, OnConflict, Scope, Statement, TableRef, Update},
    value::{Moment, Value, ValueRef},
};

/// How many rows go into one insert statement; the driver splits it further where it must.
const ROWS_PER_INSERT: usize = 5_000;

impl<M: Model> Record<M> {
    /// Inserts a new record, or updates the columns that differ from the row. A clean record sends
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Deleted`] after [`delete`](Self::delete), [`Error::NotFound`] where the row is gone,
    /// [`Error::Constraint`] where the database refuses the values.
    pub fn save<'a>(&'a mut self, db: &'a Db) -> Pending<'a, ()> {
        Pending::new(async move {
            if self.state.is_deleted() {
                return Err(Error::Deleted { model: M::meta().name, operation: "saved" });
            }
            if self.state.exists() { self.update_changed(db).await } else { self.insert_new(db).await }
        })
    }

    /// Sets the columns that mass assignment brought; [`save`](Self::save) writes them.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] where a cast of your own does not read what it wrote.
    pub fn fill(&mut self, fill: Fill<M>) -> Result<&mut Self> {
        for (column, value) in fill.into_values() {
            self.assign(column, value.as_ref())?;
        }
        Ok(self)
    }

    /// Deletes the row. The record can be read afterwards, and not be saved.
    ///
    /// # Errors
    ///
    /// [`Error::Deleted`] the second time, [`Error::NotFound`] for a record that was never saved.
    pub fn delete<'a>(&'a mut self, db: &'a Db) -> Pending<'a, ()> {
        Pending::new(async move {
            let meta = M::meta();
            if self.state.is_deleted() {
                return Err(Error::Deleted { model: meta.name, operation: "deleted again" });
            }
            if !self.state.exists() {
                return Err(Error::NotFound { model: meta.name, key: None });
            }
            let scope = row_scope(meta, self.stored_key());
            let delete = Statement::Delete(Delete { table: TableRef::new(meta.table), scope });
            db.run(&delete, Box::new(())).await?;
            self.state.mark_deleted();
            Ok(())
        })
    }

    /// Reads the row again, over whatever was changed.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where the row is gone, [`Error::Deleted`] after [`delete`](Self::delete).
    pub fn refresh<'a>(&'a mut self, db: &'a Db) -> Pending<'a, ()> {
        Pending::new(async move {
            let meta = M::meta();
            if self.state.is_deleted() {
                return Err(Error::Deleted { model: meta.name, operation: "refreshed" });
            }
            let key = self.stored_key();
            match self.row(db).await? {
                Some(fresh) => {
                    self.model = fresh.model;
                    self.state.mark_saved(Vec::new());
                    Ok(())
                }
                None => Err(not_found(meta, &key)),
            }
        })
    }

    /// The row as it is now, as another record; `None` where it is gone.
    pub fn fresh<'a>(&'a self, db: &'a Db) -> Pending<'a, Option<Self>> {
        Pending::new(async move { if self.state.exists() { self.row(db).await } else { Ok(None) } })
    }

    /// Sets `updated_at` to now and saves.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where the model has no `updated_at`, and what [`save`](Self::save) gives.
    pub fn touch<'a>(&'a mut self, db: &'a Db) -> Pending<'a, ()> {
        Pending::new(async move {
            let meta = M::meta();
            let Some(column) = meta.updated_at else {
                return Err(Error::config(format!(
                    "`{}` cannot be touched: it has no `updated_at`; add #[timestamps] to it",
                    meta.name
                )));
            };
            self.assign(column, ValueRef::Timestamp(Moment::now()))?;
            self.save(db).await
        })
    }

    /// A new record of the same values, without the key that is generated and without timestamps; not
    /// saved.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] where a cast of your own does not read what it wrote.
    pub fn replicate(&self) -> Result<Self> {
        let meta = M::meta();
        let mut draft = DraftData::new(meta);
        for index in 0..meta.columns.len() {
            if !meta.is_made_anew(index) {
                draft.put_value(index, self.model.encode(index));
            }
        }
        Self::from_draft(draft)
    }

    /// A record of a draft, not saved.
    pub(crate) fn from_draft(mut draft: DraftData) -> Result<Self> {
        let left_out = draft.left_out();
        draft.complete(Moment::now())?;
        Ok(Self { model: M::decode(&draft, 0)?, state: State::new(left_out) })
    }

    /// Sets every column that a draft gives.
    pub(crate) fn assign_draft(&mut self, draft: DraftData) -> Result<()> {
        for (column, value) in draft.into_given() {
            self.assign(column, value.as_ref())?;
        }
        Ok(())
    }

    /// The key by which the row is stored, also where it was changed on the record.
    fn stored_key(&self) -> Vec<Value> {
        let original = self.state.original();
        M::meta()
            .key
            .iter()
            .map(|column| match original.and_then(|values| values.get(*column)) {
                Some(value) => value.clone(),
                None => self.model.encode(*column),
            })
            .collect()
    }

    async fn row(&self, db: &Db) -> Result<Option<Self>> {
        let key = key_filter(M::meta(), self.stored_key());
        Query::<M>::new().and_node(key).first(db).await
    }

    async fn update_changed(&mut self, db: &Db) -> Result<()> {
        let meta = M::meta();
        let mut changes: Vec<(usize, Value)> = self.changed().collect();
        if changes.is_empty() {
            self.state.mark_saved(Vec::new());
            return Ok(());
        }
        stamp(meta, &mut changes)?;
        update_row(db, meta, self.stored_key(), &changes).await?;
        for (column, value) in changes.iter().filter(|(column, _)| meta.updated_at == Some(*column)) {
            self.model.assign(*column, value.as_ref())?;
        }
        self.state.mark_saved(changes);
        Ok(())
    }

    async fn insert_new(&mut self, db: &Db) -> Result<()> {
        let meta = M::meta();
        let values: Vec<Value> = (0..meta.columns.len()).map(|column| self.model.encode(column)).collect();
        // A column that was left to the database goes there after all where it was set since.
        let left_out = self.state.left_out().iter().copied();
        let left_out = left_out.filter(|column| values.get(*column) == meta.placeholder(*column).as_ref());
        let mut insert = Inserting::new(meta, left_out.collect(), 1);
        let changes = values.iter().cloned().enumerate().collect();
        insert.push(values.into_iter());
        let statement = insert.into_statement(OnConflict::Fail, Returning::LeftOut);
        write_back(db, &statement, std::slice::from_mut(self)).await?;
        self.state.mark_created(changes);
        Ok(())
    }
}

/// Inserts a draft.
pub(crate) async fn insert<M: Model>(db: &Db, draft: DraftData) -> Result<Record<M>> {
    let (statement, mut records) = prepare::<M>(vec![draft], Moment::now())?;
    write_back(db, &statement, &mut records).await?;
    // Preparing one draft gives one record.
    records.pop().ok_or_else(|| Error::config("an insert of one draft gave no record"))
}

/// Inserts drafts, all or none; the records are in the order of the drafts.
pub(crate) async fn insert_many<M: Model>(db: &Db, drafts: Vec<DraftData>) -> Result<Vec<Record<M>>> {
    let now = Moment::now();
    let mut records = Vec::with_capacity(drafts.len());
    let mut batches = batches(drafts);
    let Some(first) = batches.next() else { return Ok(records) };
    let Some(second) = batches.next() else {
        let (statement, mut inserted) = prepare::<M>(first, now)?;
        write_back(db, &statement, &mut inserted).await?;
        return Ok(inserted);
    };
    let tx = db.begin().await?;
    for batch in [first, second].into_iter().chain(batches) {
        let (statement, mut inserted) = prepare::<M>(batch, now)?;
        write_back(&tx, &statement, &mut inserted).await?;
        records.append(&mut inserted);
    }
    tx.commit().await?;
    Ok(records)
}

/// Drafts that one statement can insert: consecutive ones which leave out the same columns.
pub(crate) fn batches(drafts: Vec<DraftData>) -> impl Iterator<Item = Vec<DraftData>> + Send {
    let mut drafts = drafts.into_iter().peekable();
    std::iter::from_fn(move || {
        let first = drafts.next()?;
        let mut batch = vec![first];
        while batch.len() < ROWS_PER_INSERT {
            match drafts.next_if(|draft| batch.first().is_some_and(|first| first.leaves_out_like(draft))) {
                Some(draft) => batch.push(draft),
                None => break,
            }
        }
        Some(batch)
    })
}

/// The statement that inserts drafts of one batch.
pub(crate) fn insert_drafts(
    meta: &'static ModelMeta,
    drafts: Vec<DraftData>,
    now: Moment,
    on_conflict: OnConflict,
) -> Result<Statement> {
    let mut insert = Inserting::of(meta, &drafts);
    for mut draft in drafts {
        draft.complete(now)?;
        insert.push(draft.into_values());
    }
    Ok(insert.into_statement(on_conflict, Returning::Nothing))
}

/// The statement that inserts drafts of one batch, and their records as they will be.
fn prepare<M: Model>(drafts: Vec<DraftData>, now: Moment) -> Result<(Statement, Vec<Record<M>>)> {
    let mut insert = Inserting::of(M::meta(), &drafts);
    let mut records = Vec::with_capacity(drafts.len());
    for mut draft in drafts {
        draft.complete(now)?;
        records.push(Record { model: M::decode(&draft, 0)?, state: State::created() });
        insert.push(draft.into_values());
    }
    Ok((insert.into_statement(OnConflict::Fail, Returning::LeftOut), records))
}

/// An insert of rows that leave the same columns to the database.
struct Inserting {
    meta: &'static ModelMeta,
    left_out: Vec<usize>,
    rows: usize,
    values: Vec<Value>,
}

/// Whether the columns that the database fills in come back.
enum Returning {
    LeftOut,
    Nothing,
}

impl Inserting {
    fn new(meta: &'static ModelMeta, left_out: Vec<usize>, rows: usize) -> Self {
        let width = meta.columns.len() - left_out.len();
        Self { meta, left_out, rows: 0, values: Vec::with_capacity(rows * width) }
    }

    fn of(meta: &'static ModelMeta, drafts: &[DraftData]) -> Self {
        Self::new(meta, drafts.first().map(DraftData::left_out).unwrap_or_default(), drafts.len())
    }

    /// Adds a row: a value for every column of the model.
    fn push(&mut self, values: impl Iterator<Item = Value>) {
        let sent = values.enumerate().filter(|(index, _)| !self.left_out.contains(index));
        self.values.extend(sent.map(|(_, value)| value));
        self.rows += 1;
    }

    fn into_statement(self, on_conflict: OnConflict, returning: Returning) -> Statement {
        let Self { meta, left_out, rows, values } = self;
        let sent = meta.columns.iter().enumerate().filter(|(index, _)| !left_out.contains(index));
        let columns = sent
            .map(|(_, column)| ColumnRef { table: None, name: column.name.into(), ty: Some(column.ty) })
            .collect();
        let returning = match returning {
            Returning::LeftOut => left_out
                .iter()
                .filter_map(|index| meta.names.get(*index))
                .map(|name| (*name).into())
                .collect(),
            Returning::Nothing => Vec::new(),
        };
        Insert { table: TableRef::new(meta.table), columns, rows, values, on_conflict, returning }.into()
    }
}

/// Runs an insert and puts what the database filled in into its records.
async fn write_back<M: Model>(db: &Db, statement: &Statement, records: &mut [Record<M>]) -> Result<()> {
    let meta = M::meta();
    let Statement::Insert(insert) = statement else { return Ok(()) };
    if insert.returning.is_empty() {
        db.run(statement, Box::new(())).await?;
        return Ok(());
    }
    let width = insert.returning.len();
    let (written, _) =
        db.fetch(statement, Written { values: Vec::with_capacity(records.len() * width) }).await?;
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
    let columns: Vec<usize> = insert.returning.iter().filter_map(|name| meta.index_of_name(name)).collect();
    for (record, values) in records.iter_mut().zip(written.values.chunks(width)) {
        for (column, value) in columns.iter().zip(values) {
            record.model.assign(*column, value.as_ref())?;
        }
    }
    Ok(())
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

/// Adds `updated_at` to the changes of an update, unless it is among them.
fn stamp(meta: &'static ModelMeta, changes: &mut Vec<(usize, Value)>) -> Result<()> {
    if let Some(updated_at) = meta.updated_at
        && !changes.iter().any(|(column, _)| *column == updated_at)
    {
        changes.push((updated_at, (meta.column(updated_at)?.cast)(ValueRef::Timestamp(Moment::now()))?));
    }
    Ok(())
}

async fn update_row(
    db: &Db,
    meta: &'static ModelMeta,
    key: Vec<Value>,
    changes: &[(usize, Value)],
) -> Result<()> {
    let mut set = Vec::with_capacity(changes.len());
    for (index, value) in changes {
        let column = meta.column(*index)?;
        let reference = ColumnRef { table: None, name: column.name.into(), ty: Some(column.ty) };
        set.push((reference, Expr::Value(value.clone())));
    }
    let scope = row_scope(meta, key.clone());
    let update = Update { table: TableRef::new(meta.table), set, scope, returning: Vec::new() };
    let (_, outcome) = db.run(&update.into(), Box::new(())).await?;
    if outcome.affected == 0 { Err(not_found(meta, &key)) } else { Ok(()) }
}

/// The one row of a key.
fn row_scope(meta: &'static ModelMeta, key: Vec<Value>) -> Scope {
    Scope { filter: Some(key_filter(meta, key)), one: true, ..Scope::default() }
}

pub(crate) fn not_found(meta: &'static ModelMeta, key: &[Value]) -> Error {
    let shown: Vec<String> = key.iter().map(|value| value.as_ref().to_string()).collect();
    Error::NotFound { model: meta.name, key: (!shown.is_empty()).then(|| shown.join(", ")) }
}

/// The error for a key that has no row.
pub(crate) fn key_not_found<M: Model>(key: &M::Key) -> Error {
    not_found(M::meta(), &key.values())
}
