//! Pages kept for readers without credentials.
//!
//! A page is drawn once for each edition of the tenant's data and each minute
//! (pages tell ages in minutes), then given out as bytes, plain and packed.
//! Who is logged in never gets a kept page and never leaves one. Readers who
//! come while a page is drawn wait for it instead of drawing it again.
//!
//! What readers type is not kept: addresses of the search stay outside.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequestParts, OriginalUri, Request, State as Shared};
use axum::http::{HeaderMap, Method, StatusCode, header, request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use engine::{Access, Principal};
use model::{Instant, TenantId};
use parking_lot::Mutex;
use tokio::sync::Mutex as Turn;
use web::{Visitor, compress, negotiate};

use crate::ask::{is_known, unchanged};
use crate::state::State;

/// What each of the two shelves holds, about.
const SHELF_BYTES: usize = 16 << 20;
/// Larger pages are drawn each time.
const PAGE_BYTES_MAX: u64 = 1 << 20;
/// Longer addresses are no page's.
const ADDRESS_BYTES_MAX: usize = 1_000;
/// What a place on a shelf takes beside its page.
const PLACE_BYTES: usize = 500;
const MINUTE_MICROS: i64 = 60_000_000;

/// Tenant and address, with language and query.
type Key = (TenantId, String);
/// Where a page lies; who draws it holds the turn.
type Place = Arc<Turn<Option<Arc<Sheet>>>>;

/// The pages kept: those asked for lately, and those asked for before that.
/// When the first shelf is full, it becomes the second, which is thrown away.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Shelves>);

#[derive(Debug, Default)]
struct Shelves {
    lately: HashMap<Key, Place>,
    before: HashMap<Key, Place>,
    lately_bytes: usize,
}

/// What a page shows: the edition of the data, and the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    edition: u64,
    minute: i64,
}

/// A page as bytes.
#[derive(Debug)]
struct Sheet {
    stamp: Stamp,
    headers: HeaderMap,
    plain: Bytes,
    packed: OnceLock<Bytes>,
}

/// Answers with the kept page, or draws it and keeps it.
pub(crate) async fn keep(Shared(state): Shared<State>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Some((key, access)) = question(&state, &mut parts).await else {
        return next.run(Request::from_parts(parts, body)).await;
    };
    let stamp = Stamp::of(&access, state.engine().now());
    let place = state.kept().place(&key);
    let mut turn = place.lock().await;
    if let Some(sheet) = turn.as_ref().filter(|sheet| sheet.serves(stamp)) {
        let sheet = Arc::clone(sheet);
        drop(turn);
        return sheet.answer(&parts.headers);
    }
    // Drawn whole, whatever this reader has already: the next may have nothing.
    let headers = parts.headers.clone();
    parts.headers.remove(header::IF_NONE_MATCH);
    // While others waited, so did this one: what is drawn now shows at least this.
    let stamp = Stamp::of(&access, state.engine().now());
    match Sheet::of(stamp, next.run(Request::from_parts(parts, body)).await).await {
        Ok(sheet) => {
            let sheet = Arc::new(sheet);
            let before = turn.replace(Arc::clone(&sheet)).map_or(0, |before| before.bytes());
            state.kept().account(before, sheet.bytes());
            drop(turn);
            sheet.answer(&headers)
        }
        Err(response) => response,
    }
}

/// The key of a request whose answer may be kept, and how anybody sees its tenant.
async fn question(state: &State, parts: &mut request::Parts) -> Option<(Key, Access)> {
    let https = parts.extensions.get::<web::Auth>().is_some_and(web::Auth::is_https);
    if parts.method != Method::GET || web::auth::has_credentials(&parts.headers, https) {
        return None;
    }
    let visitor = Visitor::from_request_parts(parts, &()).await.ok().filter(|visitor| !visitor.is_known())?;
    let access = state.engine().access(&visitor.tenant, Principal::anonymous()).ok()?;
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    let address = uri.path_and_query()?.as_str();
    (address.len() <= ADDRESS_BYTES_MAX).then(|| ((visitor.tenant, address.to_owned()), access))
}

impl Stamp {
    fn of(access: &Access, now: Instant) -> Self {
        Self { edition: access.edition(), minute: now.micros().div_euclid(MINUTE_MICROS) }
    }
}

impl Kept {
    /// Where the page of a key lies or will lie.
    fn place(&self, key: &Key) -> Place {
        let mut shelves = self.0.lock();
        if let Some(place) = shelves.lately.get(key) {
            return Arc::clone(place);
        }
        let place = shelves.before.remove(key).unwrap_or_default();
        shelves.lately.insert(key.clone(), Arc::clone(&place));
        let bytes = place.try_lock().ok().and_then(|sheet| sheet.as_ref().map(|sheet| sheet.bytes()));
        shelves.grow(bytes.unwrap_or_default() + key.1.len() + PLACE_BYTES);
        place
    }

    /// A page took the place of another.
    fn account(&self, before: usize, after: usize) {
        let mut shelves = self.0.lock();
        shelves.lately_bytes = shelves.lately_bytes.saturating_sub(before);
        shelves.grow(after);
    }
}

impl Shelves {
    fn grow(&mut self, bytes: usize) {
        self.lately_bytes += bytes;
        if self.lately_bytes > SHELF_BYTES {
            self.before = std::mem::take(&mut self.lately);
            self.lately_bytes = 0;
        }
    }
}

impl Sheet {
    /// What an answer is, if it may be kept; else the answer.
    async fn of(stamp: Stamp, response: Response) -> Result<Self, Response> {
        if !may_be_kept(&response) {
            return Err(response);
        }
        let (parts, body) = response.into_parts();
        let plain = axum::body::to_bytes(body, usize::MAX).await;
        let plain = plain.map_err(|_| web::Problem::internal("the page broke off while it was drawn").into_response())?;
        Ok(Self { stamp, headers: parts.headers, plain, packed: OnceLock::new() })
    }

    /// Whether it shows this minute and this edition or a newer one.
    fn serves(&self, stamp: Stamp) -> bool {
        self.stamp.minute == stamp.minute && self.stamp.edition >= stamp.edition
    }

    /// What it takes: packed, a page has a fifth of its bytes.
    fn bytes(&self) -> usize {
        self.plain.len() + self.plain.len() / 5
    }

    /// The page, packed for who takes it, or that it has not changed.
    fn answer(&self, asked: &HeaderMap) -> Response {
        let tag = self.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()).filter(|tag| is_known(asked, tag));
        if let Some(tag) = tag {
            return unchanged(tag);
        }
        let mut response = Response::new(Body::from(self.plain.clone()));
        response.headers_mut().clone_from(&self.headers);
        if negotiate::takes_encoding(asked, "gzip") && compress::is_worth_it(&response) {
            let packed = self.packed.get_or_init(|| compress::pack(&self.plain));
            *response.body_mut() = Body::from(packed.clone());
            compress::mark(response.headers_mut());
            compress::vary(response.headers_mut());
        }
        response
    }
}

/// Whether an answer is a whole page for everybody.
fn may_be_kept(response: &Response) -> bool {
    let headers = response.headers();
    let says = |name: header::HeaderName, text: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(text))
    };
    response.status() == StatusCode::OK
        && says(header::CONTENT_TYPE, "text/html")
        && !says(header::CACHE_CONTROL, "no-store")
        && !headers.contains_key(header::SET_COOKIE)
        && response.body().size_hint().exact().is_some_and(|bytes| bytes <= PAGE_BYTES_MAX)
}

#[cfg(test)]
mod tests;
