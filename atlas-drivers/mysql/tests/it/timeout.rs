//! Statements that take too long.

use std::time::{Duration, Instant};

use atlas_core::{Error, value::Value};

use crate::support::{begin, driver, execute, fresh, raw, rows, run};

/// Work for minutes.
const LONG: &str = "SELECT COUNT(*) FROM seq_1_to_1000000 a, seq_1_to_1000000 b WHERE a.seq * b.seq = 7";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_are_ended_on_the_server_too() {
    let Some(driver) = driver("statement_timeout=300&max_connections=2").await else { return };
    let started = Instant::now();
    let error = rows(&driver, LONG).await.unwrap_err();
    assert!(
        matches!(error, Error::Timeout { after, .. } if after == Duration::from_millis(300)),
        "{error:?}"
    );
    assert!(started.elapsed() < Duration::from_secs(3));
    let look = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '%b WHERE a.seq * b.seq%' AND INFO NOT LIKE '%PROCESSLIST%'";
    for _ in 0..40 {
        if rows(&driver, look).await.unwrap() == [[Value::I64(0)]] {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it still runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_waits_no_longer_than_it_may() {
    let Some(driver) = driver("statement_timeout=300").await else { return };
    let table = fresh("slow");
    execute(&driver, format!("CREATE TABLE {table} (id INT PRIMARY KEY)")).await;
    execute(&driver, format!("INSERT INTO {table} VALUES (1)")).await;
    let (mut one, mut two) = (driver.acquire().await.unwrap(), driver.acquire().await.unwrap());
    begin(&mut *one).await;
    run(&mut *one, &raw(format!("DELETE FROM {table}"), [])).await.unwrap();
    let error = run(&mut *two, &raw(format!("DELETE FROM {table}"), [])).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    one.rollback().await.unwrap();
    assert_eq!(run(&mut *two, &raw(format!("DELETE FROM {table}"), [])).await.unwrap().1.affected, 1);
    execute(&driver, format!("DROP TABLE {table}")).await;
}
