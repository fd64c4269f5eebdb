//! Own data in the browser: choose a file, look at what was found, answer a few questions, have a dataset.

use askama::Template;

use crate::frame::Frame;
use crate::pages::dataset::Fact;
use crate::parts::{Alert, Badge, Choice, Crumbs, Field, Moment, Phrase, Table};

/// Choose a file, or go on with one.
#[derive(Debug, Clone, Template)]
#[template(path = "upload/start.html")]
pub struct StartPage {
    /// Its frame.
    pub frame: Frame,
    /// What happened.
    pub alert: Option<Alert>,
    /// Whether the field is at fault.
    pub has_error: bool,
    /// How large a file may be.
    pub limit: String,
    /// Files that are here already.
    pub drafts: Vec<DraftItem>,
    /// The form's token.
    pub csrf: String,
}

/// A file that is here already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftItem {
    /// Its title, else its name.
    pub title: String,
    /// Its page.
    pub href: String,
    /// Where it stands.
    pub badge: Badge,
    /// Name and size.
    pub facts: String,
    /// When it was changed last.
    pub at: Moment,
}

/// What was found in a file.
#[derive(Debug, Clone, Template)]
#[template(path = "upload/preview.html")]
pub struct PreviewPage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// The file's name.
    pub file: String,
    /// How large it is.
    pub lead: String,
    /// What happened.
    pub alert: Option<Alert>,
    /// What was found, the heaviest first.
    pub found: Vec<FoundItem>,
    /// Choices for the whole file.
    pub layout: Vec<Select>,
    /// The columns with their choices.
    pub columns: Vec<ColumnItem>,
    /// Whether the number of the row tells rows apart.
    pub by_row: bool,
    /// The first rows.
    pub rows: Table,
    /// Where the form goes.
    pub action: String,
    /// Which state of the draft this is.
    pub revision: String,
    /// The form's token.
    pub csrf: String,
}

/// Something found in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundItem {
    /// How much it weighs.
    pub badge: Badge,
    /// What it is.
    pub text: String,
}

/// A choice for the whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Select {
    /// Its id and name.
    pub name: &'static str,
    /// Its label.
    pub label: String,
    /// What can be chosen.
    pub choices: Vec<Choice>,
}

/// A column with its choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnItem {
    /// Its place, from 0.
    pub place: usize,
    /// Its name in the file.
    pub field: String,
    /// Some of its values.
    pub examples: String,
    /// What its values may be.
    pub meanings: Vec<Choice>,
    /// Units; none for what has no unit.
    pub units: Vec<Choice>,
    /// Whether it can tell rows apart.
    pub can_be_key: bool,
    /// Whether it does.
    pub is_key: bool,
}

/// What only a person knows.
#[derive(Debug, Clone, Template)]
#[template(path = "upload/answers.html")]
pub struct AnswersPage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// The file's name.
    pub file: String,
    /// What happened.
    pub alert: Option<Alert>,
    /// The title.
    pub title: String,
    /// What is wrong with it.
    pub title_error: Option<String>,
    /// The two sentences.
    pub summary: String,
    /// What is wrong with them.
    pub summary_error: Option<String>,
    /// Who decided to publish.
    pub publisher: String,
    /// What is wrong with that.
    pub publisher_error: Option<String>,
    /// Licences.
    pub licences: Vec<Choice>,
    /// Themes.
    pub themes: Vec<Choice>,
    /// The first and the last day that the data cover.
    pub period: [Field; 2],
    /// For which days the file has values, in a sentence.
    pub suggestion: Option<String>,
    /// Whether the data speak of persons, when that was answered.
    pub persons: Option<bool>,
    /// What is wrong with that.
    pub persons_error: Option<String>,
    /// Columns that look personal, as a list for a sentence; empty when there are none.
    pub personal: String,
    /// That they were not confirmed.
    pub checked_error: Option<String>,
    /// Where the form goes.
    pub action: String,
    /// The page before.
    pub back: String,
    /// Which state of the draft this is.
    pub revision: String,
    /// The form's token.
    pub csrf: String,
}

/// A dataset made of a file.
#[derive(Debug, Clone, Template)]
#[template(path = "upload/made.html")]
pub struct MadePage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// The dataset's title.
    pub title: Phrase,
    /// What happened.
    pub alert: Option<Alert>,
    /// What the newest run could not take.
    pub trouble: Option<Alert>,
    /// Open or closed.
    pub badge: Badge,
    /// Whether it is open.
    pub is_open: bool,
    /// Whether it speaks of persons and stays closed.
    pub is_personal: bool,
    /// File and numbers of the newest run.
    pub facts: Vec<Fact>,
    /// The dataset's page.
    pub dataset: String,
    /// The source's page.
    pub source: String,
    /// The definition to take along.
    pub definition: String,
    /// Where the switch goes.
    pub action: String,
    /// Where a newer file goes.
    pub replace: String,
    /// The form's token.
    pub csrf: String,
}
