//! What a URL and the builder can say.

use std::{sync::Arc, time::Duration};

use atlas_core::{
    Error,
    driver::{AfterConnect, ConnectOptions},
    value::Value,
};
use atlas_mysql::MySql;

use crate::support::{driver, fresh, raw, rows, run, url};

async fn refused(url: &str) -> String {
    match MySql::new(url).open().await {
        Err(error @ Error::Config { .. }) => error.to_string(),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("{url} was opened"),
    }
}

#[tokio::test]
async fn what_is_unknown_is_refused() {
    let message = refused("mysql://h/d?max_conections=3").await;
    assert!(message.contains("max_conections") && message.contains("statement_timeout"), "{message}");
    assert!(refused("mysql://h/d?uuid=number").await.contains("text, binary"));
    assert!(refused("mysql://h/d?statement_timeout=soon").await.contains("whole numbers"));
    let mut options = ConnectOptions::new("mysql://h/d");
    options.application_name = Some("shop".to_owned());
    let error = MySql::from(options).open().await.err().unwrap();
    assert!(error.to_string().contains("no `application_name`"), "{error}");
}

#[tokio::test]
async fn a_connection_is_set_up() {
    let Some(driver) = driver("statement_timeout=1500").await else { return };
    let settings = "SELECT @@time_zone, @@collation_connection, @@autocommit, @@sql_mode LIKE '%STRICT_ALL_TABLES%', @@foreign_key_checks";
    let found = rows(&driver, settings).await.unwrap();
    let one = Value::I64(1);
    assert_eq!(found, [["+00:00".into(), "utf8mb4_nopad_bin".into(), one.clone(), one.clone(), one]]);
    let version = driver.server_version().await.unwrap();
    assert!(version.contains("MariaDB") || version.starts_with("MySQL "), "{version}");
}

#[tokio::test]
async fn after_connect_runs_once_a_connection() {
    let Some(url) = url("max_connections=2") else { return };
    let mut options = ConnectOptions::new(url);
    let hook: AfterConnect = Arc::new(|mut connection| {
        Box::pin(async move {
            connection.run(&raw("SET @made = COALESCE(@made, 0) + 1", []), Box::new(())).await?;
            Ok(connection)
        })
    });
    options.after_connect = Some(hook);
    let driver = MySql::from(options).open().await.unwrap();
    for _ in 0..3 {
        let (mut one, mut two) = (driver.acquire().await.unwrap(), driver.acquire().await.unwrap());
        for connection in [&mut one, &mut two] {
            let made = run(&mut **connection, &raw("SELECT CAST(@made AS SIGNED)", [])).await.unwrap();
            assert_eq!(made.0, [[Value::I64(1)]]);
        }
    }
}

#[tokio::test]
async fn nothing_is_opened_before_it_is_needed() {
    let driver = MySql::new("mysql://127.0.0.1:1/none?lazy&connect_timeout=500").open().await.unwrap();
    assert_eq!(driver.pool().open, 0);
    assert!(matches!(driver.acquire().await.err().unwrap(), Error::Connect { .. }));
    assert!(driver.pool().last_connect_error.is_some());
}

#[tokio::test]
async fn uuids_can_be_stored_as_bytes() {
    use atlas_core::{
        schema::{Column, SchemaChange, Table},
        value::ColumnType,
    };
    for (parameters, ty) in [("", "char"), ("uuid=binary", "binary")] {
        let Some(driver) = driver(parameters).await else { return };
        let name = fresh("uuid");
        let table = Table {
            columns: vec![Column::new("id", ColumnType::Uuid)],
            primary_key: vec!["id".into()],
            ..Table::new(name.clone())
        };
        let mut connection = driver.acquire().await.unwrap();
        run(&mut *connection, &SchemaChange::CreateTable(table).into_statement()).await.unwrap();
        let uuid = Value::Uuid([7; 16]);
        run(&mut *connection, &raw(format!("INSERT INTO {name} VALUES (?)"), [uuid.clone()])).await.unwrap();
        let find = raw(format!("SELECT 1 FROM {name} WHERE id = ?"), [uuid]);
        assert_eq!(run(&mut *connection, &find).await.unwrap().0, [[Value::I64(1)]]);
        let kind = format!("SELECT data_type FROM information_schema.columns WHERE table_name = '{name}'");
        assert_eq!(rows(&driver, kind).await.unwrap(), [[ty.into()]] as [[Value; 1]; 1]);
        run(&mut *connection, &raw(format!("DROP TABLE {name}"), [])).await.unwrap();
    }
}

/// A change of the schema as a statement.
trait IntoStatement {
    fn into_statement(self) -> atlas_core::statement::Statement;
}

impl IntoStatement for atlas_core::schema::SchemaChange {
    fn into_statement(self) -> atlas_core::statement::Statement {
        atlas_core::statement::Statement::Schema(self)
    }
}

#[tokio::test]
async fn a_slow_statement_is_ended() {
    let Some(driver) = driver("statement_timeout=200").await else { return };
    let started = std::time::Instant::now();
    let error = rows(&driver, "SELECT SLEEP(5)").await;
    // MariaDB wakes SLEEP up and calls it interrupted.
    if let Err(error) = error {
        assert!(
            matches!(error, Error::Timeout { after, .. } if after == Duration::from_millis(200)),
            "{error:?}"
        );
    }
    assert!(started.elapsed() < Duration::from_secs(2));
    assert_eq!(rows(&driver, "SELECT 1").await.unwrap(), [[Value::I64(1)]]);
}
