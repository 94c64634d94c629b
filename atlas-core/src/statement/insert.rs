use crate::{
    schema::Name,
    statement::{ColumnRef, Expr, Select, Statement, TableRef},
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

/// Writes the rows of a select as new rows.
#[derive(Clone, Debug, PartialEq)]
pub struct InsertSelect {
    /// Where to.
    pub table: TableRef,
    /// The columns that get what the select reads, in its order; the database fills in the others.
    pub columns: Vec<ColumnRef>,
    /// The rows. It may be of the table that is written to.
    pub select: Box<Select>,
    /// Whether rows whose unique columns are taken are left out, instead of being an error.
    pub ignores: bool,
    /// Which columns of the written rows to give back; `*` for all of them.
    pub returning: Vec<Name>,
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
        /// Further changes: of the row that is there, and of the row that was to be written
        /// ([`Expr::Excluded`]). All of them see the row that is there as it was.
        set: Vec<(ColumnRef, Expr)>,
        /// Columns in which the row that is there has to have the values of the row that was to be written. One
        /// that has others MUST NOT be changed: either the row counts as not written, or the statement fails as
        /// for a taken key.
        same: Vec<Name>,
        /// Which of the rows that are there are changed; the others stay, and what was to be written in their place
        /// counts as not written. It may mention both rows, as `set` may.
        filter: Option<Expr>,
    },
}

impl OnConflict {
    /// Whether a row is left out only where it is one that must not be changed.
    pub(crate) fn leaves_out_others(&self) -> bool {
        matches!(self, Self::Update { columns, set, same, filter: None, .. }
            if !same.is_empty() && (!columns.is_empty() || !set.is_empty()))
    }
}

impl From<InsertSelect> for Statement {
    fn from(insert: InsertSelect) -> Self {
        Self::InsertSelect(insert)
    }
}

impl From<Insert> for Statement {
    fn from(insert: Insert) -> Self {
        Self::Insert(insert)
    }
}
