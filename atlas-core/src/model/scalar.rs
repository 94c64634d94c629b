use std::{
    marker::PhantomData,
    ops::{Add, Div, Mul, Rem, Sub},
};

use crate::{
    model::{Anywhere, Column, Expression, Keeps, Made, Model, Operand, OrNull, expr},
    statement::{ArithmeticOp, Expr as Node},
    value::{Attribute, Number},
};

/// A computed value of type `T`, of the models in `S`: whatever a column can do, it can (see [`Expression`]).
///
/// `K` is [`Plain`], or [`Aggregated`](crate::model::Aggregated) where several rows make the value.
pub struct Scalar<S, T, K = Plain> {
    node: Node,
    of: PhantomData<fn() -> (S, T, K)>,
}

/// The kind of a [`Scalar`] that is computed of one row.
#[derive(Debug)]
pub enum Plain {}

impl<S, T, K> Scalar<S, T, K> {
    pub(crate) fn new(node: Node) -> Self {
        Self { node, of: PhantomData }
    }

    pub(crate) fn into_inner(self) -> Node {
        self.node
    }
}

impl<S, T, K> Clone for Scalar<S, T, K> {
    fn clone(&self) -> Self {
        Self::new(self.node.clone())
    }
}

impl<S, T: Attribute, K> Expression for Scalar<S, T, K> {
    type Scope = S;
    type Type = T;

    fn into_node(self) -> Node {
        self.node
    }
}

/// A value as an expression of its own, which mentions no model: `val(10) - Post::votes`.
///
/// ```
/// # use atlas_tests::guide::*;
/// use atlas::val;
/// # run(async |db| {
/// let found = Post::query().filter((val(10) - Post::votes).le(5));
/// assert_eq!(found.pluck(&db, Post::title).await?, ["Rust in anger"]);
/// # Ok(())
/// # });
/// ```
pub fn val<V: Term>(value: V) -> Scalar<V::Scope, V::Type> {
    Scalar::new(value.term())
}

/// A value or an expression, whatever its type: what [`val`] and [`case_when`](crate::case_when) begin with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a value of a column type nor an expression",
    label = "expected a value, a column, or what is computed"
)]
pub trait Term {
    /// The models that it mentions.
    type Scope;
    /// Its type.
    type Type: Attribute;

    /// The expression as data.
    #[doc(hidden)]
    fn term(self) -> Node;
}

#[diagnostic::do_not_recommend]
impl<T: Attribute> Term for T {
    type Scope = Anywhere;
    type Type = T;

    fn term(self) -> Node {
        self.into_value().into()
    }
}

#[diagnostic::do_not_recommend]
impl Term for &str {
    type Scope = Anywhere;
    type Type = String;

    fn term(self) -> Node {
        self.to_owned().into_value().into()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, T: Attribute, R> Term for Column<M, T, R> {
    type Scope = M;
    type Type = T;

    fn term(self) -> Node {
        self.into_node()
    }
}

#[diagnostic::do_not_recommend]
impl<S, T: Attribute, K> Term for Scalar<S, T, K> {
    type Scope = S;
    type Type = T;

    fn term(self) -> Node {
        self.into_node()
    }
}

macro_rules! arithmetic {
    ($($trait:ident $method:ident $null:ty;)*) => { $(
        impl<M, T, R, V> $trait<V> for Column<M, T, R>
        where
            M: Model,
            T: Attribute<Base: Number> + Keeps<T::Base>,
            V: Operand<T::Base, M>,
        {
            type Output = Scalar<V::Scope, Made<T, $null, T::Base>>;

            fn $method(self, other: V) -> Self::Output {
                Scalar::new(expr::arithmetic(ArithmeticOp::$trait, self.into_node(), other.operand()))
            }
        }

        impl<S, T, K, V> $trait<V> for Scalar<S, T, K>
        where
            T: Attribute<Base: Number> + Keeps<T::Base>,
            V: Operand<T::Base, S>,
        {
            type Output = Scalar<V::Scope, Made<T, $null, T::Base>>;

            fn $method(self, other: V) -> Self::Output {
                Scalar::new(expr::arithmetic(ArithmeticOp::$trait, self.into_node(), other.operand()))
            }
        }
    )* };
}
// By zero is NULL.
arithmetic! {
    Add add V::Null;
    Sub sub V::Null;
    Mul mul V::Null;
    Div div OrNull;
    Rem rem OrNull;
}
