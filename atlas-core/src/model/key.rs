use std::borrow::Cow;

use crate::{
    error::Result,
    model::Model,
    record::Record,
    value::{Attribute, Value, ValueRef, widening},
};

/// A primary key: a column's value, or a tuple of them.
pub trait Key: Send + Sync + Sized + 'static {
    /// The values, in the order of the key's columns.
    fn values(&self) -> Vec<Value>;

    /// The key of these values, in the order of its columns.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode) where they are of other types.
    fn from_values(values: &[Value]) -> Result<Self>;
}

/// The part of a key at this place.
fn part<T: Attribute>(values: &[Value], index: usize) -> Result<T> {
    T::decode(values.get(index).map_or(ValueRef::Null, Value::as_ref))
}

impl<T: Attribute> Key for T {
    fn values(&self) -> Vec<Value> {
        vec![self.encode()]
    }

    fn from_values(values: &[Value]) -> Result<Self> {
        part(values, 0)
    }
}

/// What converts to a primary key of type `K`: the key, by reference too, a number that widens to it without
/// loss, a `&str` for a `String`, a record, and a tuple of these for a composite key.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a key of type `{K}`",
    label = "wrong type for this key"
)]
pub trait IntoKey<K> {
    /// Converts.
    fn into_key(self) -> K;
}

#[diagnostic::do_not_recommend]
impl<T: Attribute> IntoKey<T> for T {
    fn into_key(self) -> T {
        self
    }
}

macro_rules! converted {
    ($($from:ty => $to:ty),*) => { $(
        #[diagnostic::do_not_recommend]
        impl IntoKey<$to> for $from {
            fn into_key(self) -> $to {
                self.into()
            }
        }
    )* };
}
widening!(converted);
converted!(&str => String, &String => String, Cow<'_, str> => String);

/// By reference, for `ids.iter()`.
macro_rules! copied {
    ($($from:ty => $to:ty),*) => { $(
        #[diagnostic::do_not_recommend]
        impl IntoKey<$to> for &$from {
            fn into_key(self) -> $to {
                (*self).into()
            }
        }
    )* };
}
copied!(
    &str => String, i8 => i8, i16 => i16, i32 => i32, i64 => i64, u8 => u8, u16 => u16, u32 => u32, u64 => u64,
    i32 => i64
);
#[cfg(feature = "uuid")]
copied!(uuid::Uuid => uuid::Uuid);

#[diagnostic::do_not_recommend]
impl<M: Model> IntoKey<M::Key> for &Record<M> {
    fn into_key(self) -> M::Key {
        self.key()
    }
}

macro_rules! composite {
    ($($part:ident $from:ident $index:tt),*) => {
        impl<$($part: Attribute),*> Key for ($($part,)*) {
            fn values(&self) -> Vec<Value> {
                vec![$(self.$index.encode()),*]
            }

            fn from_values(values: &[Value]) -> Result<Self> {
                Ok(($(part::<$part>(values, $index)?,)*))
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($part: Attribute, $from: IntoKey<$part>),*> IntoKey<($($part,)*)> for ($($from,)*) {
            fn into_key(self) -> ($($part,)*) {
                ($(self.$index.into_key(),)*)
            }
        }
    };
}
composite!(A FA 0, B FB 1);
composite!(A FA 0, B FB 1, C FC 2);
composite!(A FA 0, B FB 1, C FC 2, D FD 3);
composite!(A FA 0, B FB 1, C FC 2, D FD 3, E FE 4);
composite!(A FA 0, B FB 1, C FC 2, D FD 3, E FE 4, F FF 5);
