//! The past of a tenant: sealed segments and the unsealed tail, seen as one.

mod buckets;
pub(crate) mod compact;
mod downsample;
mod mend;
pub(crate) mod rollup;
mod seal;
mod walk;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use history::{Count, History};
use model::series::{self, SeriesLimit, SeriesQuery};
use model::time::TimeProperty;
use model::{
    Authorized, Entity, EntityId, Fact, Instant, Iri, Known, NumberSeries, Observation, Removal, Removals, Segment, SeriesKey, TimeWindow,
    Value,
};
use parking_lot::{Mutex, RwLock};
use store::TenantStore;

pub use buckets::{Alignment, Bucket, BucketQuery, BucketSeries, Figure, Gaps, Method, PERIODS_MAX, Period};
pub(crate) use buckets::{Cutter, ensure_something_fits};
pub use downsample::Sampled;
pub(crate) use downsample::downsample;

use compact::Retired;

use crate::state::State;
use crate::{DOOR, Error, Table};

/// The past of a tenant.
pub(crate) struct Past {
    history: History,
    store: TenantStore,
    /// Changes together: what a seal moves from the tail to the segments.
    parts: RwLock<Parts>,
    /// The list of segments changes by one hand at a time.
    sealing: Mutex<()>,
    /// One compaction at a time; held while segments are read and written anew.
    compacting: Mutex<()>,
    retired: Mutex<Retired>,
    /// Held while what was committed is shown: a seal sees all of it or nothing.
    showing: Mutex<()>,
}

/// Observations by series, in the order in which they came.
type Tail = Table<SeriesKey, Vec<Observation>>;

/// A tenant as of one position of the log, whatever is written after it.
pub(crate) struct Moment {
    pub(crate) seq: u64,
    /// In order of creation.
    pub(crate) entities: Vec<Arc<Entity>>,
    pub(crate) segments: Arc<Vec<Segment>>,
    /// What is not sealed, in the order of a segment.
    pub(crate) tail: Vec<Observation>,
    pub(crate) history: History,
    removals: Arc<Removals>,
}

impl Moment {
    /// Whether a row of a segment is part of it.
    pub(crate) fn holds(&self, row: &Observation) -> bool {
        row.seq <= self.seq && !self.removals.removes(row)
    }
}

#[derive(Default)]
struct Parts {
    tail: Tail,
    /// Observations in `tail`.
    tail_len: usize,
    /// What is being sealed: read behind the tail, and never changed.
    frozen: Option<Arc<Tail>>,
    segments: Arc<Vec<Segment>>,
    sealed_upto: u64,
    /// What was removed for good and may still stand in tail and segments.
    removals: Arc<Removals>,
}

impl Past {
    pub(crate) fn open(store: TenantStore) -> Result<Self, Error> {
        let history = History::open(&store.history_folder())?;
        for (intent, objects) in store.open_intents()? {
            seal::undo(&history, &store, intent, &objects)?;
        }
        let (segments, sealed_upto) = store.segments()?;
        let removals = store.removals()?.into_iter().map(|(_, removal)| removal).collect();
        let parts = Parts { segments: Arc::new(segments), sealed_upto, removals: Arc::new(removals), ..Parts::default() };
        Ok(Self {
            history,
            store,
            parts: RwLock::new(parts),
            sealing: Mutex::new(()),
            compacting: Mutex::new(()),
            retired: Mutex::default(),
            showing: Mutex::new(()),
        })
    }

    /// Up to which position of the log all values are sealed.
    pub(crate) fn sealed_upto(&self) -> u64 {
        self.parts.read().sealed_upto
    }

    /// How many values wait for the next seal.
    pub(crate) fn tail_len(&self) -> usize {
        self.parts.read().tail_len
    }

    pub(crate) fn segments_len(&self) -> usize {
        self.parts.read().segments.len()
    }

    /// Adds what was just committed, then lets `show` bring the state to the same position.
    pub(crate) fn publish(&self, observations: Vec<Observation>, removals: Vec<Removal>, show: impl FnOnce()) {
        let _together = self.showing.lock();
        self.extend(observations);
        self.remove(removals);
        show();
    }

    /// Leaves out from now on what was removed.
    pub(crate) fn remove(&self, removals: Vec<Removal>) {
        if !removals.is_empty() {
            let mut parts = self.parts.write();
            let mut all = (*parts.removals).clone();
            removals.into_iter().for_each(|removal| all.add(removal));
            parts.removals = Arc::new(all);
        }
    }

    /// Adds what the log holds while nothing seals.
    pub(crate) fn extend(&self, observations: Vec<Observation>) {
        let mut parts = self.parts.write();
        parts.tail_len += observations.len();
        for observation in observations {
            parts.tail.entry(observation.key()).or_default().push(observation);
        }
    }

