//! Aggregates per period (NGSI-LD V1.9.1, clause 4.5.19).
//!
//! Series of numbers over periods the engine can cut are summed up by the
//! engine; everything else (texts, distinct values, calendar periods that
//! begin in mid-month) is folded here, instance by instance.

use std::collections::{BTreeMap, HashSet};

use engine::{Access, Bucket, BucketQuery, Period};
use model::series::{SeriesLimit, SeriesQuery};
use model::time::TimeProperty;
use model::{Entity, EntityId, Instant, Iri, Json, Name, Observation, TimeWindow, Value};

use super::period::Duration;
use super::query::{Aggregation, TemporalQuery};
use crate::error::Error;
use crate::wire::temporal::{Aggregates, Figure, time_of};

/// How many instances one answer folds here; the engine's own sums know no such limit.
const FOLDED_MAX: usize = 1_000_000;

/// The aggregates of an entity's attributes.
pub(super) async fn aggregate(
    access: &Access,
    entity: &Entity,
    names: &[Name],
    query: &TemporalQuery,
    aggregation: &Aggregation,
) -> Result<Vec<Aggregates>, Error> {
    let Some(span) = Span::find(access, &entity.id, names, query).await? else { return Ok(Vec::new()) };
    let period =
        engine_period(aggregation, &span).filter(|_| query.property == TimeProperty::ObservedAt && query.limit == SeriesLimit::All);
    let is_number = |name: &Name| entity.instances(*name).any(|a| matches!(&a.value, Value::Property(Json::Number(_))));
    let summed: Vec<Name> = names.iter().copied().filter(|name| period.is_some() && is_number(name)).collect();
    let folded: Vec<Name> = names.iter().copied().filter(|name| !summed.contains(name)).collect();
    let mut all = Vec::new();
    if let (Some(period), false) = (period, summed.is_empty()) {
        let window = TimeWindow { start: span.start, end: query.window().end };
        let question = BucketQuery { entities: vec![entity.id.clone()], attributes: summed, window, period, zone: "UTC" };
        for series in access.buckets(question).await? {
            let times = |bucket: &Bucket| if aggregation.period.is_none() { (span.start, span.end) } else { (bucket.start, bucket.end) };
            let methods = aggregation
                .methods
                .iter()
                .map(|method| (*method, series.buckets.iter().map(|b| (of_bucket(method, b), times(b).0, times(b).1)).collect()));
            all.push(Aggregates {
                name: series.key.attribute,
                dataset: series.key.dataset,
                type_name: "Property",
                methods: methods.collect(),
            });
        }
    }
    if !folded.is_empty() {
        let limit = if query.limit == SeriesLimit::All { SeriesLimit::First(FOLDED_MAX) } else { query.limit };
        let question = SeriesQuery {
            entities: vec![entity.id.clone()],
            attributes: Some(folded),
            window: query.window(),
            time_property: query.property,
            limit,
            ..SeriesQuery::default()
        };
        let observations = access.series(question).await?;
        if observations.len() >= FOLDED_MAX {
            return Err(Error::new(
                crate::error::ErrorKind::TooComplexQuery,
                format!("more than {FOLDED_MAX} values would have to be aggregated; ask for a smaller window"),
            ));
        }
        all.extend(fold(&observations, query.property, aggregation, &span));
    }
    all.sort_by(|a, b| position(names, a.name).cmp(&position(names, b.name)).then_with(|| a.dataset.cmp(&b.dataset)));
    Ok(all)
}

fn position(names: &[Name], name: Name) -> usize {
    names.iter().position(|known| *known == name).unwrap_or(usize::MAX)
}

/// The time that is looked at: from `timeAt` or the first instance, to the end or the last.
struct Span {
    start: Instant,
    end: Instant,
}

impl Span {
    async fn find(access: &Access, id: &EntityId, names: &[Name], query: &TemporalQuery) -> Result<Option<Self>, Error> {
        let window = query.window();
        let edge = |limit: SeriesLimit| SeriesQuery {
            entities: vec![id.clone()],
            attributes: Some(names.to_vec()),
            window,
            time_property: query.property,
            limit,
            ..SeriesQuery::default()
        };
        let times =
            async |limit| Ok::<Vec<Instant>, Error>(access.series(edge(limit)).await?.iter().map(|o| time_of(o, query.property)).collect());
        let Some(first) = times(SeriesLimit::First(1)).await?.into_iter().min() else { return Ok(None) };
        let start = if window.start == TimeWindow::ALL.start { first } else { window.start };
        let end = if window.end == TimeWindow::ALL.end {
            times(SeriesLimit::Last(1)).await?.into_iter().max().unwrap_or(first)
        } else {
            window.end
        };
        Ok(Some(Self { start, end }))
    }
}

