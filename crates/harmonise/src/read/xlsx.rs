//! Spreadsheets (Office Open XML). The archive is measured before anything
//! is unpacked for good, and cells are read one by one: a sheet that claims
//! seventeen thousand million cells costs what its real cells cost.

use std::io::{Cursor, Read};
use std::ops::ControlFlow;

use calamine::{DataRef, Reader, Xlsx};
use model::{Json, Number, Text};

use super::{Body, Fatal, Raw, Shape, Visitor, fit, unusable};
use crate::definition::Table;
use crate::fields::Header;
use crate::message::Code;

/// The largest file.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// How large its parts may be together when unpacked.
const UNPACKED_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// How many times larger than the file they may be, beyond the first 16 MiB.
const RATIO_MAX: u64 = 200;
/// How many parts the archive may have.
const PARTS_MAX: usize = 10_000;
/// The last column of the format, XFD.
const COLUMNS_MAX: usize = 16_384;

/// Reads a sheet.
pub(crate) fn read(sheet: Option<&str>, table: &Table, reader: &mut dyn Read, visitor: &mut dyn Visitor) -> Result<Shape, Fatal> {
    let bytes = load(reader)?;
    measure(&bytes, allowed(bytes.len()))?;
    let mut book: Xlsx<_> =
        Xlsx::new(Cursor::new(bytes.as_slice())).map_err(|error| unusable(Code::XlsxUnreadable.with("detail", error.to_string())))?;
    let name = sheet_name(&book.sheet_names(), sheet)?;
    let mut rows = Rows { table, shape: Shape { sheet: Some(name.clone()), ..Shape::default() }, begun: false, skipped: 0 };
    if table.header == 0 {
        rows.shape.header = Some(Header::new(table.columns.iter().map(|name| Text::from(name.as_str()))));
    }
    let mut cells = book.worksheet_cells_reader(&name).map_err(|error| unreadable(&name, &error))?;
    let mut current: Option<(u64, Vec<Json>)> = None;
    loop {
        let cell = cells.next_cell().map_err(|error| unreadable(&name, &error))?;
        let place = cell.as_ref().map(|cell| (u64::from(cell.get_position().0) + 1, cell.get_position().1 as usize));
        if let Some((row, done)) = current.take_if(|(row, _)| place.is_none_or(|(next, _)| next != *row))
            && rows.row(row, done, visitor)? == ControlFlow::Break(())
        {
            return Ok(rows.shape);
        }
        let (Some(cell), Some((row, column))) = (cell, place) else { break };
        if column >= COLUMNS_MAX {
            return Err(unusable(Code::SheetTooWide.with("row", row).with("sheet", name.as_str()).with("max", COLUMNS_MAX)));
        }
        let (_, cells) = current.get_or_insert_with(|| (row, Vec::new()));
        if cells.len() <= column {
            cells.resize(column + 1, Json::Null);
        }
        cells[column] = value(cell.get_value());
    }
    rows.finish(visitor)
}

/// Takes a workbook into memory, within limits.
pub(crate) fn load(reader: &mut dyn Read) -> Result<Vec<u8>, Fatal> {
    let mut bytes = Vec::new();
    reader.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(unusable(Code::XlsxTooLarge.with("max", FILE_BYTES_MAX >> 20)));
    }
    if !bytes.starts_with(b"PK") {
        return Err(unusable(Code::XlsxNone));
    }
    Ok(bytes)
}

/// The names of a workbook's sheets, in order.
pub(crate) fn sheets(bytes: &[u8]) -> Result<Vec<String>, Fatal> {
    measure(bytes, allowed(bytes.len()))?;
    let book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| unusable(Code::XlsxUnreadable.with("detail", error.to_string())))?;
    Ok(book.sheet_names())
}

/// How much a file of so many bytes may unpack to.
fn allowed(file_bytes: usize) -> u64 {
    UNPACKED_BYTES_MAX.min((16 << 20) + RATIO_MAX * file_bytes as u64)
}

/// Unpacks every part into nothing and counts: what an archive says of its own sizes may be a lie.
fn measure(bytes: &[u8], allowed: u64) -> Result<(), Fatal> {
    let broken = |error: &dyn std::fmt::Display| unusable(Code::XlsxBroken.with("detail", error.to_string()));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if archive.len() > PARTS_MAX {
        return Err(unusable(Code::XlsxParts.with("parts", archive.len()).with("max", PARTS_MAX)));
    }
    let mut total = 0;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| broken(&error))?;
        total += std::io::copy(&mut part.take(allowed + 1 - total), &mut std::io::sink()).map_err(|error| broken(&error))?;
        if total > allowed {
            return Err(unusable(Code::XlsxBomb.with("size", bytes.len() >> 10).with("max", allowed >> 20)));
        }
    }
    Ok(())
}

fn unreadable(sheet: &str, error: &dyn std::fmt::Display) -> Fatal {
    unusable(Code::SheetUnreadable.with("sheet", sheet).with("detail", error.to_string()))
}

