use atlas_core::{
    driver::Row,
    error::{Error, Result},
    value::{Date, Moment, Numeric, Time, ValueRef},
};
use sqlx::{
    Column, Decode, MySql, Row as _, Type, TypeInfo, ValueRef as _,
    mysql::{MySqlColumn, MySqlRow},
};

/// A row where `sqlx` has it, and how its columns are read.
pub(crate) struct CurrentRow<'r> {
    pub(crate) row: &'r MySqlRow,
    pub(crate) forms: &'r [Form],
}

impl Row for CurrentRow<'_> {
    fn len(&self) -> usize {
        self.forms.len()
    }

    #[inline]
    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        let (Some(form), Ok(raw)) = (self.forms.get(index), self.row.try_get_raw(index)) else {
            return Err(no_such_column(index, self.forms.len()));
        };
        // The date 0000-00-00, of tables of other programs, counts as NULL.
        if raw.is_null() {
            return Ok(ValueRef::Null);
        }
        match <&[u8] as Decode<MySql>>::decode(raw) {
            Ok(bytes) => form.read(bytes),
            Err(_) => Ok(ValueRef::Null),
        }
    }

    fn name(&self, index: usize) -> &str {
        self.row.columns().get(index).map(Column::name).unwrap_or_default()
    }
}

/// How the bytes of a column are read: looked up once a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
    Decimal,
    Text,
    Json,
    Bytes,
    Date,
    DateTime,
    Timestamp,
    Time,
    Bit,
    /// An integer as its digits: of statements that have no binary form.
    WrittenInteger,
}

impl Form {
    /// The forms of columns in the binary protocol.
    pub(crate) fn binary(columns: &[MySqlColumn], forms: &mut Vec<Self>) {
        forms.clear();
        forms.extend(columns.iter().map(Self::of));
    }

    /// The forms of columns in the text protocol.
    pub(crate) fn written(columns: &[MySqlColumn], forms: &mut Vec<Self>) {
        forms.clear();
        forms.extend(columns.iter().map(|column| match Self::of(column) {
            Self::I8 | Self::U8 | Self::I16 | Self::U16 | Self::I32 | Self::U32 | Self::I64 | Self::U64 => {
                Self::WrittenInteger
            }
            kept @ (Self::Decimal | Self::Bytes | Self::Bit | Self::Json) => kept,
            _ => Self::Text,
        }));
    }

    fn of(column: &MySqlColumn) -> Self {
        let ty = column.type_info();
        match ty.name() {
            "BOOLEAN" | "TINYINT" => Self::I8,
            "TINYINT UNSIGNED" => Self::U8,
            "SMALLINT" => Self::I16,
            "SMALLINT UNSIGNED" | "YEAR" => Self::U16,
            "INT" | "MEDIUMINT" => Self::I32,
            "INT UNSIGNED" | "MEDIUMINT UNSIGNED" => Self::U32,
            "BIGINT" => Self::I64,
            "BIGINT UNSIGNED" => Self::U64,
            "FLOAT" => Self::F32,
            "DOUBLE" => Self::F64,
            "DECIMAL" => Self::Decimal,
            "DATE" => Self::Date,
            "DATETIME" => Self::DateTime,
            "TIMESTAMP" => Self::Timestamp,
            "TIME" => Self::Time,
            "BIT" => Self::Bit,
            "JSON" => Self::Json,
            "ENUM" | "SET" => Self::Text,
            // A text is one by its collation: its flags call a text with a binary collation binary.
            _ if <str as Type<MySql>>::compatible(ty) => Self::Text,
            _ => Self::Bytes,
        }
    }

