//! Which class an attribute has: the fold of what datasets declare.

use std::collections::HashMap;
use std::sync::Arc;

use model::dataset::terms;
use model::query::PreparedFilter;
use model::{Class, Dataset, Entity, Json, Name, Text, Value};
use policy::Permit;

/// The declared classes of a tenant.
#[derive(Debug, Default)]
pub(crate) struct Classes {
    by_type: HashMap<Name, Vec<Rule>>,
}

#[derive(Debug, PartialEq, Eq)]
struct Rule {
    id_prefix: Option<Text>,
    published: bool,
    classes: HashMap<Name, Class>,
}

impl Classes {
    pub(crate) fn of(datasets: &[Arc<Dataset>]) -> Self {
        let mut by_type: HashMap<Name, Vec<Rule>> = HashMap::new();
        for dataset in datasets {
            by_type.entry(dataset.entity_type).or_default().push(Rule {
                id_prefix: dataset.id_prefix.clone(),
                published: dataset.published,
                classes: dataset.columns.iter().map(|column| (column.attribute, column.class)).collect(),
            });
        }
        Self { by_type }
    }

    /// The types whose entities may have other classes than before.
    pub(crate) fn changed(&self, next: &Self) -> Vec<Name> {
        let names = self.by_type.keys().chain(next.by_type.keys());
        names.filter(|name| self.by_type.get(name) != next.by_type.get(name)).copied().collect()
    }

    /// The class of an attribute of an entity. Where several datasets declare
    /// it the strictest holds; what none declares is restricted, and what is
    /// open in a dataset that is not published is internal. What describes a
    /// dataset or a dashboard goes by its own publication, unless the entity
    /// is something else beside: no type that is added opens what was closed.
    pub(crate) fn class_of(&self, entity: &Entity, attribute: Name) -> Class {
        if entity.is_a(terms::dataset()) || entity.is_a(crate::dashboards::dashboard()) {
            let published = entity.value(terms::published()) == Some(&Value::Property(Json::Bool(true)));
            let own = if published { Class::Open } else { Class::Internal };
            let is_other = |name: &Name| *name != terms::dataset() && *name != crate::dashboards::dashboard();
            return if entity.types.iter().any(is_other) { own.max(self.declared(entity, attribute)) } else { own };
        }
        if let Some(class) = crate::report::class_of(entity, attribute) {
            return class;
        }
        self.declared(entity, attribute)
    }

    fn declared(&self, entity: &Entity, attribute: Name) -> Class {
        let declared = entity
            .types
            .iter()
            .filter_map(|name| self.by_type.get(name))
            .flatten()
            .filter(|rule| rule.id_prefix.as_ref().is_none_or(|prefix| entity.id.as_str().starts_with(prefix.as_str())))
            .filter_map(|rule| {
                rule.classes.get(&attribute).map(|class| if rule.published { *class } else { (*class).max(Class::Internal) })
            })
            .max();
        declared.unwrap_or_default()
    }
}

/// What a permit shows of a tenant's entities.
pub(crate) struct Visibility<'a> {
    pub(crate) classes: &'a Classes,
    pub(crate) permit: &'a Permit,
    pub(crate) now: model::Instant,
    /// The permit's filters, by class, ready for many entities.
    filters: [PreparedFilter<'a>; Class::ALL.len()],
}

impl<'a> Visibility<'a> {
    pub(crate) fn new(classes: &'a Classes, permit: &'a Permit, now: model::Instant) -> Self {
        Self { classes, permit, now, filters: Class::ALL.map(|class| permit.filter(class).prepare()) }
    }

    /// Whether an attribute of an entity may be used in any way.
    pub(crate) fn shows(&self, entity: &Entity, attribute: Name) -> bool {
        self.shows_class(entity, self.classes.class_of(entity, attribute))
    }

    fn shows_class(&self, entity: &Entity, class: Class) -> bool {
        match self.permit.filter(class) {
            model::Filter::Always => true,
            model::Filter::Never => false,
            _ => self.filters[class as usize].matches(entity, self.now, &|_| true),
        }
    }

    /// Whether the entity exists for the principal: something of it is
    /// visible, or it is empty and restricted things are.
    pub(crate) fn shows_entity(&self, entity: &Entity) -> bool {
        entity.alive_at(self.now)
            && if entity.attributes.is_empty() {
                self.shows_class(entity, Class::Restricted)
            } else {
                entity.attributes.iter().any(|a| self.shows(entity, a.name))
            }
    }
}
