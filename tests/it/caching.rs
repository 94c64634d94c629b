//! Results that are kept for a while.

use std::{sync::Arc, time::Duration};

use atlas::{Cache, CacheKey, CachedRows, Error, MemoryCache, driver::BoxFuture, prelude::*};
use chrono::{DateTime, TimeZone, Utc};
use rust_decimal::Decimal;
use tokio::sync::Mutex;

use crate::support::{places, sent};

const LONG: Duration = Duration::from_secs(600);

#[derive(Model, Debug, PartialEq)]
#[table("cached_items")]
pub struct Item {
    pub id: i64,
    pub name: String,
    #[sensitive]
    pub code: Option<String>,
    pub price: Decimal,
    pub seen: DateTime<Utc>,
    pub active: bool,
    pub size: Option<i32>,
}

async fn items(db: &Db) {
    db.create_tables(models![Item]).await.unwrap();
    let seen = Utc.with_ymd_and_hms(2026, 1, 31, 12, 30, 5).unwrap();
    let drafts = (1..=5).map(|number: i32| {
        Item::draft()
            .name(format!("item {number}"))
            .code((number > 2).then(|| format!("geheim {number}")))
            .price(Decimal::new(i64::from(number) * 105, 2))
            .seen(seen)
            .active(number % 2 == 0)
            .size((number != 3).then_some(number))
    });
    Item::insert(db, drafts).await.unwrap();
}

// B-34
#[tokio::test]
async fn every_terminal_reads_what_was_kept() {
    for place in &places("caching").await {
        let db = Db::builder(&place.url).cache(MemoryCache::new(10_000)).connect().await.unwrap();
        items(&db).await;
        let cached = || Item::query().order_by(Item::id.asc()).cache(LONG);
        let fresh = cached().without_cache().get(&db).await.unwrap();
        let read = async || {
            let all = cached().get(&db).await.unwrap();
            let first = cached().first(&db).await.unwrap();
            let found = Item::query().cache(LONG).find(&db, 3).await.unwrap();
            let value = cached().value(&db, Item::price).await.unwrap();
            let names = cached().pluck(&db, Item::name).await.unwrap();
            let codes = cached().pluck(&db, Item::code).await.unwrap();
            let count = cached().where_gt(Item::size, 1).count(&db).await.unwrap();
            let groups = cached().distinct().count(&db).await.unwrap();
            let sum = cached().sum(&db, Item::price).await.unwrap();
            let most = cached().max(&db, Item::seen).await.unwrap();
            let none = cached().where_eq(Item::name, "nobody").get(&db).await.unwrap();
            let any = cached().exists(&db).await.unwrap();
            let page = cached().paginate(&db, 2, 2).await.unwrap();
            let simple = cached().simple_paginate(&db, 1, 2).await.unwrap();
            let keyset = cached().cursor_paginate(&db, 2, None).await.unwrap();
            let rows = format!("{all:?} {first:?} {found:?} {names:?} {codes:?} {value:?} {none:?}");
            let pages = (page.data.len(), page.total, simple.data.len(), simple.has_next, keyset.next_cursor);
            (rows, pages, (count, groups, sum, most, any))
        };
        let before = read().await;
        Item::query().update(&db, Item::name.set("changed")).await.unwrap();
        let (statements, after) = sent(&db, read).await;
        assert_eq!(after, before);
        assert_eq!(statements, 0);

        // What is kept is values: each run makes records of its own.
        let mut again = cached().get(&db).await.unwrap();
        assert_eq!(
            again.iter().map(|item| &**item).collect::<Vec<_>>(),
            fresh.iter().map(|item| &**item).collect::<Vec<_>>()
        );
        again[0].name = "mine".into();
        again[0].save(&db).await.unwrap();
        assert_eq!(cached().get(&db).await.unwrap()[0].name, "item 1");
        assert_eq!(Item::find_or_fail(&db, 1).await.unwrap().name, "mine");
    }
}

