//! Values that go there and come back.

use atlas_core::value::{Date, Moment, Numeric, Time, Value};

use crate::support::{driver, raw, run};

#[tokio::test]
async fn each_comes_back_as_it_went() {
    let Some(driver) = driver("").await else { return };
    let mut connection = driver.acquire().await.unwrap();
    let at = |text: &str| Moment::parse(text).unwrap();
    for (cast, value) in [
        ("SIGNED", Value::I64(i64::MIN)),
        ("UNSIGNED", Value::U64(u64::MAX)),
        ("DOUBLE", Value::F64(-0.1)),
        ("DECIMAL(65, 28)", Value::Numeric("-1234567890123456789012345678.5".parse().unwrap())),
        ("DECIMAL(38, 9)", Value::Numeric(Numeric::new(12_345_678_901, 9))),
        ("CHAR", Value::Text("é😀\0".to_owned())),
        ("BINARY", Value::Bytes(vec![0, 1, 255])),
        ("DATE", Value::Date(Date::new(1, 1, 1).unwrap())),
        ("DATE", Value::Date(Date::new(9999, 12, 31).unwrap())),
        ("TIME(6)", Value::Time(Time::parse("23:59:59.999999").unwrap())),
        ("TIME(6)", Value::Time(Time::parse("00:00").unwrap())),
        ("DATETIME(6)", Value::DateTime(at("1969-12-31 23:59:59.000001"))),
        ("DATETIME(6)", Value::DateTime(at("2026-11-22"))),
    ] {
        let statement = raw(format!("SELECT CAST(? AS {cast})"), [value.clone()]);
        let found = run(&mut *connection, &statement).await.unwrap().0;
        assert_eq!(found, [[value]], "{cast}");
    }
}

/// A message of more than 16 MB is several on the wire; one that the server would not take is refused.
#[tokio::test]
async fn large_values() {
    let Some(driver) = driver("").await else { return };
    let mut connection = driver.acquire().await.unwrap();
    let large = Value::Bytes(vec![7; 12 << 20]);
    let found = run(&mut *connection, &raw("SELECT LENGTH(?)", [large])).await.unwrap().0;
    assert_eq!(found, [[Value::I64(12 << 20)]]);
    let limit = run(&mut *connection, &raw("SELECT @@max_allowed_packet", [])).await.unwrap().0;
    let [Value::I64(limit)] = limit[0][..] else { panic!("{limit:?}") };
    if limit <= 64 << 20 {
        let too_large = Value::Bytes(vec![7; usize::try_from(limit).unwrap() + 1]);
        let error = run(&mut *connection, &raw("SELECT LENGTH(?)", [too_large])).await.unwrap_err();
        assert!(error.to_string().contains("max_allowed_packet"), "{error}");
        assert_eq!(run(&mut *connection, &raw("SELECT 1", [])).await.unwrap().0, [[Value::I64(1)]]);
    }
}
