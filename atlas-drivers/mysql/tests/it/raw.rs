//! Statements in MySQL's own words.

use atlas_core::{
    Error,
    schema::SchemaChange,
    statement::Statement,
    value::{Date, Moment, Numeric, Time, Value},
};

use crate::support::{begin, driver, execute, fails, fresh, raw, rows, run};

#[tokio::test]
async fn transactions_are_the_handles() {
    let Some(driver) = driver("").await else { return };
    for text in
        ["BEGIN", "start transaction", "COMMIT", "rollback", "SET autocommit = 0", "/* x */ begin work"]
    {
        assert!(matches!(fails(&driver, text).await, Error::Config { .. }), "{text}");
    }
    let table = fresh("ddl");
    let mut connection = driver.acquire().await.unwrap();
    begin(&mut *connection).await;
    let create = raw(format!("CREATE TABLE {table} (id INT)"), []);
    assert!(matches!(run(&mut *connection, &create).await.unwrap_err(), Error::Unsupported { .. }));
    let drop = Statement::Schema(SchemaChange::DropTable(table.clone().into()));
    assert!(matches!(run(&mut *connection, &drop).await.unwrap_err(), Error::Unsupported { .. }));
    run(&mut *connection, &raw("CREATE TEMPORARY TABLE scratch (id INT)", [])).await.unwrap();
    run(&mut *connection, &raw("SAVEPOINT own", [])).await.unwrap();
    run(&mut *connection, &raw("ROLLBACK TO SAVEPOINT own", [])).await.unwrap();
    connection.rollback().await.unwrap();
}

/// Whatever a text leaves behind, the next user does not find it.
#[tokio::test]
async fn what_a_text_leaves_is_cleaned() {
    let Some(driver) = driver("max_connections=1").await else { return };
    let table = fresh("locked");
    execute(&driver, format!("CREATE TABLE {table} (id INT)")).await;
    execute(&driver, format!("LOCK TABLES {table} READ")).await;
    execute(&driver, format!("INSERT INTO {table} VALUES (1)")).await;
    execute(&driver, "BEGIN NOT ATOMIC START TRANSACTION; END").await;
    execute(&driver, format!("INSERT INTO {table} VALUES (2)")).await;
    let other = crate::support::driver("").await.unwrap();
    assert_eq!(rows(&other, format!("SELECT COUNT(*) FROM {table}")).await.unwrap(), [[Value::I64(2)]]);
    execute(&driver, format!("DROP TABLE {table}")).await;
}

#[tokio::test]
async fn places_are_found_outside_of_texts_and_comments() {
    let Some(driver) = driver("").await else { return };
    let mut connection = driver.acquire().await.unwrap();
    for text in [
        r"SELECT 'it\'s ?', ?",
        r#"SELECT "a \" ?", ?"#,
        "SELECT 1, # what?\n ?",
        "SELECT 1 -- what?\n, ?",
        "SELECT 1 /* ? */, ?",
        "SELECT 1 AS `?`, ?",
    ] {
        let found = run(&mut *connection, &raw(text, [Value::I64(5)]))
            .await
            .unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(found.0[0][1], Value::I64(5), "{text}");
    }
}

/// What cannot be prepared is sent as it is.
#[tokio::test]
async fn statements_without_a_binary_form() {
    let Some(driver) = driver("").await else { return };
    let name = fresh("proc");
    execute(
        &driver,
        format!("CREATE PROCEDURE {name}(IN n INT) BEGIN SELECT n + 1 AS more; SELECT 'two'; END"),
    )
    .await;
    let mut connection = driver.acquire().await.unwrap();
    let found = run(&mut *connection, &raw(format!("CALL {name}(?)"), [Value::I64(4)])).await.unwrap();
    assert_eq!(found.0, [[Value::I64(5)], ["two".into()]]);
    execute(&driver, format!("DROP PROCEDURE {name}")).await;
    run(&mut *connection, &raw("USE information_schema", [])).await.unwrap();
    run(&mut *connection, &raw("HELP 'select'", [])).await.unwrap();
}

/// Columns of types that Atlas does not make itself.
#[tokio::test]
async fn tables_of_others_are_read() {
    let Some(driver) = driver("").await else { return };
    let table = fresh("types");
    execute(
        &driver,
        format!(
            "CREATE TABLE {table} (e ENUM('a', 'b'), s SET('x', 'y'), b BIT(10), y YEAR, t TINYINT(1), m MEDIUMINT, \
             ts TIMESTAMP(3) NULL, ti TIME, l CHAR(5) CHARACTER SET latin1, d DECIMAL(10, 2), u BIGINT UNSIGNED, \
             tb TINYBLOB, c VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, g DATE, j JSON, f FLOAT)"
        ),
    )
    .await;
    execute(
        &driver,
        format!(
            "INSERT INTO {table} VALUES ('b', 'x,y', b'1000000001', 2026, 1, -8388608, '2026-11-22 10:20:30.125', '23:59:58', \
             'é', 12.50, 18446744073709551615, x'00ff', 'A', '2026-11-22', '{{\"a\": 1}}', 0.1)"
        ),
    )
    .await;
    let found = rows(&driver, format!("SELECT * FROM {table}")).await.unwrap().remove(0);
    let date = Date::new(2026, 11, 22).unwrap();
    let at = Moment { nanos: 125_000_000, ..Moment::parse("2026-11-22 10:20:30").unwrap() };
    assert_eq!(
        found[..15],
        [
            "b".into(),
            "x,y".into(),
            Value::I64(513),
            Value::I64(2026),
            Value::I64(1),
            Value::I64(-8_388_608),
            Value::Timestamp(at),
            Value::Time(Time::parse("23:59:58").unwrap()),
            "é".into(),
            Value::Numeric(Numeric::new(1_250, 2)),
            Value::U64(u64::MAX),
            Value::Bytes(vec![0, 255]),
            "A".into(),
            Value::Date(date),
            "{\"a\": 1}".into(),
        ]
    );
    assert_eq!(found[15], Value::F64(f64::from(0.1_f32)));
    // A table's own collation decides.
    assert_eq!(rows(&driver, format!("SELECT 1 FROM {table} WHERE c = 'a'")).await.unwrap().len(), 1);
    execute(&driver, format!("DROP TABLE {table}")).await;
}

#[tokio::test]
async fn a_date_of_zeros_is_null() {
    let Some(driver) = driver("").await else { return };
    let table = fresh("zero");
    execute(&driver, format!("CREATE TABLE {table} (d DATE, t DATETIME)")).await;
    execute(
        &driver,
        format!("SET STATEMENT sql_mode = '' FOR INSERT INTO {table} VALUES ('0000-00-00', '0000-00-00')"),
    )
    .await;
    assert_eq!(
        rows(&driver, format!("SELECT d, t FROM {table}")).await.unwrap(),
        [[Value::Null, Value::Null]]
    );
    execute(&driver, format!("DROP TABLE {table}")).await;
}
