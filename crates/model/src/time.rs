//! Instants and windows of time. Local time and time zones are `harmonise`'s work.

use std::fmt;

/// A point in time: microseconds since 1970-01-01T00:00:00Z, UTC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instant(i64);

/// Text that should be a DateTime and is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a DateTime in UTC: expected for example `2026-05-04T10:00:00Z`")]
pub struct InvalidInstant(pub String);

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

impl Instant {
    /// The first instant that can be written (year 0000).
    pub const MIN: Self = Self(-62_167_219_200 * MICROS_PER_SECOND);
    /// The last instant that can be written (year 9999).
    pub const MAX: Self = Self(253_402_300_800 * MICROS_PER_SECOND - 1);

    /// From microseconds since the epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From whole seconds since the epoch.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds * MICROS_PER_SECOND)
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Reads `YYYY-MM-DDThh:mm:ss[.f…]Z` (NGSI-LD V1.9.1, clause 4.6.3: UTC
    /// only; a comma before the fraction is accepted as ISO 8601 has it).
    /// Digits beyond microseconds are cut off.
    ///
    /// # Errors
    /// [`InvalidInstant`] names the text.
    pub fn parse(text: &str) -> Result<Self, InvalidInstant> {
        parse_utc(text.as_bytes()).ok_or_else(|| InvalidInstant(text.chars().take(60).collect()))
    }

    /// Reads dates and times of any precision that name an instant: `YYYY-MM-DD`
    /// (its first), `YYYY-MM-DDThh:mm[:ss[.f…]]` with `Z` or an offset `±hh:mm`
    /// (ISO 8601-1, 5.4). Local time without an offset names no instant.
    #[must_use]
    pub fn parse_any_precision(text: &str) -> Option<Self> {
        if let Some(instant) = parse_utc(text.as_bytes()) {
            return Some(instant);
        }
        if text.len() == 10 && text.is_ascii() {
            return Self::parse(&format!("{text}T00:00:00Z")).ok();
        }
        let (date, rest) = text.split_once('T').filter(|(date, rest)| date.len() == 10 && rest.is_ascii())?;
        let zone = rest.find(['Z', '+', '-'])?;
        let (time, zone) = rest.split_at(zone);
        let seconds = if time.len() == 5 { ":00" } else { "" };
        let local = Self::parse(&format!("{date}T{time}{seconds}Z")).ok()?;
        local.0.checked_sub(offset_seconds(zone)? * MICROS_PER_SECOND).map(Self)
    }

    /// From a calendar date and time in UTC; `None` when it does not exist.
    #[must_use]
    pub fn from_civil(year: i64, month: u32, day: u32, hour: u32, minute: u32, second: u32, micros: u32) -> Option<Self> {
        let ok = (0..=9999).contains(&year)
            && (1..=12).contains(&month)
            && day >= 1
            && day <= days_in_month(year, month)
            && hour < 24
            && minute < 60
            && second < 60
            && micros < 1_000_000;
        if !ok {
            return None;
        }
        let seconds =
            days_from_civil(year, month, day) * SECONDS_PER_DAY + i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        Some(Self(seconds * MICROS_PER_SECOND + i64::from(micros)))
    }

    /// Year, month, day in UTC.
    #[must_use]
    pub fn civil_date(self) -> (i64, u32, u32) {
        civil_from_days(self.0.div_euclid(MICROS_PER_SECOND * SECONDS_PER_DAY))
    }

    /// This instant moved by microseconds, kept within what can be written.
    #[must_use]
    pub fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros).clamp(Self::MIN.0, Self::MAX.0))
    }
}

