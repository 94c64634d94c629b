use atlas_core::{Error, value::Value};
use atlas_sqlite::Sqlite;

use crate::support::{count, execute, query, run, sql};

#[tokio::test]
async fn savepoints_keep_and_undo() {
    let driver = Sqlite::memory().open().await.unwrap();
    execute(&driver, "CREATE TABLE t (a)").await.unwrap();
    let mut connection = driver.acquire().await.unwrap();
    connection.begin(&Default::default()).await.unwrap();
    run(&mut *connection, &sql("INSERT INTO t VALUES (1)")).await.unwrap();
    connection.begin(&Default::default()).await.unwrap();
    run(&mut *connection, &sql("INSERT INTO t VALUES (2)")).await.unwrap();
    connection.begin(&Default::default()).await.unwrap();
    run(&mut *connection, &sql("INSERT INTO t VALUES (3)")).await.unwrap();
    connection.commit().await.unwrap();
    connection.rollback().await.unwrap();
    connection.begin(&Default::default()).await.unwrap();
    run(&mut *connection, &sql("INSERT INTO t VALUES (4)")).await.unwrap();
    connection.commit().await.unwrap();
    connection.commit().await.unwrap();
    let rows = query(&driver, "SELECT a FROM t ORDER BY a").await.unwrap();
    assert_eq!(rows, [[Value::I64(1)], [Value::I64(4)]]);
    assert!(matches!(connection.commit().await, Err(Error::Config { .. })));
    assert!(matches!(connection.rollback().await, Err(Error::Config { .. })));
}

#[tokio::test]
async fn a_failed_commit_leaves_none_open() {
    let driver = Sqlite::memory().open().await.unwrap();
    execute(&driver, "CREATE TABLE p (id INTEGER PRIMARY KEY)").await.unwrap();
    execute(&driver, "CREATE TABLE c (p REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)").await.unwrap();
    let mut connection = driver.acquire().await.unwrap();
    connection.begin(&Default::default()).await.unwrap();
    run(&mut *connection, &sql("INSERT INTO c VALUES (1)")).await.unwrap();
    assert!(matches!(connection.commit().await, Err(Error::Constraint { .. })));
    assert_eq!(count(&driver, "c").await, 0);
    connection.begin(&Default::default()).await.unwrap();
    connection.commit().await.unwrap();
}

#[tokio::test]
async fn a_transaction_cannot_be_ended_behind_its_back() {
    let driver = Sqlite::memory().open().await.unwrap();
    execute(&driver, "CREATE TABLE t (a)").await.unwrap();
    let mut connection = driver.acquire().await.unwrap();
    connection.begin(&Default::default()).await.unwrap();
    assert!(matches!(run(&mut *connection, &sql("ROLLBACK")).await, Err(Error::Config { .. })));
    assert!(matches!(
        run(&mut *connection, &sql("INSERT INTO t VALUES (1)")).await,
        Err(Error::Closed { .. })
    ));
    drop(connection);
    // And none is left open that nobody knows of.
    assert!(matches!(query(&driver, "BEGIN").await, Err(Error::Config { .. })));
    assert_eq!(execute(&driver, "INSERT INTO t VALUES (1)").await.unwrap(), 1);
    assert_eq!(count(&driver, "t").await, 1);
}
