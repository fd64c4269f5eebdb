//! Where paths lead: from an entity to the values that are compared.

use crate::{Attribute, Entity, Instant, Json, Name, Text, Value};

use super::{Path, Target};

/// An entity as one reader sees it at one instant.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) entity: &'a Entity,
    pub(super) now: Instant,
    pub(super) visible: &'a dyn Fn(Name) -> bool,
}

/// What a path leads to in one instance.
pub(super) enum Found<'a> {
    Value(&'a Value),
    Instant(Instant),
    Text(&'a str),
}

/// One comparable element of what was found.
#[derive(Clone, Copy)]
pub(super) enum Element<'a> {
    /// JSON of a Property.
    Json(&'a Json),
    /// Text: of a language map, a vocabulary term, a unit.
    Text(&'a str),
    /// The target of a relationship: it has no order and no pattern finds it.
    Target(&'a str),
    /// A time the platform keeps.
    Instant(Instant),
}

impl<'a> View<'a> {
    /// The instances of an attribute this reader sees.
    pub(super) fn instances(self, name: Name) -> impl Iterator<Item = &'a Attribute> {
        let now = self.now;
        let seen = (self.visible)(name);
        self.entity.attributes.iter().filter(move |a| seen && a.name == name && is_readable(a, now))
    }

    /// Hands everything the path leads to to `test`, until it is satisfied.
    pub(super) fn any(self, path: &Path, test: &mut dyn FnMut(Found) -> bool) -> bool {
        match path.attribute {
            Some(name) => self.instances(name).any(|instance| walk(instance, &path.sub, self.now, path.target, test)),
            None => path.sub.is_empty() && of_entity(self.entity, path.target).is_some_and(test),
        }
    }
}

/// Expired instances are gone at once (NGSI-LD V1.9.1, clause 4.22); sealed ones only the engine opens.
pub(super) fn is_readable(instance: &Attribute, now: Instant) -> bool {
    instance.expires_at.is_none_or(|end| now < end) && !matches!(instance.value, Value::Sealed(_))
}

/// Sub-attributes follow the visibility of their attribute: classes are declared for attributes.
fn walk(instance: &Attribute, sub: &[Name], now: Instant, target: Target, test: &mut dyn FnMut(Found) -> bool) -> bool {
    match sub.split_first() {
        None => of_attribute(instance, target).is_some_and(test),
        Some((next, rest)) => {
            instance.sub.iter().filter(|a| a.name == *next && is_readable(a, now)).any(|a| walk(a, rest, now, target, test))
        }
    }
}

/// What of the entity itself a target means: its times.
pub(super) fn of_entity<'a>(entity: &Entity, target: Target) -> Option<Found<'a>> {
    match target {
        Target::CreatedAt => Some(Found::Instant(entity.created_at)),
        Target::ModifiedAt => Some(Found::Instant(entity.modified_at)),
        Target::Value | Target::ObservedAt | Target::UnitCode | Target::DatasetId => None,
    }
}

/// What of one instance a target means.
pub(super) fn of_attribute(instance: &Attribute, target: Target) -> Option<Found<'_>> {
    match target {
        Target::Value => Some(Found::Value(&instance.value)),
        Target::ObservedAt => instance.observed_at.map(Found::Instant),
        Target::CreatedAt => Some(Found::Instant(instance.created_at)),
        Target::ModifiedAt => Some(Found::Instant(instance.modified_at)),
        Target::UnitCode => instance.unit.as_ref().map(|unit| Found::Text(unit.code())),
        Target::DatasetId => instance.dataset.as_ref().map(|iri| Found::Text(iri.as_str())),
    }
}

/// Visits the elements of what was found, walking down `within`. Answers
/// whether there is anything: a member that does not exist is a missing
/// attribute (NGSI-LD V1.9.1, clause 4.9).
pub(super) fn elements(found: &Found, within: &[Text], visit: &mut dyn FnMut(Element)) -> bool {
    match found {
        Found::Value(value) => of_value(value, within, visit),
        Found::Instant(_) | Found::Text(_) if !within.is_empty() => false,
        Found::Instant(instant) => {
            visit(Element::Instant(*instant));
            true
        }
        Found::Text(text) => {
            visit(Element::Text(text));
            true
        }
    }
}

fn of_value(value: &Value, within: &[Text], visit: &mut dyn FnMut(Element)) -> bool {
    match value {
        Value::Property(json) | Value::JsonProperty(json) => of_json(json, within, visit),
        Value::List(items) if within.is_empty() => {
            items.iter().for_each(|item| visit(Element::Json(item)));
            true
        }
        Value::List(items) => of_each(items, within, visit),
        Value::Geo(geometry) => within.is_empty() || of_json(&geometry.to_json(), within, visit),
        Value::Language(map) => of_language(map, within, visit),
        Value::Relationship(targets) | Value::ListRelationship(targets) if within.is_empty() => {
            targets.iter().for_each(|iri| visit(Element::Target(iri.as_str())));
            true
        }
        Value::Vocab(terms) if within.is_empty() => {
            terms.iter().for_each(|term| visit(Element::Text(term.iri())));
            true
        }
        Value::Relationship(_) | Value::ListRelationship(_) | Value::Vocab(_) | Value::Sealed(_) => false,
    }
}

fn of_json(json: &Json, within: &[Text], visit: &mut dyn FnMut(Element)) -> bool {
    match (within.split_first(), json) {
        (None, Json::Array(items)) => {
            items.iter().for_each(|item| visit(Element::Json(item)));
            true
        }
        (None, json) => {
            visit(Element::Json(json));
            true
        }
        (Some((member, rest)), Json::Object(_)) => json.get(member).is_some_and(|inner| of_json(inner, rest, visit)),
        (Some(_), Json::Array(items)) => of_each(items, within, visit),
        (Some(_), _) => false,
    }
}

/// Walks into every element, also after the first that leads somewhere.
fn of_each(items: &[Json], within: &[Text], visit: &mut dyn FnMut(Element)) -> bool {
    let mut there = false;
    for item in items {
        there |= of_json(item, within, visit);
    }
    there
}

/// `[]` and `[*]` are any language, `[de]` that one; tags are compared without case (RFC 5646, section 2.1.1).
fn of_language(map: &[(Text, Vec<Text>)], within: &[Text], visit: &mut dyn FnMut(Element)) -> bool {
    let wanted = match within {
        [] => "*",
        [tag] => tag.as_str(),
        _ => return false,
    };
    let mut there = false;
    for (_, texts) in map.iter().filter(|(tag, _)| wanted == "*" || tag.eq_ignore_ascii_case(wanted)) {
        there = true;
        texts.iter().for_each(|text| visit(Element::Text(text)));
    }
    there
}
