//! Reading the current state and the past.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use model::series::{self, SeriesLimit};
use model::{Class, Entity, EntityId, Filter, Instant, Json, Name, Observation, Query, Scope, SeriesQuery, Value};

use crate::classes::Visibility;
use crate::state::{Candidates, Stored, candidates};
use crate::{Access, Error};

/// An entity as a principal may see it.
#[derive(Clone)]
pub struct View(Seen);

#[derive(Clone)]
enum Seen {
    /// All of it.
    Whole(Arc<Stored>),
    /// What is left of it.
    Part(Arc<Entity>),
}

impl View {
    /// The entity, without what may not be seen.
    #[must_use]
    pub fn entity(&self) -> &Entity {
        match &self.0 {
            Seen::Whole(stored) => &stored.entity,
            Seen::Part(entity) => entity,
        }
    }

    /// The usual rendering: made once and kept beside the entity until it
    /// changes. Callers agree on one form: NGSI-LD, normalized, core context,
    /// no system attributes.
    pub fn rendering(&self, render: impl FnOnce(&Entity) -> Bytes) -> Bytes {
        match &self.0 {
            Seen::Whole(stored) => stored.rendering.get_or_init(|| render(&stored.entity)).clone(),
            Seen::Part(entity) => render(entity),
        }
    }
}

/// A page of a query's answer.
#[derive(Clone)]
pub struct Page {
    /// The entities.
    pub views: Vec<View>,
    /// How many match in all, when that was asked.
    pub total: Option<usize>,
}

impl Access {
    /// One entity.
    ///
    /// # Errors
    /// [`crate::Kind::NotFound`], also when nothing of it may be seen.
    pub fn entity(&self, id: &EntityId) -> Result<View, Error> {
        let stored = self.shared().state.read().get(id).cloned();
        let view = match stored {
            Some(stored) => self.with_eyes(|eyes| view(eyes, &stored))?,
            None => None,
        };
        view.ok_or_else(|| Error::not_found("entity", id))
    }

    /// The entities that match, as far as they may be seen: policy before
    /// count and page. What may not be seen is not looked at by filter or order.
    ///
    /// # Errors
    /// None today but policy's refusal, which reading does not know.
    pub fn query(&self, query: &Query) -> Result<Page, Error> {
        self.with_eyes(|eyes| {
            let state = &self.shared().state;
            let candidates = candidates(state, &query.filter);
            let state = state.read();
            let filter = query.filter.prepare();
            let matches = |stored: &&Arc<Stored>| {
                filter.matches(&stored.entity, eyes.now, &|name| eyes.shows(&stored.entity, name)) && eyes.shows_entity(&stored.entity)
            };
            match candidates {
                Candidates::All => page(eyes, query, state.iter().filter(matches)),
                Candidates::Slots(slots) => page(eyes, query, slots.iter().filter_map(|slot| state.at(*slot)).filter(matches)),
            }
        })
    }

    /// The types of what may be seen, with how many entities each has.
    ///
    /// # Errors
    /// As [`Access::query`].
    pub fn types(&self) -> Result<Vec<(Name, usize)>, Error> {
        self.with_eyes(|eyes| {
            let state = self.shared().state.read();
            let mut counts = BTreeMap::new();
            for name in state.types() {
                let count = state.of_type(name).filter(|stored| eyes.shows_entity(&stored.entity)).count();
                if count > 0 {
                    counts.insert(name, count);
                }
            }
            counts.into_iter().collect()
        })
    }

    /// Values of the past, sorted by series and time, corrections applied,
    /// sealed and unsealed as one.
    ///
    /// # Errors
    /// When a segment of history is damaged.
    pub async fn series(&self, question: SeriesQuery) -> Result<Vec<Observation>, Error> {
        let allowed = self.allowed_series(&question.entities, question.attributes.as_deref()).await?;
        let mut found = Vec::new();
        for (attributes, entities) in allowed {
            let narrowed = Self::authorized(SeriesQuery { entities, attributes, ..question.clone() });
            found.extend(self.blocking(move |shared| shared.past.series(&narrowed)).await?);
        }
        found.sort_by_cached_key(|observation| (observation.key(), observation.time()));
        Ok(found)
    }

    /// An entity that is gone, as it was last: its types and scopes, and the
    /// last value of each of its series that may be seen.
    ///
    /// # Errors
    /// [`crate::Kind::NotFound`] when there never was one, when it is there, or
    /// when nothing of it may be seen; when a segment of history is damaged.
    pub async fn former_entity(&self, id: &EntityId) -> Result<Entity, Error> {
        let former = self.former(std::slice::from_ref(id)).await?.remove(id);
        let missing = || Error::not_found("entity", id);
        let mut former = former.ok_or_else(missing)?;
        let seen = self.with_eyes(|eyes| {
            let seen = eyes.shows_entity(&former);
            let whole = former.clone();
            former.attributes.retain(|a| eyes.shows(&whole, a.name));
            seen
        })?;
        if seen { Ok(former) } else { Err(missing()) }
    }

