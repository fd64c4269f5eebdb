//! The picture itself: axes, lines, cursor.

use std::fmt::Write as _;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, time};
use model::Instant;

use super::scale::Scale;
use super::{Aligned, Chart, Line, Step};
use crate::format::Zone;
use crate::messages::Language;
use crate::svg::Markup;

/// Sizes of one of the two pictures, in units of its view box.
pub(super) struct Format {
    name: &'static str,
    width: f64,
    height: f64,
    /// Width of a digit at the largest letter size the style sheet uses.
    letter: f64,
    ticks_max: f64,
}

pub(super) const WIDE: Format = Format { name: "wide", width: 760.0, height: 320.0, letter: 8.6, ticks_max: 8.0 };
pub(super) const TALL: Format = Format { name: "tall", width: 400.0, height: 380.0, letter: 9.6, ticks_max: 4.5 };

const TOP: f64 = 36.0;
const RIGHT: f64 = 14.0;
const BOTTOM: f64 = 36.0;

/// The area inside the axes.
struct Plot {
    left: f64,
    width: f64,
    height: f64,
    first: i64,
    span: i64,
}

impl Plot {
    fn x(&self, at: Instant) -> f64 {
        if self.span == 0 {
            return self.left + self.width / 2.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "a share of the width, one decimal of a pixel matters")]
        let share = (at.micros() - self.first) as f64 / self.span as f64;
        self.left + share * self.width
    }

    fn y(&self, scale: &Scale, value: f64) -> f64 {
        TOP + (1.0 - scale.share(value)) * self.height
    }
}

pub(super) fn paint(chart: &Chart, aligned: &Aligned, scale: &Scale, description: &str, format: &Format) -> Markup {
    let labels: Vec<(f64, String)> = scale.ticks().into_iter().map(|tick| (tick, scale.label(tick, chart.language))).collect();
    let longest = labels.iter().map(|(_, label)| label.chars().count()).max().unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "a few letters")]
    let left = longest as f64 * format.letter + 14.0;
    let (first, last) = (aligned.axis.first().map_or(0, |at| at.micros()), aligned.axis.last().map_or(0, |at| at.micros()));
    let plot = Plot { left, width: format.width - left - RIGHT, height: format.height - TOP - BOTTOM, first, span: last - first };

    let mut svg = Markup::default();
    let (title_id, description_id) = (format!("{}-{}-t", chart.id, format.name), format!("{}-{}-d", chart.id, format.name));
    svg.open(
        "svg",
        &[
            ("class", &format_args!("chart chart--{}", format.name)),
            ("viewBox", &format_args!("0 0 {} {}", format.width, format.height)),
            // Style sheets override these; without one the picture is readable all the same.
            ("width", &format.width),
            ("fill", &"currentColor"),
            ("stroke-width", &1),
            ("role", &"img"),
            ("aria-labelledby", &format_args!("{title_id} {description_id}")),
            ("data-plot", &format_args!("{:.1} {TOP} {:.1} {:.1}", plot.left, plot.width, plot.height)),
        ],
    );
    svg.text("title", &[("id", &title_id)], &chart.title);
    svg.text("desc", &[("id", &description_id)], description);
    svg.open("g", &[("aria-hidden", &"true")]);
    value_axis(&mut svg, &plot, scale, &labels, &chart.unit);
    time_axis(&mut svg, &plot, aligned, chart, format);
    draw_area(&mut svg, &plot, scale, aligned);
    for (index, line) in aligned.series.iter().enumerate() {
        draw_line(&mut svg, &plot, scale, aligned, line, index);
    }
    let middle = plot.x(Instant::from_micros(last));
    svg.empty(
        "line",
        &[
            ("class", &"cursor"),
            ("x1", &tenths(middle)),
            ("x2", &tenths(middle)),
            ("y1", &TOP),
            ("y2", &(TOP + plot.height)),
            ("hidden", &""),
        ],
    );
    svg.close("g");
    svg.close("svg");
    svg
}

fn value_axis(svg: &mut Markup, plot: &Plot, scale: &Scale, labels: &[(f64, String)], unit: &str) {
    let right = tenths(plot.left + plot.width);
    for (tick, label) in labels {
        let y = plot.y(scale, *tick);
        let class = if *tick == 0.0 { "zero" } else { "grid" };
        svg.empty("line", &[("class", &class), ("x1", &tenths(plot.left)), ("x2", &right), ("y1", &tenths(y)), ("y2", &tenths(y))]);
        svg.text("text", &[("x", &tenths(plot.left - 8.0)), ("y", &tenths(y + 5.0)), ("text-anchor", &"end")], label);
    }
    if !matches!(unit, "" | "1") {
        svg.text("text", &[("x", &0), ("y", &14)], unit);
    }
}

