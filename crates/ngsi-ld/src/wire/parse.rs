//! Entities and fragments from JSON, normalized or concise, also mixed.

use std::borrow::Cow;

use engine::{AttributePatch, Edit, Fragment};
use model::json::{Document, Node};
use model::{Entity, EntityId, Instant, Iri, Name, Scope};

use super::instance::{Instances, Parts, Reader, edit};
use super::value::NULL;
use crate::context::{Context, core};
use crate::error::Error;

/// Parses an entity, normalized or concise.
///
/// # Errors
/// The bytes are no JSON, or the JSON is no entity.
pub fn parse_entity(bytes: &[u8], context: &Context) -> Result<Entity, Error> {
    entity(document(bytes)?.root(), context)
}

/// Checks a body.
///
/// # Errors
/// The body is empty or no JSON (InvalidRequest).
pub fn document(bytes: &[u8]) -> Result<Document<'_>, Error> {
    if bytes.is_empty() {
        return Err(Error::invalid_request("the body is empty; JSON is expected"));
    }
    Document::parse(bytes).map_err(|error| Error::invalid_request(format!("the body is not JSON: {error}")))
}

/// An entity as it is created: id and type are needed, Null is not allowed.
///
/// # Errors
/// Names the member that is wrong.
pub fn entity(node: Node<'_>, context: &Context) -> Result<Entity, Error> {
    Draft::read(node, context, false)?.into_entity()
}

/// What a batch upsert with `options=update` brings: an entity, and what
/// NGSI-LD Null deletes of it.
///
/// # Errors
/// As [`entity`].
pub fn entity_with_deletions(node: Node<'_>, context: &Context) -> Result<(Entity, Fragment), Error> {
    let mut draft = Draft::read(node, context, true)?;
    let removed = std::mem::take(&mut draft.attributes.gone);
    let removes_end = draft.expires_at == Edit::Remove;
    let entity = draft.into_entity()?;
    let mut deletions = Fragment::new(entity.id.clone());
    deletions.removed = removed;
    if removes_end {
        deletions.expires_at = Edit::Remove;
    }
    Ok((entity, deletions))
}

