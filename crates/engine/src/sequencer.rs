//! The sequencer of a tenant: orders requests, resolves them against the
//! state plus what is queued, and hands batches to the writer. One batch is
//! one durable append; answers follow it.
//!
//! Two threads: while the writer waits for the disk, the sequencer resolves
//! the next batch against the pending overlay. When an append fails,
//! everything that was built on it fails too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use model::{Change, Commit, Entity, EntityId, Fact, Header, Instant, Observation, Origin, RemovedSeries, SeriesKey, Text, TimeWindow};
use parking_lot::Mutex;
use store::Sentence;
use tokio::sync::oneshot;

use crate::operation::{ImportReceipt, Operation, Outcome};
use crate::resolve::{Draft, Known, Mending, Wrong};
use crate::retention::Expiry;
use crate::tenant::{self, Shared};
use crate::{Error, Kind, Table};

/// How many effects one append may hold before the rest waits for the next.
const EFFECTS_PER_BATCH: usize = 20_000;
/// How many requests one append may answer.
const REQUESTS_PER_BATCH: usize = 1_024;
/// How many requests may wait.
const QUEUE_LENGTH: usize = 4_096;

/// What a request wants written.
pub(crate) enum Work {
    Operations(Vec<Operation>),
    Import {
        run: u64,
        records: Vec<(u64, Entity)>,
        known: Known,
    },
    /// One instance of the past corrected or retracted.
    Mend(Box<Wrong>, Mending),
    /// History removed for good.
    RemoveHistory(EntityId, Vec<(RemovedSeries, TimeWindow)>),
    /// Entities removed for good, with all of their past.
    Erase(Vec<EntityId>),
    /// What retention deletes, with its receipt.
    Expire(Box<Expiry>),
    /// Nothing but an entry in the audit, and a position of its own.
    Note {
        run: Option<u64>,
    },
}

impl Work {
    /// Whether nothing else may share its commit.
    fn stands_alone(&self) -> bool {
        matches!(self, Self::RemoveHistory(..) | Self::Erase(_) | Self::Expire(_) | Self::Note { .. })
    }
}

/// What became of it.
pub(crate) enum Done {
    Operations(Vec<Result<Outcome, Error>>, u64),
    Import(ImportReceipt),
    Noted { seq: u64, at: Instant },
}

type Reply = oneshot::Sender<Result<Done, Error>>;

struct Request {
    work: Work,
    actor: Text,
    purpose: Option<Text>,
    reply: Reply,
}

/// Where requests go in.
#[derive(Clone)]
pub(crate) struct Sequencer {
    queue: mpsc::SyncSender<Request>,
}

/// A batch on its way to the disk.
struct Batch {
    number: u64,
    commits: Vec<Commit>,
    entities: Table<EntityId, Option<Arc<Entity>>>,
    observations: Vec<Observation>,
    replies: Vec<(Reply, Done)>,
    /// Nothing may join the last commit.
    is_closed: bool,
}

enum ToWriter {
    Batch(Batch),
    /// The sequencer has forgotten what was built on a failed append.
    Reset,
}

/// The batch that last changed an entity, and what it made of it.
type PendingEntity = (u64, Option<Arc<Entity>>);

/// What is queued and not yet durable.
#[derive(Default)]
struct Pending {
    entities: Mutex<Table<EntityId, PendingEntity>>,
    /// An append failed: what is pending will not come true.
    broken: AtomicBool,
}

impl Sequencer {
    /// Starts the two threads of a tenant; they end when all senders are gone.
    pub(crate) fn start(shared: Arc<Shared>, last: Option<Header>) -> Result<(Self, std::thread::JoinHandle<()>), Error> {
        let (queue, requests) = mpsc::sync_channel(QUEUE_LENGTH);
        // One batch waits while one is written: more would only age.
        let (to_writer, batches) = mpsc::sync_channel(1);
        let pending = Arc::new(Pending::default());
        let failed = |error: std::io::Error| Error::internal(format!("a thread could not be started: {error}"));
        let name = shared.tenant().to_string();
        let writer = Writer { shared: Arc::clone(&shared), pending: Arc::clone(&pending) };
        let writing = std::thread::Builder::new().name(format!("{name}-writer")).spawn(move || writer.run(&batches)).map_err(failed)?;
        let mut collector = Collector { shared, pending, to_writer, number: 0, seq: 0, at: Instant::from_micros(0) };
        collector.begin_after(last.as_ref());
        std::thread::Builder::new().name(format!("{name}-sequencer")).spawn(move || collector.run(&requests)).map_err(failed)?;
        Ok((Self { queue }, writing))
    }

