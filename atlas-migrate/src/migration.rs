use std::sync::Arc;

use atlas_core::{Db, Error, Result, driver::BoxFuture};

/// A change of the database that is made once, and can be taken back.
///
/// ```
/// # use atlas::{Db, Error, Result, migrate::{Migration, Migrator, Schema, migrations}};
/// struct CreateUsers;
///
/// impl Migration for CreateUsers {
///     const NAME: &'static str = "2026_01_31_120000_create_users";
///
///     async fn up(&self, db: &Db) -> Result<()> {
///         Schema::create(db, "users", |t| {
///             t.id();
///             t.string("name");
///         })
///         .await
///     }
///
///     async fn down(&self, db: &Db) -> Result<()> {
///         Schema::drop(db, "users").await
///     }
/// }
///
/// # atlas::block_on(async {
/// let db = Db::connect("sqlite::memory:").await?;
/// let report = Migrator::new(&db).migrations(migrations![CreateUsers]).up().await?;
/// assert_eq!(report.names(), ["2026_01_31_120000_create_users"]);
/// # Ok::<(), Error>(())
/// # }).unwrap();
/// ```
pub trait Migration: Send + Sync + 'static {
    /// Its name, which begins with the time at which it was written: migrations run in the order of their names.
    const NAME: &'static str;

    /// Whether it runs in a transaction, where the database can undo changes of its schema: all of it is kept or
    /// nothing. What cannot run in one, as PostgreSQL's `CREATE INDEX CONCURRENTLY`, needs `false`.
    const WITHIN_TRANSACTION: bool = true;

    /// Makes the change.
    fn up(&self, db: &Db) -> impl Future<Output = Result<()>> + Send;

    /// Takes the change back. Where there is no such way, this is left out.
    fn down(&self, _db: &Db) -> impl Future<Output = Result<()>> + Send {
        async {
            Err(Error::config(
                "it has no `down`, so that it cannot be taken back: write one, or go on with a new migration",
            ))
        }
    }

    /// Whether it is to run now: one that is not stays pending.
    fn should_run(&self, _db: &Db) -> impl Future<Output = Result<bool>> + Send {
        async { Ok(true) }
    }
}

/// Some migrations: what [`migrations!`](crate::migrations) gives.
#[derive(Clone, Default)]
pub struct Migrations(pub(crate) Vec<Step>);

impl Migrations {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// These, and one more.
    #[must_use]
    pub fn and(mut self, migration: impl Migration) -> Self {
        self.0.push(Step::of(migration));
        self
    }
}

/// Migrations in Rust, for [`Migrator::migrations`](crate::Migrator::migrations): `migrations![CreateUsers, CreatePosts]`.
#[macro_export]
macro_rules! migrations {
    ($($migration:expr),* $(,)?) => {
        $crate::Migrations::new()$(.and($migration))*
    };
}

/// One migration, of any kind.
#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) within_transaction: bool,
    /// A sum over what it does, where that can be seen.
    pub(crate) checksum: Option<String>,
    pub(crate) work: Arc<dyn Work>,
}

impl Step {
    fn of<M: Migration>(migration: M) -> Self {
        Self {
            name: M::NAME.to_owned(),
            within_transaction: M::WITHIN_TRANSACTION,
            checksum: None,
            work: Arc::new(InRust(migration)),
        }
    }
}

/// What a migration does.
pub(crate) trait Work: Send + Sync {
    fn up<'a>(&'a self, db: &'a Db) -> BoxFuture<'a, Result<()>>;
    fn down<'a>(&'a self, db: &'a Db) -> BoxFuture<'a, Result<()>>;
    fn should_run<'a>(&'a self, db: &'a Db) -> BoxFuture<'a, Result<bool>>;
}

struct InRust<M>(M);

impl<M: Migration> Work for InRust<M> {
    fn up<'a>(&'a self, db: &'a Db) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.0.up(db))
    }

    fn down<'a>(&'a self, db: &'a Db) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.0.down(db))
    }

    fn should_run<'a>(&'a self, db: &'a Db) -> BoxFuture<'a, Result<bool>> {
        Box::pin(self.0.should_run(db))
    }
}
