//! The keys of inserted rows are those that RETURNING would give, whichever way they are found.

use std::{collections::HashMap, sync::Arc};

use atlas_core::{
    driver::{Connection, Driver},
    statement::{ColumnRef, Insert, OnConflict, TableRef},
    value::Value,
};
use atlas_sqlite::Sqlite;

use crate::support::{Directory, execute, query, run, sql};

fn insert(names: impl IntoIterator<Item = String>) -> Insert {
    let values: Vec<Value> = names.into_iter().map(Value::Text).collect();
    Insert {
        table: TableRef::new("t"),
        columns: vec![ColumnRef { table: None, name: "name".into(), ty: None }],
        rows: values.len(),
        values,
        on_conflict: OnConflict::Fail,
        returning: vec!["id".into()],
        key: Vec::new(),
    }
}

fn names(prefix: &str, rows: usize) -> Vec<String> {
    (0..rows).map(|row| format!("{prefix} {row}")).collect()
}

/// Inserts rows, and says by which keys SQLite then finds them.
async fn check(connection: &mut dyn Connection, prefix: &str, rows: usize) -> Vec<Value> {
    let names = names(prefix, rows);
    let (given, outcome) = run(connection, &insert(names.clone()).into()).await.unwrap();
    assert_eq!((given.len(), outcome.affected), (rows, rows as u64), "{prefix}");
    let found = format!("SELECT name, id FROM t WHERE name LIKE '{prefix} %'");
    let found = run(connection, &sql(found)).await.unwrap().0;
    let text = |value: &Value| match value {
        Value::Text(text) => text.clone(),
        other => panic!("{other:?} is no name"),
    };
    let found: HashMap<String, Value> = found.iter().map(|row| (text(&row[0]), row[1].clone())).collect();
    let found: Vec<Value> = names.iter().map(|name| found[name].clone()).collect();
    let given: Vec<Value> = given.into_iter().map(|mut row| row.remove(0)).collect();
    assert_eq!(given, found, "{prefix}");
    given
}

/// One row, a few, and more than go into one statement; alone and in a transaction and a savepoint.
async fn check_all(driver: &Arc<dyn Driver>, what: &str) {
    let mut connection = driver.acquire().await.unwrap();
    for round in 0..2 {
        for rows in [1, 3, 51, 120] {
            check(&mut *connection, &format!("{what} alone {round} {rows}"), rows).await;
        }
        connection.begin(&Default::default()).await.unwrap();
        connection.begin(&Default::default()).await.unwrap();
        for rows in [1, 3, 51, 120] {
            check(&mut *connection, &format!("{what} inside {round} {rows}"), rows).await;
        }
        connection.commit().await.unwrap();
        connection.begin(&Default::default()).await.unwrap();
        check(&mut *connection, &format!("{what} undone {round}"), 60).await;
        connection.rollback().await.unwrap();
        check(&mut *connection, &format!("{what} after {round}"), 1).await;
        check(&mut *connection, &format!("{what} after many {round}"), 70).await;
        connection.commit().await.unwrap();
    }
}

async fn databases(directory: &Directory) -> [Arc<dyn Driver>; 2] {
    [Sqlite::memory().open().await.unwrap(), Sqlite::file(directory.file()).open().await.unwrap()]
}

async fn each(schema: &[&str]) {
    let directory = Directory::new();
    for driver in databases(&directory).await {
        for text in schema {
            execute(&driver, text).await.unwrap();
        }
        check_all(&driver, "rows").await;
    }
}

const PLAIN: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)";
const LOG: &str = "CREATE TABLE log (id INTEGER PRIMARY KEY, name TEXT)";

#[tokio::test]
async fn of_rowids() {
    each(&[PLAIN]).await;
    each(&["CREATE TABLE T (name TEXT, ID integer primary key)"]).await;
    each(&["CREATE TABLE t (name TEXT, id INTEGER, PRIMARY KEY (id ASC))"]).await;
    each(&["CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE)"]).await;
    each(&[PLAIN, "INSERT INTO t VALUES (-100, 'below')"]).await;
}

#[tokio::test]
async fn of_other_keys() {
    let filled = "DEFAULT (abs(random() % 1000000000000))";
    for key in ["INT", "TEXT"] {
        each(&[&format!("CREATE TABLE t (id {key} PRIMARY KEY {filled}, name TEXT)")]).await;
    }
    each(&[&format!("CREATE TABLE t (id INTEGER PRIMARY KEY DESC {filled}, name TEXT)")]).await;
    each(&[&format!("CREATE TABLE t (id INTEGER {filled}, name TEXT, PRIMARY KEY (id, name))")]).await;
    each(&[&format!("CREATE TABLE t (id INTEGER PRIMARY KEY {filled}, name TEXT) WITHOUT ROWID")]).await;
    each(&[&format!("CREATE TABLE t (id INTEGER {filled}, name TEXT)")]).await;
    each(&[&format!("CREATE TABLE t (rowid INTEGER PRIMARY KEY, id INTEGER {filled}, name TEXT)")]).await;
}

