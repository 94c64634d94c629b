use std::time::Duration;

use atlas::{Error, prelude::*};
use chrono::{DateTime, NaiveDateTime, Utc};

use crate::support::{Person, databases, people};

#[derive(Model, Debug)]
#[timestamps]
struct Article {
    id: i64,
    #[unique]
    title: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Model, Debug)]
#[timestamps(created_at = made, updated_at = changed)]
struct Memo {
    id: i64,
    text: String,
    made: NaiveDateTime,
    changed: Option<DateTime<Utc>>,
}

// B-80, 000-66, 000-67, 002-07, X-15, B-209, C-149, B-277
#[tokio::test]
async fn timestamps_are_kept() {
    for db in databases().await {
        db.create_tables(models![Article, Memo]).await.unwrap();
        let before = Utc::now() - Duration::from_millis(1);
        let mut article = Article::draft().title("one").save(&db).await.unwrap();
        assert!(article.created_at >= before && article.created_at <= Utc::now());
        assert_eq!(article.created_at, article.updated_at);
        let read = Article::find_or_fail(&db, 1).await.unwrap();
        assert_eq!((read.created_at, read.updated_at), (article.created_at, article.updated_at));

        article.save(&db).await.unwrap();
        assert_eq!(article.updated_at, read.updated_at, "nothing changed, nothing written");
        tokio::time::sleep(Duration::from_millis(2)).await;
        article.title = "two".into();
        article.save(&db).await.unwrap();
        assert!(article.updated_at > read.updated_at && article.created_at == read.created_at);
        assert!(article.was_changed(Article::updated_at));
        assert_eq!(Article::find_or_fail(&db, 1).await.unwrap().updated_at, article.updated_at);

        let touched = article.updated_at;
        tokio::time::sleep(Duration::from_millis(2)).await;
        article.touch(&db).await.unwrap();
        assert!(article.updated_at > touched);
        tokio::time::sleep(Duration::from_millis(2)).await;
        Article::query().update(&db, Article::title.set("three")).await.unwrap();
        assert!(Article::find_or_fail(&db, 1).await.unwrap().updated_at > article.updated_at);

        let given: DateTime<Utc> = "2001-01-01T00:00:00Z".parse().unwrap();
        let old = Article::draft().title("old").created_at(given).save(&db).await.unwrap();
        assert_eq!(old.created_at, given);
        assert_ne!(old.updated_at, given);
        let newest = Article::query().latest(Article::created_at).pluck(&db, Article::title).await.unwrap();
        assert_eq!(newest, ["three", "old"]);
        let oldest = Article::query().oldest(Article::created_at).value(&db, Article::title).await.unwrap();
        assert_eq!(oldest.as_deref(), Some("old"));
        Article::upsert(&db, [Article::draft().title("old")], Article::title, Article::title).await.unwrap();
        let upserted = Article::query().where_eq(Article::title, "old").sole(&db).await.unwrap();
        assert!(upserted.created_at == given && upserted.updated_at > old.updated_at);

        let mut memo = Memo::draft().text("x").save(&db).await.unwrap();
        assert!(memo.changed.is_some());
        memo.changed = None;
        memo.save(&db).await.unwrap();
        assert_eq!(
            Memo::find_or_fail(&db, memo.id).await.unwrap().changed,
            None,
            "what is set by hand stays"
        );
    }
}

#[tokio::test]
async fn a_model_without_timestamps_cannot_be_touched() {
    for db in people().await {
        let mut ann = Person::find_or_fail(&db, 1).await.unwrap();
        let error = ann.touch(&db).await.unwrap_err();
        assert!(
            matches!(error, Error::Config { .. }) && error.to_string().contains("#[timestamps]"),
            "{error}"
        );
    }
}
