//! Charts and map of a dataset.

mod map;

use engine::{Bucket, BucketQuery, BucketSeries, Method, Period, SampleQuery, Statistics};
use model::dataset::{Aggregate, Column};
use model::{Dataset, EntityId, Instant, Rollup, TimeWindow};

use super::span::Span;
use crate::ask::{Ask, Trouble};
use crate::chart::{self, Chart, Point, Step};
use crate::format::Zone;
use crate::pages::dataset::Chooser;
use crate::parts::{ChartFigure, Choice, Phrase};
use crate::{format, reading};
pub(super) use map::map;

/// How many points all lines of a chart may have together: what the page's budget bears.
const POINTS_MAX: usize = 1500;
/// How many points a line may have, so that it is still seen as a line.
const LINE_POINTS_MAX: usize = 800;
/// How many lines are drawn when nobody has chosen.
const LINES_MAX: usize = 4;
/// How many places a chooser offers.
const PLACES_MAX: usize = 500;
const DAY_MICROS: i64 = 86_400_000_000;

/// A thing with its name, as choosers and maps need it.
pub(super) struct Thing<'a> {
    pub(super) view: &'a engine::View,
    pub(super) name: String,
}

/// The things of a dataset by name.
pub(super) fn things<'a>(ask: &Ask, views: &'a [engine::View]) -> Vec<Thing<'a>> {
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
        values: if figure.may_be_single { single_or_not(ask) } else { Vec::new() },
        clocks: if native_step(ask.now(), dataset, statistics, column).0 == Step::Hour { clocks(ask) } else { Vec::new() },
    };
    Ok((vec![figure.figure], chooser))
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

/// A figure, and whether single values would say something beside means.
struct Figure {
    figure: ChartFigure,
    may_be_single: bool,
}

/// What is drawn, and how.
struct View<'a> {
    ask: &'a Ask,
    dataset: &'a Dataset,
    column: &'a Column,
    drawn: &'a [&'a Thing<'a>],
    window: TimeWindow,
    zone: Zone,
    step: Step,
    /// Whether each point is a value as it came.
    is_native: bool,
    /// Data may begin or end as far from a period's ends as they come by
    /// themselves; single values farther apart have a gap between them.
    tolerance_micros: i64,
}

/// Lines with the ways of their values, and what was left out.
struct Lines {
    series: Vec<(chart::Series, String)>,
    left_out: bool,
    /// The longest roll-ups that are kept in place of values a point would need.
    only: Option<Rollup>,
}

