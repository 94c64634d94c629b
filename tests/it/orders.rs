use atlas::prelude::*;

use crate::support::{Person, names, people};

// B-48, C-45, C-47, 000-48…51, 002-26, 002-27, 002-28, X-05
#[tokio::test]
async fn orders_accumulate_and_nulls_go_where_they_are_told() {
    for db in people().await {
        let cases: Vec<(&str, Query<Person>)> = vec![
            (
                "Eve Dee Ann Bob",
                Person::query()
                    .where_not_null(Person::age)
                    .order_by(Person::age.desc())
                    .order_by(Person::name.desc()),
            ),
            (
                "Bob Ann Dee Eve",
                Person::query()
                    .where_not_null(Person::age)
                    .order_by(Person::age.asc())
                    .order_by(Person::id.asc()),
            ),
            (
                "Cid Bob Ann Dee Eve",
                Person::query().order_by(Person::age.asc().nulls_first()).order_by(Person::id.asc()),
            ),
            (
                "Bob Ann Dee Eve Cid",
                Person::query().order_by(Person::age.asc().nulls_last()).order_by(Person::id.asc()),
            ),
            (
                "Eve Dee Ann Bob Cid",
                Person::query().order_by(Person::age.desc().nulls_last()).order_by(Person::id.desc()),
            ),
            (
                "Eve Dee Cid Bob Ann",
                Person::query().order_by(Person::name.asc()).reorder(Person::name.desc()),
            ),
            ("Cid Dee Ann Bob Eve", Person::query().order_by((Person::score * 2).asc())),
            ("Ann Bob", Person::query().order_by(Person::id.asc()).limit(2)),
            ("Dee Eve", Person::query().order_by(Person::id.asc()).offset(3)),
            ("Bob Cid", Person::query().order_by(Person::id.asc()).limit(2).offset(1)),
            ("", Person::query().limit(0)),
            ("Ann", Person::query().order_by(Person::id.asc()).limit(3).limit(1)),
            ("", Person::query().order_by(Person::id.asc()).offset(99)),
        ];
        for (expected, query) in cases {
            let text = query.to_sql(&db).unwrap().text;
            assert_eq!(names(&db, query).await, expected, "{text}");
        }
    }
}

// B-33
#[tokio::test]
async fn distinct_rows_come_once() {
    for db in people().await {
        let ages = Person::query().where_not_null(Person::age).order_by(Person::age.asc());
        assert_eq!(
            ages.clone().pluck(&db, Person::age).await.unwrap(),
            [Some(17), Some(34), Some(34), Some(60)]
        );
        assert_eq!(ages.distinct().pluck(&db, Person::age).await.unwrap(), [Some(17), Some(34), Some(60)]);
        assert_eq!(Person::query().distinct().count(&db).await.unwrap(), 5);
    }
}
