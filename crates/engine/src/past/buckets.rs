//! Many values of a period as one (NGSI-LD V1.9.1, clause 4.5.19).

mod grid;
mod laid;
pub(super) mod moments;
mod period;
mod tally;
#[cfg(test)]
mod tests;

use model::series::SeriesLimit;
use model::time::TimeProperty;
use model::{EntityId, Instant, Name, NumberSeries, Observation, Rollup, SeriesKey, Text, TimeWindow};

pub use grid::Alignment;
pub use period::Period;
pub use tally::{Figure, Method};

use super::rollup::{Rolled, Rollups};
use crate::access::Waiting;
use crate::{Error, Kind};
use grid::Grid;
use laid::Laid;
use tally::Tally;

/// How many periods a series may be cut into.
pub const PERIODS_MAX: usize = 100_000;

/// Which values, in which periods.
#[derive(Debug, Clone, PartialEq)]
pub struct BucketQuery {
    /// The entities.
    pub entities: Vec<EntityId>,
    /// The attributes.
    pub attributes: Vec<Name>,
    /// The window of time.
    pub window: TimeWindow,
    /// Which time of a value counts.
    pub time_property: TimeProperty,
    /// Only so many values per series, from one end.
    pub limit: SeriesLimit,
    /// What is made of them.
    pub methods: Vec<Method>,
    /// How long a period is.
    pub period: Period,
    /// From where periods are counted.
    pub alignment: Alignment,
    /// The time zone of calendar and clock: `UTC`, `Europe/Berlin`.
    pub zone: Text,
    /// What becomes of periods without a value.
    pub gaps: Gaps,
}

/// What becomes of periods without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gaps {
    /// They are left out.
    #[default]
    Omit,
    /// They are there, from the window's start to its end, or the series' own
    /// where the window is open: counts of 0, nothing else.
    Mark,
    /// As marked, but avg, min and max stay those of the last period with a
    /// value; before the first there is nothing to carry.
    Previous,
}

/// The buckets of one series, in time order.
#[derive(Debug, Clone, PartialEq)]
pub struct BucketSeries {
    /// Which series.
    pub key: SeriesKey,
    /// The kind of its attribute: `Property`, `Relationship`.
    pub type_name: &'static str,
    /// Its buckets.
    pub buckets: Vec<Bucket>,
}

/// What the values of a period come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    /// The first instant of the period.
    pub start: Instant,
    /// The first instant after it.
    pub end: Instant,
    /// Whether it holds no value.
    pub is_gap: bool,
    /// As many as methods were asked for; `None` where one does not apply, or is not known.
    pub figures: Vec<Option<Figure>>,
    /// Why some figures are not known: only roll-ups of this length are kept,
    /// and their values lie in several periods, or are different where
    /// different ones are counted.
    pub only: Option<Rollup>,
}

impl Bucket {
    /// The figure of the so-many-th method, when it is a number.
    #[must_use]
    pub fn number(&self, method: usize) -> Option<f64> {
        match self.figures.get(method) {
            Some(Some(Figure::Number(number))) => Some(*number),
            _ => None,
        }
    }
}

impl BucketQuery {
    /// All values of a window by observation time, one period over everything,
    /// counted, in UTC; change what you need.
    #[must_use]
    pub fn of(entities: Vec<EntityId>, attributes: Vec<Name>, window: TimeWindow) -> Self {
        Self {
            entities,
            attributes,
            window,
            time_property: TimeProperty::ObservedAt,
            limit: SeriesLimit::All,
            methods: vec![Method::TotalCount],
            period: Period::WHOLE,
            alignment: Alignment::Calendar,
            zone: Text::from("UTC"),
            gaps: Gaps::Omit,
        }
    }
}

/// Cuts series of numbers, or of values sorted by series, into periods.
pub(crate) struct Cutter<'a> {
    question: &'a BucketQuery,
    grid: Grid,
    waiting: &'a Waiting,
}

impl<'a> Cutter<'a> {
    pub(crate) fn new(question: &'a BucketQuery, waiting: &'a Waiting) -> Result<Self, Error> {
        Ok(Self { question, grid: Grid::new(question.period, question.alignment, &question.zone)?, waiting })
    }

