//! The context documents this server hosts: `/jsonldContexts`
//! (NGSI-LD V1.9.1, clauses 5.13.3, 5.13.4).

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

use crate::call::{Call, plain_json};
use crate::context::{KNOWN, Known, core};
use crate::error::Error;

/// The addresses of the documents, or their metadata with `details=true`.
pub(crate) fn list(call: &Call) -> Result<Response, Error> {
    let details = call.params.flag("details")?;
    let entries: Vec<String> =
        KNOWN.iter().map(|known| if details { metadata(known) } else { format!("\"{}\"", address(known)) }).collect();
    Ok(plain_json(StatusCode::OK, format!("[{}]", entries.join(","))))
}

fn address(known: &Known) -> String {
    format!("/ngsi-ld/v1/jsonldContexts/{}", known.id)
}

fn metadata(known: &Known) -> String {
    let url = known.urls.first().map_or_else(|| address(known), |url| (*url).to_owned());
    format!("{{\"URL\":\"{url}\",\"localId\":\"{}\",\"kind\":\"Hosted\"}}", known.id)
}

/// One document, by its name here or the address others publish it at.
pub(crate) fn serve(id: &str) -> Result<Response, Error> {
    let index = Known::by_id(id).or_else(|| Known::by_url(id)).ok_or_else(|| {
        let core = if core::is_core_url(id) { "; the core context is built in and published by ETSI" } else { "" };
        Error::not_found(format!("there is no context `{id}` here; `/ngsi-ld/v1/jsonldContexts` lists those there are{core}"))
    })?;
    let mut response = Response::new(Body::from(KNOWN[index].document));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/ld+json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    Ok(response)
}
