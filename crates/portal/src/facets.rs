//! Facets of a list of datasets: what it can be narrowed to, how many datasets
//! that leaves, and the words for it in addresses (`?thema=umwelt&format=csv`).
//!
//! Counted is what the engine found for this reader; what may not be seen
//! never gets here. Values of one facet widen (`or`), facets narrow (`and`); a
//! facet's own values are counted without its own choice, so that each number
//! says what choosing it too would bring.

use std::collections::HashMap;

use engine::Hit;
use model::dataset::ColumnKind;
use model::{Class, Instant};
use web::Params;

use crate::messages::Texts;
use crate::vocabulary;

const DAY_MICROS: i64 = 86_400_000_000;
/// Words for how old the newest value may be, in days.
const AGES: [(&str, i64); 4] = [("tag", 1), ("woche", 7), ("monat", 31), ("jahr", 366)];
/// Older than all of [`AGES`].
const OLDER: &str = "aelter";
/// Files that every dataset has; `geojson` only those with places.
const FORMATS: [&str; 4] = ["csv", "json", "parquet", "xlsx"];
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
            Self::Format => {
                if value == "geojson" {
                    "GeoJSON".to_owned()
                } else {
                    value.to_uppercase()
                }
            }
            Self::Freshness => match value {
                "tag" => t.list_within_day().to_owned(),
                "woche" => t.list_within_week().to_owned(),
                "monat" => t.list_within_month().to_owned(),
                "jahr" => t.list_within_year().to_owned(),
                OLDER => t.list_older().to_owned(),
                _ => value.to_owned(),
            },
        }
    }

    /// Its values of a dataset.
    fn values(self, hit: &Hit, now: Instant) -> Vec<&str> {
        let dataset = &hit.dataset;
        match self {
            Self::Topic => {
                let word = |code: &str| vocabulary::THEMES.iter().find(|(known, _)| *known == code).map(|(_, word)| *word);
                dataset.themes.iter().filter_map(|code| word(code)).collect()
            }
            Self::Place => dataset.spatial.iter().map(|spatial| spatial.label.as_str()).collect(),
            Self::Publisher => vec![dataset.publisher.name.as_str()],
            Self::Licence => vec![vocabulary::licence_key(&dataset.licence)],
            Self::Format => {
                let has_places = dataset.columns.iter().any(|column| column.kind == ColumnKind::Place && column.class == Class::Open);
                FORMATS.into_iter().chain(has_places.then_some("geojson")).collect()
            }
            Self::Freshness => {
                let Some(newest) = hit.freshness.newest.or(dataset.period.map(|period| period.end)) else { return Vec::new() };
                let age = now.micros() - newest.micros();
                let mut words: Vec<&str> = AGES.into_iter().filter(|(_, days)| age <= days * DAY_MICROS).map(|(word, _)| word).collect();
                if words.is_empty() {
                    words.push(OLDER);
                }
                words
            }
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

    fn fits(&self, facet: Facet, values: &[&str]) -> bool {
        let mut own = self.iter().filter(|(of, _)| *of == facet).peekable();
        own.peek().is_none() || own.any(|(_, value)| values.contains(&value))
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

/// The hits that fit what is chosen, in their order, and the counts of every facet.
#[must_use]
pub fn narrow(mut hits: Vec<Hit>, chosen: &Chosen, now: Instant) -> (Vec<Hit>, Counts) {
    let mut counts: [HashMap<&str, u64>; 6] = Default::default();
    let mut kept = Vec::with_capacity(hits.len());
    for hit in &hits {
        let values = Facet::ALL.map(|facet| facet.values(hit, now));
        let misses: Vec<usize> = (0..6).filter(|at| !chosen.fits(Facet::ALL[*at], &values[*at])).collect();
        for (at, own) in values.iter().enumerate() {
            // Counted when nothing but the facet itself speaks against it.
            if misses.iter().all(|missed| *missed == at) {
                own.iter().for_each(|value| *counts[at].entry(value).or_default() += 1);
            }
        }
        kept.push(misses.is_empty());
    }
    for (facet, value) in chosen.iter() {
        let at = Facet::ALL.iter().position(|one| *one == facet).unwrap_or_default();
        counts[at].entry(value).or_default();
    }
    let counts = counts.map(sorted);
    let mut kept = kept.into_iter();
    hits.retain(|_| kept.next().unwrap_or_default());
    (hits, counts)
}

fn sorted(counts: HashMap<&str, u64>) -> Vec<Value> {
    let mut values: Vec<Value> = counts.into_iter().map(|(value, count)| Value { value: value.to_owned(), count }).collect();
    values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    values
}
