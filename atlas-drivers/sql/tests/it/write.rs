use atlas_core::{
    Error,
    schema::Name,
    statement::{
        ArithmeticOp, ColumnRef, CompareOp, Delete, Expr, Found, From, Insert, Join, JoinKind, OnConflict,
        OrderTerm, Projection, Scope, Select, Selected, Statement, TableRef, Update,
    },
    value::Value,
};
use atlas_sql::{Compiled, compile, compile_count, compile_insert};

use crate::support::{Standard, check, column, compiled, eq, reference, value};

fn insert(columns: &[&'static str], rows: usize, values: Vec<Value>) -> Insert {
    Insert {
        table: TableRef::new("users"),
        columns: columns.iter().map(|name| reference(name)).collect(),
        rows,
        values,
        on_conflict: OnConflict::Fail,
        returning: Vec::new(),
        key: Vec::new(),
    }
}

#[test]
fn inserts() {
    let one = || insert(&["id", "name"], 1, vec![1i64.into(), Value::Null]);
    let binds = [1i64.into(), Value::Null];
    check(one(), r#"INSERT INTO "users" ("id", "name") VALUES ($1, $2)"#, &binds);
    check(
        Insert { returning: vec!["id".into(), "name".into()], ..one() },
        r#"INSERT INTO "users" ("id", "name") VALUES ($1, $2) RETURNING "id", "name""#,
        &binds,
    );
    check(
        insert(&["a"], 3, vec![1i64.into(), 2i64.into(), 3i64.into()]),
        r#"INSERT INTO "users" ("a") VALUES ($1), ($2), ($3)"#,
        &[1i64.into(), 2i64.into(), 3i64.into()],
    );
    check(insert(&[], 1, vec![]), r#"INSERT INTO "users" DEFAULT VALUES"#, &[]);
    for (on_conflict, text) in [
        (OnConflict::Ignore, " ON CONFLICT DO NOTHING"),
        (
            OnConflict::Update {
                by: vec!["id".into()],
                columns: vec![],
                set: vec![],
                same: vec![],
                filter: None,
            },
            r#" ON CONFLICT ("id") DO NOTHING"#,
        ),
        (
            OnConflict::Update {
                by: vec!["id".into(), "org".into()],
                columns: vec!["name".into(), "a".into()],
                set: vec![],
                same: vec![],
                filter: None,
            },
            r#" ON CONFLICT ("id", "org") DO UPDATE SET "name" = excluded."name", "a" = excluded."a""#,
        ),
    ] {
        let text = format!(r#"INSERT INTO "users" ("id", "name") VALUES ($1, $2){text}"#);
        check(Insert { on_conflict, ..one() }, &text, &binds);
    }
    let guarded = OnConflict::Update {
        by: vec!["id".into()],
        columns: vec!["name".into()],
        set: vec![],
        same: vec!["org".into()],
        filter: None,
    };
    check(
        Insert { on_conflict: guarded, ..one() },
        r#"INSERT INTO "users" ("id", "name") VALUES ($1, $2) ON CONFLICT ("id") DO UPDATE SET "name" = excluded."name" WHERE "org" = excluded."org""#,
        &binds,
    );
    let more = Expr::Arithmetic(ArithmeticOp::Add, Box::new(column("n")), Box::new(value(1i64)));
    let on_conflict = OnConflict::Update {
        by: vec!["id".into()],
        columns: vec!["name".into()],
        set: vec![(reference("n"), more)],
        same: vec![],
        filter: None,
    };
    check(
        Insert { on_conflict, ..one() },
        r#"INSERT INTO "users" ("id", "name") VALUES ($1, $2) ON CONFLICT ("id") DO UPDATE SET "name" = excluded."name", "n" = "users"."n" + $3"#,
        &[1i64.into(), Value::Null, 1i64.into()],
    );
    let empty = Insert { on_conflict: OnConflict::Ignore, ..insert(&[], 1, vec![]) };
    assert!(matches!(compiled(empty), Err(Error::Unsupported { .. })));
}

fn scope(key: &[&'static str]) -> Scope {
    Scope {
        filter: Some(eq("a", 1i64)),
        one: false,
        order: vec![OrderTerm { expr: column("b"), descending: true, nulls: None }],
        limit: Some(3),
        offset: None,
        key: key.iter().map(|name| (*name).into()).collect(),
        found: None,
        time_limit: None,
    }
}

/// Rows that a join finds, and what is read along.
fn joined(key: &[&'static str], along: &[&'static str]) -> Scope {
    let of = |table: &'static str, name: &'static str| {
        Expr::Column(ColumnRef { table: Some(table.into()), name: name.into(), ty: None })
    };
    let alias = |number: usize| Name::from(format!("key_{number}"));
    let keys = key.iter().enumerate();
    let keys = keys.map(|(at, name)| Selected { expr: of("users", name), alias: Some(alias(at)) });
    let read = keys
        .chain(along.iter().map(|name| Selected { expr: of("teams", name), alias: Some("value".into()) }));
    let mut select = Select::of(From::Table(TableRef::new("users")), Projection::Expressions(read.collect()));
    let on = Expr::Compare(CompareOp::Eq, Box::new(of("teams", "id")), Box::new(of("users", "team")));
    select.joins = vec![Join::new(JoinKind::Inner, TableRef::new("teams"), on)];
    select.filter = Some(eq("a", 1i64));
    let names = (0..key.len()).map(alias).collect();
    let found = Found { select, name: "found".into(), key: names };
    let key = key.iter().map(|name| (*name).into()).collect();
    Scope { key, found: Some(Box::new(found)), ..Scope::default() }
}

#[test]
fn rows_that_a_join_finds() {
    let value = Expr::Column(ColumnRef { table: Some("found".into()), name: "value".into(), ty: None });
    let update = |scope| Update {
        table: TableRef::new("users"),
        set: vec![(reference("b"), value.clone()), (reference("a"), Expr::Value(5i64.into()))],
        scope,
        returning: Vec::new(),
    };
    let from = r#"FROM "users" INNER JOIN "teams" ON "teams"."id" = "users"."team" WHERE "users"."a" = "#;
    let key = r#""users"."id" AS "key_0""#;
    check(
        update(joined(&["id"], &["name"])),
        &format!(
            r#"UPDATE "users" SET "b" = "found"."value", "a" = $1 FROM (SELECT {key}, "teams"."name" AS "value" {from}$2) AS "found" WHERE "users"."id" = "found"."key_0""#
        ),
        &[5i64.into(), 1i64.into()],
    );
    let delete = |scope| Delete { table: TableRef::new("users"), scope, returning: Vec::new() };
    check(
        delete(joined(&["id"], &[])),
        &format!(r#"DELETE FROM "users" WHERE "id" IN (SELECT {key} {from}$1)"#),
        &[1i64.into()],
    );
    let none = Statement::from(update(joined(&[], &["name"])));
    let error = compile(&none, &Standard, &mut Compiled::default()).unwrap_err().to_string();
    assert!(error.contains("primary key"), "{error}");
}

#[test]
fn parts_of_inserts() {
    let insert = insert(&["id", "name"], 3, (1..=6).map(Value::I64).collect());
    let mut into = Compiled::default();
    for (rows, returning, text, binds) in [
        (1..2, &[][..], r#"INSERT INTO "users" ("id", "name") VALUES ($1, $2)"#, 3..=4),
        (
            1..3,
            &["id".into()],
            r#"INSERT INTO "users" ("id", "name") VALUES ($1, $2), ($3, $4) RETURNING "id""#,
            3..=6,
        ),
    ] {
        compile_insert(&insert, rows, returning, &Standard, &mut into).unwrap();
        assert_eq!(into.text, text);
        assert_eq!(into.values(), binds.map(Value::I64).collect::<Vec<_>>());
    }
}

#[test]
fn counts_of_scopes() {
    let table = TableRef::new("users");
    let ordered = Scope { offset: Some(2), ..scope(&["id"]) };
    for (scope, inner) in
        [(Scope::default(), "LIMIT 50"), (ordered, r#"WHERE "a" = $1 ORDER BY "b" DESC LIMIT 3 OFFSET $2"#)]
    {
        let mut into = Compiled::default();
        compile_count(&table, &scope, 50, &Standard, &mut into).unwrap();
        assert_eq!(into.text, format!(r#"SELECT COUNT(*) FROM (SELECT 1 FROM "users" {inner}) AS counted"#));
    }
}

#[test]
fn updates() {
    let update = |scope| Update {
        table: TableRef::new("users"),
        set: vec![(reference("a"), value(5i64)), (reference("b"), column("c"))],
        scope,
        returning: vec!["id".into()],
    };
    check(
        update(Scope::default()),
        r#"UPDATE "users" SET "a" = $1, "b" = "c" RETURNING "id""#,
        &[5i64.into()],
    );
    check(
        update(Scope { filter: Some(eq("id", 7i64)), one: true, ..Scope::default() }),
        r#"UPDATE "users" SET "a" = $1, "b" = "c" WHERE "id" = $2 RETURNING "id""#,
        &[5i64.into(), 7i64.into()],
    );
    check(
        update(scope(&["id"])),
        r#"UPDATE "users" SET "a" = $1, "b" = "c" WHERE "id" IN (SELECT "id" FROM "users" WHERE "a" = $2 ORDER BY "b" DESC LIMIT 3) RETURNING "id""#,
        &[5i64.into(), 1i64.into()],
    );
    let nothing: Statement = Update { set: Vec::new(), ..update(Scope::default()) }.into();
    assert!(matches!(compiled(nothing), Err(Error::Config { .. })));
}

#[test]
fn deletes() {
    let delete = |scope| Delete { table: TableRef::new("users"), scope, returning: Vec::new() };
    check(delete(Scope::default()), r#"DELETE FROM "users""#, &[]);
    // Without a limit an order changes nothing.
    check(
        delete(Scope { limit: None, ..scope(&["id"]) }),
        r#"DELETE FROM "users" WHERE "a" = $1"#,
        &[1i64.into()],
    );
    check(
        delete(scope(&["org", "id"])),
        r#"DELETE FROM "users" WHERE ("org", "id") IN (SELECT "org", "id" FROM "users" WHERE "a" = $1 ORDER BY "b" DESC LIMIT 3)"#,
        &[1i64.into()],
    );
    assert!(matches!(compiled(delete(scope(&[]))), Err(Error::Unsupported { .. })));
}
