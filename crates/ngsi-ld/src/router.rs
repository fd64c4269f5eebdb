//! From a path to what it means, and what every answer has in common.
//!
//! The checks come in the order of the standard: length and media type,
//! authentication, tenant, parameters, `@context`, content, existence.
//! Paths are taken apart here rather than by route patterns: segments are
//! decoded once, with and without a trailing slash, and an encoded slash
//! never changes the route.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use bytes::Bytes;
use engine::{Engine, Role};
use http::header::{ALLOW, CONTENT_LENGTH};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use model::{EntityId, Iri};
use percent_encoding::percent_decode_str;

use crate::call::{Call, empty};
use crate::context::Library;
use crate::error::{Error, ErrorKind};
use crate::negotiate::{BodyKind, Media, require_length};
use crate::params::Params;
use crate::{attributes, batch, discovery, entities, hosted, temporal};

/// The largest body that describes one entity.
const ENTITY_BYTES_MAX: usize = 1 << 20;
/// The largest body of a batch.
const BATCH_BYTES_MAX: usize = 64 << 20;

const TENANT: HeaderName = HeaderName::from_static("ngsild-tenant");

/// The NGSI-LD API over an engine.
pub fn router(engine: Engine) -> Router {
    router_with(engine, Library::default())
}

/// The same with context documents of the operator's beside those shipped.
pub fn router_with(engine: Engine, library: Library) -> Router {
    let state = Shared { engine, library: Arc::new(library) };
    Router::new()
        .route("/ngsi-ld/v1", any(handle))
        .route("/ngsi-ld/v1/", any(handle))
        .route("/ngsi-ld/v1/{*rest}", any(handle))
        .with_state(state)
}

/// The paths of the API with their methods, for descriptions of it.
pub const ROUTES: &[(&str, &[&str])] = &[
    ("/ngsi-ld/v1/entities", &["GET", "POST"]),
    ("/ngsi-ld/v1/entities/{entityId}", &["GET", "DELETE"]),
    ("/ngsi-ld/v1/entities/{entityId}/attrs", &["POST", "PATCH"]),
    ("/ngsi-ld/v1/entities/{entityId}/attrs/{attrId}", &["PATCH", "DELETE"]),
    ("/ngsi-ld/v1/entityOperations/create", &["POST"]),
    ("/ngsi-ld/v1/entityOperations/upsert", &["POST"]),
    ("/ngsi-ld/v1/entityOperations/update", &["POST"]),
    ("/ngsi-ld/v1/entityOperations/delete", &["POST"]),
    ("/ngsi-ld/v1/entityOperations/query", &["POST"]),
    ("/ngsi-ld/v1/temporal/entities/{entityId}", &["GET"]),
    ("/ngsi-ld/v1/types", &["GET"]),
    ("/ngsi-ld/v1/types/{type}", &["GET"]),
    ("/ngsi-ld/v1/attributes", &["GET"]),
    ("/ngsi-ld/v1/attributes/{attrId}", &["GET"]),
    ("/ngsi-ld/v1/jsonldContexts", &["GET"]),
    ("/ngsi-ld/v1/jsonldContexts/{contextId}", &["GET"]),
];

#[derive(Clone)]
struct Shared {
    engine: Engine,
    library: Arc<Library>,
}

/// What a path means.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Resource {
    Entities,
    Entity(EntityId),
    Attributes(EntityId),
    Attribute(EntityId, String),
    Batch(Batch),
    Past(EntityId),
    Types,
    Type(String),
    AttributeNames,
    AttributeName(String),
    Contexts,
    Context(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Batch {
    Create,
    Upsert,
    Update,
    Delete,
    Query,
}

async fn handle(State(shared): State<Shared>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let tenant = parts.headers.get(TENANT).cloned();
    let head = parts.method == Method::HEAD;
    if head {
        parts.method = Method::GET;
    }
    let mut response = match answer(&shared, parts, body).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    };
    if let Some(tenant) = tenant {
        response.headers_mut().insert(TENANT, tenant);
    }
    allow_origins(response.headers_mut());
    if head { without_body(response) } else { response }
}

