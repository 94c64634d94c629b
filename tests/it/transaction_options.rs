//! Isolation, retries, and what is done after the end.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use atlas::{Error, bounds::Retryable, prelude::*};
use tokio::sync::Barrier;

use crate::support::{Person, people};

fn deadlock() -> Error {
    Error::Deadlock { source: None }
}

#[tokio::test]
async fn a_deadlock_is_tried_again() {
    for db in people().await {
        let tries = AtomicU32::new(0);
        let done = db
            .tx()
            .retry(5)
            .run(async |tx| {
                Person::query().where_eq(Person::id, 1).increment(&tx, Person::friends, 1).await?;
                if tries.fetch_add(1, SeqCst) < 3 { Err(deadlock()) } else { Ok("done") }
            })
            .await;
        assert_eq!((done.unwrap(), tries.load(SeqCst)), ("done", 4));
        assert_eq!(
            Person::find_or_fail(&db, 1).await.unwrap().friends,
            4,
            "what was tried in vain is undone"
        );
    }
}

#[tokio::test]
async fn retrying_ends_and_is_for_those_errors_alone() {
    for db in people().await {
        for (error, expected) in [(true, 3), (false, 1)] {
            let tries = AtomicU32::new(0);
            let failed: Result<()> = db
                .tx()
                .retry(2)
                .run(async |_| {
                    tries.fetch_add(1, SeqCst);
                    Err(if error { deadlock() } else { Error::config("no") })
                })
                .await;
            assert_eq!(failed.unwrap_err().is_retryable(), error);
            assert_eq!(tries.load(SeqCst), expected);
        }
        // Inside of another, the outermost one would have to be run again.
        let tries = AtomicU32::new(0);
        let outer: Result<()> = db
            .transaction(async |tx| {
                tx.tx()
                    .retry(5)
                    .run(async |_| {
                        tries.fetch_add(1, SeqCst);
                        Err(deadlock())
                    })
                    .await
            })
            .await;
        assert!(outer.unwrap_err().is_retryable());
        assert_eq!(tries.load(SeqCst), 1);
    }
}

#[tokio::test]
async fn retrying_with_errors_of_ones_own() {
    #[derive(Debug)]
    enum Failed {
        Again,
        Database(Error),
    }
    impl From<Error> for Failed {
        fn from(error: Error) -> Self {
            Self::Database(error)
        }
    }
    impl Retryable for Failed {
        fn is_retryable(&self) -> bool {
            match self {
                Self::Again => true,
                Self::Database(error) => error.is_retryable(),
            }
        }
    }
    for db in people().await {
        let tries = AtomicU32::new(0);
        let done: Result<u32, Failed> = db
            .tx()
            .retry(1)
            .try_run(async |tx| {
                Person::query().count(&tx).await?;
                if tries.fetch_add(1, SeqCst) == 0 { Err(Failed::Again) } else { Ok(tries.load(SeqCst)) }
            })
            .await;
        assert_eq!(done.unwrap(), 2);
    }
}

