//! Records become partial entities.
//!
//! A row of a wide file is first taken apart into one record per column.
//! Each record gets its looked-up and computed fields, then its id, its time
//! and its values. A record without id or time is refused as a whole; of one
//! with a bad value the good values are kept and the bad one is refused,
//! with the raw record kept, so that replaying it later adds what was missing.

mod value;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use model::{Attribute, Entity, EntityId, Instant, Json, Scope, Text, Value};

use crate::compute::Expression;
use crate::definition::{AttributeRule, Definition, Kind};
use crate::fields::{Base, Fields, Header, elements};
use crate::issue::Issue;
use crate::local::{Moment, Repeated};
use crate::message::{Code, Message};
use crate::quality::Quality;
use crate::read::{Body, Fatal, Shape, unusable};
use crate::template::Template;
use crate::terms;

/// How many entities' unchanging attributes are remembered, so that a million
/// rows of one station do not repeat its name a million times.
const REMEMBERED_MAX: usize = 10_000;

/// Maps the records of one input.
pub(crate) struct Mapper<'d> {
    definition: &'d Definition,
    expressions: Vec<(&'d str, Rc<Expression>)>,
    /// The number of the record at work.
    record: u64,
    /// Fields taken from the input's name.
    file_fields: Vec<(Text, Json)>,
    columns: Vec<WideColumn>,
    /// Labels of the repeated hour that were seen, by entity and wall clock.
    twice: HashSet<(EntityId, i64)>,
    /// For a replay: whether the record was the second of its label.
    was_repeated: Option<bool>,
    /// Ids by their text: a station's id is checked once, not in every row.
    ids: HashMap<String, EntityId>,
    /// The fields that attributes without time are made of, in order.
    constant_fields: Vec<&'d str>,
    /// What these fields held when an entity's attributes without time were last given on.
    remembered: HashMap<EntityId, Vec<Option<Json>>>,
    quality: Quality,
    duration: Option<Attribute>,
    now: Instant,
}

/// A column of a wide file that makes a record of its own.
struct WideColumn {
    position: usize,
    fields: Vec<(Text, Json)>,
    beside: Vec<(Text, usize)>,
}

/// What became of a record.
#[derive(Debug, Default)]
pub(crate) struct Mapped {
    pub(crate) updates: Vec<Entity>,
    pub(crate) flags: Vec<Issue>,
    pub(crate) faults: Vec<Issue>,
    /// Its label was the second of autumn's repeated hour.
    pub(crate) repeated: bool,
}

impl<'d> Mapper<'d> {
    pub(crate) fn new(definition: &'d Definition, file: &str, was_repeated: Option<bool>, now: Instant) -> Result<Self, Fatal> {
        let mut expressions = Vec::new();
        for computed in &definition.computed {
            let expression = Expression::cached(&computed.expression).map_err(unusable)?;
            expressions.push((computed.field.as_str(), expression));
        }
        let duration = definition.time.as_ref().and_then(|time| time.interval.as_ref());
        let duration = duration.map(|interval| Attribute::new(terms::duration(), Value::Property(Json::from(interval.text.as_str()))));
        Ok(Self {
            definition,
            expressions,
            record: 0,
            file_fields: file_fields(definition, file)?,
            columns: Vec::new(),
            twice: HashSet::new(),
            was_repeated,
            ids: HashMap::new(),
            constant_fields: definition.attributes.iter().filter(|rule| !rule.observed).flat_map(AttributeRule::fields).collect(),
            remembered: HashMap::new(),
            quality: Quality::default(),
            duration,
            now,
        })
    }

    /// Checks the header against the definition and prepares wide columns.
    pub(crate) fn begin(&mut self, shape: &Shape) -> Result<(), Fatal> {
        let Some(header) = &shape.header else { return Ok(()) };
        let missing: Vec<&str> = self.definition.needed_columns().into_iter().filter(|column| header.position(column).is_none()).collect();
        if !missing.is_empty() {
            let found: Vec<&str> = header.names.iter().map(Text::as_str).collect();
            return Err(unusable(Code::ColumnsMissing.with("columns", missing).with("found", found)));
        }
        self.columns = wide_columns(self.definition, header);
        if self.definition.wide.is_some() && self.columns.is_empty() {
            let found: Vec<&str> = header.names.iter().map(Text::as_str).collect();
            return Err(unusable(Code::NoWideColumn.with("found", found)));
        }
        Ok(())
    }

