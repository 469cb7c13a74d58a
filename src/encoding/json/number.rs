//! Numbers, read exactly: as instants, and as whole numbers.

use crate::time::Timestamp;

/// The rounding of the part of a timestamp that is shorter than a microsecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To the earlier microsecond, for what ends at the instant.
    Down,
    /// To the later microsecond, for what begins at it.
    Up,
}

/// The instant that a JSON number means.
///
/// Done in integers, so that no date near a boundary moves by the rounding of a float.
pub(super) fn numeric_date(text: &str, rounding: Rounding) -> Option<Timestamp> {
    /// As many as any whole number of seconds in the calendar has, and few enough for 64 bits.
    const WHOLE: usize = 12;
    if text.len() <= WHOLE && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Timestamp::from_seconds(text.bytes().fold(0, |sum, digit| 10 * sum + i64::from(digit - b'0')));
    }
    // In microseconds; what is left over is for rounding.
    let Scaled { negative, magnitude: micros, rest } = scaled(text, 6)?;
    // Without its sign a number was cut towards zero, which is down only above zero.
    Timestamp::from_micros(match (negative, rounding) {
        (false, Rounding::Down) => micros,
        (false, Rounding::Up) => micros.checked_add(i64::from(rest))?,
        (true, Rounding::Down) => -micros - i64::from(rest),
        (true, Rounding::Up) => -micros,
    })
}

/// The whole number that a JSON number means, however it is written: `1`, `1.0` and `10e-1` are one number, as they are to
/// `JSON.parse`. `None` for a fraction, and beyond 64 bits.
pub(super) fn whole_number(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| {
        let Scaled { negative, magnitude, rest } = scaled(text, 0)?;
        (!rest).then_some(if negative { -magnitude } else { magnitude })
    })
}

/// A number times a power of ten, cut towards zero.
struct Scaled {
    negative: bool,
    magnitude: i64,
    /// Whether something was cut.
    rest: bool,
}

/// Multiplies the number by ten to the power of `shift`.
fn scaled(text: &str, shift: i32) -> Option<Scaled> {
    /// More digits than 64 bits have; reached only by leading zeros of a fraction or by absurd magnitudes.
    const DIGITS: usize = 64;
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    // An exponent that does not fit is refused, and zero times it is not worth a special case.
    let point = exponent.parse::<i32>().ok()?.checked_add(i32::try_from(whole.len()).ok()?)?.checked_add(shift)?;
    let digits = whole.bytes().chain(fraction.bytes());
    // The digits before `point` count; any digit after it that is not zero is cut.
    let (mut magnitude, mut rest) = (0i64, false);
    let length = i32::try_from(whole.len() + fraction.len()).ok()?;
    for (index, digit) in (0i32..).zip(digits) {
        if index < point {
            magnitude = magnitude.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
        } else {
            rest |= digit != b'0';
        }
    }
    if magnitude != 0 {
        for _ in 0..usize::try_from(point - length).unwrap_or(0).min(DIGITS) {
            magnitude = magnitude.checked_mul(10)?;
        }
    }
    Some(Scaled { negative, magnitude, rest })
}

#[cfg(test)]
mod tests {
    use super::super::Document;
    use super::*;

    fn date(text: &str) -> Option<i64> {
        let document = Document::parse(text.as_bytes()).expect("a number");
        let micros = |rounding| Some((document.root().as_timestamp(rounding)?.as_seconds_f64() * 1e6).round() as i64);
        let down = micros(Rounding::Down);
        assert!(micros(Rounding::Up).is_none_or(|up| (0..=1).contains(&(up - down.unwrap_or(up)))), "{text}");
        down
    }

    #[test]
    fn numeric_dates_are_exact() {
        assert_eq!(date("1718885593"), Some(1_718_885_593_000_000));
        assert_eq!(date("1718885593.25"), Some(1_718_885_593_250_000));
        assert_eq!(date("1.718885593e9"), Some(1_718_885_593_000_000));
        assert_eq!(date("1718885593000E-3"), Some(1_718_885_593_000_000));
        assert_eq!(date("0.00000199"), Some(1));
        assert_eq!(date("-0.0000001"), Some(-1));
        assert_eq!(date("-1.5"), Some(-1_500_000));
        assert_eq!(date("0e999"), Some(0));
        assert_eq!(date("1e-999"), Some(0));
        assert_eq!(date("1e2"), Some(100_000_000));
        let up = |text: &str| Document::parse(text.as_bytes()).unwrap().root().as_timestamp(Rounding::Up);
        assert_eq!(up("1.0000005"), Timestamp::from_micros(1_000_001));
        assert_eq!(up("1.000000"), Timestamp::from_micros(1_000_000));
        assert_eq!(up("-1.0000005"), Timestamp::from_micros(-1_000_000));
    }

    #[test]
    fn a_whole_number_is_one_however_it_is_written() {
        for text in ["1", "1.0", "1e0", "10e-1", "0.1E1", "1.000000000000000000000000000000"] {
            assert_eq!(whole_number(text), Some(1), "{text}");
        }
        for (text, number) in [
            ("0", 0),
            ("-0", 0),
            ("-0.0", 0),
            ("0e99", 0),
            ("-7", -7),
            ("-70e-1", -7),
            ("9007199254740991", 9_007_199_254_740_991),
            // Not the number that a float would make of it.
            ("9007199254740993", 9_007_199_254_740_993),
            ("9.007199254740993e15", 9_007_199_254_740_993),
        ] {
            assert_eq!(whole_number(text), Some(number), "{text}");
        }
        for text in
            ["1.5", "1e-1", "1.0000000000000000001", "-0.1", "1e19", "1e400", "18446744073709551616", "1e99999999999"]
        {
            assert_eq!(whole_number(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_beyond_the_calendar_are_no_dates() {
        for text in ["1e20", "1e400", "-1e300", "253402300800", "99999999999999999999", "1e99999999999", "-62135596801"]
        {
            assert_eq!(date(text), None, "{text}");
        }
        assert_eq!(date("253402300799"), Some(253_402_300_799_000_000));
        assert_eq!(Document::parse(b"\"1718885593\"").unwrap().root().as_timestamp(Rounding::Down), None);
    }
}
