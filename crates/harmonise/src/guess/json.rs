//! JSON and GeoJSON: where the records are and which members they have.

use std::io::Read;
use std::ops::ControlFlow;

use model::Json;

use super::{COLUMNS_MAX, Kind, Layout, Open, ROWS_SEEN, Refusal, Row, Sample};
use crate::Code;
use crate::read::{Body, Fatal, RECORD_BYTES_MAX, Raw, Shape, Visitor, json};

/// Reads the beginning of a JSON file.
pub(super) fn sample(open: Open<'_>) -> Result<Sample, Refusal> {
    let Place { kind, records, keyed } = place_of(open)?;
    let geo = kind == Kind::GeoJson;
    let options = json::Options { records: &records, keyed, geo, record_bytes_max: RECORD_BYTES_MAX };
    let mut trees = Trees { trees: Vec::new(), names: Vec::new(), full: false };
    let shape = json::read(&options, &mut *open()?, &mut trees)?;
    if trees.trees.is_empty() {
        return Err(Refusal::HeaderOnly);
    }
    let mut header = members(&trees.trees, geo);
    if header.is_empty() {
        return Err(Refusal::NoRecords);
    }
    if header.len() > COLUMNS_MAX {
        return Err(Refusal::TooWide { found: header.len() });
    }
    let member = keyed.then(|| member_column(&header));
    let layout = Layout { kind, encoding: None, delimiter: None, sheet: None, records: Some(records), member: member.clone(), header: 0 };
    let position = |(number, tree): &(u64, Json)| Some((*number, first_position(tree.get("geometry")?)?));
    let positions: Vec<(u64, (f64, f64))> = if geo { trees.trees.iter().filter_map(position).collect() } else { Vec::new() };
    let cells = |tree: &Json| header.iter().map(|name| cell(tree, name, geo)).collect();
    let mut rows: Vec<Row> = trees.trees.iter().map(|(number, tree)| Row { number: *number, cells: cells(tree) }).collect();
    if let Some(member) = member {
        rows.iter_mut().zip(trees.names).for_each(|(row, name)| row.cells.insert(0, Json::String(name)));
        header.insert(0, member);
    }
    Ok(Sample {
        layout,
        rows,
        header,
        complete: !trees.full,
        sheets: Vec::new(),
        has_formulas: false,
        has_macros: false,
        crs: shape.crs,
        positions,
        ragged: Vec::new(),
    })
}

/// Where the records are.
struct Place {
    kind: Kind,
    /// JSON pointer to them.
    records: String,
    /// Whether they are the members of an object.
    keyed: bool,
}

/// Looks for the records: the file itself when it is a list, `/features`, the
/// first list of objects, an object whose members are objects, else the file
/// as the only record.
fn place_of(open: Open<'_>) -> Result<Place, Refusal> {
    let place = |kind, records: &str, keyed| Ok(Place { kind, records: records.to_owned(), keyed });
    let mut bytes = Vec::new();
    open()?.take(RECORD_BYTES_MAX as u64).read_to_end(&mut bytes)?;
    let bare = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes).trim_ascii_start();
    if bare.starts_with(b"[") {
        return place(Kind::Json, "", false);
    }
    let beginning = &bare[..bare.len().min(64 << 10)];
    if memchr::memmem::find(beginning, b"\"FeatureCollection\"").is_some() {
        return place(Kind::GeoJson, "/features", false);
    }
    match model::json::parse(bare) {
        Ok(Json::Object(members)) => {
            let step = |name: &str| format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            let is_list = |json: &Json| json.as_array().is_some_and(|items| items.iter().any(|item| matches!(item, Json::Object(_))));
            if let Some((name, _)) = members.iter().find(|(_, json)| is_list(json)) {
                place(Kind::Json, &step(name), false)
            } else if let Some((name, _)) = members.iter().find(|(_, json)| is_map(json)) {
                place(Kind::Json, &step(name), true)
            } else if holds_records(members.iter().map(|(_, json)| json)) {
                place(Kind::Json, "", true)
            } else if members.iter().any(|(_, json)| is_plain(json)) {
                place(Kind::Json, "", false)
            } else {
                Err(Refusal::NoRecords)
            }
        }
        Ok(_) => Err(Refusal::NoRecords),
        // Records one after the other, as in JSON Lines.
        Err(_) if bare.split(|byte| *byte == b'\n').next().is_some_and(|line| model::json::parse(line).is_ok()) => {
            place(Kind::Json, "", false)
        }
        Err(error) => Err(Refusal::Broken(Code::InputUnreadable.with("detail", error.to_string()))),
    }
}

/// Whether members are records of their own: at least two, all of them objects.
fn holds_records<'a>(mut members: impl ExactSizeIterator<Item = &'a Json>) -> bool {
    members.len() > 1 && members.all(|member| matches!(member, Json::Object(_)))
}

fn is_map(json: &Json) -> bool {
    matches!(json, Json::Object(members) if holds_records(members.iter().map(|(_, json)| json)))
}

/// A name for the column of the members' names that no other column has.
fn member_column(header: &[String]) -> String {
    let is_free = |name: &String| !header.contains(name);
    std::iter::once("Kennung".to_owned()).chain((2..).map(|n| format!("Kennung {n}"))).find(is_free).expect("columns come to an end")
}

struct Trees {
    trees: Vec<(u64, Json)>,
    /// Their names, when they are members of an object.
    names: Vec<model::Text>,
    full: bool,
}

impl Visitor for Trees {
    fn begin(&mut self, _: &Shape) -> Result<(), Fatal> {
        Ok(())
    }

    fn record(&mut self, _: &Shape, raw: Raw) -> Result<ControlFlow<()>, Fatal> {
        if let Body::Tree { key, value } = raw.body {
            self.trees.push((raw.record, value));
            self.names.extend(key);
        }
        self.full = self.trees.len() >= ROWS_SEEN;
        Ok(if self.full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn ignored(&mut self) {}
}

/// The members that hold plain values, one step deep; of features their properties and id.
fn members(trees: &[(u64, Json)], geo: bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |name: String| {
        if !found.contains(&name) {
            found.push(name);
        }
    };
    for (_, tree) in trees {
        if geo && tree.get("id").is_some_and(is_plain) {
            add("/id".to_owned());
        }
        let fields = if geo { tree.get("properties") } else { Some(tree) };
        let Some(Json::Object(fields)) = fields else { continue };
        for (name, value) in fields {
            match value {
                Json::Object(inner) if !geo => {
                    inner.iter().filter(|(_, value)| is_plain(value)).for_each(|(below, _)| add(format!("/{name}/{below}")));
                }
                value if is_plain(value) => add(name.to_string()),
                _ => {}
            }
        }
    }
    found
}

fn is_plain(value: &Json) -> bool {
    matches!(value, Json::String(_) | Json::Number(_) | Json::Bool(_) | Json::Null)
}

fn cell(tree: &Json, name: &str, geo: bool) -> Json {
    let found = match name {
        pointer if pointer.starts_with('/') => crate::fields::pointer(tree, pointer),
        name if geo => tree.get("properties").and_then(|properties| properties.get(name)),
        name => tree.get(name),
    };
    found.filter(|value| is_plain(value)).cloned().unwrap_or(Json::Null)
}

/// The first pair of numbers in a geometry.
fn first_position(geometry: &Json) -> Option<(f64, f64)> {
    let mut inner = geometry.get("coordinates")?;
    loop {
        match inner.as_array()? {
            [Json::Number(x), Json::Number(y), ..] => return Some((x.as_f64(), y.as_f64())),
            [first, ..] => inner = first,
            [] => return None,
        }
    }
}
