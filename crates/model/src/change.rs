//! What the change log holds: resolved effects, and a header that is the audit entry.

use crate::{Attribute, Class, EntityId, Instant, Iri, Name, Removal, RemovedSeries, Scope, Text, TimeWindow};

/// One commit: the effects of one or several requests of the same actor.
/// Its header is the audit entry; a payload can be erased and the chain of
/// headers still verifies.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// Who, when, why.
    pub header: Header,
    /// What became true, in order.
    pub effects: Vec<Effect>,
}

impl Commit {
    /// What it removes from history.
    pub fn removals(&self) -> impl Iterator<Item = Removal> {
        self.effects.iter().filter_map(|effect| match &effect.change {
            Change::HistoryRemoved { series, window, upto } => {
                let seq = upto.unwrap_or(self.header.seq);
                Some(Removal { entity: effect.entity.clone(), series: series.clone(), window: *window, seq })
            }
            _ => None,
        })
    }
}

/// The header of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Position in the tenant's log, from 1, without gaps.
    pub seq: u64,
    /// Transaction time, once per commit.
    pub at: Instant,
    /// Who did it: `user:…`, `token:…`, `source:…`, `system`.
    pub actor: Text,
    /// The purpose given with the request.
    pub purpose: Option<Text>,
    /// The run of a source that brought it.
    pub run: Option<u64>,
}

/// One effect. Effects say what is, never how it was computed: replaying them
/// needs neither code nor order of another version.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// The entity it concerns.
    pub entity: EntityId,
    /// Keyed hash of the person it concerns, if any.
    pub subject: Option<[u8; 32]>,
    /// What became true.
    pub change: Change,
}

/// What became true of an entity.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The entity exists with these; attributes are kept.
    EntitySet {
        /// Its types.
        types: Vec<Name>,
        /// Its scopes.
        scopes: Vec<Scope>,
        /// When it was first written.
        created_at: Instant,
        /// From when on it is gone by itself.
        expires_at: Option<Instant>,
    },
    /// The entity is gone from the current state; its history stays.
    EntityRemoved,
    /// This instance now has this value, in the current state and in history.
    AttributeSet {
        /// The instance, whole.
        attribute: Attribute,
        /// Its class when it was written.
        class: Class,
        /// Where it came from.
        origin: Option<Origin>,
    },
    /// This instance is gone from the current state.
    AttributeRemoved {
        /// Its name.
        name: Name,
        /// Its dataset.
        dataset: Option<Iri>,
    },
    /// A value of the past: history only, the current state is newer.
    Observed {
        /// The instance, whole.
        attribute: Attribute,
        /// Its class when it was written.
        class: Class,
        /// Where it came from.
        origin: Option<Origin>,
    },
    /// A value of the past was wrong, and nothing takes its place: history only.
    Retracted {
        /// Name, dataset and times of the instance; its value is null.
        attribute: Attribute,
        /// Its class when it was retracted.
        class: Class,
    },
    /// What was written of these series is removed from history for good.
    HistoryRemoved {
        /// Which series of the entity.
        series: RemovedSeries,
        /// What stands for these times.
        window: TimeWindow,
        /// What was written up to this position of the log; `None` is all up to this commit.
        upto: Option<u64>,
    },
}

/// Where a value came from: the record of a run of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The run.
    pub run: u64,
    /// The record's place in what the run read: line of a text file, row of a sheet, index of an array; from 1.
    pub record: u64,
}
