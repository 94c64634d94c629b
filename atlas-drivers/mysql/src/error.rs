use std::time::Duration;

use atlas_core::error::{ConstraintKind, Error, Source};
use sqlx::mysql::MySqlDatabaseError;

use crate::{message, server::Server};

/// Why a statement did not end well.
pub(crate) enum Failure {
    /// The server says so, or is not there.
    Server(sqlx::Error),
    /// A warning of the server that counts as an error.
    Warning(u16, String),
    /// What we say ourselves: a sink's error, a value that cannot be stored.
    Own(Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Server(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Own(error)
    }
}

/// What an error's message can name.
#[derive(Clone, Copy, Default)]
pub(crate) struct Context<'s> {
    /// The table of the statement, where it has one.
    pub(crate) table: Option<&'s str>,
    /// How long a statement may take.
    pub(crate) limit: Option<Duration>,
    /// How long the server waits for a lock.
    pub(crate) lock_wait: Duration,
    /// Whether the statement ran in a transaction.
    pub(crate) in_transaction: bool,
    /// Whether the statement was one that writes, so that nobody knows whether it did.
    pub(crate) writes: bool,
    /// Whether it was an upsert.
    pub(crate) upserts: bool,
}

impl<'s> Context<'s> {
    pub(crate) fn of(table: Option<&'s str>) -> Self {
        Self { table, ..Self::default() }
    }
}

/// Errors with which the server ends a connection.
const GONE: [u16; 9] = [1053, 1079, 1152, 1158, 1159, 1160, 1161, 1927, 4031];

/// Errors with which the server ends a whole transaction.
const ENDS_TRANSACTION: [u16; 8] = [1020, 1180, 1206, 1213, 1305, 1412, 3058, 3101];

impl Failure {
    /// The server's number for it.
    pub(crate) fn number(&self) -> Option<u16> {
        match self {
            Self::Server(error) => database_error(error).map(MySqlDatabaseError::number),
            Self::Warning(number, _) => Some(*number),
            Self::Own(_) => None,
        }
    }

    /// Whether it is the error by which an upsert leaves a row as it is: see the compiler.
    pub(crate) fn leaves_out(&self) -> bool {
        match self {
            Self::Server(error) => database_error(error)
                .is_some_and(|error| error.number() == 1690 && error.message().contains("atlas_left_out")),
            _ => false,
        }
    }

    /// Whether the server is not at the other end any more.
    pub(crate) fn is_gone(&self) -> bool {
        match self {
            Self::Server(sqlx::Error::Io(_)) => true,
            other => other.number().is_some_and(|number| GONE.contains(&number)),
        }
    }

    /// Whether what is sent and read is out of step.
    pub(crate) fn is_broken(&self) -> bool {
        match self {
            Self::Server(sqlx::Error::Database(_)) => self.is_gone(),
            Self::Server(_) => true,
            Self::Warning(..) | Self::Own(_) => false,
        }
    }

    /// Whether the server has rolled the statement's transaction back.
    pub(crate) fn ends_transaction(&self, server: &Server) -> bool {
        match self.number() {
            Some(1205) => server.lock_wait_ends_transaction,
            Some(number) => ENDS_TRANSACTION.contains(&number),
            None => false,
        }
    }

    /// The error that a user sees.
    #[cold]
    pub(crate) fn into_error(self, context: Context<'_>) -> Error {
        if self.is_gone() {
            return lost(context);
        }
        let error = match self {
            Self::Own(error) => return error,
            Self::Warning(number, message) => return of_number(number, "", &message, context, None),
            Self::Server(error) => error,
        };
        match database_error(&error) {
            Some(database) => {
                let (number, message) = (database.number(), database.message().to_owned());
                let state = database.code().unwrap_or_default().to_owned();
                of_number(number, &state, &message, context, Some(Box::new(error)))
            }
            None => Error::Driver { message: error.to_string(), source: Some(Box::new(error)) },
        }
    }
}

