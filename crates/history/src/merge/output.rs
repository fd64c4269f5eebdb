//! Rows of many batches as the row groups of new segments.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray, new_null_array};
use arrow_schema::DataType;
use arrow_select::concat::concat;
use model::Segment;

use super::input::Piece;
use crate::columns::{self, Column};
use crate::decode::Words;
use crate::error::Reason;
use crate::seal::ROW_WEIGHT_BYTES;
use crate::stream::SegmentWriter;
use crate::{Error, History, Written};

/// Where rows go.
pub(super) struct Output<'a> {
    history: &'a History,
    names: std::slice::Iter<'a, String>,
    open: Option<(&'a str, SegmentWriter)>,
    /// What the open segment weighs before compression.
    weight_bytes: usize,
    group: Vec<Piece>,
    group_rows: usize,
    group_weight_bytes: usize,
    segments: Vec<Segment>,
}

impl<'a> Output<'a> {
    pub(super) fn new(history: &'a History, names: &'a [String]) -> Self {
        Self {
            history,
            names: names.iter(),
            open: None,
            weight_bytes: 0,
            group: Vec::new(),
            group_rows: 0,
            group_weight_bytes: 0,
            segments: Vec::new(),
        }
    }

    /// Appends rows; answers whether a row group was written.
    pub(super) fn push(&mut self, mut piece: Piece) -> Result<bool, Error> {
        let mut wrote = false;
        loop {
            let (fits, weight_bytes) = self.fitting(&piece);
            self.group_rows += fits;
            self.group_weight_bytes += weight_bytes;
            let rest = piece.rows.start + fits..piece.rows.end;
            if fits > 0 {
                self.group.push(Piece { rows: piece.rows.start..rest.start, ..piece.clone() });
            }
            if rest.is_empty() {
                return Ok(wrote);
            }
            piece.rows = rest;
            self.write_group()?;
            wrote = true;
            let layout = self.history.layout();
            let rows = self.open.as_ref().map_or(0, |(_, writer)| writer.rows());
            if rows >= layout.segment_rows_max as u64 || self.weight_bytes + layout.group_weight_bytes_max > layout.segment_weight_bytes_max
            {
                self.end()?;
            }
        }
    }

    /// How many rows of a piece the group has room for, and their weight; at least one in an empty group.
    fn fitting(&self, piece: &Piece) -> (usize, usize) {
        let layout = self.history.layout();
        let in_segment = self.open.as_ref().map_or(0, |(_, writer)| usize::try_from(writer.rows()).unwrap_or(usize::MAX)) + self.group_rows;
        let room = layout.group_rows_max.saturating_sub(self.group_rows).min(layout.segment_rows_max.saturating_sub(in_segment));
        let mut fits = room.min(piece.rows.len());
        loop {
            let weight_bytes = weight_bytes_of(&piece.batch, piece.rows.start, fits);
            if self.group_weight_bytes + weight_bytes <= layout.group_weight_bytes_max {
                return (fits, weight_bytes);
            }
            match (fits, self.group_rows) {
                (0 | 1, 0) => return (1, weight_bytes),
                (0, _) => return (0, 0),
                _ => fits /= 2,
            }
        }
    }

    fn write_group(&mut self) -> Result<(), Error> {
        let group = std::mem::take(&mut self.group);
        if group.is_empty() {
            return Ok(());
        }
        let (name, writer) = match &mut self.open {
            Some(open) => open,
            closed => {
                let none_left = || Error::NotMade { object: String::new(), reason: "more segments than planned".into() };
                let name = self.names.next().ok_or_else(none_left)?;
                let writer = SegmentWriter::with_layout(&self.history.objects().unfinished(name)?, *self.history.layout());
                closed.insert((name, writer))
            }
        };
        let batch = joined(&group).map_err(|reason| Error::NotMade { object: (*name).to_owned(), reason })?;
        writer.write(&batch)?;
        self.weight_bytes += self.group_weight_bytes;
        (self.group_rows, self.group_weight_bytes) = (0, 0);
        Ok(())
    }

    /// Ends the open segment.
    fn end(&mut self) -> Result<(), Error> {
        self.weight_bytes = 0;
        let Some((name, writer)) = self.open.take() else { return Ok(()) };
        if let Some(written) = writer.finish()? {
            self.history.objects().put_in_place(name)?;
            let Written { seq, time, rows, size_bytes, checksum } = written;
            self.segments.push(Segment { object: name.to_owned(), seq, time, rows, size_bytes, checksum });
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Vec<Segment>, Error> {
        self.write_group()?;
        self.end()?;
        Ok(self.segments)
    }
}

/// Roughly what rows weigh before compression.
fn weight_bytes_of(batch: &RecordBatch, start: usize, rows: usize) -> usize {
    let texts = [Column::Value, Column::Sub].into_iter().filter_map(|column| {
        let offsets = batch.column_by_name(column.name())?.as_string_opt::<i32>()?.value_offsets();
        usize::try_from(offsets[start + rows] - offsets[start]).ok()
    });
    let sealed = batch.column_by_name(Column::SealedValue.name()).and_then(|array| {
        let offsets = array.as_binary_opt::<i32>()?.value_offsets();
        usize::try_from(offsets[start + rows] - offsets[start]).ok()
    });
    rows * ROW_WEIGHT_BYTES + texts.sum::<usize>() + sealed.unwrap_or(0)
}

/// The pieces as one batch with all columns.
fn joined(pieces: &[Piece]) -> Result<RecordBatch, Reason> {
    let schema = columns::schema();
    let columns = Column::ALL.iter().map(|column| match schema.field(column.place()).data_type() {
        DataType::Dictionary(..) => words(pieces, *column),
        kind => plain(pieces, *column, kind),
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(schema, columns).map_err(|error| error.to_string())
}

fn plain(pieces: &[Piece], column: Column, kind: &DataType) -> Result<ArrayRef, Reason> {
    let slice = |piece: &Piece| piece.batch.column_by_name(column.name()).map(|array| array.slice(piece.rows.start, piece.rows.len()));
    if pieces.iter().all(|piece| piece.batch.column_by_name(column.name()).is_none()) {
        return Ok(new_null_array(kind, pieces.iter().map(|piece| piece.rows.len()).sum()));
    }
    let slices: Vec<ArrayRef> = pieces.iter().map(|piece| slice(piece).unwrap_or_else(|| new_null_array(kind, piece.rows.len()))).collect();
    let slices: Vec<&dyn Array> = slices.iter().map(AsRef::as_ref).collect();
    concat(&slices).map_err(|error| error.to_string())
}

/// A column of words: each word once, whichever batch it comes from.
fn words(pieces: &[Piece], column: Column) -> Result<ArrayRef, Reason> {
    let mut places: HashMap<&str, i32> = HashMap::new();
    let mut values: Vec<&str> = Vec::new();
    let mut keys: Vec<i32> = Vec::new();
    for piece in pieces {
        let words = Words::of(&piece.batch, column)?;
        let mut last: Option<(i32, i32)> = None;
        for row in piece.rows.clone() {
            let old = words.keys()[row];
            let place = match last {
                Some((same, place)) if same == old => place,
                _ => {
                    let word = words.get(row)?;
                    let next = i32::try_from(values.len()).map_err(|error| error.to_string())?;
                    *places.entry(word).or_insert_with(|| {
                        values.push(word);
                        next
                    })
                }
            };
            last = Some((old, place));
            keys.push(place);
        }
    }
    let values: StringArray = values.into_iter().map(Some).collect();
    Ok(Arc::new(DictionaryArray::<Int32Type>::new(Int32Array::from(keys), Arc::new(values))))
}
