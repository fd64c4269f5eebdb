//! The cells of a row: what every tabular form writes, each in its way.

use std::borrow::Cow;

use model::dataset::Column;
use model::{Attribute, Instant, Json, Number, Value};

use super::{Layout, Row};
use crate::reading;

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell<'a> {
    Empty,
    Text(Cow<'a, str>),
    Number(&'a Number),
    /// Longitude or latitude.
    Degrees(f64),
    Flag(bool),
    Moment(Instant),
    /// A day as it was written: `2026-05-01`.
    Day(&'a str),
}

impl Cell<'_> {
    /// The cell for programs that read text: decimal point, UTC.
    pub(super) fn plain(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) => Cow::Borrowed(number.text()),
            Self::Degrees(degrees) => Cow::Owned(degrees.to_string()),
            Self::Flag(yes) => Cow::Owned(yes.to_string()),
            Self::Moment(at) => Cow::Owned(at.to_string()),
            Self::Day(day) => Cow::Borrowed(day),
        }
    }
}

/// The cells of a row, in the order of [`Layout::names`].
pub(super) fn cells<'a>(layout: &Layout, row: &'a Row<'_>) -> Vec<Cell<'a>> {
    let mut cells = vec![Cell::Text(row.id.into()), Cell::Text(row.name.into())];
    if layout.has_time {
        cells.push(row.time.map_or(Cell::Empty, Cell::Moment));
    } else {
        cells.extend(position(row).map(|degrees| degrees.map_or(Cell::Empty, Cell::Degrees)));
    }
    cells.extend(layout.columns.iter().map(|column| attribute(row, column).map_or(Cell::Empty, |found| cell(&found.value))));
    cells.push(match flags(layout, row) {
        flags if flags.is_empty() => Cell::Empty,
        flags => Cell::Text(flags.into()),
    });
    cells
}

/// The value of a column in a row.
pub(super) fn attribute<'a>(row: &Row<'a>, column: &Column) -> Option<&'a Attribute> {
    let own = || row.attributes.iter().filter(|a| a.name == column.attribute);
    own().find(|a| a.dataset.is_none()).or_else(|| own().next())
}

/// The flags of a row's values: `no2:out-of-range`.
pub(super) fn flags(layout: &Layout, row: &Row<'_>) -> String {
    let mut flags = Vec::new();
    for column in &layout.columns {
        for flag in attribute(row, column).map(reading::flags).unwrap_or_default() {
            flags.push(format!("{}:{flag}", column.attribute.short()));
        }
    }
    flags.join(" ")
}

/// A value as a cell.
pub(super) fn cell(value: &Value) -> Cell<'_> {
    match value {
        Value::Property(json) | Value::JsonProperty(json) => of_json(json),
        Value::Geo(geometry) => Cell::Text(geometry.to_json().to_string().into()),
        Value::Relationship(targets) | Value::ListRelationship(targets) => {
            Cell::Text(targets.iter().map(|target| target.as_str()).collect::<Vec<_>>().join(" ").into())
        }
        Value::Language(_) => value.in_language("de").map_or(Cell::Empty, |text| Cell::Text(text.into())),
        Value::Vocab(terms) => Cell::Text(terms.iter().map(|term| term.iri()).collect::<Vec<_>>().join(" ").into()),
        Value::List(items) => Cell::Text(Json::Array(items.clone()).to_string().into()),
        Value::Sealed(_) => Cell::Empty,
    }
}

fn of_json(json: &Json) -> Cell<'_> {
    match json {
        Json::Null => Cell::Empty,
        Json::Bool(yes) => Cell::Flag(*yes),
        Json::Number(number) => Cell::Number(number),
        Json::String(text) => Cell::Text(text.as_str().into()),
        Json::Array(_) => Cell::Text(json.to_string().into()),
        Json::Object(_) => temporal(json).unwrap_or_else(|| Cell::Text(json.to_string().into())),
    }
}

/// A typed time of JSON-LD (NGSI-LD V1.9.1, clause 4.6.3).
fn temporal(json: &Json) -> Option<Cell<'_>> {
    let text = json.get("@value")?.as_str()?;
    match json.get("@type")?.as_str()? {
        "DateTime" => Instant::parse(text).ok().map(Cell::Moment),
        "Date" => Some(Cell::Day(text)),
        "Time" => Some(Cell::Text(text.into())),
        _ => None,
    }
}

/// Longitude and latitude of a thing's middle.
fn position(row: &Row<'_>) -> [Option<f64>; 2] {
    let centre = row.place.map(model::Geometry::centre);
    [centre.map(|at| round(at.lon)), centre.map(|at| round(at.lat))]
}

/// Six decimals of a degree are a tenth of a metre.
fn round(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
}
