//! Dotenv files: what every reader of them understands in the same way, and nothing else.
//!
//! There is no standard. What the readers in use read differently is refused, with the line and how to write it so that it
//! has one meaning: an unquoted `#`, a `$` that some replace, a backslash that some take for an escape. Inside single
//! quotes everything stands for itself.

use std::collections::BTreeMap;

use countersign::options::{self, OptionValue};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::names::name_problem;

/// Reads `NAME=value` lines, with `export`, comments, and values in quotes that may span lines.
///
/// # Errors
/// `ERR_INVALID_OPTION` naming the line; it shows nothing of it.
pub fn read(text: &str) -> Result<BTreeMap<String, String>> {
    let mut variables = BTreeMap::new();
    for Assignment { line, name, value, problem } in Reader::new(text) {
        let problem = match problem {
            Some(problem) => Some(problem),
            None => variables
                .insert(name, value)
                .map(|_| Problem { line, message: "sets a variable that an earlier line has set".to_owned() }),
        };
        if let Some(Problem { line, message }) = problem {
            return Err(Error::option("text", format!("is no plain dotenv file: line {line} {message}")));
        }
    }
    Ok(variables)
}

/// Reads every assignment of a file in order, repeated names included. Lines that assign nothing are left out.
///
/// An assignment with a problem has the text after `=` as its value. The reader goes on in the next line, as `dotenv` does.
pub fn assignments(text: &str) -> Vec<Assignment> {
    Reader::new(text).filter(|assignment| !assignment.name.is_empty()).collect()
}

/// One `NAME=value` of a dotenv file.
#[derive(Clone, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Assignment {
    /// The number of its first line, from 1.
    pub line: usize,
    /// The name; empty where the line assigns nothing.
    pub name: String,
    /// The value, or the text after `=` where there is a problem.
    pub value: String,
    /// The reason why readers do not agree on the value, if there is one.
    pub problem: Option<Problem>,
}

/// A part of a file that readers understand differently, or not at all.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Problem {
    /// The number of the line, from 1.
    pub line: usize,
    /// The fault, without any text of the file.
    pub message: String,
}

/// The assignments of a file.
#[derive(Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Assignments {
    /// In the order of the file.
    pub assignments: Vec<Assignment>,
}

/// Writes a file that [`read`] and other readers read alike, or says which variable has a value that no form of quotes
/// carries through all of them.
///
/// # Errors
/// `ERR_INVALID_OPTION` naming the variable.
pub fn write(variables: &BTreeMap<String, String>) -> Result<String> {
    let mut text = String::new();
    for (name, value) in variables {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.,:/@%+=".contains(&byte);
        let quoted = match value {
            value if value.bytes().all(plain) => value.clone(),
            value if !value.contains(['\'', '\r']) => format!("'{value}'"),
            value if !value.contains(['"', '\\', '$', '`', '\r']) => format!("\"{value}\""),
            _ => {
                let problem = "has a value that a dotenv file cannot hold in a form that all readers share";
                return Err(Error::option(name.clone(), problem));
            }
        };
        text += &format!("{name}={quoted}\n");
    }
    Ok(text)
}

/// Options of `formatDotenv`.
#[derive(Clone, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct DotenvOptions {
    /// The variables by name.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Record<string, string>"))]
    pub values: BTreeMap<String, String>,
}

impl DotenvOptions {
    /// Reads options.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` for a member that is missing, unknown or of the wrong type.
    pub fn read(options: &OptionValue) -> Result<Self> {
        Ok(options::read(options, &[])?)
    }
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text.strip_prefix('\u{feff}').unwrap_or(text), line: 1 }
    }
}

impl Iterator for Reader<'_> {
    type Item = Assignment;

    fn next(&mut self) -> Option<Assignment> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let content = self.until_line_end().trim();
            if !(content.is_empty() || content.starts_with('#')) {
                return Some(self.assignment(content));
            }
            self.skip_line();
        }
    }
}

