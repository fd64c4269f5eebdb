//! Sources over HTTP: push, runs, quarantine, replay, provenance.
//!
//! Programs only: credentials come as a bearer token, cookies are not looked
//! at. Every error is a problem document; a body that cannot be used names the
//! place in it.

mod json;

use std::convert::Infallible;
use std::path::Path as FilePath;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use engine::{Access, Kind};
use harmonise::Language;
use model::{EntityId, Instant, Iri};
use serde_json::Value;
use web::{Caller, Fault, Params, Problem};

use crate::Error;
use crate::service::Ingest;

/// How many rows a list has unless asked, and at most.
const ROWS: usize = 50;
const ROWS_MAX: usize = 1_000;

/// The routes below `/api/v1`.
pub fn router(ingest: Ingest) -> Router {
    Router::new()
        .route("/api/v1/quellen", get(sources))
        .route("/api/v1/quellen/{name}/daten", post(push))
        .route("/api/v1/quellen/{name}/laeufe", get(runs))
        .route("/api/v1/quellen/{name}/quarantaene", get(quarantine))
        .route("/api/v1/quellen/{name}/quarantaene/wiederholen", post(replay))
        .route("/api/v1/herkunft", get(origin))
        .with_state(ingest)
}

/// A JSON answer.
struct Answer(Value);

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.0.to_string()));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

fn access(ingest: &Ingest, caller: &Caller, said: Said) -> Result<Access, Problem> {
    ingest.engine().access(&caller.tenant, caller.principal.clone()).map_err(|error| said.problem(error.into()))
}

/// Access to a source for who may manage sources. Others are told that before
/// they learn which sources there are.
fn source_access(ingest: &Ingest, caller: &Caller, said: Said, source: &str) -> Result<Access, Problem> {
    let access = access(ingest, caller, said)?;
    access.as_source(source).map_err(|error| match (error.kind(), &caller.principal.actor) {
        (Kind::Forbidden, engine::Actor::Anonymous) => {
            Problem::of(Fault::Unauthorized, format!("{error}; send a token as `Authorization: Bearer …`"))
        }
        _ => said.problem(error.into()),
    })?;
    Ok(access)
}

async fn sources(State(ingest): State<Ingest>, caller: Caller, said: Said) -> Result<Answer, Problem> {
    let access = source_access(&ingest, &caller, said, "")?;
    let rows = access.sources().map_err(|error| said.problem(error.into()))?;
    let waiting = access.quarantine_counts().map_err(|error| said.problem(error.into()))?;
    let list = rows.iter().map(|row| {
        let last = access.runs(Some(&row.name), 1).map_err(|error| said.problem(error.into()))?;
        let waits = waiting.iter().find(|(name, _)| *name == row.name).map_or(0, |(_, count)| *count);
        Ok(json::source(row, last.first(), waits, said.0))
    });
    Ok(Answer(Value::Array(list.collect::<Result<_, Problem>>()?)))
}

