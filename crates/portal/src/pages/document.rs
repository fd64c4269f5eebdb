//! Pages of text: imprint, privacy, accessibility, help.
//!
//! Their words stand in `locales/documents.{de,en}.json`. Both files have the
//! same documents with the same shape; a test compares them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use askama::Template;
use serde::Deserialize;

use crate::frame::{Frame, Site};
use crate::messages::Language;
use crate::parts::Crumbs;

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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The heading.
    pub title: String,
    /// What it is about, in a sentence.
    pub lead: String,
    /// Its parts.
    pub sections: Vec<Part>,
}

/// A part of a page of text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its heading.
    pub heading: String,
    /// Its paragraphs.
    #[serde(default)]
    pub paragraphs: Vec<String>,
    /// Its list.
    #[serde(default)]
    pub items: Vec<String>,
    /// Links after it: text, address.
    #[serde(default)]
    pub links: Vec<(String, String)>,
    /// Whether the lines of the imprint follow.
    #[serde(default)]
    pub address: bool,
}

type Documents = BTreeMap<String, Document>;

static GERMAN: LazyLock<Documents> = LazyLock::new(|| parse(include_str!("../../locales/documents.de.json")));
static ENGLISH: LazyLock<Documents> = LazyLock::new(|| parse(include_str!("../../locales/documents.en.json")));

fn parse(text: &str) -> Documents {
    serde_json::from_str(text).expect("a test reads both files")
}

/// The addresses of all pages of text.
pub fn slugs() -> impl Iterator<Item = &'static str> {
    GERMAN.keys().map(String::as_str)
}

/// The words of the page at `/{slug}`, with the municipality's name and address put in.
#[must_use]
pub fn document(slug: &str, language: Language, site: &Site) -> Option<Document> {
    let documents = match language {
        Language::De => &*GERMAN,
        Language::En => &*ENGLISH,
    };
    let mut document = documents.get(slug)?.clone();
    let fill = |text: &mut String| {
        if text.contains('{') {
            *text = text.replace("{owner}", &site.owner).replace("{site}", site.name.get(language.code())).replace("{email}", &site.email);
        }
    };
    if site.email.is_empty() {
        document.sections.iter_mut().for_each(|part| part.links.retain(|(_, address)| !address.starts_with("mailto:")));
    }
    fill(&mut document.title);
    fill(&mut document.lead);
    for part in &mut document.sections {
        fill(&mut part.heading);
        part.paragraphs.iter_mut().for_each(fill);
        part.items.iter_mut().for_each(fill);
        for (text, address) in &mut part.links {
            fill(text);
            fill(address);
        }
    }
    Some(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_documents() {
        let shape = |documents: &Documents| -> Vec<String> {
            let parts = documents.iter().flat_map(|(slug, document)| document.sections.iter().map(move |part| (slug, part)));
            parts.map(|(slug, p)| format!("{slug}: {} {} {} {}", p.paragraphs.len(), p.items.len(), p.links.len(), p.address)).collect()
        };
        assert_eq!(shape(&GERMAN), shape(&ENGLISH));
    }

    #[test]
    fn every_page_the_law_asks_for_is_there() {
        let slugs: Vec<_> = slugs().collect();
        for needed in ["impressum", "datenschutz", "barrierefreiheit", "barriere-melden", "leichte-sprache", "gebaerdensprache"] {
            assert!(slugs.contains(&needed), "{needed}");
        }
    }
}
