//! What is computed of columns: the same on every database.

use atlas::{
    Expr, case_when, now,
    prelude::*,
    statement::TimeUnit,
    types::{
        chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc},
        rust_decimal::Decimal,
    },
    val,
};

use crate::support::{Databases, databases};

#[derive(Model, Debug)]
struct Item {
    id: i64,
    name: String,
    note: Option<String>,
    price: Decimal,
    ratio: f64,
    stock: i32,
    sold: Option<i32>,
    due: NaiveDate,
    at: DateTime<Utc>,
    wall: NaiveDateTime,
    opens: NaiveTime,
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn moment(text: &str) -> DateTime<Utc> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").unwrap().and_utc()
}

fn wall(text: &str) -> NaiveDateTime {
    moment(text).naive_utc()
}

async fn items() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Item]).await.unwrap();
        Item::draft()
            .name("  Ünïcödé 'q\" %_\\ ")
            .note(None)
            .price(decimal("-12.345"))
            .ratio(2.5)
            .stock(7)
            .sold(None)
            .due(date("2024-01-31"))
            .at(moment("2024-12-31 23:59:58.765432"))
            .wall(wall("2023-03-05 04:05:06.5"))
            .opens("08:30:15".parse::<NaiveTime>().unwrap())
            .save(db)
            .await
            .unwrap();
    }
    databases
}

/// Each holds for the one item.
async fn hold(cases: Vec<Expr<Item>>) {
    for db in items().await {
        for (index, case) in cases.iter().enumerate() {
            let query = Item::query().filter(case.clone());
            let text = query.to_sql(&db).unwrap().text;
            let found =
                query.count(&db).await.unwrap_or_else(|error| panic!("case {index}: {text}: {error}"));
            assert_eq!(found, 1, "case {index}: {text}");
        }
    }
}

macro_rules! cases {
    ($($case:expr),* $(,)?) => { vec![$($case.scoped()),*] };
}

#[tokio::test]
async fn texts() {
    let name = Item::name;
    hold(cases![
        name.lower().eq("  ünïcödé 'q\" %_\\ "),
        name.upper().eq("  ÜNÏCÖDÉ 'Q\" %_\\ "),
        name.trim().eq("Ünïcödé 'q\" %_\\"),
        name.trim_start().eq("Ünïcödé 'q\" %_\\ "),
        name.trim_end().eq("  Ünïcödé 'q\" %_\\"),
        name.length().eq(18),
        name.trim().length().eq(15),
        name.trim().concat("; drop table items --").eq("Ünïcödé 'q\" %_\\; drop table items --"),
        name.concat(Item::note).is_null(),
        name.concat(Item::name).length().eq(36),
        name.substring(3, 4).eq("Ünïc"),
        name.substring(0, 3).eq("  Ü"),
        name.substring(100, 3).eq(""),
        name.replace("'q\"", "??").eq("  Ünïcödé ?? %_\\ "),
        name.replace("", "x").eq(Item::name),
        name.trim().left(3).eq("Ünï"),
        name.trim().left(0).eq(""),
        name.trim().left(400).eq("Ünïcödé 'q\" %_\\"),
        name.trim().right(2).eq("_\\"),
        name.trim().right(0).eq(""),
        name.trim().right(400).eq("Ünïcödé 'q\" %_\\"),
        name.position("ï").eq(5),
        name.position("N").eq(0),
        name.position("").eq(1),
        name.trim().left(2).pad_start(6, "ab").eq("ababÜn"),
        name.trim().left(2).pad_end(5, "ab").eq("Ünaba"),
        name.pad_start(3, "x").eq("  Ü"),
        name.trim().left(3).reverse().eq("ïnÜ"),
        name.trim().left(1).repeat(3).eq("ÜÜÜ"),
        name.trim().left(1).repeat(0).eq(""),
        Item::note.lower().is_null(),
        Item::note.length().is_null(),
        Item::stock.to_text().eq("7"),
        Item::stock.to_text().concat("!").eq("7!"),
        val("a").concat("b").eq("ab"),
        val("Ä").lower().eq("ä"),
    ])
    .await;
}

