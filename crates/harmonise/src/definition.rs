//! The definition of a source: one readable, versioned file that says where
//! records come from, how they are written, what they mean, and what the
//! catalogue tells about them. All faults are reported at once.

mod attribute;
mod check;
pub(crate) mod codes;
mod dataset;
mod lookup;
mod retention;
mod section;
mod source;
#[cfg(test)]
mod tests;
mod transport;

use std::cell::RefCell;

use model::{Class, Dataset, Name};
use regex::Regex;
use toml::Table as Toml;

pub(crate) use attribute::{AttributeRule, From, Scalar, Shape};
pub(crate) use source::{Encoding, Format, Kind, SecondHeader, Table};
pub use source::{Glob, Source};
pub use transport::{Http, Key, KeyPlace, Paging, Transport};

use crate::compute::Expression;
use crate::issue::{Issue, nearest};
use crate::local::{Interval, Label, Pattern, Repeated, Skipped, TimeRule, Zone, zone_of};
use crate::message::{Code, Message};
use crate::template::Template;
use crate::terms;
use section::Section;

/// The definition of a source.
#[derive(Debug, Clone)]
pub struct Definition {
    /// What the source is and how its records arrive.
    pub source: Source,
    pub(crate) format: Format,
    pub(crate) time: Option<TimeRule>,
    pub(crate) entity: EntityRule,
    pub(crate) wide: Option<Wide>,
    pub(crate) lookups: Vec<lookup::Lookup>,
    pub(crate) computed: Vec<Computed>,
    pub(crate) attributes: Vec<AttributeRule>,
    dataset: Option<Dataset>,
}

/// Which entity a record speaks of.
#[derive(Debug, Clone)]
pub(crate) struct EntityRule {
    pub(crate) type_name: Name,
    pub(crate) id: Template,
    pub(crate) scopes: Vec<Template>,
}

/// How one row becomes several: one for each column that fits.
#[derive(Debug, Clone)]
pub(crate) struct Wide {
    /// Which columns; its named groups become fields.
    pub(crate) columns: Regex,
    /// Columns that fit and are meant otherwise.
    pub(crate) except: Vec<String>,
    /// The field that holds the cell's value.
    pub(crate) value: String,
    /// Fields from other columns of the row: name and template of the column's name.
    pub(crate) beside: Vec<(String, Template)>,
}

/// A field computed from the others.
#[derive(Debug, Clone)]
pub(crate) struct Computed {
    pub(crate) field: String,
    pub(crate) expression: String,
}

impl Definition {
    /// Reads a definition.
    ///
    /// # Errors
    /// All faults at once, each with its place, the value found and the way out.
    pub fn parse(text: &str) -> Result<Self, Vec<Issue>> {
        let table: Toml = text.parse().map_err(|error: toml::de::Error| vec![not_toml(text, &error)])?;
        let faults = RefCell::new(Vec::new());
        let definition = read(Section::root(&table, &faults));
        let mut faults = faults.into_inner();
        match definition {
            Some(definition) if faults.is_empty() => {
                faults.extend(check::check(&definition));
                if faults.is_empty() { Ok(definition) } else { Err(faults) }
            }
            _ => Err(faults),
        }
    }

    /// What the catalogue says of the data, when this source declares it.
    #[must_use]
    pub fn dataset(&self) -> Option<Dataset> {
        self.dataset.clone()
    }

    /// Whether everybody who may see its values may see the records they were
    /// read from, as far as other attributes than these are not in them. Where
    /// it has no dataset of its own, one that it feeds must be published beside.
    #[must_use]
    pub fn opens_raw(&self, attributes: &[Name]) -> bool {
        self.source.raw_open && attributes.iter().all(|name| self.declares_open(*name))
    }

    /// Whether the definition says that an attribute is open: in its dataset,
    /// or, where another definition declares that, in columns of its own.
    fn declares_open(&self, name: Name) -> bool {
        if let Some(dataset) = &self.dataset {
            return dataset.class_of(name) == Class::Open;
        }
        let mut own = self.attributes.iter().filter_map(|attribute| attribute.column.as_ref()).filter(|column| column.attribute == name);
        own.next().is_some_and(|first| first.class == Class::Open && own.all(|column| column.class == Class::Open))
    }

    /// Whether all entities it makes belong to a dataset.
    #[must_use]
    pub fn feeds(&self, dataset: &Dataset) -> bool {
        let begins = |prefix: &model::Text| self.entity.id.beginning().starts_with(prefix.as_str());
        dataset.entity_type == self.entity.type_name && dataset.id_prefix.as_ref().is_none_or(begins)
    }

    /// The type of the entities it makes.
    #[must_use]
    pub fn entity_type(&self) -> Name {
        self.entity.type_name
    }

    /// The attributes it writes.
    #[must_use]
    pub fn attributes(&self) -> Vec<Name> {
        let mut names: Vec<Name> = self.attributes.iter().map(|attribute| attribute.name).collect();
        names.dedup();
        names
    }

