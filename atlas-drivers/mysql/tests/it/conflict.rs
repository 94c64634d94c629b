//! Rows whose unique columns are taken: MySQL has one word for all of them.

use atlas_core::{
    ConstraintKind, Error,
    statement::{ColumnRef, Insert, OnConflict, Statement, TableRef},
    value::Value,
};

use crate::support::{driver, execute, fresh, rows, run};

fn insert(table: &str, rows: &[(Option<&str>, i64)], on_conflict: OnConflict) -> Statement {
    let column = |name: &'static str| ColumnRef { table: None, name: name.into(), ty: None };
    Statement::Insert(Insert {
        table: TableRef::new(table.to_owned()),
        columns: vec![column("name"), column("rank")],
        rows: rows.len(),
        values: rows
            .iter()
            .flat_map(|(name, rank)| [name.map_or(Value::Null, Value::from), Value::I64(*rank)])
            .collect(),
        on_conflict,
        returning: Vec::new(),
        key: Vec::new(),
    })
}

/// Only what is taken is left out, however many rows there are.
#[tokio::test]
async fn ignoring_ignores_nothing_else() {
    let Some(driver) = driver("").await else { return };
    let table = fresh("ignore");
    execute(
        &driver,
        format!(
            "CREATE TABLE {table} (id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(5) NOT NULL UNIQUE, `rank` TINYINT CHECK (`rank` < 100))"
        ),
    )
    .await;
    let mut connection = driver.acquire().await.unwrap();
    let ignore = |rows: &[(Option<&str>, i64)]| insert(&table, rows, OnConflict::Ignore);
    let good = ignore(&[(Some("a"), 1), (Some("b"), 2), (Some("a"), 3)]);
    assert_eq!(run(&mut *connection, &good).await.unwrap().1.affected, 2);
    assert_eq!(run(&mut *connection, &ignore(&[(Some("a"), 1)])).await.unwrap().1.affected, 0);
    for bad in [(None, 1), (Some("c"), 100), (Some("c"), 1_000), (Some("too long"), 1)] {
        for statement in [ignore(&[bad]), ignore(&[(Some("a"), 1), (Some("d"), 1), bad])] {
            let error = run(&mut *connection, &statement).await.unwrap_err();
            assert!(matches!(error, Error::Constraint { .. } | Error::Driver { .. }), "{error:?}");
            assert!(!error.is_unique_violation(), "{error:?}");
        }
    }
    let names = rows(&driver, format!("SELECT name FROM {table} ORDER BY name")).await.unwrap();
    assert_eq!(names, [["a".into()], ["b".into()]] as [[Value; 1]; 2]);
    execute(&driver, format!("DROP TABLE {table}")).await;
}

/// A row that another unique column stands in the way of is no row to change.
#[tokio::test]
async fn an_upsert_changes_only_the_row_that_is_meant() {
    let Some(driver) = driver("").await else { return };
    let table = fresh("upsert");
    execute(
        &driver,
        format!("CREATE TABLE {table} (name VARCHAR(20) NOT NULL UNIQUE, `rank` BIGINT NOT NULL UNIQUE)"),
    )
    .await;
    let mut connection = driver.acquire().await.unwrap();
    let upsert = |rows: &[(Option<&str>, i64)]| {
        let (by, columns) = (vec!["name".into()], vec!["rank".into()]);
        insert(
            &table,
            rows,
            OnConflict::Update { by, columns, set: Vec::new(), same: Vec::new(), filter: None },
        )
    };
    let two = upsert(&[(Some("a"), 1), (Some("b"), 2)]);
    assert_eq!(run(&mut *connection, &two).await.unwrap().1.affected, 2);
    let changed = upsert(&[(Some("a"), 9), (Some("b"), 2)]);
    assert_eq!(run(&mut *connection, &changed).await.unwrap().1.affected, 2);
    let error = run(&mut *connection, &upsert(&[(Some("c"), 2)])).await.unwrap_err();
    let Error::Constraint { kind: ConstraintKind::Unique, table: named, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(named.as_deref(), Some(&*table));
    let found = rows(&driver, format!("SELECT name, `rank` FROM {table} ORDER BY name")).await.unwrap();
    assert_eq!(found, [["a".into(), Value::I64(9)], ["b".into(), Value::I64(2)]]);
    execute(&driver, format!("DROP TABLE {table}")).await;
}
