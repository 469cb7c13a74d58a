//! Instants, as arguments: nothing in this crate reads a clock.

use std::time::Duration;

const MICROS: i64 = 1_000_000;

/// An instant between the years 1 and 9999, to the microsecond.
///
/// A NumericDate of RFC 7519 section 2 may carry a fraction and has no bounds; an instant outside these years is no
/// date that a token could mean, so it has no `Timestamp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_135_596_800 * MICROS);
    /// The last microsecond of the year 9999.
    pub const MAX: Self = Self(253_402_300_800 * MICROS - 1);

    /// The instant so many whole seconds after the epoch, if it lies within the bounds.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        Self::from_micros(seconds.checked_mul(MICROS)?)
    }

    /// The instant so many microseconds after the epoch, if it lies within the bounds.
    pub fn from_micros(micros: i64) -> Option<Self> {
        let this = Self(micros);
        (Self::MIN..=Self::MAX).contains(&this).then_some(this)
    }

    /// The instant so many seconds after the epoch, as JavaScript counts them, if it is finite and within the bounds.
    pub fn from_seconds_f64(seconds: f64) -> Option<Self> {
        let micros = (seconds * MICROS as f64).floor();
        // A float-to-integer cast saturates and makes NaN zero, so the float itself must be judged first.
        micros.is_finite().then(|| Self::from_micros(micros as i64))?
    }

    /// Seconds since the epoch, rounded down.
    pub fn as_seconds(self) -> i64 {
        self.0.div_euclid(MICROS)
    }

    /// Seconds since the epoch with their fraction.
    pub fn as_seconds_f64(self) -> f64 {
        self.0 as f64 / MICROS as f64
    }

    /// This instant moved forward; one that would leave the bounds stays at [`Timestamp::MAX`].
    pub fn saturating_add(self, by: Duration) -> Self {
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(by)).min(Self::MAX)
    }

    /// The next microsecond.
    pub(crate) fn next(self) -> Self {
        self.saturating_add(Duration::from_micros(1))
    }

    /// This instant moved back; one that would leave the bounds stays at [`Timestamp::MIN`].
    pub fn saturating_sub(self, by: Duration) -> Self {
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(by)).max(Self::MIN)
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_the_years_1_and_9999() {
        assert_eq!(Timestamp::from_seconds(253_402_300_799).map(Timestamp::as_seconds), Some(253_402_300_799));
        assert_eq!(Timestamp::from_seconds(253_402_300_800), None);
        assert_eq!(Timestamp::from_seconds(-62_135_596_800), Some(Timestamp::MIN));
        assert_eq!(Timestamp::from_seconds(-62_135_596_801), None);
        assert_eq!(Timestamp::from_seconds(i64::MAX), None);
    }

    #[test]
    fn floats_that_are_no_instant_have_no_timestamp() {
        for seconds in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e20, -1e300, f64::MAX] {
            assert_eq!(Timestamp::from_seconds_f64(seconds), None, "{seconds}");
        }
        assert_eq!(Timestamp::from_seconds_f64(1.5), Timestamp::from_micros(1_500_000));
        assert_eq!(Timestamp::from_seconds_f64(-0.5).map(Timestamp::as_seconds), Some(-1));
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Timestamp::MAX.saturating_add(Duration::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::MIN.since(Timestamp::MAX), Duration::ZERO);
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        assert_eq!(at(10).since(at(4)), Duration::from_secs(6));
        assert_eq!(at(10).saturating_add(Duration::from_secs(5)), at(15));
        assert_eq!(at(10).saturating_sub(Duration::from_secs(5)), at(5));
        assert_eq!(Timestamp::MIN.saturating_sub(Duration::MAX), Timestamp::MIN);
    }
}
