//! What is due: counted over the past and the current state, deleting nothing.

use std::collections::HashMap;
use std::sync::Arc;

use history::Count;
use model::dataset::Keep;
use model::series;
use model::{Attribute, Authorized, Dataset, Entity, EntityId, Instant, Known, Rollup, SeriesKey, SeriesQuery, TimeWindow, Value};
use sha2::{Digest, Sha256};

use super::{Due, Reason, RetentionPlan, SHARE_MAX_PERCENT, calendar};
use crate::past::rollup::start_of;
use crate::tenant::Shared;
use crate::{DOOR, Error};

/// What one series loses: everything before an instant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cut {
    pub(crate) key: SeriesKey,
    pub(crate) until: Instant,
    pub(crate) count: Count,
    /// What takes its place.
    pub(crate) becomes: Option<Becomes>,
}

/// Roll-ups that take the place of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Becomes {
    pub(crate) length: Rollup,
    /// For values from here on: the time of roll-ups of earlier ones is over, too.
    pub(crate) from: Instant,
}

/// Until when values are due by the rules of a dataset.
struct Rules<'a> {
    dataset: &'a Dataset,
    /// From when on values are kept that are kept so long.
    kept_from: HashMap<Keep, Instant>,
}

impl<'a> Rules<'a> {
    fn at(dataset: &'a Dataset, as_of: Instant) -> Self {
        let periods = dataset.retention.iter().flat_map(|rule| [Some(rule.keep), rule.rollup.and_then(|rollup| rollup.keep)]);
        Self { dataset, kept_from: periods.flatten().map(|keep| (keep, calendar::kept_from(keep, as_of))).collect() }
    }

    fn latest(&self) -> Instant {
        self.kept_from.values().copied().max().unwrap_or(Instant::MIN)
    }

    fn until(&self, key: &SeriesKey) -> Option<Instant> {
        let keeping = self.dataset.keeps(key.attribute);
        let is_rolled = key.rolled().is_some();
        match (keeping.rolled_up.filter(|_| !is_rolled), keeping.deleted) {
            // Whole days are rolled up, and roll-ups go by whole days: each day's work is done once.
            (Some((keep, _)), _) => Some(start_of(Rollup::Day, self.kept_from[&keep])),
            (None, Some(keep)) if is_rolled => Some(start_of(Rollup::Day, self.kept_from[&keep])),
            (None, Some(keep)) => Some(self.kept_from[&keep]),
            (None, None) => None,
        }
    }

    fn becomes(&self, key: &SeriesKey) -> Option<Becomes> {
        let keeping = self.dataset.keeps(key.attribute);
        let (_, length) = keeping.rolled_up.filter(|_| key.rolled().is_none())?;
        let from = keeping.deleted.map_or(TimeWindow::ALL.start, |keep| start_of(Rollup::Day, self.kept_from[&keep]));
        Some(Becomes { length, from })
    }
}

/// Plans the deletion of what is due of a dataset at an instant.
pub(super) fn plan(shared: &Shared, dataset: &Arc<Dataset>, as_of: Instant, jumped_since: Option<Instant>) -> Result<RetentionPlan, Error> {
    let mut members = Members { shared, dataset, known: HashMap::new() };
    let rules = Rules::at(dataset, as_of);
    let due_until = |key: &SeriesKey| rules.until(key);
    let mut counts = members.count(rules.latest(), &due_until)?;
    members.add_current(&due_until, &mut counts);
    let cut = |(key, count): (SeriesKey, Count)| Some(Cut { until: due_until(&key)?, becomes: rules.becomes(&key), key, count });
    let mut cuts: Vec<Cut> = counts.into_iter().filter_map(cut).collect();
    cuts.sort_by(|a, b| a.key.cmp(&b.key));
    let due: u64 = cuts.iter().map(|cut| cut.count.rows).sum();
    let total = if due == 0 {
        0
    } else {
        members.count(TimeWindow::ALL.end, &|_| Some(TimeWindow::ALL.end))?.values().map(|count| count.rows).sum()
    };
    let mut reasons: Vec<Reason> = jumped_since.map(Reason::Clock).into_iter().collect();
    if due * 100 > total * SHARE_MAX_PERCENT {
        reasons.push(Reason::Share);
    }
    let parts = parts(dataset, &cuts);
    let token = token(dataset, as_of, &parts);
    Ok(RetentionPlan { dataset: Arc::clone(dataset), as_of, parts, total: total.max(due), reasons, token: token.into(), cuts })
}

/// The instant that a token speaks of.
pub(super) fn as_of(token: &str) -> Option<Instant> {
    let (micros, _) = token.split_once('-')?;
    i64::from_str_radix(micros, 16).ok().map(Instant::from_micros)
}

/// What these cuts take, by attribute.
pub(super) fn parts(dataset: &Dataset, cuts: &[Cut]) -> Vec<Due> {
    let mut parts: Vec<Due> = Vec::new();
    for Cut { key, until, count, becomes } in cuts {
        let keeping = dataset.keeps(key.attribute);
        let (becomes, rolled) = (becomes.map(|becomes| becomes.length), key.rolled().map(|(_, length)| length));
        let Some(keep) = becomes.map_or(keeping.deleted, |_| keeping.rolled_up.map(|(keep, _)| keep)) else { continue };
        match parts.iter_mut().find(|part| part.attribute == key.attribute && part.becomes == becomes && part.rolled == rolled) {
            Some(part) => {
                part.values += count.rows;
                part.series += 1;
                part.oldest = part.oldest.min(count.first);
                part.newest = part.newest.max(count.last);
            }
            None => parts.push(Due {
                attribute: key.attribute,
                class: dataset.class_of(key.attribute),
                keep,
                becomes,
                rolled,
                until: *until,
                values: count.rows,
                series: 1,
                oldest: count.first,
                newest: count.last,
            }),
        }
    }
    parts.sort_by_key(|part| (part.attribute.iri(), part.rolled, part.becomes));
    parts
}

