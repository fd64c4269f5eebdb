//! How new the data of a dataset are, as far as a principal may see them.

use std::sync::Arc;

use model::Instant;

use super::index::Entry;
use crate::classes::Visibility;
use crate::state::State;

/// How new the data of a dataset are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Freshness {
    /// The time that its newest value stands for.
    pub newest: Option<Instant>,
    /// When one of its entities was last written.
    pub modified: Option<Instant>,
}

/// What was found out before, for each way of seeing.
#[derive(Default)]
pub(super) struct Known(Vec<(Stamp, Freshness)>);

/// What it was found out from: the classes permitted, the state of the
/// index, and the changes of the entities' type so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    mask: u8,
    version: u64,
    revision: u64,
}

impl Entry {
    /// How new the data are; entities are looked at only when one of their type changed.
    pub(super) fn freshness(&self, version: u64, state: &State, eyes: &Visibility<'_>) -> Freshness {
        let Some(mask) = eyes.permit.mask() else { return self.look(state, eyes) };
        let stamp = Stamp { mask, version, revision: state.revision(self.dataset.entity_type) };
        let mut known = self.freshness.lock();
        if let Some((_, freshness)) = known.0.iter().find(|(of, _)| *of == stamp) {
            return *freshness;
        }
        let freshness = self.look(state, eyes);
        known.0.retain(|(of, _)| of.mask != mask);
        known.0.push((stamp, freshness));
        freshness
    }

    fn look(&self, state: &State, eyes: &Visibility<'_>) -> Freshness {
        let mut found = Freshness::default();
        let prefix = self.dataset.id_prefix.as_deref().unwrap_or("");
        let own = state.of_type(self.dataset.entity_type).filter(|stored| stored.entity.id.as_str().starts_with(prefix));
        for entity in own.map(|stored| Arc::as_ref(&stored.entity)).filter(|entity| eyes.shows_entity(entity)) {
            let visible = entity.attributes.iter().filter(|attribute| eyes.shows(entity, attribute.name));
            found.newest = found.newest.max(visible.filter_map(|attribute| attribute.observed_at).max());
            found.modified = found.modified.max(Some(entity.modified_at));
        }
        found
    }
}
