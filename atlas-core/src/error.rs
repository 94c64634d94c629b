//! The one error type of Atlas.

use std::{fmt, time::Duration};

/// What every fallible call of Atlas returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a driver's own library, kept as the source of ours.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// Everything that can go wrong, by what the caller can do about it.
///
/// Each message names the model, the column or the relation, and the way out. Values of a user's
/// columns appear only in [`Error::Decode`], shortened. `Debug` writes the message too, so that a `main` that gives an
/// error says what to do.
///
/// ```
/// # use atlas_tests::guide::*;
/// # run(async |db| {
/// match User::draft().name("Ann").email("Ann@example.com").save(&db).await {
///     Ok(user) => println!("welcome, {}", user.name),
///     Err(Error::Constraint { columns, .. }) => println!("taken: {}", columns.join(", ")),
///     Err(other) => return Err(other),
/// }
/// # Ok(())
/// # });
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No row matches, or the row that a record came from is gone.
    #[error("no `{model}` was found{}", for_key(.key))]
    NotFound {
        /// The model that was asked for.
        model: &'static str,
        /// The key that was asked for, where the call had one.
        key: Option<String>,
    },

    /// A call that wants exactly one row ([`Query::sole`](crate::Query::sole)) found more.
    #[error(
        "more than one `{model}` was found where exactly one was asked for: narrow the filter, or call `first`"
    )]
    MultipleFound {
        /// The model that was asked for.
        model: &'static str,
    },

    /// The database refused a write because of a constraint.
    #[error("{kind} constraint violated{}: {}", on_constraint(.table, .columns, .constraint), .kind.way_out())]
    Constraint {
        /// Which kind of constraint.
        kind: ConstraintKind,
        /// The table, where the server names it.
        table: Option<String>,
        /// The constraint's own name, where the server gives it.
        constraint: Option<String>,
        /// The columns, where the server names them.
        columns: Vec<String>,
        /// The driver's error.
        source: Option<Source>,
    },

    /// A value of a row does not fit the field's type.
    #[error(
        "column `{column}` of `{model}` holds {found}, which is no {expected}: change the field's type or the data"
    )]
    Decode {
        /// The model that was read.
        model: &'static str,
        /// The column.
        column: &'static str,
        /// What the field's type takes.
        expected: &'static str,
        /// What the row holds, shortened.
        found: String,
    },

    /// A draft was saved without a column that nothing else supplies.
    #[error("`{model}` cannot be saved without `{column}`: set it on the draft, or give it a #[default(..)]")]
    MissingAttribute {
        /// The model.
        model: &'static str,
        /// The field.
        column: &'static str,
    },

    /// Input had keys that mass assignment does not reach, on a handle that forbids to drop them.
    #[error(
        "input for `{model}` has {keys}, which mass assignment does not reach: add it to #[fillable(..)], or leave it out"
    )]
    NotFillable {
        /// The model.
        model: &'static str,
        /// The keys, or the first of them.
        keys: String,
    },

    /// A column was read that the query left out.
    #[error(
        "column `{column}` of `{model}` was left out of the query: name it in `.columns(..)`, or call `load_columns(&db, {model}::{column})`"
    )]
    ColumnLeftOut {
        /// The model.
        model: &'static str,
        /// The field.
        column: &'static str,
    },

    /// A relation was read before it was loaded.
    #[error(
        "relation `{relation}` of `{model}` is not loaded: add `.with({model}::{relation})` to the query, or call `load`"
    )]
    RelationNotLoaded {
        /// The model that has the relation.
        model: &'static str,
        /// The relation.
        relation: &'static str,
    },

    /// A lazy load was tried on a strict handle.
    #[error(
        "relation `{relation}` of `{model}` was loaded lazily, which this handle forbids: add `.with({model}::{relation})` to the query"
    )]
    LazyLoad {
        /// The model that has the relation.
        model: &'static str,
        /// The relation.
        relation: &'static str,
    },

    /// An observer stopped the operation; nothing was written.
    #[error("`{event}` of `{model}` was aborted: {reason}")]
    Aborted {
        /// The model.
        model: &'static str,
        /// The event that was aborted.
        event: &'static str,
        /// The observer's reason.
        reason: String,
    },

    /// Somebody else changed the row since it was read.
    #[error("this `{model}` was changed by somebody else since it was read: `refresh` it and try again")]
    Stale {
        /// The model.
        model: &'static str,
    },

    /// A record that was deleted is used as if it still existed.
    #[error("this `{model}` was deleted and cannot be {operation}: `replicate` it to insert it anew")]
    Deleted {
        /// The model.
        model: &'static str,
        /// What was tried: "saved", "refreshed", ….
        operation: &'static str,
    },

    /// A tenant-scoped model was used without a tenant.
    #[error("`{model}` belongs to a tenant: use a handle from `db.for_tenant(..)` or `db.without_tenant()`")]
    TenantRequired {
        /// The model.
        model: &'static str,
    },

    /// The driver cannot do this.
    #[error("the {driver} driver cannot do {operation}: {instead}")]
    Unsupported {
        /// The driver's name.
        driver: &'static str,
        /// What was asked for.
        operation: String,
        /// What to do instead.
        instead: String,
    },

    /// The database has no such table.
    #[error(
        "the database has no table `{table}`: create it with `db.create_tables(models![..])` or a migration, or set the name with #[table(\"..\")]"
    )]
    MissingTable {
        /// The table.
        table: String,
        /// The driver's error.
        source: Option<Source>,
    },

    /// The table has no such column.
    #[error(
        "the table has no column `{column}`: add it to the table, or set the name with #[column(\"..\")]"
    )]
    MissingColumn {
        /// The column, qualified where the server qualifies it.
        column: String,
        /// The driver's error.
        source: Option<Source>,
    },

    /// Two transactions waited for each other and the server ended this one.
    #[error("the database ended this transaction to resolve a deadlock: run it again")]
    Deadlock {
        /// The driver's error.
        source: Option<Source>,
    },

    /// The server could not put this transaction in an order with the others.
    #[error("the database could not serialize this transaction with concurrent ones: run it again")]
    Serialization {
        /// The driver's error.
        source: Option<Source>,
    },

    /// A time limit ran out.
    #[error("gave up after {after:?} waiting for {waiting_for}")]
    Timeout {
        /// What was waited for, and the way out.
        waiting_for: String,
        /// The limit.
        after: Duration,
    },

    /// The pool could not give a connection.
    #[error("the pool gave no connection: {reason}")]
    Pool {
        /// The cause, and who holds the connections.
        reason: String,
    },

    /// The handle, transaction or connection has ended.
    #[error("{what} has ended: {instead}")]
    Closed {
        /// What has ended.
        what: &'static str,
        /// What to do.
        instead: &'static str,
    },

    /// The database could not be reached or opened.
    #[error("could not connect to {target}: {reason}")]
    Connect {
        /// The address, without its password.
        target: String,
        /// What went wrong, and the way out.
        reason: String,
        /// The driver's error.
        source: Option<Source>,
    },

    /// Something was configured or called in a way that cannot work.
    #[error("{message}")]
    Config {
        /// A sentence with the way out.
        message: String,
    },

    /// A migration failed.
    #[error("migration `{name}` failed: {reason}")]
    Migration {
        /// The migration.
        name: String,
        /// What failed, and what was kept.
        reason: String,
    },

    /// A seeder failed.
    #[error("seeder `{name}` failed: {reason}")]
    Seeder {
        /// The seeder.
        name: String,
        /// What failed, and what was kept.
        reason: String,
    },

    /// Anything else that the database or its library reports.
    #[error("the database reported an error: {message}")]
    Driver {
        /// What the database said.
        message: String,
        /// The driver's error.
        source: Option<Source>,
    },
}

