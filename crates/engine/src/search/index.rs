//! The words of the datasets, with the datasets each stands in. Kept up to
//! date one dataset at a time: what did not change is not read again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use model::dataset::Texts;
use model::{Dataset, Entity, EntityId, Instant, Text};
use parking_lot::Mutex;

use super::near::letters_of;
use super::place::Area;
use super::words::{is_stop_word, stem, words};
use crate::classes::Visibility;

/// Place of a dataset in the index.
pub(super) type Slot = u32;
/// Place of a word in the vocabulary.
pub(super) type TermId = u32;

/// How much a word counts by where it stands.
mod weight {
    pub(super) const TITLE: f32 = 10.0;
    pub(super) const KEYWORD: f32 = 8.0;
    pub(super) const COLUMN: f32 = 5.0;
    pub(super) const PLACE: f32 = 5.0;
    pub(super) const PUBLISHER: f32 = 4.0;
    pub(super) const SUMMARY: f32 = 4.0;
    pub(super) const THEME: f32 = 4.0;
    pub(super) const COLUMN_DESCRIPTION: f32 = 3.0;
    pub(super) const DESCRIPTION: f32 = 2.0;
    pub(super) const NAME: f32 = 2.0;
}

/// How many words that no dataset has any more are kept before the vocabulary is made anew.
const DEAD_TERMS_MAX: usize = 20_000;

/// A word of the vocabulary.
pub(super) struct Term {
    /// Folded.
    pub(super) word: String,
    /// As some dataset writes it.
    pub(super) written: String,
    pub(super) letters: u32,
    /// Datasets it stands in, by slot, each with the weight of its best place.
    pub(super) postings: Vec<(Slot, f32)>,
}

/// A dataset in the index.
pub(super) struct Entry {
    /// The state of the log that it shows.
    pub(super) entity: Arc<Entity>,
    pub(super) dataset: Arc<Dataset>,
    /// The folded words of its title in each language, with `|` before the first and a space behind each.
    pub(super) title: String,
    pub(super) area: Option<Area>,
    terms: Vec<TermId>,
}

/// An index over the datasets of a tenant.
#[derive(Default)]
pub(crate) struct Index {
    pub(super) entries: Vec<Option<Entry>>,
    pub(super) terms: Vec<Term>,
    by_id: HashMap<EntityId, Slot>,
    by_word: HashMap<String, TermId>,
    by_stem: HashMap<String, Vec<TermId>>,
    by_trigram: HashMap<[u8; 3], Vec<TermId>>,
    free: Vec<Slot>,
    /// What those see who may see all of some classes, by the bit set of the classes.
    sights: Mutex<HashMap<u8, Arc<Sight>>>,
}

/// The part of the index that somebody may see.
pub(super) struct Sight {
    /// By slot.
    pub(super) visible: Vec<bool>,
    /// The slots of what is visible, by title.
    pub(super) by_title: Vec<Slot>,
    /// By slot: the place in that order.
    pub(super) places: Vec<u32>,
    /// When the first of it expires.
    until: Option<Instant>,
}

impl Index {
    /// Whether the index has a dataset of this id.
    pub(crate) fn holds(&self, id: &EntityId) -> bool {
        self.by_id.contains_key(id)
    }

    /// The dataset read off exactly this state of its entity, if that was done before.
    pub(crate) fn known(&self, entity: &Arc<Entity>) -> Option<Arc<Dataset>> {
        let entry = self.entries[*self.by_id.get(&entity.id)? as usize].as_ref()?;
        Arc::ptr_eq(&entry.entity, entity).then(|| Arc::clone(&entry.dataset))
    }

    /// Makes the index show these datasets and no others.
    pub(crate) fn follow(&mut self, datasets: &[(Arc<Entity>, Arc<Dataset>)]) {
        let wanted: HashSet<&EntityId> = datasets.iter().map(|(entity, _)| &entity.id).collect();
        let gone: Vec<EntityId> = self.by_id.keys().filter(|id| !wanted.contains(id)).cloned().collect();
        gone.iter().for_each(|id| self.remove(id));
        for (entity, dataset) in datasets {
            if self.known(entity).is_none() {
                self.remove(&entity.id);
                self.add(entity, dataset);
            }
        }
        self.sights.get_mut().clear();
        if self.terms.iter().filter(|term| term.postings.is_empty()).count() > DEAD_TERMS_MAX {
            *self = Self::default();
            datasets.iter().for_each(|(entity, dataset)| self.add(entity, dataset));
        }
    }

