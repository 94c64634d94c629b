use atlas::{Error, prelude::*, value::Value};

use crate::support::{Person, people};

// 004-70, C-146, B-276
#[tokio::test]
async fn a_save_sends_only_what_changed() {
    for db in people().await {
        let mut ann = Person::find_or_fail(&db, 1).await.unwrap();
        assert!(ann.is_clean(()) && !ann.is_dirty(Person::name) && ann.dirty().is_empty());

        // Somebody else changes another column meanwhile.
        Person::query().where_eq(Person::id, 1).update(&db, Person::friends.set(77)).await.unwrap();
        ann.name = "Anna".into();
        assert!(ann.is_dirty(Person::name) && ann.is_dirty((Person::age, Person::name)) && ann.is_dirty(()));
        assert!(ann.is_clean(Person::age));
        assert_eq!(ann.dirty(), [("name", Value::from("Anna"))]);
        assert_eq!(ann.original(Person::name).unwrap(), "Ann");
        ann.save(&db).await.unwrap();

        assert!(
            ann.is_clean(())
                && ann.was_changed(Person::name)
                && ann.was_changed(())
                && !ann.was_changed(Person::age)
        );
        assert_eq!(ann.changes(), [("name", Value::from("Anna"))]);
        assert_eq!(ann.original(Person::name).unwrap(), "Anna");
        let row = Person::find_or_fail(&db, 1).await.unwrap();
        assert_eq!((row.name.as_str(), row.friends), ("Anna", 77));

        ann.save(&db).await.unwrap();
        assert!(!ann.was_changed(()));
    }
}

// B-97
#[tokio::test]
async fn a_clean_record_sends_nothing() {
    for db in people().await {
        let mut ann = Person::find_or_fail(&db, 1).await.unwrap();
        ann.name = "Zoe".into();
        ann.name = "Ann".into();
        assert!(ann.is_clean(()));
        // A statement for a row that is gone would be an error.
        Person::query().where_eq(Person::id, 1).delete(&db).await.unwrap();
        ann.save(&db).await.unwrap();
    }
}

// B-284
#[tokio::test]
async fn a_row_that_is_gone_cannot_be_saved() {
    for db in people().await {
        let mut ann = Person::find_or_fail(&db, 1).await.unwrap();
        Person::query().where_eq(Person::id, 1).delete(&db).await.unwrap();
        ann.name = "Anna".into();
        let error = ann.save(&db).await.unwrap_err();
        assert!(matches!(error, Error::NotFound { model: "Person", .. }), "{error}");
        assert!(ann.is_dirty(Person::name), "the change is still there");
        assert!(matches!(ann.refresh(&db).await, Err(Error::NotFound { model: "Person", .. })));
        assert!(ann.fresh(&db).await.unwrap().is_none());
    }
}

// 004-66
#[tokio::test]
async fn a_deleted_record_can_be_read_and_not_saved() {
    for db in people().await {
        let mut bob = Person::find_or_fail(&db, 2).await.unwrap();
        bob.delete(&db).await.unwrap();
        assert!(bob.is_deleted() && !bob.exists() && bob.name == "Bob");
        bob.name = "Rob".into();
        for (result, operation) in [
            (bob.save(&db).await, "saved"),
            (bob.delete(&db).await, "deleted again"),
            (bob.refresh(&db).await, "refreshed"),
        ] {
            match result {
                Err(Error::Deleted { model: "Person", operation: what }) => assert_eq!(what, operation),
                other => panic!("{operation}: {other:?}"),
            }
        }
        assert!(Person::find(&db, 2).await.unwrap().is_none());
        assert_eq!(Person::query().count(&db).await.unwrap(), 4);
    }
}

// 004-67, B-98
#[tokio::test]
async fn refresh_and_fresh_read_again() {
    for db in people().await {
        let mut ann = Person::find_or_fail(&db, 1).await.unwrap();
        Person::query().where_eq(Person::id, 1).update(&db, Person::age.set(35)).await.unwrap();
        ann.name = "lost".into();
        let fresh = ann.fresh(&db).await.unwrap().unwrap();
        assert_eq!((fresh.name.as_str(), fresh.age, ann.name.as_str()), ("Ann", Some(35), "lost"));
        ann.refresh(&db).await.unwrap();
        assert_eq!((ann.name.as_str(), ann.age), ("Ann", Some(35)));
        assert!(ann.is_clean(()));
    }
}

// C-142, C-144
#[tokio::test]
async fn a_copy_is_a_new_row() {
    for db in people().await {
        let ann = Person::find_or_fail(&db, 1).await.unwrap();
        let mut copy = ann.replicate(&db).await.unwrap();
        assert!(!copy.exists() && copy.name == "Ann" && copy.is_not(&ann));
        copy.name = "Ann II".into();
        copy.save(&db).await.unwrap();
        assert_eq!((copy.id, copy.friends), (6, 3));
        let again = Person::find_or_fail(&db, 6).await.unwrap();
        assert!(again.is(&copy) && again.is_not(&ann));
        assert_eq!(again.into_inner().name, "Ann II");
    }
}

