//! Batches of a segment → observations.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float64Type, Int8Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, BinaryArray, BooleanArray, FixedSizeBinaryArray, PrimitiveArray, RecordBatch, StringArray};
use model::{Attribute, Class, Instant, Json, Observation, Origin, Sealed, SeriesKey, UnitCode, Value};

use crate::columns::Column;
use crate::error::Reason;
use crate::value;

/// All columns of a batch, each with its type. Columns that are empty
/// throughout are not read at all: `None`.
pub(crate) struct Rows<'a> {
    time: Instants<'a>,
    observed: &'a BooleanArray,
    number: Option<&'a PrimitiveArray<Float64Type>>,
    decimals: Option<&'a PrimitiveArray<Int8Type>>,
    kind: Words<'a>,
    value: Option<&'a StringArray>,
    unit: Option<&'a StringArray>,
    sub: Option<&'a StringArray>,
    created_at: Option<Instants<'a>>,
    modified_at: Option<Instants<'a>>,
    expires_at: Option<Instants<'a>>,
    class: Words<'a>,
    seq: Integers<'a>,
    recorded_at: Instants<'a>,
    run: Option<Integers<'a>>,
    record: Option<Integers<'a>>,
    sealed_key: Option<Integers<'a>>,
    sealed_blind: Option<&'a FixedSizeBinaryArray>,
    sealed_value: Option<&'a BinaryArray>,
    fact: Option<&'a StringArray>,
    /// The sub-attributes last met: usually they are the same in every row.
    parsed: Option<(&'a str, Json)>,
}

type Instants<'a> = &'a PrimitiveArray<TimestampMicrosecondType>;
type Integers<'a> = &'a PrimitiveArray<Int64Type>;

impl<'a> Rows<'a> {
    pub(crate) fn of(batch: &'a RecordBatch) -> Result<Self, Reason> {
        Ok(Self {
            time: instants(batch, Column::Time)?,
            observed: required(batch, Column::Observed, |array| array.as_boolean_opt())?,
            number: numbers(batch)?,
            decimals: typed(batch, Column::Decimals, |array| array.as_primitive_opt())?,
            kind: Words::of(batch, Column::Kind)?,
            value: texts(batch, Column::Value)?,
            unit: texts(batch, Column::Unit)?,
            sub: texts(batch, Column::Sub)?,
            created_at: typed(batch, Column::CreatedAt, |array| array.as_primitive_opt())?,
            modified_at: typed(batch, Column::ModifiedAt, |array| array.as_primitive_opt())?,
            expires_at: typed(batch, Column::ExpiresAt, |array| array.as_primitive_opt())?,
            class: Words::of(batch, Column::Class)?,
            seq: integers(batch, Column::Seq)?,
            recorded_at: instants(batch, Column::RecordedAt)?,
            run: typed(batch, Column::Run, |array| array.as_primitive_opt())?,
            record: typed(batch, Column::Record, |array| array.as_primitive_opt())?,
            sealed_key: typed(batch, Column::SealedKey, |array| array.as_primitive_opt())?,
            sealed_blind: typed(batch, Column::SealedBlind, |array| array.as_fixed_size_binary_opt())?,
            sealed_value: typed(batch, Column::SealedValue, |array| array.as_binary_opt())?,
            fact: texts(batch, Column::Fact)?,
            parsed: None,
        })
    }

    /// The observations of rows that all belong to one series.
    pub(crate) fn observations(&mut self, key: &SeriesKey, rows: Range<usize>) -> Result<Vec<Observation>, Reason> {
        rows.map(|row| self.observation(key, row)).collect()
    }

    fn observation(&mut self, key: &SeriesKey, row: usize) -> Result<Observation, Reason> {
        let mut attribute = Attribute::new(key.attribute, self.value(row)?);
        let recorded_at = Instant::from_micros(self.recorded_at.value(row));
        attribute.dataset.clone_from(&key.dataset);
        attribute.observed_at = self.observed.value(row).then(|| Instant::from_micros(self.time.value(row)));
        attribute.unit = text(self.unit, row).map(UnitCode::new);
        attribute.expires_at = instant(self.expires_at, row);
        attribute.modified_at = instant(self.modified_at, row).unwrap_or(recorded_at);
        attribute.created_at = instant(self.created_at, row).unwrap_or(attribute.modified_at);
        attribute.sub = self.sub(row, &attribute)?;
        let word = self.class.get(row)?;
        Ok(Observation {
            entity: key.entity.clone(),
            attribute,
            fact: value::read_fact(text(self.fact, row))?,
            class: Class::from_word(word).ok_or_else(|| format!("`{word}` is no class"))?,
            seq: self.seq.value(row).cast_unsigned(),
            recorded_at,
            origin: match (integer(self.run, row), integer(self.record, row)) {
                (Some(run), Some(record)) => Some(Origin { run, record }),
                _ => None,
            },
        })
    }