    /// Numbers, and the roll-ups of older ones.
    pub(crate) fn numbers(&self, series: &[NumberSeries], mut rollups: Rollups) -> Result<Vec<BucketSeries>, Error> {
        let cut = |one: &NumberSeries| {
            let values = one.times.iter().copied().zip(one.values.iter().copied());
            let buckets = self.lay(values, &rollups.remove(&one.key).unwrap_or_default(), Tally::add_number)?;
            Ok(BucketSeries { key: one.key.clone(), type_name: "Property", buckets })
        };
        let mut all: Vec<BucketSeries> = series.iter().map(cut).collect::<Result<_, Error>>()?;
        all.extend(self.rolled_up(rollups)?);
        Ok(all)
    }

    /// Values of any kind, and the roll-ups of older ones.
    pub(crate) fn values(&self, observations: &[Observation], mut rollups: Rollups) -> Result<Vec<BucketSeries>, Error> {
        let cut = |series: &[Observation]| {
            let mut values: Vec<(i64, &Observation)> = series.iter().map(|one| (self.time_of(one), one)).collect();
            values.sort_by_key(|(time, _)| *time);
            let (key, rolled) = (series[0].key(), rollups.remove(&series[0].key()).unwrap_or_default());
            let buckets = self.lay(values.into_iter(), &rolled, |tally, one| tally.add(&one.attribute.value))?;
            Ok(BucketSeries { key, type_name: series[0].attribute.value.type_name(), buckets })
        };
        let mut all: Vec<BucketSeries> = observations.chunk_by(|a, b| a.key() == b.key()).map(cut).collect::<Result<_, Error>>()?;
        all.extend(self.rolled_up(rollups)?);
        Ok(all)
    }

    /// Series of which nothing but roll-ups is left in the window.
    fn rolled_up(&self, rollups: Rollups) -> Result<Vec<BucketSeries>, Error> {
        let cut = |(key, rolled): (SeriesKey, Vec<Rolled>)| {
            let buckets = self.lay(std::iter::empty::<(i64, f64)>(), &rolled, Tally::add_number)?;
            Ok(BucketSeries { key, type_name: "Property", buckets })
        };
        let all: Vec<BucketSeries> = rollups.into_iter().map(cut).collect::<Result<_, Error>>()?;
        Ok(all.into_iter().filter(|one| !one.buckets.is_empty()).collect())
    }

    /// Values in time order and roll-ups into buckets.
    fn lay<V>(&self, values: impl Iterator<Item = (i64, V)>, rolled: &[Rolled], add: impl Fn(&mut Tally, V)) -> Result<Vec<Bucket>, Error> {
        if rolled.is_empty() {
            return self.cut(values, add);
        }
        let all = laid::together(values, rolled, &self.grid, self.question.window);
        self.cut(all.into_iter(), |tally, part| match part {
            Laid::Value(value) => add(tally, value),
            Laid::Whole(rolled) => tally.add_rolled(rolled),
            Laid::Hidden(count, length) => tally.add_hidden(count, length),
        })
    }

    fn time_of(&self, observation: &Observation) -> i64 {
        let time = match self.question.time_property {
            TimeProperty::CreatedAt => observation.attribute.created_at,
            TimeProperty::ModifiedAt | TimeProperty::DeletedAt => observation.recorded_at,
            TimeProperty::ObservedAt => observation.time(),
        };
        time.micros()
    }

    /// Values in time order into buckets.
    fn cut<V>(&self, values: impl Iterator<Item = (i64, V)>, add: impl Fn(&mut Tally, V)) -> Result<Vec<Bucket>, Error> {
        let mut row = Row { cutter: self, buckets: Vec::new(), end: None };
        let mut open: Option<(i64, i64, Tally)> = None;
        for (time, value) in values {
            if let Some((_, end, tally)) = &mut open
                && time < *end
            {
                add(tally, value);
                continue;
            }
            if let Some(full) = open.take() {
                row.close(full)?;
            }
            let (start, end) = self.grid.around(time);
            row.fill_until(start)?;
            let (_, _, tally) = open.insert((start, end, Tally::new(&self.question.methods)));
            add(tally, value);
        }
        if let Some(full) = open {
            row.close(full)?;
            row.fill_until(self.question.window.end.micros())?;
        }
        Ok(row.buckets)
    }
}

