//! Values in the forms that SQLite stores.

use atlas_core::{
    error::{Error, Result},
    value::{Date, Moment, Numeric, Time, Value},
};

/// A value in one of SQLite's five storage forms.
pub(crate) enum Encoded<'v> {
    Null,
    I64(i64),
    F64(f64),
    /// The value's own text.
    Text(&'v str),
    /// The value's own bytes.
    Bytes(&'v [u8]),
    /// Text that was written into the buffer.
    Written(&'v str),
    /// Text that did not fit the buffer's purpose.
    Made(String),
}

/// Where texts are written before they are bound: long enough for every date and UUID.
pub(crate) type Buffer = [u8; 48];

/// Encodes a value.
///
/// # Errors
///
/// [`Error::Unsupported`] for what SQLite has no form for.
pub(crate) fn encode<'v>(value: &'v Value, buffer: &'v mut Buffer) -> Result<Encoded<'v>> {
    Ok(match value {
        Value::Null => Encoded::Null,
        Value::Bool(truth) => Encoded::I64(i64::from(*truth)),
        Value::I64(number) => Encoded::I64(*number),
        Value::F64(number) if number.is_nan() => {
            return Err(unsupported(
                "NaN, which it stores as NULL",
                "make the field an Option and store None",
            ));
        }
        Value::F64(number) => Encoded::F64(*number),
        Value::Text(text) | Value::Json(text) => Encoded::Text(text),
        Value::Bytes(bytes) => Encoded::Bytes(bytes),
        Value::Numeric(number) => numeric(*number, buffer),
        Value::Uuid(bytes) => Encoded::Written(uuid(*bytes, buffer)),
        Value::Date(date) => dated(*date, buffer)?,
        Value::Time(time) => {
            let mut text = Writer { buffer, len: 0 };
            text.time(*time);
            Encoded::Written(text.finish())
        }
        Value::DateTime(moment) | Value::Timestamp(moment) => timed(*moment, buffer)?,
        Value::U64(number) => {
            return Err(unsupported(
                &format!("the integer {number}: its integers end at {}", i64::MAX),
                "store it as text or as a decimal",
            ));
        }
        other => {
            return Err(unsupported(&other.as_ref().to_string(), "store it as text"));
        }
    })
}

#[cold]
fn unsupported(what: &str, instead: &str) -> Error {
    Error::Unsupported { driver: "sqlite", operation: what.to_owned(), instead: instead.to_owned() }
}

/// Writes ASCII into a buffer; what does not fit is left out, which no caller lets happen.
struct Writer<'b> {
    buffer: &'b mut Buffer,
    len: usize,
}

impl<'b> Writer<'b> {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.buffer.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    /// Two digits.
    #[inline]
    fn pair(&mut self, number: u32) {
        if let Some(place) = self.buffer.get_mut(self.len..self.len + 2) {
            place.copy_from_slice(&[b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]);
            self.len += 2;
        }
    }

    /// The last `digits` digits of a number.
    fn digits(&mut self, number: u64, digits: usize) {
        let mut rest = number;
        if let Some(place) = self.buffer.get_mut(self.len..self.len + digits) {
            for byte in place.iter_mut().rev() {
                *byte = b'0' + (rest % 10) as u8;
                rest /= 10;
            }
            self.len += digits;
        }
    }

    fn date(&mut self, date: Date) -> bool {
        let (year, month, day) = date.ymd();
        let Ok(year @ 0..=9_999) = u32::try_from(year) else { return false };
        self.pair(year / 100);
        self.pair(year % 100);
        self.push(b'-');
        self.pair(month);
        self.push(b'-');
        self.pair(day);
        true
    }

    /// `12:30:05`, with as many of 3, 6 or 9 further digits as are needed.
    fn time(&mut self, time: Time) {
        let (seconds, nanos) = ((time.nanos / 1_000_000_000) as u32, time.nanos % 1_000_000_000);
        self.pair(seconds / 3_600);
        self.push(b':');
        self.pair(seconds / 60 % 60);
        self.push(b':');
        self.pair(seconds % 60);
        if nanos == 0 {
            return;
        }
        self.push(b'.');
        if nanos % 1_000_000 == 0 {
            self.digits(nanos / 1_000_000, 3);
        } else if nanos % 1_000 == 0 {
            self.digits(nanos / 1_000, 6);
        } else {
            self.digits(nanos, 9);
        }
    }

    fn finish(self) -> &'b str {
        let written: &'b [u8] = self.buffer.get(..self.len).unwrap_or_default();
        std::str::from_utf8(written).unwrap_or_default()
    }
}

