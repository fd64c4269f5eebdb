//! From operations to effects: what a request means for the state as it will
//! be when everything queued before it is durable.

use std::collections::HashMap;
use std::sync::Arc;

use model::series::{self, RemovedSeries};
use model::{
    Attribute, Change, Class, Effect, Entity, EntityId, Fact, Instant, Iri, Json, Name, Observation, Origin, SeriesKey, TimeWindow, Value,
    rollup,
};

use crate::classes::Classes;
use crate::operation::{AttributePatch, Edit, Fragment, ImportReceipt, Instances, Operation, Outcome};
use crate::privacy::Envelope;
use crate::retention::{self, Expiry, Stretch};
use crate::{Error, Kind, Table, fold};

/// How many attribute instances an entity may have.
const INSTANCES_MAX: usize = 10_000;

/// What the end of an entity's life is called where names are told (NGSI-LD V1.9.1, clause 4.22).
const EXPIRES_AT: &str = "https://uri.etsi.org/ngsi-ld/expiresAt";
const KEPT: &str = "it is there already and noOverwrite was asked for";

/// The state as it will be, and where its changes are collected.
pub(crate) struct Draft<'a> {
    pub(crate) at: Instant,
    pub(crate) seq: u64,
    pub(crate) classes: &'a Classes,
    pub(crate) envelope: &'a Envelope,
    /// Finds an entity that this draft has not touched.
    pub(crate) find: &'a dyn Fn(&EntityId) -> Option<Arc<Entity>>,
    /// Finds a value of the past that is not in this draft.
    pub(crate) past: &'a dyn Fn(&SeriesKey, Instant) -> Option<Observation>,
    /// Whether receipts of retention may be written.
    pub(crate) keeps_receipts: bool,
    pub(crate) entities: Table<EntityId, Option<Arc<Entity>>>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) observations: Vec<Observation>,
}

/// An instance of the past that was found to be wrong.
pub(crate) struct Wrong {
    pub(crate) found: Observation,
    /// The newest instance of its series beside it.
    pub(crate) left: Option<Observation>,
}

/// What is done about it.
pub(crate) enum Mending {
    Retract,
    Correct(Attribute),
    /// A receipt of retention is told that nothing is left on the disk.
    Finish(Attribute),
}

/// Values of the past that an import was told of, by series and time.
pub(crate) type Known = HashMap<(SeriesKey, Instant), Attribute>;

