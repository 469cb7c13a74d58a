//! The part of XML 1.0 that the answers of AWS are written in: elements in one namespace, and text.
//!
//! Refused beside what is not well-formed: document types, and with them every entity but the five that XML itself
//! defines; processing instructions but a declaration of UTF-8; comments and CDATA sections; attributes but `xmlns`;
//! prefixed names; more than [`MAX_DEPTH`] levels.

use std::borrow::Cow;

/// How many elements may be open at once.
pub const MAX_DEPTH: usize = 16;

/// The declarations that are read over (section 2.8).
const DECLARATIONS: [&str; 2] = ["<?xml version=\"1.0\"?>", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"];

/// Not the XML that this module reads; says what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct XmlError(pub &'static str);

/// One element: where its name and its content lie.
#[derive(Debug, Clone, Copy)]
struct Node<'a> {
    name: &'a str,
    /// The text between the tags.
    content: &'a str,
    /// Whether elements lie between them, and not text only.
    parent: bool,
    /// The node after this one and all that is inside it.
    next: usize,
}

/// A text with its structure.
#[derive(Debug)]
pub struct Document<'a> {
    /// The outermost element first, each before what is inside it.
    nodes: Vec<Node<'a>>,
}

impl<'a> Document<'a> {
    /// Reads `text`.
    pub fn parse(text: &'a [u8]) -> Result<Self, XmlError> {
        let text = std::str::from_utf8(text).map_err(|_| XmlError("is not UTF-8"))?;
        let mut reader = Reader { text, at: 0, nodes: Vec::new() };
        reader.document()?;
        Ok(Self { nodes: reader.nodes })
    }

    /// The outermost element.
    pub fn root(&self) -> Element<'_> {
        Element { nodes: &self.nodes, at: 0 }
    }
}

/// An element of a text that was read.
#[derive(Debug, Clone, Copy)]
pub struct Element<'a> {
    nodes: &'a [Node<'a>],
    at: usize,
}

