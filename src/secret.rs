//! Values that must not be printed.

mod redactor;

use std::fmt;

use serde::de::{Deserialize, Deserializer};

pub use redactor::{REDACTED, Redactor};

/// A value that neither `Debug` nor `Display` shows; reading it is a call that can be searched for.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a value that must not be printed.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the place that sends it.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself, given away.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_shows_nothing_of_the_value() {
        let secret = Secret::new("ey-token".to_owned());
        assert_eq!(format!("{secret} {secret:?} {:#?}", Some(&secret)).matches("ey-token").count(), 0);
        assert_eq!(secret.expose(), "ey-token");
    }
}
