//! Who may look now: a bounded number of looks at once. Sources of one host,
//! and all sources that failed last, hold only a part of the places each, so
//! that servers which are silent until the timeout keep nobody else waiting.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::{Instant, TenantId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One part of the places, for a host or for all in trouble, is so small.
const PARTS: usize = 4;

/// The places.
pub(crate) struct Places {
    all: Arc<Semaphore>,
    troubled: Arc<Semaphore>,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
    part: usize,
}

/// A place, until it is dropped.
pub(crate) struct Place(#[expect(dead_code, reason = "held, not read")] [Option<OwnedSemaphorePermit>; 3]);

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPlace {
    /// All are taken.
    ForAnybody,
    /// The part for such sources is taken.
    ForThisOne,
}

impl Places {
    /// So many at once.
    pub(crate) fn new(count: usize) -> Self {
        let part = (count / PARTS).max(1);
        let [all, troubled] = [count, part].map(|count| Arc::new(Semaphore::new(count)));
        Self { all, troubled, hosts: Mutex::default(), part }
    }

    /// A place for a source that asks a host, or none.
    pub(crate) fn take(&self, host: Option<&str>, is_troubled: bool) -> Result<Place, NoPlace> {
        let one_of = |places: &Arc<Semaphore>, none| Arc::clone(places).try_acquire_owned().map_err(|_| none);
        let at_host = host.map(|host| one_of(&self.host(host), NoPlace::ForThisOne)).transpose()?;
        let in_trouble = is_troubled.then(|| one_of(&self.troubled, NoPlace::ForThisOne)).transpose()?;
        Ok(Place([at_host, in_trouble, Some(one_of(&self.all, NoPlace::ForAnybody)?)]))
    }

    fn host(&self, host: &str) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(hosts.entry(host.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(self.part))))
    }

    /// Waits until nobody looks any more.
    pub(crate) async fn empty(&self, count: usize) {
        // It fails only when the places are closed, which nobody does.
        drop(self.all.acquire_many(u32::try_from(count).unwrap_or(u32::MAX)).await);
    }
}

/// Sources whose last look could not even be noted, as on a full disk: they
/// are still due, and rest in memory for a while.
#[derive(Default)]
pub(crate) struct Rests(Mutex<HashMap<(TenantId, String), Instant>>);

impl Rests {
    /// Lets a source rest until then.
    pub(crate) fn until(&self, tenant: &TenantId, source: &str, then: Instant) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((tenant.clone(), source.to_owned()), then);
    }

    /// Whether it rests; who has rested is forgotten.
    pub(crate) fn rests(&self, tenant: &TenantId, source: &str, now: Instant) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (tenant.clone(), source.to_owned());
        let rests = all.get(&key).is_some_and(|then| *then > now);
        if !rests {
            all.remove(&key);
        }
        rests
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_a_host_nor_those_in_trouble_take_all_places() {
        let places = Places::new(8);
        let taken: Vec<_> = (0..8).map(|_| places.take(Some("stumm.example"), false)).collect();
        assert_eq!(taken.iter().filter(|place| place.is_ok()).count(), 2);
        let troubled: Vec<_> = (0..8).map(|n| places.take(Some(&format!("{n}.example")), true)).collect();
        assert_eq!(troubled.iter().filter(|place| place.is_ok()).count(), 2);
        let others: Vec<_> = (0..8).map(|_| places.take(None, false)).collect();
        assert_eq!(others.iter().filter(|place| place.is_ok()).count(), 4, "what is refused holds nothing");
        assert_eq!(places.take(None, false).err(), Some(NoPlace::ForAnybody));
        drop(taken);
        assert!(places.take(Some("stumm.example"), false).is_ok());
    }

    #[test]
    fn who_rests_is_forgotten_afterwards() {
        let (rests, tenant) = (Rests::default(), TenantId::parse("musterstadt").expect("a name"));
        let at = Instant::from_micros;
        rests.until(&tenant, "luft", at(60));
        assert!(rests.rests(&tenant, "luft", at(59)) && !rests.rests(&tenant, "autos", at(59)));
        assert!(!rests.rests(&tenant, "luft", at(60)));
        assert!(!rests.rests(&tenant, "luft", at(1)), "it is forgotten");
    }
}
