//! Pages of rows.

use atlas::{Error, Order, prelude::*};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::json;

use crate::support::{Databases, Person, databases, people, sent};

#[derive(Model, Debug)]
#[table("orders")]
pub struct Sale {
    pub id: i64,
    pub city: Option<String>,
    pub amount: Option<Decimal>,
    pub day: NaiveDate,
    pub seen: Option<DateTime<Utc>>,
    pub weight: f64,
    pub large: bool,
    pub buyer_id: i64,
    #[belongs_to]
    pub buyer: BelongsTo<Buyer>,
}

#[derive(Model, Debug)]
#[table("buyers")]
pub struct Buyer {
    pub id: i64,
    pub name: String,
    #[has_many]
    pub sales: HasMany<Sale>,
}

/// Sixty sales whose columns have few values each, NULL among them.
pub async fn sales() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Buyer, Sale]).await.unwrap();
        Buyer::insert(db, ["Ann", "Bob", "Cid"].map(|name| Buyer::draft().name(name))).await.unwrap();
        let cities =
            [Some("Zürich"), None, Some("ångström"), Some("O'Hare; drop table orders --"), Some("東京")];
        let drafts = (0..60usize).map(|number| {
            let day = NaiveDate::from_ymd_opt(2026, 1, 1 + u32::try_from(number % 4).unwrap()).unwrap();
            let seen = day.and_hms_micro_opt(1, 2, 3, 456_789).unwrap().and_utc();
            Sale::draft()
                .city(cities[number % 5].map(str::to_owned))
                .amount(
                    (number % 3 != 0)
                        .then(|| Decimal::new(i64::try_from(number % 7).unwrap() * 105 - 200, 2)),
                )
                .day(day)
                .seen((number % 6 != 1).then_some(seen))
                .weight([0.1, -2.5, 1e9][number % 3])
                .large(number % 2 == 0)
                .buyer_id(i64::try_from(number % 3 + 1).unwrap())
        });
        Sale::insert(db, drafts).await.unwrap();
    }
    databases
}

fn keys<'a>(rows: impl IntoIterator<Item = &'a Record<Sale>>) -> Vec<i64> {
    rows.into_iter().map(|sale| sale.id).collect()
}

// 000-53, 002-34, 002-48, B-65, B-350, C-65, C-221, X-01, X-02, X-03
#[tokio::test]
async fn a_page_has_its_rows_and_their_number_from_one_statement() {
    for db in sales().await {
        let query = || Sale::query().where_gt(Sale::id, 10).order_by(Sale::large.desc());
        let (statements, page) = sent(&db, async || query().paginate(&db, 2, 20).await.unwrap()).await;
        assert_eq!(statements, 1);
        assert_eq!((page.total, page.per_page, page.current_page, page.last_page), (50, 20, 2, 3));
        assert_eq!((page.data.len(), page.from(), page.to()), (20, Some(21), Some(40)));
        assert!(page.has_next() && page.has_previous() && page.has_pages() && !page.is_empty());

        let mut all = Vec::new();
        for number in 1..=3 {
            all.extend(keys(&query().paginate(&db, number, 20).await.unwrap()));
        }
        let even = (11..=60).filter(|id| id % 2 == 1);
        let odd = (11..=60).filter(|id| id % 2 == 0);
        assert!(all.into_iter().eq(even.chain(odd)), "rows that are equal go by their key");

        let last = query().paginate(&db, 3, 20).await.unwrap();
        assert_eq!((last.data.len(), last.to(), last.has_next()), (10, Some(50), false));
        let (statements, behind) = sent(&db, async || query().paginate(&db, 9, 20).await.unwrap()).await;
        assert_eq!(statements, 2);
        assert_eq!((behind.data.len(), behind.total, behind.current_page, behind.last_page), (0, 50, 9, 3));
        assert_eq!(
            (behind.from(), behind.to(), behind.has_next(), behind.previous_page()),
            (None, None, false, Some(3))
        );
        let far = query().paginate(&db, u64::MAX, u64::MAX).await.unwrap();
        assert_eq!((far.data.len(), far.total, far.last_page), (0, 50, 1));

        let first = query().paginate(&db, 0, 20).await.unwrap();
        assert_eq!((first.current_page, first.data.len()), (1, 20));
        let none = Sale::query().where_eq(Sale::id, 0).paginate(&db, 1, 20).await.unwrap();
        assert_eq!((none.total, none.last_page, none.has_pages(), none.is_empty()), (0, 1, false, true));
        for failed in [
            query().paginate(&db, 1, 0).await.map(|_| ()),
            query().simple_paginate(&db, 1, 0).await.map(|_| ()),
            query().cursor_paginate(&db, 0, None).await.map(|_| ()),
            db.table("orders").paginate(1, 0).await.map(|_| ()),
        ] {
            assert!(matches!(failed, Err(Error::Config { .. })), "{failed:?}");
        }
    }
}

