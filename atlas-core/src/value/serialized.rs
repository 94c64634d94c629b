use std::fmt;

use serde::ser::{Serialize, Serializer};

use crate::value::Value;

/// A value as it is serialized: numbers and truth values as they are, JSON as what it says, bytes as a list,
/// times as RFC 3339, everything else as text. Mass assignment reads each of these forms.
pub(crate) struct Serialized<'a>(pub(crate) &'a Value);

impl Serialize for Serialized<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(truth) => serializer.serialize_bool(*truth),
            Value::I64(number) => serializer.serialize_i64(*number),
            Value::U64(number) => serializer.serialize_u64(*number),
            Value::F64(number) => serializer.serialize_f64(*number),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Bytes(bytes) => serializer.collect_seq(bytes),
            Value::Json(text) => match serde_json::from_str::<serde_json::Value>(text) {
                Ok(json) => json.serialize(serializer),
                Err(_) => serializer.serialize_str(text),
            },
            Value::Uuid(bytes) => serializer.collect_str(&Hyphenated(bytes)),
            Value::Numeric(number) => serializer.collect_str(number),
            Value::Date(date) => serializer.collect_str(date),
            Value::Time(time) => serializer.collect_str(time),
            Value::DateTime(at) => serializer.collect_str(&format_args!("{}T{}", at.date(), at.time())),
            Value::Sealed(sealed) => Serialized(&sealed.plain).serialize(serializer),
            Value::Timestamp(at) => serializer.collect_str(&format_args!("{}T{}Z", at.date(), at.time())),
        }
    }
}

impl Value {
    /// The value as people read it: a text as it is, bytes as hexadecimal digits, `NULL`.
    ///
    /// ```
    /// use atlas::value::Value;
    ///
    /// assert_eq!([Value::from("a \"b\""), Value::from(7), Value::Null].map(|value| value.plain()), ["a \"b\"", "7", "NULL"]);
    /// ```
    pub fn plain(&self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Bool(truth) => truth.to_string(),
            Self::I64(number) => number.to_string(),
            Self::U64(number) => number.to_string(),
            Self::F64(number) => number.to_string(),
            Self::Numeric(number) => number.to_string(),
            Self::Text(text) | Self::Json(text) => text.clone(),
            Self::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            Self::Uuid(bytes) => Hyphenated(bytes).to_string(),
            Self::Date(date) => date.to_string(),
            Self::Time(time) => time.to_string(),
            Self::DateTime(at) | Self::Timestamp(at) => format!("{} {}", at.date(), at.time()),
            Self::Sealed(sealed) => sealed.plain.plain(),
        }
    }
}

struct Hyphenated<'a>(&'a [u8; 16]);

impl fmt::Display for Hyphenated<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}
