use std::{any::Any, borrow::Cow, sync::Arc, sync::atomic::Ordering::Relaxed, time::Duration};

use atlas_core::{
    driver::{AfterConnect, BoxFuture, Connection, Outcome, Ran, RowSink, TransactionOptions},
    error::{ConstraintKind, Error, Result},
    schema::{Entry, Name, SchemaChange, Table, Truncate},
    statement::{From, Insert, OnConflict, Select, Statement},
};
use atlas_server::{Condition, Lent, Pool};
use atlas_sql::{Compiled, Shape, schema_statements};
use sqlx::mysql::MySqlArguments;
use tokio::sync::oneshot;

use crate::{
    error::{Context, lost_commit},
    indexes,
    insert::{ignoring, plan},
    inspect::{self, Question, Texts},
    job::{Ended, Job},
    raw::{self, Kind},
    referrers,
    session::{Connections, Index, Session},
    task::{Answer, Sent, Work, perform},
    transaction::{self, Transaction},
    update::in_order,
    value::{bind, check_size, size_of_bind, unsupported},
};

/// How much longer we wait for a statement than the server lets it run.
const GRACE: Duration = Duration::from_secs(2);

/// What the pool lends, and the transaction that is open on it.
pub(crate) struct MySqlConnection {
    pool: Pool<Connections>,
    /// `None`: the last statement was dropped half-way and is seen to its end elsewhere, or the connection
    /// was lost.
    lent: Option<Lent<Connections>>,
    /// What gives it back, where it was a statement of a transaction that only read.
    left_behind: Option<oneshot::Receiver<Lent<Connections>>>,
    /// Whether nothing has been sent since it was lent.
    fresh: bool,
    transaction: Option<Transaction>,
    /// How it is given back after a statement outside of transactions.
    rests: Condition,
}

/// Lends a connection that is ready for its first statement.
pub(crate) async fn lend(
    pool: &Pool<Connections>,
    after_connect: Option<&AfterConnect>,
) -> Result<Lent<Connections>> {
    let mut lent = pool.acquire().await?;
    let Some(prepare) = after_connect.filter(|_| lent.is_unused()) else { return Ok(lent) };
    lent.mark(Condition::Spent);
    let connection = MySqlConnection { rests: Condition::Spent, ..MySqlConnection::new(pool.clone(), lent) };
    let connection: Box<dyn Any> = prepare(Box::new(connection)).await?;
    let lent = connection.downcast::<MySqlConnection>().ok().and_then(|mut connection| {
        let open = connection.transaction.is_some();
        connection.lent.take().filter(|_| !open)
    });
    let Some(mut lent) = lent else {
        return Err(Error::config(
            "`after_connect` gave another connection back than it got, or one in a transaction: return the one that it got, as it was",
        ));
    };
    lent.mark(Condition::Clean);
    Ok(lent)
}

impl MySqlConnection {
    pub(crate) fn new(pool: Pool<Connections>, lent: Lent<Connections>) -> Self {
        Self {
            pool,
            lent: Some(lent),
            left_behind: None,
            fresh: true,
            transaction: None,
            rests: Condition::Clean,
        }
    }

    fn in_transaction(&self) -> bool {
        self.transaction.is_some()
    }

    /// Whether the connection of a transaction is gone.
    fn is_lost(&self) -> bool {
        self.lent.is_none() && self.left_behind.is_none()
    }

    /// The connection; another one where the last was lost and no transaction with it.
    async fn lent(&mut self) -> Result<Lent<Connections>> {
        if let Some(transaction) = &self.transaction {
            if let Some(left_behind) = &mut self.left_behind {
                let lent = left_behind.await;
                self.left_behind = None;
                return lent.map_err(|_| transaction.lost());
            }
            return self.lent.take().ok_or_else(|| transaction.lost());
        }
        if let Some(lent) = self.lent.take() {
            return Ok(lent);
        }
        self.fresh = true;
        let pool = self.pool.clone();
        Box::pin(async move { lend(&pool, pool.manager().after_connect.as_ref()).await }).await
    }

