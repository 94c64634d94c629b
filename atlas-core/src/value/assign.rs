use crate::value::{Json, With};

/// What a setter of a `T` column takes: a `T`, what widens to it without loss, a `&str` for a
/// `String`, and for an optional column the bare value too.
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

macro_rules! widening {
    ($($from:ty => $to:ty),* $(,)?) => { $(
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
widening!(i32 => i64, i32 => f64, &str => String, &String => String, &[u8] => Vec<u8>);
#[cfg(feature = "decimal")]
widening!(i32 => rust_decimal::Decimal);

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
