use std::sync::Arc;

use atlas_core::error::{Error, Result};
use rusqlite::{Connection, OpenFlags, config::DbConfig, ffi};

use crate::{
    functions,
    options::{Mode, Sqlite},
    raw::{self, Database},
    watch::Watch,
};

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Writing, and everything else where it is the only one.
    Writer,
    /// Reading alone.
    Reader,
}

/// Opens a connection. Blocks: on the disk, and on other processes for the busy timeout.
///
/// # Errors
///
/// [`Error::Connect`], with what to do about it; [`Error::Config`] for a pragma's value.
pub(crate) fn open(options: &Sqlite, role: Role) -> Result<Database> {
    raw::keep_no_memory_statistics();
    let connection = connect(options).map_err(|error| cannot_open(options, error))?;
    prepare(&connection, options, role).map_err(|error| cannot_open(options, error))?;
    let watch = Arc::new(Watch::new(options.statement_timeout));
    Ok(Database::new(connection, watch, options.statement_cache))
}

fn connect(options: &Sqlite) -> rusqlite::Result<Connection> {
    let Some(path) = &options.path else {
        return Connection::open_in_memory_with_flags(
            OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_CREATE
                | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        );
    };
    let mode = match options.mode {
        Mode::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        Mode::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Mode::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// Pragmas that a file keeps from its first page on.
const FIRST: [&str; 3] = ["encoding", "page_size", "auto_vacuum"];

fn prepare(connection: &Connection, options: &Sqlite, role: Role) -> rusqlite::Result<()> {
    connection.busy_timeout(options.busy_timeout)?;
    // What has to be set before the first page is written comes first.
    let writes = role == Role::Writer && options.mode != Mode::Read;
    for name in FIRST {
        if let Some(value) = options.pragma_value(name).filter(|_| writes) {
            pragma(connection, name, value)?;
        }
    }
    for (setting, on) in [
        // A quoted name that is no column is a mistake, and not a text.
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
        // A plan does not depend on the values that are bound: no preparing anew when they change.
        (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true),
        // A file from elsewhere cannot make us write to its schema, or call what only we should.
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
    ] {
        connection.set_db_config(setting, on)?;
    }
    functions::register(connection)?;
    if options.path.is_some() {
        if writes {
            pragma(connection, "journal_mode", options.pragma_value("journal_mode").unwrap_or("WAL"))?;
        }
        pragma(connection, "synchronous", options.pragma_value("synchronous").unwrap_or("NORMAL"))?;
    }
    pragma(connection, "foreign_keys", options.pragma_value("foreign_keys").unwrap_or("ON"))?;
    for (name, value) in &options.pragmas {
        let mut done = FIRST.iter().chain(&["journal_mode", "synchronous", "foreign_keys"]);
        if !done.any(|done| name.eq_ignore_ascii_case(done)) {
            pragma(connection, name, value)?;
        }
    }
    // The first look into the file: it may be no database at all.
    connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))?;
    if role == Role::Reader {
        pragma(connection, "query_only", "ON")?;
    }
    Ok(())
}

/// Sets a pragma, whether or not it answers with a row. Name and value are single words.
fn pragma(connection: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&format!("PRAGMA {name} = '{value}'"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

#[cold]
fn cannot_open(options: &Sqlite, error: rusqlite::Error) -> Error {
    let code = error.sqlite_error().map(|error| error.extended_code & 0xff);
    let reason = match code {
        Some(ffi::SQLITE_NOTADB) => {
            "it is not a SQLite database (or it is encrypted): check the path".to_owned()
        }
        Some(ffi::SQLITE_CANTOPEN) => why_not(options),
        Some(ffi::SQLITE_BUSY) => format!(
            "another process has held it locked for {:?}: end that process, or give a longer `busy_timeout`",
            options.busy_timeout
        ),
        Some(ffi::SQLITE_CORRUPT) => {
            "the file is damaged: check it with `PRAGMA integrity_check` and restore a backup".to_owned()
        }
        Some(ffi::SQLITE_READONLY) => {
            "it cannot be written: check the rights on the file and its directory, or open it with `mode=ro`"
                .to_owned()
        }
        _ => format!("{error}: check the path and the parameters of the URL"),
    };
    Error::Connect { target: options.target(), reason, source: Some(Box::new(error)) }
}

/// Why the file cannot be opened, as far as can be seen from outside.
fn why_not(options: &Sqlite) -> String {
    let Some(path) = &options.path else { return "there is no memory for it".to_owned() };
    if path.is_dir() {
        return "it is a directory: name a file in it".to_owned();
    }
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty())
        && !directory.exists()
    {
        return format!("there is no directory `{}`: create it first", directory.display());
    }
    if !path.exists() && options.mode != Mode::Create {
        return "there is no such file: check the path, or let `mode=rwc` create it".to_owned();
    }
    "the file or its directory cannot be opened: check the rights on them".to_owned()
}
