//! Observers without the models' types: what writing and reading call.

use std::{any::Any, future::ready, marker::PhantomData, sync::Arc};

use crate::{
    db::{Db, Observing},
    driver::BoxFuture,
    error::{Error, Result},
    model::{Model, ModelMeta},
    query::{Page, Query},
    record::{AnyRecord, ModelEvent, Observer, Record, RecordEvent},
};

/// An observer of a model's records, or of all: what `#[observed_by(..)]` and the list of a database hold.
pub struct Observed(Box<dyn AnyObserver>);

impl Observed {
    pub(super) fn new(observer: impl AnyObserver + 'static) -> Self {
        Self(Box::new(observer))
    }

    /// For the derive: the observer that `#[observed_by(..)]` names.
    pub fn by<M: Model>(observer: impl Observer<M>) -> Self {
        Self::new(OfModel::new(observer))
    }
}

/// What a query is about to read, or has read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read {
    /// One record.
    Find,
    /// Records.
    Fetch,
    /// A page of records, of which it also is told as of any that are fetched.
    Paginate,
}

/// An observer of records of any model.
pub(super) trait AnyObserver: Send + Sync {
    fn tell<'a>(
        &'a self,
        db: &'a Db,
        event: ModelEvent,
        soft: bool,
        record: &'a mut dyn AnyRecord,
    ) -> BoxFuture<'a, Result<()>>;

    /// `query`: an `Option<Query<M>>` of the observer's model.
    fn before(&self, _db: &Db, _read: Read, _query: &mut dyn Any) -> Result<()> {
        Ok(())
    }

    fn after<'a>(
        &'a self,
        _db: &'a Db,
        _read: Read,
        _records: &'a mut [&mut dyn AnyRecord],
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(ready(Ok(())))
    }

    /// `page`: a `Page<Record<M>>` of the observer's model.
    fn after_page<'a>(&'a self, _db: &'a Db, _page: &'a mut (dyn Any + Send)) -> BoxFuture<'a, Result<()>> {
        Box::pin(ready(Ok(())))
    }
}

/// An observer of one model's records.
pub(super) struct OfModel<M, O>(O, PhantomData<fn() -> M>);

impl<M, O> OfModel<M, O> {
    pub(super) fn new(observer: O) -> Self {
        Self(observer, PhantomData)
    }
}

impl<M: Model, O: Observer<M>> AnyObserver for OfModel<M, O> {
    fn tell<'a>(
        &'a self,
        db: &'a Db,
        event: ModelEvent,
        soft: bool,
        record: &'a mut dyn AnyRecord,
    ) -> BoxFuture<'a, Result<()>> {
        let Some(record) = record.as_any_mut().downcast_mut::<Record<M>>() else {
            return Box::pin(ready(Ok(())));
        };
        tell(&self.0, db, event, soft, record)
    }

    fn before(&self, db: &Db, read: Read, query: &mut dyn Any) -> Result<()> {
        if let Some(place) = query.downcast_mut::<Option<Query<M>>>()
            && let Some(query) = place.take()
        {
            *place = Some(match read {
                Read::Find => self.0.before_find(db, query)?,
                Read::Fetch => self.0.before_fetch(db, query)?,
                Read::Paginate => self.0.before_paginate(db, query)?,
            });
        }
        Ok(())
    }

    fn after<'a>(
        &'a self,
        db: &'a Db,
        read: Read,
        records: &'a mut [&mut dyn AnyRecord],
    ) -> BoxFuture<'a, Result<()>> {
        let mut records: Vec<&mut Record<M>> =
            records.iter_mut().filter_map(|record| record.as_any_mut().downcast_mut()).collect();
        Box::pin(async move {
            match (read, &mut *records) {
                (Read::Find, [record]) => self.0.after_find(db, record).await,
                (Read::Find, _) => Ok(()),
                (Read::Fetch | Read::Paginate, records) => self.0.after_fetch(db, records).await,
            }
        })
    }

    fn after_page<'a>(&'a self, db: &'a Db, page: &'a mut (dyn Any + Send)) -> BoxFuture<'a, Result<()>> {
        match page.downcast_mut::<Page<Record<M>>>() {
            Some(page) => Box::pin(self.0.after_paginate(db, page)),
            None => Box::pin(ready(Ok(()))),
        }
    }
}

