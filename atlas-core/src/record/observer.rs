//! Who is told of what happens to records.

use std::{fmt, future::Future, sync::Arc};

use crate::{
    db::{Db, Listening, TenantDatabases},
    driver::BoxFuture,
    error::Result,
    model::{Model, ModelMeta},
    query::{Page, Query},
    record::{
        AnyRecord, Record,
        hooks::{Observed, OfAll, On, identity, tell},
    },
    value::Value,
};

/// Something that happens to a record.
///
/// What ends in `-ing` comes before the write: the record may still be changed, and an error stops it. The others
/// come after it, and an error undoes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ModelEvent {
    /// It was read.
    Retrieved,
    /// It is about to be inserted or updated, or was saved without a change.
    Saving,
    /// It was inserted or updated, or there was nothing to change.
    Saved,
    /// It is about to be inserted.
    Creating,
    /// It was inserted.
    Created,
    /// It is about to be updated.
    Updating,
    /// It was updated.
    Updated,
    /// It is about to be deleted, softly or for good.
    Deleting,
    /// It was deleted, softly or for good.
    Deleted,
    /// It is about to be brought back.
    Restoring,
    /// It was brought back.
    Restored,
    /// A record that is deleted softly by itself is about to be deleted for good.
    ForceDeleting,
    /// A record that is deleted softly by itself was deleted for good.
    ForceDeleted,
    /// It is a copy of another one, and not saved.
    Replicating,
}

impl ModelEvent {
    /// Its name: `saving`, `force_deleted`, ….
    pub const fn name(self) -> &'static str {
        match self {
            Self::Retrieved => "retrieved",
            Self::Saving => "saving",
            Self::Saved => "saved",
            Self::Creating => "creating",
            Self::Created => "created",
            Self::Updating => "updating",
            Self::Updated => "updated",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
            Self::Restoring => "restoring",
            Self::Restored => "restored",
            Self::ForceDeleting => "force_deleting",
            Self::ForceDeleted => "force_deleted",
            Self::Replicating => "replicating",
        }
    }
}