async fn answer(shared: &Shared, mut parts: Parts, body: Body) -> Result<Response, Error> {
    let resource = Resource::of(parts.uri.path())?;
    let allowed = resource.methods();
    if parts.method == Method::OPTIONS {
        return Ok(preflight(allowed));
    }
    if !allowed.split(", ").any(|method| method == parts.method.as_str()) {
        return Err(Error::method_not_allowed(&parts.method, allowed));
    }
    let has_body = parts.method == Method::POST || parts.method == Method::PATCH;
    let mut body_kind = BodyKind::Json;
    if has_body {
        require_length(&parts.headers, parts.version)?;
        body_kind = BodyKind::of(&parts.headers, &parts.method)?;
    }
    let caller = web::Caller::from_request_parts(&mut parts, &()).await.map_err(|rejection| of_problem(&rejection.problem()))?;
    let writes = parts.method != Method::GET && resource != Resource::Batch(Batch::Query);
    if writes && caller.principal.role == Role::Public {
        // Before the body is read: who may not write must not fill the table of names either.
        return Err(unauthorized());
    }
    let access = shared.engine.access(&caller.tenant, caller.principal)?;
    // Writes answer with nothing, or with JSON whatever is accepted.
    let media = if writes { Media::Json } else { Media::accepted(&parts.headers, resource.has_geojson(&parts.method))? };
    let params = Params::read(parts.uri.query(), resource.parameters(&parts.method))?;
    let bytes = if has_body { read_body(&parts.headers, body, resource.bytes_max()).await? } else { Bytes::new() };
    let call = Arc::new(Call { access, parts, params, media, body_kind, library: Arc::clone(&shared.library) });
    dispatch(&call, &resource, &bytes).await
}

async fn dispatch(call: &Arc<Call>, resource: &Resource, body: &Bytes) -> Result<Response, Error> {
    let method = &call.parts.method;
    match resource {
        Resource::Entities if *method == Method::POST => entities::create(call, body).await,
        Resource::Entities => entities::query(call),
        Resource::Entity(id) if *method == Method::DELETE => entities::delete(call, id).await,
        Resource::Entity(id) => entities::retrieve(call, id),
        Resource::Attributes(id) if *method == Method::POST => attributes::append(call, id, body).await,
        Resource::Attributes(id) => attributes::update(call, id, body).await,
        Resource::Attribute(id, name) if *method == Method::DELETE => attributes::delete(call, id, name).await,
        Resource::Attribute(id, name) => attributes::patch(call, id, name, body).await,
        Resource::Batch(Batch::Create) => batch::create(call, body).await,
        Resource::Batch(Batch::Upsert) => batch::upsert(call, body).await,
        Resource::Batch(Batch::Update) => batch::update(call, body).await,
        Resource::Batch(Batch::Delete) => batch::delete(call, body).await,
        Resource::Batch(Batch::Query) => entities::query_by_post(call, body).await,
        Resource::Past(id) => temporal::retrieve(call, id).await,
        Resource::Types => call.aside(discovery::types).await,
        Resource::Type(name) => {
            let name = name.clone();
            call.aside(move |call| discovery::one_type(call, &name)).await
        }
        Resource::AttributeNames => call.aside(discovery::attributes).await,
        Resource::AttributeName(name) => {
            let name = name.clone();
            call.aside(move |call| discovery::attribute(call, &name)).await
        }
        Resource::Contexts => hosted::list(call),
        Resource::Context(id) => hosted::serve(id),
    }
}

impl Resource {
    /// Takes a path apart. The path begins with `/ngsi-ld/v1`.
    fn of(path: &str) -> Result<Self, Error> {
        let rest = path.strip_prefix("/ngsi-ld/v1").unwrap_or(path);
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let segments: Vec<String> = rest.split('/').map(decode_segment).collect::<Result<_, Error>>()?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        Ok(match segments.as_slice() {
            ["entities"] => Self::Entities,
            ["entities", id] => Self::Entity(entity_id(id)?),
            ["entities", id, "attrs"] => Self::Attributes(entity_id(id)?),
            ["entities", id, "attrs", name] => Self::Attribute(entity_id(id)?, (*name).to_owned()),
            ["entityOperations", "create"] => Self::Batch(Batch::Create),
            ["entityOperations", "upsert"] => Self::Batch(Batch::Upsert),
            ["entityOperations", "update"] => Self::Batch(Batch::Update),
            ["entityOperations", "delete"] => Self::Batch(Batch::Delete),
            ["entityOperations", "query"] => Self::Batch(Batch::Query),
            ["temporal", "entities", id] => Self::Past(entity_id(id)?),
            ["types"] => Self::Types,
            ["types", name] => Self::Type((*name).to_owned()),
            ["attributes"] => Self::AttributeNames,
            ["attributes", name] => Self::AttributeName((*name).to_owned()),
            ["jsonldContexts"] => Self::Contexts,
            ["jsonldContexts", id] => Self::Context((*id).to_owned()),
            [first, ..] => return Err(no_resource(first)),
            [] => return Err(no_resource("")),
        })
    }