    /// Maps one record, by its number in the input and its body.
    pub(crate) fn map(&mut self, shape: &Shape, record: u64, body: &Body) -> Mapped {
        let mut mapped = Mapped::default();
        self.record = record;
        match body {
            Body::Broken(reason) => mapped.faults.push(Issue::refused("", reason.clone())),
            Body::Cells(cells) => {
                let Some(header) = &shape.header else { return mapped };
                let base = Base::Row { header, cells };
                if self.definition.wide.is_some() {
                    self.map_wide(base, cells, shape, &mut mapped)
                } else {
                    self.map_one(self.fields(base), shape, &mut mapped)
                }
            }
            Body::Tree { key, value } => {
                let Kind::Json { key: key_field, .. } = &self.definition.format.kind else { return mapped };
                for (at, members) in parts(self.definition, value) {
                    let mut fields = self.fields(Base::Tree { root: value, members, at: &at });
                    if let (Some(name), Some(key)) = (key_field, key) {
                        fields.add(name.as_str(), Json::String(key.clone()));
                    }
                    self.map_one(fields, shape, &mut mapped);
                }
            }
        }
        mapped
    }

    fn fields<'a>(&self, base: Base<'a>) -> Fields<'a> {
        let mut fields = Fields::new(base);
        for (name, value) in &self.file_fields {
            fields.add(name.clone(), value.clone());
        }
        if let Some(name) = &self.definition.format.number {
            fields.add(name.as_str(), Json::from(i64::try_from(self.record).unwrap_or(i64::MAX)));
        }
        fields
    }

    fn map_wide(&mut self, base: Base<'_>, cells: &[Json], shape: &Shape, mapped: &mut Mapped) {
        let Some(wide) = &self.definition.wide else { return };
        let columns = std::mem::take(&mut self.columns);
        for column in &columns {
            let mut fields = self.fields(base);
            for (name, value) in &column.fields {
                fields.add(name.clone(), value.clone());
            }
            for (name, position) in &column.beside {
                fields.add(name.clone(), cells.get(*position).cloned().unwrap_or(Json::Null));
            }
            fields.add(wide.value.as_str(), cells.get(column.position).cloned().unwrap_or(Json::Null));
            self.map_one(fields, shape, mapped);
        }
        self.columns = columns;
    }

    fn map_one(&mut self, mut fields: Fields<'_>, shape: &Shape, mapped: &mut Mapped) {
        if let Err(fault) = self.add_fields(&mut fields) {
            mapped.faults.push(fault);
            return;
        }
        let id = match self.entity_id(&fields) {
            Ok(id) => id,
            Err(fault) => {
                mapped.faults.push(fault);
                return;
            }
        };
        let observed_at = match self.observed_at(&fields, &id, mapped) {
            Ok(at) => at,
            Err(fault) => {
                mapped.faults.push(fault);
                return;
            }
        };
        let mut entity = Entity::new(id, self.definition.entity.type_name);
        match self.scopes(&fields) {
            Ok(scopes) => entity.scopes = scopes,
            Err(fault) => mapped.faults.push(fault),
        }
        let definition = self.definition;
        let faults_before = mapped.faults.len();
        let unchanged = self.is_unchanged(&entity.id, &fields);
        for rule in definition.attributes.iter().filter(|rule| !unchanged && !rule.observed) {
            entity.attributes.extend(self.attribute(rule, &fields, shape, observed_at, &entity.id, mapped));
        }
        if !unchanged && mapped.faults.len() == faults_before {
            self.remember(&entity.id, &fields);
        }
        for rule in definition.attributes.iter().filter(|rule| rule.observed) {
            entity.attributes.extend(self.attribute(rule, &fields, shape, observed_at, &entity.id, mapped));
        }
        if !entity.attributes.is_empty() {
            merge(&mut mapped.updates, entity);
        }
    }

    /// Looked-up, then computed fields.
    fn add_fields(&self, fields: &mut Fields<'_>) -> Result<(), Issue> {
        for lookup in &self.definition.lookups {
            lookup.add_to(fields)?;
        }
        for (field, expression) in &self.expressions {
            match expression.evaluate(&fields.object()) {
                Ok(value) => fields.add(*field, value.unwrap_or(Json::Null)),
                Err(reason) => return Err(Issue::refused(*field, Code::CannotCompute.with("reason", reason))),
            }
        }
        Ok(())
    }

    fn entity_id(&mut self, fields: &Fields<'_>) -> Result<EntityId, Issue> {
        let text = fill(&self.definition.entity.id, fields, Code::TheId)?;
        if let Some(known) = self.ids.get(&text) {
            return Ok(known.clone());
        }
        let field = || self.definition.entity.id.fields().next().unwrap_or_default();
        let id = EntityId::parse(&text).map_err(|_| Issue::refused(field(), bad_iri(&text)))?;
        if self.ids.len() < REMEMBERED_MAX {
            self.ids.insert(text, id.clone());
        }
        Ok(id)
    }

    fn scopes(&self, fields: &Fields<'_>) -> Result<Vec<Scope>, Issue> {
        let one = |template: &Template| {
            let text = fill(template, fields, Code::TheScope)?;
            let refused = |_| Issue::refused(template.fields().next().unwrap_or_default(), Code::BadScope.with("value", text.as_str()));
            Scope::parse(&text).map_err(refused)
        };
        self.definition.entity.scopes.iter().map(one).collect()
    }

    /// The start of the record's interval. In the repeated hour the rule
    /// decides; by order, an entity's first record of a label is in summer
    /// time and the next in winter time.
    fn observed_at(&mut self, fields: &Fields<'_>, id: &EntityId, mapped: &mut Mapped) -> Result<Option<Instant>, Issue> {
        let Some(rule) = &self.definition.time else { return Ok(None) };
        let parts: Vec<_> = rule.fields.iter().map(|field| fields.text(field).unwrap_or_default()).collect();
        let named = rule.fields.first().cloned().unwrap_or_default();
        if parts.iter().all(|part| part.is_empty()) {
            return Err(Issue::refused(named, Code::TimeMissing));
        }
        match rule.read(&parts.join(" ")).map_err(|reason| Issue::refused(named, reason))? {
            Moment::Plain(instant) => Ok(Some(instant)),
            Moment::Twice { wall, first, second } => {
                let is_second = match rule.repeated {
                    Repeated::First => false,
                    Repeated::Second => true,
                    Repeated::ByOrder => self.was_repeated.unwrap_or_else(|| !self.twice.insert((id.clone(), wall))),
                };
                mapped.repeated |= is_second;
                Ok(Some(if is_second { second } else { first }))
            }
        }
    }

    fn attribute(
        &mut self,
        rule: &AttributeRule,
        fields: &Fields<'_>,
        shape: &Shape,
        at: Option<Instant>,
        id: &EntityId,
        mapped: &mut Mapped,
    ) -> Option<Attribute> {
        let applies = rule.when.iter().all(|(field, wanted)| fields.text(field).is_some_and(|text| text == *wanted));
        if !applies {
            return None;
        }
        let value = match value::read(rule, fields, self.definition, shape) {
            Ok(Some(value)) => value,
            Ok(None) => {
                if rule.quality.required {
                    mapped.flags.push(Issue::new("incomplete", &rule.term, Code::ValueMissing));
                }
                return None;
            }
            Err(fault) => {
                mapped.faults.push(fault);
                return None;
            }
        };
        let mut attribute = Attribute::new(rule.name, value);
        attribute.unit = rule.target_unit.clone().or_else(|| rule.unit.clone());
        if let Some(template) = &rule.dataset {
            match fill(template, fields, Code::TheDatasetId)
                .and_then(|text| EntityId::parse(&text).map_err(|_| Issue::refused(&rule.term, bad_iri(&text))))
            {
                Ok(dataset) => attribute.dataset = Some(dataset),
                Err(fault) => {
                    mapped.faults.push(fault);
                    return None;
                }
            }
        }
        if rule.observed {
            attribute.observed_at = at;
            attribute.sub.extend(self.duration.clone());
        }
        self.quality.judge(rule, fields, id, &mut attribute, self.now, &mut mapped.flags);
        Some(attribute)
    }

    /// Whether an entity's attributes without time were given on and nothing they are made of has changed.
    fn is_unchanged(&self, id: &EntityId, fields: &Fields<'_>) -> bool {
        let same =
            |held: &Vec<Option<Json>>| held.iter().zip(&self.constant_fields).all(|(held, field)| held.as_ref() == fields.get(field));
        self.remembered.get(id).is_some_and(same)
    }

    fn remember(&mut self, id: &EntityId, fields: &Fields<'_>) {
        if self.remembered.len() < REMEMBERED_MAX || self.remembered.contains_key(id) {
            let held = self.constant_fields.iter().map(|field| fields.get(field).cloned()).collect();
            self.remembered.insert(id.clone(), held);
        }
    }
}