#[tokio::test]
async fn numbers() {
    let (price, ratio, stock) = (Item::price, Item::ratio, Item::stock);
    hold(cases![
        price.abs().eq(decimal("12.345")),
        price.round(2).eq(decimal("-12.35")),
        price.round(0).eq(-12),
        price.ceil().eq(-12),
        price.floor().eq(-13),
        price.sign().eq(-1),
        price.to_integer().eq(-12),
        price.to_float().eq(-12.345),
        (price * 2).abs().gt(price),
        ratio.round(0).eq(3.0),
        (ratio * -1.0).round(0).eq(-3.0),
        (ratio + 0.125).round(2).eq(2.63),
        (ratio * 1e20).round(3).eq(2.5e20),
        ratio.ceil().eq(3.0),
        ratio.floor().eq(2.0),
        (ratio * -1.0).floor().eq(-3.0),
        (ratio * -1.0).to_integer().eq(-2),
        ratio.sign().eq(1),
        ratio.power(2).eq(6.25),
        stock.power(2).eq(49.0),
        stock.round(3).eq(7),
        stock.ceil().eq(7),
        (stock - 10).abs().eq(3),
        (stock - 7).sign().eq(0),
        (stock + 2).sqrt().eq(3.0),
        price.sqrt().is_null(),
        (stock - 8).sqrt().is_null(),
        Item::sold.abs().is_null(),
        Item::sold.round(1).is_null(),
        (stock + Item::sold).is_null(),
        (stock / 0).is_null(),
        (stock % 0).is_null(),
        (stock / 2).eq(3),
        stock.bit_and(3).eq(3),
        stock.bit_or(8).eq(15),
        (val(10) - stock).eq(3),
        stock.to_float().eq(7.0),
        stock.between(stock, 8),
        stock.not_between(8, 9),
    ])
    .await;
}

#[tokio::test]
async fn one_of_several() {
    let (stock, sold) = (Item::stock, Item::sold);
    hold(cases![
        case_when(stock.gt(100), "many").when(stock.gt(5), "some").otherwise("few").eq("some"),
        case_when(stock.gt(100), "many").when(stock.gt(50), "some").otherwise("few").eq("few"),
        case_when(stock.gt(100), "many").end().is_null(),
        case_when(stock.gt(5), stock).otherwise(sold).eq(7),
        case_when(stock.gt(50), stock).otherwise(sold).is_null(),
        case_when(sold.gt(5), 1).otherwise(0).eq(0),
        case_when(stock.gt(5), Item::price).otherwise(0).eq(decimal("-12.345")),
        case_when(stock.gt(5), Item::due).end().eq(date("2024-01-31")),
        sold.coalesce(3).eq(3),
        stock.coalesce(3).eq(7),
        sold.coalesce(sold).coalesce(4).eq(4),
        Item::note.coalesce("none").eq("none"),
        stock.nullif(7).is_null(),
        stock.nullif(8).eq(7),
        stock.nullif(sold).eq(7),
        stock.greatest(9).eq(9),
        stock.greatest(stock).eq(7),
        stock.least(9).eq(7),
        stock.least(sold).is_null(),
        sold.greatest(1).is_null(),
        Item::price.least(decimal("-3")).eq(decimal("-12.345")),
        Item::price.greatest(decimal("-9")).eq(decimal("-9")),
        Item::name.greatest("z").ne(""),
    ])
    .await;
}

#[tokio::test]
async fn parts_of_dates() {
    let (due, at, wall_at, opens) = (Item::due, Item::at, Item::wall, Item::opens);
    hold(cases![
        due.year().eq(2024),
        due.month().eq(1),
        due.day().eq(31),
        due.weekday().eq(3),
        due.day_of_year().eq(31),
        at.year().eq(2024),
        at.month().eq(12),
        at.day().eq(31),
        at.hour().eq(23),
        at.minute().eq(59),
        at.second().eq(58),
        at.weekday().eq(2),
        at.day_of_year().eq(366),
        at.date().eq(date("2024-12-31")),
        at.time().gt("23:59:58".parse::<NaiveTime>().unwrap()),
        at.time().lt("23:59:59".parse::<NaiveTime>().unwrap()),
        wall_at.year().eq(2023),
        wall_at.second().eq(6),
        wall_at.weekday().eq(7),
        wall_at.date().eq(date("2023-03-05")),
        wall_at.time().eq(NaiveTime::from_hms_milli_opt(4, 5, 6, 500).unwrap()),
        due.date().eq(due),
        opens.hour().eq(8),
        opens.minute().eq(30),
        opens.second().eq(15),
        opens.time().eq(opens),
    ])
    .await;
}

