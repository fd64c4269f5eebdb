//! Files of a dataset, written as they are read: a long table (thing, time,
//! one column per measure), or the things with their places.

mod part;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use axum::BoxError;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use engine::{Access, Error, Kind, Statistics, View};
use futures_util::stream;
use model::dataset::{Column, ColumnKind};
use model::series::SeriesLimit;
use model::time::TimeProperty;
use model::{Attribute, Dataset, Entity, EntityId, Instant, Query, SeriesQuery, TimeWindow};

use super::figures;
use super::machine::permanent_path;
use crate::ask::{Ask, Trouble, is_known, unchanged};
use crate::file::{About, Form, Layout, Row, Writer};
use crate::frame::Section;
use crate::messages::Language;
use crate::reading;
use part::Part;

/// About how many values are in memory at once.
const VALUES_AT_ONCE: u64 = 50_000;
/// How many things are read at once.
const THINGS_AT_ONCE: usize = 500;
/// From how many things a file's size is estimated.
const SAMPLE_THINGS: usize = 40;

/// `GET /datensaetze/{slug}/daten.csv`, `?form=excel` for Excel in German.
pub(crate) async fn csv(ask: Ask, Path(slug): Path<String>) -> Response {
    let form = if ask.param("form") == Some("excel") { Form::Excel } else { Form::Csv };
    let answer = file(&ask, &slug, form).await;
    ask.answer(answer)
}