    #[inline]
    fn read(self, bytes: &[u8]) -> Result<ValueRef<'_>> {
        let value = match self {
            Self::I8 => fixed(bytes).map(|b| ValueRef::I64(i8::from_le_bytes(b).into())),
            Self::U8 => fixed(bytes).map(|b| ValueRef::I64(u8::from_le_bytes(b).into())),
            Self::I16 => fixed(bytes).map(|b| ValueRef::I64(i16::from_le_bytes(b).into())),
            Self::U16 => fixed(bytes).map(|b| ValueRef::I64(u16::from_le_bytes(b).into())),
            Self::I32 => fixed(bytes).map(|b| ValueRef::I64(i32::from_le_bytes(b).into())),
            Self::U32 => fixed(bytes).map(|b| ValueRef::I64(u32::from_le_bytes(b).into())),
            Self::I64 => fixed(bytes).map(|b| ValueRef::I64(i64::from_le_bytes(b))),
            Self::U64 => fixed(bytes).map(|b| unsigned(u64::from_le_bytes(b))),
            Self::F32 => fixed(bytes).map(|b| ValueRef::F64(f32::from_le_bytes(b).into())),
            Self::F64 => fixed(bytes).map(|b| ValueRef::F64(f64::from_le_bytes(b))),
            Self::Decimal => decimal(bytes),
            Self::Text => return text(bytes).map(ValueRef::Text),
            Self::Json => return text(bytes).map(ValueRef::Json),
            Self::Bytes => Some(ValueRef::Bytes(bytes)),
            Self::Date => moment(bytes).map(|at| ValueRef::Date(at.date())),
            Self::DateTime => moment(bytes).map(ValueRef::DateTime),
            Self::Timestamp => moment(bytes).map(ValueRef::Timestamp),
            Self::Time => return time(bytes),
            Self::Bit => Some(bit(bytes)),
            Self::WrittenInteger => written_integer(bytes),
        };
        value.ok_or_else(|| Error::decode("a value of the column's type", ValueRef::Bytes(bytes)))
    }
}

fn fixed<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

fn unsigned(number: u64) -> ValueRef<'static> {
    i64::try_from(number).map_or(ValueRef::U64(number), ValueRef::I64)
}

#[inline]
fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| Error::decode("UTF-8 text", "bytes that are not UTF-8"))
}

/// Bits, the first one the highest.
fn bit(bytes: &[u8]) -> ValueRef<'_> {
    if bytes.len() > 8 {
        return ValueRef::Bytes(bytes);
    }
    unsigned(bytes.iter().fold(0, |bits, byte| (bits << 8) | u64::from(*byte)))
}

fn written_integer(bytes: &[u8]) -> Option<ValueRef<'_>> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.parse().map(ValueRef::I64).or_else(|_| text.parse().map(ValueRef::U64)).ok()
}

/// The places of the decimal columns of Atlas's tables, whose zeros at the end are not the user's. Only what
/// the server has reckoned has more.
const PLACES: usize = 28;

/// A decimal comes as its text. Without places it is an integer, as far as it fits one: a sum of integers is.
fn decimal(bytes: &[u8]) -> Option<ValueRef<'static>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let Some((whole, places)) = text.split_once('.') else {
        let integer = text.parse().map(ValueRef::I64).or_else(|_| text.parse().map(ValueRef::U64));
        return integer.ok().or_else(|| text.parse().map(ValueRef::Numeric).ok());
    };
    let negative = whole.starts_with('-');
    let whole = whole.trim_start_matches('-').trim_start_matches('0');
    let places = if places.len() >= PLACES { places.trim_end_matches('0') } else { places };
    // An average or a quotient has 28 digits.
    let kept = if places.len() > PLACES { PLACES.saturating_sub(whole.len()) } else { places.len() };
    let (places, rest) = places.split_at_checked(kept)?;
    let mut unscaled: i128 = 0;
    for digit in whole.bytes().chain(places.bytes()) {
        if !digit.is_ascii_digit() {
            return None;
        }
        unscaled = unscaled.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
    }
    if rest.as_bytes().first().is_some_and(|digit| *digit >= b'5') {
        unscaled += 1;
    }
    let scale = u8::try_from(kept).ok()?;
    Some(ValueRef::Numeric(Numeric::new(if negative { -unscaled } else { unscaled }, scale)))
}

