use serde::{Serialize, de::DeserializeOwned};

use crate::{
    error::{Error, Result},
    value::{Attribute, Cast, ColumnType, Value, ValueRef},
};

/// A serde type stored as JSON: what `#[cast(json)]` makes of a field's type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Json<T>(pub T);

/// What can be stored as JSON: everything that serde writes and reads.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored as JSON",
    label = "serde does not write and read it",
    note = "add #[derive(serde::Serialize, serde::Deserialize)] to `{Self}`"
)]
pub trait Serde: Serialize + DeserializeOwned + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Serde for T {}

#[diagnostic::do_not_recommend]
impl<T: Serde> Attribute for Json<T> {
    type Base = Self;
    const TYPE: ColumnType = ColumnType::Json;

    fn encode(&self) -> Value {
        <Self as Cast<T>>::encode(&self.0)
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        <Self as Cast<T>>::decode(value).map(Json)
    }
}

/// How a field with `#[cast(json)]` is stored, without being wrapped.
impl<T: Serde> Cast<T> for Json<T> {
    const TYPE: ColumnType = ColumnType::Json;

    /// A value that serde cannot write (a map whose keys are not text, say) becomes a text that is no
    /// JSON and says why: saving refuses it.
    fn encode(value: &T) -> Value {
        Value::Json(serde_json::to_string(value).unwrap_or_else(|reason| format!("<not written: {reason}>")))
    }

    fn decode(value: ValueRef<'_>) -> Result<T> {
        match value {
            ValueRef::Json(text) | ValueRef::Text(text) => serde_json::from_str(text).map_err(|reason| {
                Error::decode("JSON of the field's type", format_args!("{value} ({reason})"))
            }),
            _ => Err(Error::decode("JSON", value)),
        }
    }
}

#[diagnostic::do_not_recommend]
impl Attribute for serde_json::Value {
    type Base = Self;
    const TYPE: ColumnType = ColumnType::Json;

    fn encode(&self) -> Value {
        Value::Json(self.to_string())
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        <Json<Self> as Cast<Self>>::decode(value)
    }
}