/// The connection broke under a statement.
#[cold]
fn lost(context: Context<'_>) -> Error {
    let (what, instead) = match (context.in_transaction, context.writes) {
        (true, _) => (
            "the transaction",
            "it was rolled back, because the connection to the server was lost: begin another",
        ),
        (false, true) => (
            "the connection to the database server",
            "the connection to the server was lost, and nobody knows whether the statement was run: look before running it again",
        ),
        (false, false) => (
            "the connection to the database server",
            "the connection to the server was lost: send the statement again",
        ),
    };
    Error::Closed { what, instead }
}

/// The connection broke under a commit.
#[cold]
pub(crate) fn lost_commit() -> Error {
    Error::Closed {
        what: "the connection to the database server",
        instead: "the connection to the server was lost, and nobody knows whether the transaction was committed: look before running it again",
    }
}

pub(crate) fn database_error(error: &sqlx::Error) -> Option<&MySqlDatabaseError> {
    match error {
        sqlx::Error::Database(error) => error.try_downcast_ref::<MySqlDatabaseError>(),
        _ => None,
    }
}

/// The error of a number of the server's.
#[cold]
fn of_number(number: u16, state: &str, message: &str, context: Context<'_>, source: Option<Source>) -> Error {
    let table = context.table.map(str::to_owned);
    let constraint = |kind, table, constraint, columns, source| Error::Constraint {
        kind,
        table,
        constraint,
        columns,
        source,
    };
    let column = || message::first_quoted(message).map(|column| vec![column]).unwrap_or_default();
    match number {
        1022 | 1062 | 1169 | 1586 | 1859 => {
            let (named, index) = message::duplicate(message);
            constraint(ConstraintKind::Unique, table.or(named), index, Vec::new(), source)
        }
        // Not the row that an upsert means: see the compiler.
        1242 if context.upserts => constraint(ConstraintKind::Unique, table, None, Vec::new(), source),
        1216 | 1217 | 1451 | 1452 => {
            let key = message::foreign_key(message);
            constraint(ConstraintKind::ForeignKey, key.table.or(table), key.name, key.columns, source)
        }
        1048 | 1263 | 1364 => constraint(ConstraintKind::NotNull, table, None, column(), source),
        3819 => constraint(ConstraintKind::Check, table, message::first_quoted(message), Vec::new(), source),
        4025 if state == "23000" || state.is_empty() => {
            constraint(ConstraintKind::Check, table, message::first_ticked(message), Vec::new(), source)
        }
        1264 => {
            constraint(ConstraintKind::Check, table, Some("the type's range".to_owned()), column(), source)
        }
        1690 => {
            constraint(ConstraintKind::Check, table, Some("the type's range".to_owned()), Vec::new(), source)
        }
        1051 | 1109 | 1146 => {
            let named = message::first_quoted(message).unwrap_or_default();
            Error::MissingTable { table: message::table_of(&named, context.table), source }
        }
        1054 | 1072 | 1091 => {
            let column = message::first_quoted(message).unwrap_or_default();
            let column = match context.table {
                Some(table) if !column.contains('.') => format!("{table}.{column}"),
                _ => column,
            };
            Error::MissingColumn { column, source }
        }
        1213 => Error::Deadlock { source },
        1020 | 1412 | 3101 => Error::Serialization { source },
        1205 => Error::Timeout {
            waiting_for: "a lock that another transaction holds: make transactions shorter, or give a longer `innodb_lock_wait_timeout` on the server".to_owned(),
            after: context.lock_wait,
        },
        1969 | 3024 => over_limit(context.limit.unwrap_or_default()),
        1317 => Error::Closed {
            what: "the statement",
            instead: "it was cancelled on the server (KILL QUERY): send it again",
        },
        1390 => Error::Unsupported {
            driver: "mysql",
            operation: "a statement with more than 65,535 values".to_owned(),
            instead: "ask for a list in one `where_in` instead of many conditions, or ask in several queries".to_owned(),
        },
        _ => match way_out(number) {
            Some(way_out) => Error::Driver { message: format!("{message}: {way_out}"), source },
            None => Error::Driver { message: message.to_owned(), source },
        },
    }
}

