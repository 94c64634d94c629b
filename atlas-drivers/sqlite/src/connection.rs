use std::{any::Any, sync::Arc};

use atlas_core::{
    driver::{BoxFuture, Connection, Ran, RowSink, TransactionOptions},
    error::{Error, Result},
    schema::{Entry, Table},
    statement::{Raw, Statement},
};

use crate::{
    hold::Hold,
    inspect,
    open::Role,
    options::Hook,
    pool::{Lease, Pool},
    run,
    session::Session,
};

/// What the pool lends: the right to use its connections, and the writer while a transaction is open.
pub(crate) struct SqliteConnection {
    pool: Arc<Pool>,
    transaction: Option<Transaction>,
    place: Place,
}

/// Where statements outside of a transaction go.
enum Place {
    /// To a connection that fits.
    Any,
    /// To this one, which the program's hook has. `None` while a transaction has it, and where it was lost.
    One(Option<Lease>),
}

struct Transaction {
    /// `None` where it was lost: a statement's future was dropped half-way.
    lease: Option<Lease>,
    /// How many transactions are open, one in the other.
    depth: u32,
    read_only: bool,
}

impl SqliteConnection {
    pub(crate) fn new(pool: Arc<Pool>) -> Self {
        Self { pool, transaction: None, place: Place::Any }
    }

    /// A raw text can begin and end transactions behind our back.
    fn after_raw(&mut self, was_inside: bool, is_inside: Option<bool>, ran: Ran) -> Ran {
        if is_inside.is_none_or(|is_inside| is_inside == was_inside) {
            return ran;
        }
        if let Some(transaction) = &mut self.transaction {
            transaction.lease = None;
        } else if let Place::One(lease) = &mut self.place {
            *lease = None;
        }
        ran?;
        Err(Error::config(if was_inside {
            "a raw statement ended the transaction that it ran in, which is lost: call `commit` or `rollback` of the handle"
        } else {
            "a raw statement began a transaction, which was rolled back: call `begin` or `transaction` of the handle"
        }))
    }

    /// A connection that sees what this one has done.
    async fn reader(&mut self) -> Result<Hold<'_>> {
        match (&mut self.transaction, &mut self.place) {
            (Some(transaction), _) => Hold::of_transaction(&mut transaction.lease).ok_or_else(lost),
            (None, Place::One(lease)) => Hold::of(lease).ok_or_else(lost_connection),
            (None, Place::Any) => Ok(Hold::own(self.pool.reader().await?)),
        }
    }

    async fn begin_one(&mut self, options: &TransactionOptions) -> Result<()> {
        if let Some(transaction) = &mut self.transaction {
            let depth = transaction.depth;
            let mut hold = Hold::of_transaction(&mut transaction.lease).ok_or_else(lost)?;
            let database = &mut hold.session()?.database;
            database.watch().allot_any();
            database.command(&format!("SAVEPOINT atlas_{depth}")).map_err(|f| f.into_error(None))?;
            drop(hold);
            transaction.depth += 1;
            return Ok(());
        }
        if options.deferrable {
            return Err(Error::Unsupported {
                driver: "sqlite",
                operation: "a deferrable transaction".to_owned(),
                instead: "leave `deferrable` out: a read-only transaction never disturbs others here"
                    .to_owned(),
            });
        }
        // Every isolation level is serializable here. One that may only read gets a connection that can
        // do no more, where there is one.
        let lease = match &mut self.place {
            Place::One(lease) => lease.take().ok_or_else(lost_connection)?,
            Place::Any if self.pool.writes() && !options.read_only => self.pool.writer().await?,
            Place::Any => self.pool.reader().await?,
        };
        let begin = if lease.writes() && !options.read_only { "BEGIN IMMEDIATE" } else { "BEGIN" };
        let mut hold = Hold::own(lease);
        hold.session()?.watch().allot();
        run::command(&mut hold, begin, Box::new(())).await?;
        let mut lease = hold.take()?;
        if options.read_only && self.pool.is_single() {
            lease.refuse_writes()?;
        }
        lease.began();
        self.transaction = Some(Transaction { lease: Some(lease), depth: 1, read_only: options.read_only });
        Ok(())
    }

    async fn end_one(&mut self, keep: bool) -> Result<()> {
        let Some(transaction) = &mut self.transaction else { return Err(none_open()) };
        transaction.depth -= 1;
        if transaction.depth > 0 {
            let depth = transaction.depth;
            let lease = transaction.lease.as_mut().ok_or_else(lost)?;
            let Session { database, keys, .. } = lease.session()?;
            database.watch().allot_any();
            if !keep {
                keys.rolled_back();
                database.command(&format!("ROLLBACK TO atlas_{depth}")).map_err(|f| f.into_error(None))?;
            }
            return database.command(&format!("RELEASE atlas_{depth}")).map_err(|f| f.into_error(None));
        }
        let lease = self.transaction.take().and_then(|transaction| transaction.lease);
        let Some(lease) = lease else { return if keep { Err(lost()) } else { Ok(()) } };
        // Whatever fails from here on: the lease rolls back what is still open when it is given back.
        let mut hold = Hold::own(lease);
        let database = &hold.session()?.database;
        if !database.in_transaction() {
            // SQLite rolled it back itself: a full disk, a failed write.
            return if keep { Err(lost()) } else { Ok(()) };
        }
        if keep {
            database.watch().allot();
        } else {
            database.watch().allot_any();
        }
        run::command(&mut hold, if keep { "COMMIT" } else { "ROLLBACK" }, Box::new(())).await?;
        if let Place::One(home) = &mut self.place {
            let mut lease = hold.take()?;
            lease.allow_writes()?;
            *home = Some(lease);
        }
        Ok(())
    }
}

