//! Replay: what waits in quarantine is mapped again with the definition as it is now.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use engine::{Access, QuarantineItem, QuarantineRow, QuarantineState, RunState};
use harmonise::{Code, Definition, Input, Message, Quarantined, Reason, Record, Rejected, Sink, SinkError};
use model::{Entity, Instant};

use crate::Error;
use crate::account::{OpenRun, noted};
use crate::batch::{Origin, Refused, import, quarantined};
use crate::definition::Plan;
use crate::report::Counts;
use crate::run::blocking;
use crate::service::Ingest;
use crate::turns::Turn;

/// How many records are replayed together.
const PAGE: usize = 200;

/// What a replay did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayReport {
    /// The source.
    pub source: String,
    /// Which version of its definition.
    pub version: u64,
    /// The run that replayed; `None` when nothing waited.
    pub run: Option<u64>,
    /// Records that left the quarantine.
    pub settled: u64,
    /// Records that wait on.
    pub waiting: u64,
    /// What was written.
    pub counts: Counts,
}

impl fmt::Display for ReplayReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message().fmt(f)
    }
}

impl ReplayReport {
    fn message(&self) -> Message {
        let message = Code::Replayed.with("settled", self.settled).with("waiting", self.waiting);
        message.with("written", self.counts.written).with("corrected", self.counts.corrected)
    }
}

impl Ingest {
    /// Maps what waits in a source's quarantine again. Values get the run and
    /// the record they came from at first, so that they lead back to the line
    /// of the input. Records that are still wrong wait on, with the reason of now.
    ///
    /// # Errors
    /// As [`Ingest::run`].
    pub async fn replay(&self, access: &Access, source: &str) -> Result<ReplayReport, Error> {
        access.source(source, None)?;
        let turn = self.turn_soon(access, source).await?;
        let plan = self.plan(access, source)?;
        let access = access.as_source(source)?;
        let mut report = ReplayReport {
            source: source.to_owned(),
            version: plan.row.version,
            run: None,
            settled: 0,
            waiting: 0,
            counts: Counts::default(),
        };
        if access.quarantined(Some(source), 0, 1)?.is_empty() {
            return Ok(report);
        }
        let run = access.begin_run(source, plan.row.version, "replay", [0; 32]).await?;
        let open = OpenRun::new(&access, run);
        report.run = Some(run);
        let replay = Replay { ingest: self, access: &access, plan: &plan, turn: &turn, run };
        let outcome = replay.pages(&mut report).await;
        let state = match &outcome {
            Ok(()) => RunState::Done,
            Err(Error::Stopped) => RunState::Interrupted,
            Err(_) => RunState::Failed,
        };
        let origin = Origin { source: source.to_owned(), run, now: self.engine().now() };
        let message = outcome.as_ref().err().map_or_else(|| report.message().into(), Error::reason);
        access.finish_run(open.close(), noted(&origin, state, &report.counts, Some(message))).await?;
        outcome.map(|()| report)
    }
}

struct Replay<'a> {
    ingest: &'a Ingest,
    access: &'a Access,
    plan: &'a Plan,
    turn: &'a Turn,
    run: u64,
}

