//! Texts read as numbers, dates and times, to the letter: SQLite's own CAST takes what a text begins with.

use atlas_core::value::{Date, Moment, Numeric, Time};

/// How the value is stored that a text stands for; `None` where it stands for none.
pub(crate) fn read(kind: &str, text: &str) -> Option<String> {
    match kind {
        "integer" => {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            (is_number(digits, 1..=18)).then(|| text.to_owned())
        }
        "float" => is_float(text).then(|| text.to_owned()),
        "decimal" => {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
            let fits = is_number(whole, 1..=18) && is_number(fraction, 1..=10);
            let number: Option<Numeric> = text.strip_prefix('+').unwrap_or(text).parse().ok();
            number.filter(|_| fits).map(|number| number.to_string())
        }
        "date" => date(text).map(|date| date.to_string()),
        "time" => time(text).map(|time| time.to_string()),
        _ => {
            let text = text.strip_suffix('Z').unwrap_or(text);
            let (day, of_day) = text.split_once(['T', ' '])?;
            let (date, time) = (date(day)?, time(of_day)?);
            let seconds = i64::try_from(time.nanos / 1_000_000_000).ok()?;
            let nanos = u32::try_from(time.nanos % 1_000_000_000).ok()?;
            Some(Moment { seconds: Moment::midnight(date).seconds + seconds, nanos }.to_string())
        }
    }
}

fn is_number(digits: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_float(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (digits, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    is_number(whole, 1..=18) && is_number(fraction, 1..=18) && is_number(exponent, 1..=2)
}

/// As in `2024-02-29`, from the year 1 on.
fn date(text: &str) -> Option<Date> {
    let form = text.len() == 10 && !text.starts_with("0000") && !text.starts_with(['+', '-']);
    form.then(|| Date::parse(text)).flatten()
}

/// As in `23:59`, `23:59:58` and `23:59:58.765432`.
fn time(text: &str) -> Option<Time> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let form = match whole.len() {
        5 => whole.len() == text.len(),
        8 => is_number(fraction, 1..=6),
        _ => false,
    };
    let parts: Vec<&str> = whole.split(':').collect();
    if !form || !parts.iter().all(|part| is_number(part, 2..=2)) {
        return None;
    }
    Time::parse(text)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn texts_are_read_to_the_letter() {
        for (kind, text, value) in [
            ("integer", "-12", Some("-12")),
            ("integer", "1.0", None),
            ("integer", "", None),
            ("integer", "1234567890123456789", None),
            ("float", "1e5", Some("1e5")),
            ("float", ".5", None),
            ("float", "inf", None),
            ("decimal", "+1.50", Some("1.50")),
            ("decimal", "1.", None),
            ("date", "2023-02-29", None),
            ("date", "2024-02-29", Some("2024-02-29")),
            ("time", "24:00", None),
            ("time", "7:00", None),
            ("moment", "2024-02-29T23:59Z", Some("2024-02-29 23:59:00")),
            ("moment", "2024-02-29", None),
        ] {
            assert_eq!(read(kind, text).as_deref(), value, "{kind} {text}");
        }
    }
}
