//! Answers that say the fault is on our side (5xx). Each gets the id of its
//! request, which stands in the log beside the cause; the cause itself stays
//! in the log. Whatever part of the platform answers so, this is its last stop.

use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method};
use serde_json::{Map, Value};

use crate::problem::{Fault, Problem};

/// The largest problem document; what is longer is no problem document.
const BYTES_MAX: usize = 64 << 10;

/// Why an answer is a 5xx: laid into its extensions for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause(pub String);

/// What is said of a fault to who met it. The operator reads the cause in the
/// log, under the id.
pub const SENTENCE: &str = "the platform failed, not your request; try again in a moment, and if it fails again, give the operator the id in `instance`: the log names the cause under it";

/// `instance` of a problem: the request that met it (RFC 9457, section 3.1.5).
fn instance(id: &HeaderValue) -> Value {
    format!("urn:allmende:request:{}", id.to_str().unwrap_or_default()).into()
}

/// The answer with the id in its problem document. Pages say it themselves;
/// what is neither becomes a problem document.
pub(crate) async fn identify(response: Response, id: &HeaderValue, method: &Method) -> Response {
    let found = response.headers().get(CONTENT_TYPE).cloned();
    let is = |kind: &str| found.as_ref().is_some_and(|value| value.as_bytes().starts_with(kind.as_bytes()));
    let is_document = is("application/problem+json") || is("application/json");
    if is("text/html") || method == Method::HEAD {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, BYTES_MAX).await.unwrap_or_default();
    let document = serde_json::from_slice::<Map<String, Value>>(&bytes).ok().filter(|_| is_document);
    let Some(mut document) = document else {
        let said = String::from_utf8_lossy(&bytes).into_owned();
        let mut problem = Problem::of(Fault::Internal, SENTENCE).with_member("instance", instance(id)).into_response();
        *problem.status_mut() = parts.status;
        problem.extensions_mut().insert(parts.extensions.remove::<Cause>().unwrap_or(Cause(said)));
        return problem;
    };
    document.entry("instance").or_insert_with(|| instance(id));
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(Value::Object(document).to_string()))
}
