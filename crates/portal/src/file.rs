//! Writing rows of data as files: CSV after RFC 4180, CSV for Excel in German,
//! JSON, GeoJSON.

use model::dataset::Column;
use model::geo::Geometry;
use model::json::write_string;
use model::{Attribute, Instant, Json, Value};

use crate::messages::Language;
use crate::{format, reading};

/// A form of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// RFC 4180: comma, decimal point, times in UTC.
    Csv,
    /// For Excel in German: semicolon, decimal comma, local times, and no cell
    /// that Excel would run as a formula.
    Excel,
    /// A list of objects.
    Json,
    /// RFC 7946: things with their places and current values.
    GeoJson,
}

impl Form {
    /// What it is called in tags.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Excel => "excel",
            Self::Json => "json",
            Self::GeoJson => "geojson",
        }
    }

    /// The ending of its name.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Self::Csv | Self::Excel => "csv",
            Self::Json => "json",
            Self::GeoJson => "geojson",
        }
    }

    /// Its media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Csv | Self::Excel => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/json",
            Self::GeoJson => "application/geo+json",
        }
    }
}

/// A row: what is known of a thing at a time.
pub(crate) struct Row<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) time: Option<Instant>,
    pub(crate) attributes: &'a [Attribute],
    pub(crate) place: Option<&'a Geometry>,
}

/// Writes rows in a form.
pub(crate) struct Writer {
    form: Form,
    columns: Vec<Column>,
    has_time: bool,
    language: Language,
    rows: u64,
}

impl Writer {
    /// A writer. `has_time`: whether rows carry a time.
    pub(crate) fn new(form: Form, columns: Vec<Column>, has_time: bool, language: Language) -> Self {
        Self { form, columns, has_time, language, rows: 0 }
    }

    /// The columns it writes.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// What stands before the rows.
    pub(crate) fn head(&self) -> String {
        match self.form {
            Form::Json => "[".to_owned(),
            Form::GeoJson => "{\"type\":\"FeatureCollection\",\"features\":[".to_owned(),
            Form::Csv => {
                let mut cells = vec!["id".to_owned(), "name".to_owned()];
                cells.extend(self.has_time.then(|| "time".to_owned()));
                cells.extend((!self.has_time).then(|| ["longitude".to_owned(), "latitude".to_owned()]).into_iter().flatten());
                cells.extend(self.columns.iter().map(|column| column.attribute.short().to_owned()));
                cells.push("quality".to_owned());
                line(&cells, ',')
            }
            Form::Excel => {
                let t = self.language.texts();
                let mut cells = vec![t.dataset_entity().to_owned(), t.fact_thing().to_owned()];
                cells.extend(self.has_time.then(|| t.dataset_time().to_owned()));
                cells.extend(
                    (!self.has_time).then(|| [t.place_longitude().to_owned(), t.place_latitude().to_owned()]).into_iter().flatten(),
                );
                cells.extend(self.columns.iter().map(|column| harmless(&reading::label_with_unit(column, t))));
                cells.push(t.fact_quality().to_owned());
                format!("\u{feff}{}", line(&cells, ';'))
            }
        }
    }

    /// What stands after the rows.
    pub(crate) fn tail(&self) -> String {
        match self.form {
            Form::Json => "]\n".to_owned(),
            Form::GeoJson => "]}\n".to_owned(),
            Form::Csv | Form::Excel => String::new(),
        }
    }

    /// Appends a row.
    pub(crate) fn row(&mut self, row: &Row<'_>, out: &mut String) {
        match self.form {
            Form::Csv => self.csv(row, out),
            Form::Excel => self.excel(row, out),
            Form::Json => {
                self.separate(out);
                self.object(row, row.time, out);
            }
            Form::GeoJson => {
                self.separate(out);
                self.feature(row, out);
            }
        }
        self.rows += 1;
    }

    fn separate(&self, out: &mut String) {
        out.push_str(if self.rows == 0 { "\n" } else { ",\n" });
    }

    fn csv(&self, row: &Row<'_>, out: &mut String) {
        let mut cells = vec![row.id.to_owned(), row.name.to_owned()];
        if self.has_time {
            cells.push(row.time.map(|time| time.to_string()).unwrap_or_default());
        } else {
            cells.extend(position(row).map(|degrees| degrees.map(|degrees| degrees.to_string()).unwrap_or_default()));
        }
        cells.extend(self.columns.iter().map(|column| attribute(row, column).map(|a| plain(&a.value)).unwrap_or_default()));
        cells.push(self.flags(row));
        out.push_str(&line(&cells, ','));
    }

    fn excel(&self, row: &Row<'_>, out: &mut String) {
        let t = self.language.texts();
        let mut cells = vec![harmless(row.id), harmless(row.name)];
        if self.has_time {
            cells.push(row.time.map(excel_time).unwrap_or_default());
        } else {
            cells.extend(position(row).map(|degrees| degrees.map(|degrees| degrees.to_string().replace('.', ",")).unwrap_or_default()));
        }
        cells.extend(self.columns.iter().map(|column| attribute(row, column).map(|a| excel_value(&a.value, t)).unwrap_or_default()));
        cells.push(harmless(&self.flags(row)));
        out.push_str(&line(&cells, ';'));
    }

