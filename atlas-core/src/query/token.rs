//! Where a page begins, as a text that a client keeps.
//!
//! It holds the values of the row that the page lies beside, and a sum over them, the model's table and the
//! order. The sum keeps no secret: it tells a text that was cut or changed, or that belongs to another query,
//! from one that fits. Whoever makes one that fits has made up a place in the same order, and no more.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};

use crate::{
    error::Error,
    value::{Date, Moment, Numeric, Time, Value},
};

/// A place in an order, and which way the page lies from it.
#[derive(Debug, PartialEq)]
pub(super) struct Token {
    pub(super) backwards: bool,
    pub(super) values: Vec<Value>,
}

/// How long a token may be: nobody makes us read a megabyte.
const LONGEST: usize = 1 << 16;

impl Token {
    /// The token as a text, for an order of this signature.
    pub(super) fn encode(&self, signature: &str) -> String {
        let mut bytes = vec![u8::from(self.backwards)];
        for value in &self.values {
            write(value, &mut bytes);
        }
        let sum = sum(signature, &bytes);
        bytes.extend(sum);
        BASE64.encode(bytes)
    }

    /// Reads a token for an order of this signature. `None` where it is not one.
    pub(super) fn decode(text: &str, signature: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let bytes = BASE64.decode(text).ok()?;
        let (bytes, found) = bytes.split_last_chunk::<8>()?;
        if *found != sum(signature, bytes) {
            return None;
        }
        let (backwards, mut rest) = bytes.split_first()?;
        let mut values = Vec::new();
        while !rest.is_empty() {
            values.push(read(&mut rest)?);
        }
        Some(Self { backwards: *backwards == 1, values })
    }
}

/// Why a token is refused.
#[cold]
pub(super) fn foreign() -> Error {
    Error::config(
        "this page token belongs to another query, or was cut or changed: begin at the first page, without a token",
    )
}

/// FNV-1a over both.
fn sum(signature: &str, bytes: &[u8]) -> [u8; 8] {
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    for byte in signature.as_bytes().iter().chain(&[0]).chain(bytes) {
        sum = (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    sum.to_le_bytes()
}

fn write(value: &Value, out: &mut Vec<u8>) {
    let mut put = |kind: u8, bytes: &[u8]| {
        out.push(kind);
        out.extend(bytes);
    };
    match value {
        Value::Null => put(b'0', &[]),
        Value::Bool(truth) => put(b'b', &[u8::from(*truth)]),
        Value::I64(number) => put(b'i', &number.to_le_bytes()),
        Value::U64(number) => put(b'u', &number.to_le_bytes()),
        Value::F64(number) => put(b'f', &number.to_le_bytes()),
        Value::Numeric(number) => {
            put(b'n', &number.unscaled().to_le_bytes());
            out.push(number.scale());
        }
        Value::Uuid(bytes) => put(b'U', bytes),
        Value::Date(date) => put(b'd', &date.days.to_le_bytes()),
        Value::Time(time) => put(b't', &time.nanos.to_le_bytes()),
        Value::DateTime(moment) => {
            put(b'm', &moment.seconds.to_le_bytes());
            out.extend(moment.nanos.to_le_bytes());
        }
        Value::Timestamp(moment) => {
            put(b'T', &moment.seconds.to_le_bytes());
            out.extend(moment.nanos.to_le_bytes());
        }
        Value::Text(text) => write_long(b's', text.as_bytes(), out),
        Value::Json(text) => write_long(b'j', text.as_bytes(), out),
        Value::Bytes(bytes) => write_long(b'x', bytes, out),
        // Never: rows hold what was encrypted.
        Value::Sealed(_) => put(b'0', &[]),
    }
}

fn write_long(kind: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    out.extend((bytes.len() as u64).to_le_bytes());
    out.extend(bytes);
}

fn read(rest: &mut &[u8]) -> Option<Value> {
    let [kind] = take::<1>(rest)?;
    Some(match kind {
        b'0' => Value::Null,
        b'b' => Value::Bool(take::<1>(rest)? == [1]),
        b'i' => Value::I64(i64::from_le_bytes(take(rest)?)),
        b'u' => Value::U64(u64::from_le_bytes(take(rest)?)),
        b'f' => Value::F64(f64::from_le_bytes(take(rest)?)),
        b'n' => {
            let unscaled = i128::from_le_bytes(take(rest)?);
            let [scale] = take::<1>(rest)?;
            Value::Numeric(Numeric::new(unscaled, scale))
        }
        b'U' => Value::Uuid(take(rest)?),
        b'd' => Value::Date(Date { days: i32::from_le_bytes(take(rest)?) }),
        b't' => Value::Time(Time { nanos: u64::from_le_bytes(take(rest)?) }),
        b'm' => Value::DateTime(moment(rest)?),
        b'T' => Value::Timestamp(moment(rest)?),
        b's' => Value::Text(String::from_utf8(read_long(rest)?).ok()?),
        b'j' => Value::Json(String::from_utf8(read_long(rest)?).ok()?),
        b'x' => Value::Bytes(read_long(rest)?),
        _ => return None,
    })
}

fn moment(rest: &mut &[u8]) -> Option<Moment> {
    let seconds = i64::from_le_bytes(take(rest)?);
    Some(Moment { seconds, nanos: u32::from_le_bytes(take(rest)?) })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk::<N>()?;
    *rest = left;
    Some(*taken)
}

fn read_long(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let length = usize::try_from(u64::from_le_bytes(take(rest)?)).ok()?;
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn token() -> Token {
        let values = vec![
            Value::Null,
            Value::Bool(true),
            Value::I64(i64::MIN),
            Value::U64(u64::MAX),
            Value::F64(-0.1),
            Value::Numeric(Numeric::new(-1_234, 2)),
            Value::Text("ä'; drop table \"x\" --\0".to_owned()),
            Value::Bytes(vec![0, 255]),
            Value::Uuid([7; 16]),
            Value::Date(Date { days: -1 }),
            Value::Time(Time { nanos: 1 }),
            Value::DateTime(Moment { seconds: -5, nanos: 6 }),
            Value::Timestamp(Moment { seconds: 5, nanos: 6 }),
            Value::Json("{}".to_owned()),
        ];
        Token { backwards: true, values }
    }

    #[test]
    fn a_token_comes_back_as_it_was() {
        let text = token().encode("people");
        assert_eq!(Token::decode(&text, "people").unwrap(), token());
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')));
    }

    #[test]
    fn a_token_that_was_changed_in_any_place_is_refused() {
        let text = token().encode("people");
        assert!(Token::decode(&text, "pets").is_none());
        for place in 0..text.len() {
            for other in ["A", "z", "0", "", "=", "AA"] {
                let changed = format!("{}{other}{}", &text[..place], &text[place + 1..]);
                assert!(changed == text || Token::decode(&changed, "people").is_none(), "{place} {other}");
            }
            assert!(Token::decode(&text[..place], "people").is_none());
        }
        assert!(Token::decode(&"A".repeat(1 << 20), "people").is_none());
    }
}
