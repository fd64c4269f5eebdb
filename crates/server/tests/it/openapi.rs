//! `/openapi.json` says what is there: each path it names answers, and each path of the APIs is named.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::platform::{Scene, token};

const METHODS: [&str; 5] = ["get", "post", "patch", "put", "delete"];

/// Paths and methods of the document.
fn operations(document: &Value) -> Vec<(String, String)> {
    let paths = document["paths"].as_object().expect("paths");
    let of_path = |(path, item): (&String, &Value)| {
        METHODS.iter().filter(|method| item.get(**method).is_some()).map(|method| (path.clone(), (*method).to_owned())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

/// A path with something in place of each parameter.
fn filled(path: &str) -> String {
    let path = path.replace("{slug}", "gemeinden").replace("/dataset/{id}", "/dataset/gemeinden").replace("{key}", "gemeinden");
    path.split('/').map(|part| if part.starts_with('{') { "urn:ngsi-ld:Nichts:1" } else { part }).collect::<Vec<_>>().join("/")
}

#[test]
fn every_path_described_is_there() {
    let scene = Scene::new();
    let platform = scene.start();
    let secret = token(&scene, "administrator");
    // Downloads and metadata are those of a dataset that is there.
    let definition = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/quellen/gemeinden.toml");
    scene.run(&format!("source put {definition}")).ok();
    let document = platform.ask("GET /openapi.json").json();
    assert_eq!(document["openapi"], "3.1.0");
    let operations = operations(&document);
    assert!(operations.len() > 20);
    for (path, method) in operations {
        let answer = platform.ask(&format!(
            "{} {}\nauthorization: Bearer {secret}\ncontent-type: application/json\naccept: */*\n\n{{}}",
            method.to_uppercase(),
            filled(&path)
        ));
        let by_a_page = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        let missing = answer.status == 404 && by_a_page;
        assert!(!missing && !matches!(answer.status, 405 | 500..), "{method} {path}: {answer:?}");
    }
}

/// Routes as they stand in the sources of the crates with APIs.
fn routes_in_sources() -> BTreeSet<String> {
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("crates");
    let mut found = BTreeSet::new();
    for file in ["ingest/src/http.rs", "server/src/operate.rs", "ngsi-ld/src/router.rs"] {
        let text = std::fs::read_to_string(crates.join(file)).expect(file);
        let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
        found.extend(
            shipped.split('"').filter(|word| word.starts_with('/') && !word.contains("{*") && word.len() > 1).map(ToOwned::to_owned),
        );
    }
    found
}

/// What portal and catalogue give to programs: routes with an ending, permanent addresses, and the catalogue by `Accept`.
fn files_in_sources() -> BTreeSet<String> {
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("crates");
    let routes = std::fs::read_to_string(crates.join("portal/src/routes.rs")).expect("routes");
    let words = routes
        .split('"')
        .filter(|word| word.starts_with('/') && !word.contains('\n') && !word.starts_with("/static/") && !word.starts_with("/verwaltung"));
    let is_for_programs = |word: &&str| {
        word.rsplit('/').next().is_some_and(|last| last.contains('.')) || word.starts_with("/id/") || word.starts_with("/api/")
    };
    let mut found: BTreeSet<String> = words.filter(is_for_programs).map(ToOwned::to_owned).collect();
    for ending in ["ttl", "rdf", "xml", "jsonld", "n3"] {
        found.extend(["/catalog", "/datensaetze/{slug}", "/dataset/{id}"].map(|path| format!("{path}.{ending}")));
    }
    found.insert("/catalog".to_owned());
    found
}

#[test]
fn every_path_of_the_apis_is_described() {
    let document: Value = serde_json::from_str(include_str!("../../../../docs/openapi.json")).expect("JSON");
    let described: BTreeSet<&String> = document["paths"].as_object().expect("paths").keys().collect();
    let shape = |path: &str| path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect::<Vec<_>>().join("/");
    let shapes: BTreeSet<String> = described.iter().map(|path| shape(path)).collect();
    for route in files_in_sources() {
        assert!(shapes.contains(&shape(&route)), "`{route}` is not in docs/openapi.json");
    }
    for route in routes_in_sources() {
        let is_route =
            ["/ngsi-ld/v1/", "/api/", "/livez", "/readyz", "/metrics", "/openapi.json"].iter().any(|start| route.starts_with(start));
        assert!(!is_route || route.ends_with('/') || shapes.contains(&shape(&route)), "`{route}` is not in docs/openapi.json");
    }
}