// B-334, C-65, C-71
#[tokio::test]
async fn pages_count_what_the_query_gives() {
    for db in sales().await {
        let limited = Sale::query().order_by(Sale::id).limit(25).offset(10);
        let page = limited.clone().paginate(&db, 3, 10).await.unwrap();
        assert_eq!((page.total, page.last_page, keys(&page)), (25, 3, (31..=35).collect()));
        assert_eq!(limited.clone().simple_paginate(&db, 3, 10).await.unwrap().data.len(), 5);
        assert!(limited.paginate(&db, 4, 10).await.unwrap().is_empty());

        let cities = Sale::query().distinct().select(Sale::city).order_by(Sale::city);
        let page = cities.clone().paginate(&db, 2, 2).await.unwrap();
        assert_eq!((page.total, page.data.len()), (5, 2));
        let page = cities.limit(4).paginate(&db, 2, 3).await.unwrap();
        assert_eq!((page.total, page.data.len()), (4, 1));

        let groups =
            Sale::query().group_by(Sale::day).select((Sale::day, atlas::count_all())).order_by(Sale::day);
        let page = groups.clone().paginate(&db, 2, 3).await.unwrap();
        assert_eq!((page.total, page.data), (4, vec![(NaiveDate::from_ymd_opt(2026, 1, 4).unwrap(), 15)]));
        assert!(!groups.simple_paginate(&db, 2, 3).await.unwrap().has_next);

        let joined = Buyer::query().join(Buyer::sales).filter(Sale::large.eq(true)).order_by(Buyer::name);
        let page = joined.clone().paginate(&db, 3, 12).await.unwrap();
        assert_eq!((page.total, page.data.len()), (30, 6));
        assert!(page.data.iter().all(|(buyer, sale)| buyer.name == "Cid" && sale.large));

        let page = Sale::query().with(Sale::buyer).order_by(Sale::id).paginate(&db, 1, 2).await.unwrap();
        assert_eq!(page.data[1].buyer.get().unwrap().unwrap().name, "Bob");

        let page = db.table("orders").where_gt("id", 50).order_by("id").paginate(2, 6).await.unwrap();
        assert_eq!((page.total, page.data.len(), page.data[0].get::<i64>("id").unwrap()), (10, 4, 57));
    }
}

// C-66, B-66, Y-08
#[tokio::test]
async fn a_simple_page_counts_nothing() {
    for db in sales().await {
        let query = || Sale::query().order_by(Sale::id);
        let (statements, page) = sent(&db, async || query().simple_paginate(&db, 3, 20).await.unwrap()).await;
        assert_eq!((statements, page.data.len(), page.has_next, page.has_previous()), (1, 20, false, true));
        let page = query().simple_paginate(&db, 2, 20).await.unwrap();
        assert_eq!((keys(&page), page.has_next), ((21..=40).collect(), true));
        assert!(query().simple_paginate(&db, 9, 20).await.unwrap().data.is_empty());
    }
}