impl Connection for SqliteConnection {
    /// What can be done at once is done in one small future; the waiting is in others, for those that
    /// have to.
    fn run<'a>(&'a mut self, statement: &'a Statement, mut sink: Box<dyn RowSink>) -> BoxFuture<'a, Ran> {
        Box::pin(async move {
            let mut hold = match (&mut self.transaction, &mut self.place) {
                (Some(Transaction { read_only: true, .. }), _) if writes(statement) => {
                    return Err(reads_only());
                }
                (Some(transaction), _) => Hold::of_transaction(&mut transaction.lease).ok_or_else(lost)?,
                (None, Place::One(lease)) => Hold::of(lease).ok_or_else(lost_connection)?,
                (None, Place::Any) => Hold::own(match idle_for(&self.pool, statement) {
                    Some(lease) => lease,
                    None => Box::pin(lease_for(&self.pool, statement)).await?,
                }),
            };
            hold.session()?.watch().allot();
            match statement {
                Statement::Schema(_) => hold.session()?.keys.forget(),
                Statement::Raw(raw) if !starts_with(&raw.text, &["select", "values"]) => {
                    hold.session()?.keys.forget()
                }
                _ => {}
            }
            let ran = match run::at_once(&mut hold, statement, &mut *sink) {
                Ok(Ok(outcome)) => Ok((sink, outcome)),
                Ok(Err(rest)) => Box::pin(run::rest(&mut hold, statement, sink, rest)).await,
                Err(error) => Err(error),
            };
            if !matches!(statement, Statement::Raw(_)) {
                if ran.is_err() {
                    hold.lose_if_undone();
                }
                return ran;
            }
            let was_inside = hold.in_transaction();
            let is_inside = hold.session().ok().map(|session| session.database.in_transaction());
            drop(hold);
            self.after_raw(was_inside, is_inside, ran)
        })
    }

    fn begin<'a>(&'a mut self, options: &'a TransactionOptions) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.begin_one(options))
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.end_one(true))
    }

    fn rollback(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.end_one(false))
    }

    fn entries(&mut self) -> BoxFuture<'_, Result<Vec<Entry>>> {
        Box::pin(async move {
            let mut hold = self.reader().await?;
            hold.session()?.watch().allot();
            inspect::entries(&mut hold.session()?.database)
        })
    }

    fn inspect<'a>(&'a mut self, table: &'a str) -> BoxFuture<'a, Result<Option<Table>>> {
        Box::pin(async move {
            let mut hold = self.reader().await?;
            hold.session()?.watch().allot();
            inspect::table(&mut hold.session()?.database, table)
        })
    }
}

