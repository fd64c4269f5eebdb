//! Charts and map of a dataset.

use engine::{Bucket, BucketQuery, BucketSeries, Method, Period, Statistics, View};
use model::dataset::{Aggregate, Column, ColumnKind};
use model::geo::Geometry;
use model::{Dataset, EntityId, Instant, Rollup};

use super::span::Span;
use crate::ask::{Ask, Trouble};
use crate::chart::{self, Chart, Point, Step};
use crate::format::Zone;
use crate::map_image::{self, Classes, Feature};
use crate::pages::dataset::Chooser;
use crate::parts::{Cell, ChartFigure, Choice, Head, MapFigure, MapLegend, Phrase, Table};
use crate::{format, reading};

/// How many points all lines of a chart may have together: what the page's budget bears.
const POINTS_MAX: usize = 1500;
/// How many points a line may have, so that it is still seen as a line.
const LINE_POINTS_MAX: usize = 800;
/// How many lines are drawn when nobody has chosen.
const LINES_MAX: usize = 4;
/// How many places a map and its list show.
const PLACES_MAX: usize = 500;
const LIST_MAX: usize = 40;
const DAY_MICROS: i64 = 86_400_000_000;

/// A thing with its name, as choosers and maps need it.
pub(super) struct Thing<'a> {
    pub(super) view: &'a View,
    pub(super) name: String,
}

/// The things of a dataset by name.
pub(super) fn things<'a>(ask: &Ask, views: &'a [View]) -> Vec<Thing<'a>> {
    let mut things: Vec<Thing<'a>> = views.iter().map(|view| Thing { view, name: reading::name_of(view.entity(), ask.language) }).collect();
    things.sort_by_cached_key(|thing| thing.name.to_lowercase());
    things
}

/// The chart of the measure, places and period that were chosen, and the choices.
pub(super) async fn chart(
    ask: &Ask,
    dataset: &Dataset,
    statistics: &Statistics,
    things: &[Thing<'_>],
) -> Result<(Vec<ChartFigure>, Chooser), Trouble> {
    let charted: Vec<&Column> = dataset.measures().filter(|column| has_course(statistics, column)).collect();
    let (Some(first), Some(period)) = (charted.first(), statistics.period) else { return Ok((Vec::new(), Chooser::default())) };
    let column = ask.param("messwert").and_then(|key| charted.iter().find(|column| column.attribute.short() == key)).unwrap_or(first);
    let chosen = ask.param("ort").and_then(|key| things.iter().find(|thing| reading::key_of(dataset, &thing.view.entity().id) == key));
    let drawn: Vec<&Thing<'_>> = chosen.map_or_else(|| overview(things), |one| vec![one]);
    let span = Span::of(ask)?;
    let figure = figure(ask, dataset, statistics, column, &drawn, span).await?;
    let chooser = Chooser {
        measures: charted
            .iter()
            .map(|one| Choice {
                value: one.attribute.short().to_owned(),
                text: reading::label(one, ask.language).to_owned(),
                chosen: one == column,
            })
            .collect(),
        places: place_choices(ask, dataset, things, chosen),
        periods: span.choices(ask, period),
        days: Some(span.days()),
        clocks: if native_step(ask.now(), dataset, statistics, column).0 == Step::Hour { clocks(ask) } else { Vec::new() },
    };
    Ok((vec![figure], chooser))
}

/// The time the reader wants to see: `uhr=utc`.
pub(super) fn zone(ask: &Ask) -> Zone {
    Zone::of_word(ask.param("uhr"))
}

/// Local time or UTC.
pub(super) fn clocks(ask: &Ask) -> Vec<Choice> {
    let choice = |one: Zone, text: &str| Choice { value: one.word().to_owned(), text: text.to_owned(), chosen: one == zone(ask) };
    vec![choice(Zone::Berlin, ask.t().dataset_clock_local()), choice(Zone::Utc, ask.t().dataset_clock_utc())]
}

/// Whether a measure has more than one value in time.
fn has_course(statistics: &Statistics, column: &Column) -> bool {
    statistics
        .columns
        .iter()
        .any(|known| known.attribute == column.attribute && known.count > 1 && known.period.is_some_and(|(first, last)| first < last))
}

/// Which lines are drawn when nobody has chosen: wholes before their parts, not too many.
fn overview<'a, 'b>(things: &'b [Thing<'a>]) -> Vec<&'b Thing<'a>> {
    let ids: Vec<EntityId> = things.iter().map(|thing| thing.view.entity().id.clone()).collect();
    let wholes: Vec<&Thing<'_>> = things.iter().filter(|thing| !reading::is_part(thing.view.entity(), &ids)).collect();
    let mut shown = if wholes.is_empty() { things.iter().collect() } else { wholes };
    shown.truncate(LINES_MAX);
    shown
}

