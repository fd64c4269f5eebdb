//! Batches of a segment → observations.

use std::collections::HashMap;
use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int8Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, BinaryArray, BooleanArray, DictionaryArray, FixedSizeBinaryArray, PrimitiveArray, RecordBatch, StringArray};
use model::{Attribute, Class, Instant, Json, Number, Observation, Origin, Sealed, SeriesKey, UnitCode, Value};

use crate::columns::Column;
use crate::error::Reason;
use crate::value;

/// All columns of a batch, each with its type.
pub(crate) struct Rows<'a> {
    time: &'a PrimitiveArray<TimestampMicrosecondType>,
    observed: &'a BooleanArray,
    number: &'a PrimitiveArray<Float64Type>,
    decimals: &'a PrimitiveArray<Int8Type>,
    kind: Words<'a>,
    value: &'a StringArray,
    unit: Words<'a>,
    sub: Words<'a>,
    created_at: &'a PrimitiveArray<TimestampMicrosecondType>,
    modified_at: &'a PrimitiveArray<TimestampMicrosecondType>,
    expires_at: &'a PrimitiveArray<TimestampMicrosecondType>,
    class: Words<'a>,
    seq: &'a PrimitiveArray<Int64Type>,
    recorded_at: &'a PrimitiveArray<TimestampMicrosecondType>,
    run: &'a PrimitiveArray<Int64Type>,
    record: &'a PrimitiveArray<Int64Type>,
    sealed_key: &'a PrimitiveArray<Int64Type>,
    sealed_blind: &'a FixedSizeBinaryArray,
    sealed_value: &'a BinaryArray,
    /// Sub-attributes are usually the same in every row: parsed once per text.
    parsed: HashMap<i32, Json>,
}

impl<'a> Rows<'a> {
    pub(crate) fn of(batch: &'a RecordBatch) -> Result<Self, Reason> {
        Ok(Self {
            time: instants(batch, Column::Time)?,
            observed: typed(batch, Column::Observed, |array| array.as_boolean_opt())?,
            number: typed(batch, Column::Number, |array| array.as_primitive_opt())?,
            decimals: typed(batch, Column::Decimals, |array| array.as_primitive_opt())?,
            kind: Words::of(batch, Column::Kind)?,
            value: typed(batch, Column::Value, |array| array.as_string_opt())?,
            unit: Words::of(batch, Column::Unit)?,
            sub: Words::of(batch, Column::Sub)?,
            created_at: instants(batch, Column::CreatedAt)?,
            modified_at: instants(batch, Column::ModifiedAt)?,
            expires_at: instants(batch, Column::ExpiresAt)?,
            class: Words::of(batch, Column::Class)?,
            seq: integers(batch, Column::Seq)?,
            recorded_at: instants(batch, Column::RecordedAt)?,
            run: integers(batch, Column::Run)?,
            record: integers(batch, Column::Record)?,
            sealed_key: integers(batch, Column::SealedKey)?,
            sealed_blind: typed(batch, Column::SealedBlind, |array| array.as_fixed_size_binary_opt())?,
            sealed_value: typed(batch, Column::SealedValue, |array| array.as_binary_opt())?,
            parsed: HashMap::new(),
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
        attribute.unit = self.unit.get(row).map(UnitCode::new);
        attribute.expires_at = instant(self.expires_at, row);
        attribute.modified_at = instant(self.modified_at, row).unwrap_or(recorded_at);
        attribute.created_at = instant(self.created_at, row).unwrap_or(attribute.modified_at);
        attribute.sub = self.sub(row, &attribute)?;
        let word = self.class.get(row).unwrap_or_default();
        Ok(Observation {
            entity: key.entity.clone(),
            attribute,
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
        if !self.sealed_key.is_null(row) {
            return self.sealed(row);
        }
        if !self.value.is_null(row) {
            return value::read(self.kind.get(row).unwrap_or_default(), self.value.value(row));
        }
        if self.number.is_null(row) || self.decimals.is_null(row) {
            return Err(format!("row {row} of a batch has no value"));
        }
        let number: Number = value::number(self.number.value(row), self.decimals.value(row))?;
        Ok(Value::Property(Json::Number(number)))
    }

    fn sealed(&self, row: usize) -> Result<Value, Reason> {
        let blind = self.sealed_blind.value(row).try_into().map_err(|_| "the blind of a sealed value has not 32 bytes".to_owned())?;
        let key = self.sealed_key.value(row).cast_unsigned();
        Ok(Value::Sealed(Box::new(Sealed { key, ciphertext: self.sealed_value.value(row).to_vec(), blind })))
    }

    fn sub(&mut self, row: usize, parent: &Attribute) -> Result<Vec<Attribute>, Reason> {
        let Some(key) = self.sub.key(row) else { return Ok(Vec::new()) };
        let json = match self.parsed.entry(key) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(new) => new.insert(value::parse(self.sub.word(key)?)?),
        };
        value::read_sub(json, parent)
    }
}

/// A column of words.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    array: &'a DictionaryArray<Int32Type>,
    values: &'a StringArray,
}

impl<'a> Words<'a> {
    pub(crate) fn of(batch: &'a RecordBatch, column: Column) -> Result<Self, Reason> {
        let array = typed(batch, column, |array| array.as_dictionary_opt::<Int32Type>())?;
        let values = array.values().as_string_opt().ok_or_else(|| format!("the column `{}` holds no words", column.name()))?;
        Ok(Self { array, values })
    }

    /// The place of a row's word in the dictionary.
    pub(crate) fn key(&self, row: usize) -> Option<i32> {
        (!self.array.is_null(row)).then(|| self.array.keys().value(row))
    }

    /// A word of the dictionary.
    pub(crate) fn word(&self, key: i32) -> Result<&'a str, Reason> {
        let place = usize::try_from(key).ok().filter(|place| *place < self.values.len());
        place.map(|place| self.values.value(place)).ok_or_else(|| format!("the word {key} of a column is missing"))
    }

    fn get(&self, row: usize) -> Option<&'a str> {
        self.key(row).and_then(|key| self.word(key).ok())
    }
}

/// A column of instants.
pub(crate) fn instants(batch: &RecordBatch, column: Column) -> Result<&PrimitiveArray<TimestampMicrosecondType>, Reason> {
    typed(batch, column, |array| array.as_primitive_opt())
}

/// A column of whole numbers.
pub(crate) fn integers(batch: &RecordBatch, column: Column) -> Result<&PrimitiveArray<Int64Type>, Reason> {
    typed(batch, column, |array| array.as_primitive_opt())
}

/// A column of numbers.
pub(crate) fn numbers(batch: &RecordBatch) -> Result<&PrimitiveArray<Float64Type>, Reason> {
    typed(batch, Column::Number, |array| array.as_primitive_opt())
}

fn typed<'a, T: ?Sized>(batch: &'a RecordBatch, column: Column, cast: impl Fn(&'a dyn Array) -> Option<&'a T>) -> Result<&'a T, Reason> {
    let array = batch.column_by_name(column.name()).ok_or_else(|| format!("the column `{}` is missing", column.name()))?;
    cast(array.as_ref()).ok_or_else(|| format!("the column `{}` is of type {}", column.name(), array.data_type()))
}

fn instant(array: &PrimitiveArray<TimestampMicrosecondType>, row: usize) -> Option<Instant> {
    (!array.is_null(row)).then(|| Instant::from_micros(array.value(row)))
}

fn integer(array: &PrimitiveArray<Int64Type>, row: usize) -> Option<u64> {
    (!array.is_null(row)).then(|| array.value(row).cast_unsigned())
}
