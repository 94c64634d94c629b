//! Values in the forms of MySQL's binary protocol.

use atlas_core::{
    error::{Error, Result},
    value::{Date, Moment, Numeric, Time, Value},
};
use atlas_sql::Bind;
use sqlx::{
    Arguments, MySql, Type,
    encode::{Encode, IsNull},
    error::BoxDynError,
    mysql::{MySqlArguments, MySqlTypeInfo},
};

use crate::{dialect::Uuids, server::Server};

/// Adds what a placeholder stands for to a statement's arguments.
///
/// # Errors
///
/// [`Error::Unsupported`] for what MySQL has no form for.
pub(crate) fn bind(arguments: &mut MySqlArguments, bind: &Bind<'_>, server: &Server) -> Result<()> {
    match bind {
        Bind::Value(value) => bind_value(arguments, value, server),
        Bind::Str(text) => add(arguments, Bound::text(text.as_bytes())),
        Bind::Text(text) => add(arguments, Bound::text(text.as_bytes())),
        Bind::I64(number) => add(arguments, Bound::of::<i64>(Form::I64(*number))),
        Bind::List(_) => Err(unsupported("a list as one value", "update the driver")),
    }
}

/// Adds a value to a statement's arguments.
///
/// # Errors
///
/// As [`bind`].
pub(crate) fn bind_value(arguments: &mut MySqlArguments, value: &Value, server: &Server) -> Result<()> {
    let types = &server.types;
    let bound = match value {
        Value::Null => Bound::of::<str>(Form::Null),
        Value::Bool(truth) => Bound::of::<bool>(Form::Bool(*truth)),
        Value::I64(number) => Bound::of::<i64>(Form::I64(*number)),
        Value::U64(number) => Bound::of::<u64>(Form::U64(*number)),
        Value::F64(number) if !number.is_finite() => {
            return Err(unsupported(
                &format!("the number {number}, which it cannot store"),
                "make the field an Option and store None",
            ));
        }
        Value::F64(number) => Bound::of::<f64>(Form::F64(*number)),
        Value::Numeric(number) => {
            let text = decimal(*number)?;
            return add(arguments, Bound { ty: types.decimal.clone(), form: Form::Bytes(text.as_bytes()) });
        }
        Value::Text(text) | Value::Json(text) => Bound::text(text.as_bytes()),
        Value::Bytes(bytes) => Bound::of::<[u8]>(Form::Bytes(bytes)),
        Value::Uuid(bytes) if server.dialect.uuids == Uuids::Binary => {
            Bound::of::<[u8]>(Form::Bytes(bytes.as_slice()))
        }
        Value::Uuid(bytes) => return add(arguments, Bound::text(&uuid_text(*bytes))),
        Value::Date(date) => Bound { ty: types.date.clone(), form: Form::Packed(packed_date(*date)?) },
        Value::Time(time) => Bound { ty: types.time.clone(), form: Form::Packed(packed_time(*time)) },
        Value::DateTime(moment) | Value::Timestamp(moment) => {
            Bound { ty: types.date_time.clone(), form: Form::Packed(packed_moment(*moment)?) }
        }
        other => {
            return Err(unsupported(
                &format!("a value of this kind ({})", other.as_ref()),
                "update the driver",
            ));
        }
    };
    add(arguments, bound)
}

/// How many bytes what a placeholder stands for takes in a message, at most.
pub(crate) fn size_of_bind(bind: &Bind<'_>) -> usize {
    match bind {
        Bind::Value(value) => size(value),
        Bind::Str(text) => text.len() + 12,
        Bind::Text(text) => text.len() + 12,
        _ => 12,
    }
}

/// How many bytes a value takes in a message, at most.
pub(crate) fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) | Value::Json(text) => text.len() + 12,
        Value::Bytes(bytes) => bytes.len() + 12,
        Value::Numeric(_) | Value::Uuid(_) => 48,
        _ => 16,
    }
}

/// Refuses a message that the server would not take: it would end the connection.
pub(crate) fn check_size(bytes: usize, server: &Server) -> Result<()> {
    if bytes < server.max_packet {
        return Ok(());
    }
    Err(unsupported(
        &format!("a statement of {bytes} bytes: the server's `max_allowed_packet` is {}", server.max_packet),
        "make that larger on the server, or store large values elsewhere",
    ))
}

