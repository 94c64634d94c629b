use atlas_core::{
    ConstraintKind, Error,
    statement::{ColumnRef, Insert, OnConflict, TableRef},
    value::Value,
};

use crate::support::{driver, execute, fresh, number, query};

fn rows(table: &str, values: impl Iterator<Item = (Value, Value)>) -> Insert {
    let values: Vec<Value> = values.flat_map(|(a, b)| [a, b]).collect();
    Insert {
        table: TableRef::new(table.to_owned()),
        columns: ["a", "b"].map(|name| ColumnRef { table: None, name: name.into(), ty: None }).to_vec(),
        rows: values.len() / 2,
        values,
        on_conflict: OnConflict::Fail,
        returning: Vec::new(),
        key: Vec::new(),
    }
}

/// In arrays and copied: a value that does not fit names its column, and nothing is written.
#[tokio::test]
async fn a_value_that_does_not_fit_names_its_column() {
    let Some(driver) = driver("max_connections=1").await else { return };
    let table = fresh("misfits");
    execute(&driver, format!("CREATE TABLE {table} (a int, b text CHECK (b <> 'no'))")).await.unwrap();
    for count in [1, 10, 500, 20_001] {
        let good = || (1..count).map(|n| (Value::I64(n), Value::from("x")));
        let last = |a: Value, b: &str| rows(&table, good().chain([(a, b.into())]));
        let error = query(&driver, last(i64::MAX.into(), "x")).await.unwrap_err();
        assert!(
            matches!(&error, Error::Constraint { kind: ConstraintKind::Check, columns, table: Some(named), .. } if columns == &["a"] && *named == table),
            "{count}: {error:?}"
        );
        let error = query(&driver, last("many".into(), "x")).await.unwrap_err();
        assert!(
            matches!(&error, Error::Config { message } if message.contains("column `a`")),
            "{count}: {error:?}"
        );
        let error = query(&driver, last(1.into(), "no")).await.unwrap_err();
        assert!(
            matches!(&error, Error::Constraint { columns, .. } if columns == &["b"]),
            "{count}: {error:?}"
        );
        let error = query(&driver, last(1.into(), "a\0b")).await.unwrap_err();
        assert!(matches!(&error, Error::Unsupported { .. }), "{count}: {error:?}");
        assert_eq!(number(&driver, format!("SELECT count(*) FROM {table}")).await, 0);
        query(&driver, last(1.into(), "x")).await.unwrap();
        execute(&driver, format!("TRUNCATE {table}")).await.unwrap();
    }
    assert_eq!(driver.pool().open, 1);
    execute(&driver, format!("DROP TABLE {table}")).await.unwrap();
}

/// What is more than one statement should hold goes in several, all or none.
#[tokio::test]
async fn large_values_go_in_several_statements() {
    let Some(driver) = driver("max_connections=1").await else { return };
    let table = fresh("large");
    execute(&driver, format!("CREATE TABLE {table} (a int UNIQUE, b text)")).await.unwrap();
    let large = "x".repeat(1 << 20);
    let insert = |last: i64| Insert {
        returning: vec!["a".into()],
        ..rows(&table, (0..40).chain([last]).map(|n| (Value::I64(n), Value::from(&*large))))
    };
    assert!(query(&driver, insert(0)).await.unwrap_err().is_unique_violation());
    assert_eq!(number(&driver, format!("SELECT count(*) FROM {table}")).await, 0);
    assert_eq!(query(&driver, insert(40)).await.unwrap().len(), 41);
    execute(&driver, format!("DROP TABLE {table}")).await.unwrap();
}

/// A table that COPY does not do what an insert does with.
#[tokio::test]
async fn views_are_inserted_into() {
    let Some(driver) = driver("").await else { return };
    let table = fresh("viewed");
    execute(&driver, format!("CREATE TABLE {table} (a int, b text)")).await.unwrap();
    execute(&driver, format!("CREATE VIEW {table}_view AS SELECT * FROM {table}")).await.unwrap();
    let insert = rows(&format!("{table}_view"), (0..1_000).map(|n| (Value::I64(n), Value::Null)));
    query(&driver, insert).await.unwrap();
    assert_eq!(number(&driver, format!("SELECT count(*) FROM {table}")).await, 1_000);
    execute(&driver, format!("DROP TABLE {table} CASCADE")).await.unwrap();
}
