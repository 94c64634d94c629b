//! Casts that are ready: for `#[cast(with = ..)]`.

#[cfg(feature = "chrono")]
use std::marker::PhantomData;
use std::{fmt::Display, str::FromStr};

use crate::{
    error::{Error, Result},
    value::{Cast, ColumnType, Value, ValueRef},
};

/// Whatever is written as text and read from text: addresses, URLs, versions, and numbers in a column of texts.
///
/// ```
/// use atlas_core::{Cast, casts, value::{Value, ValueRef}};
/// use std::net::IpAddr;
///
/// let local: IpAddr = casts::Text::decode(ValueRef::Text("127.0.0.1"))?;
/// assert_eq!(<casts::Text as Cast<IpAddr>>::encode(&local), Value::from("127.0.0.1"));
/// # Ok::<(), atlas_core::Error>(())
/// ```
pub struct Text(());

#[diagnostic::do_not_recommend]
impl<T: Display + FromStr + Send + Sync + 'static> Cast<T> for Text {
    const TYPE: ColumnType = ColumnType::Text;

    fn encode(value: &T) -> Value {
        Value::Text(value.to_string())
    }

    fn decode(value: ValueRef<'_>) -> Result<T> {
        let read = text(value).and_then(|text| text.parse().ok());
        read.ok_or_else(|| Error::decode("text that can be read as the field's type", value))
    }
}

/// A `Vec` as one text with commas between: `red,green`. A comma in an item is written as `\,`, a backslash as `\\`.
///
/// ```
/// use atlas_core::{Cast, casts, value::{Value, ValueRef}};
///
/// let sizes: Vec<i32> = casts::Commas::decode(ValueRef::Text("36, 38,40"))?;
/// assert_eq!(sizes, [36, 38, 40]);
/// assert_eq!(<casts::Commas as Cast<Vec<i32>>>::encode(&sizes), Value::from("36,38,40"));
/// # Ok::<(), atlas_core::Error>(())
/// ```
pub struct Commas(());

#[diagnostic::do_not_recommend]
impl<T: Display + FromStr + Send + Sync + 'static> Cast<Vec<T>> for Commas {
    const TYPE: ColumnType = ColumnType::Text;

    fn encode(value: &Vec<T>) -> Value {
        let items = value.iter().map(|item| item.to_string().replace('\\', "\\\\").replace(',', "\\,"));
        let text = items.collect::<Vec<_>>().join(",");
        // One empty text would be no text at all, which is the empty list.
        Value::Text(if text.is_empty() && !value.is_empty() { LONE.to_owned() } else { text })
    }

    fn decode(value: ValueRef<'_>) -> Result<Vec<T>> {
        let unfit = || Error::decode("items with commas between, each of which can be read", value);
        let items = items(text(value).ok_or_else(unfit)?);
        // Lists that people wrote have spaces behind the commas, which belong to no number, and to some texts.
        let read = |item: String| item.parse().or_else(|_| item.trim().parse()).map_err(|_| unfit());
        items.into_iter().map(read).collect()
    }
}

/// A list of one empty text: a backslash before nothing, which is written for nothing else.
const LONE: &str = "\\";

fn items(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    if text == LONE {
        return vec![String::new()];
    }
    let (mut items, mut item) = (Vec::new(), String::new());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => item.push(characters.next_if(|next| matches!(next, ',' | '\\')).unwrap_or('\\')),
            ',' => items.push(std::mem::take(&mut item)),
            _ => item.push(character),
        }
    }
    items.push(item);
    items
}

/// A truth value in a column of texts: written as `true` and `false`, read from `true`, `1`, `on`, `yes` and `false`, `0`,
/// `off`, `no`, in any case.
pub struct Truth(());

#[diagnostic::do_not_recommend]
impl Cast<bool> for Truth {
    const TYPE: ColumnType = ColumnType::Text;

    fn encode(value: &bool) -> Value {
        value.to_string().into()
    }

