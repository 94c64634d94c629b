//! What a raw text begins with: whether it may run where it is to run.

use atlas_core::error::{Error, Result};

/// What a raw statement does to its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It reads.
    Reads,
    /// It writes rows.
    Writes,
    /// It changes the schema.
    Schema,
    /// It may leave its connection in another state.
    Other,
}

/// What a raw text is.
///
/// # Errors
///
/// [`Error::Config`] for one that begins or ends a transaction, [`Error::Unsupported`] for one that would
/// commit the transaction that it runs in.
pub(crate) fn kind(text: &str, in_transaction: bool) -> Result<Kind> {
    let mut words = words(text);
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let third = words.next().unwrap_or_default();
    let is = |word: &str, one_of: &[&str]| one_of.iter().any(|other| word.eq_ignore_ascii_case(other));
    // MariaDB's blocks begin with a word of their own.
    let block = is(second, &["not"]);
    if (is(first, &["begin", "xa"]) && !block) || (is(first, &["start"]) && is(second, &["transaction"])) {
        return Err(Error::config(
            "a raw statement cannot begin a transaction: call `begin` or `transaction` of the handle",
        ));
    }
    let ends =
        is(first, &["commit"]) || (is(first, &["rollback"]) && !is(second, &["to"]) && !is(third, &["to"]));
    if ends || (is(first, &["set"]) && is(second, &["autocommit"])) {
        return Err(Error::config(
            "a raw statement cannot end a transaction: call `commit` or `rollback` of the handle",
        ));
    }
    if is(first, &["select", "show", "explain", "describe", "desc", "values", "table", "help"]) {
        return Ok(Kind::Reads);
    }
    if is(first, &["insert", "update", "delete", "replace", "with", "do"]) {
        return Ok(Kind::Writes);
    }
    let commits =
        is(first, &["create", "alter", "drop", "truncate", "rename", "grant", "revoke", "lock", "unlock"])
            || is(
                first,
                &["optimize", "analyze", "repair", "check", "flush", "install", "uninstall", "load"],
            );
    // A temporary table is the connection's own affair.
    let temporary = is(second, &["temporary"]);
    if commits && !temporary && in_transaction {
        return Err(Error::Unsupported {
            driver: "mysql",
            operation: format!("`{first}` in a transaction, which the server would commit"),
            instead: "run it before or after the transaction".to_owned(),
        });
    }
    Ok(if commits && !is(first, &["lock"]) && !temporary { Kind::Schema } else { Kind::Other })
}

/// The words that a text begins with, without comments and parentheses before them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|part: char| part.is_whitespace() || part == '(' || part == ';');
        let comment = if rest.starts_with("/*") && !rest.starts_with("/*!") && !rest.starts_with("/*M!") {
            rest.split_once("*/")
        } else if rest.starts_with('#') || rest.starts_with("--") {
            rest.split_once('\n')
        } else {
            None
        };
        match comment {
            Some((_, after)) => rest = after,
            None => break,
        }
    }
    rest.split(|part: char| !part.is_ascii_alphabetic()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{Kind, kind};

    #[test]
    fn texts_are_told_by_their_first_words() {
        for (text, expected) in [
            ("select 1", Kind::Reads),
            (" (SELECT 1) UNION (SELECT 2)", Kind::Reads),
            ("-- why\n/* how */ # or\nShow tables", Kind::Reads),
            ("UPDATE t SET a = 1", Kind::Writes),
            ("create table t (id int)", Kind::Schema),
            ("ROLLBACK TO SAVEPOINT a", Kind::Other),
            ("rollback work to a", Kind::Other),
            ("call p()", Kind::Other),
            ("BEGIN NOT ATOMIC SELECT 1; END", Kind::Other),
            ("", Kind::Other),
        ] {
            assert_eq!(kind(text, false).unwrap(), expected, "{text}");
        }
        for text in [
            "BEGIN",
            "start transaction read only",
            "/* */ commit",
            "rollback",
            "SET autocommit=0",
            "(commit",
        ] {
            assert!(kind(text, false).is_err(), "{text}");
        }
        assert!(kind("drop table t", true).is_err());
        assert!(kind("create temporary table t (id int)", true).is_ok());
        assert!(kind("start slave", true).is_ok());
    }
}
