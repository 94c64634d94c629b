//! Several columns that are compared as one.

use std::marker::PhantomData;

use crate::{
    model::{Base, Both, Expr, Expression, Operand, expr},
    statement::{CompareOp, Expr as Node},
};

/// Several columns or computed values as one: see [`row`].
pub struct RowValue<E> {
    parts: Vec<Node>,
    of: PhantomData<fn() -> E>,
}

/// Several columns or computed values as one, which compares with tuples of values: the first decides, where it is
/// equal the second, and so on.
///
/// ```
/// # use atlas_tests::guide::*;
/// use atlas::row;
/// # run(async |db| {
/// let found = Post::query().filter(row((Post::author_id, Post::votes)).is_in([(1, 3), (2, 0), (2, 9)]));
/// assert_eq!(found.count(&db).await?, 2);
/// let later = Post::query().filter(row((Post::author_id, Post::votes)).gt((1, 3)));
/// assert_eq!(later.count(&db).await?, 2);
/// # Ok(())
/// # });
/// ```
pub fn row<E: RowParts>(parts: E) -> RowValue<E> {
    RowValue { parts: parts.parts(), of: PhantomData }
}

/// What a [`row`] is made of: a tuple of two to four columns or computed values.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no row of columns",
    label = "expected a tuple of two to four columns or computed values"
)]
pub trait RowParts {
    /// The models that they mention.
    type Scope;

    /// The parts as data.
    #[doc(hidden)]
    fn parts(self) -> Vec<Node>;
}

/// What a [`row`] of `E` compares with: a tuple of values of the same types.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with this row",
    label = "expected a tuple of values, one of each part's type"
)]
pub trait RowOperand<E> {
    /// The values as data.
    #[doc(hidden)]
    fn operands(self) -> Vec<Node>;
}

macro_rules! rows {
    ($($part:ident $value:ident),*; $scope:ty) => {
        #[diagnostic::do_not_recommend]
        impl<$($part: Expression),*> RowParts for ($($part,)*) {
            type Scope = $scope;

            #[allow(non_snake_case)]
            fn parts(self) -> Vec<Node> {
                let ($($part,)*) = self;
                vec![$($part.into_node()),*]
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($part: Expression, $value: Operand<Base<$part>, $part::Scope, Scope = $part::Scope>),*>
            RowOperand<($($part,)*)> for ($($value,)*)
        {
            #[allow(non_snake_case)]
            fn operands(self) -> Vec<Node> {
                let ($($value,)*) = self;
                vec![$($value.operand()),*]
            }
        }
    };
}
rows!(A V, B W; Both<A::Scope, B::Scope>);
rows!(A V, B W, C X; Both<A::Scope, Both<B::Scope, C::Scope>>);
rows!(A V, B W, C X, D Y; Both<Both<A::Scope, B::Scope>, Both<C::Scope, D::Scope>>);

impl<E: RowParts> RowValue<E> {
    /// Equals, in every part.
    #[allow(clippy::should_implement_trait)]
    pub fn eq<V: RowOperand<E>>(self, values: V) -> Expr<E::Scope> {
        Expr::new(equal(&self.parts, values.operands()))
    }

    /// Differs, in some part.
    #[allow(clippy::should_implement_trait)]
    pub fn ne<V: RowOperand<E>>(self, values: V) -> Expr<E::Scope> {
        self.eq(values).not()
    }

    /// Is one of these; none of nothing.
    pub fn is_in<V: RowOperand<E>>(self, rows: impl IntoIterator<Item = V>) -> Expr<E::Scope> {
        Expr::new(Node::Or(rows.into_iter().map(|values| equal(&self.parts, values.operands())).collect()))
    }

    /// Is none of these: everything where there are none.
    pub fn not_in<V: RowOperand<E>>(self, rows: impl IntoIterator<Item = V>) -> Expr<E::Scope> {
        self.is_in(rows).not()
    }

    /// Comes after.
    #[allow(clippy::should_implement_trait)]
    pub fn gt<V: RowOperand<E>>(self, values: V) -> Expr<E::Scope> {
        Expr::new(beyond(CompareOp::Gt, CompareOp::Gt, self.parts, values.operands()))
    }

    /// Comes after, or is the same.
    #[allow(clippy::should_implement_trait)]
    pub fn ge<V: RowOperand<E>>(self, values: V) -> Expr<E::Scope> {
        Expr::new(beyond(CompareOp::Gt, CompareOp::Ge, self.parts, values.operands()))
    }

    /// Comes before.
    #[allow(clippy::should_implement_trait)]
    pub fn lt<V: RowOperand<E>>(self, values: V) -> Expr<E::Scope> {
        Expr::new(beyond(CompareOp::Lt, CompareOp::Lt, self.parts, values.operands()))
    }

    /// Comes before, or is the same.
    #[allow(clippy::should_implement_trait)]
    pub fn le<V: RowOperand<E>>(self, values: V) -> Expr<E::Scope> {
        Expr::new(beyond(CompareOp::Lt, CompareOp::Le, self.parts, values.operands()))
    }
}

fn equal(parts: &[Node], values: Vec<Node>) -> Node {
    let each = parts.iter().cloned().zip(values);
    Node::And(each.map(|(part, value)| expr::compare(CompareOp::Eq, part, value)).collect())
}

/// Written out, part by part: databases differ in how they compare rows, and in what indexes they use for it.
fn beyond(strictly: CompareOp, last: CompareOp, parts: Vec<Node>, values: Vec<Node>) -> Node {
    let mut pairs: Vec<(Node, Node)> = parts.into_iter().zip(values).collect();
    let compare = |op, (part, value): (Node, Node)| Node::Compare(op, Box::new(part), Box::new(value));
    let Some(end) = pairs.pop() else { return Node::Or(Vec::new()) };
    pairs.into_iter().rev().fold(compare(last, end), |rest, pair| {
        let equal = compare(CompareOp::Eq, pair.clone());
        compare(strictly, pair).or(equal.and(rest))
    })
}
