//! Observations → the bytes of a segment.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, DictionaryArray, FixedSizeBinaryArray, Float64Array, Int8Array, Int32Array, Int64Array,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use model::{Instant, Iri, Json, Observation, Sealed, Value};
use parquet::arrow::ArrowWriter;

use crate::Error;
use crate::columns::{self, Layout};
use crate::seal::weight_bytes_of;
use crate::value;

/// The segment of sorted rows. Equal rows give equal bytes.
pub(crate) fn segment(object: &str, rows: &[&Observation], layout: &Layout) -> Result<Vec<u8>, Error> {
    let not_made = |error: &dyn std::fmt::Display| Error::NotMade { object: object.to_owned(), reason: error.to_string() };
    let mut file: Option<ArrowWriter<Vec<u8>>> = None;
    for group in groups(rows, layout) {
        let batch = batch(&rows[group]).map_err(|fault| match fault {
            Fault::Value(error) => error,
            Fault::Shape(error) => not_made(&error),
        })?;
        let writer = match &mut file {
            Some(writer) => writer,
            None => {
                let properties = columns::properties(&batch, layout);
                let writer = ArrowWriter::try_new(Vec::new(), columns::schema(), Some(properties));
                file.insert(writer.map_err(|error| not_made(&error))?)
            }
        };
        writer.write(&batch).and_then(|()| writer.flush()).map_err(|error| not_made(&error))?;
    }
    file.map_or(Ok(Vec::new()), ArrowWriter::into_inner).map_err(|error| not_made(&error))
}

/// Row groups: bounded in rows and in weight.
fn groups(rows: &[&Observation], layout: &Layout) -> Vec<Range<usize>> {
    let mut groups = Vec::new();
    let (mut start, mut weight_bytes) = (0, 0);
    for (index, row) in rows.iter().enumerate() {
        let weight = weight_bytes_of(row);
        let full = index - start >= layout.group_rows_max || weight_bytes + weight > layout.group_weight_bytes_max;
        if full && index > start {
            groups.push(start..index);
            (start, weight_bytes) = (index, 0);
        }
        weight_bytes += weight;
    }
    groups.push(start..rows.len());
    groups
}

pub(crate) enum Fault {
    Value(Error),
    Shape(arrow_schema::ArrowError),
}

/// What takes work to find out of a row.
struct Cells {
    number: Option<f64>,
    decimals: Option<i8>,
    value: Option<String>,
    sub: Option<String>,
}

pub(crate) fn batch(rows: &[&Observation]) -> Result<RecordBatch, Fault> {
    let cells: Vec<Cells> = rows.iter().map(|row| Cells::of(row)).collect::<Result<_, _>>().map_err(Fault::Value)?;
    let sealed = || rows.iter().map(|o| sealed(&o.attribute.value));
    let blinds = FixedSizeBinaryArray::try_from_sparse_iter_with_size(sealed().map(|s| s.map(|s| s.blind)), 32).map_err(Fault::Shape)?;
    let columns: Vec<ArrayRef> = vec![
        words(rows.iter().map(|o| o.entity.as_str())),
        words(rows.iter().map(|o| o.attribute.name.iri())),
        texts(rows.iter().map(|o| o.attribute.dataset.as_ref().map(Iri::as_str))),
        instants(rows.iter().map(|o| Some(o.time()))),
        Arc::new(rows.iter().map(|o| Some(o.attribute.observed_at.is_some())).collect::<BooleanArray>()),
        Arc::new(cells.iter().map(|c| c.number).collect::<Float64Array>()),
        Arc::new(cells.iter().map(|c| c.decimals).collect::<Int8Array>()),
        words(rows.iter().map(|o| value::kind(&o.attribute.value))),
        texts(cells.iter().map(|c| c.value.as_deref())),
        texts(rows.iter().map(|o| o.attribute.unit.as_ref().map(|unit| unit.code()))),
        texts(cells.iter().map(|c| c.sub.as_deref())),
        instants(rows.iter().map(|o| unless(o.attribute.created_at, o.attribute.modified_at))),
        instants(rows.iter().map(|o| unless(o.attribute.modified_at, o.recorded_at))),
        instants(rows.iter().map(|o| o.attribute.expires_at)),
        words(rows.iter().map(|o| o.class.word())),
        integers(rows.iter().map(|o| Some(o.seq))),
        instants(rows.iter().map(|o| Some(o.recorded_at))),
        integers(rows.iter().map(|o| o.origin.map(|origin| origin.run))),
        integers(rows.iter().map(|o| o.origin.map(|origin| origin.record))),
        integers(sealed().map(|s| s.map(|s| s.key))),
        Arc::new(blinds),
        Arc::new(sealed().map(|s| s.map(|s| s.ciphertext.as_slice())).collect::<BinaryArray>()),
        texts(rows.iter().map(|o| value::fact(o.fact))),
    ];
    RecordBatch::try_new(columns::schema(), columns).map_err(Fault::Shape)
}

