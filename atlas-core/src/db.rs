//! The handle: which database, and which transaction.

mod inside;
mod level;
mod pending;
mod transaction;

use std::{any::Any, fmt, sync::Arc};

pub use pending::Pending;
pub use transaction::Transaction;

use crate::{
    driver::{self, Capabilities, ConnectOptions, Driver, Outcome, Ran, Rendered, RowSink},
    error::{Error, Result},
    statement::{Raw, Statement},
    value::Value,
};
use level::Level;

/// A handle on a database. Cheap to clone; every clone is the same pool.
///
/// A transaction is a `Db` too, so that a function which takes `&Db` works inside and outside of one.
#[derive(Clone)]
pub struct Db {
    driver: Arc<dyn Driver>,
    /// The transaction or savepoint that this handle is in.
    level: Option<Arc<Level>>,
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
        driver::open(&ConnectOptions::new(url)).await.map(Self::with_driver)
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
        Self { driver, level: None }
    }

    /// The driver's name: `sqlite`, ….
    pub fn driver_name(&self) -> &'static str {
        self.driver.name()
    }

    /// What the database can do.
    pub fn capabilities(&self) -> Capabilities {
        *self.driver.capabilities()
    }

    /// Whether this handle is in a transaction.
    pub fn in_transaction(&self) -> bool {
        self.level.is_some()
    }

    /// Runs a statement in the database's own language, with a `?` in its text for each value, and
    /// says how many rows it wrote, changed or removed.
    ///
    /// The text is the program's own: values belong into `binds`, never into it.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let doubled = db.execute("update posts set votes = votes * 2 where votes > ?", [5.into()]).await?;
    /// assert_eq!(doubled, 1);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub fn execute(
        &self,
        text: impl Into<String>,
        binds: impl IntoIterator<Item = Value>,
    ) -> Pending<'_, u64> {
        let statement = Statement::Raw(Raw { text: text.into(), binds: binds.into_iter().collect() });
        Pending::new(async move { Ok(self.run(&statement, Box::new(())).await?.1.affected) })
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
            self.driver.close().await;
            Ok(())
        })
    }

    /// What becomes of what is done through this handle; `None` outside of a transaction.
    pub(crate) fn fate(&self) -> Option<Fate> {
        self.level.clone().map(Fate)
    }

    /// A statement as this handle's database would get it.
    pub(crate) fn render(&self, statement: &Statement) -> Result<Rendered> {
        self.driver.render(statement)
    }

    /// Sends a statement.
    pub(crate) async fn run(&self, statement: &Statement, sink: Box<dyn RowSink>) -> Ran {
        match &self.level {
            None => self.driver.acquire().await?.run(statement, sink).await,
            Some(level) => level.run(statement, sink).await,
        }
    }

    /// Sends a statement and gives the sink back as what it was.
    pub(crate) async fn fetch<S: RowSink>(&self, statement: &Statement, sink: S) -> Result<(S, Outcome)> {
        let (sink, outcome) = self.run(statement, Box::new(sink)).await?;
        let sink: Box<dyn Any> = sink;
        match sink.downcast::<S>() {
            Ok(sink) => Ok((*sink, outcome)),
            Err(_) => Err(self.another_sink()),
        }
    }

    #[cold]
    fn another_sink(&self) -> Error {
        let message = format!("the {} driver gave another statement's sink back", self.driver.name());
        Error::Driver { message, source: None }
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db")
            .field("driver", &self.driver.name())
            .field("in_transaction", &self.in_transaction())
            .finish()
    }
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
