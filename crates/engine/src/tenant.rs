//! A tenant at run time: its store, state, past and threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

use arc_swap::ArcSwap;
use model::dataset::terms;
use model::{Clock, Dataset, Entity, EntityId, TenantContext, TenantId};
use parking_lot::{Mutex, RwLock};
use store::TenantStore;

use crate::account::TokenCache;
use crate::catalogue::StatisticsCache;
use crate::classes::Classes;
use crate::live::Feed;
use crate::past::{Past, compact};
use crate::privacy::Envelope;
use crate::report::ReportsWaiting;
use crate::retention::RetentionPlan;
use crate::search::Index;
use crate::sequencer::Sequencer;
use crate::state::State;
use crate::{Config, Error, erasure, fold, resolve};

/// How many log rows are read at once when the log is replayed.
const REPLAY_ROWS: usize = 2_000;

/// After how long without a full tail a smaller one is sealed too.
const IDLE: std::time::Duration = std::time::Duration::from_secs(60);
/// A tail that is not worth sealing for its memory.
const IDLE_TAIL: usize = 10_000;

/// What the threads of a tenant share.
pub(crate) struct Shared {
    context: TenantContext,
    pub(crate) store: TenantStore,
    pub(crate) state: RwLock<State>,
    pub(crate) past: Past,
    pub(crate) classes: ArcSwap<Classes>,
    pub(crate) datasets: ArcSwap<Vec<Arc<Dataset>>>,
    pub(crate) search: RwLock<Index>,
    pub(crate) feed: Feed,
    pub(crate) statistics: StatisticsCache,
    pub(crate) tokens: TokenCache,
    pub(crate) envelope: Envelope,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) config: Config,
    /// Counts what was shown to readers.
    pub(crate) edition: AtomicU64,
    last_error: Mutex<Option<Error>>,
    sealer: Mutex<Option<mpsc::SyncSender<()>>>,
    /// What the last pass of retention left for somebody to confirm.
    pub(crate) retention_waiting: Mutex<Vec<RetentionPlan>>,
    /// What the last deletion of settled reports left for somebody to confirm.
    pub(crate) reports_waiting: Mutex<Option<ReportsWaiting>>,
    /// Held while something of the past is read to be replaced or removed for good, until that is done.
    pub(crate) forgetting: tokio::sync::Mutex<()>,
    /// Long work in the background ends early.
    pub(crate) stopping: AtomicBool,
}

/// A tenant at run time.
pub(crate) struct Tenant {
    pub(crate) shared: Arc<Shared>,
    sequencer: Mutex<Option<Sequencer>>,
    threads: Mutex<Vec<std::thread::JoinHandle<()>>>,
}

impl Tenant {
    /// Loads the newest snapshot, replays the log behind it, starts the threads.
    pub(crate) fn start(context: TenantContext, store: TenantStore, clock: Arc<dyn Clock>, config: Config) -> Result<Arc<Self>, Error> {
        let past = Past::open(store.clone())?;
        let state = replay(&store, &past)?;
        let last = store.last_header()?;
        store.interrupt_open_runs(clock.now())?;
        let shared = Arc::new(Shared {
            context,
            envelope: Envelope::open(store.clone())?,
            store,
            state: RwLock::new(state),
            past,
            classes: ArcSwap::default(),
            datasets: ArcSwap::default(),
            search: RwLock::default(),
            feed: Feed::default(),
            statistics: StatisticsCache::default(),
            tokens: TokenCache::default(),
            clock,
            config,
            edition: AtomicU64::new(0),
            last_error: Mutex::new(None),
            sealer: Mutex::new(None),
            retention_waiting: Mutex::default(),
            reports_waiting: Mutex::default(),
            forgetting: tokio::sync::Mutex::default(),
            stopping: AtomicBool::new(false),
        });
        shared.reread_datasets();
        let (sequencer, writing) = Sequencer::start(Arc::clone(&shared), last)?;
        erasure::make_up(&shared, &sequencer)?;
        let sealing = shared.start_sealer()?;
        Ok(Arc::new(Self { shared, sequencer: Mutex::new(Some(sequencer)), threads: Mutex::new(vec![writing, sealing]) }))
    }

    pub(crate) fn sequencer(&self) -> Result<Sequencer, Error> {
        self.sequencer.lock().clone().ok_or_else(Error::stopped)
    }

    /// Takes no more writes, ends what is queued, writes a snapshot.
    pub(crate) fn stop(&self) -> Result<(), Error> {
        self.shared.feed.close();
        self.shared.stopping.store(true, Ordering::Relaxed);
        drop(self.sequencer.lock().take());
        drop(self.shared.sealer.lock().take());
        for thread in self.threads.lock().drain(..) {
            if thread.join().is_err() {
                tracing::error!(tenant = %self.shared.tenant(), "a thread ended by a fault");
            }
        }
        self.shared.write_snapshot()
    }
}

impl Shared {
    pub(crate) fn tenant(&self) -> &TenantId {
        self.context.tenant()
    }

    pub(crate) fn set_last_error(&self, error: Option<Error>) {
        *self.last_error.lock() = error;
    }

    pub(crate) fn last_error(&self) -> Option<Error> {
        self.last_error.lock().clone()
    }

    /// Whether a change of this entity may change the list of datasets.
    pub(crate) fn concerns_datasets(&self, id: &EntityId, entity: Option<&Entity>) -> bool {
        entity.is_some_and(|entity| entity.is_a(terms::dataset())) || self.search.read().holds(id)
    }

