//! Conditions beyond one comparison: the same on every database.

use atlas::{
    Expr, col,
    prelude::*,
    row,
    types::chrono::{DateTime, NaiveDate, TimeDelta, Utc},
    val,
};

use crate::support::{Person, databases, names, people};

// B-44, C-36, C-37, C-19, C-21, C-32
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

// C-38, C-39, C-17, C-18
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

// C-43, C-44
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
        let seeded = async |seed| names(&db, Person::query().in_seeded_order(seed)).await;
        let mut orders = std::collections::HashSet::new();
        for seed in -10..10 {
            let order = seeded(seed).await;
            assert_eq!(order, seeded(seed).await);
            let mut sorted: Vec<&str> = order.split(' ').collect();
            sorted.sort_unstable();
            assert_eq!(sorted, ["Ann", "Bob", "Cid", "Dee", "Eve"]);
            orders.insert(order);
        }
        assert!(orders.len() > 5, "few orders of twenty seeds: {orders:?}");
        let pages = async |page| names(&db, Person::query().in_seeded_order(7).for_page(page, 2)).await;
        assert_eq!(format!("{} {} {}", pages(1).await, pages(2).await, pages(3).await), seeded(7).await);
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

        let found =
            async |query: Query<Event>| query.order_by(Event::id).pluck(&db, Event::id).await.unwrap();
        let all = Event::query;
        assert_eq!(found(all().where_past(Event::at)).await, [1, 2]);
        assert_eq!(found(all().where_future(Event::at)).await, [3, 4]);
        assert_eq!(found(all().where_now_or_past(Event::at)).await, [1, 2]);
        assert_eq!(found(all().where_now_or_future(Event::at)).await, [3, 4]);
        assert_eq!(found(all().where_today(Event::on)).await, [2]);
        assert_eq!(found(all().where_before_today(Event::on)).await, [1]);
        assert_eq!(found(all().where_after_today(Event::on)).await, [3]);
        assert_eq!(found(all().where_today_or_before(Event::on)).await, [1, 2]);
        assert_eq!(found(all().where_today_or_after(Event::on)).await, [2, 3]);
        let either = all().where_before_today(Event::on).or_where(|or| or.where_future(Event::at));
        assert_eq!(found(either.where_not_null(Event::on)).await, [1, 3]);
        // Without a model, by the names of its columns.
        let at = || col::<DateTime<Utc>>("at");
        let table =
            db.table("events").filter(at().is_future()).or_where(|or| or.filter(at().is_before_today()));
        assert_eq!(table.order_by("id").pluck::<i64>("id").await.unwrap()[0], 1);
        assert_eq!(db.table("events").filter(at().is_future()).count().await.unwrap(), 2);
    }
}

// C-27
#[tokio::test]
async fn parts_of_dates() {
    for db in databases().await {
        db.create_tables(models![Event]).await.unwrap();
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let events = [("2023-12-31T23:59:59Z", None), ("2024-01-01T00:00:00Z", Some("2024-02-29"))];
        for (moment, on) in events {
            let on = on.map(|on| on.parse::<NaiveDate>().unwrap());
            Event::draft().at(at(moment)).on(on).save(&db).await.unwrap();
        }
        let found =
            async |query: Query<Event>| query.order_by(Event::id).pluck(&db, Event::id).await.unwrap();
        let all = Event::query;
        let (date, time) = (at("2023-12-31T00:00:00Z").date_naive(), at("2024-01-01T00:00:00Z").time());
        assert_eq!(found(all().where_date(Event::at, date)).await, [1]);
        assert_eq!(found(all().where_time(Event::at, time)).await, [2]);
        assert_eq!(found(all().where_year(Event::at, 2023)).await, [1]);
        assert_eq!(found(all().where_month(Event::at, 1)).await, [2]);
        assert_eq!(found(all().where_day(Event::at, 31)).await, [1]);
        assert_eq!(found(all().where_month(Event::on, 2).where_day(Event::on, 29)).await, [2]);
        assert_eq!(
            found(all().where_year(Event::at, 1999).or_where(|or| or.where_day(Event::at, 1))).await,
            [2]
        );
        assert_eq!(found(all().filter(Event::at.year().ge(2024))).await, [2]);
        let table = db.table("events").filter(col::<DateTime<Utc>>("at").date().eq(date));
        assert_eq!(table.count().await.unwrap(), 1);
    }
}

// B-35, B-37, B-38, C-16, C-24, C-25, C-26, C-29
#[tokio::test]
async fn alternatives_of_several_conditions() {
    for db in people().await {
        let all = || Person::query().order_by(Person::id);
        let minor = || all().where_lt(Person::age, 18);
        let cases: Vec<(&str, Query<Person>)> = vec![
            ("Bob Eve", minor().or_where(|or| or.where_eq(Person::age, 60).where_eq(Person::active, true))),
            ("Bob", minor().or_where(|or| or.where_eq(Person::age, 34).where_lt(Person::friends, 0))),
            ("Bob", minor().or_where(|or| or)),
            ("Ann Dee", all().or_where(|or| or.where_eq(Person::age, 34))),
            ("Ann Bob", minor().or_where(|or| or.where_in(Person::name, ["Ann", "Zoe"]))),
            ("Bob Cid Dee Eve", minor().or_where(|or| or.where_not_in(Person::name, ["Ann"]))),
            ("Bob Cid", minor().or_where(|or| or.where_null(Person::age))),
            ("Ann Bob Dee Eve", minor().or_where(|or| or.where_not_null(Person::age))),
            ("Bob Eve", minor().or_where(|or| or.where_not_between(Person::age, 0, 59))),
            ("Ann Bob Dee", minor().or_where(|or| or.where_between(Person::age, 18, 59))),
            // One alternative inside of another.
            (
                "Ann Bob Eve",
                minor().or_where(|or| {
                    or.where_eq(Person::name, "Ann").or_where(|or| or.where_eq(Person::name, "Eve"))
                }),
            ),
            // The alternative is to the whole filter; what comes after it holds for all.
            ("Ann", minor().or_where(|or| or.where_eq(Person::age, 34)).where_eq(Person::name, "Ann")),
            // Columns on every side.
            ("Bob", all().filter(Person::friends.gt(Person::limit))),
            ("Bob Dee", all().filter(val(10).between(Person::limit, Person::friends))),
            ("Bob", all().filter(Person::age.between(Person::friends, val(5) + Person::friends))),
            ("Cid", all().where_all([Person::age], |column| column.is_null())),
        ];
        for (index, (expected, query)) in cases.into_iter().enumerate() {
            let text = query.to_sql(&db).unwrap().text;
            assert_eq!(names(&db, query).await, expected, "case {index}: {text}");
        }
        // What a scope leaves out stays out, and orders and limits of the closure count.
        let limited = minor().or_where(|or| or.where_eq(Person::age, 34).limit(2));
        assert_eq!(names(&db, limited).await, "Ann Bob");
    }
}
