//! From batches to series: runs of rows, corrections, limits.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;

use arrow_array::{Array, RecordBatch};
use model::series::SeriesLimit;
use model::{EntityId, Fact, Instant, Known, NumberSeries, Observation, Removals, SeriesKey, SeriesQuery};

use crate::columns::Column;
use crate::decode::{Rows, Words, instants, integers, numbers, text, texts};
use crate::error::Reason;
use crate::prune::Wanted;
use crate::value;

/// Columns that tell which series a row belongs to.
pub(crate) const KEYS: &[Column] = &[Column::Entity, Column::Attribute, Column::DatasetId, Column::Time];
/// Columns that a series of numbers takes.
pub(crate) const NUMBERS: &[Column] =
    &[Column::Entity, Column::Attribute, Column::DatasetId, Column::Time, Column::Number, Column::Seq, Column::Fact];
/// Columns that a series of numbers takes as it was known at an instant past.
pub(crate) const NUMBERS_THEN: &[Column] =
    &[Column::Entity, Column::Attribute, Column::DatasetId, Column::Time, Column::Number, Column::Seq, Column::Fact, Column::RecordedAt];

/// Columns that tell whether a row was removed.
pub(crate) const PLACES: &[Column] = &[Column::Entity, Column::Attribute, Column::DatasetId, Column::Time, Column::Seq];

/// Whether a batch holds something that was removed.
pub(crate) fn holds(batch: &RecordBatch, wanted: &Wanted<'_>, removals: &Removals) -> Result<bool, Reason> {
    let (times, seqs) = (instants(batch, Column::Time)?, integers(batch, Column::Seq)?);
    Ok(runs(batch, wanted)?.into_iter().any(|run| {
        let removed = removals.of(&run.key);
        let place = |row: usize| (seqs.value(row).cast_unsigned(), Instant::from_micros(times.value(row)));
        run.rows.map(place).any(|(seq, time)| removed.iter().any(|removal| removal.removes(seq, time)))
    }))
}

/// Consecutive rows of a batch that belong to one series and lie in the wanted time.
pub(crate) struct Run {
    pub(crate) key: SeriesKey,
    pub(crate) rows: Range<usize>,
}

/// The wanted rows of a batch.
pub(crate) fn runs(batch: &RecordBatch, wanted: &Wanted<'_>) -> Result<Vec<Run>, Reason> {
    let (entities, attributes) = (Words::of(batch, Column::Entity)?, Words::of(batch, Column::Attribute)?);
    let datasets = texts(batch, Column::DatasetId)?;
    let times = instants(batch, Column::Time)?.values();
    let continues = |row: &usize| {
        entities.keys()[*row] == entities.keys()[*row - 1]
            && attributes.keys()[*row] == attributes.keys()[*row - 1]
            && (datasets.is_none() || text(datasets, *row) == text(datasets, *row - 1))
    };
    let mut runs = Vec::new();
    let mut start = 0;
    while start < batch.num_rows() {
        let end = (start + 1..batch.num_rows()).find(|row| !continues(row)).unwrap_or(batch.num_rows());
        let within = wanted.within(&times[start..end]);
        let (entity, attribute) = (entities.get(start)?, attributes.get(start)?);
        // Names that are not asked for are not even interned.
        let dataset = text(datasets, start);
        if !within.is_empty() && wanted.has_entity(entity) && wanted.has_attribute(attribute) && wanted.has_dataset(dataset) {
            let dataset = dataset.map(value::iri).transpose()?;
            let key = SeriesKey { entity: value::iri(entity)?, attribute: value::name(attribute)?, dataset };
            runs.push(Run { key, rows: start + within.start..start + within.end });
        }
        start = end;
    }
    Ok(runs)
}

/// One statement of a series.
pub(crate) trait Row {
    fn time(&self) -> i64;
    fn seq(&self) -> u64;
    /// Deletions stand beside values: neither hides the other.
    fn is_deletion(&self) -> bool;
}

impl Row for Observation {
    fn time(&self) -> i64 {
        Observation::time(self).micros()
    }
    fn seq(&self) -> u64 {
        self.seq
    }
    fn is_deletion(&self) -> bool {
        self.fact == Fact::Deleted
    }
}

/// A number, or NaN where the value is none: it hides older numbers all the same.
struct Point {
    time: i64,
    seq: u64,
    value: f64,
}

