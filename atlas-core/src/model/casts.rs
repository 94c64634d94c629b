//! Values read or written as values of another type.

use crate::value::Attribute;

/// What can be read or written as a `T`: see [`Expression::cast`](crate::Expression::cast).
#[diagnostic::on_unimplemented(
    message = "a `{Self}` cannot be cast to a `{T}`",
    label = "no such cast",
    note = "texts are read as numbers, dates and times; integers, dates and times are written as texts"
)]
pub trait CastsTo<T: Attribute>: Attribute {}

macro_rules! casts {
    ($($from:ty => $($to:ty),*;)*) => { $( $(
        #[diagnostic::do_not_recommend]
        impl CastsTo<$to> for $from {}
    )* )* };
}
casts! {
    String => i64, f64;
    i8 => String;
    i16 => String;
    i32 => String;
    i64 => String;
    u8 => String;
    u16 => String;
    u32 => String;
    u64 => String;
}
#[cfg(feature = "decimal")]
casts!(String => rust_decimal::Decimal;);
#[cfg(feature = "chrono")]
casts! {
    String => chrono::NaiveDate, chrono::NaiveTime, chrono::NaiveDateTime, chrono::DateTime<chrono::Utc>;
    chrono::NaiveDate => String;
    chrono::NaiveTime => String;
    chrono::NaiveDateTime => String;
    chrono::DateTime<chrono::Utc> => String;
}
