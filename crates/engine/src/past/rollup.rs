//! Roll-ups: what is kept of the values of an hour or a day.
//!
//! A roll-up holds what the methods of aggregation need and what can be put
//! together, and the instants of its values. By these it is known which values
//! it has, so that one that comes again is not counted twice, and whether all of
//! them lie in a period or a window that is asked for.

mod instants;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{Authorized, Grain, Instant, Json, Number, NumberSeries, Observation, Rollup, SeriesKey, SeriesQuery, TimeWindow, Value};

use super::Past;
use super::buckets::moments::{Moments, Sum};
use crate::{DOOR, Error};
pub(crate) use instants::Instants;

/// No roll-up stands for longer than a day of 25 hours.
pub(crate) const LONGEST_MICROS: i64 = 25 * 3_600 * 1_000_000;
const HOUR_MICROS: i64 = 3_600 * 1_000_000;
static BERLIN: LazyLock<TimeZone> = LazyLock::new(|| TimeZone::get("Europe/Berlin").expect("the time zone database is built in"));

/// Roll-ups by the series they are made of, in order of their starts.
pub(crate) type Rollups = BTreeMap<SeriesKey, Vec<Rolled>>;

/// The values of an hour or a day as one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rolled {
    pub(crate) length: Rollup,
    /// When the hour or day begins, in microseconds.
    pub(crate) start: i64,
    /// What its values stand for.
    pub(crate) instants: Instants,
    /// The moments of those that are numbers, or true (1) and false (0).
    pub(crate) numbers: Moments,
}

impl Rolled {
    /// One without a value.
    pub(crate) fn new(length: Rollup, start: i64) -> Self {
        Self { length, start, instants: Instants::of(start, []), numbers: Moments::default() }
    }

    /// How many values.
    pub(crate) fn count(&self) -> u64 {
        self.instants.count()
    }

    /// Whether some of them are no numbers.
    pub(crate) fn has_others(&self) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "no day holds 2^53 values")]
        let all = self.count() as f64;
        self.numbers.count < all
    }

    /// Takes more values, of instants of which it has none.
    pub(crate) fn add<'a>(&mut self, values: impl IntoIterator<Item = (i64, &'a Value)>) {
        let mut instants: BTreeSet<i64> = self.instants.iter().collect();
        for (at, value) in values {
            if instants.insert(at) {
                match value {
                    Value::Property(Json::Number(number)) if number.as_f64().is_finite() => self.numbers.add(number.as_f64()),
                    Value::Property(Json::Bool(truth)) => self.numbers.add(f64::from(u8::from(*truth))),
                    _ => {}
                }
            }
        }
        self.instants = Instants::of(self.start, instants);
    }

    /// The value of an instance in its series.
    pub(crate) fn value(&self) -> Value {
        let Moments { count, sum, squares, mean, spread, min, max } = self.numbers;
        let pair = |sum: Sum| Json::Array(vec![number(sum.sum), number(if sum.sum.is_finite() { sum.lost } else { 0.0 })]);
        let mut members = vec![("instants".into(), self.instants.to_json())];
        if !self.numbers.is_empty() {
            members.extend([
                ("count".into(), number(count)),
                ("sum".into(), pair(sum)),
                ("sumsq".into(), pair(squares)),
                ("mean".into(), number(mean)),
                ("spread".into(), number(spread)),
                ("min".into(), number(min)),
                ("max".into(), number(max)),
            ]);
        }
        Value::JsonProperty(Json::Object(members.into_iter().collect()))
    }

    /// Reads an instance of a series of roll-ups.
    pub(crate) fn read(observation: &Observation, length: Rollup) -> Result<Self, Error> {
        let start = observation.time().micros();
        let read = || {
            let Value::JsonProperty(json) = &observation.attribute.value else { return None };
            let instants = Instants::read(start, json.get("instants")?)?;
            let mut numbers = Moments::default();
            if let Some(count) = json.get("count") {
                let of = |name: &str| read_number(json.get(name)?);
                let pair = |name: &str| match json.get(name)?.as_array()? {
                    [sum, lost] => Some(Sum { sum: read_number(sum)?, lost: read_number(lost)? }),
                    _ => None,
                };
                numbers = Moments {
                    count: read_number(count)?,
                    sum: pair("sum")?,
                    squares: pair("sumsq")?,
                    mean: of("mean")?,
                    spread: of("spread")?,
                    min: of("min")?,
                    max: of("max")?,
                };
            }
            Some(Self { length, start, instants, numbers })
        };
        let key = observation.key();
        read().ok_or_else(|| Error::internal(format!("the roll-up of `{}` from {} cannot be read", key.entity, observation.time())))
    }
}

/// A double; what JSON has no number for is a word.
fn number(value: f64) -> Json {
    Number::parse(&value.to_string()).map_or_else(|| Json::from(value.to_string().as_str()), Json::Number)
}

fn read_number(json: &Json) -> Option<f64> {
    match json {
        Json::Number(number) => Some(number.as_f64()),
        Json::String(word) => word.parse().ok(),
        _ => None,
    }
}

/// When the hour or day of an instant begins.
pub(crate) fn start_of(length: Rollup, at: Instant) -> Instant {
    let micros = at.micros();
    let hour = micros.saturating_sub(micros.rem_euclid(HOUR_MICROS));
    let day = || {
        let day = Timestamp::from_microsecond(micros).ok()?.to_zoned(BERLIN.clone()).start_of_day().ok()?;
        Some(day.timestamp().as_microsecond())
    };
    Instant::from_micros(match length {
        Rollup::Hour => hour,
        // Beyond the time that can be written there are no days.
        Rollup::Day => day().unwrap_or(hour),
    })
}

impl Past {
    /// The roll-ups of series that may have values in a window.
    pub(crate) fn rollups(&self, question: &SeriesQuery) -> Result<Rollups, Error> {
        let start = Instant::from_micros(question.window.start.micros().saturating_sub(LONGEST_MICROS));
        let window = TimeWindow { start, ..question.window };
        let question = SeriesQuery {
            entities: question.entities.clone(),
            attributes: question.attributes.clone(),
            window,
            grain: Grain::Rollups,
            ..SeriesQuery::default()
        };
        let mut all = Rollups::new();
        for row in self.series(&Authorized::new(&DOOR, question))? {
            if let Some((key, length)) = row.key().rolled() {
                all.entry(key).or_default().push(Rolled::read(&row, length)?);
            }
        }
        all.values_mut().for_each(|rolled| rolled.sort_by_key(|one| one.start));
        Ok(all)
    }
}

/// What the numbers of series stand for, those in roll-ups too, in order.
pub(crate) fn instants_of(numbers: Vec<NumberSeries>, rollups: &Rollups) -> Vec<(SeriesKey, Vec<i64>)> {
    let mut all: BTreeMap<SeriesKey, Vec<i64>> = numbers.into_iter().map(|series| (series.key, series.times)).collect();
    for (key, rolled) in rollups {
        let times = all.entry(key.clone()).or_default();
        times.extend(rolled.iter().flat_map(|one| one.instants.iter()));
        times.sort_unstable();
        times.dedup();
    }
    all.into_iter().collect()
}
