use std::{
    any::Any,
    ops::ControlFlow,
    thread::{self, ThreadId},
    time::Duration,
};

use atlas_core::{
    Result,
    driver::{Row, RowSink},
    statement::{ColumnRef, CompareOp, Expr, Scope, TableRef, Update},
    value::Value,
};
use atlas_sqlite::{Execution, Sqlite};

use crate::{
    pool::leaves_the_thread,
    support::{Directory, LONG, execute, query, run, sql},
};

/// A current-thread runtime: what keeps its one thread keeps everybody.
#[tokio::test]
async fn long_statements_leave_the_thread() {
    let directory = Directory::new();
    for options in [Sqlite::memory(), Sqlite::file(directory.file())] {
        let driver = options.open().await.unwrap();
        execute(&driver, "CREATE TABLE t (a INTEGER)").await.unwrap();
        for text in [
            LONG,
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000) SELECT i FROM n",
            // A row at once, and the next one after a long gap.
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600000) SELECT i FROM n WHERE i IN (1, 600000)",
            "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000) SELECT i FROM n",
            "UPDATE t SET a = a + 1",
            "DELETE FROM t WHERE a > 100",
        ] {
            leaves_the_thread(text, query(&driver, text)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn writes_in_a_transaction_leave_the_thread_and_keep_it_open() {
    let driver = Sqlite::memory().open().await.unwrap();
    execute(&driver, "CREATE TABLE t (a INTEGER)").await.unwrap();
    let mut connection = driver.acquire().await.unwrap();
    connection.begin(&Default::default()).await.unwrap();
    leaves_the_thread("writing in a transaction", async {
        let fill = "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000) SELECT i FROM n";
        assert_eq!(run(&mut *connection, &sql(fill)).await.unwrap().1.affected, 500_000);
        assert_eq!(run(&mut *connection, &sql("SELECT SUM(a) FROM t")).await.unwrap().0[0][0], Value::I64(125_000_250_000));
    })
    .await;
    connection.rollback().await.unwrap();
    assert_eq!(query(&driver, "SELECT COUNT(*) FROM t").await.unwrap()[0][0], Value::I64(0));
}

/// The thread that a row came on.
struct Seen(Option<ThreadId>);

impl RowSink for Seen {
    fn row(&mut self, _: &dyn Row) -> Result<ControlFlow<()>> {
        self.0 = Some(thread::current().id());
        Ok(ControlFlow::Continue(()))
    }
}

#[tokio::test]
async fn the_thread_can_be_chosen() {
    for execution in [Execution::Inline, Execution::Auto, Execution::Threaded] {
        let driver = Sqlite::memory().execution(execution).open().await.unwrap();
        let mut connection = driver.acquire().await.unwrap();
        let (sink, _) = connection.run(&sql("SELECT 1"), Box::new(Seen(None))).await.unwrap();
        let sink: Box<dyn Any> = sink;
        let here = sink.downcast::<Seen>().unwrap().0.unwrap() == thread::current().id();
        assert_eq!(here, execution != Execution::Threaded, "{execution:?}");
    }
}

/// Few rows are not worth another thread, many are; what is long to find does not end the transaction.
#[tokio::test]
async fn writes_of_few_rows_in_a_transaction_stay() {
    let driver = Sqlite::memory().open().await.unwrap();
    execute(&driver, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)").await.unwrap();
    let fill =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT i, i FROM n";
    execute(&driver, &format!("INSERT INTO t {fill}")).await.unwrap();
    let column = |name: &'static str| ColumnRef { table: None, name: name.into(), ty: None };
    let mut connection = driver.acquire().await.unwrap();
    connection.begin(&Default::default()).await.unwrap();
    for (by, most, stays) in [("id", 1, true), ("id", 100, true), ("id", 101, false), ("a", 100, false)] {
        let most = Expr::Value(Value::I64(most));
        let filter = Expr::Compare(CompareOp::Le, Box::new(Expr::Column(column(by))), Box::new(most.clone()));
        let update = Update {
            table: TableRef::new("t"),
            set: vec![(column("a"), Expr::Column(column("id")))],
            scope: Scope { filter: Some(filter), ..Scope::default() },
            returning: vec!["id".into()],
        };
        let (sink, outcome) = connection.run(&update.into(), Box::new(Seen(None))).await.unwrap();
        assert_eq!(
            Value::I64(i64::try_from(outcome.affected).unwrap()),
            match most {
                Expr::Value(most) => most,
                _ => Value::Null,
            }
        );
        let sink: Box<dyn Any> = sink;
        let stayed = sink.downcast::<Seen>().unwrap().0.unwrap() == thread::current().id();
        assert_eq!(stayed, stays, "{by}");
    }
    connection.commit().await.unwrap();
}

#[tokio::test]
async fn the_log_is_written_back() {
    let directory = Directory::new();
    let driver = Sqlite::file(directory.file()).open().await.unwrap();
    execute(&driver, "CREATE TABLE t (a TEXT)").await.unwrap();
    for _ in 0..200 {
        execute(&driver, "INSERT INTO t VALUES (hex(randomblob(20000)))").await.unwrap();
    }
    let written_back = async {
        while std::fs::metadata(directory.file()).unwrap().len() < 4_000_000 {
            tokio::time::sleep(Duration::from_millis(5)).await;
            execute(&driver, "INSERT INTO t VALUES (1)").await.unwrap();
        }
    };
    let done = tokio::time::timeout(Duration::from_secs(60), written_back).await;
    done.expect("the log is written back in the background");
}
