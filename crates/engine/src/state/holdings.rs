//! What datasets hold: how new their data are, and whether there are places.
//!
//! Kept per dataset and class of attribute, so that a reader gets only what
//! the classes permitted to him tell. Each change of an entity is laid on top;
//! only when something was taken away that may have been the newest are the
//! entities of the type looked at again, once for all its datasets.

use std::collections::HashSet;
use std::sync::Arc;

use model::{Class, Dataset, Entity, EntityId, Instant, Name, Text, Value};

use crate::Table;
use crate::classes::{Classes, Visibility};

/// How new data are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Freshness {
    /// The time that the newest value stands for.
    pub newest: Option<Instant>,
    /// When one of the entities was last written.
    pub modified: Option<Instant>,
}

/// What entities hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Held {
    pub(crate) freshness: Freshness,
    pub(crate) has_places: bool,
}

/// The same by class of attribute.
type Parts = [Held; Class::ALL.len()];

/// What each dataset holds.
#[derive(Default)]
pub(crate) struct Holdings {
    classes: Arc<Classes>,
    own: Vec<Own>,
    /// By where a dataset lies in memory, which costs less to look up than its id.
    by_address: Table<usize, usize>,
    by_type: Table<Name, Sharing>,
}

/// The datasets that share a type of entities, by the beginning of the ids.
#[derive(Default)]
struct Sharing {
    by_prefix: Table<Text, Vec<usize>>,
    lengths: Vec<usize>,
}

/// What a dataset holds.
struct Own {
    /// Held, so that its place in memory stays its own.
    dataset: Arc<Dataset>,
    entity_type: Name,
    prefix: Text,
    parts: Parts,
    /// When the first of its entities expires.
    until: Option<Instant>,
    /// Whether its entities must be looked at again.
    is_stale: bool,
}

impl Held {
    fn join(&mut self, other: &Self) {
        self.freshness.newest = self.freshness.newest.max(other.freshness.newest);
        self.freshness.modified = self.freshness.modified.max(other.freshness.modified);
        self.has_places |= other.has_places;
    }

    fn add(&mut self, entity: &Entity, attribute: &model::Attribute) {
        self.freshness.newest = self.freshness.newest.max(attribute.observed_at);
        self.freshness.modified = Some(entity.modified_at);
        self.has_places |= matches!(attribute.value, Value::Geo(_));
    }

    /// Whether what was the most of all may be less than before.
    fn loses(&self, before: &Self, after: &Self) -> bool {
        let less = |all: Option<Instant>, before: Option<Instant>, after: Option<Instant>| after < before && before >= all;
        less(self.freshness.newest, before.freshness.newest, after.freshness.newest)
            || less(self.freshness.modified, before.freshness.modified, after.freshness.modified)
            || (before.has_places && !after.has_places)
    }

    /// What is visible of an entity.
    fn of_visible(entity: &Entity, eyes: &Visibility<'_>) -> Self {
        let mut held = Self::default();
        entity.attributes.iter().filter(|attribute| eyes.shows(entity, attribute.name)).for_each(|attribute| held.add(entity, attribute));
        if entity.attributes.is_empty() && eyes.shows_entity(entity) {
            held.freshness.modified = Some(entity.modified_at);
        }
        held
    }
}

impl Sharing {
    fn put(&mut self, prefix: &Text, at: usize) {
        self.by_prefix.entry(prefix.clone()).or_default().push(at);
        if !self.lengths.contains(&prefix.len()) {
            self.lengths.push(prefix.len());
        }
    }

    /// The datasets that an entity belongs to.
    fn of(&self, id: &EntityId) -> impl Iterator<Item = usize> + '_ {
        let id = id.as_str().to_owned();
        let known = move |length: &usize| self.by_prefix.get(id.get(..*length)?);
        self.lengths.iter().filter_map(known).flatten().copied()
    }
}

impl Own {
    fn new(dataset: &Arc<Dataset>) -> Self {
        let prefix = dataset.id_prefix.clone().unwrap_or_default();
        Self {
            dataset: Arc::clone(dataset),
            entity_type: dataset.entity_type,
            prefix,
            parts: Parts::default(),
            until: None,
            is_stale: true,
        }
    }

    fn join(&mut self, parts: &Parts, entity: &Entity) {
        self.parts.iter_mut().zip(parts).for_each(|(all, one)| all.join(one));
        self.until = [self.until, entity.expires_at].into_iter().flatten().min();
    }
}

impl Holdings {
    /// Makes these the datasets. `kin`: the types that entities of a type have too.
    pub(crate) fn declare(&mut self, datasets: &[Arc<Dataset>], classes: Arc<Classes>, kin: impl Fn(Name) -> HashSet<Name>) {
        let touched: HashSet<Name> =
            self.classes.changed(&classes).into_iter().flat_map(|name| kin(name).into_iter().chain([name])).collect();
        let mut before = std::mem::take(&mut self.own);
        let known: Table<EntityId, usize> = before.iter().zip(0..).map(|(own, at)| (own.dataset.id.clone(), at)).collect();
        self.by_address.clear();
        self.by_type.clear();
        for (at, dataset) in datasets.iter().enumerate() {
            let mut own = Own::new(dataset);
            let earlier = known.get(&dataset.id).map(|earlier| &mut before[*earlier]);
            if let Some(earlier) = earlier.filter(|earlier| {
                earlier.entity_type == own.entity_type && earlier.prefix == own.prefix && !touched.contains(&own.entity_type)
            }) {
                std::mem::swap(&mut own, earlier);
                own.dataset = Arc::clone(dataset);
            }
            self.by_address.insert(address(dataset), at);
            self.by_type.entry(own.entity_type).or_default().put(&own.prefix, at);
            self.own.push(own);
        }
        self.classes = classes;
    }

