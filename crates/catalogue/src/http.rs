//! The addresses: `/catalog.{ttl,rdf,xml,jsonld,n3}` and `/datensaetze/{slug}.{…}`,
//! and the same without an ending, by `Accept`.
//!
//! `HEAD` is answered like `GET`: harvesters ask so first, and end their job
//! on any other answer. On trouble the answer is an error, never a shorter
//! list: what is not listed is deleted downstream.

use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use model::TenantId;
use web::{Caller, Fault, Params, Problem};

use crate::document::{Catalogue, Error};
use crate::seen::Seen;
use crate::select::Selection;
use crate::write::Format;

/// The catalogue with what is remembered of its documents.
#[derive(Clone)]
struct Outlet {
    catalogue: Catalogue,
    seen: Arc<Seen>,
}

/// Puts the catalogue's addresses in front of the portal's router. The
/// documents of datasets share their path with the portal's pages
/// (`/datensaetze/{slug}`) and differ by the ending or by what the client
/// would rather have, which a router cannot tell apart: a layer looks at it first.
pub fn attach(portal: Router, catalogue: Catalogue) -> Router {
    let outlet = Outlet { catalogue, seen: Arc::default() };
    portal.merge(router(outlet.clone())).layer(from_fn_with_state(outlet, dataset_documents))
}

/// `/catalog.ttl`, `/catalog.rdf` and `.xml`, `/catalog.jsonld`, `/catalog.n3`, and `/catalog` by `Accept`.
fn router(outlet: Outlet) -> Router {
    let endings = Format::ALL.map(|format| (format.ending(), format));
    endings
        .into_iter()
        .chain([("xml", Format::RdfXml)])
        .fold(Router::new(), |router, (ending, format)| {
            let handler = move |State(outlet): State<Outlet>, caller: Caller, request: Request| async move {
                outlet.catalogue_page(&caller, request, format).await
            };
            router.route(&format!("/catalog.{ending}"), get(handler))
        })
        .route("/catalog", get(negotiated_catalogue))
        .with_state(outlet)
}