impl Draft<'_> {
    /// Resolves one operation: all of it, or nothing and an error.
    pub(crate) fn resolve(&mut self, operation: Operation) -> Result<Outcome, Error> {
        match operation {
            Operation::Create(entity) => self.create(entity),
            Operation::Upsert { entity, replace } => match self.current(&entity.id) {
                None => self.create(entity),
                Some(old) if replace => self.replace(&old, entity),
                Some(_) => self.update(Fragment {
                    id: entity.id,
                    types: entity.types,
                    scopes: (!entity.scopes.is_empty()).then_some(entity.scopes),
                    expires_at: entity.expires_at.into(),
                    attributes: entity.attributes,
                    removed: Vec::new(),
                }),
            },
            Operation::Append { fragment, overwrite } => self.append(fragment, overwrite),
            Operation::Update(fragment) => self.update(fragment),
            Operation::PatchAttribute { id, patch } => self.patch(&id, patch),
            Operation::DeleteAttribute { id, name, which } => self.delete_attribute(&id, name, &which),
            Operation::Delete(id) => {
                self.existing(&id)?;
                self.push(&id, None, Change::EntityRemoved)?;
                Ok(Outcome::Deleted)
            }
        }
    }

    fn current(&self, id: &EntityId) -> Option<Arc<Entity>> {
        let found = self.entities.get(id).map_or_else(|| (self.find)(id), Clone::clone);
        found.filter(|entity| entity.alive_at(self.at))
    }

    fn existing(&self, id: &EntityId) -> Result<Arc<Entity>, Error> {
        self.current(id).ok_or_else(|| Error::not_found("entity", id))
    }

    fn create(&mut self, entity: Entity) -> Result<Outcome, Error> {
        if self.current(&entity.id).is_some() {
            return Err(Error::exists("entity", &entity.id));
        }
        check_instances(&entity.id, entity.attributes.len())?;
        self.clear_away(&entity.id)?;
        let head = Change::EntitySet {
            types: entity.types.clone(),
            scopes: entity.scopes.clone(),
            created_at: self.at,
            expires_at: entity.expires_at,
        };
        self.push(&entity.id, None, head)?;
        for attribute in entity.attributes {
            self.set(&entity.id, attribute, None)?;
        }
        Ok(Outcome::Created)
    }

    /// What an expired entity of the same id left behind does not come back.
    fn clear_away(&mut self, id: &EntityId) -> Result<(), Error> {
        if self.entities.get(id).map_or_else(|| (self.find)(id).is_some(), Option::is_some) {
            self.push(id, None, Change::EntityRemoved)?;
        }
        Ok(())
    }

    fn replace(&mut self, old: &Entity, entity: Entity) -> Result<Outcome, Error> {
        check_instances(&entity.id, entity.attributes.len())?;
        let mut updated = Vec::new();
        if old.types != entity.types || old.scopes != entity.scopes || old.expires_at != entity.expires_at {
            let head = Change::EntitySet {
                types: entity.types.clone(),
                scopes: entity.scopes.clone(),
                created_at: old.created_at,
                expires_at: entity.expires_at,
            };
            self.push(&entity.id, None, head)?;
        }
        for gone in &old.attributes {
            if !entity.attributes.iter().any(|a| same_instance(a, gone)) {
                self.push(&entity.id, None, Change::AttributeRemoved { name: gone.name, dataset: gone.dataset.clone() })?;
                note(&mut updated, gone.name);
            }
        }
        for attribute in entity.attributes {
            let name = attribute.name;
            if self.set_if_new(&entity.id, attribute)? {
                note(&mut updated, name);
            }
        }
        Ok(Outcome::Updated { updated, not_updated: Vec::new() })
    }

    fn append(&mut self, mut fragment: Fragment, overwrite: bool) -> Result<Outcome, Error> {
        let old = self.existing(&fragment.id)?;
        check_instances(&fragment.id, old.attributes.len() + fragment.attributes.len())?;
        let (mut updated, mut not_updated) = (Vec::new(), Vec::new());
        if !overwrite && old.expires_at.is_some() && fragment.expires_at != Edit::Keep {
            fragment.expires_at = Edit::Keep;
            not_updated.push((Name::known(EXPIRES_AT), KEPT.to_owned()));
        }
        self.add_head(&old, &fragment)?;
        for attribute in fragment.attributes {
            if !overwrite && old.instance(attribute.name, attribute.dataset.as_ref()).is_some() {
                not_updated.push((attribute.name, KEPT.to_owned()));
                continue;
            }
            note(&mut updated, attribute.name);
            self.set_if_new(&fragment.id, attribute)?;
        }
        Ok(Outcome::Updated { updated, not_updated })
    }

    fn update(&mut self, fragment: Fragment) -> Result<Outcome, Error> {
        let old = self.existing(&fragment.id)?;
        check_instances(&fragment.id, old.attributes.len() + fragment.attributes.len())?;
        let mut updated = Vec::new();
        self.add_head(&old, &fragment)?;
        for (name, dataset) in fragment.removed {
            if old.instance(name, dataset.as_ref()).is_some() {
                self.push(&fragment.id, None, Change::AttributeRemoved { name, dataset })?;
                note(&mut updated, name);
            }
        }
        for attribute in fragment.attributes {
            note(&mut updated, attribute.name);
            self.set_if_new(&fragment.id, attribute)?;
        }
        Ok(Outcome::Updated { updated, not_updated: Vec::new() })
    }

    /// Types are only ever added; scopes and the end of life are replaced when sent.
    fn add_head(&mut self, old: &Entity, fragment: &Fragment) -> Result<(), Error> {
        let mut types = old.types.clone();
        types.extend(fragment.types.iter().filter(|name| !old.types.contains(name)));
        let scopes = fragment.scopes.clone().unwrap_or_else(|| old.scopes.clone());
        let expires_at = fragment.expires_at.apply(old.expires_at);
        if types == old.types && scopes == old.scopes && expires_at == old.expires_at {
            return Ok(());
        }
        self.push(&fragment.id, None, Change::EntitySet { types, scopes, created_at: old.created_at, expires_at })
    }

    fn patch(&mut self, id: &EntityId, patch: AttributePatch) -> Result<Outcome, Error> {
        let entity = self.existing(id)?;
        let missing = || Error::not_found(&format!("attribute instance of `{id}`"), &patch.name);
        let found = entity.instance(patch.name, patch.dataset.as_ref()).ok_or_else(missing)?;
        let sealed = matches!(found.value, Value::Sealed(_));
        if sealed && !self.classes.class_of(&entity, patch.name).is_enveloped() {
            // Or whoever may change classes and write would bring to light what nobody reads.
            return Err(Error::invalid(format!(
                "the attribute `{}` was written as a personal value and is declared as none today: write all of it anew",
                patch.name
            )));
        }
        // Without its key a sealed value can be written anew, and nothing of it be kept.
        let mut attribute = match self.envelope.opened(found)? {
            Some(opened) => opened,
            None if patch.value.is_some() => found.clone(),
            None => return Err(missing()),
        };
        if let Some(value) = patch.value {
            if !sealed && attribute.value.type_name() != value.type_name() {
                let message = format!(
                    "the attribute `{}` is a {} and cannot become a {} by a partial update",
                    patch.name,
                    attribute.value.type_name(),
                    value.type_name()
                );
                return Err(Error::invalid(message));
            }
            attribute.value = value;
        }
        attribute.observed_at = patch.observed_at.apply(attribute.observed_at);
        attribute.unit = patch.unit.apply(attribute.unit);
        attribute.expires_at = patch.expires_at.apply(attribute.expires_at);
        if attribute.unit.is_some() && !matches!(attribute.value, Value::Property(_) | Value::List(_)) {
            return Err(Error::invalid(format!("the attribute `{}` is a {} and has no unit", patch.name, attribute.value.type_name())));
        }
        attribute.sub.retain(|sub| !patch.removed_sub.contains(&sub.name) && !patch.sub.iter().any(|new| same_instance(new, sub)));
        attribute.sub.extend(patch.sub);
        self.set_if_new(id, attribute)?;
        Ok(Outcome::Updated { updated: vec![patch.name], not_updated: Vec::new() })
    }

    fn delete_attribute(&mut self, id: &EntityId, name: Name, which: &Instances) -> Result<Outcome, Error> {
        let entity = self.existing(id)?;
        let chosen = |dataset: &Option<Iri>| match which {
            Instances::Default => dataset.is_none(),
            Instances::One(one) => dataset.as_ref() == Some(one),
            Instances::All => true,
        };
        let gone: Vec<Option<Iri>> = entity.instances(name).map(|a| a.dataset.clone()).filter(chosen).collect();
        if gone.is_empty() {
            return Err(Error::not_found(&format!("attribute instance of `{id}`"), &name));
        }
        for dataset in gone {
            self.push(id, None, Change::AttributeRemoved { name, dataset })?;
        }
        Ok(Outcome::Updated { updated: vec![name], not_updated: Vec::new() })
    }

    /// Sets an instance unless it says the same already.
    fn set_if_new(&mut self, id: &EntityId, attribute: Attribute) -> Result<bool, Error> {
        let current = self.current(id);
        let old = current.as_ref().and_then(|entity| entity.instance(attribute.name, attribute.dataset.as_ref()));
        if old.is_some_and(|old| self.envelope.says_the_same(old, &attribute)) {
            return Ok(false);
        }
        // The entity is not shared while it is changed.
        drop(current);
        self.set(id, attribute, None)?;
        Ok(true)
    }

    /// Imports one record: what is newer becomes current, what is older goes
    /// to history, what is known already is left alone.
    pub(crate) fn import(&mut self, entity: Entity, origin: Origin, known: &Known, receipt: &mut ImportReceipt) -> Result<(), Error> {
        let old = self.current(&entity.id);
        match &old {
            None => {
                self.clear_away(&entity.id)?;
                let head = Change::EntitySet {
                    types: entity.types.clone(),
                    scopes: entity.scopes.clone(),
                    created_at: self.at,
                    expires_at: entity.expires_at,
                };
                self.push(&entity.id, None, head)?;
                receipt.created += 1;
            }
            Some(old) => {
                let mut head = Fragment::new(entity.id.clone());
                head.types.clone_from(&entity.types);
                head.scopes = (!entity.scopes.is_empty()).then(|| entity.scopes.clone());
                head.expires_at = entity.expires_at.into();
                self.add_head(old, &head)?;
            }
        }
        check_instances(&entity.id, entity.attributes.len())?;
        for attribute in entity.attributes {
            self.import_attribute(&entity.id, attribute, origin, known, receipt)?;
        }
        Ok(())
    }

    fn import_attribute(
        &mut self,
        id: &EntityId,
        attribute: Attribute,
        origin: Origin,
        known: &Known,
        receipt: &mut ImportReceipt,
    ) -> Result<(), Error> {
        let current = self.current(id).and_then(|entity| entity.instance(attribute.name, attribute.dataset.as_ref()).cloned());
        let (there, is_newest) = match (&current, attribute.observed_at) {
            (Some(now), Some(time)) if now.observed_at.is_some_and(|seen| time < seen) => {
                let key = SeriesKey { entity: id.clone(), attribute: attribute.name, dataset: attribute.dataset.clone() };
                (self.earlier(&key, time, known), false)
            }
            (Some(now), time) if now.observed_at == time => (current.clone(), true),
            _ => (None, true),
        };
        match &there {
            Some(there) if self.envelope.says_the_same(there, &attribute) => {
                receipt.unchanged += 1;
                return Ok(());
            }
            Some(_) => receipt.corrected += 1,
            None => receipt.written += 1,
        }
        if is_newest { self.set(id, attribute, Some(origin)) } else { self.observe(id, attribute, origin) }
    }

    fn earlier(&self, key: &SeriesKey, at: Instant, known: &Known) -> Option<Attribute> {
        match self.unsealed(key, at) {
            Some(found) => (found.fact == Fact::Value).then_some(found.attribute),
            None => known.get(&(key.clone(), at)).cloned(),
        }
    }

    /// What is said of an instant in this draft or in the tail.
    fn unsealed(&self, key: &SeriesKey, at: Instant) -> Option<Observation> {
        let says = |o: &&Observation| o.time() == at && o.fact != Fact::Deleted && o.attribute.name == key.attribute && o.key() == *key;
        self.observations.iter().rev().find(says).cloned().or_else(|| (self.past)(key, at))
    }

    /// Corrects or retracts one instance of the past. Where it is the current
    /// one, the current state follows: with the corrected value, with the
    /// newest that is left, or with none.
    pub(crate) fn mend(&mut self, wrong: Wrong, mending: Mending) -> Result<Outcome, Error> {
        let Wrong { found, left } = wrong;
        let (key, time, id) = (found.key(), found.time(), found.entity.clone());
        let there = self.unsealed(&key, time).unwrap_or(found);
        if there.fact != Fact::Value {
            return Err(Error::not_found("instance", &key.instance_id(time)));
        }
        let now = self.current(&id).and_then(|entity| entity.instance(key.attribute, key.dataset.as_ref()).cloned());
        let is_current = now.is_some_and(|now| now.observed_at.unwrap_or(now.modified_at) == time);
        let retracts = matches!(mending, Mending::Retract);
        let mut attribute = match mending {
            Mending::Correct(attribute) | Mending::Finish(attribute) => {
                Attribute { name: key.attribute, dataset: key.dataset.clone(), ..attribute }
            }
            Mending::Retract => nothing(key.attribute, key.dataset.clone(), self.at),
        };
        stamp(&mut attribute, there.attribute.created_at, self.at);
        attribute.observed_at = there.attribute.observed_at;
        if attribute.observed_at.is_none() {
            attribute.modified_at = time;
        }
        if retracts {
            self.push(&id, None, Change::Retracted { attribute, class: there.class })?;
            match left.filter(|_| is_current) {
                Some(Observation { mut attribute, class, origin, .. }) => {
                    let subject = if class.is_enveloped() { Some(self.envelope.seal(&id, &mut attribute)?) } else { None };
                    self.push(&id, subject, Change::AttributeSet { attribute, class, origin })?;
                }
                None if is_current => self.push(&id, None, Change::AttributeRemoved { name: key.attribute, dataset: key.dataset })?,
                None => {}
            }
            return Ok(Outcome::Deleted);
        }
        let subject = if there.class.is_enveloped() { Some(self.envelope.seal(&id, &mut attribute)?) } else { None };
        let (class, origin, name) = (there.class, None, attribute.name);
        let change =
            if is_current { Change::AttributeSet { attribute, class, origin } } else { Change::Observed { attribute, class, origin } };
        self.push(&id, subject, change)?;
        Ok(Outcome::Updated { updated: vec![name], not_updated: Vec::new() })
    }

    /// Removes history for good. It stands alone in its commit.
    pub(crate) fn remove_history(&mut self, id: EntityId, series: RemovedSeries, window: TimeWindow) -> Result<(), Error> {
        self.check_writable(&id)?;
        self.effects.push(Effect { entity: id, subject: None, change: Change::HistoryRemoved { series, window, upto: None } });
        Ok(())
    }

    /// Receipts of retention are the engine's own.
    fn check_writable(&self, id: &EntityId) -> Result<(), Error> {
        let there = self.entities.get(id).map_or_else(|| (self.find)(id), Clone::clone);
        if !self.keeps_receipts && retention::is_receipt(id, there.as_deref()) {
            return Err(retention::kept_for_receipts(id));
        }
        Ok(())
    }

    /// Removes an entity for good, with all of its past. It stands alone in its commit.
    pub(crate) fn erase(&mut self, id: EntityId) -> Result<Outcome, Error> {
        self.push(&id, None, Change::EntityRemoved)?;
        self.remove_history(id, RemovedSeries::All, TimeWindow::ALL)?;
        Ok(Outcome::Deleted)
    }

    /// Cuts series whose time is over, in the state and in the past, and writes
    /// the receipt. It stands alone in its commit.
    pub(crate) fn expire(&mut self, expiry: Expiry) -> Result<Outcome, Error> {
        for (key, until) in expiry.cuts {
            let entity = self.entities.get(&key.entity).map_or_else(|| (self.find)(&key.entity), Clone::clone);
            let current = entity.as_ref().and_then(|entity| entity.instance(key.attribute, key.dataset.as_ref()));
            let end = retention::spared(current, until);
            let is_over = current.is_some_and(|current| retention::is_over(current, until));
            // The entity is not shared while it is changed.
            drop(entity);
            let SeriesKey { entity: id, attribute: name, dataset } = key;
            if is_over {
                self.push(&id, None, Change::AttributeRemoved { name, dataset: dataset.clone() })?;
            }
            self.remove_history(id, RemovedSeries::Instance(name, dataset), TimeWindow { end, ..TimeWindow::ALL })?;
        }
        expiry.stretches.into_iter().try_for_each(|stretch| self.roll_up(stretch))?;
        let receipt = expiry.receipt;
        if self.current(&receipt.id).is_none() {
            return self.create(receipt);
        }
        for attribute in receipt.attributes {
            self.set(&receipt.id, attribute, None)?;
        }
        Ok(Outcome::Unchanged)
    }

    /// Puts roll-ups in the place of values that were written up to a position;
    /// what came later stays as it is.
    fn roll_up(&mut self, stretch: Stretch) -> Result<(), Error> {
        let Stretch { key, window, upto, class, rollups } = stretch;
        let entity = self.entities.get(&key.entity).map_or_else(|| (self.find)(&key.entity), Clone::clone);
        let current = entity.as_ref().and_then(|entity| entity.instance(key.attribute, key.dataset.as_ref()));
        let is_over = current.is_some_and(|current| retention::is_over(current, window.end) && current.observed_at >= Some(window.start));
        // The entity is not shared while it is changed.
        drop(entity);
        let SeriesKey { entity: id, attribute: name, dataset } = key;
        if is_over {
            self.push(&id, None, Change::AttributeRemoved { name, dataset: dataset.clone() })?;
        }
        let upto = Some(upto);
        let change = Change::HistoryRemoved { series: RemovedSeries::Instance(name, dataset), window, upto };
        self.effects.push(Effect { entity: id.clone(), subject: None, change });
        for (mut attribute, is_new) in rollups {
            stamp(&mut attribute, self.at, self.at);
            if let Some(start) = attribute.observed_at.filter(|_| !is_new) {
                let (series, window) =
                    (RemovedSeries::Instance(name, attribute.dataset.clone()), TimeWindow { start, end: start.plus_micros(1) });
                self.effects.push(Effect { entity: id.clone(), subject: None, change: Change::HistoryRemoved { series, window, upto } });
            }
            self.push(&id, None, Change::Observed { attribute, class, origin: None })?;
        }
        Ok(())
    }

    fn set(&mut self, id: &EntityId, attribute: Attribute, origin: Option<Origin>) -> Result<(), Error> {
        let (attribute, class, subject) = self.prepare(id, attribute)?;
        self.push(id, subject, Change::AttributeSet { attribute, class, origin })
    }

    fn observe(&mut self, id: &EntityId, attribute: Attribute, origin: Origin) -> Result<(), Error> {
        let (attribute, class, subject) = self.prepare(id, attribute)?;
        self.push(id, subject, Change::Observed { attribute, class, origin: Some(origin) })
    }

    /// Sets the system's times, and puts personal values into their envelope.
    fn prepare(&self, id: &EntityId, mut attribute: Attribute) -> Result<(Attribute, Class, Option<[u8; 32]>), Error> {
        if let Some(dataset) = attribute.dataset.as_ref().filter(|dataset| rollup::is_reserved(dataset.as_str())) {
            return Err(Error::invalid(format!("the datasetId `{dataset}` of `{id}` is reserved for roll-ups; use another")));
        }
        // An entity may be written whose time is over already: it is there, though nobody sees it.
        let drafted = self.entities.get(id).map_or_else(|| (self.find)(id), Clone::clone);
        let entity = drafted.ok_or_else(|| Error::internal(format!("the entity `{id}` is gone while it is written")))?;
        let created = entity.instance(attribute.name, attribute.dataset.as_ref()).map_or(self.at, |old| old.created_at);
        stamp(&mut attribute, created, self.at);
        let class = self.classes.class_of(&entity, attribute.name);
        let subject = if class.is_enveloped() { Some(self.envelope.seal(id, &mut attribute)?) } else { None };
        Ok((attribute, class, subject))
    }

    fn push(&mut self, id: &EntityId, subject: Option<[u8; 32]>, change: Change) -> Result<(), Error> {
        self.check_writable(id)?;
        if !self.entities.contains_key(id) {
            self.entities.insert(id.clone(), (self.find)(id));
        }
        if let Some(entity) = self.entities.get_mut(id) {
            fold::apply(entity, id, &change, self.at);
        }
        if let Some(observation) = observation_of(id, &change, self.seq, self.at) {
            self.observations.push(observation);
        }
        self.effects.push(Effect { entity: id.clone(), subject, change });
        Ok(())
    }
}

