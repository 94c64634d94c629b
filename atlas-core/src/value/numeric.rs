use std::{fmt, str::FromStr};

/// An exact decimal number, `unscaled × 10^-scale`: what travels for decimal columns.
///
/// Equality is of the representation: `1.0` and `1.00` differ, as they do when written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Numeric {
    // Two halves, so that a `Value` needs no alignment of 16 and stays at 32 bytes.
    high: i64,
    low: u64,
    scale: u8,
}

/// A text that is no decimal number of at most 38 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number of at most 38 digits")]
pub struct NotNumeric;

impl Numeric {
    /// The number `unscaled × 10^-scale`.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub const fn new(unscaled: i128, scale: u8) -> Self {
        Self { high: (unscaled >> 64) as i64, low: unscaled as u64, scale }
    }

    /// The digits, without the point.
    pub const fn unscaled(self) -> i128 {
        ((self.high as i128) << 64) | self.low as i128
    }

    /// How many of the digits stand after the point.
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// The integer that it is. `None` where something stands after the point.
    pub fn to_integer(self) -> Option<i128> {
        let unit = 10i128.checked_pow(u32::from(self.scale))?;
        (self.unscaled() % unit == 0).then_some(self.unscaled() / unit)
    }

    /// The nearest floating point number.
    pub fn to_f64(self) -> f64 {
        self.unscaled() as f64 / 10f64.powi(i32::from(self.scale))
    }

    /// The decimal number that a floating point number is written as: `0.1` for `0.1`.
    ///
    /// `None` for infinities, NaN and numbers of more than 38 digits.
    pub fn from_f64(number: f64) -> Option<Self> {
        number.to_string().parse().ok()
    }

    /// The sum, on the larger scale. `None` where it has more than 38 digits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let unscaled = self.rescaled(scale)?.checked_add(other.rescaled(scale)?)?;
        Some(Self::new(unscaled, scale))
    }

    /// Compares the numbers, whatever their scales.
    pub fn compare(self, other: Self) -> std::cmp::Ordering {
        let scale = self.scale.max(other.scale);
        match (self.rescaled(scale), other.rescaled(scale)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => self.to_f64().total_cmp(&other.to_f64()),
        }
    }

    /// The same number without zeros at the end of its fraction.
    pub(crate) fn normalized(self) -> Self {
        let (mut unscaled, mut scale) = (self.unscaled(), self.scale);
        while scale > 0 && unscaled % 10 == 0 {
            (unscaled, scale) = (unscaled / 10, scale - 1);
        }
        Self::new(unscaled, scale)
    }

    fn rescaled(self, scale: u8) -> Option<i128> {
        10i128.checked_pow(u32::from(scale.checked_sub(self.scale)?))?.checked_mul(self.unscaled())
    }
}

/// Reads `-12.50` and `1.2e-3`.
impl FromStr for Numeric {
    type Err = NotNumeric;

    fn from_str(text: &str) -> Result<Self, NotNumeric> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| NotNumeric)?),
            None => (text, 0),
        };
        let (negative, digits) = match mantissa.as_bytes() {
            [b'-', ..] => (true, &mantissa[1..]),
            [b'+', ..] => (false, &mantissa[1..]),
            _ => (false, mantissa),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return Err(NotNumeric);
        }
        let mut unscaled: i128 = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            if !digit.is_ascii_digit() {
                return Err(NotNumeric);
            }
            unscaled = unscaled
                .checked_mul(10)
                .and_then(|n| n.checked_add(i128::from(digit - b'0')))
                .ok_or(NotNumeric)?;
        }
        let scale =
            i32::try_from(fraction.len()).ok().and_then(|n| n.checked_sub(exponent)).ok_or(NotNumeric)?;
        let (unscaled, scale) = match u32::try_from(-i64::from(scale)) {
            Ok(zeros) => {
                (10i128.checked_pow(zeros).and_then(|p| p.checked_mul(unscaled)).ok_or(NotNumeric)?, 0)
            }
            Err(_) => (unscaled, scale),
        };
        let scale = u8::try_from(scale).ok().filter(|scale| *scale <= 38).ok_or(NotNumeric)?;
        Ok(Self::new(if negative { -unscaled } else { unscaled }, scale))
    }
}

impl fmt::Display for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = usize::from(self.scale);
        let digits = format!("{:0>width$}", self.unscaled().unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let sign = if self.unscaled() < 0 { "-" } else { "" };
        if fraction.is_empty() { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use super::Numeric;

    #[test]
    fn reads_what_it_writes() {
        for text in ["0", "0.99", "-0.05", "12345678901234567890.123456789", "100", "-7"] {
            assert_eq!(text.parse::<Numeric>().unwrap().to_string(), text);
        }
        for (text, read) in [("1.5e3", "1500"), ("12e-3", "0.012"), ("+.5", "0.5"), ("5.", "5")] {
            assert_eq!(text.parse::<Numeric>().unwrap().to_string(), read);
        }
        for text in ["", ".", "-", "1.2.3", "1e", "x", "1e99", "123456789012345678901234567890123456789012"] {
            assert!(text.parse::<Numeric>().is_err(), "{text}");
        }
    }

    #[test]
    fn adds_and_compares_across_scales() {
        let number = |text: &str| text.parse::<Numeric>().unwrap();
        assert_eq!(number("0.1").checked_add(number("0.25")), Some(number("0.35")));
        assert!(number("1.0").compare(number("1.00")).is_eq());
        assert!(number("-2").compare(number("1.5")).is_lt());
        assert_eq!(Numeric::from_f64(0.1), Some(number("0.1")));
        assert_eq!(Numeric::from_f64(f64::NAN), None);
        assert_eq!([number("-7.00").to_integer(), number("7.5").to_integer()], [Some(-7), None]);
    }
}