    /// Does some work on the connection. `repeatable`: it may be sent again where the connection turns out
    /// to have been lost before.
    async fn work(
        &mut self,
        context: Context<'_>,
        repeatable: bool,
        mut sink: Box<dyn RowSink>,
        make: impl Fn(&mut Session, bool) -> Result<Work> + Send,
    ) -> Result<(Box<dyn RowSink>, Answer)> {
        let in_transaction = self.in_transaction();
        let limit = self.pool.manager().statement_timeout;
        loop {
            let mut lent = self.lent().await?;
            if !repeatable && self.fresh && !in_transaction && !Box::pin(lent.is_there()).await {
                // What must not be sent twice is sent where somebody listens.
                continue;
            }
            let session = lent.connection()?;
            let work = match make(session, in_transaction) {
                Ok(work) => work,
                Err(error) => {
                    self.lent = Some(lent);
                    return Err(error);
                }
            };
            let (id, server) = (session.id, Arc::clone(&session.server));
            let abandoned = Arc::clone(&session.abandoned);
            abandoned.store(false, Relaxed);
            let may_be_old = self.fresh && lent.was_idle() && !in_transaction;
            let task = Box::pin(perform(lent, work, sink, Arc::clone(&abandoned)));
            let mut job = Job::new(task, abandoned, self.pool.clone(), id);
            if in_transaction && repeatable {
                self.left_behind = Some(job.left_behind());
            }
            // Where the server ends it itself, it gets the time to say so.
            let grace = if server.mariadb { GRACE } else { Duration::ZERO };
            let ended = job.within(limit, grace).await?;
            self.left_behind = None;
            self.fresh = false;
            let Ended { mut lent, sink: given_back, rows, result } = ended;
            sink = given_back;
            let context = Context { limit, in_transaction, lock_wait: server.lock_wait, ..context };
            match result {
                Ok(answer) => {
                    if !in_transaction {
                        self.rest(&mut lent);
                    }
                    self.lent = Some(lent);
                    return Ok((sink, answer));
                }
                Err(failure) if failure.is_gone() => {
                    // The connection is dead, and tells the pool so as it is dropped.
                    drop(lent);
                    // An idle connection that timed out there has not even read the statement.
                    let unread = failure.number() == Some(4031);
                    if may_be_old && (repeatable || unread) && (rows == 0 || sink.restart()) {
                        continue;
                    }
                    return Err(failure.into_error(context));
                }
                Err(failure) => {
                    if failure.is_broken() {
                        drop(lent);
                    } else if let Some(transaction) = &mut self.transaction {
                        if failure.ends_transaction(&server) {
                            transaction.ended_by_server();
                            drop(lent);
                        } else {
                            self.lent = Some(lent);
                        }
                    } else {
                        self.rest(&mut lent);
                        self.lent = Some(lent);
                    }
                    return Err(failure.into_error(context));
                }
            }
        }
    }

    /// Marks a connection on which nothing is open any more.
    fn rest(&self, lent: &mut Lent<Connections>) {
        let manager = self.pool.manager();
        let enough = lent.connection().is_ok_and(|session| manager.has_enough_of(session));
        lent.mark(if enough && self.rests == Condition::Clean { Condition::Dirty } else { self.rests });
    }