    /// Reads datasets, classes and the words to search for off the state.
    pub(crate) fn reread_datasets(&self) {
        let stored: Vec<Arc<Entity>> = self.state.read().of_type(terms::dataset()).map(|stored| Arc::clone(&stored.entity)).collect();
        let mut read = Vec::new();
        for entity in stored {
            let known = self.search.read().known(&entity);
            match known.map_or_else(|| Dataset::from_entity(&entity).map(Arc::new), Ok) {
                Ok(dataset) => read.push((entity, dataset)),
                Err(error) => tracing::warn!(tenant = %self.tenant(), %error, "a dataset is not shown"),
            }
        }
        let datasets: Vec<Arc<Dataset>> = read.iter().map(|(_, dataset)| Arc::clone(dataset)).collect();
        let classes = Arc::new(Classes::of(&datasets));
        self.classes.store(Arc::clone(&classes));
        self.state.read().declare(&datasets, classes);
        self.datasets.store(Arc::new(datasets));
        self.search.write().follow(&read);
    }

    /// Wakes the sealer when the tail has grown enough.
    pub(crate) fn after_commit(&self) {
        let entities = self.state.read().len();
        if self.past.tail_len() >= self.config.seal_after.max(entities)
            && let Some(bell) = &*self.sealer.lock()
        {
            // A full bell rings already.
            let _ = bell.try_send(());
        }
    }

    fn start_sealer(self: &Arc<Self>) -> Result<std::thread::JoinHandle<()>, Error> {
        let (bell, rings) = mpsc::sync_channel(1);
        *self.sealer.lock() = Some(bell);
        let shared = Arc::clone(self);
        std::thread::Builder::new()
            .name(format!("{}-sealer", self.tenant()))
            .spawn(move || {
                loop {
                    let mut too_many = match rings.recv_timeout(IDLE) {
                        Ok(()) => {
                            shared.seal();
                            compact::WHEN_BUSY
                        }
                        Err(mpsc::RecvTimeoutError::Timeout) => {
                            if shared.past.tail_len() >= IDLE_TAIL {
                                shared.seal();
                            }
                            compact::WHEN_IDLE
                        }
                        Err(mpsc::RecvTimeoutError::Disconnected) => return,
                    };
                    while shared.compact(too_many) {
                        // What comes in goes first.
                        if rings.try_recv().is_ok() {
                            shared.seal();
                            too_many = compact::WHEN_BUSY;
                        }
                    }
                }
            })
            .map_err(|error| Error::internal(format!("a thread could not be started: {error}")))
    }

    /// Seals the tail; a failure is logged and tried again with the next ring.
    fn seal(&self) {
        match self.past.seal(&self.state) {
            Ok(count) => tracing::info!(tenant = %self.tenant(), values = count, "history sealed"),
            Err(error) => {
                tracing::error!(tenant = %self.tenant(), %error, "history could not be sealed; the log keeps it");
                self.set_last_error(Some(error));
            }
        }
    }

    /// Writes history anew where that pays; a failure is logged and tried again later.
    /// Answers whether there may be more to do.
    fn compact(&self, too_many: usize) -> bool {
        self.past.compact(too_many, &self.stopping).unwrap_or_else(|error| {
            tracing::error!(tenant = %self.tenant(), %error, "history could not be compacted; it stays as it is");
            self.set_last_error(Some(error));
            false
        })
    }

    fn write_snapshot(&self) -> Result<(), Error> {
        let (seq, entities) = {
            let state = self.state.read();
            (state.seq, state.iter().map(|stored| Arc::clone(&stored.entity)).collect::<Vec<_>>())
        };
        if seq > 0 {
            self.store.write_snapshot(seq, &mut entities.iter().map(|entity| &**entity))?;
        }
        Ok(())
    }
}

/// The state as the log has it; the unsealed tail goes to the past.
fn replay(store: &TenantStore, past: &Past) -> Result<State, Error> {
    let mut state = State::default();
    if let Some(snapshot) = store.load_snapshot()? {
        for entity in snapshot.entities {
            let id = entity.id.clone();
            state.put(&id, Some(Arc::new(entity)));
        }
        state.seq = snapshot.seq;
    }
    let after = state.seq.min(past.sealed_upto());
    follow(store, past, &mut state, after)?;
    Ok(state)
}

/// Applies what the log holds after a position: to the past what is not
/// sealed, to the state what it does not show yet.
pub(crate) fn follow(store: &TenantStore, past: &Past, state: &mut State, mut after: u64) -> Result<(), Error> {
    let sealed_upto = past.sealed_upto();
    loop {
        let commits = store.read_log(after, REPLAY_ROWS)?;
        let Some(last) = commits.last() else { return Ok(()) };
        after = last.header.seq;
        for commit in commits {
            if commit.header.seq > state.seq {
                past.remove(commit.removals().collect());
            }
            let header = commit.header;
            if header.seq > sealed_upto {
                let effects = commit.effects.iter();
                past.extend(effects.filter_map(|e| resolve::observation_of(&e.entity, &e.change, header.seq, header.at)).collect());
            }
            if header.seq > state.seq {
                for effect in commit.effects {
                    let mut entity = state.get(&effect.entity).map(|stored| Arc::clone(&stored.entity));
                    fold::apply(&mut entity, &effect.entity, &effect.change, header.at);
                    state.put(&effect.entity, entity);
                }
                state.seq = header.seq;
            }
        }
    }
}
