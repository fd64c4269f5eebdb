//! Line charts drawn on the server: visible at once, printable, without script.
//!
//! A chart is drawn twice, wide and tall, and the style sheet shows one. A
//! missing value breaks the line; it is never zero and never bridged. With the
//! pictures come the words: a sentence that says the same, the newest values
//! as a table, and the readings for the slider.

mod axis;
mod bucket;
mod picture;
mod scale;
mod step;
mod words;

use model::Instant;

use crate::format::{self, Zone};
use crate::messages::Language;
use crate::parts::Table;
use crate::svg::Markup;

pub use bucket::{bucket, without_open_ends};
pub use step::Step;
pub(crate) use words::zoned;

/// How many series can be told apart by dash and colour; further ones are not drawn.
pub const SERIES_MAX: usize = 6;
/// How many points per series are drawn at most; more are summed up to a coarser step.
const POINTS_MAX: usize = 2000;

/// What is to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Unique in the page: letters, digits and `-`.
    pub id: String,
    /// What the chart shows.
    pub title: String,
    /// Symbol of the unit; empty for plain counts.
    pub unit: String,
    /// What one point stands for.
    pub step: Step,
    /// The lines, at most [`SERIES_MAX`].
    pub series: Vec<Series>,
    /// The language of its words.
    pub language: Language,
    /// The time its reader wants to see.
    pub zone: Zone,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What the legend calls it.
    pub name: String,
    /// Its points in any order; for one instant the later wins.
    pub points: Vec<Point>,
    /// What lies behind points that sum up several values; empty where none does.
    pub ranges: Vec<Range>,
}

/// The least and the greatest single value of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// When the step begins.
    pub at: Instant,
    /// The least value.
    pub least: f64,
    /// The greatest.
    pub most: f64,
}

/// One value of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When the step it stands for begins.
    pub at: Instant,
    /// The value; `None` is a gap, as is a number that is not finite.
    pub value: Option<f64>,
}

/// A drawn chart with its words.
#[derive(Debug, Clone)]
pub struct Drawing {
    /// For 620 px and more.
    pub wide: Markup,
    /// For less.
    pub tall: Markup,
    /// Names of the series in the order of the classes `s0`, `s1`, …; empty for one series.
    pub legend: Vec<String>,
    /// The text alternative.
    pub sentences: Vec<String>,
    /// The newest values.
    pub table: Table,
    /// What one point of the picture stands for.
    pub step: Step,
    /// When each point begins.
    pub axis: Vec<Instant>,
    /// JSON for the slider: for each series its name and the way of its values
    /// back to their sources, without the time; empty when nobody traced them.
    pub traces: Option<String>,
    /// JSON for the slider; `None` when there are fewer than two points.
    pub readings: Option<String>,
}

/// The series on one common axis.
struct Aligned {
    step: Step,
    axis: Vec<Instant>,
    series: Vec<Line>,
}

struct Line {
    name: String,
    /// As many as the axis has.
    values: Vec<Option<f64>>,
    /// As many, or none at all: the least and the greatest single value.
    ranges: Vec<Option<(f64, f64)>>,
}

impl Aligned {
    fn numbers(&self) -> impl Iterator<Item = f64> + Clone {
        self.series.iter().flat_map(|line| line.values.iter().copied().flatten())
    }

    /// The area behind a line that is alone; several would hide each other.
    fn area(&self) -> &[Option<(f64, f64)>] {
        match self.series.as_slice() {
            [only] => &only.ranges,
            _ => &[],
        }
    }

    fn scale(&self) -> Option<scale::Scale> {
        let ends = self.area().iter().flatten().flat_map(|(least, most)| [*least, *most]);
        scale::Scale::of(self.numbers().chain(ends))
    }
}

impl Chart {
    /// Draws it. No series, empty ones, a single point and series of zeros
    /// give an honest picture or, without any value, words alone.
    #[must_use]
    pub fn draw(&self) -> Drawing {
        let aligned = axis::align(&self.series[..self.series.len().min(SERIES_MAX)], self.step, POINTS_MAX, self.zone);
        let most = aligned.numbers().fold(0.0, |most: f64, value| most.max(value.abs()));
        // Values stand as they were recorded; only those that were computed are rounded.
        let digits = format::recorded_digits(aligned.numbers()).unwrap_or_else(|| format::digits_for(most));
        let words = words::Words { chart: self, aligned: &aligned, digits };
        let sentences = words.sentences();
        let scale = aligned.scale();
        let (wide, tall) = match scale {
            None => (Markup::default(), Markup::default()),
            Some(scale) => {
                let paint = |format| picture::paint(self, &aligned, &scale, &sentences.join(" "), format);
                (paint(&picture::WIDE), paint(&picture::TALL))
            }
        };
        Drawing {
            wide,
            tall,
            legend: if aligned.series.len() > 1 { aligned.series.iter().map(|line| line.name.clone()).collect() } else { Vec::new() },
            table: words.table(),
            readings: words.readings(),
            step: aligned.step,
            axis: aligned.axis.clone(),
            traces: None,
            sentences,
        }
    }
}

impl Drawing {
    /// Makes every value lead back to its source: `ways` are addresses, one
    /// per series, to which `&ab=…&schritt=…` is put.
    pub fn trace(&mut self, ways: &[String]) {
        let (step, axis) = (self.step, &self.axis);
        // The table begins with the newest.
        for (row, at) in self.table.rows.iter_mut().zip(axis.iter().rev()) {
            for (cell, way) in row.iter_mut().skip(1).zip(ways).filter(|(cell, _)| !cell.missing) {
                cell.href = Some(format!("{way}&ab={at}&schritt={}", step.word()));
            }
        }
        self.traces = serde_json::to_string(ways).ok();
    }
}

#[cfg(test)]
mod tests;
