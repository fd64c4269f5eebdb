//! The addresses: `/catalog.{ttl,rdf,xml,jsonld,n3}` and `/datensaetze/{slug}.{…}`.
//!
//! `HEAD` is answered like `GET`: harvesters ask so first, and end their job
//! on any other answer. On trouble the answer is an error, never a shorter
//! list: what is not listed is deleted downstream.

use std::hash::{DefaultHasher, Hasher};

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use web::{Caller, Fault, Params, Problem};

use crate::document::{Catalogue, Error};
use crate::write::Format;

/// Puts the catalogue's addresses in front of the portal's router. The
/// documents of datasets share their path with the portal's pages
/// (`/datensaetze/{slug}`) and differ by the ending, which a router cannot
/// tell apart: a layer looks at it first.
pub fn attach(portal: Router, catalogue: Catalogue) -> Router {
    portal.merge(router(catalogue.clone())).layer(from_fn_with_state(catalogue, dataset_documents))
}

/// `/catalog.ttl`, `/catalog.rdf` and `.xml`, `/catalog.jsonld`, `/catalog.n3`.
pub fn router(catalogue: Catalogue) -> Router {
    let endings = Format::ALL.map(|format| (format.ending(), format));
    endings
        .into_iter()
        .chain([("xml", Format::RdfXml)])
        .fold(Router::new(), |router, (ending, format)| {
            let handler = move |State(catalogue): State<Catalogue>, caller: Caller, method: Method, uri: Uri, headers: HeaderMap| async move {
                let after = Params::of_uri(uri.query())?.one("after")?.map(str::to_owned);
                let document = catalogue.page(&caller.tenant, format, after.as_deref()).await.map_err(problem)?;
                Ok::<_, Problem>(answer(&method, &headers, format, document))
            };
            router.route(&format!("/catalog.{ending}"), get(handler))
        })
        .with_state(catalogue)
}

/// Answers `/datensaetze/{slug}.{ttl,rdf,xml,jsonld,n3}` and passes all else on.
/// A layer for [`axum::middleware::from_fn_with_state`].
pub async fn dataset_documents(State(catalogue): State<Catalogue>, request: Request, next: Next) -> Response {
    let Some((slug, format)) = document_of(request.uri().path()) else { return next.run(request).await };
    let slug = slug.to_owned();
    let (mut parts, _) = request.into_parts();
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return Problem::of_status(StatusCode::METHOD_NOT_ALLOWED, "a document of the catalogue can only be read: use GET or HEAD")
            .into_response();
    }
    let caller = match Caller::from_request_parts(&mut parts, &()).await {
        Ok(caller) => caller,
        Err(rejection) => return rejection.into_response(),
    };
    match catalogue.dataset(&caller.tenant, &slug, format).await {
        Ok(document) => answer(&parts.method, &parts.headers, format, document),
        Err(error) => problem(error).into_response(),
    }
}

/// Slug and format of a dataset's document.
fn document_of(path: &str) -> Option<(&str, Format)> {
    let (slug, ending) = path.strip_prefix("/datensaetze/")?.rsplit_once('.')?;
    let format = Format::of_ending(ending)?;
    (!slug.is_empty() && !slug.contains('/')).then_some((slug, format))
}

fn answer(method: &Method, headers: &HeaderMap, format: Format, document: Vec<u8>) -> Response {
    let tag = entity_tag(&document);
    let unchanged = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let mut response = if unchanged.map(str::trim).any(|known| known == tag || known.strip_prefix("W/") == Some(&*tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let length = HeaderValue::from(document.len());
        let mut response = Response::new(if method == Method::HEAD { Body::empty() } else { Body::from(document) });
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
        response.headers_mut().insert(CONTENT_LENGTH, length);
        response
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
    response
}

/// Changes when the document does; not a checksum anybody relies on.
fn entity_tag(document: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(document);
    format!("\"{:016x}\"", hasher.finish())
}

fn problem(error: Error) -> Problem {
    match error {
        Error::Engine(error) => match error.kind() {
            engine::Kind::NotFound => Problem::not_found(error.to_string()),
            engine::Kind::Unavailable => Problem::of(Fault::Unavailable, error.to_string()),
            _ => Problem::internal(error),
        },
        Error::NotListed { .. } => Problem::not_found(error.to_string()),
        Error::Write(error) => Problem::internal(error),
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, document_of};

    #[test]
    fn documents_are_told_by_their_ending() {
        assert_eq!(document_of("/datensaetze/luft.ttl"), Some(("luft", Format::Turtle)));
        assert_eq!(document_of("/datensaetze/luft.rdf"), Some(("luft", Format::RdfXml)));
        assert_eq!(document_of("/datensaetze/luft.xml"), Some(("luft", Format::RdfXml)));
        assert_eq!(document_of("/datensaetze/luft.n3"), Some(("luft", Format::N3)));
        assert_eq!(document_of("/datensaetze/luft.jsonld"), Some(("luft", Format::JsonLd)));
        for other in [
            "/datensaetze/luft",
            "/datensaetze/luft/daten.csv",
            "/datensaetze/.ttl",
            "/datensaetze/a/b.ttl",
            "/catalog.ttl",
            "/en/datensaetze/luft.ttl",
        ] {
            assert_eq!(document_of(other), None, "{other}");
        }
    }
}
