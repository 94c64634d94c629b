//! Encrypting values, and the keys of the process.
//!
//! A handle encrypts with its own key. What is read says by which key it was encrypted, and is decrypted where a row is
//! read, which knows no handle: so the process keeps every key that it was given.

use std::sync::{PoisonError, RwLock};

use aes_gcm::{
    Aes256Gcm, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};

use crate::{
    error::{Error, Result},
    value::{Date, Moment, Numeric, Sealed, Time, Value},
};

/// What each text begins with.
const VERSION: &str = "atlas1:";
const NONCE: usize = 12;
const ID: usize = 4;

/// A key for AES-256-GCM.
#[derive(Clone)]
pub(crate) struct Key {
    id: [u8; ID],
    cipher: Aes256Gcm,
}

static KEYS: RwLock<Vec<Key>> = RwLock::new(Vec::new());

/// A new key, for [`encryption_key`](crate::db::DbBuilder::encryption_key): 32 bytes from the operating system, as base64.
///
/// # Errors
///
/// [`Error::Config`] where the operating system gives none.
pub fn new_encryption_key() -> Result<String> {
    random::<32>().map(|key| BASE64.encode(key))
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|reason| Error::config(format!("the operating system gives no random bytes: {reason}")))?;
    Ok(bytes)
}

impl Key {
    /// The key that a text says: 32 bytes as base64, perhaps behind `base64:`. The process keeps it for reading.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            Error::config("an encryption key is 32 bytes as base64: `atlas::new_encryption_key()` makes one")
        };
        let text = text.trim();
        let bytes = BASE64.decode(text.strip_prefix("base64:").unwrap_or(text)).map_err(|_| wrong())?;
        let cipher = Aes256Gcm::new_from_slice(&bytes).map_err(|_| wrong())?;
        // What it makes of nothing, which says nothing of the key.
        let payload = Payload { msg: &[], aad: b"atlas key" };
        let made = cipher.encrypt(&Nonce::from([0; NONCE]), payload).map_err(|_| wrong())?;
        let id = made.first_chunk().copied().ok_or_else(wrong)?;
        let key = Self { id, cipher };
        let mut keys = KEYS.write().unwrap_or_else(PoisonError::into_inner);
        if !keys.iter().any(|other| other.id == id) {
            keys.push(key.clone());
        }
        Ok(key)
    }

    /// The text that is stored for a value.
    pub(crate) fn seal(&self, sealed: &Sealed) -> Result<Value> {
        let nonce = random::<NONCE>()?;
        let payload = Payload { msg: &written(&sealed.plain), aad: &place(sealed.table, sealed.column) };
        let text = self.cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| {
            Error::config(format!("`{}` of `{}` is too long to be encrypted", sealed.column, sealed.model))
        })?;
        let whole: Vec<u8> = self.id.iter().chain(&nonce).copied().chain(text).collect();
        Ok(Value::Text(format!("{VERSION}{}", BASE64.encode(whole))))
    }
}

/// The value that a stored text holds, or why it cannot be read.
pub(super) fn open(text: &str, table: &str, column: &str) -> Result<Value, String> {
    let whole = text.strip_prefix(VERSION).and_then(|text| BASE64.decode(text).ok());
    let Some((id, rest)) = whole.as_deref().and_then(<[u8]>::split_first_chunk::<ID>) else {
        return Err(
            "what is stored was never encrypted: write it anew, by a model without the cast".to_owned()
        );
    };
    let Some((nonce, text)) = rest.split_first_chunk::<NONCE>() else {
        return Err("what is stored was cut short".to_owned());
    };
    let keys = KEYS.read().unwrap_or_else(PoisonError::into_inner);
    let Some(key) = keys.iter().find(|key| key.id == *id) else {
        let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        return Err(format!(
            "it was encrypted with the key {id}, which this program was not given: add it with `previous_encryption_key`"
        ));
    };
    let payload = Payload { msg: text, aad: &place(table, column) };
    let plain = key.cipher.decrypt(&Nonce::from(*nonce), payload).map_err(|_| {
        "what is stored was changed since, or was encrypted for another table or column".to_owned()
    })?;
    read(&plain).ok_or_else(|| "what it holds was written by another version".to_owned())
}

/// What a text is bound to.
fn place(table: &str, column: &str) -> Vec<u8> {
    [table.as_bytes(), &[0], column.as_bytes()].concat()
}