impl fmt::Display for ModelEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Methods of an observer that are told of a record.
macro_rules! told {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => { $(
        $(#[$doc])*
        fn $name(&self, db: &Db, record: &mut Record<M>) -> impl Future<Output = Result<()>> + Send {
            let _ = (db, record);
            async { Ok(()) }
        }
    )* };
}

/// Is told of what happens to the records of `M`: see [`Db::observe`]. Each method is written as `async fn`; those that
/// are left out do nothing.
///
/// ```
/// # use atlas_tests::guide::*;
/// struct Rules;
///
/// impl Observer<Post> for Rules {
///     async fn saving(&self, _db: &Db, post: &mut Record<Post>) -> Result<()> {
///         post.title = post.title.trim().to_owned();
///         Ok(())
///     }
///
///     async fn deleting(&self, db: &Db, post: &mut Record<Post>, _soft: bool) -> Result<()> {
///         match post.related(Post::comments).count(db).await? {
///             0 => Ok(()),
///             comments => Err(Error::aborted(format!("it has {comments} comments"))),
///         }
///     }
/// }
///
/// # run(async |db| {
/// db.observe::<Post>(Rules);
/// let mut post = Post::find_or_fail(&db, 1).await?;
/// post.title = " Rust ".into();
/// post.save(&db).await?;
/// assert_eq!(post.title, "Rust");
///
/// let error = post.delete(&db).await.unwrap_err();
/// assert_eq!(error.to_string(), "`deleting` of `Post` was aborted: it has 2 comments");
/// # Ok(())
/// # });
/// ```
///
/// The handle that a method gets is in the transaction of the write: what is written through it is kept or undone with
/// it, and waits for it in [`Db::after_commit`]. Another handle would wait for that transaction to end.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not observe `{M}`",
    label = "implement `Observer<{M}>` for `{Self}`"
)]
pub trait Observer<M: Model>: Send + Sync + 'static {
    told! {
        /// The record was read, by whatever query.
        retrieved,
        /// The record is about to be saved, new or not, changed or not.
        saving,
        /// The record was saved.
        saved,
        /// The record is about to be inserted.
        creating,
        /// The record was inserted: it has its key.
        created,
        /// The record is about to be updated; it is dirty.
        updating,
        /// The record was updated: [`Record::changes`] says what.
        updated,
        /// The record is about to be brought back.
        restoring,
        /// The record was brought back.
        restored,
        /// The record is about to be deleted for good, of a model that deletes softly by itself.
        force_deleting,
        /// The record was deleted for good, of a model that deletes softly by itself.
        force_deleted,
        /// The record is a copy that [`Record::replicate`] made.
        replicating,
    }

    /// The record is about to be deleted: softly, or for good.
    fn deleting(
        &self,
        db: &Db,
        record: &mut Record<M>,
        soft: bool,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = (db, record, soft);
        async { Ok(()) }
    }

    /// The record was deleted: softly, or for good.
    fn deleted(
        &self,
        db: &Db,
        record: &mut Record<M>,
        soft: bool,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = (db, record, soft);
        async { Ok(()) }
    }

    /// A query is about to read one record: `find`, `first`, `sole` and their siblings. It may be narrowed.
    ///
    /// # Errors
    ///
    /// What it gives ends the call.
    fn before_find(&self, db: &Db, query: Query<M>) -> Result<Query<M>> {
        let _ = db;
        Ok(query)
    }

    /// A query has read one record.
    fn after_find(&self, db: &Db, record: &mut Record<M>) -> impl Future<Output = Result<()>> + Send {
        let _ = (db, record);
        async { Ok(()) }
    }

    /// A query is about to read records: `get`, pages, chunks, cursors and relations that are loaded. It may be
    /// narrowed.
    ///
    /// # Errors
    ///
    /// What it gives ends the call.
    fn before_fetch(&self, db: &Db, query: Query<M>) -> Result<Query<M>> {
        let _ = db;
        Ok(query)
    }

    /// A query has read records: those of a page, of a chunk, of a batch of a cursor.
    fn after_fetch(
        &self,
        db: &Db,
        records: &mut [&mut Record<M>],
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = (db, records);
        async { Ok(()) }
    }

    /// A query is about to count and read a page, before [`before_fetch`](Self::before_fetch). It may be narrowed.
    ///
    /// # Errors
    ///
    /// What it gives ends the call.
    fn before_paginate(&self, db: &Db, query: Query<M>) -> Result<Query<M>> {
        let _ = db;
        Ok(query)
    }

    /// A query has read a page, after [`after_fetch`](Self::after_fetch).
    fn after_paginate(&self, db: &Db, page: &mut Page<Record<M>>) -> impl Future<Output = Result<()>> + Send {
        let _ = (db, page);
        async { Ok(()) }
    }
}

/// A record of whatever model, and what happens to it: what [`Db::observe_all`] tells of.
pub struct RecordEvent<'a> {
    /// The handle, in the transaction of the write.
    pub db: &'a Db,
    event: ModelEvent,
    soft: bool,
    record: &'a mut dyn AnyRecord,
}

impl<'a> RecordEvent<'a> {
    pub(super) fn new(db: &'a Db, event: ModelEvent, soft: bool, record: &'a mut dyn AnyRecord) -> Self {
        Self { db, event, soft, record }
    }

    /// What happens.
    pub fn event(&self) -> ModelEvent {
        self.event
    }

    /// Of a deletion: whether it is a soft one.
    pub fn is_soft(&self) -> bool {
        self.soft
    }

