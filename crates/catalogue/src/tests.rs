//! Documents over the real engine, checked by our own rules and by SHACL.

mod documents;
mod harvest;
mod http;
mod rules;
mod shacl;

use engine::{Engine, Role, ScratchEngine};
use model::dataset::{Agent, Aggregate, Column, ColumnKind, Contact, Spatial, Texts};
use model::geo::Position;
use model::{Attribute, Class, Dataset, Entity, EntityId, Geometry, Instant, Json, Name, Number, TenantId, Value};

use crate::{Catalogue, Format, Site};

const URL: &str = "https://daten.musterstadt.example";

/// An engine with a catalogue over it.
struct City {
    engine: ScratchEngine,
    catalogue: Catalogue,
}

impl City {
    /// With these datasets, and two stations with values in May.
    async fn with(datasets: impl IntoIterator<Item = Dataset>) -> Self {
        let engine = Engine::scratch();
        let access = engine.with_role(Role::Editor);
        for dataset in datasets {
            access.put_dataset(dataset).await.expect("declared");
        }
        let run = access.begin_run("luft", 1, "luft.csv", [0; 32]).await.expect("begun");
        let stations = [("geist", 7.61159, 51.93652), ("weseler", 7.61938, 51.95327)];
        let records = stations.into_iter().map(|(name, lon, lat)| (1, station(name, lon, lat))).collect();
        access.import(run, records).await.expect("imported");
        let mut site = Site::new(URL, "Musterstadt").expect("an address");
        site.contributor = Some("hessen".into());
        let catalogue = Catalogue::new(Engine::clone(&engine), site);
        Self { engine, catalogue }
    }

    async fn page(&self, format: Format, after: Option<&str>) -> String {
        text(self.catalogue.page(&tenant(), format, after).await)
    }

    async fn dataset(&self, slug: &str, format: Format) -> String {
        text(self.catalogue.dataset(&tenant(), slug, format).await)
    }
}

fn text(document: Result<Vec<u8>, crate::Error>) -> String {
    match document {
        Ok(bytes) => String::from_utf8(bytes).expect("documents are UTF-8"),
        Err(error) => format!("error: {error}"),
    }
}

fn tenant() -> TenantId {
    ScratchEngine::tenant()
}

fn station(name: &str, lon: f64, lat: f64) -> Entity {
    let id = EntityId::parse(&format!("urn:ngsi-ld:AirQualityObserved:{name}")).expect("an id");
    let value = Value::Property(Json::Number(Number::from_f64(21.5).expect("finite")));
    Entity::new(id, air_quality())
        .with(Attribute::new(location(), Value::Geo(Geometry::Point(Position::new(lon, lat)))))
        .with(Attribute::new(no2(), value).observed(Instant::parse("2026-05-01T10:00:00Z").expect("an instant")))
}

fn air_quality() -> Name {
    Name::known("https://smartdatamodels.org/dataModel.Environment/AirQualityObserved")
}

fn no2() -> Name {
    Name::known("https://smartdatamodels.org/dataModel.Environment/no2")
}

fn location() -> Name {
    Name::known("https://uri.etsi.org/ngsi-ld/location")
}

fn column(attribute: Name, label: &str, kind: ColumnKind) -> Column {
    let label = Texts { de: label.into(), en: None };
    Column { attribute, label, description: None, kind, unit: None, aggregate: Aggregate::Mean, class: Class::Open }
}

/// A dataset in which everything is said.
fn luft() -> Dataset {
    Dataset {
        id: EntityId::parse("urn:ngsi-ld:Dataset:luft").expect("an id"),
        slug: "luft".into(),
        title: Texts { de: "Luftqualität".into(), en: Some("Air quality".into()) },
        summary: Texts { de: "Wie sauber ist die Luft?".into(), en: None },
        description: Texts { de: "Stündliche Werte zweier Stationen.".into(), en: Some("Hourly values of two stations.".into()) },
        publisher: Agent { name: "Umweltbundesamt".into(), homepage: Some("https://www.umweltbundesamt.de".into()) },
        contact: Some(Contact {
            name: "Datenstelle".into(),
            email: Some("daten@musterstadt.example".into()),
            url: Some("https://musterstadt.example/kontakt".into()),
        }),
        licence: "http://dcat-ap.de/def/licenses/dl-by-de/2.0".into(),
        attribution: Some("Umweltbundesamt".into()),
        provenance: Texts { de: "Messnetze der Länder".into(), en: Some("Networks of the states".into()) },
        landing_page: Some("https://www.umweltbundesamt.de/daten/luft".into()),
        themes: vec!["ENVI".into(), "HEAL".into()],
        keywords: vec!["Luft".into(), "NO2".into(), "Luft".into()],
        frequency: Some("HOURLY".into()),
        spatial: Some(Spatial {
            iri: "http://dcat-ap.de/def/politicalGeocoding/regionalKey/055150000000".into(), label: "Münster".into()
        }),
        temporal: Vec::new(),
        retention: Vec::new(),
        entity_type: air_quality(),
        id_prefix: Some("urn:ngsi-ld:AirQualityObserved:".into()),
        columns: vec![column(location(), "Lage", ColumnKind::Place), column(no2(), "Stickstoffdioxid", ColumnKind::Measure)],
        published: true,
    }
}

/// A dataset in which only what must be is said.
fn bare(slug: &str) -> Dataset {
    Dataset {
        id: EntityId::parse(&format!("urn:ngsi-ld:Dataset:{slug}")).expect("an id"),
        slug: slug.into(),
        title: Texts { de: format!("Datensatz {slug}").into(), en: None },
        summary: Texts { de: "Ein Satz.".into(), en: None },
        description: Texts::default(),
        publisher: Agent { name: "Stadt Musterstadt".into(), homepage: None },
        contact: None,
        licence: "http://dcat-ap.de/def/licenses/dl-zero-de/2.0".into(),
        attribution: None,
        provenance: Texts::default(),
        landing_page: None,
        themes: Vec::new(),
        keywords: Vec::new(),
        frequency: None,
        spatial: None,
        temporal: Vec::new(),
        retention: Vec::new(),
        entity_type: Name::known("https://example.org/Thing"),
        id_prefix: None,
        columns: vec![column(no2(), "Wert", ColumnKind::Measure)],
        published: true,
    }
}
