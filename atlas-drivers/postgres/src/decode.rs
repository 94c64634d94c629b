//! Values in the server's binary forms, read.

use std::cell::OnceCell;

use atlas_core::{
    error::{Error, Result},
    value::{Date, Moment, Time, ValueRef},
};

use crate::{
    address, array,
    kind::Kind,
    numeric::{self, Read},
};

/// Days from 1970-01-01 to 2000-01-01, from which the server counts.
pub(crate) const EPOCH_DAYS: i32 = 10_957;
/// The same in seconds.
pub(crate) const EPOCH_SECONDS: i64 = 946_684_800;
const MICROS: i64 = 1_000_000;
const DAY_MICROS: i64 = 86_400 * MICROS;

/// Reads a value. Texts that have to be made for it go into `made`.
#[inline]
pub(crate) fn decode<'v>(
    kind: &Kind,
    bytes: &'v [u8],
    made: Option<&'v OnceCell<String>>,
) -> Result<ValueRef<'v>> {
    Ok(match kind {
        Kind::I64 => ValueRef::I64(i64::from_be_bytes(fixed(kind, bytes)?)),
        Kind::I32 => ValueRef::I64(i32::from_be_bytes(fixed(kind, bytes)?).into()),
        Kind::I16 => ValueRef::I64(i16::from_be_bytes(fixed(kind, bytes)?).into()),
        Kind::Text => ValueRef::Text(text(bytes)?),
        Kind::Bool => ValueRef::Bool(fixed::<1>(kind, bytes)? != [0]),
        Kind::F64 => ValueRef::F64(f64::from_be_bytes(fixed(kind, bytes)?)),
        Kind::F32 => ValueRef::F64(f32::from_be_bytes(fixed(kind, bytes)?).into()),
        Kind::Timestamptz => ValueRef::Timestamp(moment(kind, bytes)?),
        Kind::Timestamp => ValueRef::DateTime(moment(kind, bytes)?),
        Kind::Bytes => ValueRef::Bytes(bytes),
        Kind::Uuid => ValueRef::Uuid(fixed(kind, bytes)?),
        Kind::Oid => ValueRef::I64(u32::from_be_bytes(fixed(kind, bytes)?).into()),
        Kind::Date => ValueRef::Date(date(kind, bytes)?),
        Kind::Time => ValueRef::Time(time(kind, bytes)?),
        Kind::Numeric => match numeric::read(bytes) {
            Some(Read::Number(number)) => ValueRef::Numeric(number),
            Some(Read::Not(what)) => return Err(Error::decode("decimal of at most 38 digits", what)),
            None => return Err(broken(kind, bytes)),
        },
        Kind::Json => ValueRef::Json(text(bytes)?),
        // Version 1, which is all that there is, and the text.
        Kind::Jsonb => ValueRef::Json(text(bytes.get(1..).unwrap_or_default())?),
        Kind::Void => ValueRef::Text(""),
        Kind::Inet(network) => ValueRef::Text(keep(made, || address::inet(bytes, *network), kind, bytes)?),
        Kind::Mac => ValueRef::Text(keep(made, || address::mac(bytes), kind, bytes)?),
        Kind::Interval => ValueRef::Text(keep(made, || interval(bytes), kind, bytes)?),
        Kind::Array(element, _) => {
            ValueRef::Json(keep(made, || array::to_json(element, bytes), kind, bytes)?)
        }
        Kind::Other(name) => {
            return Err(Error::decode(
                "a type that this driver reads",
                format_args!("a value of the type {name} (select it as text: `column::text`)"),
            ));
        }
    })
}

/// Makes a text, and keeps it for as long as the row is there.
fn keep<'v>(
    made: Option<&'v OnceCell<String>>,
    make: impl FnOnce() -> Option<String>,
    kind: &Kind,
    bytes: &[u8],
) -> Result<&'v str> {
    let Some(made) = made else { return Err(broken(kind, bytes)) };
    if let Some(text) = made.get() {
        return Ok(text);
    }
    let text = make().ok_or_else(|| broken(kind, bytes))?;
    Ok(made.get_or_init(|| text))
}

#[inline]
fn fixed<const N: usize>(kind: &Kind, bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| broken(kind, bytes))
}

#[inline]
pub(crate) fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| Error::decode("UTF-8 text", "bytes that are not UTF-8"))
}

#[cold]
fn broken(kind: &Kind, bytes: &[u8]) -> Error {
    Error::decode(
        "what the server says that it sends",
        format_args!("{} bytes for a {}", bytes.len(), kind.name()),
    )
}

#[cold]
fn infinite(kind: &Kind) -> Error {
    Error::decode("a date that has an end", format_args!("an infinite {}", kind.name()))
}

fn date(kind: &Kind, bytes: &[u8]) -> Result<Date> {
    match i32::from_be_bytes(fixed(kind, bytes)?) {
        i32::MIN | i32::MAX => Err(infinite(kind)),
        days => Ok(Date { days: days.saturating_add(EPOCH_DAYS) }),
    }
}

fn time(kind: &Kind, bytes: &[u8]) -> Result<Time> {
    match i64::from_be_bytes(fixed(kind, bytes)?) {
        micros @ 0..DAY_MICROS => Ok(Time { nanos: micros.unsigned_abs() * 1_000 }),
        _ => Err(Error::decode("a time before 24:00", "the time 24:00:00")),
    }
}

#[inline]
fn moment(kind: &Kind, bytes: &[u8]) -> Result<Moment> {
    let micros = i64::from_be_bytes(fixed(kind, bytes)?);
    if micros == i64::MIN || micros == i64::MAX {
        return Err(infinite(kind));
    }
    let nanos = u32::try_from(micros.rem_euclid(MICROS)).unwrap_or(0) * 1_000;
    Ok(Moment { seconds: micros.div_euclid(MICROS) + EPOCH_SECONDS, nanos })
}

/// `1 year 2 mons 3 days 04:05:06.789`, as the server itself writes it.
fn interval(bytes: &[u8]) -> Option<String> {
    let micros = i64::from_be_bytes(bytes.get(..8)?.try_into().ok()?);
    let days = i32::from_be_bytes(bytes.get(8..12)?.try_into().ok()?);
    let months = i32::from_be_bytes(bytes.get(12..16)?.try_into().ok()?);
    let mut parts = Vec::new();
    for (count, name) in [(months / 12, "year"), (months % 12, "mon"), (days, "day")] {
        match count {
            0 => {}
            1 => parts.push(format!("1 {name}")),
            count => parts.push(format!("{count} {name}s")),
        }
    }
    if micros != 0 || parts.is_empty() {
        let sign = if micros < 0 { "-" } else { "" };
        let (seconds, fraction) = (micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000);
        let mut clock = format!("{sign}{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
        if fraction != 0 {
            clock.push_str(format!(".{fraction:06}").trim_end_matches('0'));
        }
        parts.push(clock);
    }
    Some(parts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::interval;

    #[test]
    fn intervals_read_as_the_server_writes_them() {
        let text = |micros: i64, days: i32, months: i32| {
            let bytes = [&micros.to_be_bytes()[..], &days.to_be_bytes(), &months.to_be_bytes()].concat();
            interval(&bytes).unwrap()
        };
        assert_eq!(text(0, 0, 0), "00:00:00");
        assert_eq!(text(14_706_789_000, 3, 14), "1 year 2 mons 3 days 04:05:06.789");
        assert_eq!(text(-1_000_000, 0, 0), "-00:00:01");
    }
}
