//! A database for each tenant.

use std::{
    collections::HashMap,
    env, fmt,
    future::{Future, pending},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use crate::{
    db::{
        Db, Event, Listening, Pending,
        config::ConnectionConfig,
        database::{Database, number},
        observers::Observers,
        watch::Watch,
    },
    driver::{BoxFuture, Driver, within},
    error::{Error, Result},
};

/// The databases of a program's tenants, each opened when it is first asked for.
///
/// A tenant is known by its slug: letters from `a` to `z`, digits and hyphens, as in `acme-corp`. A pattern makes a
/// name of it: `{SLUG}` becomes `ACME_CORP`, `{slug}` becomes `acme-corp`; and what the name stands for, a function
/// says, or the environment.
///
/// ```
/// # use atlas_tests::guide::*;
/// # atlas::block_on(async {
/// use atlas::TenantDatabases;
///
/// let urls = |name: &str| (name == "DB_TENANT_ACME_CORP").then(|| "sqlite::memory:");
/// let tenants = TenantDatabases::new("DB_TENANT_{SLUG}", urls)?.max_open(50);
///
/// let acme = tenants.get("acme-corp").await?;
/// acme.create_tables(models![User]).await?;
/// assert_eq!(User::query().count(&acme).await?, 0);
/// assert!(tenants.find("ants").await?.is_none());
/// # Ok::<(), Error>(())
/// # }).unwrap();
/// ```
///
/// What it gives is a [`Db`] like any other. As long as it, a clone of it or a transaction of it is there, the database
/// stays open; one that nobody uses is closed where another is to be opened and [`max_open`](Self::max_open) are.
pub struct TenantDatabases {
    pattern: String,
    resolve: Resolve,
    most: usize,
    wait: Duration,
    open: Mutex<Open>,
    watch: Arc<Watch>,
    /// What tells a tenant's database from one of another set.
    number: u64,
    /// Who observes the records of all of them.
    pub(super) observers: Arc<Observers>,
}

/// What a name stands for.
type Resolve = Box<dyn Fn(&str) -> Option<ConnectionConfig> + Send + Sync>;

#[derive(Default)]
struct Open {
    databases: HashMap<String, Entry>,
    /// How often one was asked for.
    asked: u64,
}

struct Entry {
    database: Arc<Database>,
    /// When it was last asked for.
    asked: u64,
}

/// How many databases are open at most, unless [`TenantDatabases::max_open`] says otherwise.
const MOST_OPEN: usize = 100;

/// How long to wait for a place among them.
const WAIT: Duration = Duration::from_secs(30);

/// How often to look whether there is a place: a handle that is dropped tells nobody.
const LOOK: Duration = Duration::from_millis(5);

/// How long a slug may be: as long as a name in the DNS.
const LONGEST: usize = 63;

impl TenantDatabases {
    /// Databases by a pattern for their names, and a function that says what a name stands for: a URL, or a
    /// [`Db::builder`] with more; `None` where there is no such tenant.
    ///
    /// ```
    /// # use atlas::prelude::*;
    /// use atlas::TenantDatabases;
    ///
    /// let tenants = TenantDatabases::new("DB_TENANT_{SLUG}", |name| {
    ///     let url = std::env::var(name).ok()?;
    ///     Some(Db::builder(url).max_connections(2))
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where the pattern has neither `{SLUG}` nor `{slug}`: all tenants would share one database.
    pub fn new<C: Into<ConnectionConfig>>(
        pattern: impl Into<String>,
        resolve: impl Fn(&str) -> Option<C> + Send + Sync + 'static,
    ) -> Result<Self> {
        let pattern = pattern.into();
        if !pattern.contains("{SLUG}") && !pattern.contains("{slug}") {
            return Err(Error::config(
                "the pattern for tenants' databases has neither `{SLUG}` nor `{slug}`: all tenants would share one; \
                 write `DB_TENANT_{SLUG}`",
            ));
        }
        Ok(Self {
            pattern,
            resolve: Box::new(move |name| resolve(name).map(Into::into)),
            most: MOST_OPEN,
            wait: WAIT,
            open: Mutex::default(),
            watch: Arc::default(),
            number: number(),
            observers: Arc::default(),
        })
    }

    /// Databases whose URLs are in variables of the environment, as `DB_TENANT_{SLUG}`.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn from_env(pattern: impl Into<String>) -> Result<Self> {
        Self::new(pattern, |name| env::var(name).ok().filter(|url| !url.is_empty()))
    }

    /// Databases whose URLs differ by the slug alone, as `postgres://localhost/tenant_{SLUG}`.
    ///
    /// Every slug has one then: check before that there is such a tenant.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn from_url(pattern: impl Into<String>) -> Result<Self> {
        Self::new(pattern, |url| Some(url.to_owned()))
    }

    /// How many databases are open at most; without it, 100. Each has a pool of its own.
    #[must_use]
    pub fn max_open(mut self, most: usize) -> Self {
        self.most = most.max(1);
        self
    }

    /// How long to wait where so many are open and in use, before it is [`Error::Pool`]; without it, 30 seconds.
    #[must_use]
    pub fn acquire_timeout(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// The database of a tenant.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where there is none, with the tenant and the pattern, or where its URL is wrong;
    /// [`Error::Pool`] where too many others are in use.
    pub fn get(&self, slug: &str) -> Pending<'_, Db> {
        let slug = slug.to_owned();
        Pending::new(async move { self.find(&slug).await?.ok_or_else(|| self.unknown(&slug)) })
    }

    /// The database of a tenant; `None` where there is none: nothing has its name, or no tenant can be called so.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn find(&self, slug: &str) -> Pending<'_, Option<Db>> {
        let slug = slug.to_owned();
        Pending::new(async move {
            if !is_slug(&slug) {
                return Ok(None);
            }
            let began = Instant::now();
            let mut config = None;
            loop {
                if let Some(database) = self.opened(&slug) {
                    return Ok(Some(Db::at(database, None)));
                }
                let known = match &config {
                    Some(known) => known,
                    None => match (self.resolve)(&self.name(&slug)) {
                        Some(found) => config.insert(found),
                        None => return Ok(None),
                    },
                };
                if self.make_place().await {
                    // Nothing is connected yet: two who open the same waste nothing.
                    let database = self.connect(&slug, known.clone()).await?;
                    if let Some(database) = self.keep(&slug, database) {
                        return Ok(Some(Db::at(database, None)));
                    }
                }
                if began.elapsed() >= self.wait {
                    return Err(self.full(&slug));
                }
                within(LOOK, pending::<()>()).await;
            }
        })
    }

    /// Does something with the database of each of these tenants, one after the other: what came of each. Where one
    /// fails, the others go on.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # atlas::block_on(async {
    /// # use atlas::TenantDatabases;
    /// # let tenants = TenantDatabases::new("{slug}", |_| Some("sqlite::memory:"))?;
    /// let done = tenants.for_each(["acme", "ants"], async |db| db.create_tables(models![User]).await).await;
    /// for (tenant, outcome) in done {
    ///     outcome.unwrap_or_else(|error| eprintln!("{tenant}: {error}"));
    /// }
    /// # Ok::<(), Error>(())
    /// # }).unwrap();
    /// ```
    pub fn for_each<'a, T, F, Fut>(
        &'a self,
        slugs: impl IntoIterator<Item: Into<String>>,
        work: F,
    ) -> BoxFuture<'a, Vec<(String, Result<T>)>>
    where
        T: Send + 'a,
        F: Fn(Db) -> Fut + Send + Sync + 'a,
        Fut: Future<Output = Result<T>> + Send,
    {
        let slugs: Vec<String> = slugs.into_iter().map(Into::into).collect();
        Box::pin(async move {
            let mut done = Vec::with_capacity(slugs.len());
            for slug in slugs {
                let outcome = match self.get(&slug).await {
                    Ok(db) => work(db).await,
                    Err(error) => Err(error),
                };
                done.push((slug, outcome));
            }
            done
        })
    }

    /// The tenants whose databases are open, in the order of their slugs.
    pub fn open_tenants(&self) -> Vec<String> {
        let mut slugs: Vec<String> = self.lock().databases.keys().cloned().collect();
        slugs.sort_unstable();
        slugs
    }

    /// Closes the database of a tenant, as after it has moved: the next who asks for it asks anew what its name stands
    /// for. Handles on it are [`Error::Closed`]. Whether it was open.
    pub fn close<'a>(&'a self, slug: &str) -> Pending<'a, bool> {
        let entry = self.lock().databases.remove(slug);
        Pending::new(async move {
            match entry {
                Some(entry) => entry.database.driver.close().await,
                None => return Ok(false),
            }
            Ok(true)
        })
    }

    /// Closes all of them.
    pub fn close_all(&self) -> Pending<'_, ()> {
        let all = std::mem::take(&mut self.lock().databases);
        Pending::new(async move {
            for entry in all.into_values() {
                entry.database.driver.close().await;
            }
            Ok(())
        })
    }

    /// Listens to all of them, also to those that are opened later: see [`Db::listen`].
    pub fn listen(&self, listener: impl Fn(&Event) + Send + Sync + 'static) -> Listening {
        let id = self.watch.add(Arc::new(listener));
        let watch = Arc::downgrade(&self.watch);
        Listening::new(move || {
            if let Some(watch) = watch.upgrade() {
                watch.remove(id);
            }
        })
    }

    /// What the pattern makes of a slug.
    fn name(&self, slug: &str) -> String {
        let upper = slug.to_ascii_uppercase().replace('-', "_");
        self.pattern.replace("{SLUG}", &upper).replace("{slug}", slug)
    }

    async fn connect(&self, slug: &str, config: ConnectionConfig) -> Result<Arc<Database>> {
        let builder = config.into_builder().lazy().of_tenant(slug, self.number);
        let opened =
            builder.open(Weak::new(), Some(Arc::clone(&self.watch)), Arc::clone(&self.observers)).await;
        opened.map_err(|error| match error {
            Error::Config { message } => {
                Error::config(format!("the database of tenant `{slug}`{}: {message}", self.by(slug)))
            }
            Error::Connect { target, reason, source } => {
                Error::Connect { target, reason: format!("{reason} (tenant `{slug}`)"), source }
            }
            other => other,
        })
    }

    /// The database of a tenant, where it is open.
    fn opened(&self, slug: &str) -> Option<Arc<Database>> {
        let open = &mut *self.lock();
        let entry = open.databases.get_mut(slug)?;
        open.asked += 1;
        entry.asked = open.asked;
        Some(Arc::clone(&entry.database))
    }

    /// Whether another database may be opened: closes the one that was not asked for the longest, where none else is
    /// left and nobody uses it.
    async fn make_place(&self) -> bool {
        let idle: Arc<dyn Driver> = {
            let open = &mut *self.lock();
            if open.databases.len() < self.most {
                return true;
            }
            let idle = open.databases.iter().filter(|(_, entry)| Arc::strong_count(&entry.database) == 1);
            let idle = idle.min_by_key(|(_, entry)| entry.asked).map(|(slug, _)| slug.clone());
            match idle.and_then(|slug| open.databases.remove(&slug)) {
                Some(entry) => Arc::clone(&entry.database.driver),
                None => return false,
            }
        };
        idle.close().await;
        true
    }

    /// Keeps a database, unless somebody else was faster: theirs; `None` where there is no place left.
    fn keep(&self, slug: &str, database: Arc<Database>) -> Option<Arc<Database>> {
        let open = &mut *self.lock();
        if open.databases.len() >= self.most && !open.databases.contains_key(slug) {
            return None;
        }
        open.asked += 1;
        let entry = open.databases.entry(slug.to_owned()).or_insert(Entry { database, asked: 0 });
        entry.asked = open.asked;
        Some(Arc::clone(&entry.database))
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cold]
    fn unknown(&self, slug: &str) -> Error {
        if !is_slug(slug) {
            return Error::config(
                "no tenant can be called so: a slug has letters from `a` to `z`, digits, and hyphens between them, \
                 and at most 63 of them",
            );
        }
        Error::config(format!("tenant `{slug}` has no database: nothing is known{}", self.by(slug)))
    }

    /// By which name a tenant's database is known, for messages. A URL may have a password in it.
    fn by(&self, slug: &str) -> String {
        if self.pattern.contains(':') {
            return String::new();
        }
        format!(" by `{}`, which `{}` makes of it", self.name(slug), self.pattern)
    }

    #[cold]
    fn full(&self, slug: &str) -> Error {
        let reason = format!(
            "the database of tenant `{slug}` has no place: {} others are open and in use; let go of handles, or raise \
             `max_open`",
            self.most
        );
        Error::Pool { reason }
    }
}

/// Whether a tenant can be called so: what a slug is put into means the same by whatever slug, and no two slugs
/// make the same name.
fn is_slug(slug: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=LONGEST).contains(&slug.len())
        && slug.bytes().all(|byte| inner(byte) || byte == b'-')
        && !slug.starts_with('-')
        && !slug.ends_with('-')
}

impl fmt::Debug for TenantDatabases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantDatabases")
            .field("open", &self.open_tenants())
            .field("max_open", &self.most)
            .finish()
    }
}