    /// Queues work and waits until it is durable, or certainly is not.
    pub(crate) async fn submit(&self, work: Work, actor: Text, purpose: Option<Text>) -> Result<Done, Error> {
        let (reply, answer) = oneshot::channel();
        match self.queue.try_send(Request { work, actor, purpose, reply }) {
            Ok(()) => {}
            Err(mpsc::TrySendError::Full(_)) => {
                return Err(Error::new(
                    Kind::Unavailable,
                    Sentence::new("writes-waiting", "too many writes are waiting; nothing was written, try again in a moment"),
                ));
            }
            Err(mpsc::TrySendError::Disconnected(_)) => return Err(Error::stopped()),
        }
        answer.await.unwrap_or_else(|_| Err(Error::stopped().maybe()))
    }
}

/// The sequencer's side.
struct Collector {
    shared: Arc<Shared>,
    pending: Arc<Pending>,
    to_writer: mpsc::SyncSender<ToWriter>,
    number: u64,
    seq: u64,
    at: Instant,
}

impl Collector {
    fn begin_after(&mut self, last: Option<&Header>) {
        self.seq = last.map_or(0, |header| header.seq);
        self.at = last.map_or(Instant::from_micros(0), |header| header.at);
    }

    fn run(mut self, requests: &mpsc::Receiver<Request>) {
        while let Ok(first) = requests.recv() {
            if self.pending.broken.load(Ordering::SeqCst) && !self.reset() {
                let _ = first.reply.send(Err(Error::new(
                    Kind::Unavailable,
                    Sentence::new("log-unread", "the log cannot be read after a failed write; nothing was written"),
                )));
                continue;
            }
            let batch = self.collect(first, requests);
            if self.to_writer.send(ToWriter::Batch(batch)).is_err() {
                return;
            }
        }
    }

    /// Forgets what was built on a failed append, shows what the log holds
    /// after all, and begins after it.
    fn reset(&mut self) -> bool {
        if let Err(error) = self.catch_up() {
            tracing::error!(tenant = %self.shared.tenant(), %error, "the log cannot be read after a failed write");
            return false;
        }
        self.pending.entities.lock().clear();
        self.pending.broken.store(false, Ordering::SeqCst);
        self.to_writer.send(ToWriter::Reset).is_ok()
    }

    fn catch_up(&mut self) -> Result<(), Error> {
        let last = self.shared.store.last_header()?;
        {
            let mut state = self.shared.state.write();
            let shown = state.seq;
            tenant::follow(&self.shared.store, &self.shared.past, &mut state, shown)?;
        }
        self.shared.reread_datasets();
        self.shared.feed.tell_all(last.as_ref().map_or(0, |header| header.seq));
        self.shared.edition.fetch_add(1, Ordering::SeqCst);
        self.begin_after(last.as_ref());
        Ok(())
    }

    fn collect(&mut self, first: Request, requests: &mpsc::Receiver<Request>) -> Batch {
        self.number += 1;
        // Time never runs backwards in the log, whatever the clock does.
        self.at = self.shared.clock.now().max(self.at);
        let mut batch = Batch {
            number: self.number,
            commits: Vec::new(),
            entities: Table::default(),
            observations: Vec::new(),
            replies: Vec::new(),
            is_closed: false,
        };
        let full = self.shared.store.check_room().err().map(Error::from);
        let mut effects = 0;
        let mut next = Some(first);
        while let Some(request) = next {
            effects += self.add(request, &mut batch, full.as_ref());
            let room = batch.replies.len() < REQUESTS_PER_BATCH && effects < EFFECTS_PER_BATCH;
            next = if room { requests.try_recv().ok() } else { None };
        }
        self.remember(&batch);
        batch
    }

