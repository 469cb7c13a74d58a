//! Instants as services write them.

use std::time::Duration;

use crate::time::Timestamp;

/// Reads an RFC 3339 date and time; a fraction beyond the microsecond is cut off. `None` where it is none.
pub fn rfc3339(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_at_checked(10)?;
    let [year, month, day] = numbers(date, b'-', [4, 2, 2])?;
    let (time, rest) = rest.strip_prefix(['T', 't', ' '])?.split_at_checked(8)?;
    let [hour, minute, second] = numbers(time, b':', [2, 2, 2])?;
    let (micros, zone) = match rest.strip_prefix('.') {
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (fraction, zone) = rest.split_at_checked(digits)?;
            let digit = |at: usize| fraction.as_bytes().get(at).map_or(0, |digit| i64::from(digit - b'0'));
            ((digits > 0).then(|| (0..6).fold(0, |sum, at| sum * 10 + digit(at)))?, zone)
        }
        None => (0, rest),
    };
    let offset = match zone {
        "Z" | "z" => 0,
        _ => {
            let (sign, zone) = zone.split_at_checked(1)?;
            let [hours, minutes] = numbers(zone, b':', [2, 2])?;
            let offset = (hours < 24 && minutes < 60).then_some(hours * 3600 + minutes * 60)?;
            match sign {
                "+" => offset,
                "-" => -offset,
                _ => return None,
            }
        }
    };
    let seconds = seconds([year, month, day], [hour, minute, second])? - offset;
    Timestamp::from_seconds(seconds).map(|whole| whole.saturating_add(Duration::from_micros(micros as u64)))
}

/// A time in words, in UTC and to the second: `2026-11-24 13:05:00 UTC`.
pub fn utc(at: Timestamp) -> String {
    let (days, second) = (at.as_seconds().div_euclid(86_400), at.as_seconds().rem_euclid(86_400));
    // The civil calendar from days since 0000-03-01, where each leap day ends a year (H. Hinnant's algorithm).
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year_of_era + next_year;
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC", second / 3600, second / 60 % 60, second % 60)
}

/// Numbers of so many digits each, with this byte between them.
fn numbers<const N: usize>(text: &str, between: u8, digits: [usize; N]) -> Option<[i64; N]> {
    let mut bytes = text.bytes();
    let mut found = [0; N];
    for (index, (number, digits)) in found.iter_mut().zip(digits).enumerate() {
        if index > 0 && bytes.next() != Some(between) {
            return None;
        }
        for _ in 0..digits {
            let digit = bytes.next().filter(u8::is_ascii_digit)?;
            *number = *number * 10 + i64::from(digit - b'0');
        }
    }
    bytes.next().is_none().then_some(found)
}

/// Seconds since the epoch of a date of the Gregorian calendar. A leap second counts as the second after it.
fn seconds([year, month, day]: [i64; 3], [hour, minute, second]: [i64; 3]) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=days).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Years that begin in March have the leap day at their end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days =
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day;
    /// From the first of March of the year 0, less the day that is counted from 1, to the epoch.
    const EPOCH: i64 = 719_469;
    Some((days - EPOCH) * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> Option<i64> {
        rfc3339(text).map(|at| (at.as_seconds_f64() * 1e6).round() as i64)
    }

    #[test]
    fn reads_what_aws_and_google_write() {
        assert_eq!(micros("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(micros("2024-06-20T12:13:13Z"), Some(1_718_885_593_000_000));
        assert_eq!(micros("2024-06-20T12:13:13.250Z"), Some(1_718_885_593_250_000));
        assert_eq!(micros("2024-06-20T14:13:13.1234567+02:00"), Some(1_718_885_593_123_456));
        assert_eq!(micros("2024-06-20t11:43:13-00:30"), Some(1_718_885_593_000_000));
        assert_eq!(micros("2000-02-29T23:59:60Z"), Some(951_868_800_000_000));
        assert_eq!(rfc3339("0001-01-01T00:00:00Z"), Some(Timestamp::MIN));
        assert_eq!(rfc3339("9999-12-31T23:59:59Z").map(Timestamp::as_seconds), Some(253_402_300_799));
    }

    /// Day by day through four centuries, against counting.
    #[test]
    fn the_calendar_has_no_gap() {
        let mut expected = -11_676_096_000; // 1600-01-01
        for year in 1600..2000 {
            for month in 1..=12 {
                for day in 1..=31 {
                    if let Some(at) = seconds([year, month, day], [0, 0, 0]) {
                        assert_eq!(at, expected, "{year}-{month}-{day}");
                        expected += 86_400;
                    }
                }
            }
        }
        assert_eq!(expected, 946_684_800);
    }

    #[test]
    fn reads_no_other_text() {
        for text in [
            "",
            "2024-06-20",
            "2024-06-20T12:13:13",
            "2024-06-20T12:13:13ZZ",
            "2024-06-20T12:13:13.Z",
            "2024-13-20T12:13:13Z",
            "2023-02-29T12:13:13Z",
            "2024-06-31T12:13:13Z",
            "2024-06-20T24:13:13Z",
            "2024-06-20T12:60:13Z",
            "2024-06-20T12:13:61Z",
            "2024-06-20T12:13:13+24:00",
            "2024-06-20T12:13:13+00:60",
            "2024-06-20T12:13:13*02:00",
            "2024-06-20T12:13:1\u{e9}",
            "0000-01-01T00:00:00Z",
            "+024-06-20T12:13:13Z",
            "1718885593",
        ] {
            assert_eq!(rfc3339(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_time_in_words_is_read_back() {
        assert_eq!(utc(Timestamp::from_seconds(1_718_889_193).unwrap()), "2024-06-20 13:13:13 UTC");
        for seconds in
            (-62_000_000_000..253_402_300_799).step_by(7_777_777_777).chain([0, -1, 951_782_400, 253_402_300_799])
        {
            let at = Timestamp::from_seconds(seconds).unwrap();
            assert_eq!(rfc3339(&utc(at).replace(" UTC", "Z")), Some(at), "{seconds}");
        }
    }

    /// Leap days shift the days around them, so a wrong count of leap days shows there first.
    #[test]
    fn february_ends_and_march_begins_in_every_year_of_four_centuries() {
        for year in 1900..2301 {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            for day in [if leap { "02-29" } else { "02-28" }, "03-01", "12-31", "01-01"] {
                let at = rfc3339(&format!("{year}-{day}T00:00:00Z")).unwrap();
                assert_eq!(utc(at), format!("{year}-{day} 00:00:00 UTC"));
            }
        }
    }
}
