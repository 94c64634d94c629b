use crate::{
    model::{Column, Model, Scalar},
    statement::Expr,
    value::{Attribute, Json},
};

/// What a column of `M` compares with where its values are `T`: a value, something that widens to it
/// without loss, an `Option` of a value (`None` reads IS NULL), or a column of the same model.
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

// Not by the macro below, whose lines would be part of every message about a text that is no number.
#[diagnostic::do_not_recommend]
impl<M> Operand<String, M> for &str {
    fn operand(self) -> Expr {
        self.to_owned().encode().into()
    }
}

macro_rules! widening {
    ($($from:ty => $to:ty),* $(,)?) => { $(
        #[diagnostic::do_not_recommend]
        impl<M> Operand<$to, M> for $from {
            fn operand(self) -> Expr {
                <$to>::from(self).into_value().into()
            }
        }
    )* };
}
widening!(i32 => i64, i32 => f64, &String => String, &[u8] => Vec<u8>);
#[cfg(feature = "decimal")]
widening!(i32 => rust_decimal::Decimal);

#[diagnostic::do_not_recommend]
impl<T, M> Operand<Json<T>, M> for T
where
    Json<T>: Attribute,
{
    fn operand(self) -> Expr {
        Json(self).into_value().into()
    }
}
