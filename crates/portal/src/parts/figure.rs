//! Figures: a picture with its caption, its words and its table.

use askama::Template;

use super::{Phrase, Table};
use crate::chart::Drawing;
use crate::messages::Texts;
use crate::svg::Markup;

/// A chart with everything that belongs to it.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/chart.html")]
pub struct ChartFigure {
    /// The texts of the language.
    pub texts: Texts,
    /// Unique in the page; the chart's id.
    pub id: String,
    /// What it shows.
    pub title: Phrase,
    /// Period, step, place.
    pub subtitle: String,
    /// The drawn chart.
    pub drawing: Drawing,
    /// Source line.
    pub source: Phrase,
    /// Page of all values.
    pub table_href: String,
}

/// A map with the list of its places.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/map.html")]
pub struct MapFigure {
    /// The texts of the language.
    pub texts: Texts,
    /// What it shows.
    pub title: String,
    /// What colours or marks mean.
    pub subtitle: String,
    /// The picture.
    pub picture: Markup,
    /// Classes of a coloured map, lowest first.
    pub legend: Vec<MapLegend>,
    /// Where shapes and values come from.
    pub attribution: Phrase,
    /// The same places and values as a list.
    pub list: Table,
    /// How many places there are, when the list is cut short, and where all of them are.
    pub more: Option<(String, String)>,
}

/// One class of a coloured map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapLegend {
    /// Its number: 0 to 4, lowest first.
    pub class: u8,
    /// From and to.
    pub text: String,
}

/// One of several things to choose in a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What the address says.
    pub value: String,
    /// What people read.
    pub text: String,
    /// Whether it is the one shown.
    pub chosen: bool,
}
