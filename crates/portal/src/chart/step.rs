//! Steps of time: what one point of a chart stands for.

use jiff::ToSpan;
use jiff::civil::{self, Date};
use model::{Instant, TimeWindow};

use crate::format::Zone;
use crate::messages::Language;

const MICROS_PER_HOUR: i64 = 3_600_000_000;
const EPOCH: Date = civil::date(1970, 1, 1);

/// What one point stands for: a stretch of local time, or a single instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A single measurement.
    Instant,
    /// An hour.
    Hour,
    /// A day from midnight to midnight.
    Day,
    /// A week from Monday on.
    Week,
    /// A calendar month.
    Month,
    /// A calendar year.
    Year,
}

impl Step {
    /// The finest step that needs at most `limit` points for a window.
    #[must_use]
    pub fn for_window(window: TimeWindow, limit: usize, zone: Zone) -> Self {
        [Self::Hour, Self::Day, Self::Week, Self::Month]
            .into_iter()
            .find(|step| {
                let count = step.key(window.end, zone).saturating_sub(step.key(window.start, zone));
                usize::try_from(count).is_ok_and(|count| count < limit)
            })
            .unwrap_or(Self::Year)
    }

    /// The next coarser step.
    #[must_use]
    pub fn coarser(self) -> Self {
        match self {
            Self::Instant => Self::Hour,
            Self::Hour => Self::Day,
            Self::Day => Self::Week,
            Self::Week => Self::Month,
            Self::Month | Self::Year => Self::Year,
        }
    }

    /// About how many hours it takes, 0 for an instant: finer ticks make no sense.
    pub(super) fn hours(self) -> i64 {
        match self {
            Self::Instant => 0,
            Self::Hour => 1,
            Self::Day | Self::Week => 24,
            Self::Month => 730,
            Self::Year => 8766,
        }
    }

    /// The name the slider knows.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Instant => "instant",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// The step of a name.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Instant, Self::Hour, Self::Day, Self::Week, Self::Month, Self::Year].into_iter().find(|step| step.word() == word)
    }

    /// Number of the step an instant lies in; neighbours differ by one.
    #[must_use]
    pub fn key(self, at: Instant, zone: Zone) -> i64 {
        match self {
            Self::Instant => at.micros(),
            Self::Hour => at.micros().div_euclid(MICROS_PER_HOUR),
            Self::Day => day_number(at, zone),
            // 1970-01-01 was a Thursday: shifted so that weeks begin on Monday.
            Self::Week => (day_number(at, zone) + 3).div_euclid(7),
            Self::Month => {
                let date = zone.local(at).date();
                i64::from(date.year()) * 12 + i64::from(date.month()) - 1
            }
            Self::Year => i64::from(zone.local(at).date().year()),
        }
    }

    /// The instant at which a step begins.
    #[must_use]
    pub fn start(self, key: i64, zone: Zone) -> Instant {
        match self {
            Self::Instant => Instant::from_micros(key),
            Self::Hour => Instant::from_micros(key.saturating_mul(MICROS_PER_HOUR)),
            Self::Day => start_of_day(key, zone),
            Self::Week => start_of_day(key * 7 - 3, zone),
            Self::Month => start_of_month(key.div_euclid(12), key.rem_euclid(12) + 1, zone),
            Self::Year => start_of_month(key, 1, zone),
        }
    }

    /// How a step is called in tables: `03.03.2026`, `März 2026`, ….
    #[must_use]
    pub fn name(self, at: Instant, language: Language, zone: Zone) -> String {
        match self {
            Self::Instant | Self::Hour => zone.moment_short(at, language),
            Self::Day => zone.date_short(at, language),
            Self::Week => language.texts().chart_week(zone.date_short(at, language)),
            Self::Month => zone.month(at, language),
            Self::Year => zone.local(at).year().to_string(),
        }
    }

    /// How a sentence says when: `am 3. März 2026`, `im März 2026`, ….
    #[must_use]
    pub fn when(self, at: Instant, language: Language, zone: Zone) -> String {
        let texts = language.texts();
        match self {
            Self::Instant | Self::Hour => texts.chart_when_day(zone.moment_long(at, language)),
            Self::Day => texts.chart_when_day(zone.date_long(at, language)),
            Self::Week => texts.chart_when_week(zone.date_long(at, language)),
            Self::Month => texts.chart_when_month(zone.month(at, language)),
            Self::Year => texts.chart_when_year(zone.local(at).year()),
        }
    }

    /// The machine form for `<time datetime>`.
    #[must_use]
    pub fn iso(self, at: Instant, zone: Zone) -> String {
        let date = zone.local(at).date();
        match self {
            Self::Instant | Self::Hour => at.to_string(),
            Self::Day | Self::Week => date.to_string(),
            Self::Month => format!("{:04}-{:02}", date.year(), date.month()),
            Self::Year => format!("{:04}", date.year()),
        }
    }
}

fn day_number(at: Instant, zone: Zone) -> i64 {
    EPOCH.until(zone.local(at).date()).map_or(0, |span| i64::from(span.get_days()))
}

fn start_of_day(number: i64, zone: Zone) -> Instant {
    let date = i32::try_from(number).ok().and_then(|days| EPOCH.checked_add(days.days()).ok());
    zone.start_of(date.unwrap_or(Date::MAX))
}

fn start_of_month(year: i64, month: i64, zone: Zone) -> Instant {
    let date = i16::try_from(year).ok().zip(i8::try_from(month).ok()).and_then(|(year, month)| Date::new(year, month, 1).ok());
    zone.start_of(date.unwrap_or(Date::MAX))
}
