//! The two sides of a comparison that failed, and the kind of their difference.

use std::fmt;

/// The value that a policy expects, and that of the token.
///
/// Both sides are JSON texts for a program to look at. Neither is printed: `Debug` shows the kind of difference alone.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Mismatch {
    /// The values of the policy, as a JSON array.
    pub expected: Option<String>,
    /// The value of the token. `None` where it is missing, or longer than [`MAX_FOUND_BYTES`].
    pub found: Option<String>,
    /// In which way they differ, where that is of a known kind.
    pub difference: Option<Difference>,
}

/// The longest value of a token that an error carries, in bytes of JSON.
pub const MAX_FOUND_BYTES: usize = 4096;

impl fmt::Debug for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mismatch").field("difference", &self.difference).finish_non_exhaustive()
    }
}

/// A kind of difference between two values. The order is from the closest to the farthest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// White space at the beginning or the end.
    WhiteSpace,
    /// A slash at the end.
    TrailingSlash,
    /// Capital letters in place of small ones.
    LetterCase,
    /// `http` in place of `https`, or no scheme.
    Scheme,
    /// Vercel's shared issuer in place of a team's, or the other way round.
    IssuerMode,
    /// The issuer, audience or id of another team of Vercel.
    AnotherTeam,
    /// The id of another project of Vercel.
    AnotherProject,
    /// The same host, and another path.
    AnotherPath,
    /// Another host.
    AnotherHost,
    /// An id where a name is expected.
    IdForName,
    /// A name where an id is expected.
    NameForId,
    /// Nothing is in it.
    Empty,
    /// A value of another type, by the names of JSON.
    WrongType {
        /// The type of the token's value.
        found: &'static str,
        /// The type that the policy expects.
        expected: &'static str,
    },
    /// A timestamp in milliseconds; RFC 7519 has seconds.
    Milliseconds,
    /// A path with dots that fits two members of the token.
    Ambiguous,
}

impl Difference {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WhiteSpace => "white-space",
            Self::TrailingSlash => "trailing-slash",
            Self::LetterCase => "letter-case",
            Self::Scheme => "scheme",
            Self::IssuerMode => "issuer-mode",
            Self::AnotherTeam => "another-team",
            Self::AnotherProject => "another-project",
            Self::AnotherPath => "another-path",
            Self::AnotherHost => "another-host",
            Self::IdForName => "id-for-name",
            Self::NameForId => "name-for-id",
            Self::Empty => "empty",
            Self::WrongType { .. } => "wrong-type",
            Self::Milliseconds => "milliseconds",
            Self::Ambiguous => "ambiguous",
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WhiteSpace => "it differs in white space at its ends",
            Self::TrailingSlash => "it differs in a slash at the end",
            Self::LetterCase => "it differs in letter case",
            Self::Scheme => "it differs in the scheme",
            Self::IssuerMode => "it is that of the other `issuerMode`",
            Self::AnotherTeam => "it is that of another team",
            Self::AnotherProject => "it is that of another project",
            Self::AnotherPath => "it has the same host and another path",
            Self::AnotherHost => "it has another host",
            Self::IdForName => "it is an id in place of a name",
            Self::NameForId => "it is a name in place of an id",
            Self::Empty => "it is empty",
            Self::WrongType { found, expected } => return write!(f, "it is {found} in place of {expected}"),
            Self::Milliseconds => "it is in milliseconds in place of seconds",
            Self::Ambiguous => "its path fits two members of the token",
        })
    }
}
