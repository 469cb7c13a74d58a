//! Intervals of integers, in which the tests follow bounds through the arithmetic.

use std::ops::{Add, Mul, Sub};

/// All integers from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub least: i64,
    pub most: i64,
}

impl Add for Interval {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { least: self.least + other.least, most: self.most + other.most }
    }
}

impl Sub for Interval {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { least: self.least - other.most, most: self.most - other.least }
    }
}

impl Mul for Interval {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let ends = [self.least, self.most].map(|a| [a * other.least, a * other.most]);
        let ends = ends.as_flattened();
        Self { least: *ends.iter().min().unwrap(), most: *ends.iter().max().unwrap() }
    }
}

impl Interval {
    pub const ZERO: Self = Self { least: 0, most: 0 };

    /// All integers up to a magnitude.
    pub const fn within(magnitude: i64) -> Self {
        Self { least: -magnitude, most: magnitude }
    }

    /// The sum of so many integers of the interval, or such a multiple.
    pub fn times(self, count: usize) -> Self {
        Self { least: self.least * count as i64, most: self.most * count as i64 }
    }

    /// The smallest interval that both lie in.
    pub fn or(self, other: Self) -> Self {
        Self { least: self.least.min(other.least), most: self.most.max(other.most) }
    }

    pub fn shr(self, bits: u32) -> Self {
        Self { least: self.least >> bits, most: self.most >> bits }
    }

    pub fn contains(self, other: Self) -> bool {
        self.least <= other.least && other.most <= self.most
    }

    /// The largest magnitude.
    pub fn magnitude(self) -> i64 {
        self.most.max(-self.least)
    }
}
