//! All values of a dataset, page by page, and the way of one value back to its source.

use askama::Template;

use crate::frame::Frame;
use crate::pages::dataset::Fact;
use crate::parts::{Choice, Crumbs, Moment, Pagination, Phrase, Table};

/// All values of a dataset.
#[derive(Debug, Clone, Template)]
#[template(path = "table.html")]
pub struct TablePage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// The dataset's name in addresses.
    pub slug: String,
    /// The dataset's title.
    pub title: Phrase,
    /// Places or things to choose.
    pub places: Vec<Choice>,
    /// The same table for reporting an error; `None` when this is it.
    pub report_href: Option<String>,
    /// Days from and to, as the form has them.
    pub from: String,
    /// The last day.
    pub until: String,
    /// Local time or UTC; empty where no row has a time.
    pub clocks: Vec<Choice>,
    /// Files of the rows that were chosen: name, address; empty where no row has a time.
    pub downloads: Vec<(String, String)>,
    /// How many values there are, in words; empty where some were chosen.
    pub count: String,
    /// The rows of this page; each value leads to its provenance.
    pub table: Table,
    /// Links to the other pages, where pages have numbers.
    pub pagination: Option<Pagination>,
    /// The page of older values.
    pub older: Option<String>,
    /// The page of the newest values, when this is not it.
    pub newest: Option<String>,
}

/// The way of one value back to its source.
#[derive(Debug, Clone, Template)]
#[template(path = "provenance.html")]
pub struct ProvenancePage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// Where an error in it is reported.
    pub report_href: String,
    /// What was said about reported errors, newest first.
    pub answers: Vec<Answer>,
    /// The value with its unit.
    pub value: String,
    /// Which value it is: thing, column, time, ….
    pub facts: Vec<Fact>,
    /// Where it came from; `None` when it was written by hand or by a program.
    pub origin: Option<Origin>,
    /// Who wrote it, when there is no origin.
    pub writer: Option<String>,
    /// When it became part of the platform.
    pub recorded: Option<Moment>,
    /// Earlier values for the same time, newest first.
    pub corrections: Option<Table>,
}

/// What was said about a reported error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The time of the value it is about.
    pub about: Option<String>,
    /// The words.
    pub text: String,
    /// When.
    pub at: Moment,
}

/// The run and the record a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The source's name.
    pub source: String,
    /// Number of the run.
    pub run: String,
    /// When the run began.
    pub started: Moment,
    /// File that was read.
    pub input: String,
    /// SHA-256 of the file.
    pub checksum: String,
    /// Version of the definition.
    pub version: String,
    /// How the mapping made the value, in sentences; empty where the reader may not see the record.
    pub rules: Vec<Phrase>,
    /// Line of the text file, row of the sheet, position in the list.
    pub record: String,
    /// The record as it came; `None` when it is not kept any more or the reader may not see it.
    pub raw: Option<String>,
    /// What stands under each column of the record.
    pub fields: Option<Table>,
    /// Page of the run, for those who look after sources.
    pub run_href: Option<String>,
    /// Where to log in to see the record.
    pub login_href: Option<String>,
}
