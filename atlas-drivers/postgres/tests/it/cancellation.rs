use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use atlas_core::{Error, driver::Driver};
use tokio::time::{Instant, sleep, timeout};

use crate::support::{Collect, driver, execute, fresh, number, sql};

/// Polls a future so many times and gives up.
struct After<F> {
    left: usize,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for After<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        match self.future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

fn after<F: Future>(left: usize, future: F) -> After<F> {
    After { left, future: Box::pin(future) }
}

/// How many statements of this mark the server is at, apart from the one that asks.
async fn running(watcher: &Arc<dyn Driver>, mark: &str) -> i64 {
    let text = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%{mark}%' AND pid <> pg_backend_pid()"
    );
    number(watcher, text).await
}

async fn ends_soon(watcher: &Arc<dyn Driver>, mark: &str) {
    let since = Instant::now();
    while running(watcher, mark).await > 0 {
        assert!(since.elapsed() < Duration::from_secs(3), "the server is still at it");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_dropped_statement_ends_on_the_server() {
    let (Some(driver), Some(watcher)) = (driver("max_connections=1").await, driver("").await) else { return };
    let mark = fresh("mark");
    let slow = sql(format!("SELECT pg_sleep(60) /* {mark} */"));
    let mut connection = driver.acquire().await.unwrap();
    assert!(timeout(Duration::from_millis(100), connection.run(&slow, Box::new(()))).await.is_err());
    assert_eq!(running(&watcher, &mark).await, 1);
    drop(connection);
    // The only connection is cleaned, and lent again.
    assert_eq!(timeout(Duration::from_secs(5), number(&driver, "SELECT 7")).await.unwrap(), 7);
    ends_soon(&watcher, &mark).await;
}

#[tokio::test]
async fn a_statement_over_its_time_ends_on_the_server() {
    let (Some(driver), Some(watcher)) =
        (driver("statement_timeout=100&max_connections=1").await, driver("").await)
    else {
        return;
    };
    let mark = fresh("mark");
    // The server's own limit is taken away, so that it is ours that counts.
    let mut connection = driver.acquire().await.unwrap();
    connection.run(&sql("SET statement_timeout = 0"), Box::new(())).await.unwrap();
    let slow = sql(format!("SELECT pg_sleep(60) /* {mark} */"));
    let error = connection.run(&slow, Box::new(())).await.err().unwrap();
    assert!(matches!(&error, Error::Timeout { after, .. } if after.as_millis() == 100), "{error:?}");
    ends_soon(&watcher, &mark).await;
    let (sink, _) = connection.run(&sql("SELECT 7"), Box::new(Collect::default())).await.unwrap();
    drop(sink);
}

#[tokio::test]
async fn a_transaction_is_lost_with_a_dropped_statement() {
    let Some(driver) = driver("max_connections=1").await else { return };
    let table = fresh("lost");
    execute(&driver, format!("CREATE TABLE {table} (id int)")).await.unwrap();
    let insert = sql(format!("INSERT INTO {table} VALUES (1)"));
    for polls in 1..8 {
        let mut connection = driver.acquire().await.unwrap();
        connection.begin(&Default::default()).await.unwrap();
        connection.run(&insert, Box::new(())).await.unwrap();
        let many = sql(format!("INSERT INTO {table} SELECT generate_series(1, 10000) /* {polls} */"));
        let ended = after(polls, connection.run(&many, Box::new(()))).await.is_some();
        if ended {
            connection.rollback().await.unwrap();
            break;
        }
        let error = connection.run(&insert, Box::new(())).await.err().unwrap();
        assert!(matches!(&error, Error::Closed { what: "the transaction", .. }), "{error:?}");
        assert!(matches!(connection.commit().await, Err(Error::Closed { .. })));
        // The connection itself goes on, with another.
        connection.run(&insert, Box::new(())).await.unwrap();
        drop(connection);
        execute(&driver, format!("DELETE FROM {table}")).await.unwrap();
    }
    assert_eq!(number(&driver, format!("SELECT count(*) FROM {table}")).await, 0);
    execute(&driver, format!("DROP TABLE {table}")).await.unwrap();
}

/// Each answer belongs to its question, whatever was dropped before on the same connection.
#[tokio::test]
async fn no_reply_is_read_by_the_next_statement() {
    let Some(driver) = driver("max_connections=1").await else { return };
    for polls in 0..12 {
        for kept in [true, false] {
            let mut connection = driver.acquire().await.unwrap();
            let first = sql(format!("SELECT {polls} + 100 FROM generate_series(1, 5000)"));
            after(polls, connection.run(&first, Box::new(Collect::default()))).await;
            if kept {
                let answer =
                    crate::support::run(&mut *connection, &sql(format!("SELECT {polls}"))).await.unwrap();
                assert_eq!(answer.0, [[atlas_core::value::Value::I64(polls as i64)]]);
            }
            drop(connection);
            assert_eq!(number(&driver, format!("SELECT {polls} + 1")).await, polls as i64 + 1);
        }
    }
}

/// Two hundred tasks move money about on five connections, and some are dropped on the way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled() {
    let Some(driver) = driver("max_connections=5").await else { return };
    let table = fresh("ledger");
    execute(&driver, format!("CREATE TABLE {table} (id int PRIMARY KEY, balance int)")).await.unwrap();
    execute(&driver, format!("INSERT INTO {table} SELECT i, 100 FROM generate_series(0, 9) i"))
        .await
        .unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..200u64 {
        let (driver, table) = (driver.clone(), table.clone());
        tasks.spawn(async move {
            for round in 0..5u64 {
                let seed = (task * 31 + round * 17) % 97;
                let (from, to) = (seed % 10, (seed * 7 + 3) % 10);
                // In one order, so that there are no deadlocks.
                let steps = [(from.min(to), -1i64), (from.max(to), 1)];
                let transfer = async {
                    let mut connection = driver.acquire().await?;
                    connection.begin(&Default::default()).await?;
                    for (id, by) in steps {
                        let text = format!("UPDATE {table} SET balance = balance + {by} WHERE id = {id}");
                        connection.run(&sql(text), Box::new(())).await?;
                    }
                    connection.commit().await
                };
                let patience = Duration::from_micros(200 + seed * 150);
                if let Ok(Err(error)) = timeout(patience, transfer).await {
                    panic!("{error:?}");
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(number(&driver, format!("SELECT sum(balance)::int8 FROM {table}")).await, 1_000);
    execute(&driver, format!("DROP TABLE {table}")).await.unwrap();
}
