//! Batches: many entities in one request, one append to the log
//! (NGSI-LD V1.9.1, clauses 5.6.7 to 5.6.10, 6.14 to 6.17). Each entity is
//! atomic by itself; a bad one hides no other.

use axum::response::Response;
use engine::{Operation, Outcome};
use http::StatusCode;
use model::json::write_string;
use model::{Iri, Json};

use crate::call::{Call, empty, plain_json};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::options::write_option;
use crate::wire::parse;

/// Creates entities.
pub(crate) async fn create(call: &Call, body: &[u8]) -> Result<Response, Error> {
    let results = run(call, body, |document, context| Ok(vec![Operation::Create(parse::entity(document, context)?)])).await?;
    if results.iter().any(|result| result.outcome.is_err()) {
        return Ok(mixed(&results));
    }
    Ok(plain_json(StatusCode::CREATED, ids(&results, |_| true)))
}

/// Creates or updates entities; `options=replace` (default) or `update`.
pub(crate) async fn upsert(call: &Call, body: &[u8]) -> Result<Response, Error> {
    let replace = write_option(&call.params, &["replace", "update"])? != Some("update");
    let results = run(call, body, |document, context| {
        if replace {
            return Ok(vec![Operation::Upsert { entity: parse::entity(document, context)?, replace }]);
        }
        let (entity, removed) = parse::entity_with_deletions(document, context)?;
        let id = entity.id.clone();
        let mut operations = vec![Operation::Upsert { entity, replace }];
        if !removed.is_empty() {
            operations.push(Operation::Update(engine::Fragment { id, types: Vec::new(), scopes: None, attributes: Vec::new(), removed }));
        }
        Ok(operations)
    })
    .await?;
    if results.iter().any(|result| result.outcome.is_err()) {
        return Ok(mixed(&results));
    }
    let created = |outcome: &Outcome| *outcome == Outcome::Created;
    if results.iter().any(|result| result.outcome.as_ref().is_ok_and(created)) {
        return Ok(plain_json(StatusCode::CREATED, ids(&results, created)));
    }
    Ok(empty(StatusCode::NO_CONTENT))
}

/// Updates entities; with `options=noOverwrite` what is there stays.
pub(crate) async fn update(call: &Call, body: &[u8]) -> Result<Response, Error> {
    let keep = write_option(&call.params, &["noOverwrite"])?.is_some();
    let results = run(call, body, |document, context| {
        let fragment = parse::fragment(document, context, None, !keep)?;
        Ok(vec![if keep { Operation::Append { fragment, overwrite: false } } else { Operation::Update(fragment) }])
    })
    .await?;
    Ok(if results.iter().any(|result| result.outcome.is_err()) { mixed(&results) } else { empty(StatusCode::NO_CONTENT) })
}

/// Deletes entities by their ids.
pub(crate) async fn delete(call: &Call, body: &[u8]) -> Result<Response, Error> {
    let items = array(parse::json(body)?)?;
    let mut batch = Batch::default();
    for item in items {
        match &item {
            Json::String(text) => match Iri::parse(text) {
                Ok(id) => batch.accept(id.to_string(), vec![Operation::Delete(id)]),
                Err(error) => batch.refuse(text.to_string(), Error::bad_request(error.to_string())),
            },
            other => return Err(Error::bad_request(format!("an array of entity ids is expected; it holds {}", other.kind()))),
        }
    }
    let results = batch.write(call).await?;
    Ok(if results.iter().any(|result| result.outcome.is_err()) { mixed(&results) } else { empty(StatusCode::NO_CONTENT) })
}

/// What became of one entity.
struct Outcomes {
    id: String,
    outcome: Result<Outcome, Error>,
}

/// What of a batch is to be written, and what is wrong already.
#[derive(Default)]
struct Batch {
    /// Ids with how many operations belong to them, or why there are none.
    entries: Vec<(String, Result<usize, Error>)>,
    operations: Vec<Operation>,
}

