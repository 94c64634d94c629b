use atlas_core::{
    Error,
    statement::{Raw, Statement},
    value::Value,
};
use atlas_sqlite::Sqlite;

use crate::support::{Directory, execute, query, run, sql};

#[tokio::test]
async fn reading_and_writing_are_told_apart() {
    let directory = Directory::new();
    let driver = Sqlite::file(directory.file()).open().await.unwrap();
    assert_eq!(execute(&driver, "CREATE TABLE t (a)").await.unwrap(), 0);
    assert_eq!(execute(&driver, "INSERT INTO t VALUES (1), (2)").await.unwrap(), 2);
    assert_eq!(execute(&driver, "WITH n(i) AS (VALUES (7)) INSERT INTO t SELECT i FROM n").await.unwrap(), 1);
    assert_eq!(query(&driver, " -- all\nSELECT * FROM t").await.unwrap().len(), 3);
    assert_eq!(query(&driver, "DELETE FROM t RETURNING a").await.unwrap().len(), 3);
    assert_eq!(execute(&driver, "PRAGMA user_version = 7").await.unwrap(), 0);
    assert_eq!(query(&driver, "PRAGMA user_version").await.unwrap(), [[Value::I64(7)]]);
}

#[tokio::test]
async fn values_are_bound() {
    let driver = Sqlite::memory().open().await.unwrap();
    let mut connection = driver.acquire().await.unwrap();
    let raw = |text: &str, binds: Vec<Value>| Statement::Raw(Raw::new(text, binds));
    let asked = raw("SELECT ?, '?', ? -- ?", vec!["a".into(), 2i64.into()]);
    let (rows, _) = run(&mut *connection, &asked).await.unwrap();
    assert_eq!(rows, [[Value::from("a"), "?".into(), 2i64.into()]]);
    for wrong in [raw("SELECT ?", vec![]), raw("SELECT 1", vec![Value::Null])] {
        assert!(matches!(run(&mut *connection, &wrong).await, Err(Error::Config { .. })));
    }
}

#[tokio::test]
async fn what_is_no_single_statement_is_refused() {
    let driver = Sqlite::memory().open().await.unwrap();
    let mut connection = driver.acquire().await.unwrap();
    for text in ["SELECT 1; SELECT 2", "", "-- nothing", "  ;"] {
        assert!(matches!(run(&mut *connection, &sql(text)).await, Err(Error::Config { .. })), "{text}");
    }
    assert!(run(&mut *connection, &sql("SELECT 1; -- that is all\n /* really */ ;")).await.is_ok());
    assert!(matches!(run(&mut *connection, &sql("SELEC 1")).await, Err(Error::Driver { .. })));
}

#[tokio::test]
async fn a_changed_schema_is_noticed() {
    let directory = Directory::new();
    let driver = Sqlite::file(directory.file()).open().await.unwrap();
    execute(&driver, "CREATE TABLE t (a)").await.unwrap();
    execute(&driver, "INSERT INTO t VALUES (1)").await.unwrap();
    assert_eq!(query(&driver, "SELECT * FROM t").await.unwrap(), [[Value::I64(1)]]);
    execute(&driver, "ALTER TABLE t ADD COLUMN b DEFAULT 2").await.unwrap();
    assert_eq!(query(&driver, "SELECT * FROM t").await.unwrap(), [[Value::I64(1), Value::I64(2)]]);
}
