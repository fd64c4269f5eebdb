//! Runs the cases in `tests/cases`: stories written from the clauses of the
//! standard, against the router over a real engine, without a socket.
//!
//! A story begins with an empty tenant. A step is a request and what must come
//! back: a status, headers, and a body compared as JSON, where the text `*`
//! stands for anything.

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use model::Json;
use tower::ServiceExt;

const FILES: [(&str, &str); 9] = [
    ("entities", include_str!("cases/entities.json")),
    ("kinds", include_str!("cases/kinds.json")),
    ("query", include_str!("cases/query.json")),
    ("attributes", include_str!("cases/attributes.json")),
    ("batch", include_str!("cases/batch.json")),
    ("temporal", include_str!("cases/temporal.json")),
    ("contexts", include_str!("cases/contexts.json")),
    ("http", include_str!("cases/http.json")),
    ("discovery", include_str!("cases/discovery.json")),
];

#[tokio::test]
async fn the_cases_hold() {
    let mut failures = Vec::new();
    let mut count = 0;
    for (file, text) in FILES {
        let stories = model::json::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{file}.json: {error}"));
        for story in stories.as_array().expect("a file is an array of stories") {
            count += tell(file, story, &mut failures).await;
        }
    }
    assert!(failures.is_empty(), "{} of {count} steps failed:\n{}", failures.len(), failures.join("\n"));
    assert!(count > 100, "the files hold cases");
}

async fn tell(file: &str, story: &Json, failures: &mut Vec<String>) -> usize {
    let title = member(story, "title");
    let clause = member(story, "clause");
    let engine = engine::Engine::scratch();
    let app = web::testing::kit("musterstadt").wrap(ngsi_ld::router(engine.clone()));
    let steps = story.get("steps").and_then(Json::as_array).expect("a story has steps");
    for (index, step) in steps.iter().enumerate() {
        if let Err(reason) = take(&app, step).await {
            failures.push(format!("{file}: {title} ({clause}), step {} `{}`: {reason}", index + 1, member(step, "do")));
        }
    }
    steps.len()
}

async fn take(app: &Router, step: &Json) -> Result<(), String> {
    let response = app.clone().oneshot(request(step)).await.map_err(|error| error.to_string())?;
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let status = parts.status.as_u16().to_string();
    let expected = step.get("status").expect("a step has a status").to_string();
    if status != expected {
        return Err(format!("status {status} instead of {expected}: {text}"));
    }
    check_headers(step, &parts.headers)?;
    if let Some(expected) = step.get("answer") {
        let got = if text.is_empty() { Json::Null } else { model::json::parse(&bytes).map_err(|error| format!("{error}: {text}"))? };
        if !fits(expected, &got) {
            return Err(format!("answer\n  {got}\ninstead of\n  {expected}"));
        }
    }
    if let Some(part) = step.get("says") {
        let part = part.as_str().expect("`says` is text");
        if !text.contains(part) {
            return Err(format!("`{part}` is not in {text}"));
        }
    }
    Ok(())
}

fn request(step: &Json) -> Request<Body> {
    let (method, path) = member(step, "do").split_once(' ').expect("`do` is a method and a path");
    let body = step
        .get("body")
        .map(|body| if let (Json::String(text), Some(_)) = (body, step.get("raw")) { text.to_string() } else { body.to_string() });
    let mut request = Request::builder().method(method).uri(path).header("host", "stadt.example");
    let mut named = Vec::new();
    for (name, value) in step.get("headers").and_then(Json::as_object).unwrap_or_default() {
        named.push(name.to_ascii_lowercase());
        if let Some(value) = value.as_str() {
            request = request.header(name.as_str(), value);
        }
    }
    let free = |name: &str| !named.iter().any(|known| known == name);
    if free("authorization") {
        request = request.header("authorization", "Bearer editor");
    }
    if let Some(body) = &body {
        if free("content-type") {
            request = request.header("content-type", "application/json");
        }
        if free("content-length") {
            request = request.header("content-length", body.len());
        }
    }
    request.body(body.map_or_else(Body::empty, Body::from)).expect("a request")
}

fn check_headers(step: &Json, headers: &HeaderMap) -> Result<(), String> {
    for (name, expected) in step.get("with").and_then(Json::as_object).unwrap_or_default() {
        let got: Vec<&str> = headers.get_all(name.as_str()).iter().filter_map(|value| value.to_str().ok()).collect();
        match expected {
            Json::Null if got.is_empty() => {}
            Json::String(text) if got.contains(&text.as_str()) => {}
            _ => return Err(format!("header {name} {got:?} instead of {expected}")),
        }
    }
    Ok(())
}

/// Objects without regard to order; `*` is anything.
fn fits(expected: &Json, got: &Json) -> bool {
    match (expected, got) {
        (Json::String(text), _) if text == "*" => true,
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| got.get(key).is_some_and(|other| fits(value, other)))
        }
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| fits(a, b)),
        (a, b) => a == b,
    }
}

fn member<'a>(json: &'a Json, name: &str) -> &'a str {
    json.get(name).and_then(Json::as_str).unwrap_or_else(|| panic!("`{name}` is missing in {json}"))
}

