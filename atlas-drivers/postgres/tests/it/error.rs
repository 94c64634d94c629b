use atlas_core::{ConstraintKind, Error, statement::Statement};

use crate::support::{bound, driver, execute, fresh, query, sql};

#[tokio::test]
async fn every_code_has_its_error() {
    let Some(driver) = driver("max_connections=1").await else { return };
    let table = fresh("coded");
    execute(
        &driver,
        format!(
            "CREATE TABLE {table} (id int PRIMARY KEY, a text UNIQUE, n int NOT NULL CHECK (n > 0), p int REFERENCES {table}, s varchar(3), EXCLUDE USING btree (s WITH =))"
        ),
    )
    .await
    .unwrap();
    execute(&driver, format!("INSERT INTO {table} VALUES (1, 'a', 1, NULL, 'x')")).await.unwrap();
    let run = |text: String| query(&driver, sql(text));
    for (kind, values, columns) in [
        (ConstraintKind::Unique, "(1, 'b', 1, NULL, 'y')", vec!["id"]),
        (ConstraintKind::Unique, "(2, 'a', 1, NULL, 'y')", vec!["a"]),
        (ConstraintKind::Unique, "(2, 'b', 1, NULL, 'x')", vec!["s"]),
        (ConstraintKind::NotNull, "(2, 'b', NULL, NULL, 'y')", vec!["n"]),
        (ConstraintKind::Check, "(2, 'b', 0, NULL, 'y')", vec!["n"]),
        (ConstraintKind::ForeignKey, "(2, 'b', 1, 9, 'y')", vec![]),
    ] {
        let error = run(format!("INSERT INTO {table} VALUES {values}")).await.unwrap_err();
        let Error::Constraint { kind: found, table: named, columns: on, .. } = &error else {
            panic!("{error:?}")
        };
        assert_eq!((found, named.as_deref()), (&kind, Some(&*table)), "{values}");
        assert_eq!(on, &columns, "{values}");
        assert!(!format!("{error:?}").contains("already exists"), "the detail holds values: {error:?}");
    }
    for (text, says) in [
        (format!("INSERT INTO {table} VALUES (2, 'b', 1, NULL, 'long')"), "shorten it"),
        ("SELECT 1 / 0".to_owned(), "divisor"),
        ("SELECT 'x'::int".to_owned(), "check the values"),
        ("SELECT 99999999999::int".to_owned(), "larger one"),
        ("SELECT 'a' + 'b'::text".to_owned(), "cast"),
        ("SELECT 1; SELECT 2".to_owned(), "one by one"),
        ("SELEC 1".to_owned(), "no SQL"),
        ("SELECT * FROM pg_authid, nowhere.t".to_owned(), "nowhere.t"),
        ("CREATE TABLE nowhere.t (a int)".to_owned(), "CREATE SCHEMA"),
        (format!("CREATE TABLE {table} (a int)"), "another name"),
        (r"SELECT 'a\' LIKE 'a\'".to_owned(), "backslash"),
    ] {
        let error = run(text.clone()).await.unwrap_err();
        assert!(error.to_string().contains(says), "{text}: {error}");
    }
    assert!(
        matches!(run("SELECT * FROM nowhere".to_owned()).await, Err(Error::MissingTable { table, .. }) if table == "nowhere")
    );
    assert!(
        matches!(run(format!("SELECT b FROM {table}")).await, Err(Error::MissingColumn { column, .. }) if column == "b")
    );
    // All of it on one connection, which is still good.
    assert_eq!(driver.pool().open, 1);
    execute(&driver, format!("DROP TABLE {table}")).await.unwrap();
}

#[tokio::test]
async fn limits_of_time_are_timeouts() {
    let Some(driver) = driver("statement_timeout=100&max_connections=2").await else { return };
    let error = query(&driver, sql("SELECT pg_sleep(10)")).await.unwrap_err();
    assert!(matches!(&error, Error::Timeout { after, .. } if after.as_millis() == 100), "{error:?}");
    let table = fresh("locked");
    execute(&driver, format!("CREATE TABLE {table} (id int)")).await.unwrap();
    let mut holder = driver.acquire().await.unwrap();
    holder.begin(&Default::default()).await.unwrap();
    holder.run(&sql(format!("LOCK TABLE {table}")), Box::new(())).await.unwrap();
    let waiting: Statement = sql(format!("SELECT * FROM {table}"));
    assert!(matches!(query(&driver, waiting.clone()).await, Err(Error::Timeout { .. })));
    let mut waiter = driver.acquire().await.unwrap();
    waiter.begin(&Default::default()).await.unwrap();
    waiter.run(&sql("SET LOCAL lock_timeout = 20"), Box::new(())).await.unwrap();
    let error = waiter.run(&waiting, Box::new(())).await.err().unwrap();
    assert!(
        matches!(&error, Error::Timeout { waiting_for, .. } if waiting_for.contains("lock")),
        "{error:?}"
    );
    drop((holder, waiter));
    execute(&driver, format!("DROP TABLE {table}")).await.unwrap();
}

#[tokio::test]
async fn deadlocks_are_told() {
    let Some(driver) = driver("").await else { return };
    let table = fresh("dead");
    execute(&driver, format!("CREATE TABLE {table} (id int PRIMARY KEY, n int)")).await.unwrap();
    execute(&driver, format!("INSERT INTO {table} VALUES (1, 0), (2, 0)")).await.unwrap();
    let update = |id: i64| bound(format!("UPDATE {table} SET n = n + 1 WHERE id = ?"), [id.into()]);
    let (mut one, mut two) = (driver.acquire().await.unwrap(), driver.acquire().await.unwrap());
    for connection in [&mut one, &mut two] {
        connection.begin(&Default::default()).await.unwrap();
    }
    one.run(&update(1), Box::new(())).await.unwrap();
    two.run(&update(2), Box::new(())).await.unwrap();
    let (second, first) = (update(2), update(1));
    let both = tokio::join!(
        async {
            let ran = one.run(&second, Box::new(())).await.map(|_| ());
            one.rollback().await.unwrap();
            ran
        },
        async {
            let ran = two.run(&first, Box::new(())).await.map(|_| ());
            two.rollback().await.unwrap();
            ran
        },
    );
    let errors: Vec<Error> = [both.0, both.1].into_iter().filter_map(Result::err).collect();
    assert!(matches!(errors.as_slice(), [Error::Deadlock { .. }]), "{errors:?}");
    execute(&driver, format!("DROP TABLE {table}")).await.unwrap();
}

#[tokio::test]
async fn upserts_that_cannot_be_say_why() {
    let Some(driver) = driver("").await else { return };
    let table = fresh("upserted");
    execute(&driver, format!("CREATE TABLE {table} (id int PRIMARY KEY, n int)")).await.unwrap();
    let upsert = |by: &'static str| atlas_core::statement::Insert {
        table: atlas_core::statement::TableRef::new(table.clone()),
        columns: ["id", "n"]
            .map(|name| atlas_core::statement::ColumnRef { table: None, name: name.into(), ty: None })
            .to_vec(),
        rows: 2,
        values: [1, 1, 1, 2].map(Into::into).to_vec(),
        on_conflict: atlas_core::statement::OnConflict::Update {
            by: vec![by.into()],
            columns: vec!["n".into()],
            set: Vec::new(),
            same: Vec::new(),
            filter: None,
        },
        returning: Vec::new(),
        key: Vec::new(),
    };
    for (by, says) in [("n", "no unique index"), ("id", "give each key once")] {
        let error = query(&driver, upsert(by)).await.unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
    execute(&driver, format!("DROP TABLE {table}")).await.unwrap();
}
