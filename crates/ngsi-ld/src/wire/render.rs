//! Entities to JSON in one pass: normalized, concise, simplified
//! (NGSI-LD V1.9.1, clauses 4.5.1 to 4.5.4).

use model::json::write_string;
use model::{Attribute, Entity, Instant, Iri, Json, Name, Text, Value};

use super::figures::write_instant;
use super::instance::seal_member;
use super::value::{Kind, is_geometry};
use crate::context::{Context, core};
use crate::projection::{Datasets, Languages, Projection};

/// How attributes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// Every member of every attribute.
    #[default]
    Normalized,
    /// Without what the rest tells.
    Concise,
    /// Values only.
    Simplified,
}

/// What is written of an entity, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RenderOptions {
    /// How attributes are written.
    pub form: Form,
    /// Whether createdAt, modifiedAt and expiresAt are written.
    pub sys_attrs: bool,
    /// Which members.
    pub projection: Projection,
    /// Which instances.
    pub datasets: Option<Datasets>,
    /// In which language LanguageProperties become Properties.
    pub languages: Option<Languages>,
    /// Whether `@context` is written into the entity.
    pub embed_context: bool,
}

impl RenderOptions {
    /// Whether this is the form that is kept beside each entity: normalized, everything, nothing of the system's.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// Writes an entity.
#[must_use]
pub fn render_entity(entity: &Entity, context: &Context, options: &RenderOptions) -> String {
    let mut out = String::with_capacity(256 + 160 * entity.attributes.len());
    write_entity(&mut out, entity, context, options);
    out
}

/// Appends an entity.
pub fn write_entity(out: &mut String, entity: &Entity, context: &Context, options: &RenderOptions) {
    let mut pen = Pen::new(out, context, options);
    pen.out.push('{');
    if options.projection.shows_id() {
        pen.key("id");
        pen.plain_string(entity.id.as_str());
    }
    if options.projection.shows_type() {
        pen.key("type");
        pen.types(&entity.types);
    }
    pen.entity_members(entity);
    pen.attributes(&entity.attributes, &|name| options.projection.shows_attribute(name));
    if options.embed_context {
        pen.key("@context");
        pen.out.push_str(context.json());
    }
    pen.out.push('}');
}

/// Writes with one context and one set of options.
pub(super) struct Pen<'a> {
    pub(super) out: &'a mut String,
    pub(super) context: &'a Context,
    pub(super) options: &'a RenderOptions,
    /// Instances are chosen among attributes; what stands below a chosen one is shown whole.
    nested: bool,
}

impl<'a> Pen<'a> {
    pub(super) fn new(out: &'a mut String, context: &'a Context, options: &'a RenderOptions) -> Self {
        Self { out, context, options, nested: false }
    }

    /// A member's name that needs no escapes, after a comma where one is due.
    pub(super) fn key(&mut self, key: &str) {
        if !self.out.ends_with('{') {
            self.out.push(',');
        }
        self.out.push('"');
        self.out.push_str(key);
        self.out.push_str("\":");
    }

    /// A member named like a name.
    pub(super) fn name_key(&mut self, name: Name) {
        if !self.out.ends_with('{') {
            self.out.push(',');
        }
        write_string(&self.context.compact(name), self.out);
        self.out.push(':');
    }

    /// Text in quotes that cannot hold anything to escape.
    pub(super) fn plain_string(&mut self, text: &str) {
        self.out.push('"');
        self.out.push_str(text);
        self.out.push('"');
    }

    pub(super) fn instant(&mut self, instant: Instant) {
        self.out.push('"');
        write_instant(instant, self.out);
        self.out.push('"');
    }

    pub(super) fn types(&mut self, types: &[Name]) {
        match types {
            [one] => write_string(&self.context.compact(*one), self.out),
            several => self.list(several, |pen, name| write_string(&pen.context.compact(*name), pen.out)),
        }
    }

    pub(super) fn list<T>(&mut self, items: &[T], write: impl Fn(&mut Self, &T)) {
        self.out.push('[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            write(self, item);
        }
        self.out.push(']');
    }

    /// One as it is, several as an array.
    fn one_or_list<T>(&mut self, items: &[T], write: impl Fn(&mut Self, &T)) {
        match items {
            [one] => write(self, one),
            several => self.list(several, write),
        }
    }

    /// Scope and the times of the system.
    pub(super) fn entity_members(&mut self, entity: &Entity) {
        if !entity.scopes.is_empty() && self.options.projection.shows_scope() {
            self.key("scope");
            self.one_or_list(&entity.scopes, |pen, scope| write_string(scope.as_str(), pen.out));
        }
        if self.options.sys_attrs {
            self.system_times(entity.created_at, entity.modified_at, entity.expires_at);
        }
    }

