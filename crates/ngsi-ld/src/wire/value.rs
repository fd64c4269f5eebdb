//! Values of attributes from JSON.

use model::{Geometry, Iri, Json, Name, Text, Value};

use crate::context::Context;
use crate::error::Error;

/// NGSI-LD Null (V1.9.1, clause 4.5.0).
pub(super) const NULL: &str = "urn:ngsi-ld:null";

/// The types of attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Property,
    Geo,
    Relationship,
    Language,
    Vocab,
    List,
    ListRelationship,
    Json,
}

impl Kind {
    /// The names, for messages.
    pub(super) const NAMES: &str =
        "Property, GeoProperty, Relationship, LanguageProperty, VocabProperty, ListProperty, ListRelationship or JsonProperty";

    pub(super) fn from_type(text: &str) -> Option<Self> {
        Some(match text {
            "Property" => Self::Property,
            "GeoProperty" => Self::Geo,
            "Relationship" => Self::Relationship,
            "LanguageProperty" => Self::Language,
            "VocabProperty" => Self::Vocab,
            "ListProperty" => Self::List,
            "ListRelationship" => Self::ListRelationship,
            "JsonProperty" => Self::Json,
            _ => return None,
        })
    }

    /// The member that holds the value.
    fn member(self) -> &'static str {
        match self {
            Self::Property | Self::Geo => "value",
            Self::Relationship => "object",
            Self::Language => "languageMap",
            Self::Vocab => "vocab",
            Self::List => "valueList",
            Self::ListRelationship => "objectList",
            Self::Json => "json",
        }
    }

    /// The name of a value member, if this is one.
    pub(super) fn value_member(key: &str) -> Option<&'static str> {
        ["value", "object", "languageMap", "vocab", "valueList", "objectList", "json"].into_iter().find(|member| *member == key)
    }

    fn of_member(member: &str, json: &Json) -> Self {
        match member {
            "object" => Self::Relationship,
            "languageMap" => Self::Language,
            "vocab" => Self::Vocab,
            "valueList" => Self::List,
            "objectList" => Self::ListRelationship,
            "json" => Self::Json,
            _ if is_geometry(json) => Self::Geo,
            _ => Self::Property,
        }
    }
}

/// Whether JSON is a GeoJSON geometry.
pub(super) fn is_geometry(json: &Json) -> bool {
    let kind = json.get("type").and_then(Json::as_str);
    let known = matches!(kind, Some("Point" | "MultiPoint" | "LineString" | "MultiLineString" | "Polygon" | "MultiPolygon"));
    known && json.get("coordinates").is_some()
}

/// A value without an attribute around it, as the concise form has it.
pub(super) fn bare(json: Json) -> Result<Value, Error> {
    if is_geometry(&json) { geometry(&json) } else { property(json) }
}

/// The value of an attribute whose type is known or told by the member.
pub(super) fn read(kind: Option<Kind>, member: &'static str, json: Json, context: &Context) -> Result<Value, Error> {
    let kind = kind.unwrap_or_else(|| Kind::of_member(member, &json));
    if kind.member() != member {
        return Err(Error::bad_request(format!("its value must be in `{}`, not in `{member}`", kind.member())));
    }
    match kind {
        Kind::Property => property(json),
        Kind::Geo => geometry(&json),
        Kind::Relationship => targets(&json).map(Value::Relationship),
        Kind::Language => language_map(json),
        Kind::Vocab => terms("vocab", &json, context).map(Value::Vocab),
        Kind::List => list(json),
        Kind::ListRelationship => target_list(&json).map(Value::ListRelationship),
        Kind::Json => match json {
            Json::Object(_) | Json::Array(_) => Ok(Value::JsonProperty(json)),
            other => Err(Error::bad_request(format!(
                "`json` must be an object or an array, not {}; a Property holds single values",
                other.kind()
            ))),
        },
    }
}

fn property(json: Json) -> Result<Value, Error> {
    refuse_nulls(&json)?;
    Ok(Value::Property(json))
}

/// JSON null and NGSI-LD Null stand nowhere inside values.
fn refuse_nulls(json: &Json) -> Result<(), Error> {
    match json {
        Json::Null => Err(Error::bad_request("a value cannot be or hold `null`; leave it out")),
        Json::String(text) if text == NULL => Err(Error::bad_request(format!("a value cannot hold `{NULL}`"))),
        Json::Array(items) => items.iter().try_for_each(refuse_nulls),
        Json::Object(members) => members.iter().try_for_each(|(_, inner)| refuse_nulls(inner)),
        Json::Bool(_) | Json::Number(_) | Json::String(_) => Ok(()),
    }
}

