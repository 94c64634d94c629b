//! Functions, cases and windows.

use atlas_core::statement::{
    Aggregate, Aggregation, Expr, Frame, Function, OrderTerm, Over, Projection, Select,
};

use crate::support::{check, column, eq, select, value};

fn selected(expr: Expr, text: &str, binds: &[atlas_core::value::Value]) {
    let columns = Projection::Expressions(vec![expr.into()]);
    check(Select { columns, ..select(None) }, &format!(r#"SELECT {text} FROM "users""#), binds);
}

#[test]
fn functions_are_templates() {
    selected(Expr::function(Function::Lower, [column("a")]), r#"LOWER("a")"#, &[]);
    let all = [column("a"), value("'; --"), value("{0}")];
    let binds = ["'; --".into(), "{0}".into()];
    selected(Expr::function(Function::Replace, all), r#"REPLACE("a", $1, $2)"#, &binds);
    let part = Expr::function(Function::Left, [eq("a", 1_i64), value(2_i64)]);
    selected(part, r#"LEFT("a" = $1, $2)"#, &[1_i64.into(), 2_i64.into()]);
}

#[test]
fn cases_keep_their_order() {
    let cases = vec![(eq("a", 1_i64), value("one")), (eq("a", 2_i64), column("b"))];
    selected(
        Expr::Case(cases.clone(), Some(Box::new(value("many")))),
        r#"CASE WHEN "a" = $1 THEN $2 WHEN "a" = $3 THEN "b" ELSE $4 END"#,
        &[1_i64.into(), "one".into(), 2_i64.into(), "many".into()],
    );
    selected(
        Expr::Case(cases, None),
        r#"CASE WHEN "a" = $1 THEN $2 WHEN "a" = $3 THEN "b" END"#,
        &[1_i64.into(), "one".into(), 2_i64.into()],
    );
}

#[test]
fn windows_say_which_rows() {
    let over = |of, frame| {
        let order = vec![OrderTerm { expr: column("b"), descending: true, nulls: None }];
        Expr::Over(Box::new(Over { of, partition: vec![column("a"), column("c")], order, frame }))
    };
    let around = r#"OVER (PARTITION BY "a", "c" ORDER BY "b" DESC"#;
    selected(over(Expr::function(Function::Rank, []), None), &format!("RANK() {around})"), &[]);
    let sum = || Expr::aggregate(Aggregate::Sum, Some(column("n")));
    for (before, after, text) in [
        (None, Some(0), "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"),
        (Some(2), Some(-1), "ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING"),
        (Some(-1), None, "ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING"),
    ] {
        selected(over(sum(), Some(Frame { before, after })), &format!(r#"SUM("n") {around} {text})"#), &[]);
    }
    let filter = Some(eq("d", 1_i64));
    let some = Aggregation { aggregate: Aggregate::Count, of: None, distinct: false, filter };
    selected(
        over(Expr::Aggregate(Box::new(some)), None),
        &format!(r#"COUNT(*) FILTER (WHERE "d" = $1) {around})"#),
        &[1_i64.into()],
    );
}
