//! Segments written anew: small ones become large ones, and what was removed is
//! left behind. Inputs are read side by side in batches, outputs are written row
//! group by row group; nothing is held whole. Rows are copied column by column
//! and never looked into.

mod input;
mod output;

use std::collections::BTreeMap;

use model::{Authorized, Observation, Removals, Segment, SeriesQuery};

use crate::prune::Wanted;
use crate::seal::span;
use crate::{Error, History, read};
use input::Inputs;
use output::Output;

/// How many runs are merged at once at most.
const RUNS_AT_ONCE: usize = 16;
/// Runs of so many tiers are merged: what is larger has thousands of values of
/// a thousand series in a row, and would only be copied.
const TIERS: u32 = 2;

/// Which segments are written anew, and the names of what they may become:
/// more than are needed, made once, so that the intent can be durable first.
/// The outputs of one merge are a run: sorted as one, one after the other.
#[derive(Debug, Clone)]
pub struct Merge {
    inputs: Vec<Segment>,
    objects: Vec<String>,
}

impl Merge {
    /// The segments it reads.
    #[must_use]
    pub fn inputs(&self) -> &[Segment] {
        &self.inputs
    }

    /// Names of objects that [`History::merge`] may make.
    #[must_use]
    pub fn objects(&self) -> &[String] {
        &self.objects
    }
}

impl History {
    /// Which of these segments should become one run: the oldest runs of like
    /// size, once there are `at_least` of them; the smaller ones first. Runs
    /// that are large enough stay as they are.
    #[must_use]
    pub fn mergeable<'a>(&self, segments: &'a [Segment], at_least: usize) -> Vec<&'a Segment> {
        let mut tiers: BTreeMap<u32, Vec<Vec<&Segment>>> = BTreeMap::new();
        for run in runs(segments) {
            let rows = run.iter().map(|segment| segment.rows).sum();
            tiers.entry(self.tier(rows)).or_default().push(run);
        }
        let Some((_, mut runs)) = tiers.into_iter().find(|(tier, runs)| *tier < TIERS && runs.len() >= at_least) else { return Vec::new() };
        runs.sort_by_key(|run| run.iter().map(|segment| (segment.seq, segment.time)).min());
        runs.into_iter().take(RUNS_AT_ONCE).flatten().collect()
    }

    /// 0 for what is less than half a segment, one more for each time that as
    /// many as are merged at once come together.
    fn tier(&self, rows: u64) -> u32 {
        let mut bounds =
            std::iter::successors(Some(self.layout().segment_rows_max as u64 / 2), |bound| bound.checked_mul(RUNS_AT_ONCE as u64));
        (0..).find(|_| bounds.next().is_none_or(|bound| rows < bound)).unwrap_or(TIERS)
    }

    /// Whether a segment holds something that was removed.
    ///
    /// # Errors
    /// [`Error::Missing`] and [`Error::Damaged`] name the segment.
    pub fn holds(&self, segment: &Segment, removals: &Removals) -> Result<bool, Error> {
        let entities = removals.entities();
        let wanted = Wanted::entities(&entities);
        let mut holds = false;
        if wanted.misses(segment) {
            return Ok(false);
        }
        let Some(mut batches) = self.batches(segment, &wanted, read::PLACES)? else { return Ok(false) };
        while let Some(batch) = batches.next()?.filter(|_| !holds) {
            holds = read::holds(&batch, &wanted, removals).map_err(|reason| batches.damaged(reason))?;
        }
        Ok(holds)
    }

    /// Plans to write segments anew, those with the oldest positions first.
    #[must_use]
    pub fn plan_merge(&self, segments: impl IntoIterator<Item = Segment>) -> Merge {
        let mut inputs: Vec<Segment> = segments.into_iter().collect();
        inputs.sort_by(|a, b| a.seq.cmp(&b.seq).then_with(|| a.object.cmp(&b.object)));
        let (first, _) = span(inputs.iter().map(|segment| segment.seq.0)).unwrap_or_default();
        let (_, last) = span(inputs.iter().map(|segment| segment.seq.1)).unwrap_or_default();
        let chance = getrandom::u64().expect("the operating system gives random numbers");
        // An output is full by rows or by weight, and no input was more than full.
        let objects = (0..4 * (inputs.len() + 1)).map(|place| object_name(first, last, chance, place)).collect();
        Merge { inputs, objects }
    }

    /// Writes segments anew, sorted as one, without what was removed, as long
    /// as it goes on. When it returns, the new objects survive a power cut;
    /// `None` when it was stopped.
    ///
    /// # Errors
    /// [`Error::Missing`] and [`Error::Damaged`] name an input,
    /// [`Error::Disk`] says what the disk refused.
    pub fn merge(&self, merge: &Merge, removals: &Removals, goes_on: &dyn Fn() -> bool) -> Result<Option<Vec<Segment>>, Error> {
        let wanted = Wanted::default();
        let mut inputs = Inputs::open(self, runs(&merge.inputs), &wanted, removals)?;
        let mut output = Output::new(self, &merge.objects);
        while let Some(piece) = inputs.next()? {
            if output.push(piece)? && !goes_on() {
                return Ok(None);
            }
        }
        if goes_on() { output.finish().map(Some) } else { Ok(None) }
    }

    /// Gives all statements of the series and the window that a question names
    /// to `take`, corrected ones too, by series and time, until `take` answers
    /// `false`. Values nobody gave an observation time come too. Holds a batch
    /// of each run of segments, however much it gives.
    ///
    /// # Errors
    /// [`Error::Missing`] and [`Error::Damaged`] name the segment.
    pub fn walk(
        &self,
        question: &Authorized<SeriesQuery>,
        segments: &[Segment],
        removals: &Removals,
        take: &mut dyn FnMut(Vec<Observation>) -> bool,
    ) -> Result<(), Error> {
        self.statements(question.question(), segments, removals, take)
    }

    pub(crate) fn statements(
        &self,
        question: &SeriesQuery,
        segments: &[Segment],
        removals: &Removals,
        take: &mut dyn FnMut(Vec<Observation>) -> bool,
    ) -> Result<(), Error> {
        let wanted = Wanted::of(question);
        let mut inputs = Inputs::open(self, runs(segments), &wanted, removals)?;
        while let Some(piece) = inputs.next()? {
            if !take(piece.observations()?) {
                break;
            }
        }
        Ok(())
    }
}

/// Segments by the merge that wrote them, each in order; others alone.
fn runs(segments: &[Segment]) -> impl Iterator<Item = Vec<&Segment>> {
    let mut runs: BTreeMap<&str, Vec<&Segment>> = BTreeMap::new();
    for segment in segments {
        runs.entry(run_of(&segment.object)).or_default().push(segment);
    }
    runs.into_values().map(|mut run| {
        run.sort_by(|a, b| a.object.cmp(&b.object));
        run
    })
}

/// First and last position, a number by chance, and the place in the run.
fn object_name(first: u64, last: u64, chance: u64, place: usize) -> String {
    format!("{first:012}-{last:012}-{chance:016x}-{place:04}.parquet")
}

/// How many parts such a name has.
const NAME_PARTS: usize = 4;

/// What the names of a merge's outputs have in common.
fn run_of(object: &str) -> &str {
    match object.rsplit_once('-') {
        Some((run, _)) if object.split('-').count() == NAME_PARTS => run,
        _ => object,
    }
}
