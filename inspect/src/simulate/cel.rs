//! Expressions of the Common Expression Language, as Google Cloud's attribute mappings and conditions use them.
//!
//! Source: the language definition of CEL, and "Workload Identity Federation" of Google's IAM documentation.

use std::fmt;
use std::sync::Arc;

use ::cel::extractors::This;
use ::cel::parser::PrattParser;
use ::cel::{Context, ExecutionError, IdedExpr, Value};
use serde_json::Value as Json;

/// How many operators an expression may have. The interpreter goes one call deeper for each, and a module's stack is
/// small; a thousand still fit into it.
const MAX_STEPS: usize = 500;

/// An expression that was read.
#[derive(Debug)]
pub struct Expression {
    tree: IdedExpr,
    /// As it was written.
    pub text: String,
}

/// Why an expression has no value for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The expression fails at the cloud too, for this reason.
    Fails(String),
    /// The expression uses this, which is not known here.
    Unknown(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fails(problem) => write!(f, "the expression fails for this token: {problem}"),
            Self::Unknown(name) => write!(f, "`{name}` is not known to this simulator"),
        }
    }
}

impl Expression {
    /// Reads an expression; what is wrong with it otherwise.
    pub fn read(text: &str) -> Result<Self, String> {
        if text.chars().filter(|char| ".+-*/%?&|<>=!([{".contains(*char)).count() > MAX_STEPS {
            return Err(format!("it has more than {MAX_STEPS} operators, which this simulator does not follow"));
        }
        let parser = PrattParser::new().max_recursion_depth(32);
        match parser.parse(text) {
            Ok(tree) => Ok(Self { tree, text: text.to_owned() }),
            Err(errors) => {
                let first = errors.errors.first();
                Err(first.map_or(String::new(), |e| format!("{} at {}:{}", e.msg, e.pos.0, e.pos.1)))
            }
        }
    }

    /// The value for these variables.
    pub fn value(&self, variables: &[(&str, &Json)]) -> Result<Json, Failure> {
        let mut context = Context::default();
        context.add_function("extract", extract);
        context.add_function("matches", matches);
        for (name, value) in variables {
            let value = ::cel::to_value(value).map_err(|_| Failure::Unknown((*name).to_owned()))?;
            context.add_variable_from_value(*name, value);
        }
        let value = context.resolve(&self.tree).map_err(failure)?;
        json(&value).ok_or_else(|| Failure::Fails("has a value that is no JSON".to_owned()))
    }

    /// The parts of a conjunction, each by itself; one part if this is none.
    pub fn conjuncts(&self) -> Vec<Self> {
        let parts = split(&self.text).unwrap_or_default();
        let read: Option<Vec<Self>> = parts.iter().map(|part| Self::read(part.trim()).ok()).collect();
        match read {
            Some(several) if several.len() > 1 => several,
            _ => vec![Self { tree: self.tree.clone(), text: self.text.clone() }],
        }
    }

    /// The members of `assertion` that the text names.
    pub fn claims(&self) -> Vec<String> {
        let mut names = Vec::new();
        for rest in self.text.split("assertion").skip(1) {
            let quoted = ["['", "[\""].iter().find_map(|open| rest.strip_prefix(open));
            let name: String = match (rest.strip_prefix('.'), quoted) {
                (Some(rest), _) => rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect(),
                (None, Some(rest)) => rest.chars().take_while(|c| !"'\"".contains(*c)).collect(),
                _ => continue,
            };
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

fn failure(error: ExecutionError) -> Failure {
    match error {
        ExecutionError::UndeclaredReference(name) => Failure::Unknown(name.to_string()),
        ExecutionError::NoSuchKey(name) => Failure::Fails(format!("`{name}` is not there")),
        ExecutionError::FunctionError { function, message } => Failure::Fails(format!("`{function}` {message}")),
        _ => Failure::Fails("has values of the wrong type".to_owned()),
    }
}

fn json(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Bool(bool) => (*bool).into(),
        Value::Int(number) => (*number).into(),
        Value::UInt(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::String(text) => text.as_str().into(),
        Value::Null => Json::Null,
        Value::List(items) => Json::Array(items.iter().map(json).collect::<Option<_>>()?),
        _ => return None,
    })
}

/// `extract` of Google's IAM: what stands where the template has its one name in braces; empty where it does not fit.
fn extract(This(text): This<Arc<String>>, template: Arc<String>) -> Result<Value, ExecutionError> {
    let parts = template.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?.1)));
    let (before, after) = parts.ok_or_else(|| misused("extract", "needs a template such as `repo:{name}/`"))?;
    let found = text.split_once(before).map(|(_, rest)| rest).and_then(|rest| match after {
        "" => Some(rest),
        after => rest.split_once(after).map(|(value, _)| value),
    });
    Ok(found.unwrap_or_default().into())
}

/// `matches` of CEL: whether a part of the text fits the regular expression.
fn matches(This(text): This<Arc<String>>, pattern: Arc<String>) -> Result<Value, ExecutionError> {
    let regex = regex_lite::RegexBuilder::new(&pattern).size_limit(1 << 20).build();
    Ok(regex.map_err(|_| misused("matches", "needs a regular expression"))?.is_match(&text).into())
}

fn misused(function: &str, problem: &str) -> ExecutionError {
    ExecutionError::FunctionError { function: function.to_owned(), message: problem.to_owned() }
}

