//! What the server says, as the errors of Atlas.

use std::{fmt, time::Duration};

use atlas_core::error::{ConstraintKind, Error, Source};
use sqlx::postgres::{PgDatabaseError, PgSeverity};

use crate::{encode::Misfit, place};

/// Why something did not work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The server refused it, and the connection goes on.
    Server(Box<ServerError>),
    /// The server is not at the other end any more, or not to be understood.
    Lost,
    /// A value does not fit its place: the number of its column, where it has one.
    Misfit(Misfit, Option<usize>),
    /// An error of our own.
    Own(Error),
}

/// What the server said. Without its detail, which holds values of rows.
#[derive(Clone, Debug)]
pub(crate) struct ServerError {
    code: String,
    message: String,
    hint: Option<String>,
    table: Option<String>,
    column: Option<String>,
    constraint: Option<String>,
    /// The columns of the key that the detail names.
    key: Vec<String>,
    routine: Option<String>,
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (SQLSTATE {})", self.message, self.code)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ServerError {}

/// What a statement that failed was about.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct About<'s> {
    /// Its table, where it has one.
    pub(crate) table: Option<&'s str>,
    /// The columns that it writes; none where it only reads.
    pub(crate) writes: Writes<'s>,
    /// How long it might take.
    pub(crate) limit: Option<Duration>,
}

/// What a statement writes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Writes<'s> {
    #[default]
    Nothing,
    Insert(&'s [atlas_core::statement::ColumnRef]),
    Update(&'s [(atlas_core::statement::ColumnRef, atlas_core::statement::Expr)]),
    Delete,
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => match error.try_downcast_ref::<PgDatabaseError>() {
                Some(said) => {
                    let lost = matches!(said.severity(), PgSeverity::Fatal | PgSeverity::Panic)
                        || matches!(said.code(), "57P01" | "57P02" | "57P05" | "25P03");
                    if lost {
                        return Self::Lost;
                    }
                    Self::Server(Box::new(ServerError::of(said)))
                }
                None => Self::Lost,
            },
            sqlx::Error::Encode(error) => match error.downcast::<Misfit>() {
                Ok(misfit) => Self::Misfit(*misfit, None),
                Err(error) => Self::Own(Error::Driver { message: error.to_string(), source: Some(error) }),
            },
            sqlx::Error::Configuration(reason) => Self::Own(Error::config(reason.to_string())),
            _ => Self::Lost,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Own(error)
    }
}

impl Failure {
    /// Whether the server has put the transaction aside because of it.
    pub(crate) fn fails_transaction(&self) -> bool {
        matches!(self, Self::Server(_))
    }

    /// Whether a prepared statement is not that of the table any more.
    pub(crate) fn is_outdated(&self) -> bool {
        let Self::Server(said) = self else { return false };
        (said.code == "0A000" && said.routine.as_deref() == Some("RevalidateCachedQuery"))
            || said.code == "26000"
    }

    /// The error that a user sees.
    #[cold]
    pub(crate) fn into_error(self, about: About<'_>) -> Error {
        match self {
            Self::Own(error) => error,
            Self::Lost => lost_connection(),
            Self::Server(said) => said.into_error(about),
            Self::Misfit(Misfit::Range { value, ty }, column) => {
                let columns: Vec<String> = match about.writes {
                    Writes::Insert(columns) => column
                        .and_then(|at| columns.get(at))
                        .map(|column| column.name.to_string())
                        .into_iter()
                        .collect(),
                    Writes::Update([(column, _)]) => vec![column.name.to_string()],
                    Writes::Update(_) => Vec::new(),
                    _ => return Misfit::Range { value, ty }.into_error(),
                };
                out_of_range(about, columns, Some(Box::new(Misfit::Range { value, ty })))
            }
            Self::Misfit(misfit, column) => {
                let error = misfit.into_error();
                match (error, about.writes, column) {
                    (Error::Config { message }, Writes::Insert(columns), Some(at)) => {
                        let column = columns.get(at).map(|column| &*column.name).unwrap_or_default();
                        let table = about.table.unwrap_or("the table");
                        Error::config(format!("column `{column}` of `{table}`: {message}"))
                    }
                    (error, _, _) => error,
                }
            }
        }
    }
}

