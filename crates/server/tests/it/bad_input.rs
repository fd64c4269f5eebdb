//! Input that cannot be right: a clear answer, and the platform goes on.

use crate::platform::{Scene, send, token};

#[test]
fn bad_requests_are_answered_as_problems() {
    let scene = Scene::new();
    let platform = scene.start();
    let secret = token(&scene, "editor");
    let json = format!("authorization: Bearer {secret}\ncontent-type: application/json");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (request, status) in [
        (format!("POST /ngsi-ld/v1/entities\n{json}\n\n{{\"id\":"), 400),
        (format!("POST /ngsi-ld/v1/entities\n{json}\n\n{{\"id\":\"kein URI\",\"type\":\"T\"}}"), 400),
        (format!("POST /ngsi-ld/v1/entities\n{json}\n\n{deep}"), 400),
        (format!("POST /ngsi-ld/v1/entities\n{json}\ncontent-encoding: gzip\n\nx"), 415),
        (format!("POST /ngsi-ld/v1/entities\nauthorization: Bearer {secret}\ncontent-type: text/plain\n\nx"), 415),
        ("GET /ngsi-ld/v1/entities?limit=zehn&type=T".to_owned(), 400),
        ("GET /ngsi-ld/v1/entities?type=%ff".to_owned(), 400),
        ("GET /ngsi-ld/v1/entities/urn:x:1\nauthorization: Bearer falsch".to_owned(), 401),
        ("GET /ngsi-ld/v1/entities/urn:x:1\nauthorization: Basic YTpi".to_owned(), 401),
        ("GET /ngsi-ld/v1/entities/urn:x:1\nngsild-tenant: nirgendwo".to_owned(), 404),
        ("GET /ngsi-ld/v1/entities/urn:x:1".to_owned(), 404),
        ("POST /api/v1/quellen/nirgends/daten\ncontent-type: text/csv\n\na;b".to_owned(), 401),
        (format!("POST /api/v1/quellen/nirgends/daten\nauthorization: Bearer {secret}\ncontent-type: text/csv\n\na;b"), 404),
        (format!("POST /api/v1/quellen/..%2f..%2fetc/daten\nauthorization: Bearer {secret}\ncontent-type: text/csv\n\na;b"), 404),
    ] {
        let answer = platform.ask(&request);
        let shown: String = request.chars().take(120).collect();
        assert_eq!(answer.status, status, "{shown}: {answer:?}");
        let kind = answer.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("application/problem+json") || kind.starts_with("application/json"), "{shown}: {answer:?}");
        let problem = answer.json();
        assert!(problem["type"].is_string() && problem["title"].is_string(), "{shown}: {problem}");
        assert!(!answer.body.contains(".rs:") && !answer.body.to_lowercase().contains("select "), "{shown}: {problem}");
    }
    assert_eq!(platform.ask("GET /readyz").status, 200);
    assert_eq!(platform.complaints(), Vec::<String>::new(), "mistakes of clients are answered, not logged");
}

#[test]
fn broken_http_is_cut_off() {
    let scene = Scene::new();
    let platform = scene.start();
    let huge = format!("GET / HTTP/1.1\r\nhost: x\r\nx-large: {}\r\n\r\n", "x".repeat(300_000));
    let chunks = format!(
        "POST /ngsi-ld/v1/entities HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ntransfer-encoding: chunked\r\nconnection: close\r\ncontent-type: application/json\r\n\r\nZZ\r\n",
        token(&scene, "editor")
    );
    for (bytes, status) in [
        ("Unsinn\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab", 400),
        (chunks.as_str(), 400),
        (huge.as_str(), 431),
        ("TRACE / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 405),
    ] {
        let answer = send(platform.port(), bytes.as_bytes());
        assert!(
            answer.status == status || (bytes.len() > 1000 && answer.status == 0),
            "{}: {answer:?}",
            bytes.chars().take(60).collect::<String>()
        );
    }
    assert_eq!(platform.ask("GET /livez").status, 200);
}
