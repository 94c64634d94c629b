//! Observers of a query's model are told of what it reads.

use std::marker::PhantomData;

use crate::{
    db::Db,
    driver::BoxFuture,
    error::Result,
    model::Model,
    query::{FromRow, Query, Root, Rooted},
    record::{AnyRecord, Read, tell_retrieved},
};

/// The records in rows, of whatever models.
#[derive(Default)]
pub struct Retrieved<'a>(Vec<&'a mut dyn AnyRecord>);

impl<'a> Retrieved<'a> {
    pub(super) fn add(&mut self, record: &'a mut dyn AnyRecord) {
        self.0.push(record);
    }
}

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// The query, after what observers make of it. Only where its rows begin with records of its model.
    pub(crate) fn observed(self, db: &Db, read: Read) -> Result<Self> {
        let Some(hooks) = db.hooks(M::meta()).filter(|_| self.root.is_some()) else { return Ok(self) };
        let Self { select, loaders, root, .. } = self;
        let query = Query::<M> { select, loaders, root: Some(Rooted::root), of: PhantomData };
        let Query { select, loaders, .. } = hooks.before(db, read, query)?;
        Ok(Self { select, loaders, root, of: PhantomData })
    }
}

/// Gives the records in rows that were read what the handle has for them, and tells of them where somebody observes
/// them.
pub(crate) fn retrieved<'a, T: FromRow>(db: &'a Db, rows: &'a mut [T]) -> Option<BoxFuture<'a, Result<()>>> {
    let mut observed = false;
    T::models(&mut |meta| observed |= db.hooks(meta).is_some());
    let carried = db.carried();
    if !(observed || carried.is_some()) || rows.is_empty() {
        return None;
    }
    let mut records = Retrieved::default();
    rows.iter_mut().for_each(|row| row.records(&mut records));
    if let Some(carried) = carried {
        records.0.iter_mut().for_each(|record| record.state_mut().sideload(carried));
    }
    observed.then(|| Box::pin(tell_retrieved(db, records.0)) as _)
}

/// Tells of what a query has read, with all that was loaded for it.
pub(super) fn have_read<'a, M: Model, Out>(
    db: &'a Db,
    read: Read,
    root: Option<Root<M, Out>>,
    rows: &'a mut [Out],
) -> Option<BoxFuture<'a, Result<()>>> {
    let (root, hooks) = (root?, db.hooks(M::meta())?);
    let mut records: Vec<&mut dyn AnyRecord> = rows.iter_mut().map(|row| root(row).erased_mut()).collect();
    Some(Box::pin(async move { hooks.after(db, read, &mut records).await }))
}