impl<'a> Reader<'a> {
    /// The assignment that begins in this line.
    fn assignment(&mut self, content: &str) -> Assignment {
        let (rest, line) = (self.rest, self.line);
        let mut assignment = Assignment { line, name: String::new(), value: String::new(), problem: None };
        match self.value(content, &mut assignment) {
            Ok(value) => assignment.value = value,
            Err(problem) => {
                (self.rest, self.line) = (rest, line);
                assignment.problem = Some(problem);
            }
        }
        self.skip_line();
        assignment
    }

    /// Notes the name and the text of the value, and reads the value.
    fn value(&mut self, content: &str, assignment: &mut Assignment) -> Result<String, Problem> {
        let line = self.line;
        let content = content.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).unwrap_or(content);
        let (name, value) = content.split_once('=').ok_or_else(|| problem(line, "is no assignment"))?;
        let name = name.trim();
        if let Some(fault) = name_problem(name) {
            return Err(problem(line, &format!("sets what {fault}")));
        }
        assignment.name = name.to_owned();
        assignment.value = value.trim().to_owned();
        match value.trim_start().chars().next() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote, line),
            Some('`') => Err(problem(line, "begins with a backtick, which few readers know: use single quotes")),
            _ => unquoted(value, line),
        }
    }

    fn until_line_end(&self) -> &'a str {
        self.rest.split('\n').next().unwrap_or_default()
    }

    fn skip_line(&mut self) {
        self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
        self.line += 1;
    }

    /// A value in quotes, from the first of them on; leaves the reader in the line of the last.
    fn quoted(&mut self, quote: char, line: usize) -> Result<String, Problem> {
        let after = self.rest.split_once(quote).map_or("", |(_, after)| after);
        let Some((value, rest)) = until_quote(after, quote) else {
            return Err(problem(line, "opens quotes that are never closed"));
        };
        self.line += value.matches('\n').count();
        self.rest = rest;
        let tail = self.until_line_end().trim();
        if !(tail.is_empty() || (tail.starts_with('#') && self.rest.starts_with([' ', '\t']))) {
            return Err(problem(self.line, "has something after the closing quotes"));
        }
        let value = value.replace("\r\n", "\n");
        if quote == '\'' { Ok(value) } else { unescape(&value, line) }
    }
}

/// Splits at the closing quotes. Only double quotes know a backslash.
fn until_quote(text: &str, quote: char) -> Option<(&str, &str)> {
    let mut escaped = false;
    let end = text.char_indices().find_map(|(at, character)| {
        let ends = character == quote && !escaped;
        escaped = quote == '"' && character == '\\' && !escaped;
        ends.then_some(at)
    })?;
    text.split_at_checked(end).and_then(|(value, rest)| Some((value, rest.strip_prefix(quote)?)))
}

/// Inside double quotes: `\n` is a line break everywhere; other escapes mean one thing here and another there.
fn unescape(value: &str, line: usize) -> Result<String, Problem> {
    let mut out = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n') => out.push('\n'),
                _ => {
                    return Err(problem(
                        line,
                        "has a backslash that readers understand differently: use single quotes",
                    ));
                }
            },
            '$' => return Err(problem(line, "has a `$` that some readers replace: use single quotes")),
            other => out.push(other),
        }
    }
    Ok(out)
}

fn unquoted(value: &str, line: usize) -> Result<String, Problem> {
    // A comment begins after white space; a `#` elsewhere is part of the value for some readers and not for others.
    let mut comments = value.match_indices('#').filter_map(|(at, _)| value.get(..at));
    let value = comments.find(|before| before.ends_with([' ', '\t'])).unwrap_or(value).trim();
    for (character, fault) in [
        ('#', "has a `#` that some readers take for a comment: use single quotes"),
        ('$', "has a `$` that some readers replace: use single quotes"),
        ('\\', "has a backslash that readers understand differently: use single quotes"),
        ('\'', "has quotes inside a value without quotes"),
        ('"', "has quotes inside a value without quotes"),
        ('\r', "has a carriage return inside a value"),
    ] {
        if value.contains(character) {
            return Err(problem(line, fault));
        }
    }
    Ok(value.to_owned())
}

