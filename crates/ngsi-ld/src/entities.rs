//! Entities: create, retrieve, query, delete.

mod selection;

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use engine::{Operation, Outcome, Receipt, View};
use http::header::{LINK, LOCATION};
use http::{HeaderValue, StatusCode};
use model::{Entity, EntityId, Filter, Name, Query};

use crate::call::{Call, empty};
use crate::context::{Context, core};
use crate::error::Error;
use crate::negotiate::Media;
use crate::options::ReadOptions;
use crate::params::path_segment;
use crate::typesel;
use crate::wire::geojson::{FeatureOptions, feature_collection, write_feature};
use crate::wire::parse;
use crate::wire::render::{RenderOptions, render_entity, write_entity};
use selection::Selection;

/// Creates an entity (NGSI-LD V1.9.1, clauses 5.6.1, 6.4.3.1).
pub(crate) async fn create(call: &Arc<Call>, body: &Bytes) -> Result<Response, Error> {
    let read = |call: &Call, body: &[u8]| {
        let document = parse::document(body)?;
        let root = document.root();
        if root.as_object().is_some_and(|members| members.len() == 0) || root.as_array().is_some_and(|items| items.len() == 0) {
            return Err(Error::invalid_request(format!("the body is {} without content; an entity is expected", root.kind())));
        }
        parse::entity(root, &*call.context_of(root)?)
    };
    let entity = call.with_body(body, read).await?;
    let id = entity.id.clone();
    write_one(call, Operation::Create(entity)).await?;
    let mut response = empty(StatusCode::CREATED);
    let location = format!("/ngsi-ld/v1/entities/{}", path_segment(id.as_str()));
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// Deletes an entity (clauses 5.6.6, 6.5.3.2).
pub(crate) async fn delete(call: &Call, id: &EntityId) -> Result<Response, Error> {
    check_type(call, id)?;
    write_one(call, Operation::Delete(id.clone())).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// Retrieves an entity (clauses 5.7.1, 6.5.3.1).
pub(crate) fn retrieve(call: &Call, id: &EntityId) -> Result<Response, Error> {
    let context = call.reader_context()?;
    let options = ReadOptions::read(&call.params, &context, &call.parts.headers, false)?;
    let feature = feature_options(call, &options)?;
    let view = find_entity(call, id)?;
    ensure_type(call, &context, view.entity())?;
    let entity = view.entity();
    if !has_any(entity, &options.render) {
        return Err(Error::not_found(format!("the entity `{id}` has nothing of what was asked for")));
    }
    match call.media {
        Media::Json if options.render.is_usual() && context.is_core() => Ok(call.answer(StatusCode::OK, &context, usual(&view))),
        Media::GeoJson => {
            let mut out = String::with_capacity(1024);
            write_feature(&mut out, entity, &context, &options.render, feature);
            Ok(call.answer_as(StatusCode::OK, &context, out, !feature.embed_context))
        }
        media => {
            let text = render_entity(entity, &context, &options.render);
            if text == "{}" {
                return Err(Error::not_found(format!("the entity `{id}` has nothing of what was asked for")));
            }
            let render = RenderOptions { embed_context: media.embeds_context(), ..options.render };
            let text = if render.embed_context { render_entity(entity, &context, &render) } else { text };
            Ok(call.answer(StatusCode::OK, &context, text))
        }
    }
}

/// Queries entities (clauses 5.7.2, 6.4.3.2).
pub(crate) fn query(call: &Call) -> Result<Response, Error> {
    let context = call.reader_context()?;
    let options = ReadOptions::read(&call.params, &context, &call.parts.headers, false)?;
    let selection = Selection::of_params(&call.params, &context, &options.render.projection)?;
    answer_page(call, &context, &options, selection)
}

/// Queries entities by a body (clauses 5.7.2, 6.23.3.1).
pub(crate) async fn query_by_post(call: &Arc<Call>, body: &Bytes) -> Result<Response, Error> {
    let answer = |call: &Call, body: &[u8]| {
        let document = parse::document(body)?;
        let context = call.context_of(document.root())?;
        let document = document.root().to_json();
        let mut options = ReadOptions::read(&call.params, &context, &call.parts.headers, false)?;
        let selection = Selection::of_body(&document, &context, &mut options.render, call.params.flag("local")?)?;
        answer_page(call, &context, &options, selection)
    };
    call.with_body(body, answer).await
}

/// The entity as this principal sees it.
pub(crate) fn find_entity(call: &Call, id: &EntityId) -> Result<View, Error> {
    Ok(call.access.entity(id)?)
}

/// With the parameter `type`, an entity of another type is not found.
pub(crate) fn ensure_type(call: &Call, context: &Context, entity: &Entity) -> Result<(), Error> {
    let Some(text) = call.params.get("type") else { return Ok(()) };
    let filter = typesel::parse(text, context)?;
    if filter.matches(entity, entity.modified_at, &|_| true) {
        Ok(())
    } else {
        Err(Error::not_found(format!("there is no entity `{}` of type `{text}`", entity.id)))
    }
}

/// As [`ensure_type`], for writes that name a type.
pub(crate) fn check_type(call: &Call, id: &EntityId) -> Result<(), Error> {
    if call.params.get("type").is_none() {
        return Ok(());
    }
    let context = call.reader_context()?;
    let view = find_entity(call, id)?;
    ensure_type(call, &context, view.entity())
}

/// Writes one operation; durable when this returns.
pub(crate) async fn write_one(call: &Call, operation: Operation) -> Result<Outcome, Error> {
    let Receipt { outcomes, .. } = call.access.write(vec![operation]).await?;
    let outcome = outcomes.into_iter().next().ok_or_else(|| Error::internal("the engine gave no outcome"))?;
    Ok(outcome?)
}

/// The rendering that is kept beside the entity.
fn usual(view: &View) -> Bytes {
    view.rendering(|entity| render_entity(entity, &Context::core(), &RenderOptions::default()).into())
}

/// Whether a retrieve leaves anything: attributes asked for must be there.
fn has_any(entity: &Entity, render: &RenderOptions) -> bool {
    match render.projection.filter() {
        Filter::Always => true,
        filter => filter.matches(entity, entity.modified_at, &|_| true),
    }
}

fn feature_options(call: &Call, options: &ReadOptions) -> Result<FeatureOptions, Error> {
    if call.media != Media::GeoJson && options.geometry_property.is_some() {
        return Err(Error::bad_request("`geometryProperty` needs the header `Accept: application/geo+json`"));
    }
    let location = || Name::known(core::iri_of("location").expect("a core term"));
    Ok(FeatureOptions { geometry_property: options.geometry_property.unwrap_or_else(location), embed_context: !options.context_in_link })
}

/// How many entities a page may hold.
const LIMIT_MAX: usize = 1000;
const LIMIT_DEFAULT: usize = 20;

fn answer_page(call: &Call, context: &Context, options: &ReadOptions, selection: Selection) -> Result<Response, Error> {
    let feature = feature_options(call, options)?;
    let limit = call.params.number("limit")?.unwrap_or(LIMIT_DEFAULT);
    let offset = call.params.number("offset")?.unwrap_or(0);
    if limit > LIMIT_MAX {
        return Err(Error::bad_request(format!(
            "`limit={limit}`: {LIMIT_MAX} at most; further entities are on the pages that the header `Link` names"
        )));
    }
    if limit == 0 && !options.count {
        return Err(Error::bad_request("`limit=0` is only allowed together with `count=true`"));
    }
    // One more than the page holds tells whether there is a next one.
    let page =
        call.access.query(&Query { filter: selection.filter, order: selection.order, limit: limit + 1, offset, count: options.count })?;
    let more = page.views.len() > limit;
    let views = &page.views[..page.views.len().min(limit)];
    let mut response = match call.media {
        Media::GeoJson => {
            let body = feature_collection(views.iter().map(View::entity), context, &options.render, feature);
            call.answer_as(StatusCode::OK, context, body, !feature.embed_context)
        }
        media => call.answer(StatusCode::OK, context, list(views, context, &options.render, media)),
    };
    let headers = response.headers_mut();
    if let Some(total) = page.total {
        headers.insert("ngsild-results-count", HeaderValue::from(total));
    }
    let beyond = offset.min(page.total.unwrap_or(offset));
    let pages = [(more && limit > 0, offset + limit, "next"), (offset > 0, beyond.saturating_sub(limit.max(1)), "prev")];
    for (_, offset, relation) in pages.into_iter().filter(|(there, ..)| *there) {
        let link = format!(
            "<{}?{}>;rel=\"{relation}\";type=\"{}\"",
            call.parts.uri.path().trim_end_matches('/'),
            call.params.page(limit, offset),
            call.media.content_type()
        );
        if let Ok(link) = HeaderValue::from_str(&link) {
            headers.append(LINK, link);
        }
    }
    Ok(response)
}

/// A JSON array of entities.
fn list(views: &[View], context: &Context, render: &RenderOptions, media: Media) -> Vec<u8> {
    let mut out = String::with_capacity(2 + views.len() * 600);
    if media == Media::Json && render.is_usual() && context.is_core() {
        let pieces: Vec<Bytes> = views.iter().map(usual).collect();
        let mut joined = Vec::with_capacity(2 + pieces.iter().map(|piece| piece.len() + 1).sum::<usize>());
        joined.push(b'[');
        joined.extend_from_slice(&pieces.join(&b","[..]));
        joined.push(b']');
        return joined;
    }
    let render = RenderOptions { embed_context: media.embeds_context(), ..render.clone() };
    out.push('[');
    for (index, view) in views.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_entity(&mut out, view.entity(), context, &render);
    }
    out.push(']');
    out.into_bytes()
}