    /// The model, as data: its name, its table, its columns.
    pub fn model(&self) -> &'static ModelMeta {
        self.record.meta()
    }

    /// The values of the key.
    pub fn key(&self) -> Vec<Value> {
        self.model().key.iter().map(|column| self.record.value(*column)).collect()
    }

    /// Whether the row is in the database.
    pub fn exists(&self) -> bool {
        self.record.state().exists()
    }

    /// Whether the record inserted its row.
    pub fn was_recently_created(&self) -> bool {
        self.record.state().was_recently_created()
    }

    /// The value of a field.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) where the model has no such field.
    pub fn get(&self, field: &str) -> Result<Value> {
        Ok(self.record.value(self.model().known_index(field)?))
    }

    /// Sets a field: before a write, it is written.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) where the model has no such field,
    /// [`Error::Decode`](crate::Error::Decode) where the value is none for it.
    pub fn set(&mut self, field: &str, value: impl crate::value::IntoValue) -> Result<()> {
        let (meta, value) = (self.model(), value.into_value());
        let index = meta.known_index(field)?;
        let value = (meta.column(index)?.cast)(value.as_ref())
            .map_err(|error| error.at(meta.name, field_of(meta, index)))?;
        self.record.assign_value(index, value.as_ref())
    }

    /// The fields that were changed since the row was read or saved, with their present values.
    pub fn dirty(&self) -> Vec<(&'static str, Value)> {
        super::named(self.model(), self.record.changed())
    }

    /// The fields that the last save changed, with their new values.
    pub fn changes(&self) -> Vec<(&'static str, Value)> {
        super::named(self.model(), self.record.state().saved_changes().to_vec())
    }

    /// The record, where it is one of this model.
    pub fn record<M: Model>(&mut self) -> Option<&mut Record<M>> {
        self.record.as_any_mut().downcast_mut()
    }
}

fn field_of(meta: &'static ModelMeta, index: usize) -> &'static str {
    meta.columns.get(index).map_or("", |column| column.field)
}

impl fmt::Debug for RecordEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.event, self.model().name)
    }
}

impl Db {
    /// Tells `observer` of what happens to records of `M`, through whatever handle of this database; observers are told
    /// in the order in which they came, those of the model's `#[observed_by(..)]` first. Stopping what this gives
    /// takes the observer away again.
    ///
    /// Statements over many rows tell nobody: `update` and `delete` of a query, `insert`, `upsert`.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// struct Audit;
    ///
    /// impl Observer<User> for Audit {
    ///     async fn created(&self, db: &Db, user: &mut Record<User>) -> Result<()> {
    ///         Note::draft().user_id(user.id).text("joined").save(db).await?;
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # run(async |db| {
    /// db.observe::<User>(Audit);
    /// let dee = User::draft().name("Dee").email("dee@example.com").save(&db).await?;
    /// assert_eq!(dee.related(User::notes).sole(&db).await?.text, "joined");
    /// # Ok(())
    /// # });
    /// ```
    pub fn observe<M: Model>(&self, observer: impl Observer<M>) -> Listening {
        self.add_observer(Some(identity(M::meta())), Arc::new(Observed::by(observer)))
    }

    /// Calls `hook` at one kind of event of the records of `M`: an [`Observer`] of a single method. It gives a future in
    /// a box.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// db.on::<User, _>(ModelEvent::Creating, |_db, user| {
    ///     Box::pin(async move {
    ///         user.email = user.email.to_lowercase();
    ///         Ok(())
    ///     })
    /// });
    /// let dee = User::draft().name("Dee").email("Dee@Example.com").save(&db).await?;
    /// assert_eq!(dee.email, "dee@example.com");
    /// # Ok(())
    /// # });
    /// ```
    pub fn on<M: Model, F>(&self, event: ModelEvent, hook: F) -> Listening
    where
        F: for<'a> Fn(&'a Db, &'a mut Record<M>) -> BoxFuture<'a, Result<()>> + Send + Sync + 'static,
    {
        self.add_observer(Some(identity(M::meta())), Arc::new(Observed::new(On::new(event, hook))))
    }

    /// Calls `hook` at every event of the records of every model.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// db.observe_all(|event| {
    ///     Box::pin(async move {
    ///         if event.event() == ModelEvent::Deleting && event.model().name == "User" {
    ///             return Err(Error::aborted("users stay"));
    ///         }
    ///         Ok(())
    ///     })
    /// });
    /// let mut ann = User::find_or_fail(&db, 1).await?;
    /// assert!(matches!(ann.delete(&db).await, Err(Error::Aborted { model: "User", event: "deleting", .. })));
    /// # Ok(())
    /// # });
    /// ```
    pub fn observe_all<F>(&self, hook: F) -> Listening
    where
        F: for<'a> Fn(RecordEvent<'a>) -> BoxFuture<'a, Result<()>> + Send + Sync + 'static,
    {
        self.add_observer(None, Arc::new(Observed::new(OfAll(hook))))
    }
}

