use std::{
    any::Any,
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use atlas_core::{
    Result,
    driver::{ConnectOptions, Connection, Driver, Outcome, Row, RowSink},
    statement::{Raw, Statement},
    value::Value,
};
use atlas_postgres::Postgres;

/// The URL of the server for tests, with more parameters; `None`, with a word about it, where there is none.
pub(crate) fn url(parameters: &str) -> Option<String> {
    of("ATLAS_TEST_POSTGRES_URL", parameters)
}

/// The same of a pooler in transaction mode.
pub(crate) fn pooler(parameters: &str) -> Option<String> {
    of("ATLAS_TEST_PGBOUNCER_URL", parameters)
}

fn of(variable: &str, parameters: &str) -> Option<String> {
    match std::env::var(variable) {
        Ok(url) if parameters.is_empty() => Some(url),
        Ok(url) => Some(format!("{url}{}{parameters}", if url.contains('?') { '&' } else { '?' })),
        Err(_) => {
            eprintln!(
                "skipped: {variable} is not set; `cargo xtask services up` starts a server and says it"
            );
            None
        }
    }
}

/// A driver on the server, with parameters.
pub(crate) async fn driver(parameters: &str) -> Option<Arc<dyn Driver>> {
    Some(open(&url(parameters)?).await)
}

/// A driver of a URL.
pub(crate) async fn open(url: &str) -> Arc<dyn Driver> {
    Postgres::new(&ConnectOptions::new(url)).unwrap().open().await.unwrap()
}

/// A name that nothing has yet.
pub(crate) fn fresh(word: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let since = std::time::UNIX_EPOCH.elapsed().unwrap().as_micros();
    format!("{word}_{since:x}_{number}")
}

/// Keeps all rows.
#[derive(Default)]
pub(crate) struct Collect(pub(crate) Vec<Vec<Value>>);

impl RowSink for Collect {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        self.0.push((0..row.len()).map(|index| Ok(row.get(index)?.to_owned())).collect::<Result<_>>()?);
        Ok(ControlFlow::Continue(()))
    }

    fn restart(&mut self) -> bool {
        self.0.clear();
        true
    }

    fn restartable(&self) -> bool {
        true
    }
}

pub(crate) fn sql(text: impl Into<String>) -> Statement {
    Raw::new(text, []).into()
}

pub(crate) fn bound(text: impl Into<String>, binds: impl Into<Vec<Value>>) -> Statement {
    Raw::new(text, binds).into()
}

pub(crate) async fn run(
    connection: &mut dyn Connection,
    statement: &Statement,
) -> Result<(Vec<Vec<Value>>, Outcome)> {
    let (sink, outcome) = connection.run(statement, Box::new(Collect::default())).await?;
    let sink: Box<dyn Any> = sink;
    Ok((sink.downcast::<Collect>().unwrap().0, outcome))
}

/// Runs a statement on a connection of its own.
pub(crate) async fn query(
    driver: &Arc<dyn Driver>,
    statement: impl Into<Statement>,
) -> Result<Vec<Vec<Value>>> {
    let mut connection = driver.acquire().await?;
    run(&mut *connection, &statement.into()).await.map(|(rows, _)| rows)
}

/// Runs a text on a connection of its own.
pub(crate) async fn execute(driver: &Arc<dyn Driver>, text: impl Into<String>) -> Result<u64> {
    let mut connection = driver.acquire().await?;
    run(&mut *connection, &sql(text)).await.map(|(_, outcome)| outcome.affected)
}

/// The one number that a text selects.
pub(crate) async fn number(driver: &Arc<dyn Driver>, text: impl Into<String>) -> i64 {
    match query(driver, sql(text)).await.unwrap()[0][0] {
        Value::I64(number) => number,
        ref other => panic!("no number: {other:?}"),
    }
}
