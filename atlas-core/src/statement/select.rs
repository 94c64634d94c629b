use std::time::Duration;

use crate::{
    schema::Name,
    statement::{Expr, Statement, TableRef},
};

/// Reads rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// What it reads under names, as it would tables.
    pub with: Vec<Cte>,
    /// Where from.
    pub from: From,
    /// What is put beside each row, in this order.
    pub joins: Vec<Join>,
    /// What of each row.
    pub columns: Projection,
    /// Whether rows that are the same are given once.
    pub distinct: bool,
    /// Which rows.
    pub filter: Option<Expr>,
    /// What the rows of one group have in common; without any, and with an aggregate, all are one group.
    pub group: Vec<Expr>,
    /// Which groups.
    pub having: Option<Expr>,
    /// In which order, the first term first.
    pub order: Vec<OrderTerm>,
    /// How many at most.
    pub limit: Option<u64>,
    /// How many to pass over first.
    pub offset: Option<u64>,
    /// Whether the rows are kept from others until the transaction ends. A database that lets one
    /// transaction write at a time MAY pass over it.
    pub lock: Option<Lock>,
    /// For how long its result is kept. No matter of the driver's.
    pub kept: Option<Kept>,
    /// Which indexes of the table to read by. A database that cannot be told MAY pass over it.
    pub hints: Vec<IndexHint>,
    /// Whether the tables are to be read in the order in which they are joined. A database that cannot be told MAY pass
    /// over it.
    pub straight: bool,
    /// How long it may take. No driver looks at it: what takes longer is dropped half-way.
    pub time_limit: Option<Duration>,
}

/// For how long a result is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// How long.
    pub ttl: Duration,
    /// Under which name; `None` for that of the statement itself.
    pub name: Option<String>,
}

/// Which index of a table to read by, or not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IndexHint {
    /// How.
    pub kind: HintKind,
    /// The index.
    pub index: Name,
}

/// How an index is to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HintKind {
    /// It, or another one that is named so, if any.
    Use,
    /// It, if that is possible at all.
    Force,
    /// Not it.
    Ignore,
}

/// Rows of another table, put beside those of a select.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// What becomes of a row that has none beside it.
    pub kind: JoinKind,
    /// Whose rows.
    pub from: From,
    /// What is put beside those first, each of them an inner join.
    pub inner: Vec<Join>,
    /// Which of them belong together; passed over by [`JoinKind::Cross`].
    pub on: Expr,
}

impl Join {
    /// Rows of a table, put beside those of a select.
    pub fn new(kind: JoinKind, table: TableRef, on: Expr) -> Self {
        Self { kind, from: From::Table(table), inner: Vec::new(), on }
    }
}

/// What becomes of a row that has none beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JoinKind {
    /// It is left out.
    Inner,
    /// It stands beside NULLs.
    Left,
    /// It is left out, and a row of the other table that has none beside it stands behind NULLs.
    Right,
    /// Every row stands beside every row.
    Cross,
}

/// How rows are kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lock {
    /// From whom.
    pub strength: LockStrength,
    /// What happens where somebody else has locked a row.
    pub wait: LockWait,
}

/// From whom locked rows are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockStrength {
    /// From everybody who wants to change or to lock them.
    Update,
    /// From everybody who wants to change them.
    Share,
}

/// What happens where somebody else has locked a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockWait {
    /// The select waits.
    Wait,
    /// The select fails.
    NoWait,
    /// The row is left out.
    Skip,
}

/// Where rows come from.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum From {
    /// A table.
    Table(TableRef),
    /// The rows of another select, under a name.
    Select(Box<Select>, Name),
    /// The rows of several selects, under a name.
    Set(Box<SetOf>, Name),
    /// The rows of a select that may mention what stands before it, read anew beside each row of that, under a name.
    Lateral(Box<Select>, Name),
}

/// The rows of a select, put together with those of others, one after the other from the left.
#[derive(Clone, Debug, PartialEq)]
pub struct SetOf {
    /// The first, whose columns' names are those of the whole.
    pub first: Select,
    /// The others. What they read has as many columns, of the same types.
    pub then: Vec<(SetOperator, Select)>,
}

/// How the rows of two selects are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SetOperator {
    /// The rows of either, each once.
    Union,
    /// All rows of both.
    UnionAll,
    /// The rows that both have, each once.
    Intersect,
    /// The rows of the first that the other does not have, each once.
    Except,
}

/// Rows that a statement reads under a name, as it would a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Cte {
    /// The name.
    pub name: Name,
    /// What its columns are called.
    pub columns: Vec<Name>,
    /// Its rows.
    pub rows: SetOf,
    /// Whether the selects after the first read the rows that there are so far, by the name, until there are
    /// no new ones.
    pub recursive: bool,
    /// Whether the rows are to be made once and kept, or anew wherever they are read; `None` leaves it to the
    /// database, and a database that cannot be told MAY pass over it.
    pub materialized: Option<bool>,
}

impl From {
    /// What its columns are qualified with.
    pub fn qualifier(&self) -> &Name {
        match self {
            Self::Table(table) => table.qualifier(),
            Self::Select(_, name) | Self::Set(_, name) | Self::Lateral(_, name) => name,
        }
    }
}

/// What is read of each row.
#[derive(Clone, Debug, PartialEq)]
pub enum Projection {
    /// Columns of the table that the select is from, by name: what a model reads.
    Names(&'static [&'static str]),
    /// The same, and something after them.
    NamesAnd(&'static [&'static str], Vec<Selected>),
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
        Self::of(From::Table(table), Projection::Names(columns))
    }

    /// Every row, and of each what the projection says.
    pub fn of(from: From, columns: Projection) -> Self {
        Self {
            with: Vec::new(),
            from,
            joins: Vec::new(),
            columns,
            distinct: false,
            filter: None,
            group: Vec::new(),
            having: None,
            order: Vec::new(),
            limit: None,
            offset: None,
            lock: None,
            kept: None,
            hints: Vec::new(),
            straight: false,
            time_limit: None,
        }
    }

    /// Whether each row that its filter takes stands for itself: none is beside another, in a group, left out as the
    /// same as another, or beyond a limit.
    pub(crate) fn is_row_by_row(&self) -> bool {
        self.joins.is_empty()
            && self.group.is_empty()
            && !self.distinct
            && self.limit.is_none()
            && self.offset.is_none()
    }

    /// Whether it gives the rows of a table that its filter takes, so that the table can stand in its place.
    pub(crate) fn is_filtered_table(&self) -> bool {
        self.is_row_by_row() && self.with.is_empty() && matches!(self.from, From::Table(_))
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
