//! Reading data for people: names of things, values of columns, keys in addresses.

use std::sync::LazyLock;

use model::dataset::{Aggregate, Column, ColumnKind};
use model::geo::Position;
use model::{Attribute, Dataset, Entity, EntityId, Geometry, Json, Name, Value};

use crate::ask::Trouble;
use crate::chart::Step;
use crate::format;
use crate::messages::{Language, Texts};

/// Short names of attributes that name a thing, best first.
const NAMING: [&str; 4] = ["name", "title", "label", "alternateName"];

/// What a thing is called: its name, else the last part of its id.
pub(crate) fn name_of(entity: &Entity, language: Language) -> String {
    let named = |short: &str| entity.attributes.iter().find(|a| a.name.short() == short).and_then(|a| a.value.in_language(language.code()));
    let found = NAMING.into_iter().find_map(named).filter(|name| !name.trim().is_empty());
    found.map_or_else(|| last_part(&entity.id).to_owned(), str::to_owned)
}

fn last_part(id: &EntityId) -> &str {
    id.as_str().rsplit([':', '/', '#']).next().unwrap_or(id.as_str())
}

/// The key of a thing in addresses: its id without what all things of the dataset share.
pub(crate) fn key_of<'a>(dataset: &Dataset, id: &'a EntityId) -> &'a str {
    let prefix = dataset.id_prefix.as_deref().unwrap_or("urn:ngsi-ld:");
    id.as_str().strip_prefix(prefix).filter(|rest| !rest.is_empty()).unwrap_or(id.as_str())
}

/// The id behind a key.
pub(crate) fn id_of(dataset: &Dataset, key: &str) -> Result<EntityId, Trouble> {
    let prefix = dataset.id_prefix.as_deref().unwrap_or("urn:ngsi-ld:");
    let whole = if key.starts_with("urn:") || key.contains("://") { key.to_owned() } else { format!("{prefix}{key}") };
    EntityId::parse(&whole).map_err(|_| Trouble::NotFound)
}

/// The column that an address means.
pub(crate) fn column_of<'a>(dataset: &'a Dataset, key: &str) -> Option<&'a Column> {
    dataset.columns.iter().find(|column| column.attribute.short() == key || column.attribute.iri() == key)
}

/// A column's name for people.
pub(crate) fn label(column: &Column, language: Language) -> &str {
    column.label.get(language.code())
}

/// The symbol of a column's unit; empty when it has none.
pub(crate) fn unit(column: &Column) -> &str {
    match column.unit.as_ref().map_or("", |unit| unit.symbol()) {
        // A plain count has the unit 1, which nobody writes.
        "1" => "",
        symbol => symbol,
    }
}

/// A column's name with its unit: `Temperatur in °C`.
pub(crate) fn label_with_unit(column: &Column, texts: Texts) -> String {
    match unit(column) {
        "" => label(column, texts.language).to_owned(),
        unit => texts.value_in_unit(label(column, texts.language), unit),
    }
}

/// A value as people read it, without its unit; `None` when there is none.
pub(crate) fn value(value: &Value, texts: Texts) -> Option<String> {
    let language = texts.language;
    match value {
        Value::Property(json) | Value::JsonProperty(json) => json_text(json, texts),
        Value::Geo(geometry) => Some(place(geometry, language)),
        Value::Relationship(targets) | Value::ListRelationship(targets) => {
            Some(targets.iter().map(last_part).collect::<Vec<_>>().join(", "))
        }
        Value::Language(_) => value.in_language(language.code()).map(str::to_owned),
        Value::Vocab(terms) => Some(terms.iter().map(|term| term.short()).collect::<Vec<_>>().join(", ")),
        Value::List(items) => Some(items.iter().filter_map(|item| json_text(item, texts)).collect::<Vec<_>>().join(", ")),
        Value::Sealed(_) => None,
    }
}

fn json_text(json: &Json, texts: Texts) -> Option<String> {
    match json {
        Json::Null => None,
        Json::Bool(yes) => Some(if *yes { texts.value_yes() } else { texts.value_no() }.to_owned()),
        Json::Number(number) => Some(format::written(number.text(), texts.language)),
        Json::String(text) => Some(text.to_string()),
        Json::Array(items) => Some(items.iter().filter_map(|item| json_text(item, texts)).collect::<Vec<_>>().join(", ")),
        Json::Object(_) => Some(json.to_string()),
    }
}

fn place(geometry: &Geometry, language: Language) -> String {
    let texts = language.texts();
    let Position { lon, lat, .. } = geometry.centre();
    let degrees = |value: f64| format::with_unit(&format::decimal(value.abs(), 4, language), "°");
    let north = if lat >= 0.0 { texts.place_north() } else { texts.place_south() };
    let east = if lon >= 0.0 { texts.place_east() } else { texts.place_west() };
    format!("{} {north}, {} {east}", degrees(lat), degrees(lon))
}