/// The value an effect adds to history.
pub(crate) fn observation_of(id: &EntityId, change: &Change, seq: u64, at: Instant) -> Option<Observation> {
    let (attribute, fact, class, origin) = match change {
        Change::AttributeSet { attribute, class, origin } | Change::Observed { attribute, class, origin } => {
            (attribute.clone(), Fact::Value, *class, *origin)
        }
        Change::Retracted { attribute, class } => (attribute.clone(), Fact::Retracted, *class, None),
        Change::AttributeRemoved { name, dataset } => (nothing(*name, dataset.clone(), at), Fact::Deleted, Class::Restricted, None),
        Change::EntityRemoved => (nothing(series::life(), None, at), Fact::Deleted, Class::Restricted, None),
        Change::EntitySet { types, scopes, created_at, expires_at } => {
            let mut life = Attribute::new(series::life(), Value::Vocab(types.clone()));
            if !scopes.is_empty() {
                let scopes = scopes.iter().map(|scope| Json::from(scope.as_str())).collect();
                life.sub.push(Attribute::new(series::scope(), Value::Property(Json::Array(scopes))));
            }
            stamp(&mut life, *created_at, at);
            life.expires_at = *expires_at;
            (life, Fact::Value, Class::Restricted, None)
        }
        Change::HistoryRemoved { .. } => return None,
    };
    Some(Observation { entity: id.clone(), attribute, fact, class, seq, recorded_at: at, origin })
}

/// An instance without a value.
fn nothing(name: Name, dataset: Option<Iri>, at: Instant) -> Attribute {
    let mut attribute = Attribute { dataset, ..Attribute::new(name, Value::Property(Json::Null)) };
    stamp(&mut attribute, at, at);
    attribute
}

pub(crate) fn stamp(attribute: &mut Attribute, created_at: Instant, modified_at: Instant) {
    attribute.created_at = created_at;
    attribute.modified_at = modified_at;
    for sub in &mut attribute.sub {
        stamp(sub, modified_at, modified_at);
    }
}

fn same_instance(a: &Attribute, b: &Attribute) -> bool {
    a.name == b.name && a.dataset == b.dataset
}

fn note(names: &mut Vec<Name>, name: Name) {
    if !names.contains(&name) {
        names.push(name);
    }
}

fn check_instances(id: &EntityId, count: usize) -> Result<(), Error> {
    if count > INSTANCES_MAX {
        return Err(Error::new(
            Kind::TooLarge,
            format!("the entity `{id}` would have {count} attribute instances; {INSTANCES_MAX} are allowed"),
        ));
    }
    Ok(())
}