#[tokio::test]
async fn reckoning_with_dates() {
    let (due, at, wall_at) = (Item::due, Item::at, Item::wall);
    hold(cases![
        due.plus(1, TimeUnit::Month).eq(date("2024-02-29")),
        due.plus(13, TimeUnit::Month).eq(date("2025-02-28")),
        due.plus(-1, TimeUnit::Day).eq(date("2024-01-30")),
        due.plus(1, TimeUnit::Week).eq(date("2024-02-07")),
        due.plus(-4, TimeUnit::Year).eq(date("2020-01-31")),
        due.plus(Item::stock.to_integer(), TimeUnit::Day).eq(date("2024-02-07")),
        at.plus(2, TimeUnit::Second).eq(moment("2025-01-01 00:00:00.765432")),
        at.plus(-24, TimeUnit::Hour).eq(moment("2024-12-30 23:59:58.765432")),
        at.plus(90, TimeUnit::Minute).eq(moment("2025-01-01 01:29:58.765432")),
        at.plus(2, TimeUnit::Month).eq(moment("2025-02-28 23:59:58.765432")),
        wall_at.plus(1, TimeUnit::Day).eq(wall("2023-03-06 04:05:06.5")),
        wall_at.plus(1, TimeUnit::Year).eq(wall("2024-03-05 04:05:06.5")),
        due.truncate(TimeUnit::Year).eq(date("2024-01-01")),
        due.truncate(TimeUnit::Month).eq(date("2024-01-01")),
        due.truncate(TimeUnit::Week).eq(date("2024-01-29")),
        due.truncate(TimeUnit::Day).eq(due),
        at.truncate(TimeUnit::Year).eq(moment("2024-01-01 00:00:00")),
        at.truncate(TimeUnit::Month).eq(moment("2024-12-01 00:00:00")),
        at.truncate(TimeUnit::Week).eq(moment("2024-12-30 00:00:00")),
        at.truncate(TimeUnit::Day).eq(moment("2024-12-31 00:00:00")),
        at.truncate(TimeUnit::Hour).eq(moment("2024-12-31 23:00:00")),
        at.truncate(TimeUnit::Minute).eq(moment("2024-12-31 23:59:00")),
        at.truncate(TimeUnit::Second).eq(moment("2024-12-31 23:59:58")),
        wall_at.truncate(TimeUnit::Hour).eq(wall("2023-03-05 04:00:00")),
        at.seconds_since(moment("2024-12-31 23:59:00")).eq(58.765432),
        at.seconds_since(moment("2025-01-01 00:00:00.765432")).eq(-2.0),
        due.seconds_since(date("2024-01-30")).eq(86_400.0),
        now().gt(at),
        now().lt(Utc::now() + atlas::types::chrono::TimeDelta::hours(1)),
        now().gt(Utc::now() - atlas::types::chrono::TimeDelta::hours(1)),
    ])
    .await;
}

#[tokio::test]
async fn what_cannot_be_computed_says_so() {
    for db in items().await {
        let hours = Item::query().filter(Item::due.plus(1, TimeUnit::Hour).eq(date("2024-01-31")));
        let error = hours.count(&db).await.unwrap_err().to_string();
        assert!(error.contains("a date has no time of day"), "{error}");
        let padded = Item::query().filter(Item::name.pad_end(9, "").eq("x"));
        let error = padded.count(&db).await.unwrap_err().to_string();
        assert!(error.contains("padded with nothing"), "{error}");
    }
}

// C-36
#[tokio::test]
async fn bits() {
    let (stock, big) = (Item::stock, || val(i64::MIN));
    hold(cases![
        stock.bit_and(5).eq(5),
        stock.bit_or(8).eq(15),
        stock.bit_xor(5).eq(2),
        stock.bit_xor(stock).eq(0),
        stock.bit_xor(-1).eq(-8),
        stock.bit_xor(Item::sold).is_null(),
        stock.bit_not().eq(-8),
        (stock * -1).bit_and(-1).eq(-7),
        (stock * -1).bit_or(1).eq(-7),
        stock.shift_left(40).eq(7_696_581_394_432_i64),
        stock.shift_left(0).eq(7),
        stock.shift_right(1).eq(3),
        (stock * -1).shift_right(1).eq(-4),
        (stock * -1).shift_right(63).eq(-1),
        big().shift_right(62).eq(-2).and(stock.eq(7)),
        val(1_i64).shift_left(63).eq(i64::MIN).and(stock.eq(7)),
        Item::sold.shift_left(1).is_null(),
    ])
    .await;
    for db in items().await {
        let error = Item::query().filter(Item::stock.shift_left(64).eq(0)).get(&db).await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{error}");
    }
}