    fn value(&self, row: usize) -> Result<Value, Reason> {
        if let Some(key) = integer(self.sealed_key, row) {
            return self.sealed(key, row);
        }
        if let Some(text) = text(self.value, row) {
            return value::read(self.kind.get(row)?, text);
        }
        match (cell(self.number, row), cell(self.decimals, row)) {
            (Some(number), Some(decimals)) => Ok(Value::Property(Json::Number(value::number(number, decimals)?))),
            _ => Err(format!("row {row} of a batch has no value")),
        }
    }

    fn sealed(&self, key: u64, row: usize) -> Result<Value, Reason> {
        let blind = self.sealed_blind.filter(|array| !array.is_null(row)).map(|array| array.value(row));
        let ciphertext = self.sealed_value.filter(|array| !array.is_null(row)).map(|array| array.value(row));
        match (blind.and_then(|blind| blind.try_into().ok()), ciphertext) {
            (Some(blind), Some(ciphertext)) => Ok(Value::Sealed(Box::new(Sealed { key, ciphertext: ciphertext.to_vec(), blind }))),
            _ => Err(format!("row {row} of a batch has a key without a sealed value")),
        }
    }

    fn sub(&mut self, row: usize, parent: &Attribute) -> Result<Vec<Attribute>, Reason> {
        let Some(text) = text(self.sub, row) else { return Ok(Vec::new()) };
        if self.parsed.as_ref().is_none_or(|(known, _)| *known != text) {
            self.parsed = Some((text, value::parse(text)?));
        }
        self.parsed.as_ref().map_or_else(|| Ok(Vec::new()), |(_, json)| value::read_sub(json, parent))
    }
}

/// A column of words that every row has.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    keys: &'a [i32],
    values: &'a StringArray,
}

impl<'a> Words<'a> {
    pub(crate) fn of(batch: &'a RecordBatch, column: Column) -> Result<Self, Reason> {
        let array = required(batch, column, |array| array.as_dictionary_opt::<Int32Type>())?;
        let values = array.values().as_string_opt().ok_or_else(|| format!("the column `{}` holds no words", column.name()))?;
        if array.null_count() > 0 {
            return Err(format!("the column `{}` has gaps", column.name()));
        }
        Ok(Self { keys: array.keys().values(), values })
    }

    /// The places of the rows' words in the dictionary.
    pub(crate) fn keys(&self) -> &'a [i32] {
        self.keys
    }

    /// The word of a row.
    pub(crate) fn get(&self, row: usize) -> Result<&'a str, Reason> {
        let place = usize::try_from(self.keys[row]).ok().filter(|place| *place < self.values.len());
        place.map(|place| self.values.value(place)).ok_or_else(|| format!("the word {} of a column is missing", self.keys[row]))
    }
}

/// A column of instants that every row has.
pub(crate) fn instants(batch: &RecordBatch, column: Column) -> Result<Instants<'_>, Reason> {
    required(batch, column, |array| array.as_primitive_opt())
}

/// A column of whole numbers that every row has.
pub(crate) fn integers(batch: &RecordBatch, column: Column) -> Result<Integers<'_>, Reason> {
    required(batch, column, |array| array.as_primitive_opt())
}

/// The column of numbers, if there is one in it.
pub(crate) fn numbers(batch: &RecordBatch) -> Result<Option<&PrimitiveArray<Float64Type>>, Reason> {
    typed(batch, Column::Number, |array| array.as_primitive_opt())
}

/// A column of texts, if there is one in it.
pub(crate) fn texts(batch: &RecordBatch, column: Column) -> Result<Option<&StringArray>, Reason> {
    typed(batch, column, |array| array.as_string_opt())
}

fn required<'a, T>(batch: &'a RecordBatch, column: Column, cast: impl Fn(&'a dyn Array) -> Option<&'a T>) -> Result<&'a T, Reason> {
    typed(batch, column, cast)?.ok_or_else(|| format!("the column `{}` is missing", column.name()))
}

fn typed<'a, T>(batch: &'a RecordBatch, column: Column, cast: impl Fn(&'a dyn Array) -> Option<&'a T>) -> Result<Option<&'a T>, Reason> {
    let Some(array) = batch.column_by_name(column.name()) else { return Ok(None) };
    let cast = cast(array.as_ref()).ok_or_else(|| format!("the column `{}` is of type {}", column.name(), array.data_type()))?;
    Ok(Some(cast))
}

fn cell<T: ArrowPrimitiveType>(array: Option<&PrimitiveArray<T>>, row: usize) -> Option<T::Native> {
    array.filter(|array| !array.is_null(row)).map(|array| array.value(row))
}

fn instant(array: Option<Instants<'_>>, row: usize) -> Option<Instant> {
    cell(array, row).map(Instant::from_micros)
}

fn integer(array: Option<Integers<'_>>, row: usize) -> Option<u64> {
    cell(array, row).map(i64::cast_unsigned)
}

/// The text of a row.
pub(crate) fn text(array: Option<&StringArray>, row: usize) -> Option<&str> {
    array.filter(|array| !array.is_null(row)).map(|array| array.value(row))
}
