//! What a database, a file or a row can do wrong: each a typed error, or the right answer.

use std::time::Duration;

use atlas::{ConstraintKind, Error, prelude::*, sqlite::Sqlite, value::Value};
use chrono::{DateTime, Utc};

use crate::support::{Folder, Person, databases, people};

#[tokio::test]
async fn a_file_that_is_no_database() {
    let folder = Folder::new("no-database");
    std::fs::write(folder.path("text.db"), "this is a text, and a long one, but no database. ".repeat(100))
        .unwrap();
    let opened = async {
        let db = Db::connect(&folder.url("text.db")).await?;
        Person::query().count(&db).await
    };
    let error = opened.await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error:?}");
    assert!(error.to_string().contains("text.db"), "{error}");
}

#[tokio::test]
async fn a_folder_that_is_not_there() {
    let folder = Folder::new("no-folder");
    let error = Db::connect(&folder.url("missing/shop.db")).await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error:?}");
    assert!(error.to_string().contains("missing"), "{error}");
    assert!(!folder.path("missing").exists());
}

#[tokio::test]
async fn urls_that_say_nothing() {
    for (url, named) in [
        ("oracle://host/db", "sqlite"),
        ("sqlite", "sqlite"),
        ("sqlite://shop.db?speed=high", "speed"),
        ("sqlite://shop.db?mode=upside-down", "mode"),
        ("", "sqlite"),
    ] {
        let error = Db::connect(url).await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }) && error.to_string().contains(named), "{url}: {error}");
    }
}

#[tokio::test]
async fn a_file_that_may_only_be_read() {
    let folder = Folder::new("read-only");
    let db = Db::connect(&folder.url("shop.db")).await.unwrap();
    db.create_tables(models![Person]).await.unwrap();
    Person::draft().name("Ann").score(1).save(&db).await.unwrap();
    db.close().await.unwrap();

    let db = Db::connect(&format!("{}?mode=ro", folder.url("shop.db"))).await.unwrap();
    let mut ann = Person::find_or_fail(&db, 1).await.unwrap();
    ann.name = "Zoe".into();
    let error = ann.save(&db).await.unwrap_err();
    assert!(error.to_string().contains("read-only"), "{error}");
    assert!(Person::draft().name("Bob").score(1).save(&db).await.is_err());
    assert_eq!(Person::query().pluck(&db, Person::name).await.unwrap(), ["Ann"]);

    let missing = Db::connect(&format!("{}?mode=ro", folder.url("none.db"))).await.unwrap_err();
    assert!(matches!(missing, Error::Connect { .. }), "{missing:?}");
    assert!(!folder.path("none.db").exists());
}

#[tokio::test]
async fn a_database_that_another_connection_has_locked() {
    let folder = Folder::new("locked");
    let holder = Db::connect(&folder.url("shop.db")).await.unwrap();
    holder.create_tables(models![Person]).await.unwrap();
    let driver =
        Sqlite::file(folder.path("shop.db")).busy_timeout(Duration::from_millis(50)).open().await.unwrap();
    let waiting = Db::with_driver(driver);
    let tx = holder.begin().await.unwrap();
    Person::draft().name("Ann").score(1).save(&tx).await.unwrap();

    assert_eq!(Person::query().count(&waiting).await.unwrap(), 0, "readers do not wait for writers");
    let error = Person::draft().name("Bob").score(1).save(&waiting).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    assert!(waiting.begin().await.is_err());
    tx.commit().await.unwrap();
    Person::draft().name("Bob").score(1).save(&waiting).await.unwrap();
    assert_eq!(Person::query().count(&holder).await.unwrap(), 2);
}

