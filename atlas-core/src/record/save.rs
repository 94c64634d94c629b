//! Writing records: insert, update, delete, and what reads a row anew.
//!
//! The methods of [`Record`] are thin: the work is done on [`AnyRecord`], once for all models.

use crate::{
    db::{Db, Pending},
    error::{Error, Result},
    model::{Complete, DraftData, Fill, Key, Model, ModelMeta},
    query::{Query, key_filter},
    record::{AnyRecord, Record, State, insert::Batch, values::Values},
    relation::{Owners, touches},
    statement::{Delete, Expr, Scope, Select, Statement, TableRef, Update},
    value::{Moment, Plain, Value, ValueRef},
};

impl<M: Model> Record<M> {
    /// Inserts a new record, or updates the columns that differ from the row. A clean record sends
    /// nothing.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut post = Post::find_or_fail(&db, 1).await?;
    /// post.votes += 1;
    /// post.save(&db).await?; // UPDATE "posts" SET "votes" = ? WHERE "id" = ?
    /// post.save(&db).await?; // sends nothing
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Deleted`] after [`delete`](Self::delete), [`Error::NotFound`] where the row is gone,
    /// [`Error::Constraint`] where the database refuses the values.
    pub fn save<'a>(&'a mut self, db: &'a Db) -> Pending<'a, ()> {
        Pending::new(self.erased_mut().save(db))
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

    /// Deletes the row. The record can be read afterwards, and not be saved. With `#[soft_deletes]` the row
    /// stays, with the time in its column: see [`trashed`](Self::trashed), [`restore`](Self::restore) and
    /// [`force_delete`](Self::force_delete).
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut post = Post::find_or_fail(&db, 3).await?;
    /// post.delete(&db).await?;
    /// assert!(post.is_deleted() && post.title == "On borrowing");
    /// assert!(matches!(post.save(&db).await, Err(Error::Deleted { model: "Post", .. })));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Deleted`] the second time, [`Error::NotFound`] for a record that was never saved.
    pub fn delete<'a>(&'a mut self, db: &'a Db) -> Pending<'a, ()> {
        Pending::new(self.erased_mut().delete(db))
    }

    /// Reads the row again, over whatever was changed.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut post = Post::find_or_fail(&db, 1).await?;
    /// Post::query().increment(&db, Post::votes, 1).await?;
    /// post.refresh(&db).await?;
    /// assert_eq!(post.votes, 8);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where the row is gone, [`Error::Deleted`] after [`delete`](Self::delete).
    pub fn refresh<'a>(&'a mut self, db: &'a Db) -> Pending<'a, ()> {
        Pending::new(self.erased_mut().refresh(db))
    }

    /// The row as it is now, as another record, also where it was deleted softly; `None` where it is gone.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut post = Post::find_or_fail(&db, 1).await?;
    /// post.votes = 0;
    /// assert_eq!(post.fresh(&db).await?.map(|row| row.votes), Some(7));
    /// # Ok(())
    /// # });
    /// ```
    pub fn fresh<'a>(&'a self, db: &'a Db) -> Pending<'a, Option<Self>> {
        let mut query = Query::<M>::new().unscoped();
        query = query.and_node(key_filter(M::meta(), self.erased().stored_key()));
        if !self.exists() {
            query = query.limit(0);
        }
        query.first(db)
    }

    /// Sets `updated_at` to now and saves.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where the model has no `updated_at`, and what [`save`](Self::save) gives.
    pub fn touch<'a>(&'a mut self, db: &'a Db) -> Pending<'a, ()> {
        Pending::new(self.erased_mut().touch(db))
    }

    /// A new record of the same values, without the key that is generated and without timestamps; not
    /// saved.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut copy = Post::find_or_fail(&db, 1).await?.replicate()?;
    /// assert!(!copy.exists());
    /// copy.title = "Another".into();
    /// copy.save(&db).await?;
    /// assert_eq!((copy.id, copy.votes), (4, 7));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] where a cast of your own does not read what it wrote.
    pub fn replicate(&self) -> Result<Self> {
        let mut draft = DraftData::new(M::meta());
        self.erased().copy_to(&mut draft);
        Self::from_draft(draft)
    }

