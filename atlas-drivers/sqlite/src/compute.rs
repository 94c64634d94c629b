//! What is computed of texts, numbers, dates and times as other databases compute it: SQLite's own functions
//! know the letters of ASCII alone, and have decimals and dates as texts.

use std::borrow::Cow;

use atlas_core::{
    statement::{DatePart, Function, TimeUnit},
    value::{ColumnType, Date, Moment, Numeric, Time},
};
use atlas_sql::common_function;
use rusqlite::{
    Connection, Error, Result,
    functions::{Context, FunctionFlags},
    types::{Value, ValueRef},
};

use crate::{cast, json, numeric};

/// How a function is written whose first argument has this type.
pub(crate) fn function(function: Function, of: Option<ColumnType>) -> Option<&'static str> {
    let float = matches!(of, Some(ColumnType::F32 | ColumnType::F64 | ColumnType::Numeric));
    Some(match function {
        Function::Lower => "atlas_lower({0})",
        Function::Upper => "atlas_upper({0})",
        Function::Length => "LENGTH({0})",
        Function::Concat => "(({0}) || ({1}))",
        Function::Substring => "SUBSTR({0}, {1}, {2})",
        Function::Left => "SUBSTR({0}, 1, {1})",
        Function::Right => "atlas_right({0}, {1})",
        Function::Position => "INSTR({0}, {1})",
        Function::PadStart => "atlas_pad_start({0}, {1}, {2})",
        Function::PadEnd => "atlas_pad_end({0}, {1}, {2})",
        Function::Reverse => "atlas_reverse({0})",
        Function::Repeat => "atlas_repeat({0}, {1})",
        Function::Abs if of == Some(ColumnType::Numeric) => "atlas_abs({0})",
        Function::Round if float => "atlas_round({0}, {1})",
        Function::Ceil if float => "atlas_ceil({0})",
        Function::Floor if float => "atlas_floor({0})",
        Function::Power => "atlas_power({0}, {1})",
        Function::Sqrt => "atlas_sqrt({0})",
        Function::Sign => "atlas_sign({0})",
        Function::ToInteger => "CAST({0} AS INTEGER)",
        Function::ToFloat => "CAST({0} AS REAL)",
        Function::ToText => "CAST({0} AS TEXT)",
        Function::BitAnd => "(({0}) & ({1}))",
        Function::BitOr => "(({0}) | ({1}))",
        Function::BitXor => "((({0}) | ({1})) - (({0}) & ({1})))",
        Function::BitNot | Function::ShiftLeft if of == Some(ColumnType::U64) => return None,
        Function::BitNot => "(~({0}))",
        Function::ShiftLeft => "(({0}) << ({1}))",
        Function::ShiftRight => "(({0}) >> ({1}))",
        Function::ArrayContains => "atlas_array('contains', {0}, {1})",
        Function::ArrayContainedBy => "atlas_array('contains', {1}, {0})",
        Function::ArrayOverlaps => "atlas_array('overlaps', {0}, {1})",
        Function::ArrayLength => "JSON_ARRAY_LENGTH({0})",
        Function::ArrayAppend => "atlas_array('append', {0}, {1})",
        Function::ArrayToJson => "{0}",
        Function::Shuffle => "atlas_shuffle({0}, {1})",
        Function::Cast(ColumnType::I64) => "CAST(atlas_read('integer', {0}) AS INTEGER)",
        Function::Cast(ColumnType::F64) => "CAST(atlas_read('float', {0}) AS REAL)",
        Function::Cast(ColumnType::Numeric) => "atlas_read('decimal', {0})",
        Function::Cast(ColumnType::Date) => "atlas_read('date', {0})",
        Function::Cast(ColumnType::Time) => "atlas_read('time', {0})",
        Function::Cast(ColumnType::DateTime | ColumnType::Timestamp) => "atlas_read('moment', {0})",
        Function::Cast(ColumnType::Text) => "atlas_written({0})",
        Function::Part(part) => match part {
            DatePart::Year => "atlas_part('year', {0})",
            DatePart::Month => "atlas_part('month', {0})",
            DatePart::Day => "atlas_part('day', {0})",
            DatePart::Hour => "atlas_part('hour', {0})",
            DatePart::Minute => "atlas_part('minute', {0})",
            DatePart::Second => "atlas_part('second', {0})",
            DatePart::Weekday => "atlas_part('weekday', {0})",
            DatePart::DayOfYear => "atlas_part('day_of_year', {0})",
        },
        Function::Date => "atlas_date({0})",
        Function::Time => "atlas_time({0})",
        Function::Truncate(unit) => match unit {
            TimeUnit::Year => "atlas_truncate('year', {0})",
            TimeUnit::Month => "atlas_truncate('month', {0})",
            TimeUnit::Week => "atlas_truncate('week', {0})",
            TimeUnit::Day => "atlas_truncate('day', {0})",
            TimeUnit::Hour => "atlas_truncate('hour', {0})",
            TimeUnit::Minute => "atlas_truncate('minute', {0})",
            TimeUnit::Second => "atlas_truncate('second', {0})",
        },
        Function::Plus(unit) => match unit {
            TimeUnit::Year => "atlas_plus('year', {0}, {1})",
            TimeUnit::Month => "atlas_plus('month', {0}, {1})",
            TimeUnit::Week => "atlas_plus('week', {0}, {1})",
            TimeUnit::Day => "atlas_plus('day', {0}, {1})",
            TimeUnit::Hour => "atlas_plus('hour', {0}, {1})",
            TimeUnit::Minute => "atlas_plus('minute', {0}, {1})",
            TimeUnit::Second => "atlas_plus('second', {0}, {1})",
        },
        Function::SecondsSince => "atlas_seconds_since({0}, {1})",
        Function::Now => "STRFTIME('%Y-%m-%d %H:%M:%f', 'now')",
        other => return common_function(other, of),
    })
}

