//! Names of files, structs and tables, out of what was asked for.

/// `PostComment`, `post-comment` and `post_comment` as `post_comment`.
pub(crate) fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut before = None;
    for character in name.chars() {
        match character {
            '-' | '_' | ' ' => snake.push('_'),
            upper if upper.is_uppercase() => {
                if before.is_some_and(|before: char| before.is_lowercase() || before.is_ascii_digit()) {
                    snake.push('_');
                }
                snake.extend(upper.to_lowercase());
            }
            other => snake.push(other),
        }
        before = Some(character);
    }
    snake
}

/// `post_comment` as `PostComment`.
pub(crate) fn pascal(name: &str) -> String {
    let name = snake(name);
    let words = name.split('_').filter(|word| !word.is_empty());
    let upper = |word: &str| {
        let mut characters = word.chars();
        let first = characters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(characters).collect::<String>()
    };
    words.map(upper).collect()
}

/// `post_comment` as `post_comments`: the usual plural. A model that is made by command names its table, whatever that is.
pub(crate) fn plural(name: &str) -> String {
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    match name.strip_suffix('y') {
        Some(stem) if !ends(&["ay", "ey", "oy", "uy"]) => format!("{stem}ies"),
        _ if ends(&["s", "x", "z", "ch", "sh"]) => format!("{name}es"),
        _ => format!("{name}s"),
    }
}

/// What a migration is about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// It makes a table.
    Create(String),
    /// It adds a column to a table.
    Add(String, String),
    /// It drops a column of a table.
    Drop(String, String),
    /// It changes a table.
    Change(String),
}

/// What a migration is about, by its name: `create_users_table`, `add_age_to_users`, `drop_age_from_users`.
pub(crate) fn about(migration: &str) -> Option<About> {
    let name = migration.strip_suffix("_table").unwrap_or(migration);
    if let Some(table) = name.strip_prefix("create_") {
        return Some(About::Create(table.to_owned()));
    }
    let parts = |word: &str, between: &str| {
        let (column, table) = name.strip_prefix(word)?.rsplit_once(between)?;
        Some((column.to_owned(), table.to_owned()))
    };
    if let Some((column, table)) = parts("add_", "_to_") {
        return Some(About::Add(column, table));
    }
    if let Some((column, table)) = parts("drop_", "_from_").or_else(|| parts("remove_", "_from_")) {
        return Some(About::Drop(column, table));
    }
    let table = ["_to_", "_from_", "_in_", "_of_"].iter().find_map(|word| name.rsplit_once(word))?.1;
    Some(About::Change(table.to_owned()))
}

/// Whether it can be the name of a struct or a file.
pub(crate) fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|character| character.is_ascii_alphanumeric() || "_-".contains(character))
}

#[cfg(test)]
mod tests {
    use super::{About, about, is_name, pascal, plural, snake};

    #[test]
    fn names_are_written_otherwise() {
        for (name, other) in [
            ("PostComment", "post_comment"),
            ("post-comment", "post_comment"),
            ("Sha256Sum", "sha256_sum"),
            ("HTTPCall", "httpcall"),
        ] {
            assert_eq!(snake(name), other);
        }
        assert_eq!(
            (pascal("post_comment"), pascal("user-role"), pascal("User")),
            ("PostComment".into(), "UserRole".into(), "User".into())
        );
        let plurals = ["user", "category", "day", "box", "branch"].map(plural);
        assert_eq!(plurals, ["users", "categories", "days", "boxes", "branches"]);
        assert!(is_name("create_users") && !is_name("../x") && !is_name("1st") && !is_name(""));
    }

    // C-240
    #[test]
    fn a_migration_says_what_it_is_about() {
        let (age, users) = (|| "age".to_owned(), || "users".to_owned());
        assert_eq!(about("create_users_table"), Some(About::Create(users())));
        assert_eq!(about("create_users"), Some(About::Create(users())));
        assert_eq!(about("add_age_to_users_table"), Some(About::Add(age(), users())));
        assert_eq!(about("drop_age_from_users"), Some(About::Drop(age(), users())));
        assert_eq!(about("widen_name_of_users"), Some(About::Change(users())));
        assert_eq!(about("tidy_up"), None);
    }
}
