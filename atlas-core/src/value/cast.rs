use std::marker::PhantomData;

use crate::{
    error::Result,
    value::{Attribute, ColumnType, Value, ValueRef},
};

/// How values of a type `T` that is not yours are stored: for `#[cast(with = Type)]` on a field.
///
/// ```
/// use atlas_core::{Attribute, Cast, Result, value::{ColumnType, Value, ValueRef}};
/// use std::time::Duration;
///
/// struct Seconds;
///
/// impl Cast<Duration> for Seconds {
///     const TYPE: ColumnType = ColumnType::F64;
///
///     fn encode(value: &Duration) -> Value {
///         value.as_secs_f64().into()
///     }
///
///     fn decode(value: ValueRef<'_>) -> Result<Duration> {
///         Ok(Duration::from_secs_f64(f64::decode(value)?))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how to store a `{T}`",
    label = "implement `Cast<{T}>` for `{Self}`"
)]
pub trait Cast<T>: Send + Sync + 'static {
    /// What the column stores.
    const TYPE: ColumnType;

    /// What mass assignment is given, where that is not what the column stores.
    #[doc(hidden)]
    const GIVEN: ColumnType = Self::TYPE;

    /// The value to bind.
    fn encode(value: &T) -> Value;

    /// Reads the value of a row.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode), best made by [`Error::decode`](crate::Error::decode).
    fn decode(value: ValueRef<'_>) -> Result<T>;

    /// Reads a value that comes from outside, by mass assignment: as that of a row, unless this says otherwise.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    fn accept(value: ValueRef<'_>) -> Result<T> {
        Self::decode(value)
    }
}

/// A `T` stored by the cast `C`: what `#[cast(with = C)]` makes of a field's type.
///
/// Setters take the bare value, comparisons a wrapped one: `Task::length.gt(With::new(limit))`.
pub struct With<T, C>(pub T, PhantomData<fn() -> C>);

impl<T, C> With<T, C> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value, PhantomData)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static, C: Cast<T>> Attribute for With<T, C> {
    type Base = Self;
    const TYPE: ColumnType = C::TYPE;

    fn encode(&self) -> Value {
        C::encode(&self.0)
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        C::decode(value).map(Self::new)
    }
}