impl<'a> Element<'a> {
    /// The element's name.
    pub fn name(self) -> &'a str {
        self.nodes[self.at].name
    }

    /// The element's text; `None` where elements are inside it.
    pub fn text(self) -> Option<Cow<'a, str>> {
        let Node { content, parent, .. } = self.nodes[self.at];
        (!parent).then(|| unescape(content))
    }

    /// The elements directly inside this one, in order.
    pub fn children(self) -> impl Iterator<Item = Element<'a>> {
        let end = self.nodes[self.at].next;
        let mut next = self.at + 1;
        std::iter::from_fn(move || {
            let at = next;
            (at < end).then(|| next = self.nodes[at].next).map(|()| Element { at, ..self })
        })
    }

    /// The one element of this name directly inside this one; `None` where there is none, or more than one.
    pub fn child(self, name: &str) -> Option<Element<'a>> {
        let mut named = self.children().filter(|child| child.name() == name);
        named.next().filter(|_| named.next().is_none())
    }

    /// The text of the element that is reached by these names, each of them the only one of its kind.
    pub fn text_at(self, path: &[&str]) -> Option<Cow<'a, str>> {
        path.iter().try_fold(self, |element, name| element.child(name))?.text()
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    nodes: Vec<Node<'a>>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Steps over `text` if it comes next.
    fn skip(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        self.at += if found { text.len() } else { 0 };
        found
    }

    fn expect(&mut self, text: &str, otherwise: &'static str) -> Result<(), XmlError> {
        if self.skip(text) { Ok(()) } else { Err(XmlError(otherwise)) }
    }

    /// Steps over white space; whether there was any.
    fn white_space(&mut self) -> bool {
        let rest = self.rest();
        let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.at += rest.len() - trimmed.len();
        rest.len() != trimmed.len()
    }

    fn document(&mut self) -> Result<(), XmlError> {
        let declared = DECLARATIONS.iter().any(|declaration| self.skip(declaration));
        if !declared && self.rest().starts_with("<?") {
            return Err(XmlError("declares something else than version 1.0 and UTF-8"));
        }
        self.white_space();
        self.elements()?;
        self.white_space();
        if self.rest().is_empty() { Ok(()) } else { Err(XmlError("has text after its end")) }
    }

    /// The outermost element with all that is inside it. Not recursive: what is open is on a list.
    fn elements(&mut self) -> Result<(), XmlError> {
        // Index and start of the content of each open element.
        let mut open: Vec<(usize, usize)> = Vec::new();
        loop {
            if self.rest().starts_with("</") {
                let (index, start) = open.pop().ok_or(XmlError("ends an element that was not begun"))?;
                let end = self.at;
                self.at += 2;
                if self.name()? != self.nodes[index].name {
                    return Err(XmlError("ends another element than was begun last"));
                }
                self.white_space();
                self.expect(">", "has a malformed end of an element")?;
                self.close(index, start, end);
            } else {
                if let Some(&(parent, _)) = open.last() {
                    self.nodes[parent].parent = true;
                }
                let (index, empty) = self.begin()?;
                if empty {
                    self.close(index, self.at, self.at);
                } else if open.len() == MAX_DEPTH {
                    return Err(XmlError("is nested too deeply"));
                } else {
                    open.push((index, self.at));
                }
            }
            if open.is_empty() {
                return Ok(());
            }
            self.characters()?;
        }
    }

    fn close(&mut self, index: usize, start: usize, end: usize) {
        let next = self.nodes.len();
        let node = &mut self.nodes[index];
        node.next = next;
        node.content = self.text.get(start..end).unwrap_or_default();
    }

    /// A start tag; whether the element is empty.
    fn begin(&mut self) -> Result<(usize, bool), XmlError> {
        self.expect("<", "has a character where an element should be")?;
        let name = self.name()?;
        if self.white_space() && self.skip("xmlns=\"") {
            let rest = self.rest();
            let end =
                rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, ':' | '/' | '.' | '-')).unwrap_or(0);
            self.at += end;
            // An empty name would take the namespace away.
            if end == 0 || !self.skip("\"") {
                return Err(XmlError("has a malformed namespace"));
            }
            self.white_space();
        }
        let empty = self.skip("/");
        self.expect(">", "has a malformed start of an element")?;
        self.nodes.push(Node { name, content: "", parent: false, next: 0 });
        Ok((self.nodes.len() - 1, empty))
    }

    fn name(&mut self) -> Result<&'a str, XmlError> {
        let rest = self.rest();
        let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let name = rest.split(|c| !inside(c)).next().unwrap_or_default();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            return Err(XmlError("has a malformed name"));
        }
        self.at += name.len();
        Ok(name)
    }

    /// Text up to the next tag.
    fn characters(&mut self) -> Result<(), XmlError> {
        let (text, _) = self.rest().split_once('<').ok_or(XmlError("ends inside an element"))?;
        check_characters(text)?;
        self.at += text.len();
        Ok(())
    }
}

/// Refuses what sections 2.2 and 2.4 exclude, and references to anything but a character.
fn check_characters(text: &str) -> Result<(), XmlError> {
    if !text.chars().all(is_char) || text.as_bytes().windows(3).any(|end| end == b"]]>") {
        return Err(XmlError("has a character that must not be there"));
    }
    for reference in text.split('&').skip(1) {
        let name = reference.split_once(';').map(|(name, _)| name);
        name.and_then(referenced).ok_or(XmlError("has a reference to something else than a character"))?;
    }
    Ok(())
}

/// Section 2.2.
fn is_char(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{1_0000}'..)
}

/// The character of a reference: one of the five predefined, or one by its number (sections 4.1 and 4.6).
fn referenced(name: &str) -> Option<char> {
    let number = |digits: &str, radix| {
        // A sign would be taken for part of the number.
        let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        plain.then(|| u32::from_str_radix(digits, radix).ok())?.and_then(char::from_u32).filter(|&c| is_char(c))
    };
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => match name.strip_prefix("#x") {
            Some(digits) => number(digits, 16),
            None => number(name.strip_prefix('#')?, 10),
        },
    }
}

