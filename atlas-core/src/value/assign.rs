use std::borrow::Cow;

use crate::value::{Json, With};

/// What a setter of a `T` column takes: a `T`, a number that widens to it without loss, a `&str` or a
/// `Cow<str>` for a `String`, and for an optional column the bare value too.
///
/// There is one form of an `Option` for each column, so that `None` needs no type: an optional text
/// takes `name.map(str::to_owned)`, not an `Option<&str>`.
#[diagnostic::on_unimplemented(
    message = "a `{T}` column cannot be set from `{Self}`",
    label = "wrong type for this column"
)]
pub trait Assign<T> {
    /// Converts.
    fn assign(self) -> T;
}

#[diagnostic::do_not_recommend]
impl<T> Assign<T> for T {
    fn assign(self) -> T {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T> Assign<Option<T>> for T {
    fn assign(self) -> Option<T> {
        Some(self)
    }
}

/// Calls a macro with the numbers that widen without loss, for setters, comparisons and keys alike.
///
/// An integer literal is an `i32` where it could be several, so each type that widens from any
/// integer widens from `i32` too.
macro_rules! widening {
    ($each:ident) => {
        $each!(i8 => i32, i16 => i32, u8 => i32, u16 => i32);
        $each!(i8 => i64, i16 => i64, i32 => i64, u8 => i64, u16 => i64, u32 => i64);
        $each!(i8 => f64, i16 => f64, i32 => f64, u8 => f64, u16 => f64, u32 => f64, f32 => f64);
        #[cfg(feature = "decimal")]
        $each!(
            i8 => rust_decimal::Decimal, i16 => rust_decimal::Decimal, i32 => rust_decimal::Decimal,
            i64 => rust_decimal::Decimal, u8 => rust_decimal::Decimal, u16 => rust_decimal::Decimal,
            u32 => rust_decimal::Decimal, u64 => rust_decimal::Decimal
        );
    };
}
pub(crate) use widening;

macro_rules! assign {
    ($($from:ty => $to:ty),*) => { $(
        #[diagnostic::do_not_recommend]
        impl Assign<$to> for $from {
            fn assign(self) -> $to {
                self.into()
            }
        }

        #[diagnostic::do_not_recommend]
        impl Assign<Option<$to>> for $from {
            fn assign(self) -> Option<$to> {
                Some(self.into())
            }
        }
    )* };
}
widening!(assign);
assign!(&str => String, &String => String, Cow<'_, str> => String, &[u8] => Vec<u8>);

#[diagnostic::do_not_recommend]
impl<T> Assign<Json<T>> for T {
    fn assign(self) -> Json<T> {
        Json(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T> Assign<Option<Json<T>>> for T {
    fn assign(self) -> Option<Json<T>> {
        Some(Json(self))
    }
}

#[diagnostic::do_not_recommend]
impl<T> Assign<Option<Json<T>>> for Option<T> {
    fn assign(self) -> Option<Json<T>> {
        self.map(Json)
    }
}

#[diagnostic::do_not_recommend]
impl<T, C> Assign<With<T, C>> for T {
    fn assign(self) -> With<T, C> {
        With::new(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T, C> Assign<Option<With<T, C>>> for T {
    fn assign(self) -> Option<With<T, C>> {
        Some(With::new(self))
    }
}

#[diagnostic::do_not_recommend]
impl<T, C> Assign<Option<With<T, C>>> for Option<T> {
    fn assign(self) -> Option<With<T, C>> {
        self.map(With::new)
    }
}

/// For the derive: what `#[mutator(..)]` names for a column of type `T`.
#[diagnostic::on_unimplemented(
    message = "a mutator of this column is a `fn({T}) -> {T}`, and this one a `{Self}`",
    label = "not a `fn({T}) -> {T}`"
)]
pub trait Mutator<T> {
    /// Calls it.
    fn mutate(self, value: T) -> T;
}

#[diagnostic::do_not_recommend]
impl<T> Mutator<T> for fn(T) -> T {
    fn mutate(self, value: T) -> T {
        self(value)
    }
}

/// For the derive: the types of columns that `#[default(sql = "..")]` leaves to the database.
#[diagnostic::on_unimplemented(
    message = "a column that the database fills in needs a `Default`, and `{Self}` has none",
    label = "no `Default`",
    note = "it stands in the field until the row is read back: implement `Default`, or make it an Option"
)]
pub trait Placeholder {
    /// The value until then.
    fn placeholder() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Default> Placeholder for T {
    fn placeholder() -> Self {
        Self::default()
    }
}