type Computed = fn(&Context<'_>) -> Result<Option<Value>>;

/// Gives a connection what [`function`] writes. Of NULL, each is NULL.
///
/// # Errors
///
/// SQLite's, which has no reason for one.
pub(crate) fn register(connection: &Connection) -> Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    let functions: [(&str, i32, Computed); 24] = [
        ("atlas_lower", 1, |all| changed(all, |text| text.chars().map(lower).collect())),
        ("atlas_upper", 1, |all| changed(all, |text| text.chars().map(upper).collect())),
        ("atlas_reverse", 1, |all| changed(all, |text| text.chars().rev().collect())),
        ("atlas_right", 2, |all| {
            let from = |text: &str| text.chars().count().saturating_sub(count(all, 1));
            changed(all, |text| text.chars().skip(from(text)).collect())
        }),
        ("atlas_repeat", 2, |all| {
            let (Some(text), times) = (text(all, 0), count(all, 1)) else { return Ok(None) };
            fits(text.len().checked_mul(times))?;
            Ok(Some(text.repeat(times).into()))
        }),
        ("atlas_pad_start", 3, |all| padded(all, true)),
        ("atlas_pad_end", 3, |all| padded(all, false)),
        ("atlas_abs", 1, |all| {
            rounded(all, |number| Some(if number.unscaled() < 0 { numeric::negate(number)? } else { number }))
        }),
        ("atlas_round", 2, |all| {
            let digits = u8::try_from(count(all, 1)).unwrap_or(u8::MAX);
            rounded(all, |number| round(number, digits, Half::AwayFromZero))
        }),
        ("atlas_ceil", 1, |all| rounded(all, |number| round(number, 0, Half::Up))),
        ("atlas_floor", 1, |all| rounded(all, |number| round(number, 0, Half::Down))),
        ("atlas_power", 2, |all| match (float(all, 0)?, float(all, 1)?) {
            (Some(base), Some(exponent)) => {
                let power = base.powf(exponent);
                if power.is_finite() {
                    Ok(Some(power.into()))
                } else {
                    Err(failed("a power that is no number, or too large"))
                }
            }
            _ => Ok(None),
        }),
        ("atlas_sqrt", 1, |all| {
            Ok(float(all, 0)?.filter(|number| *number >= 0.0).map(|number| number.sqrt().into()))
        }),
        ("atlas_sign", 1, |all| {
            let sign = |number: f64| if number > 0.0 { 1 } else { -i64::from(number < 0.0) };
            Ok(float(all, 0)?.map(|number| sign(number).into()))
        }),
        ("atlas_shuffle", 2, |all| match (text(all, 0), text(all, 1)) {
            (Some(seed), Some(key)) => Ok(Some(shuffled(&seed, &key).into())),
            _ => Ok(None),
        }),
        ("atlas_array", 3, |all| match (text(all, 0), text(all, 1), text(all, 2)) {
            (Some(question), Some(one), Some(other)) => json::array(&question, &one, &other),
            _ => Ok(None),
        }),
        ("atlas_read", 2, |all| match (text(all, 0), text(all, 1)) {
            (Some(kind), Some(text)) => Ok(cast::read(&kind, &text).map(Into::into)),
            _ => Ok(None),
        }),
        ("atlas_written", 1, |all| {
            Ok(point(all, 0).map(|point| {
                let text = point.text();
                text.split_once('.').map_or(text.clone(), |(whole, _)| whole.to_owned()).into()
            }))
        }),
        ("atlas_part", 2, |all| {
            let (Some(part), Some(point)) = (text(all, 0), point(all, 1)) else { return Ok(None) };
            Ok(Some(point.part(&part).into()))
        }),
        ("atlas_date", 1, |all| Ok(point(all, 0).map(|point| point.moment().date().to_string().into()))),
        ("atlas_time", 1, |all| Ok(point(all, 0).map(|point| point.moment().time().to_string().into()))),
        ("atlas_truncate", 2, |all| {
            let (Some(unit), Some(point)) = (text(all, 0), point(all, 1)) else { return Ok(None) };
            Ok(point.truncated(&unit).map(|point| point.text().into()))
        }),
        ("atlas_plus", 3, |all| {
            let (Some(unit), Some(point)) = (text(all, 0), point(all, 1)) else { return Ok(None) };
            let Some(number) = all.get::<Option<i64>>(2)? else { return Ok(None) };
            match point.plus(number, &unit) {
                Some(point) => Ok(Some(point.text().into())),
                None => Err(failed("a date outside of the years 0 to 9999")),
            }
        }),
        ("atlas_seconds_since", 2, |all| {
            let (Some(one), Some(other)) = (point(all, 0), point(all, 1)) else { return Ok(None) };
            let (one, other) = (one.moment(), other.moment());
            let nanos = i64::from(one.nanos) - i64::from(other.nanos);
            #[allow(clippy::cast_precision_loss)]
            Ok(Some(((one.seconds - other.seconds) as f64 + nanos as f64 / 1e9).into()))
        }),
    ];
    for (name, arguments, computed) in functions {
        connection.create_scalar_function(name, arguments, flags, computed)?;
    }
    Ok(())
}

