//! What somebody writes who means to do harm, in every place of a query that takes a text: it is bound, quoted or
//! refused, and nothing else happens.

use std::time::Duration;

use atlas::{
    DynRow, Error, MemoryCache, Truncate, case_when, col, prelude::*, row, statement::TableRef,
    table::Values, types::serde_json, val, values,
};
use serde_json::json;

use crate::support::{Databases, databases, places};

#[derive(Model, Debug)]
#[table("hostile_shelves")]
struct Shelf {
    id: i64,
    label: String,
    #[default(0)]
    size: i64,
    meta: serde_json::Value,
    #[cast(array)]
    tags: Vec<String>,
    #[has_many(foreign_key = shelf_id)]
    books: HasMany<Book>,
}

#[derive(Model, Debug)]
#[table("hostile_books")]
#[full_text(title)]
struct Book {
    id: i64,
    shelf_id: i64,
    title: String,
}

#[derive(Model, Debug)]
#[table("hostile_notes")]
#[tenant(org)]
struct Note {
    id: i64,
    org: String,
    text: String,
}

const TEXTS: [&str; 16] = [
    "'; drop table hostile_shelves; --",
    "\" or 1 = 1; delete from hostile_books; --",
    "` or 1 = 1 #",
    "\\' or 1 = 1 --",
    "x\\",
    "?",
    "$1",
    ":name @name {0} {name}",
    "%_*[^a-z]",
    "$$ or $$ /* */ --",
    "a.b.c",
    "名前 😀 \u{202e} zoë",
    "\u{1}\u{2}\u{7f}",
    "\n\r\t ",
    "&|!:*() and or not near",
    "NULL",
];

/// All of these, a text with a NUL, which PostgreSQL has not, and one of a megabyte.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = TEXTS.map(ToOwned::to_owned).into();
    texts.push("a\0'; drop table hostile_shelves; --".to_owned());
    texts.push("x'\"`\\ü".repeat(160_000));
    texts
}

async fn shelves() -> Databases {
    let databases = databases().await;
    for db in &databases {
        fill(db).await;
    }
    databases
}

async fn fill(db: &Db) {
    db.create_tables(models![Shelf, Book, Note]).await.unwrap();
    let shelf = |label: &str| Shelf::draft().label(label).meta(json!({})).tags(Vec::new());
    Shelf::insert(db, ["red", "blue"].map(shelf)).await.unwrap();
    Book::insert(db, [1, 1, 2].map(|shelf| Book::draft().shelf_id(shelf).title("T"))).await.unwrap();
}

/// Nothing was lost, and nothing came.
async fn is_whole(db: &Db, after: &str) {
    let after = after.get(..30).unwrap_or(after);
    let counted = (Shelf::query().count(db).await, Book::query().count(db).await);
    assert!(matches!(counted, (Ok(2), Ok(3))), "{} after {after:?}: {counted:?}", db.driver_name());
    assert_eq!(Shelf::query().where_eq(Shelf::size, 0).count(db).await.unwrap(), 2, "after {after:?}");
}

/// Whether the database has no such text.
fn is_refused(db: &Db, text: &str) -> bool {
    text.contains('\0') && db.driver_name() == "postgres"
}

