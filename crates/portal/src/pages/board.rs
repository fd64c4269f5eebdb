//! Dashboards in the administration: the list with the form of a new tile,
//! one tile with what its values mean, the question before something goes.

use askama::Template;

use crate::frame::Frame;
use crate::pages::dashboard::TileView;
use crate::parts::{Alert, Badge, Choice, Crumbs, Field, Phrase};
use crate::svg::Markup;

/// The dashboards, and the form of a new tile.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/dashboards.html")]
pub struct DashboardsPage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// What just happened, or what is wrong.
    pub alert: Option<Alert>,
    /// The dashboards there are.
    pub boards: Vec<Board>,
    /// The dashboards a tile can come to.
    pub on: Vec<Choice>,
    /// The values a tile can show, by the title of their dataset.
    pub values: Vec<(String, Vec<Choice>)>,
    /// The ways to make one number of several.
    pub takes: Vec<Choice>,
    /// The name of a new dashboard.
    pub name: Field,
    /// The question of the tile.
    pub question: Field,
    /// The token of the forms.
    pub csrf: String,
}

/// A dashboard in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Board {
    /// Its name in addresses.
    pub slug: String,
    /// What it is called.
    pub title: Phrase,
    /// Its page.
    pub href: String,
    /// Where its forms are sent.
    pub action: String,
    /// Whether everybody sees it.
    pub is_open: bool,
    /// The same as a badge.
    pub badge: Badge,
    /// Its tiles in order: id, question.
    pub tiles: Vec<(String, Phrase)>,
    /// Which state of it is shown.
    pub stand: String,
}

/// One tile: its question, what its values mean, what a rule says of them.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/tile.html")]
pub struct TilePage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// What is wrong, or that somebody else was faster.
    pub alert: Option<Alert>,
    /// What it shows, in a line; `None` when it is gone.
    pub shows: Option<Markup>,
    /// The question.
    pub question: Field,
    /// The same in English.
    pub question_en: Field,
    /// What values mean, and empty rows for more.
    pub levels: Vec<LevelFields>,
    /// What a rule says, in German and English.
    pub rule: [String; 2],
    /// What is wrong with it.
    pub rule_error: Option<String>,
    /// The rule.
    pub source: Field,
    /// Where it can be read.
    pub url: Field,
    /// The tile as people see it.
    pub preview: Option<TileView>,
    /// Which state of it the form was made from.
    pub stand: String,
    /// The token of the form.
    pub csrf: String,
}

/// The fields of a level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelFields {
    /// Which one.
    pub legend: String,
    /// Its greatest value.
    pub upto: Field,
    /// The name of its colours’ field.
    pub tone: String,
    /// Its colours.
    pub tones: Vec<Choice>,
    /// Its word.
    pub word: Field,
    /// The same in English.
    pub word_en: Field,
}

/// The question before a dashboard or a tile goes.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/dashboard-remove.html")]
pub struct RemovePage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// The question.
    pub heading: &'static str,
    /// That it changed meanwhile.
    pub alert: Option<Alert>,
    /// What the dashboard is called.
    pub title: Phrase,
    /// What goes with it, and what stays.
    pub text: String,
    /// The questions of the tiles that go.
    pub goes: Vec<Phrase>,
    /// The tile that goes; `None` when the whole dashboard does.
    pub tile: Option<String>,
    /// Its definition, to keep.
    pub definition: String,
    /// Where the answer is sent.
    pub action: String,
    /// The way back.
    pub back: String,
    /// Which state of the dashboard is shown.
    pub stand: String,
    /// The token of the form.
    pub csrf: String,
}
