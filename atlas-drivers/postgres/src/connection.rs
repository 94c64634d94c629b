use std::{any::Any, sync::Arc, time::Duration};

use atlas_core::{
    driver::{BoxFuture, Connection, Isolation, Outcome, Ran, RowSink, TransactionOptions},
    error::{Error, Result},
    schema::{Entry, Table},
    statement::Statement,
};
use atlas_server::{Condition, Lent, Pool, within};

use crate::{
    error::{About, Failure, lost_connection, lost_transaction},
    inspect,
    manager::Server,
    raw, run,
    session::{Session, Shared},
};

/// How much longer we wait for a statement than the server lets it run, so that it is the server that ends
/// it, also where it has much to do.
const GRACE: Duration = Duration::from_secs(2);

/// A connection on loan, and the transactions that are open on it.
pub(crate) struct PostgresConnection {
    pool: Pool<Server>,
    /// `None` where it was lost, or could not be used on: the next statement gets another one.
    lent: Option<Lent<Server>>,
    /// How many transactions are open, one in the other.
    depth: u32,
    /// Whether the server refuses everything until something is rolled back.
    failed: bool,
    /// Whether something was sent whose end was not seen: its future was dropped.
    running: bool,
    /// Whether no statement has succeeded since the connection was lent.
    fresh: bool,
    /// The condition of the connection between two statements.
    rest: Condition,
}

/// Lends a connection; a new one goes through the program's hook first.
pub(crate) async fn acquire(pool: &Pool<Server>) -> Result<PostgresConnection> {
    let mut lent = pool.acquire().await?;
    let unused = lent.is_unused();
    let hook = pool.manager().0.options.after_connect.as_ref().filter(|_| unused);
    let Some(hook) = hook else { return Ok(PostgresConnection::new(pool.clone(), lent)) };
    lent.mark(Condition::Spent);
    let mut connection = PostgresConnection::new(pool.clone(), lent);
    connection.rest = Condition::Spent;
    let back: Box<dyn Any> = hook(Box::new(connection)).await?;
    match back.downcast::<PostgresConnection>() {
        Ok(mut connection) if connection.depth == 0 && !connection.running => {
            connection.rest = Condition::Clean;
            if let Some(lent) = &mut connection.lent {
                lent.mark(Condition::Clean);
            }
            Ok(*connection)
        }
        Ok(_) => {
            Err(Error::config("`after_connect` gave its connection back with an open transaction: end it"))
        }
        Err(_) => Err(Error::config(
            "`after_connect` gave back another connection than it was given: return that one",
        )),
    }
}

impl PostgresConnection {
    fn new(pool: Pool<Server>, lent: Lent<Server>) -> Self {
        Self {
            pool,
            lent: Some(lent),
            depth: 0,
            failed: false,
            running: false,
            fresh: true,
            rest: Condition::Clean,
        }
    }

    fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.pool.manager().0)
    }

    /// Sees to it that there is a connection with nothing running on it.
    async fn settle(&mut self) -> Result<()> {
        if self.running {
            // The pool cleans it.
            self.lent = None;
            self.running = false;
        }
        if self.lent.is_some() {
            return Ok(());
        }
        if self.depth > 0 {
            return Err(lost_transaction());
        }
        let other = Box::pin(acquire(&self.pool)).await?;
        self.lent = other.lent;
        self.fresh = true;
        Ok(())
    }

    /// What is sent to from now on, until [`Self::done`].
    fn start(&mut self) -> Result<&mut Session> {
        let lent = self.lent.as_mut().ok_or_else(lost_connection)?;
        lent.mark(Condition::Dirty);
        self.running = true;
        lent.connection()
    }

    /// Notes how something ended.
    fn done<T>(&mut self, done: &Result<T, Failure>) {
        self.running = false;
        let left_rows = self
            .lent
            .as_mut()
            .and_then(|lent| lent.connection().ok())
            .is_some_and(|session| session.left_rows || session.copying);
        match done {
            Err(Failure::Lost) => {
                if let Some(mut lent) = self.lent.take() {
                    lent.mark(Condition::Dead);
                }
            }
            _ if left_rows => self.lent = None,
            done => {
                if self.depth == 0
                    && let Some(lent) = &mut self.lent
                {
                    lent.mark(self.rest);
                }
                match done {
                    Ok(_) => self.fresh = false,
                    Err(failure) => self.failed |= self.depth > 0 && failure.fails_transaction(),
                }
            }
        }
    }

    /// Whether what was sent first on a connection that had been idle may be sent again on another one.
    fn may_repeat(&self) -> bool {
        self.depth == 0 && self.fresh && self.lent.as_ref().is_some_and(Lent::was_idle)
    }

    /// Sees to it that the connection is there, before something is sent first on it that must not be sent
    /// twice.
    async fn make_sure(&mut self) -> Result<()> {
        while self.may_repeat()
            && let Some(mut lent) = self.lent.take()
        {
            if Box::pin(lent.is_there()).await {
                self.lent = Some(lent);
                return Ok(());
            }
            drop(lent);
            self.settle().await?;
        }
        Ok(())
    }

    async fn run_one(&mut self, statement: &Statement, mut sink: Box<dyn RowSink>) -> Ran {
        if let Statement::Raw(raw) = statement {
            raw::check(raw)?;
        }
        self.settle().await?;
        let shared = self.shared();
        let reads = match statement {
            Statement::Select(select) => select.lock.is_none(),
            Statement::Explain { .. } => true,
            _ => false,
        };
        let repeatable = reads && self.may_repeat();
        if !repeatable {
            self.make_sure().await?;
        }
        let mut done = self.run_once(&shared, statement, &mut sink).await;
        if repeatable
            && let Err((Failure::Lost, gave_rows)) = &done
            && (!gave_rows || sink.restart())
        {
            self.settle().await?;
            done = self.run_once(&shared, statement, &mut sink).await;
        }
        match done {
            Ok(outcome) => Ok((sink, outcome)),
            Err((Failure::Lost, _)) if self.depth > 0 => Err(lost_transaction()),
            Err((failure, _)) => Err(failure.into_error(run::about(statement, &shared))),
        }
    }

    /// Runs a statement, and says where it failed whether rows were handed over.
    async fn run_once(
        &mut self,
        shared: &Shared,
        statement: &Statement,
        sink: &mut Box<dyn RowSink>,
    ) -> Result<Outcome, (Failure, bool)> {
        let session = self.start().map_err(|error| (Failure::Own(error), false))?;
        let done = match shared.options.statement_timeout {
            None => run::run(session, shared, statement, sink).await,
            Some(limit) => {
                let ran = within(Some(limit + GRACE), async {
                    Ok(run::run(session, shared, statement, sink).await)
                });
                match Box::pin(ran).await {
                    Ok(done) => done,
                    Err(error) => {
                        // The pool ends it on the server; a transaction is lost with its connection.
                        self.lent = None;
                        self.running = false;
                        return Err((Failure::Own(own_limit(error, limit)), true));
                    }
                }
            }
        };
        let gave_rows = self
            .lent
            .as_mut()
            .and_then(|lent| lent.connection().ok())
            .is_some_and(|session| session.gave_rows);
        self.done(&done);
        done.map_err(|failure| (failure, gave_rows))
    }

    /// Sends a text of our own.
    async fn command(&mut self, text: String) -> Result<()> {
        let session = self.start()?;
        let done = session.command(text).await;
        self.done(&done);
        done.map_err(|failure| self.explain(failure))
    }

    fn explain(&self, failure: Failure) -> Error {
        match failure {
            Failure::Lost if self.depth > 0 => lost_transaction(),
            failure => failure.into_error(About {
                limit: self.pool.manager().0.options.statement_timeout,
                ..About::default()
            }),
        }
    }

    async fn begin_one(&mut self, options: &TransactionOptions) -> Result<()> {
        self.settle().await?;
        if self.depth > 0 {
            self.command(format!("SAVEPOINT atlas_{}", self.depth)).await?;
            self.depth += 1;
            return Ok(());
        }
        let shared = self.shared();
        let how = how(options);
        let repeatable = self.may_repeat();
        let mut begun = self.begin_once(&shared, &how).await;
        if repeatable && matches!(begun, Err(Failure::Lost)) {
            self.settle().await?;
            begun = self.begin_once(&shared, &how).await;
        }
        begun.map_err(|failure| self.explain(failure))?;
        if let Some(lent) = &mut self.lent {
            lent.mark(Condition::Dirty);
        }
        self.depth = 1;
        self.failed = false;
        Ok(())
    }

    async fn lock_one(&mut self, name: &str) -> Result<bool> {
        let inside = self.depth > 0;
        if !inside && self.pool.manager().0.options.is_pooled() {
            return Err(Error::Unsupported {
                driver: "postgres",
                operation: "a lock outside of a transaction behind a pooler, which gives each statement another session".to_owned(),
                instead: "take it in a transaction".to_owned(),
            });
        }
        self.settle().await?;
        self.make_sure().await?;
        let function = if inside { "pg_try_advisory_xact_lock" } else { "pg_try_advisory_lock" };
        let text = format!("SELECT pg_catalog.{function}({})", inspect::lock_number(name));
        let session = self.start()?;
        // Also where the answer is never read.
        session.locks |= !inside;
        let done = session.texts(text).await;
        if !inside && self.rest == Condition::Clean {
            self.rest = Condition::Dirty;
        }
        self.done(&done);
        let rows = done.map_err(|failure| self.explain(failure))?;
        Ok(rows.first().and_then(|row| row.first()).is_some_and(|locked| locked == "t"))
    }

    async fn begin_once(&mut self, shared: &Shared, how: &str) -> Result<(), Failure> {
        let begun = self.start()?.begin(shared, how).await;
        self.done(&begun);
        begun
    }

    async fn end_one(&mut self, keep: bool) -> Result<()> {
        if self.depth == 0 {
            return Err(none_open());
        }
        let settled = self.settle().await;
        if self.depth > 1 {
            self.depth -= 1;
            settled?;
            let (depth, failed) = (self.depth, self.failed);
            if keep && !failed {
                return self.command(format!("RELEASE SAVEPOINT atlas_{depth}")).await;
            }
            self.command(format!("ROLLBACK TO SAVEPOINT atlas_{depth}; RELEASE SAVEPOINT atlas_{depth}"))
                .await?;
            self.failed = false;
            return if keep { Err(failed_transaction()) } else { Ok(()) };
        }
        if settled.is_err() {
            self.depth = 0;
            return if keep { settled } else { Ok(()) };
        }
        let failed = std::mem::take(&mut self.failed);
        let ended = self.start()?.end(keep && !failed).await;
        self.depth = 0;
        self.done(&ended);
        match ended {
            Ok(()) if keep && failed => Err(failed_transaction()),
            Ok(()) => Ok(()),
            // With its connection the server has lost it too.
            Err(Failure::Lost) if !keep => Ok(()),
            Err(failure) => Err(self.explain(failure)),
        }
    }
}