    /// The flags of a row's values: `no2:out-of-range`.
    fn flags(&self, row: &Row<'_>) -> String {
        let mut flags = Vec::new();
        for column in &self.columns {
            for flag in attribute(row, column).map(reading::flags).unwrap_or_default() {
                flags.push(format!("{}:{flag}", column.attribute.short()));
            }
        }
        flags.join(" ")
    }

    fn object(&self, row: &Row<'_>, time: Option<Instant>, out: &mut String) {
        out.push_str("{\"id\":");
        write_string(row.id, out);
        out.push_str(",\"name\":");
        write_string(row.name, out);
        if let Some(time) = time {
            out.push_str(",\"time\":");
            write_string(&time.to_string(), out);
        }
        for column in &self.columns {
            out.push(',');
            write_string(column.attribute.short(), out);
            out.push(':');
            match attribute(row, column).map(|a| &a.value) {
                Some(Value::Property(json) | Value::JsonProperty(json)) => json.write(out),
                Some(value) => write_string(&plain(value), out),
                None => out.push_str("null"),
            }
        }
        let flags = self.flags(row);
        if !flags.is_empty() {
            out.push_str(",\"quality\":");
            write_string(&flags, out);
        }
        out.push('}');
    }

    fn feature(&self, row: &Row<'_>, out: &mut String) {
        out.push_str("{\"type\":\"Feature\",\"id\":");
        write_string(row.id, out);
        out.push_str(",\"geometry\":");
        row.place.map_or(Json::Null, Geometry::to_json).write(out);
        out.push_str(",\"properties\":");
        let newest = row.attributes.iter().filter_map(|a| a.observed_at).max();
        self.object(row, newest, out);
        out.push('}');
    }
}

fn attribute<'a>(row: &Row<'a>, column: &Column) -> Option<&'a Attribute> {
    let own = || row.attributes.iter().filter(|a| a.name == column.attribute);
    own().find(|a| a.dataset.is_none()).or_else(|| own().next())
}

/// Longitude and latitude of a thing's middle.
fn position(row: &Row<'_>) -> [Option<f64>; 2] {
    let centre = row.place.map(Geometry::centre);
    [centre.map(|at| round(at.lon)), centre.map(|at| round(at.lat))]
}

/// Six decimals of a degree are a tenth of a metre.
fn round(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
}

/// A value for programs.
fn plain(value: &Value) -> String {
    match value {
        Value::Property(Json::Null) | Value::Sealed(_) => String::new(),
        Value::Property(Json::String(text)) => text.to_string(),
        Value::Property(json) | Value::JsonProperty(json) => json.to_string(),
        Value::Geo(geometry) => geometry.to_json().to_string(),
        Value::Relationship(targets) | Value::ListRelationship(targets) => {
            targets.iter().map(|target| target.as_str()).collect::<Vec<_>>().join(" ")
        }
        Value::Language(_) => value.in_language("de").unwrap_or("").to_owned(),
        Value::Vocab(terms) => terms.iter().map(|term| term.iri()).collect::<Vec<_>>().join(" "),
        Value::List(items) => Json::Array(items.clone()).to_string(),
    }
}

/// A value for Excel: numbers with a comma and without thousands points.
fn excel_value(value: &Value, t: crate::messages::Texts) -> String {
    match value {
        Value::Property(Json::Number(number)) => number.text().replace('.', ","),
        Value::Property(Json::Bool(_)) => reading::value(value, t).unwrap_or_default(),
        other => harmless(&plain(other)),
    }
}

/// Local time as Excel reads it: `03.03.2026 14:05`, seconds only when there are any.
fn excel_time(at: Instant) -> String {
    let local = format::local(at);
    let date = format!("{:02}.{:02}.{:04}", local.day(), local.month(), local.year());
    if local.second() == 0 {
        format!("{date} {:02}:{:02}", local.hour(), local.minute())
    } else {
        format!("{date} {:02}:{:02}:{:02}", local.hour(), local.minute(), local.second())
    }
}

/// Text that no spreadsheet runs as a formula: what could begin one gets an apostrophe.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{text}") } else { text.to_owned() }
}

/// A line (RFC 4180): quoted where needed, ended by CR LF.
fn line(cells: &[String], separator: char) -> String {
    let quoted = |cell: &String| {
        let needs_quotes = cell.contains([separator, '"', '\r', '\n']) || cell.starts_with(' ') || cell.ends_with(' ');
        if needs_quotes { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
    };
    let mut line = cells.iter().map(quoted).collect::<Vec<_>>().join(&separator.to_string());
    line.push_str("\r\n");
    line
}

#[cfg(test)]
mod tests;