// B-74
#[tokio::test]
async fn values_stay_values_in_every_function() {
    for db in shelves().await {
        for text in texts() {
            let shown = text.get(..20).unwrap_or(&text).to_owned();
            let tx = db.begin().await.unwrap();
            let saved =
                Shelf::draft().label(&*text).meta(json!({ "key": "x" })).tags(vec![text.clone()]).save(&tx);
            let saved = match saved.await {
                Ok(saved) => saved,
                Err(error) => {
                    assert!(is_refused(&db, &text), "{shown}: {error}");
                    tx.rollback().await.unwrap();
                    continue;
                }
            };
            let one = || Shelf::query().where_eq(Shelf::id, saved.id);
            let label = Shelf::label;
            let twice = format!("{text}{text}");
            let holding = [
                label.eq(&*text).scoped(),
                label.contains(&text),
                label.starts_with(&text).and(label.ends_with(&text)).scoped(),
                label.is_in([text.clone()]).scoped(),
                label.not_in([text.clone()]).not().scoped(),
                label.concat(&*text).eq(&*twice).scoped(),
                label.concat("<").concat(&*text).starts_with(format!("{text}<")).scoped(),
                label.replace(&*text, "gone").eq("gone").scoped(),
                val("gone").replace("gone", &*text).eq(label).scoped(),
                label.position(&*text).eq(1).scoped(),
                label.pad_start(1, &*text).length().eq(1).scoped(),
                label.nullif(&*text).is_null().scoped(),
                label.nullif(&*text).coalesce(&*text).eq(label).scoped(),
                label.greatest(&*text).eq(&*text).scoped(),
                label.is_not_distinct_from(&*text).scoped(),
                case_when(label.eq(&*text), &*text).otherwise("other").eq(label).scoped(),
                row((label, Shelf::size)).eq((&*text, 0_i64)).scoped(),
                Shelf::tags.array().contains(text.clone()),
                Shelf::tags.array().contained_by([text.clone(), "other".to_owned()]),
                Shelf::meta.path("key").ne(&text),
                Shelf::meta.document().doesnt_contain_key(&*text),
                Shelf::meta.path(&*text).path("x").is_null(),
            ];
            for (index, condition) in holding.into_iter().enumerate() {
                let found = one().filter(condition).count(&tx).await;
                assert_eq!(found.map_err(|error| error.to_string()), Ok(1), "{index}: {shown:?}");
            }
            // Patterns and words may mean something; whatever it is, it is read as such.
            for condition in [label.like(&*text), label.ilike(&text), label.not_ilike(&text)] {
                one().filter(condition).count(&tx).await.unwrap();
            }
            let words = Book::query().where_full_text(Book::title, &text).count(&tx).await;
            assert!(words.is_ok() || text.len() > 1_000, "{shown}: {words:?}");
            let first = Shelf::query().order_by(label.in_order_of([text.clone()])).first_or_fail(&tx).await;
            assert_eq!(first.unwrap().id, saved.id, "{shown}");
            let table = || tx.table("hostile_shelves").where_eq("id", saved.id);
            assert_eq!(table().where_eq("label", &*text).count().await.unwrap(), 1);
            assert_eq!(
                table().where_in("label", [&*text]).update(values! { label: &*twice }).await.unwrap(),
                1
            );
            let set = table()
                .set_expr("label", val("<").concat(&*text))
                .update_returning(values! {})
                .await
                .unwrap();
            assert_eq!(set[0].get::<String>("label").unwrap(), format!("<{text}"));
            let keyed = one().update(&tx, Shelf::meta.path(&*text).set(&text)).await.unwrap();
            assert_eq!(keyed, 1);
            assert_eq!(
                one().filter(Shelf::meta.path(&*text).eq(&text)).count(&tx).await.unwrap(),
                1,
                "{shown}"
            );
            assert_eq!(one().update(&tx, Shelf::meta.path(&*text).remove()).await.unwrap(), 1);
            if text.len() < 1_000 {
                // A regular expression, or none that the database knows.
                let savepoint = tx.begin().await.unwrap();
                let _ = one().filter(label.matches_regex(&*text)).count(&savepoint).await;
                savepoint.rollback().await.unwrap();
            }
            tx.rollback().await.unwrap();
            is_whole(&db, &text).await;
        }
    }
}

// B-74
#[tokio::test]
async fn tenants_may_have_any_name() {
    for db in shelves().await {
        for text in texts() {
            let theirs = db.for_tenant(&*text);
            match Note::draft().text("x").save(&theirs).await {
                Ok(note) => {
                    assert_eq!(note.org, text);
                    assert_eq!(Note::query().count(&theirs).await.unwrap(), 1);
                    assert_eq!(Note::query().where_eq(Note::text, "x").delete(&theirs).await.unwrap(), 1);
                }
                Err(error) => assert!(is_refused(&db, &text) || text.len() > 1_000, "{error}"),
            }
        }
        assert_eq!(Note::query().count(&db.without_tenant()).await.unwrap(), 0);
        is_whole(&db, "tenants").await;
    }
}