// B-351, B-352, B-182, C-222
#[tokio::test]
async fn pages_have_addresses_and_are_json() {
    for db in people().await {
        let page = Person::query().order_by(Person::id).paginate(&db, 2, 2).await.unwrap();
        let page = page.map(|person| person.name.clone());
        assert_eq!(
            serde_json::to_value(&page).unwrap(),
            json!({ "data": ["Cid", "Dee"], "total": 5, "per_page": 2, "current_page": 2, "last_page": 3 })
        );
        let page = page.base_url("/people?old=1#list").query([("tag", "a b"), ("tag", "ä&=")]);
        assert_eq!(page.url(3), "/people?old=1&tag=a%20b&tag=%C3%A4%26%3D&page=3#list");
        assert_eq!(page.url(0), page.url(1));
        assert_eq!(page.url(99), page.url(3));
        assert_eq!(page.next_page_url().as_deref(), Some(&*page.url(3)));
        let json = serde_json::to_value(&page).unwrap();
        assert_eq!(json["previous_page_url"], page.url(1));
        assert_eq!(json["first_page_url"], page.url(1));
        assert_eq!(json["last_page_url"], page.url(3));
        let urls = page.urls_for_range(0..=2);
        assert_eq!(
            urls.iter().map(|url| (url.page, url.is_active)).collect::<Vec<_>>(),
            [(1, false), (2, true)]
        );

        let simple = Person::query().order_by(Person::id).simple_paginate(&db, 1, 2).await.unwrap();
        assert_eq!(
            serde_json::to_value(simple.map(|person| person.id)).unwrap(),
            json!({ "data": [1, 2], "per_page": 2, "current_page": 1, "has_next": true })
        );
        let cursor = Person::query().cursor_paginate(&db, 2, None).await.unwrap().map(|person| person.id);
        let next = cursor.next_cursor.clone();
        assert_eq!(
            serde_json::to_value(&cursor).unwrap(),
            json!({ "data": [1, 2], "per_page": 2, "next_cursor": next, "previous_cursor": null })
        );
    }
}

type Ordering = fn(Query<Sale>) -> Query<Sale>;

/// Goes through all pages to the end and back again; gives the keys in the order in which they came.
async fn through<Q>(db: &Db, query: Q, size: u64) -> Vec<i64>
where
    Q: Fn() -> Query<Sale>,
{
    let mut seen: Vec<Vec<i64>> = Vec::new();
    let mut token: Option<String> = None;
    let previous = loop {
        let page = query().cursor_paginate(db, size, token.as_deref()).await.unwrap();
        assert_eq!(page.previous_cursor.is_some(), token.is_some());
        assert!(page.data.len() as u64 == size || page.next_cursor.is_none());
        seen.push(keys(&page));
        match page.next_cursor {
            Some(next) => token = Some(next),
            None => break page.previous_cursor,
        }
    };
    let (mut token, mut place) = (previous, seen.len() - 1);
    while let Some(back) = token {
        place -= 1;
        let page = query().cursor_paginate(db, size, Some(&back)).await.unwrap();
        assert_eq!(keys(&page), seen[place], "page {place} of {} from behind", seen.len());
        assert!(page.next_cursor.is_some());
        token = page.previous_cursor;
    }
    assert_eq!(place, 0);
    seen.concat()
}

// C-67, C-222, B-67
#[tokio::test]
async fn pages_by_cursor_visit_every_row_once_there_and_back() {
    for db in sales().await {
        let orders: Vec<(&str, Ordering)> = vec![
            ("no order", |sales| sales),
            ("text", |sales| sales.order_by(Sale::city)),
            ("text down", |sales| sales.order_by(Sale::city.desc())),
            ("text, NULL last", |sales| sales.order_by(Sale::city.asc().nulls_last())),
            ("text down, NULL first", |sales| sales.order_by(Sale::city.desc().nulls_first())),
            ("decimal", |sales| sales.order_by(Sale::amount.desc())),
            ("day, city", |sales| sales.order_by(Sale::day.desc()).order_by(Sale::city.asc().nulls_last())),
            ("time", |sales| sales.order_by(Sale::seen)),
            ("time, NULL last, weight", |sales| {
                sales.order_by(Sale::seen.desc().nulls_last()).order_by(Sale::weight.desc())
            }),
            ("bool, amount, key down", |sales| {
                sales
                    .order_by(Sale::large)
                    .order_by(Sale::amount.asc().nulls_last())
                    .order_by(Sale::id.desc())
            }),
            ("computed", |sales| sales.order_by((Sale::buyer_id * -1).desc()).order_by(Sale::day)),
        ];
        for (name, order) in orders {
            let all = through(&db, || order(Sale::query()), 60).await;
            let mut sorted = all.clone();
            sorted.sort_unstable();
            assert!(sorted.into_iter().eq(1..=60), "{name}: {all:?}");
            for size in [1, 7, 30] {
                assert_eq!(through(&db, || order(Sale::query()), size).await, all, "{name}, {size} a page");
            }
        }
        // Where the order leaves nothing open, it is the query's own.
        let order = |sales: Query<Sale>| {
            sales.order_by(Sale::seen.desc().nulls_last()).order_by(Sale::amount.asc().nulls_first())
        };
        let whole = order(Sale::query()).order_by(Sale::id).get(&db).await.unwrap();
        assert_eq!(through(&db, || order(Sale::query()), 7).await, keys(&whole));
        // With conditions, also alternatives.
        let some = || order(Sale::query()).filter(Sale::large.eq(true)).or_filter(Sale::city.is_null());
        assert_eq!(through(&db, some, 4).await, keys(&some().order_by(Sale::id).get(&db).await.unwrap()));
    }
}

