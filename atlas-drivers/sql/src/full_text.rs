//! Words that are looked for in texts, and the indexes by which they are found.

use atlas_core::{
    error::{Error, Result},
    schema::{FullTextIndex, Table},
    statement::{Expr, FullText},
};

use crate::{
    Bind, Dialect, FullTextIndexes,
    compiler::{Compiler, quote_name, quote_path},
};

impl<'s> Compiler<'_, 's> {
    pub(crate) fn full_text(&mut self, search: &'s FullText) -> Result<()> {
        let Some(template) = self.dialect.full_text(search.rank) else {
            return Err(self.unsupported("a full-text search", "look for a part of the text with `contains`"));
        };
        if search.terms.iter().all(|term| term.excluded) {
            // An order takes no bare number.
            self.push(if search.rank { "(0.0 * 1)" } else { "(1 = 0)" });
            return Ok(());
        }
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            self.push(before);
            let Some((what, after)) = after.split_once('}') else { break };
            match what {
                "index" => self.name(&search.index),
                "table" => self.table_of(search),
                "columns" => self.texts(&search.columns)?,
                "language" => push_literal(search.language, &mut self.out.text),
                "with" => self.bind(Bind::Text(self.dialect.full_text_query(&search.terms))),
                // Of a regular expression.
                other => {
                    self.push("{");
                    self.push(other);
                    self.push("}");
                }
            }
            rest = after;
        }
        self.push(rest);
        Ok(())
    }

    fn table_of(&mut self, search: &'s FullText) {
        let table = search.columns.iter().find_map(|column| match column {
            Expr::Column(column) => column.table.as_ref(),
            _ => None,
        });
        if let Some(table) = table {
            self.path(table);
        }
    }

    /// Texts one after the other.
    fn texts(&mut self, columns: &'s [Expr]) -> Result<()> {
        for (index, column) in columns.iter().enumerate() {
            self.push(if index > 0 { " || ' ' || COALESCE(" } else { "COALESCE(" });
            self.expr(column)?;
            self.push(", '')");
        }
        Ok(())
    }
}

/// The language is from the program's source, in letters alone.
fn push_literal(language: &str, text: &mut String) {
    text.push('\'');
    text.extend(language.chars().filter(|part| part.is_ascii_alphanumeric() || *part == '_'));
    text.push('\'');
}

/// What stands in the declaration of a table for its full-text indexes.
pub(crate) fn in_table(table: &Table, dialect: &dyn Dialect, text: &mut String) {
    let FullTextIndexes::Column(template) = dialect.full_text_index() else { return };
    for index in &table.full_text {
        text.push_str(", ");
        quote_name(dialect.quote(), &index.name, text);
        text.push(' ');
        text.push_str(&template.replace("{columns}", &names(index, dialect, "")));
        text.push_str(", FULLTEXT INDEX ");
        quote_name(dialect.quote(), &index.name, text);
        text.push_str(" (");
        quote_name(dialect.quote(), &index.name, text);
        text.push(')');
    }
}

/// The statements that add a full-text index to a table.
///
/// # Errors
///
/// [`Error::Unsupported`] where the database has none, or none of such a table.
pub fn added(table: &Table, index: &FullTextIndex, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let alone = Table { full_text: vec![index.clone()], ..table.clone() };
    let FullTextIndexes::Column(template) = dialect.full_text_index() else {
        let mut all = statements(&alone, dialect)?;
        if dialect.full_text_index() == FullTextIndexes::Table {
            // The rows that are there already.
            let (here, own) = (in_schema_of(table, &index.name, dialect), quoted(&index.name, dialect));
            all.push(format!("INSERT INTO {here} ({own}) VALUES ('rebuild')"));
        }
        return Ok(all);
    };
    let mut text = String::from("ALTER TABLE ");
    quote_path(dialect.quote(), &table.name, &mut text);
    let mut name = String::new();
    quote_name(dialect.quote(), &index.name, &mut name);
    let template = template.replace("{columns}", &names(index, dialect, ""));
    text.push_str(&format!(" ADD COLUMN {name} {template}, ADD FULLTEXT INDEX {name} ({name})"));
    Ok(vec![text])
}

/// The statements that drop a full-text index.
pub fn dropped(table: &Table, index: &str, dialect: &dyn Dialect) -> Vec<String> {
    let here = in_schema_of(table, index, dialect);
    match dialect.full_text_index() {
        FullTextIndexes::None => Vec::new(),
        FullTextIndexes::Expression(_) => vec![format!("DROP INDEX {here}")],
        FullTextIndexes::Column(_) => {
            let (mut of, own) = (String::new(), quoted(index, dialect));
            quote_path(dialect.quote(), &table.name, &mut of);
            vec![format!("ALTER TABLE {of} DROP INDEX {own}, DROP COLUMN {own}")]
        }
        FullTextIndexes::Table => {
            let triggers = EVENTS.map(|event| trigger(index, event));
            let drop =
                |name: String| format!("DROP TRIGGER IF EXISTS {}", in_schema_of(table, &name, dialect));
            let mut all: Vec<String> = triggers.into_iter().map(drop).collect();
            all.push(format!("DROP TABLE {here}"));
            all
        }
    }
}

