//! How many rows there are of each series, without looking at their values.

use std::collections::HashMap;

use model::{Instant, Removals, Segment, SeriesKey, TimeWindow};

use crate::columns::Column;
use crate::decode::{instants, integers};
use crate::prune::Wanted;
use crate::{Error, History, read};

/// Rows of one series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// How many, each version of a value counted.
    pub rows: u64,
    /// The first time that one of them stands for.
    pub first: Instant,
    /// The last.
    pub last: Instant,
}

impl Count {
    /// One row of a series more.
    pub fn add(counts: &mut HashMap<SeriesKey, Self>, key: &SeriesKey, time: Instant) {
        let one = Self { rows: 1, first: time, last: time };
        match counts.get_mut(key) {
            Some(count) => count.join(&one),
            None => drop(counts.insert(key.clone(), one)),
        }
    }

    /// The rows of both.
    pub fn join(&mut self, other: &Self) {
        *self = Self { rows: self.rows + other.rows, first: self.first.min(other.first), last: self.last.max(other.last) };
    }
}

impl History {
    /// Counts the rows of each series that stand for a time before the one
    /// that `until` names for it, without what was removed. Series without
    /// such a row, and those it names none for, are left out; none may be
    /// named that lies after `latest`.
    ///
    /// # Errors
    /// [`Error::Missing`] and [`Error::Damaged`] name the segment.
    pub fn count(
        &self,
        segments: &[Segment],
        removals: &Removals,
        latest: Instant,
        until: &mut dyn FnMut(&SeriesKey) -> Option<Instant>,
    ) -> Result<HashMap<SeriesKey, Count>, Error> {
        let wanted = Wanted::before(latest);
        let mut counts = HashMap::new();
        self.scan(segments, &wanted, read::PLACES, &mut |batch| {
            let (times, seqs) = (instants(batch, Column::Time)?, integers(batch, Column::Seq)?);
            for run in read::runs(batch, &wanted)? {
                let Some(end) = until(&run.key) else { continue };
                let (window, removed) = (TimeWindow { end, ..TimeWindow::ALL }, removals.of(&run.key));
                let place = |row: usize| (seqs.value(row).cast_unsigned(), Instant::from_micros(times.value(row)));
                for (seq, time) in run.rows.map(place).filter(|(_, time)| window.contains(*time)) {
                    if !removed.iter().any(|removal| removal.removes(seq, time)) {
                        Count::add(&mut counts, &run.key, time);
                    }
                }
            }
            Ok(())
        })?;
        Ok(counts)
    }
}
