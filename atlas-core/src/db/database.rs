use std::{
    fmt,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{
    db::{connections::Registry, observers::Observers, watch::Watch},
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
    /// Whether relations must not be loaded lazily.
    pub(super) strict: bool,
    /// Whether what one record loads lazily is loaded for all that came with it.
    pub(super) batches: bool,
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
            strict: false,
            batches: true,
        }
    }

    pub(super) fn wrote(&self) {
        self.writes.fetch_add(1, Relaxed);
    }

    pub(super) fn writes(&self) -> u64 {
        self.writes.load(Relaxed)
    }

    /// The number of a new transaction.
    pub(super) fn number_transaction(&self) -> u64 {
        self.transactions.fetch_add(1, Relaxed) + 1
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("driver", &self.driver.name()).field("name", &self.name).finish()
    }
}
