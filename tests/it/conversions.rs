//! What setters, comparisons and keys take besides the column's own type.
// Borrows are what is tested.
#![allow(clippy::needless_borrows_for_generic_args)]

use std::borrow::Cow;

use atlas::prelude::*;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::support::{Databases, databases};

#[derive(Model, Debug)]
struct Item {
    id: i64,
    name: String,
    nickname: Option<String>,
    small: i32,
    big: i64,
    maybe_big: Option<i64>,
    float: f64,
    maybe_float: Option<f64>,
    price: Decimal,
    maybe_price: Option<Decimal>,
    flag: bool,
    token: Uuid,
    day: NaiveDate,
    at: DateTime<Utc>,
}

#[derive(Model, Debug)]
struct Word {
    #[primary_key]
    text: String,
}

#[derive(Model, Debug)]
struct Token {
    #[primary_key(uuid)]
    id: Uuid,
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 31).unwrap()
}

async fn items() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Item, Word, Token]).await.unwrap();
        for (name, number) in [("one", 1_u8), ("two", 2)] {
            let nickname = (number == 2).then_some("deuce");
            Item::draft()
                .name(Cow::from(name))
                .nickname(nickname.map(str::to_owned))
                .small(number)
                .big(u32::from(number))
                .maybe_big(number)
                .float(f32::from(number))
                .maybe_float(i16::from(number))
                .price(u64::from(number))
                .maybe_price(i64::from(number))
                .flag(number == 2)
                .token(Uuid::from_u128(number.into()))
                .day(day())
                .at(DateTime::UNIX_EPOCH)
                .save(db)
                .await
                .unwrap();
        }
    }
    databases
}

#[tokio::test]
async fn setters_and_comparisons_take_numbers_that_widen() {
    for db in items().await {
        let two = Item::find_or_fail(&db, 2_u8).await.unwrap();
        assert_eq!((two.small, two.big, two.maybe_big, two.float), (2, 2, Some(2), 2.0));
        assert_eq!((two.price, two.maybe_float), (Decimal::TWO, Some(2.0)));
        let query = Item::query()
            .filter(Item::small.eq(2_u16).and(Item::small.gt(1_i8)))
            .filter(Item::big.eq(2_i16).and(Item::maybe_big.eq(2_u32)))
            .filter(Item::float.eq(2.0_f32).and(Item::float.ge(2_u32)).and(Item::maybe_float.lt(3_i8)))
            .filter(Item::price.eq(2_i64).and(Item::price.le(2_u64)).and(Item::maybe_price.eq(2_u16)))
            .where_between(Item::big, 2_u8, 2_i64)
            .filter((Item::big + 1_u8).eq(3_i16));
        assert_eq!(query.pluck(&db, Item::id).await.unwrap(), [2]);
        let changed = Item::query().update(&db, (Item::big.set(7_u8), Item::price.set(7_u32))).await.unwrap();
        assert_eq!(changed, 2);
    }
}

#[tokio::test]
async fn literals_and_none_need_no_type() {
    for db in items().await {
        let _ = Item::draft().small(1).big(1).maybe_big(1).float(1).float(1.5).price(1).maybe_price(1);
        let _ = Item::draft().nickname(None).maybe_big(None).maybe_float(None).maybe_price(None);
        let query = Item::query()
            .filter(
                Item::small.is_in([1, 2]).and(Item::big.is_in(&[1, 2])).and(Item::float.is_in(&[1.0, 2.0])),
            )
            .filter(Item::price.within(1..=2).and(Item::big.within(1..)).and(Item::maybe_big.ne(None)))
            .filter(Item::maybe_price.ne(None).and(Item::maybe_float.ne(None)))
            .where_eq(Item::nickname, None);
        assert_eq!(query.pluck(&db, Item::id).await.unwrap(), [1]);
    }
}

#[tokio::test]
async fn text_may_be_borrowed_or_owned_or_either() {
    for db in items().await {
        let names = vec!["two".to_owned()];
        for query in [
            Item::query().where_eq(Item::name, Cow::Borrowed("two")),
            Item::query().where_eq(Item::nickname, Cow::<str>::Owned("deuce".into())),
            Item::query().where_in(Item::name, &names),
            Item::query().where_in(Item::name, ["two", "three"].iter()),
            Item::query().filter(Item::nickname.eq("deuce").and(Item::name.ne(&names[0].replace('t', "T")))),
        ] {
            assert_eq!(query.pluck(&db, Item::id).await.unwrap(), [2]);
        }
        Word::draft().text(Cow::Borrowed("a")).save(&db).await.unwrap();
        assert!(Word::find(&db, Cow::Borrowed("a")).await.unwrap().is_some());
        assert_eq!(Word::find_many(&db, ["a", "b"].iter()).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn small_values_compare_by_reference() {
    for db in items().await {
        let (ids, wide) = (vec![2_i32], [2_i64]);
        let token = Uuid::from_u128(2);
        for query in [
            Item::query().where_in(Item::id, &ids),
            Item::query().where_in(Item::id, wide.iter()),
            Item::query().where_in(Item::small, &ids),
            Item::query().where_in(Item::maybe_big, ids.iter()),
            Item::query().where_in(Item::price, &wide),
            Item::query().where_in(Item::price, &[Decimal::TWO]),
            Item::query().where_in(Item::token, &[token]),
            Item::query().where_eq(Item::flag, &true),
            Item::query()
                .where_in(Item::day, &[day()])
                .where_eq(Item::at, &DateTime::UNIX_EPOCH)
                .where_gt(Item::id, 1),
        ] {
            assert_eq!(query.pluck(&db, Item::id).await.unwrap(), [2]);
        }
        assert_eq!(Item::find_many(&db, &wide).await.unwrap().len(), 1);
        assert_eq!(Item::find_many(&db, [1_u32, 2]).await.unwrap().len(), 2);
        assert!(Token::find_many(&db, &[token]).await.unwrap().is_empty());
    }
}
