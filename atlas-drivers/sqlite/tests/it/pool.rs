use std::{sync::Arc, time::Duration};

use atlas_core::{Error, driver::Driver, value::Value};
use atlas_sqlite::Sqlite;
use tokio::sync::Mutex;

use crate::support::{Directory, count, execute, query, run, sql};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_never_fail_on_each_other() {
    let directory = Directory::new();
    let driver = Sqlite::file(directory.file()).busy_timeout(Duration::ZERO).open().await.unwrap();
    execute(&driver, "CREATE TABLE t (a)").await.unwrap();
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let driver = Arc::clone(&driver);
            tokio::spawn(async move {
                for _ in 0..50 {
                    execute(&driver, "INSERT INTO t VALUES (1)").await.unwrap();
                    count(&driver, "t").await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(count(&driver, "t").await, 800);
}

#[tokio::test]
async fn the_writer_is_lent_in_order() {
    let driver = Sqlite::memory().open().await.unwrap();
    let mut first = driver.acquire().await.unwrap();
    first.begin(&Default::default()).await.unwrap();
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for number in 0..10 {
        let (driver, order) = (Arc::clone(&driver), Arc::clone(&order));
        tasks.push(tokio::spawn(async move {
            let mut connection = driver.acquire().await.unwrap();
            connection.begin(&Default::default()).await.unwrap();
            order.lock().await.push(number);
            connection.commit().await.unwrap();
        }));
        tokio::task::yield_now().await;
    }
    first.commit().await.unwrap();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(*order.lock().await, (0..10).collect::<Vec<_>>());
}

#[tokio::test]
async fn readers_read_while_a_transaction_writes() {
    let directory = Directory::new();
    let driver = Sqlite::file(directory.file()).open().await.unwrap();
    execute(&driver, "CREATE TABLE t (a)").await.unwrap();
    let mut writer = driver.acquire().await.unwrap();
    writer.begin(&Default::default()).await.unwrap();
    run(&mut *writer, &sql("INSERT INTO t VALUES (1)")).await.unwrap();
    assert_eq!(count(&driver, "t").await, 0);
    assert_eq!(run(&mut *writer, &sql("SELECT COUNT(*) FROM t")).await.unwrap().0[0][0], Value::I64(1));
    writer.commit().await.unwrap();
    assert_eq!(count(&driver, "t").await, 1);
}

#[tokio::test]
async fn another_process_is_waited_for_and_then_given_up() {
    let directory = Directory::new();
    let driver =
        Sqlite::file(directory.file()).busy_timeout(Duration::from_millis(300)).open().await.unwrap();
    execute(&driver, "CREATE TABLE t (a)").await.unwrap();
    // Another connection is as good as another process: SQLite's locks know no difference.
    let other = rusqlite::Connection::open(directory.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (0)").unwrap();

    for in_transaction in [false, true] {
        leaves_the_thread("waiting for another process", async {
            let mut connection = driver.acquire().await.unwrap();
            let failed = if in_transaction {
                connection.begin(&Default::default()).await
            } else {
                run(&mut *connection, &sql("INSERT INTO t VALUES (1)")).await.map(|_| ())
            };
            match failed {
                Err(Error::Timeout { after, waiting_for }) => {
                    assert_eq!(after, Duration::from_millis(300));
                    assert!(waiting_for.contains("busy_timeout"), "{waiting_for}");
                }
                other => panic!("{other:?}"),
            }
        })
        .await;
    }

    let driver = Sqlite::file(directory.file()).busy_timeout(Duration::from_secs(60)).open().await.unwrap();
    let waiting = tokio::spawn({
        let driver = Arc::clone(&driver);
        async move { execute(&driver, "INSERT INTO t VALUES (1)").await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(waiting.await.unwrap().unwrap(), 1);
    assert_eq!(query(&driver, "SELECT a FROM t ORDER BY a").await.unwrap().len(), 2);
}

/// A statement that was given the database's handle inside a transaction waits for itself.
async fn wait_for_oneself(driver: &Arc<dyn Driver>) {
    let mut tx = driver.acquire().await.unwrap();
    tx.begin(&Default::default()).await.unwrap();
    run(&mut *tx, &sql("INSERT INTO t VALUES (1)")).await.unwrap();
    match execute(driver, "INSERT INTO t VALUES (2)").await {
        Err(Error::Pool { reason }) => {
            assert!(reason.contains("a transaction has held") && reason.contains("(`tx`)"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    run(&mut *tx, &sql("INSERT INTO t VALUES (3)")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(execute(driver, "INSERT INTO t VALUES (4)").await.unwrap(), 1);
}

#[test]
fn waiting_for_a_connection_ends() {
    let directory = Directory::new();
    // One that has no timer, as well as one that has.
    let timeless = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let timed = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for (number, runtime) in [timeless, timed].into_iter().enumerate() {
        let file = directory.file().with_extension(number.to_string());
        for options in [Sqlite::memory(), Sqlite::file(file)] {
            runtime.block_on(async {
                let driver = options.acquire_timeout(Duration::from_millis(50)).open().await.unwrap();
                execute(&driver, "CREATE TABLE t (a)").await.unwrap();
                for _ in 0..3 {
                    wait_for_oneself(&driver).await;
                }
                assert_eq!(count(&driver, "t").await, 9);
            });
        }
    }
}

#[tokio::test]
async fn who_is_served_in_time_does_not_notice_the_limit() {
    let driver = Sqlite::memory().acquire_timeout(Duration::from_secs(60)).open().await.unwrap();
    execute(&driver, "CREATE TABLE t (a)").await.unwrap();
    let mut tx = driver.acquire().await.unwrap();
    tx.begin(&Default::default()).await.unwrap();
    let waiting: Vec<_> = (0..20)
        .map(|_| {
            let driver = Arc::clone(&driver);
            tokio::spawn(async move { execute(&driver, "INSERT INTO t VALUES (1)").await })
        })
        .collect();
    tokio::task::yield_now().await;
    tx.commit().await.unwrap();
    for waiting in waiting {
        waiting.await.unwrap().unwrap();
    }
    assert_eq!(count(&driver, "t").await, 20);
    let at_once = Sqlite::memory().acquire_timeout(Duration::ZERO).open().await.unwrap();
    let mut tx = at_once.acquire().await.unwrap();
    tx.begin(&Default::default()).await.unwrap();
    assert!(matches!(execute(&at_once, "SELECT 1").await, Err(Error::Pool { .. })));
}

/// Does the work, which must leave the thread to the runtime's other tasks meanwhile. Not timed: how often
/// they get their turn, a slow machine changes by little, and a thread that is kept by everything.
pub(crate) async fn leaves_the_thread<T>(what: &str, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    let mut turns = 0;
    loop {
        tokio::select! {
            biased;
            done = &mut work => {
                assert!(turns > 100, "{what}: the runtime stood still, others had {turns} turns");
                return done;
            }
            // Enough is known after some: from then on, without spinning.
            () = tokio::task::yield_now(), if turns <= 100 => turns += 1,
            () = tokio::time::sleep(Duration::from_millis(2)), if turns > 100 => {}
        }
    }
}
