use crate::value::Attribute;

/// Column types that can be summed and averaged.
#[diagnostic::on_unimplemented(message = "a `{Self}` column cannot be summed", label = "not a number")]
pub trait Number: Attribute {
    /// What a sum gives: `i64` for integers, so that it does not overflow where the column would.
    type Sum: Attribute + Default;
    /// What an average gives.
    type Average: Attribute<Base = Self::Average>;
}

macro_rules! number {
    ($($type:ty => $sum:ty, $average:ty);* $(;)?) => { $(
        #[diagnostic::do_not_recommend]
        impl Number for $type {
            type Sum = $sum;
            type Average = $average;
        }
    )* };
}
number!(i8 => i64, f64; i16 => i64, f64; i32 => i64, f64; i64 => i64, f64; u8 => i64, f64; u16 => i64, f64;
    u32 => i64, f64; u64 => u64, f64; f32 => f64, f64; f64 => f64, f64);
#[cfg(feature = "decimal")]
number!(rust_decimal::Decimal => rust_decimal::Decimal, rust_decimal::Decimal);

/// Column types that `#[timestamps]` can maintain.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` keeps no date and time, which this attribute maintains",
    label = "not a date and time",
    note = "use `DateTime<Utc>`, `NaiveDateTime` or an `Option` of one"
)]
pub trait Stamp: Attribute {
    /// For the derive: names the trait for a type, without a bound.
    #[doc(hidden)]
    const MAINTAINED: () = ();
}
#[diagnostic::do_not_recommend]
impl<T: Stamp + Attribute<Base = T>> Stamp for Option<T> {}

/// Column types with a date: a date, or a date and time.
#[diagnostic::on_unimplemented(message = "a `{Self}` column has no date", label = "only for dates")]
pub trait HasDate: Attribute {
    /// The date alone.
    type Date: Attribute<Base = Self::Date>;
}

/// Column types with a time of day: a time, or a date and time.
#[diagnostic::on_unimplemented(message = "a `{Self}` column has no time of day", label = "only for times")]
pub trait HasTime: Attribute {
    /// The time alone.
    type Time: Attribute<Base = Self::Time>;
}
