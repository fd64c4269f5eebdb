//! Where periods begin and end.

use std::cell::Cell;

use jiff::civil::{DateTime, date};
use jiff::tz::{TimeZone, TimeZoneTransition};
use jiff::{Span, Timestamp};
use model::Instant;

use super::period::{DAY, Period};
use crate::Error;

/// From where periods are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Alignment {
    /// At round local times: quarters of an hour and hours as the clock shows
    /// them, days at midnight, weeks on Monday, months on the first, quarters
    /// in January. What the clock or calendar has no round time for is counted
    /// from the first Monday of the year 2000, months and years from its first day.
    #[default]
    Calendar,
    /// At an instant (`timeAt` of NGSI-LD V1.9.1, clause 4.5.19).
    From(Instant),
}

/// Periods of one length in one time zone: each instant lies in exactly one.
pub(super) struct Grid {
    zone: TimeZone,
    kind: Kind,
    /// The stretch around the time last looked at in which the clock was not changed.
    stretch: Cell<Stretch>,
}

/// From an instant until before another clocks are so many microseconds ahead of UTC.
#[derive(Clone, Copy)]
struct Stretch {
    from: i64,
    until: i64,
    offset: i64,
}

enum Kind {
    Whole,
    /// So many microseconds from an instant on.
    Even {
        origin: i64,
        length: i64,
    },
    /// A part of a day, as local clocks show it.
    Clock {
        length: i64,
    },
    /// Months and days from a local time on.
    Civil {
        period: Period,
        origin: DateTime,
    },
}

impl Grid {
    pub(super) fn new(period: Period, alignment: Alignment, zone: &str) -> Result<Self, Error> {
        let zone = TimeZone::get(zone).map_err(|_| {
            Error::invalid(format!(
                "the time zone `{}` is not known; use a name such as `Europe/Berlin`",
                zone.chars().take(60).collect::<String>()
            ))
        })?;
        let is_by_clock = period.months == 0 && period.days == 0;
        let kind = match alignment {
            _ if period.is_whole() => Kind::Whole,
            Alignment::From(origin) if is_by_clock => Kind::Even { origin: origin.micros(), length: period.micros },
            Alignment::From(origin) => Kind::Civil { period, origin: zone.to_datetime(timestamp(origin.micros())) },
            Alignment::Calendar if is_by_clock && period.micros < DAY && DAY % period.micros == 0 => Kind::Clock { length: period.micros },
            Alignment::Calendar => {
                let first = if period.months == 0 { date(2000, 1, 3) } else { date(2000, 1, 1) };
                let origin = first.at(0, 0, 0, 0);
                if is_by_clock {
                    let origin = zone.to_timestamp(origin).map_or(0, Timestamp::as_microsecond);
                    Kind::Even { origin, length: period.micros }
                } else {
                    Kind::Civil { period, origin }
                }
            }
        };
        Ok(Self { zone, kind, stretch: Cell::new(Stretch { from: 0, until: 0, offset: 0 }) })
    }

    /// First instant of the period around a time, and the first after it, in
    /// microseconds. At the ends of time they saturate.
    pub(super) fn around(&self, at: i64) -> (i64, i64) {
        match &self.kind {
            Kind::Whole => (i64::MIN, i64::MAX),
            Kind::Even { origin, length } => {
                let start = at.saturating_sub(at.saturating_sub(*origin).rem_euclid(*length));
                (start, start.saturating_add(*length))
            }
            Kind::Clock { length } => self.clock(at, *length),
            Kind::Civil { period, origin } => self.civil(at, *period, *origin),
        }
    }

    /// A part of a day. Where the clock is put back or forward by a whole
    /// number of periods, all keep their length, and those it shows twice are
    /// two; else the one around the change is longer or shorter.
    fn clock(&self, at: i64, length: i64) -> (i64, i64) {
        let offset = self.offset(at);
        let number = |at: i64, offset: i64| (at + offset).div_euclid(length);
        let own = number(at, offset);
        let (mut start, mut end) = (own * length - offset, (own + 1) * length - offset);
        if self.offset(start - 1) != offset
            && let Some(change) = self.zone.preceding(timestamp(at + 1)).next()
        {
            let change = change.timestamp().as_microsecond();
            let before = self.offset(change - 1);
            if (offset - before) % length != 0 {
                start = if number(change - 1, before) == own { own * length - before } else { change };
            }
        }
        if self.offset(end) != offset
            && let Some(change) = self.zone.following(timestamp(at)).next()
        {
            let change = change.timestamp().as_microsecond();
            let after = self.offset(change);
            if (after - offset) % length != 0 {
                end = if number(change, after) == own { (own + 1) * length - after } else { change };
            }
        }
        (start, end)
    }