    pub(super) fn system_times(&mut self, created_at: Instant, modified_at: Instant, expires_at: Option<Instant>) {
        self.key("createdAt");
        self.instant(created_at);
        self.key("modifiedAt");
        self.instant(modified_at);
        if let Some(expires_at) = expires_at {
            self.key("expiresAt");
            self.instant(expires_at);
        }
    }

    /// All attributes that are shown, instances of one name together.
    pub(super) fn attributes(&mut self, attributes: &[Attribute], shown: &dyn Fn(Name) -> bool) {
        let datasets = self.options.datasets.as_ref().filter(|_| !self.nested);
        let visible =
            |a: &Attribute| shown(a.name) && datasets.is_none_or(|datasets| datasets.shows(a)) && !matches!(a.value, Value::Sealed(_));
        for (index, attribute) in attributes.iter().enumerate() {
            if !visible(attribute) {
                continue;
            }
            let same = |other: &&Attribute| other.name == attribute.name && visible(other);
            if attributes[..index].iter().any(|other| same(&other)) {
                continue;
            }
            let mut more = attributes[index + 1..].iter().filter(same).peekable();
            if more.peek().is_none() {
                self.name_key(attribute.name);
                self.instance(attribute);
                continue;
            }
            let all: Vec<&Attribute> = std::iter::once(attribute).chain(more).collect();
            self.name_key(attribute.name);
            self.instances(&all);
        }
    }

    /// Several instances of one attribute.
    fn instances(&mut self, all: &[&Attribute]) {
        if self.options.form != Form::Simplified {
            // Never bare values: an array with one of these would be the value itself.
            let with_type = self.options.form == Form::Normalized;
            self.list(all, |pen, attribute| pen.reified(attribute, with_type || is_geometry_in_property(&attribute.value)));
            return;
        }
        self.out.push_str("{\"dataset\":{");
        for attribute in all {
            self.key(attribute.dataset.as_ref().map_or("@none", Iri::as_str));
            self.simplified(attribute);
        }
        self.out.push_str("}}");
    }

    fn instance(&mut self, attribute: &Attribute) {
        match self.options.form {
            Form::Normalized => self.reified(attribute, true),
            Form::Concise => self.concise(attribute),
            Form::Simplified => self.simplified(attribute),
        }
    }

    /// An attribute with its members.
    fn reified(&mut self, attribute: &Attribute, with_type: bool) {
        self.out.push('{');
        self.head(&attribute.value, with_type);
        self.members(attribute);
        self.out.push('}');
    }

    /// Type and value, or value and language.
    pub(super) fn head(&mut self, value: &Value, with_type: bool) {
        if let (Value::Language(map), Some(languages)) = (value, &self.options.languages) {
            if with_type {
                self.out.push_str("\"type\":\"Property\"");
            }
            if let Some((tag, texts)) = languages.choose(map) {
                self.key("value");
                self.one_or_list(texts, |pen, text| write_string(text, pen.out));
                self.key("lang");
                write_string(tag, self.out);
            }
            return;
        }
        let (typed, untyped) = opening(value);
        self.out.push_str(if with_type { typed } else { untyped });
        self.value(value, false);
    }

    /// Everything beside type and value.
    pub(super) fn members(&mut self, attribute: &Attribute) {
        if let Some(unit) = &attribute.unit {
            self.key("unitCode");
            write_string(unit.code(), self.out);
        }
        if let Some(observed_at) = attribute.observed_at {
            self.key("observedAt");
            self.instant(observed_at);
        }
        if let Some(dataset) = &attribute.dataset {
            self.key("datasetId");
            self.plain_string(dataset.as_str());
        }
        if self.options.sys_attrs {
            self.system_times(attribute.created_at, attribute.modified_at, attribute.expires_at);
        }
        if !attribute.sub.is_empty() {
            self.sub_attributes(&attribute.sub);
        }
    }

    fn sub_attributes(&mut self, sub: &[Attribute]) {
        for hint in sub {
            if let (Some(term), Value::Vocab(terms)) = (type_hint(hint), &hint.value) {
                self.key(term);
                self.types(terms);
            } else if let (Some(member), Value::JsonProperty(text)) = (seal_member(hint), &hint.value) {
                self.key(member);
                text.write(self.out);
            }
        }
        let is_hint = |name: Name| sub.iter().any(|a| a.name == name && (type_hint(a).is_some() || seal_member(a).is_some()));
        let outer = std::mem::replace(&mut self.nested, true);
        self.attributes(sub, &|name| !is_hint(name));
        self.nested = outer;
    }

    fn concise(&mut self, attribute: &Attribute) {
        let bare = attribute.unit.is_none()
            && attribute.observed_at.is_none()
            && attribute.dataset.is_none()
            && attribute.sub.is_empty()
            && !self.options.sys_attrs;
        match &attribute.value {
            Value::Property(json) if bare && is_unmistakable(json) => json.write(self.out),
            Value::Geo(_) if bare => self.value(&attribute.value, false),
            // A Property that holds a geometry must say that it is no GeoProperty.
            value => self.reified(attribute, is_geometry_in_property(value)),
        }
    }

