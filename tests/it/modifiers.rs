//! What changes a select as a whole: the first of each, hints, time limits.

use std::time::{Duration, Instant};

use atlas::{Error, case_when, col, count_all, prelude::*, sql, values};

use crate::support::{Person, databases, names, people};

// C-04, B-33
#[tokio::test]
async fn the_first_of_each() {
    for db in people().await {
        let firsts = || Person::query().distinct_on(Person::age);
        assert_eq!(names(&db, firsts().order_by(Person::name.desc())).await, "Eve Dee Cid Bob");
        assert_eq!(names(&db, firsts().order_by(Person::name.asc())).await, "Ann Bob Cid Eve");
        let by_score = firsts().order_by(Person::score.desc()).order_by(Person::id);
        assert_eq!(names(&db, by_score.clone().limit(2).offset(1)).await, "Bob Ann");
        assert_eq!(by_score.clone().count(&db).await.unwrap(), 4);
        assert_eq!(by_score.clone().sum(&db, Person::friends).await.unwrap(), 16);
        let rows = by_score.clone().get(&db).await.unwrap();
        assert_eq!(rows[0].name, "Eve");
        let page = by_score.clone().paginate(&db, 2, 3).await.unwrap();
        assert_eq!((page.total, page.data.len(), page.data[0].name.as_str()), (4, 1, "Cid"));
        let selected = by_score.clone().select((Person::name, Person::age)).first(&db).await.unwrap();
        assert_eq!(selected, Some(("Eve".to_owned(), Some(60))));
        assert!(by_score.exists(&db).await.unwrap());

        // What is filtered is filtered before.
        let living = firsts().where_ne(Person::name, "Ann").or_where(|or| or.where_eq(Person::name, "Zoe"));
        assert_eq!(names(&db, living.order_by(Person::id)).await, "Bob Cid Dee Eve");
        let both = Person::query().distinct_on((Person::age, Person::active)).order_by(Person::id);
        assert_eq!(names(&db, both).await, "Ann Bob Cid Dee Eve");
        let computed =
            Person::query().distinct_on(case_when(Person::age.gt(30), 1).otherwise(0)).order_by(Person::id);
        assert_eq!(names(&db, computed).await, "Ann Bob");

        let grouped = firsts().group_by(Person::age).select((Person::age, count_all())).get(&db).await;
        assert!(matches!(grouped, Err(Error::Config { .. })), "{grouped:?}");
        let written = firsts().update(&db, Person::friends.set(0)).await;
        assert!(matches!(written, Err(Error::Config { .. })), "{written:?}");
    }
}

#[derive(Model, Debug)]
#[table("hinted")]
struct Hinted {
    id: i64,
    #[index]
    place: i32,
}

// C-05
#[tokio::test]
async fn indexes_are_named() {
    for db in databases().await {
        db.create_tables(models![Hinted]).await.unwrap();
        Hinted::insert(&db, (0..20).map(|place| Hinted::draft().place(place % 5))).await.unwrap();
        let places = || Hinted::query().where_eq(Hinted::place, 3);
        let index = "hinted_place_index";
        for query in [places().use_index(index), places().force_index(index), places().ignore_index(index)] {
            assert_eq!(query.count(&db).await.unwrap(), 4);
        }
        let text = places().force_index(index).to_sql(&db).unwrap().text;
        let forced = match db.driver_name() {
            "mysql" => Some("FORCE INDEX (`hinted_place_index`)"),
            "sqlite" => Some("INDEXED BY \"hinted_place_index\""),
            _ => None,
        };
        assert!(forced.is_none_or(|forced| text.contains(forced)), "{text}");
        let hostile = "x`\"'); drop table hinted; --";
        let asked = places().force_index(hostile).count(&db).await;
        assert_eq!(asked.is_ok(), db.driver_name() == "postgres", "{asked:?}");
        assert_eq!(Hinted::query().count(&db).await.unwrap(), 20);
    }
}

