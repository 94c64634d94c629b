use std::fmt::Write;

use atlas_core::value::Value;

use crate::value::{Encoded, encode};

/// Values as a JSON array, and what gives back of it what would have been bound. JSON has no exact form
/// for floats, bytes, and texts with a NUL in them: lists of one of those alone travel as integers of the
/// same bits and as hexadecimal digits. `None` for others, and for what SQLite cannot store.
pub(crate) fn json(values: &[Value]) -> Option<(&'static str, String)> {
    as_they_are(values)
        .map(|json| ("(SELECT value FROM json_each(?))", json))
        .or_else(|| Some(("(SELECT atlas_float(value) FROM json_each(?))", floats(values)?)))
        .or_else(|| Some(("(SELECT CAST(unhex(value) AS TEXT) FROM json_each(?))", hex(values, text_of)?)))
        .or_else(|| Some(("(SELECT unhex(value) FROM json_each(?))", hex(values, bytes_of)?)))
}

fn as_they_are(values: &[Value]) -> Option<String> {
    array(values, |value, json| {
        match encode(value, &mut [0; 48]).ok()? {
            Encoded::Null => json.push_str("null"),
            Encoded::I64(number) => write!(json, "{number}").ok()?,
            Encoded::Text(text) | Encoded::Written(text) => push_text(text, json)?,
            Encoded::Made(text) => push_text(&text, json)?,
            Encoded::F64(_) | Encoded::Bytes(_) => return None,
        }
        Some(())
    })
}

fn floats(values: &[Value]) -> Option<String> {
    array(values, |value, json| match value {
        Value::F64(number) if !number.is_nan() => write!(json, "{}", number.to_bits().cast_signed()).ok(),
        _ => None,
    })
}

fn hex(values: &[Value], bytes_of: fn(&Value) -> Option<&[u8]>) -> Option<String> {
    array(values, |value, json| {
        json.push('"');
        for byte in bytes_of(value)? {
            for nibble in [byte >> 4, byte & 15] {
                json.push(char::from_digit(nibble.into(), 16)?);
            }
        }
        json.push('"');
        Some(())
    })
}

fn text_of(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Text(text) | Value::Json(text) => Some(text.as_bytes()),
        _ => None,
    }
}

fn bytes_of(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

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

fn push_text(text: &str, json: &mut String) -> Option<()> {
    json.push('"');
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        json.push_str(text);
    } else {
        for part in text.chars() {
            match part {
                '\0' => return None,
                '"' | '\\' => json.extend(['\\', part]),
                control if control < ' ' => write!(json, "\\u{:04x}", u32::from(control)).ok()?,
                part => json.push(part),
            }
        }
    }
    json.push('"');
    Some(())
}

#[cfg(test)]
mod tests {
    use atlas_core::value::Value;

    use super::json;

    #[test]
    fn values_become_json() {
        let values =
            [Value::I64(-7), Value::Text("a\"b\\c\nd/é".to_owned()), Value::Bool(true), Value::Uuid([1; 16])];
        let expected = r#"[-7,"a\"b\\c\u000ad/é",1,"01010101-0101-0101-0101-010101010101"]"#;
        assert_eq!(json(&values).unwrap().1, expected);
        assert_eq!(json(&[]).unwrap().1, "[]");
    }

    #[test]
    fn what_json_has_no_form_for_travels_in_another() {
        let of = |values: &[Value]| json(values).map(|(_, json)| json);
        assert_eq!(
            of(&[Value::F64(1.0), Value::F64(-0.0)]).unwrap(),
            format!("[{},{}]", 1.0_f64.to_bits(), i64::MIN)
        );
        assert_eq!(of(&[Value::Bytes(vec![0, 171]), Value::Bytes(Vec::new())]).unwrap(), r#"["00ab",""]"#);
        assert_eq!(of(&["a\0".into(), "b".into()]).unwrap(), r#"["6100","62"]"#);
        for mixed in [[Value::F64(0.1), 1.into()], [Value::Bytes(vec![1]), "a".into()]] {
            assert_eq!(of(&mixed), None);
        }
        for refused in [Value::U64(u64::MAX), Value::F64(f64::NAN)] {
            assert_eq!(of(&[refused]), None);
        }
    }
}
