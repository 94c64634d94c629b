//! What the server reports, as errors that say what to do.

use atlas_core::{ConstraintKind, Error, driver::Driver, value::Value};
use atlas_mysql::MySql;

use crate::support::{begin, driver, execute, fails, fresh, raw, run, url};

async fn parents_and_children(driver: &std::sync::Arc<dyn Driver>) -> (String, String) {
    let (parents, children) = (fresh("parent"), fresh("child"));
    execute(driver, format!("CREATE TABLE {parents} (id BIGINT PRIMARY KEY)")).await;
    execute(
        driver,
        format!(
            "CREATE TABLE {children} (id BIGINT PRIMARY KEY, parent_id BIGINT, email VARCHAR(20) NOT NULL, \
             n TINYINT UNSIGNED, UNIQUE KEY by_email (email), \
             CONSTRAINT `has_{parents}` FOREIGN KEY (parent_id) REFERENCES {parents} (id), \
             CONSTRAINT `small_{children}` CHECK (n < 50))"
        ),
    )
    .await;
    (parents, children)
}

#[tokio::test]
async fn constraints_are_named() {
    let Some(driver) = driver("").await else { return };
    let (parents, children) = parents_and_children(&driver).await;
    execute(&driver, format!("INSERT INTO {parents} VALUES (1)")).await;
    execute(&driver, format!("INSERT INTO {children} VALUES (1, 1, 'a', 1)")).await;
    let named = |error: Error| match error {
        Error::Constraint { kind, table, constraint, columns, .. } => (kind, table, constraint, columns),
        other => panic!("{other:?}"),
    };
    let key = fails(&driver, format!("INSERT INTO {children} VALUES (2, 9, 'b', 1)")).await;
    let (kind, table, constraint, columns) = named(key);
    assert_eq!(kind, ConstraintKind::ForeignKey);
    assert_eq!((table, constraint), (Some(children.clone()), Some(format!("has_{parents}"))));
    assert_eq!(columns, ["parent_id"]);
    let key = fails(&driver, format!("DELETE FROM {parents}")).await;
    assert_eq!(named(key).0, ConstraintKind::ForeignKey);
    let check = fails(&driver, format!("INSERT INTO {children} VALUES (2, 1, 'b', 60)")).await;
    let (kind, _, constraint, _) = named(check);
    assert_eq!((kind, constraint), (ConstraintKind::Check, Some(format!("small_{children}"))));
    let range = fails(&driver, format!("INSERT INTO {children} VALUES (2, 1, 'b', 600)")).await;
    let (kind, _, _, columns) = named(range);
    assert_eq!((kind, columns), (ConstraintKind::Check, vec!["n".to_owned()]));
    let null = fails(&driver, format!("INSERT INTO {children} (id) VALUES (2)")).await;
    let (kind, _, _, columns) = named(null);
    assert_eq!((kind, columns), (ConstraintKind::NotNull, vec!["email".to_owned()]));
    let unique = fails(&driver, format!("INSERT INTO {children} VALUES (2, 1, 'a', 1)")).await;
    let (kind, _, constraint, _) = named(unique);
    assert_eq!((kind, constraint.as_deref()), (ConstraintKind::Unique, Some("by_email")));
    execute(&driver, format!("DROP TABLE {children}, {parents}")).await;
}

#[tokio::test]
async fn a_unique_violation_names_its_columns() {
    use atlas_core::statement::{ColumnRef, CompareOp, Expr, Scope, TableRef, Update};
    let Some(driver) = driver("").await else { return };
    let table = fresh("unique");
    execute(
        &driver,
        format!("CREATE TABLE {table} (id BIGINT PRIMARY KEY, a INT, b INT, UNIQUE KEY pair (a, b))"),
    )
    .await;
    execute(&driver, format!("INSERT INTO {table} VALUES (1, 1, 1), (2, 1, 2)")).await;
    let column = |name: &'static str| ColumnRef { table: None, name: name.into(), ty: None };
    let is_two = Expr::Compare(
        CompareOp::Eq,
        Box::new(Expr::Column(column("id"))),
        Box::new(Expr::Value(Value::I64(2))),
    );
    let update = Update {
        table: TableRef::new(table.clone()),
        set: vec![(column("b"), Expr::Value(Value::I64(1)))],
        scope: Scope { filter: Some(is_two), ..Scope::default() },
        returning: Vec::new(),
    };
    let mut connection = driver.acquire().await.unwrap();
    for _ in 0..2 {
        let error = run(&mut *connection, &update.clone().into()).await.unwrap_err();
        let Error::Constraint { constraint, columns, .. } = &error else { panic!("{error:?}") };
        assert_eq!(
            (constraint.as_deref(), columns.as_slice()),
            (Some("pair"), &["a".to_owned(), "b".to_owned()][..])
        );
    }
    execute(&driver, format!("DROP TABLE {table}")).await;
}

#[tokio::test]
async fn values_that_do_not_fit_say_so() {
    let Some(driver) = driver("").await else { return };
    let table = fresh("values");
    execute(&driver, format!("CREATE TABLE {table} (s VARCHAR(3), n INT, d DATE)")).await;
    for (values, says) in [
        ("('long', 1, NULL)", "too long for the column"),
        ("('a', 'many', NULL)", "does not fit the column's type"),
        ("('a', 1, '2026-02-30')", "does not fit the column's type"),
        ("('a', 1 / 0, NULL)", "guard the division"),
    ] {
        let error = fails(&driver, format!("INSERT INTO {table} VALUES {values}")).await;
        assert!(matches!(error, Error::Driver { .. }) && error.to_string().contains(says), "{error}");
    }
    let missing = fails(&driver, "SELECT 1 FROM nowhere_at_all").await;
    assert!(
        matches!(&missing, Error::MissingTable { table, .. } if table == "nowhere_at_all"),
        "{missing:?}"
    );
    let missing = fails(&driver, format!("SELECT nothing FROM {table}")).await;
    assert!(matches!(&missing, Error::MissingColumn { column, .. } if column == "nothing"), "{missing:?}");
    execute(&driver, format!("DROP TABLE {table}")).await;
}

