//! Planning a seal: which observations go into which objects, in which order.

use std::collections::HashMap;

use model::{Json, Observation, SeriesKey, Value};

use crate::columns::Layout;

/// Observations, the order in which files will hold them, and the names of
/// these files. The names are made once: writing the same seal again, after a
/// crash or an error, writes the same objects.
#[derive(Debug, Clone)]
pub struct Seal {
    observations: Vec<Observation>,
    parts: Vec<Part>,
}

/// What one object will hold: places in the observations, sorted by series,
/// time and position in the log.
#[derive(Debug, Clone)]
struct Part {
    object: String,
    order: Vec<usize>,
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
        self.observations.len()
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The objects with their rows; none is empty.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&str, Vec<&Observation>)> {
        self.parts.iter().map(|part| (part.object.as_str(), part.order.iter().map(|place| &self.observations[*place]).collect()))
    }

    pub(crate) fn plan(observations: Vec<Observation>, layout: &Layout) -> Self {
        let mut parts = Vec::new();
        let mut order = Vec::new();
        let mut weight_bytes = 0;
        for place in sorted(&observations) {
            let weight = weight_bytes_of(&observations[place]);
            let full = order.len() >= layout.segment_rows_max || weight_bytes + weight > layout.segment_weight_bytes_max;
            if full && !order.is_empty() {
                parts.push(Part::new(&observations, std::mem::take(&mut order)));
                weight_bytes = 0;
            }
            weight_bytes += weight;
            order.push(place);
        }
        if !order.is_empty() {
            parts.push(Part::new(&observations, order));
        }
        Self { observations, parts }
    }
}

impl Part {
    fn new(observations: &[Observation], order: Vec<usize>) -> Self {
        let (first, last) = span(order.iter().map(|place| observations[*place].seq)).unwrap_or_default();
        let chance = getrandom::u64().expect("the operating system gives random numbers");
        Self { object: format!("{first:012}-{last:012}-{chance:016x}.parquet"), order }
    }
}

/// The least and the greatest.
pub(crate) fn span<T: Ord + Copy>(values: impl Iterator<Item = T>) -> Option<(T, T)> {
    values.fold(None, |span, value| match span {
        None => Some((value, value)),
        Some((least, greatest)) => Some((least.min(value), greatest.max(value))),
    })
}

/// Groups by series first: comparing two times is far cheaper than two ids.
/// What is equal in time and position stays in the order it came.
fn sorted(observations: &[Observation]) -> Vec<usize> {
    let mut groups: HashMap<SeriesKey, usize> = HashMap::new();
    let mut members: Vec<Vec<usize>> = Vec::new();
    let mut last: Option<usize> = None;
    for (place, observation) in observations.iter().enumerate() {
        let group = match last {
            Some(group) if is_same_series(&observations[members[group][0]], observation) => group,
            _ => *groups.entry(observation.key()).or_insert_with(|| {
                members.push(Vec::new());
                members.len() - 1
            }),
        };
        members[group].push(place);
        last = Some(group);
    }
    let mut groups: Vec<(SeriesKey, usize)> = groups.into_iter().collect();
    groups.sort_unstable();
    let mut order = Vec::with_capacity(observations.len());
    for (_, group) in groups {
        let places = &mut members[group];
        places.sort_by_key(|place| (observations[*place].time(), observations[*place].seq));
        order.append(places);
    }
    order
}

fn is_same_series(one: &Observation, two: &Observation) -> bool {
    one.attribute.name == two.attribute.name && one.entity == two.entity && one.attribute.dataset == two.attribute.dataset
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
