//! Time buckets: many values of a period as one (NGSI-LD V1.9.1, clause 4.5.19).

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use model::series::SeriesLimit;
use model::time::TimeProperty;
use model::{EntityId, Instant, Name, NumberSeries, SeriesKey, SeriesQuery, TimeWindow};

use crate::Error;

/// Which numbers, in which periods.
#[derive(Debug, Clone, PartialEq)]
pub struct BucketQuery {
    /// The entities.
    pub entities: Vec<EntityId>,
    /// The attributes.
    pub attributes: Vec<Name>,
    /// The window of time.
    pub window: TimeWindow,
    /// How long a period is.
    pub period: Period,
    /// The time zone of calendar periods: `UTC`, `Europe/Berlin`.
    pub zone: &'static str,
}

impl BucketQuery {
    /// The series behind the buckets.
    pub(crate) fn series(&self) -> SeriesQuery {
        SeriesQuery {
            entities: self.entities.clone(),
            attributes: Some(self.attributes.clone()),
            window: self.window,
            time_property: TimeProperty::ObservedAt,
            limit: SeriesLimit::All,
            ..SeriesQuery::default()
        }
    }
}

/// The length of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// So many microseconds, counted from the window's start, or the epoch when it is open.
    Fixed {
        /// Microseconds, more than 0.
        micros: i64,
    },
    /// A day of the zone.
    Day,
    /// A week of the zone, from Monday.
    Week,
    /// A month of the zone.
    Month,
    /// A year of the zone.
    Year,
}

/// The buckets of one series, in time order; empty ones are left out.
#[derive(Debug, Clone, PartialEq)]
pub struct BucketSeries {
    /// Which series.
    pub key: SeriesKey,
    /// Its buckets.
    pub buckets: Vec<Bucket>,
}

/// What the numbers of a period come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// The first instant of the period.
    pub start: Instant,
    /// The first instant after it.
    pub end: Instant,
    /// How many values.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// The sum of their squares.
    pub sum_of_squares: f64,
}

impl Bucket {
    /// The mean of the values.
    #[must_use]
    pub fn mean(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "no bucket holds 2^53 values")]
        let count = self.count as f64;
        self.sum / count
    }

    fn open(start: i64, end: i64) -> Self {
        Self {
            start: Instant::from_micros(start),
            end: Instant::from_micros(end),
            count: 0,
            sum: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            sum_of_squares: 0.0,
        }
    }

    fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sum_of_squares += value * value;
    }
}

/// Sorts the numbers of each series into periods.
pub(crate) fn fill(question: &BucketQuery, series: &[NumberSeries]) -> Result<Vec<BucketSeries>, Error> {
    let periods = Periods::new(question)?;
    series.iter().map(|one| Ok(BucketSeries { key: one.key.clone(), buckets: periods.fill(one)? })).collect()
}

struct Periods {
    period: Period,
    zone: TimeZone,
    /// Where fixed periods count from.
    origin: i64,
}

impl Periods {
    fn new(question: &BucketQuery) -> Result<Self, Error> {
        if let Period::Fixed { micros } = question.period
            && micros <= 0
        {
            return Err(Error::invalid("the period must be longer than 0"));
        }
        let zone = TimeZone::get(question.zone)
            .map_err(|_| Error::invalid(format!("the time zone `{}` is not known; use a name such as `Europe/Berlin`", question.zone)))?;
        let origin = if question.window.start == TimeWindow::ALL.start { 0 } else { question.window.start.micros() };
        Ok(Self { period: question.period, zone, origin })
    }

    fn fill(&self, series: &NumberSeries) -> Result<Vec<Bucket>, Error> {
        let mut buckets: Vec<Bucket> = Vec::new();
        for (time, value) in series.times.iter().zip(&series.values) {
            match buckets.last_mut() {
                Some(bucket) if *time < bucket.end.micros() => bucket.add(*value),
                _ => {
                    let (start, end) = self.around(*time)?;
                    let mut bucket = Bucket::open(start, end);
                    bucket.add(*value);
                    buckets.push(bucket);
                }
            }
        }
        Ok(buckets)
    }

