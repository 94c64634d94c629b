//! Values that are computed of the rows around each row.

use std::{marker::PhantomData, ops::RangeBounds};

use crate::{
    model::{Aggregated, Anywhere, Base, Both, Expression, IntoOrder, Scalar, aggregate, functions},
    statement::{Expr as Node, Frame, Function, OrderTerm, Over},
};

/// A function of windows, which needs its [`over`](Self::over).
pub struct Windowed<S, T> {
    node: Node,
    of: PhantomData<fn() -> (S, T)>,
}

/// Which rows are around a row, and in which order: see [`Windowed::over`].
pub struct Window<S> {
    partition: Vec<Node>,
    order: Vec<OrderTerm>,
    frame: Option<Frame>,
    of: PhantomData<fn() -> S>,
}

impl Window<Anywhere> {
    fn new() -> Self {
        Self { partition: Vec::new(), order: Vec::new(), frame: None, of: PhantomData }
    }
}

impl<S> Window<S> {
    /// Only rows that have the same value as the row.
    #[must_use]
    pub fn partition_by<E: Expression>(mut self, by: E) -> Window<Both<S, E::Scope>> {
        self.partition.push(by.into_node());
        self.changed()
    }

    /// In this order; where it leaves rows equal, the next decides.
    #[must_use]
    pub fn order_by<X>(mut self, order: impl IntoOrder<X>) -> Window<Both<S, X>> {
        self.order.push(order.into_order().term);
        self.changed()
    }

    /// Only rows at these distances, in the order: `..=0` is all up to the row, `-1..=1` the row and its
    /// neighbours.
    #[must_use]
    pub fn rows(mut self, range: impl RangeBounds<i64>) -> Self {
        use std::ops::Bound::{Excluded, Included, Unbounded};
        let before = match range.start_bound() {
            Included(from) => Some(from.saturating_neg()),
            Excluded(from) => Some(from.saturating_add(1).saturating_neg()),
            Unbounded => None,
        };
        let after = match range.end_bound() {
            Included(to) => Some(*to),
            Excluded(to) => Some(to.saturating_sub(1)),
            Unbounded => None,
        };
        self.frame = Some(Frame { before, after });
        self
    }

    fn changed<N>(self) -> Window<N> {
        Window { partition: self.partition, order: self.order, frame: self.frame, of: PhantomData }
    }

    fn over(self, of: Node) -> Node {
        Node::Over(Box::new(Over { of, partition: self.partition, order: self.order, frame: self.frame }))
    }
}

impl<S, T> Windowed<S, T> {
    fn new(function: Function, of: impl Into<Vec<Node>>) -> Self {
        Self { node: Node::Function(function, of.into()), of: PhantomData }
    }

    /// Of these rows.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::row_number;
    /// # run(async |db| {
    /// let place = row_number().over(|rows| rows.partition_by(Post::author_id).order_by(Post::votes.desc()));
    /// assert_eq!(Post::query().order_by(Post::id).select(place).get(&db).await?, [1, 2, 1]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn over<W>(self, window: impl FnOnce(Window<Anywhere>) -> Window<W>) -> Scalar<Both<S, W>, T> {
        Scalar::new(window(Window::new()).over(self.node))
    }
}

impl<S, T> Scalar<S, T, Aggregated> {
    /// For each row, of the rows around it.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let so_far = Post::votes.sum().over(|rows| rows.order_by(Post::id));
    /// assert_eq!(Post::query().order_by(Post::id).select(so_far).get(&db).await?, [7, 10, 10]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn over<W>(self, window: impl FnOnce(Window<Anywhere>) -> Window<W>) -> Scalar<Both<S, W>, T> {
        let window = window(Window::new());
        Scalar::new(aggregate::around(self.into_inner(), |of| window.over(of)))
    }
}

/// The row's number among those of its window, from 1.
pub fn row_number() -> Windowed<Anywhere, i64> {
    Windowed::new(Function::RowNumber, [])
}

/// How many rows come before the row and its equals, and 1.
pub fn rank() -> Windowed<Anywhere, i64> {
    Windowed::new(Function::Rank, [])
}

/// How many different places come before the row's, and 1.
pub fn dense_rank() -> Windowed<Anywhere, i64> {
    Windowed::new(Function::DenseRank, [])
}

/// The rank from 0 to 1.
pub fn percent_rank() -> Windowed<Anywhere, f64> {
    Windowed::new(Function::PercentRank, [])
}

/// Which part of the rows come before the row or are its equals.
pub fn cume_dist() -> Windowed<Anywhere, f64> {
    Windowed::new(Function::CumeDist, [])
}

/// Which of so many parts of equal size the row is in, from 1.
pub fn ntile(parts: u32) -> Windowed<Anywhere, i64> {
    Windowed::new(Function::Ntile, [functions::number(parts.max(1))])
}

/// Values of other rows of a window. The prelude brings its methods into scope.
pub trait WindowExpression: Expression {
    /// The value so many rows before; NULL where there is no such row.
    fn lag(self, rows: u32) -> Windowed<Self::Scope, Option<Base<Self>>> {
        Windowed::new(Function::Lag, [self.into_node(), functions::number(rows)])
    }

    /// The value so many rows after; NULL where there is no such row.
    fn lead(self, rows: u32) -> Windowed<Self::Scope, Option<Base<Self>>> {
        Windowed::new(Function::Lead, [self.into_node(), functions::number(rows)])
    }

    /// The value of the first row.
    fn first_value(self) -> Windowed<Self::Scope, Option<Base<Self>>> {
        Windowed::new(Function::FirstValue, [self.into_node()])
    }

    /// The value of the last row. Without [`rows`](Window::rows), that is the last of the row's equals.
    fn last_value(self) -> Windowed<Self::Scope, Option<Base<Self>>> {
        Windowed::new(Function::LastValue, [self.into_node()])
    }

    /// The value of the row of this number, from 1; NULL where there is none.
    fn nth_value(self, row: u32) -> Windowed<Self::Scope, Option<Base<Self>>> {
        Windowed::new(Function::NthValue, [self.into_node(), functions::number(row.max(1))])
    }
}

impl<E: Expression> WindowExpression for E {}
