//! Durations of ISO 8601 and the periods they cut time into.

use model::Instant;

use crate::error::Error;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// `PnYnMnDTnHnMnS` or `PnW`: months by the calendar, the rest by the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Duration {
    pub(crate) months: i64,
    pub(crate) micros: i64,
}

impl Duration {
    /// Reads a duration (ISO 8601-1, 5.5.2).
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        read(text).ok_or_else(|| {
            Error::bad_request(format!("`aggrPeriodDuration={text}`: expected a duration such as `PT1H`, `P1D`, `P1W`, `P1M`"))
        })
    }

    pub(crate) fn is_zero(self) -> bool {
        self.months == 0 && self.micros == 0
    }

    /// The first instant of the period with this number, counted from `origin`.
    pub(crate) fn start(self, origin: Instant, number: i64) -> Instant {
        plus_months(origin, self.months.saturating_mul(number)).plus_micros(self.micros.saturating_mul(number))
    }

    /// The number of the period an instant not before `origin` lies in.
    pub(crate) fn number(self, origin: Instant, at: Instant) -> i64 {
        // A guess from below by the longest a period can be, then step by step.
        let longest = self.months.saturating_mul(31 * DAY).saturating_add(self.micros).max(1);
        let mut number = at.micros().saturating_sub(origin.micros()).max(0) / longest;
        while self.start(origin, number + 1) <= at && self.start(origin, number + 1) > self.start(origin, number) {
            number += 1;
        }
        number
    }
}

fn read(text: &str) -> Option<Duration> {
    let rest = text.strip_prefix('P')?;
    let (date, time) = match rest.split_once('T') {
        Some((date, time)) if !time.is_empty() => (date, time),
        Some(_) => return None,
        None => (rest, ""),
    };
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let mut duration = Duration { months: 0, micros: 0 };
    if let Some(weeks) = date.strip_suffix('W').filter(|_| time.is_empty()) {
        duration.micros = weeks.parse::<i64>().ok().filter(|n| *n >= 0)?.checked_mul(7 * DAY)?;
        return Some(duration);
    }
    parts(date, &['Y', 'M', 'D'], |unit, n| match unit {
        'Y' => add(&mut duration.months, n, 12),
        'M' => add(&mut duration.months, n, 1),
        _ => add(&mut duration.micros, n, DAY),
    })?;
    parts(time, &['H', 'M', 'S'], |unit, n| match unit {
        'H' => add(&mut duration.micros, n, 3600 * SECOND),
        'M' => add(&mut duration.micros, n, 60 * SECOND),
        _ => add(&mut duration.micros, n, SECOND),
    })?;
    Some(duration)
}

fn add(sum: &mut i64, number: i64, unit: i64) -> Option<()> {
    *sum = sum.checked_add(number.checked_mul(unit)?)?;
    Some(())
}

/// Numbers with units, each unit once and in this order.
fn parts(text: &str, units: &[char], mut take: impl FnMut(char, i64) -> Option<()>) -> Option<()> {
    let (mut rest, mut allowed) = (text, units);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let unit = rest[end..].chars().next()?;
        let place = allowed.iter().position(|known| *known == unit)?;
        take(unit, rest[..end].parse().ok()?)?;
        allowed = &allowed[place + 1..];
        rest = &rest[end + unit.len_utf8()..];
    }
    Some(())
}

/// The same day and time so many months later; the last day where the month is shorter.
fn plus_months(at: Instant, months: i64) -> Instant {
    if months == 0 {
        return at;
    }
    let (year, month, day) = at.civil_date();
    let total = year.saturating_mul(12).saturating_add(i64::from(month) - 1).saturating_add(months);
    let (year, month) = (total.div_euclid(12), u32::try_from(total.rem_euclid(12) + 1).unwrap_or(1));
    let midnight = (28..=day).rev().chain([day.min(28)]).find_map(|day| Instant::from_civil(year, month, day, 0, 0, 0, 0));
    midnight.map_or(Instant::MAX, |midnight| midnight.plus_micros(at.micros().rem_euclid(DAY)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).expect("valid")
    }

    #[test]
    fn reads_durations() {
        let shown = |text: &str| Duration::parse(text).map(|d| (d.months, d.micros / SECOND)).ok();
        assert_eq!(shown("PT1H"), Some((0, 3600)));
        assert_eq!(shown("P1DT12H30M5S"), Some((0, 131_405)));
        assert_eq!(shown("P1Y2M"), Some((14, 0)));
        assert_eq!(shown("P2W"), Some((0, 1_209_600)));
        assert_eq!(shown("PT0S"), Some((0, 0)));
        for bad in ["", "P", "PT", "1H", "P1H", "PT1D", "P1M1Y", "PT1.5H", "P-1D", "P1W2D", "PT99999999999999999999S"] {
            assert_eq!(shown(bad), None, "{bad}");
        }
    }

    #[test]
    fn periods_begin_at_the_origin() {
        let month = Duration::parse("P1M").expect("valid");
        let origin = at("2026-01-31T06:00:00Z");
        let starts: Vec<String> = (0..4).map(|n| month.start(origin, n).to_string()).collect();
        assert_eq!(starts, ["2026-01-31T06:00:00Z", "2026-02-28T06:00:00Z", "2026-03-31T06:00:00Z", "2026-04-30T06:00:00Z"]);
        assert_eq!(month.number(origin, at("2026-02-28T05:59:59Z")), 0);
        assert_eq!(month.number(origin, at("2026-02-28T06:00:00Z")), 1);
        assert_eq!(month.number(origin, at("2056-02-29T06:00:00Z")), 361);
        let hour = Duration::parse("PT1H").expect("valid");
        assert_eq!(hour.number(origin, at("2026-01-31T08:59:59Z")), 2);
    }
}
