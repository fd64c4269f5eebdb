//! Series: the past of one attribute instance.

use crate::time::{TimeProperty, TimeWindow};
use crate::{Attribute, Class, EntityId, Instant, Iri, Name, Origin};

/// What identifies a series.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesKey {
    /// The entity.
    pub entity: EntityId,
    /// The attribute.
    pub attribute: Name,
    /// Its `datasetId`.
    pub dataset: Option<Iri>,
}

/// One value of a series, with everything known about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The entity.
    pub entity: EntityId,
    /// The instance as it was written.
    pub attribute: Attribute,
    /// Its class when it was written.
    pub class: Class,
    /// Position of its commit in the log: of two values for the same instant the higher is the correction.
    pub seq: u64,
    /// Transaction time of that commit.
    pub recorded_at: Instant,
    /// Where it came from.
    pub origin: Option<Origin>,
}

impl Observation {
    /// The series it belongs to.
    #[must_use]
    pub fn key(&self) -> SeriesKey {
        SeriesKey { entity: self.entity.clone(), attribute: self.attribute.name, dataset: self.attribute.dataset.clone() }
    }

    /// The time it stands for: when observed, else when written.
    #[must_use]
    pub fn time(&self) -> Instant {
        self.attribute.observed_at.unwrap_or(self.attribute.modified_at)
    }
}

/// Which part of which series is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesQuery {
    /// The entities.
    pub entities: Vec<EntityId>,
    /// The attributes; `None` is all.
    pub attributes: Option<Vec<Name>>,
    /// The window of time.
    pub window: TimeWindow,
    /// Which time the window speaks of.
    pub time_property: TimeProperty,
    /// Only so many per series, from one end.
    pub limit: SeriesLimit,
}

/// How many values per series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SeriesLimit {
    /// All in the window.
    #[default]
    All,
    /// The newest so many (`lastN`).
    Last(usize),
    /// The oldest so many (`firstN`).
    First(usize),
}

/// A sealed piece of history: one immutable object in Parquet. The manifest
/// that lists the valid ones lives in the tenant's database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Name of the object, relative to the tenant's history folder.
    pub object: String,
    /// First and last position in the log whose values it holds.
    pub seq: (u64, u64),
    /// First and last time ([`Observation::time`]) it holds.
    pub time: (Instant, Instant),
    /// How many values.
    pub rows: u64,
    /// How large.
    pub size_bytes: u64,
    /// SHA-256 of the object.
    pub checksum: [u8; 32],
}

/// The numbers of one series in time order, corrections applied.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberSeries {
    /// Which series.
    pub key: SeriesKey,
    /// Times in microseconds, ascending, unique.
    pub times: Vec<i64>,
    /// The values at these times.
    pub values: Vec<f64>,
}
