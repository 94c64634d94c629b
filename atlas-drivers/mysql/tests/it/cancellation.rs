//! Futures that are dropped half-way.

use std::{ops::ControlFlow, task, time::Duration};

use atlas_core::{
    Error,
    driver::{Row, RowSink},
    error::Result,
    value::Value,
};

use crate::support::{after_polls, begin, driver, execute, fresh, raw, rows, run};

/// How many polls a future gets, at most.
const POLLS: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_operation_after_each_poll() {
    let Some(driver) = driver("max_connections=2").await else { return };
    let table = fresh("cancel");
    execute(&driver, format!("CREATE TABLE {table} (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)")).await;
    execute(&driver, format!("INSERT INTO {table} VALUES (1, 0)")).await;
    let add = raw(format!("UPDATE {table} SET n = n + 1 WHERE id = ?"), [Value::I64(1)]);
    let read = raw(format!("SELECT n, {} FROM {table} WHERE id = ?", "REPEAT('x', 100000)"), [Value::I64(1)]);
    for polls in 0..POLLS {
        let before = rows(&driver, format!("SELECT n FROM {table}")).await.unwrap();
        let mut connection = driver.acquire().await.unwrap();
        let _ = after_polls(polls, run(&mut *connection, &read)).await;
        // The same connection goes on.
        assert_eq!(run(&mut *connection, &read).await.unwrap().0[0][0], before[0][0]);
        drop(connection);

        let mut connection = driver.acquire().await.unwrap();
        let _ = after_polls(polls, begin(&mut *connection)).await;
        drop(connection);

        let mut connection = driver.acquire().await.unwrap();
        begin(&mut *connection).await;
        let done = after_polls(polls, run(&mut *connection, &add)).await;
        if done.is_some() {
            let _ = after_polls(polls, connection.rollback()).await;
        }
        drop(connection);
        let after = rows(&driver, format!("SELECT n FROM {table}")).await.unwrap();
        assert_eq!(after, before, "{polls}");

        let mut connection = driver.acquire().await.unwrap();
        begin(&mut *connection).await;
        run(&mut *connection, &add).await.unwrap();
        let committed = after_polls(polls, connection.commit()).await;
        drop(connection);
        let after = rows(&driver, format!("SELECT n FROM {table} FOR UPDATE")).await.unwrap();
        if committed.is_some() {
            assert_ne!(after, before);
        }
        assert_eq!(driver.pool().max, 2);
    }
    execute(&driver, format!("DROP TABLE {table}")).await;
}

/// A read that is given up leaves its transaction as it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_read_keeps_its_transaction() {
    let Some(driver) = driver("").await else { return };
    let table = fresh("kept");
    execute(&driver, format!("CREATE TABLE {table} (id BIGINT PRIMARY KEY)")).await;
    let read = atlas_core::statement::Select::new(
        atlas_core::statement::TableRef::new("information_schema.COLLATIONS"),
        &["COLLATION_NAME", "CHARACTER_SET_NAME"],
    )
    .into();
    for polls in 1..POLLS {
        let mut connection = driver.acquire().await.unwrap();
        begin(&mut *connection).await;
        run(&mut *connection, &raw(format!("INSERT INTO {table} VALUES ({polls})"), [])).await.unwrap();
        let _ = after_polls(polls, run(&mut *connection, &read)).await;
        let left = run(&mut *connection, &raw(format!("SELECT COUNT(*) FROM {table}"), [])).await.unwrap();
        assert_eq!(left.0[0][0], Value::I64(polls as i64));
        connection.commit().await.unwrap();
    }
    execute(&driver, format!("DROP TABLE {table}")).await;
}

/// A write that is given up takes its transaction with it, and says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_write_ends_its_transaction() {
    let Some(driver) = driver("").await else { return };
    let table = fresh("ended");
    execute(&driver, format!("CREATE TABLE {table} (id BIGINT PRIMARY KEY)")).await;
    let mut connection = driver.acquire().await.unwrap();
    begin(&mut *connection).await;
    let write = raw(format!("INSERT INTO {table} SELECT SLEEP(0.2)"), []);
    assert!(after_polls(1, run(&mut *connection, &write)).await.is_none());
    let lost = run(&mut *connection, &raw("SELECT 1", [])).await.unwrap_err();
    assert!(matches!(lost, Error::Closed { what: "the transaction", .. }), "{lost}");
    assert!(matches!(connection.commit().await.unwrap_err(), Error::Closed { .. }));
    // Outside of it, the connection is of use again.
    let count = run(&mut *connection, &raw(format!("SELECT COUNT(*) FROM {table}"), [])).await.unwrap();
    assert_eq!(count.0, [[Value::I64(0)]]);
    execute(&driver, format!("DROP TABLE {table}")).await;
}

/// Whoever gives up does not leave the server at work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_is_told_to_end_what_nobody_waits_for() {
    let Some(driver) = driver("").await else { return };
    let mut connection = driver.acquire().await.unwrap();
    let mark = fresh("sleeper");
    let text = format!("SELECT SLEEP(20) /* {mark} */");
    let slow = raw(text, []);
    assert!(tokio::time::timeout(Duration::from_millis(100), run(&mut *connection, &slow)).await.is_err());
    let look = format!(
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '%{mark}%' AND INFO NOT LIKE '%PROCESSLIST%'"
    );
    for _ in 0..40 {
        if rows(&driver, look.clone()).await.unwrap() == [[Value::I64(0)]] {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the statement still runs on the server");
}

/// A sink that has enough after its first row.
struct First(u32);

impl RowSink for First {
    fn row(&mut self, _: &dyn Row) -> Result<ControlFlow<()>> {
        self.0 += 1;
        Ok(ControlFlow::Break(()))
    }
}

/// A sink that never has room.
struct Stuck;

impl RowSink for Stuck {
    fn row(&mut self, _: &dyn Row) -> Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> task::Poll<()> {
        task::Poll::Pending
    }
}

/// Millions of rows.
const MANY: &str = "SELECT a.TABLE_NAME FROM information_schema.COLUMNS a, information_schema.COLLATIONS b, information_schema.COLLATIONS c";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_nobody_wants_are_not_sent() {
    let Some(driver) = driver("max_connections=1").await else { return };
    let started = std::time::Instant::now();
    for _ in 0..3 {
        let mut connection = driver.acquire().await.unwrap();
        let (sink, _) = connection.run(&raw(MANY, []), Box::new(First(0))).await.unwrap();
        let sink: Box<dyn std::any::Any> = sink;
        assert_eq!(sink.downcast::<First>().unwrap().0, 1);
        assert_eq!(run(&mut *connection, &raw("SELECT 7", [])).await.unwrap().0, [[Value::I64(7)]]);
        let many = raw(MANY, []);
        let stuck = connection.run(&many, Box::new(Stuck));
        assert!(tokio::time::timeout(Duration::from_millis(300), stuck).await.is_err());
        drop(connection);
        assert_eq!(rows(&driver, "SELECT 8").await.unwrap(), [[Value::I64(8)]]);
    }
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}
