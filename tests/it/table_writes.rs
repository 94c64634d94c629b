//! Writes of tables without a model.

use std::sync::Arc;

use atlas::{DynRow, Error, col, prelude::*, statement::TableRef, table::Values, values};

use crate::support::{Databases, databases, sent};

#[derive(Model, Debug)]
#[table("plain_words")]
struct Word {
    id: i64,
    #[unique]
    word: String,
    #[default(0)]
    hits: i64,
    #[default(0)]
    likes: i64,
    note: Option<String>,
}

#[derive(Model, Debug)]
#[table("plain_keys")]
struct Keyed {
    #[primary_key]
    code: String,
    n: i64,
}

/// a (1 hit), b (2 hits), c (3 hits).
async fn words() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Word, Keyed]).await.unwrap();
        let words = [("a", 1), ("b", 2), ("c", 3)].map(|(word, hits)| Word::draft().word(word).hits(hits));
        Word::insert(db, words).await.unwrap();
    }
    databases
}

async fn table(db: &Db) -> String {
    let rows = db.table("plain_words").order_by("word").get().await.unwrap();
    let show =
        |row: &DynRow| format!("{} {}", row.get::<String>("word").unwrap(), row.get::<i64>("hits").unwrap());
    rows.iter().map(show).collect::<Vec<_>>().join(", ")
}

// B-53, C-78
#[tokio::test]
async fn an_insert_gives_its_key() {
    for db in words().await {
        let words = || db.table("plain_words");
        let id: i64 = words().insert_get_id(values! { word: "d" }).await.unwrap();
        assert_eq!(id, 4);
        let taken = words().insert_get_id::<i64>(values! { word: "a" }).await.unwrap_err();
        assert!(taken.is_unique_violation(), "{taken}");
        let code = db.table("plain_keys").key("code").insert_get_id::<String>(values! { code: "x", n: 1 });
        assert_eq!(code.await.unwrap(), "x");
    }
}

// C-76, C-77
#[tokio::test]
async fn inserts_leave_out_what_is_taken() {
    for db in words().await {
        let words = || db.table("plain_words");
        let rows = [values! { word: "a" }, values! { word: "d", hits: 9 }, values! { word: "e" }];
        assert_eq!(words().insert_or_ignore(rows).await.unwrap(), 2);
        assert_eq!(words().insert_or_ignore(Vec::<Values>::new()).await.unwrap(), 0);
        assert_eq!(table(&db).await, "a 1, b 2, c 3, d 9, e 0");
        let codes = words().where_ge("hits", 2).select(["word", "hits"]);
        assert_eq!(db.table("plain_keys").insert_using(["code", "n"], codes.clone()).await.unwrap(), 3);
        words().insert(values! { word: "f", hits: 5 }).await.unwrap();
        assert_eq!(
            db.table("plain_keys").insert_or_ignore_using(["code", "n"], codes.clone()).await.unwrap(),
            1
        );
        let taken = db.table("plain_keys").insert_using(["code", "n"], codes.clone()).await.unwrap_err();
        assert!(taken.is_unique_violation(), "{taken}");
        let none: [&str; 0] = [];
        let error = db.table("plain_keys").insert_using(none, codes).await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{error}");
        assert_eq!(db.table("plain_keys").count().await.unwrap(), 4);
    }
}

// C-81, X-10, Y-17
#[tokio::test]
async fn a_row_is_updated_or_inserted() {
    for db in words().await {
        let words = || db.table("plain_words");
        let a = || values! { word: "a" };
        assert!(!words().update_or_insert(a(), values! { hits: 10 }).await.unwrap());
        assert!(words().update_or_insert(values! { word: "d" }, values! { hits: 4 }).await.unwrap());
        assert!(!words().update_or_insert(a(), values! {}).await.unwrap());
        assert!(words().update_or_insert(values! { word: "e" }, values! {}).await.unwrap());
        assert_eq!(table(&db).await, "a 10, b 2, c 3, d 4, e 0");
        let none = words().update_or_insert(values! {}, values! { hits: 1 }).await.unwrap_err();
        assert!(matches!(none, Error::Config { .. }), "{none}");
        // Another unique column that is taken is no row that is there.
        let taken = words().update_or_insert(values! { hits: 77 }, a()).await.unwrap_err();
        assert!(taken.is_unique_violation(), "{taken}");
        // At most one row is changed.
        words().update_or_insert(values! { likes: 0 }, values! { note: "one" }).await.unwrap();
        assert_eq!(words().where_eq("note", "one").count().await.unwrap(), 1);
    }
}

// C-81, X-10, Y-17
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn those_who_come_together_insert_one_row() {
    for db in words().await {
        let db = Arc::new(db.clone());
        let tasks = (0..8).map(|n| {
            let db = Arc::clone(&db);
            tokio::spawn(async move {
                db.table("plain_words")
                    .update_or_insert(values! { word: "new" }, values! { hits: n })
                    .await
                    .unwrap()
            })
        });
        let tasks: Vec<_> = tasks.collect();
        let mut inserted = 0;
        for task in tasks {
            inserted += u32::from(task.await.unwrap());
        }
        assert_eq!(inserted, 1);
        assert_eq!(db.table("plain_words").where_eq("word", "new").count().await.unwrap(), 1);
    }
}

