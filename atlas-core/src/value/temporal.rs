use std::{
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

const DAY: i64 = 86_400;
const NANOS: u32 = 1_000_000_000;

/// A calendar date (proleptic Gregorian), as days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Days since 1970-01-01, negative before.
    pub days: i32,
}

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    /// Nanoseconds since midnight, below 86,400,000,000,000.
    pub nanos: u64,
}

/// A date and time: in UTC for timestamps, of the wall clock for date-times without a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// Seconds since 1970-01-01 00:00:00, negative before.
    pub seconds: i64,
    /// Nanoseconds into that second, below 1,000,000,000.
    pub nanos: u32,
}

impl Date {
    /// The date of a year, month (1 to 12) and day. `None` where there is no such day.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        if !(1..=length).contains(&day) || !(-9_999..=9_999).contains(&year) {
            return None;
        }
        // Howard Hinnant's days_from_civil: years start in March, so that a leap day is the last day.
        let year = i64::from(year) - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year =
            (153 * (i64::from(month) + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(day) - 1;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
        i32::try_from(days).ok().map(|days| Self { days })
    }

    /// Year, month (1 to 12) and day.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]
    pub fn ymd(self) -> (i32, u32, u32) {
        /// Eras of 400 years before the first one, so that nothing is negative.
        const ERAS: i64 = 15_000;
        // Neri and Schneider's algorithm: quarters of days, and the quotient and the remainder of a
        // division from the two halves of one product. Years start in March here too.
        let quarters = 4 * (i64::from(self.days) + 719_468 + ERAS * 146_097) as u64 + 3;
        let century = (quarters / 146_097) as i64;
        let of_century = (quarters % 146_097) | 3;
        let scaled = of_century * 2_939_745;
        let of_year = scaled as u32 / 2_939_745 / 4;
        let months = 2_141 * of_year + 197_913;
        let (month, day) = (months >> 16, (months & 0xffff) / 2_141 + 1);
        let next_year = of_year >= 306;
        let year = century * 100 + (scaled >> 32) as i64 - ERAS * 400 + i64::from(next_year);
        (year as i32, if next_year { month - 12 } else { month }, day)
    }

    /// Reads `2026-01-31`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return None;
        }
        let year = number(&bytes[..4])?;
        Self::new(i32::try_from(year).ok()?, number(&bytes[5..7])?, number(&bytes[8..10])?)
    }
}

impl Time {
    /// Reads `12:30`, `12:30:05` and `12:30:05.123456789`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() < 5 || bytes[2] != b':' {
            return None;
        }
        let (hour, minute) = (number(&bytes[..2])?, number(&bytes[3..5])?);
        let (second, nanos) = match bytes.get(5..) {
            None | Some([]) => (0, 0),
            Some([b':', a, b]) => (number(&[*a, *b])?, 0),
            Some([b':', a, b, b'.', fraction @ ..]) => (number(&[*a, *b])?, fraction_nanos(fraction)?),
            _ => return None,
        };
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let seconds = u64::from(hour * 3_600 + minute * 60 + second);
        Some(Self { nanos: seconds * u64::from(NANOS) + u64::from(nanos) })
    }
}

impl Moment {
    /// The present moment in UTC, cut to microseconds: what every database can store.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            nanos: since.subsec_micros() * 1_000,
        }
    }

    /// The start of a day.
    pub fn midnight(date: Date) -> Self {
        Self { seconds: i64::from(date.days) * DAY, nanos: 0 }
    }

    /// The calendar date of this moment.
    pub fn date(self) -> Date {
        Date { days: i32::try_from(self.seconds.div_euclid(DAY)).unwrap_or(i32::MAX) }
    }

    /// The time of day of this moment.
    pub fn time(self) -> Time {
        let seconds = self.seconds.rem_euclid(DAY).unsigned_abs();
        Time { nanos: seconds * u64::from(NANOS) + u64::from(self.nanos) }
    }

    /// Reads ISO 8601: `2026-01-31`, `2026-01-31 12:30:05`, `2026-01-31T12:30:05.123Z`,
    /// `2026-01-31 12:30:05+02:00`. An offset is taken off; without one the text is as it stands.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let date = Date::parse(text.get(..10)?)?;
        if bytes.len() == 10 {
            return Some(Self::midnight(date));
        }
        if !matches!(bytes[10], b' ' | b'T' | b't') {
            return None;
        }
        let rest = text.get(11..)?;
        let (clock, offset) = match rest.find(['Z', 'z', '+', '-']) {
            None => (rest, 0),
            Some(at) => (rest.get(..at)?, offset_seconds(rest.get(at..)?)?),
        };
        let time = Time::parse(clock)?;
        let seconds = i64::try_from(time.nanos / u64::from(NANOS)).ok()?;
        let nanos = u32::try_from(time.nanos % u64::from(NANOS)).ok()?;
        Some(Self { seconds: i64::from(date.days) * DAY + seconds - offset, nanos })
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0u32, |n, digit| digit.is_ascii_digit().then(|| n * 10 + u32::from(digit - b'0')))
}

