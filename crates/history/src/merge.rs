//! Segments written anew: small ones become large ones, and what was removed is
//! left behind. Inputs are read side by side in batches, outputs are written row
//! group by row group; nothing is held whole.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};

use model::{Observation, Removals, Segment};

use crate::columns::Column;
use crate::history::Batches;
use crate::prune::Wanted;
use crate::seal::{span, weight_bytes_of};
use crate::stream::SegmentWriter;
use crate::{Error, History, decode, read};

/// Which segments are written anew, and the names of what they may become:
/// more than are needed, made once, so that the intent can be durable first.
#[derive(Debug, Clone)]
pub struct Merge {
    inputs: Vec<Segment>,
    objects: Vec<String>,
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is written.
    Keep,
    /// It is left behind.
    Leave,
    /// The merge ends here, and nothing comes of it.
    Stop,
}

impl Merge {
    /// The segments it reads.
    #[must_use]
    pub fn inputs(&self) -> &[Segment] {
        &self.inputs
    }

    /// Names of objects that [`History::merge`] may make.
    #[must_use]
    pub fn objects(&self) -> &[String] {
        &self.objects
    }
}

impl History {
    /// Which of these segments should become fewer: all that have room for as
    /// many rows again, once there are `at_least` of them.
    #[must_use]
    pub fn small<'a>(&self, segments: &'a [Segment], at_least: usize) -> Vec<&'a Segment> {
        let has_room = |segment: &&Segment| segment.rows * 2 < self.layout().segment_rows_max as u64;
        let small: Vec<&Segment> = segments.iter().filter(has_room).collect();
        if small.len() < at_least { Vec::new() } else { small }
    }

    /// Whether a segment holds something that was removed.
    ///
    /// # Errors
    /// [`Error::Missing`] and [`Error::Damaged`] name the segment.
    pub fn holds(&self, segment: &Segment, removals: &Removals) -> Result<bool, Error> {
        let entities = removals.entities();
        let wanted = Wanted::entities(&entities);
        let mut holds = false;
        if wanted.misses(segment) {
            return Ok(false);
        }
        let Some(mut batches) = self.batches(segment, &wanted, read::PLACES)? else { return Ok(false) };
        while let Some(batch) = batches.next()?.filter(|_| !holds) {
            holds = read::holds(&batch, &wanted, removals).map_err(|reason| batches.damaged(reason))?;
        }
        Ok(holds)
    }

    /// Plans to write segments anew, those with the oldest positions first.
    #[must_use]
    pub fn plan_merge(&self, segments: impl IntoIterator<Item = Segment>) -> Merge {
        let mut inputs: Vec<Segment> = segments.into_iter().collect();
        inputs.sort_by(|a, b| a.seq.cmp(&b.seq).then_with(|| a.object.cmp(&b.object)));
        let (first, _) = span(inputs.iter().map(|segment| segment.seq.0)).unwrap_or_default();
        let (_, last) = span(inputs.iter().map(|segment| segment.seq.1)).unwrap_or_default();
        let chance = getrandom::u64().expect("the operating system gives random numbers");
        // An output is full by rows or by weight, and no input was more than full.
        let objects = (0..4 * (inputs.len() + 1)).map(|place| format!("{first:012}-{last:012}-{chance:016x}-{place:04}.parquet")).collect();
        Merge { inputs, objects }
    }

    /// Writes segments anew, sorted as one. `fate` is asked of each row once,
    /// in the order of a segment. When it returns, the new objects survive a
    /// power cut; `None` when it was stopped.
    ///
    /// # Errors
    /// [`Error::Missing`] and [`Error::Damaged`] name an input,
    /// [`Error::Disk`] says what the disk refused.
    pub fn merge(&self, merge: &Merge, fate: &mut dyn FnMut(&Observation) -> Fate) -> Result<Option<Vec<Segment>>, Error> {
        let mut heads = BinaryHeap::new();
        for (place, segment) in merge.inputs.iter().enumerate() {
            let cursor = self.batches(segment, &Wanted::default(), Column::ALL)?.map(|batches| Cursor { batches, rows: VecDeque::new() });
            heads.extend(cursor.map_or(Ok(None), |cursor| Head::of(cursor, place))?);
        }
        let mut output = Output { history: self, names: merge.objects.iter(), open: None, weight_bytes: 0, segments: Vec::new() };
        while let Some(Head { row, cursor, place }) = heads.pop() {
            match fate(&row) {
                Fate::Keep => output.push(row)?,
                Fate::Leave => {}
                Fate::Stop => return Ok(None),
            }
            heads.extend(Head::of(cursor, place)?);
        }
        output.end()?;
        Ok(Some(output.segments))
    }
}

/// The rows of one input.
struct Cursor {
    batches: Batches,
    rows: VecDeque<Observation>,
}

/// The next row of an input. Of two, the one a segment has first is the greater.
struct Head {
    row: Observation,
    cursor: Cursor,
    /// Equal rows stay in the order of their inputs.
    place: usize,
}

impl Head {
    fn of(mut cursor: Cursor, place: usize) -> Result<Option<Self>, Error> {
        while cursor.rows.is_empty() {
            let Some(batch) = cursor.batches.next()? else { return Ok(None) };
            let decoded = read::runs(&batch, &Wanted::default()).and_then(|runs| {
                let mut columns = decode::Rows::of(&batch)?;
                runs.into_iter().try_for_each(|run| columns.observations(&run.key, run.rows).map(|rows| cursor.rows.extend(rows)))
            });
            decoded.map_err(|reason| cursor.batches.damaged(reason))?;
        }
        Ok(cursor.rows.pop_front().map(|row| Self { row, cursor, place }))
    }
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (&self.row, &other.row);
        let by_series = a
            .entity
            .cmp(&b.entity)
            .then_with(|| a.attribute.name.cmp(&b.attribute.name))
            .then_with(|| a.attribute.dataset.cmp(&b.attribute.dataset));
        by_series.then_with(|| (a.time(), a.seq, self.place).cmp(&(b.time(), b.seq, other.place))).reverse()
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Head {}

/// Where rows go.
struct Output<'a> {
    history: &'a History,
    names: std::slice::Iter<'a, String>,
    open: Option<(&'a str, SegmentWriter)>,
    weight_bytes: usize,
    segments: Vec<Segment>,
}

impl Output<'_> {
    fn push(&mut self, row: Observation) -> Result<(), Error> {
        let (layout, weight) = (*self.history.layout(), weight_bytes_of(&row));
        let rows = self.open.as_ref().map_or(0, |(_, writer)| writer.rows());
        if rows >= layout.segment_rows_max as u64 || (rows > 0 && self.weight_bytes + weight > layout.segment_weight_bytes_max) {
            self.end()?;
        }
        if self.open.is_none() {
            let name =
                self.names.next().ok_or_else(|| Error::NotMade { object: String::new(), reason: "more segments than planned".into() })?;
            let writer = SegmentWriter::with_layout(&self.history.objects().unfinished(name)?, layout);
            self.open = Some((name, writer));
        }
        self.weight_bytes += weight;
        self.open.as_mut().map_or(Ok(()), |(_, writer)| writer.push(row))
    }

    fn end(&mut self) -> Result<(), Error> {
        self.weight_bytes = 0;
        let Some((name, writer)) = self.open.take() else { return Ok(()) };
        if let Some(written) = writer.finish()? {
            self.history.objects().put_in_place(name)?;
            let crate::Written { seq, time, rows, size_bytes, checksum } = written;
            self.segments.push(Segment { object: name.to_owned(), seq, time, rows, size_bytes, checksum });
        }
        Ok(())
    }
}
