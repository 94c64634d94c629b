use std::borrow::Cow;

use crate::{
    model::{Column, Model, Scalar},
    statement::Expr,
    value::{Attribute, Json, widening},
};

/// What a column of `M` compares with where its values are `T`: a value, a number that widens to it
/// without loss, either by reference too, an `Option` of a value (`None` reads IS NULL), or a column of
/// the same model.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with a `{T}` column of `{M}`",
    label = "wrong type for this column"
)]
pub trait Operand<T, M> {
    /// The operand as data; NULL for `None`.
    fn operand(self) -> Expr;
}

#[diagnostic::do_not_recommend]
impl<T: Attribute<Base = T>, M> Operand<T, M> for T {
    fn operand(self) -> Expr {
        self.into_value().into()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Attribute<Base = T>, M> Operand<T, M> for Option<T> {
    fn operand(self) -> Expr {
        self.into_value().into()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, T: Attribute> Operand<T::Base, M> for Column<M, T> {
    fn operand(self) -> Expr {
        self.expr()
    }
}

#[diagnostic::do_not_recommend]
impl<M, T> Operand<T, M> for Scalar<M, T> {
    fn operand(self) -> Expr {
        self.into_expr()
    }
}

macro_rules! converted {
    ($($from:ty => $to:ty),*) => { $(
        #[diagnostic::do_not_recommend]
        impl<M> Operand<$to, M> for $from {
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
        impl<M> Operand<$to, M> for &$from {
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
impl<T, M> Operand<Json<T>, M> for T
where
    Json<T>: Attribute,
{
    fn operand(self) -> Expr {
        Json(self).into_value().into()
    }
}
