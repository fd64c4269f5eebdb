//! Sealing: moving the tail into Parquet, by intent, write, manifest.

use std::sync::Arc;

use history::History;
use model::Observation;
use store::TenantStore;

use super::Past;
use crate::Error;
use crate::state::State;

impl Past {
    /// Seals what the log held when this was called. A crash at any point
    /// leaves the old or the new state: the intent is durable before an object
    /// is written, and manifest, intent and log change in one transaction.
    ///
    /// `state` is what a restart begins with: its snapshot is made durable
    /// before the log rows behind it go.
    pub(crate) fn seal(&self, state: &parking_lot::RwLock<State>) -> Result<u64, Error> {
        let _one_at_a_time = self.sealing.lock();
        let (seq, entities) = {
            let state = state.read();
            (state.seq, state.iter().map(|stored| Arc::clone(&stored.entity)).collect::<Vec<_>>())
        };
        let observations: Vec<Observation> = {
            let parts = self.parts.read();
            parts.tail.values().flatten().filter(|o| o.seq <= seq).cloned().collect()
        };
        if observations.is_empty() {
            return Ok(0);
        }
        self.store.write_snapshot(seq, &mut entities.iter().map(|entity| &**entity))?;
        drop(entities);
        let count = observations.len() as u64;
        let plan = self.history.plan(observations);
        let intent = self.store.begin_seal(&plan.objects())?;
        let segments = match self.history.write(&plan) {
            Ok(segments) => segments,
            Err(error) => {
                undo(&self.history, &self.store, intent, &plan.objects())?;
                return Err(error.into());
            }
        };
        self.store.finish_seal(intent, &segments, &[], seq)?;
        let mut parts = self.parts.write();
        let mut all = parts.segments.to_vec();
        all.extend(segments);
        parts.segments = Arc::new(all);
        parts.sealed_upto = seq;
        parts.tail.retain(|_, observations| {
            observations.retain(|o| o.seq > seq);
            observations.shrink_to_fit();
            !observations.is_empty()
        });
        parts.tail_len = parts.tail.values().map(Vec::len).sum();
        parts.tail.shrink_to_fit();
        Ok(count)
    }
}

/// Takes back a seal that was begun and not finished.
pub(super) fn undo(history: &History, store: &TenantStore, intent: u64, objects: &[String]) -> Result<(), Error> {
    for object in objects {
        history.remove(object)?;
    }
    store.abandon_intent(intent)?;
    Ok(())
}