fn failed(message: &str) -> Error {
    Error::UserFunctionError(message.into())
}

fn text<'c>(all: &'c Context<'_>, index: usize) -> Option<Cow<'c, str>> {
    crate::functions::as_text(all.get_raw(index))
}

fn changed(all: &Context<'_>, change: impl FnOnce(&str) -> String) -> Result<Option<Value>> {
    Ok(text(all, 0).map(|text| change(&text).into()))
}

/// A number of characters, digits or times.
fn count(all: &Context<'_>, index: usize) -> usize {
    all.get::<i64>(index).ok().and_then(|number| usize::try_from(number).ok()).unwrap_or(0)
}

/// The longest text that SQLite holds.
fn fits(bytes: Option<usize>) -> Result<()> {
    if bytes.is_some_and(|bytes| bytes <= 1_000_000_000) {
        Ok(())
    } else {
        Err(failed("string or blob too big"))
    }
}

/// As databases do it, a character for a character.
fn lower(character: char) -> char {
    let mut all = character.to_lowercase();
    if all.len() == 1 { all.next().unwrap_or(character) } else { character }
}

fn upper(character: char) -> char {
    let mut all = character.to_uppercase();
    if all.len() == 1 { all.next().unwrap_or(character) } else { character }
}

fn padded(all: &Context<'_>, at_start: bool) -> Result<Option<Value>> {
    let (Some(text), Some(with)) = (text(all, 0), text(all, 2)) else { return Ok(None) };
    let (length, wanted) = (text.chars().count(), count(all, 1));
    fits(wanted.checked_mul(4))?;
    if length >= wanted || with.is_empty() {
        return Ok(Some(text.chars().take(wanted).collect::<String>().into()));
    }
    let filling: String = with.chars().cycle().take(wanted - length).collect();
    let padded = if at_start { filling + &text } else { text.into_owned() + &filling };
    Ok(Some(padded.into()))
}