/// A word for exactly this: the instant, and what is due by which rule. What
/// came in since and is not due changes nothing.
fn token(dataset: &Dataset, as_of: Instant, parts: &[Due]) -> String {
    let mut digest = Sha256::new();
    digest.update(dataset.id.as_str());
    for part in parts {
        digest.update(format!(
            "\0{}\0{}\0{:?}\0{:?}\0{}\0{}\0{}\0{}\0{}",
            part.attribute.iri(),
            part.keep,
            part.becomes,
            part.rolled,
            part.until,
            part.values,
            part.series,
            part.oldest,
            part.newest
        ));
    }
    let hash: String = digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("{:x}-{hash}", as_of.micros())
}

/// The entities of a dataset, as far as they were met.
struct Members<'a> {
    shared: &'a Shared,
    dataset: &'a Dataset,
    known: HashMap<EntityId, Member>,
}

#[derive(Clone)]
enum Member {
    There(Arc<Entity>),
    /// Gone from the state; its past may be the dataset's.
    Gone,
    Other,
}

impl Members<'_> {
    /// Rows of the dataset's series before what `until` names, each version counted.
    fn count(&mut self, latest: Instant, until: &dyn Fn(&SeriesKey) -> Option<Instant>) -> Result<HashMap<SeriesKey, Count>, Error> {
        let past = &self.shared.past;
        let mut counts = past.count(latest, &mut |key| {
            if key.attribute == series::life() {
                return None;
            }
            let until = until(key)?;
            match self.of(&key.entity) {
                Member::There(entity) => Some(spared(entity.instance(key.attribute, key.dataset.as_ref()), until)),
                Member::Gone => Some(until),
                Member::Other => None,
            }
        })?;
        let gone = self.gone_members(counts.keys())?;
        counts.retain(|key, _| !matches!(self.known.get(&key.entity), Some(Member::Gone)) || gone.contains_key(&key.entity));
        Ok(counts)
    }

    /// Current values that are due though nothing of their past is left.
    fn add_current(&mut self, until: &dyn Fn(&SeriesKey) -> Option<Instant>, counts: &mut HashMap<SeriesKey, Count>) {
        let state = self.shared.state.read();
        for stored in state.of_type(self.dataset.entity_type).filter(|stored| self.has_prefix(&stored.entity.id)) {
            for attribute in &stored.entity.attributes {
                let key = SeriesKey { entity: stored.entity.id.clone(), attribute: attribute.name, dataset: attribute.dataset.clone() };
                if let Some(until) = until(&key)
                    && is_over(attribute, until)
                    && !counts.contains_key(&key)
                {
                    Count::add(counts, &key, time(attribute));
                }
            }
        }
    }

    fn of(&mut self, id: &EntityId) -> Member {
        if let Some(known) = self.known.get(id) {
            return known.clone();
        }
        let member = match self.shared.state.read().get(id).map(|stored| Arc::clone(&stored.entity)) {
            _ if !self.has_prefix(id) => Member::Other,
            Some(entity) if entity.is_a(self.dataset.entity_type) => Member::There(entity),
            Some(_) => Member::Other,
            None => Member::Gone,
        };
        self.known.insert(id.clone(), member.clone());
        member
    }

    fn has_prefix(&self, id: &EntityId) -> bool {
        self.dataset.id_prefix.as_ref().is_none_or(|prefix| id.as_str().starts_with(prefix.as_str()))
    }

    /// Of those that are gone the ones that were of the dataset's type last.
    fn gone_members<'b>(&self, keys: impl Iterator<Item = &'b SeriesKey>) -> Result<HashMap<EntityId, ()>, Error> {
        let mut gone: Vec<EntityId> =
            keys.map(|key| &key.entity).filter(|id| matches!(self.known.get(*id), Some(Member::Gone))).cloned().collect();
        gone.sort_unstable();
        gone.dedup();
        if gone.is_empty() {
            return Ok(HashMap::new());
        }
        let lives = SeriesQuery { entities: gone, attributes: Some(vec![series::life()]), known: Known::Now, ..SeriesQuery::default() };
        let mut last = HashMap::new();
        for life in self.shared.past.series(&Authorized::new(&DOOR, lives))? {
            if let Value::Vocab(types) = &life.attribute.value {
                last.insert(life.entity.clone(), types.contains(&self.dataset.entity_type));
            }
        }
        Ok(last.into_iter().filter(|(_, is_member)| *is_member).map(|(id, _)| (id, ())).collect())
    }
}

/// The time a current value stands for.
fn time(attribute: &Attribute) -> Instant {
    attribute.observed_at.unwrap_or(attribute.modified_at)
}

/// Whether the time of a current value is over. What nobody gave a time of
/// observation holds until something else is said, unless it is a person's.
pub(crate) fn is_over(current: &Attribute, until: Instant) -> bool {
    (current.observed_at.is_some() || matches!(current.value, Value::Sealed(_))) && time(current) < until
}

/// The end of what goes from a series: a current value that stays keeps its place in the past.
pub(crate) fn spared(current: Option<&Attribute>, until: Instant) -> Instant {
    match current {
        Some(current) if !is_over(current, until) => until.min(time(current)),
        _ => until,
    }
}