/// Lets the program's hook have a new connection, before anybody else does. Where it fails, the connection
/// is closed: the pool keeps none that is not ready.
pub(crate) async fn prepare(lease: Lease, hook: &Hook) -> Result<Lease> {
    let pool = Arc::clone(lease.pool());
    let connection = SqliteConnection { pool, transaction: None, place: Place::One(Some(lease)) };
    let back: Box<dyn Any> = (hook.0)(Box::new(connection)).await?;
    let Ok(back) = back.downcast::<SqliteConnection>() else {
        return Err(Error::config(
            "`after_connect` gave back another connection than it was given: return that one",
        ));
    };
    match *back {
        SqliteConnection { transaction: None, place: Place::One(lease), .. } => {
            let mut lease = lease.ok_or_else(lost_connection)?;
            let session = lease.session()?;
            session.ready = session.clean();
            Ok(lease)
        }
        _ => Err(Error::config("`after_connect` gave its connection back with an open transaction: end it")),
    }
}

/// A connection that fits the statement, if one is idle.
fn idle_for(pool: &Arc<Pool>, statement: &Statement) -> Option<Lease> {
    match statement {
        Statement::Raw(_) if !pool.is_single() => None,
        Statement::Select(_) | Statement::Explain { .. } => pool.idle(Role::Reader),
        _ => pool.idle(Role::Writer),
    }
}

/// A connection that fits the statement.
async fn lease_for(pool: &Arc<Pool>, statement: &Statement) -> Result<Lease> {
    match statement {
        Statement::Select(_) | Statement::Explain { .. } => pool.reader().await,
        Statement::Raw(raw) if !pool.is_single() && may_read(&raw.text) => lease_for_raw(pool, raw).await,
        _ => pool.writer().await,
    }
}

/// Whether a raw statement only reads, SQLite tells once it has prepared it.
async fn lease_for_raw(pool: &Arc<Pool>, raw: &Raw) -> Result<Lease> {
    let mut lease = pool.reader().await?;
    let database = &mut lease.session()?.database;
    // What cannot be prepared gives its error where it is run.
    let reads_only = database.start(&raw.text).is_err() || database.reads_only();
    database.finish();
    if reads_only || !pool.writes() {
        return Ok(lease);
    }
    drop(lease);
    pool.writer().await
}

/// Whether a raw statement starts like one that reads.
fn may_read(text: &str) -> bool {
    starts_with(text, &["select", "with", "values", "explain", "pragma"])
}

fn starts_with(text: &str, words: &[&str]) -> bool {
    let mut parts = text.trim_start().split(|part: char| !part.is_ascii_alphabetic());
    let first = parts.next().unwrap_or_default();
    words.iter().any(|word| first.eq_ignore_ascii_case(word))
}

/// Whether a statement is one that writes. What a raw text does, SQLite finds out.
fn writes(statement: &Statement) -> bool {
    !matches!(statement, Statement::Select(_) | Statement::Explain { .. } | Statement::Raw(_))
}

#[cold]
fn reads_only() -> Error {
    Error::config("this transaction was begun to read alone: begin it without `read_only` to write in it")
}

#[cold]
fn lost() -> Error {
    Error::Closed {
        what: "the transaction",
        instead: "it was rolled back, because a statement in it was dropped before its end, took longer than `statement_timeout`, or failed for good: begin another",
    }
}

#[cold]
fn lost_connection() -> Error {
    Error::Closed {
        what: "the new connection",
        instead: "a statement of `after_connect` was dropped before its end or failed for good, and the connection with it: let the hook return that error",
    }
}

#[cold]
fn none_open() -> Error {
    Error::config("there is no transaction to commit or roll back: call `begin` first")
}
