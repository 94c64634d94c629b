//! Typed expressions: [`statement::Expr`] with the models that it mentions as a type.

use std::{marker::PhantomData, ops::Bound};

use crate::{
    model::{Both, Expression, In},
    statement::{self, ArithmeticOp, CompareOp, Nulls, OrderTerm},
    value::Value,
};

use statement::Expr as Node;

/// A condition on the models in `S`.
pub struct Expr<S> {
    node: Node,
    of: PhantomData<fn() -> S>,
}

impl<S> Expr<S> {
    pub(crate) fn new(node: Node) -> Self {
        Self { node, of: PhantomData }
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    pub(crate) fn into_node(self) -> Node {
        self.node
    }

    /// Both conditions.
    #[must_use]
    pub fn and<B>(self, other: Expr<B>) -> Expr<Both<S, B>> {
        Expr::new(self.node.and(other.node))
    }

    /// Either condition, or both.
    #[must_use]
    pub fn or<B>(self, other: Expr<B>) -> Expr<Both<S, B>> {
        Expr::new(self.node.or(other.node))
    }

    /// The same condition as one on `M`, which all that it mentions belongs to. For the return type of a
    /// function: what [`and`](Self::and) and [`or`](Self::or) give spells out both sides.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::Expr;
    ///
    /// fn popular() -> Expr<Post> {
    ///     Post::votes.ge(3).and(Post::title.ne("")).scoped()
    /// }
    /// # run(async |db| {
    /// assert_eq!(Post::query().filter(popular()).count(&db).await?, 2);
    /// # Ok(())
    /// # });
    /// ```
    pub fn scoped<M, I>(self) -> Expr<M>
    where
        S: In<M, I>,
    {
        Expr::new(self.node)
    }

    /// The opposite. What is neither true nor false, because of a NULL, stays so.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let others = User::query().filter(!User::name.eq("Ann").or(User::name.eq("Bob")));
    /// assert_eq!(others.pluck(&db, User::name).await?, ["Cid"]);
    /// # Ok(())
    /// # });
    /// ```
    #[must_use]
    #[allow(clippy::should_implement_trait)]
    pub fn not(self) -> Self {
        Self::new(match self.node {
            Node::Not(inner) => *inner,
            node => Node::Not(Box::new(node)),
        })
    }
}

impl<S> std::ops::Not for Expr<S> {
    type Output = Self;

    fn not(self) -> Self {
        self.not()
    }
}

impl<S> Clone for Expr<S> {
    fn clone(&self) -> Self {
        Self::new(self.node.clone())
    }
}

/// An order of the models in `S`: see [`Expression::asc`](crate::Expression::asc).
pub struct Order<S> {
    pub(crate) term: OrderTerm,
    of: PhantomData<fn() -> S>,
}

/// What rows are ordered by: an [`Order`] such as `Post::votes.desc()`, or a column or number, smaller values
/// first.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no order",
    label = "expected a column, `.asc()` or `.desc()`"
)]
pub trait IntoOrder<S> {
    /// The order.
    fn into_order(self) -> Order<S>;
}

