use crate::{
    schema::Name,
    statement::{FullText, Function, JsonAt, JsonChange, Over, Raw, Select, TenantColumn},
    value::{ColumnType, Value},
};

/// An expression.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Expr {
    /// A column.
    Column(ColumnRef),
    /// The value that the row that was to be written has in a column: only in what an upsert does with the row
    /// that is there.
    Excluded(ColumnRef),
    /// Columns of a table or alias, by name: what a model reads. Only where rows are read.
    Columns(Name, &'static [&'static str]),
    /// A value, bound.
    Value(Value),
    /// `left op right`, where neither side is meant to be NULL.
    Compare(CompareOp, Box<Expr>, Box<Expr>),
    /// `left op right` on numbers.
    Arithmetic(ArithmeticOp, Box<Expr>, Box<Expr>),
    /// All of them; true where there are none.
    And(Vec<Expr>),
    /// Any of them; false where there are none.
    Or(Vec<Expr>),
    /// The opposite.
    Not(Box<Expr>),
    /// Whether it is NULL.
    IsNull(Box<Expr>),
    /// Whether it is one of a list of values, none of them NULL. An empty list is false.
    In(Box<Expr>, Vec<Value>),
    /// Whether it lies in `low..=high`.
    Between(Box<Expr>, Box<Expr>, Box<Expr>),
    /// Whether the text matches a pattern in which `%` stands for any text and `_` for one character;
    /// `\` before one of the three takes it as it stands. Case matters.
    Like(Box<Expr>, String),
    /// Several rows in one value.
    Aggregate(Box<Aggregation>),
    /// Whether the row of these expressions is among the rows of a select.
    InSelect(Vec<Expr>, Box<Select>),
    /// Whether a select has a row. What it reads may mention tables of the statement around it.
    Exists(Box<Select>),
    /// The one value that a select gives; NULL of none. It may mention tables of the statement around it.
    Select(Box<Select>),
    /// The first of them that is not NULL.
    Coalesce(Vec<Expr>),
    /// What a function makes of these.
    Function(Function, Vec<Expr>),
    /// The value beside the first condition that holds, else the last one, else NULL.
    Case(Vec<(Expr, Expr)>, Option<Box<Expr>>),
    /// A value that is computed of the rows around each row.
    Over(Box<Over>),
    /// Something inside of a JSON document.
    Json(Box<JsonAt>),
    /// Whether texts contain words, or how well they do.
    FullText(Box<FullText>),
    /// A JSON document with a change inside of it.
    JsonChange(Box<JsonChange>),
    /// That a row is the tenant's of the handle: no driver gets one.
    Tenant(Box<TenantColumn>),
    /// A text in the database's own language, from the program's source.
    Raw(Raw),
    /// Something that the program got wrong: a statement with it is [`Error::Config`](crate::Error::Config)
    /// with this sentence.
    Fault(String),
}

/// A column in a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnRef {
    /// The table or alias that it belongs to; `None` where there is only one table.
    pub table: Option<Name>,
    /// Its name; `*` for all columns, where columns are read.
    pub name: Name,
    /// What it stores, where that is known.
    pub ty: Option<ColumnType>,
}

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum CompareOp {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

/// What is done with two numbers. Dividing integers gives an integer, cut towards zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ArithmeticOp {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
}

/// Several rows in one value.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregation {
    /// How.
    pub aggregate: Aggregate,
    /// Of which value of each row; `None` for the rows themselves.
    pub of: Option<Expr>,
    /// Whether values that are the same count once.
    pub distinct: bool,
    /// Of which rows; `None` for all.
    pub filter: Option<Expr>,
}

/// How several rows make one value. Without an argument: of the rows themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Aggregate {
    /// How many rows there are, or how many values that are not NULL.
    Count,
    /// Their sum, exact for decimals; NULL of none.
    Sum,
    /// Their average, exact for decimals to 28 digits; NULL of none.
    Avg,
    /// The smallest; NULL of none.
    Min,
    /// The largest; NULL of none.
    Max,
}

