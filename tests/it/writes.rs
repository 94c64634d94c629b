use atlas::{Error, prelude::*};

use crate::support::{Person, names, people};

#[tokio::test]
async fn updates_of_a_query_reach_its_rows() {
    for db in people().await {
        let adults = || Person::query().where_ge(Person::age, 18);
        assert_eq!(adults().update(&db, Person::active.set(false)).await.unwrap(), 3);
        assert_eq!(
            adults().update(&db, Person::active.set(false)).await.unwrap(),
            3,
            "found rows, not changed ones"
        );
        let set = (Person::name.set("X"), Person::age.set(None), Person::score.set_expr(Person::score * 2));
        assert_eq!(Person::query().where_eq(Person::id, 2).update(&db, set).await.unwrap(), 1);
        let bob = Person::find_or_fail(&db, 2).await.unwrap();
        assert_eq!((bob.name.as_str(), bob.age, bob.score), ("X", None, 5.0));
        let many = vec![Person::limit.set(1), Person::friends.set(2)];
        assert_eq!(Person::query().update(&db, many).await.unwrap(), 5);
        assert_eq!(Person::query().sum(&db, Person::limit).await.unwrap(), 5);
        let nothing = Person::query().update(&db, Vec::new()).await.unwrap_err();
        assert!(matches!(nothing, Error::Config { .. }), "{nothing}");
    }
}

#[tokio::test]
async fn counters_count() {
    for db in people().await {
        let ann = || Person::query().where_eq(Person::id, 1);
        ann().increment(&db, Person::friends, 2).await.unwrap();
        ann().decrement(&db, Person::age, 4).await.unwrap();
        ann().increment(&db, Person::friends, Person::limit).await.unwrap();
        let row = Person::find_or_fail(&db, 1).await.unwrap();
        assert_eq!((row.friends, row.age), (15, Some(30)));
        Person::query().where_null(Person::age).increment(&db, Person::age, 1).await.unwrap();
        assert_eq!(Person::find_or_fail(&db, 3).await.unwrap().age, None);
    }
}

#[tokio::test]
async fn limits_and_orders_hold_for_writes() {
    for db in people().await {
        let youngest =
            Person::query().where_not_null(Person::age).order_by(Person::age.asc()).limit(2).offset(1);
        assert_eq!(youngest.update(&db, Person::name.set("old")).await.unwrap(), 2);
        assert_eq!(names(&db, Person::query().order_by(Person::id.asc())).await, "old Bob Cid old Eve");
        assert_eq!(Person::query().limit(0).delete(&db).await.unwrap(), 0);
        assert_eq!(Person::query().order_by(Person::id.desc()).limit(1).delete(&db).await.unwrap(), 1);
        assert_eq!(Person::query().where_eq(Person::name, "old").delete(&db).await.unwrap(), 2);
        assert_eq!(names(&db, Person::query().order_by(Person::id.asc())).await, "Bob Cid");
        assert_eq!(Person::query().delete(&db).await.unwrap(), 2);
    }
}