    /// Resolves a request into the batch; answers how many effects it had.
    /// With a full disk only removals are taken.
    fn add(&mut self, request: Request, batch: &mut Batch, full: Option<&Error>) -> usize {
        let Request { work, actor, purpose, reply } = request;
        let run = match &work {
            Work::Import { run, .. } => Some(*run),
            Work::Note { run } => *run,
            _ => None,
        };
        let is_note = matches!(work, Work::Note { .. });
        let joins = !work.stands_alone()
            && !batch.is_closed
            && batch
                .commits
                .last()
                .is_some_and(|last| last.header.actor == actor && last.header.purpose == purpose && last.header.run == run);
        let seq = if joins { self.seq } else { self.seq + 1 };
        let classes = self.shared.classes.load();
        let find = |id: &EntityId| batch.entities.get(id).map_or_else(|| self.find(id), Clone::clone);
        let past = |key: &SeriesKey, at: Instant| newest(&batch.observations, key, at).or_else(|| self.shared.past.in_tail(key, at));
        let mut draft = Draft {
            at: self.at,
            seq,
            classes: &classes,
            envelope: &self.shared.envelope,
            find: &find,
            past: &past,
            keeps_receipts: matches!(work, Work::Expire(_) | Work::Mend(_, Mending::Finish(_))),
            entities: Table::default(),
            effects: Vec::new(),
            observations: Vec::new(),
        };
        let stands_alone = work.stands_alone();
        let mut result = carry_out(&mut draft, work, seq);
        if let Some(full) = full.filter(|_| store::needs_room(&draft.effects)) {
            result = Err(full.clone());
        }
        let Draft { entities, effects, observations, .. } = draft;
        match result {
            Ok(done) => {
                let count = effects.len();
                if count > 0 || is_note {
                    batch.entities.extend(entities);
                    batch.observations.extend(observations);
                    batch.is_closed = stands_alone;
                    self.log(batch, joins, Header { seq, at: self.at, actor, purpose, run }, effects);
                }
                batch.replies.push((reply, done));
                count
            }
            Err(error) => {
                let _ = reply.send(Err(error));
                0
            }
        }
    }

    fn log(&mut self, batch: &mut Batch, joins: bool, header: Header, effects: Vec<model::Effect>) {
        self.seq = header.seq;
        match batch.commits.last_mut() {
            Some(last) if joins => last.effects.extend(effects),
            _ => batch.commits.push(Commit { header, effects }),
        }
    }

    fn find(&self, id: &EntityId) -> Option<Arc<Entity>> {
        if let Some((_, entity)) = self.pending.entities.lock().get(id) {
            return entity.clone();
        }
        self.shared.state.read().get(id).map(|stored| Arc::clone(&stored.entity))
    }

    fn remember(&self, batch: &Batch) {
        let mut entities = self.pending.entities.lock();
        for (id, entity) in &batch.entities {
            entities.insert(id.clone(), (batch.number, entity.clone()));
        }
    }
}

/// The last value for an instant among these.
fn newest(observations: &[Observation], key: &SeriesKey, at: Instant) -> Option<Observation> {
    let says = |o: &&Observation| o.time() == at && o.fact != Fact::Deleted && o.attribute.name == key.attribute && o.key() == *key;
    observations.iter().rev().find(says).cloned()
}

/// Operations fail one by one; an import is taken whole or not at all.
fn carry_out(draft: &mut Draft<'_>, work: Work, seq: u64) -> Result<Done, Error> {
    match work {
        Work::Note { .. } => Ok(Done::Noted { seq, at: draft.at }),
        Work::Mend(wrong, mending) => draft.mend(*wrong, mending).map(|outcome| Done::Operations(vec![Ok(outcome)], seq)),
        Work::RemoveHistory(entity, removed) => {
            removed.into_iter().try_for_each(|(series, window)| draft.remove_history(entity.clone(), series, window))?;
            Ok(Done::Operations(vec![Ok(Outcome::Deleted)], seq))
        }
        Work::Erase(entities) => {
            let outcomes = entities.into_iter().map(|id| draft.erase(id).map(Ok)).collect::<Result<_, _>>()?;
            Ok(Done::Operations(outcomes, seq))
        }
        Work::Expire(expiry) => draft.expire(*expiry).map(|outcome| Done::Operations(vec![Ok(outcome)], seq)),
        Work::Operations(operations) => {
            let outcomes = operations.into_iter().map(|operation| atomically(draft, operation)).collect();
            Ok(Done::Operations(outcomes, seq))
        }
        Work::Import { run, records, known } => {
            let mut receipt = ImportReceipt::default();
            for (record, entity) in records {
                draft.import(entity, Origin { run, record }, &known, &mut receipt)?;
            }
            Ok(Done::Import(receipt))
        }
    }
}

