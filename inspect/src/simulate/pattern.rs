//! Wildcards, and the policy variables of IAM.
//!
//! Source: the IAM user guide, "String condition operators" and "Variables and tags"; Microsoft Entra's flexible
//! credentials have the same wildcards.

/// One step of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// This character.
    Char(char),
    /// `?`: any one character.
    One,
    /// `*`: any number of characters, none among them.
    Many,
}

/// A value of a condition, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Step>);

/// The characters that may be special in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Syntax {
    /// `*` and `?` are wildcards.
    pub wildcards: bool,
    /// `${…}` is a variable: since version 2012-10-17.
    pub variables: bool,
}

impl Pattern {
    /// Reads a value; the name of a variable that has neither a value nor a default is the error.
    pub fn new(text: &str, syntax: Syntax, variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let mut steps = Vec::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            if syntax.variables
                && let Some((name, after)) = rest.strip_prefix("${").and_then(|inner| inner.split_once('}'))
            {
                steps.extend(value(name, &variable)?.chars().map(Step::Char));
                rest = after;
                continue;
            }
            steps.push(match next {
                '*' if syntax.wildcards => Step::Many,
                '?' if syntax.wildcards => Step::One,
                char => Step::Char(char),
            });
            rest = rest.strip_prefix(next).unwrap_or_default();
        }
        Ok(Self(steps))
    }

    /// Returns whether the whole of `text` fits.
    pub fn matches(&self, text: &str, ignore_case: bool) -> bool {
        let text: Vec<char> = text.chars().collect();
        let same = |a: char, b: char| a == b || ignore_case && a.to_lowercase().eq(b.to_lowercase());
        // Greedy with one place to go back to: a later `*` makes going back to an earlier one needless.
        let (mut at, mut step, mut back) = (0, 0, None);
        while at < text.len() {
            match self.0.get(step) {
                Some(Step::Many) => {
                    back = Some((step, at));
                    step += 1;
                }
                Some(Step::One) => (at, step) = (at + 1, step + 1),
                Some(Step::Char(char)) if same(*char, text[at]) => (at, step) = (at + 1, step + 1),
                _ => match &mut back {
                    Some((many, from)) => {
                        *from += 1;
                        (at, step) = (*from, *many + 1);
                    }
                    None => return false,
                },
            }
        }
        self.0[step..].iter().all(|step| *step == Step::Many)
    }
}

/// The value of what stands in `${…}`.
fn value(inner: &str, variable: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    // The three characters that could not be written otherwise.
    if matches!(inner, "*" | "?" | "$") {
        return Ok(inner.to_owned());
    }
    let (name, default) = match inner.split_once(',') {
        Some((name, default)) => (name.trim(), default.trim().strip_prefix('\'').and_then(|d| d.strip_suffix('\''))),
        None => (inner.trim(), None),
    };
    variable(name).or_else(|| default.map(str::to_owned)).ok_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        let syntax = Syntax { wildcards: true, variables: true };
        let lookup = |name: &str| (name == "aws:username").then(|| "a*".to_owned());
        Pattern::new(pattern, syntax, lookup).is_ok_and(|pattern| pattern.matches(text, false))
    }

    #[test]
    fn wildcards_are_those_of_iam() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("*", "anything:at/all", true),
            ("?", "", false),
            ("?", "é", true),
            ("??", "a", false),
            ("", "", true),
            ("", "a", false),
            ("owner:acme:*", "owner:acme:project:site:environment:production", true),
            ("owner:acme:*", "owner:acmex:project:site", false),
            ("owner:acme:*:production", "owner:acme:project:production:environment:production", true),
            ("owner:acme:*:production", "owner:acme:project:production:environment:preview", false),
            ("*a*b*a", "ababa", true),
            ("*a*b*a", "abab", false),
            ("a**b", "ab", true),
            ("A", "a", false),
            ("a.c", "abc", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern:?} against {text:?}");
        }
        let (many, long) = (format!("{}b", "*a".repeat(60)), "a".repeat(4000));
        assert!(!matches(&many, &long), "and in reasonable time");
    }

    #[test]
    fn variables_have_values_defaults_and_escapes() {
        assert!(matches("x-${aws:username}", "x-a*") && !matches("x-${aws:username}", "x-abc"));
        assert!(matches("${*}${?}${$}", "*?$") && !matches("${*}", "abc"));
        assert!(matches("${aws:PrincipalTag/team, 'blue'}", "blue") && !matches("${aws:PrincipalTag/team}", "blue"));
        let literal = Pattern::new("${aws:username}", Syntax { wildcards: false, variables: false }, |_| None).unwrap();
        assert!(literal.matches("${aws:username}", false));
        let unclosed = Pattern::new("${a*", Syntax { wildcards: false, variables: true }, |_| None).unwrap();
        assert!(unclosed.matches("${a*", false));
    }
}
