//! What the server's messages name: its protocol has no fields for it.

/// What stands between the first `'` and the one that ends the name: before a space, a point or the end.
pub(crate) fn first_quoted(message: &str) -> Option<String> {
    let (_, rest) = message.split_once('\'')?;
    let end = rest
        .match_indices('\'')
        .map(|(at, _)| at)
        .find(|at| {
            let after = rest.get(at + 1..).unwrap_or_default();
            after.is_empty() || [" ", ",", "."].iter().any(|next| after.starts_with(next))
        })
        .or_else(|| rest.rfind('\''))?;
    rest.get(..end).map(str::to_owned)
}

/// What stands between the first two backticks.
pub(crate) fn first_ticked(message: &str) -> Option<String> {
    ticked(message).map(|(name, _)| name)
}

/// A name between backticks, and what follows it.
fn ticked(text: &str) -> Option<(String, &str)> {
    let (_, mut rest) = text.split_once('`')?;
    let mut name = String::new();
    loop {
        let (part, after) = rest.split_once('`')?;
        name.push_str(part);
        match after.strip_prefix('`') {
            Some(after) => {
                name.push('`');
                rest = after;
            }
            None => return Some((name, after)),
        }
    }
}

/// The table, where the server says it (MySQL), and the index of `Duplicate entry 'a' for key 'users.email'`.
pub(crate) fn duplicate(message: &str) -> (Option<String>, Option<String>) {
    let Some((_, key)) = message.rsplit_once(" for key '") else { return (None, None) };
    let key = key.strip_suffix('\'').unwrap_or(key);
    match key.split_once('.') {
        Some((table, index)) => (Some(table.to_owned()), Some(index.to_owned())),
        None => (None, Some(key.to_owned())),
    }
}

/// What a foreign key's violation names.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ForeignKey {
    pub(crate) table: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) columns: Vec<String>,
}

/// `… fails (`db`.`posts`, CONSTRAINT `posts_ibfk_1` FOREIGN KEY (`user_id`) REFERENCES …`
pub(crate) fn foreign_key(message: &str) -> ForeignKey {
    let read = || {
        let (_, rest) = message.split_once(" fails (")?;
        let (_, rest) = ticked(rest)?;
        let (table, rest) = ticked(rest.strip_prefix('.')?)?;
        let rest = rest.strip_prefix(", CONSTRAINT ")?;
        let (name, rest) = ticked(rest)?;
        let mut rest = rest.strip_prefix(" FOREIGN KEY (")?;
        let mut columns = Vec::new();
        while let Some((column, after)) = ticked(rest) {
            columns.push(column);
            match after.strip_prefix(", ") {
                Some(next) => rest = next,
                None => break,
            }
        }
        Some(ForeignKey { table: Some(table), name: Some(name), columns })
    };
    read().unwrap_or_default()
}

/// The table of `db.table`: the statement's own, where it is that.
pub(crate) fn table_of(named: &str, own: Option<&str>) -> String {
    let bare = own.map(|own| own.split_once('.').map_or(own, |(_, bare)| bare));
    match (own, bare) {
        (Some(own), Some(bare)) if named.strip_suffix(bare).is_some_and(|rest| rest.ends_with('.')) => {
            own.to_owned()
        }
        _ => named.split_once('.').map_or(named, |(_, table)| table).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{duplicate, first_quoted, first_ticked, foreign_key, table_of};

    #[test]
    fn names_are_found() {
        assert_eq!(first_quoted("Column 'it's' cannot be null").as_deref(), Some("it's"));
        assert_eq!(first_quoted("Unknown column 'a.b' in 'field list'").as_deref(), Some("a.b"));
        assert_eq!(first_quoted("Table 'app.users' doesn't exist").as_deref(), Some("app.users"));
        assert_eq!(first_quoted("nothing"), None);
        assert_eq!(
            first_ticked("CONSTRAINT `back``tick` failed for `app`.`users`").as_deref(),
            Some("back`tick")
        );
        assert_eq!(table_of("app.users", Some("users")), "users");
        assert_eq!(table_of("app.users", Some("app.users")), "app.users");
        assert_eq!(table_of("app.posts", Some("users")), "posts");
    }

    #[test]
    fn constraints_are_named() {
        assert_eq!(
            duplicate("Duplicate entry 'x' for key 'users.email'"),
            (Some("users".to_owned()), Some("email".to_owned()))
        );
        assert_eq!(
            duplicate("Duplicate entry ' for key 'a' for key 'email'"),
            (None, Some("email".to_owned()))
        );
        let message = "Cannot add or update a child row: a foreign key constraint fails (`app`.`posts`, \
             CONSTRAINT `posts_ibfk_1` FOREIGN KEY (`a`, `b`) REFERENCES `users` (`x`, `y`))";
        let key = foreign_key(message);
        assert_eq!((key.table.as_deref(), key.name.as_deref()), (Some("posts"), Some("posts_ibfk_1")));
        assert_eq!(key.columns, ["a", "b"]);
    }
}
