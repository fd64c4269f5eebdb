use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response};
use axum::routing::get;
use expect_test::expect;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::*;

async fn ask(city: &City, request: axum::http::request::Builder) -> Response<Body> {
    let portal = Router::new().route("/datensaetze/{slug}", get(|| async { "the page" }));
    let app = web::testing::kit("musterstadt").wrap(crate::attach(portal, city.catalogue.clone()));
    app.oneshot(request.body(Body::empty()).expect("a request")).await.expect("infallible")
}

/// Status, type, length as announced, and length as it came.
async fn summary(city: &City, method: Method, path: &str) -> String {
    let response = ask(city, Request::builder().method(method).uri(path)).await;
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("-").to_owned();
    let (status, kind, length) = (response.status().as_u16(), header("content-type"), header("content-length"));
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    let announced = if length == "-" || length == body.len().to_string() { "" } else { " announced more" };
    format!("{status} {kind} {}{announced}", if body.is_empty() { "empty" } else { "body" })
}

#[tokio::test]
async fn head_is_answered_like_get() {
    let city = City::with([luft()]).await;
    for path in ["/catalog", "/datensaetze/luft"] {
        for (format, kind) in Format::ALL.into_iter().zip([
            "text/turtle; charset=utf-8",
            "application/rdf+xml",
            "application/ld+json",
            "text/n3; charset=utf-8",
        ]) {
            let path = format!("{path}.{}", format.ending());
            assert_eq!(summary(&city, Method::GET, &path).await, format!("200 {kind} body"), "{path}");
            assert_eq!(summary(&city, Method::HEAD, &path).await, format!("200 {kind} empty announced more"), "{path}");
        }
        assert_eq!(summary(&city, Method::GET, &format!("{path}.xml")).await, "200 application/rdf+xml body", "{path}");
    }
}

#[tokio::test]
async fn other_addresses_stay_the_portals() {
    let city = City::with([luft()]).await;
    expect!["200 text/plain; charset=utf-8 body"].assert_eq(&summary(&city, Method::GET, "/datensaetze/luft").await);
    expect!["404 application/problem+json body"].assert_eq(&summary(&city, Method::GET, "/datensaetze/unbekannt.ttl").await);
    expect!["405 application/problem+json body"].assert_eq(&summary(&city, Method::POST, "/datensaetze/luft.ttl").await);
    expect!["400 application/problem+json body"].assert_eq(&summary(&city, Method::GET, "/catalog.ttl?after=a&after=b").await);
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let city = City::with([luft()]).await;
    let first = ask(&city, Request::builder().uri("/catalog.ttl")).await;
    let tag = first.headers().get("etag").expect("a tag").clone();
    let again = ask(&city, Request::builder().uri("/catalog.ttl").header("if-none-match", &tag)).await;
    assert_eq!(again.status().as_u16(), 304);
    city.engine.with_role(Role::Editor).put_dataset(bare("neu")).await.expect("declared");
    let changed = ask(&city, Request::builder().uri("/catalog.ttl").header("if-none-match", &tag)).await;
    assert_eq!(changed.status().as_u16(), 200);
}
