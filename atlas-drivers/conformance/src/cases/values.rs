//! What is stored comes back, and is found by its value.

use std::fmt::Debug;

use atlas_core::{
    Attribute, Error,
    value::{ColumnType, Value},
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{
    case::{Failure, Verdict, cases},
    expect::{ensure, same},
    expression::{Operators, Refine, ascending, value},
    subject::Subject,
    table::{Table, column, id},
};

cases! {
    integers_of_every_width,
    unsigned_integers_above_the_signed,
    floats,
    floats_that_are_no_numbers,
    truths,
    texts,
    texts_are_equal_only_to_themselves,
    text_with_a_nul_is_never_cut,
    large_texts_and_bytes,
    bytes,
    decimals,
    decimals_compare_as_numbers,
    uuids,
    dates,
    times,
    date_times,
    timestamps,
    dates_that_are_far_away,
    json,
    json_null_is_not_null,
    null_of_every_type,
    empty_is_not_null,
}

/// A table with a column of the type `T`, and these values in rows 0, 1, ….
async fn stored<T: Attribute>(db: &Subject, values: &[T]) -> Verdict<Table> {
    let table = db.table([id(), column("v", T::TYPE).nullable()]).await?;
    let rows = (0i64..).zip(values).map(|(id, value)| vec![id.into(), value.encode()]);
    db.run(table.insert(&["id", "v"], rows)).await?;
    Ok(table)
}

/// Values come back as they were.
async fn comes_back<T: Attribute + PartialEq + Debug>(db: &Subject, values: &[T]) -> Verdict<Table> {
    let table = stored(db, values).await?;
    let found: Vec<T> = db.column(table.select(&["v"]).order([ascending(table.get("id"))])).await?;
    same("the number of rows", &values.len(), &found.len())?;
    for (stored, found) in values.iter().zip(&found) {
        same(format!("a stored {:?}", T::TYPE), stored, found)?;
    }
    Ok(table)
}

/// Values come back as they were, each is found by equality, and they are ordered as in Rust.
async fn keeps<T: Attribute + PartialOrd + Debug + Clone>(db: &Subject, values: &[T]) -> Verdict {
    let table = comes_back(db, values).await?;
    for wanted in values {
        let found: Vec<T> =
            db.column(table.select(&["v"]).filter(table.get("v").is(wanted.encode()))).await?;
        let expected: Vec<T> = values.iter().filter(|value| *value == wanted).cloned().collect();
        same(format!("the rows whose {:?} is {wanted:?}", T::TYPE), &expected, &found)?;
        let within = table.get("v").within([wanted.encode()]);
        let found: Vec<T> = db.column(table.select(&["v"]).filter(within)).await?;
        same(format!("the rows whose {:?} is in [{wanted:?}]", T::TYPE), &expected, &found)?;

        let greater = db.column::<T>(table.select(&["v"]).filter(table.get("v").gt(wanted.encode()))).await?;
        let expected = values.iter().filter(|value| *value > wanted).count();
        same(
            format!("the number of rows whose {:?} is above {wanted:?}", T::TYPE),
            &expected,
            &greater.len(),
        )?;
    }
    let found: Vec<T> = db.column(table.select(&["v"]).order([ascending(table.get("v"))])).await?;
    let disorder = found.windows(2).find(|pair| pair[0] > pair[1]);
    ensure(disorder.is_none(), || format!("{:?} in ascending order has {disorder:?}", T::TYPE))?;

    // An update stores as an insert does.
    for wanted in values {
        let update = table.update([("v", value(wanted.encode()))]).filter(table.get("id").is(0));
        db.run(update).await?;
        let found: T = db.one(table.select(&["v"]).filter(table.get("id").is(0))).await?;
        same(format!("an updated {:?}", T::TYPE), wanted, &found)?;
    }
    Ok(())
}

async fn integers_of_every_width(db: Subject) -> Verdict {
    keeps(&db, &[0, -1, 1, i8::MIN, i8::MAX]).await?;
    keeps(&db, &[0, -1, 256, i16::MIN, i16::MAX]).await?;
    keeps(&db, &[0, -1, 65_536, i32::MIN, i32::MAX]).await?;
    keeps(&db, &[0, -1, (1 << 53) + 1, i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX]).await?;
    keeps(&db, &[0, 1, u8::MAX]).await?;
    keeps(&db, &[0, 1, u16::MAX]).await?;
    keeps(&db, &[0, 1, u32::MAX]).await?;
    keeps(&db, &[0, 1, (1 << 53) + 1, i64::MAX.unsigned_abs()]).await
}

async fn unsigned_integers_above_the_signed(db: Subject) -> Verdict {
    // A database without such integers says Unsupported, which is a skip; it never rounds or wraps.
    keeps(&db, &[0, i64::MAX.unsigned_abs(), i64::MAX.unsigned_abs() + 1, u64::MAX - 1, u64::MAX]).await
}

async fn floats(db: Subject) -> Verdict {
    let extremes = [
        0.0,
        0.1,
        -0.1,
        1.0 / 3.0,
        1e15 + 0.5,
        f64::MIN_POSITIVE,
        5e-324,
        f64::MIN,
        f64::MAX,
        f64::EPSILON,
        -7.0,
    ];
    keeps(&db, &extremes).await?;
    keeps(&db, &[0.0f32, 0.1, -0.1, 1.0 / 3.0, 16_777_216.0, f32::MIN_POSITIVE, f32::MIN, f32::MAX]).await
}

/// They are stored, or refused; NULL in their place would be a silent change of data.
async fn floats_that_are_no_numbers(db: Subject) -> Verdict {
    let table = db.table([id(), column("v", ColumnType::F64).nullable()]).await?;
    for (id, number) in (0i64..).zip([f64::INFINITY, f64::NEG_INFINITY, f64::NAN]) {
        let insert = table.insert(&["id", "v"], [vec![id.into(), number.into()]]).into();
        if db.link().await?.send(&insert, ()).await.is_err() {
            continue;
        }
        let found: Option<f64> = db.one(table.select(&["v"]).filter(table.get("id").is(id))).await?;
        let kept = found.is_some_and(|found| found == number || (found.is_nan() && number.is_nan()));
        ensure(kept, || format!("a stored {number}: expected it, or an error, found {found:?}"))?;
    }
    Ok(())
}

async fn truths(db: Subject) -> Verdict {
    keeps(&db, &[false, true]).await?;
    let table = stored(&db, &[Some(false), Some(true), None]).await?;
    let ids = async |condition| db.column::<i64>(table.select(&["id"]).filter(condition)).await;
    same("the rows whose bool, as a condition, holds", &vec![1], &ids(table.get("v")).await?)?;
    same("the rows whose bool, as a condition, does not", &vec![0], &ids(table.get("v").negated()).await?)?;
    same("the rows where `true` holds", &3, &ids(value(true)).await?.len())?;
    same("the rows where `false` holds", &0, &ids(value(false)).await?.len())
}

const TEXTS: [&str; 22] = [
    "",
    " ",
    "a",
    "a ",
    "A",
    "'",
    "''",
    "it's",
    "\"",
    "`",
    "\\",
    "\\'",
    "%",
    "_",
    "?",
    "$1",
    ":name",
    "line\nbreak\r\n\t",
    "; DROP TABLE users; --",
    "ünïcödé \u{301}",
    "😀👩‍👩‍👧",
    "\u{202e}rtl\u{feff}",
];

async fn texts(db: Subject) -> Verdict {
    let texts = TEXTS.map(str::to_owned);
    comes_back(&db, &texts).await?;
    for text in texts {
        comes_back(&db, &[text]).await?;
    }
    // Text that looks like something else stays text.
    for text in ["1", "01", "1.0", "1e5", "NULL", "true", "2026-01-31", "0x10", "{}", "-0", "Infinity"] {
        comes_back(&db, &[text.to_owned()]).await?;
    }
    Ok(())
}

/// No two of these are the same: neither case nor spaces at the end are passed over.
async fn texts_are_equal_only_to_themselves(db: Subject) -> Verdict {
    let table = stored(&db, &TEXTS.map(str::to_owned)).await?;
    for text in TEXTS {
        let found: Vec<String> = db.column(table.select(&["v"]).filter(table.get("v").is(text))).await?;
        same(format!("the rows whose text is {text:?}"), &vec![text.to_owned()], &found)?;
    }
    Ok(())
}

/// A database that stores none says Unsupported, which is a skip.
async fn text_with_a_nul_is_never_cut(db: Subject) -> Verdict {
    let table = db.table([id(), column("v", ColumnType::Text)]).await?;
    for (id, text) in (0i64..).zip(["\0", "a\0b", "end\0"]) {
        db.run(table.insert(&["id", "v"], [vec![id.into(), text.into()]])).await?;
        let found: String = db.one(table.select(&["v"]).filter(table.get("v").is(text))).await?;
        same("a stored text with a NUL", text, found.as_str())?;
    }
    Ok(())
}

async fn large_texts_and_bytes(db: Subject) -> Verdict {
    comes_back(&db, &["ä".repeat(1 << 20), "x".to_owned()]).await?;
    comes_back(&db, &[vec![0xff; 3 << 20], vec![1]]).await.map(|_| ())
}

async fn bytes(db: Subject) -> Verdict {
    keeps(&db, &[vec![], vec![0], vec![0, 0], b"text".to_vec(), b"'\\".to_vec(), (0..=255).collect()]).await
}

/// Decimals from their texts.
fn numbers(texts: &[&str]) -> Verdict<Vec<Decimal>> {
    let read = |text: &&str| text.parse().map_err(|_| Failure::broken(format_args!("no decimal: {text}")));
    texts.iter().map(read).collect()
}

async fn decimals(db: Subject) -> Verdict {
    keeps(&db, &numbers(&["0", "0.99", "-0.05", "1", "-1", "100", "1000000000000", "12345678.87654321"])?)
        .await?;
    let long = [
        "1234567890123456789012345678",
        "-1234567890123456789012345678",
        "0.0000000000000000000000000001",
        "0.1234567890123456789012345678",
        "99999999999999.99999999999999",
        "99999999999999.99999999999998",
        "9007199254740993",
        "0.30000000000000004",
    ];
    keeps(&db, &numbers(&long)?).await
}

/// `10` is more than `9.5`, and `1.0` is `1.00`.
async fn decimals_compare_as_numbers(db: Subject) -> Verdict {
    let table = stored(&db, &numbers(&["10", "9.5", "-10", "-9.5", "1.0", "0.10"])?).await?;
    let ids = async |condition| -> Verdict<Vec<i64>> {
        db.column(table.select(&["id"]).filter(condition).order([ascending(table.get("id"))])).await
    };
    let decimal =
        |text: &str| -> Verdict<Value> { Ok(text.parse::<Decimal>().map_err(Failure::broken)?.encode()) };
    same("the decimals above 9.5", &vec![0], &ids(table.get("v").gt(decimal("9.50")?)).await?)?;
    same("the decimals below -9.5", &vec![2], &ids(table.get("v").lt(decimal("-9.5")?)).await?)?;
    same("the decimals that are 1.00", &vec![4], &ids(table.get("v").is(decimal("1.00")?)).await?)?;
    same("the decimals that are 0.1", &vec![5], &ids(table.get("v").is(decimal("0.1")?)).await?)?;
    same("the decimals that are 10", &vec![0], &ids(table.get("v").is(10)).await?)?;
    same(
        "the decimals in [9.50, 1]",
        &vec![1, 4],
        &ids(table.get("v").within([decimal("9.50")?, decimal("1")?])).await?,
    )?;
    let between = table.get("v").between(value(decimal("-9.5")?), value(decimal("1")?));
    same("the decimals between -9.5 and 1", &vec![3, 4, 5], &ids(between).await?)?;
    let ordered: Vec<i64> = db.column(table.select(&["id"]).order([ascending(table.get("v"))])).await?;
    same("the decimals in order", &vec![2, 3, 5, 4, 1, 0], &ordered)
}

async fn uuids(db: Subject) -> Verdict {
    keeps(&db, &[Uuid::nil(), Uuid::max(), Uuid::from_u128(0x0190_1234_5678_7abc_8def_0011_2233_4455)]).await
}

async fn dates(db: Subject) -> Verdict {
    let days = [
        (1, 1, 1),
        (1582, 10, 10),
        (1900, 2, 28),
        (1969, 12, 31),
        (1970, 1, 1),
        (2000, 2, 29),
        (9999, 12, 31),
    ];
    let days: Vec<NaiveDate> =
        days.iter().filter_map(|(y, m, d)| NaiveDate::from_ymd_opt(*y, *m, *d)).collect();
    keeps(&db, &days).await
}

async fn times(db: Subject) -> Verdict {
    let times = [
        (0, 0, 0, 0),
        (0, 0, 0, 1),
        (9, 5, 3, 120_000),
        (12, 30, 0, 0),
        (12, 30, 0, 500_000),
        (23, 59, 59, 999_999),
    ];
    let times: Vec<NaiveTime> =
        times.iter().filter_map(|(h, m, s, u)| NaiveTime::from_hms_micro_opt(*h, *m, *s, *u)).collect();
    keeps(&db, &times).await
}

/// Moments to the microsecond, which is what every database can store.
fn moments() -> Vec<NaiveDateTime> {
    let seconds = [-62_135_596_800, -2_208_988_801, -1, 0, 1, 951_782_400, 4_294_967_296, 253_402_300_799];
    let micros = [0, 1, 120_000, 123_456, 999_999];
    let at = |second, micro: u32| DateTime::from_timestamp(second, micro * 1_000).map(|at| at.naive_utc());
    seconds.iter().flat_map(|second| micros.iter().filter_map(move |micro| at(*second, *micro))).collect()
}

async fn date_times(db: Subject) -> Verdict {
    keeps(&db, &moments()).await
}

async fn timestamps(db: Subject) -> Verdict {
    let moments: Vec<DateTime<Utc>> = moments().iter().map(NaiveDateTime::and_utc).collect();
    keeps(&db, &moments).await
}

/// A date that a database cannot keep, or keep in order, is refused as Unsupported, which is a skip once
/// the others were looked at.
async fn dates_that_are_far_away(db: Subject) -> Verdict {
    use ColumnType::{Date, DateTime, Timestamp};
    let dates =
        [(9999, 12, 31), (10_000, 1, 1), (262_142, 12, 31), (0, 1, 1), (-1, 12, 31), (-262_143, 1, 1)];
    let at = NaiveTime::from_hms_micro_opt(12, 30, 5, 0).unwrap_or_default();
    let mut refused = Ok(());
    for (ty, (year, month, day)) in
        [Date, DateTime, Timestamp].into_iter().flat_map(|ty| dates.map(|date| (ty, date)))
    {
        let Some(date) = NaiveDate::from_ymd_opt(year, month, day) else { continue };
        let far = match ty {
            Date => date.encode(),
            DateTime => date.and_time(at).encode(),
            _ => date.and_time(at).and_utc().encode(),
        };
        let epoch = match ty {
            Date => NaiveDate::default().encode(),
            DateTime => NaiveDateTime::default().encode(),
            _ => NaiveDateTime::default().and_utc().encode(),
        };
        let table = db.table([id(), column("v", ty)]).await?;
        db.run(table.insert(&["id", "v"], [vec![0.into(), epoch]])).await?;
        let insert = table.insert(&["id", "v"], [vec![1.into(), far]]).into();
        match db.link().await?.send(&insert, ()).await {
            Ok(_) => {}
            Err(unsupported @ Error::Unsupported { .. }) => {
                refused = Err(unsupported.into());
                continue;
            }
            Err(error) => {
                return Err(Failure::broken(format_args!(
                    "a {ty:?} of the year {year}: expected Unsupported, found {error:?}"
                )));
            }
        }
        let last = if year > 1970 { 1 } else { 0 };
        let ids: Vec<i64> = db.column(table.select(&["id"]).order([ascending(table.get("v"))])).await?;
        same(format!("the {ty:?} of the years 1970 and {year} in order"), &vec![1 - last, last], &ids)?;
        let select = table.select(&["v"]).filter(table.get("id").is(1));
        let found = match ty {
            Date => db.one::<NaiveDate>(select).await?,
            DateTime => db.one::<NaiveDateTime>(select).await?.date(),
            _ => db.one::<chrono::DateTime<Utc>>(select).await?.date_naive(),
        };
        same(format!("a {ty:?} of the year {year}"), &date, &found)?;
    }
    refused
}

async fn json(db: Subject) -> Verdict {
    let values = [
        serde_json::json!({}),
        serde_json::json!([]),
        serde_json::json!({ "a": [1, 2.5, null, true, "x'\"\\"], "ä": { "😀": "\n" }, "": "" }),
        serde_json::json!("text"),
        serde_json::json!(i64::MAX),
        serde_json::json!(false),
        serde_json::json!([[[[[0]]]]]),
    ];
    comes_back(&db, &values).await.map(|_| ())
}

async fn json_null_is_not_null(db: Subject) -> Verdict {
    let table = stored(&db, &[Some(serde_json::Value::Null), None]).await?;
    let found: Vec<i64> = db.column(table.select(&["id"]).filter(table.get("v").null())).await?;
    same("the rows whose JSON is NULL", &vec![1], &found)?;
    let found: Option<serde_json::Value> = db.one(table.select(&["v"]).filter(table.get("id").is(0))).await?;
    same("a stored JSON null", &Some(serde_json::Value::Null), &found)
}

async fn null_of_every_type(db: Subject) -> Verdict {
    use ColumnType::{
        Bool, Bytes, Date, DateTime, F32, F64, I8, I16, I32, I64, Json, Numeric, Text, Time, Timestamp, U8,
        U16, U32, U64, Uuid,
    };
    for ty in [
        Bool, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64, Numeric, Text, Bytes, Uuid, Date, Time,
        DateTime, Timestamp, Json,
    ] {
        let table = db.table([id(), column("v", ty).nullable()]).await?;
        db.run(table.insert(&["id", "v"], [vec![1.into(), Value::Null]])).await?;
        let rows = db.rows(table.select(&["v"]).filter(table.get("v").null())).await?;
        let values: Vec<Value> = rows.into_iter().flat_map(|row| row.0).collect();
        same(format!("a stored NULL of {ty:?}"), &vec![Value::Null], &values)?;
    }
    Ok(())
}

async fn empty_is_not_null(db: Subject) -> Verdict {
    let table = stored(&db, &[Some(String::new()), None]).await?;
    let found: Vec<i64> = db.column(table.select(&["id"]).filter(table.get("v").null())).await?;
    same("the rows whose text is NULL", &vec![1], &found)?;
    let table = stored(&db, &[Some(Vec::<u8>::new()), None]).await?;
    let found: Vec<i64> = db.column(table.select(&["id"]).filter(table.get("v").null())).await?;
    same("the rows whose bytes are NULL", &vec![1], &found)
}