    fn offset(&self, at: i64) -> i64 {
        let known = self.stretch.get();
        if (known.from..known.until).contains(&at) {
            return known.offset;
        }
        let micros = |transition: TimeZoneTransition<'_>| transition.timestamp().as_microsecond();
        let from = self.zone.preceding(timestamp(at.saturating_add(1))).next().map_or(i64::MIN, micros);
        let until = self.zone.following(timestamp(at)).next().map_or(i64::MAX, micros);
        let offset = i64::from(self.zone.to_offset(timestamp(at)).seconds()) * 1_000_000;
        self.stretch.set(Stretch { from, until, offset });
        offset
    }

    fn civil(&self, at: i64, period: Period, origin: DateTime) -> (i64, i64) {
        let zero = self.civil_start(0, period, origin);
        // Periods differ by days at most, so the guess is near.
        let mut number = (at.saturating_sub(zero)).div_euclid(period.about());
        while self.civil_start(number, period, origin) > at {
            number -= 1;
        }
        while self.civil_start(number + 1, period, origin) <= at {
            number += 1;
        }
        (self.civil_start(number, period, origin), self.civil_start(number + 1, period, origin))
    }

    fn civil_start(&self, number: i64, period: Period, origin: DateTime) -> i64 {
        let start = || {
            let (months, days) = (period.months.checked_mul(number)?, period.days.checked_mul(number)?);
            let span = Span::new().try_months(months).ok()?.try_days(days).ok()?;
            let local = origin.checked_add(span).ok()?;
            let start = self.zone.to_timestamp(local).ok()?.as_microsecond();
            start.checked_add(period.micros.checked_mul(number)?)
        };
        start().unwrap_or(if number < 0 { i64::MIN } else { i64::MAX })
    }
}

