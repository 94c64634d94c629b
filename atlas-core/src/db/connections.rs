//! Named connections.

use std::{
    collections::BTreeMap,
    fmt,
    ops::Deref,
    sync::{Arc, LazyLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use crate::{
    db::{
        Db, DbBuilder, Manner, Pending,
        config::{Config, ConnectionConfig},
        database::Database,
        observers::Observers,
        place::{Home, Route},
        watch::{Listening, Watch},
    },
    error::{Error, Result},
};

/// The named connections of the program, and the handle on the default one: `User::find(&DB, 1)`.
///
/// Before [`configure`](Connections::configure), every call on it is [`Error::Config`]. Inside a
/// `DB.transaction(..)`, `&DB` in the same task is the transaction's handle.
///
/// ```
/// # use atlas_tests::guide::*;
/// # atlas::block_on(async {
/// use atlas::{Config, DB};
///
/// let config = Config::new("main")
///     .connection("main", "sqlite::memory:")
///     .connection("reports", "sqlite::memory:");
/// DB.configure(config).await?;
///
/// DB.create_tables(models![User]).await?;
/// User::draft().name("Ann").email("ann@example.com").save(&DB).await?;
/// assert_eq!(User::query().count(&DB).await?, 1);
///
/// let reports = DB.connection("reports")?;
/// reports.create_tables(models![User]).await?;
/// assert_eq!(User::query().count(&reports).await?, 0);
/// # Ok::<(), Error>(())
/// # }).unwrap();
/// ```
pub static DB: Global = Global(());

/// The type of [`DB`]: it derefs to [`Connections`], and so to [`Db`].
pub struct Global(());

static GLOBAL: LazyLock<Connections> = LazyLock::new(Connections::new);

impl Deref for Global {
    type Target = Connections;

    fn deref(&self) -> &Connections {
        &GLOBAL
    }
}

impl fmt::Debug for Global {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        GLOBAL.fmt(f)
    }
}

/// A set of named connections. The program's own is [`DB`]; others are for tests, and for programs that
/// serve several configurations. It derefs to the handle of its default connection.
///
/// Connections are opened lazily: configuring them reads their URLs and sends nothing.
pub struct Connections {
    registry: Arc<Registry>,
    default: Db,
}

/// What a set of connections is made of.
pub(super) struct Registry {
    entries: RwLock<Entries>,
    /// Who listens to all of them.
    pub(super) watch: Arc<Watch>,
    /// Who observes the records of all of them.
    pub(super) observers: Arc<Observers>,
}

#[derive(Default)]
struct Entries {
    default: Option<String>,
    all: BTreeMap<String, Entry>,
}

struct Entry {
    config: ConnectionConfig,
    database: Arc<Database>,
}

impl Default for Connections {
    fn default() -> Self {
        Self::new()
    }
}

impl Connections {
    /// A set without connections.
    pub fn new() -> Self {
        let registry = Arc::new(Registry {
            entries: RwLock::default(),
            watch: Arc::default(),
            observers: Arc::default(),
        });
        let home = Home::Default(Arc::downgrade(&registry));
        Self {
            registry,
            default: Db {
                home,
                level: None,
                route: Route::Open,
                tenancy: None,
                manner: Manner::FULL,
                scopes: None,
                sideloaded: None,
            },
        }
    }

    /// Sets all connections, and which one is the default. Those that were there are closed.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where a URL is wrong, no driver answers to it, or the default is none of the
    /// connections; everything stays as it was then.
    pub fn configure(&self, config: Config) -> Pending<'_, ()> {
        Pending::new(async move {
            let (default, connections) = config.into_parts()?;
            let mut all = BTreeMap::new();
            for (name, config) in connections {
                let entry = self.open(&name, config).await?;
                all.insert(name, entry);
            }
            let old = std::mem::replace(&mut *self.registry.write(), Entries { default: Some(default), all });
            close_all(old).await;
            Ok(())
        })
    }

    /// Adds a connection; the first one is the default, until [`set_default`](Self::set_default).
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where there is one of this name already, and what opening it gives.
    pub fn add<'a>(
        &'a self,
        name: impl Into<String>,
        config: impl Into<ConnectionConfig>,
    ) -> Pending<'a, ()> {
        let (name, config) = (name.into(), config.into());
        Pending::new(async move {
            let taken = |name: &str| {
                Error::config(format!(
                    "there is a connection `{name}` already: give the new one another name, or call `replace`"
                ))
            };
            if self.has(&name) {
                return Err(taken(&name));
            }
            let entry = self.open(&name, config).await?;
            let mut entries = self.registry.write();
            if entries.all.contains_key(&name) {
                return Err(taken(&name));
            }
            entries.default.get_or_insert_with(|| name.clone());
            entries.all.insert(name, entry);
            Ok(())
        })
    }

    /// Sets a connection, whether there is one of this name or not. The old one is closed: its handles
    /// are [`Error::Closed`] once their statements have ended.
    ///
    /// # Errors
    ///
    /// What opening it gives; the old one stays then.
    pub fn replace<'a>(
        &'a self,
        name: impl Into<String>,
        config: impl Into<ConnectionConfig>,
    ) -> Pending<'a, ()> {
        let (name, config) = (name.into(), config.into());
        Pending::new(async move {
            let entry = self.open(&name, config).await?;
            let old = {
                let mut entries = self.registry.write();
                entries.default.get_or_insert_with(|| name.clone());
                entries.all.insert(name, entry)
            };
            if let Some(old) = old {
                old.database.driver.close().await;
            }
            Ok(())
        })
    }

    /// Closes a connection and opens it anew.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where there is none of this name, and what opening it gives.
    pub fn reconnect<'a>(&'a self, name: &str) -> Pending<'a, ()> {
        let found = self.registry.read().all.get(name).map(|entry| entry.config.clone());
        let config = found.ok_or_else(|| self.registry.unknown(name));
        let name = name.to_owned();
        Pending::new(async move { self.replace(name, config?).await })
    }

    /// Closes a connection; it stays known, for [`reconnect`](Self::reconnect).
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where there is none of this name.
    pub fn disconnect<'a>(&'a self, name: &str) -> Pending<'a, ()> {
        let database = self.registry.get(name);
        Pending::new(async move {
            database?.driver.close().await;
            Ok(())
        })
    }

    /// Closes a connection and forgets it. Without the default connection, the handle of this set is
    /// [`Error::Config`] until another is [chosen](Self::set_default).
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where there is none of this name.
    pub fn remove<'a>(&'a self, name: &str) -> Pending<'a, ()> {
        let name = name.to_owned();
        Pending::new(async move {
            let removed = {
                let mut entries = self.registry.write();
                let removed = entries.all.remove(&name);
                if removed.is_some() && entries.default.as_ref() == Some(&name) {
                    entries.default = None;
                }
                removed
            };
            let removed = removed.ok_or_else(|| self.registry.unknown(&name))?;
            removed.database.driver.close().await;
            Ok(())
        })
    }

    /// Closes and forgets all connections: as it was before [`configure`](Self::configure).
    pub fn close_all(&self) -> Pending<'_, ()> {
        Pending::new(async move {
            let old = std::mem::take(&mut *self.registry.write());
            close_all(old).await;
            Ok(())
        })
    }

    /// Forgets all connections without closing them, for tests: handles that were taken go on to work, and a
    /// pool is closed with its last handle.
    pub fn reset(&self) {
        drop(std::mem::take(&mut *self.registry.write()));
    }

    /// Chooses the default connection.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where there is none of this name.
    pub fn set_default(&self, name: impl Into<String>) -> Result<()> {
        let name = name.into();
        let mut entries = self.registry.write();
        if !entries.all.contains_key(&name) {
            drop(entries);
            return Err(self.registry.unknown(&name));
        }
        entries.default = Some(name);
        Ok(())
    }

    /// The name of the default connection, where there is one.
    pub fn default_name(&self) -> Option<String> {
        self.registry.read().default.clone()
    }

    /// Whether there is a connection of this name.
    pub fn has(&self, name: &str) -> bool {
        self.registry.read().all.contains_key(name)
    }

    /// The names of all connections, in their order.
    pub fn names(&self) -> Vec<String> {
        self.registry.read().all.keys().cloned().collect()
    }

    /// The configuration of a connection, without secrets in its `Debug`.
    pub fn config(&self, name: &str) -> Option<ConnectionConfig> {
        self.registry.read().all.get(name).map(|entry| entry.config.clone())
    }

    /// A named connection. Models that live on another one are read and written here all the same: the
    /// connection was chosen.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where there is none of this name.
    pub fn connection(&self, name: &str) -> Result<Db> {
        self.registry.connection(name)
    }

    /// Listens to all connections, also to those that come later: see [`Db::listen`].
    pub fn listen(&self, listener: impl Fn(&super::Event) + Send + Sync + 'static) -> Listening {
        let id = self.registry.watch.add(Arc::new(listener));
        let watch = Arc::downgrade(&self.registry.watch);
        Listening::new(move || {
            if let Some(watch) = watch.upgrade() {
                watch.remove(id);
            }
        })
    }

    async fn open(&self, name: &str, config: ConnectionConfig) -> Result<Entry> {
        let builder: DbBuilder = config.clone().into_builder().lazy().name(name);
        let (watch, observers) = (Arc::clone(&self.registry.watch), Arc::clone(&self.registry.observers));
        let opened = builder.open(Arc::downgrade(&self.registry), Some(watch), observers).await;
        let database = opened.map_err(|error| match error {
            Error::Config { message } => Error::config(format!("connection `{name}`: {message}")),
            other => other,
        })?;
        Ok(Entry { config, database })
    }
}

