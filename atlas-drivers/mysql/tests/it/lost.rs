//! Connections that the server ends.

use atlas_core::{
    Error,
    statement::{Select, Statement, TableRef},
    value::Value,
};

use crate::support::{begin, driver, execute, fresh, id_of, raw, rows, run};

fn select(table: &str) -> Statement {
    Select::new(TableRef::new(table.to_owned()), &["id"]).into()
}

/// An idle connection that is gone is replaced without a word, for what can be sent twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_one_is_replaced() {
    let Some(driver) = driver("max_connections=1").await else { return };
    let Some(killer) = crate::support::driver("").await else { return };
    let table = fresh("idle");
    execute(&driver, format!("CREATE TABLE {table} (id BIGINT PRIMARY KEY)")).await;
    execute(&driver, format!("INSERT INTO {table} VALUES (5)")).await;
    for round in 0..4 {
        let mut connection = driver.acquire().await.unwrap();
        // Prepared before it is lost, and not.
        if round % 2 == 0 {
            run(&mut *connection, &select(&table)).await.unwrap();
        }
        let id = id_of(&mut *connection).await;
        drop(connection);
        execute(&killer, format!("KILL {id}")).await;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let mut connection = driver.acquire().await.unwrap();
        if round < 2 {
            assert_eq!(run(&mut *connection, &select(&table)).await.unwrap().0, [[Value::I64(5)]]);
        } else {
            begin(&mut *connection).await;
            connection.rollback().await.unwrap();
        }
        assert_ne!(id_of(&mut *connection).await, id);
    }
    execute(&driver, format!("DROP TABLE {table}")).await;
}

/// What writes is not sent twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_on_a_lost_connection_is_an_error() {
    let Some(driver) = driver("max_connections=1").await else { return };
    let Some(killer) = crate::support::driver("").await else { return };
    let table = fresh("write");
    execute(&driver, format!("CREATE TABLE {table} (id BIGINT PRIMARY KEY)")).await;
    let mut connection = driver.acquire().await.unwrap();
    let write = raw(format!("INSERT INTO {table} VALUES (1)"), []);
    // One that has just answered is trusted; one that was idle for a while would be asked first.
    let id = id_of(&mut *connection).await;
    execute(&killer, format!("KILL {id}")).await;
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let error = run(&mut *connection, &write).await.unwrap_err();
    assert!(error.to_string().contains("the connection to the server was lost"), "{error}");
    assert!(error.to_string().contains("nobody knows"), "{error}");
    // The same handle goes on with another connection.
    run(&mut *connection, &write).await.unwrap();
    drop(connection);
    assert_eq!(rows(&driver, format!("SELECT id FROM {table}")).await.unwrap(), [[Value::I64(1)]]);
    execute(&driver, format!("DROP TABLE {table}")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_is_lost_with_its_connection() {
    let Some(driver) = driver("").await else { return };
    let table = fresh("lost");
    execute(&driver, format!("CREATE TABLE {table} (id BIGINT PRIMARY KEY)")).await;
    let mut connection = driver.acquire().await.unwrap();
    begin(&mut *connection).await;
    run(&mut *connection, &raw(format!("INSERT INTO {table} VALUES (1)"), [])).await.unwrap();
    let id = id_of(&mut *connection).await;
    execute(&driver, format!("KILL {id}")).await;
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let error = run(&mut *connection, &select(&table)).await.unwrap_err();
    assert!(error.to_string().contains("connection to the server was lost"), "{error}");
    let error = run(&mut *connection, &select(&table)).await.unwrap_err();
    assert!(matches!(error, Error::Closed { what: "the transaction", .. }), "{error}");
    assert!(connection.commit().await.is_err());
    assert!(run(&mut *connection, &select(&table)).await.unwrap().0.is_empty());
    execute(&driver, format!("DROP TABLE {table}")).await;
}
