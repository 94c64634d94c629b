//! Records whose row stays when they are deleted.

use crate::{
    db::{Db, Pending},
    error::Result,
    model::{Model, SoftDeletes},
    record::{
        AnyRecord, ModelEvent, Record,
        save::{maintain, update_row},
    },
    value::{Moment, ValueRef},
};

impl<M: Model> Record<M> {
    /// Whether the row was deleted softly.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut note = Note::find_or_fail(&db, 1).await?;
    /// note.delete(&db).await?; // UPDATE "notes" SET "deleted_at" = ? WHERE "id" = ?
    /// assert!(note.trashed() && note.exists());
    /// note.restore(&db).await?;
    /// assert!(!note.trashed() && Note::find(&db, 1).await?.is_some());
    /// # Ok(())
    /// # });
    /// ```
    pub fn trashed(&self) -> bool
    where
        M: SoftDeletes,
    {
        M::meta().soft_deletes.is_some_and(|column| !self.encode(column).is_null())
    }

    /// Brings the row back: takes the time of its deletion from it, and saves the record.
    ///
    /// # Errors
    ///
    /// What [`save`](Self::save) gives: [`Error::Deleted`](crate::Error::Deleted) after
    /// [`force_delete`](Self::force_delete).
    pub fn restore<'a>(&'a mut self, db: &'a Db) -> Pending<'a, ()>
    where
        M: SoftDeletes,
    {
        Pending::new(self.erased_mut().restore(db))
    }

    /// Removes the row for good, whether it was deleted softly or not.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut note = Note::find_or_fail(&db, 1).await?;
    /// note.force_delete(&db).await?;
    /// assert!(note.is_deleted() && Note::query().with_trashed().find(&db, 1).await?.is_none());
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`delete`](Self::delete).
    pub fn force_delete<'a>(&'a mut self, db: &'a Db) -> Pending<'a, ()>
    where
        M: SoftDeletes,
    {
        Pending::new(self.erased_mut().force_delete(db))
    }
}

impl dyn AnyRecord + '_ {
    /// Sets the column that says when the row was deleted, and `updated_at`. What else was changed on the record
    /// stays to be saved.
    pub(super) async fn delete_softly(&mut self, db: &Db, column: usize) -> Result<()> {
        let meta = self.meta();
        let mut changes = vec![(column, meta.deletion(column, Some(Moment::now()))?)];
        let version = self.stored_version();
        maintain(meta, &mut changes, db.now(), version.as_ref())?;
        update_row(db, meta, self.stored_key(), version, &changes).await?;
        self.before_change();
        let mut row = self.state().original().map(<[_]>::to_vec).unwrap_or_default();
        for (column, value) in &changes {
            self.set(*column, value.as_ref())?;
            if let Some(kept) = row.get_mut(*column) {
                *kept = Some(value.clone());
            }
        }
        self.state_mut().mark_saved(db.fate(), changes);
        self.state_mut().set_original(row.into());
        Ok(())
    }

    async fn restore(&mut self, db: &Db) -> Result<()> {
        let db = &*db.of(self.meta().about())?;
        let Some(hooks) = db.hooks(self.meta()) else { return self.bring_back(db).await };
        let tx = db.begin_own().await?;
        hooks.tell(&tx, ModelEvent::Restoring, self).await?;
        self.bring_back(&tx).await?;
        hooks.tell(&tx, ModelEvent::Restored, self).await?;
        tx.commit().await
    }

    async fn bring_back(&mut self, db: &Db) -> Result<()> {
        if let Some(column) = self.meta().soft_deletes
            && !self.value(column).is_null()
        {
            self.before_change();
            self.set(column, ValueRef::Null)?;
        }
        self.save(db).await
    }
}