/// Takes records in. 200 means that every accepted record is durable.
async fn push(
    State(ingest): State<Ingest>,
    caller: Caller,
    said: Said,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Answer, Problem> {
    let params = Params::of_uri(uri.query())?;
    let input = params.one("name")?.map(str::to_owned);
    if let Some(input) = &input {
        check_input_name(input)?;
    }
    let access = source_access(&ingest, &caller, said, &name)?;
    access.source(&name, None).map_err(|error| said.problem(error.into()))?;
    let body = web::limit::read(&headers, body, ingest.config().push_bytes_max).await?;
    // What has begun is completed, also when the sender goes away.
    let work = tokio::spawn(async move { ingest.push(&access, &name, input.as_deref(), body).await });
    let report = work.await.map_err(Problem::internal)?.map_err(|error| said.problem(error))?;
    Ok(Answer(json::report(&report, said.0)))
}

fn check_input_name(name: &str) -> Result<(), Problem> {
    let ok = (1..=200).contains(&name.len()) && !name.chars().any(char::is_control) && FilePath::new(name).is_relative();
    if ok { Ok(()) } else { Err(Problem::invalid("`name` is what you call these records: 1 to 200 characters, such as `2026-05-04.csv`")) }
}

async fn runs(State(ingest): State<Ingest>, caller: Caller, said: Said, Path(name): Path<String>, uri: Uri) -> Result<Answer, Problem> {
    let limit = Params::of_uri(uri.query())?.number("limit", ROWS, 1..=ROWS_MAX)?;
    let access = source_access(&ingest, &caller, said, &name)?;
    access.source(&name, None).map_err(|error| said.problem(error.into()))?;
    let rows = access.runs(Some(&name), limit).map_err(|error| said.problem(error.into()))?;
    Ok(Answer(rows.iter().map(|row| json::run(row, said.0)).collect()))
}

async fn quarantine(
    State(ingest): State<Ingest>,
    caller: Caller,
    said: Said,
    Path(name): Path<String>,
    uri: Uri,
) -> Result<Answer, Problem> {
    let params = Params::of_uri(uri.query())?;
    let limit = params.number("limit", ROWS, 1..=ROWS_MAX)?;
    let after = params.number("after", 0, 0..=usize::MAX)? as u64;
    let access = source_access(&ingest, &caller, said, &name)?;
    access.source(&name, None).map_err(|error| said.problem(error.into()))?;
    let rows = access.quarantined(Some(&name), after, limit).map_err(|error| said.problem(error.into()))?;
    Ok(Answer(rows.iter().map(|row| json::quarantined(row, said.0)).collect()))
}

async fn replay(State(ingest): State<Ingest>, caller: Caller, said: Said, Path(name): Path<String>) -> Result<Answer, Problem> {
    let access = source_access(&ingest, &caller, said, &name)?;
    let work = tokio::spawn(async move { ingest.replay(&access, &name).await });
    let report = work.await.map_err(Problem::internal)?.map_err(|error| said.problem(error))?;
    Ok(Answer(json::replay(&report)))
}

/// Where a value came from. Whoever may see the value may ask.
async fn origin(State(ingest): State<Ingest>, caller: Caller, said: Said, uri: Uri) -> Result<Answer, Problem> {
    let params = Params::of_uri(uri.query())?;
    let needed = |name: &'static str| {
        params
            .one(name)?
            .ok_or_else(|| Problem::invalid(format!("the parameter `{name}` is missing; ask with `?entity=…&attribute=…&at=…`")))
    };
    let entity = EntityId::parse(needed("entity")?).map_err(|error| Problem::invalid(error.to_string()))?;
    let attribute = needed("attribute")?;
    let dataset = params.one("dataset")?.map(Iri::parse).transpose().map_err(|error| Problem::invalid(error.to_string()))?;
    let at = params.one("at")?.map(Instant::parse).transpose().map_err(|error| Problem::invalid(error.to_string()))?;
    let access = access(&ingest, &caller, said)?;
    let attribute = Ingest::attribute_of(&access, &entity, attribute).map_err(|error| said.problem(error))?;
    let trace = ingest.trace(&access, &entity, attribute, dataset.as_ref(), at).await.map_err(|error| said.problem(error))?;
    Ok(Answer(json::trace(&trace, said.0)))
}

/// The language in which faults are said: German for who prefers it (RFC 9110, section 12.5.4), else English.
#[derive(Debug, Clone, Copy)]
struct Said(Language);

impl<S: Sync> FromRequestParts<S> for Said {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Language::of(web::negotiate::language(&parts.headers, &["en", "de"]))))
    }
}

impl Said {
    /// The problem of an error.
    fn problem(self, error: Error) -> Problem {
        let text = match &error {
            // Where files lie on the machine is for the log.
            Error::Engine(error) if error.kind() != Kind::Internal => error.for_anybody(),
            error => error.say(self.0),
        };
        let fault = match error.kind() {
            Kind::NotFound => Fault::NotFound,
            Kind::Exists => Fault::Exists,
            Kind::Invalid => Fault::Invalid,
            Kind::Unauthorized => Fault::Unauthorized,
            Kind::Forbidden => Fault::Forbidden,
            Kind::Conflict => Fault::Conflict,
            Kind::TooLarge => Fault::TooLarge,
            Kind::NoSpace => Fault::NoSpace,
            Kind::Unavailable => Fault::Unavailable,
            Kind::Internal => return Problem::internal(text),
        };
        match error {
            Error::Unusable { run, .. } => Problem::of(fault, text).with_member("run", run),
            Error::Definition(issues) => {
                Problem::of(fault, text).with_member("issues", issues.iter().map(|issue| issue.say(self.0)).collect::<Value>())
            }
            Error::Engine(error) if matches!(fault, Fault::NoSpace | Fault::Unavailable) => Problem::of(fault, text).with_cause(error),
            _ => Problem::of(fault, text),
        }
    }
}
