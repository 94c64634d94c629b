//! What statements look like as text: tables of statement, text and values.
#![allow(clippy::unwrap_used, clippy::panic)]

mod expr;
mod function;
mod join;
mod raw;
mod schema;
mod shape;
mod support;
mod write;

use atlas_core::{
    statement::{From, Nulls, OrderTerm, Projection, Select, Selected, TableRef},
    value::Value,
};
use support::{check, column, eq, select};

#[test]
fn selects() {
    check(select(None), r#"SELECT "id", "name" FROM "users""#, &[]);
    check(
        Select { filter: Some(eq("name", "x")), limit: Some(10), ..select(None) },
        r#"SELECT "id", "name" FROM "users" WHERE "name" = $1 LIMIT 10"#,
        &["x".into()],
    );
    check(
        Select { distinct: true, limit: Some(5_000), offset: Some(20), ..select(None) },
        r#"SELECT DISTINCT "id", "name" FROM "users" LIMIT $1 OFFSET $2"#,
        &[Value::I64(5_000), Value::I64(20)],
    );
    check(
        Select { offset: Some(7), ..select(None) },
        r#"SELECT "id", "name" FROM "users" LIMIT ALL OFFSET $1"#,
        &[7i64.into()],
    );
    check(
        Select { limit: Some(0), offset: Some(0), ..select(None) },
        r#"SELECT "id", "name" FROM "users" LIMIT 0"#,
        &[],
    );
    check(
        Select { limit: Some(u64::MAX), ..select(None) },
        r#"SELECT "id", "name" FROM "users" LIMIT $1"#,
        &[Value::I64(i64::MAX)],
    );
}

#[test]
fn orders() {
    let order = |descending, nulls| OrderTerm { expr: column("name"), descending, nulls };
    check(
        Select {
            order: vec![order(false, None), order(true, Some(Nulls::Last)), order(false, Some(Nulls::First))],
            ..select(None)
        },
        r#"SELECT "id", "name" FROM "users" ORDER BY "name" ASC, "name" DESC NULLS LAST, "name" ASC NULLS FIRST"#,
        &[],
    );
}

#[test]
fn names_are_quoted() {
    let table = TableRef::new(r#"my"schema.order"#).called("group");
    check(
        Select::new(table, &[r#"a"b"#, "select", "x.y", "ä"]),
        r#"SELECT "a""b", "select", "x.y", "ä" FROM "my""schema"."order" AS "group""#,
        &[],
    );
}

#[test]
fn a_select_from_a_select() {
    let inner = Select { filter: Some(eq("name", "x")), ..select(None) };
    let outer = Select {
        from: From::Select(Box::new(inner), "inner".into()),
        columns: Projection::Expressions(vec![Selected { expr: column("id"), alias: Some("key".into()) }]),
        ..select(Some(eq("id", 1i64)))
    };
    check(
        outer,
        r#"SELECT "id" AS "key" FROM (SELECT "id", "name" FROM "users" WHERE "name" = $1) AS "inner" WHERE "id" = $2"#,
        &["x".into(), 1i64.into()],
    );
}
