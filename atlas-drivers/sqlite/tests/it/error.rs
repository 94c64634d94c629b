use std::sync::Arc;

use atlas_core::{
    ConstraintKind, Error,
    driver::Driver,
    statement::{ColumnRef, Expr, Insert, OnConflict, Select, Statement, TableRef},
    value::Value,
};
use atlas_sqlite::Sqlite;

use crate::support::{execute, run};

async fn database() -> Arc<dyn Driver> {
    let driver = Sqlite::memory().open().await.unwrap();
    for text in [
        "CREATE TABLE p (id INTEGER PRIMARY KEY, a TEXT UNIQUE, b TEXT NOT NULL, c INT CHECK (c > 0), CONSTRAINT small CHECK (c < 9), UNIQUE (b, c))",
        "CREATE TABLE q (a TEXT)",
        "CREATE TABLE v (id INTEGER PRIMARY KEY, \"a b\" INTEGER CHECK (0 <= \"a b\" AND \"a b\" <= 9), \"q\"\"\" INTEGER CHECK (0 <= \"q\"\"\")) STRICT",
        "CREATE UNIQUE INDEX lower_a ON q (lower(a))",
        "INSERT INTO q VALUES ('x')",
        "CREATE TABLE c (p INT REFERENCES p (id))",
        "INSERT INTO p VALUES (1, 'x', 'y', 1)",
    ] {
        execute(&driver, text).await.unwrap();
    }
    driver
}

fn insert(table: &'static str, columns: &[&'static str], values: Vec<Value>) -> Insert {
    Insert {
        table: TableRef::new(table),
        columns: columns
            .iter()
            .map(|name| ColumnRef { table: None, name: (*name).into(), ty: None })
            .collect(),
        rows: 1,
        values,
        on_conflict: OnConflict::Fail,
        returning: Vec::new(),
        key: Vec::new(),
    }
}

async fn fails(driver: &Arc<dyn Driver>, statement: impl Into<Statement>) -> Error {
    run(&mut *driver.acquire().await.unwrap(), &statement.into()).await.unwrap_err()
}

#[tokio::test]
async fn constraints_name_what_they_are_on() {
    use ConstraintKind::{Check, ForeignKey, NotNull, Unique};
    let driver = database().await;
    let all = ["id", "a", "b", "c"];
    let row = |id: i64, a: &str, b: Value, c: i64| insert("p", &all, vec![id.into(), a.into(), b, c.into()]);
    for (statement, is) in [
        (row(1, "n", "n".into(), 2), (Unique, "p", vec!["id"], None)),
        (row(2, "x", "n".into(), 2), (Unique, "p", vec!["a"], None)),
        (row(2, "n", "y".into(), 1), (Unique, "p", vec!["b", "c"], None)),
        (insert("q", &["a"], vec!["X".into()]), (Unique, "q", vec![], Some("lower_a"))),
        (row(2, "n", Value::Null, 2), (NotNull, "p", vec!["b"], None)),
        (row(2, "n", "n".into(), -1), (Check, "p", vec![], Some("c > 0"))),
        (row(2, "n", "n".into(), 10), (Check, "p", vec![], Some("small"))),
        (
            insert("v", &["a b"], vec![10i64.into()]),
            (Check, "v", vec!["a b"], Some("0 <= \"a b\" AND \"a b\" <= 9")),
        ),
        (insert("v", &["q\""], vec![(-1i64).into()]), (Check, "v", vec!["q\""], Some("0 <= \"q\"\"\""))),
        (insert("v", &["a b"], vec![0.5.into()]), (Check, "v", vec!["a b"], Some("type INTEGER"))),
        (insert("c", &["p"], vec![7i64.into()]), (ForeignKey, "c", vec![], None)),
    ] {
        match fails(&driver, statement).await {
            Error::Constraint { kind, table, constraint, columns, .. } => {
                let columns = columns.iter().map(String::as_str).collect();
                assert_eq!((kind, table.as_deref().unwrap(), columns, constraint.as_deref()), is);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let driver = database().await;
    match fails(&driver, Select::new(TableRef::new("nope"), &["id"])).await {
        Error::MissingTable { table, .. } => assert_eq!(table, "nope"),
        other => panic!("{other:?}"),
    }
    match fails(&driver, Select::new(TableRef::new("p"), &["id", "nope"])).await {
        Error::MissingColumn { column, .. } => assert_eq!(column, "p.nope"),
        other => panic!("{other:?}"),
    }
    match fails(&driver, insert("p", &["nope"], vec![1i64.into()])).await {
        Error::MissingColumn { column, .. } => assert_eq!(column, "p.nope"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_upsert_without_its_index_says_what_to_declare() {
    let driver = database().await;
    let mut upsert = insert("p", &["b"], vec!["n".into()]);
    upsert.on_conflict = OnConflict::Update {
        by: vec!["b".into()],
        columns: vec!["b".into()],
        set: Vec::new(),
        same: Vec::new(),
        filter: None,
    };
    let message = fails(&driver, upsert).await.to_string();
    assert!(message.contains("#[unique]"), "{message}");
}

#[tokio::test]
async fn a_statement_beyond_a_limit_says_so() {
    let driver = database().await;
    let column = || Expr::Column(ColumnRef { table: None, name: "id".into(), ty: None });
    let mixed = (0..40_000).map(|n| if n == 0 { 0.5.into() } else { Value::I64(n) });
    let list = Expr::In(Box::new(column()), mixed.collect());
    let null = || Expr::IsNull(Box::new(column()));
    let not = |times| (0..times).fold(null(), |inner, _| Expr::Not(Box::new(inner)));
    let in_turns = |times| (0..times).fold(null(), |inner, _| inner.or(null()).and(null()));
    let select = |filter| Select { filter: Some(filter), ..Select::new(TableRef::new("p"), &["id"]) }.into();
    for filter in [list, not(3_000), in_turns(3_000)] {
        let error = fails(&driver, select(filter)).await;
        assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
    }
    for filter in [not(290), in_turns(140)] {
        run(&mut *driver.acquire().await.unwrap(), &select(filter)).await.unwrap();
    }
}
