//! Keys that are known without asking for them.
//!
//! `RETURNING` makes SQLite keep the rows in a table of their own and write a statement journal: a
//! single insert takes three times as long. Where the one column that is asked for is the rowid by
//! another name, the connection knows the keys anyway: that of the last row, and those before it one by
//! one, as long as nothing but the statement's own rows is written.
//!
//! What that takes is decided before anything is written, by the table's schema, and remembered. The
//! schema must then not change under the decision:
//!
//! * by this connection: whatever could change it calls [`Keys::forget`], and what could undo a change
//!   [`Keys::rolled_back`];
//! * by others: keys are only told inside a transaction that holds the write lock, and the decisions
//!   of earlier transactions are given up where the schema's version is another one. A database in
//!   memory has no others.

use atlas_core::{
    driver::{Row, RowSink},
    error::{Error, Result},
    schema::Name,
    statement::{Insert, OnConflict},
    value::ValueRef,
};

use atlas_sql::{Compiled, compile_insert};

use crate::{
    dialect::SqliteDialect,
    error::Failure,
    raw::{BindRef, Database},
    watch::Limit,
};

/// How many tables are remembered.
const TABLES: usize = 64;

/// The decisions of one connection.
#[derive(Default)]
pub(crate) struct Keys {
    /// The last one used comes first.
    known: Vec<Known>,
    /// The version of the schema that they hold for; `None` until it is asked for.
    version: Option<i64>,
    /// Whether the version has been looked at since the connection was lent.
    checked: bool,
    /// Whether the transaction that is open, if one is, may have changed the schema.
    undoable: bool,
}

struct Known {
    table: Name,
    column: Name,
    is_rowid: bool,
    /// The last columns of which one row was written, and the text that did it.
    columns: Vec<Name>,
    text: String,
}

impl Keys {
    /// A statement comes that may change the schema.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
        self.version = None;
        self.checked = false;
        self.undoable = true;
    }

    /// A transaction or a part of one was rolled back.
    pub(crate) fn rolled_back(&mut self) {
        if self.undoable {
            self.forget();
        }
    }

    /// The connection was given back, with no transaction open: others may now change the schema.
    pub(crate) fn given_back(&mut self) {
        self.rolled_back();
        self.checked = false;
        self.undoable = false;
    }

    /// Whether the keys of this insert are told by the connection, without RETURNING.
    ///
    /// `alone`: whether the database has no other connections.
    ///
    /// # Errors
    ///
    /// What reading the schema gives.
    pub(crate) fn are_told(&mut self, insert: &Insert, database: &mut Database, alone: bool) -> Result<bool> {
        let ([column], OnConflict::Fail) = (insert.returning.as_slice(), &insert.on_conflict) else {
            return Ok(false);
        };
        if !database.in_transaction() {
            if !alone {
                return Ok(false);
            }
            if self.undoable {
                // SQLite itself may have rolled back: a full disk, a conflict.
                self.forget();
                self.undoable = false;
            }
        }
        // A dot separates a schema from the table in it: only the main one is decided about.
        if insert.table.name.contains('.') || insert.columns.iter().any(|given| sets(&given.name, column)) {
            return Ok(false);
        }
        let mut ask = |database: &mut Database| -> Result<bool, Failure> {
            if !alone && !self.checked {
                let version = database.number("PRAGMA main.schema_version", &[])?;
                if self.version != version {
                    self.known.clear();
                    self.version = version;
                }
                self.checked = true;
            }
            let is_rowid = self.is_rowid(&insert.table.name, column, database)?;
            Ok(is_rowid && (insert.rows < 2 || leaves_room(insert, column, database)?))
        };
        ask(database).map_err(|failure| failure.into_error(Some(&insert.table.name)))
    }

    /// The text that inserts one row without RETURNING: programs write the same columns again and again.
    /// For the insert whose keys are told, as was just asked.
    pub(crate) fn text<'k>(&'k mut self, insert: &Insert, memory: &mut Compiled<'static>) -> Result<&'k str> {
        let Some(known) = self.known.first_mut() else { return Ok("") };
        let columns = insert.columns.iter().map(|column| &column.name);
        if known.text.is_empty() || !known.columns.iter().eq(columns.clone()) {
            let mut compiled = std::mem::take(memory).recycle();
            let done = compile_insert(insert, 0..1, &[], &SqliteDialect, &mut compiled);
            known.text.clone_from(&compiled.text);
            *memory = compiled.recycle();
            done?;
            known.columns.clear();
            known.columns.extend(columns.cloned());
        }
        Ok(&known.text)
    }

    fn is_rowid(&mut self, table: &Name, column: &Name, database: &mut Database) -> Result<bool, Failure> {
        let at = self.known.iter().position(|known| known.table == *table && known.column == *column);
        if let Some(at) = at {
            self.known.swap(0, at);
        } else {
            let is_rowid = database.number(IS_ROWID, &[table, column])? == Some(1);
            self.known.truncate(TABLES - 1);
            let (table, column) = (table.clone(), column.clone());
            self.known.push(Known { table, column, is_rowid, columns: Vec::new(), text: String::new() });
            let last = self.known.len() - 1;
            self.known.swap(0, last);
        }
        Ok(self.known.first().is_some_and(|known| known.is_rowid))
    }
}

