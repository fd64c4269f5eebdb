//! XLSX: SpreadsheetML (ECMA-376, part 1) in a ZIP that is written from front
//! to back, so that a long table never stands in memory or on disk.
//!
//! Numbers are numbers, times dates in local time, texts inline strings, which
//! no program runs as formulas. A second sheet says what the data are.

mod parts;

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::Arc;

use axum::BoxError;
use model::{Instant, Number};
use parking_lot::Mutex;
use zip::ZipWriter;
use zip::write::{SimpleFileOptions, StreamWriter};

use self::parts::Style;
use super::cell::{self, Cell};
use super::{Layout, Row, Writer, about};
use crate::format;

/// Rows of a sheet, head included (Excel's limit).
pub(crate) const ROWS_MAX: u32 = 1_048_576;
/// Characters of a cell, in UTF-16 (Excel's limit).
const CELL_CHARS_MAX: usize = 32_767;
/// Digits that Excel keeps of a number. A longer whole number is an identifier.
const DIGITS_MAX: usize = 15;
/// From how many bytes of XML on they are packed.
const XML_BYTES: usize = 64 << 10;
/// Days from 1899-12-30, where Excel counts from, to 1970-01-01.
const EPOCH_DAYS: f64 = 25_569.0;
/// Excel's 1900 is a leap year: only from 1900-03-01 on do days agree.
const FIRST_DAY: f64 = 61.0;

/// A workbook that is being written.
pub(super) struct Workbook {
    layout: Layout,
    zip: Option<ZipWriter<StreamWriter<Sink>>>,
    sink: Sink,
    xml: String,
    rows: u32,
    rows_max: u32,
    /// Whether rows had no room.
    cut: bool,
}

/// Bytes on their way out.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Workbook {
    pub(super) fn new(layout: Layout, rows_max: u32) -> Result<Self, BoxError> {
        let sink = Sink::default();
        let zip = Some(ZipWriter::new_stream(sink.clone()));
        let mut book = Self { layout, zip, sink, xml: String::new(), rows: 0, rows_max, cut: false };
        let t = book.layout.language.texts();
        for (path, xml) in parts::fixed(&book.layout.about, t) {
            book.begin(path)?;
            book.xml.push_str(&xml);
        }
        book.begin("xl/worksheets/sheet1.xml")?;
        let labels = book.layout.labels(t);
        parts::open_sheet(true, widths(&book.layout, &labels), &mut book.xml);
        book.line(labels.iter().map(|label| (Style::Head, label.as_str())));
        Ok(book)
    }

    /// Begins the next file of the package.
    fn begin(&mut self, path: &str) -> Result<(), BoxError> {
        self.pack()?;
        let options = SimpleFileOptions::default().compression_level(Some(4));
        self.zip()?.start_file(path, options)?;
        Ok(())
    }

    fn zip(&mut self) -> Result<&mut ZipWriter<StreamWriter<Sink>>, BoxError> {
        self.zip.as_mut().ok_or_else(|| "the workbook has ended".into())
    }

    /// Packs the XML that has gathered.
    fn pack(&mut self) -> Result<(), BoxError> {
        let xml = std::mem::take(&mut self.xml);
        if !xml.is_empty() {
            self.zip()?.write_all(xml.as_bytes())?;
        }
        Ok(())
    }

    /// Appends a line of texts.
    fn line<'t>(&mut self, cells: impl IntoIterator<Item = (Style, &'t str)>) {
        self.rows += 1;
        let _ = write!(self.xml, "<row r=\"{}\">", self.rows);
        for (index, (style, text)) in cells.into_iter().enumerate() {
            text_cell(&mut self.xml, At(index, self.rows), style, text);
        }
        self.xml.push_str("</row>");
    }

    /// The second sheet: what the data are, and what the columns mean.
    fn describe(&mut self) -> Result<(), BoxError> {
        let t = self.layout.language.texts();
        parts::close_sheet(&mut self.xml);
        self.begin("xl/worksheets/sheet2.xml")?;
        self.rows = 0;
        parts::open_sheet(false, [28, 60, 60, 16], &mut self.xml);
        let facts = std::mem::take(&mut self.layout.about.facts);
        for fact in &facts {
            self.line([(Style::Head, fact.label), (Style::Wrapped, fact.value.as_str())]);
        }
        if self.cut {
            self.line([(Style::Head, t.sheet_incomplete()), (Style::Wrapped, t.sheet_cut())]);
        }
        self.line([]);
        self.line([t.dataset_column(), t.dataset_meaning(), t.dataset_column_name(), t.dataset_unit()].map(|head| (Style::Head, head)));
        for meaning in about::meanings(&self.layout) {
            self.line([&meaning.label, &meaning.text, &meaning.name, &meaning.unit].map(|text| (Style::Wrapped, text.as_str())));
        }
        parts::close_sheet(&mut self.xml);
        self.pack()
    }
}

