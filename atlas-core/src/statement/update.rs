use std::time::Duration;

use crate::{
    schema::Name,
    statement::{ColumnRef, Expr, OrderTerm, Select, Statement, TableRef},
};

/// Changes rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// Where.
    pub table: TableRef,
    /// The new values.
    pub set: Vec<(ColumnRef, Expr)>,
    /// Which rows.
    pub scope: Scope,
    /// Which columns of the changed rows to give back; `*` for all of them.
    pub returning: Vec<Name>,
}

/// Which rows an update or a delete reaches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    /// Which rows.
    pub filter: Option<Expr>,
    /// Whether the filter pins the primary key, so that one row at most is reached.
    pub one: bool,
    /// Which rows first, where there is a limit.
    pub order: Vec<OrderTerm>,
    /// How many at most.
    pub limit: Option<u64>,
    /// How many to pass over first.
    pub offset: Option<u64>,
    /// The primary key, by which a driver whose database knows no limit here can find the rows.
    pub key: Vec<Name>,
    /// What finds the rows by their keys, where that takes more than their table. The filter, the order and the
    /// limits are in it then.
    pub found: Option<Box<Found>>,
    /// How long the statement may take. No driver looks at it: what takes longer is dropped half-way.
    pub time_limit: Option<Duration>,
}

/// Rows that a select finds, to be changed or removed.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// It reads the columns of the scope's key first, and then what an update sets. It MAY find a row several
    /// times, which then gets one of the values.
    pub select: Select,
    /// What the update calls the rows that were found, where it mentions what was read.
    pub name: Name,
    /// What the select calls the columns of the key.
    pub key: Vec<Name>,
}

impl From<Update> for Statement {
    fn from(update: Update) -> Self {
        Self::Update(update)
    }
}
