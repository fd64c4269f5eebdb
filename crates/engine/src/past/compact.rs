//! Compaction: small segments become large ones, and what was removed leaves the files.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use model::{Removal, Removals, Segment};

use super::{Parts, Past};
use crate::Error;

/// As many small segments are worth being written anew as one when nothing else is to do.
pub(crate) const WHEN_IDLE: usize = 8;
/// As many are worth it while values come in.
pub(crate) const WHEN_BUSY: usize = 64;
/// No more are read side by side.
const AT_ONCE: usize = 16;

/// Objects that were replaced, and who may still read them.
#[derive(Default)]
pub(super) struct Retired {
    /// Lists of segments that were replaced and that readers may hold.
    lists: Vec<Weak<Vec<Segment>>>,
    /// The intent that names them, and their names.
    objects: Vec<(u64, Vec<String>)>,
}

impl Past {
    /// One step: what was replaced and is read by nobody goes, then segments
    /// that hold what was removed, or are `too_many` and too small, are
    /// written anew, while others may be sealed. A crash at any point leaves
    /// the old or the new segments. Answers whether there may be more to do.
    pub(crate) fn compact(&self, too_many: usize, stop: &AtomicBool) -> Result<bool, Error> {
        let _one_at_a_time = self.compacting.lock();
        self.sweep()?;
        let (segments, removals, sealed_upto) = {
            let parts = self.parts.read();
            (Arc::clone(&parts.segments), Arc::clone(&parts.removals), parts.sealed_upto)
        };
        let chosen = self.choose(&segments, &removals, too_many)?;
        if chosen.is_empty() {
            self.settle(&removals, sealed_upto)?;
            return Ok(false);
        }
        let merge = self.history.plan_merge(chosen.into_iter().cloned());
        let intent = self.store.begin_seal(merge.objects())?;
        let merged = match self.history.merge(&merge, &removals, &|| !stop.load(Ordering::Relaxed)) {
            Ok(Some(merged)) => merged,
            unfinished => {
                super::seal::undo(&self.history, &self.store, intent, merge.objects())?;
                return unfinished.map(|_| false).map_err(Error::from);
            }
        };
        let replaced: Vec<String> = merge.inputs().iter().map(|segment| segment.object.clone()).collect();
        let _no_seal = self.sealing.lock();
        let retired = self.store.finish_seal(intent, &merged, &replaced, self.sealed_upto())?;
        let mut parts = self.parts.write();
        let mut left: Vec<Segment> = parts.segments.iter().filter(|segment| !replaced.contains(&segment.object)).cloned().collect();
        let into = merged.len();
        left.extend(merged);
        left.sort_by(|a, b| a.time.0.cmp(&b.time.0).then_with(|| a.object.cmp(&b.object)));
        self.list(&mut parts, left);
        drop(parts);
        tracing::info!(segments = replaced.len(), into, "history compacted");
        self.retired.lock().objects.extend(retired.map(|intent| (intent, replaced)));
        Ok(true)
    }

    /// Shows readers another list of segments, and remembers the one that some may hold.
    pub(super) fn list(&self, parts: &mut Parts, segments: Vec<Segment>) {
        let before = std::mem::replace(&mut parts.segments, Arc::new(segments));
        let mut retired = self.retired.lock();
        retired.lists.retain(|list| list.strong_count() > 0);
        retired.lists.push(Arc::downgrade(&before));
    }

    /// Segments to write anew: first those that hold what was removed, then the
    /// small ones, the oldest first.
    fn choose<'a>(&self, segments: &'a [Segment], removals: &Removals, too_many: usize) -> Result<Vec<&'a Segment>, Error> {
        let mut chosen = Vec::new();
        if !removals.is_empty() {
            for segment in segments {
                if self.history.holds(segment, removals)? {
                    chosen.push(segment);
                }
            }
        }
        if chosen.is_empty() {
            chosen = self.history.mergeable(segments, too_many);
        }
        chosen.sort_by_key(|segment| segment.seq);
        chosen.truncate(AT_ONCE);
        Ok(chosen)
    }

    /// Deletes replaced objects that no reader can come upon any more.
    fn sweep(&self) -> Result<(), Error> {
        let mut retired = self.retired.lock();
        retired.lists.retain(|list| list.strong_count() > 0);
        let held: Vec<Arc<Vec<Segment>>> = retired.lists.iter().filter_map(Weak::upgrade).collect();
        let is_held = |object: &String| held.iter().any(|list| list.iter().any(|segment| segment.object == *object));
        let (keep, gone): (Vec<_>, Vec<_>) =
            std::mem::take(&mut retired.objects).into_iter().partition(|(_, names)| names.iter().any(is_held));
        retired.objects = keep;
        gone.into_iter().try_for_each(|(intent, names)| super::seal::undo(&self.history, &self.store, intent, &names))
    }

    /// Forgets removals of which nothing is left: not in segments, in which the
    /// caller has looked for these, nor in the tail, in the log, or in objects that wait.
    fn settle(&self, removals: &Removals, sealed_upto: u64) -> Result<(), Error> {
        if removals.is_empty() || !self.retired.lock().objects.is_empty() {
            return Ok(());
        }
        let upto = self.store.dropped_upto()?.min(sealed_upto);
        // What was removed in the meantime stays, also when it was written long ago.
        let is_done = |removal: &Removal| removal.seq <= upto && removals.contains(removal);
        let done: Vec<(u64, Removal)> = self.store.removals()?.into_iter().filter(|(_, removal)| is_done(removal)).collect();
        if !done.is_empty() {
            let (ids, done): (Vec<u64>, Vec<Removal>) = done.into_iter().unzip();
            self.store.settle_removals(&ids)?;
            let mut parts = self.parts.write();
            parts.removals = Arc::new(parts.removals.without(&done.into_iter().collect()));
        }
        Ok(())
    }
}