#[tokio::test]
async fn tables_and_columns_that_are_not_there() {
    #[derive(Model, Debug)]
    #[table("people")]
    struct Stranger {
        id: i64,
        shoe_size: i32,
    }
    for db in databases().await {
        let error = Person::query().get(&db).await.unwrap_err();
        let Error::MissingTable { table, .. } = &error else { panic!("{error:?}") };
        assert!(table == "people" && error.to_string().contains("create_tables"), "{error}");
        assert!(matches!(
            Person::draft().name("x").score(1).save(&db).await,
            Err(Error::MissingTable { .. })
        ));
    }
    for db in people().await {
        let error = Stranger::query().get(&db).await.unwrap_err();
        let Error::MissingColumn { column, .. } = &error else { panic!("{error:?}") };
        assert!(column.contains("shoe_size"), "{error}");
        assert!(matches!(Stranger::draft().shoe_size(1).save(&db).await, Err(Error::MissingColumn { .. })));
        let update = Stranger::query().update(&db, Stranger::shoe_size.set(1)).await;
        assert!(matches!(update, Err(Error::MissingColumn { .. })), "{update:?}");
    }
}

#[derive(Model, Debug)]
#[table("loose")]
struct Loose {
    id: i64,
    number: i32,
    small: Option<u8>,
    text: String,
    when: Option<DateTime<Utc>>,
}

#[tokio::test]
async fn rows_whose_values_do_not_fit() {
    let db = Db::connect("sqlite::memory:").await.unwrap();
    // Columns without a type, so that SQLite stores what it is given.
    db.execute("CREATE TABLE loose (id INTEGER PRIMARY KEY, number, small, text, \"when\")", ())
        .await
        .unwrap();
    let cases: [(&str, Value, &str); 9] = [
        ("number", "twelve".into(), "twelve"),
        ("number", 3_000_000_000_i64.into(), "3000000000"),
        ("number", 1.5.into(), "1.5"),
        ("number", Value::Null, "NULL"),
        ("small", 256.into(), "256"),
        ("small", (-1).into(), "-1"),
        ("text", vec![0xff_u8, 0xfe].into(), "2 bytes"),
        ("text", 7.into(), "7"),
        ("when", "2026-02-30 00:00:00".into(), "2026-02-30"),
    ];
    for (column, value, shown) in cases {
        db.execute("DELETE FROM loose", ()).await.unwrap();
        db.execute("INSERT INTO loose VALUES (1, 1, 1, 'x', NULL)", ()).await.unwrap();
        assert_eq!(Loose::query().get(&db).await.unwrap().len(), 1);
        db.execute(format!("UPDATE loose SET \"{column}\" = ?"), [value]).await.unwrap();
        let error = Loose::query().get(&db).await.unwrap_err();
        let Error::Decode { model: "Loose", column: named, found, .. } = &error else { panic!("{error:?}") };
        assert!(*named == column && found.contains(shown), "{column}: {error}");
        assert_eq!(Loose::query().count(&db).await.unwrap(), 1, "the connection is still good");
    }
    db.execute("UPDATE loose SET \"when\" = NULL, text = CAST(x'ff6162' AS TEXT)", ()).await.unwrap();
    let error = Loose::query().get(&db).await.unwrap_err();
    assert!(matches!(&error, Error::Decode { model: "Loose", column: "text", .. }), "{error:?}");
    assert!(error.to_string().contains("UTF-8"), "{error}");
    let plucked = Loose::query().pluck(&db, Loose::text).await.unwrap_err();
    assert!(matches!(&plucked, Error::Decode { model: "Loose", column: "text", .. }), "{plucked:?}");
}

#[tokio::test]
async fn integers_that_the_database_cannot_hold() {
    #[derive(Model, Debug)]
    struct Big {
        id: i64,
        number: u64,
    }
    for db in databases().await {
        db.create_tables(models![Big]).await.unwrap();
        Big::draft().number(i64::MAX as u64).save(&db).await.unwrap();
        if db.driver_name() == "sqlite" {
            let error = Big::draft().number(u64::MAX).save(&db).await.unwrap_err();
            assert!(matches!(error, Error::Unsupported { driver: "sqlite", .. }), "{error:?}");
        } else {
            let big = Big::draft().number(u64::MAX).save(&db).await.unwrap();
            assert_eq!(Big::find_or_fail(&db, big.id).await.unwrap().number, u64::MAX);
            big.into_inner();
            Big::query().where_eq(Big::number, u64::MAX).delete(&db).await.unwrap();
        }
        assert_eq!(Big::query().count(&db).await.unwrap(), 1);
        Big::draft().number(i64::MAX as u64).save(&db).await.unwrap();
        // Two of them are more than an i64.
        let sum = Big::query().sum(&db, Big::number).await;
        assert_eq!(sum.ok(), (db.driver_name() != "sqlite").then_some(u64::MAX - 1));
    }
}

