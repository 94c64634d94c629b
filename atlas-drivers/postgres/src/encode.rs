//! Values in the server's binary forms, written: each for the type that the server expects.

use std::fmt;

use atlas_core::{
    error::Error,
    value::{Date, Moment, Numeric, Time, Value, ValueRef},
};

use crate::{
    address, array,
    decode::{EPOCH_DAYS, EPOCH_SECONDS},
    kind::Kind,
    numeric,
};

/// Why a value has no form in a type.
#[derive(Debug)]
pub(crate) enum Misfit {
    /// A number that is too large or too small for its type.
    Range { value: String, ty: Box<str> },
    /// A value of another kind.
    Kind { value: String, ty: Box<str> },
    /// Something that the database cannot store at all, and what to do instead.
    Unsupported { what: String, instead: &'static str },
}

impl Misfit {
    #[cold]
    fn kind(value: ValueRef<'_>, kind: &Kind) -> Self {
        Self::Kind { value: value.to_string(), ty: kind.name().into() }
    }

    #[cold]
    fn range(value: ValueRef<'_>, kind: &Kind) -> Self {
        Self::Range { value: value.to_string(), ty: kind.name().into() }
    }

    /// The error that a user sees, where no table's column is at fault.
    #[cold]
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Range { value, ty } => Error::Driver {
                message: format!(
                    "{value} is out of the range of the type {ty} that the database expects there: give a smaller one, or cast the place: `?::numeric`"
                ),
                source: None,
            },
            Self::Kind { value, ty } => Error::config(format!(
                "{value} was given where the database expects the type {ty}: give a value of that type, or cast the place in a raw statement: `?::text::{ty}`"
            )),
            Self::Unsupported { what, instead } => {
                Error::Unsupported { driver: "postgres", operation: what, instead: instead.to_owned() }
            }
        }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value does not fit its place")
    }
}

impl std::error::Error for Misfit {}

/// Writes a value for a type. `false`: it is NULL, and nothing was written.
pub(crate) fn encode(value: ValueRef<'_>, kind: &Kind, out: &mut Vec<u8>) -> Result<bool, Misfit> {
    if value.is_null() {
        return Ok(false);
    }
    match kind {
        Kind::I64 => out.extend(integer::<i64>(value, kind)?.to_be_bytes()),
        Kind::I32 => out.extend(integer::<i32>(value, kind)?.to_be_bytes()),
        Kind::I16 => out.extend(integer::<i16>(value, kind)?.to_be_bytes()),
        Kind::Oid => out.extend(integer::<u32>(value, kind)?.to_be_bytes()),
        Kind::Text => text(value, kind, out)?,
        Kind::Bool => out.push(u8::from(truth(value, kind)?)),
        Kind::F64 => out.extend(float(value, kind)?.to_be_bytes()),
        Kind::F32 => out.extend(single(value, kind)?.to_be_bytes()),
        Kind::Numeric => decimal(value, kind, out)?,
        Kind::Bytes => match value {
            ValueRef::Bytes(bytes) => out.extend(bytes),
            ValueRef::Uuid(bytes) => out.extend(bytes),
            _ => return Err(Misfit::kind(value, kind)),
        },
        Kind::Uuid => match value {
            ValueRef::Uuid(bytes) => out.extend(bytes),
            ValueRef::Text(own) => out.extend(uuid(own).ok_or_else(|| Misfit::kind(value, kind))?),
            ValueRef::Bytes(bytes) if bytes.len() == 16 => out.extend(bytes),
            _ => return Err(Misfit::kind(value, kind)),
        },
        Kind::Date => out.extend(day(date(value, kind)?)?.to_be_bytes()),
        Kind::Time => {
            let time = match value {
                ValueRef::Time(time) => Some(time),
                ValueRef::DateTime(moment) | ValueRef::Timestamp(moment) => Some(moment.time()),
                ValueRef::Text(own) => Time::parse(own),
                _ => None,
            };
            let time = time.ok_or_else(|| Misfit::kind(value, kind))?;
            out.extend((time.nanos / 1_000).to_be_bytes());
        }
        Kind::Timestamp | Kind::Timestamptz => out.extend(instant(moment(value, kind)?)?.to_be_bytes()),
        Kind::Json => json(value, kind, out)?,
        Kind::Jsonb => {
            out.push(1);
            json(value, kind, out)?;
        }
        Kind::Inet(network) => match value {
            ValueRef::Text(own) if address::write_inet(own, *network, out) => {}
            _ => return Err(Misfit::kind(value, kind)),
        },
        Kind::Mac => match value {
            ValueRef::Text(own) if address::write_mac(own, out) => {}
            _ => return Err(Misfit::kind(value, kind)),
        },
        Kind::Array(element, oid) => match value {
            ValueRef::Json(own) | ValueRef::Text(own) => array::from_json(own, element, *oid, out)?,
            _ => return Err(Misfit::kind(value, kind)),
        },
        Kind::Interval | Kind::Void | Kind::Other(_) => {
            return Err(Misfit::Unsupported {
                what: format!("to bind {value} as the type {}", kind.name()),
                instead: "bind it as text in a raw statement and cast it there: `?::text::interval`",
            });
        }
    }
    Ok(true)
}