    async fn run_statement(&mut self, statement: &Statement, sink: Box<dyn RowSink>) -> Ran {
        let mut context = Context::of(table_of(statement));
        let repeatable = matches!(statement, Statement::Select(_) | Statement::Explain { .. });
        context.writes = !repeatable;
        match statement {
            Statement::Insert(insert) if insert.rows == 0 => return Ok((sink, Outcome::affected(0))),
            Statement::Insert(insert) => {
                self.check_upsert(insert).await?;
                let key = self.key_of(insert).await?;
                context.upserts = matches!(insert.on_conflict, OnConflict::Update { .. });
                let done = self.work(context, false, sink, |session, inside| {
                    Ok(Work::Insert(plan(session, insert, &key, inside)?))
                });
                let done = done.await;
                return self.told(done, insert.returning.is_empty()).await;
            }
            Statement::Update(update) => {
                if !update.returning.is_empty() {
                    return Err(unsupported(
                        "an update that gives the changed rows back",
                        "read them before or after it, in one transaction",
                    ));
                }
                let done = self.work(context, false, sink, |session, _| {
                    match in_order(update, session.server.mariadb)? {
                        Cow::Borrowed(_) => one(session, statement),
                        Cow::Owned(update) => one(session, &Statement::Update(update)),
                    }
                });
                let done = done.await;
                return self.told(done, true).await;
            }
            Statement::Delete(delete) if !delete.returning.is_empty() => {
                if !self.gives_back() {
                    return Err(unsupported(
                        "a delete that gives the removed rows back",
                        "read them before it, in one transaction",
                    ));
                }
                let done = self.work(context, false, sink, |session, _| one(session, statement)).await;
                return self.told(done.map(of_returned), true).await;
            }
            Statement::InsertSelect(insert) => {
                let returns = !insert.returning.is_empty();
                if returns && !self.gives_back() {
                    return Err(unsupported(
                        "an insert of a query's rows that gives them back",
                        "read the rows by a condition after it, in one transaction",
                    ));
                }
                let ignores = insert.ignores;
                let done =
                    self.work(context, false, sink, |session, inside| match one(session, statement)? {
                        Work::One(sent) if ignores => Ok(Work::Insert(ignoring(sent, returns, inside))),
                        other => Ok(other),
                    });
                let done = done.await;
                return self
                    .told(if returns && !ignores { done.map(of_returned) } else { done }, false)
                    .await;
            }
            Statement::Schema(change) => return self.change_schema(change, sink).await,
            Statement::Raw(raw) => {
                let kind = raw::kind(&raw.text, self.in_transaction())?;
                if matches!(kind, Kind::Schema | Kind::Other) {
                    self.pool.manager().indexes.forget();
                }
                context.writes = kind != Kind::Reads;
                let done = self.work(context, false, sink, |session, _| match one(session, statement)? {
                    Work::One(sent) => Ok(Work::Raw(sent)),
                    other => Ok(other),
                });
                let done = done.await;
                if kind == Kind::Other
                    && let Some(lent) = &mut self.lent
                {
                    // It may have left anything: the pool cleans it.
                    lent.mark(Condition::Dirty);
                    self.rests = Condition::Dirty;
                }
                return self.told(done, true).await;
            }
            _ => {}
        }
        let done = self.work(context, repeatable, sink, |session, _| one(session, statement)).await;
        self.told(done, true).await
    }

    /// What was done, in the core's words. The columns of a unique index are not in the server's message.
    async fn told(&mut self, done: Result<(Box<dyn RowSink>, Answer)>, tells_key: bool) -> Ran {
        match done {
            Ok((sink, answer)) => {
                let mut outcome = Outcome::affected(answer.affected);
                outcome.last_insert_id = answer.last_key.filter(|_| tells_key);
                Ok((sink, outcome))
            }
            Err(Error::Constraint {
                kind: ConstraintKind::Unique,
                table: Some(table),
                constraint: Some(constraint),
                columns,
                source,
            }) if columns.is_empty() => {
                let columns = self.columns_of_index(&table, &constraint).await;
                Err(Error::Constraint {
                    kind: ConstraintKind::Unique,
                    table: Some(table),
                    constraint: Some(constraint),
                    columns,
                    source,
                })
            }
            Err(error) => Err(error),
        }
    }

    /// The columns of an index; none where they cannot be found out.
    async fn columns_of_index(&mut self, table: &str, index: &str) -> Vec<String> {
        let columns = |indexes: &[Index]| {
            indexes.iter().find(|own| own.name.eq_ignore_ascii_case(index)).map(|own| own.columns.clone())
        };
        if let Some(found) = self.pool.manager().indexes.get(table).and_then(|known| columns(&known)) {
            return found;
        }
        let asked = self.ask_indexes(table).await;
        asked.ok().and_then(|indexes| columns(&indexes)).unwrap_or_default()
    }

    /// What the server calls its version, asked now.
    pub(crate) async fn version(&mut self) -> Result<String> {
        let alive = |_: &mut Session, _| Ok(Work::Commands(vec!["DO 0".into()], None));
        self.work(Context::default(), true, Box::new(()), alive).await?;
        let server = self.pool.manager().server.get();
        Ok(server.map(|server| server.version.clone()).unwrap_or_default())
    }

