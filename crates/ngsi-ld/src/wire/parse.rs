//! Entities and fragments from JSON, normalized or concise, also mixed.

use engine::{AttributePatch, Fragment};
use model::{Attribute, Entity, EntityId, Instant, Iri, Json, Name, Scope, Text};

use super::instance::{Instance, Parts, Reader};
use super::value::NULL;
use crate::context::{Context, core};
use crate::error::Error;

/// Parses an entity, normalized or concise.
///
/// # Errors
/// The bytes are no JSON, or the JSON is no entity.
pub fn parse_entity(bytes: &[u8], context: &Context) -> Result<Entity, Error> {
    entity(json(bytes)?, context)
}

/// Parses a body.
///
/// # Errors
/// The body is empty or no JSON (InvalidRequest).
pub fn json(bytes: &[u8]) -> Result<Json, Error> {
    if bytes.is_empty() {
        return Err(Error::invalid_request("the body is empty; JSON is expected"));
    }
    model::json::parse(bytes).map_err(|error| Error::invalid_request(format!("the body is not JSON: {error}")))
}

/// Takes the `@context` out of a document.
pub fn take_context(document: &mut Json) -> Option<Json> {
    let Json::Object(members) = document else { return None };
    let index = members.iter().position(|(key, _)| key == "@context")?;
    Some(members.remove(index).1)
}

/// An entity as it is created: id and type are needed, Null is not allowed.
///
/// # Errors
/// Names the member that is wrong.
pub fn entity(document: Json, context: &Context) -> Result<Entity, Error> {
    Draft::read(document, context, false)?.into_entity()
}

/// What a batch upsert with `options=update` brings: an entity, and instances
/// that NGSI-LD Null deletes.
///
/// # Errors
/// As [`entity`].
pub fn entity_with_deletions(document: Json, context: &Context) -> Result<(Entity, Removed), Error> {
    let mut draft = Draft::read(document, context, true)?;
    let removed = std::mem::take(&mut draft.removed);
    Ok((draft.into_entity()?, removed))
}

/// Instances to delete.
pub type Removed = Vec<(Name, Option<Iri>)>;

/// A part of an entity. `id` is that of the path; a batch has it in the body.
/// With `nulls`, NGSI-LD Null deletes (clause 5.5.12).
///
/// # Errors
/// Names the member that is wrong, or that nothing is there.
pub fn fragment(document: Json, context: &Context, id: Option<&EntityId>, nulls: bool) -> Result<Fragment, Error> {
    let draft = Draft::read(document, context, nulls)?;
    let id = match (id, draft.id) {
        (Some(path), Some(body)) if *path != body => {
            return Err(Error::bad_request(format!("the body's `id` `{body}` is not that of the path, `{path}`")));
        }
        (Some(path), _) => path.clone(),
        (None, Some(body)) => body,
        (None, None) => return Err(Error::bad_request("the entity has no `id`")),
    };
    if draft.expires_at.is_some() {
        return Err(Error::bad_request(
            "`expiresAt` of an entity can be set when it is created or replaced by a batch upsert, not by this operation",
        ));
    }
    if draft.attributes.is_empty() && draft.removed.is_empty() && draft.types.is_empty() && draft.scopes.is_none() {
        return Err(Error::bad_request("the body names nothing to write; attributes are expected"));
    }
    Ok(Fragment { id, types: draft.types, scopes: draft.scopes, attributes: draft.attributes, removed: draft.removed })
}

/// What a partial update asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Patch {
    /// Members to replace.
    Members(AttributePatch),
    /// The instance is to go: its value is NGSI-LD Null.
    Delete(Option<Iri>),
}

/// The body of a partial update: an attribute, or some of its members (clause 5.6.4).
///
/// # Errors
/// Names the member that is wrong.
pub fn patch(document: Json, context: &Context, name: Name, key: &str) -> Result<Patch, Error> {
    let Json::Object(members) = document else {
        return Err(Error::bad_request(format!(
            "the body must be an object with members of the attribute `{key}`, not {}",
            document.kind()
        )));
    };
    if members.is_empty() {
        return Err(Error::bad_request("the body is empty; members of the attribute are expected"));
    }
    if members.iter().any(|(member, _)| member == "id" || member == "@id" || member == key) {
        return Err(Error::bad_request(format!("the body must hold the members of the attribute `{key}` itself, not an entity around it")));
    }
    let reader = Reader { context, nulls: true };
    let parts = reader.parts(members).map_err(|error| error.at(format!("attribute `{key}`")))?;
    members_to_replace(parts, context, name).map_err(|error| error.at(format!("attribute `{key}`")))
}

fn members_to_replace(mut parts: Parts, context: &Context, name: Name) -> Result<Patch, Error> {
    let dataset = parts.dataset.take();
    if parts.is_null() {
        return Ok(Patch::Delete(dataset));
    }
    let patch = AttributePatch {
        name,
        dataset,
        observed_at: parts.observed_at,
        unit: parts.unit.take(),
        expires_at: parts.expires_at,
        sub: std::mem::take(&mut parts.sub),
        removed_sub: std::mem::take(&mut parts.removed_sub),
        value: parts.into_value(context)?,
    };
    let nothing = patch.value.is_none()
        && patch.observed_at.is_none()
        && patch.unit.is_none()
        && patch.expires_at.is_none()
        && patch.sub.is_empty()
        && patch.removed_sub.is_empty();
    if nothing {
        return Err(Error::bad_request("the body names nothing to replace"));
    }
    Ok(Patch::Members(patch))
}