#[diagnostic::do_not_recommend]
impl<S> IntoOrder<S> for Order<S> {
    fn into_order(self) -> Self {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<E: Expression> IntoOrder<E::Scope> for E {
    fn into_order(self) -> Order<E::Scope> {
        self.asc()
    }
}

impl<S> Order<S> {
    pub(crate) fn new(expr: Node, descending: bool) -> Self {
        Self { term: OrderTerm { expr, descending, nulls: None }, of: PhantomData }
    }

    /// NULL before all values.
    #[must_use]
    pub fn nulls_first(mut self) -> Self {
        self.term.nulls = Some(Nulls::First);
        self
    }

    /// NULL after all values.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let names = User::query().order_by(User::age.asc().nulls_last()).pluck(&db, User::name).await?;
    /// assert_eq!(names, ["Bob", "Ann", "Cid"]);
    /// # Ok(())
    /// # });
    /// ```
    #[must_use]
    pub fn nulls_last(mut self) -> Self {
        self.term.nulls = Some(Nulls::Last);
        self
    }
}

pub(crate) fn compare(op: CompareOp, left: Node, right: Node) -> Node {
    match (op, &right) {
        (CompareOp::Eq, Node::Value(Value::Null)) => Node::IsNull(Box::new(left)),
        (CompareOp::Ne, Node::Value(Value::Null)) => Node::Not(Box::new(Node::IsNull(Box::new(left)))),
        _ => Node::Compare(op, Box::new(left), Box::new(right)),
    }
}

pub(crate) fn arithmetic(op: ArithmeticOp, left: Node, right: Node) -> Node {
    Node::Arithmetic(op, Box::new(left), Box::new(right))
}

pub(crate) fn between(of: Node, low: Node, high: Node) -> Node {
    Node::Between(Box::new(of), Box::new(low), Box::new(high))
}

pub(crate) fn within(of: Node, low: Bound<Node>, high: Bound<Node>) -> Node {
    let low = match low {
        Bound::Included(low) => Some((CompareOp::Ge, low)),
        Bound::Excluded(low) => Some((CompareOp::Gt, low)),
        Bound::Unbounded => None,
    };
    let high = match high {
        Bound::Included(high) => Some((CompareOp::Le, high)),
        Bound::Excluded(high) => Some((CompareOp::Lt, high)),
        Bound::Unbounded => None,
    };
    Node::And([low, high].into_iter().flatten().map(|(op, bound)| compare(op, of.clone(), bound)).collect())
}

/// Values go into one list; NULL and columns, which a list cannot hold, are compared one by one.
fn split(of: &Node, members: Vec<Node>) -> (Vec<Value>, Vec<Node>) {
    let mut list = Vec::with_capacity(members.len());
    let mut others = Vec::new();
    for member in members {
        match member {
            Node::Value(value) if !value.is_null() => list.push(value),
            other => others.push(compare(CompareOp::Eq, of.clone(), other)),
        }
    }
    others.dedup();
    (list, others)
}

pub(crate) fn is_in(of: Node, members: Vec<Node>) -> Node {
    let (list, others) = split(&of, members);
    let listed = Node::In(Box::new(of), list);
    others.into_iter().fold(listed, Node::or)
}

pub(crate) fn not_in(of: Node, members: Vec<Node>) -> Node {
    let (list, others) = split(&of, members);
    let unlisted = Node::Not(Box::new(Node::In(Box::new(of), list)));
    others.into_iter().map(|other| Node::Not(Box::new(other))).fold(unlisted, Node::and)
}

pub(crate) fn like(of: Node, pattern: String) -> Node {
    Node::Like(Box::new(of), whole_pattern(pattern))
}

/// A pattern that no database refuses: a backslash with nothing behind it means itself.
fn whole_pattern(mut pattern: String) -> String {
    if pattern.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1 {
        pattern.push('\\');
    }
    pattern
}

/// A text as it stands in a pattern for itself.
pub(crate) fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

/// Whether both are the same, NULL included.
pub(crate) fn same(left: Node, right: Node) -> Node {
    let is_null = |node: &Node| Node::IsNull(Box::new(node.clone()));
    match &right {
        Node::Value(Value::Null) => return is_null(&left),
        Node::Value(_) => {
            let there = Node::Not(Box::new(is_null(&left)));
            return there.and(Node::Compare(CompareOp::Eq, Box::new(left), Box::new(right)));
        }
        _ => {}
    }
    let both_null = is_null(&left).and(is_null(&right));
    Node::Coalesce(vec![Node::Compare(CompareOp::Eq, Box::new(left), Box::new(right)), both_null])
}

/// Where a value is among others, from 0; behind them where it is none of them.
pub(crate) fn place_among(of: Node, values: Vec<Node>) -> Node {
    let place = |place: usize| Node::Value(Value::I64(i64::try_from(place).unwrap_or(i64::MAX)));
    let behind = place(values.len());
    let each = values.into_iter().enumerate();
    let mut cases: Vec<_> =
        each.map(|(index, value)| (compare(CompareOp::Eq, of.clone(), value), place(index))).collect();
    if cases.is_empty() {
        // A bare number in an order is the number of a column.
        cases.push((Node::Or(Vec::new()), place(0)));
    }
    Node::Case(cases, Some(Box::new(behind)))
}
