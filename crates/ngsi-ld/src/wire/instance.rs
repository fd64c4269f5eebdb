//! One instance of an attribute from JSON (NGSI-LD V1.9.1, clauses 4.5.2 to 4.5.24).

use model::{Attribute, Instant, Iri, Json, Name, Text, UnitCode, Value};

use super::parse::read_instant;
use super::value::{self, Kind, NULL};
use crate::context::{Context, core};
use crate::error::Error;

/// What a JSON instance says.
pub(super) enum Instance {
    /// This instance is to be there.
    Is(Attribute),
    /// The instance with this `datasetId` is to go.
    Gone(Option<Iri>),
}

/// Reads attributes with one context.
pub(super) struct Reader<'a> {
    pub(super) context: &'a Context,
    /// Whether NGSI-LD Null deletes; else it is refused.
    pub(super) nulls: bool,
}

/// The members of an instance, sorted out but not yet made into a value.
#[derive(Default)]
pub(super) struct Parts {
    kind: Option<Kind>,
    value: Option<(&'static str, Json)>,
    pub(super) dataset: Option<Iri>,
    pub(super) observed_at: Option<Instant>,
    pub(super) unit: Option<UnitCode>,
    pub(super) expires_at: Option<Instant>,
    pub(super) sub: Vec<Attribute>,
    pub(super) removed_sub: Vec<Name>,
}

impl Reader<'_> {
    /// All instances of one attribute.
    pub(super) fn instances(&self, name: Name, json: Json, take: &mut dyn FnMut(Instance)) -> Result<(), Error> {
        let items = match json {
            Json::Array(items) if items.is_empty() => {
                return Err(Error::bad_request(
                    "an empty array is no attribute; an empty list is written `{\"type\":\"Property\",\"value\":[]}`",
                ));
            }
            Json::Array(items) if items.iter().all(|item| matches!(item, Json::Object(_))) => items,
            single => {
                take(self.instance(name, single)?);
                return Ok(());
            }
        };
        let mut seen: Vec<Option<Iri>> = Vec::with_capacity(items.len());
        for item in items {
            let instance = self.instance(name, item)?;
            let dataset = match &instance {
                Instance::Is(attribute) => attribute.dataset.clone(),
                Instance::Gone(dataset) => dataset.clone(),
            };
            if seen.contains(&dataset) {
                let which = dataset.map_or_else(|| "without `datasetId`".to_owned(), |iri| format!("with `datasetId` `{iri}`"));
                return Err(Error::bad_request(format!("two instances {which}; each needs its own")));
            }
            seen.push(dataset);
            take(instance);
        }
        Ok(())
    }

    fn instance(&self, name: Name, json: Json) -> Result<Instance, Error> {
        let members = match json {
            Json::Object(members) if members.is_empty() => return Err(Error::bad_request("an empty object is no attribute")),
            Json::Object(members) if is_reified(&members) => members,
            Json::String(text) if text == NULL => return self.gone(None),
            bare => return Ok(Instance::Is(checked(Attribute::new(name, value::bare(bare)?))?)),
        };
        let mut parts = self.parts(members)?;
        if parts.is_null() {
            return self.gone(parts.dataset.take());
        }
        let mut attribute = Attribute::new(name, Value::List(Vec::new()));
        attribute.dataset = parts.dataset.take();
        attribute.observed_at = parts.observed_at;
        attribute.unit = parts.unit.take();
        attribute.expires_at = parts.expires_at;
        attribute.sub = std::mem::take(&mut parts.sub);
        attribute.value = parts.into_value(self.context)?.ok_or_else(|| {
            Error::bad_request(
                "it has no value; one of `value`, `object`, `languageMap`, `vocab`, `valueList`, `objectList`, `json` is expected",
            )
        })?;
        Ok(Instance::Is(checked(attribute)?))
    }

    fn gone(&self, dataset: Option<Iri>) -> Result<Instance, Error> {
        if self.nulls {
            Ok(Instance::Gone(dataset))
        } else {
            Err(Error::bad_request(format!("`{NULL}` deletes and is not allowed in this operation")))
        }
    }

    /// Sorts the members of an instance.
    pub(super) fn parts(&self, members: Vec<(Text, Json)>) -> Result<Parts, Error> {
        let mut parts = Parts::default();
        for (key, json) in members {
            match key.as_str() {
                "type" | "@type" => parts.kind = Some(read_kind(&json)?),
                "observedAt" => parts.observed_at = Some(read_instant("observedAt", &json)?),
                "expiresAt" => parts.expires_at = Some(read_instant("expiresAt", &json)?),
                "unitCode" => parts.unit = Some(read_unit(&json)?),
                "datasetId" => parts.dataset = read_dataset(&json)?,
                "objectType" | "valueType" => parts.sub.push(self.type_hint(&key, &json)?),
                "entityIdSealed" | "entityTypeSealed" => parts.sub.push(seal_hint(&key, json)?),
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
                other => match Kind::value_member(other) {
                    Some(member) => {
                        if let Some((before, _)) = &parts.value {
                            return Err(Error::bad_request(format!("`{before}` and `{member}` cannot stand beside each other")));
                        }
                        parts.value = Some((member, json));
                    }
                    None => self.sub_attribute(&key, json, &mut parts)?,
                },
            }
        }
        Ok(parts)
    }

    fn sub_attribute(&self, key: &str, json: Json, parts: &mut Parts) -> Result<(), Error> {
        let name = self.context.name(key)?;
        self.instances(name, json, &mut |instance| match instance {
            Instance::Is(attribute) => parts.sub.push(attribute),
            Instance::Gone(_) => parts.removed_sub.push(name),
        })
        .map_err(|error| error.at(format!("sub-attribute `{key}`")))
    }