async fn close_all(entries: Entries) {
    for entry in entries.all.into_values() {
        entry.database.driver.close().await;
    }
}

impl Deref for Connections {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.default
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.registry.read();
        f.debug_struct("Connections")
            .field("default", &entries.default)
            .field("names", &entries.all.keys())
            .finish()
    }
}

impl Registry {
    fn read(&self) -> RwLockReadGuard<'_, Entries> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Entries> {
        self.entries.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, name: &str) -> Result<Arc<Database>> {
        let found = self.read().all.get(name).map(|entry| Arc::clone(&entry.database));
        found.ok_or_else(|| self.unknown(name))
    }

    pub(super) fn connection(&self, name: &str) -> Result<Db> {
        Ok(Db::at(self.get(name)?, None))
    }

    pub(super) fn default_connection(&self) -> Result<Db> {
        let entries = self.read();
        let name = entries.default.as_ref().and_then(|name| entries.all.get(name));
        match name {
            Some(entry) => Ok(Db::at(Arc::clone(&entry.database), None)),
            None => {
                drop(entries);
                Err(self.no_default())
            }
        }
    }

    #[cold]
    fn no_default(&self) -> Error {
        Error::config(if self.read().all.is_empty() {
            "no database is configured: call `DB.configure(..)` once at the start of the program, or use a handle from `Db::connect`"
        } else {
            "the default connection was removed: choose another with `DB.set_default(..)`"
        })
    }

    #[cold]
    fn unknown(&self, name: &str) -> Error {
        let names: Vec<String> = self.read().all.keys().map(|name| format!("`{name}`")).collect();
        Error::config(if names.is_empty() {
            format!("there is no connection `{name}`: none is configured; call `DB.configure(..)` first")
        } else {
            format!("there is no connection `{name}`: there are {}", names.join(", "))
        })
    }
}

impl Db {
    /// Another of the named connections: of the set that this handle is from, or of [`DB`]. The tenant is this
    /// handle's.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where there is none of this name.
    pub fn connection(&self, name: &str) -> Result<Self> {
        let registry = match &self.home {
            Home::Default(registry) => registry.upgrade(),
            Home::Database(database) => database.registry.upgrade(),
        };
        let mut handle = registry.as_ref().unwrap_or(&GLOBAL.registry).connection(name)?;
        handle.take_over(self);
        Ok(handle)
    }
}