// B-56, C-83, C-84
#[tokio::test]
async fn several_counters_count_at_once() {
    for db in words().await {
        let some = || db.table("plain_words").where_in("word", ["a", "b"]);
        let work = async || {
            some().increment_each(values! { hits: 5, likes: 2 }, values! { note: "up" }).await.unwrap()
        };
        assert_eq!(sent(&db, work).await, (1, 2));
        assert_eq!(some().decrement_each(values! { likes: 1 }, values! {}).await.unwrap(), 2);
        assert_eq!(table(&db).await, "a 6, b 7, c 3");
        let word = Word::query().where_eq(Word::word, "b").sole(&db).await.unwrap();
        assert_eq!((word.likes, word.note.as_deref()), (1, Some("up")));
        let none = some().increment_each(values! {}, values! {}).await.unwrap_err();
        assert!(matches!(none, Error::Config { .. }), "{none}");
    }
}

// C-85
#[tokio::test]
async fn the_first_rows_of_an_order_are_written() {
    for db in words().await {
        let words = || db.table("plain_words");
        let most = words().order_by_desc("hits").limit(1);
        assert_eq!(most.clone().update(values! { hits: 30 }).await.unwrap(), 1);
        let gone = most.delete_returning().await.unwrap();
        assert_eq!((gone.len(), gone[0].get::<i64>("hits").unwrap()), (1, 30));
        assert_eq!(words().order_by("hits").offset(1).limit(5).delete().await.unwrap(), 1);
        assert_eq!(table(&db).await, "a 1");
        assert!(words().where_eq("word", "z").delete_returning().await.unwrap().is_empty());
    }
}

/// Rows of the words, with those of `plain_keys` beside them.
fn keyed(db: &Db) -> atlas::table::Table<'_> {
    db.table("plain_words")
        .join("plain_keys", col::<String>("plain_keys.code").eq(col::<String>("plain_words.word")))
}

