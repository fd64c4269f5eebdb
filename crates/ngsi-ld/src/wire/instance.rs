//! Instances of attributes from JSON (NGSI-LD V1.9.1, clauses 4.5.2 to 4.5.24).

use std::borrow::Cow;
use std::sync::LazyLock;

use engine::Edit;
use model::json::{Members, Node, View};
use model::{Attribute, Instant, Iri, Json, Name, UnitCode, Value};

use super::parse::read_instant;
use super::value::{self, Kind, NULL};
use crate::context::{Context, core};
use crate::error::Error;

/// What was read of attributes.
#[derive(Default)]
pub(super) struct Instances {
    /// Those that are to be there.
    pub(super) there: Vec<Attribute>,
    /// Those that are to go.
    pub(super) gone: Vec<(Name, Option<Iri>)>,
}

impl Instances {
    /// Whether anything is said of an attribute.
    pub(super) fn speak_of(&self, name: Name) -> bool {
        self.there.iter().any(|known| known.name == name) || self.gone.iter().any(|(known, _)| *known == name)
    }

    fn hold(&self, name: Name, dataset: Option<&Iri>) -> bool {
        self.there.iter().any(|known| known.name == name && known.dataset.as_ref() == dataset)
            || self.gone.iter().any(|(known, gone)| *known == name && gone.as_ref() == dataset)
    }
}

/// Reads attributes with one context.
pub(super) struct Reader<'c> {
    pub(super) context: &'c Context,
    /// Whether NGSI-LD Null deletes; else it is refused.
    pub(super) nulls: bool,
}

/// The members of an instance, sorted out but not yet made into a value.
#[derive(Default)]
pub(super) struct Parts<'a> {
    kind: Option<Kind>,
    value: Option<(&'static str, Node<'a>)>,
    pub(super) dataset: Option<Iri>,
    pub(super) observed_at: Edit<Instant>,
    pub(super) unit: Edit<UnitCode>,
    pub(super) expires_at: Edit<Instant>,
    pub(super) sub: Instances,
}

impl Reader<'_> {
    /// All instances of one attribute.
    pub(super) fn instances(&self, name: Name, node: Node<'_>, into: &mut Instances) -> Result<(), Error> {
        let Some(items) = node.as_array() else { return self.instance(name, node, into) };
        if items.len() == 0 {
            return Err(Error::bad_request(
                "an empty array is no attribute; an empty list is written `{\"type\":\"Property\",\"value\":[]}`",
            ));
        }
        if items.clone().any(|item| item.as_object().is_none()) {
            return self.instance(name, node, into);
        }
        for item in items {
            self.instance(name, item, into)?;
        }
        Ok(())
    }

    fn instance(&self, name: Name, node: Node<'_>, into: &mut Instances) -> Result<(), Error> {
        let parts = match node.as_object() {
            Some(members) if members.len() == 0 => return Err(Error::bad_request("an empty object is no attribute")),
            Some(members) if is_reified(members.clone()) => self.parts(members)?,
            _ => Parts { value: Some(("value", node)), ..Parts::default() },
        };
        if into.hold(name, parts.dataset.as_ref()) {
            let which = parts.dataset.map_or_else(|| "without `datasetId`".to_owned(), |iri| format!("with `datasetId` `{iri}`"));
            return Err(Error::bad_request(format!("two instances {which}; each needs its own")));
        }
        if !parts.is_null() {
            if into.there.is_empty() {
                // Most attributes have one instance, and what is read is kept.
                into.there.reserve_exact(1);
            }
            into.there.push(parts.into_attribute(name, self.context)?);
            return into.there.last().map_or(Ok(()), check);
        }
        if !self.nulls {
            return Err(Error::bad_request(format!("`{NULL}` deletes and is not allowed in this operation")));
        }
        into.gone.push((name, parts.dataset));
        Ok(())
    }

    /// Sorts the members of an instance.
    pub(super) fn parts<'a>(&self, members: impl Iterator<Item = (Cow<'a, str>, Node<'a>)>) -> Result<Parts<'a>, Error> {
        let mut parts = Parts::default();
        for (key, node) in members {
            if let Some(member) = Kind::value_member(&key) {
                if let Some((before, _)) = &parts.value {
                    return Err(Error::bad_request(format!("`{before}` and `{member}` cannot stand beside each other")));
                }
                parts.value = Some((member, node));
                continue;
            }
            match &*key {
                "type" | "@type" => parts.kind = Some(read_kind(node)?),
                "observedAt" => parts.observed_at = edit(node, |node| read_instant("observedAt", node))?,
                "unitCode" => parts.unit = edit(node, read_unit)?,
                "datasetId" => parts.dataset = read_dataset(node)?,
                "expiresAt" => parts.expires_at = edit(node, |node| read_instant("expiresAt", node))?,
                "objectType" | "valueType" => parts.sub.there.push(type_hint(&key, node, self.context)?),
                "entityIdSealed" | "entityTypeSealed" => parts.sub.there.push(seal_hint(&key, node)?),
                "createdAt" | "modifiedAt" | "deletedAt" | "instanceId" | "entity" | "entityList" | "lang" => {}
                "previousValue"
                | "previousObject"
                | "previousLanguageMap"
                | "previousVocab"
                | "previousValueList"
                | "previousObjectList"
                | "previousJson" => {
                    return Err(Error::bad_request(format!("`{key}` is written by the platform only; leave it out")));
                }
                "id" | "@id" | "scope" | "@context" | "dataset" => {
                    return Err(Error::bad_request(format!("`{key}` cannot stand inside an attribute")));
                }
                _ => {
                    let name = self.context.name(&key)?;
                    self.instances(name, node, &mut parts.sub).map_err(|error| error.at(format!("sub-attribute `{key}`")))?;
                }
            }
        }
        Ok(parts)
    }
}

