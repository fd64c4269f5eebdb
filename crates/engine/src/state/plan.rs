//! Which entities to look at for a filter: the narrowest index that applies.

use std::collections::BTreeSet;

use model::{Filter, Name};
use parking_lot::RwLock;

use super::{Slot, State, columns};

/// Where a query looks.
pub(crate) enum Candidates {
    /// Everywhere.
    All,
    /// At these, in order of creation.
    Slots(Vec<Slot>),
}

/// The candidates of a filter. Makes a column first when one would help.
pub(crate) fn candidates(state: &RwLock<State>, filter: &Filter) -> Candidates {
    let wanted = missing_column(&state.read(), filter);
    if let Some(name) = wanted {
        state.write().build_column(name);
    }
    state.read().narrow(filter).map_or(Candidates::All, Candidates::Slots)
}

/// Below this many entities a walk is as fast as a column.
const COLUMN_WORTH: usize = 1_000;

fn missing_column(state: &State, filter: &Filter) -> Option<Name> {
    if state.len() < COLUMN_WORTH {
        return None;
    }
    match filter {
        Filter::And(all) => all.iter().find_map(|one| missing_column(state, one)),
        Filter::Compare(comparison) => columns::column_of(comparison).filter(|name| !state.columns.holds(*name)),
        _ => None,
    }
}

impl State {
    /// Slots that may match, ascending; `None` when no index tells.
    fn narrow(&self, filter: &Filter) -> Option<Vec<Slot>> {
        match filter {
            Filter::Never => Some(Vec::new()),
            Filter::Id(ids) => {
                let slots: BTreeSet<Slot> = ids.iter().filter_map(|id| self.by_id.get(id).copied()).collect();
                Some(slots.into_iter().collect())
            }
            Filter::Type(name) => Some(self.by_type.get(name).cloned().unwrap_or_default()),
            Filter::Geo { property, test } => test.bounds().map(|area| self.slots_in(*property, area)),
            Filter::Compare(comparison) => self.columns.candidates(comparison),
            Filter::Or(any) => {
                let lists: Option<Vec<Vec<Slot>>> = any.iter().map(|one| self.narrow(one)).collect();
                let slots: BTreeSet<Slot> = lists?.into_iter().flatten().collect();
                Some(slots.into_iter().collect())
            }
            Filter::And(all) => self.narrowest(all),
            _ => None,
        }
    }

    /// The shortest list among the conditions; lists that cost little are asked first.
    fn narrowest(&self, all: &[Filter]) -> Option<Vec<Slot>> {
        let selective = |filter: &&Filter| matches!(filter, Filter::Id(_) | Filter::Geo { .. } | Filter::Compare(_) | Filter::Never);
        let first = all.iter().filter(selective).filter_map(|one| self.narrow(one)).min_by_key(Vec::len);
        first.or_else(|| all.iter().filter(|one| !selective(one)).filter_map(|one| self.narrow(one)).min_by_key(Vec::len))
    }
}