impl Replay<'_> {
    /// Page by page, up to the last record that waited when the replay began:
    /// what it sets aside anew is not its own work.
    async fn pages(&self, report: &mut ReplayReport) -> Result<(), Error> {
        let (mut after, upto) = (0, self.last_waiting()?);
        while after < upto {
            let mut page = self.access.quarantined(Some(&self.plan.row.name), after, PAGE)?;
            page.retain(|row| row.id <= upto);
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id;
            self.page(page, report).await?;
        }
        Ok(())
    }

    fn last_waiting(&self) -> Result<u64, Error> {
        let mut last = 0;
        while let Some(row) = self.access.quarantined(Some(&self.plan.row.name), last, PAGE)?.last() {
            last = row.id;
        }
        Ok(last)
    }

    async fn page(&self, rows: Vec<QuarantineRow>, report: &mut ReplayReport) -> Result<(), Error> {
        if self.turn.stop().is_wanted() {
            return Err(Error::Stopped);
        }
        let mut by_run: BTreeMap<u64, Vec<QuarantineRow>> = BTreeMap::new();
        for row in rows {
            by_run.entry(row.item.run).or_default().push(row);
        }
        for (run, rows) in by_run {
            let (settled, again) = self.of_run(run, rows, report).await?;
            // First the new reason, then the old one away: a record is never nowhere.
            if !again.is_empty() {
                self.access.quarantine(again).await?;
            }
            if !settled.is_empty() {
                self.access.settle_quarantine(settled, QuarantineState::Replayed, Some(self.run)).await?;
            }
        }
        Ok(())
    }

    /// Maps and imports the records of one run again. Answers which rows are
    /// settled, and what takes the place of those whose reason is another now.
    async fn of_run(
        &self,
        run: u64,
        rows: Vec<QuarantineRow>,
        report: &mut ReplayReport,
    ) -> Result<(Vec<u64>, Vec<QuarantineItem>), Error> {
        let origin = Origin { source: self.plan.row.name.clone(), run, now: self.ingest.engine().now() };
        let mut mapped = self.map(&origin, rows).await?;
        report.counts.records += mapped.len() as u64;
        let records: Vec<(u64, Entity)> =
            mapped.iter_mut().flat_map(|(row, taken)| taken.accepted.drain(..).map(|entity| (row.item.record, entity))).collect();
        let refused = import(self.access, origin.run, records, &mut report.counts).await?;
        for Refused { record, reason } in refused {
            if let Some((row, taken)) = mapped.iter_mut().find(|(row, _)| row.item.record == record) {
                *taken = waits_on(&row.item, reason);
            }
        }
        let (mut settled, mut again) = (Vec::new(), Vec::new());
        for (row, taken) in mapped {
            report.counts.flagged += taken.flagged;
            match taken.rejected {
                None => {
                    report.settled += 1;
                    settled.push(row.id);
                }
                Some(rejected) => {
                    report.waiting += 1;
                    if rejected.reason.stored() != row.item.reason {
                        settled.push(row.id);
                        again.push(quarantined(&origin, rejected));
                    }
                }
            }
        }
        Ok((settled, again))
    }

    async fn map(&self, origin: &Origin, rows: Vec<QuarantineRow>) -> Result<Vec<(QuarantineRow, Taken)>, Error> {
        // Records the engine refused have no context: their input is read up to them again.
        let mut inputs = BTreeMap::new();
        if rows.iter().any(|row| row.item.context.is_empty()) {
            let row = self.access.run(origin.run)?;
            if let Some(reader) = self.access.open_file(&row.checksum).await? {
                inputs.insert(row.input, reader);
            }
        }
        let (definition, now) = (self.plan.definition.clone(), origin.now);
        blocking(move || {
            let mut picked = Picker::of(&rows);
            for (name, mut reader) in inputs {
                // An input that cannot be read finds nothing; its records wait on.
                let _ = harmonise::run(&definition, Input { name: &name, reader: &mut reader }, now, &mut picked);
            }
            let again = |row: QuarantineRow| {
                let taken = map_again(&definition, &row, &mut picked, now);
                (row, taken)
            };
            rows.into_iter().map(again).collect()
        })
        .await
    }
}

fn map_again(definition: &Definition, row: &QuarantineRow, picked: &mut Picker, now: Instant) -> Taken {
    let item = &row.item;
    if item.context.is_empty() {
        let found = picked.found.remove(&item.record);
        return found.unwrap_or_else(|| waits_on(item, Code::ReplayUnreadable));
    }
    let mut taken = Taken::default();
    let record = Quarantined { record: item.record, raw: &item.raw, context: &item.context };
    match harmonise::replay(definition, record, now, &mut taken) {
        Ok(_) => taken,
        Err(fatal) => waits_on(item, fatal.message()),
    }
}

fn waits_on(item: &QuarantineItem, reason: impl Into<Message>) -> Taken {
    let rejected = Rejected {
        record: item.record,
        raw: item.raw.clone(),
        context: item.context.clone(),
        field: item.field.clone(),
        reason: Reason::from(reason.into()),
        partly: false,
    };
    Taken { rejected: Some(rejected), ..Taken::default() }
}

/// What one record gives.
#[derive(Default)]
struct Taken {
    accepted: Vec<Entity>,
    flagged: u64,
    rejected: Option<Rejected>,
}

impl Sink for Taken {
    fn accept(&mut self, record: Record) -> Result<(), SinkError> {
        self.flagged += record.flags.len() as u64;
        self.accepted.extend(record.updates);
        Ok(())
    }

    fn reject(&mut self, rejected: Rejected) -> Result<(), SinkError> {
        self.rejected = Some(rejected);
        Ok(())
    }
}

/// Picks some records out of a whole input.
struct Picker {
    wanted: HashSet<u64>,
    found: HashMap<u64, Taken>,
}

impl Picker {
    /// Those without a context of their own.
    fn of(rows: &[QuarantineRow]) -> Self {
        let wanted = rows.iter().filter(|row| row.item.context.is_empty()).map(|row| row.item.record).collect();
        Self { wanted, found: HashMap::new() }
    }

    fn taken(&mut self, record: u64) -> Option<&mut Taken> {
        self.wanted.contains(&record).then(|| self.found.entry(record).or_default())
    }
}

impl Sink for Picker {
    fn accept(&mut self, record: Record) -> Result<(), SinkError> {
        match self.taken(record.record) {
            Some(taken) => taken.accept(record),
            None => Ok(()),
        }
    }

    fn reject(&mut self, rejected: Rejected) -> Result<(), SinkError> {
        match self.taken(rejected.record) {
            Some(taken) => taken.reject(rejected),
            None => Ok(()),
        }
    }
}
