//! Statements that take too long, and those that nobody waits for any more: both end on the server too.

use std::time::{Duration, Instant};

use atlas::{Error, prelude::*};
use tokio::time::timeout;

use super::{
    Account, accounts,
    asking::{PATIENCE, Watcher, settled, soon, until},
    balances,
};
use crate::support::{Place, places};

/// How long statements may take here.
const LIMIT: Duration = Duration::from_millis(300);

/// A statement that would take a minute at least.
fn endless(driver: &str) -> &'static str {
    match driver {
        "postgres" => "select 1 as one from pg_sleep(60)",
        "mysql" => "select sleep(60) as one",
        _ => "with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) as one from n",
    }
}

/// Whether a handle's next statements get their own answers.
async fn answers_are_its_own(db: &Db) {
    for number in [17_i64, 4_711] {
        let cents = Account::query().where_eq(Account::id, number).value(db, Account::cents);
        assert_eq!(soon("a read", cents).await.unwrap(), None);
        let one = if number == 17 { 1 } else { 2 };
        assert_eq!(soon("a read", Account::find_or_fail(db, one)).await.unwrap().cents, one * 100);
    }
}

async fn prepared(place: &Place, parameters: &str) -> Db {
    let db = place.connect(parameters).await;
    accounts(&db, 2, 100).await;
    Account::query().where_eq(Account::id, 2).increment(&db, Account::cents, 100).await.unwrap();
    db
}

fn is_timeout<T: std::fmt::Debug>(result: Result<T>) {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Timeout { after: LIMIT, .. }), "{error:?}");
    assert!(error.to_string().contains("statement_timeout"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_over_its_limit_is_ended_on_the_server_too() {
    places("faults-limits")
        .await
        .at_once(|place| async move {
            drop(prepared(&place, "max_connections=1").await);
            let builder = Db::builder(&place.url).max_connections(1).statement_timeout(LIMIT);
            let db = builder.connect().await.unwrap();
            let watcher = Watcher::of(&place).await;
            let began = Instant::now();
            is_timeout(soon("a limit", db.raw(endless(place.driver), ()).get()).await);
            assert!(began.elapsed() >= LIMIT);
            watcher.at_rest(&db).await;
            answers_are_its_own(&db).await;

            // In a transaction, which can be rolled back, or used on where the database lets it.
            let tx = db.begin().await.unwrap();
            Account::query().where_eq(Account::id, 1).increment(&tx, Account::cents, 1).await.unwrap();
            is_timeout(soon("a limit", tx.raw(endless(place.driver), ()).get()).await);
            tx.rollback().await.unwrap();
            watcher.at_rest(&db).await;
            answers_are_its_own(&db).await;

            // In a savepoint, which is undone alone.
            db.transaction(async |tx| {
                Account::query().where_eq(Account::id, 2).increment(&tx, Account::cents, 5).await?;
                is_timeout(tx.transaction(async |sp| sp.raw(endless(place.driver), ()).get().await).await);
                Account::query().where_eq(Account::id, 2).decrement(&tx, Account::cents, 5).await
            })
            .await
            .unwrap();
            answers_are_its_own(&db).await;

            // Where it waits for somebody else's lock.
            let other = place.connect("max_connections=1").await;
            let holder = other.begin().await.unwrap();
            Account::query().where_eq(Account::id, 1).increment(&holder, Account::cents, 1).await.unwrap();
            is_timeout(soon("a limit", Account::query().increment(&db, Account::cents, 1)).await);
            holder.rollback().await.unwrap();
            watcher.at_rest(&db).await;
            assert_eq!(balances(&db).await, [100, 200]);
            let open = if place.driver == "sqlite" { 2 } else { 1 };
            assert_eq!(db.health().await.pool.open, open, "they are the connections that there were");
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_nobody_waits_for_is_ended_on_the_server_too() {
    places("faults-dropped")
        .await
        .at_once(|place| async move {
            let db = prepared(&place, "max_connections=2").await;
            let watcher = Watcher::of(&place).await;
            for _ in 0..3 {
                let dropped = timeout(LIMIT, db.raw(endless(place.driver), ()).get()).await;
                assert!(dropped.is_err());
                // It would take a minute, and this waits for a third of one.
                watcher.at_rest(&db).await;
                answers_are_its_own(&db).await;
            }

            // With a lock that a transaction holds.
            for _ in 0..3 {
                let dropped = timeout(
                    LIMIT,
                    db.transaction(async |tx| {
                        Account::query().increment(&tx, Account::cents, 1).await?;
                        tx.raw(endless(place.driver), ()).get().await
                    }),
                );
                assert!(dropped.await.is_err());
                let write = Account::query().increment(&db, Account::cents, 0);
                assert_eq!(soon("a write on what was locked", write).await.unwrap(), 2);
                answers_are_its_own(&db).await;
            }

            // While it waits for somebody else's lock, and in a task that is aborted.
            if place.driver != "sqlite" {
                let holder = db.begin().await.unwrap();
                Account::query().increment(&holder, Account::cents, 1).await.unwrap();
                let handle = db.clone();
                let waits =
                    tokio::spawn(async move { Account::query().increment(&handle, Account::cents, 1).await });
                tokio::time::sleep(LIMIT).await;
                waits.abort();
                assert!(waits.await.unwrap_err().is_cancelled());
                // It is given up while the lock is still held: nobody is left but the holder.
                until("the write is given up", async || {
                    let busy = watcher.busy().await;
                    if busy.len() > 1 { Err(format!("{busy:?}")) } else { Ok(()) }
                })
                .await;
                holder.rollback().await.unwrap();
                watcher.at_rest(&db).await;
            }
            assert_eq!(balances(&db).await, [100, 200]);
        })
        .await;
}

/// A handle that somebody keeps holds no connection once its transaction has been given up, whatever was
/// going on in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handle_that_is_kept_holds_nothing() {
    places("faults-kept")
        .await
        .at_once(|place| async move {
            let db = place.connect("max_connections=2").await;
            accounts(&db, 2, 100).await;
            let tx = db.begin().await.unwrap();
            Account::query().increment(&tx, Account::cents, 1).await.unwrap();
            let kept = (*tx).clone();
            let handle = (*tx).clone();
            let text = endless(place.driver);
            let running = tokio::spawn(async move { handle.raw(text, ()).get().await });
            tokio::time::sleep(LIMIT).await;
            drop(tx);
            running.abort();
            assert!(running.await.unwrap_err().is_cancelled());
            settled(&db).await;
            let write = Account::query().increment(&db, Account::cents, 0);
            assert_eq!(timeout(PATIENCE, write).await.expect("the lock is held").unwrap(), 2);
            assert_eq!(balances(&db).await, [100, 100]);
            assert!(matches!(Account::find(&kept, 1).await, Err(Error::Closed { .. })));
        })
        .await;
}

/// A hook that refuses new connections leaves none behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_that_fails_holds_nothing() {
    places("faults-hook")
        .await
        .at_once(|place| async move {
            let hook = async |db: Db| {
                db.raw("select 1 as one", ()).get().await?;
                Err(Error::config("not today"))
            };
            let builder = Db::builder(&place.url).max_connections(2).acquire_timeout(Duration::from_secs(2));
            let db = builder.lazy().after_connect(hook).connect().await.unwrap();
            for _ in 0..5 {
                let refused = soon("a hook", db.raw("select 1 as one", ()).get()).await.unwrap_err();
                assert_eq!(refused.to_string(), "not today");
            }
            settled(&db).await;
            // SQLite's file is there until here.
            drop(place);
        })
        .await;
}
