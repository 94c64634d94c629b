use std::{
    any::Any,
    ops::ControlFlow,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use atlas_core::{
    Result,
    driver::{Connection, Driver, Outcome, Row, RowSink},
    statement::{Raw, Statement},
    value::Value,
};

/// A directory that is removed at the end of its test.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("atlas-sqlite-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.join("test.db")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
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
    Raw::new(text, Vec::new()).into()
}

pub(crate) async fn run(
    connection: &mut dyn Connection,
    statement: &Statement,
) -> Result<(Vec<Vec<Value>>, Outcome)> {
    let (sink, outcome) = connection.run(statement, Box::new(Collect::default())).await?;
    let sink: Box<dyn Any> = sink;
    Ok((sink.downcast::<Collect>().unwrap().0, outcome))
}

/// Runs a text on a connection of its own.
pub(crate) async fn query(driver: &Arc<dyn Driver>, text: &str) -> Result<Vec<Vec<Value>>> {
    let mut connection = driver.acquire().await?;
    run(&mut *connection, &sql(text)).await.map(|(rows, _)| rows)
}

pub(crate) async fn execute(driver: &Arc<dyn Driver>, text: &str) -> Result<u64> {
    let mut connection = driver.acquire().await?;
    run(&mut *connection, &sql(text)).await.map(|(_, outcome)| outcome.affected)
}

pub(crate) async fn count(driver: &Arc<dyn Driver>, table: &str) -> i64 {
    match query(driver, &format!("SELECT COUNT(*) FROM {table}")).await.unwrap()[0][0] {
        Value::I64(count) => count,
        _ => panic!("a count is a number"),
    }
}

/// Reads for seconds before it has its first row.
pub(crate) const LONG: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600000) SELECT SUM(i) FROM n";
