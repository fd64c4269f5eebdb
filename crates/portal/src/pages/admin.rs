//! The administration: login, what runs and what is broken, sources, runs, quarantine.

use askama::Template;

use crate::frame::Frame;
use crate::pages::dataset::Fact;
use crate::parts::{Alert, Badge, Crumbs, Field, Moment, Phrase, Table};

/// Login, and the form of the first start with its one-time code.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/login.html")]
pub struct LoginPage {
    /// Its frame.
    pub frame: Frame,
    /// Whether there is no account yet and the one-time code is asked for.
    pub first_start: bool,
    /// What went wrong.
    pub alert: Option<Alert>,
    /// The fields.
    pub fields: Vec<Field>,
    /// Where to go afterwards: a path of this site.
    pub next: String,
}

/// What runs, what is broken.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/home.html")]
pub struct HomePage {
    /// Its frame.
    pub frame: Frame,
    /// How many sources run, need somebody, rest: a sentence each.
    pub standing: Vec<String>,
    /// What waits for somebody, most urgent first.
    pub tasks: Vec<Task>,
    /// Runs at work.
    pub running: Vec<RunItem>,
    /// The newest runs.
    pub runs: Option<Table>,
    /// Numbers of the platform.
    pub facts: Vec<Fact>,
    /// The page of retention, for who may see it.
    pub retention: Option<String>,
}

/// Something that waits for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// How urgent.
    pub badge: Badge,
    /// What happened and what to do.
    pub text: String,
    /// Where to do it: text, address.
    pub action: (String, String),
}

/// A run at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunItem {
    /// The source.
    pub source: String,
    /// Its page.
    pub href: String,
    /// When it began.
    pub started: Moment,
    /// What it did so far, in words.
    pub progress: String,
}

/// The sources.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/sources.html")]
pub struct SourcesPage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// The sources.
    pub sources: Vec<SourceItem>,
}

/// A source in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceItem {
    /// Its name.
    pub name: String,
    /// Its page.
    pub href: String,
    /// Its state.
    pub badge: Badge,
    /// What it reads, in words.
    pub kind: String,
    /// Its newest run.
    pub last_run: Option<Moment>,
    /// When it is looked at next.
    pub next_run: Option<Moment>,
    /// Its newest observation.
    pub newest: Option<Moment>,
    /// Why it failed last.
    pub trouble: Option<Phrase>,
    /// Records in quarantine, in words; `None` when there are none.
    pub quarantined: Option<String>,
}

/// One source: definition, runs, quarantine.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/source.html")]
pub struct SourcePage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// Its name.
    pub name: String,
    /// Its state.
    pub badges: Vec<Badge>,
    /// What just happened: saved, checked, started.
    pub alert: Option<Alert>,
    /// What is wrong with it, and what somebody should know.
    pub notices: Vec<Alert>,
    /// Whether its columns differ and somebody can say that they are right.
    pub has_drift: bool,
    /// Whether it rests.
    pub paused: bool,
    /// Facts at a glance.
    pub facts: Vec<Fact>,
    /// The dataset it feeds: title, address.
    pub dataset: Option<(Phrase, String)>,
    /// The definition as text.
    pub text: String,
    /// Which version it is based on.
    pub version: String,
    /// Whether the check found faults; the field then points to the alert.
    pub has_faults: bool,
    /// Earlier versions.
    pub versions: Option<Table>,
    /// Its runs.
    pub runs: Option<Table>,
    /// Records that wait in quarantine.
    pub quarantine: Vec<QuarantineItem>,
    /// How many there are in all and what to do, in words.
    pub quarantine_count: String,
    /// The next page of the quarantine.
    pub next: Option<String>,
    /// The session's token.
    pub csrf: String,
}

/// A record in quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineItem {
    /// Its id.
    pub id: String,
    /// Line, row or position, in words.
    pub record: String,
    /// Why it could not be used.
    pub reason: Phrase,
    /// Which field.
    pub field: Option<String>,
    /// The record as it came.
    pub raw: String,
    /// When it was set aside.
    pub at: Moment,
    /// The run: number, address.
    pub run: (String, String),
}

/// One run.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/run.html")]
pub struct RunPage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// Its number.
    pub id: String,
    /// Its state.
    pub badge: Badge,
    /// What went wrong, in words.
    pub alert: Option<Alert>,
    /// When, from what, by which definition.
    pub facts: Vec<Fact>,
    /// What became of the records.
    pub outcome: Table,
    /// Records it set aside.
    pub quarantine: Vec<QuarantineItem>,
    /// The source: name, address.
    pub source: (String, String),
}