fn time_axis(svg: &mut Markup, plot: &Plot, aligned: &Aligned, chart: &Chart, format: &Format) {
    let (Some(first), Some(last)) = (aligned.axis.first(), aligned.axis.last()) else { return };
    let y = TOP + plot.height;
    for (at, label) in time_ticks(aligned.step, *first, *last, format.ticks_max, chart) {
        let x = plot.x(at);
        #[expect(clippy::cast_precision_loss, reason = "a few letters")]
        let half = label.chars().count() as f64 * format.letter / 2.0;
        let (anchor, shown) = if x + half > format.width { ("end", format.width) } else { ("middle", x) };
        svg.empty("line", &[("class", &"grid"), ("x1", &tenths(x)), ("x2", &tenths(x)), ("y1", &tenths(y)), ("y2", &tenths(y + 6.0))]);
        svg.text("text", &[("x", &tenths(shown)), ("y", &tenths(y + 26.0)), ("text-anchor", &anchor)], &label);
    }
}

/// Distance between ticks of the time axis.
#[derive(Clone, Copy)]
enum Every {
    Hours(i64),
    Days(i64),
    Months(i64),
    Years(i64),
}

impl Every {
    const ALL: [Self; 19] = [
        Self::Hours(1),
        Self::Hours(3),
        Self::Hours(6),
        Self::Hours(12),
        Self::Days(1),
        Self::Days(2),
        Self::Days(7),
        Self::Days(14),
        Self::Months(1),
        Self::Months(2),
        Self::Months(3),
        Self::Months(6),
        Self::Years(1),
        Self::Years(2),
        Self::Years(5),
        Self::Years(10),
        Self::Years(20),
        Self::Years(50),
        Self::Years(100),
    ];

    fn hours(self) -> i64 {
        match self {
            Self::Hours(n) => n,
            Self::Days(n) => n * 24,
            Self::Months(n) => n * 730,
            Self::Years(n) => n * 8766,
        }
    }

    /// The last round time at or before a local time.
    fn floor(self, at: DateTime) -> DateTime {
        let date = at.date();
        let midnight = |date: Option<Date>| date.unwrap_or(at.date()).to_datetime(time(0, 0, 0, 0));
        match self {
            Self::Hours(n) => {
                let hour = i64::from(at.hour()) / n * n;
                date.to_datetime(time(i8::try_from(hour).unwrap_or(0), 0, 0, 0))
            }
            Self::Days(_) => midnight(None),
            Self::Months(n) => {
                let month = (i64::from(date.month()) - 1) / n * n + 1;
                midnight(i8::try_from(month).ok().and_then(|month| Date::new(date.year(), month, 1).ok()))
            }
            Self::Years(n) => {
                let year = i64::from(date.year()).div_euclid(n) * n;
                midnight(i16::try_from(year).ok().and_then(|year| Date::new(year, 1, 1).ok()))
            }
        }
    }

    fn next(self, at: DateTime) -> Option<DateTime> {
        let next = match self {
            Self::Hours(n) => at.checked_add(n.hours()),
            Self::Days(n) => at.checked_add(n.days()),
            Self::Months(n) => at.checked_add(n.months()),
            Self::Years(n) => at.checked_add(n.years()),
        };
        next.ok()
    }

    fn label(self, at: Instant, is_first: bool, language: Language, zone: Zone) -> String {
        let local = zone.local(at);
        let texts = language.texts();
        match self {
            Self::Years(_) => local.year().to_string(),
            Self::Months(_) if is_first || local.month() == 1 => format!("{} {}", zone.month_short(at, language), local.year()),
            Self::Months(_) => zone.month_short(at, language).to_owned(),
            Self::Hours(_) if !is_first && local.hour() != 0 => format!("{}:00", local.hour()),
            Self::Days(_) | Self::Hours(_) => texts.chart_tick_day(local.day(), zone.month_short(at, language)),
        }
    }
}

