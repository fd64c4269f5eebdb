//! Pages of text, written in Markdown (CommonMark 0.31), as HTML of our components.
//!
//! What such a text can do is little on purpose: headings, paragraphs, lists,
//! links, emphasis, and a quotation, which becomes a notice. Everything else
//! shows as text; of HTML only `<span lang="…">` is taken.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Parser, Tag, TagEnd, TextMergeStream};

use crate::svg::Markup;

/// A text with its first heading and first paragraph apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Text {
    /// The first heading, plain.
    pub(crate) title: String,
    /// The first paragraph, plain.
    pub(crate) lead: String,
    /// What follows.
    pub(crate) body: Markup,
}

/// Reads a text. `address` gives each link its address on this site; `None` leaves the words and drops the link.
pub(crate) fn read(text: &str, address: &dyn Fn(&str) -> Option<String>) -> Text {
    let mut events = TextMergeStream::new(Parser::new(text)).peekable();
    let mut read = Text::default();
    if matches!(events.peek(), Some(Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }))) {
        read.title = words(&mut events);
        if matches!(events.peek(), Some(Event::Start(Tag::Paragraph))) {
            read.lead = words(&mut events);
        }
    }
    let mut writer = Writer { html: Markup::default(), address, links: Vec::new(), spans: 0 };
    events.for_each(|event| writer.event(&event));
    read.body = writer.html;
    read
}

/// The words of a block, up to its end.
fn words<'a>(events: &mut impl Iterator<Item = Event<'a>>) -> String {
    let mut text = String::new();
    for event in events {
        match event {
            Event::Text(piece) | Event::Code(piece) => text.push_str(&piece),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            Event::End(TagEnd::Heading(_) | TagEnd::Paragraph) => break,
            _ => {}
        }
    }
    text
}

struct Writer<'a> {
    html: Markup,
    address: &'a dyn Fn(&str) -> Option<String>,
    /// Of each open link, whether it was written.
    links: Vec<bool>,
    spans: usize,
}

impl Writer<'_> {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(tag) => self.begin(tag),
            Event::End(tag) => self.end(*tag),
            Event::Text(text) | Event::Html(text) => self.html.words(text),
            Event::InlineHtml(text) => self.span(text),
            Event::Code(text) => self.html.text("code", &[], text),
            Event::SoftBreak => self.html.words("\n"),
            Event::HardBreak => self.html.open("br", &[]),
            _ => {}
        }
    }

    fn begin(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Heading { level: HeadingLevel::H1 | HeadingLevel::H2, .. } => self.html.open("h2", &[("class", &"kern-heading-medium")]),
            Tag::Heading { .. } => self.html.open("h3", &[("class", &"kern-heading-small")]),
            Tag::Paragraph => self.html.open("p", &[("class", &"kern-body")]),
            Tag::List(None) => self.html.open("ul", &[("class", &"kern-body")]),
            Tag::List(Some(_)) => self.html.open("ol", &[("class", &"kern-body")]),
            Tag::Item => self.html.open("li", &[]),
            Tag::Strong => self.html.open("strong", &[]),
            Tag::Emphasis => self.html.open("em", &[]),
            Tag::BlockQuote(_) => {
                self.html.open("div", &[("class", &"kern-alert kern-alert--info notice")]);
                self.html.open("div", &[("class", &"kern-alert__header")]);
                self.html.text("span", &[("class", &"kern-icon kern-icon--info"), ("aria-hidden", &"true")], "");
            }
            Tag::Link { dest_url, .. } => self.link(dest_url),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(HeadingLevel::H1 | HeadingLevel::H2) => self.html.close("h2"),
            TagEnd::Heading(_) => self.html.close("h3"),
            TagEnd::Paragraph => {
                (0..std::mem::take(&mut self.spans)).for_each(|_| self.html.close("span"));
                self.html.close("p");
            }
            TagEnd::List(is_ordered) => self.html.close(if is_ordered { "ol" } else { "ul" }),
            TagEnd::Item => self.html.close("li"),
            TagEnd::Strong => self.html.close("strong"),
            TagEnd::Emphasis => self.html.close("em"),
            TagEnd::BlockQuote(_) => (0..2).for_each(|_| self.html.close("div")),
            TagEnd::Link if self.links.pop() == Some(true) => self.html.close("a"),
            _ => {}
        }
    }

    fn link(&mut self, target: &CowStr<'_>) {
        let address = (self.address)(target);
        self.links.push(address.is_some());
        if let Some(address) = address {
            self.html.open("a", &[("class", &"kern-link"), ("href", &address)]);
        }
    }

    /// `<span lang="…">` and its end; other HTML is text.
    fn span(&mut self, html: &str) {
        let language = html.strip_prefix("<span lang=\"").and_then(|rest| rest.strip_suffix("\">"));
        if let Some(code) = language.filter(|code| (2..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_lowercase())) {
            self.spans += 1;
            self.html.open("span", &[("lang", &code)]);
        } else if html == "</span>" && self.spans > 0 {
            self.spans -= 1;
            self.html.close("span");
        } else {
            self.html.words(html);
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, expected: &Expect) {
        let address = |target: &str| target.starts_with('/').then(|| format!("/en{target}"));
        let Text { title, lead, body } = read(text, &address);
        expected.assert_eq(&format!("{title}|{lead}|{body}\n").replace("><", ">\n<"));
    }

    #[test]
    fn a_text_becomes_components() {
        check(
            "# Titel\n\nWorum *es* geht.\n\n## Teil\n\nZeile\\\nund [Seite](/x).\n\n- a\n- b\n\n> Hinweis\n",
            &expect![[r#"
                Titel|Worum es geht.|<h2 class="kern-heading-medium">Teil</h2>
                <p class="kern-body">Zeile<br>und <a class="kern-link" href="/en/x">Seite</a>.</p>
                <ul class="kern-body">
                <li>a</li>
                <li>b</li>
                </ul>
                <div class="kern-alert kern-alert--info notice">
                <div class="kern-alert__header">
                <span class="kern-icon kern-icon--info" aria-hidden="true">
                </span>
                <p class="kern-body">Hinweis</p>
                </div>
                </div>
            "#]],
        );
    }

    #[test]
    fn nothing_becomes_markup_but_languages() {
        check(
            "# <b>\n\n<i>\n\n<script>alert(1)</script>\n\n[a](javascript:alert(1)) <span lang=\"de\">Ort <span onclick=\"x\">\n",
            &expect![[r#"
                ||&lt;i&gt;
                &lt;script&gt;alert(1)&lt;/script&gt;
                <p class="kern-body">a <span lang="de">Ort &lt;span onclick=&quot;x&quot;&gt;</span>
                </p>
            "#]],
        );
    }
}
