//! A writer of SVG and HTML fragments that escapes every text it is given.

use std::fmt::{self, Display, Write as _};

use askama::filters::HtmlSafe;

/// Markup that is complete and escaped: templates take it as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Markup(String);

impl Markup {
    /// Opens an element. Attribute names are ours, values are escaped.
    pub fn open(&mut self, tag: &str, attributes: &[(&str, &dyn Display)]) {
        self.tag(tag, attributes);
        self.0.push('>');
    }

    /// An element without content.
    pub fn empty(&mut self, tag: &str, attributes: &[(&str, &dyn Display)]) {
        self.tag(tag, attributes);
        self.0.push_str("/>");
    }

    /// An element with a text in it.
    pub fn text(&mut self, tag: &str, attributes: &[(&str, &dyn Display)], text: &str) {
        self.open(tag, attributes);
        escape(text, &mut self.0);
        self.close(tag);
    }

    /// A text where it stands.
    pub fn words(&mut self, text: &str) {
        escape(text, &mut self.0);
    }

    /// Closes an element.
    pub fn close(&mut self, tag: &str) {
        let _ = write!(self.0, "</{tag}>");
    }

    /// The markup so far.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn tag(&mut self, tag: &str, attributes: &[(&str, &dyn Display)]) {
        let _ = write!(self.0, "<{tag}");
        for (name, value) in attributes {
            let _ = write!(self.0, " {name}=\"");
            escape(&value.to_string(), &mut self.0);
            self.0.push('"');
        }
    }
}

impl From<&str> for Markup {
    /// A text, escaped.
    fn from(text: &str) -> Self {
        let mut markup = Self::default();
        markup.words(text);
        markup
    }
}

/// Appends text with the five characters of markup escaped, and without the
/// control characters that XML forbids.
pub fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push(' '),
            c => out.push(c),
        }
    }
}

impl Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_values_cannot_break_out() {
        let mut markup = Markup::default();
        markup.text("text", &[("x", &1), ("class", &"a\" onload=\"b")], "</text><script>&\u{0}");
        assert_eq!(markup.as_str(), "<text x=\"1\" class=\"a&quot; onload=&quot;b\">&lt;/text&gt;&lt;script&gt;&amp; </text>");
    }
}
