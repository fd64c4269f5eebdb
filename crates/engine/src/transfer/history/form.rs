//! The table: a row for each value, the same columns in each form.

use std::borrow::Cow;

use history::table::{self, Cell, Column};
use model::json::write_string;
use model::{Attribute, Fact, Instant, Json, Observation, Value};

use crate::Error;

/// From how many bytes on a piece of text is handed over.
const PIECE_BYTES: usize = 256 << 10;
/// After how many rows it is looked whether a piece of Parquet is done.
const ROWS_BETWEEN: u64 = 4096;
/// Sub-attribute: why a value deserves a second look.
const QUALITY: &str = "https://allmende.eu/def/quality";

/// A form of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryForm {
    /// Apache Parquet: typed columns, packed.
    Parquet,
    /// RFC 4180: comma, decimal point, times in UTC, a line of names.
    Csv,
    /// NDJSON: an object a line, without members that are empty.
    Json,
}

impl HistoryForm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Parquet, Self::Csv, Self::Json];

    /// The word people write for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// A value with the words that its file has for what it belongs to.
pub(super) struct Row<'a> {
    pub(super) types: &'a str,
    pub(super) attribute: &'a str,
    pub(super) observation: &'a Observation,
}

/// A cell of any form.
enum Content<'a> {
    Empty,
    Text(Cow<'a, str>),
    /// A number, also as it was written.
    Number(f64, &'a str),
    Flag(bool),
    Moment(Instant),
    /// A value: text here, itself in JSON.
    Value(Cow<'a, Json>),
}

/// The columns; the last only where all versions are asked for.
const COLUMNS: [(&str, table::Kind); 13] = [
    ("entity", table::Kind::Text),
    ("type", table::Kind::Text),
    ("attribute", table::Kind::Text),
    ("datasetId", table::Kind::Text),
    ("time", table::Kind::Moment),
    ("observed", table::Kind::Flag),
    ("number", table::Kind::Number),
    ("value", table::Kind::Text),
    ("unit", table::Kind::Text),
    ("quality", table::Kind::Text),
    ("kind", table::Kind::Text),
    ("recordedAt", table::Kind::Moment),
    ("fact", table::Kind::Text),
];

impl<'a> Row<'a> {
    /// The cells, in the order of [`COLUMNS`].
    fn cells(&self) -> [Content<'a>; COLUMNS.len()] {
        let Observation { entity, attribute, fact, recorded_at, .. } = self.observation;
        let optional = |text: Option<&'a str>| text.map_or(Content::Empty, |text| Content::Text(text.into()));
        let (number, value) = if *fact == Fact::Value { of_value(&attribute.value) } else { (Content::Empty, Content::Empty) };
        let flags = flags(attribute);
        [
            Content::Text(entity.as_str().into()),
            optional(Some(self.types).filter(|types| !types.is_empty())),
            Content::Text(self.attribute.into()),
            optional(attribute.dataset.as_ref().map(|id| id.as_str())),
            Content::Moment(self.observation.time()),
            Content::Flag(attribute.observed_at.is_some()),
            number,
            value,
            optional(attribute.unit.as_ref().map(|unit| unit.code())),
            if flags.is_empty() { Content::Empty } else { Content::Text(flags.into()) },
            Content::Text(attribute.value.type_name().into()),
            Content::Moment(*recorded_at),
            Content::Text(word(*fact).into()),
        ]
    }
}

fn word(fact: Fact) -> &'static str {
    match fact {
        Fact::Value => "value",
        Fact::Retracted => "retracted",
        Fact::Deleted => "deleted",
    }
}

fn of_value(value: &Value) -> (Content<'_>, Content<'_>) {
    let json = plain(value);
    let number = match value {
        Value::Property(Json::Number(number)) if number.as_f64().is_finite() => Content::Number(number.as_f64(), number.text()),
        _ => Content::Empty,
    };
    (number, if *json == Json::Null { Content::Empty } else { Content::Value(json) })
}

/// A value as JSON: places as GeoJSON, one target or term as text, a text in
/// several languages as an object, a time of JSON-LD as text.
fn plain(value: &Value) -> Cow<'_, Json> {
    let one_or_all = |mut texts: Vec<Json>| if texts.len() == 1 { texts.remove(0) } else { Json::Array(texts) };
    match value {
        Value::Property(json) if json.get("@type").is_some() => json.get("@value").map_or(Cow::Borrowed(json), Cow::Borrowed),
        Value::Property(json) | Value::JsonProperty(json) => Cow::Borrowed(json),
        Value::Geo(geometry) => Cow::Owned(geometry.to_json()),
        Value::Relationship(targets) => Cow::Owned(one_or_all(targets.iter().map(|target| Json::from(target.as_str())).collect())),
        Value::ListRelationship(targets) => Cow::Owned(Json::Array(targets.iter().map(|target| Json::from(target.as_str())).collect())),
        Value::Language(map) => {
            let texts = |list: &[model::Text]| one_or_all(list.iter().map(|text| Json::from(text.as_str())).collect());
            Cow::Owned(Json::Object(map.iter().map(|(tag, list)| (tag.clone(), texts(list))).collect()))
        }
        Value::Vocab(terms) => Cow::Owned(one_or_all(terms.iter().map(|term| Json::from(term.iri())).collect())),
        Value::List(items) => Cow::Owned(Json::Array(items.clone())),
        Value::Sealed(_) => Cow::Owned(Json::Null),
    }
}

