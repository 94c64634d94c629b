//! `uuid::Uuid` as a column, and the keys that Atlas generates.

use uuid::Uuid;

use crate::{
    error::{Error, Result},
    value::{Attribute, ColumnType, Value, ValueRef},
};

#[diagnostic::do_not_recommend]
impl Attribute for Uuid {
    type Base = Self;
    const TYPE: ColumnType = ColumnType::Uuid;

    fn encode(&self) -> Value {
        Value::Uuid(self.into_bytes())
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        let uuid = match value {
            ValueRef::Uuid(bytes) => Some(Uuid::from_bytes(bytes)),
            ValueRef::Text(text) => Uuid::try_parse(text).ok(),
            ValueRef::Bytes(bytes) => Uuid::from_slice(bytes).ok(),
            _ => None,
        };
        uuid.ok_or_else(|| Error::decode("UUID", value))
    }
}

impl Value {
    /// A new UUID of version 7: later ones sort after earlier ones.
    pub fn new_uuid() -> Self {
        Self::Uuid(Uuid::now_v7().into_bytes())
    }

    /// A new ULID, as its 26 characters.
    pub fn new_ulid() -> Self {
        let now = crate::value::Moment::now();
        let milliseconds = now.seconds.unsigned_abs() * 1_000 + u64::from(now.nanos / 1_000_000);
        Self::Text(ulid::Ulid::from_parts(milliseconds, Uuid::new_v4().as_u128()).to_string())
    }
}
