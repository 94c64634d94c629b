use serde::{Serialize, de::DeserializeOwned};

use crate::{
    error::Result,
    value::{Cast, ColumnType, ItemType, Json, Value, ValueRef},
};

/// The cast of a `Vec` that is stored as an array: `#[cast(array)]`.
#[derive(Clone, Copy, Debug)]
pub struct Array;

/// What can be in an array: texts, integers, floats, truth values.
#[diagnostic::on_unimplemented(
    message = "an array of `{Self}` cannot be stored",
    label = "`#[cast(array)]` is for texts, integers, floats and truth values",
    note = "`#[cast(json)]` stores anything"
)]
pub trait Item: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What the array holds.
    const ITEM: ItemType;
}

macro_rules! items {
    ($($type:ty => $item:ident),*) => { $(
        #[diagnostic::do_not_recommend]
        impl Item for $type {
            const ITEM: ItemType = ItemType::$item;
        }
    )* };
}
items!(bool => Bool, i16 => I16, i32 => I32, i64 => I64, f64 => F64, String => Text);

/// On their way, the values are JSON.
#[diagnostic::do_not_recommend]
impl<T: Item> Cast<Vec<T>> for Array {
    const TYPE: ColumnType = ColumnType::Array(T::ITEM);

    fn encode(value: &Vec<T>) -> Value {
        <Json<Vec<T>> as Cast<Vec<T>>>::encode(value)
    }

    fn decode(value: ValueRef<'_>) -> Result<Vec<T>> {
        <Json<Vec<T>> as Cast<Vec<T>>>::decode(value)
    }
}