/// Writes a value with its length before it, as it stands in arrays and in COPY.
pub(crate) fn encode_with_length(value: ValueRef<'_>, kind: &Kind, out: &mut Vec<u8>) -> Result<(), Misfit> {
    let start = out.len();
    out.extend([0xff; 4]);
    if encode(value, kind, out)? {
        let length = i32::try_from(out.len() - start - 4).map_err(|_| too_large())?;
        if let Some(place) = out.get_mut(start..start + 4) {
            place.copy_from_slice(&length.to_be_bytes());
        }
    }
    Ok(())
}

/// Writes a list as an array. Numbers that the elements' type cannot hold are left out: nothing in the
/// database is equal to one.
pub(crate) fn list(values: &[Value], element: &Kind, oid: u32, out: &mut Vec<u8>) -> Result<(), Misfit> {
    let header = array::begin(oid, out);
    let mut count = 0;
    for value in values {
        let start = out.len();
        match encode_with_length(value.as_ref(), element, out) {
            Ok(()) => count += 1,
            Err(Misfit::Range { .. }) => out.truncate(start),
            Err(misfit) => return Err(misfit),
        }
    }
    array::end(header, count, out)
}

/// Writes values of a column as an array.
pub(crate) fn column<'v>(
    values: impl Iterator<Item = &'v Value>,
    element: &Kind,
    oid: u32,
    out: &mut Vec<u8>,
) -> Result<(), Misfit> {
    let header = array::begin(oid, out);
    let mut count = 0;
    for value in values {
        encode_with_length(value.as_ref(), element, out)?;
        count += 1;
    }
    array::end(header, count, out)
}

#[cold]
pub(crate) fn too_large() -> Misfit {
    Misfit::Unsupported {
        what: "values of more than 1 GB in one statement".to_owned(),
        instead: "send fewer at once, or keep large ones in files",
    }
}

fn integer<N: TryFrom<i128> + std::str::FromStr>(value: ValueRef<'_>, kind: &Kind) -> Result<N, Misfit> {
    let number = match value {
        ValueRef::I64(number) => i128::from(number),
        ValueRef::U64(number) => i128::from(number),
        ValueRef::Bool(truth) => i128::from(truth),
        ValueRef::F64(number) if number.fract() == 0.0 && number.abs() < 1e20 => number as i128,
        ValueRef::F64(number) if number.is_finite() => return Err(Misfit::range(value, kind)),
        ValueRef::Numeric(number) => number.to_integer().ok_or_else(|| Misfit::range(value, kind))?,
        ValueRef::Text(own) => own.trim().parse().map_err(|_| Misfit::kind(value, kind))?,
        _ => return Err(Misfit::kind(value, kind)),
    };
    N::try_from(number).map_err(|_| Misfit::range(value, kind))
}

fn truth(value: ValueRef<'_>, kind: &Kind) -> Result<bool, Misfit> {
    match value {
        ValueRef::Bool(truth) => Ok(truth),
        ValueRef::I64(0) => Ok(false),
        ValueRef::I64(1) => Ok(true),
        ValueRef::Text("true" | "t" | "1") => Ok(true),
        ValueRef::Text("false" | "f" | "0") => Ok(false),
        _ => Err(Misfit::kind(value, kind)),
    }
}

fn float(value: ValueRef<'_>, kind: &Kind) -> Result<f64, Misfit> {
    match value {
        ValueRef::F64(number) => Ok(number),
        ValueRef::I64(number) => Ok(number as f64),
        ValueRef::U64(number) => Ok(number as f64),
        ValueRef::Numeric(number) => Ok(number.to_f64()),
        ValueRef::Text(own) => own.trim().parse().map_err(|_| Misfit::kind(value, kind)),
        _ => Err(Misfit::kind(value, kind)),
    }
}

fn single(value: ValueRef<'_>, kind: &Kind) -> Result<f32, Misfit> {
    let number = float(value, kind)?;
    #[allow(clippy::cast_possible_truncation)]
    let narrowed = number as f32;
    if narrowed.is_finite() || !number.is_finite() { Ok(narrowed) } else { Err(Misfit::range(value, kind)) }
}