/// The parts between `&&` outside of brackets and strings; none where the whole is no plain conjunction.
fn split(text: &str) -> Option<Vec<&str>> {
    let (mut depth, mut quote, mut start, mut parts) = (0i32, None, 0, Vec::new());
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        match (quote, char) {
            (Some(_), '\\') => drop(chars.next()),
            (Some(open), close) if open == close => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(char),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, '&') if depth == 0 && chars.peek().is_some_and(|(_, next)| *next == '&') => {
                parts.push(text.get(start..at)?);
                chars.next();
                start = at + 2;
            }
            (None, '?') if depth == 0 => return None,
            (None, '|') if depth == 0 => return None,
            _ => {}
        }
    }
    parts.push(text.get(start..)?);
    Some(parts)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(text: &str) -> Result<Json, Failure> {
        let assertion = json!({
            "sub": "owner:acme:project:site:environment:production",
            "arn": "arn:aws:sts::123456789012:assumed-role/my-role/session",
            "ref": "refs/heads/main", "count": 3, "groups": ["admins", "users"], "email_verified": true,
            "a.b/c": "quoted",
        });
        let expression = Expression::read(text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
        // The crate's other parser must read the same.
        let other = ::cel::Program::compile(text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
        let mut context = Context::default();
        context.add_function("extract", extract);
        context.add_function("matches", matches);
        context.add_variable_from_value("assertion", ::cel::to_value(&assertion).unwrap());
        let (ours, theirs) = (expression.value(&[("assertion", &assertion)]), other.execute(&context));
        assert_eq!(ours.clone().ok(), theirs.ok().as_ref().and_then(json), "{text}");
        ours
    }

    #[test]
    fn expressions_of_googles_documentation_have_their_values() {
        for (text, wanted) in [
            ("assertion.sub", json!("owner:acme:project:site:environment:production")),
            ("assertion['a.b/c']", json!("quoted")),
            ("'admins' in assertion.groups", json!(true)),
            ("'nobody' in assertion.groups", json!(false)),
            ("assertion.arn.extract('assumed-role/{role_and_session}').extract('{role_name}/')", json!("my-role")),
            (
                "assertion.arn.contains('assumed-role') ? assertion.arn.extract('{account_arn}assumed-role/') + 'assumed-role/' + assertion.arn.extract('assumed-role/{role_name}/') : assertion.arn",
                json!("arn:aws:sts::123456789012:assumed-role/my-role"),
            ),
            ("'google-cloud::' + assertion.ref", json!("google-cloud::refs/heads/main")),
            ("assertion.sub.startsWith('owner:acme:') && assertion.email_verified", json!(true)),
            ("assertion.sub.endsWith('preview')", json!(false)),
            ("assertion.ref.matches('^refs/heads/(main|release)$')", json!(true)),
            ("has(assertion.environment)", json!(false)),
            ("has(assertion.environment) && assertion.environment == 'x'", json!(false)),
            ("assertion.count > 2 && assertion.count == 3.0", json!(true)),
            ("size(assertion.groups) == 2", json!(true)),
            ("assertion.groups.exists(g, g == 'users')", json!(true)),
            ("assertion.groups.all(g, g.startsWith('a'))", json!(false)),
            ("assertion.groups.filter(g, g != 'users')", json!(["admins"])),
            ("!(assertion.ref in ['refs/heads/dev'])", json!(true)),
            ("assertion.ref.extract('tags/{tag}')", json!("")),
            ("string(assertion.count)", json!("3")),
        ] {
            assert_eq!(value(text), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_fails_is_told_from_what_is_not_known() {
        assert_eq!(value("assertion.environment == 'x'"), Err(Failure::Fails("`environment` is not there".into())));
        assert_eq!(value("request.time"), Err(Failure::Unknown("request".into())));
        assert!(matches!(value("assertion.sub.lowerAscii()"), Err(Failure::Unknown(_) | Failure::Fails(_))));
        assert!(matches!(value("assertion.sub + 1"), Err(Failure::Fails(_))));
        assert!(matches!(value("assertion.sub.matches('(')"), Err(Failure::Fails(_))));
        for text in ["", "assertion.", "a &&", "'open", "a b", "1 = 1"] {
            assert!(Expression::read(text).is_err(), "{text}");
        }
        let thread = std::thread::Builder::new().stack_size(1 << 20);
        let deep = ["1+", ".a", "!", "(", "[", "-", "a[", "true?1:", "size(", "true&&", "a."];
        let read = move || {
            for text in deep {
                let whole = |n: usize| format!("a{}1", text.repeat(n));
                for expression in [whole(MAX_STEPS / 2), whole(MAX_STEPS), whole(20_000), text.repeat(MAX_STEPS)] {
                    if let Ok(expression) = Expression::read(&expression) {
                        let _ = expression.value(&[]);
                    }
                }
            }
            assert!(Expression::read(&format!("1{}", "+1".repeat(MAX_STEPS))).is_ok());
            assert!(Expression::read(&format!("1{}", "+1".repeat(MAX_STEPS + 1))).is_err());
        };
        thread.spawn(read).unwrap().join().unwrap();
    }

    #[test]
    fn a_conjunction_comes_apart_only_where_it_is_one() {
        let parts = |text: &str| {
            let parts = Expression::read(text).unwrap().conjuncts();
            parts.into_iter().map(|part| part.text).collect::<Vec<_>>()
        };
        assert_eq!(parts("a == 'x && y' && (b || c) && d"), ["a == 'x && y'", "(b || c)", "d"]);
        assert_eq!(parts("a && b || c"), ["a && b || c"]);
        assert_eq!(parts("a && b ? c : d"), ["a && b ? c : d"]);
        assert_eq!(parts("a"), ["a"]);
        assert_eq!(parts(r"a == 'it\'s' && b"), [r"a == 'it\'s'", "b"]);
        let claims = Expression::read("assertion.sub == assertion['a b'] && has(assertion.sub)").unwrap().claims();
        assert_eq!(claims, ["sub", "a b"]);
    }
}
