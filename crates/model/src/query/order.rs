//! The order of entities.

use std::cmp::Ordering;

use super::reach::{Found, is_readable, of_attribute, of_entity};
use super::{OrderBy, OrderKey, Path, number};
use crate::{Attribute, Entity, Instant, Json, Name, Number, Text, Value};

impl OrderKey {
    /// How two entities lie by this key, looking only at what `visible` lets
    /// through and has not expired. Across types: number, string, object,
    /// array, boolean, time, date, DateTime, null, missing (NGSI-LD V1.9.1,
    /// clause 4.23); strings by code point. Descending turns all of that
    /// around. Equal entities are told apart by the caller, by their ids.
    #[must_use]
    pub fn compare(&self, a: &Entity, b: &Entity, now: Instant, visible: &dyn Fn(&Entity, Name) -> bool) -> Ordering {
        let order = match &self.by {
            OrderBy::Id => a.id.cmp(&b.id),
            OrderBy::CreatedAt => a.created_at.cmp(&b.created_at),
            OrderBy::ModifiedAt => a.modified_at.cmp(&b.modified_at),
            OrderBy::Path(path) => {
                let (sees_a, sees_b) = (|name| visible(a, name), |name| visible(b, name));
                key(a, path, now, &sees_a, |key_a| key(b, path, now, &sees_b, |key_b| key_a.compare(key_b)))
            }
        };
        if self.descending { order.reverse() } else { order }
    }
}

/// What an entity is ordered by.
enum Key<'a> {
    Number(&'a Number),
    Text(&'a str),
    Object,
    Array(Vec<Key<'a>>),
    Bool(bool),
    Time(&'a str),
    Date(&'a str),
    DateTime(Instant),
    Null,
    Missing,
}

impl Key<'_> {
    fn rank(&self) -> u8 {
        match self {
            Self::Number(_) => 0,
            Self::Text(_) => 1,
            Self::Object => 2,
            Self::Array(_) => 3,
            Self::Bool(_) => 4,
            Self::Time(_) => 5,
            Self::Date(_) => 6,
            Self::DateTime(_) => 7,
            Self::Null => 8,
            Self::Missing => 9,
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => number::compare(a, b),
            (Self::Text(a), Self::Text(b)) | (Self::Date(a), Self::Date(b)) => a.cmp(b),
            // Without its zone mark, so that a fraction comes after none.
            (Self::Time(a), Self::Time(b)) => a.trim_end_matches('Z').cmp(b.trim_end_matches('Z')),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::DateTime(a), Self::DateTime(b)) => a.cmp(b),
            (Self::Array(a), Self::Array(b)) => {
                let first = a.iter().zip(b).map(|(a, b)| a.compare(b)).find(|order| order.is_ne());
                first.unwrap_or_else(|| a.len().cmp(&b.len()))
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

/// Hands the key of an entity to `then`: that of the default instance, else of the first.
fn key<T>(entity: &Entity, path: &Path, now: Instant, visible: &dyn Fn(Name) -> bool, then: impl FnOnce(&Key) -> T) -> T {
    let Some(name) = path.attribute else {
        let found = of_entity(entity, path.target).filter(|_| path.sub.is_empty());
        return then(&found.map_or(Key::Missing, |found| of_found(&found, &path.within)));
    };
    let all = if visible(name) { entity.attributes.as_slice() } else { &[] };
    let mut instance = pick(all, name, now);
    for next in &path.sub {
        instance = instance.and_then(|outer| pick(&outer.sub, *next, now));
    }
    match instance.and_then(|instance| of_attribute(instance, path.target)) {
        None => then(&Key::Missing),
        // A place is an object; its members are rendered to be walked.
        Some(Found::Value(Value::Geo(place))) => then(&of_json(&place.to_json(), &path.within)),
        Some(found) => then(&of_found(&found, &path.within)),
    }
}

fn pick(all: &[Attribute], name: Name, now: Instant) -> Option<&Attribute> {
    let mut instances = all.iter().filter(|a| a.name == name && is_readable(a, now));
    let first = instances.next()?;
    if first.dataset.is_none() {
        return Some(first);
    }
    instances.find(|a| a.dataset.is_none()).or(Some(first))
}

fn of_found<'a>(found: &Found<'a>, within: &[Text]) -> Key<'a> {
    match found {
        Found::Value(value) => of_value(value, within),
        Found::Instant(_) | Found::Text(_) if !within.is_empty() => Key::Missing,
        Found::Instant(instant) => Key::DateTime(*instant),
        Found::Text(text) => Key::Text(text),
    }
}

fn of_value<'a>(value: &'a Value, within: &[Text]) -> Key<'a> {
    match value {
        Value::Property(json) | Value::JsonProperty(json) => of_json(json, within),
        Value::Language(map) => of_language(map, within),
        Value::List(items) if within.is_empty() => Key::Array(items.iter().map(|item| of_json(item, &[])).collect()),
        Value::Relationship(targets) if within.is_empty() => one_or_all(targets.iter().map(|iri| Key::Text(iri.as_str()))),
        Value::ListRelationship(targets) if within.is_empty() => Key::Array(targets.iter().map(|iri| Key::Text(iri.as_str())).collect()),
        Value::Vocab(terms) if within.is_empty() => one_or_all(terms.iter().map(|term| Key::Text(term.iri()))),
        Value::Geo(_) if within.is_empty() => Key::Object,
        _ => Key::Missing,
    }
}

fn one_or_all<'a>(keys: impl Iterator<Item = Key<'a>>) -> Key<'a> {
    let mut keys: Vec<Key> = keys.collect();
    if keys.len() == 1 { keys.remove(0) } else { Key::Array(keys) }
}

fn of_language<'a>(map: &'a [(Text, Vec<Text>)], within: &[Text]) -> Key<'a> {
    let [wanted] = within else {
        return if within.is_empty() { Key::Object } else { Key::Missing };
    };
    let texts = map.iter().find(|(tag, _)| wanted == "*" || tag.eq_ignore_ascii_case(wanted));
    texts.map_or(Key::Missing, |(_, texts)| one_or_all(texts.iter().map(|text| Key::Text(text))))
}

fn of_json<'a>(json: &'a Json, within: &[Text]) -> Key<'a> {
    let mut inner = json;
    for member in within {
        match inner.get(member) {
            Some(next) => inner = next,
            None => return Key::Missing,
        }
    }
    match inner {
        Json::Null => Key::Null,
        Json::Bool(truth) => Key::Bool(*truth),
        Json::Number(number) => Key::Number(number),
        Json::String(text) => Key::Text(text),
        Json::Array(items) => Key::Array(items.iter().map(|item| of_json(item, &[])).collect()),
        Json::Object(_) => of_typed(inner),
    }
}

/// A typed literal is ordered by its type; one whose text is none of that type as the text it is.
fn of_typed(object: &Json) -> Key<'_> {
    let Some(value) = object.get("@value") else { return Key::Object };
    let Some(text) = value.as_str() else { return of_json(value, &[]) };
    let kind = object.get("@type").and_then(Json::as_str).unwrap_or("");
    match kind.rsplit(['/', '#', ':']).next().unwrap_or("") {
        "Time" | "time" => Key::Time(text),
        "Date" | "date" => Key::Date(text),
        "DateTime" | "dateTime" => Instant::parse_any_precision(text).map_or(Key::Text(text), Key::DateTime),
        _ => Key::Text(text),
    }
}
