//! What a query is for the database: its text, with and without its values, and its plan.

use atlas::{Error, prelude::*, types::serde_json, val};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Person, databases, people, sent};

#[derive(Model, Debug)]
#[table("inside_kinds")]
pub struct Kind {
    pub id: i64,
    pub flag: bool,
    pub small: i16,
    pub large: i64,
    pub ratio: f64,
    pub price: Decimal,
    pub name: String,
    pub bytes: Vec<u8>,
    pub uuid: Uuid,
    pub day: NaiveDate,
    pub at: NaiveTime,
    pub seen: DateTime<Utc>,
    pub meta: serde_json::Value,
    #[sensitive]
    pub code: Option<String>,
}

const HOSTILE: [&str; 5] =
    ["O'Neill\\", "\\'; drop table inside_kinds; --", "a\" `b` ? ?? $1 /* {0}", "über 你好\n\t%_", "''"];

async fn kinds(db: &Db) {
    db.create_tables(models![Kind]).await.unwrap();
    let drafts = (0..5).map(|number: i16| {
        Kind::draft()
            .flag(number % 2 == 0)
            .small(number - 2)
            .large(i64::MIN + i64::from(number))
            .ratio(f64::from(number) / 4.0 - 0.5)
            .price(Decimal::new(i64::from(number) * 105 - 200, 2))
            .name(HOSTILE[usize::try_from(number).unwrap()])
            .bytes(vec![0, b'\'', b'\\', u8::try_from(number).unwrap()])
            .uuid(Uuid::from_u128(u128::try_from(number).unwrap()))
            .day(NaiveDate::from_ymd_opt(2026, 1, 27 + u32::try_from(number).unwrap()).unwrap())
            .at(NaiveTime::from_hms_micro_opt(12, 30, 5, 250_000 * u32::try_from(number % 4).unwrap())
                .unwrap())
            .seen(Utc.with_ymd_and_hms(2026, 1, 31, 12, 30, u32::try_from(number).unwrap()).unwrap())
            .meta(json!({ "theme": HOSTILE[usize::try_from(number).unwrap()], "size": number }))
            .code((number > 2).then(|| format!("geheim {number}")))
    });
    Kind::insert(db, drafts).await.unwrap();
}

/// What is written for people means what is sent: sent by itself, it gives the same rows.
// C-70, 000-56
#[tokio::test]
async fn a_text_with_values_means_what_the_query_means() {
    for db in databases().await {
        kinds(&db).await;
        let all = Kind::query().order_by(Kind::id).get(&db).await.unwrap();
        let mut queries = vec![
            Kind::query().where_in(Kind::name, HOSTILE.iter().skip(1).map(|name| (*name).to_owned())),
            Kind::query().where_not_in(Kind::id, [2, 4]),
            Kind::query().where_in(Kind::id, (-5_000..4).collect::<Vec<i64>>()),
            Kind::query().where_in(Kind::id, Vec::<i64>::new()),
            Kind::query().where_in(Kind::price, [Decimal::new(-200, 2), Decimal::new(100, 1)]),
            Kind::query().where_like(Kind::name, "%'%"),
            Kind::query().where_like(Kind::name, "%\\\\%"),
            Kind::query().where_null(Kind::code).where_ne(Kind::small, -1),
            Kind::query().filter((Kind::small - (-1)).gt(0).or(Kind::small.lt(-1))),
            Kind::query().filter(val(-3_i16).lt(Kind::small - 1)),
            Kind::query().filter((Kind::ratio * -2.0).ge(0.5)),
            Kind::query().where_between(Kind::price, Decimal::new(-95, 2), Decimal::new(10, 2)),
            Kind::query().filter((Kind::price + Decimal::new(-5, 2)).lt(Decimal::new(0, 0))),
            Kind::query().filter(Kind::name.upper().concat("x").eq("O'NEILL\\x")),
            Kind::query().filter(Kind::meta.path("theme").eq(HOSTILE[1])),
            Kind::query().filter(Kind::meta.path("size").eq(3)),
            Kind::query().where_raw("name = ? or small = ?", ("O'Neill\\", -1)),
            Kind::query().offset(1).limit(2_000),
        ];
        for kind in &all {
            let until = Kind::query().where_between(Kind::seen, all[0].seen, kind.seen);
            assert_eq!(until.clone().count(&db).await.unwrap(), u64::try_from(kind.id).unwrap());
            queries.extend([
                until,
                Kind::query().where_eq(Kind::flag, kind.flag),
                Kind::query().where_eq(Kind::small, kind.small),
                Kind::query().where_eq(Kind::large, kind.large),
                Kind::query().where_le(Kind::ratio, kind.ratio),
                Kind::query().where_eq(Kind::price, kind.price),
                Kind::query().where_eq(Kind::name, kind.name.clone()),
                Kind::query().where_eq(Kind::bytes, kind.bytes.clone()),
                Kind::query().where_eq(Kind::uuid, kind.uuid),
                Kind::query().where_eq(Kind::day, kind.day),
                Kind::query().where_ge(Kind::at, kind.at),
                Kind::query().where_eq(Kind::seen, kind.seen),
            ]);
        }
        let mut found = 0;
        for query in queries {
            let query = query.order_by(Kind::id).select(Kind::id);
            let expected = query.clone().get(&db).await.unwrap();
            let text = query.to_raw_sql(&db).unwrap();
            // What stands between quotes has no places.
            let ids: Vec<i64> =
                db.raw(text.clone(), ()).pluck().await.unwrap_or_else(|error| panic!("{error}: {text}"));
            assert_eq!(ids, expected, "{} {text}", db.driver_name());
            found += ids.len();
            assert!(!query.to_sql(&db).unwrap().text.contains("O'Neill"));
        }
        assert!(found > 60, "{found}");
    }
}