/// `GET /datensaetze/{slug}/daten.xlsx`
pub(crate) async fn xlsx(ask: Ask, Path(slug): Path<String>) -> Response {
    let answer = file(&ask, &slug, Form::Xlsx).await;
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

/// `GET /datensaetze/{slug}/daten.parquet`
pub(crate) async fn parquet(ask: Ask, Path(slug): Path<String>) -> Response {
    let answer = file(&ask, &slug, Form::Parquet).await;
    ask.answer(answer)
}

/// Whether the dataset's rows carry a time.
pub(super) fn is_over_time(statistics: &Statistics) -> bool {
    statistics.columns.iter().any(|column| column.period.is_some_and(|(first, last)| first < last))
}

async fn file(ask: &Ask, slug: &str, form: Form) -> Result<Response, Trouble> {
    let dataset = ask.access.dataset(slug)?;
    let part = Part::of(ask, &dataset)?;
    // The log's position stands for everything a file shows, but for who may see what.
    let role = ask.visitor.principal.role.word();
    let tag = format!("W/\"{}-{role}-{}-{}{}\"", position(ask), form.word(), ask.language.code(), part.suffix(ask));
    if is_known(&ask.headers, &tag) {
        return Ok(unchanged(&tag));
    }
    let statistics = ask.access.statistics(&dataset).await?;
    part.ensure_it_fits(ask, &dataset, &statistics, form).await?;
    let name = format!("attachment; filename=\"{slug}{}.{}\"", part.suffix(ask), form.ending());
    let plan = Plan::of(ask, dataset, &statistics, form, part)?;
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

/// The columns of a form and what goes along with them.
fn layout(ask: &Ask, dataset: &Dataset, statistics: &Statistics, form: Form) -> Layout {
    let has_time = form != Form::GeoJson && is_over_time(statistics);
    let columns: Vec<Column> = if has_time {
        dataset.measures().cloned().collect()
    } else {
        let is_own = |column: &&Column| column.kind != ColumnKind::Place && !matches!(column.attribute.short(), "name" | "title");
        dataset.columns.iter().filter(is_own).cloned().collect()
    };
    let url = ask.frame(Section::Data).absolute(&permanent_path(dataset));
    Layout::new(columns, has_time, ask.language, About::of(dataset, url, statistics.modified_at, ask.t()))
}

/// About how many bytes a file has, judged by the first things; `None` where
/// its size does not grow evenly with the rows.
pub(super) fn size(ask: &Ask, dataset: &Dataset, statistics: &Statistics, views: &[View], form: Form) -> Option<u64> {
    let layout = layout(ask, dataset, statistics, form);
    let has_time = layout.has_time;
    let mut writer = form.writer(layout).ok().filter(|_| form.is_text())?;
    let head = writer.take().len() as u64;
    let sample = &views[..views.len().min(SAMPLE_THINGS)];
    for view in sample {
        let thing = Thing::of(view, ask.language);
        let time = thing.0.attributes.iter().filter_map(|a| a.observed_at).max().filter(|_| has_time);
        thing.write(time, &mut *writer).ok()?;
    }
    let rows = if has_time { statistics.rows() } else { statistics.entities as u64 };
    Some(head + writer.take().len() as u64 * rows / (sample.len().max(1) as u64))
}

/// A thing with its name.
struct Thing<'a>(&'a Entity, String);

impl<'a> Thing<'a> {
    fn of(view: &'a View, language: Language) -> Self {
        let entity = view.entity();
        Self(entity, reading::name_of(entity, language))
    }

    /// Writes its current values as a row.
    fn write(&self, time: Option<Instant>, writer: &mut dyn Writer) -> Result<(), BoxError> {
        let Self(entity, name) = self;
        let place = reading::shape(entity);
        writer.row(&Row { id: entity.id.as_str(), name, time, attributes: &entity.attributes, place })
    }
}

/// What is still to be written.
struct Plan {
    access: Access,
    dataset: Arc<Dataset>,
    language: Language,
    attributes: Vec<model::Name>,
    /// Parts of the period, when rows carry a time.
    windows: Option<Vec<TimeWindow>>,
    /// The one thing that is asked for.
    thing: Option<EntityId>,
    /// Not there while it writes, and after it failed.
    writer: Option<Box<dyn Writer>>,
    jobs: VecDeque<Job>,
}

enum Job {
    /// Things from an offset on.
    Things(usize),
    /// The values of one thing in a window.
    Series(EntityId, Arc<str>, TimeWindow),
    End,
}

impl Plan {
    fn of(ask: &Ask, dataset: Arc<Dataset>, statistics: &Statistics, form: Form, part: Part) -> Result<Self, Trouble> {
        let layout = layout(ask, &dataset, statistics, form);
        let attributes = layout.columns.iter().map(|column| column.attribute).collect();
        let chosen = part.days.window(figures::zone(ask));
        let windows = statistics.period.filter(|_| layout.has_time).map(|period| windows(statistics, period, chosen));
        let writer = form.writer(layout).map_err(|error| Trouble::Engine(Error::new(Kind::Internal, error.to_string())))?;
        let jobs = VecDeque::from([Job::Things(0), Job::End]);
        let thing = part.thing;
        Ok(Self { access: ask.access.clone(), dataset, language: ask.language, attributes, windows, thing, writer: Some(writer), jobs })
    }

    /// The next piece. An error breaks the transfer off, so that nobody takes
    /// half a file for a whole one.
    async fn next(&mut self) -> Option<Result<Bytes, BoxError>> {
        while let Some(job) = self.jobs.pop_front() {
            let written = match job {
                Job::Things(offset) => self.things(offset).await,
                Job::Series(id, name, window) => self.series(id, name, window).await,
                Job::End => self.write(|writer| writer.finish()).await,
            };
            match written {
                Ok(piece) if piece.is_empty() => {}
                Ok(piece) => return Some(Ok(piece)),
                Err(error) => {
                    tracing::error!(%error, dataset = %self.dataset.slug, "a download broke off");
                    self.jobs.clear();
                    return Some(Err(error));
                }
            }
        }
        None
    }

    /// Writes on a thread that may work for a while.
    async fn write(&mut self, work: impl FnOnce(&mut dyn Writer) -> Result<(), BoxError> + Send + 'static) -> Result<Bytes, BoxError> {
        let mut writer = self.writer.take().ok_or("the file was given up")?;
        let (writer, written) = tokio::task::spawn_blocking(move || {
            let written = work(&mut *writer);
            (writer, written)
        })
        .await?;
        written?;
        let writer = self.writer.insert(writer);
        if writer.is_full() {
            self.jobs.retain(|job| matches!(job, Job::End));
        }
        Ok(Bytes::from(writer.take()))
    }

    async fn series(&mut self, id: EntityId, name: Arc<str>, window: TimeWindow) -> Result<Bytes, BoxError> {
        let question = SeriesQuery {
            entities: vec![id.clone()],
            attributes: Some(self.attributes.clone()),
            window,
            time_property: TimeProperty::ObservedAt,
            limit: SeriesLimit::All,
            ..SeriesQuery::default()
        };
        let found = self.access.series(question).await?;
        self.write(move |writer| {
            let mut rows: BTreeMap<Instant, Vec<Attribute>> = BTreeMap::new();
            for observation in found.into_iter().filter(|observation| observation.attribute.dataset.is_none()) {
                rows.entry(observation.time()).or_default().push(observation.attribute);
            }
            let write = |(time, attributes): (&Instant, &Vec<Attribute>)| {
                writer.row(&Row { id: id.as_str(), name: &name, time: Some(*time), attributes, place: None })
            };
            rows.iter().try_for_each(write)
        })
        .await
    }

    async fn things(&mut self, offset: usize) -> Result<Bytes, BoxError> {
        let views = match &self.thing {
            Some(id) => vec![self.access.entity(id)?],
            None => self.access.query(&Query { offset, ..Query::of(self.dataset.filter(), THINGS_AT_ONCE) })?.views,
        };
        let mut next = VecDeque::new();
        if let Some(windows) = &self.windows {
            for view in &views {
                let Thing(entity, name) = Thing::of(view, self.language);
                let name: Arc<str> = name.into();
                next.extend(windows.iter().map(|window| Job::Series(entity.id.clone(), Arc::clone(&name), *window)));
            }
        }
        if views.len() == THINGS_AT_ONCE {
            next.push_back(Job::Things(offset + THINGS_AT_ONCE));
        }
        next.append(&mut self.jobs);
        self.jobs = next;
        let (language, views) = (self.language, if self.windows.is_none() { views } else { Vec::new() });
        self.write(move |writer| views.iter().try_for_each(|view| Thing::of(view, language).write(None, writer))).await
    }
}

/// Windows of what was chosen that hold about as many values of one thing as fit into memory.
fn windows(statistics: &Statistics, (first, last): (Instant, Instant), chosen: TimeWindow) -> Vec<TimeWindow> {
    let per_thing = statistics.observations / (statistics.entities.max(1) as u64);
    let count = i64::try_from(per_thing / VALUES_AT_ONCE + 1).unwrap_or(1);
    let length = (last.micros() - first.micros()) / count + 1;
    let (mut start, end) = (first.max(chosen.start), last.plus_micros(1).min(chosen.end));
    let mut windows = Vec::new();
    while start < end {
        let next = start.plus_micros(length).min(end);
        windows.push(TimeWindow { start, end: next });
        start = next;
    }
    windows
}
