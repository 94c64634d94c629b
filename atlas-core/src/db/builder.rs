use std::{
    fmt,
    future::Future,
    path::PathBuf,
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use crate::{
    db::{
        Cache, Db, Pending,
        connections::Registry,
        database::{Database, Strict},
        level::Level,
        observers::Observers,
        watch::Watch,
    },
    driver::{self, BoxFuture, ConnectOptions, Connection, TlsMode},
    error::{Error, Result},
};

/// How to open a database, step by step: see [`Db::builder`]. What is not said is left to the URL, and
/// then to the driver.
#[derive(Clone)]
#[must_use = "nothing is opened until `connect` is awaited"]
pub struct DbBuilder {
    options: ConnectOptions,
    name: Option<Arc<str>>,
    set: u64,
    slow: Option<Duration>,
    cache: Option<Arc<dyn Cache>>,
    strict: Strict,
    batches: bool,
    hook: Option<Hook>,
    #[cfg(feature = "encryption")]
    keys: Keys,
}

/// What values are encrypted with, as text.
#[cfg(feature = "encryption")]
#[derive(Clone, Default)]
struct Keys {
    present: Option<String>,
    previous: Vec<String>,
}

#[cfg(feature = "encryption")]
impl Keys {
    fn read(self) -> Result<Option<crate::value::Key>> {
        let variable = |name| std::env::var(name).ok().filter(|text| !text.trim().is_empty());
        let mut previous = self.previous;
        if previous.is_empty()
            && let Some(text) = variable("ATLAS_PREVIOUS_ENCRYPTION_KEYS")
        {
            previous.extend(text.split(',').map(str::to_owned));
        }
        for key in &previous {
            crate::value::Key::parse(key)?;
        }
        let present = self.present.or_else(|| variable("ATLAS_ENCRYPTION_KEY"));
        present.map(|key| crate::value::Key::parse(&key)).transpose()
    }
}

/// What is done with a new connection.
type Hook = Arc<dyn Fn(Db) -> BoxFuture<'static, Result<()>> + Send + Sync>;

impl Db {
    /// Opens a database with more than a URL says.
    ///
    /// ```
    /// # use atlas::prelude::*;
    /// # atlas::block_on(async {
    /// use std::time::Duration;
    ///
    /// let db = Db::builder("sqlite::memory:")
    ///     .acquire_timeout(Duration::from_secs(2))
    ///     .slow_statements(Duration::from_millis(200))
    ///     .connect()
    ///     .await?;
    /// # assert!(db.health().await.is_healthy());
    /// # Ok::<(), Error>(())
    /// # }).unwrap();
    /// ```
    pub fn builder(url: impl Into<String>) -> DbBuilder {
        DbBuilder::new(ConnectOptions::new(url))
    }
}

/// Setters that fill an option in.
macro_rules! options {
    ($($(#[$doc:meta])* $name:ident: $type:ty),* $(,)?) => { $(
        $(#[$doc])*
        pub fn $name(mut self, $name: $type) -> Self {
            self.options.$name = Some($name);
            self
        }
    )* };
}

impl DbBuilder {
    pub(super) fn new(options: ConnectOptions) -> Self {
        Self {
            options,
            name: None,
            set: 0,
            slow: None,
            cache: None,
            strict: Strict::default(),
            batches: true,
            hook: None,
            #[cfg(feature = "encryption")]
            keys: Keys::default(),
        }
    }

    options! {
        /// How many connections are open at most.
        max_connections: u32,
        /// How many connections are kept open, also when nobody needs them.
        min_connections: u32,
        /// How long to wait for a connection that others use, before it is [`Error::Pool`].
        acquire_timeout: Duration,
        /// How long to wait for the server to answer a new connection.
        connect_timeout: Duration,
        /// After how long without use a connection is closed.
        idle_timeout: Duration,
        /// After how long a connection is closed, used or not.
        max_lifetime: Duration,
        /// How long a statement may take, before it is [`Error::Timeout`] and ended on the server too.
        statement_timeout: Duration,
        /// How many prepared statements each connection keeps; 0 for none, as PgBouncer needs it in
        /// transaction mode.
        statement_cache: usize,
        /// Whether the connection is encrypted: see [`TlsMode`].
        tls: TlsMode,
    }

    /// What the server's own lists call the program.
    pub fn application_name(mut self, name: impl Into<String>) -> Self {
        self.options.application_name = Some(name.into());
        self
    }

    /// The certificates of the authorities that the server's is checked against, a PEM file.
    pub fn tls_ca(mut self, file: impl Into<PathBuf>) -> Self {
        self.options.tls_ca = Some(file.into());
        self
    }

    /// The certificate that the program shows to the server, and its key, PEM files.
    pub fn tls_identity(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.options.tls_certificate = Some(certificate.into());
        self.options.tls_key = Some(key.into());
        self
    }

    /// Opens the first connection when it is first needed, rather than at once.
    pub fn lazy(mut self) -> Self {
        self.options.lazy = true;
        self
    }

    /// From which duration on a statement is logged as slow, as a warning of [`tracing`].
    pub fn slow_statements(mut self, threshold: Duration) -> Self {
        self.slow = Some(threshold);
        self
    }

    /// Whether loading a relation of a record that is there already is [`Error::LazyLoad`]: for tests and for
    /// development, where every relation is to come with its query.
    pub fn strict_loading(mut self, strict: bool) -> Self {
        self.strict.loading = strict;
        self
    }

    /// Whether it is [`Error::NotFillable`] to write what mass assignment passed keys over of: those that are no column,
    /// or that `#[fillable]` does not name.
    pub fn strict_filling(mut self, strict: bool) -> Self {
        self.strict.filling = strict;
        self
    }

    /// Forbids what would otherwise happen silently: [`strict_loading`](Self::strict_loading) and
    /// [`strict_filling`](Self::strict_filling). That something is read which was not selected or loaded is an error
    /// without it too.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # atlas::block_on(async {
    /// use atlas::{Fill, types::serde_json};
    ///
    /// #[derive(Model)]
    /// #[fillable(name)]
    /// pub struct Guest {
    ///     pub id: i64,
    ///     pub name: String,
    /// }
    ///
    /// let db = Db::builder("sqlite::memory:").strict().connect().await?;
    /// db.create_tables(models![Guest]).await?;
    /// let fill: Fill<Guest> = serde_json::from_str(r#"{"name": "Ann", "admin": true}"#).unwrap();
    /// let error = Guest::draft().fill(fill).save(&db).await.err();
    /// assert!(matches!(error, Some(Error::NotFillable { model: "Guest", .. })));
    /// # Ok::<(), Error>(())
    /// # }).unwrap();
    /// ```
    pub fn strict(self) -> Self {
        self.strict_loading(true).strict_filling(true)
    }

    /// Whether a relation that one record of a result loads lazily is loaded for all of them at once. It is, by
    /// default.
    pub fn batch_lazy_loading(mut self, batch: bool) -> Self {
        self.batches = batch;
        self
    }

    /// Where results are kept that queries ask for with `.cache(..)`. Several databases may share one, in an `Arc`.
    /// Without, nothing is kept.
    pub fn cache(mut self, cache: impl Cache) -> Self {
        self.cache = Some(Arc::new(cache));
        self
    }

    /// Does something with each new connection before its first use. The handle that `work` gets is that
    /// one connection; an error throws it away, and is what whoever needed it gets.
    ///
    /// ```no_run
    /// # use atlas::prelude::*;
    /// # async fn connect() -> Result<Db> {
    /// Db::builder("postgres://localhost/shop")
    ///     .after_connect(async |db| db.execute("set role shop_reader", ()).await.map(|_| ()))
    ///     .connect()
    ///     .await
    /// # }
    /// ```
    pub fn after_connect<F, Fut>(mut self, work: F) -> Self
    where
        F: Fn(Db) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.hook = Some(Arc::new(move |db| Box::pin(work(db))));
        self
    }

    /// The name that events and logs have for this database.
    pub fn name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The database of one of several tenants: called by it, also where all have a name together. `set`: the number of
    /// their set, so that those of another set are others.
    pub(super) fn of_tenant(mut self, slug: &str, set: u64) -> Self {
        self.name = Some(match self.name {
            Some(name) => format!("{name}/{slug}").into(),
            None => {
                self.set = set;
                slug.into()
            }
        });
        self
    }

    /// The key that columns with `#[cast(encrypted)]` are encrypted with: 32 bytes as base64, as
    /// [`new_encryption_key`](crate::value::new_encryption_key) makes them. Without it, the environment's
    /// `ATLAS_ENCRYPTION_KEY`.
    ///
    /// What is read says by which key it was encrypted: any that the program was given to open any database.
    #[cfg(feature = "encryption")]
    pub fn encryption_key(mut self, key: impl Into<String>) -> Self {
        self.keys.present = Some(key.into());
        self
    }

    /// A key that was used before: what was encrypted with it is read, and written again with the present key. Without
    /// any, those in the environment's `ATLAS_PREVIOUS_ENCRYPTION_KEYS`, between commas.
    #[cfg(feature = "encryption")]
    pub fn previous_encryption_key(mut self, key: impl Into<String>) -> Self {
        self.keys.previous.push(key.into());
        self
    }

    /// Opens the database.
    ///
    /// # Errors
    ///
    /// As [`Db::connect`].
    pub fn connect(self) -> Pending<'static, Db> {
        Pending::new(async move {
            let opened = self.open(Weak::new(), None, Arc::default()).await;
            opened.map(|database| Db::at(database, None))
        })
    }

    /// Opens the database. `registry`: the set of named connections that it is one of; `common`: who listens to it and
    /// to others; `observers`: who observes its records, and perhaps those of others.
    pub(super) async fn open(
        self,
        registry: Weak<Registry>,
        common: Option<Arc<Watch>>,
        observers: Arc<Observers>,
    ) -> Result<Arc<Database>> {
        let mut options = self.options;
        // The hook needs the database, which is there only once it is open.
        let opened: Arc<OnceLock<Weak<Database>>> = Arc::default();
        if let Some(hook) = self.hook {
            let opened = Arc::clone(&opened);
            options.after_connect = Some(Arc::new(move |connection| {
                Box::pin(prepare(connection, Arc::clone(&hook), opened.get().and_then(Weak::upgrade)))
            }));
        }
        let driver = driver::open(&options).await?;
        let mut database = Database::new(driver);
        database.name = self.name;
        database.set = self.set;
        database.slow = self.slow;
        database.cache = self.cache;
        database.strict = self.strict;
        database.batches = self.batches;
        #[cfg(feature = "encryption")]
        {
            database.key = self.keys.read()?;
        }
        database.registry = registry;
        database.common = common;
        database.observers = observers;
        let database = Arc::new(database);
        let _ = opened.set(Arc::downgrade(&database));
        Ok(database)
    }
}

/// Runs a hook on a connection, and gives the connection back.
async fn prepare(
    connection: Box<dyn Connection>,
    hook: Hook,
    database: Option<Arc<Database>>,
) -> Result<Box<dyn Connection>> {
    let closed = || Error::Closed { what: "the database handle", instead: "connect again" };
    let database = database.ok_or_else(closed)?;
    let level = Level::pinned(connection, Arc::clone(&database));
    hook(Db::at(database, Some(Arc::clone(&level)))).await?;
    level.release().await.ok_or_else(closed)
}

impl fmt::Debug for DbBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DbBuilder")
            .field("name", &self.name)
            .field("options", &self.options)
            .field("slow_statements", &self.slow)
            .finish()
    }
}
