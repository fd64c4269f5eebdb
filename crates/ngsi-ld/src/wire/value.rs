//! Values of attributes from JSON.

use model::json::{Document, Node, View};
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
    pub(super) fn member(self) -> &'static str {
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
        Some(match key {
            "value" => "value",
            "object" => "object",
            "languageMap" => "languageMap",
            "vocab" => "vocab",
            "valueList" => "valueList",
            "objectList" => "objectList",
            "json" => "json",
            _ => return None,
        })
    }

    fn of_member(member: &str, node: Node<'_>) -> Self {
        match member {
            "object" => Self::Relationship,
            "languageMap" => Self::Language,
            "vocab" => Self::Vocab,
            "valueList" => Self::List,
            "objectList" => Self::ListRelationship,
            "json" => Self::Json,
            _ if is_geometry_node(node) => Self::Geo,
            _ => Self::Property,
        }
    }
}

/// Whether JSON is a GeoJSON geometry.
pub(super) fn is_geometry(json: &Json) -> bool {
    json.get("type").and_then(Json::as_str).is_some_and(is_geometry_type) && json.get("coordinates").is_some()
}

/// The same of JSON that is being read.
fn is_geometry_node(node: Node<'_>) -> bool {
    node.get("type").and_then(Node::as_str).is_some_and(|kind| is_geometry_type(&kind)) && node.get("coordinates").is_some()
}

fn is_geometry_type(text: &str) -> bool {
    matches!(text, "Point" | "MultiPoint" | "LineString" | "MultiLineString" | "Polygon" | "MultiPolygon")
}

/// The value of an attribute whose type is known or told by the member.
pub(super) fn read(kind: Option<Kind>, member: &'static str, node: Node<'_>, context: &Context) -> Result<Value, Error> {
    let kind = kind.unwrap_or_else(|| Kind::of_member(member, node));
    if kind.member() != member {
        return Err(Error::bad_request(format!("its value must be in `{}`, not in `{member}`", kind.member())));
    }
    match kind {
        Kind::Property => property(node),
        Kind::Geo => geometry(node),
        Kind::Relationship => targets(node).map(Value::Relationship),
        Kind::Language => language_map(node),
        Kind::Vocab => terms("vocab", node, context).map(Value::Vocab),
        Kind::List => list(node),
        Kind::ListRelationship => target_list(node).map(Value::ListRelationship),
        Kind::Json => match node.view() {
            View::Object(_) | View::Array(_) => Ok(Value::JsonProperty(node.to_json())),
            _ => Err(Error::bad_request(format!(
                "`json` must be an object or an array, not {}; a Property holds single values",
                node.kind()
            ))),
        },
    }
}

fn property(node: Node<'_>) -> Result<Value, Error> {
    refuse_nulls(node)?;
    Ok(Value::Property(node.to_json()))
}

/// JSON null and NGSI-LD Null stand nowhere inside values.
fn refuse_nulls(node: Node<'_>) -> Result<(), Error> {
    match node.view() {
        View::Null => Err(Error::bad_request("a value cannot be or hold `null`; leave it out")),
        View::String(text) if text == NULL => Err(Error::bad_request(format!("a value cannot hold `{NULL}`"))),
        View::Array(mut items) => items.try_for_each(refuse_nulls),
        View::Object(mut members) => members.try_for_each(|(_, inner)| refuse_nulls(inner)),
        View::Bool(_) | View::Number(_) | View::String(_) => Ok(()),
    }
}

/// A geometry, also as JSON text (clause 4.7).
fn geometry(node: Node<'_>) -> Result<Value, Error> {
    let read = |node: Node<'_>| Geometry::from_node(node).map(Value::Geo).map_err(|error| Error::bad_request(error.to_string()));
    let Some(text) = node.as_str() else { return read(node) };
    let inner = Document::parse(text.as_bytes())
        .map_err(|error| Error::bad_request(format!("a GeoJSON geometry is expected, not this text: {error}")))?;
    read(inner.root())
}