/// Calls the method of an observer that is meant.
pub(super) fn tell<'a, M: Model, O: Observer<M>>(
    observer: &'a O,
    db: &'a Db,
    event: ModelEvent,
    soft: bool,
    record: &'a mut Record<M>,
) -> BoxFuture<'a, Result<()>> {
    match event {
        ModelEvent::Retrieved => Box::pin(observer.retrieved(db, record)),
        ModelEvent::Saving => Box::pin(observer.saving(db, record)),
        ModelEvent::Saved => Box::pin(observer.saved(db, record)),
        ModelEvent::Creating => Box::pin(observer.creating(db, record)),
        ModelEvent::Created => Box::pin(observer.created(db, record)),
        ModelEvent::Updating => Box::pin(observer.updating(db, record)),
        ModelEvent::Updated => Box::pin(observer.updated(db, record)),
        ModelEvent::Deleting => Box::pin(observer.deleting(db, record, soft)),
        ModelEvent::Deleted => Box::pin(observer.deleted(db, record, soft)),
        ModelEvent::Restoring => Box::pin(observer.restoring(db, record)),
        ModelEvent::Restored => Box::pin(observer.restored(db, record)),
        ModelEvent::ForceDeleting => Box::pin(observer.force_deleting(db, record)),
        ModelEvent::ForceDeleted => Box::pin(observer.force_deleted(db, record)),
        ModelEvent::Replicating => Box::pin(observer.replicating(db, record)),
    }
}

/// A closure that is called at one kind of event.
pub(super) struct On<M, F> {
    event: ModelEvent,
    hook: F,
    of: PhantomData<fn() -> M>,
}

impl<M, F> On<M, F> {
    pub(super) fn new(event: ModelEvent, hook: F) -> Self {
        Self { event, hook, of: PhantomData }
    }
}

impl<M: Model, F> AnyObserver for On<M, F>
where
    F: for<'a> Fn(&'a Db, &'a mut Record<M>) -> BoxFuture<'a, Result<()>> + Send + Sync,
{
    fn tell<'a>(
        &'a self,
        db: &'a Db,
        event: ModelEvent,
        _soft: bool,
        record: &'a mut dyn AnyRecord,
    ) -> BoxFuture<'a, Result<()>> {
        match record.as_any_mut().downcast_mut() {
            Some(record) if event == self.event => (self.hook)(db, record),
            _ => Box::pin(ready(Ok(()))),
        }
    }
}

/// A closure that is called at every event of every model.
pub(super) struct OfAll<F>(pub(super) F);

impl<F> AnyObserver for OfAll<F>
where
    F: for<'a> Fn(RecordEvent<'a>) -> BoxFuture<'a, Result<()>> + Send + Sync,
{
    fn tell<'a>(
        &'a self,
        db: &'a Db,
        event: ModelEvent,
        soft: bool,
        record: &'a mut dyn AnyRecord,
    ) -> BoxFuture<'a, Result<()>> {
        (self.0)(RecordEvent::new(db, event, soft, record))
    }
}

/// What tells a model from others.
pub(super) fn identity(meta: &'static ModelMeta) -> usize {
    std::ptr::from_ref(meta).addr()
}

/// Who observes the records of a model through a handle.
pub(crate) struct Hooks {
    meta: &'static ModelMeta,
    registered: Option<Arc<Vec<Observing>>>,
}

impl Db {
    /// Who observes the records of a model through this handle; `None` where nobody does.
    pub(crate) fn hooks(&self, meta: &'static ModelMeta) -> Option<Hooks> {
        if !self.manner().events {
            return None;
        }
        let registered = self.observing().filter(|list| list.iter().any(|one| concerns(one, meta)));
        let observed = registered.is_some() || !meta.observers.is_empty();
        observed.then_some(Hooks { meta, registered })
    }
}

