use crate::{
    schema::Name,
    statement::{Expr, Statement, TableRef},
};

/// Reads rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// Where from.
    pub from: From,
    /// What of each row.
    pub columns: Projection,
    /// Whether rows that are the same are given once.
    pub distinct: bool,
    /// Which rows.
    pub filter: Option<Expr>,
    /// In which order, the first term first.
    pub order: Vec<OrderTerm>,
    /// How many at most.
    pub limit: Option<u64>,
    /// How many to pass over first.
    pub offset: Option<u64>,
}

/// Where rows come from.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum From {
    /// A table.
    Table(TableRef),
    /// The rows of another select, under a name.
    Select(Box<Select>, Name),
}

/// What is read of each row.
#[derive(Clone, Debug, PartialEq)]
pub enum Projection {
    /// Columns of the table that the select is from, by name: what a model reads.
    Names(&'static [&'static str]),
    /// Anything else.
    Expressions(Vec<Selected>),
}

/// A selected expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected {
    /// What is read.
    pub expr: Expr,
    /// What the row calls it.
    pub alias: Option<Name>,
}

impl std::convert::From<Expr> for Selected {
    fn from(expr: Expr) -> Self {
        Self { expr, alias: None }
    }
}

/// A term of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderTerm {
    /// What is compared.
    pub expr: Expr,
    /// Whether larger values come first.
    pub descending: bool,
    /// Where NULL goes; `None` leaves it to the database.
    pub nulls: Option<Nulls>,
}

/// Where NULL goes in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nulls {
    /// Before all values.
    First,
    /// After all values.
    Last,
}

impl Select {
    /// Every row of a table, the named columns of each.
    pub fn new(table: TableRef, columns: &'static [&'static str]) -> Self {
        Self {
            from: From::Table(table),
            columns: Projection::Names(columns),
            distinct: false,
            filter: None,
            order: Vec::new(),
            limit: None,
            offset: None,
        }
    }

    /// Adds a condition to those that stand.
    pub fn and_where(&mut self, condition: Expr) {
        self.filter = Some(match self.filter.take() {
            Some(standing) => standing.and(condition),
            None => condition,
        });
    }
}

impl std::convert::From<Select> for Statement {
    fn from(select: Select) -> Self {
        Self::Select(select)
    }
}