/// A geometry, also as JSON text (clause 4.7).
fn geometry(json: &Json) -> Result<Value, Error> {
    if let Json::String(text) = json {
        let inner = model::json::parse(text.as_bytes())
            .map_err(|error| Error::bad_request(format!("a GeoJSON geometry is expected, not this text: {error}")))?;
        return Geometry::from_json(&inner).map(Value::Geo).map_err(|error| Error::bad_request(error.to_string()));
    }
    Geometry::from_json(json).map(Value::Geo).map_err(|error| Error::bad_request(error.to_string()))
}

fn targets(json: &Json) -> Result<Vec<Iri>, Error> {
    match json {
        Json::Array(items) if items.is_empty() => Err(Error::bad_request("`object` is an empty array")),
        Json::Array(items) => items.iter().map(|item| target("object", item)).collect(),
        single => Ok(vec![target("object", single)?]),
    }
}

fn target(member: &str, json: &Json) -> Result<Iri, Error> {
    let text = json.as_str().ok_or_else(|| Error::bad_request(format!("`{member}` must be a URI in quotes, not {}", json.kind())))?;
    if text == NULL {
        return Err(Error::bad_request(format!("`{member}` cannot hold `{NULL}`")));
    }
    Iri::parse(text).map_err(|error| Error::bad_request(format!("`{member}`: {error}")))
}

fn target_list(json: &Json) -> Result<Vec<Iri>, Error> {
    let items = json.as_array().ok_or_else(|| Error::bad_request(format!("`objectList` must be an array, not {}", json.kind())))?;
    items.iter().map(|item| target("objectList", item.get("object").unwrap_or(item))).collect()
}

fn list(json: Json) -> Result<Value, Error> {
    let Json::Array(items) = json else {
        return Err(Error::bad_request(format!("`valueList` must be an array, not {}", json.kind())));
    };
    items.iter().try_for_each(refuse_nulls)?;
    Ok(Value::List(items))
}

fn language_map(json: Json) -> Result<Value, Error> {
    let Json::Object(members) = json else {
        return Err(Error::bad_request(format!("`languageMap` must be an object from language tags to texts, not {}", json.kind())));
    };
    if members.is_empty() {
        return Err(Error::bad_request("`languageMap` is empty"));
    }
    let texts = |tag: &Text, value: Json| match value {
        Json::String(text) if text != NULL => Ok(vec![text]),
        Json::Array(items) if !items.is_empty() => items
            .into_iter()
            .map(|item| match item {
                Json::String(text) if text != NULL => Ok(text),
                other => Err(Error::bad_request(format!("`languageMap`: the texts of `{tag}` must be strings, not {other}"))),
            })
            .collect(),
        other => Err(Error::bad_request(format!("`languageMap`: `{tag}` must be a text or several, not {other}"))),
    };
    let mut map = Vec::with_capacity(members.len());
    for (tag, value) in members {
        if tag != "@none" && !is_language_tag(&tag) {
            return Err(Error::bad_request(format!("`languageMap`: `{tag}` is not a language tag such as `de` or `de-AT`, nor `@none`")));
        }
        let texts = texts(&tag, value)?;
        map.push((tag, texts));
    }
    Ok(Value::Language(map))
}

/// Letters, then letters and digits in parts of one to eight (RFC 5646, section 2.1).
fn is_language_tag(tag: &str) -> bool {
    tag.starts_with(|c: char| c.is_ascii_alphabetic())
        && tag.split('-').all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// One or several terms, expanded like names of types.
pub(super) fn terms(member: &str, json: &Json, context: &Context) -> Result<Vec<Name>, Error> {
    let one = |json: &Json| match json.as_str() {
        None => Err(Error::bad_request(format!("`{member}` must be a term or an array of terms, not {}", json.kind()))),
        Some(NULL) => Err(Error::bad_request(format!("`{member}` cannot hold `{NULL}`"))),
        Some(term) if member == "vocab" => context.vocabulary_term(term).map_err(|error| error.at(format!("`{member}`"))),
        Some(term) => context.name(term).map_err(|error| error.at(format!("`{member}`"))),
    };
    match json {
        Json::Array(items) if items.is_empty() => Err(Error::bad_request(format!("`{member}` is an empty array"))),
        Json::Array(items) => items.iter().map(one).collect(),
        single => Ok(vec![one(single)?]),
    }
}