#[tokio::test]
async fn a_transaction_that_only_reads_takes_no_writes() {
    let Some(driver) = driver("").await else { return };
    let table = fresh("reads");
    execute(&driver, format!("CREATE TABLE {table} (id INT)")).await;
    let mut connection = driver.acquire().await.unwrap();
    let mut options = atlas_core::driver::TransactionOptions::default();
    options.read_only = true;
    connection.begin(&options).await.unwrap();
    let error = run(&mut *connection, &raw(format!("INSERT INTO {table} VALUES (1)"), [])).await.unwrap_err();
    assert!(error.to_string().contains("not read-only"), "{error}");
    connection.rollback().await.unwrap();
    options.deferrable = true;
    let error = connection.begin(&options).await.unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    drop(connection);
    execute(&driver, format!("DROP TABLE {table}")).await;
}

#[tokio::test]
async fn a_server_that_is_not_there_or_refuses() {
    let Some(own) = url("") else { return };
    let (_, rest) = own.split_once("://").unwrap();
    let (user, place) = rest.split_once('@').unwrap();
    let (name, _) = user.split_once(':').unwrap();
    let (address, database) = place.split_once('/').unwrap();
    let host = address.split(':').next().unwrap();
    for (url, says) in [
        (format!("mysql://{name}:wrong-secret@{address}/{database}"), "check the user and the password"),
        (format!("mysql://{user}@{address}/no_such_database"), "CREATE DATABASE"),
        (format!("mysql://{user}@{host}:1/{database}"), "nothing listens there"),
        (format!("mysql://{user}@no-such-host.invalid/{database}"), "check the host's name"),
        (format!("mysql://{user}@%2Fno%2Fsuch.sock/{database}"), "no such socket"),
    ] {
        let error = MySql::new(url).open().await.err().unwrap();
        assert!(matches!(error, Error::Connect { .. }), "{error:?}");
        assert!(error.to_string().contains(says), "{error}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
}

/// The server ends the whole transaction, and no statement of it runs outside of one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_ends_the_transaction() {
    let Some(driver) = driver("").await else { return };
    let table = fresh("deadlock");
    execute(&driver, format!("CREATE TABLE {table} (id INT PRIMARY KEY, n INT)")).await;
    execute(&driver, format!("INSERT INTO {table} VALUES (1, 0), (2, 0)")).await;
    let add = |id: i64| raw(format!("UPDATE {table} SET n = n + 1 WHERE id = ?"), [Value::I64(id)]);
    let (mut one, mut two) = (driver.acquire().await.unwrap(), driver.acquire().await.unwrap());
    begin(&mut *one).await;
    begin(&mut *two).await;
    run(&mut *one, &add(1)).await.unwrap();
    run(&mut *two, &add(2)).await.unwrap();
    let (first, second) = (add(2), add(1));
    let (first, second) = tokio::join!(run(&mut *one, &first), run(&mut *two, &second));
    let (loser, winner, error) = match (first, second) {
        (Err(error), Ok(_)) => (&mut one, &mut two, error),
        (Ok(_), Err(error)) => (&mut two, &mut one, error),
        other => panic!("{other:?}"),
    };
    assert!(matches!(error, Error::Deadlock { .. }) && error.is_retryable(), "{error:?}");
    let after = run(&mut **loser, &add(1)).await.unwrap_err();
    assert!(matches!(after, Error::Closed { what: "the transaction", .. }), "{after}");
    assert!(matches!(loser.commit().await.unwrap_err(), Error::Closed { .. }));
    winner.commit().await.unwrap();
    // Its handle is of use again.
    begin(&mut **loser).await;
    run(&mut **loser, &add(1)).await.unwrap();
    loser.commit().await.unwrap();
    let sum = run(&mut **winner, &raw(format!("SELECT SUM(n) FROM {table}"), [])).await.unwrap();
    assert_eq!(sum.0, [[Value::I64(3)]]);
    execute(&driver, format!("DROP TABLE {table}")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_is_not_given_is_a_timeout() {
    let Some(driver) = driver("").await else { return };
    let table = fresh("lock");
    execute(&driver, format!("CREATE TABLE {table} (id INT PRIMARY KEY, n INT)")).await;
    execute(&driver, format!("INSERT INTO {table} VALUES (1, 0)")).await;
    let (mut one, mut two) = (driver.acquire().await.unwrap(), driver.acquire().await.unwrap());
    begin(&mut *one).await;
    run(&mut *one, &raw(format!("UPDATE {table} SET n = 1"), [])).await.unwrap();
    run(&mut *two, &raw("SET innodb_lock_wait_timeout = 1", [])).await.unwrap();
    begin(&mut *two).await;
    let error = run(&mut *two, &raw(format!("UPDATE {table} SET n = 2"), [])).await.unwrap_err();
    assert!(
        matches!(&error, Error::Timeout { waiting_for, .. } if waiting_for.contains("lock")),
        "{error:?}"
    );
    // Only the statement was undone.
    run(&mut *two, &raw("SELECT 1", [])).await.unwrap();
    two.rollback().await.unwrap();
    one.rollback().await.unwrap();
    drop((one, two));
    execute(&driver, format!("DROP TABLE {table}")).await;
}