fn fraction_nanos(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    Some(number(digits)? * 10u32.pow(9 - u32::try_from(digits.len()).ok()?))
}

fn offset_seconds(text: &str) -> Option<i64> {
    let sign = match text.as_bytes() {
        [b'Z' | b'z'] => return Some(0),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    let (hours, minutes) = match &text.as_bytes()[1..] {
        [a, b] => (number(&[*a, *b])?, 0),
        [a, b, b':', c, d] | [a, b, c, d] => (number(&[*a, *b])?, number(&[*c, *d])?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then(|| sign * i64::from(hours * 3_600 + minutes * 60))
}

/// `2026-01-31`
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// `12:30:05`, with as many of 3, 6 or 9 further digits as are needed.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.nanos / u64::from(NANOS);
        write!(f, "{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)?;
        match self.nanos % u64::from(NANOS) {
            0 => Ok(()),
            nanos if nanos % 1_000_000 == 0 => write!(f, ".{:03}", nanos / 1_000_000),
            nanos if nanos % 1_000 == 0 => write!(f, ".{:06}", nanos / 1_000),
            nanos => write!(f, ".{nanos:09}"),
        }
    }
}

/// `2026-01-31 12:30:05.123`: sorts as text in the order of time.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.date(), self.time())
    }
}

#[cfg(test)]
mod tests {
    use super::{Date, Moment, Time};

    #[test]
    fn dates_go_there_and_back() {
        for days in (-800_000..800_000).step_by(97) {
            let date = Date { days };
            let (year, month, day) = date.ymd();
            assert_eq!(Date::new(year, month, day), Some(date));
        }
        assert_eq!(Date::parse("1970-01-01"), Some(Date { days: 0 }));
        assert_eq!(Date { days: i32::MIN }.ymd(), (-5_877_641, 6, 23));
        assert_eq!(Date { days: i32::MAX }.ymd(), (5_881_580, 7, 11));
        assert_eq!(Date::parse("2000-02-29").unwrap().to_string(), "2000-02-29");
        for text in
            ["2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "20260101", "", "2026-01-3x", "ä026-01-1"]
        {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn moments_are_read_in_every_usual_form() {
        let noon = Moment::parse("2026-01-31 12:00:00").unwrap();
        for text in [
            "2026-01-31T12:00:00Z",
            "2026-01-31 14:00:00+02:00",
            "2026-01-31 07:30-0430",
            "2026-01-31T12:00:00.000",
        ] {
            assert_eq!(Moment::parse(text), Some(noon), "{text}");
        }
        for text in ["2026-01-31 12:00:00.5", "1969-12-31 23:59:59.123456", "0001-01-01 00:00:00.123456789"] {
            let read = Moment::parse(text).unwrap();
            assert_eq!(Moment::parse(&read.to_string()), Some(read), "{text}");
        }
        for text in [
            "2026-01-31 24:00:00",
            "2026-01-31x12:00",
            "2026-01-31 12",
            "2026-01-31 12:00:00+25",
            "now",
            "2026-01-31 12:00:00.",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn times_keep_their_digits() {
        for text in ["00:00:00", "23:59:59.999", "12:30:05.000001", "12:30:05.000000001"] {
            assert_eq!(Time::parse(text).unwrap().to_string(), text);
        }
    }
}
