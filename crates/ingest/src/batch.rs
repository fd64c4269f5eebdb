//! The belt between mapping, which blocks, and the engine, which commits:
//! batches of bounded size, of a long input four at most: one written, one
//! prepared, one waiting, one being filled. They grow while an input goes on:
//! what is long is loaded in large ones.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::{Access, Divided, ImportReceipt, Kind, Loaded, QuarantineItem, Times};
use harmonise::{Code, Definition, Fatal, Input, Message, Record, Rejected, Sink, SinkError, Summary};
use model::{Entity, Instant};
use tokio::sync::mpsc;

use crate::Error;
use crate::report::Counts;
use crate::turns::Stop;

/// Values in the first batch: enough that an fsync is shared, few enough to stay small.
const VALUES_FIRST: usize = 1_000;
/// Values in the batches of a long input: some 60 MB.
const VALUES_MAX: usize = 64_000;
/// From so many values on a batch is loaded beside the log.
const VALUES_LOADED: usize = 16_000;
/// Records that are imported at once: those of one commit are compared with each other, each with each.
const RECORDS_IMPORTED: usize = 1_000;
/// Refused records in a batch.
const REFUSED_MAX: usize = 1_000;
/// Bytes of refused records in a batch; one record may have 16 MiB.
const RAW_BYTES_MAX: usize = 4 << 20;
/// How often a batch is tried again when the engine has no room at the moment.
const TRIES: u32 = 8;

/// What is mapped, or refused, and not yet durable.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) records: Vec<(u64, Entity)>,
    /// Values of these records.
    values: usize,
    pub(crate) refused: Vec<QuarantineItem>,
    pub(crate) flagged: u64,
    /// Records it is about.
    records_seen: u64,
    raw_bytes: usize,
}

/// Whose records these are.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) source: String,
    pub(crate) run: u64,
    pub(crate) now: Instant,
}

/// The mapping's end of the belt.
struct Feeder {
    origin: Origin,
    stop: Stop,
    current: Batch,
    /// Values that fill the present batch.
    full: usize,
    /// The last record seen: one may come twice, accepted and refused in part.
    last: Option<u64>,
    batches: mpsc::Sender<Batch>,
}

/// A run was told to end, or nobody takes batches any more.
#[derive(Debug, thiserror::Error)]
#[error("the run was stopped")]
pub(crate) struct Ended;

impl Feeder {
    fn see(&mut self, record: u64) -> Result<(), SinkError> {
        if self.stop.is_wanted() {
            return Err(SinkError(Box::new(Ended)));
        }
        if self.last.replace(record) != Some(record) {
            self.current.records_seen += 1;
        }
        Ok(())
    }

    fn pass_on_if_full(&mut self) -> Result<(), SinkError> {
        let Batch { values, raw_bytes, refused, .. } = &self.current;
        if *values >= self.full || *raw_bytes >= RAW_BYTES_MAX || refused.len() >= REFUSED_MAX {
            self.full = (self.full * 2).min(VALUES_MAX);
            self.pass_on()?;
        }
        Ok(())
    }

    fn pass_on(&mut self) -> Result<(), SinkError> {
        let batch = std::mem::take(&mut self.current);
        self.batches.blocking_send(batch).map_err(|_| SinkError(Box::new(Ended)))
    }
}

impl Sink for Feeder {
    fn accept(&mut self, record: Record) -> Result<(), SinkError> {
        self.see(record.record)?;
        self.current.flagged += record.flags.len() as u64;
        for entity in record.updates {
            self.current.values += entity.attributes.len().max(1);
            self.current.records.push((record.record, entity));
        }
        self.pass_on_if_full()
    }

    fn reject(&mut self, rejected: Rejected) -> Result<(), SinkError> {
        self.see(rejected.record)?;
        self.current.raw_bytes += rejected.raw.len();
        self.current.refused.push(quarantined(&self.origin, rejected));
        self.pass_on_if_full()
    }
}

/// A refused record as it is set aside.
pub(crate) fn quarantined(origin: &Origin, rejected: Rejected) -> QuarantineItem {
    QuarantineItem {
        source: origin.source.clone(),
        run: origin.run,
        record: rejected.record,
        raw: rejected.raw,
        context: rejected.context,
        reason: rejected.reason.stored(),
        field: rejected.field,
        at: origin.now,
    }
}

/// Counts what is read.
pub(crate) struct Counted<R> {
    reader: R,
    bytes: Arc<AtomicU64>,
}

