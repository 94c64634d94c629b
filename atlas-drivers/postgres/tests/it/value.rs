use atlas_core::{
    Error,
    statement::{ColumnRef, CompareOp, Expr, Insert, OnConflict, Select, TableRef},
    value::{Date, Moment, Time, Value},
};

use crate::support::{bound, driver, execute, fresh, query, sql};

fn column(name: &'static str) -> ColumnRef {
    ColumnRef { table: None, name: name.into(), ty: None }
}

fn insert(table: &str, columns: &[&'static str], rows: Vec<Vec<Value>>) -> Insert {
    Insert {
        table: TableRef::new(table.to_owned()),
        columns: columns.iter().map(|name| column(name)).collect(),
        rows: rows.len(),
        values: rows.into_iter().flatten().collect(),
        on_conflict: OnConflict::Fail,
        returning: Vec::new(),
        key: Vec::new(),
    }
}

/// What the server's types of all sorts are given, and what comes back: one row, two rows in arrays, and many
/// that are copied.
#[tokio::test]
async fn values_of_the_servers_own_types_go_there_and_back() {
    let Some(driver) = driver("").await else { return };
    let mood = fresh("mood");
    let domain = fresh("positive");
    execute(&driver, format!("CREATE TYPE {mood} AS ENUM ('sad', 'ok', 'happy')")).await.unwrap();
    execute(&driver, format!("CREATE DOMAIN {domain} AS int CHECK (VALUE > 0)")).await.unwrap();
    let text = |text: &str| Value::Text(text.to_owned());
    let json = |text: &str| Value::Json(text.to_owned());
    let moment = Moment { seconds: -1, nanos: 999_999_000 };
    let cases: Vec<(&str, Value, Value)> = vec![
        ("boolean", true.into(), true.into()),
        ("smallint", (-7).into(), (-7).into()),
        ("integer", 7.into(), 7.into()),
        ("bigint", i64::MIN.into(), i64::MIN.into()),
        ("real", 0.5.into(), 0.5.into()),
        ("double precision", 0.1.into(), 0.1.into()),
        (
            "numeric",
            Value::Numeric("12345678901234567890.5".parse().unwrap()),
            Value::Numeric("12345678901234567890.5".parse().unwrap()),
        ),
        ("numeric(10,2)", 7.into(), Value::Numeric("7.00".parse().unwrap())),
        ("text", text("it's"), text("it's")),
        ("varchar(10)", text("ä"), text("ä")),
        ("char(3)", text("ab"), text("ab ")),
        ("name", text("n"), text("n")),
        ("xml", text("<a/>"), text("<a/>")),
        ("\"char\"", text("x"), text("x")),
        (&mood, text("happy"), text("happy")),
        (&domain, 3.into(), 3.into()),
        ("bytea", Value::Bytes(vec![0, 255]), Value::Bytes(vec![0, 255])),
        ("uuid", Value::Uuid([7; 16]), Value::Uuid([7; 16])),
        ("uuid", text("07070707-0707-0707-0707-070707070707"), Value::Uuid([7; 16])),
        ("date", Value::Date(Date { days: -1 }), Value::Date(Date { days: -1 })),
        ("time", Value::Time(Time { nanos: 1_000 }), Value::Time(Time { nanos: 1_000 })),
        ("timestamp", Value::DateTime(moment), Value::DateTime(moment)),
        ("timestamptz", Value::Timestamp(moment), Value::Timestamp(moment)),
        ("timestamptz", text("1969-12-31 23:59:59.999999Z"), Value::Timestamp(moment)),
        ("json", json("{\"a\": 1}"), json("{\"a\": 1}")),
        ("jsonb", json("{\"a\":1}"), json("{\"a\": 1}")),
        ("inet", text("10.0.0.1"), text("10.0.0.1")),
        ("cidr", text("10.0.0.0/8"), text("10.0.0.0/8")),
        ("macaddr", text("08:00:2b:01:02:03"), text("08:00:2b:01:02:03")),
        ("oid", 4_294_967_295i64.into(), 4_294_967_295i64.into()),
        ("int[]", json("[1,null,3]"), json("[1,null,3]")),
        ("text[]", json(r#"["a","b\"c"]"#), json(r#"["a","b\"c"]"#)),
        ("timestamptz[]", json(r#"["2026-01-31T12:00:00Z"]"#), json(r#"["2026-01-31T12:00:00Z"]"#)),
    ];
    for (ty, given, expected) in cases {
        let table = fresh("types");
        execute(&driver, format!("CREATE TABLE {table} (v {ty})")).await.unwrap();
        for count in [1, 2, 20_001] {
            let mut rows = vec![vec![given.clone()]; count - 1];
            rows.push(vec![if count == 1 { given.clone() } else { Value::Null }]);
            let done = query(&driver, insert(&table, &["v"], rows)).await;
            done.unwrap_or_else(|error| panic!("{count} rows of {ty}: {error}"));
        }
        let rows = query(&driver, sql(format!("SELECT v FROM {table}"))).await.unwrap();
        assert_eq!(rows.len(), 20_004, "{ty}");
        assert_eq!(rows.iter().filter(|row| row[0] == Value::Null).count(), 2, "{ty}");
        for row in &rows {
            assert!(row[0] == expected || row[0] == Value::Null, "{ty}: {:?}", row[0]);
        }
        execute(&driver, format!("DROP TABLE {table}")).await.unwrap();
    }
    execute(&driver, format!("DROP TYPE {mood}")).await.unwrap();
    execute(&driver, format!("DROP DOMAIN {domain}")).await.unwrap();
}

#[tokio::test]
async fn comparisons_take_values_of_other_types() {
    let Some(driver) = driver("").await else { return };
    let table = fresh("compared");
    execute(&driver, format!("CREATE TABLE {table} (s smallint, t text, u uuid, n numeric)")).await.unwrap();
    let row = vec![7.into(), "7".into(), Value::Uuid([7; 16]), 7.into()];
    query(&driver, insert(&table, &["s", "t", "u", "n"], vec![row])).await.unwrap();
    let filter = |name: &'static str, ty, value: Value| {
        let column = Expr::Column(ColumnRef { ty, ..column(name) });
        let filter = Expr::Compare(CompareOp::Eq, Box::new(column), Box::new(value.into()));
        Select { filter: Some(filter), ..Select::new(TableRef::new(table.clone()), &["s"]) }
    };
    use atlas_core::value::ColumnType::{I16, Numeric, Uuid};
    for (select, found) in [
        (filter("s", Some(I16), 7.into()), 1),
        (filter("s", Some(I16), 70_000.into()), 0),
        (filter("s", Some(I16), 7.5.into()), 0),
        (filter("s", Some(I16), Value::U64(u64::MAX)), 0),
        (filter("s", None, 7.into()), 1),
        (filter("t", None, 7.into()), 1),
        (filter("u", Some(Uuid), "07070707-0707-0707-0707-070707070707".into()), 1),
        (filter("n", Some(Numeric), 7.0.into()), 1),
    ] {
        assert_eq!(query(&driver, select.clone()).await.unwrap().len(), found, "{select:?}");
    }
    let error = query(&driver, filter("u", None, "no uuid".into())).await.unwrap_err();
    assert!(matches!(&error, Error::Config { message } if message.contains("uuid")), "{error}");
    let list = |values: Vec<Value>| {
        let filter = Expr::In(Box::new(Expr::Column(column("s"))), values);
        Select { filter: Some(filter), ..Select::new(TableRef::new(table.clone()), &["s"]) }
    };
    // What a smallint cannot be is not among them.
    assert_eq!(query(&driver, list(vec![70_000.into(), 7.into()])).await.unwrap().len(), 1);
    execute(&driver, format!("DROP TABLE {table}")).await.unwrap();
}

#[tokio::test]
async fn what_has_no_form_says_so() {
    let Some(driver) = driver("").await else { return };
    for (text, says) in [
        ("SELECT 'NaN'::numeric", "NaN"),
        ("SELECT 'infinity'::timestamptz", "infinite"),
        ("SELECT '-infinity'::date", "infinite"),
        ("SELECT time '24:00'", "24:00"),
        ("SELECT point(1, 2)", "column::text"),
        ("SELECT repeat('9', 40)::numeric", "38"),
    ] {
        let error = query(&driver, sql(text)).await.unwrap_err();
        assert!(
            matches!(&error, Error::Decode { found, expected, .. } if found.contains(says) || expected.contains(says)),
            "{text}: {error}"
        );
    }
    let rows =
        query(&driver, sql("SELECT interval '1 day 2:00', NULL::point, pg_sleep(0), 1.50")).await.unwrap();
    assert_eq!(rows[0][0], Value::Text("1 day 02:00:00".to_owned()));
    assert_eq!(rows[0][3], Value::Numeric("1.50".parse().unwrap()));
    let rows = query(
        &driver,
        bound("SELECT ?::int, ?::text, ?::text::interval", [Value::I64(1), "a".into(), "1 day".into()]),
    )
    .await
    .unwrap();
    assert_eq!(rows[0][2], Value::Text("1 day".to_owned()));
}
