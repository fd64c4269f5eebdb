//! The columns of a segment and how they lie in the file.
//!
//! Rows are sorted by `entity`, `attribute`, `dataset_id`, `time`, `seq`. Small
//! row groups and pages with their least and greatest entity, attribute and
//! time make one day of one series cheap to find; columns that hardly change
//! have long pages, so that they cost next to nothing.
//!
//! `number` and `decimals` give a number as it came, digit for digit; whatever
//! they cannot give stands in `value` as JSON of the attribute type `kind`.
//! `modified_at` is empty where it equals `recorded_at`, and `created_at` where
//! it equals `modified_at`. `fact` is empty where the row is a value that held;
//! `retracted` takes back what was said of that time before, `deleted` says
//! that the instance went then. Values of classes `personal` and `special` are only
//! in the `sealed_` columns, as ciphertext.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;

/// Key in the file's metadata under which the format's version stands.
pub(crate) const FORMAT_KEY: &str = "allmende.history.format";
/// The version of the format this crate writes.
pub(crate) const FORMAT: &str = "2";
/// The version before, which knew values only: it ends before `fact`.
const FORMAT_OF_VALUES: &str = "1";

/// How many columns a version has that this crate reads.
pub(crate) fn width(format: &str) -> Option<usize> {
    match format {
        FORMAT => Some(COLUMNS.len()),
        FORMAT_OF_VALUES => Some(Column::Fact.place()),
        _ => None,
    }
}

/// A column; its place in the file is its discriminant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    Entity,
    Attribute,
    DatasetId,
    Time,
    Observed,
    Number,
    Decimals,
    Kind,
    Value,
    Unit,
    Sub,
    CreatedAt,
    ModifiedAt,
    ExpiresAt,
    Class,
    Seq,
    RecordedAt,
    Run,
    Record,
    SealedKey,
    SealedBlind,
    SealedValue,
    Fact,
}

/// A column's name, its type, and whether it may be empty.
type Definition = (&'static str, fn() -> DataType, bool);

/// What the columns are, in the order of [`Column`].
const COLUMNS: [Definition; 23] = [
    ("entity", words, false),
    ("attribute", words, false),
    ("dataset_id", || DataType::Utf8, true),
    ("time", instant, false),
    ("observed", || DataType::Boolean, false),
    ("number", || DataType::Float64, true),
    ("decimals", || DataType::Int8, true),
    ("kind", words, false),
    ("value", || DataType::Utf8, true),
    ("unit", || DataType::Utf8, true),
    ("sub", || DataType::Utf8, true),
    ("created_at", instant, true),
    ("modified_at", instant, true),
    ("expires_at", instant, true),
    ("class", words, false),
    ("seq", || DataType::Int64, false),
    ("recorded_at", instant, false),
    ("run", || DataType::Int64, true),
    ("record", || DataType::Int64, true),
    ("sealed_key", || DataType::Int64, true),
    ("sealed_blind", || DataType::FixedSizeBinary(32), true),
    ("sealed_value", || DataType::Binary, true),
    ("fact", || DataType::Utf8, true),
];

/// How the rows are sorted.
const ORDER: [Column; 5] = [Column::Entity, Column::Attribute, Column::DatasetId, Column::Time, Column::Seq];

/// Columns in which a read finds its pages or that change from row to row: short pages.
const FINE: [Column; 9] = [
    Column::Entity,
    Column::Attribute,
    Column::Time,
    Column::Number,
    Column::Value,
    Column::Sub,
    Column::Seq,
    Column::RecordedAt,
    Column::Record,
];

/// Words that every row has, as dictionary also in memory. (A dictionary without
/// a single word is slow to read: columns that may be empty are plain text.)
fn words() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let fields: Vec<Field> = COLUMNS.iter().map(|(name, kind, empty)| Field::new(*name, kind(), *empty)).collect();
    Arc::new(Schema::new(fields))
});

/// The Arrow schema of a segment.
pub(crate) fn schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

impl Column {
    /// Its name in the file.
    pub(crate) fn name(self) -> &'static str {
        COLUMNS[self.place()].0
    }

    /// Its place in the file.
    pub(crate) fn place(self) -> usize {
        self as usize
    }

    /// Whether a row may have nothing in it.
    pub(crate) fn may_be_empty(self) -> bool {
        COLUMNS[self.place()].2
    }

    /// All columns.
    pub(crate) const ALL: &'static [Self] = &[
        Self::Entity,
        Self::Attribute,
        Self::DatasetId,
        Self::Time,
        Self::Observed,
        Self::Number,
        Self::Decimals,
        Self::Kind,
        Self::Value,
        Self::Unit,
        Self::Sub,
        Self::CreatedAt,
        Self::ModifiedAt,
        Self::ExpiresAt,
        Self::Class,
        Self::Seq,
        Self::RecordedAt,
        Self::Run,
        Self::Record,
        Self::SealedKey,
        Self::SealedBlind,
        Self::SealedValue,
        Self::Fact,
    ];

    fn path(self) -> ColumnPath {
        ColumnPath::from(self.name())
    }
}

