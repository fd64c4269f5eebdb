//! The values of datasets in each facet, as numbers: counting ten thousand
//! datasets compares no texts.
//!
//! What a dataset says of itself is read once for each of its states. What
//! depends on the reader or the hour (files offered, age) is judged for each
//! question; those facets have few values, kept as bits.

use std::collections::HashMap;
use std::sync::Arc;

use engine::Hit;
use model::{Dataset, Instant, Text};

use super::Facet;
use crate::file::Form;
use crate::vocabulary;

const DAY_MICROS: i64 = 86_400_000_000;
/// Words for how old the newest value may be, in days; the last is older than all.
const AGES: [(&str, i64); 5] = [("tag", 1), ("woche", 7), ("monat", 31), ("jahr", 366), ("aelter", i64::MAX)];
/// What a dataset may come as; of the tables in CSV the plain one stands for both.
const FORMS: [Form; 5] = [Form::Csv, Form::Xlsx, Form::Json, Form::GeoJson, Form::Parquet];
/// The interface for programs, beside the endings of files.
pub(super) const API: &str = "api";
/// Texts that no dataset has any more are forgotten with all others once there are so many for each dataset.
const TEXTS_PER_DATASET: usize = 4;

/// The values of a dataset in a facet: places in the facet's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    None,
    One(u32),
    /// A bit for each place.
    Some(u32),
}

/// The values of datasets, by the numbers of their hits.
#[derive(Debug, Default)]
pub struct Columns {
    rows: Vec<Option<Row>>,
    places: Texts,
    publishers: Texts,
    licences: Texts,
}

/// What a dataset says of itself.
#[derive(Debug)]
struct Row {
    of: Arc<Dataset>,
    topics: u32,
    place: Option<u32>,
    publisher: u32,
    licence: u32,
}

/// Texts with a number each.
#[derive(Debug, Default)]
struct Texts {
    all: Vec<Text>,
    known: HashMap<Text, u32>,
}

impl Texts {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        let number = u32::try_from(self.all.len()).expect("forgotten long before");
        self.all.push(text.into());
        self.known.insert(text.into(), number);
        number
    }

    fn words(&self) -> Vec<&str> {
        self.all.iter().map(Text::as_str).collect()
    }
}

impl Own {
    /// Whether it is among these.
    pub(super) fn meets(self, wanted: &[u32]) -> bool {
        match self {
            Self::None => false,
            Self::One(at) => wanted.contains(&at),
            Self::Some(bits) => wanted.iter().any(|at| bits >> at & 1 == 1),
        }
    }

    /// Counts each.
    pub(super) fn count(self, counts: &mut [u64]) {
        match self {
            Self::None => {}
            Self::One(at) => counts[at as usize] += 1,
            Self::Some(mut bits) => {
                while bits != 0 {
                    counts[bits.trailing_zeros() as usize] += 1;
                    bits &= bits - 1;
                }
            }
        }
    }
}

impl Columns {
    /// Reads what is not known of these datasets yet.
    pub(super) fn follow(&mut self, hits: &[Hit]) {
        let texts = self.places.all.len() + self.publishers.all.len() + self.licences.all.len();
        if texts > TEXTS_PER_DATASET * self.rows.len() {
            *self = Self::default();
        }
        for hit in hits {
            let at = hit.number as usize;
            if self.rows.len() <= at {
                self.rows.resize_with(at + 1, || None);
            }
            if self.rows[at].as_ref().is_none_or(|row| !Arc::ptr_eq(&row.of, &hit.dataset)) {
                self.rows[at] = Some(self.read(&hit.dataset));
            }
        }
    }

    fn read(&mut self, dataset: &Arc<Dataset>) -> Row {
        let known = vocabulary::THEMES.iter().zip(0..).filter(|((code, _), _)| dataset.themes.iter().any(|own| own == code));
        Row {
            topics: known.map(|(_, at)| 1 << at).sum(),
            place: dataset.spatial.as_ref().map(|spatial| self.places.number(&spatial.label)),
            publisher: self.publishers.number(&dataset.publisher.name),
            licence: self.licences.number(vocabulary::licence_key(&dataset.licence)),
            of: Arc::clone(dataset),
        }
    }

    /// The values of a dataset that was read, by [`Facet::ALL`].
    pub(super) fn own(&self, hit: &Hit, now: Instant) -> [Own; 6] {
        let Some(row) = &self.rows[hit.number as usize] else { return [Own::None; 6] };
        Facet::ALL.map(|facet| match facet {
            Facet::Topic => Own::Some(row.topics),
            Facet::Place => row.place.map_or(Own::None, Own::One),
            Facet::Publisher => Own::One(row.publisher),
            Facet::Licence => Own::One(row.licence),
            Facet::Format => Own::Some(formats(hit)),
            Facet::Freshness => ages(hit, now),
        })
    }

    /// The words of a facet's values by their places.
    pub(super) fn words(&self, facet: Facet) -> Vec<&str> {
        match facet {
            Facet::Topic => vocabulary::THEMES.iter().map(|(_, word)| *word).collect(),
            Facet::Place => self.places.words(),
            Facet::Publisher => self.publishers.words(),
            Facet::Licence => self.licences.words(),
            Facet::Format => FORMS.iter().map(|form| form.ending()).chain([API]).collect(),
            Facet::Freshness => AGES.iter().map(|(word, _)| *word).collect(),
        }
    }
}

/// The files that the dataset's page offers, a bit each by [`FORMS`], and the interface, which every dataset has.
fn formats(hit: &Hit) -> u32 {
    let offered = FORMS.iter().zip(0..).filter(|(form, _)| form.is_offered(hit.rows.unwrap_or_default(), hit.has_places));
    offered.map(|(_, at)| 1 << at).sum::<u32>() | 1 << FORMS.len()
}

/// All ages that the newest value is within.
fn ages(hit: &Hit, now: Instant) -> Own {
    let Some(newest) = hit.freshness.newest.or(hit.dataset.temporal.last().map(|period| period.end)) else { return Own::None };
    let age = now.micros() - newest.micros();
    let (oldest, younger) = AGES.split_last().expect("there are ages");
    let within: u32 = younger.iter().zip(0..).filter(|((_, days), _)| age <= days * DAY_MICROS).map(|(_, at)| 1 << at).sum();
    Own::Some(if within == 0 && age <= oldest.1 { 1 << younger.len() } else { within })
}
