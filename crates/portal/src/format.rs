//! Numbers, units, dates and ages as people in Germany and Britain read them.
//!
//! Times are shown in Europe/Berlin; charts and tables also in UTC, when the
//! reader wants that. Both hours of the night when the clock goes back are
//! told apart. A missing value is a word, never an empty place and never zero.

use std::sync::LazyLock;

use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, Zoned, civil};
use model::Instant;

use crate::messages::Language;

/// Narrow no-break space: between a number and its unit.
const NARROW_SPACE: char = '\u{202f}';
/// The minus sign, as wide as a digit.
const MINUS: char = '\u{2212}';

/// The zone times are shown in, unless the reader chose another.
pub const ZONE: &str = "Europe/Berlin";

static BERLIN: LazyLock<TimeZone> = LazyLock::new(|| TimeZone::get(ZONE).expect("the time zone database is built in"));

/// The time a reader wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Zone {
    /// Local time in Germany, with summer time.
    #[default]
    Berlin,
    /// Coordinated universal time.
    Utc,
}

/// A whole number with its thousands apart: `1.234`, `1,234`.
#[must_use]
pub fn count(n: u64, language: Language) -> String {
    grouped(&n.to_string(), language)
}

/// A number with as many decimals as it has: `1.234,5`, `−3`.
#[must_use]
pub fn number(value: f64, language: Language) -> String {
    written(&format!("{value}"), language)
}

/// A number with a fixed number of decimals; never `−0`.
#[must_use]
pub fn decimal(value: f64, digits: usize, language: Language) -> String {
    written(&format!("{value:.digits$}"), language)
}

/// A number as it was written in the data (`-1234.50`), its decimals kept.
/// Text that is no plain number, such as one with an exponent, stays as it is.
#[must_use]
pub fn written(text: &str, language: Language) -> String {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return text.to_owned();
    }
    let is_zero = whole.bytes().chain(fraction.bytes()).all(|b| b == b'0');
    let mut out = String::with_capacity(text.len() + 4);
    if negative && !is_zero {
        out.push(MINUS);
    }
    out.push_str(&grouped(whole, language));
    if !fraction.is_empty() {
        out.push(if language == Language::De { ',' } else { '.' });
        out.push_str(fraction);
    }
    out
}

