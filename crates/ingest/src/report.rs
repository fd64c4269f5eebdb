//! What runs tell: on the way, and at their end.

use std::fmt;

use harmonise::{Issue, Message};

/// What a run has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Records read.
    pub records: u64,
    /// Values that are new.
    pub written: u64,
    /// Values that were there already.
    pub unchanged: u64,
    /// Values that replaced another one for the same time.
    pub corrected: u64,
    /// Entities that are new.
    pub created: u64,
    /// Values kept with a quality flag.
    pub flagged: u64,
    /// Records set aside, whole or in part.
    pub quarantined: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.records += other.records;
        self.written += other.written;
        self.unchanged += other.unchanged;
        self.corrected += other.corrected;
        self.created += other.created;
        self.flagged += other.flagged;
        self.quarantined += other.quarantined;
    }
}

/// How a run stands. Told when an input begins, with every batch that is
/// durable, and when it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The source.
    pub source: String,
    /// The input: path relative to the source's folder, or `push`.
    pub input: String,
    /// Which input of how many, from 1.
    pub position: (usize, usize),
    /// Bytes read of the input, and how many it has.
    pub bytes: (u64, u64),
    /// What is done of this input.
    pub counts: Counts,
    /// What became of it, once that is known.
    pub outcome: Option<Outcome>,
}

/// What became of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was read to its end.
    Done {
        /// The run.
        run: u64,
    },
    /// The same bytes were done under the same definition before.
    Skipped {
        /// The run that did them.
        run: u64,
    },
    /// It cannot be used; what was accepted before the fault stays.
    Failed {
        /// The run, if one had begun.
        run: Option<u64>,
        /// What is wrong.
        message: Message,
    },
}

/// One input of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct InputReport {
    /// Path relative to the source's folder, or `push`.
    pub input: String,
    /// What became of it.
    pub outcome: Outcome,
    /// What it brought.
    pub counts: Counts,
    /// What is noteworthy about it as a whole.
    pub notes: Vec<Issue>,
    /// What was read, when it was read to its end.
    pub(crate) summary: Option<Box<harmonise::Summary>>,
}

impl InputReport {
    /// An input of which nothing was taken in.
    pub(crate) fn without_run(input: String, outcome: Outcome) -> Self {
        Self { input, outcome, counts: Counts::default(), notes: Vec::new(), summary: None }
    }
}

/// All inputs of a source, one line each.
#[derive(Debug, Clone, PartialEq)]
pub struct RunReport {
    /// The source.
    pub source: String,
    /// Which version of its definition.
    pub version: u64,
    /// Its inputs, in order.
    pub inputs: Vec<InputReport>,
}

impl RunReport {
    /// All inputs together.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.inputs.iter().fold(Counts::default(), |mut sum, input| {
            sum.add(&input.counts);
            sum
        })
    }

    /// Whether an input failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.inputs.iter().any(|input| matches!(input.outcome, Outcome::Failed { .. }))
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { records, written, unchanged, corrected, flagged, quarantined, .. } = self;
        write!(
            f,
            "{records} records, {written} values new, {unchanged} unchanged, {corrected} corrected, {flagged} flagged, {quarantined} records in quarantine"
        )
    }
}

impl fmt::Display for InputReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Done { run } => write!(f, "`{}`: run {run}, {}", self.input, self.counts),
            Outcome::Skipped { run } => write!(f, "`{}`: done already in run {run}, skipped", self.input),
            Outcome::Failed { run: Some(run), message } => write!(f, "`{}`: run {run} failed: {message}", self.input),
            Outcome::Failed { run: None, message } => write!(f, "`{}`: failed: {message}", self.input),
        }
    }
}
