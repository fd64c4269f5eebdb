//! Pages of text: imprint, privacy, accessibility, help.
//!
//! Our words stand in `locales/pages/{name}.{de,en}.md`. A municipality puts
//! its own in their place, page by page and language by language. Gaps are
//! filled with what the municipality says of itself: `{owner}`, `{site}`,
//! `{email}`, `{imprint}`, `{reports_kept}`. A paragraph with a gap that nothing fills is left out.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;

use crate::frame::{Frame, Site};
use crate::markdown;
use crate::messages::Language;
use crate::parts::Crumbs;
use crate::svg::Markup;

/// A page of text.
#[derive(Debug, Clone, Template)]
#[template(path = "document.html")]
pub struct DocumentPage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// Its words.
    pub document: Document,
}

/// The words of a page of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The heading.
    pub title: String,
    /// What it is about, in a sentence.
    pub lead: String,
    /// What follows.
    pub body: Markup,
    /// Its language, when it is not the page's.
    pub lang: Option<&'static str>,
}

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        /// Our texts: name, German, English.
        const BUILT_IN: &[(&str, &str, &str)] = &[$((
            $name,
            include_str!(concat!("../../locales/pages/", $name, ".de.md")),
            include_str!(concat!("../../locales/pages/", $name, ".en.md")),
        )),*];
    };
}

built_in!(
    "barriere-melden",
    "barrierefreiheit",
    "datenschutz",
    "gebaerdensprache",
    "impressum",
    "leichte-sprache",
    "schnittstellen",
    "ueber",
);

/// The addresses of all pages of text.
pub fn slugs() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, ..)| *name)
}

/// Texts of the municipality that stand in place of ours.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnTexts(Arc<HashMap<(&'static str, Language), String>>);

/// Why a file cannot be a page of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// No page has this name.
    #[error("no page has this name")]
    Name,
    /// It does not begin with a heading and a paragraph.
    #[error("it does not begin with a heading and a paragraph")]
    Beginning,
}

impl OwnTexts {
    /// Takes files: names such as `impressum.de.md`, and what they hold.
    ///
    /// # Errors
    /// The first file that cannot be a page, and why.
    pub fn of(files: impl IntoIterator<Item = (String, String)>) -> Result<Self, (String, TextFault)> {
        let mut texts = HashMap::new();
        for (file, text) in files {
            let named = |(name, language): &(&str, Language)| file == format!("{name}.{}.md", language.code());
            let Some(key) = slugs().flat_map(|name| Language::ALL.map(|language| (name, language))).find(named) else {
                return Err((file, TextFault::Name));
            };
            let read = markdown::read(&text, &|_| None);
            if read.title.is_empty() || read.lead.is_empty() {
                return Err((file, TextFault::Beginning));
            }
            texts.insert(key, text);
        }
        Ok(Self(Arc::new(texts)))
    }

    /// The text of a page in a language and the language it is in: one's own
    /// German words go before our English ones.
    fn find(&self, name: &str, language: Language) -> Option<(&str, Language)> {
        let (name, german, english) = BUILT_IN.iter().find(|(known, ..)| *known == name)?;
        let own = |language| self.0.get(&(*name, language)).map(|text| (text.as_str(), language));
        let built_in = match language {
            Language::De => german,
            Language::En => english,
        };
        Some(own(language).or_else(|| own(Language::De)).unwrap_or((built_in, language)))
    }
}

/// The words of the page at `/{name}`, with what the municipality says of itself put in.
#[must_use]
pub fn document(name: &str, language: Language, site: &Site) -> Option<Document> {
    let (text, written_in) = site.texts.find(name, language)?;
    let filled = fill(text, written_in, site);
    let markdown::Text { title, lead, body } = markdown::read(&filled, &|target| address(target, language));
    Some(Document { title, lead, body, lang: (written_in != language).then(|| written_in.code()) })
}

/// Fills the gaps of each paragraph; leaves out those with a gap that stays empty.
fn fill(text: &str, language: Language, site: &Site) -> String {
    let german = |text: String| match language {
        Language::En if !text.is_empty() => format!("<span lang=\"de\">{text}</span>"),
        _ => text,
    };
    let lines: Vec<String> = site.imprint.iter().map(|line| literal(line)).collect();
    let values = [
        ("{owner}", german(literal(&site.owner))),
        ("{site}", literal(site.name.get(language.code()))),
        ("{email}", literal(&site.email)),
        ("{imprint}", german(lines.join("\\\n"))),
        ("{reports_kept}", language.texts().duration_days(site.reports_kept_days.into())),
    ];
    let is_whole = |block: &&str| !values.iter().any(|(gap, value)| value.is_empty() && block.contains(gap));
    let blocks: Vec<&str> = text.split("\n\n").filter(is_whole).collect();
    values.iter().fold(blocks.join("\n\n"), |text, (gap, value)| text.replace(gap, value))
}

/// A text that means nothing in Markdown (CommonMark 0.31, section 2.4).
fn literal(text: &str) -> String {
    text.chars().flat_map(|c| c.is_ascii_punctuation().then_some('\\').into_iter().chain([c])).collect()
}

/// Where a link of a text leads: pages stay in their language, what programs read has none.
fn address(target: &str, language: Language) -> Option<String> {
    let is_page = target.starts_with('/') && !target.starts_with("//");
    let is_for_programs = target.rsplit('/').next().is_some_and(|last| last.contains('.')) || target.starts_with("/ngsi-ld/");
    match target.split_once(':').map(|(scheme, _)| scheme) {
        _ if is_page && is_for_programs => Some(target.to_owned()),
        _ if is_page => Some(format!("{}{target}", language.prefix())),
        Some("https" | "http" | "mailto" | "tel") => Some(target.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
