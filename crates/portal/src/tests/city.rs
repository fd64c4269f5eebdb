//! A small city to look at: one dataset over time, one of things, a source.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use engine::{Access, Engine, QuarantineItem, Role, RunOutcome, RunState, ScratchEngine, SourceRow, StoredFile};
use harmonise::{Code, Found, Issue, Reason};
use http_body_util::BodyExt;
use model::dataset::{Agent, Aggregate, Column, ColumnKind, Texts};
use model::geo::Position;
use model::{Attribute, Class, Dataset, Entity, EntityId, Geometry, Instant, Json, Name, Number, UnitCode, Value};
use tower::ServiceExt;
use web::BoxFuture;

use crate::pages::dataset::JsonLd;
use crate::{Replayed, Site, Standing, State, WorkError, Workshop, router};

const HOUR: i64 = 3_600_000_000;

/// A workshop that knows no sources of its own: `gut` is a fine definition.
struct TestWorkshop;

/// What an earlier version wrote down, and what is written now.
fn reasons(source: &str) -> String {
    match source {
        "luft" => "`k. A.` is no number".to_owned(),
        _ => Reason::from(Code::NotABool.with("value", "k. A.<b>")).stored(),
    }
}

fn missing_name() -> Issue {
    let (reason, remedy) = (Code::KeyMissing.into(), Some(Box::new(Code::NameSource.into())));
    Issue { code: "missing".into(), place: "source.name".into(), value: None, reason, remedy }
}

impl Workshop for TestWorkshop {
    fn check(&self, text: &str) -> Result<String, Vec<Issue>> {
        if text.contains("gut") { Ok("luft".into()) } else { Err(vec![missing_name()]) }
    }

    fn put<'a>(&'a self, access: &'a Access, text: &'a str) -> BoxFuture<'a, Result<u64, WorkError>> {
        Box::pin(async move { Ok(access.put_source("luft", text).await?) })
    }

    fn start<'a>(&'a self, _: &'a Access, _: &'a str) -> BoxFuture<'a, Result<(), WorkError>> {
        Box::pin(async { Err(WorkError::Refused(Code::SourceBusy.with("source", "luft").into())) })
    }

    fn standing(&self, _: &Access, source: &SourceRow) -> Result<Standing, WorkError> {
        if source.name != "gemeinden" {
            return Ok(Standing::default());
        }
        Ok(Standing {
            due_at: Some(at("2026-05-04T10:05:00Z")),
            checked_at: Some(at("2026-05-04T09:50:00Z")),
            observed_at: Some(at("2026-05-04T08:00:00Z")),
            trouble: Some(Code::RemoteStatus.with("status", "500").into()),
            failures: (3, Some(at("2026-05-03T09:00:00Z"))),
            silent_since: Some(at("2026-05-03T10:00:00Z")),
            drift: vec![Code::ColumnVanished.with("column", "<b>").into()],
        })
    }

    fn accept_columns<'a>(&'a self, _: &'a Access, source: &'a str) -> BoxFuture<'a, Result<(), WorkError>> {
        Box::pin(async move { Err(WorkError::Refused(Code::SourceBusy.with("source", source).into())) })
    }

    fn take_kept<'a>(&'a self, _: &'a Access, _: &'a str, _: &'a str, _: StoredFile) -> BoxFuture<'a, Result<(), WorkError>> {
        Box::pin(async { Ok(()) })
    }

    fn replay<'a>(&'a self, _: &'a Access, _: &'a str) -> BoxFuture<'a, Result<Replayed, WorkError>> {
        Box::pin(async { Ok(Replayed { settled: 1, waiting: 1 }) })
    }

    fn raw<'a>(&'a self, access: &'a Access, _: u64, record: u64) -> BoxFuture<'a, Result<Option<Found>, WorkError>> {
        let may = access.principal().role >= Role::Editor;
        Box::pin(async move {
            Ok(may.then(|| Found {
                bytes: format!("DENW260;<b>{record}</b>;42").into_bytes(),
                fields: vec![("Station".into(), "DENW260".into()), ("<i>NO2".into(), "42".into())],
            }))
        })
    }

    fn rules(&self, access: &Access, _: u64, _: Name) -> Result<Vec<Reason>, WorkError> {
        let may = access.principal().role >= Role::Editor;
        Ok(may.then(|| Reason::from(harmonise::Message::from(Code::RuleRequired))).into_iter().collect())
    }
}

/// The workshop of the tests.
pub(crate) fn workshop() -> Arc<dyn Workshop> {
    Arc::new(TestWorkshop)
}