fn time_ticks(step: Step, first: Instant, last: Instant, ticks_max: f64, chart: &Chart) -> Vec<(Instant, String)> {
    let (language, zone) = (chart.language, chart.zone);
    let span_hours = (last.micros() - first.micros()) / 3_600_000_000;
    #[expect(clippy::cast_precision_loss, reason = "a ratio of hours")]
    let fits = |every: &Every| every.hours() >= step.hours() && span_hours as f64 / every.hours() as f64 <= ticks_max;
    let every = Every::ALL.into_iter().find(fits).unwrap_or(Every::Years(1000));
    let mut ticks = Vec::new();
    let mut next = Some(every.floor(zone.local(first).datetime()));
    while let Some(at) = next {
        let instant = zone.instant(at);
        if instant > last || ticks.len() > 40 {
            break;
        }
        if instant >= first {
            ticks.push((instant, every.label(instant, ticks.is_empty(), language, zone)));
        }
        next = every.next(at);
    }
    if ticks.is_empty() {
        // Nothing round lies inside: the first point gets its date.
        ticks.push((first, zone.date_short(first, language)));
    }
    ticks
}

/// The area from the least to the greatest single value, broken where the line is.
fn draw_area(svg: &mut Markup, plot: &Plot, scale: &Scale, aligned: &Aligned) {
    let mut path = String::new();
    let ranges = aligned.area().iter().zip(&aligned.axis).collect::<Vec<_>>();
    for run in ranges.split(|(range, _)| range.is_none()).filter(|run| run.len() > 1) {
        let known = || run.iter().filter_map(|(range, at)| Some((in_tenths(plot.x(**at)), (**range)?)));
        let above = known().map(|(x, (_, most))| (x, in_tenths(plot.y(scale, most))));
        let below = known().rev().map(|(x, (least, _))| (x, in_tenths(plot.y(scale, least))));
        append_run(&mut path, &above.chain(below).collect::<Vec<_>>());
        path.push('z');
    }
    if !path.is_empty() {
        svg.empty("path", &[("class", &"range"), ("fill", &"currentColor"), ("fill-opacity", &"0.2"), ("stroke", &"none"), ("d", &path)]);
    }
}

/// The line, broken at gaps; a value alone between gaps becomes a dot.
fn draw_line(svg: &mut Markup, plot: &Plot, scale: &Scale, aligned: &Aligned, line: &Line, index: usize) {
    let mut path = String::new();
    let mut dots = Vec::new();
    let runs = line.values.iter().zip(&aligned.axis).collect::<Vec<_>>();
    for run in runs.split(|(value, _)| value.is_none()) {
        let points: Vec<(i64, i64)> =
            run.iter().filter_map(|(value, at)| Some((in_tenths(plot.x(**at)), in_tenths(plot.y(scale, (**value)?))))).collect();
        match points.as_slice() {
            [] => {}
            [single] => dots.push(*single),
            points => append_run(&mut path, points),
        }
    }
    if !path.is_empty() {
        svg.empty("path", &[("class", &format_args!("line s{index}")), ("fill", &"none"), ("stroke", &"currentColor"), ("d", &path)]);
    }
    for (x, y) in dots {
        let (x, y) = (Tenths(x), Tenths(y));
        svg.empty("circle", &[("class", &format_args!("dot s{index}")), ("cx", &x), ("cy", &y), ("r", &4)]);
    }
}

/// Relative steps in tenths of a unit: shorter than absolute ones, and
/// rounding does not add up because the tenths are whole numbers.
fn append_run(path: &mut String, points: &[(i64, i64)]) {
    let (mut x, mut y) = points[0];
    let _ = write!(path, "M{} {}l", Tenths(x), Tenths(y));
    for (index, (next_x, next_y)) in points[1..].iter().enumerate() {
        let separator = if index == 0 { "" } else { " " };
        let _ = write!(path, "{separator}{} {}", Tenths(next_x - x), Tenths(next_y - y));
        (x, y) = (*next_x, *next_y);
    }
}

fn in_tenths(value: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "coordinates inside the picture")]
    let tenths = (value * 10.0).round() as i64;
    tenths
}

fn tenths(value: f64) -> Tenths {
    Tenths(in_tenths(value))
}

/// A number of tenths, printed without a needless `.0`.
struct Tenths(i64);

impl std::fmt::Display for Tenths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, rest) = (self.0.abs() / 10, self.0.abs() % 10);
        let sign = if self.0 < 0 { "-" } else { "" };
        if rest == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{rest}") }
    }
}
