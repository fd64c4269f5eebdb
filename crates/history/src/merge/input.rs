//! Segments side by side: their rows in the order of one.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use arrow_array::RecordBatch;
use model::{Instant, Observation, Removals, Segment, SeriesKey};

use crate::columns::Column;
use crate::decode::{Rows, instants, integers};
use crate::error::{Reason, damaged};
use crate::history::Batches;
use crate::prune::Wanted;
use crate::read::{self, Run};
use crate::{Error, History};

/// Rows of one batch that follow each other in the output, too.
#[derive(Clone)]
pub(super) struct Piece {
    pub(super) batch: Arc<RecordBatch>,
    pub(super) rows: Range<usize>,
    pub(super) key: SeriesKey,
    /// The segment it was read from.
    pub(super) object: Arc<str>,
}

impl Piece {
    /// The rows as observations.
    pub(super) fn observations(self) -> Result<Vec<Observation>, Error> {
        let decoded = Rows::of(&self.batch).and_then(|mut columns| columns.observations(&self.key, self.rows.clone()));
        decoded.map_err(damaged(&self.object))
    }
}

/// The inputs, the one with the next row first.
pub(super) struct Inputs<'a> {
    heads: BinaryHeap<Head<'a>>,
    removals: &'a Removals,
    /// What is left of the last rows taken, when some of them were removed.
    kept: VecDeque<Piece>,
}

impl<'a> Inputs<'a> {
    /// Opens runs of segments: of each, one segment after the other, as far as it holds what is wanted.
    pub(super) fn open<'s>(
        history: &History,
        runs: impl Iterator<Item = Vec<&'s Segment>>,
        wanted: &'a Wanted<'a>,
        removals: &'a Removals,
    ) -> Result<Self, Error> {
        let mut heads = BinaryHeap::new();
        for (place, run) in runs.enumerate() {
            let segments = run.into_iter().filter(|segment| !wanted.misses(segment)).cloned().collect();
            let input = Input {
                history: history.clone(),
                wanted,
                segments,
                object: "".into(),
                batches: None,
                batch: None,
                runs: VecDeque::new(),
                place,
            };
            heads.extend(Head::of(input)?);
        }
        Ok(Self { heads, removals, kept: VecDeque::new() })
    }

    /// The next rows that were not removed.
    pub(super) fn next(&mut self) -> Result<Option<Piece>, Error> {
        loop {
            if let Some(piece) = self.kept.pop_front() {
                return Ok(Some(piece));
            }
            let Some(mut head) = self.heads.pop() else { return Ok(None) };
            let end = match self.heads.peek() {
                Some(next) if next.run.key == head.run.key => head.rows_before(next),
                _ => head.run.rows.end,
            };
            let taken = head.run.rows.start..end;
            self.keep(&head, taken);
            head.run.rows.start = end;
            let goes_on = if head.run.rows.is_empty() { Head::of(head.input)? } else { head.moved().map(Some)? };
            self.heads.extend(goes_on);
        }
    }

    fn keep(&mut self, head: &Head<'_>, rows: Range<usize>) {
        let removed = self.removals.of(&head.run.key);
        let mut start = rows.start;
        if !removed.is_empty() {
            for row in rows.clone() {
                let (time, seq) = head.at(row);
                if removed.iter().any(|removal| removal.removes(seq.cast_unsigned(), Instant::from_micros(time))) {
                    self.put(head, start..row);
                    start = row + 1;
                }
            }
        }
        self.put(head, start..rows.end);
    }

    fn put(&mut self, head: &Head<'_>, rows: Range<usize>) {
        if !rows.is_empty() {
            let (batch, object) = (Arc::clone(&head.batch), Arc::clone(&head.input.object));
            self.kept.push_back(Piece { batch, rows, key: head.run.key.clone(), object });
        }
    }
}

/// The segments of a run as they are read.
struct Input<'a> {
    history: History,
    wanted: &'a Wanted<'a>,
    /// Those that are not open yet.
    segments: VecDeque<Segment>,
    /// The one that is open.
    object: Arc<str>,
    batches: Option<Batches>,
    batch: Option<Arc<RecordBatch>>,
    runs: VecDeque<Run>,
    /// Equal rows stay in the order of their inputs.
    place: usize,
}

impl Input<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>, Error> {
        loop {
            if let Some(batches) = &mut self.batches
                && let Some(batch) = batches.next()?
            {
                return Ok(Some(batch));
            }
            let Some(segment) = self.segments.pop_front() else { return Ok(None) };
            self.object = segment.object.as_str().into();
            self.batches = self.history.batches(&segment, self.wanted, Column::ALL)?;
        }
    }

    fn damaged(&self, reason: Reason) -> Error {
        damaged(&self.object)(reason)
    }
}

/// The next rows of an input, all of one series. Of two, the one that comes
/// first in a segment is the greater.
struct Head<'a> {
    input: Input<'a>,
    batch: Arc<RecordBatch>,
    run: Run,
    /// Time and position of its first row.
    first: (i64, i64),
}

impl<'a> Head<'a> {
    fn of(mut input: Input<'a>) -> Result<Option<Self>, Error> {
        while input.runs.is_empty() {
            let Some(batch) = input.next()? else { return Ok(None) };
            input.runs = read::runs(&batch, input.wanted).map_err(|reason| input.damaged(reason))?.into();
            input.batch = Some(Arc::new(batch));
        }
        match (input.runs.pop_front(), input.batch.clone()) {
            (Some(run), Some(batch)) => Self { input, batch, run, first: (0, 0) }.moved().map(Some),
            _ => Ok(None),
        }
    }

    /// With the place of its first row.
    fn moved(mut self) -> Result<Self, Error> {
        self.first = place_of(&self.batch, self.run.rows.start).map_err(|reason| self.input.damaged(reason))?;
        Ok(self)
    }

    fn at(&self, row: usize) -> (i64, i64) {
        place_of(&self.batch, row).unwrap_or(self.first)
    }

    /// The first of its rows that comes after the first row of another input, and never its own first.
    fn rows_before(&self, next: &Self) -> usize {
        let rows = self.run.rows.clone();
        let comes_first = |row: usize| (self.at(row), self.input.place) < (next.first, next.input.place);
        // Where series alternate row by row the next is the end; where they do not, far away.
        let mut step = 1;
        let mut low = rows.start;
        while low + step < rows.end && comes_first(low + step) {
            low += step;
            step *= 2;
        }
        let mut high = (low + step).min(rows.end);
        while low + 1 < high {
            let middle = low.midpoint(high);
            if comes_first(middle) { low = middle } else { high = middle }
        }
        high
    }
}

fn place_of(batch: &RecordBatch, row: usize) -> Result<(i64, i64), Reason> {
    Ok((instants(batch, Column::Time)?.value(row), integers(batch, Column::Seq)?.value(row)))
}

impl Ord for Head<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_series = self.run.key.cmp(&other.run.key);
        by_series.then_with(|| (self.first, self.input.place).cmp(&(other.first, other.input.place))).reverse()
    }
}

impl PartialOrd for Head<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Head<'_> {}
