use std::fmt::Write;

use atlas_core::value::Value;

use crate::value::{Encoded, encode};

/// Values as a JSON array, from which `json_each` gives back what would have been bound. `None` where
/// JSON has no exact form for one of them: floats, bytes, and texts with a NUL in them.
pub(crate) fn json(values: &[Value]) -> Option<String> {
    let mut json = String::with_capacity(values.len() * 8 + 2);
    json.push('[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        let mut buffer = [0; 48];
        match encode(value, &mut buffer).ok()? {
            Encoded::Null => json.push_str("null"),
            Encoded::I64(number) => write!(json, "{number}").ok()?,
            Encoded::Text(text) | Encoded::Written(text) => push_text(text, &mut json)?,
            Encoded::Made(text) => push_text(&text, &mut json)?,
            Encoded::F64(_) | Encoded::Bytes(_) => return None,
        }
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
        assert_eq!(json(&values).unwrap(), expected);
        assert_eq!(json(&[]).unwrap(), "[]");
        for value in
            [Value::F64(0.1), Value::Bytes(vec![1]), Value::Text("a\0".to_owned()), Value::U64(u64::MAX)]
        {
            assert_eq!(json(&[value]), None);
        }
    }
}