fn fill(template: &Template, fields: &Fields<'_>, what: Code) -> Result<String, Issue> {
    template.fill(fields).map_err(|field| {
        let reason = Code::FieldEmpty.with("field", field.as_str()).with("what", what);
        Issue::refused(field, reason)
    })
}

/// A text that is no id.
fn bad_iri(text: &str) -> Message {
    Code::BadIri.with("value", text)
}

/// The objects of a JSON record whose members are fields, each with its
/// places in the lists around it: the record itself, or what `format.each` names.
pub(crate) fn parts<'a>(definition: &Definition, value: &'a Json) -> Vec<(Vec<usize>, &'a Json)> {
    match &definition.format.kind {
        Kind::Json { each: Some(pointer), .. } => elements(value, pointer),
        Kind::Json { geo: true, .. } => vec![(Vec::new(), value.get("properties").unwrap_or(&Json::Null))],
        _ => vec![(Vec::new(), value)],
    }
}

/// Puts an update beside the others of its record; one entity at one time is one update.
fn merge(updates: &mut Vec<Entity>, entity: Entity) {
    let time = |entity: &Entity| entity.attributes.iter().find_map(|attribute| attribute.observed_at);
    let at = time(&entity);
    match updates.iter_mut().find(|known| known.id == entity.id && (at.is_none() || time(known).is_none_or(|known| Some(known) == at))) {
        Some(known) => {
            for attribute in entity.attributes {
                let same = |other: &&mut Attribute| other.name == attribute.name && other.dataset == attribute.dataset;
                match known.attributes.iter_mut().find(same) {
                    Some(other) => *other = attribute,
                    None => known.attributes.push(attribute),
                }
            }
        }
        None => updates.push(entity),
    }
}