/// Which constraint a write violated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConstraintKind {
    /// A unique index or the primary key.
    Unique,
    /// A reference to a row that does not exist, or from rows that still do.
    ForeignKey,
    /// NULL in a column that does not take it.
    NotNull,
    /// A CHECK.
    Check,
}

impl ConstraintKind {
    fn way_out(self) -> &'static str {
        match self {
            Self::Unique => "another row has this value already",
            Self::ForeignKey => "the row that is referred to is not there, or rows still refer to this one",
            Self::NotNull => "the column needs a value",
            Self::Check => "the table's check does not allow this value",
        }
    }
}

impl fmt::Display for ConstraintKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unique => "unique",
            Self::ForeignKey => "foreign key",
            Self::NotNull => "not-null",
            Self::Check => "check",
        })
    }
}

/// The sentence, and what the error comes from: as `main` and `unwrap` show it.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = self.to_string();
        f.write_str(&said)?;
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            let because = error.to_string();
            if !said.contains(&because) {
                write!(f, "\n  because: {because}")?;
            }
            (said, source) = (because, error.source());
        }
        Ok(())
    }
}

impl Error {
    /// Whether running the same transaction again may succeed: deadlocks and serialization failures.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Deadlock { .. } | Self::Serialization { .. })
    }

    /// Whether a write broke a unique constraint.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Constraint { kind: ConstraintKind::Unique, .. })
    }

    /// For implementations of [`Attribute::decode`](crate::Attribute::decode): `found` is not what
    /// the type takes. Model and column are filled in by the caller.
    #[cold]
    pub fn decode(expected: &'static str, found: impl fmt::Display) -> Self {
        Self::Decode { model: "", column: "", expected, found: found.to_string() }
    }

    /// For observers: stop the operation.
    pub fn aborted(reason: impl Into<String>) -> Self {
        Self::Aborted { model: "", event: "", reason: reason.into() }
    }

    /// A mistake in configuration or use; `message` is a sentence with the way out.
    #[cold]
    pub fn config(message: impl Into<String>) -> Self {
        Self::Config { message: message.into() }
    }

    /// Fills in where a decoding error happened.
    #[cold]
    #[must_use]
    pub fn at(self, at_model: &'static str, at_column: &'static str) -> Self {
        match self {
            Self::Decode { model: "", column: "", expected, found } => {
                Self::Decode { model: at_model, column: at_column, expected, found }
            }
            other => other,
        }
    }

    /// Leaves out what the row holds, where that is a secret.
    #[cold]
    pub(crate) fn redacted(self) -> Self {
        match self {
            Self::Decode { model, column, expected, found: _ } => {
                Self::Decode { model, column, expected, found: "[redacted]".to_owned() }
            }
            other => other,
        }
    }

    /// Fills in which of the selected columns it was that could not be decoded.
    #[cold]
    pub(crate) fn selected(self, name: &str) -> Self {
        match self {
            Self::Decode { model: "", column: "", expected, found } => {
                let found = if name.is_empty() { found } else { format!("{found} in `{name}`") };
                Self::Decode { model: "a selection", column: "value", expected, found }
            }
            other => other,
        }
    }
}

fn for_key(key: &Option<String>) -> String {
    key.as_ref().map(|key| format!(" for key {key}")).unwrap_or_default()
}

fn on_constraint(table: &Option<String>, columns: &[String], constraint: &Option<String>) -> String {
    let place = match (table, columns) {
        (Some(table), []) => format!(" on `{table}`"),
        (Some(table), columns) => format!(" on `{table}` ({})", columns.join(", ")),
        (None, []) => String::new(),
        (None, columns) => format!(" on {}", columns.join(", ")),
    };
    match constraint {
        Some(name) => format!("{place} by `{name}`"),
        None => place,
    }
}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn debug_is_the_sentence_and_what_it_comes_from() {
        let table =
            |source: &str| Error::MissingTable { table: "users".to_owned(), source: Some(source.into()) };
        let shown = format!("{:?}", table("no such table: users"));
        assert!(shown.starts_with("the database has no table `users`: create it"), "{shown}");
        assert!(shown.ends_with("\n  because: no such table: users"), "{shown}");
        let known = "the database has no table `users`";
        assert!(!format!("{:?}", table(known)).contains("because"), "it is said already");
    }
}