/// The engine with its data, and the pages over it.
pub(super) struct City {
    pub(super) engine: ScratchEngine,
    router: Router,
}

/// An answer, read whole.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
    pub(super) bytes: bytes::Bytes,
}

pub(super) fn at(text: &str) -> Instant {
    Instant::parse(text).expect(text)
}

fn name(iri: &'static str) -> Name {
    Name::known(iri)
}

fn no2() -> Name {
    name("https://smartdatamodels.org/dataModel.Environment/no2")
}

pub(super) fn column(attribute: Name, label: &str, kind: ColumnKind, unit: Option<&str>) -> Column {
    Column {
        attribute,
        label: Texts { de: label.into(), en: Some(format!("{label} (en)").into()) },
        description: None,
        kind,
        unit: unit.map(UnitCode::new),
        aggregate: Aggregate::Mean,
        class: Class::Open,
    }
}

pub(super) fn dataset(slug: &str, title: &str, entity_type: Name, columns: Vec<Column>) -> Dataset {
    Dataset {
        id: EntityId::parse(&format!("urn:ngsi-ld:Dataset:{slug}")).expect("valid"),
        slug: slug.into(),
        title: Texts { de: title.into(), en: None },
        summary: Texts { de: "So sauber war die Luft.".into(), en: Some("How clean the air was.".into()) },
        description: Texts::default(),
        publisher: Agent { name: "Umweltbundesamt".into(), homepage: None },
        contact: None,
        licence: "dl-by-de/2.0".into(),
        attribution: Some("Umweltbundesamt".into()),
        provenance: Texts { de: "Messnetz".into(), en: None },
        landing_page: None,
        themes: vec!["ENVI".into()],
        keywords: vec!["Luft".into()],
        frequency: Some("HOURLY".into()),
        spatial: None,
        temporal: Vec::new(),
        retention: Vec::new(),
        entity_type,
        id_prefix: None,
        columns,
        published: true,
    }
}

fn number(text: &str) -> Value {
    Value::Property(Json::Number(Number::parse(text).expect(text)))
}

fn text(value: &str) -> Value {
    Value::Property(Json::from(value))
}

/// Two stations, three days of hours; the second misses an hour a day.
fn air() -> Vec<(u64, Entity)> {
    let air = name("https://smartdatamodels.org/dataModel.Environment/AirQualityObserved");
    let stations = [("DENW095", "Geist", 7.611_59), ("DENW260", "Weseler Straße <b>", 7.619_38)];
    let mut records = Vec::new();
    for (index, (id, title, lon)) in stations.into_iter().enumerate() {
        for hour in (0..72).filter(|hour| index == 0 || hour % 24 != 5) {
            let id = EntityId::parse(&format!("urn:ngsi-ld:AirQualityObserved:{id}")).expect("valid");
            let time = at("2026-05-01T00:00:00Z").plus_micros(hour * HOUR);
            let mut entity = Entity::new(id, air)
                .with(Attribute::new(name("https://smartdatamodels.org/name"), text(title)))
                .with(Attribute::new(name("https://uri.etsi.org/ngsi-ld/location"), Value::Geo(Geometry::Point(Position::new(lon, 51.95)))))
                .with(Attribute::new(no2(), number(&format!("{}.5", hour % 24 + 10))).observed(time));
            if hour == 3 {
                let flag = Attribute::new(crate::reading::quality(), text("out-of-range"));
                entity.attributes[2].sub.push(flag);
            }
            records.push((u64::try_from(hour).expect("small") + 2, entity));
        }
    }
    records
}

/// Towns with an area and a number that has no time.
fn towns() -> Vec<(u64, Entity)> {
    let town = name("https://allmende.eu/def/Municipality");
    let ring = |x: f64| vec![Position::new(x, 50.0), Position::new(x + 0.1, 50.0), Position::new(x + 0.1, 50.1), Position::new(x, 50.0)];
    let make = |(index, (title, population)): (usize, (&str, &str))| {
        let id = EntityId::parse(&format!("urn:ngsi-ld:Municipality:de-{index}")).expect("valid");
        #[expect(clippy::cast_precision_loss, reason = "a few towns")]
        let shape = Geometry::Polygon(vec![ring(8.0 + index as f64 / 10.0)]);
        let entity = Entity::new(id, town)
            .with(Attribute::new(name("https://smartdatamodels.org/name"), text(title)))
            .with(Attribute::new(name("https://allmende.eu/def/boundary"), Value::Geo(shape)))
            .with(Attribute::new(name("https://allmende.eu/def/population"), number(population)));
        (index as u64 + 1, entity)
    };
    [("Darmstadt", "162243"), ("Kassel", "204687"), ("=Gießen", "93161")].into_iter().enumerate().map(make).collect()
}

