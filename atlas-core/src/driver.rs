//! The contract with drivers: what a third party implements to bring a database to Atlas.
//!
//! A driver sees [`Statement`]s and [`Value`]s, never a model. The crate
//! `atlas-conformance` runs any driver through everything that is promised here.

mod capabilities;
mod figures;
mod options;
mod registry;
mod row;
mod timer;
mod transaction;

use std::{any::Any, future::Future, pin::Pin};

pub use capabilities::Capabilities;
pub use figures::PoolFigures;
pub use options::{AfterConnect, ConnectOptions, TlsMode};
pub(crate) use registry::open;
pub use registry::{DriverFactory, Opening, register_driver};
pub use row::{Row, RowSink};
pub(crate) use timer::pause;
pub use timer::within;
pub use transaction::{Isolation, TransactionOptions};

use crate::{
    error::{Error, Result},
    schema::{Entry, Table},
    statement::Statement,
    value::Value,
};

/// A boxed future that may be sent to another thread.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A statement that was run: the sink that it was given, and what it did.
pub type Done = (Box<dyn RowSink>, Outcome);

/// What [`Connection::run`] gives.
pub type Ran = Result<Done>;

/// A database, and the pool of connections to it.
pub trait Driver: Send + Sync + 'static {
    /// The driver's name in messages: `sqlite`, `postgres`, ….
    fn name(&self) -> &'static str;

    /// What the database can do.
    fn capabilities(&self) -> &Capabilities;

    /// A connection for one statement, or for one transaction.
    ///
    /// It MUST be clean: no transaction open, no reply of an earlier statement unread, whatever
    /// happened to the futures of its last user.
    ///
    /// # Errors
    ///
    /// [`Error::Pool`], [`Error::Connect`],
    /// [`Error::Closed`].
    fn acquire(&self) -> BoxFuture<'_, Result<Box<dyn Connection>>>;

    /// A statement as this database would get it.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`], as running it would give.
    fn render(&self, statement: &Statement) -> Result<Rendered>;

    /// A statement with its values written into the text, to be read by people and never to be sent. Where `hides` says
    /// yes to a value, something else stands in its place.
    ///
    /// # Errors
    ///
    /// As [`render`](Self::render); [`Error::Unsupported`] by itself, for drivers that cannot.
    fn show(&self, statement: &Statement, hides: &dyn Fn(&Value) -> bool) -> Result<String> {
        let _ = (statement, hides);
        Err(Error::Unsupported {
            driver: self.name(),
            operation: "a statement with its values in it".to_owned(),
            instead: "take the text and the values beside it from `to_sql`".to_owned(),
        })
    }

    /// What the server calls its version; asks the server, so that an answer means that it is there.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire), and what the server reports.
    fn server_version(&self) -> BoxFuture<'_, Result<String>>;

    /// What the pool is doing now.
    fn pool(&self) -> PoolFigures;

    /// A table as [`Connection::inspect`] would give it once it was created: where the database stores several types
    /// alike, or gives names, a table that was read is compared with this.
    fn normalize(&self, table: &Table) -> Table {
        table.clone()
    }

    /// Lets running statements finish, closes every connection, and refuses new ones.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// A connection on loan from its driver.
///
/// Dropping it gives it back. A connection that is dropped inside a transaction MUST be rolled back,
/// and one whose statement was dropped half-way MUST be cleaned or thrown away, before it is lent
/// again: users drop futures at every await.
pub trait Connection: Any + Send {
    /// Runs a statement and hands each of its rows to the sink, in place.
    ///
    /// The driver MUST stop when the sink says [`Break`](std::ops::ControlFlow::Break), MUST await
    /// [`RowSink::poll_ready`] at least once every few dozen rows, and MUST give the same sink back.
    /// A sink's error ends the statement and is returned.
    fn run<'a>(&'a mut self, statement: &'a Statement, sink: Box<dyn RowSink>) -> BoxFuture<'a, Ran>;

    /// Runs statements that do not depend on each other. A driver that can pipeline does.
    fn run_many<'a>(
        &'a mut self,
        batch: Vec<(&'a Statement, Box<dyn RowSink>)>,
    ) -> BoxFuture<'a, Result<Vec<Done>>> {
        Box::pin(async move {
            let mut done = Vec::with_capacity(batch.len());
            for (statement, sink) in batch {
                done.push(self.run(statement, sink).await?);
            }
            Ok(done)
        })
    }

    /// Begins a transaction, or a savepoint where one is open.
    ///
    /// The options are for a transaction: a savepoint gets the default ones.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for an option that the database does not have.
    fn begin<'a>(&'a mut self, options: &'a TransactionOptions) -> BoxFuture<'a, Result<()>>;

    /// Ends the innermost transaction or savepoint and keeps what it did.
    ///
    /// A failed commit of the outermost transaction MUST leave none open.
    fn commit(&mut self) -> BoxFuture<'_, Result<()>>;

    /// Ends the innermost transaction or savepoint and undoes what it did.
    fn rollback(&mut self) -> BoxFuture<'_, Result<()>>;

    /// The tables and views that statements reach by their bare names, by name. What is the database's own is not
    /// among them.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where the driver cannot tell.
    fn entries(&mut self) -> BoxFuture<'_, Result<Vec<Entry>>> {
        Box::pin(async { Err(cannot("a look at its schema")) })
    }

    /// A table as it is in the database: what is created from it is like it. `None` where there is none of that name.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where the driver cannot tell.
    fn inspect<'a>(&'a mut self, _table: &'a str) -> BoxFuture<'a, Result<Option<Table>>> {
        Box::pin(async { Err(cannot("a look at its schema")) })
    }

    /// Takes a lock that one connection has at a time, of all programs that use the database, if nobody has it. It
    /// MUST be gone with the connection, and with its transaction where it was taken in one.
    ///
    /// A database that has no such locks gives `true`: its users look again inside of each transaction, which MUST
    /// then be alone.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where it can only be taken in a transaction, and none is
    /// open.
    fn try_lock<'a>(&'a mut self, _name: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async { Ok(true) })
    }

    /// Gives a lock back that was taken outside of a transaction.
    fn unlock<'a>(&'a mut self, _name: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

#[cold]
fn cannot(operation: &str) -> Error {
    Error::Unsupported {
        driver: "database's",
        operation: operation.to_owned(),
        instead: "ask the database in its own language".to_owned(),
    }
}

/// What a statement did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// How many rows were written, changed or removed. A row that an update found counts, also where
    /// its values stayed the same.
    pub affected: u64,
    /// The key that the database generated for the last row, where the driver has no RETURNING.
    pub last_insert_id: Option<i64>,
}

impl Outcome {
    /// An outcome of so many rows.
    pub fn affected(affected: u64) -> Self {
        Self { affected, last_insert_id: None }
    }
}

/// A statement as a database gets it.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// Its text.
    pub text: String,
    /// The values that are bound, in the order of their places.
    pub binds: Vec<Value>,
}

/// The text alone: values may be secrets.
impl std::fmt::Display for Rendered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}