fn decimal(value: ValueRef<'_>, kind: &Kind, out: &mut Vec<u8>) -> Result<(), Misfit> {
    let number = match value {
        ValueRef::Numeric(number) => number,
        ValueRef::I64(number) => Numeric::new(number.into(), 0),
        ValueRef::U64(number) => Numeric::new(number.into(), 0),
        ValueRef::F64(number) if !number.is_finite() => {
            numeric::write_special(number, out);
            return Ok(());
        }
        ValueRef::F64(number) => Numeric::from_f64(number).ok_or_else(|| Misfit::range(value, kind))?,
        ValueRef::Text(own) => own.trim().parse().map_err(|_| Misfit::kind(value, kind))?,
        _ => return Err(Misfit::kind(value, kind)),
    };
    numeric::write(number, out);
    Ok(())
}

fn text(value: ValueRef<'_>, kind: &Kind, out: &mut Vec<u8>) -> Result<(), Misfit> {
    match value {
        ValueRef::Text(own) | ValueRef::Json(own) => push_text(own, out)?,
        ValueRef::I64(number) => out.extend(number.to_string().bytes()),
        ValueRef::U64(number) => out.extend(number.to_string().bytes()),
        ValueRef::F64(number) => out.extend(number.to_string().bytes()),
        ValueRef::Bool(truth) => out.extend(truth.to_string().bytes()),
        ValueRef::Numeric(number) => out.extend(number.to_string().bytes()),
        ValueRef::Uuid(bytes) => out.extend(hyphenated(bytes).bytes()),
        ValueRef::Date(date) => out.extend(date.to_string().bytes()),
        ValueRef::Time(time) => out.extend(time.to_string().bytes()),
        ValueRef::DateTime(moment) | ValueRef::Timestamp(moment) => out.extend(moment.to_string().bytes()),
        _ => return Err(Misfit::kind(value, kind)),
    }
    Ok(())
}

fn push_text(text: &str, out: &mut Vec<u8>) -> Result<(), Misfit> {
    if text.as_bytes().contains(&0) {
        return Err(Misfit::Unsupported {
            what: "a text with a NUL character".to_owned(),
            instead: "take it out of the text, or store it as bytes",
        });
    }
    out.extend(text.as_bytes());
    Ok(())
}

fn json(value: ValueRef<'_>, kind: &Kind, out: &mut Vec<u8>) -> Result<(), Misfit> {
    match value {
        ValueRef::Json(own) | ValueRef::Text(own) => push_text(own, out),
        ValueRef::I64(_) | ValueRef::U64(_) | ValueRef::Bool(_) | ValueRef::Numeric(_) => {
            text(value, kind, out)
        }
        ValueRef::F64(number) if number.is_finite() => text(value, kind, out),
        _ => Err(Misfit::kind(value, kind)),
    }
}

fn date(value: ValueRef<'_>, kind: &Kind) -> Result<Date, Misfit> {
    match value {
        ValueRef::Date(date) => Some(date),
        ValueRef::DateTime(moment) | ValueRef::Timestamp(moment) => Some(moment.date()),
        ValueRef::Text(own) => Date::parse(own),
        _ => None,
    }
    .ok_or_else(|| Misfit::kind(value, kind))
}

fn moment(value: ValueRef<'_>, kind: &Kind) -> Result<Moment, Misfit> {
    match value {
        ValueRef::DateTime(moment) | ValueRef::Timestamp(moment) => Some(moment),
        ValueRef::Date(date) => Some(Moment::midnight(date)),
        ValueRef::Text(own) => Moment::parse(own),
        _ => None,
    }
    .ok_or_else(|| Misfit::kind(value, kind))
}

/// The first day that the server knows (4714-11-24 BC) and the one after the last (5874898-01-01), in days
/// from 2000-01-01.
const DAYS: std::ops::Range<i32> = -2_451_545..2_145_031_949;

/// A date as the server counts.
fn day(date: Date) -> Result<i32, Misfit> {
    date.days
        .checked_sub(EPOCH_DAYS)
        .filter(|days| DAYS.contains(days))
        .ok_or_else(|| too_far(format!("the date {date}"), "from 4714 BC to 5874897"))
}

/// The first microsecond that the server knows (4714-11-24 BC) and the one after the last (294277-01-01), from
/// 2000-01-01.
const INSTANTS: std::ops::Range<i64> = -211_813_488_000_000_000..9_223_371_331_200_000_000;

