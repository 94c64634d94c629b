//! Relations that do not depend on each other are loaded at the same time, where there is more than one connection.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use atlas::prelude::*;

use crate::support::databases;

#[derive(Model, Debug)]
#[table("pool_parents")]
struct Parent {
    id: i64,
    #[has_many(foreign_key = parent_id)]
    firsts: HasMany<First>,
    #[has_many(foreign_key = parent_id)]
    seconds: HasMany<Second>,
}

#[derive(Model, Debug)]
#[table("pool_firsts")]
struct First {
    id: i64,
    parent_id: i64,
}

#[derive(Model, Debug)]
#[table("pool_seconds")]
struct Second {
    id: i64,
    parent_id: i64,
}

/// Both relations wait for rows that somebody else has locked. Those of the one that is loaded second are given free
/// first: that one comes back before the first only where both are on their way.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn relations_of_one_level_are_loaded_at_the_same_time() {
    for db in databases().await {
        if db.driver_name() == "sqlite" {
            continue; // one writes at a time, and readers wait for nobody
        }
        db.create_tables(models![Parent, First, Second]).await.unwrap();
        Parent::draft().save(&db).await.unwrap();
        First::draft().parent_id(1).save(&db).await.unwrap();
        Second::draft().parent_id(1).save(&db).await.unwrap();
        let done = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&done);
        let listening = db.listen(move |event| {
            if let Some(statement) = event.as_statement() {
                seen.lock().unwrap().push(statement.text.contains("pool_seconds"));
            }
        });
        let seconds_are_there = || done.lock().unwrap().contains(&true);
        for in_transaction in [false, true] {
            let (first, second) = (db.begin().await.unwrap(), db.begin().await.unwrap());
            First::query().lock_for_update().get(&first).await.unwrap();
            Second::query().lock_for_update().get(&second).await.unwrap();
            done.lock().unwrap().clear();
            let loading = {
                let db = db.clone();
                tokio::spawn(async move {
                    let firsts = Parent::firsts.apply(Query::lock_for_share);
                    let seconds = Parent::seconds.apply(Query::lock_for_share);
                    let query = Parent::query().with((firsts, seconds));
                    match in_transaction {
                        true => db.transaction(async |tx| query.sole(&tx).await).await,
                        false => query.sole(&db).await,
                    }
                })
            };
            second.rollback().await.unwrap();
            if in_transaction {
                tokio::time::sleep(Duration::from_millis(300)).await;
                assert!(!seconds_are_there(), "a transaction is on one connection");
            } else {
                let waiting = async {
                    while !seconds_are_there() {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                };
                let waited = tokio::time::timeout(Duration::from_secs(20), waiting).await;
                assert!(waited.is_ok(), "the second waits for the first");
            }
            first.rollback().await.unwrap();
            let parent = loading.await.unwrap().unwrap();
            assert_eq!((parent.firsts.get().unwrap().len(), parent.seconds.get().unwrap().len()), (1, 1));
        }
        listening.stop();
    }
}
