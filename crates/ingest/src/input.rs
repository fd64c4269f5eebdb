//! One input: recognised, kept, mapped, imported, accounted for.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use engine::{Access, QuarantineItem, QuarantineState, RunState, StoredFile};
use harmonise::{Code, Fatal, Reason, Summary, Transport};
use sha2::Digest as _;

use crate::Error;
use crate::account::{OpenRun, account, noted};
use crate::batch::{Counted, Ended, Keeper, Origin, Refused, map};
use crate::definition::Plan;
use crate::folders::{Folders, InputFile};
use crate::report::{Counts, InputReport, Outcome, Progress};
use crate::run::{How, Tell, blocking};
use crate::service::Ingest;
use crate::turns::{Stop, Turn};

/// How many batches pass between two notes in the list of runs.
const BATCHES_PER_NOTE: u32 = 20;
/// How many records of an input the engine may refuse before the mapping is taken to be wrong.
const REFUSED_MAX: usize = 10_000;
/// For how many of them the input is read again to show their bytes.
const RAW_READ_MAX: usize = 100;
/// How many quarantined records are looked at together.
const QUARANTINE_PAGE: usize = 500;

/// One input at work.
pub(crate) struct Work<'a> {
    pub(crate) ingest: &'a Ingest,
    pub(crate) access: &'a Access,
    pub(crate) plan: &'a Plan,
    pub(crate) turn: &'a Turn,
    pub(crate) tell: Tell<'a>,
    pub(crate) position: (usize, usize),
    /// Whether somebody else needs the input as well, as uploads do.
    pub(crate) is_kept_elsewhere: bool,
}

impl Work<'_> {
    /// Takes the files of a source in; says whether one was left for later.
    pub(crate) async fn files(&self, folders: Folders, how: How, inputs: &mut Vec<InputReport>) -> Result<bool, Error> {
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
        // Not kept again: of an erased person nothing comes back with what was read before.
        let checksum = sha2::Sha256::digest(&body).into();
        if let Some(run) = self.done_before(&checksum).await? {
            return Ok(InputReport::without_run(name, Outcome::Skipped { run }));
        }
        let stored = self.access.keep_bytes(body).await?;
        self.input(name, stored).await
    }

    pub(crate) async fn done_before(&self, checksum: &[u8; 32]) -> Result<Option<u64>, engine::Error> {
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
    pub(crate) async fn input(&self, name: String, stored: StoredFile) -> Result<InputReport, Error> {
        let row = &self.plan.row;
        let run = self.access.begin_run(&row.name, row.version, &name, stored.checksum).await?;
        let mut open = OpenRun::new(self.access, run);
        let origin = Origin { source: row.name.clone(), run, now: self.ingest.engine().now() };
        let reader = self.access.open_file(&stored.checksum).await?;
        let reader = reader.ok_or_else(|| Error::Internal(format!("the input `{name}` is gone right after it was kept")))?;
        let mut counts = Counts::default();
        let outcome = self.take_in(&name, stored.size_bytes, reader, &origin, &mut counts, &mut open).await;
        let ended = Origin { now: self.ingest.engine().now(), ..origin };
        let report = account(self.access, &ended, name, outcome, counts, open).await?;
        match &report.outcome {
            Outcome::Done { .. } => self.settle_earlier(run, &stored.checksum).await?,
            // Its first run keeps what shows the fault.
            Outcome::Failed { run: Some(earlier), .. } if *earlier != run && !self.is_kept_elsewhere => {
                self.access.remove_file(&stored.checksum).await?;
            }
            _ => {}
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
        let mut keeper = Keeper::new(self.access, origin);
        let kept = async {
            let (mut until_note, mut refused) = (BATCHES_PER_NOTE, Vec::new());
            while let Some(batch) = batches.recv().await {
                refused.extend(keeper.keep(batch, counts).await?);
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
            Ok::<_, Error>(refused)
        };
        let kept = kept.await;
        drop(batches);
        // Also after a fault: no run is over while something of it is being written.
        let finished = keeper.finish(counts).await;
        let mut refused = kept?;
        refused.extend(finished?);
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

fn checksum_of(path: &std::path::Path) -> std::io::Result<[u8; 32]> {
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
