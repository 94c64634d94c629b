//! One connection to the server, and what is kept with it.

use std::{
    collections::HashMap,
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use atlas_sql::{Compiled, Shape};
use futures_core::Stream;
use hashlink::LruCache;
use sqlx::{
    AssertSqlSafe, Connection as _, Either, Executor, Row as _, SqlSafeStr, ValueRef as _,
    postgres::{PgConnection, PgQueryResult, PgRow},
};

use crate::{error::Failure, layout::Layout, options::Postgres, plan::Plan};

/// What the connections of a database have in common.
pub(crate) struct Shared {
    pub(crate) options: Postgres,
    /// How often the schema was changed by this program: what was prepared before is prepared anew.
    epoch: AtomicU64,
    layouts: Mutex<HashMap<String, Arc<Layout>>>,
    /// What the server said of statements, where no connection may keep any.
    plans: Mutex<LruCache<Arc<str>, Arc<Plan>>>,
}

impl Shared {
    pub(crate) fn new(options: Postgres) -> Self {
        Self {
            options,
            epoch: AtomicU64::new(0),
            layouts: Mutex::default(),
            plans: Mutex::new(LruCache::new(1_000)),
        }
    }

    /// The schema was changed, or may have been.
    pub(crate) fn schema_changed(&self) {
        self.epoch.fetch_add(1, Relaxed);
        self.layouts().clear();
        self.plans().clear();
    }

    pub(crate) fn layouts(&self) -> MutexGuard<'_, HashMap<String, Arc<Layout>>> {
        self.layouts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn plans(&self) -> MutexGuard<'_, LruCache<Arc<str>, Arc<Plan>>> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection, and what is kept with it.
pub(crate) struct Session {
    pub(crate) connection: PgConnection,
    /// The server's process, by which a statement is cancelled; `None` behind a pooler.
    pub(crate) process: Option<i32>,
    /// Whether a transaction was begun and has not ended.
    pub(crate) in_transaction: bool,
    /// Whether a statement was being prepared: dropped in the middle, nobody knows its name.
    pub(crate) preparing: bool,
    /// Whether rows are being copied: dropped in the middle, the connection is of no more use.
    pub(crate) copying: bool,
    /// Whether rows of the statement that has ended are still to come.
    pub(crate) left_rows: bool,
    /// Whether rows of the running statement were handed over.
    pub(crate) gave_rows: bool,
    /// Whether it may hold locks that no transaction ends.
    pub(crate) locks: bool,
    epoch: u64,
    plans: LruCache<Arc<str>, Arc<Plan>>,
    /// The same plans by the shapes of statements, whose texts are not written then.
    shapes: LruCache<Shape, Arc<Plan>>,
    pub(crate) compiled: Compiled<'static>,
}

impl Session {
    pub(crate) fn new(connection: PgConnection, process: Option<i32>, shared: &Shared) -> Self {
        Self {
            connection,
            process,
            in_transaction: false,
            preparing: false,
            copying: false,
            left_rows: false,
            gave_rows: false,
            locks: false,
            epoch: shared.epoch.load(Relaxed),
            plans: LruCache::new(shared.options.statement_cache.max(1)),
            shapes: LruCache::new(shared.options.statement_cache.max(1)),
            compiled: Compiled::default(),
        }
    }

    /// What is known of a statement by its shape.
    pub(crate) fn known(&mut self, shared: &Shared, shape: Shape) -> Option<Arc<Plan>> {
        if self.epoch != shared.epoch.load(Relaxed) {
            return None;
        }
        self.shapes.get(&shape).cloned()
    }

    /// Keeps what is known of a statement under its shape.
    pub(crate) fn keep(&mut self, shape: Shape, plan: &Arc<Plan>) {
        self.shapes.insert(shape, Arc::clone(plan));
    }

    /// What the server says of a statement. It is asked once, and keeps the statement prepared.
    pub(crate) async fn plan(&mut self, shared: &Shared, text: &str) -> Result<Arc<Plan>, Failure> {
        let epoch = shared.epoch.load(Relaxed);
        if self.epoch != epoch {
            self.forget_statements().await?;
            self.epoch = epoch;
        }
        let pooled = shared.options.is_pooled();
        let kept = if pooled { shared.plans().get(text).cloned() } else { self.plans.get(text).cloned() };
        if let Some(plan) = kept {
            return Ok(plan);
        }
        let text: Arc<str> = text.into();
        let sql = AssertSqlSafe(Arc::clone(&text)).into_sql_str();
        self.preparing = true;
        let prepared = (&mut self.connection).prepare_with(sql, &[]).await;
        self.preparing = false;
        let plan = Arc::new(Plan::of(Arc::clone(&text), prepared?));
        if pooled {
            // The next session is another one's: it gets the statement without a name.
            self.connection.clear_cached_statements().await?;
            shared.plans().insert(text, Arc::clone(&plan));
        } else {
            self.plans.insert(text, Arc::clone(&plan));
        }
        Ok(plan)
    }

    /// Forgets what was prepared.
    pub(crate) async fn forget_statements(&mut self) -> Result<(), Failure> {
        self.plans.clear();
        self.shapes.clear();
        self.connection.clear_cached_statements().await?;
        Ok(())
    }

    /// Runs a text of our own without values, and passes over its rows.
    pub(crate) async fn command(&mut self, text: impl Into<String>) -> Result<(), Failure> {
        (&mut self.connection).execute(AssertSqlSafe(text.into())).await?;
        Ok(())
    }

    /// Begins a transaction, with what every one is to begin with where nothing is kept in the session.
    pub(crate) async fn begin(&mut self, shared: &Shared, how: &str) -> Result<(), Failure> {
        let mut text = format!("BEGIN{how}");
        for (name, value) in &shared.options.local {
            text.push_str("; SELECT set_config(");
            literal(name, &mut text);
            text.push_str(", ");
            literal(value, &mut text);
            text.push_str(", true)");
        }
        self.in_transaction = true;
        let begun = self.command(text).await;
        if begun.is_err() && !shared.options.local.is_empty() {
            let _ = self.command("ROLLBACK").await;
        }
        self.in_transaction = begun.is_ok();
        begun
    }

    /// Ends the transaction. A failed commit leaves none open.
    pub(crate) async fn end(&mut self, keep: bool) -> Result<(), Failure> {
        let ended = self.command(if keep { "COMMIT" } else { "ROLLBACK" }).await;
        if !matches!(ended, Err(Failure::Lost)) {
            self.in_transaction = false;
        }
        ended
    }

    /// The rows of a text of our own without values, as texts.
    pub(crate) async fn texts(&mut self, text: String) -> Result<Vec<Vec<String>>, Failure> {
        let rows = (&mut self.connection).fetch_all(AssertSqlSafe(text)).await?;
        let text_of = |row: &PgRow, index| match row.try_get_raw(index) {
            Ok(raw) if !raw.is_null() => raw.as_str().unwrap_or_default().to_owned(),
            _ => String::new(),
        };
        Ok(rows.iter().map(|row| (0..row.len()).map(|index| text_of(row, index)).collect()).collect())
    }

    /// Reads every reply that is still to come, and asks the server whether it is there.
    pub(crate) async fn drain(&mut self) -> Result<(), Failure> {
        loop {
            match self.connection.ping().await.map_err(Failure::from) {
                Ok(()) => {
                    self.left_rows = false;
                    return Ok(());
                }
                // What the server says of a statement that nobody waits for any more.
                Err(Failure::Server(_)) => {}
                Err(lost) => return Err(lost),
            }
        }
    }
}

/// What comes next of a reply.
pub(crate) async fn next<S>(reply: &mut Pin<Box<S>>) -> Option<sqlx::Result<Either<PgQueryResult, PgRow>>>
where
    S: Stream<Item = sqlx::Result<Either<PgQueryResult, PgRow>>> + Send + ?Sized,
{
    poll_fn(|context| reply.as_mut().poll_next(context)).await
}

/// Writes a text as a literal of SQL's.
pub(crate) fn literal(text: &str, out: &mut String) {
    out.push_str("E'");
    for part in text.chars() {
        if matches!(part, '\'' | '\\') {
            out.push(part);
        }
        if part != '\0' {
            out.push(part);
        }
    }
    out.push('\'');
}
