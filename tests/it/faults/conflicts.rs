//! Transactions that get in each other's way on purpose, and are tried again until all is right.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use atlas::{Error, prelude::*};
use tokio::{sync::Barrier, task::JoinSet, time::sleep};

use super::{
    Account, accounts,
    asking::{PATIENCE, Watcher, soon},
    balances,
    random::Random,
};
use crate::support::places;

/// Many tasks change several rows each, in whatever order, and hold their locks for a while.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deadlocks_are_tried_again_until_all_is_right() {
    places("faults-deadlocks")
        .await
        .at_once(|place| async move {
            // A server may take a second to find a deadlock: some are enough.
            const ROWS: usize = 8;
            let db = place.connect("max_connections=8").await;
            accounts(&db, ROWS as i64, 0).await;
            let tries = Arc::new(AtomicU32::new(0));
            let mut random = Random::seeded();
            let mut expected = vec![0; ROWS];
            let mut tasks = JoinSet::new();
            for task in 0..8 {
                let plan: Vec<Vec<i64>> = (0..3).map(|_| random.some_of(3, ROWS as u64)).collect();
                for id in plan.iter().flatten() {
                    expected[usize::try_from(*id).unwrap() - 1] += task;
                }
                let (db, tries) = (db.clone(), tries.clone());
                tasks.spawn(async move {
                    for ids in plan {
                        let done = db.tx().retry(1_000).run(async |tx| {
                            tries.fetch_add(1, SeqCst);
                            for id in &ids {
                                Account::query()
                                    .where_eq(Account::id, *id)
                                    .increment(&tx, Account::cents, task)
                                    .await?;
                                tokio::task::yield_now().await;
                            }
                            Ok(())
                        });
                        soon("a transaction that is tried again", done).await.unwrap();
                    }
                });
            }
            tasks.join_all().await;
            assert_eq!(balances(&db).await, expected);
            if place.driver != "sqlite" {
                two_that_wait_for_each_other(&db, &tries).await;
            }
            Watcher::of(&place).await.at_rest(&db).await;
        })
        .await;
}

/// Two rows in opposite orders, each task with its first lock before the other asks for it.
async fn two_that_wait_for_each_other(db: &Db, tries: &Arc<AtomicU32>) {
    let before = balances(db).await;
    tries.store(0, SeqCst);
    let barrier = Arc::new(Barrier::new(2));
    let both = [[1, 2], [2, 1]].map(|ids| {
        let (db, tries, barrier) = (db.clone(), tries.clone(), barrier.clone());
        tokio::spawn(async move {
            let first_try = AtomicU32::new(0);
            db.tx()
                .retry(100)
                .run(async |tx| {
                    tries.fetch_add(1, SeqCst);
                    for id in ids {
                        Account::query().where_eq(Account::id, id).increment(&tx, Account::cents, 1).await?;
                        if first_try.fetch_add(1, SeqCst) == 0 {
                            barrier.wait().await;
                        }
                    }
                    Ok(())
                })
                .await
        })
    });
    for task in both {
        soon("a deadlock", task).await.unwrap().unwrap();
    }
    assert!(tries.load(SeqCst) >= 3, "one of them was ended and tried again");
    let after = balances(db).await;
    assert_eq!(after[..2], [before[0] + 2, before[1] + 2]);
    assert_eq!(after[2..], before[2..]);
}

/// Without a retry it is the error that says what to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_retry_a_deadlock_is_an_error() {
    places("faults-deadlock").await.at_once(|place| async move {
        if place.driver == "sqlite" {
            return; // there is one that writes: nobody waits for a second lock
        }
        let db = place.connect("max_connections=4").await;
        accounts(&db, 2, 0).await;
        let (one, two) = (db.begin().await.unwrap(), db.begin().await.unwrap());
        let add = |tx: &Db, id: i64| {
            let tx = tx.clone();
            async move { Account::query().where_eq(Account::id, id).increment(&tx, Account::cents, 1).await }
        };
        add(&one, 1).await.unwrap();
        add(&two, 2).await.unwrap();
        let (left, right) = soon("a deadlock", async { tokio::join!(add(&one, 2), add(&two, 1)) }).await;
        let (failed, lasting, ended) = match (left, right) {
            (Err(error), Ok(1)) => (error, two, one),
            (Ok(1), Err(error)) => (error, one, two),
            other => panic!("one of the two should have been ended: {other:?}"),
        };
        assert!(matches!(failed, Error::Deadlock { .. }), "{failed:?}");
        assert!(failed.is_retryable() && ended.commit().await.is_err());
        lasting.commit().await.unwrap();
        assert_eq!(balances(&db).await, [1, 1]);
        Watcher::of(&place).await.at_rest(&db).await;
    })
    .await;
}

/// Each reads a counter and writes one more: only where they can be put in an order is the sum right.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serialization_failures_are_tried_again_until_all_is_right() {
    places("faults-serializable")
        .await
        .at_once(|place| async move {
            const TASKS: i64 = 6;
            const TIMES: i64 = 5;
            let db = place.connect("max_connections=8").await;
            accounts(&db, 3, 0).await;
            let tries = Arc::new(AtomicU32::new(0));
            let mut random = Random::seeded();
            let mut tasks = JoinSet::new();
            for _ in 0..TASKS {
                let (db, tries, mut random) = (db.clone(), tries.clone(), random.branch());
                tasks.spawn(async move {
                    for _ in 0..TIMES {
                        let id = 1 + random.below(3) as i64;
                        let pause = Duration::from_micros(random.below(2_000));
                        let counted =
                            db.tx().isolation(Isolation::Serializable).retry(1_000).run(async |tx| {
                                tries.fetch_add(1, SeqCst);
                                let mut counter = Account::find_or_fail(&tx, id).await?;
                                sleep(pause).await;
                                counter.cents += 1;
                                counter.save(&tx).await
                            });
                        tokio::time::timeout(PATIENCE * 2, counted)
                            .await
                            .expect("it is tried for ever")
                            .unwrap();
                    }
                });
            }
            tasks.join_all().await;
            assert_eq!(balances(&db).await.iter().sum::<i64>(), TASKS * TIMES);
            println!("{}: {} tries", place.driver, tries.load(SeqCst));
            Watcher::of(&place).await.at_rest(&db).await;
        })
        .await;
}
