//! Changes of the schema: all of one or nothing of it.

use atlas_core::{
    error::{Error, Result},
    schema::{SchemaChange, Table},
};
use atlas_sql::schema_statements;

use crate::{dialect::SqliteDialect, error::Failure, raw::Database};

/// Makes a change. A table that is there already stays as it is, with the indexes that it has.
///
/// # Errors
///
/// [`Error::Config`] for a name that is taken; what SQLite gives.
pub(crate) fn change(database: &mut Database, change: &SchemaChange) -> Result<()> {
    let fail = |failure: Failure| failure.into_error(None);
    let own = !database.in_transaction();
    let (begin, end, undo): (_, _, &[&str]) = if own {
        ("BEGIN IMMEDIATE", "COMMIT", &["ROLLBACK"])
    } else {
        (
            "SAVEPOINT atlas_schema",
            "RELEASE atlas_schema",
            &["ROLLBACK TO atlas_schema", "RELEASE atlas_schema"],
        )
    };
    database.command(begin).map_err(fail)?;
    let done = make(database, change).and_then(|()| database.command(end).map_err(fail));
    if done.is_err() {
        database.undo(undo);
    }
    done
}

fn make(database: &mut Database, change: &SchemaChange) -> Result<()> {
    let statements = schema_statements(change, &SqliteDialect)?;
    if let SchemaChange::CreateTable(table) = change {
        let (schema, bare) = schema_of(&table.name);
        if let Some(there) = taken(database, schema, bare)? {
            if there.kind != "index" {
                return Ok(());
            }
            return Err(Error::config(format!(
                "the table `{}` cannot be created: its name is that of an index of `{}`: rename one of them",
                table.name, there.table
            )));
        }
        // The names of indexes are the schema's, not the table's: one that is taken is found before
        // SQLite says so, since it does not say by whom.
        for (at, index) in table.indexes.iter().enumerate() {
            let twin =
                table.indexes.iter().take(at).any(|other| other.name.eq_ignore_ascii_case(&index.name));
            let of_this = || Taken { kind: "index".to_owned(), table: bare.to_owned() };
            let there = if twin { Some(of_this()) } else { taken(database, schema, &index.name)? };
            if let Some(there) = there {
                return Err(index_is_taken(&index.name, table, &there));
            }
        }
    }
    if let SchemaChange::DropTable(name) = change {
        drop_full_text(database, name)?;
    }
    for statement in &statements {
        database.command(statement).map_err(|failure| failure.into_error(None))?;
    }
    Ok(())
}

/// Drops the tables of words that read their texts from a table.
fn drop_full_text(database: &mut Database, table: &str) -> Result<()> {
    let (schema, bare) = schema_of(table);
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let find = format!(
        "SELECT name, tbl_name FROM {}.sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%' \
         AND INSTR(sql, ?) > 0",
        quoted(schema)
    );
    let of_it = format!(", content={}, tokenize=", quoted(bare));
    let fail = |failure: Failure| failure.into_error(None);
    while let Some([name, _]) = database.texts(&find, &[&of_it]).map_err(fail)? {
        database.command(&format!("DROP TABLE {}.{}", quoted(schema), quoted(&name))).map_err(fail)?;
    }
    Ok(())
}

/// What has a name.
struct Taken {
    kind: String,
    /// The table that it is or belongs to.
    table: String,
}

fn taken(database: &mut Database, schema: &str, name: &str) -> Result<Option<Taken>> {
    let text = format!(
        "SELECT type, tbl_name FROM \"{}\".sqlite_schema WHERE name = ? COLLATE NOCASE AND type <> 'trigger'",
        schema.replace('"', "\"\"")
    );
    let found = database.texts(&text, &[name]).map_err(|failure| failure.into_error(None))?;
    Ok(found.map(|[kind, table]| Taken { kind, table }))
}

/// The schema and the name in it.
fn schema_of(table: &str) -> (&str, &str) {
    table.split_once('.').unwrap_or(("main", table))
}

#[cold]
fn index_is_taken(index: &str, table: &Table, there: &Taken) -> Error {
    let columns = table.indexes.iter().find(|own| own.name.eq_ignore_ascii_case(index));
    let columns = columns.map(|own| own.columns.join(", ")).unwrap_or_default();
    let has_it = match there.kind.as_str() {
        "index" => format!("an index of `{}` has", there.table),
        kind => format!("a {kind} has"),
    };
    Error::config(format!(
        "the table `{}` cannot be created: its index `{index}` over ({columns}) has a name that {has_it} already, and a name stands once in a SQLite database: rename a table or a column",
        table.name
    ))
}
