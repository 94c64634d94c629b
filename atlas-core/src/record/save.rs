//! Writing records: insert, update, delete, and what reads a row anew.
//!
//! The methods of [`Record`] are thin: the work is done on [`AnyRecord`], once for all models.

use crate::{
    db::{Db, Pending},
    error::{Error, Result},
    model::{Columns, Complete, DraftData, Key, Model, ModelMeta},
    query::{Query, column_ref, key_filter},
    record::{AnyRecord, Hooks, ModelEvent, Record, State, insert::Batch, values::Values},
    relation::{Owners, equal, touches},
    statement::{Delete, Expr, Scope, Select, Statement, TableRef, Update},
    value::{Attribute, Moment, Plain, Value, ValueRef},
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

    /// A new record of the same values, without what was loaded of its relations, not saved. A generated key, the
    /// timestamps, the version and the time of a soft deletion are not among them.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut copy = Post::find_or_fail(&db, 1).await?.replicate(&db).await?;
    /// assert!(!copy.exists());
    /// copy.title = "Another".into();
    /// copy.save(&db).await?;
    /// assert_eq!((copy.id, copy.votes), (4, 7));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// It sends nothing: the handle is for the [observers](crate::Observer::replicating).
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] where a cast of your own does not read what it wrote, [`Error::ColumnLeftOut`] where the query
    /// left a column out, and what observers give.
    pub fn replicate<'a>(&'a self, db: &'a Db) -> Pending<'a, Self> {
        Pending::new(self.replicated(db, Vec::new()))
    }

    /// As [`replicate`](Self::replicate), without these columns: they get what a draft without them would.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let post = Post::find_or_fail(&db, 1).await?;
    /// assert_eq!(post.replicate_except(&db, Post::votes).await?.votes, 0);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`replicate`](Self::replicate); [`Error::MissingAttribute`] where a column is required.
    pub fn replicate_except<'a>(&'a self, db: &'a Db, columns: impl Columns<M>) -> Pending<'a, Self> {
        Pending::new(self.replicated(db, columns.columns()))
    }

    async fn replicated(&self, db: &Db, except: Vec<usize>) -> Result<Self> {
        let mut draft = DraftData::new(M::meta());
        self.erased().copy_to(&mut draft, &except)?;
        let mut copy = Self::of_draft(draft, db.now())?;
        if let Some(hooks) = db.hooks(M::meta()) {
            hooks.tell(db, ModelEvent::Replicating, &mut copy).await?;
        }
        Ok(copy)
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

    pub(crate) fn from_draft(draft: DraftData) -> Result<Self> {
        Self::of_draft(draft, Some(Moment::now()))
    }

    /// `now`: what timestamps get.
    pub(crate) fn of_draft(mut draft: DraftData, now: Option<Moment>) -> Result<Self> {
        draft.alone()?;
        let (left_out, dropped) = (draft.left_out(), draft.take_dropped());
        draft.complete(now)?;
        let mut state = State::new(left_out);
        state.set_dropped(dropped);
        Ok(Self { model: M::decode(&draft, 0)?, state })
    }

    /// For factories: changes a draft as the record that it will be. What would refer to a record that the draft brings,
    /// or belongs to, refers to nothing as yet: zero, or an empty text.
    ///
    /// # Errors
    ///
    /// [`Error::MissingAttribute`] where a draft that was filled lacks a column.
    pub fn change_draft(mut draft: DraftData, change: impl FnOnce(&mut Self)) -> Result<DraftData> {
        let mut whole = draft.clone();
        whole.take_graph();
        whole.refer_to_nothing();
        let mut record = Self::from_draft(whole)?;
        let values =
            |record: &Self| (0..M::meta().columns.len()).map(|column| record.encode(column)).collect();
        let before: Vec<Value> = values(&record);
        change(&mut record);
        let after: Vec<Value> = values(&record);
        for (column, (before, after)) in before.into_iter().zip(after).enumerate() {
            if before != after {
                draft.put_value(column, after);
            }
        }
        Ok(draft)
    }

    /// Sets every column that a draft gives.
    pub(crate) fn assign_draft(&mut self, mut draft: DraftData) -> Result<()> {
        self.state.set_dropped(draft.take_dropped());
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
        if let Some(keys) = self.state().dropped()
            && db.is_strict().filling
        {
            return Err(Error::NotFillable { model, keys: keys.to_owned() });
        }
        match db.hooks(self.meta()) {
            None => self.write(db).await,
            Some(hooks) => Box::pin(self.write_observed(db, &hooks)).await,
        }
    }

    /// Inserts or updates between what the observers do, all of it or nothing.
    async fn write_observed(&mut self, db: &Db, hooks: &Hooks) -> Result<()> {
        let tx = db.begin_own().await?;
        hooks.tell(&tx, ModelEvent::Saving, self).await?;
        let exists = self.state().exists();
        if exists && self.changed().is_empty() {
            self.write(&tx).await?;
        } else {
            let before = if exists { ModelEvent::Updating } else { ModelEvent::Creating };
            hooks.tell(&tx, before, self).await?;
            self.write(&tx).await?;
            if !exists {
                hooks.tell(&tx, ModelEvent::Created, self).await?;
            } else if !self.state().saved_changes().is_empty() {
                hooks.tell(&tx, ModelEvent::Updated, self).await?;
            }
        }
        hooks.tell(&tx, ModelEvent::Saved, self).await?;
        tx.commit().await
    }

    /// Inserts or updates, and touches what the row belongs to.
    async fn write(&mut self, db: &Db) -> Result<()> {
        if !touches(db, self.meta()) || (self.state().exists() && self.changed().is_empty()) {
            return self.put(db).await;
        }
        let mut owners = self.owners();
        let tx = db.begin_own().await?;
        self.put(&tx).await?;
        owners.add(self.meta(), &|column| self.value(column));
        owners.touch(&tx).await?;
        tx.commit().await
    }

    async fn put(&mut self, db: &Db) -> Result<()> {
        if self.state().exists() { self.update(db).await } else { self.insert(db).await }
    }

    /// What the row belongs to, as it is stored, that is touched with it.
    fn owners(&self) -> Owners {
        let mut owners = Owners::default();
        if self.state().exists() {
            let original = self.state().original();
            let stored = |column: usize| original.and_then(|values| values.get(column)).cloned().flatten();
            owners.add(self.meta(), &|column| stored(column).unwrap_or_else(|| self.value(column)));
        }
        owners
    }

    pub(super) async fn delete(&mut self, db: &Db) -> Result<()> {
        self.end(db, self.meta().soft_deletes, false).await
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
    pub(crate) async fn force_delete(&mut self, db: &Db) -> Result<()> {
        self.end(db, None, self.meta().soft_deletes.is_some()).await
    }

    /// Removes the row, or deletes it softly where a column says when. `forced`: where it would be softly by itself.
    async fn end(&mut self, db: &Db, softly: Option<usize>, forced: bool) -> Result<()> {
        self.deletable()?;
        let db = &*db.of(self.meta().about())?;
        match db.hooks(self.meta()) {
            None => self.erase(db, softly).await,
            Some(hooks) => Box::pin(self.erase_observed(db, &hooks, softly, forced)).await,
        }
    }

    /// Deletes between what the observers do, all of it or nothing.
    async fn erase_observed(
        &mut self,
        db: &Db,
        hooks: &Hooks,
        softly: Option<usize>,
        forced: bool,
    ) -> Result<()> {
        let (tx, soft) = (db.begin_own().await?, softly.is_some());
        if forced {
            hooks.tell(&tx, ModelEvent::ForceDeleting, self).await?;
        }
        hooks.tell_of(&tx, ModelEvent::Deleting, soft, self).await?;
        self.erase(&tx, softly).await?;
        hooks.tell_of(&tx, ModelEvent::Deleted, soft, self).await?;
        if forced {
            hooks.tell(&tx, ModelEvent::ForceDeleted, self).await?;
        }
        tx.commit().await
    }

    /// Deletes, and touches what the row belongs to.
    async fn erase(&mut self, db: &Db, softly: Option<usize>) -> Result<()> {
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
        let (key, version) = (self.stored_key(), self.stored_version());
        let scope = row_scope(meta, key.clone(), version.clone());
        let delete =
            Statement::Delete(Delete { table: TableRef::new(meta.table), scope, returning: Vec::new() });
        let (_, outcome) = db.run(Some(meta.about()), &delete, Box::new(())).await?;
        if outcome.affected == 0 {
            match missed(db, meta, key, version.is_some()).await? {
                Error::NotFound { .. } if meta.tenant.is_none() => {}
                error => return Err(error),
            }
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

    fn copy_to(&self, draft: &mut DraftData, except: &[usize]) -> Result<()> {
        let meta = self.meta();
        let copied = |index: &usize| !meta.is_made_anew(*index) && !except.contains(index);
        for index in (0..meta.columns.len()).filter(copied) {
            draft.put_value(index, self.present(index)?);
        }
        Ok(())
    }

    /// The key by which the row is stored, also where it was changed on the record.
    pub(super) fn stored_key(&self) -> Vec<Value> {
        self.meta().key.iter().map(|column| self.stored(*column)).collect()
    }

    /// The version that the row had when it was read or saved, where it has one.
    pub(super) fn stored_version(&self) -> Option<(usize, Value)> {
        let column = self.meta().version?;
        Some((column, self.stored(column)))
    }

    /// What the row has in a column, as far as the record knows.
    fn stored(&self, column: usize) -> Value {
        match self.state().original().and_then(|values| values.get(column)) {
            Some(Some(value)) => value.clone(),
            _ => self.value(column),
        }
    }

    /// Sends the columns that differ from the row.
    async fn update(&mut self, db: &Db) -> Result<()> {
        let meta = self.meta();
        let mut changes = self.changed();
        let version = self.stored_version();
        if let Some((column, stored)) = &version {
            changes.retain(|(changed, _)| changed != column);
            self.set(*column, stored.as_ref())?;
        }
        if changes.is_empty() {
            self.state_mut().mark_saved(None, Vec::new());
            return Ok(());
        }
        for (column, value) in &changes {
            meta.check(*column, value)?;
            db.keep_tenant(meta, *column, Some(value))?;
        }
        maintain(meta, &mut changes, db.now(), version.as_ref())?;
        update_row(db, meta, self.stored_key(), version, &changes).await?;
        let maintained = |column: usize| meta.updated_at == Some(column) || meta.version == Some(column);
        for (column, value) in changes.iter().filter(|(column, _)| maintained(*column)) {
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
        let values: Vec<Value> =
            (0..meta.columns.len()).map(|column| self.present(column)).collect::<Result<_>>()?;
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

/// Adds what is maintained to the changes of an update: `updated_at`, unless it is among them, and the version after
/// the one that is stored.
pub(super) fn maintain(
    meta: &'static ModelMeta,
    changes: &mut Vec<(usize, Value)>,
    now: Option<Moment>,
    version: Option<&(usize, Value)>,
) -> Result<()> {
    if let (Some(updated_at), Some(now)) = (meta.updated_at, now)
        && !changes.iter().any(|(column, _)| *column == updated_at)
    {
        changes.push((updated_at, meta.stamp(updated_at, now)?));
    }
    if let Some((column, stored)) = version {
        let next =
            i64::decode(stored.as_ref()).map_err(|error| error.at(meta.name, "the version"))?.wrapping_add(1);
        changes.push((*column, meta.numbered(*column, next)?));
    }
    Ok(())
}

/// `version`: the one that the row has to have, where it has versions.
pub(super) async fn update_row(
    db: &Db,
    meta: &'static ModelMeta,
    key: Vec<Value>,
    version: Option<(usize, Value)>,
    changes: &[(usize, Value)],
) -> Result<()> {
    let mut set = Vec::with_capacity(changes.len());
    for (index, value) in changes {
        let column = meta.column(*index)?;
        set.push((column.target(), Expr::Value(value.clone())));
    }
    let versioned = version.is_some();
    let scope = row_scope(meta, key.clone(), version);
    let update = Update { table: TableRef::new(meta.table), set, scope, returning: Vec::new() };
    let (_, outcome) = db.run(Some(meta.about()), &update.into(), Box::new(())).await?;
    if outcome.affected == 0 { Err(missed(db, meta, key, versioned).await?) } else { Ok(()) }
}

/// Why a statement did not find its row: it is gone, or, where it has versions, was changed by somebody else.
#[cold]
async fn missed(db: &Db, meta: &'static ModelMeta, key: Vec<Value>, versioned: bool) -> Result<Error> {
    if !versioned {
        return Ok(not_found(meta, &key));
    }
    let mut select = Select::new(TableRef::new(meta.table), meta.names);
    select.and_where(row(meta, key.clone()));
    let (there, _) = db.fetch(Some(meta.about()), &select.into(), Values::default()).await?;
    Ok(if there.values.is_empty() { not_found(meta, &key) } else { Error::Stale { model: meta.name } })
}

/// The one row of a key, where it has this version.
fn row_scope(meta: &'static ModelMeta, key: Vec<Value>, version: Option<(usize, Value)>) -> Scope {
    let mut filter = row(meta, key);
    if let Some((column, value)) = version {
        filter = filter.and(equal(&[column_ref(meta, column)], &[value]));
    }
    Scope { filter: Some(filter), one: true, ..Scope::default() }
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