    /// What the server answers to a question about its schema.
    async fn ask(&mut self, question: Question, about: &str) -> Result<Vec<Vec<Option<String>>>> {
        let sink = Box::new(Texts::default());
        let locks = matches!(question, Question::Lock | Question::Unlock);
        let done =
            self.work(Context::default(), !locks, sink, |session, _| question.ask(session, about)).await?;
        let sink: Box<dyn Any> = done.0;
        Ok(sink.downcast::<Texts>().map(|texts| texts.0).unwrap_or_default())
    }

    async fn ask_indexes(&mut self, table: &str) -> Result<Arc<Vec<Index>>> {
        let sink = Box::new(indexes::Rows::default());
        let done =
            self.work(Context::default(), true, sink, |session, _| indexes::ask(session, table)).await?;
        let sink: Box<dyn Any> = done.0;
        let rows = sink.downcast::<indexes::Rows>().map(|rows| rows.0).unwrap_or_default();
        Ok(self.pool.manager().indexes.put(table, rows))
    }

    /// An upsert by columns that no unique index covers would insert its rows again and again.
    async fn check_upsert(&mut self, insert: &Insert) -> Result<()> {
        let OnConflict::Update { by, .. } = &insert.on_conflict else { return Ok(()) };
        let covers = |indexes: &[Index]| {
            indexes.iter().any(|index| {
                index.unique
                    && index.columns.len() == by.len()
                    && by.iter().all(|name| index.columns.iter().any(|own| own.eq_ignore_ascii_case(name)))
            })
        };
        let table = &*insert.table.name;
        if by.is_empty() || self.pool.manager().indexes.get(table).is_some_and(|known| covers(&known)) {
            return Ok(());
        }
        let indexes = self.ask_indexes(table).await?;
        // Of a table that is not there, the insert says so.
        if indexes.is_empty() || covers(&indexes) {
            return Ok(());
        }
        Err(Error::config(format!(
            "an upsert into `{table}` names columns that no unique index covers ({}): declare them #[unique], or create a unique index over exactly these columns",
            by.join(", ")
        )))
    }

    /// Whether the server gives back the rows that it inserts or removes.
    fn gives_back(&self) -> bool {
        self.pool.manager().server.get().is_some_and(|server| server.returning)
    }

    /// By what the rows of an insert are found again, where the server does not give them back.
    async fn key_of(&mut self, insert: &Insert) -> Result<Vec<Name>> {
        if insert.returning.is_empty() || self.gives_back() {
            return Ok(Vec::new());
        }
        if !insert.key.is_empty() {
            return Ok(insert.key.clone());
        }
        let table = &*insert.table.name;
        let indexes = match self.pool.manager().indexes.get(table) {
            Some(known) => known,
            None => self.ask_indexes(table).await?,
        };
        let primary = indexes.iter().find(|index| index.name == "PRIMARY");
        Ok(primary.map(|index| index.columns.iter().cloned().map(Name::Owned).collect()).unwrap_or_default())
    }

    async fn change_schema(&mut self, change: &SchemaChange, sink: Box<dyn RowSink>) -> Ran {
        if self.in_transaction() {
            return Err(unsupported(
                "a change of the schema in a transaction, which the server would commit",
                "make it before or after the transaction",
            ));
        }
        if let SchemaChange::Truncate(table, how) = change {
            return self.truncate(table, *how, sink).await;
        }
        let table = match change {
            SchemaChange::CreateTable(table) => Some(&*table.name),
            SchemaChange::DropTable(name) => Some(&**name),
            SchemaChange::AlterTable { before, .. } | SchemaChange::RenameTable { before, .. } => {
                Some(&*before.name)
            }
            _ => None,
        };
        let creates = matches!(change, SchemaChange::CreateTable(_));
        let context = Context { writes: true, ..Context::of(table) };
        let done = self.work(context, false, sink, |session, _| {
            let texts = schema_statements(change, &session.server.dialect)?;
            // A table that is there already stays as it is.
            Ok(Work::Commands(texts.into_iter().map(Cow::Owned).collect(), creates.then_some(1050)))
        });
        let done = done.await;
        self.pool.manager().indexes.forget();
        if done.is_err() && matches!(change, SchemaChange::DropTables(_)) {
            // It may hold no foreign keys any more.
            if let Some(mut lent) = self.lent.take() {
                lent.mark(Condition::Spent);
            }
        }
        done.map(|(sink, _)| (sink, Outcome::affected(0)))
    }

