//! Bodies within limits, counted as they come in.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;

use crate::problem::Problem;
use crate::serve::BodyTimedOut;

/// Reads a whole body of at most `size_bytes_max`.
///
/// # Errors
/// 413 beyond the limit (before reading, when the length is announced), 415 for
/// a content coding, 408 when nothing came for too long, 400 when it broke off.
pub async fn read(headers: &HeaderMap, body: Body, size_bytes_max: usize) -> Result<Bytes, Problem> {
    refuse_codings(headers)?;
    if announced(headers).is_some_and(|length| length > size_bytes_max as u64) {
        return Err(too_large(size_bytes_max));
    }
    let mut body = body;
    let mut whole = BytesMut::new();
    let mut first: Option<Bytes> = None;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        if first.as_ref().map_or(0, Bytes::len) + whole.len() + data.len() > size_bytes_max {
            return Err(too_large(size_bytes_max));
        }
        // Nearly every body comes in one piece: keep that piece and copy nothing.
        match first.take() {
            None if whole.is_empty() => first = Some(data),
            None => whole.extend_from_slice(&data),
            Some(piece) => {
                whole.reserve(piece.len() + data.len());
                whole.extend_from_slice(&piece);
                whole.extend_from_slice(&data);
            }
        }
    }
    Ok(first.unwrap_or_else(|| whole.freeze()))
}

/// The length a request announces.
#[must_use]
pub fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok())
}

/// Compressed bodies are not taken: their size could not be bounded by the length sent.
///
/// # Errors
/// 415 naming the coding.
pub fn refuse_codings(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get(CONTENT_ENCODING) {
        Some(coding) if !coding.as_bytes().eq_ignore_ascii_case(b"identity") => Err(Problem::of_status(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!("the content coding `{}` is not taken; send the body as it is", String::from_utf8_lossy(coding.as_bytes())),
        )),
        _ => Ok(()),
    }
}

fn too_large(size_bytes_max: usize) -> Problem {
    Problem::too_large(format!("the body is larger than {size_bytes_max} bytes; send it in parts"))
}

/// What a failed body means to the client.
#[must_use]
pub fn broken(error: axum::Error) -> Problem {
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(error) = cause {
        if error.is::<BodyTimedOut>() {
            return Problem::of_status(StatusCode::REQUEST_TIMEOUT, error.to_string());
        }
        cause = error.source();
    }
    Problem::invalid("the body broke off before its end")
}
