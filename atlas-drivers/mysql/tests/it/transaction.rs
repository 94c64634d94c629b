//! Levels of isolation.

use atlas_core::{
    driver::{Isolation, TransactionOptions},
    value::Value,
};

use crate::support::{driver, execute, fresh, raw, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_level_is_for_one_transaction() {
    let Some(driver) = driver("max_connections=2").await else { return };
    let table = fresh("level");
    execute(&driver, format!("CREATE TABLE {table} (id INT PRIMARY KEY)")).await;
    let count = raw(format!("SELECT COUNT(*) FROM {table}"), []);
    let (mut reader, mut writer) = (driver.acquire().await.unwrap(), driver.acquire().await.unwrap());
    for (id, isolation, seen) in
        [(1, Some(Isolation::ReadCommitted), 1), (2, Some(Isolation::RepeatableRead), 1), (3, None, 2)]
    {
        let mut options = TransactionOptions::default();
        options.isolation = isolation;
        reader.begin(&options).await.unwrap();
        run(&mut *reader, &count).await.unwrap();
        run(&mut *writer, &raw(format!("INSERT INTO {table} VALUES (?)"), [Value::I64(id)])).await.unwrap();
        let found = run(&mut *reader, &count).await.unwrap().0;
        assert_eq!(found, [[Value::I64(seen)]], "{isolation:?}");
        reader.commit().await.unwrap();
    }
    drop((reader, writer));
    execute(&driver, format!("DROP TABLE {table}")).await;
}
