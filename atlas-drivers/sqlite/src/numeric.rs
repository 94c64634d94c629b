//! Decimal numbers that are stored as text: how they compare and add up.

use std::cmp::Ordering;

use atlas_core::value::Numeric;

/// Compares two texts as decimal numbers of any length. Texts that are no numbers come after all that
/// are, in the order of their bytes.
pub(crate) fn compare(left: &str, right: &str) -> Ordering {
    match (Decimal::read(left), Decimal::read(right)) {
        (Some(a), Some(b)) => a.compare(&b),
        (None, None) => match (left.parse::<Numeric>(), right.parse::<Numeric>()) {
            (Ok(a), Ok(b)) => a.compare(b),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => left.cmp(right),
        },
        (Some(_), None) => match right.parse::<Numeric>() {
            Ok(b) => compare(left, &b.to_string()),
            Err(_) => Ordering::Less,
        },
        (None, Some(_)) => compare(right, left).reverse(),
    }
}

/// The digits of a decimal without an exponent, without zeros that do not count.
struct Decimal<'t> {
    negative: bool,
    whole: &'t [u8],
    fraction: &'t [u8],
}

impl<'t> Decimal<'t> {
    fn read(text: &'t str) -> Option<Self> {
        let text = text.as_bytes();
        let (negative, digits) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let point = digits.iter().position(|byte| *byte == b'.').unwrap_or(digits.len());
        let (whole, fraction) = digits.split_at_checked(point)?;
        let fraction = fraction.get(1..).unwrap_or_default();
        let all_digits = whole.iter().chain(fraction).all(u8::is_ascii_digit);
        if !all_digits || whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let whole =
            whole.iter().position(|byte| *byte != b'0').and_then(|at| whole.get(at..)).unwrap_or_default();
        let counting = fraction.iter().rposition(|byte| *byte != b'0').map_or(0, |at| at + 1);
        let fraction = fraction.get(..counting).unwrap_or_default();
        let negative = negative && !(whole.is_empty() && fraction.is_empty());
        Some(Self { negative, whole, fraction })
    }

    fn compare(&self, other: &Self) -> Ordering {
        let size = || {
            let whole = self.whole.len().cmp(&other.whole.len()).then_with(|| self.whole.cmp(other.whole));
            whole.then_with(|| self.fraction.cmp(other.fraction))
        };
        match (self.negative, other.negative) {
            (false, false) => size(),
            (true, true) => size().reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

/// The digits of an average or a quotient.
const DIGITS: u32 = 28;

/// A quotient of up to 28 digits after those of the operands, rounded half away from zero, without
/// zeros at its end that the operands do not have. `None` for a division by zero or one that has more
/// digits than a decimal holds.
pub(crate) fn divide(dividend: Numeric, divisor: Numeric) -> Option<Numeric> {
    if divisor.unscaled() == 0 {
        return None;
    }
    let negative = (dividend.unscaled() < 0) != (divisor.unscaled() < 0);
    let (mut rest, by) = (dividend.unscaled().unsigned_abs(), divisor.unscaled().unsigned_abs());
    let mut quotient = rest / by;
    rest %= by;
    let mut scale = i32::from(dividend.scale()) - i32::from(divisor.scale());
    // One digit after the other: until it comes out even, or there are enough of them.
    while scale < 0 || (rest > 0 && quotient < 10u128.pow(DIGITS - 1) && scale < 38) {
        let Some(tenfold) = rest.checked_mul(10) else { break };
        quotient = quotient.checked_mul(10)?.checked_add(tenfold / by)?;
        rest = tenfold % by;
        scale += 1;
    }
    if rest >= by - rest {
        quotient = quotient.checked_add(1)?;
    }
    let kept = i32::from(dividend.scale());
    while scale > kept && quotient % 10 == 0 {
        quotient /= 10;
        scale -= 1;
    }
    let unscaled = i128::try_from(quotient).ok()?;
    Some(Numeric::new(if negative { -unscaled } else { unscaled }, u8::try_from(scale).ok()?))
}

pub(crate) fn multiply(left: Numeric, right: Numeric) -> Option<Numeric> {
    let unscaled = left.unscaled().checked_mul(right.unscaled())?;
    let scale = left.scale().checked_add(right.scale()).filter(|scale| *scale <= 38)?;
    Some(Numeric::new(unscaled, scale))
}

pub(crate) fn negate(number: Numeric) -> Option<Numeric> {
    Some(Numeric::new(number.unscaled().checked_neg()?, number.scale()))
}

/// What is left of a division that is cut to a whole number.
pub(crate) fn remainder(left: Numeric, right: Numeric) -> Option<Numeric> {
    let scale = left.scale().max(right.scale());
    let at_scale = |number: Numeric| {
        let zeros = u32::from(scale.checked_sub(number.scale())?);
        number.unscaled().checked_mul(10i128.checked_pow(zeros)?)
    };
    Some(Numeric::new(at_scale(left)?.checked_rem(at_scale(right)?)?, scale))
}

#[cfg(test)]
mod tests {
    use super::{Numeric, compare, divide, multiply, remainder};

    fn number(text: &str) -> Numeric {
        text.parse().unwrap()
    }

    #[test]
    fn texts_compare_as_numbers() {
        let rising = [
            "-123456789012345678901234567890123456789012345678901.5",
            "-10",
            "-9.99",
            "-0.1",
            "0",
            "0.09",
            "0.1",
            "0.11",
            "1",
            "9.5",
            "10",
            "100.000001",
            "1e3",
            "1000.5",
            "123456789012345678901234567890123456789012345678901.5",
            "",
            "abc",
            "b",
        ];
        for (at, left) in rising.iter().enumerate() {
            for (other, right) in rising.iter().enumerate() {
                assert_eq!(compare(left, right), at.cmp(&other), "{left} {right}");
            }
        }
        for (left, right) in [("1.0", "1"), ("-0", "0.00"), ("007", "7."), ("+.50", "0.5"), ("1e3", "1000")] {
            assert!(compare(left, right).is_eq(), "{left} {right}");
        }
    }

    #[test]
    fn quotients_keep_their_digits() {
        for (left, right, quotient) in [
            ("1", "3", "0.3333333333333333333333333333"),
            ("2", "3", "0.6666666666666666666666666667"),
            ("10.00", "4", "2.50"),
            ("-1", "8", "-0.125"),
            ("1.50", "0.5", "3.0"),
            ("0.00", "7", "0.00"),
        ] {
            assert!(
                divide(number(left), number(right)).unwrap().compare(number(quotient)).is_eq(),
                "{left} / {right}"
            );
        }
        assert_eq!(divide(number("1"), number("0")), None);
        assert_eq!(multiply(number("1.5"), number("-0.02")), Some(number("-0.030")));
        assert_eq!(remainder(number("7.5"), number("-2")), Some(number("1.5")));
    }
}
