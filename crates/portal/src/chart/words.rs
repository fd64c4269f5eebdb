//! The words of a chart: sentences, table, readings for the slider.

use serde_json::json;

use super::{Aligned, Chart, Line, Step};
use crate::format::{self, Zone};
use crate::parts::{Cell, Head, Table};

/// How many rows stand in the table behind the chart; the page of all values
/// and the downloads have the rest.
const ROWS_MAX: usize = 31;

/// A heading over times: `Zeit (UTC)` where they are not local ones.
pub(crate) fn zoned(heading: &str, zone: Zone) -> String {
    match zone {
        Zone::Berlin => heading.to_owned(),
        Zone::Utc => format!("{heading} ({})", zone.name()),
    }
}

pub(super) struct Words<'a> {
    pub(super) chart: &'a Chart,
    pub(super) aligned: &'a Aligned,
    pub(super) digits: usize,
}

impl Words<'_> {
    /// One sentence or two per series, and what a reader must know of the picture.
    pub(super) fn sentences(&self) -> Vec<String> {
        let texts = self.chart.language.texts();
        if self.aligned.numbers().next().is_none() {
            return vec![texts.chart_empty().to_owned()];
        }
        let named = self.aligned.series.len() > 1;
        let mut sentences: Vec<String> = self
            .aligned
            .series
            .iter()
            .map(|line| {
                let said = self.sentence(line);
                if named { format!("{}: {said}", line.name) } else { said }
            })
            .collect();
        if self.aligned.area().iter().any(Option::is_some) {
            sentences.push(texts.chart_range().to_owned());
        }
        if self.aligned.scale().is_some_and(|scale| !scale.starts_at_zero()) {
            sentences.push(texts.chart_not_zero().to_owned());
        }
        sentences
    }

    fn sentence(&self, line: &Line) -> String {
        let texts = self.chart.language.texts();
        let known: Vec<(usize, f64)> = line.values.iter().enumerate().filter_map(|(index, value)| Some((index, (*value)?))).collect();
        let (Some(least), Some(most)) = (known.iter().min_by(|a, b| a.1.total_cmp(&b.1)), known.iter().max_by(|a, b| a.1.total_cmp(&b.1)))
        else {
            return texts.chart_empty().to_owned();
        };
        let when = |index: usize| self.aligned.step.when(self.aligned.axis[index], self.chart.language, self.chart.zone);
        let mut said = if known.len() == 1 {
            texts.chart_single(self.value(most.1), when(most.0))
        } else if least.1.total_cmp(&most.1).is_eq() {
            texts.chart_constant(self.value(most.1))
        } else if self.aligned.step == Step::Instant {
            // These may be few of many: their mean says nothing.
            texts.chart_sentence_single(self.value(most.1), when(most.0), self.value(least.1), when(least.0))
        } else {
            #[expect(clippy::cast_precision_loss, reason = "at most some thousand points")]
            let mean = known.iter().map(|(_, value)| value).sum::<f64>() / known.len() as f64;
            let mean = self.value_with(mean, self.digits.max(format::digits_for(mean)));
            texts.chart_sentence(self.value(most.1), when(most.0), mean, self.value(least.1), when(least.0))
        };
        if let Some(peaks) = self.peaks(line) {
            said.push(' ');
            said.push_str(&peaks);
        }
        // A series that began later than others has no gap before its first value.
        let own = known.last().map_or(0, |last| last.0) + 1 - known.first().map_or(0, |first| first.0);
        if own > known.len() {
            said.push(' ');
            said.push_str(&self.gaps(own - known.len(), own));
        }
        said
    }

    /// The extremes that summing up hides.
    fn peaks(&self, line: &Line) -> Option<String> {
        let known = || line.ranges.iter().enumerate().filter_map(|(index, range)| Some((index, (*range)?)));
        let (lowest, (least, _)) = known().min_by(|a, b| a.1.0.total_cmp(&b.1.0))?;
        let (highest, (_, most)) = known().max_by(|a, b| a.1.1.total_cmp(&b.1.1))?;
        let when = |index: usize| self.aligned.step.when(self.aligned.axis[index], self.chart.language, self.chart.zone);
        let digits = format::recorded_digits([least, most].into_iter()).unwrap_or(self.digits);
        let value = |value| self.value_with(value, digits);
        Some(self.chart.language.texts().chart_peaks(value(most), when(highest), value(least), when(lowest)))
    }

    fn gaps(&self, gaps: usize, total: usize) -> String {
        let texts = self.chart.language.texts();
        let total = format::count(total as u64, self.chart.language);
        let gaps = gaps as u64;
        match self.aligned.step {
            Step::Instant => texts.chart_gaps_instant(gaps),
            Step::Hour => texts.chart_gaps_hour(gaps, total),
            Step::Day => texts.chart_gaps_day(gaps, total),
            Step::Week => texts.chart_gaps_week(gaps, total),
            Step::Month => texts.chart_gaps_month(gaps, total),
            Step::Year => texts.chart_gaps_year(gaps, total),
        }
    }

    fn value(&self, value: f64) -> String {
        self.value_with(value, self.digits)
    }

    fn value_with(&self, value: f64, digits: usize) -> String {
        format::with_unit(&format::decimal(value, digits, self.chart.language), &self.chart.unit)
    }

    /// The newest values, newest first.
    pub(super) fn table(&self) -> Table {
        let texts = self.chart.language.texts();
        let mut head = vec![Head::text(&zoned(texts.chart_time(), self.chart.zone))];
        head.extend(self.aligned.series.iter().map(|line| Head::number(&line.name)));
        let rows = (0..self.aligned.axis.len()).rev().take(ROWS_MAX).map(|index| self.row(index)).collect();
        let caption = match self.aligned.step {
            _ if self.aligned.axis.len() <= ROWS_MAX => self.chart.title.clone(),
            Step::Instant => texts.chart_table_chosen(ROWS_MAX, &self.chart.title),
            _ => texts.chart_table_newest(ROWS_MAX, &self.chart.title),
        };
        Table { id: format!("{}-table", self.chart.id), caption, head, rows }
    }

    fn row(&self, index: usize) -> Vec<Cell> {
        let at = self.aligned.axis[index];
        let name = self.aligned.step.name(at, self.chart.language, self.chart.zone);
        let mut row = vec![Cell::text(&name).header().time(&self.aligned.step.iso(at, self.chart.zone))];
        row.extend(self.aligned.series.iter().map(|line| match line.values[index] {
            Some(value) => Cell::number(&self.value(value)),
            None => Cell::missing(self.chart.language.texts().value_missing()),
        }));
        row
    }

    /// What the slider needs (`frontend/src/chart.ts`).
    pub(super) fn readings(&self) -> Option<String> {
        if self.aligned.axis.len() < 2 || self.aligned.numbers().next().is_none() {
            return None;
        }
        let texts = self.chart.language.texts();
        let mut before = 0;
        let at: Vec<i64> = self
            .aligned
            .axis
            .iter()
            .map(|at| {
                let minutes = at.micros().div_euclid(60_000_000);
                minutes - std::mem::replace(&mut before, minutes)
            })
            .collect();
        let round = |value: f64| format!("{value:.*}", self.digits).parse::<f64>().unwrap_or(value);
        let series: Vec<_> = self
            .aligned
            .series
            .iter()
            .map(|line| json!({ "name": line.name, "values": line.values.iter().map(|value| value.map(round)).collect::<Vec<_>>() }))
            .collect();
        let unit = if self.chart.unit == "1" { "" } else { &self.chart.unit };
        let readings = json!({
            "at": at,
            "step": self.aligned.step.word(),
            "series": series,
            "unit": unit,
            "digits": self.digits,
            "zone": self.chart.zone.name(),
            "locale": self.chart.language.locale(),
            "missing": texts.value_missing(),
            // The island puts the date in; the placeholder stays as it is.
            "week": texts.chart_week("{date}"),
        });
        Some(readings.to_string())
    }
}
