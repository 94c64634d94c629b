//! Writing records: insert, update, delete, and what reads a row anew.

use crate::{
    db::{Db, Pending},
    error::{Error, Result},
    model::{DraftData, Fill, Key, Model, ModelMeta},
    query::{Query, key_filter},
    record::{Record, State, insert::Batch},
    statement::{ColumnRef, Delete, Expr, Scope, Statement, TableRef, Update},
    value::{Moment, Value, ValueRef},
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
        let mut batch = Batch::new(meta, left_out.collect(), 1);
        let changes = values.iter().cloned().enumerate().collect();
        batch.push(values.into_iter());
        batch.insert_records(db, std::slice::from_mut(self)).await?;
        self.state.mark_created(changes);
        Ok(())
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