/// The buckets of a series as they come.
struct Row<'a> {
    cutter: &'a Cutter<'a>,
    buckets: Vec<Bucket>,
    /// Where the last one ends.
    end: Option<i64>,
}

impl Row<'_> {
    fn close(&mut self, (start, end, tally): (i64, i64, Tally)) -> Result<(), Error> {
        let (figures, only) = tally.figures(&self.cutter.question.methods);
        self.push(start, end, false, (figures, only))
    }

    /// What lies between the last bucket and a time, where gaps are asked for.
    fn fill_until(&mut self, until: i64) -> Result<(), Error> {
        let question = self.cutter.question;
        let is_open = |at: Instant| at <= TimeWindow::ALL.start || at >= TimeWindow::ALL.end;
        if question.gaps == Gaps::Omit || question.period.is_whole() || is_open(Instant::from_micros(until)) {
            return Ok(());
        }
        let first = if is_open(question.window.start) { None } else { Some(self.cutter.grid.around(question.window.start.micros()).0) };
        let Some(mut next) = self.end.or(first) else { return Ok(()) };
        while next < until {
            let (start, end) = self.cutter.grid.around(next);
            let figures = self.figures_of_gap();
            self.push(start, end, true, (figures, None))?;
            next = end;
        }
        Ok(())
    }

    fn figures_of_gap(&self) -> Vec<Option<Figure>> {
        let question = self.cutter.question;
        let last = self.buckets.last().filter(|_| question.gaps == Gaps::Previous);
        let figure = |(index, method): (usize, &Method)| match method {
            Method::TotalCount | Method::DistinctCount => Some(Figure::Number(0.0)),
            Method::Avg | Method::Min | Method::Max => last?.figures[index].clone(),
            Method::Sum | Method::SumSq | Method::StdDev => None,
        };
        question.methods.iter().enumerate().map(figure).collect()
    }

    fn push(&mut self, start: i64, end: i64, is_gap: bool, told: (Vec<Option<Figure>>, Option<Rollup>)) -> Result<(), Error> {
        let question = self.cutter.question;
        if self.buckets.len() == PERIODS_MAX {
            let message = format!(
                "periods of `{}` cut the window into more than {PERIODS_MAX}; ask for longer periods or a shorter window",
                question.period
            );
            return Err(Error::new(Kind::TooLarge, message));
        }
        if self.buckets.len().is_multiple_of(1024) {
            self.cutter.waiting.check()?;
        }
        self.end = Some(end);
        // A period over everything is the window, as far as it can be written.
        let (start, end) =
            if question.period.is_whole() { (question.window.start.micros(), question.window.end.micros()) } else { (start, end) };
        let written = |micros: i64| Instant::from_micros(micros).clamp(Instant::MIN, Instant::MAX);
        let (figures, only) = told;
        self.buckets.push(Bucket { start: written(start), end: written(end), is_gap, figures, only });
        Ok(())
    }
}

/// That no method asked for fits any value: an error that names both.
pub(crate) fn ensure_something_fits(question: &BucketQuery, series: &[BucketSeries]) -> Result<(), Error> {
    let has_figure = |bucket: &Bucket| !bucket.is_gap && (bucket.only.is_some() || bucket.figures.iter().any(Option::is_some));
    if series.iter().all(|one| one.buckets.is_empty()) || series.iter().any(|one| one.buckets.iter().any(has_figure)) {
        return Ok(());
    }
    let methods: Vec<&str> = question.methods.iter().map(|method| method.word()).collect();
    let mut names: Vec<&str> = series.iter().map(|one| one.key.attribute.iri()).collect();
    names.dedup();
    Err(Error::invalid(format!(
        "`{}` does not apply to the values of `{}`: they are no numbers; ask for totalCount or distinctCount, or for min and max of texts and times",
        methods.join(","),
        names.join("`, `")
    )))
}