/// A part of an entity. `id` is that of the path; a batch has it in the body.
/// With `nulls`, NGSI-LD Null deletes (clause 5.5.12).
///
/// # Errors
/// Names the member that is wrong, or that nothing is there.
pub fn fragment(node: Node<'_>, context: &Context, id: Option<&EntityId>, nulls: bool) -> Result<Fragment, Error> {
    let draft = Draft::read(node, context, nulls)?;
    let id = match (id, draft.id) {
        (Some(path), Some(body)) if *path != body => {
            return Err(Error::bad_request(format!("the body's `id` `{body}` is not that of the path, `{path}`")));
        }
        (Some(path), _) => path.clone(),
        (None, Some(body)) => body,
        (None, None) => return Err(Error::bad_request("the entity has no `id`")),
    };
    let fragment = Fragment {
        id,
        types: draft.types,
        scopes: draft.scopes,
        expires_at: draft.expires_at,
        attributes: draft.attributes.there,
        removed: draft.attributes.gone,
    };
    if fragment.is_empty() {
        return Err(Error::bad_request("the body names nothing to write; attributes are expected"));
    }
    Ok(fragment)
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
pub fn patch(node: Node<'_>, context: &Context, name: Name, key: &str) -> Result<Patch, Error> {
    let Some(members) = node.as_object() else {
        return Err(Error::bad_request(format!("the body must be an object with members of the attribute `{key}`, not {}", node.kind())));
    };
    let mut told = members.clone().filter(|(member, _)| member != CONTEXT).peekable();
    if told.peek().is_none() {
        return Err(Error::bad_request("the body is empty; members of the attribute are expected"));
    }
    if told.any(|(member, _)| member == "id" || member == "@id" || member == key) {
        return Err(Error::bad_request(format!("the body must hold the members of the attribute `{key}` itself, not an entity around it")));
    }
    let reader = Reader { context, nulls: true };
    let parts = reader.parts(members.filter(|(member, _)| member != CONTEXT));
    parts.and_then(|parts| members_to_replace(parts, context, name)).map_err(|error| error.at(format!("attribute `{key}`")))
}

fn members_to_replace(parts: Parts<'_>, context: &Context, name: Name) -> Result<Patch, Error> {
    if parts.is_null() {
        return Ok(Patch::Delete(parts.dataset));
    }
    let patch = AttributePatch {
        value: parts.value(context)?,
        name,
        dataset: parts.dataset,
        observed_at: parts.observed_at,
        unit: parts.unit,
        expires_at: parts.expires_at,
        sub: parts.sub.there,
        removed_sub: parts.sub.gone.into_iter().map(|(name, _)| name).collect(),
    };
    if patch.is_empty() {
        return Err(Error::bad_request("the body names nothing to replace"));
    }
    Ok(Patch::Members(patch))
}

/// Where a document names its context, which is read before the document is.
pub(crate) const CONTEXT: &str = "@context";

/// What was read of an entity.
#[derive(Default)]
struct Draft {
    id: Option<EntityId>,
    types: Vec<Name>,
    scopes: Option<Vec<Scope>>,
    expires_at: Edit<Instant>,
    attributes: Instances,
}

impl Draft {
    fn read(node: Node<'_>, context: &Context, nulls: bool) -> Result<Self, Error> {
        let Some(members) = node.as_object() else {
            return Err(Error::bad_request(format!("an entity must be an object, not {}", node.kind())));
        };
        let mut draft = Self::default();
        draft.attributes.there.reserve_exact(members.len().saturating_sub(2));
        let reader = Reader { context, nulls };
        for (key, node) in members {
            match &*key {
                "id" | "@id" => draft.id = Some(read_id(node)?),
                "type" | "@type" => draft.types = read_types(node, context)?,
                "scope" => draft.scopes = Some(read_scopes(node, nulls)?),
                "expiresAt" if nulls => draft.expires_at = edit(node, |node| read_instant("expiresAt", node))?,
                "expiresAt" => draft.expires_at = Edit::Set(read_instant("expiresAt", node)?),
                CONTEXT | "createdAt" | "modifiedAt" | "deletedAt" => {}
                _ => draft.attribute(&key, node, &reader)?,
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
            attributes: self.attributes.there,
            expires_at: self.expires_at.apply(None),
            created_at: Instant::from_micros(0),
            modified_at: Instant::from_micros(0),
        })
    }

    fn attribute(&mut self, key: &str, node: Node<'_>, reader: &Reader<'_>) -> Result<(), Error> {
        if core::is_non_reified(key) || key.starts_with('@') {
            return Err(Error::bad_request(format!("`{key}` is not the name of an attribute: the core context gives it another meaning")));
        }
        let name = reader.context.name(key)?;
        if self.attributes.speak_of(name) {
            return Err(Error::bad_request(format!("the attribute `{key}` is there twice under different names")));
        }
        reader.instances(name, node, &mut self.attributes).map_err(|error| error.at(format!("attribute `{key}`")))
    }
}

fn read_id(node: Node<'_>) -> Result<EntityId, Error> {
    match node.as_str().as_deref() {
        Some(NULL) => Err(Error::bad_request(format!("`id` cannot be `{NULL}`"))),
        Some(text) => Iri::parse(text).map_err(|error| Error::bad_request(format!("`id`: {error}"))),
        None => Err(Error::bad_request(format!("`id` must be a URI in quotes, not {}", node.kind()))),
    }
}

fn read_types(node: Node<'_>, context: &Context) -> Result<Vec<Name>, Error> {
    let one = |node: Node<'_>| match node.as_str() {
        Some(text) => context.name(&text).map_err(|error| error.at("`type`")),
        None => Err(Error::bad_request(format!("`type` must be a name or an array of names, not {}", node.kind()))),
    };
    let Some(items) = node.as_array() else { return Ok(vec![one(node)?]) };
    let mut types = Vec::with_capacity(items.len());
    for item in items {
        let name = one(item)?;
        if !types.contains(&name) {
            types.push(name);
        }
    }
    if types.is_empty() {
        return Err(Error::bad_request("`type` is an empty array; at least one type is expected"));
    }
    Ok(types)
}

fn read_scopes(node: Node<'_>, nulls: bool) -> Result<Vec<Scope>, Error> {
    let one = |node: Node<'_>| match node.as_str() {
        // The platform's own scopes may hold dashes, those of the standard not (clause 4.18).
        Some(text) if text.contains('-') => {
            Err(Error::bad_request(format!("`scope`: `{text}` holds a `-`; levels are letters, digits and `_`, beginning with a letter")))
        }
        Some(text) => Scope::parse(&text).map_err(|error| Error::bad_request(format!("`scope`: {error}"))),
        None => Err(Error::bad_request(format!("`scope` must be a string or an array of strings, not {}", node.kind()))),
    };
    match node.as_array() {
        Some(items) if items.len() == 0 => Err(Error::bad_request("`scope` is an empty array")),
        Some(items) => items.map(one).collect(),
        None if nulls && node.is(NULL) => Ok(Vec::new()),
        None => Ok(vec![one(node)?]),
    }
}

/// A DateTime in a member of this name.
pub(super) fn read_instant(member: &str, node: Node<'_>) -> Result<Instant, Error> {
    // Also as JSON-LD writes a typed literal.
    let text: Option<Cow<'_, str>> = node.as_str().or_else(|| node.get("@value").and_then(Node::as_str));
    let text = text.ok_or_else(|| Error::bad_request(format!("`{member}` must be a DateTime in quotes, not {}", node.kind())))?;
    Instant::parse(&text).map_err(|error| Error::bad_request(format!("`{member}`: {error}")))
}
