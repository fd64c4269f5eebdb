//! Spreadsheets: sheets, formulas, macros, and the first rows.

use std::io::{Cursor, Read};
use std::ops::ControlFlow;

use model::Json;

use super::{Given, Kind, Layout, Open, ROWS_SEEN, Refusal, Row, Sample, table};
use crate::definition::Table;
use crate::read::{Fatal, Raw, Shape, Visitor, xlsx};

/// How many rows are read: the header may stand below a preamble.
const ROWS_READ: usize = ROWS_SEEN + 40;

/// Reads the beginning of a workbook's sheet.
pub(super) fn sample(open: Open<'_>, given: &Given) -> Result<Sample, Refusal> {
    let bytes = xlsx::load(&mut *open()?)?;
    let sheets = xlsx::sheets(&bytes)?;
    let sheet = given.sheet.clone().filter(|wanted| sheets.contains(wanted)).or_else(|| sheets.first().cloned());
    let (rows, complete) = rows(&bytes, sheet.as_deref())?;
    if rows.is_empty() {
        return Err(Refusal::Empty);
    }
    let header = given.header.unwrap_or_else(|| table::header_of(&rows));
    let layout = Layout { kind: Kind::Xlsx, encoding: None, delimiter: None, sheet, records: None, member: None, header };
    let (has_formulas, has_macros) = extras(&bytes);
    let sample = table::under_header(layout, rows, complete)?;
    Ok(Sample { sheets, has_formulas, has_macros, ..sample })
}

struct Rows {
    rows: Vec<Row>,
    full: bool,
}

impl Visitor for Rows {
    fn begin(&mut self, _: &Shape) -> Result<(), Fatal> {
        Ok(())
    }

    fn record(&mut self, _: &Shape, raw: Raw) -> Result<ControlFlow<()>, Fatal> {
        if let Ok(Json::Array(cells)) = model::json::parse(&raw.bytes) {
            self.rows.push(Row { number: raw.record, cells });
        }
        self.full = self.rows.len() >= ROWS_READ;
        Ok(if self.full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn ignored(&mut self) {}
}

/// The first rows as they stand, and whether these are all.
fn rows(bytes: &[u8], sheet: Option<&str>) -> Result<(Vec<Row>, bool), Fatal> {
    // No header: every row is a record, and its cells are in its bytes.
    let table = Table { header: 0, columns: vec!["1".to_owned()], second: None, skip: 0, pad: true };
    let mut rows = Rows { rows: Vec::new(), full: false };
    xlsx::read(sheet, &table, &mut &bytes[..], &mut rows)?;
    Ok((rows.rows, !rows.full))
}

/// Whether there are formulas and macros.
fn extras(bytes: &[u8]) -> (bool, bool) {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else { return (false, false) };
    let names: Vec<String> = archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
    let has_macros = names.iter().any(|name| name.ends_with("vbaProject.bin"));
    let mut sheets = names.iter().filter(|name| name.starts_with("xl/worksheets/"));
    let has_formulas = sheets.any(|name| archive.by_name(name).is_ok_and(|mut part| holds_formula(&mut part)));
    (has_formulas, has_macros)
}

/// Whether a sheet has an element `f` (ECMA-376 part 1, 18.3.1.40).
fn holds_formula(part: &mut dyn Read) -> bool {
    let mut window = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    while let Ok(length @ 1..) = part.read(&mut buffer) {
        window.extend_from_slice(&buffer[..length]);
        if [&b"<f>"[..], b"<f "].iter().any(|tag| memchr::memmem::find(&window, tag).is_some()) {
            return true;
        }
        window.drain(..window.len().saturating_sub(2));
    }
    false
}