    fn decode(value: ValueRef<'_>) -> Result<bool> {
        let read = match value {
            ValueRef::Bool(truth) => Some(truth),
            ValueRef::I64(number @ (0 | 1)) => Some(number == 1),
            _ => text(value).and_then(|text| match &*text.trim().to_ascii_lowercase() {
                "true" | "1" | "on" | "yes" => Some(true),
                "false" | "0" | "off" | "no" => Some(false),
                _ => None,
            }),
        };
        read.ok_or_else(|| Error::decode("true, 1, on, yes, false, 0, off or no", value))
    }
}

/// A decimal number with this many digits behind the point: more are rounded, a half away from zero, fewer are filled up
/// with zeros. `9.9` is `9.90` on the record that was read, where it is shown and where it is serialized.
#[cfg(feature = "decimal")]
pub struct Scale<const DIGITS: u32>(());

#[cfg(feature = "decimal")]
#[diagnostic::do_not_recommend]
impl<const DIGITS: u32> Cast<rust_decimal::Decimal> for Scale<DIGITS> {
    const TYPE: ColumnType = ColumnType::Numeric;

    fn encode(value: &rust_decimal::Decimal) -> Value {
        crate::value::Attribute::encode(&scaled::<DIGITS>(*value))
    }

    fn decode(value: ValueRef<'_>) -> Result<rust_decimal::Decimal> {
        crate::value::Attribute::decode(value).map(scaled::<DIGITS>)
    }
}

#[cfg(feature = "decimal")]
fn scaled<const DIGITS: u32>(number: rust_decimal::Decimal) -> rust_decimal::Decimal {
    let rounding = rust_decimal::RoundingStrategy::MidpointAwayFromZero;
    let mut scaled = number.round_dp_with_strategy(DIGITS, rounding);
    scaled.rescale(DIGITS);
    scaled
}

/// A UUID as its 16 bytes, in databases and tables that keep it so.
#[cfg(feature = "uuid")]
pub struct Bytes(());

#[cfg(feature = "uuid")]
#[diagnostic::do_not_recommend]
impl Cast<uuid::Uuid> for Bytes {
    const TYPE: ColumnType = ColumnType::Bytes;

    fn encode(value: &uuid::Uuid) -> Value {
        Value::Bytes(value.as_bytes().to_vec())
    }

    fn decode(value: ValueRef<'_>) -> Result<uuid::Uuid> {
        crate::value::Attribute::decode(value)
    }
}

/// A point in time as the seconds since 1970, as an integer. What is finer than a second is cut off.
#[cfg(feature = "chrono")]
pub struct Seconds(());

/// A point in time as the milliseconds since 1970, as an integer. What is finer is cut off.
#[cfg(feature = "chrono")]
pub struct Millis(());

#[cfg(feature = "chrono")]
macro_rules! since_1970 {
    ($($cast:ident $write:ident $read:path),*) => { $(
        #[diagnostic::do_not_recommend]
        impl Cast<chrono::DateTime<chrono::Utc>> for $cast {
            const TYPE: ColumnType = ColumnType::I64;

            fn encode(value: &chrono::DateTime<chrono::Utc>) -> Value {
                Value::I64(value.$write())
            }

            fn decode(value: ValueRef<'_>) -> Result<chrono::DateTime<chrono::Utc>> {
                let since: i64 = crate::value::Attribute::decode(value)?;
                $read(since).ok_or_else(|| Error::decode("point in time, counted from 1970", value))
            }
        }
    )* };
}
#[cfg(feature = "chrono")]
since_1970!(
    Seconds timestamp from_seconds,
    Millis timestamp_millis chrono::DateTime::from_timestamp_millis
);

#[cfg(feature = "chrono")]
fn from_seconds(seconds: i64) -> Option<chrono::DateTime<chrono::Utc>> {
    chrono::DateTime::from_timestamp(seconds, 0)
}

