use atlas::{Expr, prelude::*};

use crate::support::{Person, names, people};

// B-35, B-36, 002-21, 004-33, 000-70, X-04, Y-07
#[tokio::test]
async fn every_comparison_means_what_it_says() {
    let cases: Vec<(&str, Expr<Person>)> = vec![
        ("Ann", Person::name.eq("Ann")),
        ("Bob Cid Dee Eve", Person::name.ne("Ann")),
        ("Eve", Person::age.gt(34)),
        ("Ann Dee Eve", Person::age.ge(34)),
        ("Bob", Person::age.lt(34)),
        ("Ann Bob Dee", Person::age.le(34)),
        ("Ann Dee", Person::age.eq(34)),
        ("Ann Dee", Person::age.eq(Some(34))),
        ("Cid", Person::age.eq(None)),
        ("Ann Bob Dee Eve", Person::age.ne(None)),
        ("Bob Eve", Person::age.ne(34)),
        ("Cid", Person::age.is_null()),
        ("Ann Bob Dee Eve", Person::age.is_not_null()),
        ("Ann Eve", Person::name.is_in(["Ann", "Eve", "Zoe"])),
        ("", Person::name.is_in(Vec::<String>::new())),
        ("Bob Cid Dee", Person::name.not_in(["Ann", "Eve"])),
        ("Ann Bob Cid Dee Eve", Person::name.not_in(Vec::<&str>::new())),
        ("Bob Cid", Person::age.is_in([Some(17), None])),
        ("Ann Dee Eve", Person::age.not_in([Some(17), None])),
        ("Ann Bob Dee", Person::age.between(17, 34)),
        ("Eve", Person::age.not_between(17, 34)),
        ("Ann Bob Dee", Person::age.within(17..=34)),
        ("Bob", Person::age.within(17..34)),
        ("Ann Dee Eve", Person::age.within(18..)),
        ("Bob", Person::age.within(..18)),
        ("Ann Bob Cid Dee Eve", Person::age.within::<i32>(..)),
        ("Bob", Person::name.like("B%")),
        ("Ann Bob Cid Dee Eve", Person::name.like("___")),
        ("", Person::name.like("b%")),
        ("Ann Cid Dee Eve", Person::name.not_like("B%")),
        ("Ann", Person::name.starts_with("An")),
        ("Dee", Person::name.ends_with("ee")),
        ("Eve", Person::name.contains("v")),
        ("", Person::name.contains("%")),
        ("Cid Dee", Person::score.le(0)),
        ("Ann Bob Eve", Person::score.gt(0.5)),
        ("Dee", Person::active.eq(false)),
        ("Bob", Person::friends.gt(Person::limit).scoped()),
        ("Dee", Person::friends.eq(Person::limit).scoped()),
        ("Bob Dee", (Person::friends + 1).gt(Person::limit).scoped()),
        ("Ann", (Person::friends * 2).eq(6)),
        ("Ann", (Person::limit - Person::friends).eq(7).scoped()),
        ("Ann", (Person::limit / Person::friends).eq(3).scoped()),
        ("Ann Eve", (Person::friends % 2).eq(1)),
        ("Ann Bob", Person::friends.gt(0).and(Person::friends.ne(1)).and(Person::active.eq(true)).scoped()),
        ("Ann Bob", Person::name.eq("Ann").or(Person::name.eq("Bob")).scoped()),
        ("Cid Dee Eve", Person::name.eq("Ann").or(Person::name.eq("Bob")).not().scoped()),
        ("Ann Dee", Person::age.eq(34).and(Person::active.eq(true).or(Person::friends.eq(10))).scoped()),
        ("Ann Cid", Person::age.is_null().or(Person::age.eq(34).and(!Person::active.eq(false))).scoped()),
    ];
    for db in people().await {
        for (index, (expected, condition)) in cases.iter().enumerate() {
            let query = Person::query().filter(condition.clone()).order_by(Person::id.asc());
            let text = query.to_sql(&db).unwrap().text;
            assert_eq!(&names(&db, query).await, expected, "case {index}: {text}");
        }
    }
}

