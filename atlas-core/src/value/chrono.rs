//! `chrono` types as columns.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

use crate::{
    error::{Error, Result},
    value::{
        Attribute, ColumnType, Date, HasDate, HasTime, Moment, Stamp, Time, Value, ValueRef, attribute::unfit,
    },
};

fn moment(value: ValueRef<'_>) -> Option<Moment> {
    match value {
        ValueRef::Timestamp(moment) | ValueRef::DateTime(moment) => Some(moment),
        ValueRef::Date(date) => Some(Moment::midnight(date)),
        ValueRef::Text(text) => Moment::parse(text),
        ValueRef::I64(seconds) => Some(Moment { seconds, nanos: 0 }),
        _ => None,
    }
}

#[inline]
fn from_utc(at: DateTime<Utc>) -> Moment {
    // A leap second's nanos reach 2e9: databases have no leap seconds, so it counts as the next second.
    let nanos = at.timestamp_subsec_nanos();
    Moment { seconds: at.timestamp() + i64::from(nanos / 1_000_000_000), nanos: nanos % 1_000_000_000 }
}

#[diagnostic::do_not_recommend]
impl Attribute for DateTime<Utc> {
    type Base = Self;
    const TYPE: ColumnType = ColumnType::Timestamp;

    #[inline]
    fn encode(&self) -> Value {
        Value::Timestamp(from_utc(*self))
    }

    #[inline]
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match moment(value).and_then(|at| DateTime::from_timestamp(at.seconds, at.nanos)) {
            Some(at) => Ok(at),
            None => Err(unfit("point in time", value)),
        }
    }
}

#[diagnostic::do_not_recommend]
impl Attribute for NaiveDateTime {
    type Base = Self;
    const TYPE: ColumnType = ColumnType::DateTime;

    fn encode(&self) -> Value {
        Value::DateTime(from_utc(self.and_utc()))
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        moment(value)
            .and_then(|at| DateTime::from_timestamp(at.seconds, at.nanos))
            .map(|at| at.naive_utc())
            .ok_or_else(|| Error::decode("date and time", value))
    }
}

#[diagnostic::do_not_recommend]
impl Attribute for NaiveDate {
    type Base = Self;
    const TYPE: ColumnType = ColumnType::Date;

    fn encode(&self) -> Value {
        let days = self.signed_duration_since(NaiveDate::default()).num_days();
        Value::Date(Date { days: i32::try_from(days).unwrap_or(i32::MAX) })
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        let date = match value {
            ValueRef::Date(date) => Some(date),
            ValueRef::Text(text) => Moment::parse(text).map(Moment::date),
            ValueRef::DateTime(at) | ValueRef::Timestamp(at) => Some(at.date()),
            _ => None,
        };
        date.and_then(|date| TimeDelta::try_days(i64::from(date.days)))
            .and_then(|days| NaiveDate::default().checked_add_signed(days))
            .ok_or_else(|| Error::decode("date", value))
    }
}

#[diagnostic::do_not_recommend]
impl Attribute for NaiveTime {
    type Base = Self;
    const TYPE: ColumnType = ColumnType::Time;

    fn encode(&self) -> Value {
        let nanos = u64::from(self.nanosecond()).min(999_999_999);
        Value::Time(Time { nanos: u64::from(self.num_seconds_from_midnight()) * 1_000_000_000 + nanos })
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        let time = match value {
            ValueRef::Time(time) => Some(time),
            ValueRef::Text(text) => Time::parse(text),
            _ => None,
        };
        time.and_then(|time| {
            let seconds = u32::try_from(time.nanos / 1_000_000_000).ok()?;
            NaiveTime::from_num_seconds_from_midnight_opt(
                seconds,
                u32::try_from(time.nanos % 1_000_000_000).ok()?,
            )
        })
        .ok_or_else(|| Error::decode("time of day", value))
    }
}

#[diagnostic::do_not_recommend]
impl Stamp for DateTime<Utc> {}
#[diagnostic::do_not_recommend]
impl Stamp for NaiveDateTime {}

macro_rules! parts {
    ($($type:ty => $trait:ident $part:ident $of:ty;)*) => { $(
        #[diagnostic::do_not_recommend]
        impl $trait for $type {
            type $part = $of;
        }
    )* };
}
parts! {
    NaiveDate => HasDate Date NaiveDate;
    NaiveDateTime => HasDate Date NaiveDate;
    DateTime<Utc> => HasDate Date NaiveDate;
    NaiveTime => HasTime Time NaiveTime;
    NaiveDateTime => HasTime Time NaiveTime;
    DateTime<Utc> => HasTime Time NaiveTime;
}
