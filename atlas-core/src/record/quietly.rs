//! Writes of which no observer is told.

use crate::{
    db::{Db, Pending},
    model::{Model, SoftDeletes},
    record::Record,
};

impl<M: Model> Record<M> {
    /// As [`save`](Self::save), without telling observers: `save(&db.without_events())`.
    ///
    /// # Errors
    ///
    /// What [`save`](Self::save) gives.
    pub fn save_quietly<'a>(&'a mut self, db: &'a Db) -> Pending<'a, ()> {
        Pending::new(async move { self.save(&db.without_events()).await })
    }

    /// As [`delete`](Self::delete), without telling observers.
    ///
    /// # Errors
    ///
    /// What [`delete`](Self::delete) gives.
    pub fn delete_quietly<'a>(&'a mut self, db: &'a Db) -> Pending<'a, ()> {
        Pending::new(async move { self.delete(&db.without_events()).await })
    }

    /// As [`touch`](Self::touch), without telling observers.
    ///
    /// # Errors
    ///
    /// What [`touch`](Self::touch) gives.
    pub fn touch_quietly<'a>(&'a mut self, db: &'a Db) -> Pending<'a, ()> {
        Pending::new(async move { self.touch(&db.without_events()).await })
    }

    /// As [`restore`](Self::restore), without telling observers.
    ///
    /// # Errors
    ///
    /// What [`restore`](Self::restore) gives.
    pub fn restore_quietly<'a>(&'a mut self, db: &'a Db) -> Pending<'a, ()>
    where
        M: SoftDeletes,
    {
        Pending::new(async move { self.restore(&db.without_events()).await })
    }

    /// As [`force_delete`](Self::force_delete), without telling observers.
    ///
    /// # Errors
    ///
    /// What [`force_delete`](Self::force_delete) gives.
    pub fn force_delete_quietly<'a>(&'a mut self, db: &'a Db) -> Pending<'a, ()>
    where
        M: SoftDeletes,
    {
        Pending::new(async move { self.force_delete(&db.without_events()).await })
    }
}