/// The characters of a text that was checked. Line ends become line feeds (section 2.11).
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '\r']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['&', '\r']) {
        out.push_str(rest.get(..at).unwrap_or_default());
        let (mark, after) = rest.get(at..).and_then(|rest| rest.split_at_checked(1)).unwrap_or_default();
        rest = if mark == "&" {
            let (name, after) = after.split_once(';').unwrap_or_default();
            out.push(referenced(name).unwrap_or('\u{fffd}'));
            after
        } else {
            out.push('\n');
            after.strip_prefix('\n').unwrap_or(after)
        };
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> &'static str {
        Document::parse(text.as_bytes()).map(|_| "accepted").unwrap_or_else(|XmlError(fault)| fault)
    }

    #[test]
    fn reads_elements_by_name() {
        let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<A xmlns=\"https://a/\">\n <B><C>x</C><D/></B><E>1</E><E>2</E>\n</A>\n";
        let document = Document::parse(text.as_bytes()).unwrap();
        let root = document.root();
        assert_eq!(root.name(), "A");
        assert_eq!(root.children().map(Element::name).collect::<Vec<_>>(), ["B", "E", "E"]);
        assert_eq!(root.text_at(&["B", "C"]).as_deref(), Some("x"));
        assert_eq!(root.text_at(&["B", "D"]).as_deref(), Some(""));
        assert_eq!(root.text_at(&["B"]), None, "elements are no text");
        assert_eq!(root.text_at(&["E"]), None, "which of the two?");
        assert_eq!(root.text_at(&["C"]), None);
    }

    #[test]
    fn resolves_references_to_characters_and_nothing_else() {
        let document = Document::parse(b"<a>&lt;&amp;&gt;&quot;&apos;&#65;&#x1F600;\r\n\r&#13;x</a>").unwrap();
        assert_eq!(document.root().text().unwrap(), "<&>\"'A\u{1f600}\n\n\rx");
        for name in ["xxe", "", "#", "#x", "#0", "#xD800", "#x110000", "#+65", "#x+41", "#1F", "AMP", "lt ", "#xFFFE"] {
            assert_ne!(fault(&format!("<a>&{name};</a>")), "accepted", "{name}");
        }
        assert_ne!(fault("<a>&lt</a>"), "accepted");
        assert_ne!(fault("<a b='&xxe;'/>"), "accepted");
    }

    #[test]
    fn depth_is_capped() {
        let nested = |levels| "<a>".repeat(levels) + &"</a>".repeat(levels);
        assert_eq!(fault(&nested(MAX_DEPTH)), "accepted");
        assert_eq!(fault(&nested(MAX_DEPTH + 1)), "is nested too deeply");
        assert_eq!(fault(&nested(100_000)), "is nested too deeply");
    }

    #[test]
    fn refuses_what_it_has_no_use_for_and_what_is_malformed() {
        for text in [
            "",
            " ",
            "x",
            "<a>",
            "<a",
            "<a/><b/>",
            "<a></b>",
            "<a><b></a></b>",
            "</a>",
            "<a>x</a>y",
            "y<a/>",
            "< a/>",
            "<a / >",
            "<a></a x>",
            "<1/>",
            "<p:a xmlns:p='x'/>",
            "<a b/>",
            "<a b=c/>",
            "<a b='x' b='y'/>",
            "<a b='x'c='y'/>",
            "<a b='<'/>",
            "<a xmlns=\"\"/>",
            "<a xmlns=\"x/>",
            "<a xmlns=\"x\" xmlns=\"x\"/>",
            "<axmlns=\"x\"/>",
            "<a>]]></a>",
            "<a>\u{0}</a>",
            "<a>\u{ffff}</a>",
            "<!DOCTYPE a><a/>",
            "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
            "<a><!-- x --></a>",
            "<a><![CDATA[x]]></a>",
            "<a><?php ?></a>",
            "<?xml version='1.1'?><a/>",
            "<?xml version='1.0' encoding='latin1'?><a/>",
            "<?xml?><a/>",
            " <?xml version='1.0'?><a/>",
            "\u{feff}<a/>",
        ] {
            assert_ne!(fault(text), "accepted", "{text:?}");
        }
        assert!(Document::parse(b"<a>\xff</a>").is_err());
    }

    #[test]
    fn a_declaration_of_something_else_is_told_from_a_malformed_element() {
        for declaration in ["<?xml version=\"1.1\"?>", "<?xml version=\"1.0\" encoding=\"latin1\"?>", "<?php ?>"] {
            let text = [declaration, "<a/>"].concat();
            assert_eq!(fault(&text), "declares something else than version 1.0 and UTF-8", "{text}");
        }
        assert_eq!(DECLARATIONS.map(|declaration| fault(&[declaration, "<a/>"].concat())), ["accepted"; 2]);
        assert_eq!(fault("<?xml version=\"1.0\"?><?xml version=\"1.0\"?><a/>"), "has a malformed name");
    }
}