    /// Lays the change of an entity on top.
    pub(super) fn follow(&mut self, before: Option<&Entity>, after: Option<&Entity>) {
        let Some(any) = after.or(before) else { return };
        let gone = before.into_iter().flat_map(|before| &before.types).filter(|name| after.is_none_or(|after| !after.is_a(**name)));
        let types: Vec<Name> = after.into_iter().flat_map(|after| &after.types).chain(gone).copied().collect();
        if !types.iter().any(|name| self.by_type.contains_key(name)) {
            return;
        }
        let before_parts = before.filter(|before| after.is_none_or(|after| takes_away(before, after))).map(|one| self.parts(one));
        let after_parts = after.map(|one| self.parts(one));
        for name in types {
            let is_now = after.is_some_and(|entity| entity.is_a(name));
            let now = after_parts.filter(|_| is_now).unwrap_or_default();
            let was = before_parts.filter(|_| before.is_some_and(|entity| entity.is_a(name)));
            for at in self.by_type.get(&name).into_iter().flat_map(|sharing| sharing.of(&any.id)) {
                let own = &mut self.own[at];
                if own.is_stale {
                    continue;
                }
                own.is_stale = was.is_some_and(|was| (0..was.len()).any(|class| own.parts[class].loses(&was[class], &now[class])));
                own.join(&now, any);
            }
        }
    }

    /// Looks again at what is not known any more; `of_type` gives the entities of a type.
    pub(crate) fn refresh<'a, I: Iterator<Item = &'a Entity>>(&mut self, now: Instant, of_type: impl Fn(Name) -> I) {
        let mut types: HashSet<Name> = HashSet::new();
        for own in &mut self.own {
            own.is_stale |= own.until.is_some_and(|until| until <= now);
            if own.is_stale {
                types.insert(own.entity_type);
                (own.parts, own.until) = Default::default();
            }
        }
        for name in types {
            for entity in of_type(name).filter(|entity| entity.alive_at(now)) {
                let parts = self.parts(entity);
                for at in self.by_type[&name].of(&entity.id).filter(|at| self.own[*at].is_stale).collect::<Vec<_>>() {
                    self.own[at].join(&parts, entity);
                }
            }
        }
        self.own.iter_mut().for_each(|own| own.is_stale = false);
    }

    /// What a dataset holds of the classes in the bit set; nothing of one that was declared anew this moment.
    pub(crate) fn of(&self, dataset: &Arc<Dataset>, mask: u8) -> Held {
        let mut held = Held::default();
        if let Some(at) = self.by_address.get(&address(dataset)) {
            let parts = self.own[*at].parts.iter().enumerate().filter(|(class, _)| mask >> class & 1 == 1);
            parts.for_each(|(_, part)| held.join(part));
        }
        held
    }

    fn parts(&self, entity: &Entity) -> Parts {
        let mut parts = Parts::default();
        for attribute in &entity.attributes {
            parts[self.classes.class_of(entity, attribute.name) as usize].add(entity, attribute);
        }
        if entity.attributes.is_empty() {
            parts[Class::Restricted as usize].freshness.modified = Some(entity.modified_at);
        }
        parts
    }
}

fn address(dataset: &Arc<Dataset>) -> usize {
    Arc::as_ptr(dataset) as usize
}

/// What a dataset holds for a reader whose permit must be asked for each entity.
pub(crate) fn look<'a>(dataset: &Dataset, entities: impl Iterator<Item = &'a Entity>, eyes: &Visibility<'_>) -> Held {
    let prefix = dataset.id_prefix.as_deref().unwrap_or("");
    let mut held = Held::default();
    let own = entities.filter(|entity| entity.id.as_str().starts_with(prefix) && entity.alive_at(eyes.now));
    own.for_each(|entity| held.join(&Held::of_visible(entity, eyes)));
    held
}

/// Whether a change may take away a time or a place. Attributes that changed their order are taken for lost.
fn takes_away(before: &Entity, after: &Entity) -> bool {
    let is_kept = |(old, new): (&model::Attribute, &model::Attribute)| {
        old.name == new.name
            && old.observed_at <= new.observed_at
            && (!matches!(old.value, Value::Geo(_)) || matches!(new.value, Value::Geo(_)))
    };
    let pairs = before.attributes.iter().zip(&after.attributes);
    before.types != after.types
        || before.expires_at != after.expires_at
        || before.modified_at > after.modified_at
        || before.attributes.len() > after.attributes.len()
        || before.attributes.is_empty() != after.attributes.is_empty()
        || !pairs.into_iter().all(is_kept)
}