/// `GET /catalog`: the form that `Accept` asks for; people are sent to the list.
async fn negotiated_catalogue(State(outlet): State<Outlet>, caller: Caller, request: Request) -> Result<Response, Problem> {
    let mut response = match best(request.headers(), Format::Turtle.content_type()) {
        Some(None) => Redirect::to("/datensaetze").into_response(),
        Some(Some(format)) => outlet.catalogue_page(&caller, request, format).await?,
        None => Problem::of_status(StatusCode::NOT_ACCEPTABLE, format!("the catalogue is there as {}", types())).into_response(),
    };
    response.headers_mut().append(VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

/// Which form a client would rather have: `Some(None)` is a page. `first` wins a tie.
#[expect(clippy::option_option, reason = "a page, a form, or nothing we have")]
fn best(headers: &HeaderMap, first: &str) -> Option<Option<Format>> {
    let mut offers = vec![("text/html", None)];
    offers.extend(Format::ALL.map(|format| (format.content_type(), Some(format))));
    offers.sort_by_key(|(offer, _)| *offer != first);
    let types: Vec<&str> = offers.iter().map(|(offer, _)| *offer).collect();
    web::negotiate::best(headers, &types).map(|index| offers[index].1)
}

fn types() -> String {
    Format::ALL.map(Format::content_type).join(", ")
}

/// Answers `/datensaetze/{slug}.{ttl,rdf,xml,jsonld,n3}` and the same under
/// `/dataset/`, and `/datensaetze/{slug}` where RDF is asked for; passes all else on.
async fn dataset_documents(State(outlet): State<Outlet>, request: Request, next: Next) -> Response {
    let (path, reads) = (request.uri().path(), matches!(*request.method(), Method::GET | Method::HEAD));
    if let Some((name, format)) = document_of(path) {
        let name = name.to_owned();
        if !reads {
            let told = "a document of the catalogue can only be read: use GET or HEAD";
            return Problem::of_status(StatusCode::METHOD_NOT_ALLOWED, told).into_response();
        }
        return outlet.dataset(request, &name, format).await;
    }
    let Some(name) = page_of(path).filter(|_| reads).map(str::to_owned) else { return next.run(request).await };
    let mut response = match best(request.headers(), "text/html").flatten() {
        Some(format) => outlet.dataset(request, &name, format).await,
        None => next.run(request).await,
    };
    response.headers_mut().append(VARY, HeaderValue::from_static("accept"));
    response
}

/// Name of a dataset and format of its document.
fn document_of(path: &str) -> Option<(&str, Format)> {
    let rest = path.strip_prefix("/datensaetze/").or_else(|| path.strip_prefix("/dataset/"))?;
    let (name, ending) = rest.rsplit_once('.')?;
    let format = Format::of_ending(ending)?;
    (!name.is_empty() && !name.contains('/')).then_some((name, format))
}

/// Slug of the dataset whose page a path is.
fn page_of(path: &str) -> Option<&str> {
    path.strip_prefix("/datensaetze/").filter(|slug| !slug.is_empty() && !slug.contains(['/', '.']))
}

impl Outlet {
    async fn catalogue_page(&self, caller: &Caller, request: Request, format: Format) -> Result<Response, Problem> {
        let selection = Selection::of(&Params::of_uri(request.uri().query())?)?;
        let document = self.catalogue.selected(&caller.tenant, format, &selection).await.map_err(problem)?;
        Ok(self.answer(&caller.tenant, &request, format, document))
    }

    async fn dataset(&self, request: Request, name: &str, format: Format) -> Response {
        let (mut parts, body) = request.into_parts();
        let caller = match Caller::from_request_parts(&mut parts, &()).await {
            Ok(caller) => caller,
            Err(rejection) => return rejection.into_response(),
        };
        match self.catalogue.dataset(&caller.tenant, name, format).await {
            Ok(document) => self.answer(&caller.tenant, &Request::from_parts(parts, body), format, document),
            Err(error) => problem(error).into_response(),
        }
    }

    /// The document, or that the client has it already (RFC 9110, section 13.2.2).
    fn answer(&self, tenant: &TenantId, request: &Request, format: Format, document: Vec<u8>) -> Response {
        let tag = entity_tag(&document);
        let address = format!("{tenant} {} {}", format.ending(), request.uri());
        let since = self.seen.since(&address, &tag, self.catalogue.now());
        let mut response = if is_known(request.headers(), &tag, since) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let length = HeaderValue::from(document.len());
            let mut response = Response::new(if request.method() == Method::HEAD { Body::empty() } else { Body::from(document) });
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
            response.headers_mut().insert(CONTENT_LENGTH, length);
            response
        };
        let headers = response.headers_mut();
        let modified = since.map(|since| httpdate::fmt_http_date(time_of(since)));
        for (name, value) in [(ETAG, Some(tag)), (LAST_MODIFIED, modified)] {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                headers.insert(name, value);
            }
        }
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
        // Open data may be read by scripts of other sites.
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        response
    }
}

fn time_of(second: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(second).unwrap_or_default())
}

/// Whether the client has the document: by its tag, else by its time.
fn is_known(headers: &HeaderMap, tag: &str, since: Option<i64>) -> bool {
    if headers.contains_key(IF_NONE_MATCH) {
        let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        return known.map(str::trim).any(|known| known == tag || known == "*" || known.strip_prefix("W/") == Some(tag));
    }
    let named = headers.get(IF_MODIFIED_SINCE).and_then(|value| value.to_str().ok()).and_then(|text| httpdate::parse_http_date(text).ok());
    named.zip(since).is_some_and(|(named, since)| time_of(since) <= named)
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
            engine::Kind::Unavailable => Problem::of(Fault::Unavailable, error.for_anybody()).with_cause(error),
            _ => Problem::internal(error),
        },
        Error::NotListed { .. } | Error::NoPage { .. } => Problem::not_found(error.to_string()),
        Error::Write(error) => Problem::internal(error),
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, document_of, page_of};

    #[test]
    fn documents_are_told_by_their_ending() {
        assert_eq!(document_of("/datensaetze/luft.ttl"), Some(("luft", Format::Turtle)));
        assert_eq!(document_of("/datensaetze/luft.rdf"), Some(("luft", Format::RdfXml)));
        assert_eq!(document_of("/datensaetze/luft.xml"), Some(("luft", Format::RdfXml)));
        assert_eq!(document_of("/datensaetze/luft.n3"), Some(("luft", Format::N3)));
        assert_eq!(document_of("/datensaetze/luft.jsonld"), Some(("luft", Format::JsonLd)));
        assert_eq!(document_of("/dataset/luft.rdf"), Some(("luft", Format::RdfXml)));
        assert_eq!(page_of("/datensaetze/luft"), Some("luft"));
        assert_eq!((page_of("/datensaetze/luft/tabelle"), page_of("/datensaetze/"), page_of("/suche")), (None, None, None));
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
