use crate::{
    error::{Error, Result},
    value::{ColumnType, Value, ValueRef},
};

/// A Rust type that can be stored in a column.
///
/// Implement it to make a type of your own a column type; nothing else is needed:
///
/// ```
/// use atlas_core::{Attribute, Error, Result, value::{ColumnType, Value, ValueRef}};
///
/// #[derive(Clone, Debug, PartialEq)]
/// struct Celsius(f64);
///
/// impl Attribute for Celsius {
///     type Base = Self;
///     const TYPE: ColumnType = ColumnType::F64;
///
///     fn encode(&self) -> Value {
///         self.0.into()
///     }
///
///     fn decode(value: ValueRef<'_>) -> Result<Self> {
///         f64::decode(value).map(Celsius)
///     }
/// }
/// ```
///
/// Enums derive it with `#[derive(Attribute)]`; any serde type is stored as JSON with `#[cast(json)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a column",
    label = "not a column type",
    note = "use #[cast(json)], #[cast(with = ..)], or #[derive(Attribute)] on an enum"
)]
pub trait Attribute: Sized + Send + Sync + 'static {
    /// The type that this column's values are compared with: `Self`, or `T` for an `Option<T>`.
    type Base: Attribute<Base = Self::Base>;

    /// What the column stores.
    const TYPE: ColumnType;

    /// Whether the column takes NULL.
    const NULLABLE: bool = false;

    /// The value to bind.
    fn encode(&self) -> Value;

    /// The value to bind, of something that is not needed any more: text and bytes move.
    #[inline]
    fn into_value(self) -> Value {
        self.encode()
    }

    /// Reads the value of a row.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`], best made by [`Error::decode`], where the value does not fit.
    fn decode(value: ValueRef<'_>) -> Result<Self>;

    /// For the derive: what a column of this type stores.
    #[doc(hidden)]
    const STORED: Stored = (Self::TYPE, Self::NULLABLE, |value| Self::decode(value).map(Self::into_value));
}

/// For the derive: what a column stores, whether it takes NULL, and what turns any form of a value into
/// the one that is stored.
pub type Stored = (ColumnType, bool, fn(ValueRef<'_>) -> Result<Value>);

/// Columns that take NULL: their field is an `Option`.
#[diagnostic::on_unimplemented(
    message = "this column is never NULL: its field is not an `Option`",
    label = "only for optional columns"
)]
pub trait Nullable {}
#[diagnostic::do_not_recommend]
impl<T> Nullable for Option<T> {}

// No implementation is recommended, here and beside the other types: the compiler would list eight of
// them in each message.
#[diagnostic::do_not_recommend]
impl<T: Attribute<Base = T>> Attribute for Option<T> {
    type Base = T;
    const TYPE: ColumnType = T::TYPE;
    const NULLABLE: bool = true;
    const STORED: Stored = (T::TYPE, true, |value| match value {
        ValueRef::Null => Ok(Value::Null),
        value => (T::STORED.2)(value),
    });

    fn encode(&self) -> Value {
        match self {
            Some(value) => value.encode(),
            None => Value::Null,
        }
    }

    #[inline]
    fn into_value(self) -> Value {
        match self {
            Some(value) => value.into_value(),
            None => Value::Null,
        }
    }

    #[inline]
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Null => Ok(None),
            value => T::decode(value).map(Some),
        }
    }
}

/// The error for a value that is no `expected`.
#[inline(always)]
pub(super) fn unfit(expected: &'static str, value: ValueRef<'_>) -> Error {
    Error::decode(expected, aside(value))
}

