//! An entity as one line that holds all of it: normalized, with the system's
//! times, under the core context alone, and read back without loss. For data
//! that are carried from one installation to another.

use model::json::{Document, Limits, Node};
use model::{Attribute, Entity, EntityId, Geometry, Instant, Iri, Name, Scope, UnitCode, Value};

use super::instance::hint;
use super::parse::read_instant;
use super::render::{RenderOptions, render_entity};
use super::value::{self, Kind};
use crate::context::Context;
use crate::error::Error;

/// Bounded when they came in; the depth keeps a forged line from exhausting the stack.
const LIMITS: Limits = Limits { depth_max: 256, members_max: usize::MAX };

/// Writes an entity; sealed values are left out.
#[must_use]
pub fn write_record(entity: &Entity) -> String {
    let options = RenderOptions { sys_attrs: true, embed_context: true, ..RenderOptions::default() };
    render_entity(entity, &Context::core(), &options)
}

/// Reads what [`write_record`] wrote.
///
/// # Errors
/// Names the member that is missing or has another shape.
pub fn read_record(line: &[u8]) -> Result<Entity, String> {
    let document = Document::parse_with(line, LIMITS).map_err(|error| error.to_string())?;
    entity(document.root(), &Context::core()).map_err(|error| error.to_string())
}

fn entity(node: Node<'_>, context: &Context) -> Result<Entity, Error> {
    let members = node.as_object().ok_or_else(|| wrong("the line", "an object"))?;
    let id = node.get("id").and_then(Node::as_str).ok_or_else(|| wrong("`id`", "a URI"))?;
    let id: EntityId = Iri::parse(&id).map_err(|error| Error::bad_request(error.to_string()))?;
    let mut entity = Entity {
        id,
        types: Vec::new(),
        scopes: Vec::new(),
        attributes: Vec::new(),
        expires_at: None,
        created_at: needed(node, "createdAt")?,
        modified_at: needed(node, "modifiedAt")?,
    };
    for (key, node) in members {
        match &*key {
            "id" | "createdAt" | "modifiedAt" | "@context" => {}
            "type" => entity.types = one_or_more(node, |text| context.name(text))?,
            "scope" => entity.scopes = one_or_more(node, |text| Scope::parse(text).map_err(|error| Error::bad_request(error.to_string())))?,
            "expiresAt" => entity.expires_at = Some(read_instant("expiresAt", node)?),
            _ => instances(context.name(&key)?, node, context, &mut entity.attributes).map_err(|error| error.at(format!("`{key}`")))?,
        }
    }
    Ok(entity)
}

fn instances(name: Name, node: Node<'_>, context: &Context, into: &mut Vec<Attribute>) -> Result<(), Error> {
    match node.as_array() {
        Some(items) => items.map(|item| instance(name, item, context)).try_for_each(|read| read.map(|attribute| into.push(attribute))),
        None => instance(name, node, context).map(|attribute| into.push(attribute)),
    }
}

fn instance(name: Name, node: Node<'_>, context: &Context) -> Result<Attribute, Error> {
    let members = node.as_object().ok_or_else(|| wrong("an attribute", "an object"))?;
    let kind =
        node.get("type").and_then(Node::as_str).and_then(|text| Kind::from_type(&text)).ok_or_else(|| wrong("`type`", Kind::NAMES))?;
    let mut attribute = Attribute::new(name, value_of(kind, node, context)?);
    attribute.created_at = needed(node, "createdAt")?;
    attribute.modified_at = needed(node, "modifiedAt")?;
    for (key, node) in members {
        if Kind::value_member(&key).is_some() {
            continue;
        }
        match &*key {
            "type" | "createdAt" | "modifiedAt" => {}
            "observedAt" => attribute.observed_at = Some(read_instant("observedAt", node)?),
            "expiresAt" => attribute.expires_at = Some(read_instant("expiresAt", node)?),
            "unitCode" => attribute.unit = Some(UnitCode::new(&node.as_str().ok_or_else(|| wrong("`unitCode`", "a text"))?)),
            "datasetId" => attribute.dataset = Some(one_iri(node)?),
            key => match hint(key, node, context)? {
                // Hints have no members of their own: their times are those of the attribute's last change.
                Some(hint) => {
                    attribute.sub.push(Attribute { created_at: attribute.modified_at, modified_at: attribute.modified_at, ..hint })
                }
                None => instances(context.name(key)?, node, context, &mut attribute.sub).map_err(|error| error.at(format!("`{key}`")))?,
            },
        }
    }
    Ok(attribute)
}

/// The value, however odd: it was kept, so it comes back.
fn value_of(kind: Kind, node: Node<'_>, context: &Context) -> Result<Value, Error> {
    let member = kind.member();
    let node = node.get(member).ok_or_else(|| wrong(&format!("`{member}`"), "a value"))?;
    Ok(match kind {
        Kind::Property => Value::Property(node.to_json()),
        Kind::Json => Value::JsonProperty(node.to_json()),
        Kind::List => Value::List(node.as_array().ok_or_else(|| wrong("`valueList`", "an array"))?.map(Node::to_json).collect()),
        Kind::Geo => Value::Geo(Geometry::from_node(node).map_err(|error| Error::bad_request(error.to_string()))?),
        kind => value::read(Some(kind), member, node, context)?,
    })
}

fn needed(node: Node<'_>, member: &'static str) -> Result<Instant, Error> {
    read_instant(member, node.get(member).ok_or_else(|| wrong(&format!("`{member}`"), "a DateTime"))?)
}

fn one_iri(node: Node<'_>) -> Result<Iri, Error> {
    let text = node.as_str().ok_or_else(|| wrong("`datasetId`", "a URI"))?;
    Iri::parse(&text).map_err(|error| Error::bad_request(error.to_string()))
}

fn one_or_more<T>(node: Node<'_>, read: impl Fn(&str) -> Result<T, Error>) -> Result<Vec<T>, Error> {
    let one = |node: Node<'_>| node.as_str().ok_or_else(|| wrong("an item", "a text")).and_then(|text| read(&text));
    match node.as_array() {
        Some(items) => items.map(one).collect(),
        None => Ok(vec![one(node)?]),
    }
}

fn wrong(what: &str, expected: &str) -> Error {
    Error::bad_request(format!("{what} is missing or has another shape: expected {expected}"))
}
