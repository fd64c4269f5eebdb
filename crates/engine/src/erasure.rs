//! Erasure: everything of one person, for good (Regulation (EU) 2016/679,
//! article 17). Not a deletion as protocols know it, which leaves the past.
//!
//! The ledger has the erasure before anything happens. Then the key of the
//! person is destroyed: what is ciphertext under it can be read nowhere any
//! more, in backups neither. Then the thing with all of its past, and reports
//! about it, are removed for readers in one commit; they leave the disk with
//! [`Access::finish_removals`]. What a crash or a restored backup undid is
//! done again when the tenant opens, before anybody is served.

use std::collections::HashMap;
use std::sync::Arc;

use model::series::{self, SeriesQuery};
use model::{Authorized, EntityId, Instant, Known, SeriesKey, Text, TimeWindow};
use policy::Action;
use store::Erasure;
use tokio::sync::Mutex;

use crate::sequencer::{Sequencer, Work};
use crate::tenant::Shared;
use crate::{Access, DOOR, Error, retention};

/// Longest reason, in bytes.
const REASON_BYTES_MAX: usize = 500;

/// One at a time, so that ledger and data count the same.
static ERASING: Mutex<()> = Mutex::const_new(());

/// What there is of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasurePlan {
    /// The thing that stands for the person.
    pub entity: EntityId,
    /// Whether it is part of the current state.
    pub is_current: bool,
    /// How many values of its past there are, each version counted.
    pub values: u64,
    /// Whether there is a key of the person.
    pub has_key: bool,
    /// How many reports speak of it.
    pub reports: usize,
    /// Runs whose raw files named it: these are kept, encrypted, and so is
    /// what waits in quarantine.
    pub runs: Vec<u64>,
}

/// What was erased, without saying whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureReceipt {
    /// The beginning of the keyed hash of the person.
    pub subject: Text,
    /// When.
    pub at: Instant,
    /// By whom.
    pub actor: Text,
    /// Why.
    pub reason: Text,
    /// How many values, each version counted.
    pub values: u64,
    /// Whether nothing of it is left on the disk.
    pub is_finished: bool,
}

impl Access {
    /// What there is of a person, and erases nothing.
    ///
    /// # Errors
    /// When the principal may not administer; [`crate::Kind::NotFound`] when
    /// there is nothing; when history is damaged.
    pub async fn plan_erasure(&self, entity: &EntityId) -> Result<ErasurePlan, Error> {
        self.permit(Action::Administer)?;
        if retention::is_receipt(entity, self.shared().state.read().get(entity).map(|stored| &*stored.entity)) {
            return Err(retention::kept_for_receipts(entity));
        }
        let reports = self.reports_about(entity)?.len();
        let id = entity.clone();
        let plan = self.blocking(move |shared| look(shared, id, reports)).await?;
        if !plan.is_current && plan.values == 0 && !plan.has_key && reports == 0 {
            return Err(Error::not_found("entity", entity));
        }
        Ok(plan)
    }

    /// Erases everything of a person: when it answers, nothing of it can be
    /// read any more.
    ///
    /// # Errors
    /// As [`Access::plan_erasure`]; when the reason is missing or too long.
    /// After any other error, erase again: what was begun is ended at the
    /// latest when the tenant opens again.
    pub async fn erase(&self, entity: &EntityId, reason: &str) -> Result<ErasurePlan, Error> {
        let reason = reason.trim();
        if reason.is_empty() || reason.len() > REASON_BYTES_MAX {
            return Err(Error::invalid(format!("an erasure needs a reason of 1 to {REASON_BYTES_MAX} bytes, such as a file number")));
        }
        let _one = ERASING.lock().await;
        let plan = self.plan_erasure(entity).await?;
        let mut ids = vec![entity.clone()];
        ids.extend(self.reports_about(entity)?);
        let (all, actor, reason, values) = (ids.clone(), self.actor(), Text::from(reason), plan.values);
        let count = self
            .blocking(move |shared| {
                for id in &all {
                    let (subject, at) = (shared.envelope.subject(id), shared.clock.now());
                    let values = if *id == all[0] { values } else { 0 };
                    shared.store.note_erasure(&Erasure { subject, at, actor: actor.clone(), reason: reason.clone(), values })?;
                }
                shared.store.destroy_erased_keys()?;
                Ok(shared.store.erasures()?.len())
            })
            .await?;
        self.submit(Work::Erase(ids)).await?;
        self.blocking(move |shared| Ok(shared.store.follow_erasures(count)?)).await?;
        Ok(plan)
    }