#[tokio::test]
async fn beside_triggers() {
    for time in ["BEFORE", "AFTER"] {
        for (table, when) in [("log", ""), ("t", "WHEN new.name NOT LIKE 'by %'")] {
            let into = format!("INSERT INTO {table} (name) VALUES ('by a trigger'), ('by another')");
            let trigger = format!("CREATE TRIGGER a {time} INSERT ON t {when} BEGIN {into}; END");
            each(&[PLAIN, LOG, &trigger]).await;
            each(&[
                PLAIN,
                LOG,
                &trigger.replace("TRIGGER a", "TEMP TRIGGER a").replace(" ON t", " ON main.t"),
            ])
            .await;
        }
    }
}

#[tokio::test]
async fn hidden_by_a_temporary_table() {
    let directory = Directory::new();
    for driver in databases(&directory).await {
        execute(&driver, PLAIN).await.unwrap();
        execute(&driver, "INSERT INTO t VALUES (700, 'below')").await.unwrap();
        check_all(&driver, "main").await;
        execute(&driver, "CREATE TEMP TABLE t (name TEXT, id DEFAULT (abs(random())))").await.unwrap();
        let mut connection = driver.acquire().await.unwrap();
        connection.begin(&Default::default()).await.unwrap();
        check(&mut *connection, "temp", 1).await;
        check(&mut *connection, "more temp", 60).await;
        connection.commit().await.unwrap();
    }
}

#[tokio::test]
async fn of_views() {
    let directory = Directory::new();
    for driver in databases(&directory).await {
        for text in [
            "CREATE TABLE u (id INTEGER PRIMARY KEY, name TEXT)",
            "CREATE VIEW t AS SELECT id, name FROM u",
            "CREATE TRIGGER a INSTEAD OF INSERT ON t BEGIN INSERT INTO u (name) VALUES (new.name); END",
        ] {
            execute(&driver, text).await.unwrap();
        }
        // What SQLite says: a view has no key before it is read.
        for rows in [1, 60] {
            let mut connection = driver.acquire().await.unwrap();
            let (given, _) = run(&mut *connection, &insert(names("view", rows)).into()).await.unwrap();
            assert_eq!(given, vec![vec![Value::Null]; rows]);
        }
    }
}

#[tokio::test]
async fn of_rows_that_are_ignored_or_replaced() {
    let directory = Directory::new();
    for driver in databases(&directory).await {
        for clause in ["IGNORE", "REPLACE"] {
            let schema =
                format!("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE ON CONFLICT {clause})");
            execute(&driver, &schema).await.unwrap();
            let mut connection = driver.acquire().await.unwrap();
            connection.begin(&Default::default()).await.unwrap();
            for (name, keys) in [("a", 1), ("a", u64::from(clause == "REPLACE"))] {
                let given = run(&mut *connection, &insert([name.to_owned()]).into()).await.unwrap();
                assert_eq!((given.0.len() as u64, given.1.affected), (keys, keys), "{clause}");
            }
            connection.commit().await.unwrap();
            execute(&driver, "DROP TABLE t").await.unwrap();
        }
    }
}

#[tokio::test]
async fn at_the_greatest_rowid() {
    let directory = Directory::new();
    for driver in databases(&directory).await {
        execute(&driver, PLAIN).await.unwrap();
        check_all(&driver, "before").await;
        let near = i64::MAX - 30;
        execute(&driver, &format!("INSERT INTO t VALUES ({near}, 'near')")).await.unwrap();
        check_all(&driver, "near").await;
        execute(&driver, &format!("INSERT OR IGNORE INTO t VALUES ({}, 'last')", i64::MAX)).await.unwrap();
        check_all(&driver, "at").await;
    }
}

#[tokio::test]
async fn after_the_last_rows_were_deleted() {
    for generated in ["", "AUTOINCREMENT"] {
        let directory = Directory::new();
        for driver in databases(&directory).await {
            let schema = format!("CREATE TABLE t (id INTEGER PRIMARY KEY {generated}, name TEXT)");
            execute(&driver, &schema).await.unwrap();
            check_all(&driver, "before").await;
            execute(&driver, "DELETE FROM t WHERE id > 40").await.unwrap();
            check_all(&driver, "between").await;
            execute(&driver, "DELETE FROM t").await.unwrap();
            check_all(&driver, "after").await;
        }
    }
}

#[tokio::test]
async fn of_ten_thousand_rows() {
    let directory = Directory::new();
    for driver in databases(&directory).await {
        execute(&driver, PLAIN).await.unwrap();
        let mut connection = driver.acquire().await.unwrap();
        let keys = check(&mut *connection, "many", 10_000).await;
        assert_eq!(keys, (1..=10_000).map(Value::I64).collect::<Vec<_>>());
    }
}

const TRIGGER: &str = "CREATE TRIGGER a BEFORE INSERT ON t WHEN new.name NOT LIKE 'by %' \
     BEGIN INSERT INTO t (name) VALUES ('by a trigger'); END";

