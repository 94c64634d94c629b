use atlas_core::value::Value;

use crate::Dialect;

/// Writes a value as a literal: the default of a column.
pub fn literal(value: &Value, dialect: &dyn Dialect, text: &mut String) {
    match value {
        Value::Null => text.push_str("NULL"),
        Value::Bool(truth) => text.push_str(dialect.bool_literal(*truth)),
        Value::I64(number) => text.push_str(&number.to_string()),
        Value::U64(number) => text.push_str(&number.to_string()),
        Value::F64(number) if number.is_finite() => text.push_str(&format!("{number:?}")),
        Value::F64(number) => quoted(&number.to_string(), dialect, text),
        Value::Numeric(number) => quoted(&number.to_string(), dialect, text),
        Value::Bytes(bytes) => dialect.bytes_literal(bytes, text),
        Value::Uuid(bytes) if dialect.binary_uuids() => dialect.bytes_literal(bytes, text),
        Value::Uuid(bytes) => quoted(&uuid(*bytes), dialect, text),
        Value::Text(own) | Value::Json(own) => quoted(own, dialect, text),
        Value::Date(date) => quoted(&date.to_string(), dialect, text),
        Value::Time(time) => quoted(&time.to_string(), dialect, text),
        Value::DateTime(moment) | Value::Timestamp(moment) => quoted(&moment.to_string(), dialect, text),
        _ => text.push_str("NULL"),
    }
}

/// Writes a text between quotes.
pub fn quoted(own: &str, dialect: &dyn Dialect, text: &mut String) {
    text.push('\'');
    for part in own.chars() {
        if part == '\'' || (part == '\\' && dialect.backslash_escapes()) {
            text.push(part);
        }
        text.push(part);
    }
    text.push('\'');
}

fn uuid(bytes: [u8; 16]) -> String {
    let digits = format!("{:032x}", u128::from_be_bytes(bytes));
    let mut text = digits;
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    text
}