fn parse_utc(b: &[u8]) -> Option<Instant> {
    if b.len() < 20 || b[4] != b'-' || b[7] != b'-' || b[10] != b'T' || b[13] != b':' || b[16] != b':' || b[b.len() - 1] != b'Z' {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<u32> {
        b[from..to].iter().try_fold(0u32, |acc, d| d.is_ascii_digit().then(|| acc * 10 + u32::from(d - b'0')))
    };
    let fraction = &b[19..b.len() - 1];
    let mut micros = 0;
    if !fraction.is_empty() {
        let digits = &fraction[1..];
        if !matches!(fraction[0], b'.' | b',') || digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        for place in 0..6 {
            micros = micros * 10 + digits.get(place).map_or(0, |d| u32::from(d - b'0'));
        }
    }
    Instant::from_civil(i64::from(number(0, 4)?), number(5, 7)?, number(8, 10)?, number(11, 13)?, number(14, 16)?, number(17, 19)?, micros)
}

/// Seconds east of UTC of `Z` or `±hh:mm`.
fn offset_seconds(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes() {
        b"Z" => return Some(0),
        [b'+', _, _, b':', _, _] => 1,
        [b'-', _, _, b':', _, _] => -1,
        _ => return None,
    };
    let part = |digits: &str| digits.parse::<u8>().ok().filter(|_| !digits.starts_with('+')).map(i64::from);
    let (hours, minutes) = (part(&zone[1..3])?, part(&zone[4..6])?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Days since 1970-01-01 of a proleptic Gregorian date.
fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    // Counted from 1 March, so that the leap day is the last of its year.
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = u32::try_from(day_of_year - (153 * month_from_march + 2) / 5 + 1).unwrap_or(1);
    let month = u32::try_from(if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 }).unwrap_or(1);
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Prints `YYYY-MM-DDThh:mm:ss[.f…]Z` without trailing zeros in the fraction.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil_date();
        let seconds = self.0.div_euclid(MICROS_PER_SECOND).rem_euclid(SECONDS_PER_DAY);
        let micros = self.0.rem_euclid(MICROS_PER_SECOND);
        write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        if micros != 0 {
            let digits = format!("{micros:06}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Which time of an instance a temporal query speaks of
/// (NGSI-LD V1.9.1, clause 4.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeProperty {
    /// When it was observed.
    #[default]
    ObservedAt,
    /// When the instance was first written.
    CreatedAt,
    /// When the instance was last written.
    ModifiedAt,
    /// When it was deleted.
    DeletedAt,
}

/// A half-open window of time (NGSI-LD V1.9.1, clause 4.11: `before` is
/// t < end, `after` is t ≥ start, `between` is start ≤ t < end).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeWindow {
    /// The first instant inside.
    pub start: Instant,
    /// The first instant after it.
    pub end: Instant,
}

impl TimeWindow {
    /// All of time.
    pub const ALL: Self = Self { start: Instant::from_micros(i64::MIN), end: Instant::from_micros(i64::MAX) };

    /// Whether the instant lies inside.
    #[must_use]
    pub fn contains(&self, instant: Instant) -> bool {
        self.start <= instant && instant < self.end
    }

    /// Whether nothing lies inside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start >= self.end
    }
}

impl Default for TimeWindow {
    fn default() -> Self {
        Self::ALL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2024-02-29T23:59:59.5Z",
            "0000-03-01T00:00:00Z",
            "9999-12-31T23:59:59.999999Z",
            "1935-07-01T12:00:00Z",
        ] {
            assert_eq!(Instant::parse(text).expect(text).to_string(), text);
        }
        assert_eq!(Instant::parse("2026-05-04T10:00:00.000Z").expect("zero fraction").to_string(), "2026-05-04T10:00:00Z");
        assert_eq!(Instant::parse("2026-05-04T10:00:00,25Z").expect("comma").micros() % 1_000_000, 250_000);
    }

    #[test]
    fn reads_any_precision() {
        let instant = |text: &str| Instant::parse_any_precision(text).map(|i| i.to_string());
        for (text, expected) in [
            ("2026-05-04", "2026-05-04T00:00:00Z"),
            ("2026-05-04T10:00Z", "2026-05-04T10:00:00Z"),
            ("2026-05-04T10:00:00.123456789Z", "2026-05-04T10:00:00.123456Z"),
            ("2026-05-04T00:30+02:00", "2026-05-03T22:30:00Z"),
            ("2026-05-04T10:00:00.5-01:30", "2026-05-04T11:30:00.5Z"),
        ] {
            assert_eq!(instant(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "2026-05-04T10:00:00",
            "2026-05",
            "2026-02-30",
            "10:00:00Z",
            "2026-05-04T10Z",
            "2026-05-04T10:00:00+2:00",
            "2026-05-04T10:00:00+24:00",
            "2026-05-04T10:00:00++1:00",
            "zehn Uhr!!",
            "",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn refuses_what_does_not_exist() {
        for text in [
            "2023-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-05-04T10:00:00+02:00",
            "2026-05-04 10:00:00Z",
            "2026-05-04T24:00:00Z",
            "2026-05-04T10:00:60Z",
            "2026-05-04T10:00:00.Z",
            "heute",
            "",
        ] {
            assert!(Instant::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn civil_dates_round_trip() {
        for days in (-800_000..800_000).step_by(367) {
            let (y, m, d) = civil_from_days(days);
            assert_eq!(days_from_civil(y, m, d), days);
        }
    }
}
