//! Names of structs and fields out of those of tables and columns, which may be anything.

use std::collections::BTreeSet;

use crate::files::pascal;

/// Words that are no names in Rust but with `r#`.
const KEYWORDS: [&str; 47] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while",
];

/// Words that are none at all.
const NEVER: [&str; 3] = ["crate", "self", "super"];

/// Names of types that a model's file has already.
const TAKEN: [&str; 33] = [
    "Attribute",
    "BelongsTo",
    "BelongsToMany",
    "Box",
    "Cast",
    "Column",
    "Db",
    "Default",
    "Deferred",
    "Error",
    "HasMany",
    "HasManyThrough",
    "HasOne",
    "HasOneThrough",
    "Isolation",
    "Json",
    "Model",
    "ModelEvent",
    "MorphMany",
    "MorphOne",
    "MorphTarget",
    "MorphTo",
    "MorphToMany",
    "Observer",
    "Option",
    "Pending",
    "Prunable",
    "Query",
    "Record",
    "Relation",
    "Result",
    "String",
    "Vec",
];

/// Words whose singular no ending tells.
const IRREGULAR: [(&str, &str); 16] = [
    ("analyses", "analysis"),
    ("children", "child"),
    ("criteria", "criterion"),
    ("feet", "foot"),
    ("geese", "goose"),
    ("indices", "index"),
    ("leaves", "leaf"),
    ("lives", "life"),
    ("men", "man"),
    ("mice", "mouse"),
    ("movies", "movie"),
    ("people", "person"),
    ("quizzes", "quiz"),
    ("teeth", "tooth"),
    ("wives", "wife"),
    ("women", "woman"),
];

/// Words that are their own singular, or look as if they were a plural.
const UNCHANGED: [&str; 9] =
    ["data", "metadata", "news", "series", "species", "status", "media", "sms", "gps"];

/// A name in snake case, of letters and digits: `InvoiceLine` is `invoice_line`, `two words` is `two_words`.
pub(super) fn snake(name: &str) -> String {
    let mut own = String::with_capacity(name.len() + 4);
    let parts: Vec<char> = name.chars().collect();
    for (at, part) in parts.iter().enumerate() {
        if !part.is_alphanumeric() {
            if !own.is_empty() && !own.ends_with('_') {
                own.push('_');
            }
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| parts.get(at)).copied().unwrap_or('_');
        let after = parts.get(at + 1).copied().unwrap_or('_');
        let starts = part.is_uppercase()
            && (before.is_lowercase()
                || before.is_ascii_digit()
                || (before.is_uppercase() && after.is_lowercase()));
        if starts && !own.ends_with('_') {
            own.push('_');
        }
        own.extend(part.to_lowercase());
    }
    let own = own.trim_matches('_').to_owned();
    match own.chars().next() {
        None => "column".to_owned(),
        Some(first) if !first.is_alphabetic() => format!("n{own}"),
        Some(_) => own,
    }
}

/// The singular of an English word in lower case, as far as its ending tells.
fn singular(word: &str) -> String {
    if UNCHANGED.contains(&word) {
        return word.to_owned();
    }
    if let Some((_, singular)) = IRREGULAR.iter().find(|(plural, _)| *plural == word) {
        return (*singular).to_owned();
    }
    let cut = |end: &str, instead: &str| word.strip_suffix(end).map(|stem| format!("{stem}{instead}"));
    let long = ["sses", "shes", "ches", "xes", "zzes"].iter().any(|end| word.ends_with(end));
    let found = match word {
        _ if ["ss", "us", "is"].iter().any(|end| word.ends_with(end)) => None,
        _ if word.len() > 4 && word.ends_with("ies") => cut("ies", "y"),
        _ if long => cut("es", ""),
        _ => cut("s", ""),
    };
    found.filter(|singular| !singular.is_empty()).unwrap_or_else(|| word.to_owned())
}

