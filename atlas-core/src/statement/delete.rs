use crate::{
    schema::Name,
    statement::{Scope, Statement, TableRef},
};

/// Removes rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    /// Where.
    pub table: TableRef,
    /// Which rows.
    pub scope: Scope,
    /// Which columns of the removed rows to give back; `*` for all of them.
    pub returning: Vec<Name>,
}

impl From<Delete> for Statement {
    fn from(delete: Delete) -> Self {
        Self::Delete(delete)
    }
}