#[tokio::test]
async fn pages_by_cursor_of_joins_tell_all_records_of_a_row_apart() {
    for db in sales().await {
        let query = || Buyer::query().left_join(Buyer::sales).order_by(Buyer::name.desc());
        let mut token: Option<String> = None;
        let mut seen = Vec::new();
        loop {
            let page = query().cursor_paginate(&db, 7, token.as_deref()).await.unwrap();
            seen.extend(page.data.iter().map(|(_, sale)| sale.as_ref().unwrap().id));
            token = page.next_cursor;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), 60);
        seen.sort_unstable();
        assert!(seen.into_iter().eq(1..=60));
    }
}

// C-67
#[tokio::test]
async fn queries_that_are_put_together_have_pages() {
    for db in sales().await {
        let union = || {
            let early = Sale::query().where_le(Sale::id, 20);
            early.union(Sale::query().where_between(Sale::id, 11, 33)).order_by(Sale::city.desc())
        };
        let all = through(&db, union, 60).await;
        assert_eq!(through(&db, union, 4).await, all);
        let mut sorted = all;
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(1..=33));
        let page = union().paginate(&db, 4, 10).await.unwrap();
        assert_eq!((page.total, page.data.len()), (33, 3));
        let twice = || Sale::query().where_le(Sale::id, 5).union_all(Sale::query().where_le(Sale::id, 3));
        assert_eq!(twice().paginate(&db, 2, 6).await.unwrap().data.len(), 2);
        let failed = twice().cursor_paginate(&db, 2, None).await;
        assert!(
            matches!(&failed, Err(Error::Config { message }) if message.contains("`union_all`")),
            "{failed:?}"
        );
        let newest = Sale::query().order_by(Sale::id.desc()).limit(9);
        let parts =
            Sale::query().from_query(newest).chunk_map(&db, 4, |sales| async move { Ok(keys(&sales)) });
        assert_eq!(parts.await.unwrap(), [vec![52, 53, 54, 55], vec![56, 57, 58, 59], vec![60]]);
    }
}

#[tokio::test]
async fn rows_that_come_and_go_elsewhere_do_not_move_a_page() {
    for db in sales().await {
        let query = || Sale::query().order_by(Sale::day).order_by(Sale::id);
        let first = query().cursor_paginate(&db, 20, None).await.unwrap();
        let expected = keys(&query().cursor_paginate(&db, 20, first.next_cursor.as_deref()).await.unwrap());
        Sale::query().where_in(Sale::id, [first.data[0].id, first.data[19].id]).delete(&db).await.unwrap();
        let second = query().cursor_paginate(&db, 20, first.next_cursor.as_deref()).await.unwrap();
        assert_eq!(keys(&second), expected);
        let back = query().cursor_paginate(&db, 20, second.previous_cursor.as_deref()).await.unwrap();
        assert_eq!(keys(&back), keys(&first.data[1..19]));
        assert_eq!(back.previous_cursor, None);
    }
}

