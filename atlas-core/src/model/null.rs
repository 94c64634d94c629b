//! Whether a computed value can be NULL: types only.

use crate::{model::Expression, value::Attribute};

/// Whether something can be NULL: [`NotNull`] or [`OrNull`].
pub trait Null: 'static {
    /// What is made of this and that: it can be NULL where either can.
    type Or<N: Null>: Null;
    /// The type of such a value: `T`, or an `Option` of it.
    type Of<T: Attribute<Base = T>>: Attribute<Base = T>;
}

/// Never NULL.
#[derive(Debug)]
pub enum NotNull {}

/// NULL, at times.
#[derive(Debug)]
pub enum OrNull {}

impl Null for NotNull {
    type Or<N: Null> = N;
    type Of<T: Attribute<Base = T>> = T;
}

impl Null for OrNull {
    type Or<N: Null> = Self;
    type Of<T: Attribute<Base = T>> = Option<T>;
}

/// A column type, `B` or an `Option<B>`: what is computed of it can be NULL where it can.
pub trait Keeps<B> {
    /// Whether it can be NULL.
    type Null: Null;
}

#[diagnostic::do_not_recommend]
impl<T: Attribute<Base = T>> Keeps<T> for T {
    type Null = NotNull;
}

#[diagnostic::do_not_recommend]
impl<T: Attribute<Base = T>> Keeps<T> for Option<T> {
    type Null = OrNull;
}

/// `U`, or an `Option` of it where the expression can be NULL.
pub type Alike<E, U> = Made<<E as Expression>::Type, NotNull, U>;

/// `U`, or an `Option` of it where the type `T` or the other nullness `N` says so.
pub type Made<T, N, U> = <<<T as Keeps<<T as Attribute>::Base>>::Null as Null>::Or<N> as Null>::Of<U>;