impl Row for Point {
    fn time(&self) -> i64 {
        self.time
    }
    fn seq(&self) -> u64 {
        self.seq
    }
    fn is_deletion(&self) -> bool {
        false
    }
}

/// Rows found so far, by series.
pub(crate) struct Found<R>(BTreeMap<SeriesKey, Vec<R>>);

impl<R> Default for Found<R> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<R: Row> Found<R> {
    /// What was found in several places, in their order.
    pub(crate) fn joined(parts: Vec<Self>) -> Self {
        let mut all = Self::default();
        for (key, mut rows) in parts.into_iter().flat_map(|part| part.0) {
            match all.0.entry(key) {
                Entry::Vacant(place) => drop(place.insert(rows)),
                Entry::Occupied(mut place) => place.get_mut().append(&mut rows),
            }
        }
        all
    }

    fn add(&mut self, key: SeriesKey, rows: impl IntoIterator<Item = R>) {
        self.0.entry(key).or_default().extend(rows);
    }

    /// Series by series in order of time, of several statements about one
    /// instant only what was written last.
    fn settled(self) -> impl Iterator<Item = (SeriesKey, Vec<R>)> {
        self.sorted().map(|(key, mut rows)| {
            // The later of two equal neighbours is kept: `dedup` keeps the earlier.
            rows.reverse();
            rows.dedup_by(|one, two| one.time() == two.time() && one.is_deletion() == two.is_deletion());
            rows.reverse();
            (key, rows)
        })
    }

    /// Series by series in order of time and of writing.
    fn sorted(self) -> impl Iterator<Item = (SeriesKey, Vec<R>)> {
        self.0.into_iter().map(|(key, mut rows)| {
            if !rows.is_sorted_by(|one, two| one.time() < two.time()) {
                rows.sort_by_key(|row| (row.time(), row.is_deletion(), row.seq()));
            }
            (key, rows)
        })
    }
}

/// What is not read yet reaches no further than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Up to this instant, when the newest is read first.
    UpTo(Instant),
    /// From this instant on, when the oldest is read first.
    From(Instant),
}

impl End {
    /// Whether nothing that is not read can stand at this instant, or beyond.
    fn leaves(self, at: Instant) -> bool {
        match self {
            Self::UpTo(last) => at > last,
            Self::From(first) => at < first,
        }
    }
}

impl Found<Observation> {
    /// Entities of which the first or last values asked for are all found, as
    /// far as these are not of instances with a `datasetId`: those are not
    /// known before all is read.
    pub(crate) fn full<'a>(&self, question: &'a SeriesQuery, wanted: &Wanted<'_>, unread: End) -> Vec<&'a str> {
        let (SeriesLimit::First(count) | SeriesLimit::Last(count), Some(names)) = (question.limit, &question.attributes) else {
            return Vec::new();
        };
        let is_full = |entity: &EntityId| {
            names.iter().all(|name| {
                let key = SeriesKey { entity: entity.clone(), attribute: *name, dataset: None };
                self.0.get(&key).is_some_and(|rows| rows.len() >= count && answers(rows, question, unread) >= count)
            })
        };
        question.entities.iter().filter(|entity| wanted.is_open(entity.as_str()) && is_full(entity)).map(EntityId::as_str).collect()
    }

    pub(crate) fn take(&mut self, batch: &RecordBatch, wanted: &Wanted<'_>, removals: &Removals) -> Result<(), Reason> {
        let runs = runs(batch, wanted)?;
        if runs.is_empty() {
            return Ok(());
        }
        let mut columns = Rows::of(batch)?;
        for run in runs {
            let removed = removals.of(&run.key);
            let mut rows = columns.observations(&run.key, run.rows)?;
            rows.retain(|row| {
                wanted.knows(row.recorded_at.micros()) && !removed.iter().any(|removal| removal.removes(row.seq, row.time()))
            });
            self.add(run.key, rows);
        }
        Ok(())
    }

    pub(crate) fn observations(self, question: &SeriesQuery) -> Vec<Observation> {
        let mut all = Vec::new();
        let mut put = |mut rows: Vec<Observation>| {
            // Only now: what was corrected must not show through where its
            // correction lies outside the window.
            rows.retain(|row| question.asks_for(row));
            all.append(&mut limited(rows, question.limit));
        };
        if question.known == Known::Versions {
            self.sorted().for_each(|(_, rows)| put(rows));
        } else {
            self.settled().for_each(|(_, rows)| put(rows));
        }
        all
    }
}

