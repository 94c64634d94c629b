//! Rows that are kept from others until the transaction ends.

use atlas::{Error, prelude::*};

use crate::support::{Person, people};

// B-59, C-50
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_to_be_changed_is_changed_by_nobody_else() {
    for db in people().await {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let db = db.clone();
            tasks.spawn(async move {
                db.transaction(async |tx| {
                    let mut ann = Person::query().lock_for_update().find_or_fail(&tx, 1).await?;
                    tokio::task::yield_now().await;
                    ann.friends += 1;
                    ann.save(&tx).await
                })
                .await
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap().unwrap();
        }
        assert_eq!(Person::find_or_fail(&db, 1).await.unwrap().friends, 23);
    }
}

// B-59, C-50
#[tokio::test]
async fn who_does_not_want_to_wait() {
    for db in people().await {
        if db.driver_name() == "sqlite" {
            let skipped = Person::query().skip_locked().order_by(Person::id).first(&db).await.unwrap();
            assert_eq!(skipped.unwrap().id, 1);
            continue; // one transaction at a time: the second would wait for the first
        }
        let held = db.begin().await.unwrap();
        Person::query().lock_for_update().find_or_fail(&held, 1).await.unwrap();

        let other = db.begin().await.unwrap();
        let next = Person::query().skip_locked().order_by(Person::id).limit(1);
        assert_eq!(next.first(&other).await.unwrap().unwrap().id, 2);
        other.rollback().await.unwrap();

        let other = db.begin().await.unwrap();
        let refused = Person::query().lock_for_share().no_wait().find(&other, 1).await.unwrap_err();
        assert!(matches!(refused, Error::Timeout { .. }), "{refused:?}");
        other.rollback().await.unwrap();

        // Many may share.
        held.rollback().await.unwrap();
        let (one, two) = (db.begin().await.unwrap(), db.begin().await.unwrap());
        for tx in [&one, &two] {
            assert!(Person::query().lock_for_share().no_wait().find(tx, 1).await.unwrap().is_some());
        }
        one.rollback().await.unwrap();
        two.rollback().await.unwrap();
    }
}
