//! Ways in: start page, list of datasets, search.

use askama::Template;

use crate::frame::Frame;
use crate::parts::{Badge, Choice, Crumbs, Moment, Pagination, Phrase};

/// The start page.
#[derive(Debug, Clone, Template)]
#[template(path = "start.html")]
pub struct StartPage {
    /// Its frame.
    pub frame: Frame,
    /// Questions of everyday life that data answer.
    pub questions: Vec<Question>,
    /// Topics with datasets.
    pub topics: Vec<Topic>,
    /// The datasets changed last.
    pub newest: Vec<Hit>,
    /// How many datasets there are, in words.
    pub count: String,
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
    pub title: Phrase,
    /// Its plain summary.
    pub summary: Phrase,
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
    /// Topics to choose.
    pub topics: Vec<Choice>,
    /// Publishers to choose.
    pub publishers: Vec<Choice>,
    /// The number of hits in words.
    pub count: String,
    /// The hits of this page.
    pub hits: Vec<Hit>,
    /// Words that would have hits: word, address.
    pub suggestions: Vec<(String, String)>,
    /// Filters in force, each with the address that takes it away.
    pub active: Vec<(String, String)>,
    /// Links to the other pages.
    pub pagination: Option<Pagination>,
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