/// A statement took longer than it may.
#[cold]
pub(crate) fn over_limit(after: Duration) -> Error {
    Error::Timeout {
        waiting_for:
            "a statement to end: make it do less or give it an index, or set a longer `statement_timeout`"
                .to_owned(),
        after,
    }
}

/// What to do about errors that have no kind of their own.
fn way_out(number: u16) -> Option<&'static str> {
    Some(match number {
        1040 | 1203 | 1226 => {
            "the server has as many connections as it takes: give a smaller `max_connections`, or a larger one on the server"
        }
        1044 | 1045 | 1142 | 1143 | 1227 | 1370 => "GRANT the user what the statement needs",
        1114 | 1021 | 1030 => "make room on the server's disk",
        1118 => {
            "give the table fewer or shorter columns: texts that are in no index take little room of a row"
        }
        1153 => {
            "a value is larger than the server's `max_allowed_packet`: make that larger, or store the value elsewhere"
        }
        1265 | 1292 | 1366 | 1411 | 3140 => "the value does not fit the column's type: change one of them",
        1290 | 1792 | 1836 | 3100 => {
            "the transaction or the server takes no writes: use a transaction that is not read-only, or the primary server"
        }
        1365 => "guard the division with a condition on its divisor",
        1406 => {
            "the value is too long for the column: shorten it, or give the column a longer type (an indexed text has 255 characters)"
        }
        1461 => {
            "the server keeps as many prepared statements as it takes: give a smaller `statement_cache`, or a larger `max_prepared_stmt_count` on the server"
        }
        1071 | 1170 => "index fewer columns, or such with a shorter type",
        1267 => {
            "give both sides the same collation: `ALTER TABLE .. CONVERT TO CHARACTER SET utf8mb4 COLLATE ..`"
        }
        3572 => "the row is locked by another transaction: try again later",
        _ => return None,
    })
}

/// The error of a connection that could not be opened.
#[cold]
pub(crate) fn connecting(error: sqlx::Error, target: &str) -> Error {
    let reason = match &error {
        sqlx::Error::Io(io) => match io.kind() {
            std::io::ErrorKind::ConnectionRefused => {
                "nothing listens there: check that the server runs, its address and its port".to_owned()
            }
            std::io::ErrorKind::NotFound => {
                "there is no such socket: check that the server runs, and the path".to_owned()
            }
            _ => format!("{io}: check the host's name, the network and firewalls"),
        },
        sqlx::Error::Tls(reason) => {
            format!("TLS failed ({reason}): check the server's certificate, or choose another `ssl-mode`")
        }
        other => match database_error(other) {
            Some(database) => refused(database),
            None => other.to_string(),
        },
    };
    Error::Connect { target: target.to_owned(), reason, source: Some(Box::new(error)) }
}

fn refused(error: &MySqlDatabaseError) -> String {
    let message = error.message();
    let way_out = match error.number() {
        1045 | 1698 => "check the user and the password in the URL",
        1044 => "GRANT the user this database",
        1049 => "create it with CREATE DATABASE, or check its name at the end of the URL",
        1040 | 1203 | 1226 => {
            "the server has as many connections as it takes: give a smaller `max_connections`, or a larger one on the server"
        }
        1129 | 1130 => "the server takes no connections from this host: allow it there",
        1053 => "the server is shutting down",
        1251 | 1275 | 2059 => {
            "give the user another authentication plugin (caching_sha2_password, mysql_native_password)"
        }
        _ => return message.to_owned(),
    };
    format!("{message}: {way_out}")
}
