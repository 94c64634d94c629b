//! Selects over several tables, and selects in selects.

use atlas_core::statement::{
    Aggregate, ColumnRef, CompareOp, Expr, From, Function, Join, JoinKind, Lock, LockStrength, LockWait,
    OrderTerm, Over, Projection, Raw, Select, Selected, TableRef,
};

use crate::support::{check, column, eq, select};

fn of(table: &'static str, name: &'static str) -> Expr {
    Expr::Column(ColumnRef { table: Some(table.into()), name: name.into(), ty: None })
}

fn same(left: Expr, right: Expr) -> Expr {
    Expr::Compare(CompareOp::Eq, Box::new(left), Box::new(right))
}

fn posts(columns: Projection) -> Select {
    Select {
        filter: Some(same(of("posts", "user_id"), of("users", "id"))),
        ..Select::of(From::Table(TableRef::new("posts")), columns)
    }
}

#[test]
fn joins_groups_and_locks() {
    let joined = Select {
        joins: vec![
            Join::new(
                JoinKind::Inner,
                TableRef::new("posts"),
                same(of("posts", "user_id"), of("users", "id")),
            ),
            Join::new(
                JoinKind::Left,
                TableRef::new("users").called("boss"),
                same(of("boss", "id"), of("users", "boss_id")),
            ),
        ],
        columns: Projection::NamesAnd(&["id"], vec![Selected { expr: of("posts", "title"), alias: None }]),
        group: vec![of("users", "id"), of("posts", "title")],
        having: Some(eq("name", "x")),
        lock: Some(Lock { strength: LockStrength::Update, wait: LockWait::Skip }),
        ..select(None)
    };
    check(
        joined,
        r#"SELECT "users"."id", "posts"."title" FROM "users" INNER JOIN "posts" ON "posts"."user_id" = "users"."id" LEFT JOIN "users" AS "boss" ON "boss"."id" = "users"."boss_id" GROUP BY "users"."id", "posts"."title" HAVING "users"."name" = $1 FOR UPDATE SKIP LOCKED"#,
        &["x".into()],
    );
}

#[test]
fn selects_in_expressions_tell_their_columns_apart() {
    let exists = Expr::Exists(Box::new(posts(Projection::Expressions(Vec::new()))));
    let inner = r#"SELECT 1 FROM "posts" WHERE "posts"."user_id" = "users"."id""#;
    check(
        select(Some(exists.clone().and(eq("name", "x")))),
        &format!(
            r#"SELECT "users"."id", "users"."name" FROM "users" WHERE EXISTS ({inner}) AND "users"."name" = $1"#
        ),
        &["x".into()],
    );
    check(
        select(Some(Expr::Not(Box::new(exists)))),
        &format!(r#"SELECT "users"."id", "users"."name" FROM "users" WHERE NOT EXISTS ({inner})"#),
        &[],
    );
    let count = posts(Projection::Expressions(vec![Expr::aggregate(Aggregate::Count, None).into()]));
    let counted = Select {
        columns: Projection::NamesAnd(
            &["id"],
            vec![Selected { expr: Expr::Select(Box::new(count)), alias: Some("posts_count".into()) }],
        ),
        ..select(None)
    };
    check(
        counted,
        r#"SELECT "users"."id", (SELECT COUNT(*) FROM "posts" WHERE "posts"."user_id" = "users"."id") AS "posts_count" FROM "users""#,
        &[],
    );
}

#[test]
fn rows_are_numbered() {
    let number = Expr::Over(Box::new(Over {
        of: Expr::function(Function::RowNumber, []),
        partition: vec![column("name")],
        order: vec![OrderTerm { expr: column("id"), descending: true, nulls: None }],
        frame: None,
    }));
    let numbered = Select {
        columns: Projection::NamesAnd(&["id"], vec![Selected { expr: number, alias: Some("n".into()) }]),
        ..select(None)
    };
    check(
        numbered,
        r#"SELECT "users"."id", ROW_NUMBER() OVER (PARTITION BY "name" ORDER BY "id" DESC) AS "n" FROM "users""#,
        &[],
    );
}

#[test]
fn fragments_and_the_first_that_is_there() {
    let raw = Expr::Raw(Raw::new("length(name) > ?", [3.into()]));
    let first = Expr::Coalesce(vec![column("name"), Expr::Value("none".into())]);
    check(
        select(Some(raw.and(same(first, Expr::Value("x".into()))))),
        r#"SELECT "id", "name" FROM "users" WHERE (length(name) > $1) AND COALESCE("name", $2) = $3"#,
        &[3.into(), "none".into(), "x".into()],
    );
}
