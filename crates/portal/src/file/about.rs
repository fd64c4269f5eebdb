//! What goes along with data: title, licence, publisher, source, and what the
//! columns mean.

use model::Dataset;
use model::dataset::{Column, ColumnKind};

use super::Layout;
use crate::messages::{Language, Texts};
use crate::{format, reading, vocabulary};

/// What there is to know of a file's data.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    pub(crate) title: String,
    pub(crate) publisher: String,
    pub(crate) licence: String,
    /// Everything, in the order people read it.
    pub(super) facts: Vec<Fact>,
}

/// One thing to know.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    /// Its name in metadata.
    pub(super) key: &'static str,
    /// Its name for people.
    pub(super) label: &'static str,
    pub(super) value: String,
}

/// What a column of a file means.
pub(super) struct Meaning {
    pub(super) label: String,
    pub(super) name: String,
    pub(super) text: String,
    pub(super) unit: String,
}

impl About {
    /// What there is to know of a dataset whose page has the address `url`.
    pub(crate) fn of(dataset: &Dataset, url: String, modified: Option<model::Instant>, t: Texts) -> Self {
        let code = t.language.code();
        let licence = vocabulary::licence(&dataset.licence, t);
        let mut facts = Vec::new();
        let mut add = |key, label, value: String| {
            if !value.is_empty() {
                facts.push(Fact { key, label, value });
            }
        };
        add("title", t.sheet_title(), dataset.title.get(code).to_owned());
        add("description", t.dataset_simple(), dataset.summary.get(code).to_owned());
        add("publisher", t.fact_publisher(), dataset.publisher.name.to_string());
        add("license", t.fact_licence(), licence.name.clone());
        add("license_url", t.sheet_licence_address(), licence.href);
        add("attribution", t.sheet_attribution(), dataset.attribution.as_deref().unwrap_or_default().to_owned());
        add("source", t.fact_source(), dataset.provenance.get(code).to_owned());
        add("source_url", t.dataset_landing_page(), dataset.landing_page.as_deref().unwrap_or_default().to_owned());
        add("url", t.sheet_address(), url);
        if let Some(at) = modified {
            add("modified", t.fact_changed(), format::moment_long(at, t.language));
        }
        let contact = dataset.contact.as_ref();
        let words = contact.map(|contact| [Some(&contact.name), contact.email.as_ref(), contact.url.as_ref()]);
        add(
            "contact",
            t.fact_contact(),
            words.map(|words| words.into_iter().flatten().cloned().collect::<Vec<_>>().join(", ")).unwrap_or_default(),
        );
        Self { title: dataset.title.get(code).to_owned(), publisher: dataset.publisher.name.to_string(), licence: licence.name, facts }
    }
}

/// What the columns of a file mean, in their order.
pub(super) fn meanings(layout: &Layout) -> Vec<Meaning> {
    let t = layout.language.texts();
    let mut meanings = Vec::new();
    for ((label, name), column) in layout.labels(t).into_iter().zip(&layout.names).zip(layout.sources()) {
        let (text, unit) = match column {
            Some(column) => (meaning(column, t), reading::unit(column).to_owned()),
            None => {
                (own(name, t).to_owned(), if matches!(name.as_str(), "longitude" | "latitude") { "°".to_owned() } else { String::new() })
            }
        };
        meanings.push(Meaning { label, name: name.clone(), text, unit });
    }
    meanings
}

/// What the columns mean that every file has.
fn own(name: &str, t: Texts) -> &'static str {
    match name {
        "id" => t.sheet_id(),
        "name" => t.sheet_name(),
        "time" => t.sheet_time(),
        "longitude" | "latitude" => t.sheet_position(),
        _ => t.sheet_quality(),
    }
}

/// What a column means, or that nobody said so yet.
pub(crate) fn meaning(column: &Column, t: Texts) -> String {
    let language: Language = t.language;
    column.description.as_ref().map_or_else(
        || match column.kind {
            ColumnKind::Measure | ColumnKind::Number => t.dataset_no_description().to_owned(),
            _ => reading::label(column, language).to_owned(),
        },
        |texts| texts.get(language.code()).to_owned(),
    )
}