impl ServerError {
    pub(crate) fn of(said: &PgDatabaseError) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            code: said.code().to_owned(),
            message: said.message().to_owned(),
            hint: owned(said.hint()),
            table: owned(said.table()),
            column: owned(said.column()),
            constraint: owned(said.constraint()),
            key: said.detail().map(place::key_columns).unwrap_or_default(),
            routine: owned(said.routine()),
        }
    }

    /// The error that a user sees, where there is nothing to add.
    #[cold]
    pub(crate) fn into_own_error(self) -> Error {
        self.into_error(About::default())
    }

    #[cold]
    fn into_error(self, about: About<'_>) -> Error {
        match self.code.as_str() {
            "23505" | "23P01" => {
                let columns = self.key.clone();
                self.constraint(ConstraintKind::Unique, about, columns)
            }
            "23503" => {
                // The key of the detail is that of the table that refers only where that one is written.
                let own = self.table.as_deref().is_some_and(|table| {
                    about.table.is_some_and(|of| of.rsplit('.').next() == Some(table))
                });
                let columns = match about.writes {
                    Writes::Insert(_) if own => self.key.clone(),
                    Writes::Update(set)
                        if own && self.key.iter().all(|key| set.iter().any(|(column, _)| column.name == *key)) =>
                    {
                        self.key.clone()
                    }
                    _ => Vec::new(),
                };
                self.constraint(ConstraintKind::ForeignKey, about, columns)
            }
            "23502" => {
                let columns = self.column.clone().into_iter().collect();
                self.constraint(ConstraintKind::NotNull, about, columns)
            }
            "23514" => {
                let columns = self.column_of_check().into_iter().collect();
                self.constraint(ConstraintKind::Check, about, columns)
            }
            "22003" if !matches!(about.writes, Writes::Nothing | Writes::Delete) => {
                let columns = match about.writes {
                    Writes::Update([(column, _)]) => vec![column.name.to_string()],
                    _ => Vec::new(),
                };
                out_of_range(about, columns, self.source())
            }
            "42P01" => {
                let table = match about.table {
                    Some(table) if self.names(table) => Some(table.to_owned()),
                    other => place::quoted(&self.message).or(other.map(str::to_owned)),
                };
                Error::MissingTable { table: table.unwrap_or_default(), source: self.source() }
            }
            "42703" => {
                let column = place::column(&self.message).unwrap_or_default();
                let column = match about.table {
                    Some(table) if !column.contains('.') => format!("{table}.{column}"),
                    _ => column,
                };
                Error::MissingColumn { column, source: self.source() }
            }
            "0A000" if self.routine.as_deref() == Some("heap_truncate_check_FKs") => {
                self.constraint(ConstraintKind::ForeignKey, about, Vec::new())
            }
            "40P01" => Error::Deadlock { source: self.source() },
            "40001" => Error::Serialization { source: self.source() },
            "55P03" => Error::Timeout {
                waiting_for: "a lock that another transaction holds: make transactions shorter, or set a longer `lock_timeout`"
                    .to_owned(),
                after: about.limit.unwrap_or_default(),
            },
            "57014" => match about.limit {
                Some(limit) if !self.message.contains("user request") => Error::Timeout {
                    waiting_for:
                        "a statement to end: make it do less or give it an index, or set a longer `statement_timeout`"
                            .to_owned(),
                    after: limit,
                },
                _ => self.with_way_out("it was cancelled on the server, by its own time limit or by an administrator"),
            },
            "42P10" => Error::config(format!(
                "an upsert into `{}` names columns that no unique index covers: declare them #[unique], or create a unique index over exactly these columns",
                about.table.unwrap_or("the table")
            )),
            "21000" if matches!(about.writes, Writes::Insert(_)) => Error::config(format!(
                "an upsert into `{}` has two rows of the same key, and this database changes a row once in a statement: give each key once",
                about.table.unwrap_or("the table")
            )),
            _ => self.into_other(),
        }
    }

    fn into_other(self) -> Error {
        let way_out = match self.code.as_str() {
            "25P02" => {
                return Error::Driver {
                    message: "a statement of this transaction failed earlier, and the database refuses all others since: roll it back, and run what may fail in a transaction of its own inside of it (`tx.transaction(..)`)"
                        .to_owned(),
                    source: self.source(),
                };
            }
            "25006" => {
                "the transaction or the server may only read: write in another transaction, or on the primary"
            }
            "25P01" => "there is no transaction: begin one",
            "22P02" | "22007" | "22P03" => {
                "a text has not the form of the type that it is for: check the values"
            }
            "22003" => "a number does not fit its type: cast it to a larger one",
            "22001" => "a text is longer than its column takes: shorten it, or change the column's type",
            "22008" => "a date is out of the range that the database knows",
            "22012" => "give a divisor that is not zero, or leave out the rows where it is",
            "22021" | "22P05" => {
                "a text holds a character that the database cannot store, such as NUL: take it out"
            }
            "22025" => "a pattern must not end with a backslash: double it to mean one",
            "42601" if self.message.contains("multiple commands") => {
                return Error::config("one text holds several statements: send them one by one");
            }
            "42601" => "the text is no SQL of this database",
            "42883" | "42725" => "the types do not go together: cast one, `?::bigint` or `column::text`",
            "42804" => {
                "a value is of another type than its column: cast it in the statement, or change the field's type"
            }
            "42P18" => "nothing tells the type of a value: cast it, `?::bigint`",
            "42501" => "the user lacks the right: GRANT it, or connect as another user",
            "3F000" => "create the schema first: `CREATE SCHEMA ..`",
            "42P06" | "42P07" | "42710" => "choose another name, or drop what has it",
            "2BP01" => "drop what depends on it first",
            "53100" => "the server's disk is full: make room",
            "53200" => "the server has run out of memory: do less at once",
            "53300" => {
                "the server has too many connections: lower `max_connections` of the programs, or raise the server's"
            }
            "54000" | "54001" | "54011" | "54023" => {
                return Error::Unsupported {
                    driver: "postgres",
                    operation: format!("a statement of this size ({})", self.message),
                    instead: "ask for less at once: a list in one `where_in` instead of many conditions, or several queries"
                        .to_owned(),
                };
            }
            "0A000" if self.routine.as_deref() == Some("RevalidateCachedQuery") => {
                "the table was changed while the transaction used it: run the transaction again"
            }
            "26000" => {
                "the prepared statement is gone (`DISCARD` or `DEALLOCATE`, or a pooler between): connect with `pooled=true` behind a pooler"
            }
            _ => return Error::Driver { message: self.to_string(), source: self.source() },
        };
        self.with_way_out(way_out)
    }

    fn with_way_out(self, way_out: &str) -> Error {
        Error::Driver { message: format!("{}: {way_out}", self.message), source: self.source() }
    }

    fn constraint(self, kind: ConstraintKind, about: About<'_>, columns: Vec<String>) -> Error {
        // As the program calls it, where it is the one that the statement is about.
        let table = match (&self.table, about.table) {
            (Some(own), Some(of)) if of.rsplit('.').next() == Some(own) => Some(of.to_owned()),
            (Some(own), _) => Some(own.clone()),
            (None, of) => of.map(str::to_owned),
        };
        Error::Constraint { kind, table, constraint: self.constraint.clone(), columns, source: self.source() }
    }

    /// The column of a check that was named by the server: `table_column_check`.
    fn column_of_check(&self) -> Option<String> {
        let (name, table) = (self.constraint.as_deref()?, self.table.as_deref()?);
        let column = name.strip_prefix(table)?.strip_prefix('_')?;
        let column = column.trim_end_matches(|digit: char| digit.is_ascii_digit()).strip_suffix("_check")?;
        Some(column.to_owned())
    }

    /// Whether the message names a table.
    fn names(&self, table: &str) -> bool {
        self.message.contains(table)
    }

    fn source(self) -> Option<Source> {
        Some(Box::new(self))
    }
}

#[cold]
fn out_of_range(about: About<'_>, columns: Vec<String>, source: Option<Source>) -> Error {
    Error::Constraint {
        kind: ConstraintKind::Check,
        table: about.table.map(str::to_owned),
        constraint: Some("the range of the column's type".to_owned()),
        columns,
        source,
    }
}

/// The connection broke under a statement.
#[cold]
pub(crate) fn lost_connection() -> Error {
    Error::Closed {
        what: "the connection to the database server",
        instead: "the server is gone or has ended it, and nobody knows whether the statement was run: look before running it again",
    }
}

/// The connection broke under a transaction, or a statement in it was dropped before its end.
#[cold]
pub(crate) fn lost_transaction() -> Error {
    Error::Closed {
        what: "the transaction",
        instead: "it was rolled back, because the connection to the server was lost or a statement in it was dropped before its end: begin another",
    }
}