#[tokio::test]
async fn what_differs_is_kept_apart() {
    for place in &places("caching_apart").await {
        let store = Arc::new(MemoryCache::new(10_000));
        let db = Db::builder(&place.url).cache(Arc::clone(&store)).connect().await.unwrap();
        let other = Db::builder(&place.url).cache(store).connect().await.unwrap();
        items(&db).await;
        let at_least = |size| Item::query().where_ge(Item::size, size).cache(LONG);
        assert_eq!(at_least(2).count(&db).await.unwrap(), 3);
        assert_eq!(at_least(4).count(&db).await.unwrap(), 2, "values count");
        Item::query().delete(&db).await.unwrap();
        assert_eq!(at_least(2).count(&db).await.unwrap(), 3);
        assert_eq!(at_least(2).count(&other).await.unwrap(), 0, "another connection is another");
        assert_eq!(at_least(2).count(&db.for_tenant(7)).await.unwrap(), 0, "so is another tenant");
        db.transaction(async |tx| {
            assert_eq!(at_least(2).count(&tx).await?, 0, "a transaction asks the database");
            Ok(())
        })
        .await
        .unwrap();
        assert_eq!(at_least(2).count(&db).await.unwrap(), 3, "and keeps nothing");
        db.clear_cached().await.unwrap();
        assert_eq!(at_least(2).count(&db).await.unwrap(), 0);
        let error = Item::query().cache(Duration::ZERO).get(&db).await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_name_can_be_forgotten_and_time_runs_out() {
    for place in &places("caching_names").await {
        let db = Db::builder(&place.url).cache(MemoryCache::new(10_000)).connect().await.unwrap();
        items(&db).await;
        let named = || Item::query().cache_as("all", LONG);
        assert_eq!(named().count(&db).await.unwrap(), 5);
        Item::query().where_eq(Item::id, 1).delete(&db).await.unwrap();
        assert_eq!(named().count(&db).await.unwrap(), 5);
        assert_eq!(named().get(&db).await.unwrap().len(), 4, "another statement takes the name's place");
        Item::query().where_eq(Item::id, 2).delete(&db).await.unwrap();
        assert_eq!(named().get(&db).await.unwrap().len(), 4);
        db.forget_cached("other").await.unwrap();
        assert_eq!(named().get(&db).await.unwrap().len(), 4);
        db.forget_cached("all").await.unwrap();
        assert_eq!(named().get(&db).await.unwrap().len(), 3);

        let short = || Item::query().where_gt(Item::id, 0).cache(Duration::from_millis(80));
        assert_eq!(short().count(&db).await.unwrap(), 3);
        Item::query().delete(&db).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(short().count(&db).await.unwrap(), 0);
    }
}

// B-01
#[tokio::test]
async fn without_a_store_nothing_is_kept() {
    for place in &places("caching_none").await {
        let db = place.connect("").await;
        items(&db).await;
        let cached = || Item::query().cache_as("all", LONG);
        assert_eq!(cached().count(&db).await.unwrap(), 5);
        Item::query().where_eq(Item::id, 1).delete(&db).await.unwrap();
        assert_eq!(cached().count(&db).await.unwrap(), 4);
        db.forget_cached("all").await.unwrap();
        db.clear_cached().await.unwrap();
    }
}

/// A store of the program's own, which may fail.
#[derive(Default)]
struct Own {
    kept: Mutex<Vec<(CacheKey, Arc<CachedRows>)>>,
    fails: bool,
}

impl Cache for Own {
    fn get<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, atlas::Result<Option<Arc<CachedRows>>>> {
        Box::pin(async move {
            if self.fails {
                return Err(Error::Driver { message: "the store is away".into(), source: None });
            }
            let kept = self.kept.lock().await;
            Ok(kept.iter().find(|(other, _)| other == key).map(|(_, rows)| Arc::clone(rows)))
        })
    }

    fn put(&self, key: CacheKey, rows: Arc<CachedRows>, _: Duration) -> BoxFuture<'_, atlas::Result<()>> {
        Box::pin(async move {
            self.kept.lock().await.push((key, rows));
            Ok(())
        })
    }

    fn forget<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, atlas::Result<()>> {
        Box::pin(async move {
            self.kept.lock().await.retain(|(other, _)| other != key);
            Ok(())
        })
    }

    fn clear(&self) -> BoxFuture<'_, atlas::Result<()>> {
        Box::pin(async move {
            self.kept.lock().await.clear();
            Ok(())
        })
    }
}