fn dated(date: Date, buffer: &mut Buffer) -> Result<Encoded<'_>> {
    let mut text = Writer { buffer, len: 0 };
    if !text.date(date) {
        return Err(no_year(date));
    }
    Ok(Encoded::Written(text.finish()))
}

fn timed(moment: Moment, buffer: &mut Buffer) -> Result<Encoded<'_>> {
    let mut text = Writer { buffer, len: 0 };
    if !text.date(moment.date()) {
        return Err(no_year(moment.date()));
    }
    text.push(b' ');
    text.time(moment.time());
    Ok(Encoded::Written(text.finish()))
}

/// Dates are stored as text, which is in the order of time as long as years have four digits.
#[cold]
fn no_year(date: Date) -> Error {
    unsupported(
        &format!("the date {date}: its dates are of the years 0 to 9999"),
        "give one of those, or make the field an Option and store None",
    )
}

fn numeric<'v>(number: Numeric, buffer: &'v mut Buffer) -> Encoded<'v> {
    let Ok(mut rest) = u64::try_from(number.unscaled().unsigned_abs()) else {
        return Encoded::Made(number.to_string());
    };
    // From the last digit to the first: at most 20 digits, or a point and 38 places and one more digit.
    let mut at = buffer.len();
    let mut put = |byte: u8| {
        if let Some(place) = at.checked_sub(1).and_then(|at| buffer.get_mut(at)) {
            *place = byte;
            at -= 1;
        }
    };
    let mut places = 0;
    while rest > 0 || places <= number.scale() {
        if places == number.scale() && places > 0 {
            put(b'.');
        }
        put(b'0' + (rest % 10) as u8);
        rest /= 10;
        places = places.saturating_add(1);
    }
    if number.unscaled() < 0 {
        put(b'-');
    }
    Encoded::Written(buffer.get(at..).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default())
}

fn uuid(bytes: [u8; 16], buffer: &mut Buffer) -> &str {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
    let mut text = Writer { buffer, len: 0 };
    for (index, byte) in bytes.into_iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push(b'-');
        }
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text.finish()
}

#[cfg(test)]
mod tests {
    use atlas_core::value::{Moment, Numeric, Time, Value};

    use super::{Encoded, encode};

    fn text(value: &Value) -> String {
        match encode(value, &mut [0; 48]) {
            Ok(Encoded::Written(text) | Encoded::Text(text)) => text.to_owned(),
            Ok(Encoded::Made(text)) => text,
            _ => String::new(),
        }
    }

    #[test]
    fn dates_and_times_are_written_as_the_core_writes_them() {
        for seconds in [0, -1, 1_700_000_000, -62_135_596_800, 253_402_300_799, -62_167_219_200] {
            for nanos in [0, 5_000_000, 123_456_000, 999_999_999] {
                let moment = Moment { seconds, nanos };
                assert_eq!(text(&Value::Timestamp(moment)), moment.to_string());
                assert_eq!(text(&Value::Time(moment.time())), moment.time().to_string());
                assert_eq!(text(&Value::Date(moment.date())), moment.date().to_string());
            }
        }
        assert_eq!(text(&Value::Time(Time { nanos: 86_399_999_999_999 })), "23:59:59.999999999");
    }

    #[test]
    fn decimals_are_written_as_the_core_writes_them() {
        for unscaled in
            [0, 1, -1, 99, -105, 1_000_000, i128::from(u64::MAX), i128::from(u64::MAX) + 1, i128::MIN + 1]
        {
            for scale in [0, 1, 2, 19, 20, 38] {
                let number = Numeric::new(unscaled, scale);
                assert_eq!(text(&Value::Numeric(number)), number.to_string());
            }
        }
    }

    #[test]
    fn uuids_are_written_in_groups() {
        let bytes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255];
        assert_eq!(text(&Value::Uuid(bytes)), "00010203-0405-0607-0809-0a0b0c0d0eff");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let moments = [253_402_300_800, -62_167_219_201, i64::MAX, i64::MIN];
        let moments = moments.map(|seconds| Moment { seconds, nanos: 0 });
        let timed = moments.iter().flat_map(|moment| [Value::Timestamp(*moment), Value::DateTime(*moment)]);
        let dated = moments.iter().map(|moment| Value::Date(moment.date()));
        for value in timed.chain(dated).chain([Value::U64(u64::MAX), Value::F64(f64::NAN)]) {
            assert!(encode(&value, &mut [0; 48]).is_err());
        }
    }
}