impl TenantDatabases {
    /// Tells `observer` of what happens to records of `M` in all of them, also in those that are opened later: see
    /// [`Db::observe`].
    pub fn observe<M: Model>(&self, observer: impl Observer<M>) -> Listening {
        self.add_observer(Some(identity(M::meta())), Arc::new(Observed::by(observer)))
    }
}

/// An observer that is told of what was written once it is kept for good: after the outermost commit. What was undone
/// it is never told of.
///
/// It gets a copy of the record as it was after the write, and a handle outside of the transaction. An error of it goes to the
/// log, since nothing can be undone any more. What comes before a write, and what is read, it is told of at once.
///
/// ```
/// # use atlas_tests::guide::*;
/// struct Mail;
///
/// impl Observer<User> for Mail {
///     async fn created(&self, _db: &Db, user: &mut Record<User>) -> Result<()> {
///         println!("welcome, {}", user.name);
///         Ok(())
///     }
/// }
///
/// # run(async |db| {
/// db.observe::<User>(atlas::AfterCommit::of(Mail));
/// db.transaction(async |tx| {
///     User::draft().name("Dee").email("dee@example.com").save(&tx).await?;
///     Ok(()) // Dee is welcomed after this
/// })
/// .await?;
/// # Ok(())
/// # });
/// ```
#[derive(Debug)]
pub struct AfterCommit<O>(Arc<O>);

impl<O> AfterCommit<O> {
    /// Tells this observer after the commit.
    pub fn of(observer: O) -> Self {
        Self(Arc::new(observer))
    }

    /// Keeps back what is to be told.
    async fn later<M: Model>(&self, db: &Db, record: &Record<M>, event: ModelEvent, soft: bool) -> Result<()>
    where
        O: Observer<M>,
    {
        let (observer, mut record) = (Arc::clone(&self.0), record.copy()?);
        let told = db.after_commit_awaiting(move |db| {
            Box::pin(async move {
                if let Err(error) = tell(&*observer, &db, event, soft, &mut record).await {
                    let model = M::meta().name;
                    tracing::error!(model, event = event.name(), %error, "an observer failed after the commit");
                }
            })
        });
        if let Some(told) = told {
            told.await;
        }
        Ok(())
    }
}

/// Methods that are told at once, and those that are told after the commit.
macro_rules! delegates {
    (now $($now:ident)*; later $($later:ident $event:ident)*) => {
        $(
            async fn $now(&self, db: &Db, record: &mut Record<M>) -> Result<()> {
                self.0.$now(db, record).await
            }
        )*
        $(
            async fn $later(&self, db: &Db, record: &mut Record<M>) -> Result<()> {
                self.later(db, record, ModelEvent::$event, false).await
            }
        )*
    };
}

#[diagnostic::do_not_recommend]
impl<M: Model, O: Observer<M>> Observer<M> for AfterCommit<O> {
    delegates! {
        now retrieved saving creating updating restoring force_deleting replicating after_find;
        later saved Saved created Created updated Updated restored Restored force_deleted ForceDeleted
    }

    async fn deleting(&self, db: &Db, record: &mut Record<M>, soft: bool) -> Result<()> {
        self.0.deleting(db, record, soft).await
    }

    async fn deleted(&self, db: &Db, record: &mut Record<M>, soft: bool) -> Result<()> {
        self.later(db, record, ModelEvent::Deleted, soft).await
    }

    fn before_find(&self, db: &Db, query: Query<M>) -> Result<Query<M>> {
        self.0.before_find(db, query)
    }

    fn before_fetch(&self, db: &Db, query: Query<M>) -> Result<Query<M>> {
        self.0.before_fetch(db, query)
    }

    async fn after_fetch(&self, db: &Db, records: &mut [&mut Record<M>]) -> Result<()> {
        self.0.after_fetch(db, records).await
    }

    fn before_paginate(&self, db: &Db, query: Query<M>) -> Result<Query<M>> {
        self.0.before_paginate(db, query)
    }

    async fn after_paginate(&self, db: &Db, page: &mut Page<Record<M>>) -> Result<()> {
        self.0.after_paginate(db, page).await
    }
}