/// The plural of an English word in lower case.
fn plural(word: &str) -> String {
    if UNCHANGED.contains(&word) {
        return word.to_owned();
    }
    if let Some((plural, _)) = IRREGULAR.iter().find(|(_, singular)| *singular == word) {
        return (*plural).to_owned();
    }
    let before_last = word.chars().rev().nth(1);
    match word {
        _ if word.ends_with('y') && !matches!(before_last, None | Some('a' | 'e' | 'i' | 'o' | 'u')) => {
            format!("{}ies", word.strip_suffix('y').unwrap_or(word))
        }
        _ if ["s", "x", "z", "ch", "sh"].iter().any(|end| word.ends_with(end)) => format!("{word}es"),
        _ => format!("{word}s"),
    }
}

fn last_word(snake: &str, change: impl Fn(&str) -> String) -> String {
    match snake.rsplit_once('_') {
        Some((before, last)) => format!("{before}_{}", change(last)),
        None => change(snake),
    }
}

/// The name of one row of a table, in snake case: `invoice_lines` is `invoice_line`.
pub(super) fn row(table: &str) -> String {
    last_word(&snake(table.rsplit('.').next().unwrap_or(table)), singular)
}

/// The name of several rows.
pub(super) fn rows(row: &str) -> String {
    last_word(row, plural)
}

/// The name of a struct, for a row's name.
pub(super) fn type_name(row: &str) -> String {
    match pascal(row) {
        own if TAKEN.contains(&own.as_str()) => format!("{own}Row"),
        own => own,
    }
}

/// A field's name as it is written.
pub(super) fn written(field: &str) -> String {
    if KEYWORDS.contains(&field) { format!("r#{field}") } else { field.to_owned() }
}

/// Names that are given once.
#[derive(Default)]
pub(super) struct Given(BTreeSet<String>);

impl Given {
    /// The first of some names that is free, or the last one with a number.
    pub(super) fn first(&mut self, names: &[String]) -> String {
        let usable =
            |name: &String| if NEVER.contains(&name.as_str()) { format!("{name}_") } else { name.clone() };
        let names: Vec<String> = names.iter().map(usable).collect();
        let found = names.iter().find(|name| !self.0.contains(*name)).cloned().unwrap_or_else(|| {
            let last = names.last().cloned().unwrap_or_default();
            (2_u32..)
                .map(|number| format!("{last}_{number}"))
                .find(|name| !self.0.contains(name))
                .unwrap_or(last)
        });
        self.0.insert(found.clone());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::{Given, row, rows, snake, type_name, written};

    #[test]
    fn names_of_any_hand_become_names_of_rust() {
        for (name, expected) in [
            ("InvoiceLine", "invoice_line"),
            ("HTTPServerID", "http_server_id"),
            ("two words", "two_words"),
            ("from \"here\"", "from_here"),
            ("Größe", "größe"),
            ("2nd", "n2nd"),
            ("_", "column"),
            ("address2", "address2"),
        ] {
            assert_eq!(snake(name), expected);
        }
        for (table, one, several) in [
            ("invoice_lines", "invoice_line", "invoice_lines"),
            ("PlaylistTrack", "playlist_track", "playlist_tracks"),
            ("people", "person", "people"),
            ("categories", "category", "categories"),
            ("boxes", "box", "boxes"),
            ("status", "status", "status"),
            ("addresses", "address", "addresses"),
            ("sales.order_lines", "order_line", "order_lines"),
        ] {
            assert_eq!(row(table), one);
            assert_eq!(rows(one), several);
        }
        assert_eq!(
            (type_name("result").as_str(), type_name("order_line").as_str()),
            ("ResultRow", "OrderLine")
        );
        assert_eq!((written("type").as_str(), written("name").as_str()), ("r#type", "name"));
        let mut given = Given::default();
        let mut first = |name: &str| given.first(&[name.to_owned()]);
        assert_eq!([first("a"), first("a"), first("a"), first("self")], ["a", "a_2", "a_3", "self_"]);
    }
}