    /// Those of these entities that are gone, as they were last.
    pub(crate) async fn former(&self, ids: &[EntityId]) -> Result<HashMap<EntityId, Entity>, Error> {
        let gone: Vec<EntityId> = {
            let state = self.shared().state.read();
            ids.iter().filter(|id| state.get(id).is_none()).cloned().collect()
        };
        if gone.is_empty() {
            return Ok(HashMap::new());
        }
        let lives = SeriesQuery { entities: gone.clone(), attributes: Some(vec![series::life()]), ..SeriesQuery::default() };
        let values = SeriesQuery { entities: gone, limit: SeriesLimit::Last(1), ..SeriesQuery::default() };
        let (lives, values) = (Self::authorized(lives), Self::authorized(values));
        self.blocking(move |shared| {
            let mut former = HashMap::new();
            for life in shared.past.series(&lives)? {
                former.insert(life.entity.clone(), born(&life));
            }
            for value in shared.past.series(&values)? {
                let entity = former.get_mut(&value.entity);
                entity.into_iter().for_each(|entity: &mut Entity| entity.attributes.push(value.attribute.clone()));
            }
            Ok(former)
        })
        .await
    }

    /// Which attributes of which entities may be asked for, entities with the
    /// same attributes together. Entities that are gone keep their history,
    /// and are judged as they were last.
    pub(crate) async fn allowed_series(
        &self,
        entities: &[EntityId],
        asked: Option<&[Name]>,
    ) -> Result<Vec<(Option<Vec<Name>>, Vec<EntityId>)>, Error> {
        let former = self.former(entities).await?;
        self.with_eyes(|eyes| {
            let state = self.shared().state.read();
            let mut groups: HashMap<Option<Vec<Name>>, Vec<EntityId>> = HashMap::new();
            for id in entities {
                let there = state.get(id).map(|stored| &*stored.entity).or_else(|| former.get(id));
                let Some(entity) = there else { continue };
                let names = visible_names(eyes, entity, asked);
                if names.as_ref().is_none_or(|names| !names.is_empty()) {
                    groups.entry(names).or_default().push(id.clone());
                }
            }
            groups.into_iter().collect()
        })
    }
}

/// The entity that a value of its life speaks of; no attributes yet.
fn born(life: &Observation) -> Entity {
    let types = match &life.attribute.value {
        Value::Vocab(types) => types.clone(),
        _ => Vec::new(),
    };
    let scopes = life.attribute.sub.iter().find(|sub| sub.name == series::scope()).and_then(|sub| match &sub.value {
        Value::Property(Json::Array(scopes)) => Some(scopes.iter().filter_map(|scope| Scope::parse(scope.as_str()?).ok()).collect()),
        _ => None,
    });
    Entity {
        id: life.entity.clone(),
        types,
        scopes: scopes.unwrap_or_default(),
        attributes: Vec::new(),
        expires_at: None,
        created_at: life.attribute.created_at,
        modified_at: life.recorded_at,
    }
}

/// Attributes of an entity that may be asked for. Attributes it has lost since
/// are judged by what datasets declare today.
fn visible_names(eyes: &Visibility<'_>, entity: &Entity, asked: Option<&[Name]>) -> Option<Vec<Name>> {
    let mut names: Vec<Name> = match asked {
        Some(names) => names.to_vec(),
        None if eyes.permit.filter(Class::Restricted) == &Filter::Always => {
            let hidden = entity.attributes.iter().any(|a| !eyes.shows(entity, a.name));
            if !hidden {
                return None;
            }
            entity.attributes.iter().map(|a| a.name).collect()
        }
        None => entity.attributes.iter().map(|a| a.name).collect(),
    };
    names.retain(|name| eyes.shows(entity, *name));
    names.sort_unstable();
    names.dedup();
    Some(names)
}

fn page<'a>(eyes: &Visibility<'_>, query: &Query, matches: impl Iterator<Item = &'a Arc<Stored>>) -> Page {
    if query.order.is_empty() && !query.count {
        let views = matches.skip(query.offset).take(query.limit).filter_map(|stored| view(eyes, stored)).collect();
        return Page { views, total: None };
    }
    let mut all: Vec<&Arc<Stored>> = matches.collect();
    if !query.order.is_empty() {
        all.sort_by(|a, b| compare(eyes, query, &a.entity, &b.entity));
    }
    let total = query.count.then_some(all.len());
    let views = all.into_iter().skip(query.offset).take(query.limit).filter_map(|stored| view(eyes, stored)).collect();
    Page { views, total }
}

fn compare(eyes: &Visibility<'_>, query: &Query, a: &Entity, b: &Entity) -> Ordering {
    let sees = |entity: &Entity, name: Name| eyes.shows(entity, name);
    let by_keys = query.order.iter().map(|key| key.compare(a, b, eyes.now, &sees));
    by_keys.fold(Ordering::Equal, Ordering::then).then_with(|| a.id.cmp(&b.id))
}

/// What of an entity may be seen; `None` when nothing.
fn view(eyes: &Visibility<'_>, stored: &Arc<Stored>) -> Option<View> {
    let entity = &stored.entity;
    if !eyes.shows_entity(entity) {
        return None;
    }
    let alive = |expires_at: Option<Instant>| expires_at.is_none_or(|end| eyes.now < end);
    let visible = |a: &model::Attribute| alive(a.expires_at) && eyes.shows(entity, a.name);
    if !stored.transient && entity.attributes.iter().all(visible) {
        return Some(View(Seen::Whole(Arc::clone(stored))));
    }
    let mut part = (**entity).clone();
    part.attributes.retain(visible);
    Some(View(Seen::Part(Arc::new(part))))
}