impl<R> Counted<R> {
    pub(crate) fn new(reader: R, bytes: Arc<AtomicU64>) -> Self {
        Self { reader, bytes }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Maps an input on a thread that may block; batches arrive at the receiver.
pub(crate) fn map(
    definition: Arc<Definition>,
    name: String,
    mut reader: impl Read + Send + 'static,
    origin: Origin,
    stop: Stop,
) -> (mpsc::Receiver<Batch>, tokio::task::JoinHandle<Result<Summary, Fatal>>) {
    let (batches, receiver) = mpsc::channel(1);
    let mapping = tokio::task::spawn_blocking(move || {
        let now = origin.now;
        let mut feeder = Feeder { origin, stop, current: Batch::default(), full: VALUES_FIRST, last: None, batches };
        let outcome = harmonise::run(&definition, Input { name: &name, reader: &mut reader }, now, &mut feeder);
        // What was accepted before a fault stays: it is passed on either way.
        let rest = feeder.pass_on();
        outcome.and_then(|summary| rest.map(|()| summary).map_err(Fatal::from))
    });
    (receiver, mapping)
}

/// A record that the engine refused for what it says.
pub(crate) struct Refused {
    pub(crate) record: u64,
    pub(crate) reason: Message,
}

/// Makes batches durable, one after the other, and counts them. Of a long
/// input the next is prepared while the one before is written.
pub(crate) struct Keeper<'a> {
    access: &'a Access,
    origin: &'a Origin,
    under_way: Option<UnderWay>,
}

/// A batch that is being written.
struct UnderWay {
    times: Times,
    records: u64,
    flagged: u64,
    written: tokio::task::JoinHandle<Result<Loaded, engine::Error>>,
}

impl<'a> Keeper<'a> {
    pub(crate) fn new(access: &'a Access, origin: &'a Origin) -> Self {
        Self { access, origin, under_way: None }
    }

    /// Takes a batch: what the mapping refused first, so that a record is
    /// never nowhere. Answers what the engine refused.
    pub(crate) async fn keep(&mut self, batch: Batch, counts: &mut Counts) -> Result<Vec<Refused>, Error> {
        let quarantined = batch.refused.len() as u64;
        if quarantined > 0 {
            self.access.quarantine(batch.refused).await?;
            counts.quarantined += quarantined;
        }
        let mut refused = Vec::new();
        if batch.values < VALUES_LOADED || self.under_way.as_ref().is_some_and(|before| before.times.meet(&batch.records)) {
            refused = self.finish(counts).await?;
        }
        if batch.values < VALUES_LOADED {
            refused.extend(import(self.access, self.origin.run, batch.records, counts).await?);
            counts.flagged += batch.flagged;
            counts.records += batch.records_seen;
            return Ok(refused);
        }
        let Divided { plain, passing } = self.access.divide(self.origin.run, batch.records).await?;
        refused.extend(self.import_by_few(plain, counts).await?);
        refused.extend(self.finish(counts).await?);
        let (access, times) = (self.access.clone(), passing.times());
        let written = tokio::spawn(async move { access.load(passing).await });
        self.under_way = Some(UnderWay { times, records: batch.records_seen, flagged: batch.flagged, written });
        Ok(refused)
    }

    /// Waits until all is durable. Answers what the engine refused.
    pub(crate) async fn finish(&mut self, counts: &mut Counts) -> Result<Vec<Refused>, Error> {
        let Some(UnderWay { records, flagged, written, .. }) = self.under_way.take() else { return Ok(Vec::new()) };
        let Loaded { receipt, plain } = written.await.map_err(|error| Error::Internal(error.to_string()))??;
        count(counts, &receipt);
        counts.flagged += flagged;
        counts.records += records;
        self.import_by_few(plain, counts).await
    }

    async fn import_by_few(&self, records: Vec<(u64, Entity)>, counts: &mut Counts) -> Result<Vec<Refused>, Error> {
        let (mut refused, mut records) = (Vec::new(), records.into_iter().peekable());
        while records.peek().is_some() {
            let some = records.by_ref().take(RECORDS_IMPORTED).collect();
            refused.extend(import(self.access, self.origin.run, some, counts).await?);
        }
        Ok(refused)
    }
}

/// Imports records whole; when the engine refuses one of them for what it
/// says, they are imported one by one.
pub(crate) async fn import(
    access: &Access,
    run: u64,
    records: Vec<(u64, Entity)>,
    counts: &mut Counts,
) -> Result<Vec<Refused>, engine::Error> {
    let mut refused = Vec::new();
    if records.is_empty() {
        return Ok(refused);
    }
    match import_patiently(access, run, records.clone()).await {
        Ok(receipt) => {
            count(counts, &receipt);
            return Ok(refused);
        }
        Err(error) if is_about_the_record(&error) => {}
        Err(error) => return Err(error),
    }
    for (record, entity) in records {
        match import_patiently(access, run, vec![(record, entity)]).await {
            Ok(receipt) => count(counts, &receipt),
            Err(error) if is_about_the_record(&error) => {
                refused.push(Refused { record, reason: Code::RefusedByPlatform.with("detail", error.to_string()) });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(refused)
}

fn count(counts: &mut Counts, receipt: &ImportReceipt) {
    counts.written += receipt.written;
    counts.unchanged += receipt.unchanged;
    counts.corrected += receipt.corrected;
    counts.created += receipt.created;
}

fn is_about_the_record(error: &engine::Error) -> bool {
    matches!(error.kind(), Kind::Invalid | Kind::TooLarge)
}

/// An import may be repeated whatever became of it: equal values are no change.
async fn import_patiently(access: &Access, run: u64, records: Vec<(u64, Entity)>) -> Result<ImportReceipt, engine::Error> {
    let mut wait = std::time::Duration::from_millis(20);
    for _ in 1..TRIES {
        match access.import(run, records.clone()).await {
            Err(error) if error.kind() == Kind::Unavailable => tokio::time::sleep(wait).await,
            other => return other,
        }
        wait *= 2;
    }
    access.import(run, records).await
}