fn sheet_name(names: &[String], wanted: Option<&str>) -> Result<String, Fatal> {
    let found = match wanted {
        None => names.first(),
        Some(wanted) => names.iter().find(|name| *name == wanted),
    };
    found.cloned().ok_or_else(|| {
        let sheets: Vec<&str> = names.iter().map(String::as_str).collect();
        unusable(Code::XlsxNoSheet.with("sheet", wanted.unwrap_or("1")).with("sheets", sheets))
    })
}

struct Rows<'a> {
    table: &'a Table,
    shape: Shape,
    begun: bool,
    skipped: u64,
}

impl Rows<'_> {
    fn row(&mut self, number: u64, cells: Vec<Json>, visitor: &mut dyn Visitor) -> Result<ControlFlow<()>, Fatal> {
        if number < self.table.header {
            return Ok(ControlFlow::Continue(()));
        }
        if self.shape.header.is_none() {
            if number > self.table.header {
                return Err(unusable(Code::SheetHeaderEmpty.with("row", self.table.header)));
            }
            let names = cells.iter().map(|cell| crate::fields::as_text(cell).map_or_else(Text::default, |text| Text::from(text.as_ref())));
            self.shape.header = Some(Header::new(names));
            return Ok(ControlFlow::Continue(()));
        }
        if !self.begun && self.is_second(&cells) {
            return Ok(ControlFlow::Continue(()));
        }
        if self.skipped < self.table.skip {
            self.skipped += 1;
            return Ok(ControlFlow::Continue(()));
        }
        if !std::mem::replace(&mut self.begun, true) {
            visitor.begin(&self.shape)?;
        }
        if cells.iter().all(|cell| matches!(cell, Json::Null)) {
            return Ok(ControlFlow::Continue(()));
        }
        let raw = raw(number, cells, self.shape.header.as_ref(), self.table);
        visitor.record(&self.shape, raw)
    }

    fn is_second(&mut self, cells: &[Json]) -> bool {
        let (Some(second), Some(header)) = (&self.table.second, &mut self.shape.header) else { return false };
        if !header.second.is_empty() {
            return false;
        }
        let values: Vec<Option<Text>> =
            cells.iter().map(|cell| crate::fields::as_text(cell).and_then(|text| second.value(&text))).collect();
        let found = values.iter().any(Option::is_some);
        if found {
            header.second = values;
        }
        found
    }

    fn finish(self, visitor: &mut dyn Visitor) -> Result<Shape, Fatal> {
        if self.shape.header.is_none() {
            return Err(unusable(Code::SheetHeaderMissing.with("row", self.table.header)));
        }
        if !self.begun {
            visitor.begin(&self.shape)?;
        }
        Ok(self.shape)
    }
}

/// A row; empty cells at its end are not written into files, so they count as there.
fn raw(record: u64, mut cells: Vec<Json>, header: Option<&Header>, table: &Table) -> Raw {
    let bytes = Json::Array(cells.clone()).to_string().into_bytes();
    let Some(header) = header else { return Raw { record, bytes, body: Body::Broken(Code::SheetHeaderMissing.with("row", table.header)) } };
    if cells.len() < header.names.len() {
        cells.resize(header.names.len(), Json::Null);
    }
    Raw { record, bytes, body: fit(cells, header, table) }
}

/// Reads one row again from its raw bytes.
pub(crate) fn again(bytes: &[u8], header: &Header, table: &Table) -> Body {
    match model::json::parse(bytes) {
        Ok(Json::Array(cells)) => raw(0, cells, Some(header), table).body,
        _ => Body::Broken(Code::RowDamaged.into()),
    }
}

fn value(data: &DataRef<'_>) -> Json {
    let number = |value: f64| Number::from_f64(value).map_or(Json::Null, Json::Number);
    match data {
        DataRef::Int(value) => Json::from(*value),
        DataRef::Float(value) => number(*value),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Json::from(text.as_str()),
        DataRef::SharedString(text) => Json::from(*text),
        DataRef::Bool(value) => Json::from(*value),
        DataRef::DateTime(date) if date.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
            Json::from(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}").as_str())
        }
        DataRef::DateTime(length) => number(length.as_f64()),
        DataRef::Error(error) => Json::from(error.to_string().as_str()),
        DataRef::Empty => Json::Null,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_bomb_is_measured_before_it_is_read() {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("xl/worksheets/sheet1.xml", zip::write::SimpleFileOptions::default()).expect("a part");
        writer.write_all(&vec![b' '; 3 << 20]).expect("memory writes");
        let bytes = writer.finish().expect("an archive").into_inner();
        assert!(measure(&bytes, 3 << 20).is_ok());
        let message = measure(&bytes, 1 << 20).expect_err("a bomb").to_string();
        assert!(
            message.starts_with("the spreadsheet is not read because ") && message.contains("KiB unpack to more than 1 MiB"),
            "{message}"
        );
    }

    #[test]
    fn genuine_files_may_be_compressed_well() {
        assert_eq!(allowed(0), 16 << 20);
        assert_eq!(allowed(40 << 10), (16 << 20) + (8000 << 10));
        assert_eq!(allowed(64 << 20), 256 << 20);
    }
}
