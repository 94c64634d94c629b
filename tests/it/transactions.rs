use atlas::{Error, prelude::*};

use crate::support::{Folder, Person, databases, people};

// B-242
#[tokio::test]
async fn kept_on_ok_and_undone_on_err() {
    for db in people().await {
        let id = db
            .transaction(|tx| async move {
                assert!(tx.in_transaction());
                let mut ann = Person::find_or_fail(&tx, 1).await?;
                ann.friends = 50;
                ann.save(&tx).await?;
                Ok(ann.id)
            })
            .await
            .unwrap();
        assert_eq!((id, Person::find_or_fail(&db, 1).await.unwrap().friends), (1, 50));

        let failed: Result<()> = db
            .transaction(|tx| async move {
                Person::query().delete(&tx).await?;
                assert_eq!(Person::query().count(&tx).await?, 0);
                Err(Error::config("no"))
            })
            .await;
        assert_eq!(failed.unwrap_err().to_string(), "no");
        assert_eq!(Person::query().count(&db).await.unwrap(), 5);
    }
}

// X-11, B-244
#[tokio::test]
async fn a_transaction_inside_is_a_savepoint() {
    for db in people().await {
        db.transaction(|tx| async move {
            Person::draft().name("Fay").score(0).save(&tx).await?;
            let inner: Result<()> = tx
                .transaction(|sp| async move {
                    Person::draft().name("Gil").score(0).save(&sp).await?;
                    sp.transaction(
                        |deep| async move { Person::draft().name("Hal").score(0).save(&deep).await },
                    )
                    .await?;
                    Err(Error::config("only this"))
                })
                .await;
            assert!(inner.is_err());
            tx.transaction(|sp| async move { Person::draft().name("Ida").score(0).save(&sp).await }).await?;
            Ok(())
        })
        .await
        .unwrap();
        let new = Person::query().where_gt(Person::id, 5).order_by(Person::id.asc()).pluck(&db, Person::name);
        assert_eq!(new.await.unwrap(), ["Fay", "Ida"]);
    }
}

#[tokio::test]
async fn a_guard_that_is_dropped_undoes() {
    for db in people().await {
        let tx = db.begin().await.unwrap();
        Person::query().delete(&tx).await.unwrap();
        let savepoint = tx.begin().await.unwrap();
        Person::draft().name("Fay").score(0).save(&savepoint).await.unwrap();
        drop(savepoint);
        assert_eq!(Person::query().count(&tx).await.unwrap(), 0);
        drop(tx);
        assert_eq!(Person::query().count(&db).await.unwrap(), 5);

        let tx = db.begin().await.unwrap();
        Person::query().where_eq(Person::id, 1).delete(&tx).await.unwrap();
        tx.commit().await.unwrap();
        let tx = db.begin().await.unwrap();
        Person::query().where_eq(Person::id, 2).delete(&tx).await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(Person::query().count(&db).await.unwrap(), 4);
    }
}

#[tokio::test]
async fn a_handle_that_has_ended_is_an_error() {
    for db in people().await {
        let tx = db.begin().await.unwrap();
        let kept = (*tx).clone();
        tx.commit().await.unwrap();
        assert!(matches!(Person::query().count(&kept).await, Err(Error::Closed { .. })));
        let tx = db.begin().await.unwrap();
        let kept = (*tx).clone();
        drop(tx);
        assert!(matches!(Person::query().count(&kept).await, Err(Error::Closed { .. })));
        assert_eq!(Person::query().count(&db).await.unwrap(), 5, "a handle that is kept holds nothing up");
    }
}

#[tokio::test]
async fn a_panic_and_a_dropped_future_undo() {
    for db in people().await {
        let handle = db.clone();
        let panicked = tokio::spawn(async move {
            handle
                .transaction(|tx| async move {
                    Person::query().delete(&tx).await?;
                    if tx.in_transaction() {
                        panic!("on purpose");
                    }
                    Ok(())
                })
                .await
        });
        assert!(panicked.await.unwrap_err().is_panic());
        assert_eq!(Person::query().count(&db).await.unwrap(), 5);

        let endless = db.transaction(|tx| async move {
            Person::query().delete(&tx).await?;
            std::future::pending::<Result<()>>().await
        });
        assert!(tokio::time::timeout(std::time::Duration::from_millis(20), endless).await.is_err());
        assert_eq!(Person::query().count(&db).await.unwrap(), 5);
    }
}