/// `objectType` and `valueType` are kept beside the sub-attributes under the core's own names.
fn type_hint(key: &str, node: Node<'_>, context: &Context) -> Result<Attribute, Error> {
    let name = context.name(key)?;
    let terms = value::terms(key, node, context)?;
    Ok(Attribute::new(name, Value::Vocab(terms)))
}

/// What a member is kept as that is written like one of the attribute's own
/// and kept like a sub-attribute; `None` for all others.
pub(super) fn hint(key: &str, node: Node<'_>, context: &Context) -> Result<Option<Attribute>, Error> {
    Ok(match key {
        "objectType" | "valueType" if node.as_object().is_none() => Some(type_hint(key, node, context)?),
        "entityIdSealed" | "entityTypeSealed" if node.as_object().is_none() => Some(seal_hint(key, node)?),
        _ => None,
    })
}

impl Parts<'_> {
    /// Whether the value is NGSI-LD Null.
    pub(super) fn is_null(&self) -> bool {
        match &self.value {
            Some(("languageMap", map)) => map.get("@none").is_some_and(|text| text.is(NULL)),
            Some((_, node)) => node.is(NULL),
            None => false,
        }
    }

    /// The value, when one was sent.
    pub(super) fn value(&self, context: &Context) -> Result<Option<Value>, Error> {
        let Some((member, node)) = self.value else { return Ok(None) };
        value::read(self.kind, member, node, context).map(Some)
    }

    fn into_attribute(self, name: Name, context: &Context) -> Result<Attribute, Error> {
        let value = self.value(context)?.ok_or_else(|| {
            Error::bad_request(
                "it has no value; one of `value`, `object`, `languageMap`, `vocab`, `valueList`, `objectList`, `json` is expected",
            )
        })?;
        let mut attribute = Attribute::new(name, value);
        attribute.dataset = self.dataset;
        attribute.observed_at = whole("observedAt", self.observed_at)?;
        attribute.unit = whole("unitCode", self.unit)?;
        attribute.expires_at = whole("expiresAt", self.expires_at)?;
        attribute.sub = self.sub.there;
        Ok(attribute)
    }
}

/// A member that NGSI-LD Null deletes.
pub(super) fn edit<'a, T>(node: Node<'a>, read: impl FnOnce(Node<'a>) -> Result<T, Error>) -> Result<Edit<T>, Error> {
    if node.is(NULL) { Ok(Edit::Remove) } else { read(node).map(Edit::Set) }
}

/// A member of an instance that is written whole: there is nothing to delete.
fn whole<T>(member: &str, edit: Edit<T>) -> Result<Option<T>, Error> {
    match edit {
        Edit::Set(value) => Ok(Some(value)),
        Edit::Keep => Ok(None),
        Edit::Remove => Err(Error::bad_request(format!(
            "`{member}` cannot be `{NULL}` here, where the attribute is replaced whole: leave it out; a partial update (PATCH of this one attribute) deletes it"
        ))),
    }
}