    /// Fields that exist without standing in the file.
    fn made_fields(&self) -> Vec<&str> {
        let mut made: Vec<&str> = self.computed.iter().map(|computed| computed.field.as_str()).collect();
        made.extend(self.format.number.as_deref());
        made.extend(self.source.file_pattern.iter().flat_map(|pattern| pattern.capture_names().flatten()));
        made.extend(self.lookups.iter().flat_map(lookup::Lookup::brings));
        if let Some(wide) = &self.wide {
            made.push(&wide.value);
            made.extend(wide.columns.capture_names().flatten());
            made.extend(wide.beside.iter().map(|(name, _)| name.as_str()));
        }
        match &self.format.kind {
            Kind::Json { key: Some(key), .. } => made.push(key),
            Kind::Csv { table, .. } | Kind::Xlsx { table, .. } => made.extend(table.second.iter().map(|second| second.field.as_str())),
            Kind::Json { .. } => {}
        }
        made
    }

    /// Columns a file must have, in the order the definition names them.
    pub(crate) fn needed_columns(&self) -> Vec<&str> {
        let made = self.made_fields();
        let mut needed: Vec<&str> = self.time.iter().flat_map(|time| &time.fields).map(String::as_str).collect();
        needed.extend(self.entity.id.fields());
        needed.extend(self.lookups.iter().flat_map(lookup::Lookup::fields));
        needed.extend(self.attributes.iter().filter(|attribute| !attribute.optional).flat_map(AttributeRule::fields));
        let mut seen = std::collections::HashSet::new();
        needed.retain(|field| !made.contains(field) && seen.insert(*field));
        needed
    }
}

fn not_toml(text: &str, error: &toml::de::Error) -> Issue {
    let at = error.span().map_or(0, |span| span.start).min(text.len());
    let before = text.get(..at).unwrap_or("");
    let line = 1 + before.matches('\n').count();
    let reason = Code::Syntax.with("line", line).with("detail", error.message().trim());
    Issue::new("syntax", "", reason).remedy(Code::BeToml)
}

fn read(mut root: Section<'_>) -> Option<Definition> {
    let source = match root.child("source") {
        Some(mut section) => {
            let source = source::source(&mut section);
            section.finish();
            source
        }
        None => {
            let _ = root.need("source", Code::BeginSource);
            None
        }
    };
    let format = match root.child("format") {
        Some(mut section) => {
            let format = source::format(&mut section);
            section.finish();
            format
        }
        None => {
            let _ = root.need("format", Code::BeginFormat);
            None
        }
    };
    let own_terms = root.pairs("terms");
    let timed = root.has("time");
    let time = root.child("time").and_then(time);
    let mut type_text = None;
    let entity = match root.child("entity") {
        Some(section) => entity(section, &own_terms, &mut type_text),
        None => {
            let _ = root.need("entity", Code::BeginEntity);
            None
        }
    };
    let wide = root.child("wide").and_then(wide);
    let lookups = root.named("lookup").into_iter().filter_map(|(name, section)| lookup::lookup(name, section)).collect();
    let codes = codes::shared(&mut root);
    let computed = root.children("compute").into_iter().filter_map(computed).collect();
    let subject = type_text.as_deref().and_then(terms::subject_of);
    // Of a type that is not known one fault is enough: its attributes are looked up anywhere.
    let type_known = entity.is_some();
    let name = |term: &str| attribute_name(term, &own_terms, subject, !type_known);
    let geojson = format.as_ref().is_some_and(|format| matches!(format.kind, Kind::Json { geo: true, .. }));
    let around = attribute::Surroundings { name: &name, terms: &own_terms, codes: &codes, timed, geojson };
    let mut attributes = Vec::new();
    for mut section in root.children("attribute") {
        attributes.extend(attribute::attribute(&mut section, &around));
        section.finish();
    }
    if !root.has("attribute") {
        let _ = root.need("attribute", Code::BeginAttribute);
    }
    let mut columns: Vec<_> = Vec::new();
    for column in attributes.iter().filter_map(|attribute| attribute.column.clone()) {
        if !columns.iter().any(|known: &model::dataset::Column| known.attribute == column.attribute) {
            columns.push(column);
        }
    }
    let entity_type = entity.as_ref().map(|entity: &EntityRule| entity.type_name);
    let dataset = root.child("dataset").map(|section| dataset::dataset(section, entity_type, columns, &name));
    root.finish();
    if timed && time.is_none() {
        return None;
    }
    let dataset = match dataset {
        Some(None) => return None,
        Some(found) => found,
        None => None,
    };
    Some(Definition { source: source?, format: format?, time, entity: entity?, wide, lookups, computed, attributes, dataset })
}

