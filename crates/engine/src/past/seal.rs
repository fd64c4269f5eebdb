//! Sealing: moving the tail into Parquet, by intent, write, manifest.

use std::sync::Arc;

use history::History;
use model::{Entity, Instant, Segment};
use parking_lot::RwLock;
use store::TenantStore;

use super::{Parts, Past, Tail};
use crate::Error;
use crate::load::{self, Left, Rows};
use crate::operation::ImportReceipt;
use crate::state::State;

impl Past {
    /// Seals what the log held when this was called. A crash at any point
    /// leaves the old or the new state: the intent is durable before an object
    /// is written, and manifest, intent and log change in one transaction.
    ///
    /// `state` is what a restart begins with: its snapshot is made durable
    /// before the log rows behind it go.
    pub(crate) fn seal(&self, state: &RwLock<State>) -> Result<u64, Error> {
        self.seal_tail(state, false)
    }

    /// As [`Self::seal`], also when the tail is empty: the log behind the
    /// snapshot before loses its payloads.
    pub(crate) fn press(&self, state: &RwLock<State>) -> Result<u64, Error> {
        self.seal_tail(state, true)
    }

    fn seal_tail(&self, state: &RwLock<State>, even_empty: bool) -> Result<u64, Error> {
        let _one_at_a_time = self.sealing.lock();
        let (seq, entities, frozen) = {
            let _together = self.showing.lock();
            let state = state.read();
            let frozen = match self.parts.write().freeze() {
                Some(frozen) => frozen,
                None if even_empty => Arc::default(),
                None => return Ok(0),
            };
            (state.seq, state.iter().map(|stored| Arc::clone(&stored.entity)).collect::<Vec<_>>(), frozen)
        };
        let result = self.write(seq, entities, &frozen);
        let mut parts = self.parts.write();
        match result {
            Ok(segments) => {
                let count = segments.iter().map(|segment| segment.rows).sum();
                let sealed = parts.segments.iter().cloned().chain(segments).collect();
                self.list(&mut parts, sealed);
                parts.sealed_upto = seq;
                parts.frozen = None;
                // Nobody waits while so many values are freed.
                drop(parts);
                drop(frozen);
                Ok(count)
            }
            Err(error) => {
                drop(frozen);
                parts.thaw();
                Err(error)
            }
        }
    }

    /// Makes snapshot, objects and manifest durable, in this order.
    fn write(&self, seq: u64, entities: Vec<Arc<Entity>>, frozen: &Tail) -> Result<Vec<Segment>, Error> {
        self.store.write_snapshot(seq, &mut entities.iter().map(|entity| &**entity))?;
        drop(entities);
        let plan = self.history.plan(frozen.values().map(Vec::as_slice));
        let intent = self.store.begin_seal(&plan.objects())?;
        match self.history.write(&plan) {
            Ok(segments) => {
                self.store.finish_seal(intent, &segments, &[], seq)?;
                Ok(segments)
            }
            Err(error) => {
                undo(&self.history, &self.store, intent, &plan.objects())?;
                Err(error.into())
            }
        }
    }
}

impl Past {
    /// Writes values as segments of their own, under a position that stands
    /// for nothing else. Answers what was not written, all of it: when
    /// history is sealed beyond the position already, another is needed, as
    /// removals up to there may be settled and would hide nothing any more.
    pub(crate) fn load(&self, seq: u64, at: Instant, mut rows: Vec<Rows>) -> Result<(Left, ImportReceipt), Error> {
        self.store.check_room()?;
        let _one_at_a_time = self.sealing.lock();
        let sealed_upto = self.sealed_upto();
        if sealed_upto >= seq {
            return Ok((Left::OfPosition(rows), ImportReceipt::default()));
        }
        let mut receipt = ImportReceipt::default();
        rows.iter_mut().for_each(|rows| receipt += load::settle(rows, seq, at));
        let plan = self.history.plan(rows.iter().map(Vec::as_slice));
        let (intent, objects) = (self.store.begin_seal(&plan.objects())?, plan.objects());
        let segments = match self.history.write(&plan) {
            Ok(segments) => segments,
            Err(error) => {
                undo(&self.history, &self.store, intent, &objects)?;
                return match error {
                    history::Error::NotKept { .. } => Ok((Left::NotKept(rows), ImportReceipt { written: 0, ..receipt })),
                    error => Err(error.into()),
                };
            }
        };
        self.store.finish_seal(intent, &segments, &[], sealed_upto)?;
        let mut parts = self.parts.write();
        let listed = parts.segments.iter().cloned().chain(segments).collect();
        self.list(&mut parts, listed);
        Ok((Left::Nothing, receipt))
    }
}

impl Parts {
    /// Sets the tail aside to be sealed; nothing when there is none.
    fn freeze(&mut self) -> Option<Arc<Tail>> {
        if self.tail_len == 0 {
            return None;
        }
        self.tail_len = 0;
        let frozen = Arc::new(std::mem::take(&mut self.tail));
        self.frozen = Some(Arc::clone(&frozen));
        Some(frozen)
    }

    /// Puts what could not be sealed back, before what came since.
    fn thaw(&mut self) {
        let Some(frozen) = self.frozen.take() else { return };
        let since = std::mem::replace(&mut self.tail, Arc::unwrap_or_clone(frozen));
        for (key, observations) in since {
            self.tail.entry(key).or_default().extend(observations);
        }
        self.tail_len = self.tail.values().map(Vec::len).sum();
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