impl Writer for Workbook {
    fn row(&mut self, row: &Row<'_>) -> Result<(), BoxError> {
        if self.cut {
            return Ok(());
        }
        // The last row of a sheet says that there is more.
        if self.rows + 1 == self.rows_max {
            self.cut = true;
            let text = self.layout.language.texts().sheet_cut();
            self.line([(Style::Head, text)]);
            return Ok(());
        }
        self.rows += 1;
        let _ = write!(self.xml, "<row r=\"{}\">", self.rows);
        for (index, cell) in cell::cells(&self.layout, row).iter().enumerate() {
            write_cell(&mut self.xml, At(index, self.rows), cell);
        }
        self.xml.push_str("</row>");
        if self.xml.len() >= XML_BYTES { self.pack() } else { Ok(()) }
    }

    fn finish(&mut self) -> Result<(), BoxError> {
        self.describe()?;
        if let Some(zip) = self.zip.take() {
            zip.finish()?;
        }
        Ok(())
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut *self.sink.0.lock())
    }

    fn is_full(&self) -> bool {
        self.cut
    }
}

/// How wide the columns are, in characters.
fn widths(layout: &Layout, labels: &[String]) -> Vec<usize> {
    let own = [40, 28, if layout.has_time { 18 } else { 12 }];
    let least = own.into_iter().chain(std::iter::repeat(10));
    labels.iter().zip(least).map(|(label, least)| (label.chars().count() + 2).clamp(least, 60)).collect()
}

/// Where a cell stands: column from 0, row from 1. Shown as `A1`.
#[derive(Clone, Copy)]
struct At(usize, u32);

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (mut letters, mut rest) = (Vec::new(), self.0 + 1);
        while rest > 0 {
            rest -= 1;
            letters.push(char::from(b'A' + (rest % 26) as u8));
            rest /= 26;
        }
        letters.iter().rev().try_for_each(|letter| write!(f, "{letter}"))?;
        write!(f, "{}", self.1)
    }
}

fn write_cell(xml: &mut String, at: At, cell: &Cell<'_>) {
    let plain = cell.plain();
    let _ = match cell {
        Cell::Empty => Ok(()),
        Cell::Number(number) if !is_numeric(number) => return text_cell(xml, at, Style::Plain, &plain),
        Cell::Number(_) | Cell::Degrees(_) => write!(xml, "<c r=\"{at}\"><v>{plain}</v></c>"),
        Cell::Flag(yes) => write!(xml, "<c r=\"{at}\" t=\"b\"><v>{}</v></c>", u8::from(*yes)),
        Cell::Moment(instant) => match serial(*instant) {
            Some((days, style)) => write!(xml, "<c r=\"{at}\" s=\"{}\"><v>{days}</v></c>", style as u8),
            None => return text_cell(xml, at, Style::Plain, &plain),
        },
        Cell::Day(day) => match Instant::parse(&format!("{day}T00:00:00Z")).ok().and_then(|day| whole(days_of(day.micros()))) {
            Some(days) => write!(xml, "<c r=\"{at}\" s=\"{}\"><v>{days}</v></c>", Style::Day as u8),
            None => return text_cell(xml, at, Style::Plain, &plain),
        },
        Cell::Text(text) => {
            let risky = text.starts_with(['=', '+', '-', '@']);
            return text_cell(xml, at, if risky { Style::Quoted } else { Style::Plain }, text);
        }
    };
}

fn text_cell(xml: &mut String, at: At, style: Style, text: &str) {
    if text.is_empty() {
        return;
    }
    let _ = write!(xml, "<c r=\"{at}\" s=\"{}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">", style as u8);
    parts::escape(text, CELL_CHARS_MAX, xml);
    xml.push_str("</t></is></c>");
}

/// Whether Excel can hold the number: within the range of 64 bits, and no
/// whole number of which it would drop digits.
fn is_numeric(number: &Number) -> bool {
    let text = number.text();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    number.as_f64().is_finite() && (digits <= DIGITS_MAX || text.contains(['.', 'e', 'E']))
}

/// Local time as Excel counts it, in days, and how it is shown.
fn serial(at: Instant) -> Option<(f64, Style)> {
    let local = format::local(at);
    let days = whole(days_of(at.micros() + i64::from(local.offset().seconds()) * 1_000_000))?;
    Some((days, if local.second() == 0 { Style::Minute } else { Style::Second }))
}

/// Days from Excel's beginning.
fn days_of(micros: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a microsecond in 30 000 years is nothing Excel shows")]
    let days = micros as f64 / 86_400_000_000.0;
    days + EPOCH_DAYS
}

/// A day that Excel counts right.
fn whole(days: f64) -> Option<f64> {
    (days >= FIRST_DAY).then_some(days)
}

#[cfg(test)]
mod tests;