/// Whether column `?2` of table `?1` is the rowid by another name, and an insert writes the rows that it
/// gives and no others:
///
/// * it is a table of the main schema, with pages of its own, as views and virtual tables have none; no
///   temporary table hides it;
/// * it has no trigger, and no clause that leaves out or replaces rows that are there (the word in a
///   comment does no harm);
/// * the column is its whole key, and no index stands for that key: there is one for every key that is
///   not the rowid, also for `INT PRIMARY KEY`, `INTEGER PRIMARY KEY DESC` and WITHOUT ROWID.
const IS_ROWID: &str = "SELECT \
    (SELECT COUNT(*) FROM main.sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE AND rootpage > 0 \
        AND instr(lower(sql), 'conflict') = 0) = 1 \
    AND NOT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE) \
    AND NOT EXISTS (SELECT 1 FROM temp.sqlite_schema WHERE tbl_name = ?1 COLLATE NOCASE) \
    AND (SELECT COUNT(*) = 1 AND MAX(name) = ?2 COLLATE NOCASE FROM pragma_table_info(?1, 'main') WHERE pk > 0) \
    AND NOT EXISTS (SELECT 1 FROM pragma_index_list(?1, 'main') WHERE origin = 'pk')";

/// Whether a given column sets the key: itself, or one of the names that every rowid has.
fn sets(given: &str, key: &str) -> bool {
    [key, "rowid", "oid", "_rowid_"].iter().any(|name| given.eq_ignore_ascii_case(name))
}

/// Whether the keys go on from the greatest one. Where there is none above it, SQLite picks free ones.
fn leaves_room(insert: &Insert, column: &str, database: &mut Database) -> Result<bool, Failure> {
    let quoted = |name: &str| name.replace('"', "\"\"");
    let text = format!("SELECT MAX(\"{}\") FROM main.\"{}\"", quoted(column), quoted(&insert.table.name));
    let greatest = database.number(&text, &[])?.unwrap_or(0);
    Ok(i64::try_from(insert.rows).is_ok_and(|rows| greatest < i64::MAX - rows))
}

impl Database {
    /// Runs the active statement, an insert without RETURNING, to its end.
    pub(crate) fn insert(&mut self) -> Result<Written, Failure> {
        self.watch().begin(Limit::None);
        let before = self.total_changes();
        self.watch().works();
        let stepped = self.step();
        self.watch().rests();
        let written = Written { rows: self.total_changes() - before, last: self.last_insert_rowid() };
        self.finish();
        stepped.map(|_| written)
    }

    /// The first row of texts that a statement about the schema gives.
    pub(crate) fn texts<const N: usize>(
        &mut self,
        text: &str,
        binds: &[&str],
    ) -> Result<Option<[String; N]>, Failure> {
        Ok(self.all_texts(text, binds)?.into_iter().next())
    }

    /// The rows of texts that a statement about the schema gives.
    pub(crate) fn all_texts<const N: usize>(
        &mut self,
        text: &str,
        binds: &[&str],
    ) -> Result<Vec<[String; N]>, Failure> {
        self.watch().begin(Limit::None);
        self.start(text)?;
        let bound = self.bind_copies(binds.iter().map(|text| BindRef::Text(text)));
        let mut rows = Vec::new();
        let mut stepped = if bound.is_ok() { self.step() } else { Ok(false) };
        while let Ok(true) = stepped {
            rows.push(std::array::from_fn(|index| match self.row().value(index) {
                Ok(ValueRef::Text(text)) => text.to_owned(),
                Ok(ValueRef::I64(number)) => number.to_string(),
                _ => String::new(),
            }));
            stepped = self.step();
        }
        self.finish();
        stepped.map(|_| rows)
    }

    /// The one number that a statement about the schema gives.
    fn number(&mut self, text: &str, binds: &[&str]) -> Result<Option<i64>, Failure> {
        self.watch().begin(Limit::None);
        self.start(text)?;
        let bound = self.bind_copies(binds.iter().map(|text| BindRef::Text(text)));
        let stepped = if bound.is_ok() { self.step() } else { Ok(false) };
        let number = match (&stepped, self.row().value(0)) {
            (Ok(true), Ok(ValueRef::I64(number))) => Some(number),
            _ => None,
        };
        self.finish();
        stepped.map(|_| number)
    }
}

/// Hands out the keys of the `rows` rows that were just inserted; `false` where no more are wanted.
///
/// # Errors
///
/// [`Error::Driver`] where other rows were written with them; what the sink gives.
pub(crate) fn hand_out(
    insert: &Insert,
    rows: usize,
    written: Written,
    sink: &mut dyn RowSink,
) -> Result<bool> {
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    let Some(name) = insert.returning.first() else { return Ok(true) };
    let first = written.last.checked_sub(rows - 1).filter(|_| written.rows == rows);
    let Some(first) = first else { return Err(other_rows(&insert.table.name, rows, written.rows)) };
    for key in first..=written.last {
        if sink.row(&Key { key, name })?.is_break() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What an insert without RETURNING did.
#[derive(Clone, Copy)]
pub(crate) struct Written {
    /// How many rows were written, those of triggers and the like among them.
    rows: i64,
    /// The key of the last one.
    last: i64,
}

#[cold]
fn other_rows(table: &str, rows: i64, written: i64) -> Error {
    Error::Driver {
        message: format!(
            "{rows} rows were inserted into `{table}` and {written} were written, so that their keys are not known: report this"
        ),
        source: None,
    }
}

/// A row of the key alone.
struct Key<'n> {
    key: i64,
    name: &'n str,
}

impl Row for Key<'_> {
    fn len(&self) -> usize {
        1
    }

    #[inline]
    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        if index == 0 { Ok(ValueRef::I64(self.key)) } else { Err(crate::row::no_such_column(index, 1)) }
    }

    fn name(&self, index: usize) -> &str {
        if index == 0 { self.name } else { "" }
    }
}
