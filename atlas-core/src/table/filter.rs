//! Which rows.

use std::time::Duration;

use crate::{
    model::like,
    query::{Given, either, raw},
    schema::Name,
    statement::{CompareOp, Expr, OrderTerm, Projection},
    table::{Table, Values, column_expr},
    value::{Binds, IntoValue, Value},
};

macro_rules! compare {
    ($($(#[$doc:meta])* $method:ident => $op:ident;)*) => {
        impl Table<'_> { $(
            $(#[$doc])*
            pub fn $method(self, column: impl Into<Name>, value: impl IntoValue) -> Self {
                self.and(compare(CompareOp::$op, column.into(), value.into_value()))
            }
        )* }
    };
}
compare! {
    /// The column equals the value; `Value::Null` and `None` read IS NULL.
    where_eq => Eq;
    /// The column differs from the value; `Value::Null` and `None` read IS NOT NULL.
    where_ne => Ne;
    /// The column is greater.
    where_gt => Gt;
    /// The column is greater or equal.
    where_ge => Ge;
    /// The column is less.
    where_lt => Lt;
    /// The column is less or equal.
    where_le => Le;
}

impl Table<'_> {
    /// Each of these columns equals its value.
    pub fn where_all(mut self, values: impl Into<Values>) -> Self {
        for (column, value) in values.into().into_iter() {
            self = self.and(compare(CompareOp::Eq, column, value));
        }
        self
    }

    /// The column is one of the values; no rows where there are none.
    pub fn where_in<V: IntoValue>(
        self,
        column: impl Into<Name>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let condition = one_of(column.into(), values);
        self.and(condition)
    }

    /// The column is none of the values; all rows where there are none.
    pub fn where_not_in<V: IntoValue>(
        self,
        column: impl Into<Name>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let condition = Expr::Not(Box::new(one_of(column.into(), values)));
        self.and(condition)
    }

    /// The column is NULL.
    pub fn where_null(self, column: impl Into<Name>) -> Self {
        self.and(Expr::IsNull(Box::new(column_expr(column))))
    }

    /// The column is not NULL.
    pub fn where_not_null(self, column: impl Into<Name>) -> Self {
        self.and(Expr::Not(Box::new(Expr::IsNull(Box::new(column_expr(column))))))
    }

    /// The column lies between the two values, or equals one.
    pub fn where_between(self, column: impl Into<Name>, low: impl IntoValue, high: impl IntoValue) -> Self {
        let (low, high) = (Expr::Value(low.into_value()), Expr::Value(high.into_value()));
        self.and(Expr::Between(Box::new(column_expr(column)), Box::new(low), Box::new(high)))
    }

    /// The text matches a pattern, in which `%` stands for any text and `_` for one character. Case
    /// matters.
    pub fn where_like(self, column: impl Into<Name>, pattern: impl Into<String>) -> Self {
        self.and(like(column_expr(column), pattern.into()))
    }

    /// A condition in the database's own language holds, with a `?` for each value.
    pub fn where_raw(self, text: &'static str, binds: impl Binds) -> Self {
        self.and(raw(text, binds))
    }

    /// Also rows for which these conditions hold: an alternative to all conditions that stand.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let posts = db.table("posts").where_gt("votes", 5).or_where(|also| also.where_eq("author_id", 2));
    /// assert_eq!(posts.count().await?, 2);
    /// # Ok(())
    /// # });
    /// ```
    pub fn or_where(mut self, conditions: impl FnOnce(Self) -> Self) -> Self {
        let standing = self.select.filter.take();
        let mut table = conditions(self);
        let other = table.select.filter.take();
        table.select.filter = either(standing, other);
        table
    }

    /// Applies a step only where the condition is true, or has a value, which the step then gets.
    pub fn when<G: Given>(self, condition: G, step: impl FnOnce(Self, G::Value) -> Self) -> Self {
        match condition.given() {
            Some(value) => step(self, value),
            None => self,
        }
    }

    /// Reads these columns alone.
    pub fn select<C: Into<Name>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        let columns = columns.into_iter().map(|name| column_expr(name).into()).collect();
        self.select.columns = Projection::Expressions(columns);
        self
    }

    /// Gives rows that are the same once.
    pub fn distinct(mut self) -> Self {
        self.select.distinct = true;
        self
    }

    /// The smallest value of a column first, after the orders that stand.
    pub fn order_by(self, column: impl Into<Name>) -> Self {
        self.order(column.into(), false)
    }

    /// The greatest value of a column first, after the orders that stand.
    pub fn order_by_desc(self, column: impl Into<Name>) -> Self {
        self.order(column.into(), true)
    }

    /// In this order after those that stand, which the text says with its directions: `length(name) desc, id`.
    pub fn order_by_raw(mut self, text: &'static str, binds: impl Binds) -> Self {
        self.select.order.push(OrderTerm { expr: raw(text, binds), descending: false, nulls: None });
        self
    }

    fn order(mut self, column: Name, descending: bool) -> Self {
        self.select.order.push(OrderTerm { expr: column_expr(column), descending, nulls: None });
        self
    }

    /// At most so many rows. The last limit wins.
    pub fn limit(mut self, rows: u64) -> Self {
        self.select.limit = Some(rows);
        self
    }

    /// Passes over so many rows first.
    pub fn offset(mut self, rows: u64) -> Self {
        self.select.offset = Some(rows);
        self
    }

    /// All rows again: takes the limit and the offset away.
    pub fn unlimited(mut self) -> Self {
        (self.select.limit, self.select.offset) = (None, None);
        self
    }

    /// In no order: takes away those that stand.
    pub fn unordered(mut self) -> Self {
        self.select.order.clear();
        self
    }

    /// Gives up on what this reads or writes after so long: see [`Query::timeout`](crate::Query::timeout).
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.select.time_limit = Some(limit);
        self
    }

    pub(super) fn and(mut self, condition: Expr) -> Self {
        self.select.and_where(condition);
        self
    }
}

/// A comparison with a value; with NULL, whether it is NULL.
fn compare(op: CompareOp, column: Name, value: Value) -> Expr {
    let column = Box::new(column_expr(column));
    match (op, value) {
        (CompareOp::Eq, Value::Null) => Expr::IsNull(column),
        (CompareOp::Ne, Value::Null) => Expr::Not(Box::new(Expr::IsNull(column))),
        (_, value) => Expr::Compare(op, column, Box::new(value.into())),
    }
}

/// Whether the column is one of the values, NULL among them.
fn one_of<V: IntoValue>(column: Name, values: impl IntoIterator<Item = V>) -> Expr {
    let (nulls, values): (Vec<Value>, Vec<Value>) =
        values.into_iter().map(IntoValue::into_value).partition(Value::is_null);
    let listed = Expr::In(Box::new(column_expr(column.clone())), values);
    if nulls.is_empty() { listed } else { listed.or(Expr::IsNull(Box::new(column_expr(column)))) }
}
