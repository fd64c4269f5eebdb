//! Components: pieces of pages with their own templates.
//!
//! Each is plain data with public fields; a handler fills it, a page's
//! template writes `{{ piece }}`. Their texts are escaped by their templates.

mod figure;
mod table;

use askama::Template;
use askama::filters::HtmlSafe;
use harmonise::Reason;
use model::Instant;
use model::dataset::Texts as Translated;

use crate::format;
use crate::messages::{Language, Texts};

pub use figure::{ChartFigure, Choice, MapFigure, MapLegend};
pub use table::{Cell, Head, Table};

/// Marks components as escaped by their own templates.
macro_rules! components {
    ($($name:ty),* $(,)?) => { $(impl HtmlSafe for $name {})* };
}

components!(Moment, Phrase, Marked, Badge, Alert, Crumbs, Pagination, Snippet, Field, ChartFigure, MapFigure, Table);

/// A point in time, with its machine form, and its age only beside it.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    ext = "html",
    source = r#"<time datetime="{{ iso }}">{{ text }}</time>{% if let Some(age) = age %} <span class="muted">({{ age }})</span>{% endif %}"#
)]
pub struct Moment {
    /// `2026-03-03T13:05:00Z` or a date.
    pub iso: String,
    /// What people read.
    pub text: String,
    /// `vor 4 Min.`
    pub age: Option<String>,
}

impl Moment {
    /// `3. März 2026, 14:05 Uhr (vor 4 Min.)`.
    #[must_use]
    pub fn with_age(at: Instant, now: Instant, language: Language) -> Self {
        Self { iso: at.to_string(), text: format::moment_long(at, language), age: Some(format::age(at, now, language)) }
    }

    /// `03.03.2026, 14:05`: for tables.
    #[must_use]
    pub fn short(at: Instant, language: Language) -> Self {
        Self::short_in(at, language, format::Zone::Berlin)
    }

    /// The same in the time the reader chose.
    #[must_use]
    pub fn short_in(at: Instant, language: Language, zone: format::Zone) -> Self {
        Self { iso: at.to_string(), text: zone.moment_short(at, language), age: None }
    }

    /// `3. März 2026`.
    #[must_use]
    pub fn date(at: Instant, language: Language) -> Self {
        Self { iso: format::local(at).date().to_string(), text: format::date_long(at, language), age: None }
    }
}

/// A text of the data, marked with its language where that is not the page's.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    ext = "html",
    source = r#"{% if let Some(lang) = lang %}<span lang="{{ lang }}">{{ text }}</span>{% else %}{{ text }}{% endif %}"#
)]
pub struct Phrase {
    /// The text.
    pub text: String,
    /// Its language, when it is not the page's.
    pub lang: Option<&'static str>,
}

impl Phrase {
    /// A text in the page's language.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), lang: None }
    }

    /// The best translation there is.
    #[must_use]
    pub fn of(texts: &Translated, language: Language) -> Self {
        let text = texts.get(language.code()).to_owned();
        let is_foreign = language == Language::En && texts.en.is_none();
        Self { text, lang: is_foreign.then_some("de") }
    }

    /// A message of the program's own parts, which speak English.
    #[must_use]
    pub fn english(text: &str, language: Language) -> Self {
        Self { text: text.to_owned(), lang: (language == Language::De).then_some("en") }
    }

    /// Why something was refused, in the page's language; what an earlier version wrote down is English.
    #[must_use]
    pub fn reason(reason: &Reason, language: Language) -> Self {
        match reason {
            Reason::Text(text) => Self::english(text, language),
            Reason::Issues(..) => Self::plain(&reason.say(language.of_faults())),
        }
    }

    /// German text that no one translates, such as names of offices.
    #[must_use]
    pub fn german(text: &str, language: Language) -> Self {
        Self { text: text.to_owned(), lang: (language == Language::En).then_some("de") }
    }
}

/// A text of the data in which words are marked.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    ext = "html",
    source = r#"{% if let Some(lang) = lang %}<span lang="{{ lang }}">{% endif %}{% for (text, is_marked) in parts %}{% if *is_marked %}<mark>{{ text }}</mark>{% else %}{{ text }}{% endif %}{% endfor %}{% if lang.is_some() %}</span>{% endif %}"#
)]
pub struct Marked {
    /// Pieces of the text, each with whether it is marked.
    pub parts: Vec<(String, bool)>,
    /// Its language, when it is not the page's.
    pub lang: Option<&'static str>,
}

impl Marked {
    /// A text with these bytes marked; `ranges` are in order and do not meet.
    #[must_use]
    pub fn new(phrase: Phrase, ranges: &[std::ops::Range<usize>]) -> Self {
        let Phrase { text, lang } = phrase;
        let mut parts = Vec::new();
        let mut end = 0;
        for range in ranges {
            parts.push((text[end..range.start].to_owned(), false));
            parts.push((text[range.clone()].to_owned(), true));
            end = range.end;
        }
        parts.push((text[end..].to_owned(), false));
        parts.retain(|(piece, _)| !piece.is_empty());
        Self { parts, lang }
    }

