//! Arrays of the server's, which travel as JSON.

use std::{cell::OnceCell, fmt::Write};

use atlas_core::value::{Value, ValueRef};
use serde_json::Value as Json;

use crate::{
    decode::decode,
    encode::{Misfit, encode_with_length, hyphenated, too_large},
    kind::Kind,
};

/// Begins an array of one dimension, and says where its header is.
pub(crate) fn begin(element: u32, out: &mut Vec<u8>) -> usize {
    let start = out.len();
    // One dimension; whether there are NULLs is not looked at.
    out.extend(1i32.to_be_bytes());
    out.extend(1i32.to_be_bytes());
    out.extend(element.to_be_bytes());
    out.extend(0i32.to_be_bytes());
    out.extend(1i32.to_be_bytes());
    start
}

/// Ends an array: fills in how many elements it has.
pub(crate) fn end(start: usize, count: usize, out: &mut [u8]) -> Result<(), Misfit> {
    let count = i32::try_from(count).map_err(|_| too_large())?;
    if out.len() - start > i32::MAX as usize / 2 {
        return Err(too_large());
    }
    if let Some(place) = out.get_mut(start + 12..start + 16) {
        place.copy_from_slice(&count.to_be_bytes());
    }
    Ok(())
}

/// An array as JSON.
pub(crate) fn to_json(element: &Kind, bytes: &[u8]) -> Option<String> {
    let mut reader = Reader(bytes);
    let dimensions = usize::try_from(reader.number()?).ok()?;
    reader.number()?;
    reader.number()?;
    let mut lengths = Vec::with_capacity(dimensions);
    for _ in 0..dimensions {
        lengths.push(usize::try_from(reader.number()?).ok()?);
        reader.number()?;
    }
    if lengths.is_empty() {
        return Some("[]".to_owned());
    }
    let mut json = String::new();
    level(element, &lengths, &mut reader, &mut json)?;
    Some(json)
}

fn level(element: &Kind, lengths: &[usize], reader: &mut Reader<'_>, json: &mut String) -> Option<()> {
    let Some((length, inner)) = lengths.split_first() else {
        let length = reader.number()?;
        let Ok(length) = usize::try_from(length) else {
            json.push_str("null");
            return Some(());
        };
        let made = OnceCell::new();
        return write(decode(element, reader.take(length)?, Some(&made)).ok()?, json);
    };
    json.push('[');
    for index in 0..*length {
        if index > 0 {
            json.push(',');
        }
        level(element, inner, reader, json)?;
    }
    json.push(']');
    Some(())
}

/// A value as serde reads it by default.
fn write(value: ValueRef<'_>, json: &mut String) -> Option<()> {
    let text = match value {
        ValueRef::Null => return write!(json, "null").ok(),
        ValueRef::Bool(truth) => return write!(json, "{truth}").ok(),
        ValueRef::I64(number) => return write!(json, "{number}").ok(),
        ValueRef::U64(number) => return write!(json, "{number}").ok(),
        ValueRef::F64(number) if number.is_finite() => return write!(json, "{number:?}").ok(),
        ValueRef::F64(_) => return write!(json, "null").ok(),
        ValueRef::Json(own) => return write!(json, "{own}").ok(),
        ValueRef::Bytes(bytes) => return write!(json, "{bytes:?}").ok(),
        ValueRef::Text(own) => own.to_owned(),
        ValueRef::Numeric(number) => number.to_string(),
        ValueRef::Uuid(bytes) => hyphenated(bytes),
        ValueRef::Date(date) => date.to_string(),
        ValueRef::Time(time) => time.to_string(),
        ValueRef::DateTime(moment) => format!("{}T{}", moment.date(), moment.time()),
        ValueRef::Timestamp(moment) => format!("{}T{}Z", moment.date(), moment.time()),
        _ => return None,
    };
    json.push_str(&serde_json::to_string(&text).ok()?);
    Some(())
}

