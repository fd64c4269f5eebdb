//! Compression of answers to people without credentials.
//!
//! Never for answers that depend on a secret: their length would tell about
//! it. Streams and large bodies pass as they are; assets come compressed already.

use std::io::Write;

use axum::body::Body;
use axum::response::Response;
use flate2::{Compression, write::GzEncoder};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Body as _;

/// Below, the packet is not full anyway; above, it would hold up the thread.
const SIZE_BYTES: std::ops::RangeInclusive<u64> = 1_200..=512 * 1024;

/// Whether an answer is worth compressing.
#[must_use]
pub fn is_worth_it(response: &Response) -> bool {
    let headers = response.headers();
    let textual = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("text/") || kind.starts_with("image/svg") || kind.contains("json") || kind.contains("xml"));
    textual
        && response.status() == StatusCode::OK
        && !headers.contains_key(CONTENT_ENCODING)
        && response.body().size_hint().exact().is_some_and(|size| SIZE_BYTES.contains(&size))
}

/// The answer as gzip. Call it when [`is_worth_it`] and the client takes gzip.
pub async fn gzip(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(whole) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return Response::from_parts(parts, Body::empty());
    };
    let mut encoder = GzEncoder::new(Vec::with_capacity(whole.len() / 4), Compression::new(4));
    let Ok(packed) = encoder.write_all(&whole).and_then(|()| encoder.finish()) else {
        return Response::from_parts(parts, Body::from(whole));
    };
    parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.remove(CONTENT_LENGTH);
    weaken(&mut parts.headers);
    Response::from_parts(parts, Body::from(packed))
}

/// Says that the answer depends on what the client takes.
pub fn vary(headers: &mut HeaderMap) {
    headers.append(VARY, HeaderValue::from_static("accept-encoding"));
}

/// The bytes are others now: a strong validator would lie (RFC 9110, section 8.8.3).
fn weaken(headers: &mut HeaderMap) {
    let weak = headers.get(ETAG).and_then(|etag| etag.to_str().ok()).filter(|etag| !etag.starts_with("W/")).map(|etag| format!("W/{etag}"));
    if let Some(value) = weak.and_then(|weak| HeaderValue::from_str(&weak).ok()) {
        headers.insert(ETAG, value);
    }
}
