use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, LazyLock, Weak,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{
    db::{Cache, connections::Registry, observers::Observers, watch::Watch},
    driver::Driver,
};

/// An open database, and who watches it. All handles on it share one.
pub(crate) struct Database {
    pub(super) driver: Arc<dyn Driver>,
    /// Its name among the named connections.
    pub(super) name: Option<Arc<str>>,
    /// Who listens to this database.
    pub(super) watch: Watch,
    /// Who listens to all named connections.
    pub(super) common: Option<Arc<Watch>>,
    /// Who observes its records.
    pub(super) observers: Arc<Observers>,
    /// The set of named connections that it is one of.
    pub(super) registry: Weak<Registry>,
    /// From which duration on a statement is called slow.
    pub(super) slow: Option<Duration>,
    transactions: AtomicU64,
    /// How many statements wrote something, or may have.
    writes: AtomicU64,
    /// What values are encrypted with.
    #[cfg(feature = "encryption")]
    pub(super) key: Option<crate::value::Key>,
    /// Where results are kept.
    pub(super) cache: Option<Arc<dyn Cache>>,
    /// What it is called where it has no name.
    number: u64,
    /// The set that its name is one of, where that tells it from others of the name.
    pub(super) set: u64,
    /// What is forbidden on it.
    pub(super) strict: Strict,
    /// Whether what one record loads lazily is loaded for all that came with it.
    pub(super) batches: bool,
}

/// What else would happen silently, and is forbidden.
#[derive(Clone, Copy, Default)]
pub(crate) struct Strict {
    /// That relations are loaded lazily.
    pub(crate) loading: bool,
    /// That mass assignment passes keys over.
    pub(crate) filling: bool,
}

impl Database {
    pub(super) fn new(driver: Arc<dyn Driver>) -> Self {
        Self {
            driver,
            name: None,
            watch: Watch::default(),
            common: None,
            observers: Arc::default(),
            registry: Weak::new(),
            slow: None,
            transactions: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            #[cfg(feature = "encryption")]
            key: None,
            cache: None,
            number: number(),
            set: 0,
            strict: Strict::default(),
            batches: true,
        }
    }

    pub(super) fn wrote(&self) {
        self.writes.fetch_add(1, Relaxed);
    }

    pub(super) fn writes(&self) -> u64 {
        self.writes.load(Relaxed)
    }

    /// What tells it from every other database, by its name or else by a number that no other program knows.
    pub(super) fn identity(&self) -> (Option<&str>, u64) {
        match &self.name {
            Some(name) => (Some(name), self.set),
            None => (None, self.number),
        }
    }

    /// The number of a new transaction.
    pub(super) fn number_transaction(&self) -> u64 {
        self.transactions.fetch_add(1, Relaxed) + 1
    }
}

/// A number that this program gives once, and no other one.
pub(super) fn number() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEYS.hash_one(COUNT.fetch_add(1, Relaxed))
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("driver", &self.driver.name()).field("name", &self.name).finish()
    }
}
