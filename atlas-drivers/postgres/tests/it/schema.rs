use atlas_core::{
    Error,
    schema::{Column, Index, IndexKind, SchemaChange, Table},
    statement::Statement,
    value::ColumnType,
};

use crate::support::{driver, execute, fresh, query, run, sql};

fn table(name: &str, index: &str) -> Statement {
    let column = |name: &'static str, generated| Column { generated, ..Column::new(name, ColumnType::I64) };
    Statement::Schema(SchemaChange::CreateTable(Table {
        columns: vec![column("id", true), column("n", false)],
        primary_key: vec!["id".into()],
        indexes: vec![Index {
            name: index.to_owned().into(),
            ..Index::new(name, vec!["n".into()], IndexKind::Unique)
        }],
        ..Table::new(name.to_owned())
    }))
}

#[tokio::test]
async fn tables_in_other_schemas() {
    let Some(driver) = driver("").await else { return };
    let schema = fresh("billing");
    execute(&driver, format!("CREATE SCHEMA {schema}")).await.unwrap();
    let name = format!("{schema}.invoices");
    query(&driver, table(&name, "invoices_n")).await.unwrap();
    query(&driver, table(&name, "invoices_n")).await.unwrap();
    let error = query(&driver, table(&format!("{schema}.others"), "invoices_n")).await.unwrap_err();
    assert!(matches!(&error, Error::Config { message } if message.contains("invoices_n")), "{error:?}");
    let insert = sql(format!("INSERT INTO {name} (n) VALUES (1), (2) RETURNING id"));
    assert_eq!(query(&driver, insert).await.unwrap().len(), 2);
    let inside = crate::support::driver(&format!("search_path={schema}")).await.unwrap();
    assert_eq!(query(&inside, sql("SELECT * FROM invoices")).await.unwrap().len(), 2);
    execute(&driver, format!("DROP SCHEMA {schema} CASCADE")).await.unwrap();
}

/// Programs that start together all find the table, and none fails.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_create_one_table() {
    let Some(driver) = driver("max_connections=8").await else { return };
    let name = fresh("together");
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (driver, name) = (driver.clone(), name.clone());
        tasks.spawn(async move { query(&driver, table(&name, &format!("{name}_n"))).await.map(|_| ()) });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap().unwrap();
    }
    execute(&driver, format!("DROP TABLE {name}")).await.unwrap();
}

/// A change that fails leaves the transaction that it is in as it was.
#[tokio::test]
async fn a_failed_change_leaves_its_transaction() {
    let Some(driver) = driver("").await else { return };
    let name = fresh("kept");
    let mut connection = driver.acquire().await.unwrap();
    connection.begin(&Default::default()).await.unwrap();
    run(&mut *connection, &table(&name, &format!("{name}_n"))).await.unwrap();
    let other = table(&format!("{name}_other"), &format!("{name}_n"));
    assert!(run(&mut *connection, &other).await.is_err());
    run(&mut *connection, &sql(format!("INSERT INTO {name} (n) VALUES (1)"))).await.unwrap();
    connection.commit().await.unwrap();
    drop(connection);
    execute(&driver, format!("DROP TABLE {name}")).await.unwrap();
}