/// Whether an object is an attribute with its members rather than a bare value.
fn is_reified(mut members: Members<'_>) -> bool {
    members.any(|(key, node)| match &*key {
        "type" | "@type" => node.as_str().is_some_and(|text| Kind::from_type(&text).is_some()),
        "observedAt" | "datasetId" | "unitCode" => true,
        key => Kind::value_member(key).is_some(),
    })
}

fn read_kind(node: Node<'_>) -> Result<Kind, Error> {
    let text = node.as_str().ok_or_else(|| Error::bad_request(format!("`type` must be a string, not {}", node.kind())))?;
    Kind::from_type(&text).ok_or_else(|| Error::bad_request(format!("`{text}` is not a type of attribute; expected {}", Kind::NAMES)))
}

fn read_unit(node: Node<'_>) -> Result<UnitCode, Error> {
    match node.as_str() {
        Some(code) if !code.is_empty() => Ok(UnitCode::new(&code)),
        _ => Err(Error::bad_request("`unitCode` must be a UN/CEFACT code in quotes, for example `CEL`")),
    }
}

fn read_dataset(node: Node<'_>) -> Result<Option<Iri>, Error> {
    match node.as_str().as_deref() {
        Some("@none") => Ok(None),
        Some(NULL) => Err(Error::bad_request("`datasetId` cannot be deleted")),
        Some(text) => Iri::parse(text).map(Some).map_err(|error| Error::bad_request(format!("`datasetId`: {error}"))),
        None => Err(Error::bad_request(format!("`datasetId` must be a URI in quotes, not {}", node.kind()))),
    }
}

/// Names that ask something of their value.
struct Known {
    proof: Name,
    value_type: Name,
    lang_string: Name,
    places: [Name; 3],
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let name = |term: &str| Name::known(core::iri_of(term).expect("a core term"));
    Known {
        proof: name("ngsildproof"),
        value_type: name("valueType"),
        lang_string: name("langString"),
        places: ["location", "observationSpace", "operationSpace"].map(name),
    }
});

/// What an attribute's name and other members ask of its value.
fn check(attribute: &Attribute) -> Result<(), Error> {
    let known = &*KNOWN;
    let is_proof = attribute.name == known.proof;
    if is_proof && !matches!(&attribute.value, Value::Property(Json::Object(_))) {
        return Err(Error::bad_request("it must be a Property whose value is an object: the proof"));
    }
    if !is_proof && let Some(seal) = attribute.sub.iter().find(|sub| seal_member(sub).is_some()) {
        return Err(Error::bad_request(format!("`{}` belongs to `ngsildproof` alone", seal.name.short())));
    }
    let is_other_type = |sub: &Attribute| sub.name == known.value_type && sub.value != Value::Vocab(vec![known.lang_string]);
    if matches!(attribute.value, Value::Language(_)) && attribute.sub.iter().any(is_other_type) {
        return Err(Error::bad_request("the `valueType` of a LanguageProperty can only be `langString`"));
    }
    if known.places.contains(&attribute.name) && !matches!(attribute.value, Value::Geo(_)) {
        return Err(Error::bad_request("it must be a GeoProperty: a GeoJSON geometry is expected as its value"));
    }
    if attribute.unit.is_some() && !matches!(attribute.value, Value::Property(_) | Value::List(_)) {
        return Err(Error::bad_request(format!("a {} has no `unitCode`", attribute.value.type_name())));
    }
    Ok(())
}

/// The names that `entityIdSealed` and `entityTypeSealed` are kept under.
const SEALS: [(&str, &str); 2] = [
    ("entityIdSealed", "https://uri.etsi.org/ngsi-ld/entityIdSealed"),
    ("entityTypeSealed", "https://uri.etsi.org/ngsi-ld/entityTypeSealed"),
];

/// Members of a proof are text and stay as they are (clause 4.5.2).
fn seal_hint(key: &str, node: Node<'_>) -> Result<Attribute, Error> {
    let (_, iri) = SEALS.into_iter().find(|(term, _)| *term == key).ok_or_else(|| Error::bad_request(format!("`{key}` is not known")))?;
    match node.view() {
        View::String(_) => Ok(Attribute::new(Name::known(iri), Value::JsonProperty(node.to_json()))),
        _ => Err(Error::bad_request(format!("`{key}` must be text, not {}", node.kind()))),
    }
}

/// The member that a part of a proof is written as.
pub(super) fn seal_member(attribute: &Attribute) -> Option<&'static str> {
    let is_text = matches!(attribute.value, Value::JsonProperty(Json::String(_)));
    SEALS.into_iter().find(|(_, iri)| is_text && *iri == attribute.name.iri()).map(|(term, _)| term)
}