/// A copy, for the way that is seldom gone. If the value itself went there, it would need an address, and so
/// be written to memory and read back on the usual way too: a tenth of the time of reading rows.
#[inline(always)]
fn aside(value: ValueRef<'_>) -> ValueRef<'_> {
    std::hint::black_box(value)
}

#[cold]
#[inline(never)]
fn other_text(value: ValueRef<'_>) -> Result<String> {
    match value {
        #[cfg(feature = "uuid")]
        ValueRef::Uuid(bytes) => Ok(uuid::Uuid::from_bytes(bytes).to_string()),
        _ => Err(Error::decode("text", value)),
    }
}

macro_rules! integer {
    ($($type:ident => $column:ident),*) => { $(
        #[diagnostic::do_not_recommend]
        impl Attribute for $type {
            type Base = Self;
            const TYPE: ColumnType = ColumnType::$column;

            #[inline]
            fn encode(&self) -> Value {
                match i64::try_from(*self) {
                    Ok(value) => Value::I64(value),
                    #[allow(clippy::unnecessary_cast)]
                    Err(_) => Value::U64(*self as u64),
                }
            }

            #[inline]
            fn decode(value: ValueRef<'_>) -> Result<Self> {
                let fitting = match value {
                    ValueRef::I64(number) => Self::try_from(number).ok(),
                    ValueRef::U64(number) => Self::try_from(number).ok(),
                    // Where the database has no integers of this width.
                    ValueRef::Numeric(number) => {
                        number.to_integer().and_then(|number| Self::try_from(number).ok())
                    }
                    _ => None,
                };
                match fitting {
                    Some(number) => Ok(number),
                    None => Err(unfit(stringify!($type), value)),
                }
            }
        }
    )* };
}
integer!(i8 => I8, i16 => I16, i32 => I32, i64 => I64, u8 => U8, u16 => U16, u32 => U32, u64 => U64);

#[diagnostic::do_not_recommend]
impl Attribute for f64 {
    type Base = Self;
    const TYPE: ColumnType = ColumnType::F64;

    fn encode(&self) -> Value {
        Value::F64(*self)
    }

    #[inline]
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::F64(number) => Ok(number),
            ValueRef::I64(number) => Ok(number as f64),
            ValueRef::U64(number) => Ok(number as f64),
            ValueRef::Numeric(number) => Ok(number.to_f64()),
            _ => Err(unfit("f64", value)),
        }
    }
}

#[diagnostic::do_not_recommend]
impl Attribute for f32 {
    type Base = Self;
    const TYPE: ColumnType = ColumnType::F32;

    fn encode(&self) -> Value {
        Value::F64(f64::from(*self))
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        let number = f64::decode(value).map_err(|_| Error::decode("f32", value))?;
        #[allow(clippy::cast_possible_truncation)]
        let narrowed = number as f32;
        if narrowed.is_finite() || !number.is_finite() {
            Ok(narrowed)
        } else {
            Err(Error::decode("f32", value))
        }
    }
}

#[diagnostic::do_not_recommend]
impl Attribute for bool {
    type Base = Self;
    const TYPE: ColumnType = ColumnType::Bool;

    #[inline]
    fn encode(&self) -> Value {
        Value::Bool(*self)
    }

    #[inline]
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Bool(truth) => Ok(truth),
            ValueRef::I64(0) => Ok(false),
            ValueRef::I64(1) => Ok(true),
            _ => Err(unfit("bool", value)),
        }
    }
}

#[diagnostic::do_not_recommend]
impl Attribute for String {
    type Base = Self;
    const TYPE: ColumnType = ColumnType::Text;

    fn encode(&self) -> Value {
        Value::Text(self.clone())
    }

    #[inline]
    fn into_value(self) -> Value {
        Value::Text(self)
    }

    #[inline]
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Text(text) | ValueRef::Json(text) => Ok(text.to_owned()),
            _ => other_text(aside(value)),
        }
    }
}

#[diagnostic::do_not_recommend]
impl Attribute for Vec<u8> {
    type Base = Self;
    const TYPE: ColumnType = ColumnType::Bytes;

    fn encode(&self) -> Value {
        Value::Bytes(self.clone())
    }

    #[inline]
    fn into_value(self) -> Value {
        Value::Bytes(self)
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Bytes(bytes) => Ok(bytes.to_owned()),
            _ => Err(Error::decode("bytes", value)),
        }
    }
}
