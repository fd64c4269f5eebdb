//! Planning a seal: which observations go into which objects, in which order.

use std::collections::HashMap;

use model::{Json, Observation, SeriesKey, Value};

use crate::columns::Layout;

/// Observations in the order of their files, with the names of the objects
/// that will hold them. The names are made once: writing the same seal again,
/// after a crash or an error, writes the same objects.
#[derive(Debug, Clone)]
pub struct Seal {
    pub(crate) parts: Vec<Part>,
}

/// The observations of one object, sorted by series, time and position in the log.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) object: String,
    pub(crate) observations: Vec<Observation>,
}

impl Seal {
    /// Names of the objects that [`crate::History::write`] will make.
    #[must_use]
    pub fn objects(&self) -> Vec<String> {
        self.parts.iter().map(|part| part.object.clone()).collect()
    }

    /// How many observations it holds.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.parts.iter().map(|part| part.observations.len()).sum()
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    pub(crate) fn plan(observations: Vec<Observation>, layout: &Layout) -> Self {
        let mut parts = Vec::new();
        let mut current = Vec::new();
        let mut weight_bytes = 0;
        for observation in sorted(observations) {
            let weight = weight_bytes_of(&observation);
            let full = current.len() >= layout.segment_rows_max || weight_bytes + weight > layout.segment_weight_bytes_max;
            if full && !current.is_empty() {
                parts.push(Part::new(std::mem::take(&mut current)));
                weight_bytes = 0;
            }
            weight_bytes += weight;
            current.push(observation);
        }
        if !current.is_empty() {
            parts.push(Part::new(current));
        }
        Self { parts }
    }
}

impl Part {
    fn new(observations: Vec<Observation>) -> Self {
        let (first, last) = seq_span(&observations);
        let chance = getrandom::u64().expect("the operating system gives random numbers");
        Self { object: format!("{first:012}-{last:012}-{chance:016x}.parquet"), observations }
    }
}

/// First and last position in the log.
pub(crate) fn seq_span(observations: &[Observation]) -> (u64, u64) {
    let first = observations.iter().map(|o| o.seq).min().unwrap_or_default();
    let last = observations.iter().map(|o| o.seq).max().unwrap_or_default();
    (first, last)
}

/// Groups by series first: comparing two times is far cheaper than two ids.
/// What is equal in time and position stays in the order it came.
fn sorted(observations: Vec<Observation>) -> Vec<Observation> {
    let rows = observations.len();
    let mut places: HashMap<SeriesKey, usize> = HashMap::new();
    let mut groups: Vec<(SeriesKey, Vec<Observation>)> = Vec::new();
    let mut last: Option<usize> = None;
    for observation in observations {
        let place = match last {
            Some(place) if is_of(&groups[place].0, &observation) => place,
            _ => *places.entry(observation.key()).or_insert_with_key(|key| {
                groups.push((key.clone(), Vec::new()));
                groups.len() - 1
            }),
        };
        groups[place].1.push(observation);
        last = Some(place);
    }
    groups.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    let mut all = Vec::with_capacity(rows);
    for (_, mut group) in groups {
        group.sort_by_key(|o| (o.time(), o.seq));
        all.append(&mut group);
    }
    all
}

fn is_of(key: &SeriesKey, observation: &Observation) -> bool {
    key.attribute == observation.attribute.name && key.entity == observation.entity && key.dataset == observation.attribute.dataset
}

/// Roughly what an observation weighs before compression.
pub(crate) fn weight_bytes_of(observation: &Observation) -> usize {
    let sub: usize = observation.attribute.sub.iter().map(|sub| 64 + value_weight(&sub.value)).sum();
    64 + value_weight(&observation.attribute.value) + sub
}

fn value_weight(value: &Value) -> usize {
    match value {
        Value::Property(json) | Value::JsonProperty(json) => json_weight(json),
        Value::List(items) => items.iter().map(json_weight).sum(),
        Value::Geo(geometry) => {
            let mut positions = 0;
            geometry.visit_positions(&mut |_| positions += 1);
            32 + positions * 40
        }
        Value::Relationship(targets) | Value::ListRelationship(targets) => targets.iter().map(|iri| iri.as_str().len()).sum(),
        Value::Vocab(terms) => terms.iter().map(|term| term.iri().len()).sum(),
        Value::Language(map) => map.iter().flat_map(|(_, texts)| texts).map(|text| 8 + text.len()).sum(),
        Value::Sealed(sealed) => 48 + sealed.ciphertext.len(),
    }
}

fn json_weight(json: &Json) -> usize {
    match json {
        Json::Null | Json::Bool(_) => 4,
        Json::Number(number) => number.text().len(),
        Json::String(text) => text.len(),
        Json::Array(items) => items.iter().map(json_weight).sum(),
        Json::Object(members) => members.iter().map(|(name, value)| name.len() + json_weight(value)).sum(),
    }
}
