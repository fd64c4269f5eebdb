//! The past of a tenant: sealed segments and the unsealed tail, seen as one.

mod buckets;
mod seal;

use std::collections::HashMap;
use std::sync::Arc;

use history::History;
use model::series::{SeriesLimit, SeriesQuery};
use model::time::TimeProperty;
use model::{Authorized, Instant, NumberSeries, Observation, Segment, SeriesKey, Value};
use parking_lot::{Mutex, RwLock};
use store::TenantStore;

pub(crate) use buckets::fill;
pub use buckets::{Bucket, BucketQuery, BucketSeries, Period};

use crate::Error;

/// The past of a tenant.
pub(crate) struct Past {
    history: History,
    store: TenantStore,
    /// Changes together: what a seal moves from the tail to the segments.
    parts: RwLock<Parts>,
    /// One seal at a time.
    sealing: Mutex<()>,
}

#[derive(Default)]
struct Parts {
    tail: HashMap<SeriesKey, Vec<Observation>>,
    tail_len: usize,
    segments: Arc<Vec<Segment>>,
    sealed_upto: u64,
}

impl Past {
    pub(crate) fn open(store: TenantStore) -> Result<Self, Error> {
        let history = History::open(&store.history_folder())?;
        for (intent, objects) in store.open_intents()? {
            seal::undo(&history, &store, intent, &objects)?;
        }
        let (segments, sealed_upto) = store.segments()?;
        let parts = Parts { segments: Arc::new(segments), sealed_upto, ..Parts::default() };
        Ok(Self { history, store, parts: RwLock::new(parts), sealing: Mutex::new(()) })
    }

    /// Up to which position of the log all values are sealed.
    pub(crate) fn sealed_upto(&self) -> u64 {
        self.parts.read().sealed_upto
    }

    pub(crate) fn tail_len(&self) -> usize {
        self.parts.read().tail_len
    }

    pub(crate) fn segments_len(&self) -> usize {
        self.parts.read().segments.len()
    }

    /// Adds what was just committed.
    pub(crate) fn extend(&self, observations: Vec<Observation>) {
        let mut parts = self.parts.write();
        parts.tail_len += observations.len();
        for observation in observations {
            parts.tail.entry(observation.key()).or_default().push(observation);
        }
    }

    /// The newest value for an instant in the tail.
    pub(crate) fn in_tail(&self, key: &SeriesKey, at: Instant) -> Option<Observation> {
        self.parts.read().tail.get(key)?.iter().rev().find(|o| o.time() == at).cloned()
    }

    /// Values of series, sorted by series and time, corrections applied.
    pub(crate) fn series(&self, question: &Authorized<SeriesQuery>) -> Result<Vec<Observation>, Error> {
        let (mut tail, segments) = self.parts.read().select(question.question());
        let mut all = self.history.read(question, &segments)?;
        all.append(&mut tail);
        all.sort_by(|a, b| compare_keys(a, b).then_with(|| a.time().cmp(&b.time())).then_with(|| b.seq.cmp(&a.seq)));
        all.dedup_by(|later, kept| compare_keys(later, kept).is_eq() && later.time() == kept.time());
        Ok(limit(all, question.question().limit))
    }

    /// Numbers of series in time order, corrections applied.
    pub(crate) fn numbers(&self, question: &Authorized<SeriesQuery>) -> Result<Vec<NumberSeries>, Error> {
        let (tail, segments) = self.parts.read().select(question.question());
        let sealed = self.history.numbers(question, &segments)?;
        let mut by_key: HashMap<SeriesKey, NumberSeries> = sealed.into_iter().map(|series| (series.key.clone(), series)).collect();
        let mut newer: HashMap<SeriesKey, Vec<Observation>> = HashMap::new();
        for observation in tail {
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
    /// What of the tail is asked for, and the segments to read beside it.
    fn select(&self, question: &SeriesQuery) -> (Vec<Observation>, Arc<Vec<Segment>>) {
        let mut found = Vec::new();
        let asked = |key: &SeriesKey| question.attributes.as_ref().is_none_or(|names| names.contains(&key.attribute));
        let mut take = |observations: &[Observation]| found.extend(observations.iter().filter(|o| in_window(o, question)).cloned());
        match (&question.attributes, question.entities.len() < self.tail.len()) {
            (Some(names), true) => {
                // Few entities, known attributes: default instances are found by key, the rest by walking only when there are any.
                let entities: std::collections::HashSet<_> = question.entities.iter().collect();
                for entity in &entities {
                    for name in names {
                        let key = SeriesKey { entity: (*entity).clone(), attribute: *name, dataset: None };
                        self.tail.get(&key).into_iter().for_each(|observations| take(observations));
                    }
                }
                self.tail
                    .iter()
                    .filter(|(key, _)| key.dataset.is_some() && entities.contains(&key.entity) && asked(key))
                    .for_each(|(_, observations)| take(observations));
            }
            _ => {
                let entities: std::collections::HashSet<_> = question.entities.iter().collect();
                self.tail
                    .iter()
                    .filter(|(key, _)| entities.contains(&key.entity) && asked(key))
                    .for_each(|(_, observations)| take(observations));
            }
        }
        (found, Arc::clone(&self.segments))
    }
}

fn in_window(observation: &Observation, question: &SeriesQuery) -> bool {
    let time = match question.time_property {
        TimeProperty::ObservedAt => observation.attribute.observed_at,
        TimeProperty::CreatedAt => Some(observation.attribute.created_at),
        TimeProperty::ModifiedAt => Some(observation.attribute.modified_at),
        TimeProperty::DeletedAt => None,
    };
    // Values nobody gave an observation time are part of all of time.
    let everything = question.window == model::TimeWindow::ALL && question.time_property == TimeProperty::ObservedAt;
    time.map_or(everything, |time| question.window.contains(time))
}

fn compare_keys(a: &Observation, b: &Observation) -> std::cmp::Ordering {
    a.entity
        .cmp(&b.entity)
        .then_with(|| a.attribute.name.cmp(&b.attribute.name))
        .then_with(|| a.attribute.dataset.cmp(&b.attribute.dataset))
}

/// Keeps so many per series from one end; the order stays.
fn limit(observations: Vec<Observation>, limit: SeriesLimit) -> Vec<Observation> {
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
    newer.sort_by(|a, b| a.time().cmp(&b.time()).then_with(|| b.seq.cmp(&a.seq)));
    newer.dedup_by(|later, kept| later.time() == kept.time());
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