impl Cells {
    /// Refuses what would not come back as it is, before it is sealed and its log dropped.
    fn of(row: &Observation) -> Result<Self, Error> {
        let mut cells = Self { number: None, decimals: None, value: None, sub: value::write_sub(&row.attribute) };
        match &row.attribute.value {
            Value::Property(Json::Number(number)) => {
                cells.number = Some(number.as_f64()).filter(|value| value.is_finite());
                cells.decimals = cells.number.and_then(|_| value::decimals(number));
                cells.value = cells.decimals.is_none().then(|| number.text().to_owned());
            }
            Value::Sealed(_) => {}
            other => cells.value = Some(value::write(other)),
        }
        cells.check(row).map_err(|reason| Error::NotKept {
            entity: row.entity.to_string(),
            attribute: row.attribute.name.to_string(),
            reason,
        })?;
        Ok(cells)
    }

    fn check(&self, row: &Observation) -> Result<(), String> {
        let attribute = &row.attribute;
        if let Some(text) = self.value.as_deref().filter(|_| !is_plain(&attribute.value))
            && value::read(value::kind(&attribute.value), text)? != attribute.value
        {
            return Err("it reads back as something else".into());
        }
        if let Some(text) = &self.sub
            && value::read_sub(&value::parse(text)?, attribute)? != attribute.sub
        {
            return Err("its sub-attributes read back as something else".into());
        }
        Ok(())
    }
}

/// Numbers, words and truth values always come back.
fn is_plain(value: &Value) -> bool {
    matches!(value, Value::Property(Json::Number(_) | Json::String(_) | Json::Bool(_) | Json::Null))
}

fn sealed(value: &Value) -> Option<&Sealed> {
    match value {
        Value::Sealed(sealed) => Some(sealed),
        _ => None,
    }
}

/// The instant where it differs from the one a reader takes instead.
fn unless(instant: Instant, other: Instant) -> Option<Instant> {
    (instant != other).then_some(instant)
}

fn instants(values: impl Iterator<Item = Option<Instant>>) -> ArrayRef {
    let micros: TimestampMicrosecondArray = values.map(|value| value.map(Instant::micros)).collect();
    Arc::new(micros.with_timezone("UTC"))
}

/// Parquet knows unsigned integers too, but many readers do not; bit for bit the same.
fn integers(values: impl Iterator<Item = Option<u64>>) -> ArrayRef {
    Arc::new(values.map(|value| value.map(u64::cast_signed)).collect::<Int64Array>())
}

fn texts<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(texts.collect::<StringArray>())
}

/// Words as a dictionary; rows of a series repeat them, so the last one is tried first.
fn words<'a>(words: impl Iterator<Item = &'a str>) -> ArrayRef {
    let mut known: HashMap<&'a str, i32> = HashMap::new();
    let mut values: Vec<&'a str> = Vec::new();
    let mut last: Option<(&'a str, i32)> = None;
    let key_of = |word: &'a str| match last {
        Some((same, key)) if same == word => key,
        _ => {
            let next = i32::try_from(values.len()).expect("a row group has fewer rows than i32 counts");
            let key = *known.entry(word).or_insert_with(|| {
                values.push(word);
                next
            });
            last = Some((word, key));
            key
        }
    };
    let keys: Int32Array = words.map(key_of).map(Some).collect();
    let values: StringArray = values.into_iter().map(Some).collect();
    Arc::new(DictionaryArray::<Int32Type>::new(keys, Arc::new(values)))
}
