use std::{sync::Arc, time::Duration};

use atlas_core::{
    Error,
    driver::{AfterConnect, ConnectOptions},
    value::Value,
};
use atlas_postgres::Postgres;

use crate::support::{driver, execute, number, open, query, sql, url};

async fn refused(url: &str) -> (String, String) {
    match Postgres::new(&ConnectOptions::new(url)).unwrap().open().await.err() {
        Some(Error::Connect { target, reason, .. }) => (target, reason),
        Some(error) => panic!("{error:?}"),
        None => panic!("it was opened"),
    }
}

#[tokio::test]
async fn each_refusal_says_what_to_do() {
    let Some(url) = url("") else { return };
    let parts = url::parts(&url);
    for (url, says) in [
        (parts.with("nobody", "x", parts.port, "atlas"), "check the user and the password"),
        (parts.with(&parts.user, "wrong", parts.port, "atlas"), "check the user and the password"),
        (parts.with(&parts.user, &parts.password, parts.port, "nowhere"), "no database `nowhere`"),
        (parts.with(&parts.user, &parts.password, 1, "atlas"), "nothing listens there"),
    ] {
        let (target, reason) = refused(&url).await;
        assert!(reason.contains(says), "{reason}");
        assert!(!format!("{target}{reason}").contains(&parts.password));
    }
    let (_, reason) = refused("postgres://%2Fnowhere/d").await;
    assert!(reason.contains("no such socket"), "{reason}");
    let (_, reason) = refused("postgres://host.invalid/d?connect_timeout=3000").await;
    assert!(reason.contains("check the host"), "{reason}");
}

/// The parts of the test server's URL.
mod url {
    pub(super) struct Parts {
        pub(super) user: String,
        pub(super) password: String,
        host: String,
        pub(super) port: u16,
    }

    pub(super) fn parts(url: &str) -> Parts {
        let rest = url.split_once("://").unwrap().1;
        let (account, rest) = rest.split_once('@').unwrap();
        let (user, password) = account.split_once(':').unwrap();
        let (host, rest) = rest.split_once(':').unwrap();
        let port = rest.split_once('/').unwrap().0.parse().unwrap();
        Parts { user: user.into(), password: password.into(), host: host.into(), port }
    }

    impl Parts {
        pub(super) fn with(&self, user: &str, password: &str, port: u16, database: &str) -> String {
            format!("postgres://{user}:{password}@{}:{port}/{database}", self.host)
        }
    }
}

#[tokio::test]
async fn settings_reach_the_session() {
    let parameters = "application_name=it's%20me&search_path=pg_catalog,public&statement_timeout=1234&options=-c%20geqo%3Doff";
    let Some(driver) = driver(parameters).await else { return };
    for (name, value) in [
        ("application_name", "it's me"),
        ("search_path", "pg_catalog,public"),
        ("statement_timeout", "1234ms"),
        ("geqo", "off"),
    ] {
        let rows = query(&driver, sql(format!("SHOW {name}"))).await.unwrap();
        assert_eq!(rows, [[Value::Text(value.to_owned())]]);
    }
    assert!(driver.server_version().await.unwrap().starts_with("PostgreSQL 1"));
}

#[tokio::test]
async fn a_new_connection_goes_through_the_hook_first() {
    let Some(url) = url("max_connections=2") else { return };
    let mut options = ConnectOptions::new(url);
    let hook: AfterConnect = Arc::new(|mut connection| {
        Box::pin(async move {
            connection.run(&sql("SET atlas.hooked = 'yes'"), Box::new(())).await?;
            Ok(connection)
        })
    });
    options.after_connect = Some(hook);
    let driver = Postgres::new(&options).unwrap().open().await.unwrap();
    let held = driver.acquire().await.unwrap();
    for _ in 0..3 {
        let rows = query(&driver, sql("SHOW atlas.hooked")).await.unwrap();
        assert_eq!(rows, [[Value::Text("yes".to_owned())]]);
    }
    drop(held);
    let failing: AfterConnect = Arc::new(|_| Box::pin(async { Err(Error::config("no")) }));
    options.after_connect = Some(failing);
    options.lazy = true;
    let driver = Postgres::new(&options).unwrap().open().await.unwrap();
    for _ in 0..3 {
        assert!(query(&driver, sql("SELECT 1")).await.is_err());
    }
    assert_eq!(driver.pool().in_use(), 0);
}

#[tokio::test]
async fn the_pool_lends_what_it_has() {
    let Some(url) = url("max_connections=2&acquire_timeout=50") else { return };
    let driver = open(&url).await;
    let held = [driver.acquire().await.unwrap(), driver.acquire().await.unwrap()];
    let error = driver.acquire().await.err().unwrap();
    assert!(matches!(&error, Error::Pool { reason } if reason.contains("2 of 2")), "{error}");
    drop(held);
    assert_eq!(number(&driver, "SELECT 7").await, 7);
    driver.close().await;
    assert!(matches!(query(&driver, sql("SELECT 1")).await, Err(Error::Closed { .. })));
}

#[tokio::test]
async fn prepared_statements_follow_the_tables() {
    let Some(driver) = driver("max_connections=1").await else { return };
    let other = crate::support::driver("").await.unwrap();
    let table = crate::support::fresh("followed");
    execute(&driver, format!("CREATE TABLE {table} (a int)")).await.unwrap();
    execute(&driver, format!("INSERT INTO {table} VALUES (1)")).await.unwrap();
    let select = sql(format!("SELECT * FROM {table}"));
    assert_eq!(query(&driver, select.clone()).await.unwrap(), [[Value::I64(1)]]);
    // By another program, as far as this one knows.
    execute(&other, format!("ALTER TABLE {table} ALTER a TYPE text")).await.unwrap();
    assert_eq!(query(&driver, select.clone()).await.unwrap(), [[Value::Text("1".to_owned())]]);
    execute(&driver, format!("ALTER TABLE {table} ADD b int DEFAULT 2")).await.unwrap();
    assert_eq!(query(&driver, select.clone()).await.unwrap(), [[Value::Text("1".to_owned()), Value::I64(2)]]);
    execute(&driver, "DISCARD ALL").await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(query(&driver, select).await.unwrap().len(), 1);
    execute(&driver, format!("DROP TABLE {table}")).await.unwrap();
}
