//! The kit from outside: requests in, answers as text out.

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use expect_test::{Expect, expect};
use http::header::{ACCEPT, ACCEPT_LANGUAGE, CACHE_CONTROL, ETAG};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::{Caller, Params, Problem, Visitor, cookie, csrf, negotiate, testing};

fn app() -> Router {
    let router = Router::new()
        .route("/wer", get(async |caller: Caller| format!("{} {}", caller.tenant, caller.principal.actor)))
        .route("/seite", get(async |visitor: Visitor| format!("{} {:?} {}", visitor.principal.actor, visitor.csrf, visitor.session_ended)))
        .route(
            "/form",
            post(async |headers: HeaderMap, visitor: Visitor, form: String| csrf::check(&headers, &visitor, Some(&form)).map(|()| "getan")),
        )
        .route("/panik", get(async || -> &'static str { panic!("geheim") }))
        .route("/asset", get(async || ([(CACHE_CONTROL, "public, max-age=31536000, immutable")], "a")))
        .route("/text", get(async || ([(ETAG, "\"e\"")], "Allmende ".repeat(1000))))
        .route("/roh", get(async || (http::StatusCode::INTERNAL_SERVER_ERROR, "disk on fire")))
        .route("/voll", get(async || Problem::of(crate::Fault::Unavailable, "too many writes are waiting; try again in a moment")))
        .route("/fault", get(async || Problem::internal("disk on fire")));
    testing::kit("musterstadt").wrap(router)
}

/// Sends `METHOD path` and headers given as `name: value` lines; shows status, the headers asked for, body.
async fn ask(request: &str, shown: &[&str]) -> String {
    let mut lines = request.lines().map(str::trim);
    let (method, path) = lines.next().and_then(|line| line.split_once(' ')).expect("method and path");
    let mut builder = Request::builder().method(method).uri(path);
    let mut body = String::new();
    for line in lines {
        match line.split_once(": ") {
            Some((name, value)) => builder = builder.header(name, value),
            None => body.push_str(line),
        }
    }
    let response = app().oneshot(builder.body(Body::from(body)).expect("a request")).await.into_response();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    let text = if bytes.len() > 600 { format!("{} bytes", bytes.len()) } else { String::from_utf8_lossy(&bytes).into_owned() };
    let headers: String =
        shown.iter().map(|name| format!("{name}: {}\n", parts.headers.get(*name).map_or("-", |v| v.to_str().expect("text")))).collect();
    format!("{}\n{headers}{text}", parts.status.as_u16())
}

#[track_caller]
fn check(request: &str, shown: &[&str], expected: Expect) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    expected.assert_eq(&runtime.block_on(ask(request, shown)));
}

#[test]
fn tokens_make_callers() {
    check("GET /wer", &[], expect!["200\nmusterstadt anonymous"]);
    check("GET /wer\nauthorization: bearer editor", &["cache-control"], expect!["200\ncache-control: no-store\nmusterstadt token:editor"]);
    check("GET /wer\nngsild-tenant: musterstadt", &[], expect!["200\nmusterstadt anonymous"]);
}

#[test]
fn cookies_do_not() {
    check("GET /wer\ncookie: allmende=session-administrator", &[], expect!["200\nmusterstadt anonymous"]);
    check(
        "GET /seite\ncookie: a=b; allmende=session-administrator",
        &["cache-control"],
        expect![[r#"200
cache-control: no-store
user:anna Some("csrf") false"#]],
    );
    check("GET /seite\ncookie: allmende=session-of-yesterday", &[], expect!["200\nanonymous None true"]);
    check("GET /seite\ncookie: __Host-allmende=session-administrator", &[], expect!["200\nanonymous None false"]);
}

#[test]
fn bad_credentials_are_refused() {
    let refused = expect![[r#"
        401
        www-authenticate: Bearer realm="allmende"
        content-type: application/problem+json
        {"detail":"the token is not known, expired or revoked; make a new one on the page of your account or with `allmende token create`","status":401,"title":"Credentials missing or not valid","type":"urn:allmende:problem:unauthorized"}"#]];
    check("GET /wer\nauthorization: Bearer nobody", &["www-authenticate", "content-type"], refused);
    for header in ["Basic YTpi", "Bearer", "Bearer ", "Bearer a b", "Bearer a\u{e4}", "Bearer editor\nauthorization: Bearer editor"] {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let text = runtime.block_on(ask(&format!("GET /wer\nauthorization: {header}"), &[]));
        assert!(text.starts_with("401\n"), "{header}: {text}");
    }
}

#[test]
fn tenants_are_chosen_not_made() {
    check(
        "GET /wer\nngsild-tenant: nirgendwo",
        &[],
        expect![[r#"
        404
        {"detail":"there is no tenant `nirgendwo` for you; check its name and the token, or leave `NGSILD-Tenant` out for the default tenant","status":404,"title":"The tenant does not exist","type":"https://uri.etsi.org/ngsi-ld/errors/NonexistentTenant"}"#]],
    );
    check(
        "GET /wer\nngsild-tenant: musterstadt\nngsild-tenant: nirgendwo",
        &[],
        expect![[r#"
        400
        {"detail":"the header `NGSILD-Tenant` may be there once only","status":400,"title":"Invalid request","type":"urn:allmende:problem:invalid"}"#]],
    );
}

#[test]
fn a_host_leads_to_its_tenant() {
    use http::{Method, Request};
    let [own, other] = ["musterstadt", "nachbarstadt"].map(|name| model::TenantId::parse(name).expect("a name"));
    let known = crate::testing::FixedAuthenticator(vec![own.clone(), other.clone()]);
    let hosts = [("daten.nachbarstadt.example", "nachbarstadt"), ("weg.example", "weggezogen")];
    let auth = crate::Auth::new(std::sync::Arc::new(known), false)
        .with_hosts(hosts.map(|(host, tenant)| (host.to_owned(), tenant.to_owned())).into_iter().collect());
    let tenant_of = |target: &str, headers: &[(&str, &str)]| {
        let request =
            headers.iter().fold(Request::builder().method(Method::GET).uri(target), |request, (name, value)| request.header(*name, *value));
        auth.tenant_of(&request.body(()).expect("a request").into_parts().0)
    };
    let host = |host| tenant_of("/", &[("host", host)]);
    assert_eq!(host("127.0.0.1:8080"), Some(own.clone()));
    assert_eq!(host("daten.musterstadt.example"), Some(own.clone()));
    assert_eq!(host("daten.nachbarstadt.example"), Some(other.clone()));
    assert_eq!(host("Daten.Nachbarstadt.Example.:443"), Some(other.clone()));
    assert_eq!(host("weg.example"), None, "not the default, when a tenant is configured and gone");
    assert_eq!(tenant_of("http://daten.nachbarstadt.example/", &[("host", "127.0.0.1")]), Some(other.clone()));
    assert_eq!(tenant_of("/", &[("host", "127.0.0.1"), ("host", "daten.nachbarstadt.example")]), None);
    assert_eq!(tenant_of("/", &[("host", "daten.nachbarstadt.example"), ("ngsild-tenant", "nachbarstadt")]), Some(other.clone()));
    assert_eq!(tenant_of("/", &[("host", "daten.nachbarstadt.example"), ("ngsild-tenant", "musterstadt")]), None);
    assert_eq!(tenant_of("/", &[("host", "127.0.0.1"), ("ngsild-tenant", "nachbarstadt")]), Some(other));
    assert_eq!(tenant_of("/", &[]), Some(own));
}

fn now(request: &str, shown: &[&str]) -> String {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(ask(request, shown))
}

#[test]
fn every_answer_is_guarded() {
    let guards = [
        "content-security-policy",
        "x-content-type-options",
        "referrer-policy",
        "cross-origin-opener-policy",
        "server",
        "strict-transport-security",
    ];
    let expected = format!(
        "content-security-policy: {}\nx-content-type-options: nosniff\nreferrer-policy: same-origin\ncross-origin-opener-policy: same-origin\nserver: -\nstrict-transport-security: -\n",
        crate::headers::CONTENT_POLICY
    );
    for (request, status) in [("HEAD /wer", "200"), ("HEAD /nirgends", "404"), ("HEAD /panik", "500"), ("HEAD /form", "405")] {
        let text = now(request, &guards);
        assert!(text.starts_with(&format!("{status}\n{expected}")), "{request}: {text}");
    }
    assert!(!crate::headers::CONTENT_POLICY.contains("unsafe"));
}

#[test]
fn faults_of_ours_are_answered_blandly() {
    for path in ["/panik", "/fault", "/roh"] {
        let text = now(&format!("GET {path}"), &["x-request-id"]);
        assert!(text.starts_with("500\n") && text.contains("urn:allmende:problem:internal"), "{text}");
        assert!(!text.contains("geheim") && !text.contains("disk on fire"), "{text}");
        let id = text.lines().nth(1).and_then(|line| line.strip_prefix("x-request-id: ")).expect("an id");
        assert!(id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
        assert!(text.contains(&format!("\"instance\":\"urn:allmende:request:{id}\"")) && text.contains("try again"), "{text}");
    }
}

#[test]
fn what_is_not_available_names_its_request_too() {
    let text = now("GET /voll", &["x-request-id", "retry-after"]);
    let id = text.lines().nth(1).and_then(|line| line.strip_prefix("x-request-id: ")).expect("an id");
    assert!(text.starts_with("503\n") && text.contains("retry-after: 5") && text.contains("too many writes"), "{text}");
    assert!(text.contains(&format!("\"instance\":\"urn:allmende:request:{id}\"")), "{text}");
    let missing = now("GET /nirgends", &[]);
    assert!(missing.starts_with("404\n") && !missing.contains("instance"), "{missing}");
}

#[test]
fn assets_stay_cachable_for_people_with_a_session() {
    check(
        "GET /asset\ncookie: allmende=session-administrator",
        &["cache-control"],
        expect!["200\ncache-control: public, max-age=31536000, immutable\na"],
    );
}

#[test]
fn text_is_compressed_for_the_anonymous_only() {
    let shown = ["content-encoding", "vary", "etag"];
    let packed = now("GET /text\naccept-encoding: br;q=0, gzip;q=0.5", &shown);
    assert!(packed.starts_with("200\ncontent-encoding: gzip\nvary: accept-encoding\netag: W/\"e\"\n"), "{packed}");
    for request in ["GET /text", "GET /text\naccept-encoding: gzip;q=0"] {
        check(request, &shown, expect![["200\ncontent-encoding: -\nvary: accept-encoding\netag: \"e\"\n9000 bytes"]]);
    }
    check(
        "GET /text\naccept-encoding: gzip\nauthorization: Bearer editor",
        &shown,
        expect![["200\ncontent-encoding: -\nvary: -\netag: \"e\"\n9000 bytes"]],
    );
}

#[test]
fn forms_come_from_our_own_pages() {
    let session = "cookie: allmende=session-administrator";
    for (headers, ok) in [
        ("sec-fetch-site: same-origin", true),
        ("sec-fetch-site: cross-site", false),
        ("sec-fetch-site: same-site", false),
        ("host: stadt.example\norigin: http://stadt.example", true),
        ("host: stadt.example\norigin: http://boese.example", false),
        ("host: stadt.example\norigin: null", false),
        ("host: stadt.example", true),
    ] {
        for (token, known) in [("csrf", true), ("falsch", false), ("", false)] {
            let text = now(&format!("POST /form\n{session}\n{headers}\n{token}"), &[]);
            assert_eq!(text.starts_with("200\n"), ok && known, "{headers} {token}: {text}");
        }
    }
}

fn headers(name: HeaderName, value: &str) -> HeaderMap {
    HeaderMap::from_iter([(name, HeaderValue::from_str(value).expect("a header"))])
}

#[test]
fn weights_decide() {
    let offers = ["application/json", "application/ld+json", "application/geo+json"];
    for (accept, expected) in [
        ("*/*", Some(0)),
        ("application/ld+json", Some(1)),
        ("application/*;q=0.5, application/geo+json;q=0.7", Some(2)),
        ("application/json;q=0, */*", Some(1)),
        ("text/html", None),
        ("", None),
        ("application/json;q=2", None),
        ("application/geo+json;q=0.001", Some(2)),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Some(0)),
    ] {
        assert_eq!(negotiate::best(&headers(ACCEPT, accept), &offers), expected, "{accept}");
    }
    assert_eq!(negotiate::best(&HeaderMap::new(), &offers), Some(0));
    for (accept, expected) in [("en-GB,en;q=0.9,de;q=0.8", "en"), ("fr", "de"), ("de-AT", "de"), ("fr, en;q=0.1", "en")] {
        assert_eq!(negotiate::language(&headers(ACCEPT_LANGUAGE, accept), &["de", "en"]), expected, "{accept}");
    }
}

#[test]
fn parameters_keep_order_and_tell_duplicates() {
    let params = Params::of_uri(Some("b=1&a=%C3%A4+x&b=2&c")).expect("readable");
    assert_eq!(params.iter().collect::<Vec<_>>(), [("b", "1"), ("a", "ä+x"), ("b", "2"), ("c", "")]);
    assert_eq!(params.first_duplicate(), Some("b"));
    assert_eq!(params.first_unknown(&["a", "b"]), Some("c"));
    assert_eq!(params.one("b").expect_err("twice").to_string(), "the parameter `b` may be there once only");
    assert_eq!(Params::of_form("a=x+y%2B").expect("readable").one("a"), Ok(Some("x y+")));
    for broken in ["a=%", "a=%4", "a=%zz", "a=%ff"] {
        assert!(Params::of_uri(Some(broken)).is_err(), "{broken}");
    }
    assert!(Params::of_uri(Some(&"a&".repeat(257))).is_err());
    let limit = Params::of_uri(Some("limit=1001")).expect("readable");
    assert_eq!(
        limit.number("limit", 20, 1..=1000).expect_err("too many").to_string(),
        "`limit=1001`: expected a whole number from 1 to 1000"
    );
}

#[test]
fn session_cookies_are_guarded() {
    let text = |https| cookie::begin_session("abc-DEF_0123456789", https).and_then(|value| value.to_str().map(ToOwned::to_owned).ok());
    assert_eq!(text(true).as_deref(), Some("__Host-allmende=abc-DEF_0123456789; Path=/; HttpOnly; SameSite=Lax; Secure"));
    assert_eq!(text(false).as_deref(), Some("allmende=abc-DEF_0123456789; Path=/; HttpOnly; SameSite=Lax"));
    assert_eq!(cookie::begin_session("a; Domain=x", true), None);
}

#[test]
fn networks_are_logged_instead_of_addresses() {
    for (address, expected) in
        [("192.0.2.77:1", "192.0.2.0/24"), ("[2001:db8:1:2::3]:1", "2001:db8:1::/48"), ("[::ffff:192.0.2.77]:1", "192.0.2.0/24")]
    {
        assert_eq!(crate::Peer(address.parse().expect("an address")).to_string(), expected);
    }
}
