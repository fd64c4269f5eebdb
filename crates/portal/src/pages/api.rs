//! The interface of a dataset: what can be asked, and trying it.

use askama::Template;

use crate::frame::Frame;
use crate::parts::{Choice, Crumbs, Phrase, Snippet};

/// The page of a dataset's interface.
#[derive(Debug, Clone, Template)]
#[template(path = "api.html")]
pub struct ApiPage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// The dataset's name in addresses.
    pub slug: String,
    /// The dataset's title.
    pub title: Phrase,
    /// What can be asked.
    pub questions: Vec<Question>,
    /// The same as a choice.
    pub kinds: Vec<Choice>,
    /// Things to choose.
    pub things: Vec<Choice>,
    /// Columns to choose.
    pub columns: Vec<Choice>,
    /// How many are asked for.
    pub count: String,
    /// How many may be asked for here.
    pub count_max: u64,
    /// The request and its answer.
    pub answered: Answered,
    /// Code for tools.
    pub snippets: Vec<Snippet>,
    /// The licence's name.
    pub licence: String,
}

/// Something that can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// In words.
    pub name: String,
    /// Its request.
    pub url: String,
    /// This page with its answer.
    pub try_href: String,
}

/// A request and what came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The word of the question.
    pub kind: &'static str,
    /// What was asked.
    pub url: String,
    /// `200 OK`.
    pub status: String,
    /// Whether it is an answer and no complaint.
    pub is_fine: bool,
    /// Media type.
    pub media_type: String,
    /// How much was read: `1,4 kB`.
    pub size: String,
    /// The beginning of the answer.
    pub text: String,
    /// Whether that is all of it.
    pub is_whole: bool,
    /// The same request for tools.
    pub snippets: Vec<Snippet>,
}
