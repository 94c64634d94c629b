use atlas::prelude::*;

use crate::support::{Person, databases, people};

// B-52, 004-13
#[tokio::test]
async fn many_rows_keep_their_order_and_get_their_keys() {
    for db in databases().await {
        db.create_tables(models![Person]).await.unwrap();
        let drafts = (0..25_000).map(|n| Person::draft().name(format!("p{n}")).score(n));
        let people = Person::create_many(&db, drafts).await.unwrap();
        assert_eq!(people.len(), 25_000);
        for (n, person) in people.iter().enumerate() {
            assert_eq!((person.id, person.name.as_str()), (n as i64 + 1, format!("p{n}").as_str()));
        }
        assert!(people[0].exists() && people[0].was_recently_created() && people[24_999].active);
        assert_eq!(Person::find_or_fail(&db, 25_000).await.unwrap().name, "p24999");
        assert_eq!(Person::query().sum(&db, Person::id).await.unwrap(), 25_000 * 25_001 / 2);
        let ids: Vec<i64> = (1..=25_000).collect();
        assert_eq!(Person::find_many(&db, ids.clone()).await.unwrap().len(), 25_000);
        assert_eq!(Person::query().where_in(Person::id, ids).count(&db).await.unwrap(), 25_000);
    }
}

// C-75, C-87
#[tokio::test]
async fn drafts_of_different_shapes_go_together() {
    for db in databases().await {
        db.create_tables(models![Person]).await.unwrap();
        let drafts = vec![
            Person::draft().name("a").score(0),
            Person::draft().name("b").score(0).id(50),
            Person::draft().name("c").score(0).id(40),
            Person::draft().name("d").score(0),
        ];
        let people = Person::create_many(&db, drafts).await.unwrap();
        // PostgreSQL goes on counting where it was, whatever keys were given meanwhile.
        let last = if db.driver_name() == "postgres" { 2 } else { 51 };
        assert_eq!(people.iter().map(|person| person.id).collect::<Vec<_>>(), [1, 50, 40, last]);
        let none =
            Person::create_many(&db, Vec::from([Person::draft().name("x").score(0)]).split_off(1)).await;
        assert!(none.unwrap().is_empty());
    }
}

// 004-15
#[tokio::test]
async fn all_or_none() {
    for db in people().await {
        let drafts =
            (0..12_000).map(|n| Person::draft().name("p").score(0).id(if n == 11_999 { 1 } else { n + 100 }));
        let error = Person::create_many(&db, drafts).await.unwrap_err();
        assert!(error.is_unique_violation(), "{error}");
        assert_eq!(Person::query().count(&db).await.unwrap(), 5);
        let outer: Result<()> = db
            .transaction(|tx| async move {
                Person::create_many(&tx, (0..6_000).map(|n| Person::draft().name(format!("{n}")).score(0)))
                    .await?;
                let failed = Person::create_many(
                    &tx,
                    (0..6_000).map(|_| Person::draft().name("x").score(0).id(7_777)),
                )
                .await;
                assert!(failed.unwrap_err().is_unique_violation());
                Ok(())
            })
            .await;
        outer.unwrap();
        assert_eq!(Person::query().count(&db).await.unwrap(), 6_005);
    }
}
