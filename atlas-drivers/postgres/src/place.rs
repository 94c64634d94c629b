//! What a server's messages name. They may be in any language: only quotes and parentheses are looked at.

/// The columns of `Key (a, "b c")=(1, 2) …`.
pub(crate) fn key_columns(detail: &str) -> Vec<String> {
    let Some((_, rest)) = detail.split_once('(') else { return Vec::new() };
    let mut columns = Vec::new();
    let mut rest = rest;
    loop {
        let (column, after) = match rest.strip_prefix('"') {
            Some(quoted) => match unquote(quoted) {
                Some(read) => read,
                None => return Vec::new(),
            },
            None => {
                let end = rest.find([',', ')']).unwrap_or(rest.len());
                let (column, after) = rest.split_at(end);
                (column.to_owned(), after)
            }
        };
        // An expression is no column.
        if column.contains('(') {
            return Vec::new();
        }
        columns.push(column);
        match after.strip_prefix(", ") {
            Some(after) => rest = after,
            None if after.starts_with(")=(") => return columns,
            None => return Vec::new(),
        }
    }
}

/// What stands up to the closing quote, and what follows it.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"')?;
        name.push_str(part);
        match after.strip_prefix('"') {
            Some(after) => {
                name.push('"');
                rest = after;
            }
            None => return Some((name, after)),
        }
    }
}

const QUOTES: [char; 8] =
    ['"', '\u{201c}', '\u{201d}', '\u{201e}', '\u{ab}', '\u{bb}', '\u{2018}', '\u{2019}'];

/// The first name between quotes; the server does not double quotes in it.
pub(crate) fn quoted(message: &str) -> Option<String> {
    let (_, rest) = message.split_once(QUOTES)?;
    let end = rest.rfind(QUOTES)?;
    rest.get(..end).map(str::to_owned)
}

/// The column of `column "a" of relation "t" does not exist` and `column t.a does not exist`.
pub(crate) fn column(message: &str) -> Option<String> {
    match message.split_once(QUOTES) {
        Some((_, rest)) => rest.split(QUOTES).next().map(str::to_owned),
        None => message.split(' ').find(|word| word.contains('.')).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::{column, key_columns, quoted};

    #[test]
    fn keys_are_read_out_of_details() {
        for (detail, columns) in [
            ("Key (email)=(a@b) already exists.", vec!["email"]),
            ("Key (\"first name\", b)=(x, 2) already exists.", vec!["first name", "b"]),
            ("Key (\"or\"\"der\")=(1) already exists.", vec!["or\"der"]),
            ("Schlüssel (a)=(1) existiert bereits.", vec!["a"]),
            ("Key (lower(email))=(a) already exists.", vec![]),
            ("Failing row contains (1, null).", vec![]),
            ("nothing", vec![]),
        ] {
            assert_eq!(key_columns(detail), columns, "{detail}");
        }
    }

    #[test]
    fn names_are_read_out_of_messages() {
        assert_eq!(quoted("relation \"a.b\" does not exist").as_deref(), Some("a.b"));
        assert_eq!(quoted("Relation »users« existiert nicht").as_deref(), Some("users"));
        assert_eq!(column("column \"a\" of relation \"t\" does not exist").as_deref(), Some("a"));
        assert_eq!(column("column t.a does not exist").as_deref(), Some("t.a"));
    }
}