impl Connection for PostgresConnection {
    fn run<'a>(&'a mut self, statement: &'a Statement, sink: Box<dyn RowSink>) -> BoxFuture<'a, Ran> {
        Box::pin(self.run_one(statement, sink))
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
            self.settle().await?;
            let done = inspect::entries(self.start()?).await;
            self.done(&done);
            done.map_err(|failure| self.explain(failure))
        })
    }

    fn inspect<'a>(&'a mut self, table: &'a str) -> BoxFuture<'a, Result<Option<Table>>> {
        Box::pin(async move {
            self.settle().await?;
            let done = inspect::table(self.start()?, table).await;
            self.done(&done);
            done.map_err(|failure| self.explain(failure))
        })
    }

    fn try_lock<'a>(&'a mut self, name: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(self.lock_one(name))
    }

    fn unlock<'a>(&'a mut self, name: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let text = format!("SELECT pg_catalog.pg_advisory_unlock({})", inspect::lock_number(name));
            self.command(text).await
        })
    }
}

/// How a transaction is begun, after the word for it.
fn how(options: &TransactionOptions) -> String {
    let mut how = String::new();
    if let Some(isolation) = options.isolation {
        how.push_str(match isolation {
            Isolation::ReadUncommitted => " ISOLATION LEVEL READ UNCOMMITTED",
            Isolation::ReadCommitted => " ISOLATION LEVEL READ COMMITTED",
            Isolation::RepeatableRead => " ISOLATION LEVEL REPEATABLE READ",
            // There is none that is stricter.
            _ => " ISOLATION LEVEL SERIALIZABLE",
        });
    }
    if options.read_only {
        how.push_str(" READ ONLY");
    }
    if options.deferrable {
        how.push_str(" DEFERRABLE");
    }
    how
}

/// The limit that was set, and not ours.
fn own_limit(error: Error, limit: Duration) -> Error {
    match error {
        Error::Timeout { waiting_for, .. } => Error::Timeout { waiting_for, after: limit },
        other => other,
    }
}

#[cold]
fn none_open() -> Error {
    Error::config("there is no transaction to commit or roll back: call `begin` first")
}

#[cold]
fn failed_transaction() -> Error {
    Error::Driver {
        message: "the transaction was rolled back and not committed, because a statement in it had failed: roll back where a statement fails, or run it in a transaction of its own inside of this one (`tx.transaction(..)`)"
            .to_owned(),
        source: None,
    }
}