#[tokio::test]
async fn when_a_trigger_comes_and_goes() {
    let directory = Directory::new();
    for driver in databases(&directory).await {
        execute(&driver, PLAIN).await.unwrap();
        check_all(&driver, "without").await;
        execute(&driver, TRIGGER).await.unwrap();
        check_all(&driver, "with").await;
        execute(&driver, "DROP TRIGGER a").await.unwrap();
        check_all(&driver, "dropped").await;
        let mut connection = driver.acquire().await.unwrap();
        connection.begin(&Default::default()).await.unwrap();
        check(&mut *connection, "inside, without", 60).await;
        run(&mut *connection, &sql(TRIGGER)).await.unwrap();
        check(&mut *connection, "inside, with", 60).await;
        connection.begin(&Default::default()).await.unwrap();
        run(&mut *connection, &sql("DROP TRIGGER a")).await.unwrap();
        check(&mut *connection, "inside, dropped", 60).await;
        connection.rollback().await.unwrap();
        check(&mut *connection, "inside, back", 60).await;
        connection.rollback().await.unwrap();
        check_all(&driver, "rolled back").await;
    }
}

#[tokio::test]
async fn when_sqlite_rolls_back_itself() {
    let directory = Directory::new();
    for driver in databases(&directory).await {
        execute(&driver, PLAIN).await.unwrap();
        execute(&driver, TRIGGER).await.unwrap();
        let mut connection = driver.acquire().await.unwrap();
        connection.begin(&Default::default()).await.unwrap();
        run(&mut *connection, &sql("DROP TRIGGER a")).await.unwrap();
        check(&mut *connection, "dropped", 60).await;
        let failing = "SELECT 1 WHERE 1 = 2 UNION ALL SELECT 1";
        let failing = format!("INSERT OR ROLLBACK INTO t (id) {failing} UNION ALL SELECT 1");
        run(&mut *connection, &sql(failing)).await.unwrap_err();
        drop(connection);
        check_all(&driver, "back").await;
    }
}

#[tokio::test]
async fn when_another_process_changes_the_schema() {
    let directory = Directory::new();
    let driver = Sqlite::file(directory.file()).open().await.unwrap();
    execute(&driver, PLAIN).await.unwrap();
    let other = rusqlite::Connection::open(directory.file()).unwrap();
    for round in 0..3 {
        check_all(&driver, &format!("without {round}")).await;
        other.execute_batch(TRIGGER).unwrap();
        check_all(&driver, &format!("with {round}")).await;
        other.execute_batch("DROP TRIGGER a").unwrap();
    }
    other
        .execute_batch("DROP TABLE t; CREATE TABLE t (id INT PRIMARY KEY DEFAULT (abs(random())), name TEXT)")
        .unwrap();
    check_all(&driver, "another table").await;
    assert!(!query(&driver, "SELECT 1 FROM t").await.unwrap().is_empty());
}

#[tokio::test]
async fn beside_a_given_rowid() {
    let driver = Sqlite::memory().open().await.unwrap();
    execute(&driver, PLAIN).await.unwrap();
    for (column, row) in [("rowid", 0), ("OID", 10), ("_rowid_", 20)] {
        let mut statement = insert([]);
        statement.columns[0].name = column.into();
        statement.values = [7, 3, 5].map(|key| Value::I64(row + key)).to_vec();
        statement.rows = 3;
        let mut connection = driver.acquire().await.unwrap();
        let (given, _) = run(&mut *connection, &statement.into()).await.unwrap();
        assert_eq!(given, [7, 3, 5].map(|key| [Value::I64(row + key)]));
    }
}

/// The text of one row is kept: not that of other columns.
#[tokio::test]
async fn of_rows_with_other_columns() {
    let driver = Sqlite::memory().open().await.unwrap();
    execute(&driver, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'n', more TEXT)")
        .await
        .unwrap();
    let mut connection = driver.acquire().await.unwrap();
    for (key, columns) in
        [&["name"][..], &["more"], &[], &["name", "more"], &["more", "name"], &["name"], &[]]
            .into_iter()
            .enumerate()
    {
        let mut statement = insert(columns.iter().map(|column| format!("a {column}")));
        let column = |name: &&'static str| ColumnRef { table: None, name: (*name).into(), ty: None };
        statement.columns = columns.iter().map(column).collect();
        statement.rows = 1;
        let (given, _) = run(&mut *connection, &statement.into()).await.unwrap();
        let key = i64::try_from(key + 1).unwrap();
        assert_eq!(given, [[Value::I64(key)]]);
        let value = |name| match columns.contains(&name) {
            true => Value::Text(format!("a {name}")),
            false if name == "name" => Value::Text("n".to_owned()),
            false => Value::Null,
        };
        let row = run(&mut *connection, &sql(format!("SELECT name, more FROM t WHERE id = {key}"))).await;
        assert_eq!(row.unwrap().0, [[value("name"), value("more")]]);
    }
}
