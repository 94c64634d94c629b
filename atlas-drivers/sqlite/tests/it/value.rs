use atlas_core::{
    Error,
    statement::{Raw, Statement},
    value::{Moment, Numeric, Value},
};
use atlas_sqlite::Sqlite;

use crate::support::{query, run};

#[tokio::test]
async fn every_value_comes_back_as_sqlite_stores_it() {
    let driver = Sqlite::memory().open().await.unwrap();
    let mut connection = driver.acquire().await.unwrap();
    let moment = Moment::parse("2026-01-31 12:30:05.25").unwrap();
    let big = vec![7u8; 3_000_000];
    for (bound, stored) in [
        (Value::Null, Value::Null),
        (Value::Bool(true), Value::I64(1)),
        (Value::I64(i64::MIN), Value::I64(i64::MIN)),
        (Value::F64(f64::INFINITY), Value::F64(f64::INFINITY)),
        (Value::F64(0.1), Value::F64(0.1)),
        (Value::Text(String::new()), Value::Text(String::new())),
        (Value::Text("a\0b".to_owned()), Value::Text("a\0b".to_owned())),
        (Value::Bytes(Vec::new()), Value::Bytes(Vec::new())),
        (Value::Bytes(big.clone()), Value::Bytes(big)),
        (Value::Numeric(Numeric::new(-5, 2)), "-0.05".into()),
        (Value::Uuid([0xab; 16]), "abababab-abab-abab-abab-abababababab".into()),
        (Value::Timestamp(moment), "2026-01-31 12:30:05.250".into()),
        (Value::Date(moment.date()), "2026-01-31".into()),
        (Value::Time(moment.time()), "12:30:05.250".into()),
        (Value::Json("{}".to_owned()), "{}".into()),
    ] {
        let asked = Statement::Raw(Raw::new("SELECT ?", vec![bound]));
        assert_eq!(run(&mut *connection, &asked).await.unwrap().0, [[stored]]);
    }
    for refused in [Value::U64(u64::MAX), Value::F64(f64::NAN)] {
        let asked = Statement::Raw(Raw::new("SELECT ?", vec![refused]));
        assert!(matches!(run(&mut *connection, &asked).await, Err(Error::Unsupported { .. })));
    }
}

#[tokio::test]
async fn text_that_is_not_utf8_is_an_error() {
    let driver = Sqlite::memory().open().await.unwrap();
    let failed = query(&driver, "SELECT CAST(x'61ff62' AS TEXT)").await;
    assert!(matches!(failed, Err(Error::Decode { expected: "UTF-8 text", .. })));
    assert_eq!(query(&driver, "SELECT CAST(x'6162' AS TEXT)").await.unwrap(), [[Value::from("ab")]]);
}

#[tokio::test]
async fn a_database_in_utf16_reads_the_same() {
    let driver = Sqlite::memory().pragma("encoding", "UTF-16le").open().await.unwrap();
    let rows = query(&driver, "SELECT 'grün', 'a' || 'b'").await.unwrap();
    assert_eq!(rows, [[Value::from("grün"), "ab".into()]]);
}
