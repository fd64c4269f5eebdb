//! The page of a dataset: it answers at once, without a click.

use askama::Template;
use askama::filters::HtmlSafe;
use serde_json::Value;

use crate::frame::Frame;
use crate::parts::{Badge, ChartFigure, Choice, Crumbs, MapFigure, Moment, Phrase, Snippet, Table, Tone};

/// The page of a dataset.
#[derive(Debug, Clone, Template)]
#[template(path = "dataset.html")]
pub struct DatasetPage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// Its name in addresses.
    pub slug: String,
    /// Its title.
    pub title: Phrase,
    /// „Einfach erklärt“.
    pub summary: Phrase,
    /// The longer description.
    pub description: Phrase,
    /// What matters at a glance.
    pub badges: Vec<Badge>,
    /// What to choose for the chart; empty lists are not shown.
    pub chooser: Chooser,
    /// Charts, one per measure and unit.
    pub charts: Vec<ChartFigure>,
    /// The map with its list.
    pub map: Option<MapFigure>,
    /// The first rows.
    pub preview: Option<Table>,
    /// Files.
    pub downloads: Vec<Download>,
    /// What the columns mean.
    pub columns: Table,
    /// Code for tools.
    pub snippets: Vec<Snippet>,
    /// Facts at a glance.
    pub facts: Vec<Fact>,
    /// Quality with its reasons.
    pub quality: Quality,
    /// Where the data came from.
    pub provenance: Phrase,
    /// The publisher's page.
    pub landing_page: Option<String>,
    /// The source line the licence asks for.
    pub attribution: Option<Phrase>,
    /// How to cite.
    pub citation: Citation,
    /// Machine forms of the metadata: media type, address, name.
    pub metadata: Vec<(&'static str, String, &'static str)>,
    /// schema.org/Dataset.
    pub json_ld: JsonLd,
}

/// What a reader chooses for the chart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chooser {
    /// Measures.
    pub measures: Vec<Choice>,
    /// Places or things.
    pub places: Vec<Choice>,
    /// Periods.
    pub periods: Vec<Choice>,
    /// First and last day as they were chosen; `None` where values have no time.
    pub days: Option<(String, String)>,
    /// Means of periods, or single values.
    pub values: Vec<Choice>,
    /// Local time or UTC.
    pub clocks: Vec<Choice>,
}

impl Chooser {
    /// Whether there is anything to choose.
    #[must_use]
    pub fn is_useful(&self) -> bool {
        self.days.is_some()
            || [&self.measures, &self.places, &self.periods, &self.values, &self.clocks].into_iter().any(|choices| choices.len() > 1)
    }
}

/// A file to download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// `CSV`, `GeoJSON`, ….
    pub format: String,
    /// What it is good for.
    pub purpose: String,
    /// About how large it is, where that is known: `etwa 1,4 MB`.
    pub size: Option<String>,
    /// Its media type.
    pub media_type: String,
    /// Its address.
    pub href: String,
    /// Its address for copying into programs.
    pub url: String,
}

/// A fact at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub name: String,
    /// What it says.
    pub value: FactValue,
}

/// What a fact says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactValue {
    /// A text.
    Text(Phrase),
    /// A link: text, address.
    Link(Phrase, String),
    /// A time.
    Time(Moment),
}

/// Quality with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quality {
    /// In one sentence: `4 von 5 Punkten erfüllt`.
    pub sentence: String,
    /// Each point: whether it is met, and why.
    pub reasons: Vec<Reason>,
}

/// One point of quality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// How good it is.
    pub tone: Tone,
    /// Why, and what would help.
    pub text: String,
}

/// How to cite a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// Publisher.
    pub publisher: Phrase,
    /// Year of the state cited.
    pub year: String,
    /// Title.
    pub title: Phrase,
    /// Date of the state cited.
    pub as_of: String,
    /// The permanent address.
    pub url: String,
    /// The licence's name.
    pub licence: String,
}

/// JSON-LD for the head of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonLd(String);

impl JsonLd {
    /// The JSON, written so that it cannot end the element it stands in.
    #[must_use]
    pub fn new(value: &Value) -> Self {
        Self(value.to_string().replace('<', "\\u003c"))
    }
}

impl std::fmt::Display for JsonLd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for JsonLd {}
