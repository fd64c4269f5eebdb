//! Attributes of one entity: append, update, partial update, delete.

use std::sync::Arc;
use std::sync::LazyLock;

use axum::response::Response;
use bytes::Bytes;
use engine::{Fragment, Instances, Operation, Outcome};
use http::StatusCode;
use model::json::{Node, write_string};
use model::{EntityId, Iri, Name};

use crate::call::{Call, empty, plain_json};
use crate::context::{Context, core};
use crate::entities::{check_type, find_entity, write_one};
use crate::error::Error;
use crate::options::write_option;
use crate::wire::parse::{self, Patch};

/// Appends attributes (NGSI-LD V1.9.1, clauses 5.6.3, 6.6.3.1).
pub(crate) async fn append(call: &Arc<Call>, id: &EntityId, body: &Bytes) -> Result<Response, Error> {
    let overwrite = write_option(&call.params, &["noOverwrite"])?.is_none();
    let mut fragment = fragment(call, id, body, false).await?;
    check_type(call, id)?;
    if let (Some(scopes), false) = (&mut fragment.scopes, overwrite) {
        // What may not be overwritten is added to (clause 4.18).
        let view = find_entity(call, id)?;
        let known = view.entity().scopes.iter().filter(|scope| !scopes.contains(scope)).cloned().collect::<Vec<_>>();
        scopes.splice(0..0, known);
    }
    write_one(call, Operation::Append { fragment, overwrite }).await.map(|outcome| answer(&outcome))
}

/// Updates attributes: instances replaced whole or appended, Null deletes (clauses 5.6.2, 6.6.3.2).
pub(crate) async fn update(call: &Arc<Call>, id: &EntityId, body: &Bytes) -> Result<Response, Error> {
    let mut fragment = fragment(call, id, body, true).await?;
    check_type(call, id)?;
    let mut refused = Vec::new();
    if fragment.scopes.is_some() && find_entity(call, id)?.entity().scopes.is_empty() {
        fragment.scopes = None;
        refused.push((scope_name(), "the entity has no scope to update; append one".to_owned()));
    }
    let outcome = if fragment.is_empty() { Outcome::Unchanged } else { write_one(call, Operation::Update(fragment)).await? };
    Ok(answer(&with_refused(outcome, refused)))
}

async fn fragment(call: &Arc<Call>, id: &EntityId, body: &Bytes, nulls: bool) -> Result<Fragment, Error> {
    let id = id.clone();
    call.read(body, move |node, context| parse::fragment(node, context, Some(&id), nulls)).await
}

/// Replaces members of one attribute instance (clauses 5.6.4, 6.7.3.1).
pub(crate) async fn patch(call: &Arc<Call>, id: &EntityId, key: &str, body: &Bytes) -> Result<Response, Error> {
    let key = key.to_owned();
    let read = move |node: Node<'_>, context: &Context| {
        let name = attribute_name(&key, |key| context.name(key))?;
        Ok((name, parse::patch(node, context, name, &key)?))
    };
    let (name, patch) = call.read(body, read).await?;
    check_type(call, id)?;
    let operation = match patch {
        Patch::Members(patch) => Operation::PatchAttribute { id: id.clone(), patch },
        Patch::Delete(dataset) => {
            Operation::DeleteAttribute { id: id.clone(), name, which: dataset.map_or(Instances::Default, Instances::One) }
        }
    };
    write_one(call, operation).await.map(|outcome| answer(&outcome))
}

/// Deletes an attribute: its default instance unless others are named (clauses 5.6.5, 6.7.3.2).
pub(crate) async fn delete(call: &Call, id: &EntityId, key: &str) -> Result<Response, Error> {
    let context = call.reader_context()?;
    let which = which_instances(call)?;
    if key == "scope" {
        check_type(call, id)?;
        return delete_scope(call, id).await;
    }
    let name = attribute_name(key, |key| context.find(key))?;
    check_type(call, id)?;
    write_one(call, Operation::DeleteAttribute { id: id.clone(), name, which }).await.map(|outcome| answer(&outcome))
}

async fn delete_scope(call: &Call, id: &EntityId) -> Result<Response, Error> {
    if find_entity(call, id)?.entity().scopes.is_empty() {
        return Err(Error::not_found(format!("the entity `{id}` has no scope")));
    }
    let fragment = Fragment { scopes: Some(Vec::new()), ..Fragment::new(id.clone()) };
    write_one(call, Operation::Update(fragment)).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

fn which_instances(call: &Call) -> Result<Instances, Error> {
    let all = call.params.flag("deleteAll")?;
    match call.params.get("datasetId") {
        Some(_) if all => Err(Error::bad_request("`deleteAll=true` and `datasetId` exclude each other")),
        None if all => Ok(Instances::All),
        None | Some("@none") => Ok(Instances::Default),
        Some(text) => Iri::parse(text).map(Instances::One).map_err(|error| Error::bad_request(format!("`datasetId`: {error}"))),
    }
}

/// The name of an attribute in a path.
fn attribute_name(key: &str, name: impl Fn(&str) -> Result<Name, Error>) -> Result<Name, Error> {
    if core::is_non_reified(key) {
        return Err(Error::bad_request(format!("`{key}` is not the name of an attribute")));
    }
    name(key).map_err(|error| error.at("the attribute in the path"))
}

fn scope_name() -> Name {
    static NAME: LazyLock<Name> = LazyLock::new(|| Name::known(core::iri_of("scope").expect("a core term")));
    *NAME
}

fn with_refused(outcome: Outcome, refused: Vec<(Name, String)>) -> Outcome {
    match outcome {
        outcome if refused.is_empty() => outcome,
        Outcome::Updated { updated, mut not_updated } => {
            not_updated.extend(refused);
            Outcome::Updated { updated, not_updated }
        }
        _ => Outcome::Updated { updated: Vec::new(), not_updated: refused },
    }
}

/// 204, or 207 with an UpdateResult (clause 5.2.18) when something was not written.
fn answer(outcome: &Outcome) -> Response {
    match outcome {
        Outcome::Updated { updated, not_updated } if !not_updated.is_empty() => {
            plain_json(StatusCode::MULTI_STATUS, update_result(updated, not_updated))
        }
        _ => empty(StatusCode::NO_CONTENT),
    }
}

fn update_result(updated: &[Name], not_updated: &[(Name, String)]) -> String {
    let mut out = String::from("{\"updated\":[");
    for (index, name) in updated.iter().enumerate() {
        out.push_str(if index > 0 { "," } else { "" });
        write_string(name.iri(), &mut out);
    }
    out.push_str("],\"notUpdated\":[");
    for (index, (name, reason)) in not_updated.iter().enumerate() {
        out.push_str(if index > 0 { ",{\"attributeName\":" } else { "{\"attributeName\":" });
        write_string(name.iri(), &mut out);
        out.push_str(",\"reason\":");
        write_string(reason, &mut out);
        out.push('}');
    }
    out.push_str("]}");
    out
}
