use std::borrow::Cow;

use crate::{
    model::{Both, Column, Expression, Keeps, Model, NotNull, Null, OrNull, Scalar},
    statement::Expr,
    value::{Attribute, Json, widening},
};

/// What an expression over `S` compares with where its values are `T`: a value, a number that widens to it
/// without loss, either by reference too, an `Option` of a value (`None` reads IS NULL), a column, or what
/// is computed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with a `{T}` column of `{S}`",
    label = "wrong type for this column"
)]
pub trait Operand<T, S> {
    /// The models that an expression with it mentions: `S`, and its own.
    type Scope;
    /// Whether it can be NULL.
    type Null: Null;

    /// The operand as data; NULL for `None`.
    fn operand(self) -> Expr;
}

#[diagnostic::do_not_recommend]
impl<T: Attribute<Base = T>, S> Operand<T, S> for T {
    type Scope = S;
    type Null = NotNull;

    fn operand(self) -> Expr {
        self.into_value().into()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Attribute<Base = T>, S> Operand<T, S> for Option<T> {
    type Scope = S;
    type Null = OrNull;

    fn operand(self) -> Expr {
        self.into_value().into()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, T: Attribute + Keeps<T::Base>, R, S> Operand<T::Base, S> for Column<M, T, R> {
    type Scope = Both<S, M>;
    type Null = T::Null;

    fn operand(self) -> Expr {
        self.expr()
    }
}

#[diagnostic::do_not_recommend]
impl<X, T: Attribute + Keeps<T::Base>, K, S> Operand<T::Base, S> for Scalar<X, T, K> {
    type Scope = Both<S, X>;
    type Null = T::Null;

    fn operand(self) -> Expr {
        self.into_node()
    }
}

macro_rules! converted {
    ($($from:ty => $to:ty),*) => { $(
        #[diagnostic::do_not_recommend]
        impl<S> Operand<$to, S> for $from {
            type Scope = S;
            type Null = NotNull;

            fn operand(self) -> Expr {
                <$to>::from(self).into_value().into()
            }
        }
    )* };
}
converted!(&str => String, &String => String, Cow<'_, str> => String, &[u8] => Vec<u8>);

/// By reference, for `ids.iter()`.
macro_rules! copied {
    ($($from:ty => $to:ty),*) => { $(
        #[diagnostic::do_not_recommend]
        impl<S> Operand<$to, S> for &$from {
            type Scope = S;
            type Null = NotNull;

            fn operand(self) -> Expr {
                <$to>::from(*self).into_value().into()
            }
        }
    )* };
}

macro_rules! widened {
    ($($from:ty => $to:ty),*) => { $(
        converted!($from => $to);
        copied!($from => $to);
    )* };
}
widening!(widened);
copied!(
    &str => String, bool => bool, i8 => i8, i16 => i16, i32 => i32, i64 => i64, u8 => u8, u16 => u16,
    u32 => u32, u64 => u64, f32 => f32, f64 => f64
);
#[cfg(feature = "uuid")]
copied!(uuid::Uuid => uuid::Uuid);
#[cfg(feature = "decimal")]
copied!(rust_decimal::Decimal => rust_decimal::Decimal);
#[cfg(feature = "chrono")]
copied!(
    chrono::DateTime<chrono::Utc> => chrono::DateTime<chrono::Utc>,
    chrono::NaiveDateTime => chrono::NaiveDateTime, chrono::NaiveDate => chrono::NaiveDate,
    chrono::NaiveTime => chrono::NaiveTime
);

#[diagnostic::do_not_recommend]
impl<T, S> Operand<Json<T>, S> for T
where
    Json<T>: Attribute,
{
    type Scope = S;
    type Null = NotNull;

    fn operand(self) -> Expr {
        Json(self).into_value().into()
    }
}
