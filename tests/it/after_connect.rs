//! What is done with each new connection before its first use.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use atlas::{Error, prelude::*};

use crate::support::{Folder, Person, places};

/// A counter, and what counts with it.
fn counter() -> (Arc<AtomicU32>, Arc<AtomicU32>) {
    let counter = Arc::new(AtomicU32::new(0));
    (Arc::clone(&counter), counter)
}

/// The setting that SQLite's connection has which the handle's next statement goes to.
async fn cache_size(db: &Db) -> i64 {
    db.raw("pragma cache_size", ()).first().await.unwrap().unwrap().get("cache_size").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_done_once_for_each_connection() {
    places("after-connect")
        .await
        .at_once(|place| async move {
            let (hooked, count) = counter();
            let builder = Db::builder(&place.url).max_connections(2).after_connect(move |db| {
                hooked.fetch_add(1, SeqCst);
                async move { db.raw("select 1 as one", ()).get().await.map(|_| ()) }
            });
            let db = builder.connect().await.unwrap();
            db.create_tables(models![Person]).await.unwrap();
            for _ in 0..3 {
                let tx = db.begin().await.unwrap();
                assert_eq!(Person::query().count(&tx).await.unwrap(), 0);
                assert_eq!(Person::query().count(&db).await.unwrap(), 0);
                tx.commit().await.unwrap();
            }
            assert_eq!(count.load(SeqCst), 2);
            assert_eq!(db.health().await.pool.open, 2);
            db.close().await.unwrap();
            // The file is there until here.
            drop(place);
        })
        .await;
}

/// Those that read, and the one that writes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_statements_go_to_that_connection() {
    let folder = Folder::new("after-connect-sqlite");
    for (url, connections) in [(folder.url("a.db"), 2), ("sqlite::memory:".to_owned(), 1)] {
        let (hooked, count) = counter();
        let builder = Db::builder(&url).max_connections(2).after_connect(move |db| {
            let number = 1_000 + i64::from(hooked.fetch_add(1, SeqCst));
            async move {
                db.execute(format!("pragma cache_size = {number}"), ()).await?;
                // Reads, transactions and savepoints are on it too.
                assert_eq!(cache_size(&db).await, number);
                db.transaction(async |tx| {
                    assert_eq!(cache_size(&tx).await, number);
                    tx.transaction(async |tx| tx.raw("select 1 as one", ()).get().await).await
                })
                .await?;
                let many = "with recursive n (i) as (select 1 union all select i + 1 from n where i < 5000) select i from n";
                assert_eq!(db.raw(many, ()).get().await?.len(), 5_000);
                assert_eq!(cache_size(&db).await, number);
                Ok(())
            }
        });
        let db = builder.connect().await.unwrap();
        let tx = db.begin().await.unwrap();
        assert_eq!(cache_size(&tx).await, 1_000);
        tx.commit().await.unwrap();
        assert_eq!(cache_size(&db).await, 999 + connections);
        db.execute("create table t (a)", ()).await.unwrap();
        assert_eq!(cache_size(&db).await, 999 + connections);
        assert_eq!(i64::from(count.load(SeqCst)), connections);
    }
}

#[tokio::test]
async fn it_may_write_where_the_connection_does() {
    let db = Db::builder("sqlite::memory:")
        .after_connect(async |db: Db| {
            db.create_tables(models![Person]).await?;
            db.transaction(async |tx| Person::draft().name("Ann").score(1).save(&tx).await).await?;
            // One that is not ended is undone.
            let tx = db.begin().await?;
            Person::draft().name("Ben").score(1).save(&tx).await?;
            drop(tx);
            Ok(())
        })
        .connect()
        .await
        .unwrap();
    assert_eq!(Person::query().pluck(&db, Person::name).await.unwrap(), ["Ann"]);
}

/// Nothing of a connection that failed is used.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_failed_is_thrown_away() {
    let folder = Folder::new("after-connect-fails");
    for url in [folder.url("a.db"), "sqlite::memory:".to_owned()] {
        let (hooked, count) = counter();
        let builder = Db::builder(&url).max_connections(2).after_connect(move |db| {
            let fails = hooked.fetch_add(1, SeqCst) < 3;
            async move {
                if !fails {
                    return Ok(());
                }
                db.execute("pragma cache_size = 77", ()).await?;
                // The connection is given back with this open: nothing is left of it.
                if let Err(error) = db.execute("begin", ()).await {
                    assert!(matches!(error, Error::Config { .. }), "{error:?}");
                }
                Err(Error::config("not today"))
            }
        });
        let db = builder.connect().await.unwrap();
        for _ in 0..3 {
            assert_eq!(db.execute("create table t (a)", ()).await.unwrap_err().to_string(), "not today");
        }
        db.execute("create table t (a)", ()).await.unwrap();
        assert_ne!(cache_size(&db).await, 77);
        assert!(count.load(SeqCst) >= 4);
    }
}
