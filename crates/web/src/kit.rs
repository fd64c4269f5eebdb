//! The kit around a router: request id, credentials at hand, panics caught,
//! security headers, compression, counters, log line. One layer, because each
//! layer costs the hot path.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::{HeaderName, HeaderValue, StatusCode};

use crate::auth::{self, Auth};
use crate::blame::{self, Cause};
use crate::metrics::Metrics;
use crate::negotiate;
use crate::peer::Peer;
use crate::problem::Problem;
use crate::{compress, headers};

/// From when on a request is logged as slow.
const SLOW: Duration = Duration::from_secs(1);

/// Which requests get a line in the log. Counters count them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RequestLog {
    /// Each one.
    All,
    /// Failed (status ≥ 500) and slow ones.
    #[default]
    Noteworthy,
    /// None.
    Off,
}

/// What the kit needs.
#[derive(Debug, Clone)]
pub struct Kit {
    /// Credentials.
    pub auth: Auth,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Log lines.
    pub log: RequestLog,
}

/// The id of a request: in its extensions, its log lines and the answer's `X-Request-Id`.
#[derive(Debug, Clone)]
pub struct RequestId(pub HeaderValue);

impl Kit {
    /// A kit with fresh counters.
    #[must_use]
    pub fn new(auth: Auth) -> Self {
        Self { auth, metrics: Arc::default(), log: RequestLog::default() }
    }

    /// Puts the kit around a router: around its routes, its fallback and its 405s.
    pub fn wrap(self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(Arc::new(self), around))
    }

    fn note(&self, seen: &Seen, status: StatusCode, cause: Option<&Cause>, took: Duration) {
        self.metrics.count(&seen.path, status, took);
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            let cause = cause.map_or("not known", |cause| cause.0.as_str());
            tracing::error!(
                id = seen.id.to_str().unwrap_or_default(),
                method = seen.method.as_str(),
                path = seen.path,
                cause,
                "a request failed by a fault of ours"
            );
        }
        let noteworthy = status.is_server_error() || took > SLOW;
        if self.log == RequestLog::All || (noteworthy && self.log == RequestLog::Noteworthy) {
            let peer = seen.peer.map(tracing::field::display);
            // The query is left out: it may hold what people search for.
            tracing::info!(
                target: "allmende::request",
                id = seen.id.to_str().unwrap_or_default(), method = seen.method.as_str(), path = seen.path, status = status.as_u16(),
                took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX), peer, cause = cause.map(|cause| cause.0.as_str()), "request"
            );
        }
    }
}

/// What is kept of a request for afterwards.
struct Seen {
    id: HeaderValue,
    method: http::Method,
    path: String,
    peer: Option<Peer>,
    started: Instant,
}

async fn around(State(kit): State<Arc<Kit>>, mut request: Request, next: Next) -> Response {
    let seen = Seen {
        id: next_id(),
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        peer: request.extensions().get::<Peer>().copied(),
        started: Instant::now(),
    };
    let authenticated = auth::has_credentials(request.headers(), kit.auth.is_https());
    let gzip = !authenticated && negotiate::takes_encoding(request.headers(), "gzip");
    request.extensions_mut().insert(kit.auth.clone());
    request.extensions_mut().insert(RequestId(seen.id.clone()));
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = answer.unwrap_or_else(|_| after_panic(&kit));
    if response.status().is_server_error() {
        response = blame::identify(response, &seen.id, &seen.method).await;
    }
    if !authenticated && compress::is_worth_it(&response) {
        compress::vary(response.headers_mut());
        if gzip && seen.method != http::Method::HEAD {
            response = compress::gzip(response).await;
        }
    }
    headers::secure(response.headers_mut(), kit.auth.is_https(), authenticated);
    kit.note(&seen, response.status(), response.extensions().get(), seen.started.elapsed());
    response.headers_mut().insert(HeaderName::from_static("x-request-id"), seen.id);
    response
}

/// The panic itself was logged by the process' panic hook.
fn after_panic(kit: &Kit) -> Response {
    kit.metrics.count_panic();
    Problem::internal("a handler panicked; the line before says where").into_response()
}

/// Ids differ within a run and, by the seed, between runs. They are no secret.
fn next_id() -> HeaderValue {
    static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().build_hasher().finish());
    static COUNT: AtomicU64 = AtomicU64::new(0);
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let number = SEED.wrapping_add(COUNT.fetch_add(1, Ordering::Relaxed));
    let mut text = [0; 16];
    for (i, digit) in text.iter_mut().enumerate() {
        *digit = HEX[(number >> (60 - 4 * i) & 15) as usize];
    }
    HeaderValue::from_bytes(&text).expect("hexadecimal digits make a header")
}
