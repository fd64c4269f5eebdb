//! Files of a dataset, written as they are read: a long table (thing, time,
//! one column per measure), or the things with their places.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use engine::{Access, Error, Statistics};
use futures_util::stream;
use model::dataset::{Column, ColumnKind};
use model::series::SeriesLimit;
use model::time::TimeProperty;
use model::{Attribute, Dataset, Entity, EntityId, Instant, Query, SeriesQuery, TimeWindow};

use super::dataset::THINGS_MAX;
use crate::ask::{Ask, Trouble, is_known, unchanged};
use crate::file::{Form, Row, Writer};
use crate::messages::Language;
use crate::reading;

/// About how many values are in memory at once.
const VALUES_AT_ONCE: u64 = 50_000;
/// How many things are read at once.
const THINGS_AT_ONCE: usize = 500;

/// `GET /datensaetze/{slug}/daten.csv`, `?form=excel` for Excel in German.
pub(crate) async fn csv(ask: Ask, Path(slug): Path<String>) -> Response {
    let form = if ask.param("form") == Some("excel") { Form::Excel } else { Form::Csv };
    let answer = file(&ask, &slug, form).await;
    ask.answer(answer)
}

/// `GET /datensaetze/{slug}/daten.json`
pub(crate) async fn json(ask: Ask, Path(slug): Path<String>) -> Response {
    let answer = file(&ask, &slug, Form::Json).await;
    ask.answer(answer)
}

/// `GET /datensaetze/{slug}/daten.geojson`
pub(crate) async fn geojson(ask: Ask, Path(slug): Path<String>) -> Response {
    let answer = file(&ask, &slug, Form::GeoJson).await;
    ask.answer(answer)
}

async fn file(ask: &Ask, slug: &str, form: Form) -> Result<Response, Trouble> {
    let dataset = ask.access.dataset(slug)?;
    // The log's position stands for everything a file shows, but for who may see what.
    let tag = format!("W/\"{}-{}-{}-{}\"", position(ask), ask.visitor.principal.role.word(), form.word(), ask.language.code());
    if is_known(&ask.headers, &tag) {
        return Ok(unchanged(&tag));
    }
    let statistics = ask.access.statistics(&dataset).await?;
    let plan = Plan::of(ask, dataset, &statistics, form)?;
    let name = format!("attachment; filename=\"{slug}.{}\"", form.ending());
    let body = Body::from_stream(stream::unfold(plan, |mut plan| async move {
        let piece = plan.next().await?;
        Some((piece, plan))
    }));
    let mut response = (StatusCode::OK, [(header::CONTENT_TYPE, form.media_type())], body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    for (key, value) in [(header::ETAG, tag), (header::CONTENT_DISPOSITION, name)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(key, value);
        }
    }
    // Open data may be read by scripts of other sites.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    Ok(response)
}

fn position(ask: &Ask) -> u64 {
    let health = ask.state.engine().health();
    health.tenants.iter().find(|one| one.tenant == *ask.tenant()).map_or(0, |one| one.log_seq)
}

/// What is still to be written.
struct Plan {
    access: Access,
    dataset: Arc<Dataset>,
    language: Language,
    writer: Writer,
    jobs: VecDeque<Job>,
}

enum Job {
    Head,
    /// The values of one thing in a window.
    Series(EntityId, String, TimeWindow),
    /// Things with their current values, from an offset on.
    Things(usize),
    Tail,
}

impl Plan {
    fn of(ask: &Ask, dataset: Arc<Dataset>, statistics: &Statistics, form: Form) -> Result<Self, Trouble> {
        let over_time =
            form != Form::GeoJson && statistics.columns.iter().any(|column| column.period.is_some_and(|(first, last)| first < last));
        let columns: Vec<Column> = if over_time {
            dataset.measures().cloned().collect()
        } else {
            dataset
                .columns
                .iter()
                .filter(|column| column.kind != ColumnKind::Place && !matches!(column.attribute.short(), "name" | "title"))
                .cloned()
                .collect()
        };
        let mut jobs = VecDeque::from([Job::Head]);
        match statistics.period.filter(|_| over_time) {
            Some((first, last)) => {
                let windows = windows(statistics, first, last);
                for view in ask.access.entities_of(&dataset, THINGS_MAX)? {
                    let entity = view.entity();
                    let name = reading::name_of(entity, ask.language);
                    jobs.extend(windows.iter().map(|window| Job::Series(entity.id.clone(), name.clone(), *window)));
                }
            }
            None => jobs.push_back(Job::Things(0)),
        }
        jobs.push_back(Job::Tail);
        let writer = Writer::new(form, columns, over_time, ask.language);
        Ok(Self { access: ask.access.clone(), dataset, language: ask.language, writer, jobs })
    }

    /// The next piece. An error breaks the transfer off, so that nobody takes
    /// half a file for a whole one.
    async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        let job = self.jobs.pop_front()?;
        let written = match job {
            Job::Head => Ok(self.writer.head()),
            Job::Tail => Ok(self.writer.tail()),
            Job::Series(id, name, window) => self.series(&id, &name, window).await,
            Job::Things(offset) => self.things(offset),
        };
        if let Err(error) = &written {
            tracing::error!(%error, dataset = %self.dataset.slug, "a download broke off");
            self.jobs.clear();
        }
        Some(written.map(Bytes::from))
    }

    async fn series(&mut self, id: &EntityId, name: &str, window: TimeWindow) -> Result<String, Error> {
        let attributes = Some(self.writer.columns().iter().map(|column| column.attribute).collect());
        let question = SeriesQuery {
            entities: vec![id.clone()],
            attributes,
            window,
            time_property: TimeProperty::ObservedAt,
            limit: SeriesLimit::All,
        };
        let found = self.access.series(question).await?;
        let mut rows: BTreeMap<Instant, Vec<Attribute>> = BTreeMap::new();
        for observation in found.into_iter().filter(|observation| observation.attribute.dataset.is_none()) {
            rows.entry(observation.time()).or_default().push(observation.attribute);
        }
        let mut out = String::with_capacity(rows.len() * 64);
        for (time, attributes) in &rows {
            let row = Row { id: id.as_str(), name, time: Some(*time), attributes, place: None };
            self.writer.row(&row, &mut out);
        }
        Ok(out)
    }

    fn things(&mut self, offset: usize) -> Result<String, Error> {
        let page = self.access.query(&Query { offset, ..Query::of(self.dataset.filter(), THINGS_AT_ONCE) })?;
        if page.views.len() == THINGS_AT_ONCE {
            self.jobs.push_front(Job::Things(offset + THINGS_AT_ONCE));
        }
        let mut out = String::new();
        for view in &page.views {
            let entity: &Entity = view.entity();
            let name = reading::name_of(entity, self.language);
            let row =
                Row { id: entity.id.as_str(), name: &name, time: None, attributes: &entity.attributes, place: reading::shape(entity) };
            self.writer.row(&row, &mut out);
        }
        Ok(out)
    }
}

/// Windows that hold about as many values of one thing as fit into memory.
fn windows(statistics: &Statistics, first: Instant, last: Instant) -> Vec<TimeWindow> {
    let per_thing = statistics.observations / (statistics.entities.max(1) as u64);
    let count = i64::try_from(per_thing / VALUES_AT_ONCE + 1).unwrap_or(1);
    let length = (last.micros() - first.micros()) / count + 1;
    (0..count)
        .map(|index| TimeWindow {
            start: first.plus_micros(index * length),
            end: first.plus_micros((index + 1) * length).min(last.plus_micros(1)),
        })
        .collect()
}
