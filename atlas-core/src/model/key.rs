use crate::{
    model::Model,
    record::Record,
    value::{Attribute, Value},
};

/// A primary key: a column's value, or a tuple of them.
pub trait Key: Send + Sync + Sized + 'static {
    /// The values, in the order of the key's columns.
    fn values(&self) -> Vec<Value>;
}

impl<T: Attribute> Key for T {
    fn values(&self) -> Vec<Value> {
        vec![self.encode()]
    }
}

/// What converts to a primary key of type `K`.
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

#[diagnostic::do_not_recommend]
impl IntoKey<i64> for i32 {
    fn into_key(self) -> i64 {
        self.into()
    }
}

#[diagnostic::do_not_recommend]
impl IntoKey<String> for &str {
    fn into_key(self) -> String {
        self.into()
    }
}

#[diagnostic::do_not_recommend]
impl IntoKey<String> for &String {
    fn into_key(self) -> String {
        self.clone()
    }
}

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
