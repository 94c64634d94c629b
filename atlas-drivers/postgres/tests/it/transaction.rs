use atlas_core::{
    Error,
    driver::{Isolation, TransactionOptions},
    value::Value,
};

use crate::support::{driver, execute, fresh, number, run, sql};

#[tokio::test]
async fn options_reach_the_server() {
    let Some(driver) = driver("").await else { return };
    let mut connection = driver.acquire().await.unwrap();
    for isolation in [Isolation::ReadCommitted, Isolation::RepeatableRead, Isolation::Serializable] {
        let mut options = TransactionOptions::default();
        options.isolation = Some(isolation);
        options.read_only = true;
        options.deferrable = true;
        connection.begin(&options).await.unwrap();
        for (name, value) in [
            ("transaction_isolation", isolation.to_string()),
            ("transaction_read_only", "on".to_owned()),
            ("transaction_deferrable", "on".to_owned()),
        ] {
            let (rows, _) = run(&mut *connection, &sql(format!("SHOW {name}"))).await.unwrap();
            assert_eq!(rows, [[Value::Text(value)]]);
        }
        let error = connection.run(&sql("CREATE TABLE x (a int)"), Box::new(())).await.err().unwrap();
        assert!(error.to_string().contains("may only read"), "{error}");
        connection.rollback().await.unwrap();
    }
}

#[tokio::test]
async fn a_failed_transaction_is_not_committed() {
    let Some(driver) = driver("max_connections=1").await else { return };
    let table = fresh("failed");
    execute(&driver, format!("CREATE TABLE {table} (id int PRIMARY KEY)")).await.unwrap();
    let insert = |id: i64| sql(format!("INSERT INTO {table} VALUES ({id})"));
    let mut connection = driver.acquire().await.unwrap();
    connection.begin(&Default::default()).await.unwrap();
    connection.run(&insert(1), Box::new(())).await.unwrap();
    assert!(connection.run(&insert(1), Box::new(())).await.is_err());
    let error = connection.run(&insert(2), Box::new(())).await.err().unwrap();
    assert!(error.to_string().contains("failed earlier"), "{error}");
    let error = connection.commit().await.unwrap_err();
    assert!(error.to_string().contains("rolled back and not committed"), "{error}");
    connection.run(&insert(3), Box::new(())).await.unwrap();
    // Inside of another it is undone alone.
    connection.begin(&Default::default()).await.unwrap();
    connection.run(&insert(4), Box::new(())).await.unwrap();
    connection.begin(&Default::default()).await.unwrap();
    assert!(connection.run(&insert(4), Box::new(())).await.is_err());
    assert!(connection.commit().await.is_err());
    connection.run(&insert(5), Box::new(())).await.unwrap();
    connection.commit().await.unwrap();
    drop(connection);
    assert_eq!(number(&driver, format!("SELECT sum(id)::int8 FROM {table}")).await, 12);
    execute(&driver, format!("DROP TABLE {table}")).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_put_in_order_is_told() {
    let Some(driver) = driver("").await else { return };
    let table = fresh("ordered");
    execute(&driver, format!("CREATE TABLE {table} (n int)")).await.unwrap();
    execute(&driver, format!("INSERT INTO {table} VALUES (1), (2)")).await.unwrap();
    let mut options = TransactionOptions::default();
    options.isolation = Some(Isolation::Serializable);
    let (mut one, mut two) = (driver.acquire().await.unwrap(), driver.acquire().await.unwrap());
    let mut ends = Vec::new();
    for connection in [&mut one, &mut two] {
        connection.begin(&options).await.unwrap();
        connection.run(&sql(format!("SELECT sum(n) FROM {table}")), Box::new(())).await.unwrap();
    }
    for connection in [&mut one, &mut two] {
        let insert = connection.run(&sql(format!("INSERT INTO {table} VALUES (3)")), Box::new(())).await;
        ends.push(match insert {
            Ok(_) => connection.commit().await,
            Err(error) => {
                connection.rollback().await.unwrap();
                Err(error)
            }
        });
    }
    let errors: Vec<Error> = ends.into_iter().filter_map(Result::err).collect();
    assert!(matches!(errors.as_slice(), [Error::Serialization { .. }]), "{errors:?}");
    execute(&driver, format!("DROP TABLE {table}")).await.unwrap();
}

#[tokio::test]
async fn transactions_are_not_begun_or_ended_behind_our_back() {
    let Some(driver) = driver("").await else { return };
    let mut connection = driver.acquire().await.unwrap();
    for text in ["BEGIN", "/* */ start transaction", "COMMIT", "ROLLBACK", "SAVEPOINT a"] {
        let error = connection.run(&sql(text), Box::new(())).await.err().unwrap();
        assert!(matches!(error, Error::Config { .. }), "{text}: {error:?}");
    }
}