/// How large things may become. Tests use tiny ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// Rows of one segment.
    pub(crate) segment_rows_max: usize,
    /// What the rows of one segment may weigh before compression.
    pub(crate) segment_weight_bytes_max: usize,
    /// Rows of one row group.
    pub(crate) group_rows_max: usize,
    /// What the rows of one row group may weigh before compression.
    pub(crate) group_weight_bytes_max: usize,
    /// Rows of one page in a fine column.
    pub(crate) page_rows_max: usize,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            segment_rows_max: 1 << 20,
            segment_weight_bytes_max: 256 << 20,
            group_rows_max: 128 << 10,
            group_weight_bytes_max: 32 << 20,
            page_rows_max: 8 << 10,
        }
    }
}

/// Encodings that suit the rows of a file, of which this is the first group.
pub(crate) fn properties(sample: &RecordBatch, layout: &Layout) -> WriterProperties {
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).unwrap_or_default()))
        .set_created_by("allmende history".to_owned())
        .set_key_value_metadata(Some(vec![KeyValue::new(FORMAT_KEY.to_owned(), FORMAT.to_owned())]))
        .set_sorting_columns(Some(ORDER.iter().map(|column| ascending(*column)).collect()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_column_index_truncate_length(Some(256))
        .set_statistics_truncate_length(Some(256))
        .set_max_row_group_row_count(Some(layout.group_rows_max))
        .set_write_batch_size(layout.page_rows_max.min(1024))
        .set_data_page_row_count_limit(layout.group_rows_max);
    for column in FINE {
        builder = builder.set_column_data_page_row_count_limit(column.path(), layout.page_rows_max);
    }
    for column in [Column::Entity, Column::Attribute, Column::Time] {
        builder = builder.set_column_statistics_enabled(column.path(), EnabledStatistics::Page);
    }
    numbers(integers(builder, sample), sample).build()
}

fn ascending(column: Column) -> SortingColumn {
    let place = i32::try_from(column.place()).expect("there are two dozen columns");
    SortingColumn { column_idx: place, descending: false, nulls_first: true }
}

/// Times and positions: by their differences, which are equal in a series with
/// a steady step; by a dictionary where many series share an unsteady one.
fn integers(mut builder: WriterPropertiesBuilder, sample: &RecordBatch) -> WriterPropertiesBuilder {
    for column in [Column::Time, Column::Seq, Column::RecordedAt, Column::CreatedAt, Column::ModifiedAt, Column::Record] {
        let array = sample.column(column.place());
        let values: Vec<i64> = match array.as_primitive_opt::<Int64Type>() {
            Some(numbers) => numbers.iter().map(Option::unwrap_or_default).collect(),
            None => array.as_primitive_opt::<TimestampMicrosecondType>().into_iter().flatten().map(Option::unwrap_or_default).collect(),
        };
        builder = builder
            .set_column_encoding(column.path(), Encoding::DELTA_BINARY_PACKED)
            .set_column_dictionary_enabled(column.path(), !is_steady(&values) && recurs(values.iter()));
    }
    builder
}

/// Numbers as sensors round them recur: a dictionary holds them best. Unrounded
/// ones do not, and are split by bytes.
fn numbers(builder: WriterPropertiesBuilder, sample: &RecordBatch) -> WriterPropertiesBuilder {
    let numbers = sample.column(Column::Number.place()).as_primitive_opt::<Float64Type>();
    let bits: Vec<u64> = numbers.into_iter().flatten().flatten().map(f64::to_bits).collect();
    builder
        .set_column_encoding(Column::Number.path(), Encoding::BYTE_STREAM_SPLIT)
        .set_column_dictionary_enabled(Column::Number.path(), recurs(bits.iter()))
        .set_column_dictionary_page_size_limit(Column::Number.path(), 256 << 10)
}

/// Whether nine in ten differences equal the one before.
fn is_steady(values: &[i64]) -> bool {
    let changes = values.windows(3).filter(|w| w[1].wrapping_sub(w[0]) != w[2].wrapping_sub(w[1])).count();
    changes * 10 < values.len()
}

/// Whether a value occurs four times on average.
fn recurs<'a, T: std::hash::Hash + Eq + 'a>(values: impl ExactSizeIterator<Item = &'a T>) -> bool {
    let most = values.len() / 4;
    let mut different = HashSet::with_hasher(foldhash::fast::RandomState::default());
    for value in values {
        different.insert(value);
        if different.len() > most {
            return false;
        }
    }
    true
}
