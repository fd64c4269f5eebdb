//! Series: the past of one attribute instance.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::time::{TimeProperty, TimeWindow};
use crate::{Attribute, Class, EntityId, Grain, Instant, Iri, Name, Origin};

/// The name under which the life of an entity itself is kept, beside the
/// series of its attributes: a value says which types it has from then on, a
/// deletion that it is gone.
#[must_use]
pub fn life() -> Name {
    static NAME: LazyLock<Name> = LazyLock::new(|| Name::known("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"));
    *NAME
}

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

impl SeriesKey {
    /// The id of the instance that stands for an instant: the same whoever asks,
    /// and after a correction (NGSI-LD V1.9.1, clause 4.5.8: instanceId).
    #[must_use]
    pub fn instance_id(&self, time: Instant) -> String {
        let dataset = self.dataset.as_ref().map_or("", Iri::as_str);
        // FNV-1a, 64 bits.
        let words = [self.entity.as_str(), "\0", self.attribute.iri(), "\0", dataset];
        let bytes = words.iter().flat_map(|word| word.bytes());
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        format!("{INSTANCE}{}-{hash:016x}", time.micros())
    }

    /// The instant that an instance id speaks of; `None` when it is no such id.
    #[must_use]
    pub fn time_of_instance(id: &str) -> Option<Instant> {
        let (micros, hash) = id.strip_prefix(INSTANCE)?.rsplit_once('-')?;
        (hash.len() == 16).then(|| micros.parse().ok().map(Instant::from_micros)).flatten()
    }
}

/// How instance ids begin.
const INSTANCE: &str = "urn:ngsi-ld:Instance:";

/// The sub-attribute of [`life`] that lists the scopes of an entity.
#[must_use]
pub fn scope() -> Name {
    static NAME: LazyLock<Name> = LazyLock::new(|| Name::known("https://uri.etsi.org/ngsi-ld/scope"));
    *NAME
}

/// One statement about a series, with everything known about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The entity.
    pub entity: EntityId,
    /// The instance as it was written. An instance nobody gave an observation
    /// time stands for its `modified_at`, and keeps it when it is corrected.
    pub attribute: Attribute,
    /// What is said.
    pub fact: Fact,
    /// Its class when it was written.
    pub class: Class,
    /// Position of its commit in the log: of two statements about the same instant the higher is the correction.
    pub seq: u64,
    /// Transaction time of that commit.
    pub recorded_at: Instant,
    /// Where it came from.
    pub origin: Option<Origin>,
}

/// What an [`Observation`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Fact {
    /// The instance had this value.
    #[default]
    Value,
    /// What was said of this instant before was wrong, and nothing takes its place.
    Retracted,
    /// The instance was deleted from the current state; its past stays.
    Deleted,
}

impl Fact {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Value, Self::Retracted, Self::Deleted];
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

    /// Whether it speaks of the same instant of the same series, so that the
    /// later of the two is what holds. A deletion hides no value.
    #[must_use]
    pub fn same_instant(&self, other: &Self) -> bool {
        self.time() == other.time() && (self.fact == Fact::Deleted) == (other.fact == Fact::Deleted)
    }
}

/// Which part of which series is asked for.
#[derive(Debug, Clone, PartialEq, Default)]
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
    /// Whose knowledge is asked for: today's or that of a day past.
    pub known: Known,
    /// Values or roll-ups. Where roll-ups are asked for the window speaks of
    /// [`Observation::time`].
    pub grain: Grain,
}