    /// First instant of the period around a time, and the first after it.
    fn around(&self, micros: i64) -> Result<(i64, i64), Error> {
        if let Period::Fixed { micros: length } = self.period {
            let start = (micros - self.origin).div_euclid(length) * length + self.origin;
            return Ok((start, start.saturating_add(length)));
        }
        self.calendar(micros)
            .map_err(|error| Error::invalid(format!("the period around {} cannot be computed: {error}", Instant::from_micros(micros))))
    }

    fn calendar(&self, micros: i64) -> Result<(i64, i64), jiff::Error> {
        let local: Zoned = Timestamp::from_microsecond(micros)?.to_zoned(self.zone.clone());
        let day = local.date();
        let (first, next) = match self.period {
            Period::Week => {
                let monday = day.checked_sub(i32::from(day.weekday().since(Weekday::Monday)).days())?;
                (monday, monday.checked_add(1.week())?)
            }
            Period::Month => (day.first_of_month(), day.first_of_month().checked_add(1.month())?),
            Period::Year => (day.first_of_year(), day.first_of_year().checked_add(1.year())?),
            Period::Day | Period::Fixed { .. } => (day, day.checked_add(1.day())?),
        };
        let start = first.to_zoned(self.zone.clone())?.timestamp().as_microsecond();
        let end = next.to_zoned(self.zone.clone())?.timestamp().as_microsecond();
        Ok((start, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Iri;

    fn series(times: &[&str]) -> NumberSeries {
        NumberSeries {
            key: SeriesKey {
                entity: Iri::parse("urn:x:1").expect("valid"),
                attribute: Name::known("https://example.org/no2"),
                dataset: None,
            },
            times: times.iter().map(|t| Instant::parse(t).expect("valid").micros()).collect(),
            values: (0..times.len()).map(|n| f64::from(u32::try_from(n).expect("few"))).collect(),
        }
    }

    #[track_caller]
    fn check(period: Period, zone: &'static str, times: &[&str], expected: &[&str]) {
        let question = BucketQuery { entities: vec![], attributes: vec![], window: TimeWindow::ALL, period, zone };
        let filled = fill(&question, &[series(times)]).expect("fills");
        let got: Vec<String> = filled[0].buckets.iter().map(|b| format!("{} {} {}", b.start, b.count, b.sum)).collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn days_of_berlin_have_23_and_25_hours() {
        check(
            Period::Day,
            "Europe/Berlin",
            &["2024-03-30T23:00:00Z", "2024-03-31T21:59:59Z", "2024-03-31T22:00:00Z"],
            &["2024-03-30T23:00:00Z 2 1", "2024-03-31T22:00:00Z 1 2"],
        );
        check(
            Period::Day,
            "Europe/Berlin",
            &["2024-10-26T22:00:00Z", "2024-10-27T22:59:59Z", "2024-10-27T23:00:00Z"],
            &["2024-10-26T22:00:00Z 2 1", "2024-10-27T23:00:00Z 1 2"],
        );
    }

    #[test]
    fn weeks_months_and_years_follow_the_calendar() {
        check(
            Period::Week,
            "UTC",
            &["2026-05-04T00:00:00Z", "2026-05-10T23:00:00Z", "2026-05-11T00:00:00Z"],
            &["2026-05-04T00:00:00Z 2 1", "2026-05-11T00:00:00Z 1 2"],
        );
        check(
            Period::Month,
            "Europe/Berlin",
            &["2024-01-31T22:59:00Z", "2024-01-31T23:00:00Z"],
            &["2023-12-31T23:00:00Z 1 0", "2024-01-31T23:00:00Z 1 1"],
        );
        check(
            Period::Year,
            "UTC",
            &["1935-07-01T00:00:00Z", "1936-01-01T00:00:00Z"],
            &["1935-01-01T00:00:00Z 1 0", "1936-01-01T00:00:00Z 1 1"],
        );
    }

    #[test]
    fn fixed_periods_count_from_the_epoch() {
        check(
            Period::Fixed { micros: 3_600_000_000 },
            "UTC",
            &["1969-12-31T23:59:00Z", "1970-01-01T00:00:00Z"],
            &["1969-12-31T23:00:00Z 1 0", "1970-01-01T00:00:00Z 1 1"],
        );
    }
}
