use atlas_core::{
    Error,
    statement::{
        ArithmeticOp, Delete, Expr, Insert, OnConflict, OrderTerm, Scope, Statement, TableRef, Update,
    },
    value::Value,
};
use atlas_sql::{Compiled, compile_count, compile_insert};

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
            OnConflict::Update { by: vec!["id".into()], columns: vec![], set: vec![], same: vec![] },
            r#" ON CONFLICT ("id") DO NOTHING"#,
        ),
        (
            OnConflict::Update {
                by: vec!["id".into(), "org".into()],
                columns: vec!["name".into(), "a".into()],
                set: vec![],
                same: vec![],
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
    }
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
    let delete = |scope| Delete { table: TableRef::new("users"), scope };
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
