//! Which models an expression may mention: types only.

use std::marker::PhantomData;

use crate::{model::Model, record::Record, value::Attribute};

/// The expression of two expressions: it mentions what either mentions.
pub struct Both<A, B>(PhantomData<fn() -> (A, B)>);

/// Of an expression that mentions no model, such as [`count_all`](crate::count_all): part of every query.
#[derive(Debug)]
pub enum Anywhere {}

/// In the scope of a query: a model that a row may be without, since it was left-joined.
pub struct Maybe<A>(PhantomData<fn() -> A>);

/// In the scope of a query: a model of the query around this one.
pub struct Outer<A>(PhantomData<fn() -> A>);

/// A model under another name: see [`join_as`](crate::Query::join_as).
pub struct As<M, Tag>(PhantomData<fn() -> (M, Tag)>);

/// What a statement calls a model that has this tag: the type's name.
pub(crate) fn alias_of<Tag>() -> &'static str {
    let path = std::any::type_name::<Tag>();
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path)
}

/// What a query has the columns of: a model, by its own name or by another.
pub trait Named {
    /// The model.
    type Model: Model;

    /// What the statement calls it.
    fn called() -> &'static str;
}

impl<M: Model> Named for M {
    type Model = M;

    fn called() -> &'static str {
        M::meta().table
    }
}

impl<M: Model, Tag> Named for As<M, Tag> {
    type Model = M;

    fn called() -> &'static str {
        alias_of::<Tag>()
    }
}

/// The models that may be mentioned in a query over `S`. `I` says where, and is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not part of this query over `{S}`",
    label = "a column of `{Self}` is used here",
    note = "join the relation that leads to it, or ask with `where_has`"
)]
pub trait In<S, I> {
    /// What a value of type `T` becomes where it is read: optional, where rows may be without it.
    type Lift<T: Attribute>: Attribute;
    /// What a record becomes where it is read.
    type Row;
}

#[diagnostic::do_not_recommend]
impl<A: Named> In<A, ()> for A {
    type Lift<T: Attribute> = T;
    type Row = Record<A::Model>;
}

#[diagnostic::do_not_recommend]
impl<S> In<S, Anywhere> for Anywhere {
    type Lift<T: Attribute> = T;
    type Row = ();
}

// Recommended, so that the message is about the one of the two that is not part of the query.
impl<A: In<S, I>, B: In<S, J>, S, I, J> In<S, (I, J)> for Both<A, B> {
    type Lift<T: Attribute> = A::Lift<B::Lift<T>>;
    type Row = ();
}

/// The place of a model among several.
pub struct Nth<const N: usize>;

/// A model at this place of a scope, with the others around it.
macro_rules! place {
    ($n:literal: $($before:ident)* [$here:ident] $($after:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<$($before,)* $here: Named, $($after),*> In<($($before,)* $here, $($after,)*), Nth<$n>> for $here {
            type Lift<T: Attribute> = T;
            type Row = Record<$here::Model>;
        }

        #[diagnostic::do_not_recommend]
        impl<$($before,)* $here: Named, $($after),*> In<($($before,)* Maybe<$here>, $($after,)*), Nth<$n>> for $here {
            type Lift<T: Attribute> = Option<T::Base>;
            type Row = Option<Record<$here::Model>>;
        }

        #[diagnostic::do_not_recommend]
        impl<$($before,)* $here: Named, $($after),*> In<($($before,)* Outer<$here>, $($after,)*), Nth<$n>> for $here {
            type Lift<T: Attribute> = T;
            type Row = Record<$here::Model>;
        }
    };
}

place!(0: [A] B);
place!(1: A [B]);
place!(0: [A] B C);
place!(1: A [B] C);
place!(2: A B [C]);
place!(0: [A] B C D);
place!(1: A [B] C D);
place!(2: A B [C] D);
place!(3: A B C [D]);
place!(0: [A] B C D E);
place!(1: A [B] C D E);
place!(2: A B [C] D E);
place!(3: A B C [D] E);
place!(4: A B C D [E]);
place!(0: [A] B C D E F);
place!(1: A [B] C D E F);
place!(2: A B [C] D E F);
place!(3: A B C [D] E F);
place!(4: A B C D [E] F);
place!(5: A B C D E [F]);

/// A scope, or the rows of a query, with one thing more.
#[diagnostic::on_unimplemented(
    message = "nothing can be joined to this query",
    label = "a query joins up to five others, before it selects",
    note = "join first, and call `.select(..)` after it"
)]
pub trait Append<T> {
    /// With it.
    type Out;
}

#[diagnostic::do_not_recommend]
impl<A: Named, T> Append<T> for A {
    type Out = (A, T);
}

#[diagnostic::do_not_recommend]
impl<M: Model, T> Append<T> for Record<M> {
    type Out = (Self, T);
}

macro_rules! append {
    ($($part:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<$($part,)* T> Append<T> for ($($part,)*) {
            type Out = ($($part,)* T);
        }
    };
}
append!(A B);
append!(A B C);
append!(A B C D);
append!(A B C D E);