fn float(all: &Context<'_>, index: usize) -> Result<Option<f64>> {
    #[allow(clippy::cast_precision_loss)]
    match all.get_raw(index) {
        ValueRef::Null => Ok(None),
        ValueRef::Integer(number) => Ok(Some(number as f64)),
        ValueRef::Real(number) => Ok(Some(number)),
        _ => match text(all, index).and_then(|text| text.trim().parse().ok()) {
            Some(number) => Ok(Some(number)),
            None => Err(failed("a number column holds something that is no number")),
        },
    }
}

/// A number made of another, of its own kind: a float is what it is written as, so that 1.005 is 1.005.
fn rounded(all: &Context<'_>, round: impl FnOnce(Numeric) -> Option<Numeric>) -> Result<Option<Value>> {
    let value = all.get_raw(0);
    if let ValueRef::Real(number) = value {
        let rounded = Numeric::from_f64(number).and_then(round).map(Numeric::to_f64);
        // What is too large for a decimal has no digits after its point.
        return Ok(Some(rounded.unwrap_or(number).into()));
    }
    let Some(number) = crate::functions::read(all, 0)? else { return Ok(None) };
    match round(number) {
        Some(rounded) => Ok(Some(rounded.to_string().into())),
        None => Err(crate::functions::too_long()),
    }
}

/// Where a number goes whose digits are cut.
#[derive(Clone, Copy, PartialEq)]
enum Half {
    AwayFromZero,
    Up,
    Down,
}

fn round(number: Numeric, digits: u8, half: Half) -> Option<Numeric> {
    if number.scale() <= digits {
        return Some(number);
    }
    let unit = 10_i128.checked_pow(u32::from(number.scale() - digits))?;
    let (whole, rest) = (number.unscaled().div_euclid(unit), number.unscaled().rem_euclid(unit));
    let up = match half {
        Half::Up => rest > 0,
        Half::Down => false,
        // Below zero, the rest counts from the number that is farther away.
        Half::AwayFromZero if number.unscaled() < 0 => rest > unit / 2,
        Half::AwayFromZero => rest >= unit - unit / 2,
    };
    Some(Numeric::new(whole + i128::from(up), digits))
}

/// FNV-1a, stirred at the end, so that keys that follow each other do not. As a text, whose bytes are in no order
/// that the keys know.
fn shuffled(seed: &str, key: &str) -> String {
    let start: u64 = 0xcbf2_9ce4_8422_2325;
    let hash = seed
        .bytes()
        .chain([0])
        .chain(key.bytes())
        .fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    format!("{:016x}", hash ^ (hash >> 33))
}

/// What a date, a time or both are stored as.
#[derive(Clone, Copy)]
enum Point {
    Date(Date),
    Time(Time),
    Moment(Moment),
}

fn point(all: &Context<'_>, index: usize) -> Option<Point> {
    let text = text(all, index)?;
    if text.len() == 10 {
        return Date::parse(&text).map(Point::Date);
    }
    if text.as_bytes().get(2) == Some(&b':') {
        return Time::parse(&text).map(Point::Time);
    }
    Moment::parse(&text).map(Point::Moment)
}

impl Point {
    fn moment(self) -> Moment {
        match self {
            Self::Date(date) => Moment::midnight(date),
            Self::Time(time) => Moment {
                seconds: i64::try_from(time.nanos / 1_000_000_000).unwrap_or(0),
                nanos: u32::try_from(time.nanos % 1_000_000_000).unwrap_or(0),
            },
            Self::Moment(moment) => moment,
        }
    }

    fn text(self) -> String {
        match self {
            Self::Date(date) => date.to_string(),
            Self::Time(time) => time.to_string(),
            Self::Moment(moment) => moment.to_string(),
        }
    }

    fn part(self, part: &str) -> i64 {
        let moment = self.moment();
        let date = moment.date();
        let (year, month, day) = date.ymd();
        let of_day = moment.seconds.rem_euclid(86_400);
        match part {
            "year" => year.into(),
            "month" => month.into(),
            "day" => day.into(),
            "hour" => of_day / 3_600,
            "minute" => of_day / 60 % 60,
            "second" => of_day % 60,
            "weekday" => weekday(date),
            _ => Date::new(year, 1, 1).map_or(0, |first| i64::from(date.days - first.days) + 1),
        }
    }

