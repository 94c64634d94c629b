use std::sync::Arc;

use atlas_core::{
    Error,
    driver::{Connection, Driver},
    value::Value,
};

use crate::support::{driver, execute, fresh, number, run, sql};

/// The server's process of a connection.
async fn process(connection: &mut dyn Connection) -> i64 {
    match run(connection, &sql("SELECT pg_backend_pid()")).await.unwrap().0[0][0] {
        Value::I64(process) => process,
        ref other => panic!("{other:?}"),
    }
}

async fn kill(watcher: &Arc<dyn Driver>, process: i64) {
    number(watcher, format!("SELECT pg_terminate_backend({process}, 2000)::int")).await;
}

#[tokio::test]
async fn a_read_is_run_again_where_an_idle_connection_was_closed() {
    let (Some(driver), Some(watcher)) = (driver("max_connections=3").await, driver("").await) else { return };
    let table = fresh("idle");
    execute(&driver, format!("CREATE TABLE {table} (id int)")).await.unwrap();
    let select = atlas_core::statement::Select::new(
        atlas_core::statement::TableRef::new(table.clone()),
        Box::leak(Box::new(["id"])),
    );
    for round in 0..3 {
        // Several idle ones, all of them gone.
        let mut held = [
            driver.acquire().await.unwrap(),
            driver.acquire().await.unwrap(),
            driver.acquire().await.unwrap(),
        ];
        for connection in &mut held {
            let process = process(&mut **connection).await;
            kill(&watcher, process).await;
        }
        if round == 0 {
            for connection in &mut held {
                let error = connection.run(&sql("SELECT 1"), Box::new(())).await.err().unwrap();
                assert!(
                    matches!(&error, Error::Closed { what: "the connection to the database server", .. }),
                    "{error:?}"
                );
            }
            continue;
        }
        drop(held);
        match round {
            1 => assert_eq!(crate::support::query(&driver, select.clone()).await.unwrap().len(), 0),
            _ => {
                let mut connection = driver.acquire().await.unwrap();
                connection.begin(&Default::default()).await.unwrap();
                connection.commit().await.unwrap();
            }
        }
    }
    assert!(driver.server_version().await.is_ok());
    execute(&watcher, format!("DROP TABLE {table}")).await.unwrap();
}

#[tokio::test]
async fn a_write_is_not_run_twice() {
    let (Some(driver), Some(watcher)) = (driver("max_connections=1").await, driver("").await) else { return };
    let mut connection = driver.acquire().await.unwrap();
    let process = process(&mut *connection).await;
    kill(&watcher, process).await;
    let write = sql("SELECT set_config('a.b', 'c', false)");
    let error = connection.run(&write, Box::new(())).await.err().unwrap();
    assert!(error.to_string().contains("nobody knows"), "{error}");
    drop(connection);
    assert_eq!(number(&driver, "SELECT 7").await, 7);
}

#[tokio::test]
async fn a_transaction_goes_with_its_connection() {
    let (Some(driver), Some(watcher)) = (driver("max_connections=1").await, driver("").await) else { return };
    let mut connection = driver.acquire().await.unwrap();
    connection.begin(&Default::default()).await.unwrap();
    let process = process(&mut *connection).await;
    kill(&watcher, process).await;
    for _ in 0..2 {
        let error = connection.run(&sql("SELECT 1"), Box::new(())).await.err().unwrap();
        assert!(matches!(&error, Error::Closed { what: "the transaction", .. }), "{error:?}");
    }
    assert!(matches!(connection.commit().await, Err(Error::Closed { .. })));
    connection.run(&sql("SELECT 1"), Box::new(())).await.unwrap();
    drop(connection);
    assert_eq!(number(&driver, "SELECT 7").await, 7);
}