    /// The names of a table and of those that refer to it.
    async fn with_referrers(&mut self, table: &str) -> Result<Vec<String>> {
        let rows = Box::new(referrers::Rows::default());
        let ask = |session: &mut Session, _| referrers::ask(session, table);
        let rows: Box<dyn Any> = self.work(Context::default(), true, rows, ask).await?.0;
        Ok(rows.downcast::<referrers::Rows>().map(|rows| rows.0).unwrap_or_default())
    }

    async fn truncate(&mut self, table: &str, how: Truncate, sink: Box<dyn RowSink>) -> Ran {
        let mut tables = self.with_referrers(table).await?;
        let mut next = 1;
        while let Some(name) = tables.get(next).cloned() {
            for found in self.with_referrers(&name).await? {
                if !tables.contains(&found) {
                    tables.push(found);
                }
            }
            next += 1;
        }
        if tables.len() > 1 && !how.cascade {
            return Err(Error::Constraint {
                kind: ConstraintKind::ForeignKey,
                table: Some(table.to_owned()),
                constraint: None,
                columns: Vec::new(),
                source: None,
            });
        }
        // Where the work fails half-way, the pool sets the connection up again.
        self.rests = Condition::Dirty;
        let context = Context { writes: true, ..Context::of(Some(table)) };
        let done = self.work(context, false, sink, |session, _| {
            let texts = referrers::truncate(&tables, how, &session.server.dialect)?;
            Ok(Work::Commands(texts.into_iter().map(Cow::Owned).collect(), None))
        });
        done.await.map(|(sink, _)| (sink, Outcome::affected(0)))
    }

    /// Sends what begins or ends a transaction.
    async fn command(&mut self, text: Cow<'static, str>, repeatable: bool) -> Result<()> {
        let context = Context { writes: true, ..Context::default() };
        let commands = |_: &mut Session, _| Ok(Work::Commands(vec![text.clone()], None));
        self.work(context, repeatable, Box::new(()), commands).await.map(|_| ())
    }

    async fn begin_one(&mut self, options: &TransactionOptions) -> Result<()> {
        if let Some(transaction) = &self.transaction {
            let depth = transaction.depth;
            self.command(format!("SAVEPOINT atlas_{depth}").into(), false).await?;
            if let Some(transaction) = &mut self.transaction {
                transaction.depth += 1;
            }
            return Ok(());
        }
        self.command(transaction::begin(options)?, true).await?;
        if let Some(lent) = &mut self.lent {
            lent.mark(Condition::Dirty);
        }
        self.transaction = Some(Transaction::new());
        Ok(())
    }

    async fn end_one(&mut self, keep: bool) -> Result<()> {
        let Some(transaction) = &mut self.transaction else { return Err(transaction::none_open()) };
        transaction.depth -= 1;
        let depth = transaction.depth;
        if depth > 0 {
            if self.is_lost() && !keep {
                return Ok(());
            }
            let undo = if keep { String::new() } else { format!("ROLLBACK TO SAVEPOINT atlas_{depth}; ") };
            return self.command(format!("{undo}RELEASE SAVEPOINT atlas_{depth}").into(), false).await;
        }
        if self.is_lost() {
            let lost = self.transaction.take().map(|transaction| transaction.lost());
            return if keep { Err(lost.unwrap_or_else(transaction::none_open)) } else { Ok(()) };
        }
        let done = self.command(if keep { "COMMIT" } else { "ROLLBACK" }.into(), false).await;
        self.transaction = None;
        match (&done, self.lent.take()) {
            (Ok(()), Some(mut lent)) => {
                self.rest(&mut lent);
                self.lent = Some(lent);
            }
            // What is still open there, the pool rolls back.
            (_, lent) => drop(lent),
        }
        // A transaction whose connection is gone is rolled back.
        match done {
            Err(Error::Closed { .. }) if keep => Err(lost_commit()),
            done if keep || self.lent.is_some() => done,
            _ => Ok(()),
        }
    }
}