/// What a published dataset declares open is for everybody; the rest of the
/// entity is not even there for who asks without a token.
#[tokio::test]
async fn open_attributes_are_for_everybody() {
    let engine = engine::Engine::scratch();
    let tenant = engine::ScratchEngine::tenant();
    let access = engine.access(&tenant, engine::Principal::new(engine::Actor::System, engine::Role::Administrator)).expect("access");
    access.put_dataset(dataset()).await.expect("declared");
    let app = web::testing::kit("musterstadt").wrap(ngsi_ld::router(engine.clone()));
    let steps = r#"[
        {"do": "POST /ngsi-ld/v1/entities", "body": {"id": "urn:x:1", "type": "Air", "no2": {"type": "Property", "value": 21, "observedAt": "2026-05-04T09:00:00Z"}, "secret": 5}, "status": 201},
        {"do": "GET /ngsi-ld/v1/entities/urn:x:1", "headers": {"Authorization": null}, "status": 200, "answer": {"id": "urn:x:1", "type": "Air", "no2": {"type": "Property", "value": 21, "observedAt": "2026-05-04T09:00:00Z"}}},
        {"do": "GET /ngsi-ld/v1/entities/urn:x:1", "status": 200, "answer": {"id": "urn:x:1", "type": "Air", "no2": "*", "secret": {"type": "Property", "value": 5}}},
        {"do": "GET /ngsi-ld/v1/entities?type=Air&options=keyValues,count", "headers": {"Authorization": null}, "status": 200, "with": {"NGSILD-Results-Count": "1"}, "answer": [{"id": "urn:x:1", "type": "Air", "no2": 21}]},
        {"do": "GET /ngsi-ld/v1/entities?q=secret==5&count=true", "headers": {"Authorization": null}, "status": 200, "with": {"NGSILD-Results-Count": "0"}, "answer": []},
        {"do": "GET /ngsi-ld/v1/entities?attrs=secret", "headers": {"Authorization": null}, "status": 200, "answer": []},
        {"do": "GET /ngsi-ld/v1/temporal/entities/urn:x:1?options=temporalValues", "headers": {"Authorization": null}, "status": 200, "answer": {"id": "urn:x:1", "type": "Air", "no2": {"type": "Property", "values": [[21, "2026-05-04T09:00:00Z"]]}}},
        {"do": "GET /ngsi-ld/v1/attributes", "headers": {"Authorization": null}, "status": 200, "says": "\"no2\""},
        {"do": "GET /ngsi-ld/v1/attributes/secret", "headers": {"Authorization": null}, "status": 404}
    ]"#;
    for step in model::json::parse(steps.as_bytes()).expect("JSON").as_array().expect("steps") {
        take(&app, step).await.unwrap_or_else(|reason| panic!("{}: {reason}", member(step, "do")));
    }
}

fn dataset() -> model::Dataset {
    use model::dataset::{Agent, Aggregate, Column, ColumnKind, Texts};
    let name = |short: &str| model::Name::intern(&format!("https://uri.etsi.org/ngsi-ld/default-context/{short}")).expect("a name");
    let texts = |text: &str| Texts { de: text.into(), en: None };
    model::Dataset {
        id: model::Iri::parse("urn:ngsi-ld:Dataset:luft").expect("a URI"),
        slug: "luft".into(),
        title: texts("Luft"),
        summary: texts("Luft"),
        description: texts("Luft"),
        publisher: Agent { name: "Stadt".into(), homepage: None },
        contact: None,
        licence: "http://dcat-ap.de/def/licenses/dl-by-de/2.0".into(),
        attribution: None,
        provenance: texts("Messung"),
        landing_page: None,
        themes: vec!["ENVI".into()],
        keywords: Vec::new(),
        frequency: None,
        spatial: None,
        temporal: Vec::new(),
        retention: Vec::new(),
        entity_type: name("Air"),
        id_prefix: None,
        columns: vec![Column {
            attribute: name("no2"),
            label: texts("NO2"),
            description: None,
            kind: ColumnKind::Measure,
            unit: None,
            aggregate: Aggregate::Mean,
            class: model::Class::Open,
        }],
        published: true,
    }
}

/// A body too large for the threads that answer is read elsewhere, to the same effect (clause 5.6.7).
#[tokio::test]
async fn large_batches_are_written() {
    let engine = engine::Engine::scratch();
    let app = web::testing::kit("musterstadt").wrap(ngsi_ld::router(engine.clone()));
    let entity = |number: usize| format!(r#"{{"id":"urn:x:{number}","type":"A","name":{{"type":"Property","value":"Stelle {number}"}}}}"#);
    let mut body: Vec<String> = (0..2000).map(entity).collect();
    body.push(r#"{"id":"urn:x:bad"}"#.to_owned());
    let body = format!("[{}]", body.join(","));
    assert!(body.len() > 64 * 1024, "{} bytes", body.len());
    let post = step(&format!(
        r#"{{"do": "POST /ngsi-ld/v1/entityOperations/create", "raw": true, "body": {}, "status": 207, "says": "urn:x:bad"}}"#,
        Json::from(body.as_str())
    ));
    let count =
        step(r#"{"do": "GET /ngsi-ld/v1/entities?type=A&limit=0&count=true", "status": 200, "with": {"NGSILD-Results-Count": "2000"}}"#);
    for step in [post, count] {
        take(&app, &step).await.unwrap_or_else(|reason| panic!("{}: {reason}", member(&step, "do")));
    }
}

fn step(text: &str) -> Json {
    model::json::parse(text.as_bytes()).expect("JSON")
}