/// What was read of an entity.
#[derive(Default)]
struct Draft {
    id: Option<EntityId>,
    types: Vec<Name>,
    scopes: Option<Vec<Scope>>,
    expires_at: Option<Instant>,
    attributes: Vec<Attribute>,
    removed: Vec<(Name, Option<Iri>)>,
}

impl Draft {
    fn read(document: Json, context: &Context, nulls: bool) -> Result<Self, Error> {
        let Json::Object(members) = document else {
            return Err(Error::bad_request(format!("an entity must be an object, not {}", document.kind())));
        };
        let mut draft = Self { attributes: Vec::with_capacity(members.len().saturating_sub(2)), ..Self::default() };
        let reader = Reader { context, nulls };
        for (key, value) in members {
            match key.as_str() {
                "id" | "@id" => draft.id = Some(read_id(value)?),
                "type" | "@type" => draft.types = read_types(value, context)?,
                "scope" => draft.scopes = Some(read_scopes(value, nulls)?),
                "expiresAt" => draft.expires_at = Some(read_instant("expiresAt", &value)?),
                "createdAt" | "modifiedAt" | "deletedAt" => {}
                _ => draft.attribute(&key, value, &reader)?,
            }
        }
        Ok(draft)
    }

    fn into_entity(self) -> Result<Entity, Error> {
        let id = self
            .id
            .ok_or_else(|| Error::bad_request("the entity has no `id`; a URI is expected, for example `urn:ngsi-ld:ParkingSite:P1`"))?;
        if self.types.is_empty() {
            return Err(Error::bad_request(format!("the entity `{id}` has no `type`")));
        }
        Ok(Entity {
            id,
            types: self.types,
            scopes: self.scopes.unwrap_or_default(),
            attributes: self.attributes,
            expires_at: self.expires_at,
            created_at: Instant::from_micros(0),
            modified_at: Instant::from_micros(0),
        })
    }

    fn attribute(&mut self, key: &str, value: Json, reader: &Reader<'_>) -> Result<(), Error> {
        if core::is_non_reified(key) || key.starts_with('@') {
            return Err(Error::bad_request(format!("`{key}` is not the name of an attribute: the core context gives it another meaning")));
        }
        let name = reader.context.name(key)?;
        if self.attributes.iter().any(|known| known.name == name) || self.removed.iter().any(|(known, _)| *known == name) {
            return Err(Error::bad_request(format!("the attribute `{key}` is there twice under different names")));
        }
        let (attributes, removed) = (&mut self.attributes, &mut self.removed);
        reader
            .instances(name, value, &mut |instance| match instance {
                Instance::Is(attribute) => attributes.push(attribute),
                Instance::Gone(dataset) => removed.push((name, dataset)),
            })
            .map_err(|error| error.at(format!("attribute `{key}`")))
    }
}

fn read_id(value: Json) -> Result<EntityId, Error> {
    match value {
        Json::String(text) if text == NULL => Err(Error::bad_request(format!("`id` cannot be `{NULL}`"))),
        Json::String(text) => Iri::parse(&text).map_err(|error| Error::bad_request(format!("`id`: {error}"))),
        other => Err(Error::bad_request(format!("`id` must be a URI in quotes, not {}", other.kind()))),
    }
}

fn read_types(value: Json, context: &Context) -> Result<Vec<Name>, Error> {
    let one = |value: &Json| match value {
        Json::String(text) => context.name(text).map_err(|error| error.at("`type`")),
        other => Err(Error::bad_request(format!("`type` must be a name or an array of names, not {}", other.kind()))),
    };
    match &value {
        Json::Array(items) if items.is_empty() => Err(Error::bad_request("`type` is an empty array; at least one type is expected")),
        Json::Array(items) => {
            let mut types = Vec::with_capacity(items.len());
            for item in items {
                let name = one(item)?;
                if !types.contains(&name) {
                    types.push(name);
                }
            }
            Ok(types)
        }
        single => Ok(vec![one(single)?]),
    }
}

fn read_scopes(value: Json, nulls: bool) -> Result<Vec<Scope>, Error> {
    let one = |value: &Json| match value {
        // The platform's own scopes may hold dashes, those of the standard not (clause 4.18).
        Json::String(text) if text.contains('-') => {
            Err(Error::bad_request(format!("`scope`: `{text}` holds a `-`; levels are letters, digits and `_`, beginning with a letter")))
        }
        Json::String(text) => Scope::parse(text).map_err(|error| Error::bad_request(format!("`scope`: {error}"))),
        other => Err(Error::bad_request(format!("`scope` must be a string or an array of strings, not {}", other.kind()))),
    };
    match &value {
        Json::String(text) if text == NULL && nulls => Ok(Vec::new()),
        Json::Array(items) if items.is_empty() => Err(Error::bad_request("`scope` is an empty array")),
        Json::Array(items) => items.iter().map(one).collect(),
        single => Ok(vec![one(single)?]),
    }
}

/// A DateTime in a member of this name.
pub(super) fn read_instant(member: &str, value: &Json) -> Result<Instant, Error> {
    let text: Option<&Text> = match value {
        Json::String(text) => Some(text),
        // As JSON-LD writes a typed literal.
        Json::Object(_) => value.get("@value").and_then(|inner| if let Json::String(text) = inner { Some(text) } else { None }),
        _ => None,
    };
    let text = text.ok_or_else(|| Error::bad_request(format!("`{member}` must be a DateTime in quotes, not {}", value.kind())))?;
    Instant::parse(text).map_err(|error| Error::bad_request(format!("`{member}`: {error}")))
}
