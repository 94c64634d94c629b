use std::{collections::BTreeMap, time::Duration};

use atlas::{
    ConstraintKind, Error,
    prelude::*,
    value::{ColumnType, Value, ValueRef},
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::support::databases;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Settings {
    theme: String,
    tags: Vec<String>,
    limits: BTreeMap<String, i64>,
}

#[derive(Attribute, Debug, Clone, Copy, PartialEq)]
enum Status {
    Draft,
    #[attribute(rename = "live")]
    Published,
    OnHold,
}

#[derive(Attribute, Debug, Clone, Copy, PartialEq)]
#[attribute(integer)]
enum Level {
    Low = 1,
    High = 10,
}

struct Seconds;

impl Cast<Duration> for Seconds {
    const TYPE: ColumnType = ColumnType::F64;

    fn encode(value: &Duration) -> Value {
        value.as_secs_f64().into()
    }

    fn decode(value: ValueRef<'_>) -> Result<Duration> {
        let seconds = f64::decode(value)?;
        Duration::try_from_secs_f64(seconds).map_err(|_| Error::decode("length of time", value))
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Celsius(f64);

impl Attribute for Celsius {
    type Base = Self;
    const TYPE: ColumnType = ColumnType::F64;

    fn encode(&self) -> Value {
        self.0.into()
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        f64::decode(value).map(Celsius)
    }
}

#[derive(Model, Debug)]
struct Everything {
    id: i64,
    i8: i8,
    i16: i16,
    i32: i32,
    i64: i64,
    u8: u8,
    u16: u16,
    u32: u32,
    u64: u64,
    f32: f32,
    f64: f64,
    boolean: bool,
    text: String,
    bytes: Vec<u8>,
    uuid: Uuid,
    decimal: Decimal,
    date: NaiveDate,
    time: NaiveTime,
    naive: NaiveDateTime,
    instant: DateTime<Utc>,
    json: serde_json::Value,
    #[cast(json)]
    settings: Settings,
    status: Status,
    level: Level,
    #[cast(with = Seconds)]
    length: Duration,
    warmth: Celsius,
    maybe_i32: Option<i32>,
    maybe_text: Option<String>,
    maybe_bytes: Option<Vec<u8>>,
    maybe_uuid: Option<Uuid>,
    maybe_decimal: Option<Decimal>,
    maybe_instant: Option<DateTime<Utc>>,
    #[cast(json)]
    maybe_settings: Option<Settings>,
    maybe_status: Option<Status>,
    #[cast(with = Seconds)]
    maybe_length: Option<Duration>,
}

fn settings() -> Settings {
    Settings {
        theme: "d'ark \"x\"".into(),
        tags: vec!["a".into()],
        limits: [("n".to_owned(), i64::MAX)].into(),
    }
}

fn instant() -> DateTime<Utc> {
    "2026-01-31T12:30:05.123456Z".parse().unwrap()
}

// 000-94
#[tokio::test]
async fn every_type_comes_back_as_it_went() {
    for db in databases().await {
        db.create_tables(models![Everything]).await.unwrap();
        // PostgreSQL stores no NUL.
        let text = "quo'te \"double\" \0 nul é 🦀";
        let text = if db.driver_name() == "postgres" { &text.replace('\0', "") } else { text };
        let saved = Everything::draft()
            .i8(i8::MIN)
            .i16(i16::MIN)
            .i32(i32::MIN)
            .i64(i64::MIN)
            .u8(u8::MAX)
            .u16(u16::MAX)
            .u32(u32::MAX)
            .u64(i64::MAX as u64)
            .f32(f32::MIN_POSITIVE)
            .f64(f64::MAX)
            .boolean(true)
            .text(text)
            .bytes(vec![0, 255, 1])
            .uuid(Uuid::from_u128(42))
            .decimal("7922816251426433759354395.0335".parse::<Decimal>().unwrap())
            .date(NaiveDate::from_ymd_opt(1, 1, 1).unwrap())
            .time(NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap())
            .naive(instant().naive_utc())
            .instant(instant())
            .json(serde_json::json!({"a": [1, null, "x"], "n": 9_007_199_254_740_993_i64}))
            .settings(settings())
            .status(Status::OnHold)
            .level(Level::High)
            .length(Duration::from_millis(1_500))
            .warmth(Celsius(-3.5))
            .maybe_settings(settings())
            .maybe_length(Duration::from_secs(2))
            .save(&db)
            .await
            .unwrap();
        let read = Everything::find_or_fail(&db, saved.id).await.unwrap();
        for row in [&saved, &read] {
            assert_eq!((row.i8, row.i16, row.i32, row.i64), (i8::MIN, i16::MIN, i32::MIN, i64::MIN));
            assert_eq!((row.u8, row.u16, row.u32, row.u64), (u8::MAX, u16::MAX, u32::MAX, i64::MAX as u64));
            assert_eq!((row.f32, row.f64, row.boolean), (f32::MIN_POSITIVE, f64::MAX, true));
            assert_eq!(row.text, text);
            assert_eq!((row.bytes.as_slice(), row.uuid), (&[0, 255, 1][..], Uuid::from_u128(42)));
            assert_eq!(row.decimal.to_string(), "7922816251426433759354395.0335");
            assert_eq!(
                (row.date, row.naive),
                (NaiveDate::from_ymd_opt(1, 1, 1).unwrap(), instant().naive_utc())
            );
            assert_eq!(
                (row.time, row.instant),
                (NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap(), instant())
            );
            assert_eq!(row.json["n"], 9_007_199_254_740_993_i64);
            assert_eq!(row.settings, settings());
            assert_eq!((row.status, row.level), (Status::OnHold, Level::High));
            assert_eq!((row.length, row.warmth.clone()), (Duration::from_millis(1_500), Celsius(-3.5)));
            assert_eq!((row.maybe_i32, &row.maybe_text, &row.maybe_bytes), (None, &None, &None));
            assert_eq!((row.maybe_uuid, row.maybe_decimal, row.maybe_instant), (None, None, None));
            assert_eq!(row.maybe_settings, Some(settings()));
            assert_eq!((row.maybe_status, row.maybe_length), (None, Some(Duration::from_secs(2))));
        }
    }
}

#[derive(Model, Debug)]
#[table("tasks")]
struct Task {
    id: i64,
    status: Status,
    level: Option<Level>,
    #[cast(json)]
    #[default(Vec::new())]
    tags: Vec<String>,
    #[cast(with = Seconds)]
    #[default(Duration::ZERO)]
    length: Duration,
    due: Option<DateTime<Utc>>,
}

// 000-96, B-109
#[tokio::test]
async fn casts_are_used_by_changes_filters_and_updates() {
    for db in databases().await {
        db.create_tables(models![Task]).await.unwrap();
        let mut task =
            Task::draft().status(Status::Draft).level(Level::Low).due(instant()).save(&db).await.unwrap();
        task.tags.push("x".into());
        assert_eq!(task.dirty(), [("tags", Value::Json("[\"x\"]".into()))]);
        task.status = Status::Published;
        task.length = Duration::from_secs(9);
        task.save(&db).await.unwrap();
        let by = |condition| Task::query().filter(condition);
        assert_eq!(by(Task::status.eq(Status::Published)).sole(&db).await.unwrap().tags, ["x"]);
        assert_eq!(by(Task::status.is_in([Status::Draft, Status::OnHold])).count(&db).await.unwrap(), 0);
        assert_eq!(by(Task::level.eq(Level::Low)).count(&db).await.unwrap(), 1);
        assert_eq!(by(Task::length.gt(With::new(Duration::from_secs(8)))).count(&db).await.unwrap(), 1);
        assert_eq!(by(Task::due.ge(instant())).count(&db).await.unwrap(), 1);
        assert_eq!(by(Task::due.lt(instant())).count(&db).await.unwrap(), 0);
        let set =
            (Task::status.set(Status::OnHold), Task::level.set(None), Task::tags.set(vec!["y".to_owned()]));
        assert_eq!(Task::query().update(&db, set).await.unwrap(), 1);
        assert_eq!(Task::query().pluck(&db, Task::status).await.unwrap(), [Status::OnHold]);
        task.refresh(&db).await.unwrap();
        assert_eq!((task.level, task.tags.as_slice()), (None, &["y".to_owned()][..]));
        assert_eq!(
            db.execute("UPDATE tasks SET status = ? WHERE status = ?", ["live", "on_hold"]).await.unwrap(),
            1
        );
        assert_eq!(Task::query().value(&db, Task::status).await.unwrap(), Some(Status::Published));
    }
}

#[tokio::test]
async fn a_value_that_a_type_does_not_know_is_an_error_that_names_the_place() {
    for db in databases().await {
        db.create_tables(models![Task]).await.unwrap();
        Task::draft().status(Status::Draft).save(&db).await.unwrap();
        let cases: [(&str, Value, &str); 5] = [
            ("status", "gone".into(), "gone"),
            ("level", 7.into(), "7"),
            ("tags", "[1".into(), "[1"),
            ("due", "someday".into(), "someday"),
            ("length", (-1.0).into(), "-1"),
        ];
        for (column, value, shown) in cases {
            db.execute(
                "UPDATE tasks SET status = 'draft', level = 1, tags = '[]', due = NULL, length = 0",
                (),
            )
            .await
            .unwrap();
            if let Err(refused) = db.execute(format!("UPDATE tasks SET {column} = ?"), [value]).await {
                // Where the database knows the type, it does not get that far.
                let told = matches!(
                    refused,
                    Error::Driver { .. }
                        | Error::Config { .. }
                        | Error::Constraint { kind: ConstraintKind::Check, .. }
                );
                assert!(db.driver_name() != "sqlite" && told, "{refused:?}");
                continue;
            }
            let error = Task::query().get(&db).await.unwrap_err();
            let Error::Decode { model: "Task", column: named, found, .. } = &error else {
                panic!("{error:?}")
            };
            assert!(*named == column && found.contains(shown), "{error}");
        }
    }
}

#[derive(Model, Debug)]
struct Loose {
    id: i64,
    #[cast(json)]
    pairs: Option<std::collections::HashMap<(i32, i32), i32>>,
    #[cast(json)]
    numbers: Vec<f64>,
}

#[tokio::test]
async fn json_that_cannot_be_read_back_is_not_written() {
    for db in databases().await {
        db.create_tables(models![Loose]).await.unwrap();
        let pairs = || std::collections::HashMap::from([((1, 2), 3)]);
        let refused = |error: Error, named: &str| match error {
            Error::Decode { model: "Loose", column, .. } => assert_eq!(column, named),
            other => panic!("{other:?}"),
        };
        refused(Loose::draft().pairs(pairs()).numbers(vec![]).save(&db).await.unwrap_err(), "pairs");
        refused(Loose::draft().numbers(vec![f64::NAN]).save(&db).await.unwrap_err(), "numbers");
        refused(Loose::insert(&db, [Loose::draft().numbers(vec![f64::NAN])]).await.unwrap_err(), "numbers");
        let mut loose = Loose::draft().numbers(vec![1.5]).save(&db).await.unwrap();
        loose.pairs = Some(pairs());
        assert!(loose.is_dirty(Loose::pairs));
        refused(loose.save(&db).await.unwrap_err(), "pairs");
        refused(
            Loose::query().update(&db, Loose::numbers.set(vec![f64::INFINITY])).await.unwrap_err(),
            "numbers",
        );
        loose.refresh(&db).await.unwrap();
        assert_eq!((&loose.pairs, loose.numbers.as_slice()), (&None, &[1.5][..]));
        assert_eq!(Loose::query().count(&db).await.unwrap(), 1);
    }
}
