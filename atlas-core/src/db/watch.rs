//! Who watches what a database does: listeners, spans, and the log of slow statements.

use std::{
    any::Any,
    fmt,
    ops::ControlFlow,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tracing::{Instrument, Span, field::Empty};

use crate::{
    db::{
        about::About,
        database::Database,
        event::{Bind, Event, StatementEvent, Step, TransactionEvent},
        sensitive,
    },
    driver::{BoxFuture, Ran, Row, RowSink},
    error::{Error, Result},
    statement::Statement,
};

type Listener = Arc<dyn Fn(&Event) + Send + Sync>;

/// The listeners of a database, or of all named connections.
#[derive(Default)]
pub(super) struct Watch {
    /// Whether there are any: what a statement asks that nobody listens to.
    any: AtomicBool,
    last: AtomicU64,
    listeners: RwLock<Vec<(u64, Listener)>>,
}

/// The end of listening: see [`Db::listen`](crate::Db::listen).
pub struct Listening {
    stop: Box<dyn FnOnce() + Send + Sync>,
}

impl Listening {
    pub(super) fn new(stop: impl FnOnce() + Send + Sync + 'static) -> Self {
        Self { stop: Box::new(stop) }
    }

    /// Stops listening. Without it, the listener stays for as long as the database is open.
    pub fn stop(self) {
        (self.stop)();
    }
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listening")
    }
}

impl Watch {
    pub(super) fn add(&self, listener: Listener) -> u64 {
        let id = self.last.fetch_add(1, Relaxed);
        let mut listeners = self.listeners.write().unwrap_or_else(PoisonError::into_inner);
        listeners.push((id, listener));
        self.any.store(true, Relaxed);
        id
    }

    pub(super) fn remove(&self, id: u64) {
        let mut listeners = self.listeners.write().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|(other, _)| *other != id);
        self.any.store(!listeners.is_empty(), Relaxed);
    }

    /// Tells the listeners. They may use the database themselves, and add others.
    fn tell(&self, event: &Event) {
        if !self.any.load(Relaxed) {
            return;
        }
        let listeners = self.listeners.read().unwrap_or_else(PoisonError::into_inner).clone();
        for (_, listener) in listeners {
            listener(event);
        }
    }
}

/// The name under which spans and logs can be filtered.
const TARGET: &str = "atlas";

impl Database {
    /// Whether anybody wants to know what is done.
    pub(super) fn is_watched(&self) -> bool {
        self.is_listened_to()
            || self.slow.is_some()
            || tracing::enabled!(target: TARGET, tracing::Level::DEBUG)
    }

    fn is_listened_to(&self) -> bool {
        self.watch.any.load(Relaxed) || self.common.as_ref().is_some_and(|common| common.any.load(Relaxed))
    }

    fn tell(&self, event: &Event) {
        self.watch.tell(event);
        if let Some(common) = &self.common {
            common.tell(event);
        }
    }

    /// Runs a statement that somebody watches.
    pub(super) async fn watch<'a>(
        &'a self,
        about: Option<About>,
        transaction: Option<u64>,
        statement: &'a Statement,
        sink: Box<dyn RowSink>,
        run: impl FnOnce(Box<dyn RowSink>) -> BoxFuture<'a, Ran>,
    ) -> Ran {
        let text = self.driver.render(statement).map(|rendered| rendered.text).unwrap_or_default();
        let span = self.span(about, statement, &text);
        let mut report = Report {
            database: self,
            statement,
            about,
            transaction,
            text,
            span: span.clone(),
            began: Instant::now(),
            ended: false,
        };
        let ran = run(Box::new(Counting { sink, rows: 0 })).instrument(span).await;
        match ran.and_then(|(sink, outcome)| uncount(sink).map(|(sink, rows)| (sink, rows, outcome))) {
            Ok((sink, rows, outcome)) => {
                report.end(rows, outcome.affected, None);
                Ok((sink, outcome))
            }
            Err(error) => {
                report.end(0, 0, Some(error.to_string()));
                Err(error)
            }
        }
    }

    /// A span with the names that OpenTelemetry gives to what a database does.
    fn span(&self, about: Option<About>, statement: &Statement, text: &str) -> Span {
        if !tracing::enabled!(target: TARGET, tracing::Level::DEBUG) {
            return Span::none();
        }
        let operation = operation(statement);
        let table = about.map_or("", |about| about.table);
        let span = tracing::debug_span!(
            target: "atlas",
            "db.query",
            otel.kind = "client",
            otel.name = format!("{operation} {table}").trim_end(),
            db.system.name = system(self.driver.name()),
            db.operation.name = operation,
            db.query.text = text,
            db.collection.name = Empty,
            db.namespace = Empty,
            db.response.returned_rows = Empty,
            error.message = Empty,
        );
        if !table.is_empty() {
            span.record("db.collection.name", table);
        }
        if let Some(name) = &self.name {
            span.record("db.namespace", &**name);
        }
        span
    }

    /// Tells of a transaction's step.
    pub(super) fn tell_step(&self, step: Step, id: u64, depth: usize, duration: Duration) {
        if !self.is_watched() {
            return;
        }
        tracing::debug!(
            target: "atlas",
            { db.system.name = system(self.driver.name()), transaction = id, depth, ?duration },
            "{}",
            match step {
                Step::Begin => "transaction begun",
                Step::Commit => "transaction committed",
                Step::Rollback => "transaction rolled back",
            }
        );
        let (connection, driver) = (self.name.clone(), self.driver.name());
        self.tell(&Event::Transaction(TransactionEvent { step, id, depth, duration, connection, driver }));
    }
}

