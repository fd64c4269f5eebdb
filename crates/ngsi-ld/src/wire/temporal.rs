//! The past of an entity as JSON: instances, values with times, aggregates
//! (NGSI-LD V1.9.1, clauses 4.5.6 to 4.5.8, 4.5.19).

use engine::Figure;
use model::json::write_string;
use model::time::TimeProperty;
use model::{Entity, Instant, Iri, Name, Observation, Value};

use super::figures::write_number;
use super::render::{Pen, RenderOptions, value_member};
use crate::context::Context;

/// How instances of the past are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemporalForm {
    /// Each with its members.
    Normalized,
    /// Pairs of value and time.
    Values,
}

/// The instances of one attribute that an answer shows, in the order it shows them.
#[derive(Debug)]
pub struct Evolution<'a> {
    /// The attribute.
    pub name: Name,
    /// Its instances.
    pub instances: Vec<&'a Observation>,
}

/// The aggregates of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregates {
    /// The attribute.
    pub name: Name,
    /// Its `datasetId`.
    pub dataset: Option<Iri>,
    /// The type of the attribute.
    pub type_name: &'static str,
    /// Per method: what each period comes to.
    pub methods: Vec<(&'static str, Vec<PeriodFigure>)>,
}

/// A figure with the first instant of its period and the first after it.
pub type PeriodFigure = (Figure, Instant, Instant);

/// The time an instance is sorted and paged by.
#[must_use]
pub fn time_of(observation: &Observation, property: TimeProperty) -> Instant {
    match property {
        TimeProperty::CreatedAt => observation.attribute.created_at,
        TimeProperty::ModifiedAt => observation.attribute.modified_at,
        TimeProperty::ObservedAt | TimeProperty::DeletedAt => observation.time(),
    }
}

