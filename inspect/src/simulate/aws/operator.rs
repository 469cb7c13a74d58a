//! The condition operators of IAM.
//!
//! Source: the IAM user guide, "Condition operators" and "Multivalued context keys".

use std::cmp::Ordering;

use countersign::time::Timestamp;

use crate::simulate::pattern::{Pattern, Syntax};

/// How the values of a key with several are taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// `ForAllValues:`: true for none at all.
    All,
    /// `ForAnyValue:`: false for none at all.
    Any,
}

/// The type as which two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Strings, exactly or without case.
    Equals { ignore_case: bool },
    /// Strings, with wildcards.
    Like,
    /// ARNs: each of the six parts, with wildcards.
    Arn,
    /// `true` or `false`.
    Bool,
    /// Numbers in one of these orders.
    Numeric(&'static [Ordering]),
    /// Instants in one of these orders.
    Date(&'static [Ordering]),
    /// Whether the key is absent.
    Null,
    /// Addresses and bytes, which this simulator does not compare.
    Unknown,
}

/// An operator, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// `ForAllValues:`, `ForAnyValue:` or neither.
    pub quantifier: Option<Quantifier>,
    /// The type of the operands.
    pub comparison: Comparison,
    /// True where the comparison is not.
    pub negated: bool,
    /// `…IfExists`: true where the key is absent.
    pub if_exists: bool,
}

const EQUAL: &[Ordering] = &[Ordering::Equal];
const LESS: &[Ordering] = &[Ordering::Less];
const LESS_EQUAL: &[Ordering] = &[Ordering::Less, Ordering::Equal];
const GREATER: &[Ordering] = &[Ordering::Greater];
const GREATER_EQUAL: &[Ordering] = &[Ordering::Greater, Ordering::Equal];

