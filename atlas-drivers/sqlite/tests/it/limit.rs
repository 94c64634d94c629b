use std::{
    ops::ControlFlow,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use atlas_core::{
    Error, Result,
    driver::{Connection, Driver, Row, RowSink},
    statement::{ColumnRef, Expr, Insert, OnConflict, Scope, Statement, TableRef, Update},
    value::Value,
};
use atlas_sqlite::{Execution, Sqlite};

use crate::support::{Directory, count, execute, query, run, sql};

const LIMIT: Duration = Duration::from_millis(100);

const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT SUM(i) FROM n";

const ENDLESS_WRITE: &str =
    "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";

/// Databases with a table `t` of one row, in memory and in files, whose statements run everywhere.
async fn databases(directory: &Directory) -> Vec<std::sync::Arc<dyn Driver>> {
    let mut all = Vec::new();
    for execution in [Execution::Inline, Execution::Auto, Execution::Threaded] {
        let file = directory.file().with_extension(format!("{execution:?}"));
        for options in [Sqlite::memory(), Sqlite::file(file)] {
            let options = options.execution(execution).max_readers(1).statement_timeout(LIMIT);
            let driver = options.open().await.unwrap();
            execute(&driver, "CREATE TABLE t (a)").await.unwrap();
            execute(&driver, "INSERT INTO t VALUES (1)").await.unwrap();
            all.push(driver);
        }
    }
    all
}

fn is_over<T: std::fmt::Debug>(ended: Result<T>) {
    match ended.unwrap_err() {
        Error::Timeout { waiting_for, after } => {
            assert_eq!(after, LIMIT);
            assert!(waiting_for.contains("`statement_timeout`"), "{waiting_for}");
        }
        other => panic!("{other:?}"),
    }
}

async fn add_one(connection: &mut dyn Connection) -> Result<()> {
    run(connection, &sql("INSERT INTO t VALUES (2)")).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_over_its_limit_is_undone() {
    let directory = Directory::new();
    for driver in databases(&directory).await {
        for text in [ENDLESS, ENDLESS_WRITE, ENDLESS] {
            let began = Instant::now();
            is_over(query(&driver, text).await);
            assert!(began.elapsed() >= LIMIT && began.elapsed() < 20 * LIMIT, "{:?}", began.elapsed());
            assert_eq!(count(&driver, "t").await, 1);
        }
        execute(&driver, "INSERT INTO t VALUES (2)").await.unwrap();
        assert_eq!(count(&driver, "t").await, 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_over_its_limit_leaves_its_transaction_open() {
    let directory = Directory::new();
    for driver in databases(&directory).await {
        let mut connection = driver.acquire().await.unwrap();
        connection.begin(&Default::default()).await.unwrap();
        add_one(&mut *connection).await.unwrap();
        connection.begin(&Default::default()).await.unwrap();
        is_over(run(&mut *connection, &sql(ENDLESS)).await);
        add_one(&mut *connection).await.unwrap();
        connection.rollback().await.unwrap();
        connection.commit().await.unwrap();
        assert_eq!(count(&driver, "t").await, 2);
    }
}

/// SQLite rolls back all of it, and what would come after must not be kept as if nothing had happened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_over_its_limit_ends_its_transaction() {
    let directory = Directory::new();
    for driver in databases(&directory).await {
        let update = Statement::Update(Update {
            table: TableRef::new("t"),
            set: vec![(column(), Expr::Value(Value::I64(3)))],
            scope: Scope::default(),
            returning: Vec::new(),
        });
        execute(&driver, "CREATE TRIGGER slow AFTER UPDATE ON t BEGIN INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n; END")
            .await
            .unwrap();
        for write in [sql(ENDLESS_WRITE), update] {
            let mut connection = driver.acquire().await.unwrap();
            connection.begin(&Default::default()).await.unwrap();
            add_one(&mut *connection).await.unwrap();
            is_over(run(&mut *connection, &write).await);
            assert!(matches!(add_one(&mut *connection).await, Err(Error::Closed { .. })));
            assert!(matches!(connection.commit().await, Err(Error::Closed { .. })));
            add_one(&mut *connection).await.unwrap();
            assert_eq!(count(&driver, "t").await, 2);
            execute(&driver, "DELETE FROM t WHERE a = 2").await.unwrap();
        }
    }
}

fn column() -> ColumnRef {
    ColumnRef { table: None, name: "a".into(), ty: None }
}

/// Many rows are several statements for SQLite, and one for the program.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_insert_of_many_rows_has_one_limit() {
    let driver = Sqlite::memory().statement_timeout(Duration::from_millis(20)).open().await.unwrap();
    execute(&driver, "CREATE TABLE t (a)").await.unwrap();
    let rows = 300_000;
    let insert = Statement::Insert(Insert {
        table: TableRef::new("t"),
        columns: vec![column()],
        rows,
        values: (0..rows as i64).map(Value::I64).collect(),
        on_conflict: OnConflict::Fail,
        returning: Vec::new(),
        key: Vec::new(),
    });
    let mut connection = driver.acquire().await.unwrap();
    for _ in 0..2 {
        let ended = run(&mut *connection, &insert).await;
        assert!(matches!(ended, Err(Error::Timeout { after, .. }) if after.as_millis() == 20), "{ended:?}");
        assert_eq!(count(&driver, "t").await, 0);
    }
    connection.begin(&Default::default()).await.unwrap();
    add_one(&mut *connection).await.unwrap();
    assert!(matches!(run(&mut *connection, &insert).await, Err(Error::Timeout { .. })));
    // It ended between two of its statements, or within one.
    let _ = connection.commit().await;
    assert!(count(&driver, "t").await < 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_for_a_lock_counts() {
    let directory = Directory::new();
    for execution in [Execution::Inline, Execution::Auto, Execution::Threaded] {
        let file = directory.file().with_extension(format!("{execution:?}"));
        let other = Sqlite::file(&file).open().await.unwrap();
        execute(&other, "CREATE TABLE t (a)").await.unwrap();
        let options = Sqlite::file(&file).execution(execution).statement_timeout(LIMIT);
        let driver = options.clone().open().await.unwrap();
        let mut holder = other.acquire().await.unwrap();
        holder.begin(&Default::default()).await.unwrap();
        add_one(&mut *holder).await.unwrap();
        is_over(execute(&driver, "INSERT INTO t VALUES (1)").await);
        let mut connection = driver.acquire().await.unwrap();
        is_over(connection.begin(&Default::default()).await);
        // A patience that ends earlier says so.
        let impatient = options.busy_timeout(Duration::from_millis(30)).open().await.unwrap();
        match execute(&impatient, "INSERT INTO t VALUES (1)").await {
            Err(Error::Timeout { waiting_for, after }) => {
                assert!(after.as_millis() == 30 && waiting_for.contains("`busy_timeout`"), "{waiting_for}");
            }
            other => panic!("{other:?}"),
        }
        holder.commit().await.unwrap();
        execute(&driver, "INSERT INTO t VALUES (1)").await.unwrap();
        assert_eq!(count(&driver, "t").await, 2);
    }
}

/// Takes a while for each batch of rows.
struct Leisurely {
    rows: u32,
    until: Option<std::pin::Pin<Box<tokio::time::Sleep>>>,
}

impl RowSink for Leisurely {
    fn row(&mut self, _: &dyn Row) -> Result<ControlFlow<()>> {
        self.rows += 1;
        if self.rows.is_multiple_of(64) {
            self.until = Some(Box::pin(tokio::time::sleep(LIMIT / 2)));
        }
        Ok(ControlFlow::Continue(()))
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.until {
            Some(until) => until.as_mut().poll(context),
            None => Poll::Ready(()),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_reader_of_a_stream_takes_does_not_count() {
    let directory = Directory::new();
    let few = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) SELECT i FROM n";
    let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 200";
    for driver in databases(&directory).await {
        let mut connection = driver.acquire().await.unwrap();
        let sink = Box::new(Leisurely { rows: 0, until: None });
        connection.run(&sql(few), sink).await.unwrap();
        let sink = Box::new(Leisurely { rows: 0, until: None });
        is_over(connection.run(&sql(endless), sink).await.map(|_| ()));
        assert_eq!(run(&mut *connection, &sql("SELECT 1")).await.unwrap().0.len(), 1);
    }
}

#[tokio::test]
async fn each_statement_has_all_of_its_time() {
    let driver = Sqlite::memory().statement_timeout(LIMIT).open().await.unwrap();
    let part = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT SUM(i) FROM n";
    let mut connection = driver.acquire().await.unwrap();
    connection.begin(&Default::default()).await.unwrap();
    let began = Instant::now();
    while began.elapsed() < 3 * LIMIT {
        run(&mut *connection, &sql(part)).await.unwrap();
    }
    connection.commit().await.unwrap();
}

#[tokio::test]
async fn the_limit_stands_in_a_url() {
    let driver = Sqlite::from_url("sqlite::memory:?statement_timeout=100").unwrap().open().await.unwrap();
    is_over(query(&driver, ENDLESS).await);
}
