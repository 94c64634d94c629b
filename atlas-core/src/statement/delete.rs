use crate::statement::{Scope, Statement, TableRef};

/// Removes rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    /// Where.
    pub table: TableRef,
    /// Which rows.
    pub scope: Scope,
}

impl From<Delete> for Statement {
    fn from(delete: Delete) -> Self {
        Self::Delete(delete)
    }
}
