use std::{
    ops::ControlFlow,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use atlas_core::{
    Error, Result,
    driver::{Driver, Row, RowSink},
    statement::{ColumnRef, Insert, OnConflict, Statement, TableRef},
    value::Value,
};
use atlas_sqlite::{Execution, Sqlite};

use crate::support::{Collect, Directory, LONG, count, execute, query, run, sql};

/// Has room every third time that it is asked.
#[derive(Default)]
struct Slow {
    rows: usize,
    asked: usize,
}

impl RowSink for Slow {
    fn row(&mut self, _: &dyn Row) -> Result<ControlFlow<()>> {
        self.rows += 1;
        Ok(ControlFlow::Continue(()))
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.asked += 1;
        if self.asked.is_multiple_of(3) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

fn insert(rows: i64) -> Statement {
    Statement::Insert(Insert {
        table: TableRef::new("t"),
        columns: vec![ColumnRef { table: None, name: "a".into(), ty: None }],
        rows: usize::try_from(rows).unwrap(),
        values: (0..rows).map(Value::I64).collect(),
        on_conflict: OnConflict::Fail,
        returning: vec!["a".into()],
        key: Vec::new(),
    })
}

const MANY: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT i FROM n";

/// Polls `polls` times, then drops; whether it was done before.
async fn drop_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    let mut left = polls;
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

async fn databases(directory: &Directory) -> Vec<Arc<dyn Driver>> {
    let mut all = Vec::new();
    for execution in [Execution::Auto, Execution::Threaded] {
        all.push(Sqlite::memory().execution(execution).open().await.unwrap());
        let file = directory.file().with_extension(format!("{execution:?}"));
        all.push(Sqlite::file(file).execution(execution).max_readers(1).open().await.unwrap());
    }
    for driver in &all {
        execute(driver, "CREATE TABLE t (a)").await.unwrap();
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_may_be_dropped_at_every_poll() {
    let directory = Directory::new();
    for driver in databases(&directory).await {
        for (statement, most) in [(sql(MANY), 30), (sql(LONG), 4), (insert(500), 30)] {
            for polls in 0..most {
                let before = count(&driver, "t").await;
                let mut connection = driver.acquire().await.unwrap();
                let done = drop_after(polls, connection.run(&statement, Box::new(Slow::default()))).await;
                drop(connection);
                let after = tokio::time::timeout(Duration::from_secs(60), async {
                    execute(&driver, "DELETE FROM t WHERE a = -1").await.unwrap();
                    count(&driver, "t").await
                });
                let after = after.await.expect("the connection came back");
                assert!(after == before || after == before + 500, "{polls}: {before} {after}");
                assert!(done.is_none() || done.unwrap().is_ok());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_may_be_dropped_at_every_poll() {
    let directory = Directory::new();
    for driver in databases(&directory).await {
        for polls in 0..60 {
            let work = async {
                let mut connection = driver.acquire().await.unwrap();
                connection.begin(&Default::default()).await.unwrap();
                run(&mut *connection, &insert(10)).await.unwrap();
                connection.begin(&Default::default()).await.unwrap();
                connection.run(&insert(200), Box::new(Slow::default())).await.unwrap();
                connection.run(&sql(MANY), Box::new(Slow::default())).await.unwrap();
                connection.rollback().await.unwrap();
                tokio::task::yield_now().await;
                connection.rollback().await.unwrap();
            };
            drop_after(polls, work).await;
            let after = tokio::time::timeout(Duration::from_secs(60), async {
                execute(&driver, "DELETE FROM t WHERE a = -1").await.unwrap();
                count(&driver, "t").await
            });
            assert_eq!(after.await.expect("the writer came back"), 0);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_lost_its_statement_has_ended() {
    let driver = Sqlite::memory().open().await.unwrap();
    execute(&driver, "CREATE TABLE t (a)").await.unwrap();
    let mut connection = driver.acquire().await.unwrap();
    connection.begin(&Default::default()).await.unwrap();
    run(&mut *connection, &insert(1)).await.unwrap();
    let long = sql(format!("INSERT INTO t {LONG}"));
    assert!(drop_after(1, connection.run(&long, Box::new(()))).await.is_none());
    assert!(matches!(run(&mut *connection, &insert(1)).await, Err(Error::Closed { .. })));
    assert!(matches!(connection.begin(&Default::default()).await, Err(Error::Closed { .. })));
    assert!(matches!(connection.commit().await, Err(Error::Closed { .. })));
    assert_eq!(count(&driver, "t").await, 0);
    // The connection itself is as good as new.
    connection.begin(&Default::default()).await.unwrap();
    run(&mut *connection, &insert(1)).await.unwrap();
    connection.commit().await.unwrap();
    assert_eq!(count(&driver, "t").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_read_is_interrupted() {
    let driver = Sqlite::memory().open().await.unwrap();
    let endless = sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT SUM(i) FROM n");
    let mut connection = driver.acquire().await.unwrap();
    let run = connection.run(&endless, Box::new(Collect::default()));
    assert!(tokio::time::timeout(Duration::from_millis(30), run).await.is_err());
    let next = tokio::time::timeout(Duration::from_secs(60), query(&driver, "SELECT 1"));
    assert_eq!(next.await.expect("the only connection came back").unwrap(), [[Value::I64(1)]]);
}

#[tokio::test]
async fn a_read_that_is_dropped_in_a_transaction_leaves_it_open() {
    let driver = Sqlite::memory().open().await.unwrap();
    execute(&driver, "CREATE TABLE t (a)").await.unwrap();
    let mut connection = driver.acquire().await.unwrap();
    connection.begin(&Default::default()).await.unwrap();
    run(&mut *connection, &insert(3)).await.unwrap();
    assert!(drop_after(1, connection.run(&sql(MANY), Box::new(Slow::default()))).await.is_none());
    connection.commit().await.unwrap();
    assert_eq!(count(&driver, "t").await, 3);
}

#[tokio::test]
async fn a_connection_that_is_dropped_in_a_transaction_is_rolled_back() {
    let driver = Sqlite::memory().open().await.unwrap();
    execute(&driver, "CREATE TABLE t (a)").await.unwrap();
    let mut connection = driver.acquire().await.unwrap();
    connection.begin(&Default::default()).await.unwrap();
    connection.begin(&Default::default()).await.unwrap();
    run(&mut *connection, &insert(3)).await.unwrap();
    drop(connection);
    assert_eq!(count(&driver, "t").await, 0);
}
