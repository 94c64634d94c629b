//! One of several values.

use std::marker::PhantomData;

use crate::{
    model::{Base, Both, Expr, Expression, Keeps, Made, Null, Operand, Scalar, Term},
    statement::{CompareOp, Expr as Node},
    value::{Attribute, Value},
};

type TermBase<V> = <<V as Term>::Type as Attribute>::Base;
type TermNull<V> = <<V as Term>::Type as Keeps<TermBase<V>>>::Null;

/// The value where a condition holds; more conditions follow, and what is the value where none holds.
///
/// ```
/// # use atlas_tests::guide::*;
/// use atlas::case_when;
/// # run(async |db| {
/// let heat = || case_when(Post::votes.ge(5), "hot").when(Post::votes.gt(0), "warm").otherwise("cold");
/// assert_eq!(Post::query().filter(heat().eq("warm")).pluck(&db, Post::votes).await?, [3]);
/// # Ok(())
/// # });
/// ```
pub fn case_when<X, V: Term<Type: Keeps<TermBase<V>>>>(
    condition: Expr<X>,
    value: V,
) -> Case<Both<X, V::Scope>, TermBase<V>, TermNull<V>> {
    Case { cases: vec![(condition.into_node(), value.term())], of: PhantomData }
}

/// One of several values that is not finished: see [`case_when`].
pub struct Case<S, T, N> {
    cases: Vec<(Node, Node)>,
    of: PhantomData<fn() -> (S, T, N)>,
}

impl<S, T: Attribute<Base = T>, N: Null> Case<S, T, N> {
    /// The value where this condition holds, and none before it.
    #[must_use]
    pub fn when<X, V: Operand<T, Both<S, X>>>(
        mut self,
        condition: Expr<X>,
        value: V,
    ) -> Case<V::Scope, T, N::Or<V::Null>> {
        self.cases.push((condition.into_node(), value.operand()));
        Case { cases: self.cases, of: PhantomData }
    }

    /// The value where no condition holds.
    pub fn otherwise<V: Operand<T, S>>(self, value: V) -> Scalar<V::Scope, <N::Or<V::Null> as Null>::Of<T>> {
        Scalar::new(Node::Case(self.cases, Some(Box::new(value.operand()))))
    }

    /// NULL where no condition holds.
    pub fn end(self) -> Scalar<S, Option<T>> {
        Scalar::new(Node::Case(self.cases, None))
    }
}

/// What is chosen of two values. The prelude brings its methods into scope.
pub trait Choice: Expression<Type: Keeps<Base<Self>>> {
    /// The other where this is NULL.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let ages = User::query().filter(User::age.coalesce(0).lt(18)).order_by(User::id.asc());
    /// assert_eq!(ages.pluck(&db, User::name).await?, ["Bob", "Cid"]);
    /// # Ok(())
    /// # });
    /// ```
    fn coalesce<V: Operand<Base<Self>, Self::Scope>>(
        self,
        other: V,
    ) -> Scalar<V::Scope, <V::Null as Null>::Of<Base<Self>>> {
        let mut parts = match self.into_node() {
            Node::Coalesce(parts) => parts,
            node => vec![node],
        };
        parts.push(other.operand());
        Scalar::new(Node::Coalesce(parts))
    }

    /// NULL where it equals the other.
    fn nullif<V: Operand<Base<Self>, Self::Scope>>(self, other: V) -> Scalar<V::Scope, Option<Base<Self>>> {
        let node = self.into_node();
        let same = Node::Compare(CompareOp::Eq, Box::new(node.clone()), Box::new(other.operand()));
        Scalar::new(Node::Case(vec![(same, Value::Null.into())], Some(Box::new(node))))
    }

    /// The larger of the two; NULL where either is.
    fn greatest<V: Operand<Base<Self>, Self::Scope>>(
        self,
        other: V,
    ) -> Scalar<V::Scope, Made<Self::Type, V::Null, Base<Self>>> {
        Scalar::new(either(CompareOp::Ge, self.into_node(), other.operand()))
    }

    /// The smaller of the two; NULL where either is.
    fn least<V: Operand<Base<Self>, Self::Scope>>(
        self,
        other: V,
    ) -> Scalar<V::Scope, Made<Self::Type, V::Null, Base<Self>>> {
        Scalar::new(either(CompareOp::Le, self.into_node(), other.operand()))
    }
}

impl<E: Expression<Type: Keeps<Base<E>>>> Choice for E {}

/// The first where this holds between the two, else the second. By comparing, since databases differ in
/// what they take for the larger where one is NULL.
fn either(op: CompareOp, left: Node, right: Node) -> Node {
    let opposite = if op == CompareOp::Ge { CompareOp::Lt } else { CompareOp::Gt };
    let is = |op| Node::Compare(op, Box::new(left.clone()), Box::new(right.clone()));
    let cases = vec![(is(op), left.clone()), (is(opposite), right.clone())];
    Node::Case(cases, None)
}
