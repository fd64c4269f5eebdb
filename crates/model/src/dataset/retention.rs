//! How long values are kept (Regulation (EU) 2016/679, article 5 (1) e).

use std::fmt;

use super::Dataset;
use crate::{Class, Name, Rollup};

/// A rule: how long which values of a dataset are kept, counted from the time
/// they stand for ([`crate::Observation::time`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Which values.
    pub of: RetentionOf,
    /// How long.
    pub keep: Keep,
    /// What takes their place then; without it nothing does.
    pub rollup: Option<KeptRollup>,
}

/// Roll-ups that take the place of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptRollup {
    /// How long each stands for.
    pub length: Rollup,
    /// How long they are kept, counted from the time they stand for; without it for ever.
    pub keep: Option<Keep>,
}

/// What becomes of the values of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keeping {
    /// After how long roll-ups take the place of values.
    pub rolled_up: Option<(Keep, Rollup)>,
    /// After how long values, and roll-ups of them, are deleted.
    pub deleted: Option<Keep>,
}

/// Which values a rule speaks of. The narrower rule holds: attribute before
/// class before rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetentionOf {
    /// Those of these attributes.
    Attributes(Vec<Name>),
    /// Those of attributes of these classes.
    Classes(Vec<Class>),
    /// All that no other rule speaks of.
    Rest,
}

/// A length of time: months and days by the calendar, the rest by the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Keep {
    /// Whole months.
    pub months: u32,
    /// Whole days.
    pub days: u32,
    /// Seconds.
    pub seconds: u32,
}

/// No period is longer.
const YEARS_MAX: u32 = 1000;

impl Dataset {
    /// What becomes of the values of an attribute. Only measures are rolled up,
    /// and never those of persons, which go when their time is over. What a
    /// rule with roll-ups cannot roll up is kept as long as the roll-ups are.
    #[must_use]
    pub fn keeps(&self, attribute: Name) -> Keeping {
        let class = self.class_of(attribute);
        let Some(rule) = self.rule_of(attribute, class) else { return Keeping::default() };
        match rule.rollup.filter(|_| !class.is_enveloped()) {
            None => Keeping { rolled_up: None, deleted: Some(rule.keep) },
            Some(rollup) => {
                let is_measure = self.measures().any(|column| column.attribute == attribute);
                Keeping { rolled_up: is_measure.then_some((rule.keep, rollup.length)), deleted: rollup.keep }
            }
        }
    }

    fn rule_of(&self, attribute: Name, class: Class) -> Option<&Retention> {
        let find = |speaks: &dyn Fn(&RetentionOf) -> bool| self.retention.iter().find(|rule| speaks(&rule.of));
        find(&|of| matches!(of, RetentionOf::Attributes(names) if names.contains(&attribute)))
            .or_else(|| find(&|of| matches!(of, RetentionOf::Classes(classes) if classes.contains(&class))))
            .or_else(|| find(&|of| *of == RetentionOf::Rest))
    }
}

impl Keep {
    /// About how many seconds it is: months have 30 days here.
    #[must_use]
    pub fn about_seconds(self) -> u64 {
        (u64::from(self.months) * 30 + u64::from(self.days)) * 86_400 + u64::from(self.seconds)
    }

    /// Reads an ISO 8601 duration with whole numbers (ISO 8601-1, 5.5.2):
    /// `P2Y`, `P18M`, `P6W`, `P1Y6M`, `P90D`, `PT48H`. `None` when it is none,
    /// has no length or is longer than 1000 years.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('P')?;
        let (date, time) = rest.split_once('T').map_or((rest, None), |(date, time)| (date, Some(time)));
        let [years, months, weeks, days] = numbers(date, ['Y', 'M', 'W', 'D'])?;
        let [hours, minutes, seconds] = numbers(time.unwrap_or(""), ['H', 'M', 'S'])?;
        if time == Some("") {
            return None;
        }
        let keep = Self {
            months: years.checked_mul(12)?.checked_add(months)?,
            days: weeks.checked_mul(7)?.checked_add(days)?,
            seconds: hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?.checked_add(seconds)?,
        };
        let is_long = keep.months > YEARS_MAX * 12 || keep.days > YEARS_MAX * 366;
        (keep != Self { months: 0, days: 0, seconds: 0 } && !is_long).then_some(keep)
    }
}

/// Prints what [`Keep::parse`] reads.
impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("P")?;
        let mut part = |number: u32, unit: &str| if number == 0 { Ok(()) } else { write!(f, "{number}{unit}") };
        part(self.months / 12, "Y")?;
        part(self.months % 12, "M")?;
        part(self.days, "D")?;
        if self.seconds == 0 {
            return Ok(());
        }
        f.write_str("T")?;
        let mut part = |number: u32, unit: &str| if number == 0 { Ok(()) } else { write!(f, "{number}{unit}") };
        part(self.seconds / 3600, "H")?;
        part(self.seconds / 60 % 60, "M")?;
        part(self.seconds % 60, "S")
    }
}

/// Numbers with units, each unit at most once and in this order; 0 where one is not named.
fn numbers<const N: usize>(text: &str, units: [char; N]) -> Option<[u32; N]> {
    let (mut found, mut rest, mut next) = ([0; N], text, 0);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let unit = rest[end..].chars().next()?;
        let place = next + units[next..].iter().position(|known| *known == unit)?;
        found[place] = rest[..end].parse().ok()?;
        rest = &rest[end + unit.len_utf8()..];
        next = place + 1;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_printed() {
        for (text, printed) in
            [("P2Y", "P2Y"), ("P18M", "P1Y6M"), ("P6W", "P42D"), ("P1Y6M3D", "P1Y6M3D"), ("PT48H", "PT48H"), ("P1DT90S", "P1DT1M30S")]
        {
            let keep = Keep::parse(text).expect(text);
            assert_eq!(keep.to_string(), printed);
            assert_eq!(Keep::parse(printed), Some(keep));
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in
            ["", "P", "PT", "P0D", "P1DT", "2Y", "P-1D", "P1.5Y", "P1M1Y", "P1Y1Y", "1 Jahr", "P1001Y", "P99999999999Y", "P1H", "P1Dé"]
        {
            assert_eq!(Keep::parse(text), None, "{text}");
        }
    }
}
