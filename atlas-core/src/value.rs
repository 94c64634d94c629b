//! What travels in a column: [`Value`] on its way to a driver, [`ValueRef`] on its way back, and
//! [`Attribute`], the trait by which a Rust type becomes a column.
//!
//! Nothing here knows a date library, a UUID library or a decimal library: those are implementations
//! of [`Attribute`] over [`Date`], [`Time`], [`Moment`], `[u8; 16]` and [`Numeric`].

mod array;
mod assign;
mod attribute;
mod cast;
pub mod casts;
#[cfg(feature = "chrono")]
mod chrono;
mod column_type;
#[cfg(feature = "decimal")]
mod decimal;
mod encrypted;
#[cfg(feature = "encryption")]
mod encryption;
#[cfg(feature = "hashing")]
mod hashed;
mod into_value;
mod json;
mod number;
mod numeric;
mod sealed;
mod serialized;
mod temporal;
#[cfg(feature = "uuid")]
mod uuid;

use std::fmt;

pub use array::{Array, Item};
pub(crate) use assign::widening;
pub use assign::{Assign, Mutator, Placeholder};
pub use attribute::{Attribute, Nullable, Stored};
pub use cast::{Cast, With};
pub use column_type::{ColumnType, ItemType};
pub use encrypted::{Encrypted, Encryption, Itself};
#[cfg(feature = "encryption")]
pub(crate) use encryption::Key;
#[cfg(feature = "encryption")]
pub use encryption::new_encryption_key;
#[cfg(feature = "hashing")]
pub use hashed::Hashed;
pub use into_value::{Binds, IntoValue};
pub use json::{Json, Serde};
pub use number::{HasDate, HasTime, Number, Stamp};
pub use numeric::Numeric;
pub use sealed::Sealed;
pub(crate) use serialized::Serialized;
pub use temporal::{Date, Moment, Time};

/// A value on its way to a driver. Always bound, never part of a statement's text.
// With a kind of eight bytes, a value is moved as four words. With one of a single byte, the compiler moves
// the seven bytes beside it in two parts that overlap, which processors are slow to read back.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[repr(u64)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// A truth value.
    Bool(bool),
    /// Every integer that fits.
    I64(i64),
    /// An integer above `i64::MAX`; smaller ones are [`Value::I64`].
    U64(u64),
    /// A floating point number.
    F64(f64),
    /// An exact decimal number.
    Numeric(Numeric),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A UUID, in network order.
    Uuid([u8; 16]),
    /// A calendar date.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A date and time without a zone.
    DateTime(Moment),
    /// A point in time, in UTC.
    Timestamp(Moment),
    /// JSON, as its text.
    Json(String),
    /// One that is encrypted on its way: no driver gets it.
    Sealed(Box<Sealed>),
}

/// A value as a driver lends it out of a row; the borrowed twin of [`Value`].
///
/// A driver hands over what its database stores: a decoder therefore accepts the forms that some
/// database has for its type (a timestamp may come as [`ValueRef::Text`], a bool as
/// [`ValueRef::I64`]).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum ValueRef<'a> {
    /// SQL NULL.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer.
    I64(i64),
    /// An integer above `i64::MAX`.
    U64(u64),
    /// A floating point number.
    F64(f64),
    /// An exact decimal number.
    Numeric(Numeric),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A UUID, in network order.
    Uuid([u8; 16]),
    /// A calendar date.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A date and time without a zone.
    DateTime(Moment),
    /// A point in time, in UTC.
    Timestamp(Moment),
    /// JSON, as its text.
    Json(&'a str),
    /// One that is encrypted on its way: no driver gives it.
    Sealed(&'a Sealed),
}

impl Value {
    /// Lends the value, as a driver would.
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Bool(v) => ValueRef::Bool(*v),
            Self::I64(v) => ValueRef::I64(*v),
            Self::U64(v) => ValueRef::U64(*v),
            Self::F64(v) => ValueRef::F64(*v),
            Self::Numeric(v) => ValueRef::Numeric(*v),
            Self::Text(v) => ValueRef::Text(v),
            Self::Bytes(v) => ValueRef::Bytes(v),
            Self::Uuid(v) => ValueRef::Uuid(*v),
            Self::Date(v) => ValueRef::Date(*v),
            Self::Time(v) => ValueRef::Time(*v),
            Self::DateTime(v) => ValueRef::DateTime(*v),
            Self::Timestamp(v) => ValueRef::Timestamp(*v),
            Self::Json(v) => ValueRef::Json(v),
            Self::Sealed(v) => ValueRef::Sealed(v),
        }
    }

    /// Whether this is SQL NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl ValueRef<'_> {
    /// Whether this is SQL NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Copies the value out of the row.
    pub fn to_owned(&self) -> Value {
        match *self {
            Self::Null => Value::Null,
            Self::Bool(v) => Value::Bool(v),
            Self::I64(v) => Value::I64(v),
            Self::U64(v) => Value::U64(v),
            Self::F64(v) => Value::F64(v),
            Self::Numeric(v) => Value::Numeric(v),
            Self::Text(v) => Value::Text(v.to_owned()),
            Self::Bytes(v) => Value::Bytes(v.to_owned()),
            Self::Uuid(v) => Value::Uuid(v),
            Self::Date(v) => Value::Date(v),
            Self::Time(v) => Value::Time(v),
            Self::DateTime(v) => Value::DateTime(v),
            Self::Timestamp(v) => Value::Timestamp(v),
            Self::Json(v) => Value::Json(v.to_owned()),
            Self::Sealed(v) => Value::Sealed(Box::new(v.clone())),
        }
    }
}

