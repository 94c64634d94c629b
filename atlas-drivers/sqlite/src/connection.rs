use std::sync::Arc;

use atlas_core::{
    driver::{BoxFuture, Connection, Ran, RowSink},
    error::{Error, Result},
    statement::{Raw, Statement},
};

use crate::{
    hold::Hold,
    pool::{Lease, Pool},
    run,
};

/// What the pool lends: the right to use its connections, and the writer while a transaction is open.
pub(crate) struct SqliteConnection {
    pool: Arc<Pool>,
    transaction: Option<Transaction>,
}

struct Transaction {
    /// `None` where it was lost: a statement's future was dropped half-way.
    lease: Option<Lease>,
    /// How many transactions are open, one in the other.
    depth: u32,
}

impl SqliteConnection {
    pub(crate) fn new(pool: Arc<Pool>) -> Self {
        Self { pool, transaction: None }
    }

    /// The transaction's connection, or one of those that fit the statement.
    async fn hold(&mut self, statement: &Statement) -> Result<Hold<'_>> {
        if let Some(transaction) = &mut self.transaction {
            return Hold::of_transaction(&mut transaction.lease).ok_or_else(lost);
        }
        match statement {
            Statement::Select(_) | Statement::Explain(_) => self.pool.reader().await.map(Hold::own),
            Statement::Raw(raw) => Self::hold_raw(&self.pool, raw).await,
            _ => self.pool.writer().await.map(Hold::own),
        }
    }

    /// Whether a raw statement only reads, SQLite tells once it has prepared it.
    async fn hold_raw(pool: &Arc<Pool>, raw: &Raw) -> Result<Hold<'static>> {
        if !pool.is_single() && may_read(&raw.text) {
            let mut lease = pool.reader().await?;
            let database = &mut lease.session()?.database;
            // What cannot be prepared gives its error where it is run.
            let reads_only = database.start(&raw.text).is_err() || database.reads_only();
            database.finish();
            if reads_only || !pool.writes() {
                return Ok(Hold::own(lease));
            }
        }
        pool.writer().await.map(Hold::own)
    }

    async fn run_one(&mut self, statement: &Statement, sink: Box<dyn RowSink>) -> Ran {
        let mut hold = self.hold(statement).await?;
        let ran = run::run(&mut hold, statement, sink).await;
        if !matches!(statement, Statement::Raw(_)) {
            return ran;
        }
        // A raw text can begin and end transactions behind our back.
        let is_inside = hold.in_transaction();
        match hold.session() {
            Ok(session) if session.database.in_transaction() != is_inside => {}
            _ => return ran,
        }
        drop(hold);
        if let Some(transaction) = &mut self.transaction {
            transaction.lease = None;
        }
        ran?;
        Err(Error::config(if is_inside {
            "a raw statement ended the transaction that it ran in, which is lost: call `commit` or `rollback` of the handle"
        } else {
            "a raw statement began a transaction, which was rolled back: call `begin` or `transaction` of the handle"
        }))
    }

    async fn begin_one(&mut self) -> Result<()> {
        if let Some(transaction) = &mut self.transaction {
            let depth = transaction.depth;
            let mut hold = Hold::of_transaction(&mut transaction.lease).ok_or_else(lost)?;
            hold.session()?
                .database
                .command(&format!("SAVEPOINT atlas_{depth}"))
                .map_err(|f| f.into_error(None))?;
            drop(hold);
            transaction.depth += 1;
            return Ok(());
        }
        let (lease, begin) = if self.pool.writes() {
            (self.pool.writer().await?, "BEGIN IMMEDIATE")
        } else {
            (self.pool.reader().await?, "BEGIN")
        };
        let mut hold = Hold::own(lease);
        run::command(&mut hold, begin, Box::new(())).await?;
        self.transaction = Some(Transaction { lease: Some(hold.take()?), depth: 1 });
        Ok(())
    }

    async fn end_one(&mut self, keep: bool) -> Result<()> {
        let Some(transaction) = &mut self.transaction else { return Err(none_open()) };
        transaction.depth -= 1;
        if transaction.depth > 0 {
            let depth = transaction.depth;
            let lease = transaction.lease.as_mut().ok_or_else(lost)?;
            let database = &mut lease.session()?.database;
            if !keep {
                database.command(&format!("ROLLBACK TO atlas_{depth}")).map_err(|f| f.into_error(None))?;
            }
            return database.command(&format!("RELEASE atlas_{depth}")).map_err(|f| f.into_error(None));
        }
        let lease = self.transaction.take().and_then(|transaction| transaction.lease);
        let Some(lease) = lease else { return if keep { Err(lost()) } else { Ok(()) } };
        // Whatever fails from here on: the lease rolls back what is still open when it is given back.
        let mut hold = Hold::own(lease);
        if !hold.session()?.database.in_transaction() {
            // SQLite rolled it back itself: a full disk, a failed write.
            return if keep { Err(lost()) } else { Ok(()) };
        }
        run::command(&mut hold, if keep { "COMMIT" } else { "ROLLBACK" }, Box::new(())).await?;
        Ok(())
    }
}

impl Connection for SqliteConnection {
    fn run<'a>(&'a mut self, statement: &'a Statement, sink: Box<dyn RowSink>) -> BoxFuture<'a, Ran> {
        Box::pin(self.run_one(statement, sink))
    }

    fn begin(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.begin_one())
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.end_one(true))
    }

    fn rollback(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.end_one(false))
    }
}

/// Whether a raw statement starts like one that reads.
fn may_read(text: &str) -> bool {
    let mut words = text.trim_start().split(|part: char| !part.is_ascii_alphabetic());
    let first = words.next().unwrap_or_default();
    ["select", "with", "values", "explain", "pragma"].iter().any(|word| first.eq_ignore_ascii_case(word))
}

#[cold]
fn lost() -> Error {
    Error::Closed {
        what: "the transaction",
        instead: "it was rolled back, because a statement in it was dropped before its end or failed for good: begin another",
    }
}

#[cold]
fn none_open() -> Error {
    Error::config("there is no transaction to commit or roll back: call `begin` first")
}