fn grouped(digits: &str, language: Language) -> String {
    let separator = if language == Language::De { '.' } else { ',' };
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

/// A written number with its unit: `12,4 °C`, `78 %`. The unit `1` is no unit.
#[must_use]
pub fn with_unit(number: &str, unit: &str) -> String {
    match unit {
        "" | "1" => number.to_owned(),
        "°" => format!("{number}°"),
        _ => format!("{number}{NARROW_SPACE}{unit}"),
    }
}

/// How many decimals show a value of this size with about three digits.
#[must_use]
pub fn digits_for(magnitude: f64) -> usize {
    let magnitude = magnitude.abs();
    if magnitude >= 100.0 || magnitude == 0.0 {
        0
    } else if magnitude >= 1.0 {
        1
    } else if magnitude >= 0.01 {
        2
    } else {
        4
    }
}

/// The decimals that recorded values have, at most four; `None` where one has
/// more, as computed values do.
#[must_use]
pub fn recorded_digits(values: impl Iterator<Item = f64>) -> Option<usize> {
    const DIGITS_MAX: usize = 4;
    let digits = |value: f64| format!("{value}").split_once('.').map_or(0, |(_, fraction)| fraction.len());
    Some(values.map(digits).max().unwrap_or(0)).filter(|most| *most <= DIGITS_MAX)
}

/// A size of a file in steps of thousand: `6 kB`, `1,4 MB`.
#[must_use]
pub fn size(bytes: u64, language: Language) -> String {
    const STEPS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    for (step, unit) in STEPS {
        if bytes >= step {
            #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
            let value = bytes as f64 / step as f64;
            return with_unit(&decimal(value, usize::from(value < 10.0), language), unit);
        }
    }
    with_unit(&count(bytes, language), "B")
}

impl Zone {
    /// The zone of a word in addresses: `utc`; anything else is local time.
    #[must_use]
    pub fn of_word(word: Option<&str>) -> Self {
        if word == Some(Self::Utc.word()) { Self::Utc } else { Self::Berlin }
    }

    /// The word in addresses; empty for local time.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Berlin => "",
            Self::Utc => "utc",
        }
    }

    /// The IANA name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Berlin => ZONE,
            Self::Utc => "UTC",
        }
    }

    fn rules(self) -> TimeZone {
        match self {
            Self::Berlin => BERLIN.clone(),
            Self::Utc => TimeZone::UTC,
        }
    }

    /// The date and time of an instant here.
    #[must_use]
    pub fn local(self, at: Instant) -> Zoned {
        Timestamp::from_microsecond(at.micros()).unwrap_or(Timestamp::MAX).to_zoned(self.rules())
    }

    /// The instant at which a date begins here.
    #[must_use]
    pub fn start_of(self, date: civil::Date) -> Instant {
        self.instant(date.to_datetime(civil::Time::midnight()))
    }

    /// The instant of a time here; in the autumn's double hour the first.
    #[must_use]
    pub fn instant(self, at: civil::DateTime) -> Instant {
        let micros = at.to_zoned(self.rules()).map_or(i64::MAX, |zoned| zoned.timestamp().as_microsecond());
        Instant::from_micros(micros)
    }

    /// `3. März 2026`, `3 March 2026`.
    #[must_use]
    pub fn date_long(self, at: Instant, language: Language) -> String {
        let date = self.local(at).date();
        let month = month_name(date.month(), language);
        match language {
            Language::De => format!("{}. {month} {}", date.day(), date.year()),
            Language::En => format!("{} {month} {}", date.day(), date.year()),
        }
    }

    /// `03.03.2026`, `03/03/2026`: for tables.
    #[must_use]
    pub fn date_short(self, at: Instant, language: Language) -> String {
        let date = self.local(at).date();
        let separator = if language == Language::De { '.' } else { '/' };
        format!("{:02}{separator}{:02}{separator}{}", date.day(), date.month(), date.year())
    }

    /// `14:05`, and in the night when the clock goes back `2:30 (Sommerzeit)`.
    #[must_use]
    pub fn clock(self, at: Instant, language: Language) -> String {
        let zoned = self.local(at);
        let time = format!("{}:{:02}", zoned.hour(), zoned.minute());
        let texts = language.texts();
        match self.rules().to_ambiguous_timestamp(zoned.datetime()).offset() {
            AmbiguousOffset::Fold { before, .. } if zoned.offset() == before => format!("{time} ({})", texts.date_summer_time()),
            AmbiguousOffset::Fold { .. } => format!("{time} ({})", texts.date_winter_time()),
            _ => time,
        }
    }

    /// `3. März 2026, 14:05 Uhr`.
    #[must_use]
    pub fn moment_long(self, at: Instant, language: Language) -> String {
        language.texts().date_at(self.clock(at, language), self.date_long(at, language))
    }

    /// `03.03.2026, 14:05`: for tables.
    #[must_use]
    pub fn moment_short(self, at: Instant, language: Language) -> String {
        format!("{}, {}", self.date_short(at, language), self.clock(at, language))
    }

    /// `März 2026`.
    #[must_use]
    pub fn month(self, at: Instant, language: Language) -> String {
        let date = self.local(at).date();
        format!("{} {}", month_name(date.month(), language), date.year())
    }

    /// `Mär`.
    #[must_use]
    pub fn month_short(self, at: Instant, language: Language) -> &'static str {
        let index = usize::from(self.local(at).date().month().unsigned_abs()) - 1;
        language.texts().date_months_short()[index]
    }

    /// `1. Januar 2022 bis 31. Dezember 2023`; one date when both are the same.
    #[must_use]
    pub fn period(self, from: Instant, to: Instant, language: Language) -> String {
        let (from, to) = (self.date_long(from, language), self.date_long(to, language));
        if from == to { from } else { language.texts().date_period(from, to) }
    }
}