fn concerns(observing: &Observing, meta: &'static ModelMeta) -> bool {
    observing.model.is_none_or(|model| model == identity(meta))
}

impl Hooks {
    /// Those of the model itself, and then those of the database.
    fn each(&self) -> impl Iterator<Item = &dyn AnyObserver> {
        let own = self.meta.observers.iter().map(|observer| observer());
        let registered = self.registered.iter().flat_map(|list| list.iter());
        let registered = registered.filter(|one| concerns(one, self.meta));
        own.chain(registered.filter_map(|one| one.observer.downcast_ref())).map(|observed| &*observed.0)
    }

    /// Tells of a record, one after the other.
    pub(crate) async fn tell(&self, db: &Db, event: ModelEvent, record: &mut dyn AnyRecord) -> Result<()> {
        self.tell_of(db, event, false, record).await
    }

    /// Tells of a deletion.
    pub(crate) async fn tell_of(
        &self,
        db: &Db,
        event: ModelEvent,
        soft: bool,
        record: &mut dyn AnyRecord,
    ) -> Result<()> {
        for observer in self.each() {
            let told = observer.tell(db, event, soft, record).await;
            told.map_err(|error| aborted(error, self.meta, event.name()))?;
        }
        Ok(())
    }

    /// Lets the observers narrow a query.
    pub(crate) fn before<M: Model>(&self, db: &Db, read: Read, query: Query<M>) -> Result<Query<M>> {
        let mut place = Some(query);
        for observer in self.each() {
            observer
                .before(db, read, &mut place)
                .map_err(|error| aborted(error, self.meta, read.before()))?;
        }
        place.ok_or_else(|| Error::config("an observer kept the query"))
    }

    /// Tells of what was read.
    pub(crate) async fn after(&self, db: &Db, read: Read, records: &mut [&mut dyn AnyRecord]) -> Result<()> {
        for observer in self.each() {
            let told = observer.after(db, read, records).await;
            told.map_err(|error| aborted(error, self.meta, read.after()))?;
        }
        Ok(())
    }

    /// Tells of a page.
    pub(crate) async fn after_page(&self, db: &Db, page: &mut (dyn Any + Send)) -> Result<()> {
        for observer in self.each() {
            let told = observer.after_page(db, page).await;
            told.map_err(|error| aborted(error, self.meta, Read::Paginate.after()))?;
        }
        Ok(())
    }
}

impl Read {
    const fn before(self) -> &'static str {
        match self {
            Self::Find => "before_find",
            Self::Fetch => "before_fetch",
            Self::Paginate => "before_paginate",
        }
    }

    const fn after(self) -> &'static str {
        match self {
            Self::Find => "after_find",
            Self::Fetch => "after_fetch",
            Self::Paginate => "after_paginate",
        }
    }
}

/// Fills in what was aborted.
fn aborted(error: Error, meta: &'static ModelMeta, event: &'static str) -> Error {
    match error {
        Error::Aborted { model: "", event: "", reason } => Error::Aborted { model: meta.name, event, reason },
        other => other,
    }
}

/// Tells of records that were read, each of whatever model.
pub(crate) async fn tell_retrieved(db: &Db, records: Vec<&mut dyn AnyRecord>) -> Result<()> {
    let mut last: Option<(&'static ModelMeta, Option<Hooks>)> = None;
    for record in records {
        let meta = record.meta();
        if last.as_ref().is_none_or(|(same, _)| !std::ptr::eq(*same, meta)) {
            last = Some((meta, db.hooks(meta)));
        }
        if let Some((_, Some(hooks))) = &last {
            hooks.tell(db, ModelEvent::Retrieved, record).await?;
        }
    }
    Ok(())
}

/// The list of a database holds [`Observed`]s.
const _: fn() = || {
    fn is_kept<T: Any + Send + Sync>() {}
    is_kept::<Observed>();
};

impl std::fmt::Debug for Observed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Observed")
    }
}
