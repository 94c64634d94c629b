//! Conditions beyond one comparison: the same on every database.

use atlas::{
    Expr,
    prelude::*,
    row,
    types::chrono::{DateTime, NaiveDate, TimeDelta, Utc},
};

use crate::support::{Person, databases, names, people};

// B-44, C-36, C-37
#[tokio::test]
async fn conditions_of_people() {
    let both = || row((Person::age, Person::friends));
    let cases: Vec<(&str, Expr<Person>)> = vec![
        ("Bob", Person::name.ilike("b%")),
        ("Bob", Person::name.ilike("_OB")),
        ("Ann Cid Dee Eve", Person::name.not_ilike("B%")),
        ("", Person::name.ilike("'; drop table people; --")),
        ("Cid", Person::age.is_not_distinct_from(None)),
        ("Ann Dee", Person::age.is_not_distinct_from(34)),
        ("Bob Cid Eve", Person::age.is_distinct_from(34)),
        ("Ann Bob Dee Eve", Person::age.is_distinct_from(None)),
        ("Ann Bob Cid Dee Eve", Person::age.is_not_distinct_from(Person::age).scoped()),
        ("Ann Eve", both().is_in([(34, 3), (60, 1), (17, 99)]).scoped()),
        ("Cid", both().is_in([(None, 0)]).scoped()),
        ("", both().is_in(Vec::<(i32, i32)>::new()).scoped()),
        ("Ann Bob Cid Dee Eve", both().not_in(Vec::<(i32, i32)>::new()).scoped()),
        ("Ann", both().eq((34, 3)).scoped()),
        ("Dee Eve", both().gt((34, 3)).scoped()),
        ("Ann Dee Eve", both().ge((34, 3)).scoped()),
        ("Bob", both().lt((34, 3)).scoped()),
        ("Ann Bob", both().le((34, 3)).scoped()),
        (
            "Dee",
            row((Person::age, Person::friends, Person::name))
                .gt((34, 10, "D"))
                .and(Person::age.lt(60))
                .scoped(),
        ),
    ];
    for db in people().await {
        for (index, (expected, condition)) in cases.iter().enumerate() {
            let query = Person::query().filter(condition.clone()).order_by(Person::id);
            let text = query.to_sql(&db).unwrap().text;
            assert_eq!(&names(&db, query).await, expected, "case {index}: {text}");
        }
    }
}

// C-38, C-39
#[tokio::test]
async fn conditions_over_several_columns() {
    for db in people().await {
        let by_id = || Person::query().order_by(Person::id);
        let counts = [Person::friends, Person::limit];
        assert_eq!(names(&db, by_id().where_any(counts, |count| count.gt(10))).await, "Bob");
        assert_eq!(names(&db, by_id().where_all(counts, |count| count.ge(10))).await, "Bob Dee");
        assert_eq!(names(&db, by_id().where_none(counts, |count| count.lt(2))).await, "Ann Bob Dee");
        let nothing: [Column<Person, i32>; 0] = [];
        assert_eq!(names(&db, by_id().where_any(nothing, |count| count.gt(10))).await, "");
        assert_eq!(names(&db, by_id().where_all(nothing, |count| count.gt(10))).await, "Ann Bob Cid Dee Eve");
        assert_eq!(names(&db, by_id().where_not(Person::age.eq(34))).await, "Bob Eve");
        let either = by_id().where_eq(Person::name, "Cid").or_where_not(Person::age.lt(60));
        assert_eq!(names(&db, either).await, "Cid Eve");
    }
}

#[tokio::test]
async fn orders_of_values_and_of_chance() {
    for db in people().await {
        let listed = Person::query().order_by(Person::name.in_order_of(["Eve", "Cid"])).order_by(Person::id);
        assert_eq!(names(&db, listed).await, "Eve Cid Ann Bob Dee");
        let none = Vec::<String>::new();
        let unlisted = Person::query().order_by(Person::name.in_order_of(none)).order_by(Person::id);
        assert_eq!(names(&db, unlisted).await, "Ann Bob Cid Dee Eve");
        let mut all = Person::query().in_random_order().pluck(&db, Person::name).await.unwrap();
        all.sort();
        assert_eq!(all, ["Ann", "Bob", "Cid", "Dee", "Eve"]);
        let mut firsts = std::collections::HashSet::new();
        for _ in 0..60 {
            firsts.insert(Person::query().in_random_order().value(&db, Person::id).await.unwrap());
        }
        assert!(firsts.len() > 1, "sixty times the same first row");
    }
}

#[tokio::test]
async fn regular_expressions_where_there_are_any() {
    for db in people().await {
        let found = Person::query().filter(Person::name.matches_regex("^[AE]")).order_by(Person::id);
        match found.pluck(&db, Person::name).await {
            Ok(names) => assert_eq!(names, ["Ann", "Eve"]),
            Err(error) => {
                assert_eq!(db.driver_name(), "sqlite");
                assert!(matches!(error, Error::Unsupported { .. }), "{error}");
            }
        }
    }
}

#[derive(Model, Debug)]
struct Event {
    id: i64,
    at: DateTime<Utc>,
    on: Option<NaiveDate>,
}

// C-28
#[tokio::test]
async fn past_and_future() {
    for db in databases().await {
        db.create_tables(models![Event]).await.unwrap();
        let now = Utc::now();
        for days in [-2, 0, 2] {
            let at = now + TimeDelta::days(days);
            Event::draft().at(at - TimeDelta::minutes(1)).on(at.date_naive()).save(&db).await.unwrap();
        }
        Event::draft().at(now + TimeDelta::days(9)).on(None).save(&db).await.unwrap();
        let ids = async |condition: Expr<Event>| {
            Event::query().filter(condition).order_by(Event::id).pluck(&db, Event::id).await.unwrap()
        };
        assert_eq!(ids(Event::at.is_past()).await, [1, 2]);
        assert_eq!(ids(Event::at.is_future()).await, [3, 4]);
        assert_eq!(ids(Event::at.is_now_or_past()).await, [1, 2]);
        assert_eq!(ids(Event::at.is_now_or_future()).await, [3, 4]);
        assert_eq!(ids(Event::on.is_past()).await, [1]);
        assert_eq!(ids(Event::on.is_today()).await, [2]);
        assert_eq!(ids(Event::on.is_before_today()).await, [1]);
        assert_eq!(ids(Event::on.is_after_today()).await, [3]);
        assert_eq!(ids(Event::on.is_today_or_before()).await, [1, 2]);
        assert_eq!(ids(Event::on.is_today_or_after()).await, [2, 3]);
        assert_eq!(ids(Event::at.is_after_today()).await, [3, 4]);
        assert_eq!(ids(Event::at.is_today_or_after()).await.last(), Some(&4));
    }
}