// C-70
#[tokio::test]
async fn a_text_with_values_keeps_secrets() {
    for db in databases().await {
        kinds(&db).await;
        let secret = || Kind::query().where_eq(Kind::code, "geheim 3").where_gt(Kind::small, 0);
        let list = || Kind::query().where_in(Kind::code, (0..40).map(|number| format!("geheim {number}")));
        for (text, times) in [
            (secret().to_raw_sql(&db).unwrap(), 1),
            (list().to_raw_sql(&db).unwrap(), 40),
            (db.table("inside_kinds").where_eq("code", "geheim 3").to_raw_sql().unwrap(), 1),
        ] {
            assert!(!text.contains("geheim"), "{text}");
            assert_eq!(text.matches("'[redacted]'").count(), times, "{text}");
        }
        assert!(secret().to_raw_sql(&db).unwrap().ends_with("> 0"));
        assert_eq!(secret().dump(&db).count(&db).await.unwrap(), 1);
    }
}

// 002-19, C-70
#[tokio::test]
async fn looking_sends_nothing() {
    for db in people().await {
        let (statements, texts) = sent(&db, async || {
            let query = Person::query().where_eq(Person::name, "Ann").dump(&db);
            let table = db.table("people").where_eq("name", "Ann").limit(3).dump();
            (query.to_raw_sql(&db).unwrap(), table.to_raw_sql().unwrap(), table.to_sql().unwrap())
        })
        .await;
        assert_eq!(statements, 0);
        let (query, table, bound) = texts;
        assert!(query.ends_with("= 'Ann'"), "{query}");
        assert!(table.starts_with("SELECT * FROM") && table.ends_with("= 'Ann' LIMIT 3"), "{table}");
        assert!(!bound.text.contains("Ann") && bound.binds == ["Ann".into()], "{bound:?}");
        // What cannot be compiled says so, and does not end the program.
        let wrong = Person::query().where_raw("name = ?", ());
        assert!(matches!(wrong.to_raw_sql(&db), Err(Error::Config { .. })));
        let _ = wrong.dump(&db);
    }
}

// C-70
#[tokio::test]
async fn plans_are_told_before_and_after() {
    for db in people().await {
        let query = || Person::query().where_ge(Person::age, 18).where_in(Person::id, [1, 2, 3]);
        let table = || db.table("people").where_ge("age", 18);
        for plan in [query().explain(&db).await.unwrap(), table().explain().await.unwrap()] {
            assert!(plan.contains("people"), "{plan}");
            assert!(!plan.contains("actual time") && !plan.contains("r_rows"), "{plan}");
        }
        let analyzed = [query().explain_analyze(&db).await, table().explain_analyze().await];
        for analyzed in analyzed {
            match analyzed {
                Ok(plan) => {
                    assert!(plan.contains("people"), "{plan}");
                    let took = plan.contains("actual time") || plan.contains("r_rows");
                    assert!(took && db.driver_name() != "sqlite", "{plan}");
                }
                Err(error) => {
                    assert_eq!(db.driver_name(), "sqlite", "{error}");
                    assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
                    assert!(error.to_string().contains("explain"), "{error}");
                }
            }
        }
        assert!(db.table("nowhere").explain().await.is_err());
    }
}
