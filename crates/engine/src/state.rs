//! The current state in memory: entities by id, in order of creation, with
//! indexes by type, place and number. Indexes only narrow; the plain
//! evaluator decides.

mod columns;
mod holdings;
mod plan;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use model::{Dataset, Entity, EntityId, Instant, Name, Value};
use parking_lot::{Mutex, MutexGuard};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use crate::Table;
use crate::classes::Classes;
use columns::Columns;
pub use holdings::Freshness;
pub(crate) use holdings::{Held, Holdings, look};
pub(crate) use plan::{Candidates, candidates};

/// Place of an entity in the order of creation.
pub(crate) type Slot = u32;

type Place = GeomWithData<Rectangle<[f64; 2]>, (Slot, Name)>;

/// An entity with what is kept beside it.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) entity: Arc<Entity>,
    /// Whether something of it expires.
    pub(crate) transient: bool,
    /// Its usual rendering, once somebody asked for it.
    pub(crate) rendering: OnceLock<Bytes>,
}

/// The current state of a tenant.
#[derive(Default)]
pub(crate) struct State {
    slots: Vec<Option<Arc<Stored>>>,
    by_id: Table<EntityId, Slot>,
    by_type: Table<Name, Vec<Slot>>,
    holdings: Mutex<Holdings>,
    places: RTree<Place>,
    columns: Columns,
    memory_bytes: usize,
    /// How often entities were set or removed, and which time was the last for each type.
    changes: u64,
    changed: Table<Name, u64>,
    /// The log's position it shows.
    pub(crate) seq: u64,
}

impl State {
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Roughly what the entities take.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    pub(crate) fn get(&self, id: &EntityId) -> Option<&Arc<Stored>> {
        self.by_id.get(id).and_then(|slot| self.at(*slot))
    }

    pub(crate) fn at(&self, slot: Slot) -> Option<&Arc<Stored>> {
        self.slots.get(slot as usize).and_then(Option::as_ref)
    }

    /// All entities in order of creation.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Stored>> {
        self.slots.iter().flatten()
    }

    /// The entities of a type in order of creation.
    pub(crate) fn of_type(&self, name: Name) -> impl Iterator<Item = &Arc<Stored>> {
        self.by_type.get(&name).into_iter().flatten().filter_map(|slot| self.at(*slot))
    }

    /// Types and how many entities each has.
    pub(crate) fn types(&self) -> impl Iterator<Item = Name> {
        self.by_type.iter().filter(|(_, slots)| !slots.is_empty()).map(|(name, _)| *name)
    }

    /// What the datasets hold at a time; held until it is dropped.
    pub(crate) fn holdings(&self, now: Instant) -> MutexGuard<'_, Holdings> {
        let mut holdings = self.holdings.lock();
        holdings.refresh(now, |name| self.of_type(name).map(|stored| &*stored.entity));
        holdings
    }

    /// Makes these the datasets of whose entities it is known what they hold.
    pub(crate) fn declare(&self, datasets: &[Arc<Dataset>], classes: Arc<Classes>) {
        let kin = |name| self.of_type(name).flat_map(|stored| &stored.entity.types).copied().collect();
        self.holdings.lock().declare(datasets, classes, kin);
    }

    /// A number that is another one after entities of a type have changed.
    pub(crate) fn change_of(&self, name: Name) -> u64 {
        self.changed.get(&name).copied().unwrap_or_default()
    }

    /// Notes that something of an entity changed that is not in the state, such as its past.
    pub(crate) fn touch(&mut self, id: &EntityId) {
        if let Some(stored) = self.get(id).cloned() {
            self.note(stored.entity.types.iter());
        }
    }

    fn note<'a>(&mut self, types: impl Iterator<Item = &'a Name>) {
        self.changes += 1;
        self.changed.extend(types.map(|name| (*name, self.changes)));
    }

    /// Sets or removes an entity.
    pub(crate) fn put(&mut self, id: &EntityId, entity: Option<Arc<Entity>>) {
        let slot = self.by_id.get(id).copied();
        let old = slot.and_then(|slot| self.slots[slot as usize].take());
        self.note(old.iter().flat_map(|stored| &stored.entity.types).chain(entity.iter().flat_map(|entity| &entity.types)));
        self.holdings.get_mut().follow(old.as_ref().map(|stored| &*stored.entity), entity.as_deref());
        match (entity, slot) {
            (Some(entity), Some(slot)) => self.set(slot, entity, old.as_deref()),
            (Some(entity), None) => {
                let slot = Slot::try_from(self.slots.len()).expect("fewer than 2^32 entities are ever created between two starts");
                self.slots.push(None);
                self.by_id.insert(entity.id.clone(), slot);
                self.set(slot, entity, None);
            }
            (None, Some(slot)) => {
                self.by_id.remove(id);
                if let Some(old) = old {
                    self.forget(slot, &old.entity);
                }
            }
            (None, None) => {}
        }
    }

    /// Makes the column of an attribute unless it is there.
    pub(crate) fn build_column(&mut self, name: Name) {
        let Self { slots, columns, .. } = self;
        if !columns.holds(name) {
            let entities = (0..).zip(slots.iter()).filter_map(|(slot, stored)| stored.as_ref().map(|s| (slot, &*s.entity)));
            columns.build(name, entities);
        }
    }

    fn set(&mut self, slot: Slot, entity: Arc<Entity>, old: Option<&Stored>) {
        if let Some(old) = old {
            self.memory_bytes = self.memory_bytes.saturating_sub(estimate_bytes(&old.entity));
        }
        self.memory_bytes += estimate_bytes(&entity);
        let old_entity = old.map(|stored| &*stored.entity);
        if old_entity.is_none_or(|old| old.types != entity.types) {
            for name in old_entity.into_iter().flat_map(|old| &old.types) {
                self.leave_type(slot, *name);
            }
            for name in &entity.types {
                let slots = self.by_type.entry(*name).or_default();
                let at = slots.partition_point(|one| *one < slot);
                slots.insert(at, slot);
            }
        }
        self.update_places(slot, old_entity, Some(&entity));
        self.columns.set(slot, &entity);
        let transient = entity.expires_at.is_some() || entity.attributes.iter().any(|a| a.expires_at.is_some());
        self.slots[slot as usize] = Some(Arc::new(Stored { entity, transient, rendering: OnceLock::new() }));
    }

    fn forget(&mut self, slot: Slot, old: &Entity) {
        self.memory_bytes = self.memory_bytes.saturating_sub(estimate_bytes(old));
        for name in &old.types {
            self.leave_type(slot, *name);
        }
        self.update_places(slot, Some(old), None);
        self.columns.clear(slot);
    }

    fn leave_type(&mut self, slot: Slot, name: Name) {
        if let Some(slots) = self.by_type.get_mut(&name)
            && let Ok(at) = slots.binary_search(&slot)
        {
            slots.remove(at);
        }
    }

    fn update_places(&mut self, slot: Slot, old: Option<&Entity>, new: Option<&Entity>) {
        let before: Vec<Place> = old.into_iter().flat_map(|entity| places(slot, entity)).collect();
        let after: Vec<Place> = new.into_iter().flat_map(|entity| places(slot, entity)).collect();
        if before == after {
            return;
        }
        for place in before {
            self.places.remove(&place);
        }
        for place in after {
            self.places.insert(place);
        }
    }

    /// Slots of entities with a place under the property that touches the box.
    fn slots_in(&self, property: Name, [west, south, east, north]: [f64; 4]) -> Vec<Slot> {
        let area = AABB::from_corners([west, south], [east, north]);
        let mut slots: Vec<Slot> =
            self.places.locate_in_envelope_intersecting(area).filter(|place| place.data.1 == property).map(|place| place.data.0).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }
}

