//! What a raw statement is, by its first words.

use atlas_core::{
    error::{Error, Result},
    statement::Raw,
};

/// The words of a text, in small letters, without comments and parentheses.
fn words(text: &str) -> impl Iterator<Item = String> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = rest
                .trim_start_matches(|skipped: char| skipped.is_whitespace() || matches!(skipped, ';' | '('));
            if let Some(comment) = rest.strip_prefix("--") {
                rest = comment.split_once('\n').map_or("", |(_, after)| after);
            } else if let Some(comment) = rest.strip_prefix("/*") {
                rest = after_comment(comment);
            } else {
                break;
            }
        }
        let end = rest.find(|part: char| !part.is_ascii_alphabetic() && part != '_').unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        (!word.is_empty()).then(|| word.to_ascii_lowercase())
    })
}

/// What follows a comment, in which there may be others.
fn after_comment(mut rest: &str) -> &str {
    let mut depth = 1;
    while depth > 0 {
        let (opens, closes) = (rest.find("/*"), rest.find("*/"));
        let at = match (opens, closes) {
            (Some(opens), Some(closes)) if opens < closes => {
                depth += 1;
                opens
            }
            (_, Some(closes)) => {
                depth -= 1;
                closes
            }
            _ => return "",
        };
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    rest
}

/// Refuses what would begin or end a transaction behind our back. One text is one statement here, so that
/// its first word tells.
pub(crate) fn check(raw: &Raw) -> Result<()> {
    let mut words = words(&raw.text);
    let first = words.next().unwrap_or_default();
    match first.as_str() {
        "begin" | "start" => Err(Error::config(
            "a raw statement cannot begin a transaction: call `begin` or `transaction` of the handle",
        )),
        "commit" | "end" | "rollback" | "abort" => Err(Error::config(
            "a raw statement cannot end a transaction: call `commit` or `rollback` of its handle",
        )),
        "savepoint" | "release" => Err(Error::config(
            "a raw statement cannot set or release a savepoint: begin a transaction inside of the transaction",
        )),
        "prepare" if words.next().as_deref() == Some("transaction") => Err(Error::Unsupported {
            driver: "postgres",
            operation: "a transaction in two phases".to_owned(),
            instead: "commit it".to_owned(),
        }),
        "copy" if words.any(|word| matches!(word.as_str(), "stdin" | "stdout")) => Err(Error::Unsupported {
            driver: "postgres",
            operation: "COPY from or to the program".to_owned(),
            instead: "insert many rows at once, which copies them, or read them as a stream".to_owned(),
        }),
        "" if raw.text.trim().is_empty() => Err(Error::config("the text holds no statement: give one")),
        _ => Ok(()),
    }
}

/// Whether a raw statement only reads, as far as its first word tells.
pub(crate) fn reads(text: &str) -> bool {
    matches!(words(text).next().as_deref(), Some("select" | "values" | "show" | "table" | "explain"))
}

/// Whether a raw statement leaves every table as it is declared.
pub(crate) fn keeps_schema(text: &str) -> bool {
    matches!(
        words(text).next().as_deref(),
        Some(
            "select"
                | "values"
                | "show"
                | "table"
                | "explain"
                | "insert"
                | "update"
                | "delete"
                | "with"
                | "merge"
                | "truncate"
                | "vacuum"
                | "analyze"
                | "lock"
                | "notify"
                | "listen"
        )
    )
}

/// Whether a raw statement cannot stand in a transaction.
pub(crate) fn stands_alone(text: &str) -> bool {
    let mut words = words(text);
    match words.next().as_deref() {
        Some("vacuum" | "cluster") => true,
        Some("create" | "drop" | "alter" | "reindex") => words.take(4).any(|word| {
            matches!(word.as_str(), "database" | "tablespace" | "system" | "subscription" | "concurrently")
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> bool {
        check(&Raw::new(text, [])).is_err()
    }

    #[test]
    fn transactions_are_not_begun_or_ended_in_raw_text() {
        for text in [
            "BEGIN",
            "  begin",
            ";COMMIT",
            "-- so\nROLLBACK",
            "/* a /* b */ c */ END",
            "START TRANSACTION",
            "Savepoint x",
            "PREPARE TRANSACTION 'x'",
            "COPY t FROM STDIN",
            "",
        ] {
            assert!(refused(text), "{text}");
        }
        for text in
            ["SELECT 1", "beginning", "PREPARE x AS SELECT 1", "(SELECT 1)", "-- begin\nSELECT 1", "'"]
        {
            assert!(!refused(text), "{text}");
        }
    }

    #[test]
    fn the_first_words_tell_what_it_is() {
        assert!(reads("/* x */ (select 1)") && !reads("with x as (select 1) delete from t"));
        assert!(!keeps_schema("ALTER TABLE t ADD x int") && keeps_schema("UPDATE t SET x = 1"));
        assert!(
            stands_alone("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)") && !stands_alone("CREATE TABLE t ()")
        );
    }
}
