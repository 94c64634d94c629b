//! Statements, written shortly.

use atlas_core::{
    schema::Name,
    statement::{
        Aggregate, ArithmeticOp, ColumnRef, CompareOp, Delete, Expr, Nulls, OrderTerm, Raw, Select, Selected,
        Update,
    },
    value::Value,
};

/// A bound value.
pub(crate) fn value(of: impl Into<Value>) -> Expr {
    Expr::Value(of.into())
}

/// All of them.
pub(crate) fn all(of: impl Into<Vec<Expr>>) -> Expr {
    Expr::And(of.into())
}

/// Any of them.
pub(crate) fn any(of: impl Into<Vec<Expr>>) -> Expr {
    Expr::Or(of.into())
}

/// An aggregate of an expression.
pub(crate) fn aggregate(how: Aggregate, of: Expr) -> Expr {
    Expr::aggregate(how, Some(of))
}

/// How many rows there are.
pub(crate) fn count() -> Expr {
    Expr::aggregate(Aggregate::Count, None)
}

/// The smallest first.
pub(crate) fn ascending(expr: Expr) -> OrderTerm {
    OrderTerm { expr, descending: false, nulls: None }
}

/// The largest first.
pub(crate) fn descending(expr: Expr) -> OrderTerm {
    OrderTerm { expr, descending: true, nulls: None }
}

/// The same order with NULL in a place.
pub(crate) fn with_nulls(term: OrderTerm, nulls: Nulls) -> OrderTerm {
    OrderTerm { nulls: Some(nulls), ..term }
}

/// A selected expression under a name.
pub(crate) fn named(expr: Expr, alias: &'static str) -> Selected {
    Selected { expr, alias: Some(Name::Borrowed(alias)) }
}

/// A column by its name alone.
pub(crate) fn bare(name: &'static str) -> ColumnRef {
    ColumnRef { table: None, name: Name::Borrowed(name), ty: None }
}

/// A statement in the database's own language.
pub(crate) fn raw(text: impl Into<String>, binds: impl Into<Vec<Value>>) -> Raw {
    Raw::new(text, binds.into())
}

/// What is said of an expression.
pub(crate) trait Operators: Sized {
    /// Compares with an expression.
    fn compare(self, op: CompareOp, other: impl Into<Expr>) -> Expr;
    /// `self = value`
    fn is(self, other: impl Into<Value>) -> Expr;
    /// `self <> value`
    fn differs(self, other: impl Into<Value>) -> Expr;
    /// `self > value`
    fn gt(self, other: impl Into<Value>) -> Expr;
    /// `self < value`
    fn lt(self, other: impl Into<Value>) -> Expr;
    /// Calculates with an expression.
    fn calculate(self, op: ArithmeticOp, other: Expr) -> Expr;
    /// `self IS NULL`
    fn null(self) -> Expr;
    /// The opposite.
    fn negated(self) -> Expr;
    /// Whether it is in a list.
    fn within(self, values: impl IntoIterator<Item = impl Into<Value>>) -> Expr;
    /// Whether it matches a pattern.
    fn like(self, pattern: &str) -> Expr;
    /// Whether it lies between two others.
    fn between(self, low: Expr, high: Expr) -> Expr;
}

impl Operators for Expr {
    fn compare(self, op: CompareOp, other: impl Into<Expr>) -> Expr {
        Expr::Compare(op, Box::new(self), Box::new(other.into()))
    }
    fn is(self, other: impl Into<Value>) -> Expr {
        self.compare(CompareOp::Eq, other.into())
    }
    fn differs(self, other: impl Into<Value>) -> Expr {
        self.compare(CompareOp::Ne, other.into())
    }
    fn gt(self, other: impl Into<Value>) -> Expr {
        self.compare(CompareOp::Gt, other.into())
    }
    fn lt(self, other: impl Into<Value>) -> Expr {
        self.compare(CompareOp::Lt, other.into())
    }
    fn calculate(self, op: ArithmeticOp, other: Expr) -> Expr {
        Expr::Arithmetic(op, Box::new(self), Box::new(other))
    }
    fn null(self) -> Expr {
        Expr::IsNull(Box::new(self))
    }
    fn negated(self) -> Expr {
        Expr::Not(Box::new(self))
    }
    fn within(self, values: impl IntoIterator<Item = impl Into<Value>>) -> Expr {
        Expr::In(Box::new(self), values.into_iter().map(Into::into).collect())
    }
    fn like(self, pattern: &str) -> Expr {
        Expr::Like(Box::new(self), pattern.to_owned())
    }
    fn between(self, low: Expr, high: Expr) -> Expr {
        Expr::Between(Box::new(self), Box::new(low), Box::new(high))
    }
}

/// Narrows a select.
pub(crate) trait Refine: Sized {
    /// Only these rows.
    fn filter(self, condition: Expr) -> Self;
    /// In this order.
    fn order(self, terms: impl Into<Vec<OrderTerm>>) -> Self;
    /// At most so many.
    fn limit(self, limit: u64) -> Self;
    /// Not the first so many.
    fn offset(self, offset: u64) -> Self;
}

impl Refine for Select {
    fn filter(mut self, condition: Expr) -> Self {
        self.and_where(condition);
        self
    }
    fn order(mut self, terms: impl Into<Vec<OrderTerm>>) -> Self {
        self.order = terms.into();
        self
    }
    fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }
    fn offset(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }
}

macro_rules! refine_scoped {
    ($($statement:ident),*) => { $(
        impl Refine for $statement {
            fn filter(mut self, condition: Expr) -> Self {
                self.scope.filter = Some(match self.scope.filter.take() {
                    Some(standing) => standing.and(condition),
                    None => condition,
                });
                self
            }
            fn order(mut self, terms: impl Into<Vec<OrderTerm>>) -> Self {
                self.scope.order = terms.into();
                self
            }
            fn limit(mut self, limit: u64) -> Self {
                self.scope.limit = Some(limit);
                self
            }
            fn offset(mut self, offset: u64) -> Self {
                self.scope.offset = Some(offset);
                self
            }
        }
    )* };
}
refine_scoped!(Update, Delete);