#[tokio::test]
async fn values_are_never_text_of_the_statement() {
    for db in people().await {
        let hostile = "x'; DROP TABLE people; --";
        Person::draft().name(hostile).score(0).save(&db).await.unwrap();
        let mut row = Person::query().where_eq(Person::name, hostile).sole(&db).await.unwrap();
        row.name = "\"; DELETE FROM people; --".into();
        row.save(&db).await.unwrap();
        let update = Person::name.set("' OR 1=1 --");
        assert_eq!(
            Person::query().where_like(Person::name, "%DELETE%").update(&db, update).await.unwrap(),
            1
        );
        assert_eq!(Person::query().count(&db).await.unwrap(), 6);
    }
}

#[tokio::test]
async fn mistakes_in_raw_statements() {
    for db in people().await {
        for (text, binds) in [
            ("SELEC 1", vec![]),
            ("", vec![]),
            ("UPDATE people SET age = ?", vec![]),
            ("UPDATE people SET age = ?", vec![1, 2]),
            ("DELETE FROM people; DELETE FROM people", vec![]),
        ] {
            let done = db.execute(text, binds).await;
            assert!(done.is_err(), "{text:?}: {done:?}");
        }
        assert_eq!(Person::query().where_eq(Person::age, 1).count(&db).await.unwrap(), 0);
        assert_eq!(Person::query().count(&db).await.unwrap(), 5);
    }
}

#[derive(Model, Debug)]
struct Checked {
    #[primary_key(manual)]
    id: i64,
    number: i32,
    small: Option<u8>,
    text: String,
}

#[tokio::test]
async fn a_check_that_fails_is_named() {
    for db in databases().await {
        let table = "CREATE TABLE checkeds (id BIGINT PRIMARY KEY, number BIGINT, small BIGINT, \
            text VARCHAR(20), CONSTRAINT positive CHECK (number > 0))";
        db.execute(table, ()).await.unwrap();
        let error = Checked::draft().id(1).number(-1).text("x").save(&db).await.unwrap_err();
        let Error::Constraint { kind: ConstraintKind::Check, table, constraint, .. } = &error else {
            panic!("{error:?}")
        };
        assert_eq!((table.as_deref(), constraint.as_deref()), (Some("checkeds"), Some("positive")));
    }
}

#[tokio::test]
async fn columns_that_are_wider_than_their_fields() {
    for db in databases().await {
        let table =
            "CREATE TABLE checkeds (id BIGINT PRIMARY KEY, number BIGINT, small BIGINT, text VARCHAR(20))";
        db.execute(table, ()).await.unwrap();
        for (column, value) in [
            ("number", "3000000000"),
            ("number", "NULL"),
            ("small", "256"),
            ("small", "-1"),
            ("text", "NULL"),
        ] {
            db.execute("DELETE FROM checkeds", ()).await.unwrap();
            Checked::draft().id(1).number(1).small(1).text("x").save(&db).await.unwrap();
            assert_eq!(Checked::query().get(&db).await.unwrap().len(), 1);
            db.execute(format!("UPDATE checkeds SET {column} = {value}"), ()).await.unwrap();
            let error = Checked::query().get(&db).await.unwrap_err();
            let Error::Decode { model: "Checked", column: named, found, .. } = &error else {
                panic!("{error:?}")
            };
            assert!(*named == column && found.contains(value), "{column}: {error}");
            assert_eq!(Checked::query().count(&db).await.unwrap(), 1, "the connection is still good");
        }
    }
}