fn time(mut section: Section<'_>) -> Option<TimeRule> {
    let fields = section.texts("fields");
    if fields.is_empty() {
        section.fault("fields", None, Code::TimeFields, Code::ListTimeFields);
    }
    let mut patterns = Vec::new();
    for text in section.texts("patterns") {
        match Pattern::parse(&text) {
            Ok(pattern) => patterns.push(pattern),
            Err(reason) => section.fault("patterns", Some(&text), reason, Code::WritePattern),
        }
    }
    if !section.has("patterns") {
        section.fault("patterns", None, Code::TimePatterns, Code::WritePatterns);
    }
    if !section.has("zone") {
        let _ = section.need("zone", Code::NameZone);
    }
    let zone = section.read("zone", Code::WriteZone, zone_of);
    if let Some(Zone::InValue) = zone
        && let Some(without) = patterns.iter().find(|pattern| !pattern.has_offset())
    {
        section.fault("zone", Some("in-value"), Code::PatternOffset.with("pattern", without.text()), Code::AddOffset);
    }
    let interval = section.read("interval", Code::WriteInterval, Interval::parse);
    let label = section.word("label", &[("start", Label::Start), ("end", Label::End)]).unwrap_or(Label::Start);
    if label == Label::End && !section.has("interval") {
        section.fault("interval", None, Code::IntervalLacking, Code::WriteIntervalKey);
    }
    let repeated =
        section.word("repeated_hour", &[("first", Repeated::First), ("second", Repeated::Second), ("by-order", Repeated::ByOrder)]);
    let skipped = section.word("skipped_hour", &[("reject", Skipped::Reject), ("later", Skipped::Later)]).unwrap_or(Skipped::Reject);
    section.finish();
    Some(TimeRule { fields, patterns, zone: zone?, interval, label, repeated: repeated.unwrap_or(Repeated::First), skipped })
}

fn entity(mut section: Section<'_>, own: &[(String, String)], type_text: &mut Option<String>) -> Option<EntityRule> {
    *type_text = section.need("type", Code::NameType);
    let type_name = type_text.as_deref().and_then(|text| match type_name(text, own) {
        Ok(name) => Some(name),
        Err(reason) => {
            section.fault("type", Some(text), reason, Code::UseType);
            None
        }
    });
    if !section.has("id") {
        let _ = section.need("id", Code::WriteId);
    }
    let id = section.read("id", Code::WriteId, |text| -> Result<_, Message> {
        let template = Template::parse(text)?;
        let sample = text.split('{').next().unwrap_or("");
        let absolute = model::id::is_absolute_iri(&format!("{sample}x"));
        if absolute { Ok(template) } else { Err(Code::IdStart.into()) }
    });
    let mut scopes = Vec::new();
    for text in section.texts("scopes") {
        match Template::parse(&text) {
            Ok(template) => scopes.push(template),
            Err(reason) => section.fault("scopes", Some(&text), reason, Code::WriteScope),
        }
    }
    section.finish();
    Some(EntityRule { type_name: type_name?, id: id?, scopes })
}

fn type_name(text: &str, own: &[(String, String)]) -> Result<Name, Message> {
    let iri = own.iter().find(|(term, _)| term == text).map(|(_, iri)| iri.as_str()).or_else(|| terms::type_iri(text));
    named(text, iri, || terms::candidates(None, true))
}

fn attribute_name(text: &str, own: &[(String, String)], subject: Option<&str>, anywhere: bool) -> Result<Name, Message> {
    let elsewhere = terms::iri_anywhere(text);
    let iri = own.iter().find(|(term, _)| term == text).map(|(_, iri)| iri.as_str()).or_else(|| terms::attribute_iri(subject, text));
    let iri = if anywhere { iri.or(elsewhere) } else { iri };
    if iri.is_none() && elsewhere.is_some() {
        return Err(Code::TermElsewhere.into());
    }
    named(text, iri, || terms::candidates(subject, false))
}

fn named(text: &str, iri: Option<&str>, candidates: impl Fn() -> Vec<&'static str>) -> Result<Name, Message> {
    let iri = iri.unwrap_or(text);
    if !model::id::is_absolute_iri(iri) {
        return Err(match nearest(text, candidates()) {
            Some(near) => Code::TermNear.with("near", near),
            None => Code::TermUnknown.into(),
        });
    }
    Name::intern(iri).map_err(|_| Code::TooManyNames.with("name", iri))
}

fn wide(mut section: Section<'_>) -> Option<Wide> {
    if !section.has("columns") {
        let _ = section.need("columns", Code::NameWideColumns);
    }
    let columns = section.read("columns", Code::WriteWideColumns, source::regex);
    let except = section.texts("except");
    let value = section.text("value").unwrap_or_else(|| "value".to_owned());
    let mut beside = Vec::new();
    for (name, text) in section.pairs("beside") {
        match Template::parse(&text) {
            Ok(template) => beside.push((name, template)),
            Err(reason) => section.fault("beside", Some(&text), reason, Code::WriteBeside),
        }
    }
    section.finish();
    Some(Wide { columns: columns?, except, value, beside })
}

fn computed(mut section: Section<'_>) -> Option<Computed> {
    let field = section.need("field", Code::NameComputed);
    if !section.has("expression") {
        let _ = section.need("expression", Code::WriteExpression);
    }
    let expression = section.read("expression", Code::WriteExpression, |text| Expression::compile(text).map(|_| text.to_owned()));
    section.finish();
    Some(Computed { field: field?, expression: expression? })
}
