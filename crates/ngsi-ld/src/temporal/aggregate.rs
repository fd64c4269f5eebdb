//! Aggregates per period (NGSI-LD V1.9.1, clause 4.5.19): the engine's, in the
//! form of the standard.

use engine::{Access, Alignment, Bucket, BucketQuery, BucketSeries, Kind};
use model::series::{SeriesLimit, SeriesQuery};
use model::time::TimeProperty;
use model::{Entity, EntityId, Grain, Instant, Name, TimeWindow};

use super::query::{Aggregation, TemporalQuery};
use crate::error::{Error, ErrorKind};
use crate::wire::temporal::{Aggregates, PeriodFigure, time_of};

/// The aggregates of an entity's attributes. What no method fits is left out;
/// that nothing fits at all is an error.
pub(super) async fn aggregate(
    access: &Access,
    entity: &Entity,
    names: &[Name],
    query: &TemporalQuery,
    aggregation: &Aggregation,
) -> Result<Vec<Aggregates>, Error> {
    let Some(span) = Span::find(access, &entity.id, names, query).await? else { return Ok(Vec::new()) };
    let question = BucketQuery {
        time_property: query.property,
        limit: query.limit,
        methods: aggregation.methods.clone(),
        period: aggregation.period,
        alignment: Alignment::From(span.start),
        ..BucketQuery::of(vec![entity.id.clone()], names.to_vec(), query.window())
    };
    let found = access.buckets(question).await.map_err(|error| match error.kind() {
        Kind::TooLarge => Error::new(ErrorKind::TooComplexQuery, error.to_string()),
        _ => error.into(),
    })?;
    let all = found.into_iter().map(|series| of_series(series, aggregation, &span));
    let mut all: Vec<Aggregates> = all.filter(|one| !one.methods.is_empty()).collect();
    all.sort_by(|a, b| position(names, a.name).cmp(&position(names, b.name)).then_with(|| a.dataset.cmp(&b.dataset)));
    Ok(all)
}

fn position(names: &[Name], name: Name) -> usize {
    names.iter().position(|known| *known == name).unwrap_or(usize::MAX)
}

fn of_series(series: BucketSeries, aggregation: &Aggregation, span: &Span) -> Aggregates {
    let times = |bucket: &Bucket| if aggregation.period.is_whole() { (span.start, span.end) } else { (bucket.start, bucket.end) };
    let periods = |index: usize| -> Vec<PeriodFigure> {
        let figure = |bucket: &Bucket| Some((bucket.figures[index].clone()?, times(bucket).0, times(bucket).1));
        series.buckets.iter().filter_map(figure).collect()
    };
    let methods = aggregation.methods.iter().enumerate().map(|(index, method)| (method.word(), periods(index)));
    Aggregates {
        name: series.key.attribute,
        methods: methods.filter(|(_, periods)| !periods.is_empty()).collect(),
        dataset: series.key.dataset,
        type_name: series.type_name,
    }
}

/// The time that is looked at: from `timeAt` or the first instance, to the end or the last.
struct Span {
    start: Instant,
    end: Instant,
}

impl Span {
    async fn find(access: &Access, id: &EntityId, names: &[Name], query: &TemporalQuery) -> Result<Option<Self>, Error> {
        let window = query.window();
        let edge = |limit: SeriesLimit, grain: Grain| SeriesQuery {
            entities: vec![id.clone()],
            attributes: Some(names.to_vec()),
            window,
            time_property: query.property,
            limit,
            grain,
            ..SeriesQuery::default()
        };
        // Where roll-ups took the place of values, these are instances, too: periods begin with the oldest.
        let grains: &[Grain] = if query.property == TimeProperty::ObservedAt { &[Grain::Values, Grain::Rollups] } else { &[Grain::Values] };
        let times = async |limit| {
            let mut times = Vec::new();
            for grain in grains {
                times.extend(access.series(edge(limit, *grain)).await?.iter().map(|o| time_of(o, query.property)));
            }
            Ok::<Vec<Instant>, Error>(times)
        };
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
