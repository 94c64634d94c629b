use crate::{
    schema::Name,
    statement::{ColumnRef, Expr, OrderTerm, Statement, TableRef},
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
}

impl From<Update> for Statement {
    fn from(update: Update) -> Self {
        Self::Update(update)
    }
}
