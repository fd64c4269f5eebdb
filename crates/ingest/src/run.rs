//! Runs: an input is recognised, kept, mapped, imported, accounted for.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use engine::{Access, QuarantineItem, QuarantineState, RunOutcome, RunState, StoredFile};
use harmonise::{Code, Fatal, Reason, Summary, Transport};

use crate::Error;
use crate::batch::{Counted, Ended, Origin, Refused, keep, map};
use crate::definition::Plan;
use crate::folders::{Folders, InputFile};
use crate::poll::Poll;
use crate::report::{Counts, InputReport, Outcome, Progress, RunReport};
use crate::service::Ingest;
use crate::state::{Looked, read_memo, state_of};
use crate::turns::{Stop, Turn};

/// How many batches pass between two notes in the list of runs.
const BATCHES_PER_NOTE: u32 = 20;
/// How many records of an input the engine may refuse before the mapping is taken to be wrong.
const REFUSED_MAX: usize = 10_000;
/// For how many of them the input is read again to show their bytes.
const RAW_READ_MAX: usize = 100;
/// How many quarantined records are looked at together.
const QUARANTINE_PAGE: usize = 500;

/// What is told on the way.
pub(crate) type Tell<'a> = &'a (dyn Fn(&Progress) + Send + Sync);

impl Ingest {
    /// Runs a source over its files, one run for each.
    ///
    /// # Errors
    /// [`Error::Busy`] when it is at work, [`Error::Path`] when its files are
    /// not there, the engine's. An input that cannot be used is no error of
    /// the whole: the report says it, and the others are done.
    pub async fn run(&self, access: &Access, source: &str, tell: Tell<'_>) -> Result<RunReport, Error> {
        self.run_in(access, source, self.folders().clone(), tell).await
    }

    /// As [`Ingest::run`], with paths of other folders.
    ///
    /// # Errors
    /// As [`Ingest::run`].
    pub async fn run_in(&self, access: &Access, source: &str, folders: Folders, tell: Tell<'_>) -> Result<RunReport, Error> {
        access.source(source, None)?;
        let turn = self.turn(access, source)?;
        self.look(access, source, folders, How::Asked, &turn, tell).await
    }

    /// Looks at a source and notes what was found.
    pub(crate) async fn look(
        &self,
        access: &Access,
        source: &str,
        folders: Folders,
        how: How,
        turn: &Turn,
        tell: Tell<'_>,
    ) -> Result<RunReport, Error> {
        let plan = self.plan(access, source)?;
        let access = access.as_source(source)?;
        let mut report = RunReport { source: source.to_owned(), version: plan.row.version, inputs: Vec::new() };
        let work = Work { ingest: self, access: &access, plan: &plan, turn, tell, position: (1, 1) };
        let found = match &plan.definition.source.transport {
            Transport::Http(http) => {
                let known = read_memo(&state_of(&access, source)?.memo).validators;
                let poll = Poll { ingest: self, access: &access, http, version: plan.row.version };
                poll.run(known, &work, &mut report.inputs).await.map(|validators| (validators, false))
            }
            _ => work.files(folders, how, &mut report.inputs).await.map(|unsettled| (None, unsettled)),
        };
        let (error, (validators, unsettled)) = match found {
            Ok(found) => (None, found),
            Err(error) => (Some(error), (None, false)),
        };
        self.note(&access, &plan, Looked { report: &report, error: error.as_ref(), validators, unsettled }).await?;
        error.map_or(Ok(report), Err)
    }

    /// Takes in a body that was pushed. When it answers, every accepted record
    /// is durable. `name` is what the sender calls it.
    ///
    /// # Errors
    /// [`Error::Unusable`] when the body as a whole cannot be used; it is kept
    /// with its failed run. [`Error::Transport`] when the source takes files.
    pub async fn push(&self, access: &Access, source: &str, name: Option<&str>, body: Bytes) -> Result<RunReport, Error> {
        access.source(source, None)?;
        let turn = self.turn_soon(access, source).await?;
        let plan = self.plan(access, source)?;
        if plan.definition.source.transport != Transport::Push {
            return Err(Error::Transport(Code::SourceTakesFiles.with("source", source)));
        }
        let access = access.as_source(source)?;
        let work = Work { ingest: self, access: &access, plan: &plan, turn: &turn, tell: &|_| {}, position: (1, 1) };
        let input = work.body(name.unwrap_or("push").to_owned(), body).await?;
        self.sent(&access, &plan, input).await
    }

