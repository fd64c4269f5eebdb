//! The component sheet: one page that shows each piece pages are made of.

use askama::Template;

use crate::frame::Frame;
use crate::pages::dataset::Fact;
use crate::parts::{Alert, Badge, ChartFigure, Choice, Crumbs, Field, MapFigure, Moment, Pagination, Snippet, Table};

/// Every component once, in its states.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/components.html")]
pub struct ComponentsPage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// In each colour.
    pub badges: Vec<Badge>,
    /// In each colour, and the summary of a failed form.
    pub alerts: Vec<Alert>,
    /// Plain, with a hint, with an error.
    pub fields: Vec<Field>,
    /// A choice.
    pub choices: Vec<Choice>,
    /// A list of facts.
    pub facts: Vec<Fact>,
    /// A point in time with its age.
    pub moment: Moment,
    /// A table with numbers and a missing value.
    pub table: Table,
    /// The pages of a list.
    pub pagination: Pagination,
    /// Code to copy.
    pub snippet: Snippet,
    /// A chart with a gap.
    pub chart: ChartFigure,
    /// A map of points.
    pub map: Option<MapFigure>,
}
