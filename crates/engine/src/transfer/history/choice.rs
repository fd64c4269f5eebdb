//! What an order names, found in what there is.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use model::{Dataset, Entity, EntityId, Name};

use super::HistoryOrder;
use crate::past::Moment;
use crate::{Access, Error, Kind, Sentence};

/// How many known names an error lists.
const NAMED_MAX: usize = 30;

/// The things and attributes chosen.
pub(super) struct Choice {
    /// The things with the words for their types.
    pub(super) things: HashMap<EntityId, Box<str>>,
    /// `None` is all.
    pub(super) attributes: Option<Vec<Name>>,
    dataset: Option<Arc<Dataset>>,
}

impl Choice {
    /// What a file says of the data in it.
    pub(super) fn about(&self) -> Vec<(String, String)> {
        let Some(dataset) = &self.dataset else { return Vec::new() };
        let facts = [
            ("title", dataset.title.de.as_str()),
            ("publisher", &dataset.publisher.name),
            ("license", &dataset.licence),
            ("attribution", dataset.attribution.as_deref().unwrap_or_default()),
        ];
        facts.into_iter().filter(|(_, text)| !text.is_empty()).map(|(key, text)| (key.to_owned(), text.to_owned())).collect()
    }
}

impl Access {
    /// The things and attributes that an order names, things that are gone among them.
    pub(super) async fn choose(&self, order: &HistoryOrder, moment: &Moment, maybe_gone: &[EntityId]) -> Result<Choice, Error> {
        let dataset = order.dataset.as_deref().map(|slug| self.dataset(slug)).transpose()?;
        let named: HashSet<&EntityId> = order.entities.iter().collect();
        let mut all: Vec<Arc<Entity>> = moment.entities.clone();
        all.retain(|entity| named.is_empty() || named.contains(&entity.id));
        all.extend(self.former(maybe_gone).await?.into_values().map(Arc::new));
        if let Some(missing) = order.entities.iter().find(|id| !all.iter().any(|entity| entity.id == **id)) {
            return Err(Error::not_found("entity", missing));
        }
        if let Some(dataset) = &dataset {
            let is_of = |id: &EntityId| dataset.id_prefix.as_ref().is_none_or(|prefix| id.as_str().starts_with(prefix.as_str()));
            all.retain(|entity| entity.is_a(dataset.entity_type) && is_of(&entity.id));
        }
        if let Some(word) = &order.entity_type {
            let known: BTreeSet<Name> = all.iter().flat_map(|entity| &entity.types).copied().collect();
            let names = of_word(&known, word).ok_or_else(|| unknown("history-type", word, &known))?;
            all.retain(|entity| names.iter().any(|name| entity.is_a(*name)));
        }
        if all.is_empty() {
            let message = Sentence::new("history-nothing", "nothing fits all of dataset, entity and type; leave one of them out");
            return Err(Error::new(Kind::NotFound, message));
        }
        let attributes = chosen_attributes(order, &all, dataset.as_deref())?;
        let things = all.iter().map(|entity| (entity.id.clone(), words(&entity.types))).collect();
        Ok(Choice { things, attributes, dataset })
    }
}

fn chosen_attributes(order: &HistoryOrder, things: &[Arc<Entity>], dataset: Option<&Dataset>) -> Result<Option<Vec<Name>>, Error> {
    if order.attributes.is_empty() {
        return Ok(None);
    }
    let declared = dataset.into_iter().flat_map(|dataset| dataset.columns.iter().map(|column| column.attribute));
    let known: BTreeSet<Name> = things.iter().flat_map(|entity| entity.attributes.iter().map(|a| a.name)).chain(declared).collect();
    let mut names = Vec::new();
    for word in &order.attributes {
        // An attribute may have gone from the things and still have a past.
        let gone = || Name::find(word).filter(|name| name.iri().contains(':')).map(|name| vec![name]);
        names.extend(of_word(&known, word).or_else(gone).ok_or_else(|| unknown("history-attribute", word, &known))?);
    }
    Ok(Some(names))
}

/// The names that a word means: a whole one, or all that end so.
fn of_word(known: &BTreeSet<Name>, word: &str) -> Option<Vec<Name>> {
    let found: Vec<Name> = known.iter().copied().filter(|name| name.iri() == word || name.short() == word).collect();
    (!found.is_empty()).then_some(found)
}

fn unknown(code: &'static str, word: &str, known: &BTreeSet<Name>) -> Error {
    let sentence = match code {
        "history-type" => Sentence::new("history-type", "nothing is of the type `{name}`; there are {known}"),
        _ => Sentence::new("history-attribute", "nothing chosen has an attribute `{name}`; there are {known}"),
    };
    let mut shorts: Vec<&str> = known.iter().map(|name| name.short()).collect::<BTreeSet<_>>().into_iter().collect();
    if shorts.len() > NAMED_MAX {
        shorts.truncate(NAMED_MAX);
        shorts.push("…");
    }
    Error::new(Kind::NotFound, sentence.with("name", word).with("known", shorts.join(", ")))
}

fn words(types: &[Name]) -> Box<str> {
    types.iter().map(|name| name.short()).collect::<Vec<_>>().join(" ").into()
}
