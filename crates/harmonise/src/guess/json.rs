//! JSON and GeoJSON: where the records are and which members they have.

use std::io::Read;
use std::ops::ControlFlow;

use model::Json;

use super::{COLUMNS_MAX, Kind, Layout, Open, ROWS_SEEN, Refusal, Row, Sample};
use crate::Code;
use crate::read::{Body, Fatal, RECORD_BYTES_MAX, Raw, Shape, Visitor, json};

/// Reads the beginning of a JSON file.
pub(super) fn sample(open: Open<'_>) -> Result<Sample, Refusal> {
    let (kind, records) = records_of(open)?;
    let geo = kind == Kind::GeoJson;
    let options = json::Options { records: &records, keyed: false, geo, record_bytes_max: RECORD_BYTES_MAX };
    let mut trees = Trees { trees: Vec::new(), full: false };
    let shape = json::read(&options, &mut *open()?, &mut trees)?;
    if trees.trees.is_empty() {
        return Err(Refusal::HeaderOnly);
    }
    let header = members(&trees.trees, geo);
    if header.is_empty() {
        return Err(Refusal::NoRecords);
    }
    if header.len() > COLUMNS_MAX {
        return Err(Refusal::TooWide { found: header.len() });
    }
    let layout = Layout { kind, encoding: None, delimiter: None, sheet: None, records: Some(records), header: 0 };
    let position = |(number, tree): &(u64, Json)| Some((*number, first_position(tree.get("geometry")?)?));
    let positions: Vec<(u64, (f64, f64))> = if geo { trees.trees.iter().filter_map(position).collect() } else { Vec::new() };
    let cells = |tree: &Json| header.iter().map(|name| cell(tree, name, geo)).collect();
    let rows = trees.trees.iter().map(|(number, tree)| Row { number: *number, cells: cells(tree) }).collect();
    Ok(Sample {
        layout,
        rows,
        header: header.clone(),
        complete: !trees.full,
        sheets: Vec::new(),
        has_formulas: false,
        has_macros: false,
        crs: shape.crs,
        positions,
        ragged: Vec::new(),
    })
}

/// Where the records are: the file itself when it is a list, `/features`, or the first list of objects.
fn records_of(open: Open<'_>) -> Result<(Kind, String), Refusal> {
    let mut bytes = Vec::new();
    open()?.take(RECORD_BYTES_MAX as u64).read_to_end(&mut bytes)?;
    let bare = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes).trim_ascii_start();
    if bare.starts_with(b"[") {
        return Ok((Kind::Json, String::new()));
    }
    let beginning = &bare[..bare.len().min(64 << 10)];
    if memchr::memmem::find(beginning, b"\"FeatureCollection\"").is_some() {
        return Ok((Kind::GeoJson, "/features".to_owned()));
    }
    match model::json::parse(bare) {
        Ok(Json::Object(members)) => {
            let is_list = |json: &Json| json.as_array().is_some_and(|items| items.iter().any(|item| matches!(item, Json::Object(_))));
            let found = members.iter().find(|(_, json)| is_list(json));
            let step = |name: &str| format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            found.map(|(name, _)| (Kind::Json, step(name))).ok_or(Refusal::NoRecords)
        }
        Ok(_) => Err(Refusal::NoRecords),
        // Records one after the other, as in JSON Lines.
        Err(_) if bare.split(|byte| *byte == b'\n').next().is_some_and(|line| model::json::parse(line).is_ok()) => {
            Ok((Kind::Json, String::new()))
        }
        Err(error) => Err(Refusal::Broken(Code::InputUnreadable.with("detail", error.to_string()))),
    }
}

struct Trees {
    trees: Vec<(u64, Json)>,
    full: bool,
}

impl Visitor for Trees {
    fn begin(&mut self, _: &Shape) -> Result<(), Fatal> {
        Ok(())
    }

    fn record(&mut self, _: &Shape, raw: Raw) -> Result<ControlFlow<()>, Fatal> {
        if let Body::Tree { value, .. } = raw.body {
            self.trees.push((raw.record, value));
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