/// Writes JSON as an array.
pub(crate) fn from_json(text: &str, element: &Kind, oid: u32, out: &mut Vec<u8>) -> Result<(), Misfit> {
    let misfit = || Misfit::Kind {
        value: ValueRef::Json(text).to_string(),
        ty: format!("array of {}", element.name()).into(),
    };
    let json: Json = serde_json::from_str(text).map_err(|_| misfit())?;
    let mut lengths = Vec::new();
    let mut at = &json;
    while let Json::Array(parts) = at {
        lengths.push(parts.len());
        match parts.first() {
            Some(first) if !matches!(element, Kind::Json | Kind::Jsonb) => at = first,
            _ => break,
        }
    }
    if lengths.is_empty() {
        return Err(misfit());
    }
    let empty = lengths.contains(&0);
    out.extend(i32::try_from(if empty { 0 } else { lengths.len() }).map_err(|_| misfit())?.to_be_bytes());
    out.extend(1i32.to_be_bytes());
    out.extend(oid.to_be_bytes());
    if empty {
        return Ok(());
    }
    for length in &lengths {
        out.extend(i32::try_from(*length).map_err(|_| misfit())?.to_be_bytes());
        out.extend(1i32.to_be_bytes());
    }
    elements(&json, &lengths, element, out)?.then_some(()).ok_or_else(misfit)
}

/// Writes the elements of a level. `false` where it has another number of them than its siblings.
fn elements(json: &Json, lengths: &[usize], element: &Kind, out: &mut Vec<u8>) -> Result<bool, Misfit> {
    let Some((length, inner)) = lengths.split_first() else {
        encode_with_length(value(json, element).as_ref(), element, out)?;
        return Ok(true);
    };
    let Json::Array(parts) = json else { return Ok(false) };
    if parts.len() != *length {
        return Ok(false);
    }
    for part in parts {
        if !elements(part, inner, element, out)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn value(json: &Json, element: &Kind) -> Value {
    match (json, element) {
        (Json::Null, _) => Value::Null,
        (json, Kind::Json | Kind::Jsonb) => Value::Json(json.to_string()),
        (Json::Bool(truth), _) => Value::Bool(*truth),
        (Json::Number(number), _) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), _, _) => Value::I64(number),
            (_, Some(number), _) => Value::U64(number),
            (_, _, Some(number)) => Value::F64(number),
            _ => Value::Text(number.to_string()),
        },
        (Json::String(text), _) => Value::Text(text.clone()),
        (Json::Array(bytes), Kind::Bytes) => Value::Bytes(
            bytes.iter().filter_map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok())).collect(),
        ),
        (other, _) => Value::Json(other.to_string()),
    }
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<i32> {
        self.take(4)?.try_into().ok().map(i32::from_be_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::{from_json, to_json};
    use crate::kind::Kind;

    #[test]
    fn json_goes_there_and_back() {
        for (json, element, oid) in [
            ("[1,2,null,-3]", Kind::I32, 23),
            ("[]", Kind::Text, 25),
            (r#"["a","b\"c\\d",null]"#, Kind::Text, 25),
            ("[[1,2],[3,4]]", Kind::I64, 20),
            ("[true,false]", Kind::Bool, 16),
            (r#"["0.10"]"#, Kind::Numeric, 1700),
            (r#"[{"a":[1]},[2],null]"#, Kind::Jsonb, 3802),
            (r#"["2026-01-31T12:00:00Z"]"#, Kind::Timestamptz, 1184),
        ] {
            let mut bytes = Vec::new();
            from_json(json, &element, oid, &mut bytes).unwrap();
            assert_eq!(to_json(&element, &bytes).as_deref(), Some(json));
        }
        for json in ["7", "{}", "[[1],[2,3]]", "[", "[\"x\"]"] {
            assert!(from_json(json, &Kind::I32, 23, &mut Vec::new()).is_err(), "{json}");
        }
    }
}
