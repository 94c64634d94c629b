//! Many users and few connections.

use std::time::Duration;

use atlas_core::{Error, value::Value};

use crate::support::{after_polls, begin, driver, execute, fresh, raw, rows, run};

/// Money goes from account to account, and none is lost, whatever is dropped when.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_tasks_on_five_connections() {
    let Some(driver) = driver("max_connections=5").await else { return };
    let table = fresh("ledger");
    execute(&driver, format!("CREATE TABLE {table} (id INT PRIMARY KEY, money BIGINT NOT NULL)")).await;
    execute(&driver, format!("INSERT INTO {table} SELECT seq, 100 FROM seq_1_to_20")).await;
    let mut tasks = Vec::new();
    for task in 0..200usize {
        let (driver, table) = (driver.clone(), table.clone());
        tasks.push(tokio::spawn(async move {
            for round in 0..5usize {
                let transfer = async {
                    let mut connection = driver.acquire().await?;
                    connection.begin(&Default::default()).await?;
                    // In one order, so that few of them wait for each other.
                    let (from, to) = ((task + round) % 20 + 1, (task * 7 + round) % 20 + 1);
                    for (id, by) in [(from.min(to), -1), (from.max(to), 1)] {
                        let text = format!("UPDATE {table} SET money = money + ? WHERE id = ?");
                        run(&mut *connection, &raw(text, [Value::I64(by), Value::I64(id as i64)])).await?;
                    }
                    connection.commit().await
                };
                match after_polls((task * 31 + round * 17) % 40, transfer).await {
                    None | Some(Ok(())) => {}
                    Some(Err(Error::Deadlock { .. })) => {}
                    Some(Err(error)) => panic!("{error:?}"),
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let sum = rows(&driver, format!("SELECT SUM(money), COUNT(*) FROM {table}")).await.unwrap();
    assert_eq!(sum, [[Value::I64(2_000), Value::I64(20)]]);
    for _ in 0..100 {
        let figures = driver.pool();
        assert!(figures.open <= 5);
        if figures.in_use() == 0 {
            execute(&driver, format!("DROP TABLE {table}")).await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("connections were not given back: {:?}", driver.pool());
}

#[tokio::test]
async fn a_pool_that_is_used_up_says_by_whom() {
    let Some(driver) = driver("max_connections=1&acquire_timeout=50").await else { return };
    let held = driver.acquire().await.unwrap();
    let error = driver.acquire().await.err().unwrap();
    assert!(error.to_string().contains("1 of 1 connections were in use"), "{error}");
    drop(held);
    driver.acquire().await.unwrap();
}

/// More statements than are kept: they are closed in the background, and nothing waits for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_different_statements_do_not_wait_for_each_other() {
    let Some(driver) = driver("statement_cache=20").await else { return };
    let started = std::time::Instant::now();
    for number in 0..300 {
        let found = rows(&driver, format!("SELECT {number} + 0")).await.unwrap();
        assert_eq!(found, [[Value::I64(number)]]);
    }
    let took = started.elapsed();
    assert!(took < Duration::from_secs(4), "{took:?}");
    let mut connection = driver.acquire().await.unwrap();
    begin(&mut *connection).await;
    for number in 0..100 {
        run(&mut *connection, &raw(format!("SELECT {number} + 1"), [])).await.unwrap();
    }
    connection.commit().await.unwrap();
}
