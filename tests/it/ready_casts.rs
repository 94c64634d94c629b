//! The casts that Atlas brings.

use std::{collections::BTreeMap, net::IpAddr};

use atlas::{casts, prelude::*};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

use crate::support::databases;

struct Swiss;
impl casts::Format for Swiss {
    const FORMAT: &'static str = "%d.%m.%Y";
}

struct Clock;
impl casts::Format for Clock {
    const FORMAT: &'static str = "%Hh%M";
}

struct Both;
impl casts::Format for Both {
    const FORMAT: &'static str = "%Y/%m/%d %H:%M:%S";
}

#[derive(Model, Debug)]
#[fillable(price, tags, day, done, host)]
struct Legacy {
    id: i64,
    #[cast(with = casts::Scale<2>)]
    price: Decimal,
    #[cast(with = casts::Commas)]
    tags: Vec<String>,
    #[cast(with = casts::Commas)]
    sizes: Option<Vec<i32>>,
    #[cast(with = casts::Formatted<Swiss>)]
    day: Option<NaiveDate>,
    #[cast(with = casts::Formatted<Clock>)]
    clock: NaiveTime,
    #[cast(with = casts::Formatted<Both>)]
    at: DateTime<Utc>,
    #[cast(with = casts::Formatted<Both>)]
    local: NaiveDateTime,
    #[cast(with = casts::Seconds)]
    made: DateTime<Utc>,
    #[cast(with = casts::Millis)]
    seen: Option<DateTime<Utc>>,
    #[cast(with = casts::Truth)]
    done: bool,
    #[cast(with = casts::Text)]
    host: IpAddr,
    #[cast(with = casts::Text)]
    number: i64,
    #[cast(with = casts::Bytes)]
    token: Uuid,
    #[cast(json)]
    counts: BTreeMap<String, i64>,
}

fn moment() -> DateTime<Utc> {
    "2026-12-24T18:30:05.250Z".parse().unwrap()
}

async fn one(db: &Db) -> Record<Legacy> {
    db.create_tables(models![Legacy]).await.unwrap();
    let draft = Legacy::draft()
        .price("9.995".parse::<Decimal>().unwrap())
        .tags(vec!["red".to_owned(), "a,b".into()])
        .sizes(vec![36, 38])
        .day(NaiveDate::from_ymd_opt(2026, 12, 24))
        .clock(NaiveTime::from_hms_opt(18, 30, 0).unwrap())
        .at(moment())
        .local(moment().naive_utc());
    let draft = draft.made(moment()).seen(moment()).done(true).host(IpAddr::from([127, 0, 0, 1])).number(42);
    draft.token(Uuid::from_u128(7)).counts(BTreeMap::from([("a".to_owned(), 1)])).save(db).await.unwrap()
}

// 000-89, 000-90, 000-91, 000-92, 000-93, 000-95, B-106, C-207
#[tokio::test]
async fn each_is_stored_as_it_says_and_read_as_its_type() {
    for db in databases().await {
        let one = one(&db).await;
        let row = db.table("legacies").first().await.unwrap().unwrap();
        let text = |name: &str| row.get::<String>(name).unwrap();
        assert_eq!(row.get::<Decimal>("price").unwrap(), Decimal::TEN);
        assert_eq!((text("tags"), text("sizes")), ("red,a\\,b".into(), "36,38".into()));
        assert_eq!((text("day"), text("clock")), ("24.12.2026".into(), "18h30".into()));
        assert_eq!((text("at"), text("local")), ("2026/12/24 18:30:05".into(), "2026/12/24 18:30:05".into()));
        assert_eq!(row.get::<i64>("made").unwrap(), moment().timestamp());
        assert_eq!(row.get::<i64>("seen").unwrap(), moment().timestamp_millis());
        assert_eq!(
            (text("done"), text("host"), text("number")),
            ("true".into(), "127.0.0.1".into(), "42".into())
        );
        assert_eq!(row.get::<Vec<u8>>("token").unwrap(), Uuid::from_u128(7).as_bytes());

        let found = Legacy::find_or_fail(&db, one.id).await.unwrap();
        assert_eq!(found.price.to_string(), "10.00");
        assert_eq!(
            (&*found.tags, found.sizes.as_deref()),
            (&["red".to_owned(), "a,b".into()][..], Some(&[36, 38][..]))
        );
        assert_eq!((found.day, found.clock), (NaiveDate::from_ymd_opt(2026, 12, 24), one.clock));
        // The formats have no parts of seconds.
        assert_eq!((found.at.timestamp(), found.at.timestamp_subsec_millis()), (moment().timestamp(), 0));
        assert_eq!((found.made.timestamp(), found.seen), (moment().timestamp(), Some(moment())));
        assert!(found.done && found.number == 42 && found.host == IpAddr::from([127, 0, 0, 1]));
        assert_eq!((found.token, found.counts["a"]), (Uuid::from_u128(7), 1));

        // What other programs wrote.
        db.table("legacies")
            .update([("done", "YES"), ("tags", "red, green"), ("number", "7")])
            .await
            .unwrap();
        let found = Legacy::find_or_fail(&db, one.id).await.unwrap();
        assert_eq!(
            (found.done, found.number, &*found.tags),
            (true, 7, &["red".to_owned(), " green".into()][..])
        );
        for (column, wrong) in
            [("done", "perhaps"), ("day", "2026-12-24"), ("sizes", "1,x"), ("host", "here")]
        {
            let before = row.get::<String>(column).unwrap();
            db.table("legacies").update([(column, wrong)]).await.unwrap();
            let error = Legacy::find(&db, one.id).await.unwrap_err().to_string();
            assert!(error.contains("Legacy") && error.contains(column) && error.contains(wrong), "{error}");
            db.table("legacies").update([(column, before)]).await.unwrap();
        }
    }
}

// C-208
#[tokio::test]
async fn changes_comparisons_and_input_go_through_them() {
    for db in databases().await {
        let mut one = one(&db).await;
        // What is stored alike is no change.
        one.price = "10".parse().unwrap();
        assert!(one.is_clean(Legacy::price));
        one.made += chrono::TimeDelta::milliseconds(1);
        assert!(one.is_clean(Legacy::made));
        one.tags.push("blue".into());
        one.day = None;
        assert!(one.is_dirty(Legacy::tags) && one.is_dirty(Legacy::day));
        one.save(&db).await.unwrap();

        let found = Legacy::query()
            .filter(Legacy::done.eq(With::new(true)))
            .filter(Legacy::made.le(With::new(moment())))
            .filter(Legacy::tags.eq(With::new(one.tags.clone())))
            .where_null(Legacy::day);
        assert_eq!(found.count(&db).await.unwrap(), 1);

        let input =
            json!({"price": "3.14159", "tags": "x,y", "day": "01.02.2026", "done": "off", "host": "::1"});
        let fill: <Legacy as Model>::Fill = serde_json::from_value(input).unwrap();
        one.merge(fill).unwrap();
        one.save(&db).await.unwrap();
        one.refresh(&db).await.unwrap();
        assert_eq!((one.price.to_string(), &*one.tags), ("3.14".into(), &["x".to_owned(), "y".into()][..]));
        assert!(!one.done && one.host == "::1".parse::<IpAddr>().unwrap());
        let json = serde_json::to_value(&one).unwrap();
        assert_eq!((&json["day"], &json["price"]), (&json!("01.02.2026"), &json!("3.14")));
    }
}