/// A watched statement on its way. Dropped before its end, it says so.
struct Report<'a> {
    database: &'a Database,
    statement: &'a Statement,
    about: Option<About>,
    transaction: Option<u64>,
    text: String,
    span: Span,
    began: Instant,
    ended: bool,
}

impl Report<'_> {
    fn end(&mut self, rows: u64, affected: u64, error: Option<String>) {
        self.ended = true;
        let duration = self.began.elapsed();
        match &error {
            None => self.span.record("db.response.returned_rows", rows),
            Some(error) => self.span.record("error.message", error.as_str()),
        };
        if self.database.slow.is_some_and(|slow| duration >= slow) {
            tracing::warn!(
                target: "atlas",
                {
                    db.system.name = system(self.database.driver.name()),
                    db.query.text = self.text,
                    ?duration,
                    rows
                },
                "slow statement"
            );
        }
        if !self.database.is_listened_to() {
            return;
        }
        self.database.tell(&Event::Statement(StatementEvent {
            binds: self.binds(),
            text: std::mem::take(&mut self.text),
            rows,
            affected,
            duration,
            connection: self.database.name.clone(),
            driver: self.database.driver.name(),
            transaction: self.transaction,
            model: self.about.map(|about| about.model),
            error,
        }));
    }

    fn binds(&self) -> Vec<Bind> {
        let Ok(rendered) = self.database.driver.render(self.statement) else { return Vec::new() };
        let secrets = sensitive::values(self.statement, self.about);
        rendered
            .binds
            .into_iter()
            .map(|value| if secrets.hide(&value) { Bind::Redacted } else { Bind::Value(value) })
            .collect()
    }
}

impl Drop for Report<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.end(0, 0, Some("dropped before its end".to_owned()));
        }
    }
}

/// Counts the rows of a statement.
struct Counting {
    sink: Box<dyn RowSink>,
    rows: u64,
}

impl RowSink for Counting {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        self.rows += 1;
        self.sink.row(row)
    }

    fn restart(&mut self) -> bool {
        let restarted = self.sink.restart();
        if restarted {
            self.rows = 0;
        }
        restarted
    }

    fn restartable(&self) -> bool {
        self.sink.restartable()
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.sink.poll_ready(context)
    }
}

fn uncount(sink: Box<dyn RowSink>) -> Result<(Box<dyn RowSink>, u64)> {
    let sink: Box<dyn Any> = sink;
    match sink.downcast::<Counting>() {
        Ok(counting) => Ok((counting.sink, counting.rows)),
        Err(_) => Err(Error::Driver {
            message: "the driver gave another statement's sink back".to_owned(),
            source: None,
        }),
    }
}

/// What a statement does, in a word.
fn operation(statement: &Statement) -> &'static str {
    match statement {
        Statement::Select(_) => "SELECT",
        Statement::Insert(_) | Statement::InsertSelect(_) => "INSERT",
        Statement::Update(_) => "UPDATE",
        Statement::Delete(_) => "DELETE",
        Statement::Raw(_) => "RAW",
        Statement::Schema(_) => "SCHEMA",
        Statement::Explain { .. } => "EXPLAIN",
    }
}

/// What OpenTelemetry calls the databases.
fn system(driver: &'static str) -> &'static str {
    match driver {
        "postgres" => "postgresql",
        other => other,
    }
}
