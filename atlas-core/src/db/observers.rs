//! Who observes the records of a database. They are kept here, and understood where records are.

use std::{
    any::Any,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use crate::db::{Db, Listening, TenantDatabases, place::Home};

/// The observers of a database, or of all that are connections of one set.
#[derive(Default)]
pub(crate) struct Observers {
    /// Whether there is one: all that is looked at where there is none.
    any: AtomicBool,
    last: AtomicU64,
    list: RwLock<Arc<Vec<Observing>>>,
}

/// One of them.
#[derive(Clone)]
pub(crate) struct Observing {
    id: u64,
    /// The model whose records it observes, by where its metadata is; `None` for all.
    pub(crate) model: Option<usize>,
    pub(crate) observer: Arc<dyn Any + Send + Sync>,
}

impl Observers {
    fn add(self: &Arc<Self>, model: Option<usize>, observer: Arc<dyn Any + Send + Sync>) -> Listening {
        let id = self.last.fetch_add(1, Relaxed);
        self.change(|list| list.push(Observing { id, model, observer }));
        let observers = Arc::downgrade(self);
        Listening::new(move || {
            if let Some(observers) = observers.upgrade() {
                observers.remove(id);
            }
        })
    }

    fn remove(&self, id: u64) {
        self.change(|list| list.retain(|other| other.id != id));
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Observing>)) {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut list));
        self.any.store(!list.is_empty(), Relaxed);
    }

    fn list(&self) -> Option<Arc<Vec<Observing>>> {
        let list = || Arc::clone(&self.list.read().unwrap_or_else(PoisonError::into_inner));
        self.any.load(Relaxed).then(list)
    }
}

impl Db {
    /// Who observes records through this handle's database, in the order in which they came.
    pub(crate) fn observing(&self) -> Option<Arc<Vec<Observing>>> {
        match &self.home {
            Home::Database(database) => database.observers.list(),
            Home::Default(registry) => registry.upgrade()?.observers.list(),
        }
    }

    /// Adds an observer of a model's records, or of all.
    pub(crate) fn add_observer(
        &self,
        model: Option<usize>,
        observer: Arc<dyn Any + Send + Sync>,
    ) -> Listening {
        let observers = match &self.home {
            Home::Database(database) => Some(Arc::clone(&database.observers)),
            Home::Default(registry) => registry.upgrade().map(|registry| Arc::clone(&registry.observers)),
        };
        observers.map_or_else(|| Listening::new(|| {}), |observers| observers.add(model, observer))
    }
}

impl TenantDatabases {
    /// Adds an observer of a model's records, or of all.
    pub(crate) fn add_observer(
        &self,
        model: Option<usize>,
        observer: Arc<dyn Any + Send + Sync>,
    ) -> Listening {
        self.observers.add(model, observer)
    }
}
