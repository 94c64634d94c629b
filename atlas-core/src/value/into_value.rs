use crate::value::{Attribute, Value};

/// What can be bound where no model says which type it is: every column type, `&str`, and [`Value`]
/// itself, which has `Value::Null`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be bound",
    label = "not a value of a column",
    note = "every column type can, `&str`, and `Value`; JSON is `Json(..)`, NULL is `Value::Null`"
)]
pub trait IntoValue {
    /// The value to bind.
    fn into_value(self) -> Value;
}

#[diagnostic::do_not_recommend]
impl<T: Attribute> IntoValue for T {
    fn into_value(self) -> Value {
        Attribute::into_value(self)
    }
}

#[diagnostic::do_not_recommend]
impl IntoValue for Value {
    fn into_value(self) -> Value {
        self
    }
}

#[diagnostic::do_not_recommend]
impl IntoValue for &str {
    fn into_value(self) -> Value {
        self.into()
    }
}

#[diagnostic::do_not_recommend]
impl IntoValue for &String {
    fn into_value(self) -> Value {
        self.as_str().into()
    }
}

/// The values of a raw statement: an array, a vector, a tuple of different types, or `()` for none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of values to bind",
    label = "not a list of values",
    note = "an array `[1, 2]`, a tuple `(1, \"a\")`, a `Vec<Value>`, or `()` for none"
)]
pub trait Binds {
    /// The values, in the order of their places.
    fn into_values(self) -> Vec<Value>;
}

#[diagnostic::do_not_recommend]
impl<V: IntoValue, const N: usize> Binds for [V; N] {
    fn into_values(self) -> Vec<Value> {
        self.into_iter().map(IntoValue::into_value).collect()
    }
}

#[diagnostic::do_not_recommend]
impl<V: IntoValue> Binds for Vec<V> {
    fn into_values(self) -> Vec<Value> {
        self.into_iter().map(IntoValue::into_value).collect()
    }
}

#[diagnostic::do_not_recommend]
impl Binds for () {
    fn into_values(self) -> Vec<Value> {
        Vec::new()
    }
}

macro_rules! tuples {
    ($($part:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<$($part: IntoValue),*> Binds for ($($part,)*) {
            #[allow(non_snake_case)]
            fn into_values(self) -> Vec<Value> {
                let ($($part,)*) = self;
                vec![$($part.into_value()),*]
            }
        }
    };
}
tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
tuples!(A B C D E F G H I);
tuples!(A B C D E F G H I J);
tuples!(A B C D E F G H I J K);
tuples!(A B C D E F G H I J K L);
