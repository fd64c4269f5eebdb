//! The fold of the log: an entity and an effect make the next entity. The
//! only code that does so, at run time and when the log is replayed.

use std::sync::Arc;

use model::{Attribute, Change, Entity, EntityId, Instant};

/// Applies a change; `None` is no entity.
pub(crate) fn apply(entity: &mut Option<Arc<Entity>>, id: &EntityId, change: &Change, at: Instant) {
    match change {
        Change::EntitySet { types, scopes, created_at, expires_at } => {
            let entity = existing(entity, id, at);
            entity.types.clone_from(types);
            entity.scopes.clone_from(scopes);
            entity.created_at = *created_at;
            entity.expires_at = *expires_at;
            entity.modified_at = at;
        }
        Change::EntityRemoved => *entity = None,
        Change::AttributeSet { attribute, .. } => {
            let entity = existing(entity, id, at);
            put(&mut entity.attributes, attribute.clone());
            entity.modified_at = at;
        }
        Change::AttributeRemoved { name, dataset } => {
            if entity.is_some() {
                let entity = existing(entity, id, at);
                entity.attributes.retain(|a| a.name != *name || a.dataset != *dataset);
                entity.modified_at = at;
            }
        }
        Change::Observed { .. } | Change::Retracted { .. } | Change::HistoryRemoved { .. } => {}
    }
}

fn existing<'a>(entity: &'a mut Option<Arc<Entity>>, id: &EntityId, at: Instant) -> &'a mut Entity {
    Arc::make_mut(entity.get_or_insert_with(|| {
        Arc::new(Entity {
            id: id.clone(),
            types: Vec::new(),
            scopes: Vec::new(),
            attributes: Vec::new(),
            expires_at: None,
            created_at: at,
            modified_at: at,
        })
    }))
}

fn put(attributes: &mut Vec<Attribute>, attribute: Attribute) {
    match attributes.iter_mut().find(|a| a.name == attribute.name && a.dataset == attribute.dataset) {
        Some(there) => *there = attribute,
        None => attributes.push(attribute),
    }
}
