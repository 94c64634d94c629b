use atlas_core::{
    Error,
    statement::{Raw, Statement},
    value::Value,
};

use crate::support::{check, compiled};

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
        let explained = Statement::Explain(Box::new(Raw::new(text, binds.clone()).into()));
        check(explained, &format!("EXPLAIN {expected}"), &binds);
    }
}

#[test]
fn each_place_has_a_value() {
    for (text, binds) in [("SELECT ?", 0), ("SELECT 1", 1), ("SELECT ?, ?", 3)] {
        let raw = Raw::new(text, vec![Value::Null; binds]);
        assert!(matches!(compiled(raw), Err(Error::Config { .. })), "{text}");
    }
}