/// How many of the rows of a series answer a question whatever is still unread.
fn answers(rows: &[Observation], question: &SeriesQuery, unread: End) -> usize {
    let mut rows: Vec<&Observation> = rows.iter().filter(|row| unread.leaves(row.time())).collect();
    if question.known != Known::Versions {
        rows.sort_by_key(|row| std::cmp::Reverse((row.time(), Row::is_deletion(*row), row.seq)));
        rows.dedup_by(|one, two| one.same_instant(two));
    }
    rows.into_iter().filter(|row| question.asks_for(row)).count()
}

#[derive(Default)]
pub(crate) struct FoundNumbers(Found<Point>);

impl FoundNumbers {
    /// What was found in several places, in their order.
    pub(crate) fn joined(parts: Vec<Self>) -> Self {
        Self(Found::joined(parts.into_iter().map(|part| part.0).collect()))
    }

    pub(crate) fn take(&mut self, batch: &RecordBatch, wanted: &Wanted<'_>, removals: &Removals) -> Result<(), Reason> {
        let (times, seqs, values) = (instants(batch, Column::Time)?, integers(batch, Column::Seq)?, numbers(batch)?);
        let facts = texts(batch, Column::Fact)?;
        let recorded = if wanted.is_of_the_past() { Some(instants(batch, Column::RecordedAt)?) } else { None };
        let value = |row: usize| values.filter(|values| !values.is_null(row)).map_or(f64::NAN, |values| values.value(row));
        let holds = |row: usize| {
            value::read_fact(text(facts, row)).is_ok_and(|fact| fact != Fact::Deleted)
                && recorded.is_none_or(|recorded| wanted.knows(recorded.value(row)))
        };
        for run in runs(batch, wanted)? {
            let removed = removals.of(&run.key);
            let points = run
                .rows
                .filter(|row| holds(*row))
                .map(|row| Point { time: times.value(row), seq: seqs.value(row).cast_unsigned(), value: value(row) })
                .filter(|point| !removed.iter().any(|removal| removal.removes(point.seq, Instant::from_micros(point.time))));
            self.0.add(run.key, points);
        }
        Ok(())
    }

    pub(crate) fn series(self, limit: SeriesLimit) -> Vec<NumberSeries> {
        let settled = self.0.settled().map(|(key, mut points)| {
            points.retain(|point| !point.value.is_nan());
            let points = limited(points, limit);
            let times = points.iter().map(|point| point.time).collect();
            let values = points.iter().map(|point| point.value).collect();
            NumberSeries { key, times, values }
        });
        settled.filter(|series| !series.times.is_empty()).collect()
    }
}

/// The numbers of whole observations, where times are asked for that a column of numbers has not.
pub(crate) fn numbers_of(observations: Vec<Observation>) -> Vec<NumberSeries> {
    let mut all: Vec<NumberSeries> = Vec::new();
    for observation in observations {
        let Some(value) = observation.attribute.value.as_f64().filter(|value| value.is_finite()) else { continue };
        let key = observation.key();
        if all.last().is_none_or(|series| series.key != key) {
            all.push(NumberSeries { key, times: Vec::new(), values: Vec::new() });
        }
        if let Some(series) = all.last_mut() {
            series.times.push(observation.time().micros());
            series.values.push(value);
        }
    }
    all
}

/// The first or last numbers of each series.
pub(crate) fn limit_numbers(mut all: Vec<NumberSeries>, limit: SeriesLimit) -> Vec<NumberSeries> {
    for series in &mut all {
        series.times = limited(std::mem::take(&mut series.times), limit);
        series.values = limited(std::mem::take(&mut series.values), limit);
    }
    all.retain(|series| !series.times.is_empty());
    all
}

fn limited<R>(mut rows: Vec<R>, limit: SeriesLimit) -> Vec<R> {
    match limit {
        SeriesLimit::All => {}
        SeriesLimit::First(count) => rows.truncate(count),
        SeriesLimit::Last(count) => drop(rows.drain(..rows.len().saturating_sub(count))),
    }
    rows
}
