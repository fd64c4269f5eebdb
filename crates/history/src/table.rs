//! Rows of typed cells → a Parquet file for people to carry away, made piece
//! by piece, so that a long table never stands in memory as a whole.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Float64Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use model::Instant;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

/// How many rows become one batch.
const BATCH_ROWS: usize = 4096;
/// From how many rows on a row group ends.
const GROUP_ROWS: usize = 128 * 1024;
/// From how many encoded bytes on a row group ends.
const GROUP_BYTES: usize = 8 << 20;

/// What the cells of a column hold. Each may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// A number of 64 bits (IEEE 754).
    Number,
    /// Yes or no.
    Flag,
    /// An instant in microseconds, UTC.
    Moment,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name, unique in the table.
    pub name: String,
    /// What its cells hold.
    pub kind: Kind,
    /// What there is to know of it, such as `unit`: kept as metadata of the field.
    pub notes: Vec<(String, String)>,
}

/// A cell. One that is not of its column's kind is left empty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Nothing.
    Empty,
    /// Text.
    Text(&'a str),
    /// A number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// An instant.
    Moment(Instant),
}

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the Parquet file could not be made: {0}")]
pub struct Error(String);

impl From<ParquetError> for Error {
    fn from(error: ParquetError) -> Self {
        Self(error.to_string())
    }
}

impl From<arrow_schema::ArrowError> for Error {
    fn from(error: arrow_schema::ArrowError) -> Self {
        Self(error.to_string())
    }
}

/// Writes a table.
pub struct Writer {
    schema: SchemaRef,
    columns: Vec<Builder>,
    rows: usize,
    file: ArrowWriter<Vec<u8>>,
}

impl Writer {
    /// A writer of a table with metadata of the whole file, such as `license`.
    ///
    /// # Errors
    /// When the columns make no schema.
    pub fn new(columns: &[Column], about: Vec<(String, String)>) -> Result<Self, Error> {
        let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
        let about = about.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by("Allmende".to_owned())
            .set_key_value_metadata(Some(about))
            .build();
        let file = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), Some(properties))?;
        Ok(Self { schema, columns: columns.iter().map(|column| Builder::of(column.kind)).collect(), rows: 0, file })
    }

    /// Appends a row: one cell for each column. Missing cells are empty.
    ///
    /// # Errors
    /// When a batch is full and cannot be encoded.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) -> Result<(), Error> {
        let mut cells = cells.into_iter();
        for column in &mut self.columns {
            column.push(cells.next().unwrap_or(Cell::Empty));
        }
        self.rows += 1;
        if self.rows == BATCH_ROWS { self.batch() } else { Ok(()) }
    }

    fn batch(&mut self) -> Result<(), Error> {
        if self.rows == 0 {
            return Ok(());
        }
        let arrays = self.columns.iter_mut().map(Builder::finish).collect();
        self.file.write(&RecordBatch::try_new(Arc::clone(&self.schema), arrays)?)?;
        self.rows = 0;
        if self.file.in_progress_rows() >= GROUP_ROWS || self.file.in_progress_size() >= GROUP_BYTES {
            self.file.flush()?;
        }
        Ok(())
    }

    /// Takes the bytes that are done: those of whole row groups.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.file.inner_mut())
    }

    /// Ends the file; its last bytes are to be taken.
    ///
    /// # Errors
    /// When the rest cannot be encoded.
    pub fn finish(&mut self) -> Result<(), Error> {
        self.batch()?;
        self.file.finish()?;
        Ok(())
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("columns", &self.columns.len()).field("bytes", &self.file.bytes_written()).finish_non_exhaustive()
    }
}

fn field(column: &Column) -> Field {
    let kind = match column.kind {
        Kind::Text => DataType::Utf8,
        Kind::Number => DataType::Float64,
        Kind::Flag => DataType::Boolean,
        Kind::Moment => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    };
    Field::new(&column.name, kind, true).with_metadata(column.notes.iter().cloned().collect::<HashMap<_, _>>())
}

/// The cells of a column that are not encoded yet.
enum Builder {
    Text(StringBuilder),
    Number(Float64Builder),
    Flag(BooleanBuilder),
    Moment(TimestampMicrosecondBuilder),
}

impl Builder {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(StringBuilder::new()),
            Kind::Number => Self::Number(Float64Builder::new()),
            Kind::Flag => Self::Flag(BooleanBuilder::new()),
            Kind::Moment => Self::Moment(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
        }
    }

    fn push(&mut self, cell: Cell<'_>) {
        match (self, cell) {
            (Self::Text(cells), Cell::Text(text)) => cells.append_value(text),
            (Self::Text(cells), _) => cells.append_null(),
            (Self::Number(cells), Cell::Number(number)) => cells.append_value(number),
            (Self::Number(cells), _) => cells.append_null(),
            (Self::Flag(cells), Cell::Flag(yes)) => cells.append_value(yes),
            (Self::Flag(cells), _) => cells.append_null(),
            (Self::Moment(cells), Cell::Moment(at)) => cells.append_value(at.micros()),
            (Self::Moment(cells), _) => cells.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(cells) => Arc::new(cells.finish()),
            Self::Number(cells) => Arc::new(cells.finish()),
            Self::Flag(cells) => Arc::new(cells.finish()),
            Self::Moment(cells) => Arc::new(cells.finish()),
        }
    }
}

#[cfg(test)]
mod tests;