fn add(arguments: &mut MySqlArguments, bound: Bound<'_>) -> Result<()> {
    Arguments::add(arguments, bound)
        .map_err(|source| Error::Driver { message: source.to_string(), source: Some(source) })
}

/// A value in its form.
struct Bound<'v> {
    ty: MySqlTypeInfo,
    form: Form<'v>,
}

enum Form<'v> {
    Null,
    Bool(bool),
    I64(i64),
    U64(u64),
    F64(f64),
    /// Bytes after their length.
    Bytes(&'v [u8]),
    Packed(Packed),
}

/// A date or a time: its length, and up to twelve bytes.
type Packed = ([u8; 13], usize);

impl<'v> Bound<'v> {
    fn of<T: Type<MySql> + ?Sized>(form: Form<'v>) -> Self {
        Self { ty: T::type_info(), form }
    }

    fn text(text: &'v [u8]) -> Self {
        Self::of::<str>(Form::Bytes(text))
    }
}

impl Type<MySql> for Bound<'_> {
    fn type_info() -> MySqlTypeInfo {
        <str as Type<MySql>>::type_info()
    }
}

impl Encode<'_, MySql> for Bound<'_> {
    fn encode_by_ref(&self, out: &mut Vec<u8>) -> Result<IsNull, BoxDynError> {
        match self.form {
            Form::Null => return Ok(IsNull::Yes),
            Form::Bool(truth) => out.push(u8::from(truth)),
            Form::I64(number) => out.extend_from_slice(&number.to_le_bytes()),
            Form::U64(number) => out.extend_from_slice(&number.to_le_bytes()),
            Form::F64(number) => out.extend_from_slice(&number.to_le_bytes()),
            Form::Bytes(bytes) => {
                push_length(bytes.len(), out);
                out.extend_from_slice(bytes);
            }
            Form::Packed((bytes, len)) => out.extend_from_slice(bytes.get(..len).unwrap_or_default()),
        }
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<MySqlTypeInfo> {
        Some(self.ty.clone())
    }
}

/// A length, in as few bytes as it takes.
fn push_length(length: usize, out: &mut Vec<u8>) {
    let bytes = (length as u64).to_le_bytes();
    let (prefix, used) = match length {
        0..=250 => (None, 1),
        251..=0xFFFF => (Some(0xFC), 2),
        0x1_0000..=0xFF_FFFF => (Some(0xFD), 3),
        _ => (Some(0xFE), 8),
    };
    out.extend(prefix);
    out.extend(bytes.iter().take(used));
}

/// What the decimal columns of Atlas's tables keep after the point; MySQL would cut off more without a
/// word.
const PLACES: u8 = 28;

fn decimal(number: Numeric) -> Result<String> {
    let (mut unscaled, mut scale) = (number.unscaled(), number.scale());
    while scale > PLACES && unscaled % 10 == 0 {
        (unscaled, scale) = (unscaled / 10, scale - 1);
    }
    if scale > PLACES {
        return Err(unsupported(
            &format!("the decimal {number}: its decimals have at most {PLACES} digits after the point"),
            "round it, or store it as text",
        ));
    }
    Ok(Numeric::new(unscaled, scale).to_string())
}

fn packed_date(date: Date) -> Result<Packed> {
    let [low, high, month, day] = calendar(date)?;
    let mut bytes = [0; 13];
    bytes[..5].copy_from_slice(&[4, low, high, month, day]);
    Ok((bytes, 5))
}

fn packed_time(time: Time) -> Packed {
    let (clock, micros) = clock(time);
    let mut bytes = [0; 13];
    // Its length, whether it is negative, and a number of days come first.
    bytes[6..9].copy_from_slice(&clock);
    if micros == 0 {
        bytes[0] = 8;
        return (bytes, 9);
    }
    bytes[0] = 12;
    bytes[9..13].copy_from_slice(&micros.to_le_bytes());
    (bytes, 13)
}

fn packed_moment(moment: Moment) -> Result<Packed> {
    let mut bytes = [0; 13];
    bytes[1..5].copy_from_slice(&calendar(moment.date())?);
    let (clock, micros) = clock(moment.time());
    bytes[5..8].copy_from_slice(&clock);
    if micros == 0 {
        bytes[0] = 7;
        return Ok((bytes, 8));
    }
    bytes[0] = 11;
    bytes[8..12].copy_from_slice(&micros.to_le_bytes());
    Ok((bytes, 12))
}

/// The year in two bytes, the month and the day.
fn calendar(date: Date) -> Result<[u8; 4]> {
    // Days of the years 1 to 9999.
    if !(-719_162..=2_932_896).contains(&date.days) {
        return Err(unsupported(
            "dates before the year 1 and after the year 9999",
            "store the date as text or as a number",
        ));
    }
    let (year, month, day) = date.ymd();
    let [low, high] = u16::try_from(year).unwrap_or_default().to_le_bytes();
    let byte = |number: u32| u8::try_from(number).unwrap_or_default();
    Ok([low, high, byte(month), byte(day)])
}

/// Hour, minute and second, and the microseconds after that.
fn clock(time: Time) -> ([u8; 3], u32) {
    let seconds = time.nanos / 1_000_000_000;
    let byte = |number: u64| u8::try_from(number).unwrap_or_default();
    let micros = u32::try_from(time.nanos % 1_000_000_000 / 1_000).unwrap_or_default();
    ([byte(seconds / 3_600), byte(seconds / 60 % 60), byte(seconds % 60)], micros)
}

/// The 36 characters of a UUID.
pub(crate) fn uuid_text(bytes: [u8; 16]) -> [u8; 36] {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut text = [b'-'; 36];
    // The positions that are no dashes.
    let places = (0..36).filter(|place| !matches!(place, 8 | 13 | 18 | 23));
    let digits = bytes.into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    for (place, digit) in places.zip(digits) {
        if let (Some(place), Some(digit)) = (text.get_mut::<usize>(place), HEX.get(usize::from(digit))) {
            *place = *digit;
        }
    }
    text
}

#[cold]
pub(crate) fn unsupported(operation: &str, instead: &str) -> Error {
    Error::Unsupported { driver: "mysql", operation: operation.to_owned(), instead: instead.to_owned() }
}

#[cfg(test)]
mod tests {
    use atlas_core::value::{Date, Moment, Numeric};