    /// What a principal may see; found out once for all who may see the same, until the next change.
    pub(super) fn sight(&self, eyes: &Visibility<'_>) -> Arc<Sight> {
        let Some(mask) = eyes.permit.mask() else { return Arc::new(self.look(eyes)) };
        let mut sights = self.sights.lock();
        let known = sights.get(&mask).filter(|sight| sight.until.is_none_or(|until| eyes.now < until));
        if let Some(known) = known {
            return Arc::clone(known);
        }
        let sight = Arc::new(self.look(eyes));
        sights.insert(mask, Arc::clone(&sight));
        sight
    }

    fn look(&self, eyes: &Visibility<'_>) -> Sight {
        let sees = |entry: &Option<Entry>| entry.as_ref().is_some_and(|entry| eyes.shows_entity(&entry.entity));
        let visible: Vec<bool> = self.entries.iter().map(sees).collect();
        let mut own: Vec<(Slot, &Entry)> = (0..).zip(&self.entries).filter_map(|(slot, entry)| Some((slot, entry.as_ref()?))).collect();
        own.retain(|(slot, _)| visible[*slot as usize]);
        own.sort_by(|a, b| a.1.dataset.title.de.cmp(&b.1.dataset.title.de));
        let mut places = vec![u32::MAX; visible.len()];
        own.iter().zip(0..).for_each(|((slot, _), place)| places[*slot as usize] = place);
        let until = own.iter().filter_map(|(_, entry)| entry.entity.expires_at).min();
        Sight { visible, by_title: own.into_iter().map(|(slot, _)| slot).collect(), places, until }
    }

    fn add(&mut self, entity: &Arc<Entity>, dataset: &Arc<Dataset>) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            Slot::try_from(self.entries.len() - 1).expect("a tenant has fewer than 2^32 datasets")
        });
        let mut found: HashMap<TermId, f32> = HashMap::new();
        let mut keep = |text: &str, weight: f32| {
            for word in words(text).into_iter().filter(|word| !is_stop_word(&word.folded)) {
                let term = self.term(word.folded, word.text);
                let known = found.entry(term).or_insert(0.0);
                *known = known.max(weight);
            }
        };
        visit(dataset, &mut keep);
        for (term, weight) in &found {
            let postings = &mut self.terms[*term as usize].postings;
            let at = postings.partition_point(|(known, _)| *known < slot);
            postings.insert(at, (slot, *weight));
        }
        self.by_id.insert(entity.id.clone(), slot);
        self.entries[slot as usize] = Some(Entry {
            entity: Arc::clone(entity),
            dataset: Arc::clone(dataset),
            title: title_of(dataset),
            area: dataset.spatial.as_ref().and_then(|spatial| Area::of_iri(&spatial.iri)),
            terms: found.into_keys().collect(),
        });
    }

    fn remove(&mut self, id: &EntityId) {
        let Some(slot) = self.by_id.remove(id) else { return };
        let Some(entry) = self.entries[slot as usize].take() else { return };
        for term in entry.terms {
            let postings = &mut self.terms[term as usize].postings;
            if let Ok(at) = postings.binary_search_by_key(&slot, |(known, _)| *known) {
                postings.remove(at);
            }
        }
        self.free.push(slot);
    }

    fn term(&mut self, folded: String, written: &str) -> TermId {
        if let Some(known) = self.by_word.get(&folded) {
            return *known;
        }
        let id = TermId::try_from(self.terms.len()).expect("fewer than 2^32 different words");
        self.by_stem.entry(stem(&folded).to_owned()).or_default().push(id);
        let mut trigrams: Vec<[u8; 3]> = trigrams(&folded).collect();
        trigrams.sort_unstable();
        trigrams.dedup();
        for trigram in trigrams {
            self.by_trigram.entry(trigram).or_default().push(id);
        }
        self.by_word.insert(folded.clone(), id);
        self.terms.push(Term { letters: letters_of(&folded), word: folded, written: written.to_owned(), postings: Vec::new() });
        id
    }

    /// The word itself.
    pub(super) fn of_word(&self, folded: &str) -> Option<TermId> {
        self.by_word.get(folded).copied()
    }

    /// The words of a stem.
    pub(super) fn of_stem(&self, stem: &str) -> &[TermId] {
        self.by_stem.get(stem).map_or(&[], Vec::as_slice)
    }

    /// Words that may contain these three letters or more: those with its rarest three.
    pub(super) fn containing(&self, part: &str) -> &[TermId] {
        let lists = trigrams(part).map(|trigram| self.with_trigram(trigram));
        lists.min_by_key(|list| list.len()).unwrap_or_default()
    }

    /// Words with three letters in a row.
    pub(super) fn with_trigram(&self, trigram: [u8; 3]) -> &[TermId] {
        self.by_trigram.get(&trigram).map_or(&[], Vec::as_slice)
    }
}

