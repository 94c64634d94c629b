//! Changes of the schema: all of one or nothing of it.

use atlas_core::{
    error::{ConstraintKind, Error, Result},
    schema::{Alteration, SchemaChange, Table, Truncate},
    types::serde_json,
};
use atlas_sql::{drop_full_text as drop_full_text_index, schema_statements};

use crate::{dialect::SqliteDialect, error::Failure, inspect, raw::Database, rebuild::next_step};

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
    match change {
        SchemaChange::Truncate(table, how) => return truncate(database, table, *how),
        SchemaChange::AlterTable { before, changes } => return alter(database, before, changes),
        SchemaChange::DropTables(tables) => {
            tables.iter().try_for_each(|name| drop_full_text(database, name))?;
            return without_foreign_keys(database, |database| {
                run(database, &schema_statements(change, &SqliteDialect)?)
            });
        }
        _ => {}
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
    run(database, &statements)?;
    if let SchemaChange::CreateTable(table) = change {
        start_counting(database, table)?;
    }
    Ok(())
}

fn run(database: &mut Database, statements: &[String]) -> Result<()> {
    statements
        .iter()
        .try_for_each(|statement| database.command(statement).map_err(|failure| failure.into_error(None)))
}

/// Keys that are to be counted from a value on.
fn start_counting(database: &mut Database, table: &Table) -> Result<()> {
    let Some(start) = table.columns.iter().find_map(|column| column.starts_at) else { return Ok(()) };
    let (schema, bare) = schema_of(&table.name);
    let (schema, bare) = (schema.replace('"', "\"\""), bare.replace('\'', "''"));
    let text = format!(
        "INSERT INTO \"{schema}\".sqlite_sequence (name, seq) VALUES ('{bare}', {})",
        start.saturating_sub(1)
    );
    run(database, &[text])
}

/// Changes a table, step by step. Its texts are read before each: SQLite writes them anew where it renames.
fn alter(database: &mut Database, before: &Table, changes: &[Alteration]) -> Result<()> {
    let mut changes = changes;
    let mut table = before.clone();
    while !changes.is_empty() {
        let texts = inspect::texts(database, &table.name)?;
        let step = next_step(&table, &texts, &mut changes)?;
        if step.rebuilds {
            let broken = broken_references(database, &table.name)?;
            without_foreign_keys(database, |database| {
                // Otherwise views and triggers of other tables are looked at, while the table is not there.
                run(database, &["PRAGMA legacy_alter_table = ON".to_owned()])?;
                let done = run(database, &step.statements);
                run(database, &["PRAGMA legacy_alter_table = OFF".to_owned()])?;
                done
            })?;
            if broken_references(database, &table.name)? > broken {
                return Err(Error::Constraint {
                    kind: ConstraintKind::ForeignKey,
                    table: Some(table.name.to_string()),
                    constraint: None,
                    columns: Vec::new(),
                    source: None,
                });
            }
        } else {
            run(database, &step.statements)?;
        }
        table = step.after;
    }
    Ok(())
}

/// Does something while foreign keys are not held: a table that is dropped would take the rows with it that refer
/// to its own.
fn without_foreign_keys<T>(
    database: &mut Database,
    work: impl FnOnce(&mut Database) -> Result<T>,
) -> Result<T> {
    let held = database.hold_foreign_keys(false).map_err(|failure| failure.into_error(None))?;
    let done = work(database);
    database.hold_foreign_keys(held).map_err(|failure| failure.into_error(None))?;
    done
}

/// How many rows refer to nothing, of a table and of those that refer to it.
fn broken_references(database: &mut Database, table: &str) -> Result<usize> {
    let (schema, bare) = schema_of(table);
    let fail = |failure: Failure| failure.into_error(None);
    let schema = format!("\"{}\"", schema.replace('"', "\"\""));
    let text = format!(
        "SELECT DISTINCT m.name FROM {schema}.sqlite_schema m, pragma_foreign_key_list(m.name, ?) k \
         WHERE m.type = 'table' AND (k.\"table\" = ? COLLATE NOCASE OR m.name = ? COLLATE NOCASE)"
    );
    let tables = database.all_texts::<1>(&text, &[schema_of(table).0, bare, bare]).map_err(fail)?;
    let mut broken = 0;
    for [name] in tables {
        let text = format!("PRAGMA {schema}.foreign_key_check(\"{}\")", name.replace('"', "\"\""));
        broken += database.all_texts::<4>(&text, &[]).map_err(fail)?.len();
    }
    Ok(broken)
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
        // Its triggers first: what else deletes the rows of the table would look for it.
        let of = Table::new(table.to_owned());
        run(database, &drop_full_text_index(&of, &name, &SqliteDialect))?;
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
pub(crate) fn schema_of(table: &str) -> (&str, &str) {
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