fn targets(node: Node<'_>) -> Result<Vec<Iri>, Error> {
    match node.as_array() {
        Some(items) if items.len() == 0 => Err(Error::bad_request("`object` is an empty array")),
        Some(items) => items.map(|item| target("object", item)).collect(),
        None => Ok(vec![target("object", node)?]),
    }
}

fn target(member: &str, node: Node<'_>) -> Result<Iri, Error> {
    let text = node.as_str().ok_or_else(|| Error::bad_request(format!("`{member}` must be a URI in quotes, not {}", node.kind())))?;
    if text == NULL {
        return Err(Error::bad_request(format!("`{member}` cannot hold `{NULL}`")));
    }
    Iri::parse(&text).map_err(|error| Error::bad_request(format!("`{member}`: {error}")))
}

fn target_list(node: Node<'_>) -> Result<Vec<Iri>, Error> {
    let items = node.as_array().ok_or_else(|| Error::bad_request(format!("`objectList` must be an array, not {}", node.kind())))?;
    items.map(|item| target("objectList", item.get("object").unwrap_or(item))).collect()
}

fn list(node: Node<'_>) -> Result<Value, Error> {
    let Some(items) = node.as_array() else {
        return Err(Error::bad_request(format!("`valueList` must be an array, not {}", node.kind())));
    };
    items.clone().try_for_each(refuse_nulls)?;
    Ok(Value::List(items.map(Node::to_json).collect()))
}

fn language_map(node: Node<'_>) -> Result<Value, Error> {
    let Some(members) = node.as_object() else {
        return Err(Error::bad_request(format!("`languageMap` must be an object from language tags to texts, not {}", node.kind())));
    };
    if members.len() == 0 {
        return Err(Error::bad_request("`languageMap` is empty"));
    }
    let mut map = Vec::with_capacity(members.len());
    for (tag, texts) in members {
        if tag != "@none" && !is_language_tag(&tag) {
            return Err(Error::bad_request(format!("`languageMap`: `{tag}` is not a language tag such as `de` or `de-AT`, nor `@none`")));
        }
        map.push((Text::from(&*tag), texts_of(&tag, texts)?));
    }
    Ok(Value::Language(map))
}

/// One or several texts of a language.
fn texts_of(tag: &str, node: Node<'_>) -> Result<Vec<Text>, Error> {
    let text = |node: Node<'_>| node.as_str().filter(|text| text != NULL).map(Text::from);
    match node.as_array() {
        Some(items) if items.len() > 0 => items
            .map(|item| {
                text(item).ok_or_else(|| {
                    Error::bad_request(format!("`languageMap`: the texts of `{tag}` must be strings, not {}", item.to_json()))
                })
            })
            .collect(),
        _ => text(node)
            .map(|text| vec![text])
            .ok_or_else(|| Error::bad_request(format!("`languageMap`: `{tag}` must be a text or several, not {}", node.to_json()))),
    }
}

/// Letters, then letters and digits in parts of one to eight (RFC 5646, section 2.1).
fn is_language_tag(tag: &str) -> bool {
    tag.starts_with(|c: char| c.is_ascii_alphabetic())
        && tag.split('-').all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// One or several terms, expanded like names of types.
pub(super) fn terms(member: &str, node: Node<'_>, context: &Context) -> Result<Vec<Name>, Error> {
    let one = |node: Node<'_>| match node.as_str().as_deref() {
        None => Err(Error::bad_request(format!("`{member}` must be a term or an array of terms, not {}", node.kind()))),
        Some(NULL) => Err(Error::bad_request(format!("`{member}` cannot hold `{NULL}`"))),
        Some(term) if member == "vocab" => context.vocabulary_term(term).map_err(|error| error.at(format!("`{member}`"))),
        Some(term) => context.name(term).map_err(|error| error.at(format!("`{member}`"))),
    };
    match node.as_array() {
        Some(items) if items.len() == 0 => Err(Error::bad_request(format!("`{member}` is an empty array"))),
        Some(items) => items.map(one).collect(),
        None => Ok(vec![one(node)?]),
    }
}
