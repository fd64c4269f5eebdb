//! The past of one entity: `/temporal/entities/{id}`.

mod aggregate;
mod page;
pub(crate) mod query;

use axum::response::Response;
use http::{HeaderValue, StatusCode};
use model::series::{SeriesLimit, SeriesQuery};
use model::time::TimeProperty;
use model::{Entity, EntityId, Name, Observation};

use crate::call::Call;
use crate::entities::ensure_type;
use crate::error::Error;
use crate::options::{ReadOptions, Representation};
use crate::wire::render::RenderOptions;
use crate::wire::temporal::{Evolution, TemporalForm, render_aggregates, render_evolution};
use page::Page;
use query::{Aggregation, TemporalQuery};

/// How many instances one answer holds before it becomes a page.
pub(crate) const INSTANCES_MAX: usize = 10_000;

/// Retrieves the past of an entity (NGSI-LD V1.9.1, clauses 5.7.3, 6.20.3.1).
///
/// The history of deleted entities stays (clause 5.6.6).
pub(crate) async fn retrieve(call: &Call, id: &EntityId) -> Result<Response, Error> {
    let context = call.reader_context()?;
    let options = ReadOptions::read(&call.params, &context, &call.parts.headers, true)?;
    let question = TemporalQuery::read(&call.params)?;
    let aggregation = (options.representation == Representation::AggregatedValues).then(|| Aggregation::read(&call.params)).transpose()?;
    let entity = &there_or_former(call, id).await?;
    ensure_type(call, &context, entity)?;
    let render = RenderOptions { embed_context: call.media.embeds_context(), ..options.render.clone() };
    if let Some(aggregation) = aggregation {
        let names = names_of(entity, &render);
        let all = aggregate::aggregate(&call.access, entity, &names, &question, &aggregation).await?;
        return Ok(call.answer(StatusCode::OK, &context, render_aggregates(entity, &all, &context, &render)));
    }
    let observations = instances(call, entity, &render, &question).await?;
    let page = Page::of(&observations, &question, INSTANCES_MAX);
    let evolutions = evolutions(&observations, &page);
    if evolutions.is_empty()
        && render.projection.attributes().is_some_and(|names| !names.iter().any(|name| entity.attribute(*name).is_some()))
    {
        return Err(Error::not_found(format!("the entity `{id}` has none of the attributes asked for")));
    }
    let form = if options.representation == Representation::TemporalValues { TemporalForm::Values } else { TemporalForm::Normalized };
    let body = render_evolution(entity, &evolutions, &context, &render, form, question.property);
    let mut response = call.answer(if page.range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK }, &context, body);
    if let Some(range) = page.range.and_then(|range| HeaderValue::from_str(&range).ok()) {
        response.headers_mut().insert(http::header::CONTENT_RANGE, range);
    }
    Ok(response)
}

/// The entity, or what it was when it was deleted.
async fn there_or_former(call: &Call, id: &EntityId) -> Result<Entity, Error> {
    match call.access.entity(id) {
        Ok(view) => Ok(view.entity().clone()),
        Err(gone) if gone.kind() == engine::Kind::NotFound => Ok(call.access.former_entity(id).await?),
        Err(error) => Err(error.into()),
    }
}

/// All instances asked for, one more per series than a page holds.
async fn instances(call: &Call, entity: &Entity, render: &RenderOptions, question: &TemporalQuery) -> Result<Vec<Observation>, Error> {
    let limit = match question.limit {
        SeriesLimit::All => SeriesLimit::First(INSTANCES_MAX + 1),
        SeriesLimit::First(n) => SeriesLimit::First(n.min(INSTANCES_MAX + 1)),
        SeriesLimit::Last(n) => SeriesLimit::Last(n.min(INSTANCES_MAX + 1)),
    };
    let attributes = render.projection.attributes().map(<[Name]>::to_vec);
    if attributes.as_ref().is_some_and(Vec::is_empty) || question.property == TimeProperty::DeletedAt {
        return Ok(Vec::new());
    }
    let series = SeriesQuery {
        entities: vec![entity.id.clone()],
        attributes,
        window: question.window(),
        time_property: question.property,
        limit,
        ..SeriesQuery::default()
    };
    let mut all = call.access.series(series).await?;
    all.retain(|o| {
        render.projection.shows_attribute(o.attribute.name) && render.datasets.as_ref().is_none_or(|datasets| datasets.shows(&o.attribute))
    });
    Ok(all)
}

/// Instances by attribute, in the order the attributes came; newest first with `lastN`.
fn evolutions<'a>(observations: &'a [Observation], page: &Page) -> Vec<Evolution<'a>> {
    let mut all: Vec<Evolution<'a>> = Vec::new();
    for observation in observations {
        let name = observation.attribute.name;
        let index = all.iter().position(|known| known.name == name).unwrap_or_else(|| {
            all.push(Evolution { name, instances: Vec::new() });
            all.len() - 1
        });
        if page.holds(observation) {
            all[index].instances.push(observation);
        }
    }
    if page.newest_first {
        for evolution in &mut all {
            evolution.instances.sort_by_key(|observation| std::cmp::Reverse(page.time(observation)));
        }
    }
    all
}

/// The attributes an aggregation looks at.
fn names_of(entity: &Entity, render: &RenderOptions) -> Vec<Name> {
    let mut names: Vec<Name> = match render.projection.attributes() {
        Some(names) => names.to_vec(),
        None => entity.attributes.iter().map(|a| a.name).filter(|name| render.projection.shows_attribute(*name)).collect(),
    };
    let mut seen = Vec::with_capacity(names.len());
    names.retain(|name| {
        let new = !seen.contains(name);
        seen.push(*name);
        new
    });
    names
}
