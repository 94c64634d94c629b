use atlas_core::{
    statement::{Aggregate, Aggregation, ArithmeticOp, ColumnRef, CompareOp, Expr, Select, TableRef},
    value::Value,
};

use crate::support::{check, column, eq, select, value};

fn boxed(expr: Expr) -> Box<Expr> {
    Box::new(expr)
}

fn not(expr: Expr) -> Expr {
    Expr::Not(boxed(expr))
}

fn reckon(op: ArithmeticOp, left: Expr, right: Expr) -> Expr {
    Expr::Arithmetic(op, boxed(left), boxed(right))
}

#[test]
fn conditions() {
    use ArithmeticOp::{Add, Div, Mul, Sub};
    let (a, b, c) = (|| eq("a", 1i64), || eq("b", 2i64), || eq("c", 3i64));
    let one = || value(1i64);
    let between = || Expr::Between(boxed(column("a")), boxed(one()), boxed(reckon(Add, one(), one())));
    for (filter, text) in [
        (Expr::And(vec![]), "1 = 1"),
        (Expr::Or(vec![]), "1 = 0"),
        (not(Expr::Or(vec![])), "NOT (1 = 0)"),
        (Expr::And(vec![a()]), r#""a" = $1"#),
        (Expr::And(vec![a(), b(), c()]), r#""a" = $1 AND "b" = $2 AND "c" = $3"#),
        (Expr::Or(vec![Expr::And(vec![a(), b()]), c()]), r#""a" = $1 AND "b" = $2 OR "c" = $3"#),
        (Expr::And(vec![Expr::Or(vec![a(), b()]), c()]), r#"("a" = $1 OR "b" = $2) AND "c" = $3"#),
        (Expr::And(vec![a(), Expr::Or(vec![b()])]), r#""a" = $1 AND "b" = $2"#),
        (Expr::Or(vec![Expr::Or(vec![a(), b()]), c()]), r#"("a" = $1 OR "b" = $2) OR "c" = $3"#),
        (not(Expr::And(vec![a(), b()])), r#"NOT ("a" = $1 AND "b" = $2)"#),
        (not(not(a())), r#"NOT (NOT ("a" = $1))"#),
        (Expr::And(vec![not(a()), b()]), r#"NOT ("a" = $1) AND "b" = $2"#),
        (Expr::IsNull(boxed(column("a"))), r#""a" IS NULL"#),
        (not(Expr::IsNull(boxed(column("a")))), r#""a" IS NOT NULL"#),
        (Expr::IsNull(boxed(a())), r#"("a" = $1) IS NULL"#),
        (Expr::Compare(CompareOp::Ne, boxed(a()), boxed(b())), r#"("a" = $1) <> ("b" = $2)"#),
        (Expr::In(boxed(column("a")), vec![]), "1 = 0"),
        (not(Expr::In(boxed(column("a")), vec![])), "1 = 1"),
        (Expr::And(vec![a(), not(Expr::In(boxed(column("a")), vec![]))]), r#""a" = $1 AND 1 = 1"#),
        (Expr::In(boxed(column("a")), vec![1i64.into(), 2i64.into()]), r#""a" IN ($1, $2)"#),
        (not(Expr::In(boxed(column("a")), vec![1i64.into()])), r#""a" NOT IN ($1)"#),
        (between(), r#""a" BETWEEN $1 AND $2 + $3"#),
        (
            Expr::And(vec![between(), not(between())]),
            r#""a" BETWEEN $1 AND $2 + $3 AND "a" NOT BETWEEN $4 AND $5 + $6"#,
        ),
        (Expr::Like(boxed(column("a")), "x%".to_owned()), r#""a" LIKE $1"#),
        (not(Expr::Like(boxed(column("a")), "x%".to_owned())), r#""a" NOT LIKE $1"#),
        (
            Expr::Compare(CompareOp::Ge, boxed(reckon(Sub, one(), reckon(Sub, one(), one()))), boxed(one())),
            "$1 - ($2 - $3) >= $4",
        ),
        (
            Expr::Compare(
                CompareOp::Le,
                boxed(reckon(Div, reckon(Mul, one(), one()), reckon(Mul, one(), one()))),
                boxed(one()),
            ),
            "$1 * $2 / ($3 * $4) <= $5",
        ),
        (
            Expr::Compare(CompareOp::Lt, boxed(reckon(Mul, reckon(Add, one(), one()), one())), boxed(one())),
            "($1 + $2) * $3 < $4",
        ),
    ] {
        let binds = text.matches('$').count();
        let (found, values) = crate::support::compiled(select(Some(filter))).unwrap();
        assert_eq!(found, format!(r#"SELECT "id", "name" FROM "users" WHERE {text}"#));
        assert_eq!(values.len(), binds);
    }
}

#[test]
fn null_is_bound_like_any_value() {
    check(
        select(Some(eq("a", Value::Null))),
        r#"SELECT "id", "name" FROM "users" WHERE "a" = $1"#,
        &[Value::Null],
    );
}

#[test]
fn aggregates() {
    for (aggregate, of, text) in [
        (Aggregate::Count, None, "COUNT(*)"),
        (Aggregate::Count, Some("a"), r#"COUNT("a")"#),
        (Aggregate::Sum, Some("a"), r#"SUM("a")"#),
        (Aggregate::Avg, Some("a"), r#"AVG("a")"#),
        (Aggregate::Min, Some("a"), r#"MIN("a")"#),
        (Aggregate::Max, Some("a"), r#"MAX("a")"#),
    ] {
        let expr = Expr::aggregate(aggregate, of.map(column));
        let columns = atlas_core::statement::Projection::Expressions(vec![expr.into()]);
        check(Select { columns, ..select(None) }, &format!(r#"SELECT {text} FROM "users""#), &[]);
    }
}

#[test]
fn aggregates_of_some_rows_and_of_different_values() {
    let some = |aggregate, of: Option<&'static str>, distinct| {
        let filter = Some(Expr::Compare(CompareOp::Gt, boxed(column("b")), boxed(value(1))));
        Expr::Aggregate(Box::new(Aggregation { aggregate, of: of.map(column), distinct, filter }))
    };
    for (expr, text) in [
        (some(Aggregate::Count, None, false), r#"COUNT(*) FILTER (WHERE "b" > $1)"#),
        (some(Aggregate::Count, Some("a"), true), r#"COUNT(DISTINCT "a") FILTER (WHERE "b" > $1)"#),
        (some(Aggregate::Sum, Some("a"), false), r#"SUM("a") FILTER (WHERE "b" > $1)"#),
    ] {
        let columns = atlas_core::statement::Projection::Expressions(vec![expr.into()]);
        let text = format!(r#"SELECT {text} FROM "users""#);
        check(Select { columns, ..select(None) }, &text, &[Value::I64(1)]);
    }
}

#[test]
fn a_select_inside_names_its_tables() {
    let of = |table: &'static str, name: &'static str| {
        Expr::Column(ColumnRef { table: Some(table.into()), name: name.into(), ty: None })
    };
    let inner = Select {
        filter: Some(Expr::Compare(CompareOp::Eq, boxed(of("posts", "user_id")), boxed(of("users", "id")))),
        ..Select::new(TableRef::new("posts"), &["user_id"])
    };
    check(
        select(Some(Expr::InSelect(vec![column("id")], Box::new(inner.clone())))),
        r#"SELECT "id", "name" FROM "users" WHERE "id" IN (SELECT "posts"."user_id" FROM "posts" WHERE "posts"."user_id" = "users"."id")"#,
        &[],
    );
    check(
        select(Some(not(Expr::InSelect(
            vec![column("id"), column("name")],
            Box::new(Select { filter: None, ..inner }),
        )))),
        r#"SELECT "id", "name" FROM "users" WHERE ("id", "name") NOT IN (SELECT "posts"."user_id" FROM "posts")"#,
        &[],
    );
}