    /// Notes what became of something that was sent.
    async fn sent(&self, access: &Access, plan: &Plan, input: InputReport) -> Result<RunReport, Error> {
        let failed = match &input.outcome {
            Outcome::Failed { run: Some(run), message } => Some(Error::Unusable { run: *run, message: message.clone() }),
            Outcome::Failed { run: None, message } => Some(Error::Path(message.clone())),
            _ => None,
        };
        let report = RunReport { source: plan.row.name.clone(), version: plan.row.version, inputs: vec![input] };
        self.note(access, plan, Looked { report: &report, error: failed.as_ref(), validators: None, unsettled: false }).await?;
        failed.map_or(Ok(report), Err)
    }

    /// Takes in what was kept already, as an upload is. When it answers, every
    /// accepted record is durable. `name` is the file's.
    ///
    /// # Errors
    /// [`Error::Unusable`] when the file as a whole does not fit the definition.
    pub async fn take_kept(&self, access: &Access, source: &str, name: &str, kept: StoredFile) -> Result<RunReport, Error> {
        access.source(source, None)?;
        let turn = self.turn_soon(access, source).await?;
        let plan = self.plan(access, source)?;
        let access = access.as_source(source)?;
        let work = Work { ingest: self, access: &access, plan: &plan, turn: &turn, tell: &|_| {}, position: (1, 1) };
        let input = match work.done_before(&kept.checksum).await? {
            Some(run) => InputReport::without_run(name.to_owned(), Outcome::Skipped { run }),
            None => work.input(name.to_owned(), kept).await?,
        };
        self.sent(&access, &plan, input).await
    }
}

/// Why a source is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// Somebody asked: every file is taken in, and one must be there.
    Asked,
    /// Its time has come: only what is new and settled is taken in.
    Planned,
}

/// One input at work.
pub(crate) struct Work<'a> {
    ingest: &'a Ingest,
    access: &'a Access,
    plan: &'a Plan,
    turn: &'a Turn,
    tell: Tell<'a>,
    position: (usize, usize),
}

