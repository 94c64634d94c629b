use atlas_core::{
    Error,
    statement::{Expr, Raw, Statement},
    value::Value,
};
use atlas_sql::compile_shown;

use crate::support::{Standard, check, column, compiled, eq, select};

#[test]
fn places_are_numbered_outside_of_quotes_and_comments() {
    for (text, expected) in [
        ("SELECT ?", "SELECT $1"),
        ("SELECT ?,? FROM t", "SELECT $1,$2 FROM t"),
        ("SELECT '?', \"?\", `?`, ?", "SELECT '?', \"?\", `?`, $1"),
        ("SELECT 'it''s ?', ?", "SELECT 'it''s ?', $1"),
        ("SELECT ? -- why?\n, ?", "SELECT $1 -- why?\n, $2"),
        ("SELECT ? /* ? */ - ? / ?", "SELECT $1 /* ? */ - $2 / $3"),
        ("SELECT 'open ?", "SELECT 'open ?"),
        ("SELECT 'ä?', ? -- end?", "SELECT 'ä?', $1 -- end?"),
    ] {
        let binds = vec![Value::I64(1); expected.matches('$').count()];
        check(Raw::new(text, binds.clone()), expected, &binds);
        let explained =
            Statement::Explain { of: Box::new(Raw::new(text, binds.clone()).into()), analyze: false };
        check(explained, &format!("EXPLAIN {expected}"), &binds);
    }
}

#[test]
fn only_selects_are_analyzed() {
    let analyzed = |of| compiled(Statement::Explain { of: Box::new(of), analyze: true });
    assert!(matches!(analyzed(Raw::new("DELETE FROM t", []).into()), Err(Error::Config { .. })));
    assert_eq!(
        analyzed(select(None).into()).unwrap().0,
        r#"EXPLAIN (ANALYZE) SELECT "id", "name" FROM "users""#
    );
}

#[test]
fn texts_for_people_hold_the_values() {
    let statement = Statement::from(select(Some(Expr::And(vec![
        eq("name", "it's"),
        eq("id", -7),
        eq("code", "secret"),
        Expr::In(Box::new(column("id")), (1..40).map(Value::I64).collect()),
    ]))));
    let text = compile_shown(&statement, &Standard, &|value| *value == "secret".into()).unwrap();
    let (_, filter) = text.split_once(" WHERE ").unwrap();
    assert!(
        filter
            .starts_with(r#""name" = 'it''s' AND "id" = (-7) AND "code" = '[redacted]' AND "id" IN (1, 2, "#),
        "{filter}"
    );
    assert!(filter.ends_with(", 39)"), "{filter}");
}

#[test]
fn each_place_has_a_value() {
    for (text, binds) in [("SELECT ?", 0), ("SELECT 1", 1), ("SELECT ?, ?", 3)] {
        let raw = Raw::new(text, vec![Value::Null; binds]);
        assert!(matches!(compiled(raw), Err(Error::Config { .. })), "{text}");
    }
}
