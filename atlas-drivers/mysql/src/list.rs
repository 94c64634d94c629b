use std::fmt::Write;

use atlas_core::value::Value;

use crate::{dialect::Uuids, value::uuid_text};

/// Values as a JSON array, and what gives back of it what would have been bound. Texts and bytes travel as
/// hexadecimal digits, since JSON has no form for bytes, and MySQL none for a NUL in it. `None` for values
/// of different types.
pub(crate) fn json(values: &[Value], uuids: Uuids) -> Option<(&'static str, String)> {
    match values.first()? {
        Value::Bool(_) | Value::I64(_) | Value::U64(_) => {
            if values.iter().any(|value| matches!(value, Value::U64(_))) {
                return Some((DECIMALS, array(values, integer)?));
            }
            Some((INTEGERS, array(values, integer)?))
        }
        Value::F64(_) => Some((FLOATS, array(values, float)?)),
        Value::Numeric(_) => Some((DECIMALS, array(values, decimal)?)),
        Value::Text(_) | Value::Json(_) => Some((TEXTS, array(values, text)?)),
        Value::Bytes(_) => Some((BYTES, array(values, bytes)?)),
        Value::Uuid(_) if uuids == Uuids::Binary => Some((BYTES, array(values, bytes)?)),
        Value::Uuid(_) => Some((UUIDS, array(values, uuid)?)),
        Value::Date(_) => Some((DATES, array(values, dated)?)),
        Value::Time(_) => Some((TIMES, array(values, dated)?)),
        Value::DateTime(_) | Value::Timestamp(_) => Some((DATE_TIMES, array(values, dated)?)),
        _ => None,
    }
}

const INTEGERS: &str = "(SELECT v FROM JSON_TABLE(?, '$[*]' COLUMNS (v BIGINT PATH '$')) AS list)";
const DECIMALS: &str = "(SELECT v FROM JSON_TABLE(?, '$[*]' COLUMNS (v DECIMAL(65, 28) PATH '$')) AS list)";
const FLOATS: &str = "(SELECT v FROM JSON_TABLE(?, '$[*]' COLUMNS (v DOUBLE PATH '$')) AS list)";
const TEXTS: &str = "(SELECT CONVERT(UNHEX(v) USING utf8mb4) FROM JSON_TABLE(?, '$[*]' COLUMNS (v LONGTEXT PATH '$')) AS list)";
const BYTES: &str = "(SELECT UNHEX(v) FROM JSON_TABLE(?, '$[*]' COLUMNS (v LONGTEXT PATH '$')) AS list)";
const UUIDS: &str = "(SELECT v FROM JSON_TABLE(?, '$[*]' COLUMNS (v CHAR(36) PATH '$')) AS list)";
const DATES: &str = "(SELECT v FROM JSON_TABLE(?, '$[*]' COLUMNS (v DATE PATH '$')) AS list)";
const TIMES: &str = "(SELECT v FROM JSON_TABLE(?, '$[*]' COLUMNS (v TIME(6) PATH '$')) AS list)";
const DATE_TIMES: &str = "(SELECT v FROM JSON_TABLE(?, '$[*]' COLUMNS (v DATETIME(6) PATH '$')) AS list)";

fn array(values: &[Value], push: impl Fn(&Value, &mut String) -> Option<()>) -> Option<String> {
    let mut json = String::with_capacity(values.len() * 8 + 2);
    json.push('[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        push(value, &mut json)?;
    }
    json.push(']');
    Some(json)
}

fn integer(value: &Value, json: &mut String) -> Option<()> {
    match value {
        Value::Bool(truth) => write!(json, "{}", u8::from(*truth)).ok(),
        Value::I64(number) => write!(json, "{number}").ok(),
        Value::U64(number) => write!(json, "{number}").ok(),
        _ => None,
    }
}

fn float(value: &Value, json: &mut String) -> Option<()> {
    match value {
        Value::F64(number) if number.is_finite() => write!(json, "{number:?}").ok(),
        _ => None,
    }
}

fn decimal(value: &Value, json: &mut String) -> Option<()> {
    match value {
        Value::Numeric(number) => write!(json, "\"{number}\"").ok(),
        other => integer(other, json),
    }
}

fn text(value: &Value, json: &mut String) -> Option<()> {
    match value {
        Value::Text(text) | Value::Json(text) => hex(text.as_bytes(), json),
        _ => None,
    }
}

fn bytes(value: &Value, json: &mut String) -> Option<()> {
    match value {
        Value::Bytes(bytes) => hex(bytes, json),
        Value::Uuid(bytes) => hex(bytes, json),
        _ => None,
    }
}

fn uuid(value: &Value, json: &mut String) -> Option<()> {
    match value {
        Value::Uuid(bytes) => {
            let text = uuid_text(*bytes);
            write!(json, "\"{}\"", std::str::from_utf8(&text).ok()?).ok()
        }
        _ => None,
    }
}

fn dated(value: &Value, json: &mut String) -> Option<()> {
    match value {
        Value::Date(date) => write!(json, "\"{date}\"").ok(),
        Value::Time(time) => write!(json, "\"{time}\"").ok(),
        Value::DateTime(moment) | Value::Timestamp(moment) => write!(json, "\"{moment}\"").ok(),
        _ => None,
    }
}

fn hex(bytes: &[u8], json: &mut String) -> Option<()> {
    json.push('"');
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            json.push(char::from_digit(nibble.into(), 16)?);
        }
    }
    json.push('"');
    Some(())
}

#[cfg(test)]
mod tests {
    use atlas_core::value::Value;

    use super::json;
    use crate::dialect::Uuids;

    #[test]
    fn values_become_json() {
        let of = |values: &[Value]| json(values, Uuids::Text).map(|(_, json)| json);
        assert_eq!(of(&[Value::I64(-7), Value::I64(2)]).unwrap(), "[-7,2]");
        assert_eq!(of(&[Value::F64(0.1), Value::F64(5e-324)]).unwrap(), "[0.1,5e-324]");
        assert_eq!(of(&["a\0".into(), "b".into()]).unwrap(), r#"["6100","62"]"#);
        assert_eq!(of(&[Value::Uuid([1; 16])]).unwrap(), r#"["01010101-0101-0101-0101-010101010101"]"#);
        assert_eq!(
            json(&[Value::Uuid([1; 16])], Uuids::Binary).unwrap().1,
            format!("[\"{}\"]", "01".repeat(16))
        );
        for mixed in [[Value::F64(0.1), 1.into()], [Value::Bytes(vec![1]), "a".into()]] {
            assert_eq!(of(&mixed), None);
        }
        assert_eq!(of(&[Value::F64(f64::NAN)]), None);
    }
}