/// The engine's period for an aggregation, when it has one that begins where ours do.
fn engine_period(aggregation: &Aggregation, span: &Span) -> Option<Period> {
    if aggregation.methods.contains(&"distinctCount") {
        return None;
    }
    match aggregation.period {
        None => Some(Period::Fixed { micros: i64::MAX / 4 }),
        Some(Duration { months: 0, micros }) => Some(Period::Fixed { micros }),
        Some(Duration { months: 1, micros: 0 }) if is_first_of_month(span.start) => Some(Period::Month),
        Some(Duration { months: 12, micros: 0 }) if is_first_of_month(span.start) && span.start.civil_date().1 == 1 => Some(Period::Year),
        Some(_) => None,
    }
}

fn is_first_of_month(at: Instant) -> bool {
    let (year, month, _) = at.civil_date();
    Instant::from_civil(year, month, 1, 0, 0, 0, 0) == Some(at)
}

fn of_bucket(method: &str, bucket: &Bucket) -> Figure {
    #[expect(clippy::cast_precision_loss, reason = "no period holds 2^53 values")]
    let count = bucket.count as f64;
    Figure::Number(match method {
        "totalCount" => count,
        "sum" => bucket.sum,
        "avg" => bucket.sum / count,
        "min" => bucket.min,
        "max" => bucket.max,
        "sumsq" => bucket.sum_of_squares,
        _ => (bucket.sum_of_squares / count - (bucket.sum / count).powi(2)).max(0.0).sqrt(),
    })
}

/// Folds instances that are sorted by series.
fn fold(observations: &[Observation], property: TimeProperty, aggregation: &Aggregation, span: &Span) -> Vec<Aggregates> {
    let key = |o: &Observation| (o.attribute.name, o.attribute.dataset.clone());
    let mut all = Vec::new();
    for series in observations.chunk_by(|a, b| key(a) == key(b)) {
        let mut periods: BTreeMap<i64, Fold> = BTreeMap::new();
        for observation in series {
            let number = aggregation.period.map_or(0, |period| period.number(span.start, time_of(observation, property)));
            periods.entry(number).or_default().add(&observation.attribute.value);
        }
        let (name, dataset): (Name, Option<Iri>) = key(&series[0]);
        let times = |number: i64| match aggregation.period {
            None => (span.start, span.end),
            Some(period) => (period.start(span.start, number), period.start(span.start, number + 1)),
        };
        let of_method = |method: &str| {
            periods
                .iter()
                .filter_map(|(number, fold)| fold.figure(method).map(|figure| (figure, times(*number).0, times(*number).1)))
                .collect()
        };
        let methods = aggregation.methods.iter().map(|method| (*method, of_method(method))).collect();
        all.push(Aggregates { name, dataset, type_name: series[0].attribute.value.type_name(), methods });
    }
    all
}

/// What is gathered of one period.
#[derive(Default)]
struct Fold {
    count: u32,
    distinct: HashSet<String>,
    numbers: Vec<f64>,
    texts: Vec<String>,
}

impl Fold {
    fn add(&mut self, value: &Value) {
        self.count += 1;
        match value {
            Value::Property(json) => self.add_json(json),
            Value::Language(map) => self.note(format!("{map:?}")),
            Value::List(items) => {
                self.numbers.push(size(items.len()));
                self.note(format!("{items:?}"));
            }
            other => self.note(format!("{other:?}")),
        }
    }

    fn add_json(&mut self, json: &Json) {
        self.note(json.to_string());
        match json {
            Json::Number(number) => self.numbers.push(number.as_f64()),
            Json::Bool(truth) => self.numbers.push(f64::from(u8::from(*truth))),
            Json::String(text) => self.texts.push(text.to_string()),
            Json::Array(items) => self.numbers.push(size(items.len())),
            Json::Object(_) => self.texts.extend(json.get("@value").and_then(Json::as_str).map(str::to_owned)),
            Json::Null => {}
        }
    }

    fn note(&mut self, text: String) {
        self.distinct.insert(text);
    }

    fn figure(&self, method: &str) -> Option<Figure> {
        match method {
            "totalCount" => return Some(Figure::Number(f64::from(self.count))),
            "distinctCount" => return Some(Figure::Number(size(self.distinct.len()))),
            _ => {}
        }
        if self.numbers.is_empty() {
            return match method {
                "min" => self.texts.iter().min().cloned().map(Figure::Text),
                "max" => self.texts.iter().max().cloned().map(Figure::Text),
                _ => None,
            };
        }
        let sum: f64 = self.numbers.iter().sum();
        let sumsq: f64 = self.numbers.iter().map(|n| n * n).sum();
        let count = size(self.numbers.len());
        Some(Figure::Number(match method {
            "sum" => sum,
            "avg" => sum / count,
            "min" => self.numbers.iter().copied().fold(f64::INFINITY, f64::min),
            "max" => self.numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            "sumsq" => sumsq,
            _ => (sumsq / count - (sum / count).powi(2)).max(0.0).sqrt(),
        }))
    }
}

fn size(length: usize) -> f64 {
    f64::from(u32::try_from(length).unwrap_or(u32::MAX))
}
