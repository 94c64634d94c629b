use atlas_core::{
    statement::{ColumnRef, Insert, OnConflict, Statement, TableRef},
    value::Value,
};
use atlas_sqlite::Sqlite;

use crate::{
    stream::Stop,
    support::{Directory, count, execute, run},
};

fn insert(keys: impl IntoIterator<Item = i64>, returning: bool) -> Insert {
    let values: Vec<Value> =
        keys.into_iter().flat_map(|key| [Value::I64(key), Value::Text(format!("name {key}"))]).collect();
    Insert {
        table: TableRef::new("t"),
        columns: ["id", "name"].map(|name| ColumnRef { table: None, name: name.into(), ty: None }).to_vec(),
        rows: values.len() / 2,
        values,
        on_conflict: OnConflict::Fail,
        returning: if returning { vec!["id".into(), "name".into()] } else { Vec::new() },
        key: Vec::new(),
    }
}

#[tokio::test]
async fn a_hundred_thousand_rows_are_written() {
    let directory = Directory::new();
    for options in [Sqlite::memory(), Sqlite::file(directory.file())] {
        let driver = options.open().await.unwrap();
        execute(&driver, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)").await.unwrap();
        let mut connection = driver.acquire().await.unwrap();
        let (rows, outcome) = run(&mut *connection, &insert((0..100_000).rev(), true).into()).await.unwrap();
        assert_eq!(outcome.affected, 100_000);
        assert!(rows.iter().zip((0..100_000).rev()).all(|(row, key)| row[0] == Value::I64(key)));
        assert_eq!(count(&driver, "t").await, 100_000);
    }
}

#[tokio::test]
async fn all_or_none_are_written() {
    let driver = Sqlite::memory().open().await.unwrap();
    execute(&driver, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)").await.unwrap();
    let twice: Statement = insert((0..200).chain([7]), false).into();
    let mut connection = driver.acquire().await.unwrap();
    assert!(run(&mut *connection, &twice).await.unwrap_err().is_unique_violation());
    assert_eq!(count(&driver, "t").await, 0);

    connection.begin(&Default::default()).await.unwrap();
    run(&mut *connection, &insert([1_000], false).into()).await.unwrap();
    assert!(run(&mut *connection, &twice).await.unwrap_err().is_unique_violation());
    assert_eq!(run(&mut *connection, &insert(0..101, true).into()).await.unwrap().0.len(), 101);
    connection.commit().await.unwrap();
    assert_eq!(count(&driver, "t").await, 102);
}

#[tokio::test]
async fn rows_that_are_there_are_left_or_changed() {
    let driver = Sqlite::memory().open().await.unwrap();
    execute(&driver, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)").await.unwrap();
    let mut connection = driver.acquire().await.unwrap();
    run(&mut *connection, &insert(0..60, false).into()).await.unwrap();
    let mut ignoring = insert(0..120, true);
    ignoring.on_conflict = OnConflict::Ignore;
    let (rows, outcome) = run(&mut *connection, &ignoring.into()).await.unwrap();
    assert_eq!((rows.len(), outcome.affected), (60, 60));
    let mut changing = insert(0..130, true);
    changing.on_conflict = OnConflict::Update {
        by: vec!["id".into()],
        columns: vec!["name".into()],
        set: Vec::new(),
        same: Vec::new(),
        filter: None,
    };
    let (rows, outcome) = run(&mut *connection, &changing.into()).await.unwrap();
    assert_eq!((rows.len(), outcome.affected), (130, 130));
    assert!(rows.iter().zip(0..).all(|(row, key)| row[0] == Value::I64(key)));
}

#[tokio::test]
async fn rows_without_columns_are_written() {
    let driver = Sqlite::memory().open().await.unwrap();
    execute(&driver, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'n')").await.unwrap();
    let mut connection = driver.acquire().await.unwrap();
    for rows in [0, 1, 3] {
        let empty = Insert { columns: Vec::new(), rows, values: Vec::new(), ..insert([], true) };
        let (returned, outcome) = run(&mut *connection, &empty.into()).await.unwrap();
        assert_eq!((returned.len(), outcome.affected), (rows, rows as u64));
    }
    assert_eq!(count(&driver, "t").await, 4);
}

#[tokio::test]
async fn a_sink_that_has_enough_gets_no_more() {
    let driver = Sqlite::memory().open().await.unwrap();
    execute(&driver, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)").await.unwrap();
    let mut connection = driver.acquire().await.unwrap();
    for (round, at) in [(0, 1), (1, 60)] {
        let all = insert(round * 1_000..round * 1_000 + 170, true);
        let names: Vec<Value> = all.values.iter().skip(1).step_by(2).cloned().collect();
        let named = Insert {
            columns: all.columns.iter().skip(1).cloned().collect(),
            values: names,
            returning: vec!["id".into()],
            ..all.clone()
        };
        // Asked for what was given, and told by the connection.
        for statement in [all, named] {
            let before = count(&driver, "t").await;
            let stop = Stop { at, fails: false, seen: 0 };
            let (sink, outcome) = connection.run(&statement.into(), Box::new(stop)).await.unwrap();
            let sink: Box<dyn std::any::Any> = sink;
            assert_eq!((sink.downcast::<Stop>().unwrap().seen, outcome.affected), (at, 170));
            assert_eq!(count(&driver, "t").await, before + 170);
        }
    }
}