fn text(json: &Json) -> Cow<'_, str> {
    json.as_str().map_or_else(|| json.to_string().into(), Cow::Borrowed)
}

/// What is said of a value's quality, separated by spaces.
fn flags(attribute: &Attribute) -> String {
    let said = attribute.sub.iter().find(|sub| sub.name.iri() == QUALITY).map(|sub| &sub.value);
    let words: Vec<&str> = match said {
        Some(Value::Property(Json::Array(items)) | Value::List(items)) => items.iter().filter_map(Json::as_str).collect(),
        Some(Value::Property(json)) => json.as_str().into_iter().collect(),
        _ => Vec::new(),
    };
    words.join(" ")
}

/// Writes the table.
pub(super) struct Writer {
    columns: usize,
    rows: u64,
    file: File,
}

enum File {
    Parquet(Box<table::Writer>),
    Csv(String),
    Json(String),
}

impl Writer {
    /// A writer. What is said about the file goes into its metadata, where the form has such.
    pub(super) fn new(form: HistoryForm, versions: bool, about: Vec<(String, String)>) -> Result<Self, Error> {
        let columns = &COLUMNS[..COLUMNS.len() - usize::from(!versions)];
        let file = match form {
            HistoryForm::Parquet => {
                let columns: Vec<Column> =
                    columns.iter().map(|(name, kind)| Column { name: (*name).to_owned(), kind: *kind, notes: Vec::new() }).collect();
                File::Parquet(Box::new(table::Writer::new(&columns, about).map_err(not_made)?))
            }
            HistoryForm::Csv => File::Csv(columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",") + "\r\n"),
            HistoryForm::Json => File::Json(String::new()),
        };
        Ok(Self { columns: columns.len(), rows: 0, file })
    }

    pub(super) fn row(&mut self, row: &Row<'_>) -> Result<(), Error> {
        let cells = row.cells();
        let cells = &cells[..self.columns];
        self.rows += 1;
        match &mut self.file {
            File::Parquet(file) => {
                let texts: Vec<Cow<'_, str>> = cells.iter().map(Content::plain).collect();
                return file.row(cells.iter().zip(&texts).map(|(cell, text)| cell.typed(text))).map_err(not_made);
            }
            File::Csv(out) => csv_line(cells, out),
            File::Json(out) => json_line(cells, out),
        }
        Ok(())
    }

    /// Takes what is ready, once it is worth handing over.
    pub(super) fn ready(&mut self) -> Vec<u8> {
        match &mut self.file {
            File::Parquet(file) if self.rows.is_multiple_of(ROWS_BETWEEN) => file.take(),
            File::Csv(out) | File::Json(out) if out.len() >= PIECE_BYTES => std::mem::take(out).into_bytes(),
            _ => Vec::new(),
        }
    }

    /// Ends the file: its last bytes.
    pub(super) fn finish(&mut self) -> Result<Vec<u8>, Error> {
        match &mut self.file {
            File::Parquet(file) => {
                file.finish().map_err(not_made)?;
                Ok(file.take())
            }
            File::Csv(out) | File::Json(out) => Ok(std::mem::take(out).into_bytes()),
        }
    }
}

impl Content<'_> {
    fn plain(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => "".into(),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(_, text) => Cow::Borrowed(text),
            Self::Flag(yes) => if *yes { "true" } else { "false" }.into(),
            Self::Moment(at) => at.to_string().into(),
            Self::Value(json) => text(json),
        }
    }

    fn typed<'t>(&self, text: &'t str) -> Cell<'t> {
        match self {
            Self::Empty => Cell::Empty,
            Self::Text(_) | Self::Value(_) => Cell::Text(text),
            Self::Number(number, _) => Cell::Number(*number),
            Self::Flag(yes) => Cell::Flag(*yes),
            Self::Moment(at) => Cell::Moment(*at),
        }
    }
}

/// RFC 4180, section 2.
fn csv_line(cells: &[Content<'_>], out: &mut String) {
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        let text = cell.plain();
        if text.contains([',', '"', '\r', '\n']) {
            out.push('"');
            out.push_str(&text.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&text);
        }
    }
    out.push_str("\r\n");
}

/// A number needs no column of its own in JSON.
fn json_line(cells: &[Content<'_>], out: &mut String) {
    out.push('{');
    for ((name, _), cell) in COLUMNS.iter().zip(cells) {
        if matches!(cell, Content::Empty | Content::Number(..)) {
            continue;
        }
        if !out.ends_with('{') {
            out.push(',');
        }
        write_string(name, out);
        out.push(':');
        match cell {
            Content::Value(json) => json.write(out),
            Content::Flag(_) => out.push_str(&cell.plain()),
            _ => write_string(&cell.plain(), out),
        }
    }
    out.push_str("}\n");
}

fn not_made(error: table::Error) -> Error {
    Error::internal(error.to_string())
}
