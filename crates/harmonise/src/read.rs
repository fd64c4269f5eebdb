//! Decoding: bytes become raw records, one at a time, whatever the format.
//!
//! A reader never holds more than one record (a spreadsheet, which is a zip
//! archive, is held compressed and bounded), tells every record's place and
//! its bytes as they came, and goes on after a record it cannot read. Only
//! what makes the file as a whole useless stops it.

pub(crate) mod csv;
pub(crate) mod encoding;
pub(crate) mod json;
mod lines;
mod stream;
pub(crate) mod xlsx;

use std::io::Read;
use std::ops::ControlFlow;

use model::{Crs, Json, Text};

use crate::definition::{Definition, Encoding, Kind, Table};
use crate::fields::Header;
use crate::message::{Code, Message};

/// The largest record that is read, in bytes; longer ones are refused one by one.
pub const RECORD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How much of a record that is too long is kept for people to look at.
pub(crate) const EXCERPT_BYTES: usize = 4096;

/// Why an input as a whole cannot be used. What was accepted before stays.
#[derive(Debug, thiserror::Error)]
pub enum Fatal {
    /// The input is not what the definition says.
    #[error("{0}")]
    Unusable(Message),
    /// Reading failed.
    #[error("the input cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// The sink failed; the run stops because nothing may be lost.
    #[error(transparent)]
    Sink(#[from] crate::run::SinkError),
}

/// The input cannot be used, because …
pub(crate) fn unusable(reason: impl Into<Message>) -> Fatal {
    Fatal::Unusable(reason.into())
}

impl Fatal {
    /// Why, as a sentence for people.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::Unusable(message) => message.clone(),
            Self::Read(error) => Code::InputUnreadable.with("detail", error.to_string()),
            Self::Sink(error) => Code::RecordNotKept.with("detail", error.0.to_string()),
        }
    }
}

/// What was found out about an input before its first record.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shape {
    pub(crate) header: Option<Header>,
    pub(crate) encoding: Option<Encoding>,
    pub(crate) delimiter: Option<u8>,
    pub(crate) sheet: Option<String>,
    pub(crate) crs: Option<Crs>,
}

/// One record as it came.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Raw {
    /// Line, row or index, from 1.
    pub(crate) record: u64,
    /// Its bytes as they stand in the input.
    pub(crate) bytes: Vec<u8>,
    pub(crate) body: Body,
}

/// What was made of a record's bytes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Body {
    /// Cells under the header.
    Cells(Vec<Json>),
    /// A JSON value, with the name it has in an object of records.
    Tree { key: Option<Text>, value: Json },
    /// It cannot be read, because …
    Broken(Message),
}

/// Who looks at records.
pub(crate) trait Visitor {
    /// The input was opened and its header read.
    fn begin(&mut self, shape: &Shape) -> Result<(), Fatal>;
    /// One record; `Break` ends the reading early.
    fn record(&mut self, shape: &Shape, raw: Raw) -> Result<ControlFlow<()>, Fatal>;
    /// A line that the definition passes over.
    fn ignored(&mut self);
}

/// Reads an input to its end or until the visitor has seen enough; says what was found out about it.
pub(crate) fn read(definition: &Definition, reader: &mut dyn Read, visitor: &mut dyn Visitor) -> Result<Shape, Fatal> {
    let record_bytes_max = definition.format.record_bytes_max;
    match &definition.format.kind {
        Kind::Csv { encoding, delimiter, quote, table, ignore } => {
            let options = csv::Options { encoding: *encoding, delimiter: *delimiter, quote: *quote, table, ignore, record_bytes_max };
            csv::read(&options, reader, visitor)
        }
        Kind::Xlsx { sheet, table } => xlsx::read(sheet.as_deref(), table, reader, visitor),
        Kind::Json { records, key, geo, .. } => {
            let options = json::Options { records, keyed: key.is_some(), geo: *geo, record_bytes_max };
            json::read(&options, reader, visitor)
        }
    }
}

/// The cells of a row fitted to the header, or why they do not fit.
pub(crate) fn fit(mut cells: Vec<Json>, header: &Header, table: &Table) -> Body {
    let columns = header.names.len();
    let blank = |cell: &Json| matches!(cell, Json::Null) || cell.as_str().is_some_and(|text| text.trim().is_empty());
    if cells.len() > columns && cells[columns..].iter().all(blank) {
        // Some writers end rows with delimiters that stand for nothing.
        cells.truncate(columns);
    }
    if cells.len() < columns && table.pad {
        cells.resize(columns, Json::Null);
    }
    if cells.len() == columns {
        return Body::Cells(cells);
    }
    Body::Broken(Code::RowWidth.with("fields", cells.len()).with("columns", columns))
}