#[tokio::test]
async fn every_level_can_be_asked_for() {
    use Isolation::{ReadCommitted, ReadUncommitted, RepeatableRead, Serializable};
    for db in people().await {
        for level in [ReadUncommitted, ReadCommitted, RepeatableRead, Serializable] {
            let count = db.tx().isolation(level).run(async |tx| Person::query().count(&tx).await);
            assert_eq!(count.await.unwrap(), 5, "{level}");
        }
        let tx = db.tx().isolation(Serializable).begin().await.unwrap();
        assert_eq!(Person::query().count(&tx).await.unwrap(), 5);
        let refused = tx.tx().isolation(Serializable).run(async |_| Ok(())).await.unwrap_err();
        assert!(refused.to_string().contains("the outermost one begins"), "{refused}");
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_transaction_that_only_reads() {
    for db in people().await {
        let refused = db
            .tx()
            .read_only()
            .run(async |tx| {
                assert_eq!(Person::query().count(&tx).await?, 5);
                Person::query().delete(&tx).await
            })
            .await;
        assert!(refused.is_err(), "{refused:?}");
        // The next one writes again.
        for id in [1, 2, 3] {
            db.transaction(async |tx| Person::query().where_eq(Person::id, id).delete(&tx).await)
                .await
                .unwrap();
        }
        assert_eq!(Person::query().count(&db).await.unwrap(), 2);
    }
}

/// Notes in which order things are done.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<&'static str>>>);

impl Notes {
    fn note(&self, what: &'static str) -> impl FnOnce() + Send + use<> {
        let notes = self.0.clone();
        move || notes.lock().unwrap().push(what)
    }

    fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[tokio::test]
async fn what_is_done_after_a_commit() {
    for db in people().await {
        let notes = Notes::default();
        db.transaction(async |tx| {
            tx.after_commit(notes.note("outer"));
            tx.after_rollback(notes.note("never"));
            tx.transaction(async |sp| {
                sp.after_commit(notes.note("kept savepoint"));
                Ok(())
            })
            .await?;
            let undone: Result<()> = tx
                .transaction(async |sp| {
                    sp.after_commit(notes.note("undone savepoint"));
                    sp.after_rollback(notes.note("savepoint undone"));
                    Err(Error::config("no"))
                })
                .await;
            assert!(undone.is_err());
            assert_eq!(notes.take(), ["savepoint undone"], "nothing is done before the commit");
            Ok(())
        })
        .await
        .unwrap();
        assert_eq!(notes.take(), ["outer", "kept savepoint"]);

        db.after_commit(notes.note("at once"));
        db.after_rollback(notes.note("never"));
        assert_eq!(notes.take(), ["at once"]);
    }
}

#[tokio::test]
async fn what_is_done_after_a_rollback() {
    for db in people().await {
        let notes = Notes::default();
        let failed: Result<()> = db
            .transaction(async |tx| {
                tx.after_commit(notes.note("never"));
                tx.after_rollback(notes.note("outer"));
                tx.transaction(async |sp| {
                    sp.after_rollback(notes.note("kept savepoint"));
                    Ok(())
                })
                .await?;
                Err(Error::config("no"))
            })
            .await;
        assert!(failed.is_err());
        assert_eq!(notes.take(), ["outer", "kept savepoint"]);

        let tx = db.begin().await.unwrap();
        tx.after_rollback(notes.note("dropped"));
        drop(tx);
        assert_eq!(notes.take(), ["dropped"]);
        let tx = db.begin().await.unwrap();
        tx.after_rollback(notes.note("rolled back"));
        tx.after_commit(notes.note("never"));
        tx.rollback().await.unwrap();
        assert_eq!(notes.take(), ["rolled back"]);

        // What is done may use the database: it is not in the transaction any more.
        let seen = Arc::new(Mutex::new(None));
        let (handle, result) = (db.clone(), seen.clone());
        let tx = db.begin().await.unwrap();
        Person::query().where_eq(Person::id, 5).delete(&tx).await.unwrap();
        tx.after_commit(move || {
            let count = tokio::spawn(async move { Person::query().count(&handle).await.unwrap() });
            *result.lock().unwrap() = Some(count);
        });
        tx.commit().await.unwrap();
        let count = seen.lock().unwrap().take().unwrap();
        assert_eq!(count.await.unwrap(), 4);
    }
}

/// Two transactions that lock the same two rows in opposite orders: each database either ends one of them,
/// which is tried again, or lets them wait for each other's end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deadlocks_come_right() {
    for db in people().await {
        if db.driver_name() == "sqlite" {
            continue; // there is one that writes: nobody waits for a second lock
        }
        let tries = Arc::new(AtomicU32::new(0));
        let barrier = Arc::new(Barrier::new(2));
        let swap = |first: i64, second: i64| {
            let (db, tries, barrier) = (db.clone(), tries.clone(), barrier.clone());
            tokio::spawn(async move {
                let first_try = AtomicU32::new(0);
                db.tx()
                    .retry(10)
                    .run(async |tx| {
                        tries.fetch_add(1, SeqCst);
                        let one = Person::query().where_eq(Person::id, first);
                        one.increment(&tx, Person::friends, 1).await?;
                        if first_try.fetch_add(1, SeqCst) == 0 {
                            barrier.wait().await; // both hold their first row now
                        }
                        let two = Person::query().where_eq(Person::id, second);
                        two.decrement(&tx, Person::friends, 1).await?;
                        Ok(())
                    })
                    .await
            })
        };
        let (left, right) = (swap(1, 2), swap(2, 1));
        left.await.unwrap().unwrap();
        right.await.unwrap().unwrap();
        assert!(tries.load(SeqCst) >= 3, "one of them was ended and tried again");
        let friends = Person::query().where_in(Person::id, [1, 2]).order_by(Person::id);
        assert_eq!(friends.pluck(&db, Person::friends).await.unwrap(), [3, 12]);
    }
}

/// Write skew: each of two doctors leaves if the other is still there. Serializable, one must see the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serialization_failures_come_right() {
    for db in people().await {
        let leave = |id: i64| {
            let db = db.clone();
            tokio::spawn(async move {
                db.tx()
                    .isolation(Isolation::Serializable)
                    .retry(20)
                    .run(async |tx| {
                        let there =
                            Person::query().where_in(Person::id, [1, 2]).where_eq(Person::active, true);
                        if there.count(&tx).await? == 2 {
                            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                            let me = Person::query().where_eq(Person::id, id);
                            me.update(&tx, Person::active.set(false)).await?;
                        }
                        Ok(())
                    })
                    .await
            })
        };
        let (one, two) = (leave(1), leave(2));
        one.await.unwrap().unwrap();
        two.await.unwrap().unwrap();
        let there = Person::query().where_in(Person::id, [1, 2]).where_eq(Person::active, true);
        assert_eq!(there.count(&db).await.unwrap(), 1);
    }
}