#[tokio::test]
async fn a_token_of_another_query_or_that_was_changed_is_an_error() {
    for db in sales().await {
        let query = |order: Order<Sale>| Sale::query().order_by(order);
        let page = query(Sale::city.asc()).cursor_paginate(&db, 10, None).await.unwrap();
        let token = page.next_cursor.unwrap();
        let refused = async |query: Query<Sale>, token: &str| {
            let failed = query.cursor_paginate(&db, 10, Some(token)).await;
            assert!(
                matches!(&failed, Err(Error::Config { message }) if message.contains("page token")),
                "{token}: {failed:?}"
            );
        };
        refused(query(Sale::city.desc()), &token).await;
        refused(query(Sale::city.asc().nulls_last()), &token).await;
        refused(query(Sale::day.asc()), &token).await;
        refused(query(Sale::city.asc()).order_by(Sale::day), &token).await;
        for hostile in [
            "",
            "=",
            "'; drop table orders; --",
            "\0",
            &"A".repeat(1_000_000),
            &token[1..],
            &token[..token.len() - 4],
        ] {
            refused(query(Sale::city.asc()), hostile).await;
        }
        let other = Buyer::query().cursor_paginate(&db, 2, None).await.unwrap().next_cursor.unwrap();
        refused(Sale::query(), &other).await;
        // The filter is the program's own affair.
        assert!(
            query(Sale::city.asc())
                .where_gt(Sale::id, 3)
                .cursor_paginate(&db, 10, Some(&token))
                .await
                .is_ok()
        );
        assert_eq!(Sale::query().count(&db).await.unwrap(), 60);

        for failed in [
            Sale::query().limit(5).cursor_paginate(&db, 2, None).await.map(|_| ()),
            Sale::query().offset(5).cursor_paginate(&db, 2, None).await.map(|_| ()),
            Sale::query().distinct().select(Sale::city).cursor_paginate(&db, 2, None).await.map(|_| ()),
        ] {
            assert!(matches!(failed, Err(Error::Config { .. })), "{failed:?}");
        }
    }
}

#[derive(Model, Debug)]
#[soft_deletes]
pub struct Note {
    pub id: i64,
    pub deleted_at: Option<DateTime<Utc>>,
}

#[tokio::test]
async fn pages_chunks_and_streams_leave_deleted_rows_out() {
    for db in databases().await {
        db.create_tables(models![Note]).await.unwrap();
        Note::insert(&db, (0..10).map(|_| Note::draft())).await.unwrap();
        Note::query().where_in(Note::id, [2, 5, 10]).delete(&db).await.unwrap();
        let page = Note::query().paginate(&db, 2, 4).await.unwrap();
        assert_eq!(
            (page.total, page.data.iter().map(|note| note.id).collect::<Vec<_>>()),
            (7, vec![7, 8, 9])
        );
        assert_eq!(Note::query().with_trashed().paginate(&db, 1, 4).await.unwrap().total, 10);
        let first = Note::query().cursor_paginate(&db, 4, None).await.unwrap();
        let next = Note::query().cursor_paginate(&db, 4, first.next_cursor.as_deref()).await.unwrap();
        assert_eq!(next.data.iter().map(|note| note.id).collect::<Vec<_>>(), [7, 8, 9]);
        let mut ids = Vec::new();
        let mut cursor = Note::query().cursor(&db);
        while let Some(note) = cursor.try_next().await.unwrap() {
            ids.push(note.id);
        }
        let mut by_id = Note::query().cursor_by_id(&db, 2);
        while let Some(note) = by_id.try_next().await.unwrap() {
            ids.push(note.id);
        }
        ids.sort_unstable();
        assert_eq!(ids, [1, 1, 3, 3, 4, 4, 6, 6, 7, 7, 8, 8, 9, 9]);
    }
}

// C-53
#[tokio::test]
async fn one_value_or_an_error() {
    for db in people().await {
        let named = |name: &'static str| Person::query().where_eq(Person::name, name);
        assert_eq!(named("Bob").value_or_fail(&db, Person::age).await.unwrap(), Some(17));
        assert_eq!(named("Cid").sole_value(&db, Person::age).await.unwrap(), None);
        assert!(matches!(
            named("Zoe").value_or_fail(&db, Person::age).await,
            Err(Error::NotFound { model: "Person", .. })
        ));
        assert!(matches!(
            named("Zoe").sole_value(&db, Person::id).await,
            Err(Error::NotFound { model: "Person", .. })
        ));
        let several = Person::query().where_eq(Person::age, 34);
        assert!(matches!(
            several.clone().sole_value(&db, Person::id).await,
            Err(Error::MultipleFound { model: "Person" })
        ));
        assert_eq!(several.limit(1).order_by(Person::id).sole_value(&db, Person::id).await.unwrap(), 1);
    }
}