/// A moment as the server counts: in microseconds, to which it is cut.
fn instant(moment: Moment) -> Result<i64, Misfit> {
    let micros = moment
        .seconds
        .checked_sub(EPOCH_SECONDS)
        .and_then(|seconds| seconds.checked_mul(1_000_000))
        .and_then(|micros| micros.checked_add(i64::from(moment.nanos / 1_000)));
    micros
        .filter(|micros| INSTANTS.contains(micros))
        .ok_or_else(|| too_far(format!("the time {moment}"), "from 4714 BC to 294276"))
}

#[cold]
fn too_far(what: String, range: &'static str) -> Misfit {
    Misfit::Unsupported {
        what: format!("{what}, which is out of its range ({range})"),
        instead: "give a nearer one, or make the field an Option and store None",
    }
}

/// Reads a UUID, with or without its hyphens.
fn uuid(text: &str) -> Option<[u8; 16]> {
    let text = text.trim().trim_start_matches('{').trim_end_matches('}');
    if !text.is_ascii() || !matches!(text.len(), 32 | 36) {
        return None;
    }
    let digits: String = text.chars().filter(|digit| *digit != '-').collect();
    if digits.len() != 32 || digits.starts_with('+') {
        return None;
    }
    u128::from_str_radix(&digits, 16).ok().map(u128::to_be_bytes)
}

/// A UUID as one writes it.
pub(crate) fn hyphenated(bytes: [u8; 16]) -> String {
    let mut text = format!("{:032x}", u128::from_be_bytes(bytes));
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    text
}

#[cfg(test)]
mod tests {
    use atlas_core::value::{Date, Moment, Value};

    use super::{Misfit, encode, hyphenated, uuid};
    use crate::{decode::decode, kind::Kind};

    fn there_and_back(value: Value, kind: &Kind) -> Value {
        let mut bytes = Vec::new();
        encode(value.as_ref(), kind, &mut bytes).unwrap();
        decode(kind, &bytes, Some(&Default::default())).unwrap().to_owned()
    }

    #[test]
    fn values_are_written_for_the_type_that_is_expected() {
        for (value, kind, expected) in [
            (Value::I64(7), Kind::I32, Value::I64(7)),
            (Value::I64(7), Kind::Text, Value::Text("7".to_owned())),
            (Value::Text("7".to_owned()), Kind::I64, Value::I64(7)),
            (Value::I64(1), Kind::Bool, Value::Bool(true)),
            (Value::I64(7), Kind::Numeric, Value::Numeric("7".parse().unwrap())),
            (Value::F64(0.1), Kind::Numeric, Value::Numeric("0.1".parse().unwrap())),
            (Value::Json("[1]".to_owned()), Kind::Jsonb, Value::Json("[1]".to_owned())),
            (Value::Text("10.0.0.1".to_owned()), Kind::Inet(false), Value::Text("10.0.0.1".to_owned())),
            (Value::Date(Date { days: -1 }), Kind::Date, Value::Date(Date { days: -1 })),
            (
                Value::Timestamp(Moment { seconds: -1, nanos: 999_999_999 }),
                Kind::Timestamptz,
                Value::Timestamp(Moment { seconds: -1, nanos: 999_999_000 }),
            ),
        ] {
            assert_eq!(there_and_back(value, &kind), expected);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (value, kind) in [
            (Value::I64(i64::from(i32::MAX) + 1), Kind::I32),
            (Value::I64(-1), Kind::Oid),
            (Value::F64(1e300), Kind::F32),
            (Value::F64(0.5), Kind::I64),
            (Value::U64(u64::MAX), Kind::I64),
        ] {
            let misfit = encode(value.as_ref(), &kind, &mut Vec::new()).unwrap_err();
            assert!(matches!(misfit, Misfit::Range { .. }), "{value:?}");
        }
        for (value, kind) in [
            (Value::Text("a\0b".to_owned()), Kind::Text),
            (Value::Date(Date { days: i32::MIN }), Kind::Date),
            (Value::Timestamp(Moment { seconds: i64::MAX, nanos: 0 }), Kind::Timestamp),
        ] {
            let misfit = encode(value.as_ref(), &kind, &mut Vec::new()).unwrap_err();
            assert!(matches!(misfit, Misfit::Unsupported { .. }), "{value:?}");
        }
    }

    #[test]
    fn uuids_are_read_in_both_forms() {
        let bytes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255];
        assert_eq!(uuid(&hyphenated(bytes)), Some(bytes));
        assert_eq!(uuid(&hyphenated(bytes).replace('-', "")), Some(bytes));
        for text in ["", "00010203", "g0010203-0405-0607-0809-0a0b0c0d0eff"] {
            assert_eq!(uuid(text), None, "{text}");
        }
    }
}