/// A timestamp; what lies outside of those that can be written becomes the nearest.
fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(if micros < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> i64 {
        Instant::parse(text).expect("valid").micros()
    }

    fn grid(period: &str, alignment: Alignment, zone: &str) -> Grid {
        Grid::new(Period::parse(period).expect("valid"), alignment, zone).expect("known")
    }

    /// The starts of all periods that touch a window, and the end of the last.
    fn cuts(grid: &Grid, from: &str, until: &str) -> Vec<String> {
        let (mut cuts, mut next) = (Vec::new(), grid.around(at(from)).0);
        while next < at(until) {
            cuts.push(next);
            next = grid.around(next).1;
        }
        cuts.push(next);
        cuts.into_iter().map(|micros| Instant::from_micros(micros).to_string()).collect()
    }

    #[track_caller]
    fn check(period: &str, zone: &str, (from, until): (&str, &str), expected: &[&str]) {
        assert_eq!(cuts(&grid(period, Alignment::Calendar, zone), from, until), expected, "{period} in {zone}");
    }

    #[test]
    fn days_have_23_and_25_hours() {
        let spring = ("2024-03-30T23:00:00Z", "2024-03-31T22:00:01Z");
        check("P1D", "Europe/Berlin", spring, &["2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z", "2024-04-01T22:00:00Z"]);
        let autumn = ("2024-10-26T22:00:00Z", "2024-10-27T23:00:01Z");
        check("P1D", "Europe/Berlin", autumn, &["2024-10-26T22:00:00Z", "2024-10-27T23:00:00Z", "2024-10-28T23:00:00Z"]);
        let berlin =
            |period: &str, window: (&str, &str)| cuts(&grid(period, Alignment::Calendar, "Europe/Berlin"), window.0, window.1).len() - 1;
        assert_eq!(berlin("PT1H", ("2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z")), 23);
        assert_eq!(berlin("PT1H", ("2024-10-26T22:00:00Z", "2024-10-27T23:00:00Z")), 25);
        assert_eq!(berlin("PT15M", ("2024-10-26T22:00:00Z", "2024-10-27T23:00:00Z")), 100);
    }

    #[test]
    fn a_period_around_a_change_of_the_clock_is_longer_or_shorter() {
        let autumn = ("2024-10-26T22:00:00Z", "2024-10-27T11:00:00Z");
        check("PT6H", "Europe/Berlin", autumn, &["2024-10-26T22:00:00Z", "2024-10-27T05:00:00Z", "2024-10-27T11:00:00Z"]);
        let spring = ("2024-03-30T23:00:00Z", "2024-03-31T10:00:00Z");
        check("PT6H", "Europe/Berlin", spring, &["2024-03-30T23:00:00Z", "2024-03-31T04:00:00Z", "2024-03-31T10:00:00Z"]);
    }

    /// Lord Howe puts its clocks by half an hour: on 2024-04-07 at 02:00 back to 01:30.
    #[test]
    fn a_clock_may_be_put_by_half_an_hour() {
        let back = ("2024-04-06T14:00:00Z", "2024-04-06T15:30:00Z");
        check("PT1H", "Australia/Lord_Howe", back, &["2024-04-06T14:00:00Z", "2024-04-06T15:30:00Z"]);
        let halves = ["2024-04-06T14:00:00Z", "2024-04-06T14:30:00Z", "2024-04-06T15:00:00Z", "2024-04-06T15:30:00Z"];
        check("PT30M", "Australia/Lord_Howe", back, &halves);
        // A zone that is always half an hour off: its hours begin at half past of UTC.
        check("PT1H", "Asia/Kolkata", ("2024-01-01T00:00:00Z", "2024-01-01T00:30:00Z"), &["2023-12-31T23:30:00Z", "2024-01-01T00:30:00Z"]);
        check("P1D", "Asia/Kolkata", ("2024-01-01T00:00:00Z", "2024-01-01T01:00:00Z"), &["2023-12-31T18:30:00Z", "2024-01-01T18:30:00Z"]);
    }

    #[test]
    fn the_calendar_has_round_times() {
        check("P1W", "UTC", ("2026-05-05T00:00:00Z", "2026-05-11T00:00:00Z"), &["2026-05-04T00:00:00Z", "2026-05-11T00:00:00Z"]);
        check("P1M", "Europe/Berlin", ("2024-01-31T22:59:00Z", "2024-01-31T23:00:00Z"), &["2023-12-31T23:00:00Z", "2024-01-31T23:00:00Z"]);
        check("P3M", "UTC", ("2026-05-05T00:00:00Z", "2026-07-01T00:00:00Z"), &["2026-04-01T00:00:00Z", "2026-07-01T00:00:00Z"]);
        check("P10Y", "UTC", ("1935-05-05T00:00:00Z", "1940-01-01T00:00:00Z"), &["1930-01-01T00:00:00Z", "1940-01-01T00:00:00Z"]);
        check("PT7H", "UTC", ("2000-01-03T08:00:00Z", "2000-01-03T14:00:00Z"), &["2000-01-03T07:00:00Z", "2000-01-03T14:00:00Z"]);
    }

    #[test]
    fn periods_begin_where_they_shall() {
        let from = |period: &str, origin: &str| grid(period, Alignment::From(Instant::parse(origin).expect("valid")), "UTC");
        let month = from("P1M", "2026-01-31T06:00:00Z");
        let expected = ["2026-01-31T06:00:00Z", "2026-02-28T06:00:00Z", "2026-03-31T06:00:00Z", "2026-04-30T06:00:00Z"];
        assert_eq!(cuts(&month, "2026-01-31T06:00:00Z", "2026-04-30T06:00:00Z"), expected);
        let hours = from("PT2H", "2026-01-31T06:01:00Z");
        assert_eq!(cuts(&hours, "2026-01-31T09:00:00Z", "2026-01-31T09:00:01Z"), ["2026-01-31T08:01:00Z", "2026-01-31T10:01:00Z"]);
        let mixed = from("P1MT1H", "2026-01-01T00:00:00Z");
        assert_eq!(cuts(&mixed, "2026-02-01T00:59:00Z", "2026-02-01T01:00:00Z"), ["2026-01-01T00:00:00Z", "2026-02-01T01:00:00Z"]);
    }

    #[test]
    fn the_ends_of_time_are_ends() {
        for period in ["PT1H", "PT7H", "P1D", "P1W", "P1M", "P1Y", "P10000Y", "P9999Y"] {
            for alignment in [Alignment::Calendar, Alignment::From(Instant::MIN), Alignment::From(Instant::MAX)] {
                for zone in ["UTC", "Europe/Berlin", "Asia/Kolkata"] {
                    let grid = grid(period, alignment, zone);
                    for at in [Instant::MIN, Instant::from_micros(0), Instant::MAX] {
                        let (start, end) = grid.around(at.micros());
                        assert!(start <= at.micros() && at.micros() < end, "{period} {alignment:?} {zone} {at}");
                    }
                }
            }
        }
        assert!(Grid::new(Period::DAY, Alignment::Calendar, "Europe/Atlantis").is_err_and(|e| e.to_string().contains("Europe/Atlantis")));
    }

    const PERIODS: [&str; 14] =
        ["PT1M", "PT15M", "PT40M", "PT45M", "PT1H", "PT2H", "PT6H", "PT7H", "P1D", "P2D", "P1W", "P1M", "P3M", "P1Y"];
    const ZONES: [&str; 6] = ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns", "America/Havana"];

    proptest! {
        /// Every instant of a period finds the same one, and the next begins where it ends.
        #[test]
        fn time_is_cut_without_gap_or_overlap(
            period in prop::sample::select(&PERIODS[..]),
            zone in prop::sample::select(&ZONES[..]),
            hour in -300_000_i64..600_000,
            share in 0_i64..1000,
            anchored in prop::option::of(-300_000_i64..600_000),
        ) {
            let alignment = anchored.map_or(Alignment::Calendar, |hour| Alignment::From(Instant::from_seconds(hour * 3600)));
            let grid = grid(period, alignment, zone);
            let at = hour * 3_600_000_000 + 1;
            let (start, end) = grid.around(at);
            prop_assert!(start <= at && at < end);
            prop_assert_eq!(grid.around(start + (end - start) / 1000 * share), (start, end));
            prop_assert_eq!(grid.around(start), (start, end));
            prop_assert_eq!(grid.around(end - 1), (start, end));
            prop_assert_eq!(grid.around(end).0, end);
            prop_assert_eq!(grid.around(start - 1).1, start);
        }
    }
}
