//! How long periods are (ISO 8601-1, 5.5.2, as NGSI-LD V1.9.1, clause 4.5.19, restricts it).

use std::fmt;

use crate::Error;

pub(super) const SECOND: i64 = 1_000_000;
pub(super) const DAY: i64 = 86_400 * SECOND;
/// No period is longer than all of time that can be written.
const YEARS_MAX: i64 = 10_000;

/// The length of a period: months and days by the calendar of a time zone,
/// hours and below by the clock. All zero is one period over everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    pub(super) months: i64,
    pub(super) days: i64,
    pub(super) micros: i64,
}

impl Period {
    /// One period over the whole window (`PT0S`).
    pub const WHOLE: Self = Self { months: 0, days: 0, micros: 0 };
    /// `PT1H`.
    pub const HOUR: Self = Self { micros: 3600 * SECOND, ..Self::WHOLE };
    /// `P1D`.
    pub const DAY: Self = Self { days: 1, ..Self::WHOLE };
    /// `P1W`.
    pub const WEEK: Self = Self { days: 7, ..Self::WHOLE };
    /// `P1M`.
    pub const MONTH: Self = Self { months: 1, ..Self::WHOLE };
    /// `P1Y`.
    pub const YEAR: Self = Self { months: 12, ..Self::WHOLE };

    /// Reads `PnYnMnDTnHnMnS` or `PnW` with whole numbers: `PT15M`, `P1D`,
    /// `P3M`; `PT0S` and `P0D` are [`Period::WHOLE`].
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`] names the text and what is expected.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let shown = || text.chars().take(60).collect::<String>();
        let period = read(text).ok_or_else(|| {
            Error::invalid(format!(
                "`{}` is no period: write an ISO 8601 duration with whole numbers, none negative, such as `PT15M`, `PT1H`, `P1D`, `P1W`, \
                 `P1M`, or `PT0S` for the whole window",
                shown()
            ))
        })?;
        let years = period.months / 12 + period.days / 365 + period.micros / (365 * DAY);
        if years > YEARS_MAX {
            return Err(Error::invalid(format!("the period `{}` is longer than {YEARS_MAX} years; `PT0S` is the whole window", shown())));
        }
        Ok(period)
    }

    /// Whether it is one period over everything.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self == Self::WHOLE
    }

    /// About how long it is, in microseconds.
    pub(super) fn about(self) -> i64 {
        self.months * (146_097 * DAY / 4800) + self.days * DAY + self.micros
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("P")?;
        let mut part = |number: i64, unit: &str| if number == 0 { Ok(()) } else { write!(f, "{number}{unit}") };
        part(self.months, "M")?;
        part(self.days, "D")?;
        match self.micros / SECOND {
            0 if self.is_whole() => f.write_str("T0S"),
            0 => Ok(()),
            seconds => write!(f, "T{seconds}S"),
        }
    }
}

fn read(text: &str) -> Option<Period> {
    let rest = text.strip_prefix('P')?;
    let (date, time) = match rest.split_once('T') {
        Some((date, time)) if !time.is_empty() => (date, time),
        Some(_) => return None,
        None => (rest, ""),
    };
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let mut period = Period::WHOLE;
    if let Some(weeks) = date.strip_suffix('W').filter(|weeks| time.is_empty() && weeks.bytes().all(|b| b.is_ascii_digit())) {
        add(&mut period.days, weeks.parse().ok()?, 7)?;
        return Some(period);
    }
    parts(date, &['Y', 'M', 'D'], |unit, n| match unit {
        'Y' => add(&mut period.months, n, 12),
        'M' => add(&mut period.months, n, 1),
        _ => add(&mut period.days, n, 1),
    })?;
    parts(time, &['H', 'M', 'S'], |unit, n| match unit {
        'H' => add(&mut period.micros, n, 3600 * SECOND),
        'M' => add(&mut period.micros, n, 60 * SECOND),
        _ => add(&mut period.micros, n, SECOND),
    })?;
    Some(period)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations() {
        let shown = |text: &str| Period::parse(text).map(|p| (p.months, p.days, p.micros / SECOND)).ok();
        assert_eq!(shown("PT1H"), Some((0, 0, 3600)));
        assert_eq!(shown("P1DT12H30M5S"), Some((0, 1, 45_005)));
        assert_eq!(shown("P1Y2M"), Some((14, 0, 0)));
        assert_eq!(shown("P2W"), Some((0, 14, 0)));
        for whole in ["PT0S", "P0D", "P0Y0M0DT0H0M0S", "P0W"] {
            assert!(Period::parse(whole).expect("valid").is_whole(), "{whole}");
        }
        assert_eq!(Period::parse("P1Y2M3DT4H").expect("valid").to_string(), "P14M3DT14400S");
        assert_eq!(Period::WHOLE.to_string(), "PT0S");
    }

    #[test]
    fn says_what_is_no_period() {
        let long = format!("P{}D", "9".repeat(300));
        for bad in
            ["", "P", "PT", "1H", "P1H", "PT1D", "P1M1Y", "PT1.5H", "P-1D", "-P1D", "P1W2D", "P+1W", "PT99999999999999999999S", &long]
        {
            let message = Period::parse(bad).expect_err(bad).to_string();
            assert!(message.contains("PT15M") && message.len() < 300, "{message}");
        }
        for long in ["P10001Y", "P9223372036854775807D", "PT9223372036854S"] {
            let answer = Period::parse(long);
            assert!(answer.as_ref().is_ok_and(|p| p.about() > 0) || answer.is_err_and(|e| e.to_string().contains(long)), "{long}");
        }
    }
}
