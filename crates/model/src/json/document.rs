//! A JSON text that was checked once and is read where it stands: nothing is
//! copied before somebody keeps it.

use std::borrow::Cow;
use std::iter::FusedIterator;

use super::scan::{self, Scanner};
use super::{Json, Limits, Number, ParseError};
use crate::Text;

/// A checked JSON text with the places of its parts.
#[derive(Debug)]
pub struct Document<'a> {
    text: &'a str,
    parts: Vec<Part>,
}

/// The place of a value or of a member's name. Parts stand in the order of the
/// text: an object before its members, a name before its value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) kind: PartKind,
    /// The byte where it begins; of a string, the one after the quote.
    pub(super) start: u32,
    /// Bytes of a string or number, items of an array, members of an object.
    pub(super) size: u32,
    /// The part after it and all that it holds.
    pub(super) next: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PartKind {
    Null,
    True,
    False,
    Number,
    /// A string that stands for itself.
    Plain,
    /// A string with escapes.
    Escaped,
    Array,
    Object,
}

impl Part {
    /// The text of a string or number.
    pub(super) fn text<'a>(&self, document: &'a str) -> Cow<'a, str> {
        let start = self.start as usize;
        let raw = &document[start..start + self.size as usize];
        if self.kind == PartKind::Escaped { Cow::Owned(scan::unescape(raw)) } else { Cow::Borrowed(raw) }
    }
}

impl<'a> Document<'a> {
    /// Checks a JSON text (RFC 8259): UTF-8, no duplicate members, bounded depth.
    ///
    /// # Errors
    /// [`ParseError`] names the place and what is wrong there.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        Self::parse_with(bytes, Limits::default())
    }

    /// As [`Self::parse`], with limits of the caller's.
    ///
    /// # Errors
    /// [`ParseError`] names the place and what is wrong there.
    pub fn parse_with(bytes: &'a [u8], limits: Limits) -> Result<Self, ParseError> {
        let (text, parts) = Scanner::scan(bytes, limits)?;
        Ok(Self { text, parts })
    }

    /// The value that the text is.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node { document: self, at: 0 }
    }
}

/// A value inside a [`Document`].
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    document: &'a Document<'a>,
    at: u32,
}

/// What a value is.
#[derive(Debug, Clone)]
pub enum View<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, digit for digit.
    Number(&'a str),
    /// Text, unescaped.
    String(Cow<'a, str>),
    /// Values in order.
    Array(Items<'a>),
    /// Members in order, names unique.
    Object(Members<'a>),
}

impl<'a> Node<'a> {
    fn part(self) -> Part {
        self.document.parts[self.at as usize]
    }

    /// What it is, to be matched.
    #[must_use]
    pub fn view(self) -> View<'a> {
        let part = self.part();
        match part.kind {
            PartKind::Null => View::Null,
            PartKind::True => View::Bool(true),
            PartKind::False => View::Bool(false),
            PartKind::Number => {
                let start = part.start as usize;
                View::Number(&self.document.text[start..start + part.size as usize])
            }
            PartKind::Plain | PartKind::Escaped => View::String(part.text(self.document.text)),
            PartKind::Array => View::Array(Items(self.inside(part))),
            PartKind::Object => View::Object(Members(self.inside(part))),
        }
    }

    fn inside(self, part: Part) -> Inside<'a> {
        Inside { document: self.document, at: self.at + 1, left: part.size as usize }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(self) -> Option<Cow<'a, str>> {
        let part = self.part();
        matches!(part.kind, PartKind::Plain | PartKind::Escaped).then(|| part.text(self.document.text))
    }

    /// The nearest double of a number.
    #[must_use]
    pub fn as_f64(self) -> Option<f64> {
        match self.view() {
            View::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The items of an array.
    #[must_use]
    pub fn as_array(self) -> Option<Items<'a>> {
        let part = self.part();
        (part.kind == PartKind::Array).then(|| Items(self.inside(part)))
    }

    /// The members of an object.
    #[must_use]
    pub fn as_object(self) -> Option<Members<'a>> {
        let part = self.part();
        (part.kind == PartKind::Object).then(|| Members(self.inside(part)))
    }

    /// A member of an object.
    #[must_use]
    pub fn get(self, member: &str) -> Option<Node<'a>> {
        self.as_object()?.find(|(name, _)| name == member).map(|(_, value)| value)
    }

    /// Whether it is this text.
    #[must_use]
    pub fn is(self, text: &str) -> bool {
        self.as_str().is_some_and(|own| own == text)
    }

    /// What kind of value this is, as messages name it.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self.part().kind {
            PartKind::Null => "null",
            PartKind::True | PartKind::False => "a boolean",
            PartKind::Number => "a number",
            PartKind::Plain | PartKind::Escaped => "a string",
            PartKind::Array => "an array",
            PartKind::Object => "an object",
        }
    }

    /// A copy that outlives the text.
    #[must_use]
    pub fn to_json(self) -> Json {
        match self.view() {
            View::Null => Json::Null,
            View::Bool(value) => Json::Bool(value),
            View::Number(text) => Json::Number(Number::checked(text)),
            View::String(text) => Json::String(text.into()),
            View::Array(items) => Json::Array(items.map(Self::to_json).collect()),
            View::Object(members) => Json::Object(members.map(|(name, value)| (Text::from(name), value.to_json())).collect()),
        }
    }
}

/// A walk over what an array or object holds.
#[derive(Debug, Clone)]
struct Inside<'a> {
    document: &'a Document<'a>,
    at: u32,
    left: usize,
}

impl<'a> Inside<'a> {
    fn node(&mut self) -> Node<'a> {
        let node = Node { document: self.document, at: self.at };
        self.at = node.part().next;
        node
    }
}

/// The items of an array.
#[derive(Debug, Clone)]
pub struct Items<'a>(Inside<'a>);

impl<'a> Iterator for Items<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.left = self.0.left.checked_sub(1)?;
        Some(self.0.node())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.left, Some(self.0.left))
    }
}

impl ExactSizeIterator for Items<'_> {}
impl FusedIterator for Items<'_> {}

/// The members of an object with their names, unescaped.
#[derive(Debug, Clone)]
pub struct Members<'a>(Inside<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = (Cow<'a, str>, Node<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.left = self.0.left.checked_sub(1)?;
        let name = self.0.node();
        let text = name.part().text(name.document.text);
        Some((text, self.0.node()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.left, Some(self.0.left))
    }
}

impl ExactSizeIterator for Members<'_> {}
impl FusedIterator for Members<'_> {}