#[tokio::test]
async fn casts() {
    let text = |text: &str| val(text);
    hold(cases![
        text("-42").cast::<i64>().eq(-42).and(Item::stock.eq(7)),
        text("+42").cast::<i64>().eq(42).and(Item::stock.eq(7)),
        text("999999999999999999").cast::<i64>().eq(999_999_999_999_999_999_i64).and(Item::stock.eq(7)),
        text("9999999999999999999").cast::<i64>().is_null().and(Item::stock.eq(7)),
        text("42 ").cast::<i64>().is_null().and(Item::stock.eq(7)),
        text("42\n").cast::<i64>().is_null().and(Item::stock.eq(7)),
        text("4x").cast::<i64>().is_null().and(Item::stock.eq(7)),
        text("'; drop table items --").cast::<i64>().is_null().and(Item::stock.eq(7)),
        text("").cast::<i64>().is_null().and(Item::stock.eq(7)),
        text("1.5").cast::<i64>().is_null().and(Item::stock.eq(7)),
        text("1.5").cast::<f64>().eq(1.5).and(Item::stock.eq(7)),
        text("-2e3").cast::<f64>().eq(-2000.0).and(Item::stock.eq(7)),
        text("inf").cast::<f64>().is_null().and(Item::stock.eq(7)),
        text("1e999").cast::<f64>().is_null().and(Item::stock.eq(7)),
        text("0.1000000001").cast::<Decimal>().eq(decimal("0.1000000001")).and(Item::stock.eq(7)),
        (text("0.1").cast::<Decimal>() + decimal("0.2")).eq(decimal("0.3")).and(Item::stock.eq(7)),
        text("1,5").cast::<Decimal>().is_null().and(Item::stock.eq(7)),
        text("2024-02-29").cast::<NaiveDate>().eq(date("2024-02-29")).and(Item::stock.eq(7)),
        text("2023-02-29").cast::<NaiveDate>().is_null().and(Item::stock.eq(7)),
        text("2023-13-01").cast::<NaiveDate>().is_null().and(Item::stock.eq(7)),
        text("0000-00-00").cast::<NaiveDate>().is_null().and(Item::stock.eq(7)),
        text("today").cast::<NaiveDate>().is_null().and(Item::stock.eq(7)),
        text("2024-01-31").cast::<NaiveDate>().eq(Item::due),
        text("2024-01-31").cast::<NaiveDate>().plus(1, TimeUnit::Month).gt(Item::due),
        text("08:30:15").cast::<NaiveTime>().eq(Item::opens),
        text("24:00").cast::<NaiveTime>().is_null().and(Item::stock.eq(7)),
        text("2024-12-31 23:59:58.765432").cast::<DateTime<Utc>>().eq(Item::at),
        text("2024-12-31T23:59:58.765432Z").cast::<DateTime<Utc>>().eq(Item::at),
        text("2024-12-31").cast::<DateTime<Utc>>().is_null().and(Item::stock.eq(7)),
        text("2023-02-30 10:00").cast::<NaiveDateTime>().is_null().and(Item::stock.eq(7)),
        text("2023-03-05 04:05:06.5").cast::<NaiveDateTime>().eq(Item::wall),
        Item::stock.cast::<String>().eq("7"),
        Item::sold.cast::<String>().is_null(),
        Item::note.cast::<i64>().is_null(),
        Item::due.cast::<String>().eq("2024-01-31"),
        Item::opens.cast::<String>().eq("08:30:15"),
        Item::wall.cast::<String>().eq("2023-03-05 04:05:06"),
        Item::at.cast::<String>().eq("2024-12-31 23:59:58"),
        Item::at.cast::<String>().cast::<DateTime<Utc>>().lt(Item::at),
    ])
    .await;
}
