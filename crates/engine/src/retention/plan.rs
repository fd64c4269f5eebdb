//! What is due: counted over the past and the current state, deleting nothing.

use std::collections::HashMap;
use std::sync::Arc;

use history::Count;
use model::series;
use model::{Attribute, Authorized, Dataset, Entity, EntityId, Instant, Known, SeriesKey, SeriesQuery, TimeWindow, Value};
use sha2::{Digest, Sha256};

use super::{Due, Reason, RetentionPlan, SHARE_MAX_PERCENT, calendar};
use crate::tenant::Shared;
use crate::{DOOR, Error};

/// What one series loses: everything before an instant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cut {
    pub(crate) key: SeriesKey,
    pub(crate) until: Instant,
    pub(crate) count: Count,
}

/// Plans the deletion of what is due of a dataset at an instant.
pub(super) fn plan(shared: &Shared, dataset: &Arc<Dataset>, as_of: Instant, jumped_since: Option<Instant>) -> Result<RetentionPlan, Error> {
    let mut members = Members { shared, dataset, known: HashMap::new() };
    let rules: HashMap<_, _> = dataset.retention.iter().map(|rule| (rule.keep, calendar::kept_from(rule.keep, as_of))).collect();
    let due_until = |key: &SeriesKey| dataset.keeps(key.attribute).map(|keep| rules[&keep]);
    let latest = rules.values().copied().max().unwrap_or(Instant::MIN);
    let mut counts = members.count(latest, &due_until)?;
    members.add_current(&due_until, &mut counts);
    let mut cuts: Vec<Cut> = counts.into_iter().filter_map(|(key, count)| Some(Cut { until: due_until(&key)?, key, count })).collect();
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
    for Cut { key, until, count } in cuts {
        let Some(keep) = dataset.keeps(key.attribute) else { continue };
        match parts.iter_mut().find(|part| part.attribute == key.attribute) {
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
                until: *until,
                values: count.rows,
                series: 1,
                oldest: count.first,
                newest: count.last,
            }),
        }
    }
    parts.sort_by_key(|part| part.attribute.iri());
    parts
}

/// A word for exactly this: the instant, and what is due by which rule. What
/// came in since and is not due changes nothing.
fn token(dataset: &Dataset, as_of: Instant, parts: &[Due]) -> String {
    let mut digest = Sha256::new();
    digest.update(dataset.id.as_str());
    for part in parts {
        digest.update(format!(
            "\0{}\0{}\0{}\0{}\0{}\0{}\0{}",
            part.attribute.iri(),
            part.keep,
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