    /// The same kind of point at a date, with this time of day.
    fn at(self, date: Date, time: Moment) -> Self {
        match self {
            Self::Date(_) => Self::Date(date),
            _ => Self::Moment(Moment {
                seconds: Moment::midnight(date).seconds + time.seconds.rem_euclid(86_400),
                nanos: time.nanos,
            }),
        }
    }

    fn truncated(self, unit: &str) -> Option<Self> {
        let moment = self.moment();
        let date = moment.date();
        let (year, month, _) = date.ymd();
        let midnight = Moment { seconds: 0, nanos: 0 };
        let cut =
            |seconds: i64| Moment { seconds: moment.seconds - moment.seconds.rem_euclid(seconds), nanos: 0 };
        Some(match unit {
            "year" => self.at(Date::new(year, 1, 1)?, midnight),
            "month" => self.at(Date::new(year, month, 1)?, midnight),
            "week" => {
                let monday = i64::from(date.days) + 1 - weekday(date);
                self.at(Date { days: i32::try_from(monday).ok()? }, midnight)
            }
            "day" => self.at(date, midnight),
            "hour" => Self::Moment(cut(3_600)),
            "minute" => Self::Moment(cut(60)),
            _ => Self::Moment(cut(1)),
        })
    }

    /// `None` where there is no such date.
    fn plus(self, number: i64, unit: &str) -> Option<Self> {
        let moment = self.moment();
        let seconds = match unit {
            "year" => return self.months_later(number.checked_mul(12)?),
            "month" => return self.months_later(number),
            "week" => 7 * 86_400,
            "day" => 86_400,
            "hour" => 3_600,
            "minute" => 60,
            _ => 1,
        };
        let seconds = moment.seconds.checked_add(number.checked_mul(seconds)?)?;
        let later = Moment { seconds, nanos: moment.nanos };
        let days = i32::try_from(seconds.div_euclid(86_400)).ok()?;
        let (year, ..) = Date { days }.ymd();
        (0..=9_999).contains(&year).then(|| self.at(Date { days }, later))
    }

    fn months_later(self, months: i64) -> Option<Self> {
        let moment = self.moment();
        let (year, month, day) = moment.date().ymd();
        let all = i64::from(year).checked_mul(12)?.checked_add(i64::from(month) - 1)?.checked_add(months)?;
        let year = i32::try_from(all.div_euclid(12)).ok().filter(|year| (0..=9_999).contains(year))?;
        let month = u32::try_from(all.rem_euclid(12)).ok()? + 1;
        let date = (28..=day.max(28)).rev().find_map(|last| Date::new(year, month, day.min(last)))?;
        Some(self.at(date, moment))
    }
}

/// From 1, a Monday. The first of January 1970 was a Thursday.
fn weekday(date: Date) -> i64 {
    (i64::from(date.days) + 3).rem_euclid(7) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Numeric {
        text.parse().unwrap()
    }

    #[test]
    fn halves_go_away_from_zero() {
        for (from, digits, to) in [
            ("2.5", 0, "3"),
            ("-2.5", 0, "-3"),
            ("2.4", 0, "2"),
            ("-2.4", 0, "-2"),
            ("1.005", 2, "1.01"),
            ("-0.05", 1, "-0.1"),
            ("7", 2, "7"),
        ] {
            assert_eq!(round(number(from), digits, Half::AwayFromZero).unwrap().to_string(), to, "{from}");
        }
        assert_eq!(round(number("-2.5"), 0, Half::Up).unwrap().to_string(), "-2");
        assert_eq!(round(number("-2.5"), 0, Half::Down).unwrap().to_string(), "-3");
    }

    #[test]
    fn months_end_where_they_end() {
        let date = |text: &str| Point::Date(Date::parse(text).unwrap());
        for (from, months, to) in [
            ("2024-01-31", 1, "2024-02-29"),
            ("2023-01-31", 1, "2023-02-28"),
            ("2024-03-31", -1, "2024-02-29"),
            ("2024-05-31", 1, "2024-06-30"),
            ("2024-01-15", -13, "2022-12-15"),
        ] {
            assert_eq!(date(from).plus(months, "month").unwrap().text(), to);
        }
        assert_eq!(date("2024-02-29").plus(1, "year").unwrap().text(), "2025-02-28");
        assert!(date("9999-12-31").plus(1, "day").is_none());
        assert!(date("2024-01-01").plus(i64::MAX, "year").is_none());
        assert_eq!(weekday(Date::parse("2026-11-22").unwrap()), 7);
    }
}