    /// All erasures, the newest first.
    ///
    /// # Errors
    /// When the principal may not administer, or the ledger is damaged.
    pub async fn erasures(&self) -> Result<Vec<ErasureReceipt>, Error> {
        self.permit(Action::Administer)?;
        self.blocking(|shared| {
            let open: Vec<[u8; 32]> =
                shared.store.removals()?.iter().map(|(_, removal)| shared.envelope.subject(&removal.entity)).collect();
            let receipt = |erasure: Erasure| ErasureReceipt {
                subject: erasure.subject.iter().take(6).map(|byte| format!("{byte:02x}")).collect::<String>().into(),
                at: erasure.at,
                actor: erasure.actor,
                reason: erasure.reason,
                values: erasure.values,
                is_finished: !open.contains(&erasure.subject),
            };
            Ok(shared.store.erasures()?.into_iter().rev().map(receipt).collect())
        })
        .await
    }
}

fn look(shared: &Shared, entity: EntityId, reports: usize) -> Result<ErasurePlan, Error> {
    let counts = shared
        .past
        .count(TimeWindow::ALL.end, &mut |key| (key.entity == entity && key.attribute != series::life()).then_some(TimeWindow::ALL.end))?;
    let all = SeriesQuery { entities: vec![entity.clone()], known: Known::Versions, ..SeriesQuery::default() };
    let found = shared.past.series(&Authorized::new(&DOOR, all))?;
    let mut runs: Vec<u64> = found.iter().filter_map(|row| row.origin).map(|origin| origin.run).collect();
    runs.sort_unstable();
    runs.dedup();
    let has_key = shared.store.subject_key(&shared.envelope.subject(&entity), false)?.is_some();
    let is_current = shared.state.read().get(&entity).is_some();
    Ok(ErasurePlan { entity, is_current, values: counts.values().map(|count| count.rows).sum(), has_key, reports, runs })
}

/// Does again what the ledger tells and the tenant's data do not show: a crash
/// came between, or a backup from before was restored. Blocks.
pub(crate) fn make_up(shared: &Arc<Shared>, sequencer: &Sequencer) -> Result<(), Error> {
    let store = &shared.store;
    store.destroy_erased_keys()?;
    let (erasures, followed) = (store.erasures()?, store.erasures_followed()?);
    if followed >= erasures.len() {
        return Ok(());
    }
    let erased: Vec<[u8; 32]> = erasures[followed..].iter().map(|erasure| erasure.subject).collect();
    let ids = found_again(shared, &erased)?;
    tracing::warn!(tenant = %shared.tenant(), erasures = erased.len(), found = ids.len(), "erasures are carried out again");
    if !ids.is_empty() {
        let work = sequencer.submit(Work::Erase(ids), "system".into(), None);
        // The caller may be on a thread where nothing may be waited for.
        std::thread::scope(|scope| scope.spawn(|| wait_for(work)).join())
            .unwrap_or_else(|_| Err(Error::internal("an erasure ended by a fault")))?;
    }
    Ok(store.follow_erasures(erasures.len())?)
}

fn wait_for<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.map_err(|error| Error::internal(format!("a runtime could not be started: {error}")))?.block_on(work)
}

/// The things whose hash is one of these, in the state or in the past.
fn found_again(shared: &Shared, erased: &[[u8; 32]]) -> Result<Vec<EntityId>, Error> {
    let mut known: HashMap<EntityId, bool> = HashMap::new();
    let mut is_erased = |id: &EntityId| match known.get(id) {
        Some(known) => *known,
        None => {
            let is = erased.contains(&shared.envelope.subject(id));
            known.insert(id.clone(), is);
            is
        }
    };
    for stored in shared.state.read().iter() {
        is_erased(&stored.entity.id);
    }
    shared.past.count(TimeWindow::ALL.end, &mut |key: &SeriesKey| {
        is_erased(&key.entity);
        None
    })?;
    Ok(known.into_iter().filter(|(_, is)| *is).map(|(id, _)| id).collect())
}