// C-15, C-79, C-80, B-180
#[tokio::test]
async fn rows_are_written_by_what_is_joined() {
    for db in words().await {
        Keyed::insert(&db, [("a", 10), ("b", 20), ("z", 30)].map(|(code, n)| Keyed::draft().code(code).n(n)))
            .await
            .unwrap();
        // Counters count from what is there; what is of the other table comes along.
        let all = keyed(&db).set_expr("hits", col::<i64>("plain_words.hits") + col::<i64>("plain_keys.n"));
        let all = all.set_expr("likes", col::<i64>("plain_keys.n"));
        let (statements, rows) =
            sent(&db, async || all.update(values! { note: "joined" }).await.unwrap()).await;
        assert_eq!((statements, rows), (1, 2));
        assert_eq!(table(&db).await, "a 11, b 22, c 3");
        let notes = db.table("plain_words").where_eq("note", "joined").order_by("id").pluck::<i64>("likes");
        assert_eq!(notes.await.unwrap(), [10, 20]);

        // One of them, by the order of the other table, and what is given back of it.
        let last = keyed(&db).order_by_desc("plain_keys.n").limit(1).select(["plain_words.word", "hits"]);
        let back =
            last.clone().set_expr("hits", col::<i64>("plain_words.hits") + 1).update_returning(values! {});
        let back = back.await.unwrap();
        assert_eq!(format!("{back:?}"), r#"[{"word": "b", "hits": 23}]"#);
        assert_eq!(
            keyed(&db).filter(col::<i64>("plain_keys.n").lt(15)).increment("likes", 5).await.unwrap(),
            1
        );
        let unkeyed = db
            .table("plain_words")
            .left_join("plain_keys", col::<String>("plain_keys.code").eq(col::<String>("plain_words.word")))
            .where_null("plain_keys.code");
        assert_eq!(unkeyed.update(values! { hits: 0 }).await.unwrap(), 1);
        assert_eq!(table(&db).await, "a 11, b 23, c 0");

        // A table beside itself.
        let better = TableRef::new("plain_words").called("better");
        let worse = || {
            let worse = db.table("plain_words").called("worse");
            worse.join(better.clone(), col::<i64>("better.hits").gt(col::<i64>("worse.hits")))
        };
        let note = worse().filter(col::<String>("better.word").eq("b"));
        let note = note
            .set_expr("note", col::<String>("worse.word").concat("<").concat(col::<String>("better.word")));
        assert_eq!(note.update(values! {}).await.unwrap(), 2);
        let notes = db.table("plain_words").order_by("id").pluck::<Option<String>>("note").await.unwrap();
        assert_eq!(notes, [Some("a<b".to_owned()), Some("joined".to_owned()), Some("c<b".to_owned())]);
        let gone =
            worse().order_by("worse.hits").limit(1).select(["worse.word"]).delete_returning().await.unwrap();
        assert_eq!(format!("{gone:?}"), r#"[{"word": "c"}]"#);
        assert_eq!(keyed(&db).filter(col::<i64>("plain_keys.n").gt(15)).delete().await.unwrap(), 1);
        assert_eq!(table(&db).await, "a 11");
        assert_eq!(Keyed::query().count(&db).await.unwrap(), 3);

        let groups = keyed(&db).group_by(["plain_words.id"]);
        let grouped = groups.update(values! { hits: 1 }).await.unwrap_err();
        assert!(grouped.to_string().contains("in groups"), "{grouped}");
        let twice = db.table("plain_words").set_expr("hits", col::<i64>("likes")).update(values! { hits: 1 });
        let twice = twice.await.unwrap_err();
        assert!(twice.to_string().contains("twice"), "{twice}");
        assert_eq!(table(&db).await, "a 11");
    }
}

// C-76, B-53
#[tokio::test]
async fn writes_give_back_the_columns_that_are_selected() {
    for db in words().await {
        let words = || db.table("plain_words");
        let some = || words().select(["word", "id"]);
        let row = some().insert(values! { word: "d", hits: 4 }).await.unwrap();
        assert_eq!(format!("{row:?}"), r#"{"word": "d", "id": 4}"#);
        let rows = some().insert_many(["e", "f"].map(|word| values! { word: word })).await.unwrap();
        assert_eq!(format!("{rows:?}"), r#"[{"word": "e", "id": 5}, {"word": "f", "id": 6}]"#);
        let mut rows = some().where_in("id", [5, 6]).update_returning(values! { hits: 1 }).await.unwrap();
        rows.sort_by_key(|row| row.get::<i64>("id").unwrap());
        assert_eq!(format!("{rows:?}"), r#"[{"word": "e", "id": 5}, {"word": "f", "id": 6}]"#);
        let row = some().where_eq("id", 6).delete_returning().await.unwrap();
        assert_eq!(format!("{row:?}"), r#"[{"word": "f", "id": 6}]"#);
        // A row is found by the key that it gets.
        let moved = some().where_eq("id", 5).update_returning(values! { id: 50 }).await.unwrap();
        assert_eq!(format!("{moved:?}"), r#"[{"word": "e", "id": 50}]"#);
        let computed = words().where_eq("id", 50).set_expr("id", col::<i64>("id") + 1);
        match computed.update_returning(values! {}).await {
            Ok(rows) => assert_eq!(rows[0].get::<i64>("id").unwrap(), 51),
            Err(error) => {
                assert_eq!(db.driver_name(), "mysql");
                assert!(matches!(error, Error::Unsupported { .. }), "{error}");
            }
        }
        let counted = words().select(["word"]).add_select("twice", col::<i64>("hits") * 2);
        let error = counted.clone().update_returning(values! { hits: 0 }).await.unwrap_err();
        assert!(
            matches!(error, Error::Config { .. }) && error.to_string().contains("by their names"),
            "{error}"
        );
        assert!(counted.clone().insert(values! { word: "y" }).await.is_err());
        assert!(counted.delete_returning().await.is_err());
        let unknown = words().select(["nmae"]).where_eq("id", 1).delete_returning().await.unwrap_err();
        assert!(matches!(unknown, Error::MissingColumn { .. }), "{unknown}");
        assert_eq!(words().count().await.unwrap(), 5);
    }
}

#[tokio::test]
async fn hostile_names_and_values_are_quoted_or_bound() {
    for db in words().await {
        let words = || db.table("plain_words");
        let long = "ü".repeat(500_000);
        for text in ["'; DROP TABLE plain_words; --", "\"`'\\", "日本語 🦀", "%_*", "$1 ? {0}", &long] {
            let note = values! { note: text };
            words().where_eq("word", "a").update(note.clone()).await.unwrap();
            let kept = words().where_eq("word", "a").value::<String>("note").await.unwrap();
            assert_eq!(kept.as_deref(), Some(text));
            let back = words().where_eq("note", text).update_returning(values! { hits: 1 }).await.unwrap();
            assert_eq!(back.len(), 1);
            assert!(!words().update_or_insert(values! { word: "a" }, note).await.unwrap());
        }
        for name in [
            "hits\" = 0; --",
            "hits`",
            "hits'; DROP TABLE plain_words",
            "é",
            "",
            "hits = 9, likes",
            &"x".repeat(5_000),
        ] {
            let bad = || Values::new().set(name.to_owned(), 1);
            assert!(words().update(bad()).await.is_err(), "{name}");
            assert!(words().increment_each(bad(), values! {}).await.is_err(), "{name}");
            assert!(words().insert_get_id::<i64>(bad().set("word", "z")).await.is_err(), "{name}");
            assert!(words().update_or_insert(bad(), values! {}).await.is_err(), "{name}");
            let query = words().select(["word"]);
            assert!(words().insert_using([name.to_owned()], query).await.is_err(), "{name}");
            assert!(words().upsert([values! { word: "a" }], &[name], &["hits"]).await.is_err(), "{name}");
        }
        assert_eq!(table(&db).await, "a 1, b 2, c 3");
    }
}
