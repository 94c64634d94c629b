//! Changes of the schema as text.
//!
//! `column` declares a column, `create` a table and its indexes, `alter` changes a table; `differ` is what databases
//! differ in; `read` reads back what a database says.

mod alter;
mod column;
mod create;
mod differ;
mod literal;
mod read;

use atlas_core::{
    error::{Error, Result},
    schema::{Name, SchemaChange},
};

pub use column::declare_column;
pub use create::{create_index, declare_check, declare_foreign_key};
pub use differ::{Altering, Comments, SchemaDialect};
pub use literal::{literal, quoted};
pub use read::{normalize, read_default, sizes_of, takes_guard, texts_in, without_parentheses};

use crate::{
    Dialect,
    compiler::{quote_name, quote_path},
};

/// The statements of a change of the schema, in the order in which they are to be run, all or none.
///
/// Those of a new table are for a database that has none of its name: a driver MUST look first, and run
/// none of them where there is one. Had they an `IF NOT EXISTS`, an index whose name is taken would be
/// left out without a word, and what it should hold would not be held.
///
/// # Errors
///
/// [`Error::Unsupported`] for a change that this version does not know, or the database cannot make;
/// [`Error::Config`] for one that contradicts the table.
pub fn schema_statements(change: &SchemaChange, dialect: &dyn Dialect) -> Result<Vec<String>> {
    match change {
        SchemaChange::CreateTable(table) => create::table(table, dialect),
        SchemaChange::DropTable(name) => {
            let mut text = String::from("DROP TABLE IF EXISTS ");
            quote_path(dialect.quote(), name, &mut text);
            Ok(vec![text])
        }
        SchemaChange::DropTables(tables) => Ok(drop_tables(tables, dialect)),
        SchemaChange::DropView(name) => {
            let mut text = String::from("DROP VIEW IF EXISTS ");
            quote_path(dialect.quote(), name, &mut text);
            Ok(vec![text])
        }
        SchemaChange::Truncate(name, how) => {
            let [before, after] = dialect.truncate(*how);
            let mut text = before.to_owned();
            quote_path(dialect.quote(), name, &mut text);
            text.push_str(after);
            Ok(vec![text])
        }
        SchemaChange::CreateDatabase(name) if has_databases(dialect) => {
            Ok(vec![format!("CREATE DATABASE {}", quote(name, dialect))])
        }
        SchemaChange::DropDatabase(name) if has_databases(dialect) => {
            Ok(vec![format!("DROP DATABASE IF EXISTS {}", quote(name, dialect))])
        }
        SchemaChange::CreateDatabase(_) | SchemaChange::DropDatabase(_) => Err(unsupported(
            dialect,
            "a database of a server",
            "connect to a file, which is made where there is none, and remove the file",
        )),
        SchemaChange::CreateExtension(name) if dialect.schema().altering == Altering::Pieces => {
            Ok(vec![format!("CREATE EXTENSION IF NOT EXISTS {}", quote(name, dialect))])
        }
        SchemaChange::CreateExtension(name) => Err(unsupported(
            dialect,
            format!("the extension `{name}`"),
            "ask for it on PostgreSQL alone: `if db.driver_name() == \"postgres\"`",
        )),
        SchemaChange::RenameTable { before, to } => alter::rename_table(before, to, dialect),
        SchemaChange::AlterTable { before, changes } => alter::table(before, changes, dialect),
        _ => Err(Error::Unsupported {
            driver: dialect.name(),
            operation: "this change of the schema".to_owned(),
            instead: "update the driver".to_owned(),
        }),
    }
}

/// Whether a server has databases that a statement makes.
fn has_databases(dialect: &dyn Dialect) -> bool {
    dialect.schema().altering != Altering::Rebuild
}

fn drop_tables(tables: &[Name], dialect: &dyn Dialect) -> Vec<String> {
    if tables.is_empty() {
        return Vec::new();
    }
    let drop = |tables: &[Name]| {
        let mut text = String::from("DROP TABLE IF EXISTS ");
        for (index, table) in tables.iter().enumerate() {
            text.push_str(if index > 0 { ", " } else { "" });
            quote_path(dialect.quote(), table, &mut text);
        }
        text
    };
    match dialect.schema().altering {
        Altering::Pieces => vec![drop(tables) + " CASCADE"],
        Altering::Modify => {
            vec![
                "SET foreign_key_checks = 0".to_owned(),
                drop(tables),
                "SET foreign_key_checks = 1".to_owned(),
            ]
        }
        Altering::Rebuild => tables.chunks(1).map(drop).collect(),
    }
}

/// Writes names, with commas between them.
pub(crate) fn names(names: &[Name], dialect: &dyn Dialect, text: &mut String) {
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        quote_name(dialect.quote(), name, text);
    }
}

fn quote(name: &str, dialect: &dyn Dialect) -> String {
    let mut text = String::new();
    quote_name(dialect.quote(), name, &mut text);
    text
}

fn path(name: &str, dialect: &dyn Dialect) -> String {
    let mut text = String::new();
    quote_path(dialect.quote(), name, &mut text);
    text
}

#[cold]
fn unsupported(dialect: &dyn Dialect, operation: impl Into<String>, instead: &str) -> Error {
    Error::Unsupported { driver: dialect.name(), operation: operation.into(), instead: instead.to_owned() }
}