impl Operator {
    /// Every operator without its prefix and suffix: the comparison, and whether it is negated.
    pub const NAMES: [(&'static str, Comparison, bool); 27] = [
        ("StringEquals", Comparison::Equals { ignore_case: false }, false),
        ("StringNotEquals", Comparison::Equals { ignore_case: false }, true),
        ("StringEqualsIgnoreCase", Comparison::Equals { ignore_case: true }, false),
        ("StringNotEqualsIgnoreCase", Comparison::Equals { ignore_case: true }, true),
        ("StringLike", Comparison::Like, false),
        ("StringNotLike", Comparison::Like, true),
        ("NumericEquals", Comparison::Numeric(EQUAL), false),
        ("NumericNotEquals", Comparison::Numeric(EQUAL), true),
        ("NumericLessThan", Comparison::Numeric(LESS), false),
        ("NumericLessThanEquals", Comparison::Numeric(LESS_EQUAL), false),
        ("NumericGreaterThan", Comparison::Numeric(GREATER), false),
        ("NumericGreaterThanEquals", Comparison::Numeric(GREATER_EQUAL), false),
        ("DateEquals", Comparison::Date(EQUAL), false),
        ("DateNotEquals", Comparison::Date(EQUAL), true),
        ("DateLessThan", Comparison::Date(LESS), false),
        ("DateLessThanEquals", Comparison::Date(LESS_EQUAL), false),
        ("DateGreaterThan", Comparison::Date(GREATER), false),
        ("DateGreaterThanEquals", Comparison::Date(GREATER_EQUAL), false),
        ("Bool", Comparison::Bool, false),
        ("ArnEquals", Comparison::Arn, false),
        ("ArnLike", Comparison::Arn, false),
        ("ArnNotEquals", Comparison::Arn, true),
        ("ArnNotLike", Comparison::Arn, true),
        ("Null", Comparison::Null, false),
        ("IpAddress", Comparison::Unknown, false),
        ("NotIpAddress", Comparison::Unknown, true),
        ("BinaryEquals", Comparison::Unknown, false),
    ];

    /// Reads an operator's name; what is wrong with it otherwise.
    pub fn parse(name: &str) -> Result<Self, String> {
        let (quantifier, rest) = match name.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(Quantifier::All), rest),
            Some(("ForAnyValue", rest)) => (Some(Quantifier::Any), rest),
            _ => (None, name),
        };
        let (base, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |base| (base, true));
        let Some((_, comparison, negated)) = Self::NAMES.into_iter().find(|(known, ..)| *known == base) else {
            let near = Self::NAMES.into_iter().find(|(known, ..)| known.eq_ignore_ascii_case(base));
            let hint = near.map_or(String::new(), |(known, ..)| format!("; it is written `{known}`"));
            return Err(format!("is no condition operator of IAM{hint}"));
        };
        if comparison == Comparison::Null && (if_exists || quantifier.is_some()) {
            return Err("is no condition operator of IAM: `Null` stands alone".to_owned());
        }
        Ok(Self { quantifier, comparison, negated, if_exists })
    }

    /// Returns the fault of a policy's value that IAM would not take.
    pub fn problem(&self, value: &str) -> Option<&'static str> {
        match self.comparison {
            Comparison::Numeric(_) if number(value).is_none() => Some("must be a number"),
            Comparison::Date(_) if date(value).is_none() => Some("must be an ISO 8601 date or seconds since the epoch"),
            Comparison::Null | Comparison::Bool if !value.contains("${") && boolean(value).is_none() => {
                Some("must be true or false")
            }
            Comparison::Arn if !value.contains("${") && value != "*" && value.split(':').count() < 6 => {
                Some("must be an ARN, with six parts separated by colons")
            }
            _ => None,
        }
    }

    /// Returns whether the condition holds, or none where this simulator does not know.
    ///
    /// `found` are the key's values in the request; `Err` is a variable without a value.
    pub fn holds(
        &self,
        found: Option<&[String]>,
        wanted: &[String],
        variables: bool,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<bool>, String> {
        let present = found.is_some_and(|values| !values.is_empty());
        if self.comparison == Comparison::Null {
            return Ok(Some(wanted.iter().any(|value| boolean(value) == Some(!present))));
        }
        let found = found.unwrap_or_default();
        if !present && self.if_exists {
            return Ok(Some(true));
        }
        // A quantifier takes an empty string for no value at all.
        let empty = !present || self.quantifier.is_some() && found.iter().all(String::is_empty);
        if empty && (self.quantifier.is_some() || !present) {
            return Ok(Some(match self.quantifier {
                Some(Quantifier::All) => true,
                Some(Quantifier::Any) => false,
                None => self.negated,
            }));
        }
        if self.comparison == Comparison::Unknown {
            return Ok(None);
        }
        let syntax = Syntax { wildcards: matches!(self.comparison, Comparison::Like | Comparison::Arn), variables };
        let patterns = wanted
            .iter()
            .map(|value| match self.comparison {
                Comparison::Arn => {
                    value.splitn(6, ':').map(|part| Pattern::new(part, syntax, variable)).collect::<Result<Vec<_>, _>>()
                }
                _ => Pattern::new(value, syntax, variable).map(|pattern| vec![pattern]),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let equal =
            |value: &String| wanted.iter().zip(&patterns).any(|(text, pattern)| self.fits(value, text, pattern));
        let fits = |value: &String| equal(value) != self.negated;
        Ok(Some(match self.quantifier {
            Some(Quantifier::All) => found.iter().all(fits),
            Some(Quantifier::Any) => found.iter().any(fits),
            // Not meant for keys with several values. What is denied one way must not pass the other way.
            None if self.negated => found.iter().all(fits),
            None => found.iter().any(fits),
        }))
    }

    fn fits(&self, found: &str, wanted: &str, pattern: &[Pattern]) -> bool {
        let ordered = |order: Option<Ordering>, orders: &[Ordering]| order.is_some_and(|order| orders.contains(&order));
        match self.comparison {
            Comparison::Equals { ignore_case } => pattern[0].matches(found, ignore_case),
            Comparison::Like => pattern[0].matches(found, false),
            Comparison::Bool => pattern[0].matches(found, true),
            Comparison::Arn => {
                let parts: Vec<&str> = found.splitn(6, ':').collect();
                let each = || pattern.iter().zip(&parts).all(|(pattern, part)| pattern.matches(part, false));
                parts.len() == 6 && (wanted == "*" || pattern.len() == 6 && each())
            }
            Comparison::Numeric(orders) => ordered(
                number(found).zip(number(wanted)).and_then(|(found, wanted)| found.partial_cmp(&wanted)),
                orders,
            ),
            Comparison::Date(orders) => {
                ordered(date(found).zip(date(wanted)).map(|(found, wanted)| found.cmp(&wanted)), orders)
            }
            Comparison::Null | Comparison::Unknown => false,
        }
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        text if text.eq_ignore_ascii_case("true") => Some(true),
        text if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse().ok().filter(|number: &f64| plain && number.is_finite())
}

/// Seconds since the epoch, or one of the forms of ISO 8601 in the W3C's note "Date and Time Formats".
fn date(text: &str) -> Option<Timestamp> {
    let digits = |text: &str, length: usize| -> Option<i64> {
        (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
    };
    // Four digits are a year in one form and a second of 1970 in the other; the year is meant.
    if text.len() != 4 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Timestamp::from_seconds_f64(text.parse().ok()?);
    }
    let (day, time) = text.split_once('T').map_or((text, None), |(day, time)| (day, Some(time)));
    let mut parts = day.split('-');
    let year = digits(parts.next()?, 4)?;
    let (month, day_of_month) = (parts.next(), parts.next());
    if parts.next().is_some() || time.is_some() && day_of_month.is_none() {
        return None;
    }
    let month = month.map_or(Some(1), |month| digits(month, 2))?;
    let day_of_month = day_of_month.map_or(Some(1), |day| digits(day, 2))?;
    let days = days_since_epoch(year, month, day_of_month)?;
    let (seconds, micros) = time.map_or(Some((0, 0)), |time| time_of_day(time, digits))?;
    Timestamp::from_micros((days * 86_400 + seconds) * 1_000_000 + micros)
}

/// `hh:mm[:ss[.s…]]` with `Z` or `±hh:mm`, in seconds of the day in UTC and microseconds.
fn time_of_day(text: &str, digits: impl Fn(&str, usize) -> Option<i64>) -> Option<(i64, i64)> {
    let (clock, offset) = if let Some(clock) = text.strip_suffix('Z') {
        (clock, 0)
    } else {
        let at = text.len().checked_sub(6).filter(|at| text.is_char_boundary(*at))?;
        let (clock, zone) = text.split_at(at);
        let (sign, zone) = match zone.strip_prefix('+') {
            Some(zone) => (1, zone),
            None => (-1, zone.strip_prefix('-')?),
        };
        let (hours, minutes) = zone.split_once(':')?;
        (clock, sign * (digits(hours, 2)? * 3600 + digits(minutes, 2).filter(|minutes| *minutes < 60)? * 60))
    };
    let (clock, fraction) = clock.split_once('.').map_or((clock, ""), |(clock, fraction)| (clock, fraction));
    let mut parts = clock.split(':');
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next());
    if parts.next().is_some() || !fraction.is_empty() && seconds.is_none() {
        return None;
    }
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    let seconds = seconds.map_or(Some(0), |seconds| digits(seconds, 2))?;
    if hours > 23 || minutes > 59 || seconds > 60 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let micros = format!("{fraction:0<6.6}").parse().ok()?;
    Some((hours * 3600 + minutes * 60 + seconds - offset, micros))
}

/// Howard Hinnant's days_from_civil, for dates that exist.
fn days_since_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *lengths.get(usize::try_from(month - 1).ok()?)?;
    if !(1..=length).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}
