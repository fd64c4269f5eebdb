//! Finding datasets by everyday words.
//!
//! The index follows the log: it is brought up to date after a write is
//! durable and before the write is answered, so a dataset is found as soon as
//! its declaration was acknowledged, and gone as soon as it is withdrawn.
//! Policy comes first: a dataset that may not be seen is no hit, lends no
//! word to corrections, and moves no count (`docs/suche.md` tells the rest).

mod index;
mod near;
mod place;
mod rank;
mod synonyms;
#[cfg(test)]
mod tests;
mod words;

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use model::{Dataset, EntityId};

pub(crate) use index::Index;
pub use place::Place;
use rank::Seen;

use crate::classes::Visibility;
pub use crate::state::Freshness;
use crate::state::{Held, State, look};
use crate::{Access, Error};

/// A dataset that was found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The dataset.
    pub dataset: Arc<Dataset>,
    /// How well it fits; only the order means something. 0 when nothing was asked.
    pub score: f32,
    /// How new its data are.
    pub freshness: Freshness,
    /// Whether something of it that may be seen has a place.
    pub has_places: bool,
    /// How many rows a table of it had when they were last counted; `None` when nobody asked since the start.
    pub rows: Option<u64>,
    /// A small number that no other dataset of the tenant has now: for tables beside.
    pub number: u32,
}

/// The answer to a question.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Every dataset that fits, best first; all that may be seen, by title, when nothing was asked.
    pub hits: Vec<Hit>,
    /// Words taken for typing errors.
    pub corrections: Vec<Correction>,
    /// Words as typed that no dataset has.
    pub missing: Vec<String>,
    /// Whether no dataset has all the words: the hits have as many as any.
    pub is_partial: bool,
    /// Words there are, like those asked for; only when there are no hits.
    pub nearest: Vec<String>,
    /// Municipalities and districts that the question names.
    pub places: Vec<Place>,
    /// The words that made datasets fit.
    pub marks: Marks,
}

/// A word that was taken for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// As it was typed.
    pub asked: String,
    /// What was searched for instead.
    pub meant: String,
}

/// Words to mark in the texts of hits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks(HashSet<String>);

impl Marks {
    /// Which bytes of a text are such words, in order.
    #[must_use]
    pub fn in_text(&self, text: &str) -> Vec<Range<usize>> {
        let words = words::words(text).into_iter().filter(|word| self.0.contains(&word.folded));
        words.map(|word| word.start..word.start + word.text.len()).collect()
    }
}

impl Access {
    /// Datasets for everyday words, best first; what the words may mean is told beside.
    ///
    /// # Errors
    /// As [`Access::datasets`].
    pub fn search(&self, text: &str) -> Result<Found, Error> {
        self.with_eyes(|eyes| {
            let index = self.shared().search.read();
            let sight = index.sight(eyes);
            let seen = Seen { index: &index, sight: &sight };
            let asked = rank::asked(text);
            let state = self.shared().state.read();
            let places = if asked.is_empty() { Vec::new() } else { place::recognise(&asked, &state, eyes, seen.areas()) };
            let ranking = seen.rank(&asked, &places);
            let rows = self.shared().statistics.rows(self.principal().role as u8);
            let hits = hits(&seen, ranking.found, &state, eyes, &rows);
            Found {
                nearest: if hits.is_empty() { seen.nearest(&asked) } else { Vec::new() },
                hits,
                corrections: ranking.corrections,
                missing: ranking.missing,
                is_partial: ranking.is_partial,
                places: places.into_iter().map(|recognised| recognised.place).collect(),
                marks: ranking.marks,
            }
        })
    }
}

/// The datasets that were found, with what they hold.
fn hits(
    seen: &Seen<'_>,
    found: Vec<(u32, f32)>,
    state: &State,
    eyes: &Visibility<'_>,
    rows: &dyn Fn(&EntityId) -> Option<u64>,
) -> Vec<Hit> {
    let mask = eyes.permit.mask();
    let holdings = state.holdings(eyes.now);
    let held = |dataset: &Arc<Dataset>| match mask {
        Some(mask) => holdings.of(dataset, mask),
        None => look(dataset, state.of_type(dataset.entity_type).map(|stored| &*stored.entity), eyes),
    };
    let hit = |(number, score): (u32, f32)| {
        let dataset = Arc::clone(&seen.index.entries[number as usize].as_ref()?.dataset);
        let Held { freshness, has_places } = held(&dataset);
        Some(Hit { rows: rows(&dataset.id), dataset, score, freshness, has_places, number })
    };
    let mut hits = Vec::with_capacity(found.len());
    hits.extend(found.into_iter().filter_map(hit));
    hits
}
