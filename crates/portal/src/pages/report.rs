//! „Fehler melden“: the form, the page of a report, and the lists of who answers.

use askama::Template;

use crate::frame::Frame;
use crate::pages::dataset::Fact;
use crate::parts::{Alert, Badge, Choice, Crumbs, Field, Moment};
use crate::svg::Markup;

/// How to come to the form, for who has no value yet.
#[derive(Debug, Clone, Template)]
#[template(path = "report/choose.html")]
pub struct ChooseFirstPage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
}

/// The form about one value.
#[derive(Debug, Clone, Template)]
#[template(path = "report/form.html")]
pub struct ReportPage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// What went wrong.
    pub alert: Option<Alert>,
    /// Where the form goes.
    pub action: String,
    /// What the form carries along: name, value.
    pub hidden: Vec<(&'static str, String)>,
    /// Which value it is about.
    pub facts: Vec<Fact>,
    /// Where the value comes from.
    pub value_href: String,
    /// What was typed.
    pub message: String,
    /// What to write, and how much.
    pub message_hint: String,
    /// What is wrong with it.
    pub message_error: Option<String>,
    /// The address for questions.
    pub contact: Field,
    /// What stands in the field that stays empty.
    pub trap: String,
    /// What is wrong with it.
    pub trap_error: Option<String>,
}

/// What a report is about, with the words around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The question it answers: which value, which page.
    pub heading: &'static str,
    /// Which one, in a line.
    pub line: Markup,
    /// The way there, when it still is: text, address.
    pub link: Option<(&'static str, String)>,
    /// That it is gone.
    pub gone: Option<&'static str>,
}

/// How a report does.
#[derive(Debug, Clone, Template)]
#[template(path = "report/status.html")]
pub struct StatusPage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// That it just came in.
    pub alert: Option<Alert>,
    /// Where it stands.
    pub badge: Badge,
    /// What it is about.
    pub subject: Subject,
    /// What was reported.
    pub message: String,
    /// What the municipality says.
    pub answer: Option<String>,
    /// What the state means.
    pub explained: &'static str,
    /// When it came.
    pub reported: Moment,
    /// When it was settled.
    pub changed: Option<Moment>,
    /// When it is deleted, once that is known.
    pub deleted: Option<Moment>,
    /// The permanent address.
    pub address: String,
}

/// A report in the list of the administration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportItem {
    /// Where it stands.
    pub badge: Badge,
    /// Which value or page it is about.
    pub about: Markup,
    /// Its page.
    pub href: String,
    /// The beginning of what was reported.
    pub message: String,
    /// When it came.
    pub reported: Moment,
    /// When it is deleted, once that is known.
    pub deleted: Option<Moment>,
}

/// The reports, for who answers them.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/reports.html")]
pub struct ReportsPage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// Which are shown.
    pub states: Vec<Choice>,
    /// How many there are, in words.
    pub count: String,
    /// The reports, newest first.
    pub reports: Vec<ReportItem>,
    /// Links to the other pages.
    pub pagination: Option<crate::parts::Pagination>,
}

/// One report, for who answers it.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/report.html")]
pub struct AnswerPage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// What just happened, or went wrong.
    pub alert: Option<Alert>,
    /// Where it stands.
    pub badge: Badge,
    /// Whether it waits for an answer.
    pub is_open: bool,
    /// What it is about.
    pub subject: Subject,
    /// Who sees the answer, and what must not stand in it.
    pub answer_hint: &'static str,
    /// What was reported.
    pub message: String,
    /// When it came, and what else is known.
    pub facts: Vec<Fact>,
    /// The address for questions.
    pub contact: Option<String>,
    /// The answer so far.
    pub answer: String,
    /// What is wrong with it.
    pub answer_error: Option<String>,
    /// The page that the reporter sees.
    pub public_href: String,
    /// Which state was looked at.
    pub seen: String,
    /// The session's token.
    pub csrf: String,
}