/// A column's current value of a thing, with its unit.
pub(crate) fn current(entity: &Entity, column: &Column, texts: Texts) -> Option<String> {
    let attribute = entity.attribute(column.attribute)?;
    let written = value(&attribute.value, texts)?;
    let numeric = matches!(column.kind, ColumnKind::Measure | ColumnKind::Number);
    Some(if numeric { format::with_unit(&written, unit(column)) } else { written })
}

/// The shape of a thing: an area before a point.
pub(crate) fn shape(entity: &Entity) -> Option<&Geometry> {
    let shapes = || {
        entity.attributes.iter().filter_map(|attribute| match &attribute.value {
            Value::Geo(geometry) => Some(geometry),
            _ => None,
        })
    };
    let is_area = |geometry: &&Geometry| matches!(geometry, Geometry::Polygon(_) | Geometry::MultiPolygon(_));
    shapes().find(is_area).or_else(|| shapes().next())
}

/// Whether a thing is a part of another thing of the same dataset, such as a
/// lane of a counter: overviews show wholes.
pub(crate) fn is_part(entity: &Entity, all: &[EntityId]) -> bool {
    entity.attributes.iter().any(|attribute| match &attribute.value {
        Value::Relationship(targets) => targets.iter().any(|target| *target != entity.id && all.contains(target)),
        _ => false,
    })
}

/// The words of the quality flags a value carries.
pub(crate) fn flags(attribute: &Attribute) -> Vec<String> {
    let flag = attribute.sub.iter().find(|sub| sub.name == quality());
    let text = |json: &Json| json.as_str().map(str::to_owned);
    match flag.map(|sub| &sub.value) {
        Some(Value::Property(Json::Array(items)) | Value::List(items)) => items.iter().filter_map(text).collect(),
        Some(Value::Property(json)) => text(json).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Sub-attribute: why a value deserves a second look.
pub(crate) fn quality() -> Name {
    static NAME: LazyLock<Name> = LazyLock::new(|| Name::known("https://allmende.eu/def/quality"));
    *NAME
}

/// Sub-attribute: how long the interval is that a value stands for.
pub(crate) fn duration() -> Name {
    static NAME: LazyLock<Name> = LazyLock::new(|| Name::known("https://allmende.eu/def/duration"));
    *NAME
}

/// A quality flag in words.
pub(crate) fn flag_text(flag: &str, texts: Texts) -> String {
    match flag {
        "out-of-range" => texts.value_out_of_range().to_owned(),
        "late" => texts.value_late().to_owned(),
        "duplicate" => texts.value_duplicate().to_owned(),
        "incomplete" => texts.value_incomplete().to_owned(),
        "unverified" => texts.value_unverified().to_owned(),
        "two-hours" => texts.value_two_hours().to_owned(),
        other => other.to_owned(),
    }
}

/// How the values of a step were made: `Tagesmittel`, `Summe je Monat`.
pub(crate) fn how(aggregate: Aggregate, step: Step, texts: Texts) -> &'static str {
    match (aggregate, step) {
        (_, Step::Instant) => texts.chart_single_values(),
        (Aggregate::Mean, Step::Hour) => texts.chart_mean_hour(),
        (Aggregate::Mean, Step::Day) => texts.chart_mean_day(),
        (Aggregate::Mean, Step::Week) => texts.chart_mean_week(),
        (Aggregate::Mean, Step::Month) => texts.chart_mean_month(),
        (Aggregate::Mean, Step::Year) => texts.chart_mean_year(),
        (Aggregate::Sum, Step::Hour) => texts.chart_sum_hour(),
        (Aggregate::Sum, Step::Day) => texts.chart_sum_day(),
        (Aggregate::Sum, Step::Week) => texts.chart_sum_week(),
        (Aggregate::Sum, Step::Month) => texts.chart_sum_month(),
        (Aggregate::Sum, Step::Year) => texts.chart_sum_year(),
        (Aggregate::Max, Step::Hour) => texts.chart_max_hour(),
        (Aggregate::Max, Step::Day) => texts.chart_max_day(),
        (Aggregate::Max, Step::Week) => texts.chart_max_week(),
        (Aggregate::Max, Step::Month) => texts.chart_max_month(),
        (Aggregate::Max, Step::Year) => texts.chart_max_year(),
        (Aggregate::Min, Step::Hour) => texts.chart_min_hour(),
        (Aggregate::Min, Step::Day) => texts.chart_min_day(),
        (Aggregate::Min, Step::Week) => texts.chart_min_week(),
        (Aggregate::Min, Step::Month) => texts.chart_min_month(),
        (Aggregate::Min, Step::Year) => texts.chart_min_year(),
    }
}
