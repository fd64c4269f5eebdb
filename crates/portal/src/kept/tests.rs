//! Drawn once, given out often; a write shows at once; nothing personal.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::middleware;
use axum::response::IntoResponse;
use engine::{Engine, Operation, Role, ScratchEngine};
use http_body_util::BodyExt;
use model::dataset::Texts;
use model::{Entity, EntityId, Name};
use tower::ServiceExt;

use super::{Kept, Key, PLACE_BYTES, SHELF_BYTES, Sheet, Stamp, keep};
use crate::tests::workshop;
use crate::{OwnTexts, Site, State};

/// A page that counts how often it is drawn, behind the kept pages and the kit.
struct Counter {
    engine: ScratchEngine,
    drawn: Arc<AtomicUsize>,
    router: Router,
}

impl Counter {
    fn new() -> Self {
        let (engine, drawn) = (Engine::scratch(), Arc::<AtomicUsize>::default());
        let site = Site {
            owner: "Stadt".into(),
            name: Texts::default(),
            public_url: None,
            email: String::new(),
            imprint: Vec::new(),
            notice: None,
            texts: OwnTexts::default(),
            reports_kept_days: 180,
        };
        let state = State::new((*engine).clone(), site, HashMap::new(), workshop());
        let count = Arc::clone(&drawn);
        let draw = move |body: String| {
            let number = count.fetch_add(1, Ordering::SeqCst);
            async move {
                ([("content-type", "text/html"), ("etag", "W/\"a\"")], format!("{number} {body} {}", "x".repeat(2_000))).into_response()
            }
        };
        let router = Router::new().fallback(draw).layer(middleware::from_fn_with_state(state, keep));
        let router = web::testing::kit("musterstadt").wrap(router);
        Self { engine, drawn, router }
    }

    async fn ask(&self, path: &str, header: Option<(&str, &str)>) -> (u16, Option<String>, Vec<u8>) {
        let mut request = Request::get(path);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let response = self.router.clone().oneshot(request.body(Body::empty()).expect("valid")).await.expect("infallible");
        let encoding = response.headers().get("content-encoding").map(|value| value.to_str().expect("text").to_owned());
        let status = response.status().as_u16();
        (status, encoding, response.into_body().collect().await.expect("whole").to_bytes().to_vec())
    }

    /// Which drawing an answer is.
    async fn number(&self, path: &str, header: Option<(&str, &str)>) -> String {
        let (_, _, body) = self.ask(path, header).await;
        String::from_utf8_lossy(&body).split(' ').next().unwrap_or_default().to_owned()
    }

    async fn write(&self, key: &str) {
        let id = EntityId::parse(&format!("urn:ngsi-ld:Thing:{key}")).expect("valid");
        let entity = Entity::new(id, Name::known("https://example.org/Thing"));
        self.engine.with_role(Role::Editor).write(vec![Operation::Create(entity)]).await.expect("written");
    }
}

#[tokio::test]
async fn a_page_is_drawn_once_until_something_is_written_or_a_minute_has_passed() {
    let counter = Counter::new();
    for _ in 0..3 {
        assert_eq!(counter.number("/a?b=1", None).await, "0");
    }
    assert_eq!(counter.number("/a?b=2", None).await, "1");
    assert_eq!(counter.number("/en/a?b=1", None).await, "2");
    counter.write("1").await;
    assert_eq!(counter.number("/a?b=1", None).await, "3");
    counter.engine.clock().advance_micros(60_000_000);
    assert_eq!(counter.number("/a?b=1", None).await, "4");
    assert_eq!(counter.number("/a?b=1", None).await, "4");
}

#[tokio::test]
async fn who_has_credentials_gets_no_kept_page_and_leaves_none() {
    let counter = Counter::new();
    for (at, header) in
        [("authorization", "Bearer reader"), ("cookie", "allmende=session-administrator"), ("cookie", "allmende=session-that-ended")]
            .into_iter()
            .enumerate()
    {
        assert_eq!(counter.number("/a", Some(header)).await, (2 * at).to_string());
        assert_eq!(counter.number("/a", Some(header)).await, (2 * at + 1).to_string());
    }
    assert_eq!(counter.number("/a", None).await, "6");
    assert_eq!(counter.number("/a", Some(("authorization", "Bearer reader"))).await, "7");
    assert_eq!(counter.number("/a", None).await, "6");
}

#[tokio::test]
async fn a_kept_page_comes_plain_packed_or_not_at_all() {
    let counter = Counter::new();
    let (status, encoding, plain) = counter.ask("/a", None).await;
    assert_eq!((status, encoding), (200, None));
    for _ in 0..2 {
        let (status, encoding, packed) = counter.ask("/a", Some(("accept-encoding", "gzip"))).await;
        assert_eq!((status, encoding.as_deref()), (200, Some("gzip")));
        let mut read = Vec::new();
        std::io::copy(&mut flate2::read::GzDecoder::new(&packed[..]), &mut read).expect("gzip");
        assert_eq!(read, plain);
    }
    let (status, _, body) = counter.ask("/a", Some(("if-none-match", "W/\"a\""))).await;
    assert_eq!((status, body.len()), (304, 0));
    // Who has the page already does not keep it from those who have not.
    let (status, ..) = counter.ask("/b", Some(("if-none-match", "W/\"a\""))).await;
    assert_eq!(status, 304);
    assert_eq!(counter.number("/b", None).await, "1");
    assert_eq!(counter.drawn.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn readers_who_come_at_once_wait_for_one_drawing() {
    let counter = Counter::new();
    let answers = futures_util::future::join_all((0..20).map(|_| counter.number("/a", None))).await;
    assert_eq!(answers, vec!["0"; 20]);
}

#[tokio::test]
async fn memory_is_bounded_and_what_is_asked_for_stays() {
    let kept = Kept::default();
    let key = |path: String| -> Key { (ScratchEngine::tenant(), path) };
    let stamp = Stamp { edition: 0, minute: 0 };
    let wanted = key("/wanted".into());
    let put = async |key: &Key| {
        let page = ([("content-type", "text/html")], "x".repeat(100_000)).into_response();
        let sheet = Arc::new(Sheet::of(stamp, page).await.expect("a page"));
        kept.account(0, sheet.bytes());
        kept.place(key).lock().await.replace(sheet);
    };
    put(&wanted).await;
    for number in 0..1_000 {
        put(&key(format!("/{number}"))).await;
        assert!(kept.place(&wanted).lock().await.is_some(), "{number}");
        let shelves = kept.0.lock();
        let places = shelves.lately.len() + shelves.before.len();
        assert!(places <= 2 * SHELF_BYTES / (100_000 + PLACE_BYTES) + 2, "{places}");
    }
}
