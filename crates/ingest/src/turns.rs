//! One run per source at a time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::TenantId;
use tokio::sync::OwnedMutexGuard;

type Key = (TenantId, String);

/// Whose turn it is at each source.
#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<Key, Place>>);

#[derive(Clone, Default)]
struct Place {
    lock: Arc<tokio::sync::Mutex<()>>,
    stop: Arc<AtomicBool>,
}

/// The turn at a source, until it is dropped.
pub(crate) struct Turn {
    _guard: OwnedMutexGuard<()>,
    stop: Stop,
}

impl Turn {
    pub(crate) fn stop(&self) -> &Stop {
        &self.stop
    }
}

/// Whether a run shall end early.
#[derive(Clone, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(crate) fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Turns {
    fn place(&self, tenant: &TenantId, source: &str) -> Place {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.entry((tenant.clone(), source.to_owned())).or_default().clone()
    }

    /// Takes the turn if nobody has it.
    pub(crate) fn take(&self, tenant: &TenantId, source: &str) -> Option<Turn> {
        let place = self.place(tenant, source);
        let guard = place.lock.try_lock_owned().ok()?;
        Some(Self::begin(guard, place.stop))
    }

    /// Waits for the turn.
    pub(crate) async fn wait(&self, tenant: &TenantId, source: &str, patience: Duration) -> Option<Turn> {
        let place = self.place(tenant, source);
        let guard = tokio::time::timeout(patience, place.lock.lock_owned()).await.ok()?;
        Some(Self::begin(guard, place.stop))
    }

    fn begin(guard: OwnedMutexGuard<()>, stop: Arc<AtomicBool>) -> Turn {
        stop.store(false, Ordering::Relaxed);
        Turn { _guard: guard, stop: Stop(stop) }
    }

    /// Asks a run to end; says whether there is one.
    pub(crate) fn stop(&self, tenant: &TenantId, source: &str) -> bool {
        let place = self.place(tenant, source);
        let at_work = place.lock.try_lock().is_err();
        place.stop.store(at_work, Ordering::Relaxed);
        at_work
    }

    /// Asks all runs to end.
    pub(crate) fn stop_all(&self) {
        for place in self.0.lock().unwrap_or_else(PoisonError::into_inner).values() {
            place.stop.store(true, Ordering::Relaxed);
        }
    }
}