    /// `objectType` and `valueType` are kept beside the sub-attributes under the core's own names.
    fn type_hint(&self, key: &str, json: &Json) -> Result<Attribute, Error> {
        let name = self.context.name(key)?;
        let terms = value::terms(key, json, self.context)?;
        Ok(Attribute::new(name, Value::Vocab(terms)))
    }
}

impl Parts {
    /// Whether the value is NGSI-LD Null.
    pub(super) fn is_null(&self) -> bool {
        match &self.value {
            Some((_, Json::String(text))) => text == NULL,
            Some(("languageMap", map)) => map.get("@none").and_then(Json::as_str) == Some(NULL),
            _ => false,
        }
    }

    /// The value, when one was sent.
    pub(super) fn into_value(self, context: &Context) -> Result<Option<Value>, Error> {
        let Some((member, json)) = self.value else { return Ok(None) };
        value::read(self.kind, member, json, context).map(Some)
    }
}

/// Whether an object is an attribute with its members rather than a bare value.
fn is_reified(members: &[(Text, Json)]) -> bool {
    members.iter().any(|(key, json)| match key.as_str() {
        "type" | "@type" => json.as_str().is_some_and(|text| Kind::from_type(text).is_some()),
        "observedAt" | "datasetId" | "unitCode" => true,
        key => Kind::value_member(key).is_some(),
    })
}

fn read_kind(json: &Json) -> Result<Kind, Error> {
    let text = json.as_str().ok_or_else(|| Error::bad_request(format!("`type` must be a string, not {}", json.kind())))?;
    Kind::from_type(text).ok_or_else(|| Error::bad_request(format!("`{text}` is not a type of attribute; expected {}", Kind::NAMES)))
}

fn read_unit(json: &Json) -> Result<UnitCode, Error> {
    match json.as_str() {
        Some(NULL) => Err(Error::bad_request("`unitCode` cannot be deleted by itself; replace the attribute")),
        Some("") | None => Err(Error::bad_request("`unitCode` must be a UN/CEFACT code in quotes, for example `CEL`")),
        Some(code) => Ok(UnitCode::new(code)),
    }
}

fn read_dataset(json: &Json) -> Result<Option<Iri>, Error> {
    match json.as_str() {
        Some("@none") => Ok(None),
        Some(NULL) => Err(Error::bad_request("`datasetId` cannot be deleted")),
        Some(text) => Iri::parse(text).map(Some).map_err(|error| Error::bad_request(format!("`datasetId`: {error}"))),
        None => Err(Error::bad_request(format!("`datasetId` must be a URI in quotes, not {}", json.kind()))),
    }
}

/// What an attribute's name and other members ask of its value.
fn checked(attribute: Attribute) -> Result<Attribute, Error> {
    let is_proof = core::iri_of("ngsildproof") == Some(attribute.name.iri());
    if is_proof && !matches!(&attribute.value, Value::Property(Json::Object(_))) {
        return Err(Error::bad_request("it must be a Property whose value is an object: the proof"));
    }
    if !is_proof && let Some(seal) = attribute.sub.iter().find(|sub| is_seal(sub)) {
        return Err(Error::bad_request(format!("`{}` belongs to `ngsildproof` alone", seal.name.short())));
    }
    let is_language_type =
        |sub: &Attribute| core::iri_of("valueType") == Some(sub.name.iri()) && sub.value != Value::Vocab(vec![lang_string()]);
    if matches!(attribute.value, Value::Language(_)) && attribute.sub.iter().any(is_language_type) {
        return Err(Error::bad_request("the `valueType` of a LanguageProperty can only be `langString`"));
    }
    let is_place = ["location", "observationSpace", "operationSpace"].iter().any(|term| core::iri_of(term) == Some(attribute.name.iri()));
    if is_place && !matches!(attribute.value, Value::Geo(_)) {
        return Err(Error::bad_request("it must be a GeoProperty: a GeoJSON geometry is expected as its value"));
    }
    if attribute.unit.is_some() && !matches!(attribute.value, Value::Property(_) | Value::List(_)) {
        return Err(Error::bad_request(format!("a {} has no `unitCode`", attribute.value.type_name())));
    }
    Ok(attribute)
}

/// The names that `entityIdSealed` and `entityTypeSealed` are kept under.
const SEALS: [(&str, &str); 2] = [
    ("entityIdSealed", "https://uri.etsi.org/ngsi-ld/entityIdSealed"),
    ("entityTypeSealed", "https://uri.etsi.org/ngsi-ld/entityTypeSealed"),
];

/// Members of a proof are text and stay as they are (clause 4.5.2).
fn seal_hint(key: &str, json: Json) -> Result<Attribute, Error> {
    let (_, iri) = SEALS.into_iter().find(|(term, _)| *term == key).ok_or_else(|| Error::bad_request(format!("`{key}` is not known")))?;
    match json {
        Json::String(_) => Ok(Attribute::new(Name::known(iri), Value::JsonProperty(json))),
        other => Err(Error::bad_request(format!("`{key}` must be text, not {}", other.kind()))),
    }
}

fn is_seal(attribute: &Attribute) -> bool {
    seal_member(attribute).is_some()
}

/// The member that a part of a proof is written as.
pub(super) fn seal_member(attribute: &Attribute) -> Option<&'static str> {
    let is_text = matches!(attribute.value, Value::JsonProperty(Json::String(_)));
    SEALS.into_iter().find(|(_, iri)| is_text && *iri == attribute.name.iri()).map(|(term, _)| term)
}

fn lang_string() -> Name {
    Name::known(core::iri_of("langString").expect("a core term"))
}