    fn methods(&self) -> &'static str {
        match self {
            Self::Entities => "GET, HEAD, POST, OPTIONS",
            Self::Entity(_) => "GET, HEAD, DELETE, OPTIONS",
            Self::Attributes(_) => "POST, PATCH, OPTIONS",
            Self::Attribute(..) => "PATCH, DELETE, OPTIONS",
            Self::Batch(_) => "POST, OPTIONS",
            Self::Past(_)
            | Self::Types
            | Self::Type(_)
            | Self::AttributeNames
            | Self::AttributeName(_)
            | Self::Contexts
            | Self::Context(_) => "GET, HEAD, OPTIONS",
        }
    }

    fn has_geojson(&self, method: &Method) -> bool {
        match self {
            Self::Entities | Self::Entity(_) => *method == Method::GET,
            Self::Batch(batch) => *batch == Batch::Query,
            _ => false,
        }
    }

    fn bytes_max(&self) -> usize {
        if matches!(self, Self::Batch(_)) { BATCH_BYTES_MAX } else { ENTITY_BYTES_MAX }
    }

    /// The groups of parameters that are allowed.
    fn parameters(&self, method: &Method) -> &'static [&'static [&'static str]] {
        const SELECT: &[&str] = &[
            "id",
            "idPattern",
            "type",
            "q",
            "georel",
            "geometry",
            "coordinates",
            "geoproperty",
            "scopeQ",
            "datasetId",
            "orderBy",
            "expandValues",
        ];
        const SHAPE: &[&str] = &["format", "options", "sysAttrs", "lang", "pick", "omit", "attrs", "local"];
        const PAGE: &[&str] = &["limit", "offset", "count"];
        const TIME: &[&str] = &["timerel", "timeAt", "endTimeAt", "timeproperty", "lastN", "firstN", "aggrMethods", "aggrPeriodDuration"];
        const POSTED: &[&str] = &["format", "options", "sysAttrs", "local", "geometryProperty"];
        match self {
            Self::Entities if *method == Method::GET => &[SELECT, SHAPE, PAGE, &["geometryProperty"]],
            Self::Entity(_) if *method == Method::GET => &[SHAPE, &["type", "datasetId", "geometryProperty"]],
            Self::Past(_) => &[SHAPE, TIME, &["type", "datasetId"]],
            Self::Batch(Batch::Query) => &[POSTED, PAGE],
            Self::Batch(Batch::Upsert | Batch::Update) => &[&["options", "local"]],
            Self::Attributes(_) if *method == Method::POST => &[&["options", "type", "local"]],
            Self::Attribute(..) if *method == Method::DELETE => &[&["type", "datasetId", "deleteAll", "local"]],
            Self::Entity(_) | Self::Attributes(_) | Self::Attribute(..) => &[&["type", "local"]],
            Self::Types | Self::AttributeNames => &[&["details", "local"]],
            Self::Contexts => &[&["details"]],
            _ => &[&["local"]],
        }
    }
}

fn decode_segment(segment: &str) -> Result<String, Error> {
    percent_decode_str(segment)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| Error::bad_request("the path is not percent-encoded UTF-8"))
}

fn entity_id(text: &str) -> Result<EntityId, Error> {
    Iri::parse(text).map_err(|error| Error::bad_request(format!("the entity id in the path: {error}")))
}

