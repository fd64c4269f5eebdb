//! Compression of answers to people without credentials.
//!
//! Never for answers that depend on a secret: their length would tell about
//! it. Streams and large bodies are packed as they go out; assets come
//! compressed already.

use std::io::{self, Write};

use axum::body::{Body, BodyDataStream};
use axum::response::Response;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use futures_util::{StreamExt, stream};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Body as _;

/// Below, the packet is not full anyway.
const LEAST_BYTES: u64 = 1_200;
/// Above, it would hold up the thread: the body is packed in pieces.
const WHOLE_BYTES: u64 = 512 * 1024;
/// How much is packed before other work gets its turn.
const PIECE_BYTES: usize = 64 * 1024;
/// Of zlib's levels: half the time of the usual one, for some per cent more bytes.
const LEVEL: u32 = 4;

/// Whether an answer is worth compressing.
#[must_use]
pub fn is_worth_it(response: &Response) -> bool {
    let headers = response.headers();
    let textual = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|kind| kind.split(';').next())
        // Events must not wait until there is more to pack.
        .is_some_and(|kind| (kind.starts_with("text/") && kind != "text/event-stream") || kind.ends_with("json") || kind.ends_with("xml"));
    textual
        && response.status() == StatusCode::OK
        && !headers.contains_key(CONTENT_ENCODING)
        && response.body().size_hint().exact().is_none_or(|size| size >= LEAST_BYTES)
}

/// The answer as gzip. Call it when [`is_worth_it`] and the client takes gzip.
pub async fn gzip(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    if body.size_hint().exact().is_none_or(|size| size > WHOLE_BYTES) {
        mark(&mut parts.headers);
        return Response::from_parts(parts, Body::from_stream(pieces(body)));
    }
    let Ok(whole) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return Response::from_parts(parts, Body::empty());
    };
    mark(&mut parts.headers);
    Response::from_parts(parts, Body::from(pack(&whole)))
}

/// Bytes as gzip.
#[must_use]
pub fn pack(whole: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(whole.len() / 4), Compression::new(LEVEL));
    let packed = encoder.write_all(whole).and_then(|()| encoder.finish());
    Bytes::from(packed.expect("writing to memory does not fail"))
}

/// Says that the body is packed.
pub fn mark(headers: &mut HeaderMap) {
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.remove(CONTENT_LENGTH);
    weaken(headers);
}

/// A body that is packed as it comes.
struct Packing {
    body: BodyDataStream,
    /// What came and is not packed yet.
    rest: Bytes,
    /// Not there after the end or a failure.
    encoder: Option<GzEncoder<Vec<u8>>>,
}

/// The packed body. A failure of the body breaks it off before its end mark.
fn pieces(body: Body) -> impl stream::Stream<Item = Result<Bytes, axum::Error>> {
    let encoder = Some(GzEncoder::new(Vec::new(), Compression::new(LEVEL)));
    let packing = Packing { body: body.into_data_stream(), rest: Bytes::new(), encoder };
    stream::unfold(packing, |mut packing| async move { packing.next().await.map(|piece| (piece, packing)) })
}

impl Packing {
    async fn next(&mut self) -> Option<Result<Bytes, axum::Error>> {
        while self.encoder.is_some() {
            if self.rest.is_empty() {
                match self.body.next().await {
                    Some(Ok(bytes)) => self.rest = bytes,
                    Some(Err(error)) => {
                        self.encoder = None;
                        return Some(Err(error));
                    }
                    None => {
                        let last = self.encoder.take()?.finish();
                        return Some(last.map(Bytes::from).map_err(axum::Error::new));
                    }
                }
            }
            let piece = self.rest.split_to(self.rest.len().min(PIECE_BYTES));
            match self.pack(&piece) {
                Ok(packed) if packed.is_empty() => tokio::task::yield_now().await,
                Ok(packed) => return Some(Ok(packed)),
                Err(error) => {
                    self.encoder = None;
                    return Some(Err(axum::Error::new(error)));
                }
            }
        }
        None
    }

    /// Packs a piece; the encoder keeps what it may pack better with the next one.
    fn pack(&mut self, piece: &[u8]) -> io::Result<Bytes> {
        let encoder = self.encoder.as_mut().ok_or_else(|| io::Error::other("the body has ended"))?;
        encoder.write_all(piece)?;
        Ok(Bytes::from(std::mem::take(encoder.get_mut())))
    }
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

#[cfg(test)]
mod tests;