// B-281
#[tokio::test]
async fn a_key_can_change() {
    for db in people().await {
        let mut ann = Person::find_or_fail(&db, 1).await.unwrap();
        ann.id = 100;
        ann.save(&db).await.unwrap();
        assert!(Person::find(&db, 1).await.unwrap().is_none());
        assert_eq!(Person::find_or_fail(&db, &ann).await.unwrap().name, "Ann");
        assert_eq!(ann.key(), 100);
        ann.friends = 8;
        ann.save(&db).await.unwrap();
    }
}

// 004-72
#[tokio::test]
async fn values_beside_the_columns() {
    for db in people().await {
        let mut ann = Person::find_or_fail(&db, 1).await.unwrap();
        ann.set_extra("posts_count", 3_i64);
        assert_eq!(ann.extra::<i64>("posts_count").unwrap(), 3);
        let error = ann.extra::<i64>("likes_count").unwrap_err();
        assert!(
            matches!(error, Error::Config { .. }) && error.to_string().contains("likes_count"),
            "{error}"
        );
        assert!(matches!(ann.extra::<String>("posts_count"), Err(Error::Decode { model: "Person", .. })));
    }
}

#[tokio::test]
async fn records_print_without_debug_of_the_model() {
    #[derive(Model)]
    #[table("people")]
    struct Plain {
        id: i64,
        name: String,
    }
    for db in people().await {
        let plain = Plain::find_or_fail(&db, 1).await.unwrap();
        assert_eq!(format!("{plain:?}"), "Plain { id: 1, name: \"Ann\" }");
        assert_eq!((plain.id, plain.name.as_str()), (1, "Ann"));
    }
}

#[tokio::test]
async fn what_a_transaction_undoes_the_record_forgets() {
    for db in people().await {
        let mut ann = Person::find_or_fail(&db, 1).await.unwrap();
        let mut bob = Person::find_or_fail(&db, 2).await.unwrap();
        let mut ghost = None;
        ann.friends = 50;
        let undone: Result<()> = db
            .transaction(async |tx| {
                ann.save(&tx).await?;
                assert!(ann.is_clean(()));
                tx.transaction(async |sp| {
                    ann.friends = 60;
                    ann.save(&sp).await
                })
                .await?;
                bob.delete(&tx).await?;
                ghost = Some(Person::draft().name("ghost").score(0).save(&tx).await?);
                Err(Error::config("no"))
            })
            .await;
        assert!(undone.is_err());

        assert_eq!(ann.dirty(), [("friends", Value::from(60))]);
        assert_eq!(ann.original(Person::friends).unwrap(), 3);
        ann.save(&db).await.unwrap();
        assert_eq!(Person::find_or_fail(&db, 1).await.unwrap().friends, 60);

        assert!(bob.exists() && !bob.is_deleted());
        bob.name = "Rob".into();
        bob.save(&db).await.unwrap();

        let mut ghost = ghost.unwrap();
        assert!(!ghost.exists() && !ghost.was_recently_created());
        let other = Person::draft().name("other").score(0).save(&db).await.unwrap();
        ghost.save(&db).await.unwrap();
        assert!(ghost.exists() && ghost.id != other.id);
        assert_eq!(Person::find_or_fail(&db, &other).await.unwrap().name, "other");
        assert_eq!(Person::find_or_fail(&db, &ghost).await.unwrap().name, "ghost");
    }
}

#[tokio::test]
async fn what_only_a_savepoint_undoes() {
    for db in people().await {
        let mut ann = Person::find_or_fail(&db, 1).await.unwrap();
        db.transaction(async |tx| {
            ann.friends = 10;
            ann.save(&tx).await?;
            let undone: Result<()> = tx
                .transaction(async |sp| {
                    ann.friends = 20;
                    ann.save(&sp).await?;
                    Err(Error::config("no"))
                })
                .await;
            assert!(undone.is_err());
            assert_eq!(ann.original(Person::friends)?, 10);
            assert!(ann.is_dirty(Person::friends));
            ann.refresh(&tx).await
        })
        .await
        .unwrap();
        assert_eq!(ann.friends, 10);
        assert!(ann.is_clean(()));
        ann.friends = 11;
        ann.save(&db).await.unwrap();
        assert_eq!(Person::find_or_fail(&db, 1).await.unwrap().friends, 11);
    }
}

// B-275, B-217, 004-64
#[tokio::test]
async fn a_new_record_is_dirty_until_it_is_saved() {
    for db in people().await {
        let mut new = Record::new(Person::draft().name("Fay").score(1)).unwrap();
        assert!(new.is_dirty(()) && new.is_dirty(Person::name));
        assert_eq!(new.dirty().len(), 7);
        new.save(&db).await.unwrap();
        assert!(new.is_clean(()) && !new.was_changed(()) && new.changes().is_empty());
    }
}