fn no_resource(first: &str) -> Error {
    match first {
        "subscriptions"
        | "csourceRegistrations"
        | "csourceSubscriptions"
        | "entityMaps"
        | "snapshots"
        | "temporal"
        | "info"
        | "entities"
        | "entityOperations" => Error::not_supported(format!(
            "this part of `/ngsi-ld/v1/{first}` is not offered by this version; `/openapi.json` lists what is"
        )),
        _ => Error::not_found("there is no such resource; entities are at `/ngsi-ld/v1/entities`, `/openapi.json` lists the others"),
    }
}

fn unauthorized() -> Error {
    of_problem(&web::Problem::of(web::Fault::Unauthorized, "writing needs a token: send `Authorization: Bearer TOKEN`"))
}

/// A problem of the HTTP kit in the words of the standard.
fn of_problem(problem: &web::Problem) -> Error {
    let detail = problem.detail.clone().unwrap_or_else(|| problem.title.to_string());
    let kind = match problem.status {
        StatusCode::NOT_FOUND => ErrorKind::NonexistentTenant,
        StatusCode::BAD_REQUEST => ErrorKind::BadRequestData,
        StatusCode::INTERNAL_SERVER_ERROR => ErrorKind::InternalError,
        status => ErrorKind::Http(status),
    };
    let mut error = match &problem.cause {
        Some(cause) => Error::internal(cause.as_str()),
        None => Error::new(kind, detail),
    };
    if let Some((name, value)) = problem.headers.first() {
        error = error.with_header_value(name.clone(), value.clone());
    }
    error
}

async fn read_body(headers: &HeaderMap, body: Body, most: usize) -> Result<Bytes, Error> {
    web::limit::read(headers, body, most).await.map_err(|problem| of_problem(&problem))
}

/// The answer to `OPTIONS`: what is possible here, also for pages of other origins.
fn preflight(allowed: &'static str) -> Response {
    let mut response = empty(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static(allowed));
    headers.insert("access-control-allow-methods", HeaderValue::from_static(allowed));
    headers.insert(
        "access-control-allow-headers",
        HeaderValue::from_static("Accept, Authorization, Content-Type, Link, NGSILD-Tenant, Prefer"),
    );
    headers.insert("access-control-max-age", HeaderValue::from_static("86400"));
    response
}

/// Pages of any origin may read: no cookie counts here, only a token the page must know.
fn allow_origins(headers: &mut HeaderMap) {
    headers.insert("access-control-allow-origin", HeaderValue::from_static("*"));
    headers.insert(
        "access-control-expose-headers",
        HeaderValue::from_static("Content-Range, Link, Location, NGSILD-Results-Count, NGSILD-Tenant, NGSILD-Warning, Preference-Applied"),
    );
}

fn without_body(mut response: Response) -> Response {
    use axum::body::HttpBody;
    if let Some(length) = response.body().size_hint().exact() {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    *response.body_mut() = Body::empty();
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: &str) {
        let shown = match Resource::of(path) {
            Ok(resource) => format!("{resource:?}"),
            Err(error) => format!("{} {error}", error.status().as_u16()),
        };
        assert!(shown.starts_with(expected), "{path}: {shown}");
    }

    #[test]
    fn segments_are_decoded_once_and_never_change_the_route() {
        check("/ngsi-ld/v1/entities/", "Entities");
        check("/ngsi-ld/v1/entities/urn:a:b", "Entity(<urn:a:b>)");
        check("/ngsi-ld/v1/entities/https%3A%2F%2Fx.org%2Fa/attrs/", "Attributes(<https://x.org/a>)");
        check("/ngsi-ld/v1/entities/urn:a:b/attrs/%2E%2E", "Attribute(<urn:a:b>, \"..\")");
        check("/ngsi-ld/v1/entities/urn:a:b/attrs/a%2Fb", "Attribute(<urn:a:b>, \"a/b\")");
        check("/ngsi-ld/v1/entities/urn:a:b/attrs/%252E", "Attribute(<urn:a:b>, \"%2E\")");
        check("/ngsi-ld/v1/entities/P1", "400");
        check("/ngsi-ld/v1/entities//attrs", "400");
        check("/ngsi-ld/v1/entities/%ff", "400");
        check("/ngsi-ld/v1/subscriptions/urn:a:b", "422");
        check("/ngsi-ld/v1/nothing", "404");
        check("/ngsi-ld/v1", "404");
    }
}