// B-01
#[tokio::test]
async fn a_store_of_ones_own() {
    for place in &places("caching_own").await {
        let store = Arc::new(Own::default());
        let db = Db::builder(&place.url).name("shop").cache(Arc::clone(&store)).connect().await.unwrap();
        items(&db).await;
        let secret = || Item::query().where_eq(Item::code, "geheim 4".to_owned()).cache(LONG);
        assert_eq!(secret().count(&db).await.unwrap(), 1);
        Item::query().delete(&db).await.unwrap();
        assert_eq!(secret().count(&db).await.unwrap(), 1);
        {
            let kept = store.kept.lock().await;
            let (key, rows) = &kept[0];
            assert!(key.as_str().contains("shop"), "a name that other programs know too");
            let shown = format!("{key:?} {rows:?}");
            assert!(!shown.contains("geheim"), "{shown}");
        }
        let broken = Own { fails: true, ..Own::default() };
        let db = Db::builder(&place.url).cache(broken).connect().await.unwrap();
        let error = secret().count(&db).await.unwrap_err();
        assert!(error.to_string().contains("the store is away"), "{error}");
    }
}

#[derive(Model, Debug)]
#[table("cached_secrets")]
pub struct Letter {
    pub id: i64,
    #[cast(encrypted)]
    pub body: String,
}

/// What is encrypted is another text each time, and cannot be compared: kept or not.
#[tokio::test]
async fn what_is_encrypted_is_kept_encrypted_and_never_compared() {
    for place in places("caching_encrypted").await {
        let store = Arc::new(Own::default());
        let key = atlas::new_encryption_key().unwrap();
        let db =
            Db::builder(&place.url).encryption_key(&key).cache(Arc::clone(&store)).connect().await.unwrap();
        db.create_tables(models![Letter]).await.unwrap();
        Letter::draft().body("geheim").save(&db).await.unwrap();
        let compared = Letter::query().filter(Letter::body.eq(With::new("geheim".to_owned()))).cache(LONG);
        let error = compared.clone().count(&db).await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{error:?}");
        assert!(error.to_string().contains("`body` of `Letter` is encrypted"), "{error}");
        assert!(compared.to_raw_sql(&db).is_err(), "nor shown");
        assert!(store.kept.lock().await.is_empty(), "and nothing is kept of it");

        let all = || Letter::query().cache(LONG);
        assert_eq!(all().first(&db).await.unwrap().unwrap().body, "geheim");
        let (statements, again) = sent(&db, async || all().first(&db).await.unwrap().unwrap()).await;
        assert_eq!((statements, again.body.as_str()), (0, "geheim"));
        let kept = store.kept.lock().await;
        assert_eq!(kept.len(), 1);
        let shown = format!("{:?}", kept.iter().map(|(_, rows)| &rows.values).collect::<Vec<_>>());
        assert!(shown.contains("atlas1:") && !shown.contains("geheim"), "{shown}");
    }
}

// B-34
#[tokio::test]
async fn tables_without_a_model_are_kept_too() {
    for place in &places("caching_tables").await {
        let db = Db::builder(&place.url).cache(MemoryCache::new(10_000)).connect().await.unwrap();
        items(&db).await;
        let cached = || db.table("cached_items").order_by("id").cache(LONG);
        let named = || db.table("cached_items").where_gt("size", 1).order_by("id").cache_as("large", LONG);
        let read = async || {
            let names: Vec<String> = cached().pluck("name").await.unwrap();
            let page = cached().paginate(2, 2).await.unwrap();
            let some = cached().limit(3).count().await.unwrap();
            let sum: Option<i64> = cached().sum("size").await.unwrap();
            let large: Vec<String> =
                named().get().await.unwrap().iter().map(|row| row.get("name").unwrap()).collect();
            (names, page.total, page.data.len(), some, sum, cached().exists().await.unwrap(), large)
        };
        let before = read().await;
        assert_eq!((before.1, before.2, before.3, before.6.len()), (5, 2, 3, 3));
        db.table("cached_items").delete().await.unwrap();
        let (statements, after) = sent(&db, read).await;
        assert_eq!((statements, after), (0, before));
        db.forget_cached("large").await.unwrap();
        assert!(named().get().await.unwrap().is_empty());
        assert_eq!(cached().without_cache().count().await.unwrap(), 0);
    }
}