fn file_fields(definition: &Definition, file: &str) -> Result<Vec<(Text, Json)>, Fatal> {
    let Some(pattern) = &definition.source.file_pattern else { return Ok(Vec::new()) };
    let Some(found) = pattern.captures(file) else {
        return Err(unusable(Code::FilePattern.with("name", file).with("pattern", pattern.as_str())));
    };
    Ok(captures(pattern, &found))
}

fn captures(pattern: &regex::Regex, found: &regex::Captures<'_>) -> Vec<(Text, Json)> {
    pattern
        .capture_names()
        .flatten()
        .filter_map(|name| found.name(name).map(|value| (Text::from(name), Json::from(value.as_str()))))
        .collect()
}

fn wide_columns(definition: &Definition, header: &Header) -> Vec<WideColumn> {
    let Some(wide) = &definition.wide else { return Vec::new() };
    let second_field = match &definition.format.kind {
        Kind::Csv { table, .. } | Kind::Xlsx { table, .. } => table.second.as_ref().map(|second| second.field.as_str()),
        Kind::Json { .. } => None,
    };
    let mut columns = Vec::new();
    for (position, name) in header.names.iter().enumerate() {
        let Some(found) = wide.columns.captures(name).filter(|_| !wide.except.iter().any(|except| except == name)) else { continue };
        let mut fields = captures(&wide.columns, &found);
        let mut known = Fields::new(Base::Tree { root: &Json::Null, members: &Json::Null, at: &[] });
        fields.iter().for_each(|(name, value)| known.add(name.clone(), value.clone()));
        let beside = wide.beside.iter().filter_map(|(field, template)| {
            let column = template.fill(&known).ok()?;
            header.position(&column).map(|position| (Text::from(field.as_str()), position))
        });
        let beside = beside.collect();
        if let (Some(field), Some(Some(value))) = (second_field, header.second.get(position)) {
            fields.push((field.into(), Json::String(value.clone())));
        }
        columns.push(WideColumn { position, fields, beside });
    }
    columns
}
