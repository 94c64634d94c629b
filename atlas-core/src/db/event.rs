//! What listeners are told.

use std::{fmt, sync::Arc, time::Duration};

use crate::value::{Plain, Value};

/// Something that a handle did. See [`Db::listen`](crate::Db::listen).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A statement ended, well or not.
    Statement(StatementEvent),
    /// A transaction or savepoint began or ended.
    Transaction(TransactionEvent),
}

/// A statement that ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StatementEvent {
    /// The statement as the database got it.
    pub text: String,
    /// What was bound, in the order of the places.
    pub binds: Vec<Bind>,
    /// How many rows came back.
    pub rows: u64,
    /// How many rows were written, changed or removed.
    pub affected: u64,
    /// How long it took, with the wait for a connection.
    pub duration: Duration,
    /// The connection's name, where it has one.
    pub connection: Option<Arc<str>>,
    /// The driver's name.
    pub driver: &'static str,
    /// The number of the transaction that it ran in.
    pub transaction: Option<u64>,
    /// The model that it is about.
    pub model: Option<&'static str>,
    /// Why it failed, where it did.
    pub error: Option<String>,
}

/// A value that was bound.
#[derive(Clone, PartialEq)]
pub enum Bind {
    /// The value.
    Value(Value),
    /// A value of a column marked `#[sensitive]`, or of a raw statement marked so.
    Redacted,
}

impl fmt::Debug for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => Plain(value).fmt(f),
            Self::Redacted => f.write_str("[redacted]"),
        }
    }
}

/// A step of a transaction.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TransactionEvent {
    /// What happened.
    pub step: Step,
    /// The transaction's number; its savepoints have the same.
    pub id: u64,
    /// 0 for the transaction itself, 1 for a savepoint in it, and so on.
    pub depth: usize,
    /// For how long it had been open.
    pub duration: Duration,
    /// The connection's name, where it has one.
    pub connection: Option<Arc<str>>,
    /// The driver's name.
    pub driver: &'static str,
}

/// What happens to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// It began.
    Begin,
    /// It was kept.
    Commit,
    /// It was undone.
    Rollback,
}

impl Event {
    /// Whether it is a statement.
    pub fn is_statement(&self) -> bool {
        matches!(self, Self::Statement(_))
    }

    /// The statement, if it is one.
    pub fn as_statement(&self) -> Option<&StatementEvent> {
        match self {
            Self::Statement(statement) => Some(statement),
            Self::Transaction(_) => None,
        }
    }

    /// The transaction's step, if it is one.
    pub fn as_transaction(&self) -> Option<&TransactionEvent> {
        match self {
            Self::Transaction(transaction) => Some(transaction),
            Self::Statement(_) => None,
        }
    }
}