impl City {
    /// The city with its data.
    pub(super) async fn new() -> Self {
        let engine = Engine::scratch();
        let access = engine.with_role(Role::Administrator);
        let air_type = name("https://smartdatamodels.org/dataModel.Environment/AirQualityObserved");
        let own_name = column(name("https://smartdatamodels.org/name"), "Name", ColumnKind::Text, None);
        let place = column(name("https://uri.etsi.org/ngsi-ld/location"), "Lage", ColumnKind::Place, None);
        let measure = column(no2(), "Stickstoffdioxid", ColumnKind::Measure, Some("GQ"));
        let boundary = column(name("https://allmende.eu/def/boundary"), "Grenze", ColumnKind::Place, None);
        let population = column(name("https://allmende.eu/def/population"), "Einwohner", ColumnKind::Measure, None);
        let municipality = name("https://allmende.eu/def/Municipality");
        for dataset in [
            dataset("luft", "Luft </title><script>", air_type, vec![own_name.clone(), place, measure]),
            dataset("gemeinden", "Gemeinden", municipality, vec![own_name.clone(), boundary, population]),
            Dataset { published: false, ..dataset("geheim", "Geheim", name("https://example.org/Secret"), vec![own_name]) },
        ] {
            access.put_dataset(dataset).await.expect("declared");
        }
        for (source, records) in [("luft", air()), ("gemeinden", towns())] {
            access.put_source(source, "[source]\nname = \"luft\"\n[dataset]\nslug = \"luft\"\n").await.expect("kept");
            let run = access.begin_run(source, 1, "luft.csv", [7; 32]).await.expect("begun");
            access.as_source(source).expect("may").import(run, records).await.expect("imported");
            let item = QuarantineItem {
                source: source.into(),
                run,
                record: 4312,
                raw: b"k. A.;<script>".to_vec(),
                context: String::new(),
                reason: reasons(source),
                field: Some("no2".into()),
                at: engine.now(),
            };
            access.quarantine(vec![item]).await.expect("set aside");
            let outcome = RunOutcome {
                at: engine.now(),
                state: RunState::Done,
                records: 144,
                written: 141,
                unchanged: 0,
                corrected: 0,
                flagged: 2,
                quarantined: 1,
                message: None,
            };
            access.finish_run(run, outcome).await.expect("finished");
        }
        let site = Site {
            owner: "Stadt Musterstadt".into(),
            name: Texts { de: "Datenportal Musterstadt".into(), en: Some("Open data Musterstadt".into()) },
            public_url: Some("https://daten.musterstadt.example".into()),
            email: "daten@musterstadt.example".into(),
            imprint: vec!["Stadt Musterstadt".into()],
            notice: None,
            texts: crate::OwnTexts::default(),
            reports_kept_days: 180,
        };
        let state = State::new((*engine).clone(), site, HashMap::new(), workshop());
        let router = web::testing::kit("musterstadt").wrap(router(state));
        Self { engine, router }
    }

    /// Sends a request; the answer may go on.
    pub(super) async fn open(&self, request: Request<Body>) -> axum::response::Response {
        self.router.clone().oneshot(request).await.expect("infallible")
    }

    /// Sends a request.
    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.open(request).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.expect("whole").to_bytes();
        Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned(), bytes: body }
    }

    /// Reads an address as anybody.
    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).expect("valid")).await
    }

    /// Reads an address in a session of an administrator.
    pub(super) async fn get_inside(&self, path: &str) -> Answer {
        self.send(Request::get(path).header("cookie", "allmende=session-administrator").body(Body::empty()).expect("valid")).await
    }

    /// Sends a form in that session.
    pub(super) async fn post_inside(&self, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header("cookie", "allmende=session-administrator")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()));
        self.send(request.expect("valid")).await
    }
}

impl Answer {
    /// A header's value.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// Checks the status and gives the body.
    #[track_caller]
    pub(super) fn expect(&self, status: u16) -> &str {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        &self.body
    }
}

#[test]
fn json_ld_cannot_end_its_element() {
    let value = serde_json::json!({ "name": "</script><script>" });
    assert!(!JsonLd::new(&value).to_string().contains('<'));
}
