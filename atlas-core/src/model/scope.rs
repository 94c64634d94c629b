//! Which models an expression may mention: types only.

use std::marker::PhantomData;

use crate::model::Model;

/// The expression of two expressions: it mentions what either mentions.
pub struct Both<A, B>(PhantomData<fn() -> (A, B)>);

/// Of an expression that mentions no model, such as [`count_all`](crate::count_all): part of every query.
#[derive(Debug)]
pub enum Anywhere {}

/// The models that may be mentioned in a query over `S`. `I` says where, and is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not part of this query over `{S}`",
    label = "a column of `{Self}` is used here",
    note = "query `{Self}` itself, or load its records beside the others: `.with(..)`"
)]
pub trait In<S, I> {}

#[diagnostic::do_not_recommend]
impl<M: Model> In<M, ()> for M {}

#[diagnostic::do_not_recommend]
impl<S> In<S, Anywhere> for Anywhere {}

impl<A: In<S, I>, B: In<S, J>, S, I, J> In<S, (I, J)> for Both<A, B> {}