/// Hands each part of an expression to a function: `iter` and nothing, or `iter_mut` and `mut`.
macro_rules! parts {
    ($expr:expr, $see:expr, $iter:ident $(, $mut:tt)?) => {
        match $expr {
            Expr::Column(_)
            | Expr::Columns(..)
            | Expr::Excluded(_)
            | Expr::Value(_)
            | Expr::Raw(_)
            | Expr::Fault(_)
            | Expr::Tenant(_)
            | Expr::Exists(_)
            | Expr::Select(_) => {}
            Expr::And(parts)
            | Expr::Or(parts)
            | Expr::Coalesce(parts)
            | Expr::InSelect(parts, _)
            | Expr::Function(_, parts) => parts.$iter().for_each($see),
            Expr::Not(of) | Expr::IsNull(of) | Expr::In(of, _) | Expr::Like(of, _) => $see(of),
            Expr::Compare(_, left, right) | Expr::Arithmetic(_, left, right) => {
                $see(left);
                $see(right);
            }
            Expr::Between(of, low, high) => [of, low, high].into_iter().for_each(|part| $see(part)),
            Expr::Json(json) => $see(& $($mut)? json.of),
            Expr::JsonChange(json) => $see(& $($mut)? json.of),
            Expr::FullText(search) => search.columns.$iter().for_each($see),
            Expr::Aggregate(all) => {
                all.of.$iter().for_each(&mut *$see);
                all.filter.$iter().for_each($see);
            }
            Expr::Case(cases, otherwise) => {
                cases.$iter().for_each(|(condition, value)| {
                    $see(condition);
                    $see(value);
                });
                otherwise.$iter().for_each(|otherwise| $see(otherwise));
            }
            Expr::Over(over) => {
                $see(& $($mut)? over.of);
                over.partition.$iter().for_each(&mut *$see);
                over.order.$iter().for_each(|term| $see(& $($mut)? term.expr));
            }
        }
    };
}

impl Expr {
    /// All rows in one value.
    pub fn aggregate(aggregate: Aggregate, of: Option<Self>) -> Self {
        Self::Aggregate(Box::new(Aggregation { aggregate, of, distinct: false, filter: None }))
    }

    /// Shows each expression that this one is made of directly, but not what a select inside of it is
    /// made of.
    pub fn each_part<'a>(&'a self, see: &mut dyn FnMut(&'a Self)) {
        parts!(self, see, iter);
    }

    /// The same, to be changed.
    pub fn each_part_mut(&mut self, change: &mut dyn FnMut(&mut Self)) {
        parts!(self, change, iter_mut, mut);
    }

    /// The select that this expression is made of, where it is one: in `EXISTS`, `IN` or as a value.
    pub fn inner_select(&self) -> Option<&Select> {
        match self {
            Self::Exists(select) | Self::Select(select) | Self::InSelect(_, select) => Some(select),
            _ => None,
        }
    }

    /// Whether this holds for the expression, or for one that it is made of.
    pub fn any(&self, test: &mut dyn FnMut(&Self) -> bool) -> bool {
        self.any_within(32, test)
    }

    /// How deep an expression is, is in the hands of who writes it: from some level on, without recursion. Up to
    /// there, without an allocation.
    fn any_within(&self, levels: u32, test: &mut dyn FnMut(&Self) -> bool) -> bool {
        if let Some(levels) = levels.checked_sub(1) {
            let mut found = test(self);
            self.each_part(&mut |part| found = found || part.any_within(levels, test));
            return found;
        }
        let mut left = vec![self];
        while let Some(next) = left.pop() {
            if test(next) {
                return true;
            }
            next.each_part(&mut |part| left.push(part));
        }
        false
    }

    /// The column type of this expression, where it is known: a column's own, or that of the column
    /// in it.
    pub fn ty(&self) -> Option<ColumnType> {
        match self {
            Self::Column(column) | Self::Excluded(column) => column.ty,
            Self::Arithmetic(_, left, right) => left.ty().or_else(|| right.ty()),
            Self::Coalesce(parts) => parts.iter().find_map(Self::ty),
            Self::Json(json) => Some(json.question.ty()),
            Self::FullText(search) if search.rank => Some(ColumnType::F64),
            Self::JsonChange(_) => Some(ColumnType::Json),
            Self::Function(function, of) => function.ty(of),
            Self::Case(cases, otherwise) => {
                cases.iter().map(|(_, value)| value).chain(otherwise.as_deref()).find_map(Self::ty)
            }
            Self::Over(over) => over.of.ty(),
            Self::Aggregate(all) if all.aggregate != Aggregate::Count => all.of.as_ref().and_then(Self::ty),
            _ => None,
        }
    }

    /// Both conditions.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::And(mut all), Self::And(more)) => {
                all.extend(more);
                Self::And(all)
            }
            (Self::And(mut all), other) => {
                all.push(other);
                Self::And(all)
            }
            (one, Self::And(more)) => Self::And(std::iter::once(one).chain(more).collect()),
            (one, other) => Self::And(vec![one, other]),
        }
    }

    /// Either condition.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Or(mut any), Self::Or(more)) => {
                any.extend(more);
                Self::Or(any)
            }
            (Self::Or(mut any), other) => {
                any.push(other);
                Self::Or(any)
            }
            (one, Self::Or(more)) => Self::Or(std::iter::once(one).chain(more).collect()),
            (one, other) => Self::Or(vec![one, other]),
        }
    }
}

impl From<Value> for Expr {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}
