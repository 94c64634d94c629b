//! What tables there are, and what they are like.

use atlas_core::{
    error::Result,
    schema::{Entry, FullTextIndex, Table},
};

use crate::{
    ddl::{self, Declared},
    error::Failure,
    raw::Database,
    rebuild::Texts,
    schema::schema_of,
};

/// The tables and views of the database.
pub(crate) fn entries(database: &mut Database) -> Result<Vec<Entry>> {
    // Tables of words, and those in which they keep them, are not among them.
    let text = "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'view') \
        AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    let rows = database.all_texts::<2>(text, &[]).map_err(fail)?;
    Ok(rows.into_iter().map(|[name, kind]| Entry { name: name.into(), view: kind == "view" }).collect())
}

/// A table as it is; `None` where there is none.
pub(crate) fn table(database: &mut Database, name: &str) -> Result<Option<Table>> {
    let texts = texts(database, name)?;
    let Some(declared) = Declared::parse(&texts.create) else { return Ok(None) };
    let mut table = declared.table(name);
    table.indexes.extend(texts.indexes.iter().filter_map(|(_, text)| ddl::index(text)));
    table.full_text = full_text(database, name)?;
    Ok(Some(table))
}

/// The tables of words that read their texts from a table.
fn full_text(database: &mut Database, table: &str) -> Result<Vec<FullTextIndex>> {
    let (schema, bare) = schema_of(table);
    let text = format!(
        "SELECT name, sql FROM \"{}\".sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%' \
         AND INSTR(sql, ?) > 0 ORDER BY name",
        schema.replace('"', "\"\"")
    );
    let content = format!(", content=\"{}\", tokenize=", bare.replace('"', "\"\""));
    let found = database.all_texts::<2>(&text, &[&content]).map_err(fail)?;
    let index = |[name, sql]: [String; 2]| {
        let (head, tail) = sql.split_once(&content)?;
        let (_, columns) = head.split_once("fts5(")?;
        let columns = columns.split(", ").map(|own| own.trim_matches('"').replace("\"\"", "\"").into());
        let language = if tail.starts_with("'porter ") { "english" } else { "simple" };
        Some(FullTextIndex { name: name.into(), columns: columns.collect(), language: language.into() })
    };
    Ok(found.into_iter().filter_map(index).collect())
}

/// What SQLite keeps of a table; an empty text where there is none.
pub(crate) fn texts(database: &mut Database, name: &str) -> Result<Texts> {
    let (schema, bare) = schema_of(name);
    let text = format!(
        "SELECT type, name, sql FROM \"{}\".sqlite_schema WHERE tbl_name = ? COLLATE NOCASE AND sql IS NOT NULL ORDER BY rowid",
        schema.replace('"', "\"\"")
    );
    let mut texts = Texts::default();
    for [kind, name, sql] in database.all_texts::<3>(&text, &[bare]).map_err(fail)? {
        match kind.as_str() {
            "table" => texts.create = sql,
            "index" => texts.indexes.push((name, sql)),
            "trigger" => texts.triggers.push(sql),
            _ => {}
        }
    }
    Ok(texts)
}

fn fail(failure: Failure) -> atlas_core::Error {
    failure.into_error(None)
}