// C-51
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_has_its_time() {
    for db in people().await {
        let limit = Duration::from_millis(200);
        let endless = || {
            let condition = match db.driver_name() {
                "postgres" => sql!("(select 1 from pg_sleep(60)) is not null"),
                "mysql" => sql!("sleep(60) = 0"),
                _ => sql!(
                    "(with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n) > 0"
                ),
            };
            Person::query().filter(condition.condition()).timeout(limit)
        };
        let began = Instant::now();
        let error = endless().get(&db).await.unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        assert!(matches!(&error, Error::Timeout { after, .. } if *after == limit), "{error:?}");
        assert!(error.to_string().contains(".timeout(..)"), "{error}");
        assert!(matches!(endless().count(&db).await, Err(Error::Timeout { .. })));
        assert!(matches!(endless().distinct().count(&db).await, Err(Error::Timeout { .. })));
        assert!(matches!(endless().paginate(&db, 1, 2).await, Err(Error::Timeout { .. })));

        // What is in time is as it was, and the connections are of use.
        assert_eq!(Person::query().timeout(Duration::from_secs(60)).count(&db).await.unwrap(), 5);
        let error = Person::query().timeout(Duration::ZERO).get(&db).await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{error:?}");

        // Writes, also those of tables, and plans that are made by running the query.
        let slow = endless().update(&db, Person::friends.set(0)).await;
        assert!(matches!(slow, Err(Error::Timeout { .. })), "{slow:?}");
        let slow = endless().delete(&db).await;
        assert!(matches!(slow, Err(Error::Timeout { .. })), "{slow:?}");
        let copies = endless().select((Person::name, Person::score));
        let slow = Person::insert_using(&db, (Person::name, Person::score), copies).await;
        assert!(matches!(slow, Err(Error::Timeout { .. })), "{slow:?}");
        let raw = match db.driver_name() {
            "postgres" => "(select 1 from pg_sleep(60)) is not null",
            "mysql" => "sleep(60) = 0",
            _ => {
                "(with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n) > 0"
            }
        };
        let table = || db.table("people").where_raw(raw, ()).timeout(limit);
        assert!(matches!(table().get().await, Err(Error::Timeout { .. })));
        assert!(matches!(table().update(values! { friends: 0 }).await, Err(Error::Timeout { .. })));
        assert!(matches!(table().delete_returning().await, Err(Error::Timeout { .. })));
        if db.capabilities().update_returning {
            assert!(matches!(
                table().explain_analyze().await,
                Err(Error::Timeout { .. } | Error::Unsupported { .. })
            ));
        }
        let none = db.table("people").timeout(Duration::ZERO).delete().await.unwrap_err();
        assert!(matches!(none, Error::Config { .. }), "{none:?}");
        assert_eq!(Person::query().sum(&db, Person::friends).await.unwrap(), 26);

        // A transaction that gave up a statement keeps nothing.
        let done = db
            .transaction(async |tx| {
                Person::query().update(&tx, Person::friends.set(0)).await?;
                endless().get(&tx).await.map(|_| ())
            })
            .await;
        assert!(matches!(done, Err(Error::Timeout { .. })), "{done:?}");
        assert_eq!(Person::query().sum(&db, Person::friends).await.unwrap(), 26);
    }
}

// B-67
#[tokio::test]
async fn pages_of_tables_do_not_overlap() {
    for db in people().await {
        let mut seen = Vec::new();
        for page in 1..=3 {
            let page = db.table("people").order_by("limit").paginate(page, 2).await.unwrap();
            seen.extend(page.data.iter().map(|row| row.get::<i64>("id").unwrap()));
        }
        assert_eq!(seen, [1, 2, 3, 4, 5]);
        let named =
            db.table("people").key("name").filter(col::<i64>("id").gt(1)).paginate(1, 2).await.unwrap();
        assert_eq!(named.data[0].get::<String>("name").unwrap(), "Bob");
    }
}

// C-06, B-75
#[tokio::test]
async fn columns_in_texts_of_the_databases_own() {
    for db in people().await {
        let (start, hostile) = ("a%", "'; drop table people; --");
        let found = Person::query()
            .filter(sql!("lower({Person::name}) like {start} and {Person::name} <> {hostile}").condition());
        assert_eq!(names(&db, found).await, "Ann");
        let sum = sql!("{Person::friends} + {Person::limit}").of::<i64>();
        let sums = Person::query().order_by(Person::id).select(sum).get(&db).await.unwrap();
        assert_eq!(sums, [13, 22, 10, 20, 11]);
    }
}