/// Each three bytes in a row of a word.
pub(super) fn trigrams(word: &str) -> impl Iterator<Item = [u8; 3]> + '_ {
    word.as_bytes().windows(3).map(|three| [three[0], three[1], three[2]])
}

/// Every text of a dataset that is searched, with its weight.
fn visit(dataset: &Dataset, keep: &mut impl FnMut(&str, f32)) {
    let mut both = |texts: &Texts, weight: f32| {
        keep(&texts.de, weight);
        keep(texts.en.as_deref().unwrap_or_default(), weight);
    };
    both(&dataset.title, weight::TITLE);
    both(&dataset.summary, weight::SUMMARY);
    both(&dataset.description, weight::DESCRIPTION);
    for column in &dataset.columns {
        both(&column.label, weight::COLUMN);
        column.description.iter().for_each(|texts| both(texts, weight::COLUMN_DESCRIPTION));
    }
    dataset.keywords.iter().for_each(|word| keep(word, weight::KEYWORD));
    dataset.themes.iter().for_each(|code| keep(theme_words(code), weight::THEME));
    dataset.spatial.iter().for_each(|spatial| keep(&spatial.label, weight::PLACE));
    keep(&dataset.publisher.name, weight::PUBLISHER);
    keep(&dataset.slug, weight::NAME);
    let names = dataset.columns.iter().map(|column| column.attribute).chain([dataset.entity_type]);
    names.for_each(|name| keep(&in_words(name.short()), weight::NAME));
}

/// What the themes of the EU list are about (`http://publications.europa.eu/resource/authority/data-theme`).
fn theme_words(code: &str) -> &'static str {
    match code {
        "AGRI" => "Landwirtschaft Ernährung Forst agriculture food",
        "ECON" => "Wirtschaft Finanzen economy finance",
        "EDUC" => "Bildung Kultur Sport education culture",
        "ENER" => "Energie energy",
        "ENVI" => "Umwelt environment",
        "GOVE" => "Verwaltung Regierung government",
        "HEAL" => "Gesundheit health",
        "INTR" => "Internationales international",
        "JUST" => "Justiz Sicherheit justice safety",
        "REGI" => "Regionen Städte regions cities",
        "SOCI" => "Bevölkerung Gesellschaft population society",
        "TECH" => "Wissenschaft Technologie science technology",
        "TRAN" => "Verkehr transport",
        _ => "",
    }
}

/// `populationDensity` → `population Density`.
fn in_words(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    let mut before_is_lower = false;
    for c in name.chars() {
        if c.is_uppercase() && before_is_lower {
            text.push(' ');
        }
        before_is_lower = c.is_lowercase();
        text.push(c);
    }
    text
}

fn title_of(dataset: &Dataset) -> String {
    let folded = |text: &Text| words(text).into_iter().map(|word| word.folded).collect::<Vec<_>>().join(" ");
    let titles = [Some(&dataset.title.de), dataset.title.en.as_ref()].into_iter().flatten().map(folded);
    titles.map(|title| format!("| {title} ")).collect()
}