/// How a value reads in an error message: its kind, and its text, shortened.
impl fmt::Display for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 40;
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Bool(v) => write!(f, "the bool {v}"),
            Self::I64(v) => write!(f, "the integer {v}"),
            Self::U64(v) => write!(f, "the integer {v}"),
            Self::F64(v) => write!(f, "the number {v}"),
            Self::Numeric(v) => write!(f, "the decimal {v}"),
            Self::Text(v) | Self::Json(v) => match v.char_indices().nth(SHOWN) {
                Some((end, _)) => write!(f, "the text {:?}…", v.get(..end).unwrap_or_default()),
                None => write!(f, "the text {v:?}"),
            },
            Self::Bytes(v) => write!(f, "{} bytes", v.len()),
            Self::Uuid(v) => write!(f, "the UUID {:032x}", u128::from_be_bytes(*v)),
            Self::Date(v) => write!(f, "the date {v}"),
            Self::Time(v) => write!(f, "the time {v}"),
            Self::DateTime(v) | Self::Timestamp(v) => write!(f, "the time {v}"),
            Self::Sealed(_) => f.write_str("an encrypted value"),
        }
    }
}

/// A value as one would write it, without its kind.
pub(crate) struct Plain<'a>(pub(crate) &'a Value);

impl fmt::Debug for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("None"),
            Value::Bool(truth) => truth.fmt(f),
            Value::I64(number) => number.fmt(f),
            Value::U64(number) => number.fmt(f),
            Value::F64(number) => number.fmt(f),
            Value::Numeric(number) => fmt::Display::fmt(number, f),
            Value::Text(text) => text.fmt(f),
            Value::Bytes(bytes) => bytes.fmt(f),
            Value::Uuid(bytes) => write!(f, "{:032x}", u128::from_be_bytes(*bytes)),
            Value::Date(date) => fmt::Display::fmt(date, f),
            Value::Time(time) => fmt::Display::fmt(time, f),
            Value::DateTime(moment) | Value::Timestamp(moment) => fmt::Display::fmt(moment, f),
            Value::Json(text) => f.write_str(text),
            Value::Sealed(sealed) => sealed.fmt(f),
        }
    }
}

macro_rules! value_from {
    ($($type:ty => $variant:ident),*) => { $(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        }
    )* };
}
value_from!(bool => Bool, i8 => I64, i16 => I64, i32 => I64, i64 => I64, u8 => I64, u16 => I64, u32 => I64,
    f32 => F64, f64 => F64, &str => Text, String => Text, &[u8] => Bytes, Vec<u8> => Bytes, Numeric => Numeric);

#[cfg(test)]
mod tests {
    use super::Value;

    #[test]
    fn a_value_is_four_words_in_an_option_too() {
        assert_eq!(size_of::<Option<Value>>(), 32);
    }
}