/// A date, a time, or a date and time, as text of the format `F`.
///
/// ```
/// use atlas_core::{Cast, casts::{Format, Formatted}, types::chrono::NaiveDate, value::{Value, ValueRef}};
///
/// struct Swiss;
/// impl Format for Swiss {
///     const FORMAT: &'static str = "%d.%m.%Y";
/// }
///
/// let day: NaiveDate = Formatted::<Swiss>::decode(ValueRef::Text("24.12.2026"))?;
/// assert_eq!(<Formatted<Swiss> as Cast<NaiveDate>>::encode(&day), Value::from("24.12.2026"));
/// # Ok::<(), atlas_core::Error>(())
/// ```
///
/// Texts are compared and ordered as texts: a column by which rows are found between two dates has to be a date, or has the year
/// first.
#[cfg(feature = "chrono")]
pub struct Formatted<F>(PhantomData<fn() -> F>);

/// How [`Formatted`] writes dates and times.
#[cfg(feature = "chrono")]
pub trait Format: 'static {
    /// In the letters of `chrono`'s `strftime`: `%d.%m.%Y %H:%M`.
    const FORMAT: &'static str;
}

#[cfg(feature = "chrono")]
macro_rules! formatted {
    ($($type:ty: $read:expr;)*) => { $(
        #[diagnostic::do_not_recommend]
        impl<F: Format> Cast<$type> for Formatted<F> {
            const TYPE: ColumnType = ColumnType::Text;

            fn encode(value: &$type) -> Value {
                let mut text = String::new();
                // A format that is none, which reading will say.
                if std::fmt::Write::write_fmt(&mut text, format_args!("{}", value.format(F::FORMAT))).is_err() {
                    text = value.to_string();
                }
                Value::Text(text)
            }

            fn decode(value: ValueRef<'_>) -> Result<$type> {
                let read: fn(&str, &str) -> Option<$type> = $read;
                text(value).and_then(|text| read(text, F::FORMAT)).ok_or_else(|| Error::decode(F::FORMAT, value))
            }
        }
    )* };
}
#[cfg(feature = "chrono")]
formatted! {
    chrono::NaiveDate: |text, format| chrono::NaiveDate::parse_from_str(text, format).ok();
    chrono::NaiveTime: |text, format| chrono::NaiveTime::parse_from_str(text, format).ok();
    chrono::NaiveDateTime: |text, format| chrono::NaiveDateTime::parse_from_str(text, format).ok();
    chrono::DateTime<chrono::Utc>: |text, format| {
        let naive = chrono::NaiveDateTime::parse_from_str(text, format).map(|at| at.and_utc()).ok();
        let zoned = || chrono::DateTime::parse_from_str(text, format).ok().map(|at| at.to_utc());
        zoned().or(naive)
    };
}

const fn text(value: ValueRef<'_>) -> Option<&str> {
    match value {
        ValueRef::Text(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Cast, Commas, Truth, Value, ValueRef};

    #[test]
    fn lists_come_back_as_they_went() {
        for list in [
            &[][..],
            &[""],
            &["", ""],
            &["a"],
            &["a,b", "c"],
            &["\\"],
            &["a\\", ",b"],
            &["\\,", "\\\\,,"],
            &[" a ", "b"],
        ] {
            let list: Vec<String> = list.iter().map(|item| (*item).to_owned()).collect();
            let written = Commas::encode(&list);
            assert_eq!(<Commas as Cast<Vec<String>>>::decode(written.as_ref()).unwrap(), list, "{written:?}");
        }
        let windows: Vec<String> = Commas::decode(ValueRef::Text("C:\\temp,D:")).unwrap();
        assert_eq!(windows, ["C:\\temp", "D:"]);
        let error = <Commas as Cast<Vec<i32>>>::decode(ValueRef::Text("1,x")).unwrap_err();
        assert!(error.to_string().contains("1,x"), "{error}");
    }

    #[test]
    fn truths_in_many_words() {
        let read = |text| Truth::decode(ValueRef::Text(text)).ok();
        assert!(["true", "1", "ON", "Yes"].into_iter().all(|text| read(text) == Some(true)));
        assert!(["false", "0", "off", " no "].into_iter().all(|text| read(text) == Some(false)));
        assert_eq!((read("maybe"), read("")), (None, None));
        assert_eq!(Truth::encode(&true), Value::from("true"));
    }
}