async fn figure(
    ask: &Ask,
    dataset: &Dataset,
    statistics: &Statistics,
    column: &Column,
    drawn: &[&Thing<'_>],
    span: Span,
) -> Result<Figure, Trouble> {
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
    let length =
        |step: Step| step.start(step.key(window.end, zone) + 1, zone).micros() - step.start(step.key(window.end, zone), zone).micros();
    // One line of values that have a time of day: else a point would tell a time that none was measured at.
    let may_be_single = !is_native && native == Step::Hour && column.aggregate == Aggregate::Mean && drawn.len() == 1;
    let is_single = may_be_single && ask.param(VALUES) == Some(SINGLE);
    // What is missing for less than a step of the means is not seen in a picture this wide.
    let (step, tolerance) = if is_single { (Step::Instant, length(step)) } else { (step, length(native)) };
    let view = View { ask, dataset, column, drawn, window, zone, step, is_native, tolerance_micros: tolerance * 3 / 2 };
    let lines = if is_single { view.single_values().await? } else { view.periods().await? };
    Ok(Figure { figure: view.figure(lines), may_be_single })
}

impl View<'_> {
    /// A point for each period.
    async fn periods(&self) -> Result<Lines, Trouble> {
        let Self { column, step, zone, window, .. } = *self;
        let entities = self.drawn.iter().map(|thing| thing.view.entity().id.clone()).collect();
        let found = self.ask.access.buckets(BucketQuery {
            methods: vec![Method::TotalCount, method_of(column.aggregate), Method::Min, Method::Max],
            period: period_of(step),
            zone: zone.name().into(),
            ..BucketQuery::of(entities, vec![column.attribute], window)
        });
        let found = found.await?;
        let mut left_out = false;
        let series = self.drawn.iter().map(|thing| {
            let own = found.iter().find(|series| series.key.entity == thing.view.entity().id && series.key.dataset.is_none());
            let (mut points, incomplete) = own.map_or((Vec::new(), false), |own| points(own, column.aggregate, !self.is_native));
            if !self.is_native && matches!(column.aggregate, Aggregate::Mean | Aggregate::Sum) {
                let before = points.len();
                points = chart::without_open_ends(points, step, window.start, window.end, self.tolerance_micros, zone);
                left_out |= points.len() < before;
            }
            left_out |= incomplete;
            let has_ranges = !self.is_native && column.aggregate == Aggregate::Mean;
            let ranges = own.filter(|_| has_ranges).map_or_else(Vec::new, |own| ranges(own, &points));
            (chart::Series { name: thing.name.clone(), points, ranges }, self.way(thing))
        });
        let series = series.filter(|(series, _)| self.drawn.len() == 1 || !series.points.is_empty()).collect();
        let unknown = found.iter().flat_map(|series| &series.buckets).filter(|bucket| bucket.number(1).is_none());
        Ok(Lines { series, left_out, only: unknown.filter_map(|bucket| bucket.only).max() })
    }

    /// Values as they came: as many as a line bears, those that show its course best.
    async fn single_values(&self) -> Result<Lines, Trouble> {
        let question = |thing: &Thing<'_>| SampleQuery {
            entities: vec![thing.view.entity().id.clone()],
            attribute: self.column.attribute,
            window: self.window,
            points_max: LINE_POINTS_MAX,
            gap_micros: self.tolerance_micros,
        };
        let mut series = Vec::new();
        for thing in self.drawn {
            let found = self.ask.access.samples(question(thing)).await?;
            let runs = found.into_iter().find(|one| one.key.dataset.is_none()).map_or_else(Vec::new, |one| one.runs);
            let mut points: Vec<Point> = Vec::new();
            for run in runs {
                // The line breaks between runs.
                let broken = points.last().map(|before| Point { at: before.at.plus_micros(1), value: None });
                points.extend(broken);
                points.extend(run.into_iter().map(|(at, value)| Point { at: Instant::from_micros(at), value: Some(value) }));
            }
            series.push((chart::Series { name: thing.name.clone(), points, ranges: Vec::new() }, self.way(thing)));
        }
        Ok(Lines { series, left_out: false, only: None })
    }

    /// Where the values of a thing lead to.
    fn way(&self, thing: &Thing<'_>) -> String {
        let way = self.ask.href(&format!("/datensaetze/{}/herkunft?", self.dataset.slug));
        way + &super::table::value_query(self.dataset, &thing.view.entity().id, self.column, None) + &clock_query(self.zone, '&')
    }

    fn figure(&self, lines: Lines) -> ChartFigure {
        let Self { ask, dataset, column, step, zone, .. } = *self;
        let (series, ways): (Vec<chart::Series>, Vec<String>) = lines.series.into_iter().unzip();
        let (t, language) = (ask.t(), ask.language);
        let title = match self.drawn {
            [only] => t.chart_title(reading::label(column, language), &only.name),
            _ => reading::label(column, language).to_owned(),
        };
        let how = if self.is_native || step == Step::Instant { values_of(step, t) } else { reading::how(column.aggregate, step, t) };
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
        if lines.left_out {
            drawing.sentences.push(t.chart_left_out().to_owned());
        }
        drawing.sentences.extend(lines.only.map(|length| match length {
            Rollup::Hour => t.chart_only_hours().to_owned(),
            Rollup::Day => t.chart_only_days().to_owned(),
        }));
        if step == Step::Instant {
            drawing.sentences.push(t.chart_chosen_values(format::count(LINE_POINTS_MAX as u64, language)));
        }
        let period = zone.period(self.window.start, self.window.end.plus_micros(-1), language);
        ChartFigure {
            texts: t,
            id: chart.id,
            title: Phrase::plain(&title),
            subtitle: chart::zoned(&t.chart_subtitle(how, period), zone),
            drawing,
            source: Phrase::german(dataset.attribution.as_deref().unwrap_or(&dataset.publisher.name), ask.language),
            table_href: ask.href(&format!("/datensaetze/{}/tabelle{}", dataset.slug, clock_query(zone, '?'))),
        }
    }
}

/// The parameter that says what a point of the chart is, and its word for values as they came.
const VALUES: &str = "werte";
const SINGLE: &str = "einzeln";

fn single_or_not(ask: &Ask) -> Vec<Choice> {
    let is_single = ask.param(VALUES) == Some(SINGLE);
    let choice = |value: &str, text: &str, chosen| Choice { value: value.to_owned(), text: text.to_owned(), chosen };
    vec![choice("", ask.t().dataset_values_means(), !is_single), choice(SINGLE, ask.t().dataset_values_single(), is_single)]
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