/// The past of an entity, instance by instance.
#[must_use]
pub fn render_evolution(
    entity: &Entity,
    evolutions: &[Evolution<'_>],
    context: &Context,
    options: &RenderOptions,
    form: TemporalForm,
    property: TimeProperty,
) -> String {
    let count: usize = evolutions.iter().map(|evolution| evolution.instances.len()).sum();
    let mut out = String::with_capacity(200 + count * if form == TemporalForm::Values { 40 } else { 180 });
    let mut pen = Pen::new(&mut out, context, options);
    open(&mut pen, entity);
    for evolution in evolutions {
        pen.name_key(evolution.name);
        match form {
            TemporalForm::Normalized => pen.list(&evolution.instances, |pen, observation| instance(pen, observation)),
            TemporalForm::Values => values(&mut pen, &evolution.instances, property),
        }
    }
    close(&mut pen);
    out
}

/// The aggregates of an entity.
#[must_use]
pub fn render_aggregates(entity: &Entity, all: &[Aggregates], context: &Context, options: &RenderOptions) -> String {
    let mut out = String::with_capacity(1024);
    let mut pen = Pen::new(&mut out, context, options);
    open(&mut pen, entity);
    for same in all.chunk_by(|a, b| a.name == b.name) {
        pen.name_key(same[0].name);
        match same {
            [one] => aggregates(&mut pen, one),
            several => pen.list(several, aggregates),
        }
    }
    close(&mut pen);
    out
}

fn open(pen: &mut Pen<'_>, entity: &Entity) {
    pen.out.push('{');
    if pen.options.projection.shows_id() {
        pen.key("id");
        pen.plain_string(entity.id.as_str());
    }
    if pen.options.projection.shows_type() {
        pen.key("type");
        pen.types(&entity.types);
    }
    pen.entity_members(entity);
}

fn close(pen: &mut Pen<'_>) {
    if pen.options.embed_context {
        pen.key("@context");
        pen.out.push_str(pen.context.json());
    }
    pen.out.push('}');
}

fn instance(pen: &mut Pen<'_>, observation: &Observation) {
    pen.out.push('{');
    pen.head(&observation.attribute.value, true);
    pen.members(&observation.attribute);
    pen.key("instanceId");
    let id = observation.key().instance_id(observation.time());
    pen.plain_string(&id);
    pen.out.push('}');
}

/// Pairs of value and time; one object per `datasetId`.
fn values(pen: &mut Pen<'_>, instances: &[&Observation], property: TimeProperty) {
    let mut datasets: Vec<Option<&Iri>> = Vec::new();
    for observation in instances {
        let dataset = observation.attribute.dataset.as_ref();
        if !datasets.contains(&dataset) {
            datasets.push(dataset);
        }
    }
    match datasets.as_slice() {
        [] => pen.out.push_str("[]"),
        [one] => values_of(pen, instances, *one, property),
        several => pen.list(several, |pen, dataset| values_of(pen, instances, *dataset, property)),
    }
}

fn values_of(pen: &mut Pen<'_>, instances: &[&Observation], dataset: Option<&Iri>, property: TimeProperty) {
    let own: Vec<&&Observation> = instances.iter().filter(|observation| observation.attribute.dataset.as_ref() == dataset).collect();
    let Some(first) = own.first() else { return pen.out.push_str("[]") };
    let translated = matches!(first.attribute.value, Value::Language(_)) && pen.options.languages.is_some();
    pen.out.push('{');
    pen.key("type");
    pen.plain_string(if translated { "Property" } else { first.attribute.value.type_name() });
    if let Some(dataset) = dataset {
        pen.key("datasetId");
        pen.plain_string(dataset.as_str());
    }
    pen.key(if translated { "values" } else { plural(&first.attribute.value) });
    pen.list(&own, |pen, observation| {
        pen.out.push('[');
        value(pen, &observation.attribute.value);
        pen.out.push(',');
        pen.instant(time_of(observation, property));
        pen.out.push(']');
    });
    pen.out.push('}');
}

/// Language maps, terms and JSON stay wrapped, lists and URIs are bare.
fn value(pen: &mut Pen<'_>, value: &Value) {
    match value {
        Value::Language(map) if pen.options.languages.is_some() => {
            let chosen = pen.options.languages.as_ref().and_then(|languages| languages.choose(map));
            let texts = chosen.map_or(&[][..], |(_, texts)| texts);
            match texts {
                [one] => write_string(one, pen.out),
                several => pen.list(several, |pen, text| write_string(text, pen.out)),
            }
        }
        Value::Language(_) | Value::Vocab(_) | Value::JsonProperty(_) => {
            pen.out.push('{');
            pen.key(value_member(value));
            pen.value(value, true);
            pen.out.push('}');
        }
        plain => pen.value(plain, true),
    }
}

fn plural(value: &Value) -> &'static str {
    match value {
        Value::Property(_) | Value::Geo(_) | Value::Sealed(_) => "values",
        Value::Relationship(_) => "objects",
        Value::Language(_) => "languageMaps",
        Value::Vocab(_) => "vocabs",
        Value::List(_) => "valueLists",
        Value::ListRelationship(_) => "objectLists",
        Value::JsonProperty(_) => "jsons",
    }
}

fn aggregates(pen: &mut Pen<'_>, one: &Aggregates) {
    pen.out.push('{');
    pen.key("type");
    pen.plain_string(one.type_name);
    if let Some(dataset) = &one.dataset {
        pen.key("datasetId");
        pen.plain_string(dataset.as_str());
    }
    for (method, periods) in &one.methods {
        pen.key(method);
        pen.list(periods, |pen, (figure, start, end)| {
            pen.out.push('[');
            match figure {
                Figure::Number(number) => write_number(*number, pen.out),
                Figure::Text(text) => write_string(text, pen.out),
            }
            pen.out.push(',');
            pen.instant(*start);
            pen.out.push(',');
            pen.instant(*end);
            pen.out.push(']');
        });
    }
    pen.out.push('}');
}
