//! Ways in: start page, list of datasets, search.

use askama::Template;

use crate::frame::Frame;
use crate::parts::{Badge, Crumbs, Marked, Moment, Pagination, Phrase};

/// The start page.
#[derive(Debug, Clone, Template)]
#[template(path = "start.html")]
pub struct StartPage {
    /// Its frame.
    pub frame: Frame,
    /// Dashboards: title, summary, address.
    pub dashboards: Vec<(Phrase, Phrase, String)>,
    /// Questions of everyday life that data answer.
    pub questions: Vec<Question>,
    /// Topics with datasets.
    pub topics: Vec<Topic>,
    /// The datasets changed last.
    pub newest: Vec<Hit>,
    /// How many datasets there are, in words.
    pub count: String,
    /// Words to search for: word, address.
    pub examples: Vec<(String, String)>,
}

/// A question that a dataset answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub text: Phrase,
    /// The answer in short: the newest value with its time.
    pub answer: Option<String>,
    /// The page that answers.
    pub href: String,
}

/// A topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// How many datasets, in words.
    pub count: String,
    /// Its list.
    pub href: String,
}

/// A dataset in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Its title.
    pub title: Marked,
    /// Its plain summary.
    pub summary: Marked,
    /// Where else the words stand that were searched for: name of the place, text.
    pub found_in: Option<(&'static str, Marked)>,
    /// Its page.
    pub href: String,
    /// Who publishes it.
    pub publisher: Phrase,
    /// Its licence in short.
    pub licence: String,
    /// When it changed last.
    pub changed: Option<Moment>,
    /// Its state.
    pub badges: Vec<Badge>,
}

/// The list of datasets, and the search with its hits.
#[derive(Debug, Clone, Template)]
#[template(path = "list.html")]
pub struct ListPage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// Whether it is the search.
    pub is_search: bool,
    /// What was searched for.
    pub q: String,
    /// What the list can be narrowed to.
    pub facets: Vec<FacetChoices>,
    /// The number of hits in words.
    pub count: String,
    /// What is to be said about the question, in sentences.
    pub remarks: Vec<String>,
    /// The question without its typing errors: words, address.
    pub meant: Option<(String, String)>,
    /// Dashboards that answer the question: title, summary, address.
    pub dashboards: Vec<(Phrase, Phrase, String)>,
    /// The hits of this page.
    pub hits: Vec<Hit>,
    /// Ways on when nothing was found.
    pub ways_on: WaysOn,
    /// Filters in force, each with the address that takes it away.
    pub active: Vec<(String, String)>,
    /// The address without any filter.
    pub unfiltered: String,
    /// Links to the other pages.
    pub pagination: Option<Pagination>,
}

/// A facet with its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetChoices {
    /// Its name for people.
    pub name: &'static str,
    /// Its parameter in addresses.
    pub param: &'static str,
    /// The values most datasets have, and those chosen.
    pub first: Vec<FacetChoice>,
    /// The others.
    pub more: Vec<FacetChoice>,
    /// How many others, in words.
    pub more_count: String,
}

impl FacetChoices {
    /// Whether its values are German on every page.
    #[must_use]
    pub fn is_german(&self) -> bool {
        ["anbieter", "ort"].contains(&self.param)
    }
}

/// A value of a facet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetChoice {
    /// As it stands in addresses.
    pub value: String,
    /// As people read it.
    pub text: String,
    /// How many datasets.
    pub count: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// Ways on when nothing was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WaysOn {
    /// Words there are, like those asked for: word, address.
    pub nearest: Vec<(String, String)>,
    /// Topics with the most datasets: name, address.
    pub topics: Vec<(String, String)>,
    /// To report a missing dataset: address, target of the link.
    pub report: Option<(String, String)>,
}

impl ListPage {
    /// The page's heading.
    #[must_use]
    pub fn heading(&self) -> String {
        let t = self.frame.t;
        match (self.is_search, self.q.is_empty()) {
            (false, _) => t.list_title().to_owned(),
            (true, true) => t.search_title().to_owned(),
            (true, false) => t.search_title_for(&self.q),
        }
    }
}
