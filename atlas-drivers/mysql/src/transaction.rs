//! Transactions: how they are begun, and how they end without their user.

use std::borrow::Cow;

use atlas_core::{
    driver::{Isolation, TransactionOptions},
    error::{Error, Result},
};

use crate::value::unsupported;

/// An open transaction.
pub(crate) struct Transaction {
    /// How many are open, one in the other.
    pub(crate) depth: u32,
    /// Whether the server has rolled it back.
    by_server: bool,
}

impl Transaction {
    pub(crate) fn new() -> Self {
        Self { depth: 1, by_server: false }
    }

    pub(crate) fn ended_by_server(&mut self) {
        self.by_server = true;
    }

    /// Why its connection is not there any more.
    #[cold]
    pub(crate) fn lost(&self) -> Error {
        Error::Closed {
            what: "the transaction",
            instead: if self.by_server {
                "the server rolled it back to resolve a conflict with another: run it again from its start"
            } else {
                "it was rolled back, because a statement in it was dropped before its end, took too long, or lost the connection: begin another"
            },
        }
    }
}

/// The text that begins a transaction.
///
/// # Errors
///
/// [`Error::Unsupported`] for one that may be held back.
pub(crate) fn begin(options: &TransactionOptions) -> Result<Cow<'static, str>> {
    if options.deferrable {
        return Err(unsupported(
            "a deferrable transaction",
            "leave `deferrable` out: a read-only transaction never waits for others here",
        ));
    }
    let start = if options.read_only { "START TRANSACTION READ ONLY" } else { "START TRANSACTION" };
    let level = match options.isolation {
        None => return Ok(start.into()),
        Some(Isolation::ReadUncommitted) => "READ UNCOMMITTED",
        Some(Isolation::ReadCommitted) => "READ COMMITTED",
        Some(Isolation::RepeatableRead) => "REPEATABLE READ",
        // A stricter level than was asked for is allowed.
        Some(_) => "SERIALIZABLE",
    };
    Ok(format!("SET TRANSACTION ISOLATION LEVEL {level}; {start}").into())
}

#[cold]
pub(crate) fn none_open() -> Error {
    Error::config("there is no transaction to commit or roll back: call `begin` first")
}

#[cold]
pub(crate) fn none_left() -> Error {
    Error::Closed { what: "the statement", instead: "send it again" }
}
