use crate::{
    schema::Name,
    statement::{ColumnRef, Expr, Statement, TableRef},
    value::Value,
};

/// Writes new rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    /// Where to.
    pub table: TableRef,
    /// Which columns are given; the database fills in the others. Empty: all columns are filled in.
    pub columns: Vec<ColumnRef>,
    /// How many rows are given.
    pub rows: usize,
    /// The values, row after row: `rows * columns.len()` of them.
    ///
    /// A driver MAY be given more rows than one of its statements takes; it MUST then split them, and
    /// write all or none.
    pub values: Vec<Value>,
    /// What happens to a row whose unique columns are taken.
    pub on_conflict: OnConflict,
    /// Which columns of the written rows to give back, in the order of `values`; `*` for all of them.
    pub returning: Vec<Name>,
    /// The primary key, by which a driver whose database gives no rows back can find them.
    pub key: Vec<Name>,
}

/// What happens to a row whose unique columns are taken.
#[derive(Clone, Debug, PartialEq)]
pub enum OnConflict {
    /// The statement fails.
    Fail,
    /// The row is left out.
    Ignore,
    /// The row that is there is changed instead.
    Update {
        /// The unique columns.
        by: Vec<Name>,
        /// The columns that get the values of the row that was to be written.
        columns: Vec<Name>,
        /// Further changes.
        set: Vec<(ColumnRef, Expr)>,
        /// Columns in which the row that is there has to have the values of the row that was to be written. One
        /// that has others MUST NOT be changed: either the row counts as not written, or the statement fails as
        /// for a taken key.
        same: Vec<Name>,
    },
}

impl OnConflict {
    /// Whether rows may be left out that were to be changed.
    pub(crate) fn may_leave_out(&self) -> bool {
        matches!(self, Self::Update { columns, set, same, .. }
            if !same.is_empty() && (!columns.is_empty() || !set.is_empty()))
    }
}

impl From<Insert> for Statement {
    fn from(insert: Insert) -> Self {
        Self::Insert(insert)
    }
}
