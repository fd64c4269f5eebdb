//! Facets of a list of datasets: what it can be narrowed to, how many datasets
//! that leaves, and the words for it in addresses (`?thema=umwelt&format=csv`).
//!
//! Counted is what the engine found for this reader; what may not be seen
//! never gets here. Values of one facet widen (`or`), facets narrow (`and`); a
//! facet's own values are counted without its own choice, so that each number
//! says what choosing it too would bring.

mod columns;

use std::collections::HashMap;

use engine::Hit;
use model::{Instant, TenantId};
use parking_lot::Mutex;
use web::Params;

use crate::messages::Texts;
use crate::vocabulary;

pub use columns::Columns;

/// Values kept of an address: more is no choice of a person.
const CHOSEN_MAX: usize = 60;

/// What a list can be narrowed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facet {
    /// Theme of the EU list.
    Topic,
    /// Name of the area covered.
    Place,
    /// Who publishes it.
    Publisher,
    /// Key of the licence.
    Licence,
    /// Ending of a file.
    Format,
    /// How old the newest value is.
    Freshness,
}

impl Facet {
    /// Every facet, in the order of the page.
    pub const ALL: [Self; 6] = [Self::Topic, Self::Place, Self::Publisher, Self::Licence, Self::Format, Self::Freshness];

    /// Its parameter in addresses.
    #[must_use]
    pub fn param(self) -> &'static str {
        match self {
            Self::Topic => "thema",
            Self::Place => "ort",
            Self::Publisher => "anbieter",
            Self::Licence => "lizenz",
            Self::Format => "format",
            Self::Freshness => "stand",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn label(self, t: Texts) -> &'static str {
        match self {
            Self::Topic => t.list_topic(),
            Self::Place => t.list_place(),
            Self::Publisher => t.list_publisher(),
            Self::Licence => t.list_licence(),
            Self::Format => t.list_format(),
            Self::Freshness => t.list_freshness(),
        }
    }

    /// A value for people; values nobody knows stay as they are.
    #[must_use]
    pub fn value_label(self, value: &str, t: Texts) -> String {
        let topic = || vocabulary::THEMES.iter().find(|(_, word)| *word == value).and_then(|(code, _)| vocabulary::theme(code, t));
        match self {
            Self::Topic => topic().unwrap_or(value).to_owned(),
            Self::Place | Self::Publisher => value.to_owned(),
            Self::Licence => vocabulary::licence(value, t).name,
            Self::Format => match value {
                columns::API => t.list_interface().to_owned(),
                "geojson" => "GeoJSON".to_owned(),
                "parquet" => "Parquet".to_owned(),
                _ => value.to_uppercase(),
            },
            Self::Freshness => match value {
                "tag" => t.list_within_day().to_owned(),
                "woche" => t.list_within_week().to_owned(),
                "monat" => t.list_within_month().to_owned(),
                "jahr" => t.list_within_year().to_owned(),
                "aelter" => t.list_older().to_owned(),
                _ => value.to_owned(),
            },
        }
    }
}

/// What a list is narrowed to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chosen(Vec<(Facet, String)>);

impl Chosen {
    /// What the parameters of an address say, each value once.
    #[must_use]
    pub fn of(params: &Params) -> Self {
        let mut chosen = Self::default();
        for facet in Facet::ALL {
            for value in params.all(facet.param()).map(str::trim).filter(|value| !value.is_empty()) {
                let pair = (facet, value.chars().take(200).collect::<String>());
                if !chosen.0.contains(&pair) && chosen.0.len() < CHOSEN_MAX {
                    chosen.0.push(pair);
                }
            }
        }
        chosen
    }

    /// Whether nothing is chosen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every choice.
    pub fn iter(&self) -> impl Iterator<Item = (Facet, &str)> {
        self.0.iter().map(|(facet, value)| (*facet, value.as_str()))
    }

    /// Whether a value is chosen.
    #[must_use]
    pub fn has(&self, facet: Facet, value: &str) -> bool {
        self.iter().any(|pair| pair == (facet, value))
    }

    /// The query of an address that asks for `q` and these, without one of
    /// them; ends in `&` unless it is empty.
    #[must_use]
    pub fn query(&self, q: &str, without: Option<(Facet, &str)>) -> String {
        let mut query = String::new();
        let mut add = |name: &str, value: &str| query.push_str(&format!("{name}={}&", web::params::encode(value)));
        if !q.is_empty() {
            add("q", q);
        }
        self.iter().filter(|pair| Some(*pair) != without).for_each(|(facet, value)| add(facet.param(), value));
        query
    }
}

/// A value of a facet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// As it stands in addresses.
    pub value: String,
    /// How many datasets the list has with it, all other facets as chosen.
    pub count: u64,
}

/// The values of each facet, most datasets first, by [`Facet::ALL`].
pub type Counts = [Vec<Value>; 6];

/// The facet values of each tenant's datasets.
#[derive(Debug, Default)]
pub struct Facets(Mutex<HashMap<TenantId, Columns>>);

impl Facets {
    /// [`Columns::narrow`] for a tenant.
    #[must_use]
    pub fn narrow(&self, tenant: &TenantId, hits: Vec<Hit>, chosen: &Chosen, now: Instant) -> (Vec<Hit>, Counts) {
        self.0.lock().entry(tenant.clone()).or_default().narrow(hits, chosen, now)
    }
}

impl Columns {
    /// The hits that fit what is chosen, in their order, and the counts of every facet.
    #[must_use]
    pub fn narrow(&mut self, mut hits: Vec<Hit>, chosen: &Chosen, now: Instant) -> (Vec<Hit>, Counts) {
        self.follow(&hits);
        let words = Facet::ALL.map(|facet| self.words(facet));
        let wanted = Facet::ALL.map(|facet| chosen.places(facet, &words[facet as usize]));
        let mut counts = words.each_ref().map(|words| vec![0_u64; words.len()]);
        hits.retain(|hit| {
            let own = self.own(hit, now);
            let mut misses = (0..own.len()).filter(|at| wanted[*at].as_ref().is_some_and(|wanted| !own[*at].meets(wanted)));
            let (first, second) = (misses.next(), misses.next());
            match (first, second) {
                (None, _) => own.iter().zip(&mut counts).for_each(|(own, counts)| own.count(counts)),
                // Counted when nothing but the facet itself speaks against it.
                (Some(only), None) => own[only].count(&mut counts[only]),
                _ => {}
            }
            first.is_none()
        });
        let counts = Facet::ALL.map(|facet| sorted(facet, &words[facet as usize], &counts[facet as usize], chosen));
        (hits, counts)
    }
}

impl Chosen {
    /// The places of the values chosen of a facet in its list; `None` when all fit.
    fn places(&self, facet: Facet, words: &[&str]) -> Option<Vec<u32>> {
        let mut own = self.iter().filter(|(of, _)| *of == facet).peekable();
        own.peek()?;
        Some(own.filter_map(|(_, value)| u32::try_from(words.iter().position(|word| *word == value)?).ok()).collect())
    }
}

fn sorted(facet: Facet, words: &[&str], counts: &[u64], chosen: &Chosen) -> Vec<Value> {
    let counted = words.iter().zip(counts).filter(|(word, count)| **count > 0 || chosen.has(facet, word));
    let mut values: Vec<Value> = counted.map(|(word, count)| Value { value: (*word).to_owned(), count: *count }).collect();
    let unknown = chosen.iter().filter(|(of, value)| *of == facet && !words.contains(value));
    values.extend(unknown.map(|(_, value)| Value { value: value.to_owned(), count: 0 }));
    values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    values
}
