use serde::{Serialize, de::DeserializeOwned};

use crate::{
    error::{Error, Result},
    value::{Attribute, ColumnType, Value, ValueRef},
};

/// A serde type stored as JSON: what `#[cast(json)]` makes of a field's type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Json<T>(pub T);

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Attribute for Json<T> {
    type Base = Self;
    const TYPE: ColumnType = ColumnType::Json;

    /// A value that serde cannot write (a map whose keys are not text, say) is stored as NULL, which
    /// a column that is not optional then refuses.
    fn encode(&self) -> Value {
        serde_json::to_string(&self.0).map_or(Value::Null, Value::Json)
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Json(text) | ValueRef::Text(text) => {
                serde_json::from_str(text).map(Json).map_err(|reason| {
                    Error::decode("JSON of the field's type", format_args!("{value} ({reason})"))
                })
            }
            _ => Err(Error::decode("JSON", value)),
        }
    }
}

impl Attribute for serde_json::Value {
    type Base = Self;
    const TYPE: ColumnType = ColumnType::Json;

    fn encode(&self) -> Value {
        Value::Json(self.to_string())
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        Json::decode(value).map(|Json(json)| json)
    }
}