impl Work<'_> {
    /// Takes the files of a source in; says whether one was left for later.
    async fn files(&self, folders: Folders, how: How, inputs: &mut Vec<InputReport>) -> Result<bool, Error> {
        let row = &self.plan.row;
        let (name, transport) = (row.name.clone(), self.plan.definition.source.transport.clone());
        let is_folder = matches!(transport, Transport::Folder { .. });
        let mut files = blocking(move || folders.files(&name, &transport)).await??;
        if files.is_empty() && how == How::Asked {
            return Err(Folders::empty(&self.plan.definition.source.transport));
        }
        let (tenant, done_with) = (self.access.tenant(), self.ingest.done_with());
        let mut unsettled = false;
        if how == How::Planned && is_folder {
            (files, unsettled) = done_with.fresh(tenant, &row.name, row.version, files, self.ingest.engine().now());
        }
        let total = files.len();
        for (index, file) in files.into_iter().enumerate() {
            let (name, mark) = (file.name.clone(), file.mark());
            let work = Work { position: (index + 1, total), ..*self };
            inputs.push(work.file(file).await?);
            done_with.add(tenant, &row.name, row.version, name, mark);
        }
        Ok(unsettled)
    }

    async fn file(&self, file: InputFile) -> Result<InputReport, Error> {
        let path = file.path.clone();
        let checksum = match blocking(move || checksum_of(&path)).await? {
            Ok(checksum) => checksum,
            Err(error) => return Ok(self.unreadable(file.name, &error)),
        };
        if let Some(run) = self.done_before(&checksum).await? {
            return Ok(self.skipped(file, run));
        }
        // From here on the kept copy is read: it is what the checksum speaks of,
        // even if somebody writes to the file in the meantime.
        let stored = self.access.keep_file(&file.path).await?;
        if stored.checksum != checksum
            && let Some(run) = self.done_before(&stored.checksum).await?
        {
            return Ok(self.skipped(file, run));
        }
        self.input(file.name, stored).await
    }

    pub(crate) async fn body(&self, name: String, body: Bytes) -> Result<InputReport, Error> {
        let stored = self.access.keep_bytes(body).await?;
        match self.done_before(&stored.checksum).await? {
            Some(run) => Ok(InputReport::without_run(name, Outcome::Skipped { run })),
            None => self.input(name, stored).await,
        }
    }

    async fn done_before(&self, checksum: &[u8; 32]) -> Result<Option<u64>, engine::Error> {
        self.access.finished_run_of(&self.plan.row.name, self.plan.row.version, checksum).await
    }

    fn skipped(&self, file: InputFile, run: u64) -> InputReport {
        let outcome = Outcome::Skipped { run };
        (self.tell)(&self.progress(&file.name, (file.size_bytes, file.size_bytes), Counts::default(), Some(outcome.clone())));
        InputReport::without_run(file.name, outcome)
    }

    fn unreadable(&self, name: String, error: &std::io::Error) -> InputReport {
        let outcome = Outcome::Failed { run: None, message: Code::InputUnreadable.with("detail", error.to_string()) };
        (self.tell)(&self.progress(&name, (0, 0), Counts::default(), Some(outcome.clone())));
        InputReport::without_run(name, outcome)
    }

    fn progress(&self, input: &str, bytes: (u64, u64), counts: Counts, outcome: Option<Outcome>) -> Progress {
        Progress { source: self.plan.row.name.clone(), input: input.to_owned(), position: self.position, bytes, counts, outcome }
    }

    /// The run of one kept input.
    async fn input(&self, name: String, stored: StoredFile) -> Result<InputReport, Error> {
        let row = &self.plan.row;
        let run = self.access.begin_run(&row.name, row.version, &name, stored.checksum).await?;
        let mut open = OpenRun::new(self.access, run);
        let origin = Origin { source: row.name.clone(), run, now: self.ingest.engine().now() };
        let reader = self.access.open_file(&stored.checksum).await?;
        let reader = reader.ok_or_else(|| Error::Internal(format!("the input `{name}` is gone right after it was kept")))?;
        let mut counts = Counts::default();
        let outcome = self.take_in(&name, stored.size_bytes, reader, &origin, &mut counts, &mut open).await;
        let report = self.account(name, &origin, outcome, counts, open).await?;
        if matches!(report.outcome, Outcome::Done { .. }) {
            self.settle_earlier(run, &stored.checksum).await?;
        }
        (self.tell)(&self.progress(&report.input, (stored.size_bytes, stored.size_bytes), report.counts, Some(report.outcome.clone())));
        Ok(report)
    }

    /// Maps and imports, batch by batch.
    async fn take_in(
        &self,
        name: &str,
        size_bytes: u64,
        reader: Box<dyn Read + Send>,
        origin: &Origin,
        counts: &mut Counts,
        open: &mut OpenRun,
    ) -> Result<Summary, Error> {
        let bytes = Arc::new(AtomicU64::new(0));
        (self.tell)(&self.progress(name, (0, size_bytes), *counts, None));
        let stop: Stop = self.turn.stop().clone();
        let reader = Counted::new(reader, Arc::clone(&bytes));
        let (mut batches, mapping) = map(Arc::clone(&self.plan.definition), name.to_owned(), reader, origin.clone(), stop);
        let (mut until_note, mut refused) = (BATCHES_PER_NOTE, Vec::new());
        while let Some(batch) = batches.recv().await {
            refused.extend(keep(self.access, origin, batch, counts).await?);
            if refused.len() > REFUSED_MAX {
                break;
            }
            (self.tell)(&self.progress(name, (bytes.load(Ordering::Relaxed), size_bytes), *counts, None));
            until_note -= 1;
            if until_note == 0 {
                until_note = BATCHES_PER_NOTE;
                self.access.finish_run(open.id, noted(origin, RunState::Running, counts, None)).await?;
            }
        }
        drop(batches);
        self.set_aside(refused, origin, counts).await?;
        match mapping.await.map_err(|error| Error::Internal(error.to_string()))? {
            Ok(summary) => {
                counts.records = summary.records;
                Ok(summary)
            }
            Err(Fatal::Sink(error)) if error.0.is::<Ended>() => Err(Error::Stopped),
            Err(fatal) => Err(Error::Unusable { run: origin.run, message: fatal.message() }),
        }
    }

    /// Puts records that the engine refused into quarantine, with their bytes
    /// from the kept input.
    async fn set_aside(&self, mut refused: Vec<Refused>, origin: &Origin, counts: &mut Counts) -> Result<(), Error> {
        if refused.len() > REFUSED_MAX {
            let Refused { record, reason } = refused.swap_remove(0);
            return Err(Error::Unusable {
                run: origin.run,
                message: Code::TooManyRefused.with("max", REFUSED_MAX).with("record", record).with("reason", reason),
            });
        }
        // A record may speak of several entities: it waits once.
        refused.dedup_by_key(|one| one.record);
        for (position, Refused { record, reason }) in refused.into_iter().enumerate() {
            let raw = if position < RAW_READ_MAX {
                self.ingest.raw_record(self.access, origin.run, record).await?.found.map(|found| found.bytes)
            } else {
                None
            };
            let item = QuarantineItem {
                source: origin.source.clone(),
                run: origin.run,
                record,
                raw: raw.unwrap_or_default(),
                // None: to read it again, the kept input is read up to it.
                context: String::new(),
                reason: Reason::from(reason).stored(),
                field: None,
                at: origin.now,
            };
            self.access.quarantine(vec![item]).await?;
            counts.quarantined += 1;
        }
        Ok(())
    }

    /// Writes down how a run ended.
    async fn account(
        &self,
        input: String,
        origin: &Origin,
        outcome: Result<Summary, Error>,
        counts: Counts,
        open: OpenRun,
    ) -> Result<InputReport, Error> {
        let ended = Origin { now: self.ingest.engine().now(), ..origin.clone() };
        let mut read = None;
        let (state, message, outcome, notes) = match outcome {
            Ok(summary) => {
                let notes = summary.issues.clone();
                let message = (!notes.is_empty()).then(|| Reason::of(&notes));
                read = Some(Box::new(summary));
                (RunState::Done, message, Ok(Outcome::Done { run: origin.run }), notes)
            }
            Err(Error::Unusable { run, message }) => {
                (RunState::Failed, Some(message.clone().into()), Ok(Outcome::Failed { run: Some(run), message }), Vec::new())
            }
            Err(Error::Stopped) => (RunState::Interrupted, Some(Error::Stopped.reason()), Err(Error::Stopped), Vec::new()),
            Err(other) => (RunState::Failed, Some(other.reason()), Err(other), Vec::new()),
        };
        self.access.finish_run(open.close(), noted(&ended, state, &counts, message)).await?;
        Ok(InputReport { input, outcome: outcome?, counts, notes, summary: read })
    }

    /// Records of the same bytes that earlier runs set aside were read again
    /// by this one: what is still wrong with them it has set aside anew.
    async fn settle_earlier(&self, run: u64, checksum: &[u8; 32]) -> Result<(), Error> {
        let source = &self.plan.row.name;
        let mut same_bytes = std::collections::HashMap::from([(run, false)]);
        let mut after = 0;
        loop {
            let page = self.access.quarantined(Some(source), after, QUARANTINE_PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id;
            let mut ids = Vec::new();
            for row in &page {
                let earlier = match same_bytes.get(&row.item.run) {
                    Some(known) => *known,
                    None => {
                        let same = self.access.run(row.item.run)?.checksum == *checksum;
                        same_bytes.insert(row.item.run, same);
                        same
                    }
                };
                if earlier {
                    ids.push(row.id);
                }
            }
            if !ids.is_empty() {
                self.access.settle_quarantine(ids, QuarantineState::Replayed, Some(run)).await?;
            }
        }
    }
}

