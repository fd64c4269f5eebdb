//! A harvester that knows nothing of us: CKAN's way through the pages, its
//! parameters, and asking only for what is new.

use axum::body::Body;
use axum::http::{Method, Request};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::documents::statements;
use super::*;

struct Answer {
    status: u16,
    headers: axum::http::HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("-")
    }
}

/// The addresses of a city, `page` datasets at a time.
fn app(city: &City, page: usize) -> axum::Router {
    let portal = axum::Router::new().route("/datensaetze/{slug}", axum::routing::get(|| async { axum::response::Html("the page") }));
    web::testing::kit("musterstadt").wrap(crate::attach(portal, city.catalogue.clone().with_page(page)))
}

async fn ask(app: &axum::Router, method: Method, url: &str, headers: &[(&str, &str)]) -> Answer {
    let path = url.strip_prefix(URL).unwrap_or(url);
    let request = headers.iter().fold(Request::builder().method(method).uri(path), |request, (name, value)| request.header(*name, *value));
    let response = app.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("infallible");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
}

/// What ckanext-dcat does: HEAD, then GET, the parser by the type of the first
/// page, each node typed `dcat:Dataset` is one, `hydra:next` of the view leads on.
async fn harvest(app: &axum::Router, start: &str) -> Vec<String> {
    let kind = ask(app, Method::HEAD, start, &[]).await.header("content-type").to_owned();
    let format = Format::ALL.into_iter().find(|format| format.content_type() == kind).expect("a known type");
    let (mut found, mut url, mut before) = (Vec::new(), start.to_owned(), String::new());
    loop {
        assert_eq!(ask(app, Method::HEAD, &url, &[]).await.status, 200, "{url}");
        let page = ask(app, Method::GET, &url, &[]).await;
        assert_eq!((page.status, page.header("content-type")), (200, &*kind), "{url}: {}", page.body);
        assert_ne!(page.body, before, "a page like the one before ends the list quietly");
        let lines = statements(format, &page.body);
        let typed = lines.iter().filter(|line| line.ends_with("<http://www.w3.org/ns/dcat#Dataset>"));
        found.extend(typed.map(|line| between(line, "datensaetze/", "#dataset>").to_owned()));
        let view = lines.iter().find(|line| line.ends_with("hydra/core#PartialCollectionView>"));
        let subject = view.and_then(|line| line.split(' ').next()).unwrap_or("none").to_owned();
        let next = lines.iter().find(|line| line.starts_with(&subject) && line.contains("hydra/core#next>"));
        let Some(next) = next.and_then(|line| line.rsplit('<').next()) else { return found };
        assert!(next.starts_with(URL), "{next}");
        before = page.body;
        url = next.trim_end_matches('>').to_owned();
    }
}

fn between<'a>(line: &'a str, start: &str, end: &str) -> &'a str {
    line.split(start).nth(1).and_then(|rest| rest.split(end).next()).unwrap_or(line)
}

#[tokio::test]
async fn a_harvester_finds_every_dataset_once_in_every_format() {
    let city = City::with(["a", "b", "c", "d", "e"].map(bare)).await;
    let app = app(&city, 2);
    for ending in ["ttl", "rdf", "xml", "jsonld", "n3"] {
        let mut found = harvest(&app, &format!("{URL}/catalog.{ending}")).await;
        found.sort();
        assert_eq!(found.join(" "), "a b c d e", "{ending}");
    }
    assert_eq!(harvest(&app, "/catalog.rdf?page=2").await.join(" "), "c d e");
}

#[tokio::test]
async fn a_page_behind_the_end_and_an_unknown_question_are_no_empty_list() {
    let city = City::with(["a", "b", "c"].map(bare)).await;
    let app = app(&city, 2);
    let wrong = [("page=3", 404), ("page=0", 400), ("fq=license_id:x", 400), ("modified_since=neulich", 400), ("profiles=mine", 400)];
    for (query, status) in wrong {
        let answer = ask(&app, Method::GET, &format!("/catalog.ttl?{query}"), &[]).await;
        assert_eq!((answer.status, answer.header("content-type")), (status, "application/problem+json"), "{query}");
    }
}

