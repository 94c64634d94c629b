//! Changes of the schema: all of one or nothing of it.

use atlas_core::{
    error::{ConstraintKind, Error, Result},
    schema::{SchemaChange, Table, Truncate},
    types::serde_json,
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
    if let SchemaChange::Truncate(table, how) = change {
        return truncate(database, table, *how);
    }
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

/// A table, and the tables that refer to it, and those that refer to them, as a JSON array.
const REFERRERS: &str = "WITH RECURSIVE atlas_tables(name) AS (SELECT ? UNION \
    SELECT m.name FROM sqlite_schema AS m JOIN pragma_foreign_key_list(m.name, ?) AS f \
    JOIN atlas_tables AS a ON f.\"table\" = a.name COLLATE NOCASE WHERE m.type = 'table') \
    SELECT json_group_array(name) FROM atlas_tables";

/// Removes all rows. Those of tables that refer to others first.
fn truncate(database: &mut Database, table: &str, how: Truncate) -> Result<()> {
    let fail = |failure: Failure| failure.into_error(Some(table));
    let (schema, bare) = schema_of(table);
    let text = REFERRERS.replace("sqlite_schema", &format!("{}.sqlite_schema", quoted(schema)));
    let [found] = database.texts(&text, &[bare, schema]).map_err(fail)?.unwrap_or_default();
    let tables: Vec<String> = serde_json::from_str(&found).unwrap_or_default();
    let others = tables.iter().any(|other| !other.eq_ignore_ascii_case(bare));
    if others && !how.cascade {
        return Err(Error::Constraint {
            kind: ConstraintKind::ForeignKey,
            table: Some(table.to_owned()),
            constraint: None,
            columns: Vec::new(),
            source: None,
        });
    }
    let schema = quoted(schema);
    let mut statements = vec!["PRAGMA defer_foreign_keys = ON".to_owned()];
    statements.extend(tables.iter().rev().map(|table| format!("DELETE FROM {schema}.{}", quoted(table))));
    statements.push("PRAGMA defer_foreign_keys = OFF".to_owned());
    let counts = format!("SELECT name FROM {schema}.sqlite_schema WHERE name = 'sqlite_sequence'");
    if how.restart_identity && database.texts::<1>(&counts, &[]).map_err(fail)?.is_some() {
        statements.extend(tables.iter().map(|table| {
            let name = table.replace('\'', "''");
            format!("DELETE FROM {schema}.sqlite_sequence WHERE name = '{name}' COLLATE NOCASE")
        }));
    }
    statements.iter().try_for_each(|statement| database.command(statement)).map_err(fail)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
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
