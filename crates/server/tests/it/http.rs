//! What every answer carries, and what operators read.

use crate::platform::{Scene, token};

#[test]
fn every_surface_is_guarded() {
    let scene = Scene::new();
    let platform = scene.start();
    let secret = token(&scene, "administrator");
    for path in [
        "/",
        "/en/",
        "/suche",
        "/datensaetze/nirgends",
        "/verwaltung",
        "/verwaltung/anmelden",
        "/ngsi-ld/v1/types",
        "/catalog.ttl",
        "/livez",
        "/metrics",
        "/openapi.json",
        "/nirgends",
    ] {
        let answer = platform.ask(&format!("GET {path}"));
        for (name, expected) in
            [("x-content-type-options", "nosniff"), ("referrer-policy", "same-origin"), ("cross-origin-opener-policy", "same-origin")]
        {
            assert_eq!(answer.header(name), Some(expected), "{path}: {answer:?}");
        }
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(answer.header("server").is_none() && answer.header("x-request-id").is_some(), "{path}: {answer:?}");
        assert!(answer.status < 500, "{path}: {answer:?}");
        let known = platform.ask(&format!("GET {path}\nauthorization: Bearer {secret}"));
        assert_eq!(known.header("cache-control"), Some("no-store"), "{path}: {known:?}");
    }
    assert_eq!(platform.complaints(), Vec::<String>::new());
}

#[test]
fn counters_are_there_for_operators() {
    let scene = Scene::new();
    let platform = scene.start();
    assert_eq!(platform.ask("GET /ngsi-ld/v1/types").status, 200);
    let text = platform.ask("GET /metrics").body;
    for line in [
        "allmende_http_requests_total{surface=\"ngsi-ld\",status=\"2xx\"} 1",
        "allmende_http_request_seconds_count{surface=\"ngsi-ld\"} 1",
        "allmende_entities{tenant=\"musterstadt\"} 0",
        "allmende_writable{tenant=\"musterstadt\"} 1",
        "# TYPE process_resident_memory_bytes gauge",
        "# TYPE allmende_disk_free_bytes gauge",
        "# TYPE allmende_quarantined_records gauge",
    ] {
        assert!(text.lines().any(|known| known == line), "{line}\n{text}");
    }
}