/// What changes the rows of a table.
const EVENTS: [&str; 3] = ["INSERT", "DELETE", "UPDATE"];

/// The name of a trigger that keeps a table of words.
fn trigger(index: &str, event: &str) -> String {
    format!("{index}_{}", event.to_lowercase())
}

fn quoted(name: &str, dialect: &dyn Dialect) -> String {
    let mut text = String::new();
    quote_name(dialect.quote(), name, &mut text);
    text
}

/// A name in the schema of a table.
fn in_schema_of(table: &Table, name: &str, dialect: &dyn Dialect) -> String {
    match table.name.split_once('.') {
        None => quoted(name, dialect),
        Some((schema, _)) => format!("{}.{}", quoted(schema, dialect), quoted(name, dialect)),
    }
}

/// The statements that make the full-text indexes of a new table.
pub(crate) fn statements(table: &Table, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for index in &table.full_text {
        match dialect.full_text_index() {
            FullTextIndexes::Column(_) => {}
            FullTextIndexes::Expression(template) => all.push(expression(table, index, template, dialect)),
            FullTextIndexes::Table => all.extend(fts5(table, index, dialect)?),
            FullTextIndexes::None => {
                return Err(Error::Unsupported {
                    driver: dialect.name(),
                    operation: "a full-text index".to_owned(),
                    instead: "leave `#[full_text]` out".to_owned(),
                });
            }
        }
    }
    Ok(all)
}

fn names(index: &FullTextIndex, dialect: &dyn Dialect, before: &str) -> String {
    let mut text = String::new();
    for (place, name) in index.columns.iter().enumerate() {
        text.push_str(if place > 0 { ", " } else { "" });
        text.push_str(before);
        quote_name(dialect.quote(), name, &mut text);
    }
    text
}

fn expression(table: &Table, index: &FullTextIndex, template: &str, dialect: &dyn Dialect) -> String {
    let (mut texts, mut language) = (String::new(), String::new());
    for (place, name) in index.columns.iter().enumerate() {
        texts.push_str(if place > 0 { " || ' ' || COALESCE(" } else { "COALESCE(" });
        quote_name(dialect.quote(), name, &mut texts);
        texts.push_str(", '')");
    }
    push_literal(&index.language, &mut language);
    let mut text = String::from("CREATE INDEX ");
    quote_name(dialect.quote(), &index.name, &mut text);
    text.push_str(" ON ");
    quote_path(dialect.quote(), &table.name, &mut text);
    text.push(' ');
    // The language first: it has no braces, and a column's name may.
    text.push_str(&template.replace("{language}", &language).replace("{columns}", &texts));
    text
}

/// A table of FTS5 that reads its texts from the table itself, by the rowid, which is the key.
fn fts5(table: &Table, index: &FullTextIndex, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let key = match table.primary_key.as_slice() {
        [key] => table.columns.iter().find(|column| column.name == *key),
        _ => None,
    };
    if !key.is_some_and(|key| key.ty.is_integer()) {
        return Err(Error::Unsupported {
            driver: dialect.name(),
            operation: format!("a full-text index of `{}`, whose key is no integer", table.name),
            instead: "give the model a key of one integer".to_owned(),
        });
    }
    let bare = table.name.split_once('.').map_or(&*table.name, |(_, bare)| bare);
    let here = |name: &str| in_schema_of(table, name, dialect);
    let (fts, of) = (quoted(&index.name, dialect), quoted(bare, dialect));
    let columns = names(index, dialect, "");
    let stems = if index.language == "english" { "porter " } else { "" };
    let mut all = vec![format!(
        "CREATE VIRTUAL TABLE {} USING fts5({columns}, content={of}, tokenize='{stems}unicode61 remove_diacritics 0')",
        here(&index.name)
    )];
    let (old, new) = (names(index, dialect, "old."), names(index, dialect, "new."));
    let leave = format!("INSERT INTO {fts} ({fts}, rowid, {columns}) VALUES ('delete', old.rowid, {old});");
    let enter = format!("INSERT INTO {fts} (rowid, {columns}) VALUES (new.rowid, {new});");
    for (event, body) in EVENTS.into_iter().zip([enter.clone(), leave.clone(), format!("{leave} {enter}")]) {
        let name = here(&trigger(&index.name, event));
        all.push(format!("CREATE TRIGGER {name} AFTER {event} ON {of} BEGIN {body} END"));
    }
    Ok(all)
}
