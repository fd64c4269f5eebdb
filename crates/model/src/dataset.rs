//! Datasets: what the catalogue knows of data, in the words of DCAT-AP.de.
//!
//! A dataset is an entity like any other (type [`terms::dataset`]); this is
//! its typed form, and [`Dataset::to_entity`] and [`Dataset::from_entity`] go
//! between the two. The definition of a source declares it, the engine keeps
//! it, the catalogue and the portal show it.

mod entity;
pub mod licence;
mod retention;
pub mod terms;

pub use retention::{Keep, Keeping, KeptRollup, Retention, RetentionOf};

use crate::{Class, EntityId, Filter, Instant, Name, Text, TimeWindow, UnitCode};

/// A text in German and English; English may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Texts {
    /// German.
    pub de: Text,
    /// English.
    pub en: Option<Text>,
}

impl Texts {
    /// The text for a language (`de` or `en`), German where English is missing.
    #[must_use]
    pub fn get(&self, language: &str) -> &str {
        match (language, &self.en) {
            ("en", Some(text)) => text,
            _ => &self.de,
        }
    }
}

/// A dataset of the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// Its id, stable for ever: `urn:ngsi-ld:Dataset:{slug}` unless declared.
    pub id: EntityId,
    /// Its name in addresses: lower case, ASCII; never given twice.
    pub slug: Text,
    /// What it is called.
    pub title: Texts,
    /// „Einfach erklärt“: two plain sentences.
    pub summary: Texts,
    /// The longer description.
    pub description: Texts,
    /// Who decided to publish it.
    pub publisher: Agent,
    /// Whom to ask.
    pub contact: Option<Contact>,
    /// Licence as an IRI of dcat-ap.de (`http://dcat-ap.de/def/licenses/dl-by-de/2.0`).
    pub licence: Text,
    /// The source line the licence asks for (`dcatde:licenseAttributionByText`).
    pub attribution: Option<Text>,
    /// Where the data came from, in a sentence, with an address.
    pub provenance: Texts,
    /// The address the data came from.
    pub landing_page: Option<Text>,
    /// Codes of the EU data themes: `ENVI`, `TRAN`, `GOVE`, ….
    pub themes: Vec<Text>,
    /// Words people search for.
    pub keywords: Vec<Text>,
    /// Code of the EU frequency list: `HOURLY`, `DAILY`, ….
    pub frequency: Option<Text>,
    /// Spatial coverage as an IRI (`http://dcat-ap.de/def/politicalGeocoding/…`) and a name.
    pub spatial: Option<Spatial>,
    /// Temporal coverage (`dct:temporal`): the periods the data cover, as
    /// declared, none overlapping another. A last one that goes on ends with
    /// [`TimeWindow::ALL`]. Without any they are read off the data.
    pub temporal: Vec<TimeWindow>,
    /// Which entities belong to it, by type; narrowed by id prefix when several datasets share a type.
    pub entity_type: Name,
    /// Only entities whose id begins so.
    pub id_prefix: Option<Text>,
    /// Its columns: attributes with labels, units and classes.
    pub columns: Vec<Column>,
    /// How long values are kept; without a rule for ever. No two rules name the same.
    pub retention: Vec<Retention>,
    /// Whether everybody may see that it exists and read its open columns.
    pub published: bool,
}

impl Dataset {
    /// The entities of the dataset.
    #[must_use]
    pub fn filter(&self) -> Filter {
        let of_type = Filter::Type(self.entity_type);
        match &self.id_prefix {
            None => of_type,
            Some(prefix) => of_type.and(Filter::IdMatches(crate::query::Pattern::prefix(prefix))),
        }
    }

    /// The class of an attribute in this dataset; undeclared is restricted.
    #[must_use]
    pub fn class_of(&self, attribute: Name) -> Class {
        self.columns.iter().find(|column| column.attribute == attribute).map_or(Class::Restricted, |column| column.class)
    }

    /// The declared periods in which values are due by `now`.
    pub fn temporal_until(&self, now: Instant) -> impl Iterator<Item = TimeWindow> {
        let passed = self.temporal.iter().map(move |period| TimeWindow { start: period.start, end: period.end.min(now) });
        passed.filter(|period| !period.is_empty())
    }

    /// The first and the last second of each period the data cover: as
    /// declared, where a period goes on or none is declared as the data say,
    /// which hold values from the first to the second instant of `observed`.
    #[must_use]
    pub fn temporal_coverage(&self, observed: Option<(Instant, Instant)>) -> Vec<(Instant, Instant)> {
        if self.temporal.is_empty() {
            return observed.into_iter().collect();
        }
        let newest = |start| observed.map_or(start, |(_, last)| last);
        let bounds = |period: &TimeWindow| {
            let goes_on = period.end == TimeWindow::ALL.end;
            let last = if goes_on { newest(period.start) } else { period.end.plus_micros(-1_000_000) };
            (period.start, last.max(period.start))
        };
        self.temporal.iter().map(bounds).collect()
    }

    /// Columns with numbers that change over time, in order.
    pub fn measures(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.kind == ColumnKind::Measure)
    }
}

/// A column: an attribute as people meet it.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The attribute.
    pub attribute: Name,
    /// What it is called in tables and charts.
    pub label: Texts,
    /// What it means, in a sentence.
    pub description: Option<Texts>,
    /// What kind of value it holds.
    pub kind: ColumnKind,
    /// The unit of its numbers.
    pub unit: Option<UnitCode>,
    /// How values of a period are summed up in charts.
    pub aggregate: Aggregate,
    /// Who may read it.
    pub class: Class,
}

/// What kind of value a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Numbers that change over time: charted.
    Measure,
    /// Numbers that stay.
    Number,
    /// Text.
    Text,
    /// A place.
    Place,
    /// Anything else.
    Other,
}

impl ColumnKind {
    /// The word used in definitions.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Measure => "measure",
            Self::Number => "number",
            Self::Text => "text",
            Self::Place => "place",
            Self::Other => "other",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Measure, Self::Number, Self::Text, Self::Place, Self::Other].into_iter().find(|kind| kind.word() == word)
    }
}

/// How many values of a period become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Aggregate {
    /// Their mean: temperatures, concentrations, free places.
    #[default]
    Mean,
    /// Their sum: counts, rain.
    Sum,
    /// The greatest.
    Max,
    /// The smallest.
    Min,
}

impl Aggregate {
    /// The word used in definitions.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Sum => "sum",
            Self::Max => "max",
            Self::Min => "min",
        }
    }

    /// The aggregate of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Mean, Self::Sum, Self::Max, Self::Min].into_iter().find(|one| one.word() == word)
    }
}

/// An office or organisation (`foaf:Agent`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Its name.
    pub name: Text,
    /// Its page.
    pub homepage: Option<Text>,
}

/// Whom to ask (`vcard:Kind`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Name of the office.
    pub name: Text,
    /// E-mail address without `mailto:`.
    pub email: Option<Text>,
    /// Address of a page.
    pub url: Option<Text>,
}

/// What area the data cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spatial {
    /// IRI of a controlled list.
    pub iri: Text,
    /// Its name for people.
    pub label: Text,
}
