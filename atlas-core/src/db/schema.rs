//! The schema as a handle sees it, and one connection for a while.

use std::{
    ops::Deref,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    db::{Db, Pending, level::Level},
    driver::Driver,
    error::{Error, Result},
    schema::{Entry, SchemaChange, Table},
    statement::Statement,
};

/// How long to wait before a lock is asked for again.
const PAUSE: Duration = Duration::from_millis(50);

impl Db {
    /// The tables and views that statements reach by their bare names.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let entries = db.entries().await?;
    /// assert!(entries.iter().any(|entry| entry.name == "users" && !entry.view));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where the driver cannot tell; what the database reports.
    pub fn entries(&self) -> Pending<'_, Vec<Entry>> {
        Pending::new(async move {
            match &self.resolve()?.level {
                None => self.database()?.driver.acquire().await?.entries().await,
                Some(level) => level.entries().await,
            }
        })
    }

    /// A table as it is in the database: columns, keys, indexes, foreign keys and checks. `None` where there is none.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let users = db.inspect("users").await?.expect("there is one");
    /// assert!(users.column("email").is_some());
    /// assert_eq!(users.primary_key, ["id"]);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where the driver cannot tell; what the database reports.
    pub fn inspect<'a>(&'a self, table: &'a str) -> Pending<'a, Option<Table>> {
        Pending::new(async move {
            match &self.resolve()?.level {
                None => self.database()?.driver.acquire().await?.inspect(table).await,
                Some(level) => level.inspect(table).await,
            }
        })
    }

    /// Changes the schema. The schema builder of `atlas-migrate` makes such changes.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a change that contradicts the table, [`Error::Unsupported`] for one that the database
    /// cannot make; what the database reports.
    pub fn change_schema(&self, change: SchemaChange) -> Pending<'_, ()> {
        Pending::new(async move {
            self.run(None, &Statement::Schema(change), Box::new(())).await?;
            Ok(())
        })
    }

    /// The driver of this handle's database: for a driver that stands in front of another one.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where nothing is configured.
    pub fn driver(&self) -> Result<Arc<dyn Driver>> {
        Ok(Arc::clone(&self.database()?.driver))
    }

    /// Takes one connection out of the pool, for several statements in a row outside of a transaction. It goes back
    /// with the guard.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # use std::time::Duration;
    /// # run(async |db| {
    /// let one = db.hold().await?;
    /// one.lock("nightly report", Duration::from_secs(5)).await?;
    /// // Nobody else does this now.
    /// one.unlock("nightly report").await?;
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] inside of a transaction, which has its connection; what taking a connection gives.
    pub fn hold(&self) -> Pending<'_, Held> {
        Pending::new(async move {
            let here = self.resolve()?;
            if here.level.is_some() {
                return Err(Error::config(
                    "a transaction has its connection already: use its handle, or `hold` outside of it",
                ));
            }
            let database = here.database()?;
            let connection = database.driver.acquire().await?;
            let level = Level::pinned(connection, database);
            let mut db = here.into_owned();
            db.level = Some(Arc::clone(&level));
            Ok(Held { db, level })
        })
    }

    /// Takes a lock that one connection has at a time, of all programs that use the database, and waits for it no
    /// longer than `limit`. In a transaction it is gone with that, on a connection from [`hold`](Self::hold) with
    /// [`Held::unlock`].
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] where somebody else has it for longer; [`Error::Config`] on a handle that takes another
    /// connection for each statement.
    pub fn lock<'a>(&'a self, name: &'a str, limit: Duration) -> Pending<'a, ()> {
        Pending::new(async move {
            let here = self.resolve()?;
            let Some(level) = &here.level else {
                return Err(Error::config(
                    "a lock belongs to one connection: take it in a transaction, or on a handle from `hold`",
                ));
            };
            let started = Instant::now();
            loop {
                if level.try_lock(name).await? {
                    return Ok(());
                }
                if started.elapsed() >= limit {
                    return Err(Error::Timeout {
                        waiting_for: format!(
                            "the lock `{name}`, which another program holds: let that end, or wait longer"
                        ),
                        after: limit,
                    });
                }
                crate::driver::pause(PAUSE).await;
            }
        })
    }
}

/// One connection, held outside of a transaction. See [`Db::hold`].
#[must_use = "a connection that is dropped goes back to the pool"]
pub struct Held {
    db: Db,
    level: Arc<Level>,
}

impl Held {
    /// Gives a lock back.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub fn unlock<'a>(&'a self, name: &'a str) -> Pending<'a, ()> {
        Pending::new(async move { self.level.unlock(name).await })
    }
}

impl Deref for Held {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.level.abandon();
    }
}