#[tokio::test]
async fn lists_are_narrowed_over_all_their_pages() {
    let mut datasets = ["a", "b", "c", "d"].map(bare);
    for dataset in &mut datasets[1..] {
        dataset.themes = vec!["ENVI".into()];
        dataset.keywords = vec!["Freie Luft".into()];
    }
    let city = City::with(datasets).await;
    let app = app(&city, 2);
    for query in
        ["fq=theme:ENVI", "fq=%2Bgroups:envi%20AND%20tags:%22Freie%20Luft%22", "fq=theme:ENVI&profiles=dcatap_de", "q=Freie%20Luft"]
    {
        assert_eq!(harvest(&app, &format!("{URL}/catalog.ttl?{query}")).await.join(" "), "b c d", "{query}");
    }
    assert!(harvest(&app, "/catalog.ttl?modified_since=2026-05-05").await.is_empty());
    city.engine.clock().advance_micros(2 * 86_400_000_000);
    city.engine.with_role(Role::Editor).put_dataset(Dataset { frequency: Some("DAILY".into()), ..bare("a") }).await.expect("declared");
    assert_eq!(harvest(&app, "/catalog.ttl?modified_since=2026-05-05").await, ["a"]);
    assert_eq!(harvest(&app, "/catalog.ttl?modified_since=2026-05-01").await.len(), 4);
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let city = City::with([luft(), bare("b")]).await;
    let app = app(&city, 100);
    for path in ["/catalog.ttl", "/datensaetze/luft.rdf", "/dataset/luft.jsonld"] {
        let first = ask(&app, Method::GET, path, &[]).await;
        let (tag, time) = (first.header("etag").to_owned(), first.header("last-modified").to_owned());
        assert_eq!(time, "Mon, 04 May 2026 10:00:00 GMT", "{path}");
        assert_eq!(first.header("access-control-allow-origin"), "*");
        for header in [("if-none-match", &*tag), ("if-modified-since", &*time)] {
            let again = ask(&app, Method::GET, path, &[header]).await;
            assert_eq!((again.status, again.body.as_str(), again.header("etag")), (304, "", &*tag), "{path} {header:?}");
        }
        // The tag decides where both are sent.
        assert_eq!(ask(&app, Method::GET, path, &[("if-none-match", "\"other\""), ("if-modified-since", &time)]).await.status, 200);
    }
    // A withdrawn dataset changes the list, though no time in the data says so.
    let before = ask(&app, Method::GET, "/catalog.ttl", &[]).await;
    city.engine.clock().advance_micros(60_000_000);
    let hidden = Dataset { published: false, ..bare("b") };
    city.engine.with_role(Role::Editor).put_dataset(hidden).await.expect("declared");
    let after = ask(&app, Method::GET, "/catalog.ttl", &[("if-modified-since", before.header("last-modified"))]).await;
    assert_eq!((after.status, after.header("last-modified")), (200, "Mon, 04 May 2026 10:01:00 GMT"));
}

#[tokio::test]
async fn an_address_without_an_ending_gives_what_the_client_takes() {
    let city = City::with([luft()]).await;
    let app = app(&city, 100);
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let expected = [
        ("/catalog", None, 200, "text/turtle; charset=utf-8"),
        ("/catalog", Some("application/rdf+xml"), 200, "application/rdf+xml"),
        ("/catalog", Some("application/ld+json, text/turtle;q=0.5"), 200, "application/ld+json"),
        ("/catalog", Some(browser), 303, "-"),
        ("/catalog", Some("image/png"), 406, "application/problem+json"),
        ("/datensaetze/luft", None, 200, "text/html; charset=utf-8"),
        ("/datensaetze/luft", Some(browser), 200, "text/html; charset=utf-8"),
        ("/datensaetze/luft", Some("*/*"), 200, "text/html; charset=utf-8"),
        ("/datensaetze/luft", Some("text/turtle"), 200, "text/turtle; charset=utf-8"),
        ("/datensaetze/luft", Some("application/rdf+xml;q=0.9, text/html;q=0.1"), 200, "application/rdf+xml"),
        ("/datensaetze/fehlt", Some("text/turtle"), 404, "application/problem+json"),
    ];
    for (path, accept, status, kind) in expected {
        let headers: Vec<(&str, &str)> = accept.map(|accept| ("accept", accept)).into_iter().collect();
        for method in [Method::GET, Method::HEAD] {
            let answer = ask(&app, method, path, &headers).await;
            assert_eq!((answer.status, answer.header("content-type")), (status, kind), "{path} {accept:?}");
            let varies: Vec<_> = answer.headers.get_all("vary").iter().filter_map(|value| value.to_str().ok()).collect();
            assert!(varies.join(",").to_lowercase().contains("accept"), "{path}: {varies:?}");
        }
    }
}
