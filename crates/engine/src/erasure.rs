//! Erasure: everything of one person, for good (Regulation (EU) 2016/679,
//! article 17). Not a deletion as protocols know it, which leaves the past.
//!
//! The ledger has the erasure before anything happens. Then the key of the
//! person is destroyed: what is ciphertext under it can be read nowhere any
//! more, in backups neither. Then what came in of the person leaves the disk:
//! the raw inputs of the runs that read it, and its records in quarantine.
//! Then the thing with all of its past, and reports about it, are removed for
//! readers in one commit; they leave the disk with [`Access::finish_removals`].
//! What a crash or a restored backup undid is done again when the tenant
//! opens, before anybody is served.

mod inputs;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use model::series::{self, SeriesQuery};
use model::{Authorized, EntityId, Instant, Known, Origin, SeriesKey, Text, TimeWindow};
use policy::Action;
use store::{ErasedInputs, Erasure};
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
    /// Runs that read it.
    pub runs: Vec<u64>,
    /// How many raw inputs go: whole, with what they hold of others.
    pub files: usize,
    /// How many records in quarantine go.
    pub records: usize,
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
    /// What there is of a person, and erases nothing. What came in and could
    /// never be told to be of this person is found by `words`, such as a name
    /// or an address: in all raw inputs, as they came, and in quarantine.
    ///
    /// # Errors
    /// When the principal may not administer; [`crate::Kind::NotFound`] when
    /// there is nothing; when a word has less than three bytes; when history,
    /// a raw input or quarantine is damaged.
    pub async fn plan_erasure(&self, entity: &EntityId, words: &[String]) -> Result<ErasurePlan, Error> {
        Ok(self.found(entity, words).await?.0)
    }

    async fn found(&self, entity: &EntityId, words: &[String]) -> Result<(ErasurePlan, ErasedInputs), Error> {
        self.permit(Action::Administer)?;
        if retention::is_receipt(entity, self.shared().state.read().get(entity).map(|stored| &*stored.entity)) {
            return Err(retention::kept_for_receipts(entity));
        }
        let reports = self.reports_about(entity)?.len();
        let (id, words) = (entity.clone(), inputs::Words::new(entity, words)?);
        let (plan, inputs) = self.blocking(move |shared| look(shared, id, reports, &words)).await?;
        if !plan.is_current && plan.values == 0 && !plan.has_key && reports == 0 && inputs == ErasedInputs::default() {
            return Err(Error::not_found("entity", entity));
        }
        Ok((plan, inputs))
    }

    /// Erases everything of a person: when it answers, nothing of it can be
    /// read any more.
    ///
    /// # Errors
    /// As [`Access::plan_erasure`]; when the reason is missing or too long.
    /// After any other error, erase again: what was begun is ended at the
    /// latest when the tenant opens again.
    pub async fn erase(&self, entity: &EntityId, words: &[String], reason: &str) -> Result<ErasurePlan, Error> {
        let reason = reason.trim();
        if reason.is_empty() || reason.len() > REASON_BYTES_MAX {
            return Err(Error::invalid(format!("an erasure needs a reason of 1 to {REASON_BYTES_MAX} bytes, such as a file number")));
        }
        let _one = ERASING.lock().await;
        let _alone = self.shared().forgetting.lock().await;
        // What one before left undone comes first: the mark of what was followed would go past it.
        let (shared, sequencer) = (Arc::clone(self.shared()), self.tenant.sequencer()?);
        self.blocking(move |_| make_up(&shared, &sequencer)).await?;
        let (plan, inputs) = self.found(entity, words).await?;
        let mut ids = vec![entity.clone()];
        ids.extend(self.reports_about(entity)?);
        let (all, actor, reason, values) = (ids.clone(), self.actor(), Text::from(reason), plan.values);
        let count = self
            .blocking(move |shared| {
                let at = shared.clock.now();
                for (place, id) in all.iter().enumerate() {
                    let subject = shared.envelope.subject(id);
                    let (values, inputs) = if place == 0 { (values, inputs.clone()) } else { (0, ErasedInputs::default()) };
                    shared.store.note_erasure(&Erasure { subject, at, actor: actor.clone(), reason: reason.clone(), values, inputs })?;
                }
                shared.store.destroy_erased_keys()?;
                shared.store.erase_inputs(&inputs, at)?;
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

fn look(shared: &Shared, entity: EntityId, reports: usize, words: &inputs::Words) -> Result<(ErasurePlan, ErasedInputs), Error> {
    let counts = shared
        .past
        .count(TimeWindow::ALL.end, &mut |key| (key.entity == entity && key.attribute != series::life()).then_some(TimeWindow::ALL.end))?;
    let all = SeriesQuery { entities: vec![entity.clone()], known: Known::Versions, ..SeriesQuery::default() };
    let found = shared.past.series(&Authorized::new(&DOOR, all))?;
    let origins: BTreeSet<Origin> = found.iter().filter_map(|row| row.origin).collect();
    let inputs = inputs::find(shared, &origins, words)?;
    let mut runs: Vec<u64> = origins.into_iter().map(|origin| origin.run).collect();
    runs.dedup();
    let has_key = shared.store.subject_key(&shared.envelope.subject(&entity), false)?.is_some();
    let is_current = shared.state.read().get(&entity).is_some();
    let values = counts.values().map(|count| count.rows).sum();
    let (files, records) = (inputs.files.len(), inputs.records.len());
    Ok((ErasurePlan { entity, is_current, values, has_key, reports, runs, files, records }, inputs))
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
    for erasure in &erasures[followed..] {
        store.erase_inputs(&erasure.inputs, erasure.at)?;
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