fn atomically(draft: &mut Draft<'_>, operation: Operation) -> Result<Outcome, Error> {
    let id = operation.entity().clone();
    let before = (draft.entities.get(&id).cloned(), draft.effects.len(), draft.observations.len());
    let result = draft.resolve(operation);
    if result.is_err() {
        match before.0 {
            Some(entity) => draft.entities.insert(id, entity),
            None => draft.entities.remove(&id),
        };
        draft.effects.truncate(before.1);
        draft.observations.truncate(before.2);
    } else if draft.effects.len() == before.1 {
        return Ok(match result {
            Ok(Outcome::Updated { not_updated, .. }) if not_updated.is_empty() => Outcome::Unchanged,
            Ok(outcome) => outcome,
            Err(error) => return Err(error),
        });
    }
    result
}

/// The writer's side.
struct Writer {
    shared: Arc<Shared>,
    pending: Arc<Pending>,
}

impl Writer {
    fn run(self, batches: &mpsc::Receiver<ToWriter>) {
        let mut failing: Option<Error> = None;
        while let Ok(message) = batches.recv() {
            match (message, &failing) {
                (ToWriter::Reset, _) => failing = None,
                (ToWriter::Batch(batch), Some(error)) => refuse(batch, error),
                (ToWriter::Batch(batch), None) => failing = self.write(batch).err(),
            }
        }
    }

    fn write(&self, batch: Batch) -> Result<(), Error> {
        if !batch.commits.is_empty()
            && let Err(failure) = self.shared.store.append(&batch.commits)
        {
            // What the log shows now is no proof: after a failed sync the system takes for written what the disk may not have.
            let error = if failure.certain { Error::from(failure.source) } else { Error::from(failure.source).maybe() };
            tracing::error!(tenant = %self.shared.tenant(), %error, "the log takes no writes");
            self.shared.set_last_error(Some(error.clone()));
            self.pending.broken.store(true, Ordering::SeqCst);
            refuse(batch, &error);
            return Err(error);
        }
        self.shared.set_last_error(None);
        self.publish(batch);
        Ok(())
    }

    /// Shows readers what is durable, then answers.
    fn publish(&self, batch: Batch) {
        let Batch { number, commits, entities, observations, replies, .. } = batch;
        if let Some(last) = commits.last() {
            let datasets = entities.iter().any(|(id, entity)| self.shared.concerns_datasets(id, entity.as_deref()));
            let removals = commits.iter().flat_map(Commit::removals).collect();
            self.shared.past.publish(observations, removals, || {
                let mut state = self.shared.state.write();
                // In the order of the log, so that entities of one batch are kept in the order they came.
                let mut left: Table<&EntityId, &Option<Arc<Entity>>> = entities.iter().collect();
                for effect in commits.iter().flat_map(|commit| &commit.effects) {
                    match left.remove(&effect.entity) {
                        Some(entity) => state.put(&effect.entity, entity.clone()),
                        None if matches!(effect.change, Change::HistoryRemoved { .. }) => state.touch(&effect.entity),
                        None => {}
                    }
                }
                state.seq = last.header.seq;
            });
            if datasets {
                self.shared.reread_datasets();
                self.shared.feed.tell_all(last.header.seq);
            } else {
                self.shared.feed.tell(last.header.seq, entities.iter());
            }
            self.shared.edition.fetch_add(1, Ordering::SeqCst);
            let mut pending = self.pending.entities.lock();
            for id in entities.keys() {
                if pending.get(id).is_some_and(|(since, _)| *since == number) {
                    pending.remove(id);
                }
            }
            drop(pending);
            self.shared.after_commit();
        }
        for (reply, done) in replies {
            let _ = reply.send(Ok(done));
        }
    }
}

fn refuse(batch: Batch, error: &Error) {
    for (reply, _) in batch.replies {
        let _ = reply.send(Err(error.clone()));
    }
}