// B-74
#[tokio::test]
async fn names_are_quoted_or_refused_wherever_they_stand() {
    for db in shelves().await {
        for text in texts() {
            let shown = text.get(..20).unwrap_or(&text).to_owned();
            let name = || text.clone();
            // Short ones may be the name of something; what is longer than the database's names is cut or refused.
            let beyond = |letter: char| letter > '\u{ffff}' && db.driver_name() == "mysql";
            let names = text.len() < 60 && !text.contains(['\0', '.']) && !text.ends_with(' ');
            let names = names
                && !text.contains(beyond)
                && !(db.driver_name() == "mysql" && text.starts_with('\u{1}'));
            let shelves = || db.table("hostile_shelves");
            let renamed = shelves().called(name()).order_by("id").pluck::<i64>("id").await;
            assert!(!names || renamed.as_ref().is_ok_and(|ids| *ids == [1, 2]), "{shown:?}: {renamed:?}");
            let beside = TableRef::new("hostile_books").called(name());
            let joined = shelves().cross_join(beside).count().await;
            assert!(!names || matches!(joined, Ok(6)), "{shown:?}: {joined:?}");
            let extra =
                shelves().select(["id"]).add_select(name(), col::<i64>("id") + 1).order_by("id").get().await;
            let read = |rows: &Vec<DynRow>| rows[0].get::<i64>(&text).is_ok_and(|two| two == 2);
            assert!(!names || extra.as_ref().is_ok_and(read), "{shown:?}: {extra:?}");
            let counted =
                Shelf::query().with_count_as(name(), Shelf::books).order_by(Shelf::id).get(&db).await;
            let read = |rows: &Vec<Record<Shelf>>| rows[0].extra::<u64>(&text).is_ok_and(|two| two == 2);
            assert!(!names || counted.as_ref().is_ok_and(read), "{shown:?}: {counted:?}");

            // No column, table, index or relation is called so.
            let column = || format!("hostile_shelves.{text}");
            assert!(shelves().where_eq(column(), 1).get().await.is_err(), "{shown}");
            assert!(shelves().filter(col::<i64>(column()).gt(1)).get().await.is_err(), "{shown}");
            assert!(shelves().order_by(column()).get().await.is_err(), "{shown}");
            assert!(shelves().group_by([column()]).select([column()]).get().await.is_err(), "{shown}");
            assert!(shelves().sum::<i64>(column()).await.is_err(), "{shown}");
            assert!(shelves().key(column()).find(1).await.is_err(), "{shown}");
            assert!(shelves().with(&*text).get().await.is_err(), "{shown}");
            assert!(shelves().set_expr(name(), val(1)).update(values! {}).await.is_err(), "{shown}");
            assert!(shelves().select([name()]).insert(values! { label: "new" }).await.is_err(), "{shown}");
            let mut record = Shelf::find_or_fail(&db, 1).await.unwrap();
            assert!(record.set(&text, 1).is_err() && record.get(&text).is_err(), "{shown}");

            let table = || db.table(name());
            let row = || values! { label: "x" };
            assert!(table().get().await.is_err() && table().count().await.is_err(), "{shown}");
            assert!(table().insert(row()).await.is_err() && table().update(row()).await.is_err(), "{shown}");
            assert!(table().upsert([row()], &["label"], &["label"]).await.is_err(), "{shown}");
            assert!(table().update_or_insert(row(), row()).await.is_err(), "{shown}");
            assert!(table().insert_using(["label"], shelves().select(["label"])).await.is_err(), "{shown}");
            assert!(table().delete().await.is_err() && table().explain().await.is_err(), "{shown}");
            assert!(table().truncate(Truncate::default()).await.is_err(), "{shown}");
            assert!(shelves().join(name(), col::<i64>("id").eq(1)).get().await.is_err(), "{shown}");
            assert!(
                db.find_by_id(name(), 1).await.is_err() && db.insert(name(), row()).await.is_err(),
                "{shown}"
            );
            let inspected = db.inspect(&text).await;
            assert!(inspected.as_ref().is_ok_and(Option::is_none) || inspected.is_err(), "{shown}");
            let values = Values::new().set(name(), 1);
            assert!(db.delete("hostile_shelves", values).await.is_err(), "{shown}");
            assert!(db.connection(&text).is_err(), "{shown}");

            for hinted in [
                Shelf::query().use_index(name()),
                Shelf::query().force_index(name()),
                Shelf::query().ignore_index(name()),
            ] {
                let found = hinted.count(&db).await;
                assert!(matches!(found, Ok(2) | Err(_)), "{shown}: {found:?}");
            }
            let scoped = db.with_scope::<Shelf>(name(), |shelves| shelves.where_gt(Shelf::id, 1));
            assert_eq!(Shelf::query().count(&scoped).await.unwrap(), 1, "{shown}");
            assert_eq!(Shelf::query().without_scopes().count(&scoped).await.unwrap(), 2, "{shown}");
            is_whole(&db, &text).await;
        }
    }
}

// B-74
#[tokio::test]
async fn locks_and_results_may_have_any_name() {
    for place in &places("hostile").await {
        let db = Db::builder(&place.url).cache(MemoryCache::new(10_000)).connect().await.unwrap();
        fill(&db).await;
        let long = Duration::from_secs(60);
        for (number, text) in (1_i64..).zip(texts()) {
            let cached = || Shelf::query().where_ge(Shelf::id, -number).cache_as(&*text, long);
            assert_eq!(cached().get(&db).await.unwrap().len(), 2, "no other name's result");
            let new = Shelf::draft().label("new").meta(json!({})).tags(Vec::new()).save(&db).await.unwrap();
            assert_eq!(cached().get(&db).await.unwrap().len(), 2);
            db.forget_cached(&*text).await.unwrap();
            assert_eq!(cached().get(&db).await.unwrap().len(), 3);
            Shelf::query().where_eq(Shelf::id, new.id).delete(&db).await.unwrap();

            let tx = db.begin().await.unwrap();
            match tx.lock(&text, Duration::ZERO).await {
                Ok(()) | Err(Error::Unsupported { .. }) => {}
                Err(error) => assert!(is_refused(&db, &text), "{error:?}"),
            }
            tx.rollback().await.unwrap();
        }
        is_whole(&db, "locks").await;
    }
}
