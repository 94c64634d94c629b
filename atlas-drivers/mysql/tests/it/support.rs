use std::{
    future::Future,
    ops::ControlFlow,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use atlas_core::{
    Error,
    driver::{Connection, Driver, Outcome, Row, RowSink, TransactionOptions},
    error::Result,
    statement::{Raw, Statement},
    value::Value,
};
use atlas_mysql::MySql;

/// The URL of the tests' server with more parameters; `None`, and a message, where there is none.
pub(crate) fn url(parameters: &str) -> Option<String> {
    let Ok(url) = std::env::var("ATLAS_TEST_MYSQL_URL") else {
        eprintln!("skipped: ATLAS_TEST_MYSQL_URL is not set; `cargo xtask services up` starts a server");
        return None;
    };
    let joined = if url.contains('?') { '&' } else { '?' };
    Some(if parameters.is_empty() { url } else { format!("{url}{joined}{parameters}") })
}

/// A driver on the tests' server.
pub(crate) async fn driver(parameters: &str) -> Option<Arc<dyn Driver>> {
    Some(MySql::new(url(parameters)?).open().await.unwrap())
}

/// A name for a table that no other test has.
pub(crate) fn fresh(name: &str) -> String {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    format!("test_{name}_{:x}_{}", since.as_micros(), LAST.fetch_add(1, Relaxed))
}

/// A raw statement.
pub(crate) fn raw(text: impl Into<String>, binds: impl Into<Vec<Value>>) -> Statement {
    Raw::new(text, binds.into()).into()
}

/// Rows as values.
#[derive(Default)]
pub(crate) struct Collected(pub(crate) Vec<Vec<Value>>);

impl RowSink for Collected {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        let values: Result<Vec<Value>> = (0..row.len()).map(|at| Ok(row.get(at)?.to_owned())).collect();
        self.0.push(values?);
        Ok(ControlFlow::Continue(()))
    }

    fn restart(&mut self) -> bool {
        self.0.clear();
        true
    }
}

/// Runs a statement, and gives its rows and what it did.
pub(crate) async fn run(
    connection: &mut dyn Connection,
    statement: &Statement,
) -> Result<(Vec<Vec<Value>>, Outcome)> {
    let (sink, outcome) = connection.run(statement, Box::new(Collected::default())).await?;
    let sink: Box<dyn std::any::Any> = sink;
    Ok((sink.downcast::<Collected>().unwrap().0, outcome))
}

/// The rows of a raw statement on a connection of its own.
pub(crate) async fn rows(driver: &Arc<dyn Driver>, text: impl Into<String>) -> Result<Vec<Vec<Value>>> {
    let mut connection = driver.acquire().await?;
    run(&mut *connection, &raw(text, [])).await.map(|(rows, _)| rows)
}

/// Runs a raw statement on a connection of its own.
pub(crate) async fn execute(driver: &Arc<dyn Driver>, text: impl Into<String>) {
    rows(driver, text).await.unwrap();
}

/// The error of a raw statement.
pub(crate) async fn fails(driver: &Arc<dyn Driver>, text: impl Into<String>) -> Error {
    rows(driver, text).await.unwrap_err()
}

/// Begins a transaction.
pub(crate) async fn begin(connection: &mut dyn Connection) {
    connection.begin(&TransactionOptions::default()).await.unwrap();
}

/// What the server calls the connection.
pub(crate) async fn id_of(connection: &mut dyn Connection) -> i64 {
    match run(connection, &raw("SELECT CONNECTION_ID()", [])).await.unwrap().0[0][0] {
        Value::I64(id) => id,
        ref other => panic!("{other:?}"),
    }
}

/// Polls a future so many times and gives it up.
pub(crate) struct Abandoned<F> {
    left: usize,
    future: Pin<Box<F>>,
}

pub(crate) fn after_polls<F: Future>(polls: usize, future: F) -> Abandoned<F> {
    Abandoned { left: polls, future: Box::pin(future) }
}

impl<F: Future> Future for Abandoned<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(left) = self.left.checked_sub(1) else { return Poll::Ready(None) };
        self.left = left;
        match self.future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}
