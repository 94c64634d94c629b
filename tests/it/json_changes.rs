//! Changes inside of JSON columns.

use atlas::{Error, prelude::*, types::serde_json};
use serde_json::{Value as Data, json};

use crate::support::{Databases, databases, sent};

#[derive(Model, Debug)]
#[table("changed_sites")]
struct Site {
    id: i64,
    settings: Data,
    extra: Option<Data>,
    #[default(0)]
    hits: i32,
}

async fn sites(settings: Data) -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Site]).await.unwrap();
        Site::draft().settings(settings.clone()).save(db).await.unwrap();
    }
    databases
}

async fn settings(db: &Db) -> Data {
    Site::query().sole(db).await.unwrap().into_inner().settings
}

// B-55, C-79
#[tokio::test]
async fn what_is_at_a_path_is_set_and_removed() {
    for db in sites(json!({ "theme": "dark", "mail": { "on": true }, "days": [1, 5] })).await {
        let set = (
            Site::settings.path("theme").set("light"),
            Site::settings.path("mail").path("to").set(Some("a@example.com")),
            Site::settings.path("days").at(1).set(6),
            Site::hits.set_expr(Site::hits + 1),
        );
        let (statements, rows) = sent(&db, async || Site::query().update(&db, set).await.unwrap()).await;
        assert_eq!((statements, rows), (1, 1));
        let expected =
            json!({ "theme": "light", "mail": { "on": true, "to": "a@example.com" }, "days": [1, 6] });
        assert_eq!(settings(&db).await, expected);
        let set = (
            Site::settings.path("theme").remove(),
            Site::settings.path("days").at(0).remove(),
            Site::settings.path("days").at(9).set(json!({ "n": [null, 1.5, false] })),
            Site::settings.path("mail").path("on").set(false),
        );
        Site::query().update(&db, set).await.unwrap();
        let mail = json!({ "on": false, "to": "a@example.com" });
        assert_eq!(settings(&db).await, json!({ "mail": mail, "days": [6, { "n": [null, 1.5, false] }] }));
        // What was written is what is asked for.
        let off = Site::query().filter(Site::settings.path("mail").path("on").eq(false));
        assert_eq!(off.count(&db).await.unwrap(), 1);
        Site::query().update(&db, Site::settings.path("mail").set(None::<i32>)).await.unwrap();
        assert_eq!(settings(&db).await["mail"], Data::Null);
        let back =
            Site::query().returning(Site::settings).update(&db, Site::settings.path("days").remove()).await;
        assert_eq!(back.unwrap(), [json!({ "mail": null })]);
    }
}

#[tokio::test]
async fn what_cannot_be_set_stays_as_it_is() {
    let first = json!({ "a": 1, "list": [1], "o": {}, "0": "zero" });
    for db in sites(first.clone()).await {
        for set in [
            Site::settings.path("gone").path("x").set(1),
            Site::settings.path("a").path("x").set(1),
            Site::settings.path("a").at(0).set(1),
            Site::settings.path("o").at(0).set(1),
            Site::settings.at(0).set(1),
            Site::settings.at(0).remove(),
            Site::settings.path("list").path("x").set(1),
            Site::settings.path("list").path("0").set(2),
            Site::settings.path("list").path("0").remove(),
            Site::settings.path("list").at(3).remove(),
            Site::settings.path("gone").remove(),
            Site::settings.path("a").path("b").remove(),
        ] {
            assert_eq!(Site::query().update(&db, set).await.unwrap(), 1);
            assert_eq!(settings(&db).await, first);
        }
        // A column that is NULL becomes an object, unless something is removed.
        Site::query().update(&db, Site::extra.path("x").remove()).await.unwrap();
        assert_eq!(Site::query().sole(&db).await.unwrap().extra, None);
        Site::query().update(&db, Site::extra.path("x").set(1)).await.unwrap();
        assert_eq!(Site::query().sole(&db).await.unwrap().extra, Some(json!({ "x": 1 })));
        // A whole document, and then something in it.
        let set = (Site::extra.set(json!([1])), Site::extra.at(0).set("one"));
        Site::query().update(&db, set).await.unwrap();
        assert_eq!(Site::query().sole(&db).await.unwrap().extra, Some(json!(["one"])));
        Site::query().update(&db, Site::settings.set(json!(5))).await.unwrap();
        Site::query().update(&db, Site::settings.path("x").set(1)).await.unwrap();
        assert_eq!(settings(&db).await, json!(5));
        let error = Site::query().update(&db, Site::settings.document().set(1)).await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{error}");
        let twice = (Site::hits.set(1), Site::hits.set(2));
        let error = Site::query().update(&db, twice).await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }) && error.to_string().contains("hits"), "{error}");
    }
}

#[tokio::test]
async fn hostile_keys_and_values_are_data() {
    for db in sites(json!({})).await {
        let long = "é".repeat(500_000);
        let hostile = [
            "'; DROP TABLE changed_sites; --",
            "a\"b",
            "$.x[0]",
            "back\\slash",
            "{}",
            "日本語 🦀",
            "",
            "a'b`c",
            "*",
        ];
        let mut expected = serde_json::Map::new();
        for text in hostile.into_iter().chain([long.as_str()]) {
            let key = if text.len() > 1_000 { "long" } else { text };
            Site::query().update(&db, Site::settings.path(key).set(text)).await.unwrap();
            expected.insert(key.to_owned(), text.into());
        }
        assert_eq!(settings(&db).await, Data::Object(expected.clone()));
        for key in hostile {
            Site::query().update(&db, Site::settings.path(key).remove()).await.unwrap();
            expected.remove(key);
        }
        assert_eq!(settings(&db).await, Data::Object(expected));
        // PostgreSQL's JSON has no NUL: refused or kept, never cut.
        match Site::query().update(&db, Site::settings.path("nul").set("a\0b")).await {
            Ok(_) => assert_eq!(settings(&db).await["nul"], "a\0b"),
            Err(error) => assert_eq!(db.driver_name(), "postgres", "{error}"),
        }
    }
}
