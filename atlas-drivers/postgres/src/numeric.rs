//! Decimals in the server's binary form: groups of four digits, a weight, a sign and a scale.

use atlas_core::value::Numeric;

/// What a decimal's bytes say.
pub(crate) enum Read {
    /// A number.
    Number(Numeric),
    /// NaN or an infinity, or a number of too many digits.
    Not(&'static str),
}

const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xc000;
const INFINITY: u16 = 0xd000;
const MINUS_INFINITY: u16 = 0xf000;

/// Reads a decimal. `None` where the bytes are none.
pub(crate) fn read(bytes: &[u8]) -> Option<Read> {
    let mut words = bytes.chunks_exact(2).map(|pair| match pair {
        [a, b] => u16::from_be_bytes([*a, *b]),
        _ => 0,
    });
    let count = words.next()?;
    let weight = i32::from(words.next()?.cast_signed());
    let sign = words.next()?;
    let scale = i32::from(words.next()?);
    match sign {
        NAN => return Some(Read::Not("NaN")),
        INFINITY => return Some(Read::Not("Infinity")),
        MINUS_INFINITY => return Some(Read::Not("-Infinity")),
        _ => {}
    }
    let digits: &[u8] = bytes.get(8..8 + usize::from(count) * 2)?;
    let unscaled = unscaled(digits, weight, scale).map(|number| (number, scale)).or_else(|| {
        // Zeros at the end may be what makes it too long.
        let least = least_scale(digits, weight).min(scale);
        unscaled(digits, weight, least).map(|number| (number, least))
    });
    let Some((number, scale)) = unscaled else { return Some(Read::Not("a number of more than 38 digits")) };
    let number = if sign == NEGATIVE { -number } else { number };
    Some(match u8::try_from(scale) {
        Ok(scale) if scale <= 38 => Read::Number(Numeric::new(number, scale)),
        _ => Read::Not("a number of more than 38 digits"),
    })
}

/// The number without its point, where it has so many digits after it.
fn unscaled(digits: &[u8], weight: i32, scale: i32) -> Option<i128> {
    if !(0..=38).contains(&scale) {
        return None;
    }
    let mut number: i128 = 0;
    let mut exponent = weight.checked_mul(4)?.checked_add(scale)?;
    for pair in digits.chunks_exact(2) {
        let [a, b] = pair else { break };
        let digit = i128::from(u16::from_be_bytes([*a, *b]));
        if digit != 0 {
            let part = match u32::try_from(exponent) {
                Ok(places) => digit.checked_mul(10i128.checked_pow(places)?)?,
                // The last group may go on behind the scale, with zeros.
                Err(_) => digit / 10i128.checked_pow(exponent.unsigned_abs())?,
            };
            number = number.checked_add(part)?;
        }
        exponent -= 4;
    }
    Some(number)
}

/// How many digits after the point it takes to write the number.
fn least_scale(digits: &[u8], weight: i32) -> i32 {
    let mut groups = digits.chunks_exact(2).map(|pair| match pair {
        [a, b] => u16::from_be_bytes([*a, *b]),
        _ => 0,
    });
    let Some(last) = groups.by_ref().collect::<Vec<_>>().iter().rposition(|group| *group != 0) else {
        return 0;
    };
    let group = digits.chunks_exact(2).nth(last).map_or(0, |pair| match pair {
        [a, b] => u16::from_be_bytes([*a, *b]),
        _ => 0,
    });
    let zeros = [1_000, 100, 10].iter().position(|power| group % power == 0).map_or(0, |at| 3 - at);
    let last = i32::try_from(last).unwrap_or(i32::MAX);
    let zeros = i32::try_from(zeros).unwrap_or(0);
    ((last - weight).saturating_mul(4) - zeros).max(0)
}

/// Writes a decimal.
pub(crate) fn write(number: Numeric, out: &mut Vec<u8>) {
    let scale = i32::from(number.scale());
    let mut rest = number.unscaled().unsigned_abs();
    // The digits are put into groups of four that begin at the point.
    let behind = scale.div_euclid(4) + i32::from(scale.rem_euclid(4) != 0);
    let fill = u32::try_from(behind * 4 - scale).unwrap_or(0);
    let mut groups = [0u16; 12];
    let mut count = 0;
    let mut push = |group: u128| {
        if let Some(place) = groups.get_mut(count) {
            *place = u16::try_from(group).unwrap_or(0);
            count += 1;
        }
    };
    if rest > 0 {
        // The first group may have fewer digits of the number.
        let power = 10u128.pow(4 - fill);
        push(rest % power * 10u128.pow(fill));
        rest /= power;
        while rest > 0 {
            push(rest % 10_000);
            rest /= 10_000;
        }
    }
    let groups = groups.get(..count).unwrap_or_default();
    let zeros = groups.iter().take_while(|group| **group == 0).count();
    let kept = groups.get(zeros..).unwrap_or_default();
    let short = |number: i64| i16::try_from(number).unwrap_or(0);
    let weight = short(i64::try_from(count).unwrap_or(0) - i64::from(behind) - 1);
    out.extend(short(i64::try_from(kept.len()).unwrap_or(0)).to_be_bytes());
    out.extend(if kept.is_empty() { 0 } else { weight }.to_be_bytes());
    out.extend(if number.unscaled() < 0 { NEGATIVE } else { 0 }.to_be_bytes());
    out.extend(short(i64::from(scale)).to_be_bytes());
    for group in kept.iter().rev() {
        out.extend(group.to_be_bytes());
    }
}

/// Writes what is no number.
pub(crate) fn write_special(number: f64, out: &mut Vec<u8>) {
    let sign = match number {
        number if number.is_nan() => NAN,
        number if number > 0.0 => INFINITY,
        _ => MINUS_INFINITY,
    };
    for word in [0, 0, sign, 0] {
        out.extend(word.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use atlas_core::value::Numeric;

    use super::{Read, read, write};

    #[test]
    fn numbers_go_there_and_back() {
        for unscaled in
            [0, 1, -1, 9_999, 10_000, 10_001, 123_456_789, -1_000_000, i128::MAX / 10, i128::MIN / 10]
        {
            for scale in [0, 1, 2, 3, 4, 5, 7, 8, 28, 38] {
                let number = Numeric::new(unscaled, scale);
                let mut bytes = Vec::new();
                write(number, &mut bytes);
                let Some(Read::Number(found)) = read(&bytes) else { panic!("{number}") };
                assert_eq!(found, number);
            }
        }
    }

    #[test]
    fn zeros_at_the_end_do_not_make_a_number_too_long() {
        // 1 with 60 digits after the point, as an average has.
        let bytes = [0, 1, 0, 0, 0, 0, 0, 60, 0, 1];
        let Some(Read::Number(found)) = read(&bytes) else { panic!() };
        assert_eq!(found, Numeric::new(1, 0));
        assert!(read(&[0, 1]).is_none());
    }
}