fn problem(line: usize, message: &str) -> Problem {
    Problem { line, message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> String {
        let variables = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(variables.len(), 1, "{text}");
        variables.into_values().next().unwrap()
    }

    #[test]
    fn plain_and_quoted_values_are_read() {
        for (text, value) in [
            ("A=x", "x"),
            ("A=", ""),
            ("A= x y ", "x y"),
            ("A = x", "x"),
            ("export A=x", "x"),
            ("  A=x\r\n", "x"),
            ("\u{feff}A=x", "x"),
            ("# c\n\n A=x # comment\n#end", "x"),
            ("A=postgres://u:p@h:5/d?x=1&y=2", "postgres://u:p@h:5/d?x=1&y=2"),
            ("A=''", ""),
            ("A='x # y $z \\n \"'", "x # y $z \\n \""),
            ("A='x' # comment", "x"),
            ("A=\"x # y 'z'\"", "x # y 'z'"),
            ("A=\"x\\ny\"", "x\ny"),
            ("A='x\ny'\n", "x\ny"),
            ("A=\"x\r\ny\"\r\n", "x\ny"),
        ] {
            assert_eq!(one(text), value, "{text:?}");
        }
        let several = read("A='1\n2'\nB=3\nexport\tC=4").unwrap();
        assert_eq!(several.into_iter().map(|(name, value)| name + &value).collect::<Vec<_>>(), ["A1\n2", "B3", "C4"]);
    }

    #[test]
    fn what_readers_read_differently_is_refused_with_its_line() {
        for (text, line) in [
            ("A=s3cret#x", 1),
            ("A=$s3cret", 1),
            ("A=\"$s3cret\"", 1),
            ("A=s3cret\\n", 1),
            ("A=\"s3cret\\t\"", 1),
            ("A=\"s3cret\\\"\"", 1),
            ("A=`s3cret`", 1),
            ("A=s3cret'", 1),
            ("A=s3\rcret", 1),
            ("A='s3cret", 1),
            ("A='s3cret' x", 1),
            ("A='s3cret'#x", 1),
            ("B=1\ns3cret", 2),
            ("B='1\n2'\n1A=s3cret", 3),
            ("B='1\n2' x", 2),
            ("A=s3cret\nA=s3cret", 2),
            ("TZ=s3cret", 1),
            ("exportA s3cret=1", 1),
        ] {
            let fault = read(text).expect_err(text).to_string();
            assert!(fault.contains(&format!("line {line} ")) && !fault.contains("s3cret"), "{text:?}: {fault}");
        }
    }

    #[test]
    fn assignments_keep_repeated_names_and_go_on_after_a_problem() {
        let text = "A=1\n# c\nA='2'\nB=\"open\nC='x\ny'\n1D=no\nE=a$b\nnothing\nA=1\n";
        let found = assignments(text).into_iter().map(|Assignment { line, name, value, problem }| {
            let problem = problem.map_or(0, |problem| problem.line);
            (line, name, value, problem)
        });
        let expected = [
            (1, "A", "1", 0),
            (3, "A", "2", 0),
            (4, "B", "\"open", 4),
            (5, "C", "x\ny", 0),
            (8, "E", "a$b", 8),
            (10, "A", "1", 0),
        ];
        let expected = expected.map(|(line, name, value, problem)| (line, name.to_owned(), value.to_owned(), problem));
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn quotes_that_close_lines_later_swallow_no_assignment() {
        let names: Vec<_> = assignments("A=\"x\nB=\"y\"\n").into_iter().map(|found| found.name).collect();
        assert_eq!(names, ["A", "B"]);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let values = ["", "x", "a b", "#", "$x", "\\n", "it's", "\"", "line\nline", "é"];
        let variables: BTreeMap<_, _> =
            values.iter().enumerate().map(|(at, value)| (format!("N{at}"), (*value).to_owned())).collect();
        assert_eq!(read(&write(&variables).unwrap()).unwrap(), variables);
        for value in ["it's $5", "'\"", "a\rb"] {
            let error = write(&[("A".to_owned(), value.to_owned())].into()).unwrap_err();
            assert!(error.to_string().starts_with("`A` "), "{error}");
        }
    }
}