    /// Everything as of one position of the log.
    pub(crate) fn moment(&self, state: &RwLock<State>) -> Moment {
        let _together = self.showing.lock();
        let (state, parts) = (state.read(), self.parts.read());
        let kept = |o: &&Observation| !parts.removals.removes(o);
        let mut tail: Vec<Observation> = parts.tails().flat_map(Tail::values).flatten().filter(kept).cloned().collect();
        tail.sort_by(compare);
        Moment {
            seq: state.seq,
            entities: state.iter().map(|stored| Arc::clone(&stored.entity)).collect(),
            segments: Arc::clone(&parts.segments),
            tail,
            history: self.history.clone(),
            removals: Arc::clone(&parts.removals),
        }
    }

    /// Counts the rows of series as [`History::count`] does, those of the tail too.
    pub(crate) fn count(
        &self,
        latest: Instant,
        until: &mut dyn FnMut(&SeriesKey) -> Option<Instant>,
    ) -> Result<HashMap<SeriesKey, Count>, Error> {
        // Whom `until` waits for may wait for these parts.
        let (tail, segments, removals) = {
            let parts = self.parts.read();
            let due = |row: &&Observation| row.time() < latest && !parts.removals.removes(row);
            let times = |rows: &[Observation]| rows.iter().filter(due).map(Observation::time).collect::<Vec<_>>();
            let tail: Vec<_> = parts.tails().flatten().map(|(key, rows)| (key.clone(), times(rows))).collect();
            (tail, Arc::clone(&parts.segments), Arc::clone(&parts.removals))
        };
        let mut counts = HashMap::new();
        for (key, times) in tail {
            let end = until(&key);
            times.into_iter().filter(|time| end.is_some_and(|end| *time < end)).for_each(|time| Count::add(&mut counts, &key, time));
        }
        for (key, sealed) in self.history.count(&segments, &removals, latest, until)? {
            counts.entry(key).and_modify(|count: &mut Count| count.join(&sealed)).or_insert(sealed);
        }
        Ok(counts)
    }

    /// The newest statement about an instant in the tail: a value, or its retraction.
    pub(crate) fn in_tail(&self, key: &SeriesKey, at: Instant) -> Option<Observation> {
        let parts = self.parts.read();
        let says = |o: &&Observation| o.time() == at && o.fact != Fact::Deleted;
        parts.tails().find_map(|tail| tail.get(key)?.iter().rev().find(says)).filter(|found| !parts.removals.removes(found)).cloned()
    }

    /// Values of series, sorted by series and time, corrections applied unless
    /// all versions are asked for. The lives of entities only when they are
    /// asked for by name.
    pub(crate) fn series(&self, authorized: &Authorized<SeriesQuery>) -> Result<Vec<Observation>, Error> {
        let question = authorized.question();
        let (mut tail, segments, removals) = self.parts.read().select(question);
        // What the tail corrects or retracts must not take a place among the first or last.
        let limit = match question.limit {
            SeriesLimit::All => SeriesLimit::All,
            SeriesLimit::First(count) => SeriesLimit::First(count.saturating_add(tail.len())),
            SeriesLimit::Last(count) => SeriesLimit::Last(count.saturating_add(tail.len())),
        };
        let sealed = Authorized::new(&DOOR, SeriesQuery { limit, ..question.clone() });
        let mut all = self.history.read(&sealed, &segments, &removals)?;
        all.append(&mut tail);
        all.sort_by(compare);
        settle(&mut all, question.known == Known::Versions);
        let (life, unnamed) = (series::life(), question.attributes.is_none());
        all.retain(|o| question.asks_for(o) && !(unnamed && o.attribute.name == life));
        Ok(limited(all, question.limit))
    }

    /// Numbers of series in time order, corrections applied. A window over
    /// `observedAt` speaks of [`Observation::time`].
    pub(crate) fn numbers(&self, question: &Authorized<SeriesQuery>) -> Result<Vec<NumberSeries>, Error> {
        let (tail, segments, removals) = self.parts.read().select(question.question());
        let sealed = self.history.numbers(question, &segments, &removals)?;
        let mut by_key: HashMap<SeriesKey, NumberSeries> = sealed.into_iter().map(|series| (series.key.clone(), series)).collect();
        let mut newer: HashMap<SeriesKey, Vec<Observation>> = HashMap::new();
        for observation in tail.into_iter().filter(|o| o.fact != Fact::Deleted) {
            newer.entry(observation.key()).or_default().push(observation);
        }
        for (key, observations) in newer {
            let series = by_key.remove(&key).unwrap_or_else(|| NumberSeries { key: key.clone(), times: Vec::new(), values: Vec::new() });
            by_key.insert(key, overlay(series, observations));
        }
        let mut all: Vec<NumberSeries> = by_key.into_values().filter(|series| !series.times.is_empty()).collect();
        all.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(all)
    }
}

impl Parts {
    /// What is not sealed, the newest first.
    fn tails(&self) -> impl Iterator<Item = &Tail> {
        std::iter::once(&self.tail).chain(self.frozen.as_deref())
    }

