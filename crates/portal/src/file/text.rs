//! The forms that are text: CSV, CSV for Excel, JSON, GeoJSON.

use axum::BoxError;
use model::json::write_string;
use model::{Geometry, Instant, Json, Value};

use super::cell::{self, Cell};
use super::{Form, Layout, Row, Writer};
use crate::format;

pub(super) struct Text {
    form: Form,
    layout: Layout,
    rows: u64,
    out: String,
}

impl Text {
    pub(super) fn new(form: Form, layout: Layout) -> Self {
        let mut text = Self { form, layout, rows: 0, out: String::new() };
        text.head();
        text
    }

    fn head(&mut self) {
        self.out = match self.form {
            Form::Json => "[".to_owned(),
            Form::GeoJson => "{\"type\":\"FeatureCollection\",\"features\":[".to_owned(),
            Form::Excel => {
                let t = self.layout.language.texts();
                let labels: Vec<String> = self.layout.labels(t).iter().map(|label| harmless(label)).collect();
                format!("\u{feff}{}", line(labels.iter(), ';'))
            }
            _ => line(self.layout.names.iter(), ','),
        };
    }

    fn excel(&mut self, row: &Row<'_>) {
        let t = self.layout.language.texts();
        let cells: Vec<String> = cell::cells(&self.layout, row)
            .iter()
            .map(|cell| match cell {
                Cell::Number(number) => number.text().replace('.', ","),
                Cell::Degrees(degrees) => degrees.to_string().replace('.', ","),
                Cell::Flag(yes) => if *yes { t.value_yes() } else { t.value_no() }.to_owned(),
                Cell::Moment(at) => excel_time(*at),
                Cell::Empty | Cell::Text(_) | Cell::Day(_) => harmless(&cell.plain()),
            })
            .collect();
        self.out.push_str(&line(cells.iter(), ';'));
    }

    fn separate(&mut self) {
        self.out.push_str(if self.rows == 0 { "\n" } else { ",\n" });
    }

    fn object(&mut self, row: &Row<'_>, time: Option<Instant>) {
        let (layout, out) = (&self.layout, &mut self.out);
        out.push_str("{\"id\":");
        write_string(row.id, out);
        out.push_str(",\"name\":");
        write_string(row.name, out);
        if let Some(time) = time {
            out.push_str(",\"time\":");
            write_string(&time.to_string(), out);
        }
        let own = layout.names.iter().zip(layout.sources()).filter_map(|(name, column)| Some((name, column?)));
        for (name, column) in own {
            out.push(',');
            write_string(name, out);
            out.push(':');
            match cell::attribute(row, column).map(|found| &found.value) {
                Some(value) => member(value, out),
                None => out.push_str("null"),
            }
        }
        let flags = cell::flags(layout, row);
        if !flags.is_empty() {
            out.push_str(",\"quality\":");
            write_string(&flags, out);
        }
        out.push('}');
    }

    fn feature(&mut self, row: &Row<'_>) {
        self.out.push_str("{\"type\":\"Feature\",\"id\":");
        write_string(row.id, &mut self.out);
        self.out.push_str(",\"geometry\":");
        row.place.map_or(Json::Null, Geometry::to_json).write(&mut self.out);
        self.out.push_str(",\"properties\":");
        let newest = row.attributes.iter().filter_map(|a| a.observed_at).max();
        self.object(row, newest);
        self.out.push('}');
    }
}

impl Writer for Text {
    fn row(&mut self, row: &Row<'_>) -> Result<(), BoxError> {
        match self.form {
            Form::Excel => self.excel(row),
            Form::Json => {
                self.separate();
                self.object(row, row.time);
            }
            Form::GeoJson => {
                self.separate();
                self.feature(row);
            }
            _ => {
                let cells = cell::cells(&self.layout, row);
                let texts: Vec<_> = cells.iter().map(Cell::plain).collect();
                self.out.push_str(&line(texts.iter(), ','));
            }
        }
        self.rows += 1;
        Ok(())
    }

    fn finish(&mut self) -> Result<(), BoxError> {
        self.out.push_str(match self.form {
            Form::Json => "]\n",
            Form::GeoJson => "]}\n",
            _ => "",
        });
        Ok(())
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out).into_bytes()
    }
}

/// A value as a member of a plain object: numbers, flags and structures as
/// they are, times and all else as text.
fn member(value: &Value, out: &mut String) {
    match (cell::cell(value), value) {
        (Cell::Empty, _) => out.push_str("null"),
        (Cell::Text(_) | Cell::Number(_) | Cell::Flag(_), Value::Property(json) | Value::JsonProperty(json))
            if json.get("@value").is_none() =>
        {
            json.write(out);
        }
        (cell, _) => write_string(&cell.plain(), out),
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
fn line<'a, T: AsRef<str> + 'a>(cells: impl Iterator<Item = &'a T>, separator: char) -> String {
    let mut line = String::new();
    for (index, cell) in cells.map(AsRef::as_ref).enumerate() {
        if index > 0 {
            line.push(separator);
        }
        if cell.contains([separator, '"', '\r', '\n']) || cell.starts_with(' ') || cell.ends_with(' ') {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(cell);
        }
    }
    line.push_str("\r\n");
    line
}
