//! Where a handle leads: which database, and which transaction.

use std::{
    borrow::Cow,
    sync::{Arc, Weak},
};

use crate::{
    db::{Db, Manner, about::About, connections::Registry, database::Database, inside, level::Level},
    error::{Error, Result},
};

/// What a handle stands for.
#[derive(Clone)]
pub(super) enum Home {
    /// A database.
    Database(Arc<Database>),
    /// The default connection, whichever it is when the handle is used, and the transaction of it that
    /// the calling task runs in.
    Default(Weak<Registry>),
}

/// Which connection a model that names one uses through a handle.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// The handle's: it was chosen for what is done through it.
    Chosen,
    /// Its own: the handle is that of all connections.
    Open,
    /// Its own, which must be this one: the handle is a transaction of the handle of all connections.
    Fixed,
}

impl Db {
    /// The handle that a model's statements go through: this one, unless the model lives on another
    /// connection or this is the handle of all.
    pub(crate) fn of(&self, about: About) -> Result<Cow<'_, Self>> {
        match (self.route, about.connection) {
            (Route::Chosen, _) | (Route::Fixed, None) => Ok(Cow::Borrowed(self)),
            (Route::Open, None) => self.resolve(),
            (Route::Open, Some(name)) => {
                let Home::Default(registry) = &self.home else { return Ok(Cow::Borrowed(self)) };
                let other =
                    registry.upgrade().ok_or_else(gone)?.connection(name).map_err(|error| match error {
                        Error::Config { message } => Error::config(format!("`{}`: {message}", about.model)),
                        other => other,
                    })?;
                Ok(Cow::Owned(joined(other, self)))
            }
            (Route::Fixed, Some(name)) => {
                let here = self.database()?.name.clone();
                if here.as_deref() == Some(name) {
                    return Ok(Cow::Borrowed(self));
                }
                Err(Error::config(format!(
                    "`{}` lives on the connection `{name}`, and this transaction is on `{}`: use `&DB`, or a transaction of `DB.connection(\"{name}\")?`",
                    about.model,
                    here.as_deref().unwrap_or("another database")
                )))
            }
        }
    }

    /// The same handle on a database that is known.
    pub(super) fn resolve(&self) -> Result<Cow<'_, Self>> {
        match &self.home {
            Home::Database(_) => Ok(Cow::Borrowed(self)),
            Home::Default(registry) => {
                let registry = registry.upgrade().ok_or_else(gone)?;
                let mut handle = joined(registry.default_connection()?, self);
                handle.route = Route::Fixed;
                Ok(Cow::Owned(handle))
            }
        }
    }

    /// The database of this handle.
    pub(super) fn database(&self) -> Result<Arc<Database>> {
        match &self.resolve()?.home {
            Home::Database(database) => Ok(Arc::clone(database)),
            Home::Default(_) => Err(gone()),
        }
    }

    /// Becomes the tenant's, and what else another handle is, at its own place.
    pub(super) fn take_over(&mut self, from: &Self) {
        self.tenancy.clone_from(&from.tenancy);
        self.manner = from.manner;
        self.scopes.clone_from(&from.scopes);
        self.sideloaded.clone_from(&from.sideloaded);
    }

    pub(super) fn at(database: Arc<Database>, level: Option<Arc<Level>>) -> Self {
        Self {
            home: Home::Database(database),
            level,
            route: Route::Chosen,
            tenancy: None,
            manner: Manner::FULL,
            scopes: None,
            sideloaded: None,
        }
    }
}

/// A handle in the transaction of its database whose closure is being polled, where there is one, for the tenant of
/// the handle that led to it, and writing as that does.
fn joined(mut handle: Db, from: &Db) -> Db {
    handle.take_over(from);
    if let Home::Database(database) = &handle.home {
        handle.level = inside::innermost(database);
    }
    handle
}

#[cold]
fn gone() -> Error {
    Error::Closed {
        what: "the set of named connections",
        instead: "keep it for as long as its handles are used",
    }
}
