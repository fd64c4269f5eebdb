//! Batches: many entities in one request, one append to the log
//! (NGSI-LD V1.9.1, clauses 5.6.7 to 5.6.10, 6.14 to 6.17). Each entity is
//! atomic by itself; a bad one hides no other.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use engine::{Operation, Outcome};
use http::StatusCode;
use model::Iri;
use model::json::{Items, Node, View, write_string};

use crate::call::{Call, empty, plain_json};
use crate::context::Context;
use crate::error::Error;
use crate::options::write_option;
use crate::wire::parse;

/// Creates entities.
pub(crate) async fn create(call: &Arc<Call>, body: &Bytes) -> Result<Response, Error> {
    let results = run(call, body, |entity, context| Ok(vec![Operation::Create(parse::entity(entity, context)?)])).await?;
    if results.iter().any(|result| result.outcome.is_err()) {
        return Ok(mixed(&results));
    }
    Ok(plain_json(StatusCode::CREATED, ids(&results, |_| true)))
}

/// Creates or updates entities; `options=replace` (default) or `update`.
pub(crate) async fn upsert(call: &Arc<Call>, body: &Bytes) -> Result<Response, Error> {
    let replace = write_option(&call.params, &["replace", "update"])? != Some("update");
    let results = run(call, body, move |entity, context| {
        if replace {
            return Ok(vec![Operation::Upsert { entity: parse::entity(entity, context)?, replace }]);
        }
        let (entity, deletions) = parse::entity_with_deletions(entity, context)?;
        let mut operations = vec![Operation::Upsert { entity, replace }];
        if !deletions.is_empty() {
            operations.push(Operation::Update(deletions));
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
pub(crate) async fn update(call: &Arc<Call>, body: &Bytes) -> Result<Response, Error> {
    let keep = write_option(&call.params, &["noOverwrite"])?.is_some();
    let results = run(call, body, move |entity, context| {
        let fragment = parse::fragment(entity, context, None, !keep)?;
        Ok(vec![if keep { Operation::Append { fragment, overwrite: false } } else { Operation::Update(fragment) }])
    })
    .await?;
    Ok(if results.iter().any(|result| result.outcome.is_err()) { mixed(&results) } else { empty(StatusCode::NO_CONTENT) })
}

/// Deletes entities by their ids.
pub(crate) async fn delete(call: &Arc<Call>, body: &Bytes) -> Result<Response, Error> {
    let read = |_: &Call, body: &[u8]| {
        let document = parse::document(body)?;
        let mut batch = Batch::default();
        for item in array(document.root())? {
            let text =
                item.as_str().ok_or_else(|| Error::bad_request(format!("an array of entity ids is expected; it holds {}", item.kind())))?;
            match Iri::parse(&text) {
                Ok(id) => batch.accept(id.to_string(), vec![Operation::Delete(id)]),
                Err(error) => batch.refuse(text.into_owned(), Error::bad_request(error.to_string())),
            }
        }
        Ok(batch)
    };
    let batch = call.with_body(body, read).await?;
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
    first.ok_or_else(|| Error::internal("the engine gave no outcome"))
}

/// Reads each entity with its own context and writes those that are valid.
async fn run(
    call: &Arc<Call>,
    body: &Bytes,
    operations: impl Fn(Node<'_>, &Context) -> Result<Vec<Operation>, Error> + Send + 'static,
) -> Result<Vec<Outcomes>, Error> {
    let read = move |call: &Call, body: &[u8]| {
        let document = parse::document(body)?;
        let items = array(document.root())?;
        call.refuse_second_context()?;
        let mut batch = Batch::default();
        for item in items {
            let id = item.get("id").or_else(|| item.get("@id")).and_then(Node::as_str).unwrap_or_default().into_owned();
            match call.context_of(item).and_then(|context| operations(item, &context)) {
                Ok(operations) => batch.accept(id, operations),
                Err(error) => batch.refuse(id, error),
            }
        }
        Ok(batch)
    };
    let batch = call.with_body(body, read).await?;
    batch.write(call).await
}

fn array(node: Node<'_>) -> Result<Items<'_>, Error> {
    let items = node.as_array().ok_or_else(|| Error::bad_request(format!("an array is expected, not {}", node.kind())))?;
    if items.len() == 0 {
        return Err(Error::bad_request("the array is empty"));
    }
    if items.clone().any(|item| matches!(item.view(), View::Null)) {
        return Err(Error::bad_request("the array holds `null`"));
    }
    Ok(items)
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
        if let Some(cause) = error.cause() {
            tracing::error!(entity = result.id, cause, "an entity of a batch failed by a fault of ours");
        }
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
