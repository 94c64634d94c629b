use std::{fmt, time::Duration};

use atlas_core::error::{ConstraintKind, Error, Source};
use rusqlite::ffi;

/// What SQLite said.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// The extended result code.
    pub(crate) code: i32,
    pub(crate) message: String,
    /// How long the statement was allowed to take, where it was ended for that.
    pub(crate) over_limit: Option<Duration>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (SQLite result code {})", self.message, self.code)
    }
}

impl std::error::Error for Failure {}

impl Failure {
    fn own(code: i32, message: &str) -> Self {
        Self { code, message: message.to_owned(), over_limit: None }
    }

    pub(crate) fn several_statements() -> Self {
        Self::own(ffi::SQLITE_MISUSE, "one text holds several statements: send them one by one")
    }

    pub(crate) fn empty_statement() -> Self {
        Self::own(ffi::SQLITE_MISUSE, "the text holds no statement: give one")
    }

    pub(crate) fn too_long() -> Self {
        Self::own(ffi::SQLITE_MISUSE, "the statement is longer than 2 GB: split it")
    }

    /// Another connection holds a lock.
    pub(crate) fn busy() -> Self {
        Self::own(ffi::SQLITE_BUSY, "database is locked")
    }

    /// Nobody waits for the statement any more.
    pub(crate) fn cancelled() -> Self {
        Self::own(ffi::SQLITE_INTERRUPT, "interrupted")
    }

    /// The statement took longer than it may.
    pub(crate) fn over_limit(limit: Duration) -> Self {
        Self { over_limit: Some(limit), ..Self::cancelled() }
    }

    /// What the library around SQLite says.
    pub(crate) fn of_library(error: &rusqlite::Error) -> Self {
        let code = error.sqlite_error().map_or(ffi::SQLITE_ERROR, |error| error.extended_code);
        Self::own(code, &error.to_string())
    }

    fn primary(&self) -> i32 {
        self.code & 0xff
    }

    /// Whether another connection holds a lock, so that trying again may help.
    pub(crate) fn is_busy(&self) -> bool {
        self.primary() == ffi::SQLITE_BUSY && self.code != ffi::SQLITE_BUSY_SNAPSHOT
    }

    /// Whether the statement was stopped by our own callback, and may go on elsewhere.
    pub(crate) fn is_interrupt(&self) -> bool {
        self.primary() == ffi::SQLITE_INTERRUPT && self.over_limit.is_none()
    }

    /// The error that a user sees. `table`: that of the statement, where it has one.
    #[cold]
    pub(crate) fn into_error(self, table: Option<&str>) -> Error {
        if let Some(after) = self.over_limit {
            return Error::Timeout {
                waiting_for:
                    "a statement to end: make it do less or give it an index, or set a longer `statement_timeout`"
                        .to_owned(),
                after,
            };
        }
        match self.code {
            ffi::SQLITE_CONSTRAINT_UNIQUE
            | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | ffi::SQLITE_CONSTRAINT_ROWID => {
                return self.on_columns(ConstraintKind::Unique, table);
            }
            ffi::SQLITE_CONSTRAINT_NOTNULL => return self.on_columns(ConstraintKind::NotNull, table),
            ffi::SQLITE_CONSTRAINT_CHECK => {
                let constraint = self.after("CHECK constraint failed: ").map(str::to_owned);
                let columns = constraint.as_deref().and_then(column_of_check).into_iter().collect();
                return self.constraint(ConstraintKind::Check, table, constraint, columns);
            }
            ffi::SQLITE_CONSTRAINT_DATATYPE => return self.of_another_type(table),
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => {
                return self.constraint(ConstraintKind::ForeignKey, table, None, Vec::new());
            }
            // RESTRICT is a trigger inside SQLite.
            ffi::SQLITE_CONSTRAINT_TRIGGER if self.message == "FOREIGN KEY constraint failed" => {
                return self.constraint(ConstraintKind::ForeignKey, table, None, Vec::new());
            }
            ffi::SQLITE_BUSY_SNAPSHOT => return Error::Serialization { source: self.source() },
            _ => {}
        }
        match self.primary() {
            ffi::SQLITE_ERROR => self.into_statement_error(table),
            ffi::SQLITE_MISUSE => Error::Config { message: self.message },
            ffi::SQLITE_READONLY => Error::config(format!(
                "the database is read-only ({}): open it with `mode=rw`, check the rights on its file and directory, and write in no transaction that was begun with `read_only`",
                self.message
            )),
            ffi::SQLITE_BUSY => Error::Timeout {
                waiting_for: "another process that has the database locked: make its transactions shorter, or give a longer `busy_timeout`".to_owned(),
                // The caller knows it.
                after: Duration::ZERO,
            },
            ffi::SQLITE_NOTADB => self.with_way_out("is this the right file? It is not a SQLite database"),
            ffi::SQLITE_CORRUPT => {
                self.with_way_out("the file is damaged: check it with `PRAGMA integrity_check` and restore a backup")
            }
            ffi::SQLITE_FULL => self.with_way_out("the disk or the database is full: make room"),
            ffi::SQLITE_IOERR => self.with_way_out("reading or writing the file failed: check the disk"),
            ffi::SQLITE_CANTOPEN => {
                self.with_way_out("check that the file and its directory are there, and the rights on them")
            }
            ffi::SQLITE_INTERRUPT => Error::Closed {
                what: "the statement",
                instead: "it was interrupted because nobody waits for it any more",
            },
            ffi::SQLITE_TOOBIG if self.message.contains("too long") || self.message.contains("too large") => {
                self.with_way_out("the statement is longer than 1 GB: ask for less at once")
            }
            ffi::SQLITE_TOOBIG => self.with_way_out("a value or a row is larger than 1 GB: store it in a file"),
            ffi::SQLITE_LOCKED => {
                self.with_way_out("another statement of the same connection is still reading the table: end it first")
            }
            _ => Error::Driver { message: self.message.clone(), source: self.source() },
        }
    }