    use super::{decimal, packed_date, packed_moment, push_length, uuid_text};

    #[test]
    fn lengths_take_as_few_bytes_as_they_can() {
        for (length, bytes) in [
            (0, vec![0]),
            (250, vec![250]),
            (251, vec![0xFC, 251, 0]),
            (0x1_0000, vec![0xFD, 0, 0, 1]),
            (0x100_0000, vec![0xFE, 0, 0, 0, 1, 0, 0, 0, 0]),
        ] {
            let mut out = Vec::new();
            push_length(length, &mut out);
            assert_eq!(out, bytes);
        }
    }

    #[test]
    fn dates_are_packed() {
        let date = Date::new(2026, 11, 22).unwrap();
        assert_eq!(packed_date(date).unwrap().0[..5], [4, 0xEA, 0x07, 11, 22]);
        for far in [Date::new(0, 12, 31), Date::new(-1, 1, 1)].into_iter().flatten() {
            assert!(packed_date(far).is_err());
        }
        assert!(packed_date(Date::new(1, 1, 1).unwrap()).is_ok());
        assert!(packed_date(Date::new(9999, 12, 31).unwrap()).is_ok());
        assert!(packed_moment(Moment { seconds: 253_402_300_800, nanos: 0 }).is_err());
    }

    #[test]
    fn decimals_have_so_many_places_and_no_more() {
        assert_eq!(decimal(Numeric::new(1_000, 31)).unwrap(), format!("0.{}1", "0".repeat(27)));
        assert!(decimal(Numeric::new(1, 29)).is_err());
    }

    #[test]
    fn uuids_are_written_in_groups() {
        let bytes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255];
        assert_eq!(&uuid_text(bytes), b"00010203-0405-0607-0809-0a0b0c0d0eff");
    }
}