// C-23: a list of any length is bound as one value, or in a few forms. C-41, C-46, C-47, C-49
#[tokio::test]
async fn long_lists_groups_and_slices() {
    for db in people().await {
        let all = Person::query().where_in(Person::id, 0..20_000).order_by(Person::id);
        assert_eq!(all.count(&db).await.unwrap(), 5);
        let none = Person::query().where_not_in(Person::id, 1..20_000).count(&db).await.unwrap();
        assert_eq!(none, 0);

        let ages = || Person::query().group_by(Person::age).order_by(Person::age.asc().nulls_first());
        let between = ages().having(Person::friends.sum().between(10, 13)).select(Person::age);
        assert_eq!(between.get(&db).await.unwrap(), [Some(17), Some(34)]);
        let outside = ages().having(Person::friends.sum().not_between(10, 13)).select(Person::age);
        assert_eq!(outside.get(&db).await.unwrap(), [None, Some(60)]);
        let known = ages().having(Person::age.max().is_not_null()).or_having(count_all().gt(9));
        assert_eq!(known.select(Person::age).get(&db).await.unwrap(), [Some(17), Some(34), Some(60)]);
        let odd = ages().having(Person::friends.max().bit_and(1).eq(1)).select(Person::age);
        assert_eq!(odd.get(&db).await.unwrap(), [Some(60)]);

        // What comes after a key, and before it.
        let after = Person::query().where_gt(Person::id, 2).order_by(Person::id).limit(2);
        assert_eq!(names(&db, after).await, "Cid Dee");
        let before = Person::query().where_lt(Person::id, 4).order_by(Person::id.desc()).limit(2);
        assert_eq!(names(&db, before).await, "Cid Bob");
        assert_eq!(names(&db, Person::query().order_by(Person::id).for_page(2, 2)).await, "Cid Dee");
        let huge = Person::query().order_by(Person::id).limit(u64::MAX).offset(4);
        assert_eq!(names(&db, huge).await, "Eve");
    }
}

// C-47, C-71
#[tokio::test]
async fn what_a_copy_of_a_query_is_without() {
    for db in people().await {
        let page = Person::query().where_gt(Person::age, 18).order_by(Person::name.desc()).limit(1).offset(1);
        assert_eq!(names(&db, page.clone()).await, "Dee");
        assert_eq!(names(&db, page.clone().unlimited()).await, "Eve Dee Ann");
        assert_eq!(
            names(&db, page.clone().unlimited().unordered().order_by(Person::id)).await,
            "Ann Dee Eve"
        );
        assert_eq!(names(&db, page.limit(2).offset(0)).await, "Eve Dee");
        let table = db.table("people").order_by_desc("id").limit(1);
        assert_eq!(table.clone().pluck::<i64>("id").await.unwrap(), [5]);
        let all = table.unlimited().unordered().order_by("id").pluck::<i64>("id").await.unwrap();
        assert_eq!(all, [1, 2, 3, 4, 5]);
    }
}

#[derive(Model, Debug)]
#[table("hinted_parts")]
struct HintedPart {
    id: i64,
    hinted_id: i64,
    #[belongs_to]
    hinted: BelongsTo<Hinted>,
}

// C-14
#[tokio::test]
async fn tables_are_read_in_the_order_in_which_they_are_joined() {
    for db in databases().await {
        db.create_tables(models![Hinted, HintedPart]).await.unwrap();
        Hinted::insert(&db, (0..5).map(|place| Hinted::draft().place(place))).await.unwrap();
        HintedPart::insert(&db, (1..=5).map(|id| HintedPart::draft().hinted_id(id))).await.unwrap();
        let parts = HintedPart::query().join(HintedPart::hinted).filter(Hinted::place.gt(2));
        let plain = parts.to_sql(&db).unwrap().text;
        // The text that is kept for the other query is not taken for this one.
        assert_eq!(parts.clone().count(&db).await.unwrap(), 2);
        let straight = parts.straight_join();
        let text = straight.to_sql(&db).unwrap().text;
        assert_eq!(text.contains("SELECT STRAIGHT_JOIN "), db.driver_name() == "mysql", "{text}");
        assert_eq!(text.replace("STRAIGHT_JOIN ", ""), plain);
        assert_eq!(
            straight.clone().select((HintedPart::id, Hinted::place)).distinct().get(&db).await.unwrap().len(),
            2
        );
        assert_eq!(straight.count(&db).await.unwrap(), 2);
    }
}