    /// A record of a draft, not saved: to be read, changed and saved later.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut ann = Record::new(User::draft().name("Ann").email("taken@example.com"))?;
    /// assert!(!ann.exists());
    /// ann.email = "free@example.com".into();
    /// ann.save(&db).await?;
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::MissingAttribute`] where a draft that was filled lacks a column; [`Error::Config`] where the
    /// draft brings others with it, which are inserted with the draft alone.
    pub fn new(draft: impl Complete<M>) -> Result<Self> {
        Self::from_draft(draft.into_data())
    }

    pub(crate) fn from_draft(mut draft: DraftData) -> Result<Self> {
        draft.alone()?;
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
}

impl dyn AnyRecord + '_ {
    pub(super) async fn save(&mut self, db: &Db) -> Result<()> {
        self.settle();
        let model = self.meta().name;
        if self.state().is_deleted() {
            return Err(Error::Deleted { model, operation: "saved" });
        }
        if let Some(refusal) = self.state().refusal() {
            return Err(Error::config(refusal));
        }
        let db = &*db.of(self.meta().about())?;
        if !touches(db, self.meta()) || (self.state().exists() && self.changed().is_empty()) {
            return self.write(db).await;
        }
        let mut owners = self.owners();
        let tx = db.begin_own().await?;
        self.write(&tx).await?;
        owners.add(self.meta(), &|column| self.value(column));
        owners.touch(&tx).await?;
        tx.commit().await
    }

    async fn write(&mut self, db: &Db) -> Result<()> {
        if self.state().exists() { self.update(db).await } else { self.insert(db).await }
    }

    /// What the row belongs to, as it is stored, that is touched with it.
    fn owners(&self) -> Owners {
        let mut owners = Owners::default();
        if self.state().exists() {
            let original = self.state().original();
            let stored = |column: usize| original.and_then(|values| values.get(column)).cloned();
            owners.add(self.meta(), &|column| stored(column).unwrap_or_else(|| self.value(column)));
        }
        owners
    }

    async fn delete(&mut self, db: &Db) -> Result<()> {
        self.end(db, self.meta().soft_deletes).await
    }

    /// Whether there is a row that could be deleted.
    fn deletable(&mut self) -> Result<()> {
        self.settle();
        let model = self.meta().name;
        if self.state().is_deleted() {
            return Err(Error::Deleted { model, operation: "deleted again" });
        }
        if !self.state().exists() {
            return Err(Error::NotFound { model, key: None });
        }
        Ok(())
    }

    /// Removes the row.
    pub(super) async fn force_delete(&mut self, db: &Db) -> Result<()> {
        self.end(db, None).await
    }

    /// Removes the row, or deletes it softly where a column says when, and touches what it belongs to.
    async fn end(&mut self, db: &Db, softly: Option<usize>) -> Result<()> {
        self.deletable()?;
        let db = &*db.of(self.meta().about())?;
        if !touches(db, self.meta()) {
            return self.remove(db, softly).await;
        }
        let owners = self.owners();
        let tx = db.begin_own().await?;
        self.remove(&tx, softly).await?;
        owners.touch(&tx).await?;
        tx.commit().await
    }

    async fn remove(&mut self, db: &Db, softly: Option<usize>) -> Result<()> {
        if let Some(column) = softly {
            return self.delete_softly(db, column).await;
        }
        let meta = self.meta();
        let scope = row_scope(meta, self.stored_key());
        let delete = Statement::Delete(Delete { table: TableRef::new(meta.table), scope });
        let (_, outcome) = db.run(Some(meta.about()), &delete, Box::new(())).await?;
        if outcome.affected == 0 && meta.tenant.is_some() {
            return Err(not_found(meta, &self.stored_key()));
        }
        self.state_mut().mark_deleted(db.fate());
        Ok(())
    }

    async fn refresh(&mut self, db: &Db) -> Result<()> {
        self.settle();
        let meta = self.meta();
        if self.state().is_deleted() {
            return Err(Error::Deleted { model: meta.name, operation: "refreshed" });
        }
        let key = self.stored_key();
        let mut select = Select::new(TableRef::new(meta.table), meta.names);
        select.and_where(row(meta, key.clone()));
        let (row, _) = db.fetch(Some(meta.about()), &select.into(), Values::default()).await?;
        if row.values.is_empty() {
            return Err(not_found(meta, &key));
        }
        self.replace(&row)?;
        self.state_mut().mark_read();
        Ok(())
    }

    async fn touch(&mut self, db: &Db) -> Result<()> {
        let meta = self.meta();
        let Some(column) = meta.updated_at else {
            return Err(Error::config(format!(
                "`{}` cannot be touched: it has no `updated_at`; add #[timestamps] to it",
                meta.name
            )));
        };
        self.before_change();
        self.set(column, ValueRef::Timestamp(Moment::now()))?;
        self.save(db).await
    }

    fn copy_to(&self, draft: &mut DraftData) {
        let meta = self.meta();
        for index in (0..meta.columns.len()).filter(|index| !meta.is_made_anew(*index)) {
            draft.put_value(index, self.value(index));
        }
    }

    /// The key by which the row is stored, also where it was changed on the record.
    pub(super) fn stored_key(&self) -> Vec<Value> {
        let original = self.state().original();
        let stored = |column: &usize| match original.and_then(|values| values.get(*column)) {
            Some(value) => value.clone(),
            None => self.value(*column),
        };
        self.meta().key.iter().map(stored).collect()
    }

    /// Sends the columns that differ from the row.
    async fn update(&mut self, db: &Db) -> Result<()> {
        let meta = self.meta();
        let mut changes = self.changed();
        if changes.is_empty() {
            self.state_mut().mark_saved(None, Vec::new());
            return Ok(());
        }
        for (column, value) in &changes {
            meta.check(*column, value)?;
            db.keep_tenant(meta, *column, Some(value))?;
        }
        stamp(meta, &mut changes)?;
        update_row(db, meta, self.stored_key(), &changes).await?;
        for (column, value) in changes.iter().filter(|(column, _)| meta.updated_at == Some(*column)) {
            self.set(*column, value.as_ref())?;
        }
        self.forget_others(&changes);
        self.state_mut().mark_saved(db.fate(), changes);
        Ok(())
    }

    async fn insert(&mut self, db: &Db) -> Result<()> {
        let meta = self.meta();
        if let Some((column, tenant)) = db.stamp_of(meta)? {
            self.set(column, tenant.as_ref())?;
        }
        let values: Vec<Value> = (0..meta.columns.len()).map(|column| self.value(column)).collect();
        values.iter().enumerate().try_for_each(|(column, value)| meta.check(column, value))?;
        // A column that was left to the database goes there after all where it was set since.
        let left_out = self.state().left_out().iter().copied();
        let left_out = left_out.filter(|column| values.get(*column) == meta.placeholder(*column).as_ref());
        let mut batch = Batch::new(meta, left_out.collect(), 1);
        batch.push(values.into_iter());
        let written = batch.insert(db).await?;
        written.give_to(0, self)?;
        self.state_mut().mark_created(db.fate());
        Ok(())
    }
}

/// Adds `updated_at` to the changes of an update, unless it is among them.
pub(super) fn stamp(meta: &'static ModelMeta, changes: &mut Vec<(usize, Value)>) -> Result<()> {
    if let Some(updated_at) = meta.updated_at
        && !changes.iter().any(|(column, _)| *column == updated_at)
    {
        changes.push((updated_at, meta.stamp(updated_at, Moment::now())?));
    }
    Ok(())
}

pub(super) async fn update_row(
    db: &Db,
    meta: &'static ModelMeta,
    key: Vec<Value>,
    changes: &[(usize, Value)],
) -> Result<()> {
    let mut set = Vec::with_capacity(changes.len());
    for (index, value) in changes {
        let column = meta.column(*index)?;
        set.push((column.target(), Expr::Value(value.clone())));
    }
    let scope = row_scope(meta, key.clone());
    let update = Update { table: TableRef::new(meta.table), set, scope, returning: Vec::new() };
    let (_, outcome) = db.run(Some(meta.about()), &update.into(), Box::new(())).await?;
    if outcome.affected == 0 { Err(not_found(meta, &key)) } else { Ok(()) }
}

/// The one row of a key.
fn row_scope(meta: &'static ModelMeta, key: Vec<Value>) -> Scope {
    Scope { filter: Some(row(meta, key)), one: true, ..Scope::default() }
}

/// Which row has a key, and is the tenant's.
fn row(meta: &'static ModelMeta, key: Vec<Value>) -> Expr {
    let key = key_filter(meta, key);
    meta.owned(&meta.table.into()).into_iter().fold(key, Expr::and)
}

pub(crate) fn not_found(meta: &'static ModelMeta, key: &[Value]) -> Error {
    let shown: Vec<String> = key.iter().map(|value| format!("{:?}", Plain(value))).collect();
    Error::NotFound { model: meta.name, key: (!shown.is_empty()).then(|| shown.join(", ")) }
}

/// The error for a key that has no row.
pub(crate) fn key_not_found<M: Model>(key: &M::Key) -> Error {
    not_found(M::meta(), &key.values())
}