#[tokio::test]
async fn money_is_neither_made_nor_lost_by_concurrent_transfers() {
    let folder = Folder::new("ledger");
    for db in databases().await {
        // In memory, SQLite has one connection: a file has readers beside the writer.
        let db = match db.driver_name() {
            "sqlite" => Db::connect(&folder.url("ledger.db")).await.unwrap(),
            _ => db,
        };
        db.create_tables(models![Person]).await.unwrap();
        let people = (0..10).map(|n| Person::draft().name(format!("p{n}")).score(0).friends(100));
        Person::create_many(&db, people).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..200_i64 {
            let db = db.clone();
            tasks.spawn(async move {
                let (from, to) = (1 + n % 10, 1 + (n * 7 + 3) % 10);
                let moved = db.transaction(async |tx| {
                    // Whoever locks rows in one order never waits in a circle.
                    let mut steps = [(from, -5), (to, 5)];
                    steps.sort_unstable();
                    for (id, amount) in steps {
                        let one = Person::query().where_eq(Person::id, id);
                        one.increment(&tx, Person::friends, amount).await?;
                    }
                    if n % 13 == 0 { Err(Error::config("changed my mind")) } else { Ok(()) }
                });
                if n % 11 == 0 {
                    let _ = tokio::time::timeout(std::time::Duration::from_micros(200), moved).await;
                } else {
                    let _ = moved.await;
                }
            });
        }
        tasks.join_all().await;
        assert_eq!(Person::query().sum(&db, Person::friends).await.unwrap(), 1_000);
        db.close().await.unwrap();
        assert!(matches!(Person::query().count(&db).await, Err(Error::Closed { .. })));
    }
}

#[tokio::test]
async fn a_statement_of_the_outer_level_is_no_part_of_the_savepoint_beside_it() {
    for db in people().await {
        db.transaction(async |tx| {
            let inner = tx.transaction(async |sp| {
                Person::draft().name("inner").score(0).save(&sp).await?;
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                Err::<(), _>(Error::config("undo"))
            });
            let outer = async {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                Person::draft().name("outer").score(0).save(&tx).await
            };
            let (inner, outer) = tokio::join!(inner, outer);
            assert!(inner.is_err() && outer.is_ok());

            let twice = (0..3_000)
                .map(|n| Person::draft().name("many").score(0).id(if n == 2_999 { 1 } else { n + 100 }));
            let (many, single) = tokio::join!(
                Person::create_many(&tx, twice),
                Person::draft().name("single").score(0).save(&tx)
            );
            assert!(many.unwrap_err().is_unique_violation() && single.is_ok());
            Ok(())
        })
        .await
        .unwrap();
        let names = Person::query().where_gt(Person::id, 5).order_by(Person::name).pluck(&db, Person::name);
        assert_eq!(names.await.unwrap(), ["outer", "single"]);
    }
}

#[tokio::test]
async fn who_would_wait_for_himself_is_told() {
    for db in people().await {
        db.transaction(async |tx| {
            let told = tx.transaction(async |_| Person::query().count(&tx).await).await;
            assert!(matches!(&told, Err(Error::Closed { .. })), "{told:?}");
            assert!(told.unwrap_err().to_string().contains("savepoint"));
            let told = tx.transaction(async |_| tx.transaction(async |_| Ok(())).await).await;
            assert!(matches!(told, Err(Error::Closed { .. })), "{told:?}");

            let savepoint = tx.begin().await?;
            assert!(matches!(Person::query().count(&tx).await, Err(Error::Closed { .. })));
            assert!(matches!(tx.begin().await.map(drop), Err(Error::Closed { .. })));
            assert_eq!(Person::query().count(&savepoint).await?, 5);
            drop(savepoint);
            assert_eq!(Person::query().count(&tx).await?, 5);
            Ok(())
        })
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn errors_of_ones_own() {
    #[derive(Debug)]
    enum Refused {
        Poor,
        #[allow(dead_code)]
        Database(Error),
    }
    impl From<Error> for Refused {
        fn from(error: Error) -> Self {
            Self::Database(error)
        }
    }
    for db in people().await {
        let refused: Result<(), Refused> = db
            .try_transaction(async |tx| {
                Person::query().delete(&tx).await?;
                Err(Refused::Poor)
            })
            .await;
        assert!(matches!(refused, Err(Refused::Poor)));
        assert_eq!(Person::query().count(&db).await.unwrap(), 5);
    }
}