    /// What of the tail may bear on the question, and what to read beside it.
    fn select(&self, question: &SeriesQuery) -> (Vec<Observation>, Arc<Vec<Segment>>, Arc<Removals>) {
        let mut found = Vec::new();
        let entities: HashSet<&EntityId> = question.entities.iter().collect();
        for tail in self.tails() {
            let mut take = |observations: &[Observation]| {
                let bears = |o: &&Observation| may_bear(o, question) && !self.removals.removes(o);
                found.extend(observations.iter().filter(bears).cloned());
            };
            let few = question.attributes.as_ref().filter(|_| question.entities.len() < tail.len());
            // Few entities, known attributes: default instances are found by key, the rest by walking.
            for (entity, name) in
                few.into_iter().flat_map(|names| entities.iter().flat_map(move |entity| names.iter().map(move |n| (entity, n))))
            {
                let key = SeriesKey { entity: (*entity).clone(), attribute: *name, dataset: None };
                tail.get(&key).into_iter().for_each(|observations| take(observations));
            }
            let asked = |key: &SeriesKey| {
                entities.contains(&key.entity)
                    && (few.is_none() || key.dataset.is_some())
                    && question.grain.holds(key.dataset.as_ref().map(Iri::as_str))
                    && question.attributes.as_ref().is_none_or(|names| names.contains(&key.attribute))
            };
            tail.iter().filter(|(key, _)| asked(key)).for_each(|(_, observations)| take(observations));
        }
        (found, Arc::clone(&self.segments), Arc::clone(&self.removals))
    }
}

/// Whether it may be part of the answer, or hide something that would be.
fn may_bear(observation: &Observation, question: &SeriesQuery) -> bool {
    let known = match question.known {
        Known::At(instant) => observation.recorded_at <= instant,
        Known::Now | Known::Versions => true,
    };
    let in_time = question.time_property != TimeProperty::ObservedAt || question.window.contains(observation.time());
    known && (in_time || question.window == TimeWindow::ALL)
}

/// The order of a segment.
fn compare(a: &Observation, b: &Observation) -> std::cmp::Ordering {
    let deletion = |o: &Observation| o.fact == Fact::Deleted;
    compare_keys(a, b).then_with(|| a.time().cmp(&b.time())).then_with(|| deletion(a).cmp(&deletion(b))).then_with(|| a.seq.cmp(&b.seq))
}

fn compare_keys(a: &Observation, b: &Observation) -> std::cmp::Ordering {
    a.entity
        .cmp(&b.entity)
        .then_with(|| a.attribute.name.cmp(&b.attribute.name))
        .then_with(|| a.attribute.dataset.cmp(&b.attribute.dataset))
}

/// Leaves of sorted statements about an instant what was written last; of all
/// versions, what each commit said last: the rest was never known.
fn settle(sorted: &mut Vec<Observation>, versions: bool) {
    sorted.dedup_by(|later, kept| {
        let repeats = compare_keys(later, kept).is_eq() && later.same_instant(kept) && (!versions || later.seq == kept.seq);
        if repeats {
            std::mem::swap(later, kept);
        }
        repeats
    });
}

/// Keeps so many per series from one end; the order stays.
fn limited(observations: Vec<Observation>, limit: SeriesLimit) -> Vec<Observation> {
    let (count, newest) = match limit {
        SeriesLimit::All => return observations,
        SeriesLimit::Last(count) => (count, true),
        SeriesLimit::First(count) => (count, false),
    };
    let mut kept = Vec::new();
    for series in observations.chunk_by(|a, b| compare_keys(a, b).is_eq()) {
        let from = if newest { series.len().saturating_sub(count) } else { 0 };
        kept.extend(series[from..].iter().take(count).cloned());
    }
    kept
}

/// Puts newer values over a series.
fn overlay(sealed: NumberSeries, mut newer: Vec<Observation>) -> NumberSeries {
    newer.sort_by(|a, b| a.time().cmp(&b.time()).then_with(|| a.seq.cmp(&b.seq)));
    newer.dedup_by(|later, kept| {
        let repeats = later.time() == kept.time();
        if repeats {
            std::mem::swap(later, kept);
        }
        repeats
    });
    let newer: Vec<(i64, Option<f64>)> = newer.iter().map(|o| (o.time().micros(), number_of(&o.attribute.value))).collect();
    let mut merged = NumberSeries { key: sealed.key, times: Vec::new(), values: Vec::new() };
    let mut old = sealed.times.into_iter().zip(sealed.values).peekable();
    for (time, value) in newer {
        while let Some((old_time, old_value)) = old.next_if(|(old_time, _)| *old_time <= time) {
            if old_time < time {
                merged.times.push(old_time);
                merged.values.push(old_value);
            }
        }
        if let Some(value) = value {
            merged.times.push(time);
            merged.values.push(value);
        }
    }
    for (time, value) in old {
        merged.times.push(time);
        merged.values.push(value);
    }
    merged
}

fn number_of(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| number.is_finite())
}
