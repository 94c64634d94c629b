//! The handle: which database, and which transaction.

mod about;
mod attempts;
mod builder;
mod cache;
mod callbacks;
mod config;
mod connections;
mod database;
mod encryption;
mod event;
mod health;
mod inside;
mod inspect;
mod level;
mod manner;
mod moment;
mod observers;
mod pending;
mod place;
mod reading;
mod schema;
mod sensitive;
mod sideload;
mod tenancy;
mod tenant_databases;
mod transaction;
mod tx;
mod watch;

use std::{
    any::Any,
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

pub(crate) use about::About;
pub(crate) use attempts::Attempts;
pub use builder::DbBuilder;
#[cfg(feature = "cache")]
pub use cache::MemoryCache;
pub use cache::{Cache, CacheKey, CachedRows};
pub use config::{Config, ConnectionConfig};
pub use connections::{Connections, DB, Global};
pub use event::{Bind, Event, StatementEvent, Step, TransactionEvent};
pub use health::{Health, HealthStatus};
pub(crate) use manner::Manner;
pub(crate) use moment::Moment;
pub(crate) use observers::Observing;
pub use pending::Pending;
pub(crate) use reading::{Decode, Reading};
pub use schema::Held;
pub(crate) use sideload::Sideloaded;
pub use tenant_databases::TenantDatabases;
pub use transaction::Transaction;
pub use tx::{Retryable, Tx};
pub use watch::Listening;

use crate::{
    driver::{BoxFuture, Capabilities, Driver, Outcome, Ran, RowSink, within},
    error::{Error, Result},
    statement::{AddedScope, Raw, Select, Statement},
    value::Binds,
};
use database::{Database, Strict};
use level::Level;
use place::{Home, Route};
use reading::Work;
pub(crate) use tenancy::Tenancy;

/// A handle on a database. Cheap to clone; every clone is the same pool.
///
/// A transaction is a `Db` too, so that a function which takes `&Db` works inside and outside of one.
#[derive(Clone)]
pub struct Db {
    home: Home,
    /// The transaction or savepoint that this handle is in.
    level: Option<Arc<Level>>,
    route: Route,
    /// Whose rows it reaches; `None` where that was not said.
    tenancy: Option<Arc<Tenancy>>,
    /// What happens by itself where records are written through it.
    manner: Manner,
    /// Which scopes it adds to those of the models.
    scopes: Option<Arc<Vec<AddedScope>>>,
    /// What records carry that are read through it.
    sideloaded: Option<Arc<Sideloaded>>,
}

impl Db {
    /// Opens the database that a URL names, as `sqlite::memory:` or `sqlite://shop.db`.
    ///
    /// ```
    /// # use atlas::prelude::*;
    /// # atlas::block_on(async {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// assert_eq!(db.driver_name(), "sqlite");
    /// # Ok::<(), Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where no driver answers to the URL's scheme or the URL is wrong,
    /// [`Error::Connect`] where the database cannot be reached or opened.
    pub async fn connect(url: &str) -> Result<Self> {
        Self::builder(url).connect().await
    }

    /// A handle on a database that a driver's own builder opened.
    ///
    /// ```
    /// # use atlas::prelude::*;
    /// # atlas::block_on(async {
    /// use atlas::sqlite::Sqlite;
    ///
    /// let db = Db::with_driver(Sqlite::memory().statement_cache(16).open().await?);
    /// # assert!(!db.in_transaction());
    /// # Ok::<(), Error>(())
    /// # }).unwrap();
    /// ```
    pub fn with_driver(driver: Arc<dyn Driver>) -> Self {
        Self::at(Arc::new(Database::new(driver)), None)
    }

    /// The driver's name: `sqlite`, …; empty where nothing is configured.
    pub fn driver_name(&self) -> &'static str {
        self.database().map_or("", |database| database.driver.name())
    }

    /// What the database can do; nothing where none is configured.
    pub fn capabilities(&self) -> Capabilities {
        self.database().map_or(Capabilities::NONE, |database| *database.driver.capabilities())
    }

    /// Whether this handle is in a transaction.
    pub fn in_transaction(&self) -> bool {
        self.level().is_some_and(|level| level.is_transaction())
    }

    /// Tells `listener` of every statement that ends, and of every transaction that begins or ends, on
    /// this database, through whatever handle. It is called in the task that did it, and should be
    /// quick. Where nobody listens, it costs nothing.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let listening = db.listen(|event| {
    ///     if let Some(statement) = event.as_statement() {
    ///         println!("{:?} {}", statement.duration, statement.text);
    ///     }
    /// });
    /// User::all(&db).await?;
    /// listening.stop();
    /// # Ok(())
    /// # });
    /// ```
    pub fn listen(&self, listener: impl Fn(&Event) + Send + Sync + 'static) -> Listening {
        let Ok(database) = self.database() else { return Listening::new(|| {}) };
        let id = database.watch.add(Arc::new(listener));
        let database = Arc::downgrade(&database);
        Listening::new(move || {
            if let Some(database) = database.upgrade() {
                database.watch.remove(id);
            }
        })
    }

    /// Runs a statement in the database's own language, with a `?` in its text for each value, and
    /// says how many rows it wrote, changed or removed.
    ///
    /// The text is the program's own: values belong into `binds`, never into it.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let doubled = db.execute("update posts set votes = votes * 2 where votes > ?", [5]).await?;
    /// assert_eq!(doubled, 1);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub fn execute(&self, text: impl Into<String>, binds: impl Binds) -> Pending<'_, u64> {
        let statement = Statement::Raw(Raw::new(text, binds.into_values()));
        Pending::new(async move { Ok(self.run(None, &statement, Box::new(())).await?.1.affected) })
    }

    /// Lets running statements finish and closes every connection; the handle and its clones are
    /// [`Error::Closed`] afterwards.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// db.close().await?;
    /// assert!(matches!(User::query().count(&db).await, Err(Error::Closed { .. })));
    /// # Ok(())
    /// # });
    /// ```
    pub fn close(&self) -> Pending<'_, ()> {
        Pending::new(async move {
            self.database()?.driver.close().await;
            Ok(())
        })
    }

    /// The same handle with one more scope.
    pub(crate) fn scoping(&self, scope: AddedScope) -> Self {
        let mut scopes: Vec<AddedScope> = self.scopes.as_deref().cloned().unwrap_or_default();
        scopes.push(scope);
        Self { scopes: Some(Arc::new(scopes)), ..self.clone() }
    }

    /// What becomes of what is done through this handle; `None` outside of a transaction.
    pub(crate) fn fate(&self) -> Option<Fate> {
        self.level().filter(|level| level.is_transaction()).map(Fate)
    }

    /// The transaction or savepoint that this handle is in.
    fn level(&self) -> Option<Arc<Level>> {
        self.resolve().ok().and_then(|here| here.level.clone())
    }

    /// What this handle forbids.
    pub(crate) fn is_strict(&self) -> Strict {
        self.database().map_or(Strict::default(), |database| database.strict)
    }

    /// Whether what one record loads lazily is loaded for all that came with it.
    pub(crate) fn batches_lazy_loading(&self) -> bool {
        self.database().is_ok_and(|database| database.batches)
    }

    /// Where this handle reads, and how much had been written there.
    pub(crate) fn moment(&self) -> Moment {
        let level = self.level().map_or(0, |level| Arc::as_ptr(&level).addr());
        let database = self.database().ok();
        let writes = database.as_ref().map_or(0, |database| database.writes());
        let database = database.map_or(0, |database| Arc::as_ptr(&database).addr());
        Moment { database, level, writes, tenancy: self.tenancy.clone(), scopes: self.scopes.clone() }
    }

    /// Sends a statement. `about`: the model that it is about.
    pub(crate) async fn run(
        &self,
        about: Option<About>,
        statement: &Statement,
        sink: Box<dyn RowSink>,
    ) -> Ran {
        self.run_for(about, statement, sink, None).await
    }

    /// Sends a statement whose rows are taken by a stream.
    async fn read(
        &self,
        about: Option<About>,
        statement: &Statement,
        sink: Box<dyn RowSink>,
        reading: Weak<Work>,
    ) -> Result<()> {
        self.run_for(about, statement, sink, Some(&reading)).await.map(|_| ())
    }

    async fn run_for(
        &self,
        about: Option<About>,
        statement: &Statement,
        sink: Box<dyn RowSink>,
        reading: Option<&Weak<Work>>,
    ) -> Ran {
        let owned = self.owned(statement)?;
        let statement = owned.as_deref().unwrap_or(statement);
        let here = match about {
            Some(about) => self.of(about)?,
            None => self.resolve()?,
        };
        let sealed = match &here.home {
            Home::Database(database) => database.sealed(statement)?,
            Home::Default(_) => None,
        };
        let statement = sealed.as_deref().unwrap_or(statement);
        if let (Statement::Select(Select { kept: Some(kept), .. }), None) = (statement, reading)
            && here.level.is_none()
            && let Home::Database(database) = &here.home
            && let Some(cache) = &database.cache
        {
            return Box::pin(here.run_cached(about, database, &**cache, statement, kept, sink)).await;
        }
        here.dispatch(about, statement, sink, reading).await
    }

    /// Sends a statement to where this handle leads.
    async fn dispatch(
        &self,
        about: Option<About>,
        statement: &Statement,
        sink: Box<dyn RowSink>,
        reading: Option<&Weak<Work>>,
    ) -> Ran {
        let here = self;
        match &here.home {
            Home::Database(database) if !database.is_watched() => {
                here.send(database, statement, sink, reading).await
            }
            Home::Database(database) => {
                let transaction = here.level.as_ref().map(|level| level.id());
                let send = here.send_boxed(database, statement, reading);
                Box::pin(database.watch(about, transaction, statement, sink, send)).await
            }
            Home::Default(_) => {
                Err(Error::config("no database is configured: call `DB.configure(..)` first"))
            }
        }
    }

    fn send_boxed<'a>(
        &'a self,
        database: &'a Database,
        statement: &'a Statement,
        reading: Option<&'a Weak<Work>>,
    ) -> impl FnOnce(Box<dyn RowSink>) -> BoxFuture<'a, Ran> {
        move |sink| Box::pin(self.send(database, statement, sink, reading))
    }

    async fn send(
        &self,
        database: &Database,
        statement: &Statement,
        sink: Box<dyn RowSink>,
        reading: Option<&Weak<Work>>,
    ) -> Ran {
        if !matches!(statement, Statement::Select(_) | Statement::Explain { .. }) {
            database.wrote();
        }
        let send = async move {
            match &self.level {
                None => database.driver.acquire().await?.run(statement, sink).await,
                Some(level) => level.run(statement, sink, reading).await,
            }
        };
        match statement.time_limit() {
            Some(limit) => in_time(limit, Box::pin(send)).await,
            None => send.await,
        }
    }

    /// Sends a statement and gives the sink back as what it was.
    pub(crate) async fn fetch<S: RowSink>(
        &self,
        about: Option<About>,
        statement: &Statement,
        sink: S,
    ) -> Result<(S, Outcome)> {
        let (sink, outcome) = self.run(about, statement, Box::new(sink)).await?;
        let sink: Box<dyn Any> = sink;
        match sink.downcast::<S>() {
            Ok(sink) => Ok((*sink, outcome)),
            Err(_) => Err(self.another_sink()),
        }
    }

    #[cold]
    fn another_sink(&self) -> Error {
        let message = format!("the {} driver gave another statement's sink back", self.driver_name());
        Error::Driver { message, source: None }
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db")
            .field("driver", &self.driver_name())
            .field("in_transaction", &self.in_transaction())
            .finish()
    }
}

/// What a statement gives within its time. Dropped half-way, it is ended on the server too.
async fn in_time(limit: Duration, send: BoxFuture<'_, Ran>) -> Ran {
    if limit.is_zero() {
        return Err(Error::config("the time limit of a query is zero: it would never be sent"));
    }
    within(limit, send).await.unwrap_or_else(|| {
        let waiting_for =
            "a query to end: make it do less or give it an index, or set a longer `.timeout(..)`";
        Err(Error::Timeout { waiting_for: waiting_for.to_owned(), after: limit })
    })
}

/// What becomes of something that was done in a transaction.
#[derive(Clone)]
pub(crate) struct Fate(Arc<Level>);

impl Fate {
    /// Whether it has been undone.
    pub(crate) fn is_undone(&self) -> bool {
        self.0.is_undone()
    }

    /// Whether it is kept for good.
    pub(crate) fn is_kept(&self) -> bool {
        self.0.is_kept()
    }
}