impl Batch {
    fn accept(&mut self, id: String, operations: Vec<Operation>) {
        self.entries.push((id, Ok(operations.len())));
        self.operations.extend(operations);
    }

    fn refuse(&mut self, id: String, error: Error) {
        self.entries.push((id, Err(error)));
    }

    /// Writes everything in one append.
    async fn write(self, call: &Call) -> Result<Vec<Outcomes>, Error> {
        let outcomes = if self.operations.is_empty() { Vec::new() } else { call.access.write(self.operations).await?.outcomes };
        let mut outcomes = outcomes.into_iter();
        let mut results = Vec::with_capacity(self.entries.len());
        for (id, entry) in self.entries {
            let outcome = match entry {
                Err(error) => Err(error),
                Ok(count) => together(outcomes.by_ref().take(count)),
            };
            results.push(Outcomes { id, outcome });
        }
        Ok(results)
    }
}

/// The outcome of an entity whose request took several operations: the first, unless one failed.
fn together(outcomes: impl Iterator<Item = Result<Outcome, engine::Error>>) -> Result<Outcome, Error> {
    let mut first = None;
    for outcome in outcomes {
        let outcome = outcome?;
        if let Outcome::Updated { not_updated, .. } = &outcome
            && let Some((name, reason)) = not_updated.first()
        {
            return Err(Error::bad_request(format!("attribute `{name}` was not written: {reason}")));
        }
        first.get_or_insert(outcome);
    }
    first.ok_or_else(|| Error::new(ErrorKind::InternalError, "the platform gave no outcome"))
}

/// Parses each entity with its own context and writes those that are valid.
async fn run(
    call: &Call,
    body: &[u8],
    operations: impl Fn(Json, &Context) -> Result<Vec<Operation>, Error>,
) -> Result<Vec<Outcomes>, Error> {
    let items = array(parse::json(body)?)?;
    call.refuse_second_context()?;
    let mut batch = Batch::default();
    for mut item in items {
        let id = item.get("id").or_else(|| item.get("@id")).and_then(Json::as_str).unwrap_or("").to_owned();
        let parsed = call.context_of(&mut item).and_then(|context| operations(item, &context));
        match parsed {
            Ok(parsed) => batch.accept(id, parsed),
            Err(error) => batch.refuse(id, error),
        }
    }
    batch.write(call).await
}

fn array(document: Json) -> Result<Vec<Json>, Error> {
    match document {
        Json::Array(items) if items.is_empty() => Err(Error::bad_request("the array is empty")),
        Json::Array(items) if items.contains(&Json::Null) => Err(Error::bad_request("the array holds `null`")),
        Json::Array(items) => Ok(items),
        other => Err(Error::bad_request(format!("an array is expected, not {}", other.kind()))),
    }
}

fn ids(results: &[Outcomes], chosen: impl Fn(&Outcome) -> bool) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for result in results.iter().filter(|result| result.outcome.as_ref().is_ok_and(&chosen)) {
        if results.len() > 1000 || !seen.contains(&result.id.as_str()) {
            seen.push(&result.id);
        }
    }
    string_array(&seen)
}

fn string_array(texts: &[&str]) -> String {
    let mut out = String::from("[");
    for (index, text) in texts.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_string(text, &mut out);
    }
    out.push(']');
    out
}

/// 207 with a BatchOperationResult (clause 5.2.16).
fn mixed(results: &[Outcomes]) -> Response {
    let mut out = String::from("{\"success\":");
    out.push_str(&ids(results, |_| true));
    out.push_str(",\"errors\":[");
    let mut first = true;
    for result in results {
        let Err(error) = &result.outcome else { continue };
        if !std::mem::take(&mut first) {
            out.push(',');
        }
        out.push_str("{\"entityId\":");
        write_string(&result.id, &mut out);
        out.push_str(",\"error\":");
        out.push_str(&error.to_json());
        out.push('}');
    }
    out.push_str("]}");
    plain_json(StatusCode::MULTI_STATUS, out)
}
