//! Several rows in one value.

use crate::{
    model::{Anywhere, Both, Expr, Scalar},
    statement::{Aggregate, Aggregation, Expr as Node},
    value::{Attribute, Number},
};

/// The kind of a [`Scalar`] that several rows make: those of a group, or all.
#[derive(Debug)]
pub enum Aggregated {}

/// How many rows there are, as an expression: of a group, or of all.
pub fn count_all() -> Scalar<Anywhere, i64, Aggregated> {
    Scalar::new(Node::aggregate(Aggregate::Count, None))
}

impl<S, T> Scalar<S, T, Aggregated> {
    /// Of the rows alone for which this holds, and every filter before it.
    #[must_use]
    pub fn filter<X>(self, condition: Expr<X>) -> Scalar<Both<S, X>, T, Aggregated> {
        let mut node = self.into_inner();
        if let Some(Aggregation { filter, .. }) = aggregation(&mut node) {
            let condition = condition.into_node();
            *filter = Some(match filter.take() {
                Some(before) => before.and(condition),
                None => condition,
            });
        }
        Scalar::new(node)
    }
}

/// The aggregate of a node, which stands in a `Coalesce` where no rows make zero.
fn aggregation(node: &mut Node) -> Option<&mut Aggregation> {
    match node {
        Node::Aggregate(all) => Some(all),
        Node::Coalesce(parts) => parts.first_mut().and_then(aggregation),
        _ => None,
    }
}

/// The same with something around its aggregate.
pub(super) fn around(node: Node, put: impl FnOnce(Node) -> Node) -> Node {
    match node {
        Node::Coalesce(mut parts) if !parts.is_empty() => {
            let all = parts.remove(0);
            parts.insert(0, put(all));
            Node::Coalesce(parts)
        }
        node => put(node),
    }
}

pub(super) fn distinct(aggregate: Aggregate, of: Node, distinct: bool) -> Node {
    Node::Aggregate(Box::new(Aggregation { aggregate, of: Some(of), distinct, filter: None }))
}

/// A sum, which is zero of no rows.
pub(super) fn sum<T: Number>(of: Node, all: bool) -> Node {
    let zero = T::Sum::default().into_value();
    Node::Coalesce(vec![distinct(Aggregate::Sum, of, !all), zero.into()])
}
