//! Roll-ups: what stands for the values of an hour or a day when these are no
//! longer kept.
//!
//! The roll-ups of a series are a series of their own, beside it: an instance
//! of the same attribute under a reserved `datasetId`. So whatever moves,
//! counts, saves, removes or erases statements does it with them, too.

use crate::{Iri, SeriesKey};

/// How long the time is that a roll-up stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rollup {
    /// An hour of UTC.
    Hour,
    /// A day of the calendar in Germany: 23, 24 or 25 hours.
    Day,
}

/// How reserved ids begin.
const RESERVED: &str = "urn:allmende:rollup:";

impl Rollup {
    /// All of them, the shortest first.
    pub const ALL: [Self; 2] = [Self::Hour, Self::Day];

    /// As an ISO 8601 duration: `PT1H`, `P1D`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Hour => "PT1H",
            Self::Day => "P1D",
        }
    }

    /// Reads what [`Self::word`] says.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rollup| rollup.word() == word)
    }
}

/// Which statements are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grain {
    /// Values as they were written.
    #[default]
    Values,
    /// Roll-ups.
    Rollups,
    /// Both.
    All,
}

impl Grain {
    /// Whether statements of an instance with this `datasetId` are asked for.
    #[must_use]
    pub fn holds(self, dataset: Option<&str>) -> bool {
        match self {
            Self::Values => !dataset.is_some_and(is_reserved),
            Self::Rollups => dataset.is_some_and(is_reserved),
            Self::All => true,
        }
    }
}

/// Whether a `datasetId` is reserved for roll-ups: nobody may write it.
#[must_use]
pub fn is_reserved(dataset: &str) -> bool {
    dataset.starts_with(RESERVED)
}

impl SeriesKey {
    /// The series that holds its roll-ups of this length.
    #[must_use]
    pub fn rollups(&self, rollup: Rollup) -> Self {
        let own = self.dataset.as_ref().map(|dataset| format!(":{}", dataset.as_str())).unwrap_or_default();
        let dataset = Iri::parse(&format!("{RESERVED}{}{own}", rollup.word())).expect("a reserved word before an IRI is one");
        Self { dataset: Some(dataset), ..self.clone() }
    }

    /// Of a series of roll-ups the series these are made of, and how long they are.
    #[must_use]
    pub fn rolled(&self) -> Option<(Self, Rollup)> {
        let rest = self.dataset.as_ref()?.as_str().strip_prefix(RESERVED)?;
        let (word, own) = rest.split_once(':').map_or((rest, None), |(word, own)| (word, Some(own)));
        let dataset = own.map(Iri::parse).transpose().ok()?;
        Some((Self { dataset, ..self.clone() }, Rollup::of_word(word)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Name;

    #[test]
    fn the_series_of_roll_ups_leads_back() {
        for dataset in [None, Some("urn:d:1"), Some("https://example.org/a:b?c#d")] {
            let dataset = dataset.map(|text| Iri::parse(text).expect("an IRI"));
            let key =
                SeriesKey { entity: Iri::parse("urn:x:1").expect("an IRI"), attribute: Name::known("https://example.org/no2"), dataset };
            assert_eq!(key.rolled(), None);
            for rollup in Rollup::ALL {
                let rollups = key.rollups(rollup);
                assert_eq!(rollups.rolled(), Some((key.clone(), rollup)));
                let held = [Grain::Values, Grain::Rollups, Grain::All].map(|grain| grain.holds(rollups.dataset.as_ref().map(Iri::as_str)));
                assert_eq!(held, [false, true, true]);
            }
            assert!(Grain::Values.holds(key.dataset.as_ref().map(Iri::as_str)));
        }
    }
}
