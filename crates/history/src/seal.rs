//! Planning a seal: which observations go into which objects, in which order.

use model::{Fact, Json, Observation, Value};

use crate::columns::Layout;

/// Observations in the order in which files will hold them, and the names of
/// these files. The names are made once: writing the same seal again, after a
/// crash or an error, writes the same objects.
#[derive(Debug, Clone)]
pub struct Seal<'a> {
    parts: Vec<Part<'a>>,
}

/// What one object will hold, sorted by series, time and position in the log.
#[derive(Debug, Clone)]
struct Part<'a> {
    object: String,
    rows: Vec<&'a Observation>,
}

impl<'a> Seal<'a> {
    /// Names of the objects that [`crate::History::write`] will make.
    #[must_use]
    pub fn objects(&self) -> Vec<String> {
        self.parts.iter().map(|part| part.object.clone()).collect()
    }

    /// How many observations it holds.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.parts.iter().map(|part| part.rows.len()).sum()
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The objects with their rows; none is empty.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&str, &[&'a Observation])> {
        self.parts.iter().map(|part| (part.object.as_str(), part.rows.as_slice()))
    }

    pub(crate) fn plan(series: impl IntoIterator<Item = &'a [Observation]>, layout: &Layout) -> Self {
        let mut parts = Vec::new();
        let mut rows = Vec::new();
        let mut weight_bytes = 0;
        for observation in sorted(series) {
            let weight = weight_bytes_of(observation);
            let full = rows.len() >= layout.segment_rows_max || weight_bytes + weight > layout.segment_weight_bytes_max;
            if full && !rows.is_empty() {
                parts.push(Part::new(std::mem::take(&mut rows)));
                weight_bytes = 0;
            }
            weight_bytes += weight;
            rows.push(observation);
        }
        if !rows.is_empty() {
            parts.push(Part::new(rows));
        }
        Self { parts }
    }
}

impl<'a> Part<'a> {
    fn new(rows: Vec<&'a Observation>) -> Self {
        let (first, last) = span(rows.iter().map(|row| row.seq)).unwrap_or_default();
        let chance = getrandom::u64().expect("the operating system gives random numbers");
        Self { object: format!("{first:012}-{last:012}-{chance:016x}.parquet"), rows }
    }
}

/// The least and the greatest.
pub(crate) fn span<T: Ord + Copy>(values: impl Iterator<Item = T>) -> Option<(T, T)> {
    values.fold(None, |span, value| match span {
        None => Some((value, value)),
        Some((least, greatest)) => Some((least.min(value), greatest.max(value))),
    })
}

/// Orders series by entity, name and instance, and within one by time and
/// position. Of several statements of one commit about one instant only the
/// last is history: nobody ever knew the others.
fn sorted<'a>(series: impl IntoIterator<Item = &'a [Observation]>) -> impl Iterator<Item = &'a Observation> {
    let mut all: Vec<&[Observation]> = series.into_iter().filter(|observations| !observations.is_empty()).collect();
    all.sort_unstable_by_key(|observations| {
        let Observation { entity, attribute, .. } = &observations[0];
        (entity, attribute.name, &attribute.dataset)
    });
    all.into_iter().flat_map(|observations| {
        let mut rows: Vec<&Observation> = observations.iter().rev().collect();
        rows.sort_by_key(|row| (row.time(), row.seq, row.fact == Fact::Deleted));
        rows.dedup_by(|one, two| one.same_instant(two) && one.seq == two.seq);
        rows
    })
}

/// What a row weighs beside its value and sub-attributes.
pub(crate) const ROW_WEIGHT_BYTES: usize = 64;

/// Roughly what an observation weighs before compression.
pub(crate) fn weight_bytes_of(observation: &Observation) -> usize {
    let sub: usize = observation.attribute.sub.iter().map(|sub| 64 + value_weight(&sub.value)).sum();
    ROW_WEIGHT_BYTES + value_weight(&observation.attribute.value) + sub
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