impl SeriesQuery {
    /// Whether a statement that holds is part of the answer. Values nobody
    /// gave an observation time are part of all of time only.
    #[must_use]
    pub fn asks_for(&self, observation: &Observation) -> bool {
        let attribute = &observation.attribute;
        if !self.grain.holds(attribute.dataset.as_ref().map(Iri::as_str)) {
            return false;
        }
        if self.grain != Grain::Values {
            let holds = observation.fact == Fact::Value || self.known == Known::Versions;
            return holds && self.window.contains(observation.time());
        }
        let everything = self.time_property == TimeProperty::ObservedAt && self.window == TimeWindow::ALL;
        match (observation.fact, self.time_property) {
            _ if self.known == Known::Versions && everything => true,
            (Fact::Value, TimeProperty::ObservedAt) => attribute.observed_at.map_or(everything, |time| self.window.contains(time)),
            (Fact::Value, TimeProperty::CreatedAt) => self.window.contains(attribute.created_at),
            (Fact::Value, TimeProperty::ModifiedAt) => self.window.contains(observation.recorded_at),
            (Fact::Deleted, TimeProperty::DeletedAt) => self.window.contains(observation.recorded_at),
            (Fact::Retracted, _) => self.known == Known::Versions && self.window.contains(observation.time()),
            (Fact::Value, TimeProperty::DeletedAt) | (Fact::Deleted, _) => false,
        }
    }
}

/// Corrections change what is known of an instant; the log knows since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Known {
    /// What is known now: of each instant what was written last.
    #[default]
    Now,
    /// What was known then.
    At(Instant),
    /// All that was ever written, retractions and deletions too, in the order it came.
    Versions,
}

/// A part of history to be removed for good, by clause 5.6.12 or 5.6.16 of
/// NGSI-LD V1.9.1: readers see nothing of it from the commit on, and files lose
/// it when they are written anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Of which entity.
    pub entity: EntityId,
    /// Which of its series.
    pub series: RemovedSeries,
    /// What stands for these times ([`Observation::time`]).
    pub window: TimeWindow,
    /// What was written up to this position of the log.
    pub seq: u64,
}

/// Which series of an entity lose their past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemovedSeries {
    /// All of them, and that of its life.
    All,
    /// All instances of an attribute.
    Attribute(Name),
    /// One instance of an attribute.
    Instance(Name, Option<Iri>),
}

impl Removal {
    /// Whether it concerns a series.
    #[must_use]
    pub fn concerns(&self, key: &SeriesKey) -> bool {
        self.entity == key.entity
            && match &self.series {
                RemovedSeries::All => true,
                RemovedSeries::Attribute(name) => *name == key.attribute,
                RemovedSeries::Instance(name, dataset) => *name == key.attribute && *dataset == key.dataset,
            }
    }

    /// Whether it removes what was written at a position about a time, of a series it concerns.
    #[must_use]
    pub fn removes(&self, seq: u64, time: Instant) -> bool {
        seq <= self.seq && self.window.contains(time)
    }
}

/// Removals by entity: what a reader of history leaves out.
#[derive(Debug, Clone, Default)]
pub struct Removals(HashMap<EntityId, Vec<Removal>>);

impl Removals {
    /// Adds one, unless it is there.
    pub fn add(&mut self, removal: Removal) {
        let known = self.0.entry(removal.entity.clone()).or_default();
        if !known.contains(&removal) {
            known.push(removal);
        }
    }

    /// Those that concern a series.
    #[must_use]
    pub fn of(&self, key: &SeriesKey) -> Vec<&Removal> {
        self.0.get(&key.entity).into_iter().flatten().filter(|removal| removal.concerns(key)).collect()
    }

    /// Whether this one is among them.
    #[must_use]
    pub fn contains(&self, removal: &Removal) -> bool {
        self.0.get(&removal.entity).is_some_and(|known| known.contains(removal))
    }

    /// Those that are not among others.
    #[must_use]
    pub fn without(&self, others: &Self) -> Self {
        self.0.values().flatten().filter(|removal| !others.contains(removal)).cloned().collect()
    }

    /// The entities that lose something.
    #[must_use]
    pub fn entities(&self) -> Vec<&EntityId> {
        self.0.keys().collect()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an observation is removed.
    #[must_use]
    pub fn removes(&self, observation: &Observation) -> bool {
        !self.is_empty() && self.of(&observation.key()).iter().any(|removal| removal.removes(observation.seq, observation.time()))
    }
}

impl FromIterator<Removal> for Removals {
    fn from_iter<I: IntoIterator<Item = Removal>>(removals: I) -> Self {
        let mut all = Self::default();
        removals.into_iter().for_each(|removal| all.add(removal));
        all
    }
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