/// The date and time of an instant in Europe/Berlin.
#[must_use]
pub fn local(at: Instant) -> Zoned {
    Zone::Berlin.local(at)
}

/// The instant at which a date begins in Europe/Berlin.
#[must_use]
pub fn start_of(date: civil::Date) -> Instant {
    Zone::Berlin.start_of(date)
}

/// [`Zone::date_long`] in Europe/Berlin.
#[must_use]
pub fn date_long(at: Instant, language: Language) -> String {
    Zone::Berlin.date_long(at, language)
}

/// [`Zone::date_short`] in Europe/Berlin.
#[must_use]
pub fn date_short(at: Instant, language: Language) -> String {
    Zone::Berlin.date_short(at, language)
}

/// [`Zone::clock`] in Europe/Berlin.
#[must_use]
pub fn clock(at: Instant, language: Language) -> String {
    Zone::Berlin.clock(at, language)
}

/// [`Zone::moment_long`] in Europe/Berlin.
#[must_use]
pub fn moment_long(at: Instant, language: Language) -> String {
    Zone::Berlin.moment_long(at, language)
}

/// [`Zone::moment_short`] in Europe/Berlin.
#[must_use]
pub fn moment_short(at: Instant, language: Language) -> String {
    Zone::Berlin.moment_short(at, language)
}

fn month_name(month: i8, language: Language) -> &'static str {
    language.texts().date_months()[usize::from(month.unsigned_abs()) - 1]
}

/// [`Zone::period`] in Europe/Berlin.
#[must_use]
pub fn period(from: Instant, to: Instant, language: Language) -> String {
    Zone::Berlin.period(from, to, language)
}

/// [`period`] of each, set apart by semicolons.
#[must_use]
pub fn periods(periods: &[(Instant, Instant)], language: Language) -> String {
    periods.iter().map(|(from, to)| period(*from, *to, language)).collect::<Vec<_>>().join("; ")
}

/// `vor 4 Min.`; only ever shown beside the time itself.
#[must_use]
pub fn age(at: Instant, now: Instant, language: Language) -> String {
    let texts = language.texts();
    let minutes = now.micros().saturating_sub(at.micros()) / 60_000_000;
    let n = |value: i64| u64::try_from(value).unwrap_or(0);
    match minutes {
        ..=0 => texts.age_now().to_owned(),
        1..60 => texts.age_minutes(n(minutes)),
        60..2880 => texts.age_hours(n(minutes / 60)),
        2880..86_400 => texts.age_days(n(minutes / 1440)),
        86_400..1_051_200 => texts.age_months(n(minutes / 43_800)),
        _ => texts.age_years(n(minutes / 525_600)),
    }
}

/// An ISO 8601 duration of whole minutes, hours or days in words: `PT15M` → `15 Minuten`.
#[must_use]
pub fn iso_duration(iso: &str, language: Language) -> String {
    let texts = language.texts();
    let whole = |number: &str, unit: char| number.strip_suffix(unit).and_then(|digits| digits.parse::<u64>().ok());
    match iso.strip_prefix("PT") {
        Some(rest) => whole(rest, 'M').map(|n| texts.duration_minutes(n)).or_else(|| whole(rest, 'H').map(|n| texts.duration_hours(n))),
        None => iso.strip_prefix('P').and_then(|rest| whole(rest, 'D')).map(|n| texts.duration_days(n)),
    }
    .unwrap_or_else(|| iso.to_owned())
}

/// How long something took: `0,4 s`, `12 s`, `3 min 5 s`.
#[must_use]
pub fn duration(micros: i64, language: Language) -> String {
    let seconds = micros.max(0) / 1_000_000;
    if seconds >= 60 {
        return format!("{} {}", with_unit(&(seconds / 60).to_string(), "min"), with_unit(&(seconds % 60).to_string(), "s"));
    }
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let value = micros.max(0) as f64 / 1e6;
    with_unit(&decimal(value, usize::from(value < 10.0), language), "s")
}

#[cfg(test)]
mod tests;