/// A value as bytes, behind a letter for its kind.
fn written(value: &Value) -> Vec<u8> {
    let (kind, bytes): (u8, Vec<u8>) = match value {
        Value::Bool(truth) => (b'b', vec![u8::from(*truth)]),
        Value::I64(number) => (b'i', number.to_be_bytes().into()),
        Value::U64(number) => (b'u', number.to_be_bytes().into()),
        Value::F64(number) => (b'f', number.to_be_bytes().into()),
        Value::Numeric(number) => (b'n', number.to_string().into()),
        Value::Text(text) => (b't', text.as_bytes().into()),
        Value::Bytes(bytes) => (b'y', bytes.clone()),
        Value::Uuid(bytes) => (b'd', bytes.to_vec()),
        Value::Date(date) => (b'D', date.days.to_be_bytes().into()),
        Value::Time(time) => (b'T', time.nanos.to_be_bytes().into()),
        Value::DateTime(at) => (b'M', moment(*at)),
        Value::Timestamp(at) => (b'S', moment(*at)),
        Value::Json(text) => (b'j', text.as_bytes().into()),
        Value::Sealed(sealed) => return written(&sealed.plain),
        Value::Null => (b'0', Vec::new()),
    };
    [&[kind], bytes.as_slice()].concat()
}

fn moment(at: Moment) -> Vec<u8> {
    at.seconds.to_be_bytes().into_iter().chain(at.nanos.to_be_bytes()).collect()
}

fn read(bytes: &[u8]) -> Option<Value> {
    let (kind, rest) = bytes.split_first()?;
    let text = || String::from_utf8(rest.to_vec()).ok();
    Some(match kind {
        b'b' => Value::Bool(rest == [1]),
        b'i' => Value::I64(i64::from_be_bytes(rest.try_into().ok()?)),
        b'u' => Value::U64(u64::from_be_bytes(rest.try_into().ok()?)),
        b'f' => Value::F64(f64::from_be_bytes(rest.try_into().ok()?)),
        b'n' => Value::Numeric(text()?.parse::<Numeric>().ok()?),
        b't' => Value::Text(text()?),
        b'y' => Value::Bytes(rest.to_vec()),
        b'd' => Value::Uuid(rest.try_into().ok()?),
        b'D' => Value::Date(Date { days: i32::from_be_bytes(rest.try_into().ok()?) }),
        b'T' => Value::Time(Time { nanos: u64::from_be_bytes(rest.try_into().ok()?) }),
        b'M' => Value::DateTime(moment_of(rest)?),
        b'S' => Value::Timestamp(moment_of(rest)?),
        b'j' => Value::Json(text()?),
        b'0' => Value::Null,
        _ => return None,
    })
}

fn moment_of(bytes: &[u8]) -> Option<Moment> {
    let (seconds, nanos) = bytes.split_first_chunk()?;
    Some(Moment { seconds: i64::from_be_bytes(*seconds), nanos: u32::from_be_bytes(nanos.try_into().ok()?) })
}

#[cfg(test)]
mod tests {
    use super::{Key, new_encryption_key, open, read, written};
    use crate::value::{Date, Moment, Numeric, Sealed, Time, Value};

    #[test]
    fn values_come_back_as_they_went() {
        let at = Moment { seconds: -5, nanos: 999_999_999 };
        let values = [
            Value::Bool(true),
            Value::Bool(false),
            Value::I64(i64::MIN),
            Value::U64(u64::MAX),
            Value::F64(-0.5),
            Value::Numeric(Numeric::new(-1_234_500, 4)),
            Value::Text(String::new()),
            Value::Text("ä\0".into()),
            Value::Bytes(vec![0, 255]),
            Value::Uuid([7; 16]),
            Value::Date(Date { days: -1 }),
            Value::Time(Time { nanos: 1 }),
            Value::DateTime(at),
            Value::Timestamp(at),
            Value::Json("{}".into()),
        ];
        let key = Key::parse(&new_encryption_key().unwrap()).unwrap();
        for value in values {
            assert_eq!(read(&written(&value)).as_ref(), Some(&value));
            let sealed = Sealed { plain: value.clone(), model: "User", table: "users", column: "secret" };
            let Value::Text(text) = key.seal(&sealed).unwrap() else { panic!() };
            assert_eq!(open(&text, "users", "secret"), Ok(value));
            assert!(open(&text, "users", "other").unwrap_err().contains("another table or column"));
            assert!(open(&text, "userss", "ecret").is_err());
            assert_ne!(key.seal(&sealed).unwrap(), Value::Text(text), "a nonce is used once");
        }
        for text in ["", "atlas1:", "atlas1:AAAA", "atlas1:AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "plain"] {
            assert!(open(text, "users", "secret").is_err(), "{text}");
        }
        for key in ["", "short", "c2hvcnQ=", "not base64 at all, and of no use as a key"] {
            let error = Key::parse(key).err().unwrap().to_string();
            assert!(error.contains("32 bytes") && (key.is_empty() || !error.contains(key)), "{error}");
        }
    }
}