    /// Whether anything is marked.
    #[must_use]
    pub fn has_marks(&self) -> bool {
        self.parts.iter().any(|(_, is_marked)| *is_marked)
    }
}

/// The four colours of messages and badges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Neutral.
    Info,
    /// Good.
    Success,
    /// Look here.
    Warning,
    /// Something is broken.
    Danger,
}

impl Tone {
    /// KERN's word for it, also the name of its icon.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }
}

/// A short fact in a coloured frame; the icon repeats the colour's meaning.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    ext = "html",
    source = r#"<span class="kern-badge kern-badge--{{ tone.word() }}"><span class="kern-icon kern-icon--{{ tone.word() }}" aria-hidden="true"></span><span class="kern-label">{{ text }}</span></span>"#
)]
pub struct Badge {
    /// Its colour.
    pub tone: Tone,
    /// Its words.
    pub text: String,
}

impl Badge {
    /// A badge.
    #[must_use]
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into() }
    }
}

/// A message on a page, optionally with a list. As `errors` it is the summary
/// after a failed form, takes the focus and links to the fields.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/alert.html")]
pub struct Alert {
    /// Its colour.
    pub tone: Tone,
    /// What happened.
    pub title: String,
    /// Why, and what now.
    pub text: String,
    /// Points, each with the id of the field it speaks of, when there is one.
    pub items: Vec<(Phrase, Option<String>)>,
    /// Whether it is the summary of a failed form.
    pub takes_focus: bool,
}

impl Alert {
    /// A message without a list.
    #[must_use]
    pub fn new(tone: Tone, title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { tone, title: title.into(), text: text.into(), items: Vec::new(), takes_focus: false }
    }

    /// The summary after a failed form.
    #[must_use]
    pub fn errors(title: impl Into<String>, items: Vec<(Phrase, Option<String>)>) -> Self {
        Self { tone: Tone::Danger, title: title.into(), text: String::new(), items, takes_focus: true }
    }
}

/// The way from the start page to here.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/crumbs.html")]
pub struct Crumbs {
    /// The texts of the language.
    pub texts: Texts,
    /// Pages above, outermost first: name, address.
    pub above: Vec<(Phrase, String)>,
    /// This page.
    pub here: Phrase,
}

/// Links to the pages of a list.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/pagination.html")]
pub struct Pagination {
    /// The texts of the language.
    pub texts: Texts,
    /// This page, from 1.
    pub page: u64,
    /// How many there are.
    pub pages: u64,
    /// Address of a page without its number: ends in `seite=`.
    pub base: String,
}

impl Pagination {
    /// How many pages a number of items fills.
    #[must_use]
    pub fn pages_for(items: u64, per_page: u64) -> u64 {
        items.div_ceil(per_page.max(1)).max(1)
    }

    /// The pages worth a link: the ends, this one and its neighbours; `None` is a gap.
    #[must_use]
    pub fn links(&self) -> Vec<Option<u64>> {
        let near = |page: &u64| *page == 1 || *page == self.pages || page.abs_diff(self.page) <= 1;
        let candidates = [1, self.page.saturating_sub(1), self.page, self.page + 1, self.pages];
        let mut shown: Vec<u64> = candidates.into_iter().filter(|page| (1..=self.pages).contains(page) && near(page)).collect();
        shown.sort_unstable();
        shown.dedup();
        let mut links = Vec::new();
        for page in shown {
            if let Some(Some(before)) = links.last()
                && before + 1 < page
            {
                links.push(None);
            }
            links.push(Some(page));
        }
        links
    }

    fn number(&self, page: &u64) -> String {
        format::count(*page, self.texts.language)
    }
}

/// Code to copy and run.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/snippet.html")]
pub struct Snippet {
    /// The texts of the language.
    pub texts: Texts,
    /// Unique in the page.
    pub id: String,
    /// For which tool: `Python`.
    pub tool: String,
    /// The code, or the steps of a program without code.
    pub code: String,
}

/// A labelled text field of a form.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/field.html")]
pub struct Field {
    /// Its id and name.
    pub name: String,
    /// Its label.
    pub label: String,
    /// A sentence of help.
    pub hint: Option<String>,
    /// `text`, `password`, `search`, ….
    pub kind: &'static str,
    /// What browsers may fill in: `username`, `current-password`, ….
    pub autocomplete: &'static str,
    /// What was typed; never given for passwords.
    pub value: String,
    /// What is wrong with it.
    pub error: Option<String>,
}

impl Field {
    /// An empty field.
    #[must_use]
    pub fn new(name: &str, label: &str, kind: &'static str, autocomplete: &'static str) -> Self {
        Self { name: name.to_owned(), label: label.to_owned(), hint: None, kind, autocomplete, value: String::new(), error: None }
    }

    /// The ids of hint and error, for `aria-describedby`.
    #[must_use]
    pub fn described_by(&self) -> Option<String> {
        let mut ids = Vec::new();
        if self.hint.is_some() {
            ids.push(format!("{}-hint", self.name));
        }
        if self.error.is_some() {
            ids.push(format!("{}-error", self.name));
        }
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

#[cfg(test)]
mod tests;