impl Connection for MySqlConnection {
    fn run<'a>(&'a mut self, statement: &'a Statement, sink: Box<dyn RowSink>) -> BoxFuture<'a, Ran> {
        Box::pin(self.run_statement(statement, sink))
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
        Box::pin(async move { self.ask(Question::Entries, "").await.map(inspect::entries) })
    }

    fn inspect<'a>(&'a mut self, table: &'a str) -> BoxFuture<'a, Result<Option<Table>>> {
        Box::pin(async move {
            let mut answers: [_; 5] = Default::default();
            for (question, answer) in inspect::QUESTIONS.into_iter().zip(&mut answers) {
                *answer = self.ask(question, table).await?;
                if question == Question::Table && answer.is_empty() {
                    return Ok(None);
                }
            }
            Ok(inspect::table(table, answers, self.pool.manager().dialect()))
        })
    }

    fn try_lock<'a>(&'a mut self, name: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let rows = self.ask(Question::Lock, name).await?;
            if let Some(lent) = &mut self.lent
                && self.transaction.is_none()
            {
                // The pool gives the lock back.
                lent.mark(Condition::Dirty);
            }
            self.rests = Condition::Dirty;
            Ok(rows.first().and_then(|row| row.first()) == Some(&Some("1".to_owned())))
        })
    }

    fn unlock<'a>(&'a mut self, name: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { self.ask(Question::Unlock, name).await.map(|_| ()) })
    }
}

/// Of a statement that gives rows back, the server counts those alone.
fn of_returned((sink, answer): (Box<dyn RowSink>, Answer)) -> (Box<dyn RowSink>, Answer) {
    (sink, Answer { affected: answer.rows, ..answer })
}

/// A statement as it is sent.
fn one(session: &mut Session, statement: &Statement) -> Result<Work> {
    let mut compiled: Compiled<'_> = std::mem::take(&mut session.compiled).recycle();
    let done = text(session, statement, &mut compiled).and_then(|text| {
        let mut arguments = MySqlArguments::default();
        let mut size = text.len();
        for value in &compiled.binds {
            bind(&mut arguments, value, &session.server)?;
            size += size_of_bind(value);
        }
        check_size(size, &session.server)?;
        Ok(Work::One(Sent { text, arguments }))
    });
    session.compiled = compiled.recycle();
    done
}

/// The text of a statement, which is written once for each shape, and what it binds.
fn text<'s>(
    session: &mut Session,
    statement: &'s Statement,
    compiled: &mut Compiled<'s>,
) -> Result<Arc<str>> {
    let shape = Shape::of(statement, &session.server.dialect, compiled);
    if let Some(text) = shape.and_then(|shape| session.texts.get(&shape)) {
        return Ok(Arc::clone(text));
    }
    let stands = Shape::compile(statement, &session.server.dialect, compiled)?;
    let text: Arc<str> = Arc::from(compiled.text.as_str());
    if let Some(shape) = shape.filter(|_| stands) {
        session.texts.insert(shape, Arc::clone(&text));
    }
    Ok(text)
}

/// The table that a statement is about, for errors.
fn table_of(statement: &Statement) -> Option<&str> {
    match statement {
        Statement::Select(select) => read_table(select),
        Statement::Insert(insert) => Some(&insert.table.name),
        Statement::InsertSelect(insert) => Some(&insert.table.name),
        Statement::Update(update) => Some(&update.table.name),
        Statement::Delete(delete) => Some(&delete.table.name),
        Statement::Explain { of, .. } => table_of(of),
        _ => None,
    }
}

fn read_table(select: &Select) -> Option<&str> {
    match &select.from {
        From::Table(table) => Some(&table.name),
        From::Select(inner, _) | From::Lateral(inner, _) => read_table(inner),
        _ => None,
    }
}
