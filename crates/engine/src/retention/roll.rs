//! Rolling up: values whose time is over are read, and replaced by roll-ups of
//! them in one commit. What is written while that goes on stays as it is, and
//! is added with the next pass.

use std::collections::BTreeMap;
use std::sync::Arc;

use history::Count;
use model::{
    Attribute, Authorized, Class, Fact, Grain, Instant, Json, Known, Observation, Rollup, SeriesKey, SeriesQuery, Text, TimeWindow, Value,
};

use super::plan::{Becomes, Cut, spared};
use super::{RetentionPlan, RetentionReceipt};
use crate::past::rollup::{Rolled, start_of};
use crate::tenant::Shared;
use crate::{Access, DOOR, Error};

/// About how many values of a series are read at once.
const VALUES_AT_ONCE: i64 = 200_000;
/// From how many numbers in roll-ups on a commit is full: some thousands of roll-ups.
const NUMBERS_PER_COMMIT: usize = 250_000;
/// How many numbers a roll-up has beside its instants.
const NUMBERS_PER_ROLLUP: usize = 16;
const HOUR_MICROS: i64 = 3_600 * 1_000_000;

/// A stretch of a series whose values are replaced by roll-ups.
pub(crate) struct Stretch {
    pub(crate) key: SeriesKey,
    pub(crate) window: TimeWindow,
    /// Values that were written up to this position of the log.
    pub(crate) upto: u64,
    pub(crate) class: Class,
    /// Instances of series of roll-ups, and whether none was there before.
    pub(crate) rollups: Vec<(Attribute, bool)>,
}

/// What one commit replaces.
#[derive(Default)]
struct Load {
    stretches: Vec<Stretch>,
    /// What of each series was read for it.
    cuts: Vec<Cut>,
    numbers: usize,
}

impl Access {
    /// Replaces values by roll-ups in commits of bounded size, each with its receipt.
    pub(super) async fn roll_up(
        &self,
        plan: &RetentionPlan,
        cuts: Vec<Cut>,
        confirmed_by: Option<&Text>,
    ) -> Result<Vec<RetentionReceipt>, Error> {
        let mut receipts = Vec::new();
        if cuts.is_empty() {
            return Ok(receipts);
        }
        self.blocking(|shared| {
            let written = shared.state.read().seq;
            // What was loaded beside the log counts as sealed from then on, too.
            if shared.past.sealed_upto() < written { shared.past.press(&shared.state).map(|_| ()) } else { Ok(()) }
        })
        .await?;
        let windows: Arc<Vec<(Cut, TimeWindow)>> =
            Arc::new(cuts.iter().flat_map(|cut| windows(cut).map(|window| (cut.clone(), window))).collect());
        let mut done = 0;
        while done < windows.len() {
            let _alone = self.shared().forgetting.lock().await;
            let all = Arc::clone(&windows);
            let (load, next) = self.blocking(move |shared| gather(shared, &all, done)).await?;
            if !load.cuts.is_empty() {
                receipts.push(self.expire(plan, &load.cuts, load.stretches, confirmed_by).await?);
            }
            done = next;
        }
        Ok(receipts)
    }
}

/// The days of a cut, as many together as have a bounded number of values.
fn windows(cut: &Cut) -> impl Iterator<Item = TimeWindow> {
    let first = start_of(Rollup::Day, cut.count.first);
    let days = (cut.until.micros() - first.micros()) / (24 * HOUR_MICROS) + 1;
    let step = (VALUES_AT_ONCE * days / cut.count.rows.max(1).cast_signed()).clamp(1, days);
    let mut next = first;
    let until = cut.until;
    std::iter::from_fn(move || {
        let start = (next < until).then_some(next)?;
        // Two hours after midnight it is still the same day, whatever the clock did.
        let end = start_of(Rollup::Day, start.plus_micros((step * 24 + 2) * HOUR_MICROS)).min(until);
        next = end;
        Some(TimeWindow { start, end })
    })
}

/// Reads windows from one on until a commit is full; answers which is the next.
fn gather(shared: &Shared, windows: &[(Cut, TimeWindow)], from: usize) -> Result<(Load, usize), Error> {
    // Nothing is ever written under these positions any more, and segments hold all that was.
    let upto = shared.past.sealed_upto();
    let mut load = Load::default();
    for (index, (cut, window)) in windows.iter().enumerate().skip(from) {
        if load.numbers >= NUMBERS_PER_COMMIT {
            return Ok((load, index));
        }
        let Some(becomes) = cut.becomes else { continue };
        if let Some((stretch, count)) = stretch(shared, cut, becomes, *window, upto)? {
            load.numbers += stretch.rollups.iter().map(|(attribute, _)| numbers_of(attribute)).sum::<usize>();
            load.stretches.push(stretch);
            load.cuts.push(Cut { count, ..cut.clone() });
        }
    }
    Ok((load, windows.len()))
}

