//! What travels to a driver: plain data, without type parameters and without SQL.
//!
//! Column and table names in here come from metadata or are quoted by the driver; every value is in a
//! [`Value`](crate::value::Value) and is bound. The one text that a driver copies is [`Raw`]'s.

mod delete;
mod expr;
mod full_text;
mod function;
mod insert;
mod json;
mod raw;
mod rename;
mod scoped;
mod select;
mod tenant;
mod update;
mod walk;
mod window;

pub use delete::Delete;
pub use expr::{Aggregate, Aggregation, ArithmeticOp, ColumnRef, CompareOp, Expr};
pub use full_text::{FullText, FullTextTerm};
pub use function::{DatePart, Function, TimeUnit};
pub use insert::{Insert, InsertSelect, OnConflict};
pub use json::{JsonAt, JsonChange, JsonQuestion, JsonStep};
pub use raw::Raw;
pub(crate) use scoped::{AddedScope, ScopeName, Without};
pub use scoped::{GlobalScope, GlobalScopes, Scoped};
pub use select::{
    Cte, From, HintKind, IndexHint, Join, JoinKind, Kept, Lock, LockStrength, LockWait, Nulls, OrderTerm,
    Projection, Select, Selected, SetOf, SetOperator,
};
pub(crate) use tenant::Filling;
pub use tenant::TenantColumn;
pub use update::{Found, Scope, Update};
pub(crate) use walk::Seen;
pub use window::{Frame, Over};

use std::time::Duration;

use crate::schema::{Name, SchemaChange};

/// Something to be done by a database.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(
    clippy::large_enum_variant,
    reason = "most are selects, and a statement is lent from where it was made"
)]
pub enum Statement {
    /// Reads rows.
    Select(Select),
    /// Writes new rows.
    Insert(Insert),
    /// Writes the rows of a select as new rows.
    InsertSelect(InsertSelect),
    /// Changes rows.
    Update(Update),
    /// Removes rows.
    Delete(Delete),
    /// A statement in the database's own language.
    Raw(Raw),
    /// Changes the schema.
    Schema(SchemaChange),
    /// Asks for the plan of another statement: rows of one or more columns, the last of them text.
    Explain {
        /// The statement. It is not run, unless it is analyzed.
        of: Box<Statement>,
        /// Whether it is run, for what each step of the plan took. Drivers refuse what is not a select.
        analyze: bool,
    },
}

impl Statement {
    /// How long it may take, where that is said.
    pub(crate) fn time_limit(&self) -> Option<Duration> {
        match self {
            Self::Select(select) => select.time_limit,
            Self::InsertSelect(insert) => insert.select.time_limit,
            Self::Update(update) => update.scope.time_limit,
            Self::Delete(delete) => delete.scope.time_limit,
            Self::Explain { of, analyze: _ } => of.time_limit(),
            Self::Insert(_) | Self::Raw(_) | Self::Schema(_) => None,
        }
    }
}

/// A table in a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRef {
    /// Its name. A dot separates a schema from the table in it.
    pub name: Name,
    /// What the statement calls it, where that differs.
    pub alias: Option<Name>,
    /// Of a model: which global scopes are still to be put in. The handle does, before a driver gets the statement; one
    /// without any leaves this as it is, and drivers pass over it.
    pub scoped: Option<Scoped>,
}

impl TableRef {
    /// A table by its own name.
    pub fn new(name: impl Into<Name>) -> Self {
        Self { name: name.into(), alias: None, scoped: None }
    }

    /// The same table under another name.
    #[must_use]
    pub fn called(mut self, alias: impl Into<Name>) -> Self {
        self.alias = Some(alias.into());
        self
    }

    /// What columns of this table are qualified with.
    pub fn qualifier(&self) -> &Name {
        self.alias.as_ref().unwrap_or(&self.name)
    }
}

impl<N: Into<Name>> std::convert::From<N> for TableRef {
    fn from(name: N) -> Self {
        Self::new(name)
    }
}
