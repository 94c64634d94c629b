use atlas_core::value::Value;

use crate::support::{bound, execute, fresh, open, pooler, query, run, sql};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_shared_without_a_trace() {
    let Some(url) =
        pooler("pooled=true&max_connections=8&statement_timeout=5000&search_path=public&application_name=it")
    else {
        return;
    };
    let (one, two) = (open(&url).await, open(&url).await);
    let table = fresh("pooled");
    execute(&one, format!("CREATE TABLE {table} (id int PRIMARY KEY, name text)")).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..40i64 {
        let (driver, table) = (if task % 2 == 0 { one.clone() } else { two.clone() }, table.clone());
        tasks.spawn(async move {
            for round in 0..10 {
                let id = task * 100 + round;
                let insert =
                    bound(format!("INSERT INTO {table} VALUES (?, ?)"), [Value::I64(id), "x".into()]);
                query(&driver, insert).await.unwrap();
                let select = bound(
                    format!("SELECT id, current_setting('statement_timeout') FROM {table} WHERE id = ?"),
                    [Value::I64(id)],
                );
                let rows = query(&driver, select).await.unwrap();
                assert_eq!(rows, [[Value::I64(id), Value::Text("5s".to_owned())]]);
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let mut connection = one.acquire().await.unwrap();
    connection.begin(&Default::default()).await.unwrap();
    let (rows, _) = run(&mut *connection, &sql("SELECT count(*) FROM pg_prepared_statements")).await.unwrap();
    assert_eq!(rows, [[Value::I64(0)]]);
    connection.rollback().await.unwrap();
    drop(connection);
    execute(&one, format!("VACUUM {table}")).await.unwrap();
    execute(&one, format!("DROP TABLE {table}")).await.unwrap();
}
