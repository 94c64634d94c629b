use atlas_core::{Error, driver::Driver};
use atlas_sqlite::Sqlite;
use std::sync::Arc;

use crate::support::{Directory, execute, query};

async fn fails(options: Sqlite) -> String {
    match options.open().await {
        Ok(_) => panic!("it opened"),
        Err(error @ Error::Connect { .. }) => error.to_string(),
        Err(other) => panic!("another error: {other}"),
    }
}

#[tokio::test]
async fn a_missing_directory_is_named() {
    let directory = Directory::new();
    let message = fails(Sqlite::file(directory.file().join("deeper/app.db"))).await;
    assert!(message.contains("there is no directory") && message.contains("deeper"), "{message}");
}

#[tokio::test]
async fn a_missing_file_is_named() {
    let directory = Directory::new();
    for options in [Sqlite::file(directory.file()).existing(), Sqlite::file(directory.file()).read_only()] {
        let message = fails(options).await;
        assert!(message.contains("no such file"), "{message}");
    }
}

#[tokio::test]
async fn a_directory_is_no_database() {
    let directory = Directory::new();
    let message = fails(Sqlite::file(directory.file().parent().unwrap())).await;
    assert!(message.contains("it is a directory"), "{message}");
}

#[tokio::test]
async fn a_text_is_no_database() {
    let directory = Directory::new();
    std::fs::write(directory.file(), "this is a text, and it is long enough to be looked at. ".repeat(50))
        .unwrap();
    let message = fails(Sqlite::file(directory.file())).await;
    assert!(message.contains("not a SQLite database"), "{message}");
}

#[tokio::test]
async fn a_damaged_file_is_an_error() {
    let directory = Directory::new();
    let driver = Sqlite::file(directory.file()).open().await.unwrap();
    execute(&driver, "CREATE TABLE t (a TEXT)").await.unwrap();
    for _ in 0..200 {
        execute(&driver, "INSERT INTO t VALUES (hex(randomblob(500)))").await.unwrap();
    }
    driver.close().await;
    let mut bytes = std::fs::read(directory.file()).unwrap();
    for byte in &mut bytes[4_096..] {
        *byte = 0xa5;
    }
    std::fs::write(directory.file(), bytes).unwrap();
    let driver = Sqlite::file(directory.file()).open().await.unwrap();
    let message = query(&driver, "SELECT COUNT(*), MAX(a) FROM t").await.unwrap_err().to_string();
    assert!(message.contains("integrity_check"), "{message}");
}

#[tokio::test]
async fn a_read_only_database_reads_and_says_so() {
    let directory = Directory::new();
    let driver = Sqlite::file(directory.file()).open().await.unwrap();
    execute(&driver, "CREATE TABLE t (a)").await.unwrap();
    driver.close().await;

    let driver = Sqlite::file(directory.file()).read_only().open().await.unwrap();
    assert_eq!(query(&driver, "SELECT * FROM t").await.unwrap().len(), 0);
    for text in ["INSERT INTO t VALUES (1)", "DROP TABLE t"] {
        let message = execute(&driver, text).await.unwrap_err().to_string();
        assert!(message.contains("reading alone"), "{message}");
    }
    let mut connection = driver.acquire().await.unwrap();
    connection.begin(&Default::default()).await.unwrap();
    connection.commit().await.unwrap();
}

#[tokio::test]
async fn a_closed_database_refuses() {
    let driver = Sqlite::memory().open().await.unwrap();
    driver.close().await;
    assert!(matches!(query(&driver, "SELECT 1").await, Err(Error::Closed { .. })));
    driver.close().await;
}

#[tokio::test]
async fn closing_leaves_one_file() {
    let directory = Directory::new();
    let driver = Sqlite::file(directory.file()).open().await.unwrap();
    execute(&driver, "CREATE TABLE t (a)").await.unwrap();
    query(&driver, "SELECT * FROM t").await.unwrap();
    driver.close().await;
    assert_eq!(std::fs::read_dir(directory.file().parent().unwrap()).unwrap().count(), 1);
}

#[tokio::test]
async fn pragmas_are_set_for_every_connection() {
    let directory = Directory::new();
    let url = format!("sqlite://{}?cache_size=-77&busy_timeout=10", directory.file().display());
    let driver: Arc<dyn Driver> = Sqlite::from_url(&url).unwrap().open().await.unwrap();
    assert_eq!(query(&driver, "PRAGMA cache_size").await.unwrap()[0][0], (-77i64).into());
    assert_eq!(query(&driver, "PRAGMA journal_mode").await.unwrap()[0][0], "wal".into());
    assert_eq!(query(&driver, "PRAGMA foreign_keys").await.unwrap()[0][0], 1i64.into());
    let bad = Sqlite::memory().pragma("cache_size", "1; DROP TABLE t").open().await;
    assert!(matches!(bad, Err(Error::Config { .. })));
}

#[test]
fn it_works_without_a_runtime() {
    let directory = Directory::new();
    let done = futures_block_on(async {
        let driver = Sqlite::file(directory.file()).open().await?;
        execute(&driver, "CREATE TABLE t (a)").await?;
        query(&driver, crate::support::LONG).await?;
        driver.close().await;
        Ok::<_, Error>(())
    });
    done.unwrap();
}

/// Polls until it is done: nothing here waits for anything.
fn futures_block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
    }
}