// B-35, B-36, B-38, 000-41…47, 002-20, 002-23, 002-24, 002-25, 002-13, 002-14, 002-15, X-04
#[tokio::test]
async fn shorthands_are_filters() {
    for db in people().await {
        let by_id = || Person::query().order_by(Person::id.asc());
        let cases: Vec<(&str, Query<Person>)> = vec![
            ("Ann", by_id().where_eq(Person::name, "Ann")),
            ("Cid", by_id().where_eq(Person::age, None)),
            ("Bob Cid Dee Eve", by_id().where_ne(Person::name, "Ann")),
            ("Eve", by_id().where_gt(Person::age, 34)),
            ("Ann Dee Eve", by_id().where_ge(Person::age, 34)),
            ("Bob", by_id().where_lt(Person::age, 34)),
            ("Ann Bob Dee", by_id().where_le(Person::age, 34)),
            ("Ann Bob", by_id().where_in(Person::name, ["Ann", "Bob"])),
            ("Cid Dee Eve", by_id().where_not_in(Person::name, ["Ann", "Bob"])),
            ("", by_id().where_in(Person::id, Vec::<i64>::new())),
            ("Ann Bob Dee", by_id().where_between(Person::age, 17, 34)),
            ("Eve", by_id().where_not_between(Person::age, 17, 34)),
            ("Cid", by_id().where_null(Person::age)),
            ("Ann Bob Dee Eve", by_id().where_not_null(Person::age)),
            ("Bob", by_id().where_like(Person::name, "%b")),
            ("Ann Cid Dee Eve", by_id().where_not_like(Person::name, "%b")),
            ("Ann", by_id().where_eq(Person::age, 34).where_eq(Person::active, true)),
        ];
        for (expected, query) in cases {
            assert_eq!(names(&db, query).await, expected);
        }
    }
}

// B-37, 002-22
#[tokio::test]
async fn an_alternative_is_to_the_whole_filter() {
    for db in people().await {
        let adults_or_bob = Person::query()
            .filter(Person::active.eq(true))
            .filter(Person::age.ge(18))
            .or_filter(Person::name.eq("Bob"))
            .order_by(Person::id.asc());
        assert_eq!(names(&db, adults_or_bob.clone()).await, "Ann Bob Eve");
        let narrowed = adults_or_bob.filter(Person::friends.lt(10));
        assert_eq!(names(&db, narrowed).await, "Ann Eve");
        assert_eq!(names(&db, Person::query().or_filter(Person::name.eq("Cid"))).await, "Cid");
    }
}

// C-69
#[tokio::test]
async fn queries_are_built_step_by_step() {
    fn adults(query: Query<Person>) -> Query<Person> {
        query.filter(Person::age.ge(18))
    }
    fn older_than(age: i32) -> impl Fn(Query<Person>) -> Query<Person> {
        move |query| query.filter(Person::age.gt(age))
    }
    for db in people().await {
        let search = Some("E");
        let nothing: Option<&str> = None;
        let query = Person::query()
            .apply(adults)
            .when(search, |q, text| q.filter(Person::name.starts_with(text)))
            .when(nothing, |q, text| q.filter(Person::name.eq(text)))
            .when(true, |q, ()| q.filter(Person::active.eq(true)))
            .unless(true, |q| q.filter(Person::id.lt(0)));
        assert_eq!(names(&db, query.clone()).await, "Eve");
        assert_eq!(names(&db, query.apply(older_than(60))).await, "");
        assert_eq!(names(&db, Person::query().unless(false, |q| q.filter(Person::id.eq(1)))).await, "Ann");
    }
}

// C-19, C-20
#[tokio::test]
async fn text_is_matched_as_it_stands() {
    for db in people().await {
        let hostile =
            ["100%", "a_b", "back\\slash", "quo'te", "dou\"ble", "[x]", "*", "?", "é", "emoji 🦀", ""];
        for name in hostile {
            Person::draft().name(name).score(0).save(&db).await.unwrap();
        }
        for name in hostile {
            assert_eq!(Person::query().where_eq(Person::name, name).count(&db).await.unwrap(), 1, "{name}");
            let found = Person::query().filter(Person::name.contains(name)).where_eq(Person::name, name);
            assert_eq!(found.count(&db).await.unwrap(), 1, "contains {name}");
            let found =
                Person::query().filter(Person::name.starts_with(name).and(Person::name.ends_with(name)));
            assert!(found.exists(&db).await.unwrap(), "starts and ends with {name}");
        }
        assert_eq!(names(&db, Person::query().filter(Person::name.contains("0%"))).await, "100%");
        assert_eq!(names(&db, Person::query().filter(Person::name.like("a\\_b"))).await, "a_b");
        assert_eq!(names(&db, Person::query().filter(Person::name.like("[x]"))).await, "[x]");
    }
}

/// What a program adds to the builder.
trait Adults {
    fn adults(self) -> Self;
}

impl Adults for Query<Person> {
    fn adults(self) -> Self {
        self.where_ge(Person::age, 18)
    }
}

// C-74
#[tokio::test]
async fn a_trait_of_the_program_adds_calls() {
    for db in people().await {
        assert_eq!(names(&db, Person::query().adults().order_by(Person::id)).await, "Ann Dee Eve");
    }
}