    fn into_statement_error(self, table: Option<&str>) -> Error {
        if let Some(table) = self.after("no such table: ") {
            let table = table.strip_prefix("main.").unwrap_or(table).to_owned();
            return Error::MissingTable { table, source: self.source() };
        }
        if let Some(column) = self.after("no such column: ") {
            // A quoted one comes with its quotes, and the advice to use others.
            let quoted = column.strip_prefix('"').and_then(|rest| rest.split_once("\" - should this be"));
            let column = quoted.map_or(column, |(column, _)| column);
            // A statement with several tables in scope names them itself.
            let column = match table {
                Some(table) if !column.contains('.') => format!("{table}.{column}"),
                _ => column.to_owned(),
            };
            return Error::MissingColumn { column, source: self.source() };
        }
        if let Some((_, column)) = self.message.split_once(" has no column named ") {
            let column = table.map(|table| format!("{table}.{column}")).unwrap_or_else(|| column.to_owned());
            return Error::MissingColumn { column, source: self.source() };
        }
        if is_too_large(&self.message) {
            return Error::Unsupported {
                driver: "sqlite",
                operation: format!("a statement of this size ({})", self.message),
                instead: "ask for less at once: a list in one `where_in` instead of many conditions, or several queries"
                    .to_owned(),
            };
        }
        if self.message.starts_with("ON CONFLICT clause does not match") {
            let table = table.unwrap_or("the table");
            return Error::config(format!(
                "an upsert into `{table}` names columns that no unique index covers: declare them #[unique], or create a unique index over exactly these columns"
            ));
        }
        Error::Driver { message: self.message.clone(), source: self.source() }
    }

    fn with_way_out(self, way_out: &str) -> Error {
        Error::Driver { message: format!("{}; {way_out}", self.message), source: self.source() }
    }

    fn after(&self, prefix: &str) -> Option<&str> {
        self.message.strip_prefix(prefix)
    }

    /// `UNIQUE constraint failed: users.email, users.org`, or `… failed: index 'name'`.
    fn on_columns(self, kind: ConstraintKind, table: Option<&str>) -> Error {
        let listed = self.message.split_once(" failed: ").map_or("", |(_, listed)| listed);
        if let Some(index) = listed.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\'')) {
            let index = index.to_owned();
            return self.constraint(kind, table, Some(index), Vec::new());
        }
        let bare = table.map(|table| table.split_once('.').map_or(table, |(_, bare)| bare));
        let mut named = None;
        let mut columns = Vec::new();
        for part in listed.split(", ").filter(|part| !part.is_empty()) {
            let own =
                bare.and_then(|bare| part.strip_prefix(bare)?.strip_prefix('.').map(|column| (bare, column)));
            let (table, column) = own.or_else(|| part.split_once('.')).unwrap_or(("", part));
            if !table.is_empty() {
                named.get_or_insert_with(|| table.to_owned());
            }
            columns.push(column.to_owned());
        }
        let table = named.or_else(|| table.map(str::to_owned));
        self.constraint(kind, table.as_deref(), None, columns)
    }

    /// `cannot store REAL value in INTEGER column users.age`, of a STRICT table.
    fn of_another_type(self, table: Option<&str>) -> Error {
        let (what, place) = self.message.rsplit_once(" column ").unwrap_or(("", &self.message));
        let bare = table.map(|table| table.split_once('.').map_or(table, |(_, bare)| bare));
        let column = bare.and_then(|bare| place.strip_prefix(bare)?.strip_prefix('.'));
        let (named, column) = match column {
            Some(column) => (table, column),
            None => place.split_once('.').map_or((table, place), |(table, column)| (Some(table), column)),
        };
        let constraint = what.rsplit_once(" in ").map(|(_, ty)| format!("type {ty}"));
        let (named, columns) = (named.map(str::to_owned), vec![column.to_owned()]);
        self.constraint(ConstraintKind::Check, named.as_deref(), constraint, columns)
    }

    fn constraint(
        self,
        kind: ConstraintKind,
        table: Option<&str>,
        constraint: Option<String>,
        columns: Vec<String>,
    ) -> Error {
        Error::Constraint {
            kind,
            table: table.map(str::to_owned),
            constraint,
            columns,
            source: self.source(),
        }
    }

    fn source(self) -> Option<Source> {
        Some(Box::new(self))
    }
}

/// The column that a check of the dialect's is about: `0 <= "age" AND "age" <= 255`.
fn column_of_check(check: &str) -> Option<String> {
    let (low, mut rest) = check.split_once(" <= \"")?;
    low.parse::<i64>().ok()?;
    let mut column = String::new();
    loop {
        let (part, after) = rest.split_once('"')?;
        column.push_str(part);
        match after.strip_prefix('"') {
            Some(after) => {
                column.push('"');
                rest = after;
            }
            None => return (after.is_empty() || after.starts_with(" AND \"")).then_some(column),
        }
    }
}

/// Whether SQLite says that a statement is beyond one of its limits.
fn is_too_large(message: &str) -> bool {
    ["too many SQL variables", "too many terms in ", "too many columns ", "too many references to "]
        .iter()
        .chain(&["Expression tree is too large", "parser stack overflow", "parser nesting"])
        .any(|start| message.starts_with(start))
}
