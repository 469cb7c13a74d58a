//! Policies, read member by member, so that an error has a path and a position.

use std::borrow::Cow;

use countersign::encoding::json::{self, Document, JsonError, Kind, Value};

use crate::error::{Error, PolicyPosition, Result};

/// The text of a policy.
#[derive(Debug)]
pub struct Source<'a> {
    text: &'a str,
    document: Document<'a>,
}

impl<'a> Source<'a> {
    /// Reads strict JSON.
    ///
    /// # Errors
    /// [`Error::Policy`] with the place where reading stopped.
    pub fn read(text: &'a str) -> Result<Self> {
        let document = Document::parse(text.as_bytes()).map_err(|JsonError(problem)| {
            let at = json::error_offset(text).unwrap_or_default();
            Error::Policy { problem: problem.into(), position: PolicyPosition::new("", text, at) }
        })?;
        Ok(Self { text, document })
    }

    /// The outermost value.
    pub fn root(&self) -> Node<'_> {
        Node { text: self.text, path: String::new(), value: self.document.root() }
    }
}

/// A value of a document, with the way to it.
#[derive(Debug, Clone)]
pub struct Node<'a> {
    text: &'a str,
    path: String,
    value: Value<'a>,
}

impl<'a> Node<'a> {
    fn child(&self, path: String, value: Value<'a>) -> Self {
        Self { path, value, ..self.clone() }
    }

    /// The path of this value.
    pub fn position(&self) -> PolicyPosition {
        // The value's text is a slice of the document's.
        let at = self.value.raw().as_ptr() as usize - self.text.as_ptr() as usize;
        let at = at - usize::from(self.value.kind() == Kind::String);
        PolicyPosition::new(self.path.clone(), self.text, at)
    }

    /// An error about this value.
    pub fn error_at(&self, problem: impl Into<Cow<'static, str>>) -> Error {
        Error::Policy { problem: problem.into(), position: self.position() }
    }

    /// The kind of the value.
    pub fn kind(&self) -> Kind {
        self.value.kind()
    }

    /// The JSON text of the value, without the quotes of a string.
    pub fn raw(&self) -> &'a str {
        self.value.raw()
    }

    /// The members of an object.
    ///
    /// # Errors
    /// The value is not an object.
    pub fn members(&self) -> Result<Vec<(Cow<'a, str>, Self)>> {
        if self.kind() != Kind::Object {
            return Err(self.error_at("must be an object"));
        }
        let member = |(name, value): (Cow<'a, str>, _)| {
            let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
            let path = match (self.path.is_empty(), plain) {
                (true, true) => name.to_string(),
                (false, true) => format!("{}.{name}", self.path),
                (_, false) => format!("{}['{name}']", self.path),
            };
            (name, self.child(path, value))
        };
        Ok(self.value.members().map(member).collect())
    }

    /// The members of an object that has no others than these; each once and in this order.
    ///
    /// # Errors
    /// The value is not an object, or has another member.
    pub fn only<const N: usize>(&self, names: [&str; N]) -> Result<[Option<Self>; N]> {
        let mut found = [const { None }; N];
        for (name, node) in self.members()? {
            match names.iter().position(|known| *known == name) {
                Some(index) => found[index] = Some(node),
                None => return Err(node.error_at(format!("is not known here; known are {}", names.join(", ")))),
            }
        }
        Ok(found)
    }

    /// The elements of an array, or the value itself if it is none.
    pub fn one_or_many(&self) -> Vec<Self> {
        if self.kind() != Kind::Array {
            return vec![self.clone()];
        }
        let element = |(index, value)| self.child(format!("{}[{index}]", self.path), value);
        self.value.elements().enumerate().map(element).collect()
    }

    /// A string.
    ///
    /// # Errors
    /// The value is of another kind.
    pub fn string(&self) -> Result<String> {
        self.value.as_str().map(Cow::into_owned).ok_or_else(|| self.error_at("must be a string"))
    }

    /// A string with something in it.
    ///
    /// # Errors
    /// The value is of another kind, or empty.
    pub fn name(&self) -> Result<String> {
        match self.string()? {
            empty if empty.is_empty() => Err(self.error_at("must not be empty")),
            name => Ok(name),
        }
    }

    /// One string or several.
    ///
    /// # Errors
    /// The list is empty, or has a value of another kind.
    pub fn strings(&self) -> Result<Vec<String>> {
        let strings = self.one_or_many().iter().map(Self::string).collect::<Result<Vec<_>>>()?;
        if strings.is_empty() { Err(self.error_at("must have at least one value")) } else { Ok(strings) }
    }
}

/// The members of an object, taken out one by one.
#[derive(Debug)]
pub struct Fields<'a> {
    object: Node<'a>,
    left: Vec<(Cow<'a, str>, Node<'a>)>,
}

impl<'a> Fields<'a> {
    /// The members of `object`.
    ///
    /// # Errors
    /// The document is not an object.
    pub fn new(object: Node<'a>) -> Result<Self> {
        let left = object.members()?;
        Ok(Self { object, left })
    }

    /// The member called `name`, if it is there.
    pub fn take(&mut self, name: &str) -> Option<Node<'a>> {
        let index = self.left.iter().position(|(known, _)| known == name)?;
        Some(self.left.remove(index).1)
    }

    /// The member called `name`.
    ///
    /// # Errors
    /// The member is missing.
    pub fn required(&mut self, name: &'static str) -> Result<Node<'a>> {
        self.take(name).ok_or_else(|| self.object.error_at(format!("must have a `{name}`")))
    }

    /// Makes sure that nothing is left.
    ///
    /// # Errors
    /// For a member that was not taken.
    pub fn finish(self) -> Result<()> {
        self.left.first().map_or(Ok(()), |(_, node)| Err(node.error_at("is not known here")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_have_names_and_places() {
        let text = "{\n  \"Statement\": [{\"Effect\": \"é\", \"a b\": 1}]\n}";
        let source = Source::read(text).unwrap();
        let [statement] = source.root().only(["Statement"]).unwrap();
        let members = statement.unwrap().one_or_many()[0].members().unwrap();
        let place = |node: &Node<'_>| (node.position().path, node.position().line, node.position().column);
        assert_eq!(place(&members[0].1), ("Statement[0].Effect".into(), 2, 28));
        assert_eq!(place(&members[1].1), ("Statement[0]['a b']".into(), 2, 40));
        let error = members[1].1.string().unwrap_err();
        assert_eq!(error.to_string(), "`Statement[0]['a b']` must be a string (line 2, column 40)");
        assert_eq!(error.code(), "ERR_POLICY_INVALID");
    }

    #[test]
    fn an_unknown_member_is_refused_by_name() {
        let source = Source::read(r#"{"team":7,"taem":""}"#).unwrap();
        let error = source.root().only(["team"]).unwrap_err();
        assert_eq!(error.to_string(), "`taem` is not known here; known are team (line 1, column 18)");
        let error = Source::read("{").unwrap_err();
        assert_eq!(error.to_string(), "the policy has a member without a name (line 1, column 2)");
    }
}