fn place_choices(ask: &Ask, dataset: &Dataset, things: &[Thing<'_>], chosen: Option<&Thing<'_>>) -> Vec<Choice> {
    if things.len() < 2 {
        return Vec::new();
    }
    let is_chosen = |thing: &Thing<'_>| chosen.is_some_and(|one| one.view.entity().id == thing.view.entity().id);
    let first = Choice { value: String::new(), text: ask.t().dataset_overview().to_owned(), chosen: chosen.is_none() };
    let each = things.iter().take(PLACES_MAX).map(|thing| Choice {
        value: reading::key_of(dataset, &thing.view.entity().id).to_owned(),
        text: thing.name.clone(),
        chosen: is_chosen(thing),
    });
    std::iter::once(first).chain(each).collect()
}

async fn figure(
    ask: &Ask,
    dataset: &Dataset,
    statistics: &Statistics,
    column: &Column,
    drawn: &[&Thing<'_>],
    span: Span,
) -> Result<ChartFigure, Trouble> {
    let own = statistics.columns.iter().find(|known| known.attribute == column.attribute).and_then(|known| known.period);
    let Some((first, last)) = own.or(statistics.period) else { return Err(Trouble::NotFound) };
    // Places may end earlier than the dataset does: the last week with data is theirs.
    let newest = |thing: &&Thing<'_>| thing.view.entity().attribute(column.attribute)?.observed_at;
    let last = if span == Span::All { last } else { drawn.iter().filter_map(newest).max().map_or(last, |own| own.min(last)) };
    let zone = zone(ask);
    let window = span.window((first, last), zone);
    let (native, is_exact) = native_step(ask.now(), dataset, statistics, column);
    let step = Step::for_window(window, LINE_POINTS_MAX.min(POINTS_MAX / drawn.len().max(1)), zone).max(native);
    let is_native = step == native && is_exact;
    // Data may begin or end as far from a period's ends as they come by themselves.
    let tolerance =
        (native.start(native.key(window.end, zone) + 1, zone).micros() - native.start(native.key(window.end, zone), zone).micros()) * 3 / 2;
    let entities = drawn.iter().map(|thing| thing.view.entity().id.clone()).collect();
    let found = ask.access.buckets(BucketQuery {
        methods: vec![Method::TotalCount, method_of(column.aggregate), Method::Min, Method::Max],
        period: period_of(step),
        zone: zone.name().into(),
        ..BucketQuery::of(entities, vec![column.attribute], window)
    });
    let found = found.await?;
    let mut left_out = false;
    let series = drawn.iter().map(|thing| {
        let own = found.iter().find(|series| series.key.entity == thing.view.entity().id && series.key.dataset.is_none());
        let (mut points, incomplete) = own.map_or((Vec::new(), false), |own| points(own, column.aggregate, !is_native));
        if !is_native && matches!(column.aggregate, Aggregate::Mean | Aggregate::Sum) {
            let before = points.len();
            points = chart::without_open_ends(points, step, window.start, window.end, tolerance, zone);
            left_out |= points.len() < before;
        }
        left_out |= incomplete;
        let way = ask.href(&format!("/datensaetze/{}/herkunft?", dataset.slug));
        let way = way + &super::table::value_query(dataset, &thing.view.entity().id, column, None) + &clock_query(zone, '&');
        let has_ranges = !is_native && column.aggregate == Aggregate::Mean;
        let ranges = own.filter(|_| has_ranges).map_or_else(Vec::new, |own| ranges(own, &points));
        (chart::Series { name: thing.name.clone(), points, ranges }, way)
    });
    let (series, ways): (Vec<chart::Series>, Vec<String>) =
        series.filter(|(series, _)| drawn.len() == 1 || !series.points.is_empty()).unzip();
    let (t, language) = (ask.t(), ask.language);
    let title = match drawn {
        [only] => t.chart_title(reading::label(column, language), &only.name),
        _ => reading::label(column, language).to_owned(),
    };
    let how = if is_native { values_of(step, t) } else { reading::how(column.aggregate, step, t) };
    let chart = Chart {
        id: format!("c-{}", column.attribute.short().to_lowercase()),
        title: title.clone(),
        unit: reading::unit(column).to_owned(),
        step,
        series,
        language,
        zone,
    };
    let mut drawing = chart.draw();
    drawing.trace(&ways);
    if left_out {
        drawing.sentences.push(t.chart_left_out().to_owned());
    }
    let only =
        found.iter().flat_map(|series| &series.buckets).filter(|bucket| bucket.number(1).is_none()).filter_map(|bucket| bucket.only).max();
    drawing.sentences.extend(only.map(|length| match length {
        Rollup::Hour => t.chart_only_hours().to_owned(),
        Rollup::Day => t.chart_only_days().to_owned(),
    }));
    Ok(ChartFigure {
        texts: t,
        id: chart.id,
        title: Phrase::plain(&title),
        subtitle: chart::zoned(&t.chart_subtitle(how, zone.period(window.start, window.end.plus_micros(-1), language)), zone),
        drawing,
        source: Phrase::german(dataset.attribution.as_deref().unwrap_or(&dataset.publisher.name), ask.language),
        table_href: ask.href(&format!("/datensaetze/{}/tabelle{}", dataset.slug, clock_query(zone, '?'))),
    })
}

/// The reader's time in an address.
pub(super) fn clock_query(zone: Zone, begin: char) -> String {
    if zone == Zone::Berlin { String::new() } else { format!("{begin}uhr={}", zone.word()) }
}

fn values_of(step: Step, t: crate::messages::Texts) -> &'static str {
    match step {
        Step::Instant => t.chart_single_values(),
        Step::Hour => t.chart_values_hour(),
        Step::Day => t.chart_values_day(),
        Step::Week => t.chart_values_week(),
        Step::Month => t.chart_values_month(),
        Step::Year => t.chart_values_year(),
    }
}

/// The step at which the values come by themselves; finer ones would show gaps
/// that are none. Says too whether there is just one value per step.
fn native_step(now: Instant, dataset: &Dataset, statistics: &Statistics, column: &Column) -> (Step, bool) {
    let known = statistics.columns.iter().find(|known| known.attribute == column.attribute);
    let Some((known, (first, last))) = known.and_then(|known| Some((known, known.period?))) else { return (Step::Hour, false) };
    let due: i64 = dataset.temporal_until(now).map(|period| period.end.micros() - period.start.micros()).sum();
    let span = if due > 0 { due } else { last.micros() - first.micros() };
    // `expected` counts over all things; each covers about the whole span.
    let per_thing = known.expected / (statistics.entities.max(1) as u64);
    let distance = span / i64::try_from(per_thing.max(1)).unwrap_or(i64::MAX);
    let hour = DAY_MICROS / 24;
    let steps = [
        (360 * DAY_MICROS, Step::Year),
        (27 * DAY_MICROS, Step::Month),
        (6 * DAY_MICROS, Step::Week),
        (18 * hour, Step::Day),
        (hour * 9 / 10, Step::Hour),
    ];
    steps.into_iter().find(|(least, _)| distance >= *least).map_or((Step::Hour, false), |(_, step)| (step, true))
}

fn method_of(aggregate: Aggregate) -> Method {
    match aggregate {
        Aggregate::Mean => Method::Avg,
        Aggregate::Sum => Method::Sum,
        Aggregate::Max => Method::Max,
        Aggregate::Min => Method::Min,
    }
}

fn period_of(step: Step) -> Period {
    match step {
        Step::Instant | Step::Hour => Period::HOUR,
        Step::Day => Period::DAY,
        Step::Week => Period::WEEK,
        Step::Month => Period::MONTH,
        Step::Year => Period::YEAR,
    }
}

/// The points of a series. Where values were summed up, periods that hold far
/// fewer values than usual become gaps: half a year of counts beside whole
/// ones would look like a collapse. Says whether that happened.
fn points(series: &BucketSeries, aggregate: Aggregate, is_summed_up: bool) -> (Vec<Point>, bool) {
    let least = match aggregate {
        Aggregate::Sum => 0.9,
        Aggregate::Mean => 0.5,
        Aggregate::Max | Aggregate::Min => 0.25,
    };
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = |bucket: &Bucket| bucket.number(0).unwrap_or(0.0) / (bucket.end.micros() - bucket.start.micros()).max(1) as f64;
    let mut rates: Vec<f64> = series.buckets.iter().map(rate).collect();
    rates.sort_by(f64::total_cmp);
    let usual = rates.get(rates.len() / 2).copied().unwrap_or(0.0);
    let mut left_out = false;
    let points = series.buckets.iter().map(|bucket| {
        let is_complete = !is_summed_up || rate(bucket) >= usual * least;
        left_out |= !is_complete;
        Point { at: bucket.start, value: bucket.number(1).filter(|_| is_complete) }
    });
    (points.collect(), left_out)
}

/// The least and greatest single value behind each point that is drawn.
fn ranges(series: &BucketSeries, points: &[Point]) -> Vec<chart::Range> {
    let is_drawn =
        |bucket: &Bucket| points.binary_search_by_key(&bucket.start, |point| point.at).is_ok_and(|index| points[index].value.is_some());
    let range = |bucket: &Bucket| Some(chart::Range { at: bucket.start, least: bucket.number(2)?, most: bucket.number(3)? });
    series.buckets.iter().filter(|bucket| is_drawn(bucket)).filter_map(range).collect()
}

/// The map of the things that have a shape, coloured or marked by the first number.
pub(super) fn map(ask: &Ask, dataset: &Dataset, things: &[Thing<'_>]) -> Option<MapFigure> {
    let (t, language) = (ask.t(), ask.language);
    let placed: Vec<(&Thing<'_>, &Geometry)> =
        things.iter().filter_map(|thing| Some((thing, reading::shape(thing.view.entity())?))).take(PLACES_MAX).collect();
    let are_areas = placed.iter().any(|(_, shape)| matches!(shape, Geometry::Polygon(_) | Geometry::MultiPolygon(_)));
    let column = dataset.columns.iter().find(|column| matches!(column.kind, ColumnKind::Measure | ColumnKind::Number));
    let number = |thing: &Thing<'_>| thing.view.entity().value(column?.attribute)?.as_f64();
    let classes = if are_areas { Classes::of(placed.iter().filter_map(|(thing, _)| number(thing))) } else { None };
    let values: Vec<Option<String>> = placed.iter().map(|(thing, _)| reading::current(thing.view.entity(), column?, t)).collect();
    let features: Vec<Feature<'_>> = placed
        .iter()
        .zip(&values)
        .map(|((thing, geometry), value)| Feature {
            name: &thing.name,
            value: value.as_deref(),
            geometry,
            class: classes.as_ref().and_then(|classes| Some(classes.class(number(thing)?))),
        })
        .collect();
    let title = dataset.title.get(language.code());
    let picture = map_image::draw(&features, &[], &t.map_label(title), language)?;
    let measure = column.map(|column| reading::label_with_unit(column, t));
    let subtitle = match (&classes, &measure) {
        (Some(_), Some(measure)) => t.map_colours(measure),
        _ => t.map_points().to_owned(),
    };
    Some(MapFigure {
        texts: t,
        title: t.map_title().to_owned(),
        subtitle,
        picture,
        legend: classes.map_or_else(Vec::new, |classes| legend(ask, &classes)),
        attribution: Phrase::german(dataset.attribution.as_deref().unwrap_or(&dataset.publisher.name), ask.language),
        list: list(ask, dataset, &placed, &values, measure.as_deref()),
        more: (things.len() > LIST_MAX).then(|| {
            (t.map_more(format::count(things.len() as u64, language)), ask.href(&format!("/datensaetze/{}/tabelle", dataset.slug)))
        }),
    })
}

fn legend(ask: &Ask, classes: &Classes) -> Vec<MapLegend> {
    let number = |value: f64| format::decimal(value, format::digits_for(value), ask.language);
    let entry = |(class, (from, to)): (usize, (f64, f64))| MapLegend {
        class: u8::try_from(class).unwrap_or(0),
        text: ask.t().map_range(number(from), number(to)),
    };
    classes.ranges().into_iter().enumerate().map(entry).collect()
}

fn list(ask: &Ask, dataset: &Dataset, placed: &[(&Thing<'_>, &Geometry)], values: &[Option<String>], measure: Option<&str>) -> Table {
    let t = ask.t();
    let mut head = vec![Head::text(t.map_place())];
    head.extend(measure.map(Head::number));
    let rows = placed.iter().zip(values).take(LIST_MAX).map(|((thing, _), value)| {
        let key = web::params::encode(reading::key_of(dataset, &thing.view.entity().id));
        let name = Cell::text(&thing.name).header().link(ask.href(&format!("/datensaetze/{}/tabelle?ort={key}", dataset.slug)));
        let cell = value.as_ref().map_or_else(|| Cell::missing(t.value_missing()), |value| Cell::number(value));
        if measure.is_some() { vec![name, cell] } else { vec![name] }
    });
    let caption = if measure.is_some() { t.map_list_caption() } else { t.map_list_caption_plain() };
    Table { id: "places".to_owned(), caption: caption.to_owned(), head, rows: rows.collect() }
}
