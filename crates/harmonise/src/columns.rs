//! What an input's columns look like, from its first records: so that somebody
//! can be told when a source begins to write otherwise.

use std::collections::BTreeMap;

use model::{Json, Text};

use crate::definition::Format;
use crate::read::{Body, Shape};

/// How many records are looked at.
const RECORDS_MAX: u64 = 1_000;
/// How many columns are told apart.
const COLUMNS_MAX: usize = 500;
/// How deep members of objects are columns of their own, as `properties.name`.
const DEPTH_MAX: usize = 3;

/// What a column's values look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// There were none.
    Empty,
    /// Numbers as the definition writes them.
    Number,
    /// Dates or times.
    Time,
    /// `true` or `false`.
    Flag,
    /// Lists or geometries.
    Nested,
    /// Anything else, or several of these.
    Text,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnLook {
    /// What its values look like.
    pub look: Look,
    /// Whether every record has it.
    pub always: bool,
}

impl Look {
    /// What values of two looks look like together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        match (self, other) {
            (one, Self::Empty) | (Self::Empty, one) => one,
            (one, other) if one == other => one,
            _ => Self::Text,
        }
    }
}

/// Looks at records one by one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Columns {
    records: u64,
    found: BTreeMap<String, (Look, u64)>,
}

impl Columns {
    /// Looks at a record, unless enough were seen.
    pub(crate) fn see(&mut self, format: &Format, shape: &Shape, body: &Body) {
        if self.records >= RECORDS_MAX {
            return;
        }
        match body {
            Body::Cells(cells) => {
                let names = shape.header.iter().flat_map(|header| &header.names);
                for (name, cell) in names.zip(cells) {
                    self.add(name.as_str(), look_of(format, cell));
                }
            }
            Body::Tree { value: Json::Object(members), .. } => self.members(format, "", members, 1),
            Body::Tree { .. } | Body::Broken(_) => return,
        }
        self.records += 1;
    }

    /// What was found.
    pub(crate) fn finish(self) -> BTreeMap<String, ColumnLook> {
        let records = self.records;
        self.found.into_iter().map(|(name, (look, seen))| (name, ColumnLook { look, always: seen == records })).collect()
    }

    fn members(&mut self, format: &Format, above: &str, members: &[(Text, Json)], depth: usize) {
        for (name, value) in members {
            let name = if above.is_empty() { name.to_string() } else { format!("{above}.{name}") };
            match value {
                // A geometry is one thing.
                Json::Object(inner) if depth < DEPTH_MAX && !inner.iter().any(|(name, _)| name == "coordinates") => {
                    self.members(format, &name, inner, depth + 1);
                }
                value => self.add(&name, look_of(format, value)),
            }
        }
    }

    fn add(&mut self, name: &str, look: Look) {
        if let Some((known, seen)) = self.found.get_mut(name) {
            *known = known.with(look);
            *seen += 1;
        } else if self.found.len() < COLUMNS_MAX {
            self.found.insert(name.to_owned(), (look, 1));
        }
    }
}

fn look_of(format: &Format, value: &Json) -> Look {
    match value {
        Json::Null => Look::Empty,
        Json::Bool(_) => Look::Flag,
        Json::Number(_) => Look::Number,
        Json::Array(_) | Json::Object(_) => Look::Nested,
        Json::String(text) => {
            let text = text.trim();
            if text.is_empty() || format.missing.iter().any(|missing| missing == text) {
                Look::Empty
            } else if format.numbers.read(text).is_ok() {
                Look::Number
            } else if is_time(text) {
                Look::Time
            } else {
                Look::Text
            }
        }
    }
}

/// Whether a text is written as dates and times are: `2026-05-04T10:00Z`, `4.5.26 10:00`, `10:00`.
fn is_time(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let first_group = text.bytes().take_while(u8::is_ascii_digit).count();
    let separators = text.bytes().filter(|b| matches!(b, b'-' | b'.' | b'/' | b':')).count();
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'/' | b':' | b' ' | b'T' | b'Z' | b'+' | b','));
    plain && (1..=4).contains(&first_group) && separators >= 1 && (3..=30).contains(&digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::Header;

    fn seen(rows: &[&[&str]]) -> String {
        let shape = Shape { header: Some(Header::new(rows[0].iter().map(|name| Text::from(*name)))), ..Shape::default() };
        let format = crate::Definition::parse(DEFINITION).expect("valid").format;
        let mut columns = Columns::default();
        for row in &rows[1..] {
            columns.see(&format, &shape, &Body::Cells(row.iter().map(|cell| Json::from(*cell)).collect()));
        }
        shown(columns)
    }

    fn shown(columns: Columns) -> String {
        let one = |(name, column): (String, ColumnLook)| format!("{name} {:?}{}", column.look, if column.always { "" } else { "?" });
        columns.finish().into_iter().map(one).collect::<Vec<_>>().join(", ")
    }

    const DEFINITION: &str = r#"
        [source]
        name = "x"
        transport = "push"
        [format]
        kind = "csv"
        decimal = ","
        missing = ["k. A."]
        [entity]
        type = "Station"
        id = "urn:ngsi-ld:Station:{a}"
        [terms]
        Station = "https://example.org/Station"
        b = "https://example.org/b"
        [[attribute]]
        name = "b"
        field = "b"
        as = "number"
    "#;

    #[test]
    fn columns_look_like_their_values() {
        let rows: &[&[&str]] = &[
            &["zahl", "zeit", "text", "leer", "gemischt"],
            &["1,5", "04.05.2026 10:00", "nord", "", "1"],
            &["k. A.", "2026-05-04T10:00:00Z", "2", "k. A.", "x"],
        ];
        assert_eq!(seen(rows), "gemischt Text, leer Empty, text Text, zahl Number, zeit Time");
    }

    #[test]
    fn members_of_objects_are_columns() {
        let format = crate::Definition::parse(DEFINITION).expect("valid").format;
        let mut columns = Columns::default();
        for text in [
            r#"{"id": 1, "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {"frei": 3, "offen": true}}"#,
            r#"{"id": 2, "geometry": null, "properties": {"frei": null, "neu": "x"}}"#,
        ] {
            let value = model::json::parse(text.as_bytes()).expect("JSON");
            columns.see(&format, &Shape::default(), &Body::Tree { key: None, value });
        }
        assert_eq!(shown(columns), "geometry Nested, id Number, properties.frei Number, properties.neu Text?, properties.offen Flag?");
    }
}