/// Its length, the year in two bytes, month, day, hour, minute, second, microseconds; what is zero at the
/// end is left out.
fn moment(bytes: &[u8]) -> Option<Moment> {
    let [_, low, high, month, day, rest @ ..] = bytes else { return None };
    let year = u16::from_le_bytes([*low, *high]);
    let date = Date::new(year.into(), (*month).into(), (*day).into())?;
    let (clock, micros) = match rest {
        [] => ([0, 0, 0], 0),
        [hour, minute, second] => ([*hour, *minute, *second], 0),
        [hour, minute, second, micros @ ..] => {
            ([*hour, *minute, *second], u32::from_le_bytes(fixed(micros)?))
        }
        _ => return None,
    };
    let [hour, minute, second] = clock.map(i64::from);
    let seconds = i64::from(date.days) * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(Moment { seconds, nanos: micros * 1_000 })
}

/// Its length, whether it is negative, a number of days, hour, minute, second, microseconds.
fn time(bytes: &[u8]) -> Result<ValueRef<'static>> {
    let read = match bytes {
        [0] => Some(0),
        [_, 0, 0, 0, 0, 0, hour, minute, second, micros @ ..] => {
            let micros = if micros.is_empty() { Some(0) } else { fixed(micros).map(u32::from_le_bytes) };
            let [hour, minute, second] = [*hour, *minute, *second].map(u64::from);
            let seconds = hour * 3_600 + minute * 60 + second;
            micros.map(|micros| seconds * 1_000_000_000 + u64::from(micros) * 1_000)
        }
        _ => None,
    };
    match read {
        Some(nanos) => Ok(ValueRef::Time(Time { nanos })),
        None => Err(Error::decode("time of day", "a TIME that is negative or of more than a day")),
    }
}

#[cold]
fn no_such_column(index: usize, columns: usize) -> Error {
    Error::decode("a column of the row", format_args!("no column {index}: the row has {columns}"))
}

#[cfg(test)]
mod tests {
    use atlas_core::value::{Numeric, ValueRef};

    use super::{Form, decimal};

    #[test]
    fn decimals_lose_the_zeros_of_wide_columns_alone() {
        let zeros = "0".repeat(27);
        let third = decimal(format!("0.{}", "3".repeat(38)).as_bytes());
        assert_eq!(third, Some(ValueRef::Numeric("0.3333333333333333333333333333".parse().unwrap())));
        let average = decimal(b"-308641972530864197253086419.750000000000000000000000000025");
        assert_eq!(average, Some(ValueRef::Numeric("-308641972530864197253086419.8".parse().unwrap())));
        assert_eq!(decimal(format!("9.9{zeros}").as_bytes()), Some(ValueRef::Numeric(Numeric::new(99, 1))));
        assert_eq!(decimal(b"-9.90"), Some(ValueRef::Numeric(Numeric::new(-990, 2))));
        assert_eq!(decimal(b"-0.5"), Some(ValueRef::Numeric(Numeric::new(-5, 1))));
        assert_eq!(decimal(b"15"), Some(ValueRef::I64(15)));
        assert_eq!(decimal(b"18446744073709551615"), Some(ValueRef::U64(u64::MAX)));
        assert_eq!(
            decimal(b"18446744073709551616"),
            Some(ValueRef::Numeric(Numeric::new(18_446_744_073_709_551_616, 0)))
        );
        assert_eq!(decimal(b"1.x"), None);
    }

    #[test]
    fn what_is_no_time_of_day_is_refused() {
        assert!(Form::Time.read(&[8, 1, 0, 0, 0, 0, 1, 0, 0]).is_err());
        assert!(Form::Time.read(&[8, 0, 1, 0, 0, 0, 1, 0, 0]).is_err());
        assert!(Form::Time.read(&[0]).is_ok());
        assert!(Form::Date.read(&[4, 0xEA, 7, 13, 1]).is_err());
    }
}