/// A run that has begun. When its future is dropped before its end, for
/// example because a client went away, it is noted as interrupted.
pub(crate) struct OpenRun {
    access: Access,
    id: u64,
    closed: bool,
}

impl OpenRun {
    pub(crate) fn new(access: &Access, id: u64) -> Self {
        Self { access: access.clone(), id, closed: false }
    }

    pub(crate) fn close(mut self) -> u64 {
        self.closed = true;
        self.id
    }
}

impl Drop for OpenRun {
    fn drop(&mut self) {
        if self.closed {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (access, id) = (self.access.clone(), self.id);
        runtime.spawn(async move {
            let Ok(row) = access.run(id) else { return };
            let counts = Counts {
                records: row.records,
                written: row.written,
                unchanged: row.unchanged,
                corrected: row.corrected,
                created: 0,
                flagged: row.flagged,
                quarantined: row.quarantined,
            };
            let origin = Origin { source: row.source, run: id, now: row.at };
            let outcome = noted(&origin, RunState::Interrupted, &counts, Some(Error::Stopped.reason()));
            if let Err(error) = access.finish_run(id, outcome).await {
                tracing::warn!(run = id, %error, "an interrupted run could not be noted");
            }
        });
    }
}

/// Counts as the list of runs has them.
pub(crate) fn noted(origin: &Origin, state: RunState, counts: &Counts, message: Option<Reason>) -> RunOutcome {
    RunOutcome {
        at: origin.now,
        state,
        records: counts.records,
        written: counts.written,
        unchanged: counts.unchanged,
        corrected: counts.corrected,
        flagged: counts.flagged,
        quarantined: counts.quarantined,
        message: message.map(|reason| reason.stored()),
    }
}

/// Runs something on a thread that may block.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Internal(error.to_string()))
}

fn checksum_of(path: &std::path::Path) -> std::io::Result<[u8; 32]> {
    use sha2::Digest as _;
    let mut file = std::fs::File::open(path)?;
    let mut digest = sha2::Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(digest.finalize().into()),
            read => digest.update(&buffer[..read]),
        }
    }
}
