//! Tests of the engine through its public face, over a real store.

mod backups;
mod buckets;
mod erasure;
mod export_history;
mod failures;
mod import;
mod indexes;
mod live;
mod load;
mod model_based;
mod past;
mod personal;
mod policy;
mod report;
mod retention;
mod rollup;
mod write;

use model::dataset::{Agent, Aggregate, Column, ColumnKind, Texts};
use model::{Attribute, Class, Dataset, Entity, EntityId, Instant, Iri, Json, Name, Number, UnitCode, Value};

pub(crate) fn name(short: &str) -> Name {
    Name::intern(&format!("https://example.org/{short}")).expect("interned")
}

pub(crate) fn id(short: &str) -> EntityId {
    Iri::parse(&format!("urn:ngsi-ld:Station:{short}")).expect("valid")
}

pub(crate) fn instant(text: &str) -> Instant {
    Instant::parse(text).expect("valid")
}

pub(crate) fn number(text: &str) -> Value {
    Value::Property(Json::Number(Number::parse(text).expect("a number")))
}

pub(crate) fn station(short: &str) -> Entity {
    Entity::new(id(short), name("Station"))
}

pub(crate) fn no2(value: &str, at: &str) -> Attribute {
    Attribute::new(name("no2"), number(value)).observed(instant(at))
}

/// A dataset over stations, with `no2` open, `note` internal and `operator` personal.
pub(crate) fn dataset(published: bool) -> Dataset {
    let texts = |text: &str| Texts { de: text.into(), en: None };
    let column = |short: &str, kind, class| Column {
        attribute: name(short),
        label: texts(short),
        description: None,
        kind,
        unit: (short == "no2").then(|| UnitCode::new("GQ")),
        aggregate: Aggregate::Mean,
        class,
    };
    Dataset {
        id: Iri::parse("urn:ngsi-ld:Dataset:luft").expect("valid"),
        slug: "luft".into(),
        title: texts("Luftqualität an den Messstellen"),
        summary: texts("Wie sauber ist die Luft?"),
        description: texts("Stündliche Werte."),
        publisher: Agent { name: "Umweltamt".into(), homepage: None },
        contact: None,
        licence: "http://dcat-ap.de/def/licenses/cc-zero".into(),
        attribution: None,
        provenance: texts("Messnetz"),
        landing_page: None,
        themes: vec!["ENVI".into()],
        keywords: vec!["Feinstaub".into()],
        frequency: None,
        spatial: None,
        temporal: Vec::new(),
        retention: Vec::new(),
        entity_type: name("Station"),
        id_prefix: None,
        columns: vec![
            column("no2", ColumnKind::Measure, Class::Open),
            column("note", ColumnKind::Text, Class::Internal),
            column("operator", ColumnKind::Text, Class::Personal),
        ],
        published,
    }
}
