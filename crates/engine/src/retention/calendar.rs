//! When the time of a value is over.
//!
//! Months and days are those of the calendar in Germany. Where the last month
//! lacks the day, the period ends with that month (BGB, section 188 (3)).

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Disambiguation, TimeZone};
use jiff::{Span, ToSpan};
use model::Instant;
use model::dataset::Keep;

/// The first instant whose values are still kept at `now`: the period of every
/// earlier one is over, never early. Where clocks are set back or forward that
/// night, values may stay up to an hour longer.
pub(super) fn kept_from(keep: Keep, now: Instant) -> Instant {
    before(keep, now).unwrap_or(Instant::from_micros(i64::MIN))
}

/// `None` when it lies before all time that can be written.
fn before(keep: Keep, now: Instant) -> Option<Instant> {
    let berlin = TimeZone::get("Europe/Berlin").expect("the time zone database is built in");
    let clock = Timestamp::from_microsecond(now.micros()).ok()?.checked_sub(i64::from(keep.seconds).seconds()).ok()?;
    let local = berlin.to_datetime(clock).checked_sub(i64::from(keep.days).days()).ok()?;
    let month = local.date().first_of_month().checked_sub(Span::new().try_months(keep.months).ok()?).ok()?;
    let (first_kept, is_over) = match Date::new(month.year(), month.month(), local.day()) {
        // What stands for this very instant has had its time.
        Ok(day) => (DateTime::from_parts(day, local.time()), 1),
        Err(_) => (month.last_of_month().tomorrow().ok()?.to_datetime(jiff::civil::Time::midnight()), 0),
    };
    let begin = berlin.to_ambiguous_zoned(first_kept).disambiguate(Disambiguation::Earlier).ok()?;
    Some(Instant::from_micros(begin.timestamp().as_microsecond() + is_over))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// When the period of a value ends, said the other way round.
    fn ends(keep: Keep, time: Instant) -> Option<Timestamp> {
        let berlin = TimeZone::get("Europe/Berlin").expect("built in");
        let local = berlin.to_datetime(Timestamp::from_microsecond(time.micros()).ok()?);
        let month = local.date().first_of_month().checked_add(Span::new().try_months(keep.months).ok()?).ok()?;
        let over = match Date::new(month.year(), month.month(), local.day()) {
            Ok(day) => DateTime::from_parts(day, local.time()),
            Err(_) => month.last_of_month().tomorrow().ok()?.to_datetime(jiff::civil::Time::midnight()),
        };
        let over = over.checked_add(i64::from(keep.days).days()).ok()?;
        // The first instant at which clocks show this time or a later one.
        let first = match berlin.to_ambiguous_zoned(over).offset() {
            jiff::tz::AmbiguousOffset::Gap { before, .. } => {
                let inside = before.to_timestamp(over).ok()?;
                berlin.preceding(inside.checked_add(1.second()).ok()?).next()?.timestamp()
            }
            _ => berlin.to_ambiguous_zoned(over).earlier().ok()?.timestamp(),
        };
        first.checked_add(i64::from(keep.seconds).seconds()).ok()
    }

    fn check(keep: &str, now: &str, expected: &str) {
        let kept = kept_from(Keep::parse(keep).expect("a period"), Instant::parse(now).expect("an instant"));
        assert_eq!(kept.to_string(), expected, "{keep} at {now}");
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        check("P1M", "2026-03-15T09:00:00Z", "2026-02-15T09:00:00.000001Z");
        // There is no 30th of February: what was measured in it went on the same day of March.
        check("P1M", "2026-03-30T10:00:00Z", "2026-02-28T23:00:00Z");
        // The last days of January have until the end of February.
        check("P1M", "2026-02-28T22:59:59Z", "2026-01-28T22:59:59.000001Z");
        check("P1M", "2026-02-28T23:00:00Z", "2026-01-31T23:00:00.000001Z");
        check("P1Y", "2025-02-28T22:59:59Z", "2024-02-28T22:59:59.000001Z");
        check("P1Y", "2024-02-29T12:00:00Z", "2023-02-28T23:00:00Z");
    }

    #[test]
    fn days_are_those_of_the_calendar_and_hours_those_of_the_clock() {
        // Clocks went forward on 2026-03-29: the day had 23 hours.
        check("P1D", "2026-03-29T10:00:00Z", "2026-03-28T11:00:00.000001Z");
        check("PT24H", "2026-03-29T10:00:00Z", "2026-03-28T10:00:00.000001Z");
        check("P1D", "2026-10-25T11:00:00Z", "2026-10-24T10:00:00.000001Z");
        // Twice half past two: the first counts.
        check("P1D", "2026-10-26T01:30:00Z", "2026-10-25T00:30:00.000001Z");
    }

    proptest! {
        #[test]
        fn nothing_goes_early_and_nothing_stays_long(
            months in 0..30_u32, days in 0..70_u32, hours in 0..50_u32,
            now in 1_700_000_000..1_800_000_000_i64, before in -4_000_000..4_000_000_i64,
        ) {
            let keep = Keep { months, days, seconds: hours * 3600 };
            let now = Instant::from_seconds(now);
            let kept = kept_from(keep, now);
            let now = Timestamp::from_microsecond(now.micros()).expect("a time");
            let time = kept.plus_micros(before * 1_000_000 - 1);
            if before <= 0 {
                prop_assert!(ends(keep, time).expect("a time") <= now, "{time} was kept too short");
            } else {
                let longer = now.checked_sub(1.hours()).expect("a time");
                prop_assert!(ends(keep, time).expect("a time") > longer, "{time} is kept too long");
            }
        }
    }
}