fn numbers_of(rollup: &Attribute) -> usize {
    let instants = match &rollup.value {
        Value::JsonProperty(json) => json.get("instants").and_then(Json::as_array).map_or(0, <[Json]>::len),
        _ => 0,
    };
    NUMBERS_PER_ROLLUP + instants
}

/// The values of a window and what takes their place; nothing when there are none.
fn stretch(shared: &Shared, cut: &Cut, becomes: Becomes, window: TimeWindow, upto: u64) -> Result<Option<(Stretch, Count)>, Error> {
    let key = &cut.key;
    let stored = shared.state.read().get(&key.entity).map(|stored| Arc::clone(&stored.entity));
    let current = stored.as_ref().and_then(|entity| entity.instance(key.attribute, key.dataset.as_ref()));
    let window = TimeWindow { end: spared(current, window.end), ..window };
    if window.is_empty() {
        return Ok(None);
    }
    let question = SeriesQuery {
        entities: vec![key.entity.clone()],
        attributes: Some(vec![key.attribute]),
        window,
        known: Known::Versions,
        grain: Grain::All,
        ..SeriesQuery::default()
    };
    let mut rows: Vec<Observation> = Vec::new();
    let mut there: BTreeMap<(Rollup, i64), Rolled> = BTreeMap::new();
    for row in shared.past.series(&Authorized::new(&DOOR, question))? {
        let own = row.key();
        if own == *key && row.seq > upto {
            // It may correct what would be rolled up: the next pass sees both.
            return Ok(None);
        } else if own == *key {
            rows.push(row);
        } else if let Some((_, length)) = own.rolled().filter(|(base, _)| base == key).filter(|_| row.fact == Fact::Value) {
            let rolled = Rolled::read(&row, length)?;
            there.insert((length, rolled.start), rolled);
        }
    }
    // A current value may be due though its past was removed.
    let over = current.and_then(|current| current.observed_at).filter(|time| window.contains(*time));
    let Some(count) = count(rows.iter().map(Observation::time).chain(over.filter(|_| rows.is_empty()))) else { return Ok(None) };
    let (rollups, class) = rolled_up(key, &rows, becomes, &there);
    Ok(Some((Stretch { key: key.clone(), window, upto, class, rollups }, count)))
}

fn count(times: impl Iterator<Item = Instant>) -> Option<Count> {
    times.map(|time| Count { rows: 1, first: time, last: time }).reduce(|mut all, one| {
        all.join(&one);
        all
    })
}

/// Whether a roll-up that is there has a value of this instant.
fn is_in(there: &BTreeMap<(Rollup, i64), Rolled>, at: Instant) -> bool {
    let around = |length: Rollup| there.get(&(length, start_of(length, at).micros()));
    Rollup::ALL.into_iter().filter_map(around).any(|rolled| rolled.instants.contains(at.micros()))
}

/// The roll-ups of statements in order of time and writing, added to those that
/// are there, and the class they have. Values of persons are in none.
fn rolled_up(
    key: &SeriesKey,
    rows: &[Observation],
    becomes: Becomes,
    there: &BTreeMap<(Rollup, i64), Rolled>,
) -> (Vec<(Attribute, bool)>, Class) {
    let held = rows.chunk_by(|a, b| a.time() == b.time()).filter_map(|said| said.iter().rfind(|row| row.fact != Fact::Deleted));
    let held: Vec<&Observation> = held
        .filter(|row| row.fact == Fact::Value && !row.class.is_enveloped() && !matches!(row.attribute.value, Value::Sealed(_)))
        .filter(|row| row.time() >= becomes.from)
        .filter(|row| !is_in(there, row.time()))
        .collect();
    let class = held.last().map_or_else(Class::default, |row| row.class);
    let own = key.rollups(becomes.length);
    let start = |row: &Observation| start_of(becomes.length, row.time());
    let rollups = held.chunk_by(|a, b| start(a) == start(b)).map(|values| {
        let start = start(values[0]);
        let known = there.get(&(becomes.length, start.micros()));
        let mut rolled = known.cloned().unwrap_or_else(|| Rolled::new(becomes.length, start.micros()));
        rolled.add(values.iter().map(|row| (row.time().micros(), &row.attribute.value)));
        let mut attribute = Attribute::new(key.attribute, rolled.value()).observed(start);
        attribute.dataset.clone_from(&own.dataset);
        attribute.unit = values.last().and_then(|row| row.attribute.unit.clone());
        (attribute, known.is_none())
    });
    (rollups.collect(), class)
}
