//! What the declaration of a relation says of all its records: which ones, in which order, and what a new one
//! gets, and what stands where there is none.

use crate::{
    error::{Error, Result},
    model::{self, Assignments, DraftData, In, IntoOrder, Model, ModelMeta},
    query::Query,
    relation::Relation,
    schema::Name,
    statement::{ColumnRef, Expr, OrderTerm, Select},
    value::Value,
};

/// What the declaration of a relation says of all its records, as data.
///
/// Functions make it: what is in an expression is not known when the program is compiled.
#[derive(Clone, Copy, Debug)]
pub struct Fixed {
    filter: Option<fn() -> Expr>,
    order: Option<fn() -> Vec<OrderTerm>>,
    attributes: Option<fn() -> Vec<(ColumnRef, Expr)>>,
    default: Option<fn() -> DraftData>,
}

/// Conditions on the records of a relation to `N`. `I` says where, and is inferred.
#[diagnostic::on_unimplemented(
    message = "the `filter` of a relation to `{N}` is a condition on columns of `{N}` alone",
    label = "this is `{Self}`"
)]
pub trait FilterOf<N, I> {
    /// The condition.
    fn filter(self) -> Expr;
}

#[diagnostic::do_not_recommend]
impl<N, X: In<N, I>, I> FilterOf<N, I> for model::Expr<X> {
    fn filter(self) -> Expr {
        self.into_node()
    }
}

/// Orders of the records of a relation to `N`. `I` says where, and is inferred.
#[diagnostic::on_unimplemented(
    message = "the `order_by` of a relation to `{N}` is an order by columns of `{N}` alone, or a tuple of them",
    label = "this is `{Self}`"
)]
pub trait OrderOf<N, I> {
    /// The order.
    fn order(self) -> OrderTerm;
}

#[diagnostic::do_not_recommend]
impl<N, O: IntoOrder<X>, X: In<N, I>, I> OrderOf<N, (X, I)> for O {
    fn order(self) -> OrderTerm {
        self.into_order().term
    }
}

/// What new records of a relation to `N` get: `Post::published.set(true)`, or a tuple of these.
#[diagnostic::on_unimplemented(
    message = "the `with_attributes` of a relation to `{N}` are assignments to columns of `{N}`",
    label = "expected `{N}::column.set(value)`, or a tuple of them"
)]
pub trait AttributesOf<N, I> {
    /// The columns and their values.
    fn attributes(self) -> Vec<(ColumnRef, Expr)>;
}

#[diagnostic::do_not_recommend]
impl<N, I, A: Assignments<N, N, I>> AttributesOf<N, I> for A {
    fn attributes(self) -> Vec<(ColumnRef, Expr)> {
        self.assignments()
    }
}

impl Fixed {
    /// Every record, in no order.
    pub const NONE: Self = Self { filter: None, order: None, attributes: None, default: None };

    /// What stands where there is no record.
    pub(super) fn default(&self) -> Option<DraftData> {
        self.default.map(|default| default())
    }

    /// Which records, where they are not all.
    pub(crate) fn filter(&self) -> Option<Expr> {
        let filter = self.filter.map(|filter| filter());
        let attributes = self.attributes.map(|attributes| attributes()).unwrap_or_default();
        let held = attributes.into_iter().map(|(column, value)| {
            model::compare(crate::statement::CompareOp::Eq, Expr::Column(column), value)
        });
        filter.into_iter().chain(held).reduce(Expr::and)
    }

    /// What new records get.
    pub(super) fn attributes(&self) -> Vec<(ColumnRef, Expr)> {
        self.attributes.map(|attributes| attributes()).unwrap_or_default()
    }

    /// A query of the records, before any other condition or order.
    pub(super) fn narrow<N: Model>(&self, query: Query<N>) -> Query<N> {
        let query = match self.filter() {
            Some(filter) => query.bounded(filter),
            None => query,
        };
        let Some(order) = self.order else { return query };
        query.reshaped(|select| select.order = order())
    }

    /// A select of the records, before any other condition or order.
    pub(crate) fn narrow_select(&self, select: &mut Select) {
        self.filter().into_iter().for_each(|filter| select.and_where(filter));
        select.order.extend(self.order.map(|order| order()).unwrap_or_default());
    }

    /// What a new record gets, by index of the column.
    pub(super) fn given(&self, target: &'static ModelMeta, relation: &str) -> Result<Vec<(usize, Value)>> {
        let Some(attributes) = self.attributes else { return Ok(Vec::new()) };
        values_of(attributes(), target).map_err(|column| {
            Error::config(format!(
                "a new `{}` of the relation `{relation}` has no old value to reckon `{column}` from: set a value",
                target.name
            ))
        })
    }
}

/// The values of attributes, by index of the column; the column that gets none of its own.
pub(crate) fn values_of(
    attributes: Vec<(ColumnRef, Expr)>,
    target: &'static ModelMeta,
) -> Result<Vec<(usize, Value)>, Name> {
    let one = |(column, value): (ColumnRef, Expr)| match (
        target.names.iter().position(|name| **name == *column.name),
        value,
    ) {
        (Some(index), Expr::Value(value)) => Ok((index, value)),
        _ => Err(column.name),
    };
    attributes.into_iter().map(one).collect()
}

/// Gives a draft what new records of a relation get, where it does not say otherwise itself.
pub(crate) fn give(draft: &mut DraftData, given: &[(usize, Value)]) {
    for (column, value) in given {
        if !draft.has(*column) {
            draft.put_value(*column, value.clone());
        }
    }
}

impl<M, N, K> Relation<M, N, K> {
    /// For the derive: only records for which this holds.
    #[must_use]
    pub const fn filtered(mut self, filter: fn() -> Expr) -> Self {
        self.link.fixed.filter = Some(filter);
        self
    }

    /// For the derive: the records in this order.
    #[must_use]
    pub const fn ordered(mut self, order: fn() -> Vec<OrderTerm>) -> Self {
        self.link.fixed.order = Some(order);
        self
    }

    /// For the derive: only records whose columns have these values, which new ones get.
    #[must_use]
    pub const fn giving(mut self, attributes: fn() -> Vec<(ColumnRef, Expr)>) -> Self {
        self.link.fixed.attributes = Some(attributes);
        self
    }

    /// For the derive: a record that stands where there is none.
    #[must_use]
    pub const fn or_default(mut self, default: fn() -> DraftData) -> Self {
        self.link.fixed.default = Some(default);
        self
    }
}