    fn simplified(&mut self, attribute: &Attribute) {
        let languages = self.options.languages.as_ref();
        match &attribute.value {
            Value::Language(map) if languages.is_some() => {
                let chosen = languages.and_then(|languages| languages.choose(map));
                self.one_or_list(chosen.map_or(&[][..], |(_, texts)| texts), |pen, text| write_string(text, pen.out));
            }
            value @ (Value::Language(_) | Value::Vocab(_) | Value::JsonProperty(_)) => {
                self.out.push('{');
                self.key(value_member(value));
                self.value(value, true);
                self.out.push('}');
            }
            value => self.value(value, true),
        }
    }

    /// The value itself; `bare` writes the targets of a list without their `object`.
    pub(super) fn value(&mut self, value: &Value, bare: bool) {
        match value {
            Value::Property(json) | Value::JsonProperty(json) => json.write(self.out),
            Value::Geo(geometry) => super::geojson::write_geometry(geometry, self.out),
            Value::Relationship(targets) => self.one_or_list(targets, |pen, iri| pen.plain_string(iri.as_str())),
            Value::Language(map) => self.language_map(map),
            Value::Vocab(terms) => self.one_or_list(terms, |pen, term| write_string(&pen.context.compact_term(*term), pen.out)),
            Value::List(items) => self.list(items, |pen, json| json.write(pen.out)),
            Value::ListRelationship(targets) if bare || self.options.form == Form::Concise => {
                self.list(targets, |pen, iri| pen.plain_string(iri.as_str()))
            }
            Value::ListRelationship(targets) => self.list(targets, |pen, iri| {
                pen.out.push_str("{\"object\":");
                pen.plain_string(iri.as_str());
                pen.out.push('}');
            }),
            // Sealed values are left out where attributes are chosen.
            Value::Sealed(_) => self.out.push_str("null"),
        }
    }

    fn language_map(&mut self, map: &[(Text, Vec<Text>)]) {
        self.out.push('{');
        for (tag, texts) in map {
            self.key(tag);
            self.one_or_list(texts, |pen, text| write_string(text, pen.out));
        }
        self.out.push('}');
    }
}

/// How an attribute with this value begins, with its type and without.
fn opening(value: &Value) -> (&'static str, &'static str) {
    match value {
        Value::Property(_) | Value::Sealed(_) => ("\"type\":\"Property\",\"value\":", "\"value\":"),
        Value::Geo(_) => ("\"type\":\"GeoProperty\",\"value\":", "\"value\":"),
        Value::Relationship(_) => ("\"type\":\"Relationship\",\"object\":", "\"object\":"),
        Value::Language(_) => ("\"type\":\"LanguageProperty\",\"languageMap\":", "\"languageMap\":"),
        Value::Vocab(_) => ("\"type\":\"VocabProperty\",\"vocab\":", "\"vocab\":"),
        Value::List(_) => ("\"type\":\"ListProperty\",\"valueList\":", "\"valueList\":"),
        Value::ListRelationship(_) => ("\"type\":\"ListRelationship\",\"objectList\":", "\"objectList\":"),
        Value::JsonProperty(_) => ("\"type\":\"JsonProperty\",\"json\":", "\"json\":"),
    }
}

/// The member that holds a value.
pub(super) fn value_member(value: &Value) -> &'static str {
    match value {
        Value::Property(_) | Value::Geo(_) | Value::Sealed(_) => "value",
        Value::Relationship(_) => "object",
        Value::Language(_) => "languageMap",
        Value::Vocab(_) => "vocab",
        Value::List(_) => "valueList",
        Value::ListRelationship(_) => "objectList",
        Value::JsonProperty(_) => "json",
    }
}

/// `objectType` and `valueType` are kept like sub-attributes but are none.
fn type_hint(attribute: &Attribute) -> Option<&'static str> {
    if !matches!(attribute.value, Value::Vocab(_)) || !attribute.name.iri().starts_with("https://uri.etsi.org/ngsi-ld/has") {
        return None;
    }
    ["objectType", "valueType"].into_iter().find(|term| core::iri_of(term) == Some(attribute.name.iri()))
}

fn is_geometry_in_property(value: &Value) -> bool {
    matches!(value, Value::Property(json) if is_geometry(json))
}

/// Whether a bare value cannot be taken for instances, members or a geometry.
fn is_unmistakable(json: &Json) -> bool {
    match json {
        Json::Object(members) => {
            let reserved = |key: &str| core::is_non_reified(key) || Kind::value_member(key).is_some() || key.starts_with('@');
            !members.is_empty() && !is_geometry(json) && !members.iter().any(|(key, _)| reserved(key))
        }
        Json::Array(items) => items.iter().any(|item| !matches!(item, Json::Object(_))),
        _ => true,
    }
}