fn places(slot: Slot, entity: &Entity) -> impl Iterator<Item = Place> + '_ {
    entity.attributes.iter().filter_map(move |attribute| match &attribute.value {
        Value::Geo(geometry) => {
            let [west, south, east, north] = geometry.bounds();
            Some(GeomWithData::new(Rectangle::from_corners([west, south], [east, north]), (slot, attribute.name)))
        }
        _ => None,
    })
}

/// Roughly what an entity takes in memory with its place in the indexes.
fn estimate_bytes(entity: &Entity) -> usize {
    fn attribute(a: &model::Attribute) -> usize {
        size_of::<model::Attribute>() + value(&a.value) + a.sub.iter().map(attribute).sum::<usize>()
    }
    fn value(value: &Value) -> usize {
        match value {
            Value::Property(json) | Value::JsonProperty(json) => json_bytes(json),
            Value::Geo(geometry) => {
                let mut positions = 0;
                geometry.visit_positions(&mut |_| positions += 1);
                positions * size_of::<model::geo::Position>()
            }
            Value::Relationship(iris) | Value::ListRelationship(iris) => iris.iter().map(|iri| 32 + iri.as_str().len()).sum(),
            Value::Language(map) => map.iter().map(|(_, texts)| 48 + texts.iter().map(|t| 24 + t.len()).sum::<usize>()).sum(),
            Value::Vocab(names) => names.len() * size_of::<Name>(),
            Value::List(items) => items.iter().map(json_bytes).sum(),
            Value::Sealed(sealed) => 64 + sealed.ciphertext.len(),
        }
    }
    fn json_bytes(json: &model::Json) -> usize {
        match json {
            model::Json::String(text) if text.is_heap_allocated() => text.len(),
            model::Json::Array(items) => items.iter().map(|item| size_of::<model::Json>() + json_bytes(item)).sum(),
            model::Json::Object(members) => {
                members.iter().map(|(name, item)| 24 + name.len() + size_of::<model::Json>() + json_bytes(item)).sum()
            }
            _ => 0,
        }
    }
    size_of::<Entity>() + size_of::<Stored>() + 2 * entity.id.as_str().len() + 96 + entity.attributes.iter().map(attribute).sum::<usize>()
}
