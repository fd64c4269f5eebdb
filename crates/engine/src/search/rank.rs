//! Which datasets a question finds, and in which order.
//!
//! A word of the question fits a word of the vocabulary in one of several
//! ways; each is worth a part of what the word counts where it stands
//! ([`super::index`]). Of all fits of a word in a dataset the best counts,
//! times how rare the word is among the datasets. Words of datasets that may
//! not be seen are not there: neither as fits, nor in counts, nor as advice.

use std::collections::{BTreeMap, HashMap, HashSet};

use model::Text;

use super::index::{Index, Sight, Slot, TermId, trigrams};
use super::near::{distance, errors_allowed, letters_of};
use super::place::{Area, MUNICIPALITY, Recognised};
use super::synonyms::SYNONYMS;
use super::words::{is_stop_word, is_vowel, stem, words};
use super::{Correction, Marks};

/// What a fit is worth.
mod worth {
    pub(super) const SAME_WORD: f32 = 1.0;
    pub(super) const SAME_STEM: f32 = 0.95;
    pub(super) const BEGINNING: f32 = 0.7;
    pub(super) const PART_OF_COMPOUND: f32 = 0.6;
    pub(super) const BOTH_PARTS: f32 = 0.5;
    pub(super) const ONE_ERROR: f32 = 0.4;
    pub(super) const TWO_ERRORS: f32 = 0.3;
    /// A dataset that covers the place which the question names, or lists it.
    pub(super) const PLACE: f32 = 6.0;
    /// Only its beginning is a word.
    pub(super) const ONLY_BEGINNING: f32 = 0.4;
    /// The question stands in the title as it was typed, or begins it.
    pub(super) const IN_TITLE: f32 = 1.25;
    pub(super) const BEGINS_TITLE: f32 = 1.3;
}

/// Words looked at; who types more has pasted a text.
const WORDS_MAX: usize = 12;
/// Words offered when nothing was found.
const NEAREST_MAX: usize = 5;
/// How alike such a word must be: shared letter triples among all of both.
const ALIKE_MIN: f32 = 0.4;

/// A word of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) typed: String,
    pub(super) folded: String,
}

/// The words of a question that tell something, each once.
pub(super) fn asked(text: &str) -> Vec<Asked> {
    let mut seen = HashSet::new();
    let telling = words(text).into_iter().filter(|word| !is_stop_word(&word.folded));
    telling
        .filter(|word| seen.insert(word.folded.clone()))
        .take(WORDS_MAX)
        .map(|word| Asked { typed: word.text.to_owned(), folded: word.folded })
        .collect()
}

/// Scores of the datasets by slot, and what is to be said about the question.
#[derive(Default)]
pub(super) struct Ranking {
    /// Slots with their scores, best first, then by title.
    pub(super) found: Vec<(u32, f32)>,
    pub(super) corrections: Vec<Correction>,
    pub(super) missing: Vec<String>,
    pub(super) is_partial: bool,
    pub(super) marks: Marks,
}

/// Words with what each is worth; in order, so that sums are always the same.
type Fits = BTreeMap<TermId, f32>;

/// The part of the index that may be seen.
pub(super) struct Seen<'a> {
    pub(super) index: &'a Index,
    pub(super) sight: &'a Sight,
}

impl<'a> Seen<'a> {
    fn shows_slot(&self, slot: Slot) -> bool {
        self.sight.visible[slot as usize]
    }

    /// The areas of the datasets, with their names.
    pub(super) fn areas(&self) -> impl Iterator<Item = (&'a Area, &'a Text)> + Clone + use<'a> {
        let index = self.index;
        let entries = self.sight.by_title.iter().filter_map(|slot| index.entries[*slot as usize].as_ref());
        entries.filter_map(|entry| Some((entry.area.as_ref()?, &entry.dataset.spatial.as_ref()?.label)))
    }

    /// The datasets that fit the most words of the question.
    pub(super) fn rank(&self, asked: &[Asked], places: &[Recognised]) -> Ranking {
        let visible = || self.sight.by_title.iter().copied();
        if asked.is_empty() {
            return Ranking { found: visible().map(|slot| (slot, 0.0)).collect(), ..Ranking::default() };
        }
        let mut ranking = Ranking::default();
        let mut totals = vec![(0.0_f32, 0_usize); self.sight.visible.len()];
        #[expect(clippy::cast_precision_loss, reason = "a logarithm of counts")]
        let ratio = |all: usize, some: usize| all as f32 / some as f32;
        let count = self.sight.by_title.len();
        for (at, word) in asked.iter().enumerate() {
            let mut scores = vec![0.0_f32; self.sight.visible.len()];
            self.score_places(places.iter().filter(|place| place.words.contains(&at)), &mut scores);
            let is_place = scores.iter().any(|score| *score > 0.0);
            self.score_word(word, is_place, &mut scores, &mut ranking);
            let fitting = scores.iter().filter(|score| **score > 0.0).count();
            if fitting == 0 {
                ranking.missing.push(word.typed.clone());
                continue;
            }
            let rarity = 1.0 + ratio(count, fitting).ln();
            for (total, score) in totals.iter_mut().zip(&scores).filter(|(_, score)| **score > 0.0) {
                *total = (total.0 + score * rarity, total.1 + 1);
            }
        }
        let most = totals.iter().map(|(_, words)| *words).max().unwrap_or(0);
        if most > 0 {
            // A dataset without one of the words may fit better than any with all: `Autos pro Tag` in the one of cars.
            let best = totals.iter().filter(|(_, words)| *words == most).map(|(score, _)| *score).fold(0.0, f32::max);
            let found = visible().map(|slot| (slot, totals[slot as usize]));
            ranking.found =
                found.filter(|(_, (score, words))| *words == most || *score > best).map(|(slot, (score, _))| (slot, score)).collect();
        }
        ranking.is_partial = 0 < most && most < asked.len();
        self.prefer_titles(asked, &mut ranking.found);
        let place = |slot: Slot| self.sight.places[slot as usize];
        ranking.found.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then_with(|| place(a.0).cmp(&place(b.0))));
        ranking
    }

    fn prefer_titles(&self, asked: &[Asked], found: &mut [(u32, f32)]) {
        let question: Vec<&str> = asked.iter().map(|word| word.folded.as_str()).collect();
        let question = format!(" {} ", question.join(" "));
        let beginning = format!("|{question}");
        for (slot, score) in found.iter_mut() {
            let title = self.index.entries[*slot as usize].as_ref().map_or("", |entry| entry.title.as_str());
            if title.contains(&beginning) {
                *score *= worth::BEGINS_TITLE;
            } else if title.contains(&question) {
                *score *= worth::IN_TITLE;
            }
        }
    }

    fn score_places<'p>(&self, places: impl Iterator<Item = &'p Recognised>, scores: &mut [f32]) {
        for recognised in places {
            let key = recognised.place.key.as_str();
            for slot in self.sight.by_title.iter().map(|slot| *slot as usize) {
                let Some(entry) = &self.index.entries[slot] else { continue };
                let lists = recognised.is_listed && entry.dataset.entity_type == *MUNICIPALITY;
                if lists || entry.area.as_ref().is_some_and(|area| area.meets(key)) {
                    scores[slot] = worth::PLACE;
                }
            }
        }
    }

    /// Fits of the word; only if there are none, of its two parts; only then, of words like it; at last, of its beginning.
    /// A word that we know is none of these: nobody who asks for `Lärm` means `warm`.
    fn score_word(&self, word: &Asked, is_place: bool, scores: &mut [f32], ranking: &mut Ranking) {
        let fits = self.fits(&word.folded);
        if !fits.is_empty() {
            return self.add(&fits, 1.0, scores, &mut ranking.marks);
        }
        if is_place || SYNONYMS.knows(&word.folded) {
            return;
        }
        if let Some((left, right)) = self.parts(&word.folded) {
            let (mut first, mut second) = (vec![0.0; scores.len()], vec![0.0; scores.len()]);
            self.add(&left, worth::BOTH_PARTS, &mut first, &mut ranking.marks);
            self.add(&right, worth::BOTH_PARTS, &mut second, &mut ranking.marks);
            if first.iter().zip(&second).any(|(a, b)| a.min(*b) > 0.0) {
                scores.iter_mut().zip(first.iter().zip(&second)).for_each(|(score, (a, b))| *score = a.min(*b));
                return;
            }
        }
        if let Some((meant, fits)) = self.typing_error(&word.folded).or_else(|| self.beginning(&word.folded)) {
            self.add(&fits, 1.0, scores, &mut ranking.marks);
            ranking.corrections.push(Correction { asked: word.typed.clone(), meant });
        }
    }

    fn add(&self, fits: &Fits, part: f32, scores: &mut [f32], marks: &mut Marks) {
        for (term, worth) in fits {
            let term = &self.index.terms[*term as usize];
            marks.0.insert(term.word.clone());
            for (slot, weight) in term.postings.iter().filter(|(slot, _)| self.shows_slot(*slot)) {
                let score = &mut scores[*slot as usize];
                *score = score.max(weight * worth * part);
            }
        }
    }

    fn shows(&self, term: TermId) -> bool {
        self.index.terms[term as usize].postings.iter().any(|(slot, _)| self.shows_slot(*slot))
    }

    /// The words that a word finds: itself, its stem, compounds with it, and all that of its synonyms.
    fn fits(&self, folded: &str) -> Fits {
        let mut fits = Fits::new();
        self.fit_one(folded, 1.0, &mut fits);
        for (other, nearness) in SYNONYMS.of(folded) {
            self.fit_one(other, *nearness, &mut fits);
        }
        fits
    }

    fn fit_one(&self, folded: &str, nearness: f32, fits: &mut Fits) {
        let stem = stem(folded);
        let mut put = |term: TermId, worth: f32| {
            if self.shows(term) {
                let known = fits.entry(term).or_insert(0.0);
                *known = known.max(worth * nearness);
            }
        };
        self.index.of_word(folded).into_iter().for_each(|term| put(term, worth::SAME_WORD));
        self.index.of_stem(stem).iter().for_each(|term| put(*term, worth::SAME_STEM));
        for term in self.index.containing(stem) {
            if let Some(worth) = self.part_worth(&self.index.terms[*term as usize].word, stem) {
                put(*term, worth);
            }
        }
    }

    /// What it is worth that a word begins with a stem, or is a compound with it.
    ///
    /// The rest of a compound must look like a word: three letters with a
    /// vowel, so that `Wein` is not in `Schweine`, and no mere ending, so that
    /// `Wind` is not in `Geschwindigkeit`. Beside a stem of three letters it
    /// must be one we know, so that `Ort` is not in `Transport`.
    fn part_worth(&self, word: &str, stem: &str) -> Option<f32> {
        let is_short = stem.chars().count() < 4;
        let fits = |rest: &str| if is_short { self.knows(rest) } else { rest.len() >= 3 && rest.contains(is_vowel) };
        word.match_indices(stem).find_map(|(at, _)| {
            let (left, right) = (&word[..at], &word[at + stem.len()..]);
            if left.is_empty() {
                return (!is_short || is_ending(right) || fits(right)).then_some(worth::BEGINNING);
            }
            let left_fits = fits(left) && !is_prefix(left) && (!is_suffix(right) || self.knows(left));
            (left_fits && (is_ending(right) || fits(right))).then_some(worth::PART_OF_COMPOUND)
        })
    }

    /// Whether something is a word, of a dataset that may be seen or of the synonyms.
    fn knows(&self, folded: &str) -> bool {
        SYNONYMS.knows(folded) || self.index.of_stem(stem(folded)).iter().any(|term| self.shows(*term))
    }

    /// The two words that a compound is made of, when both are known: `Luftmessung`.
    fn parts(&self, folded: &str) -> Option<(Fits, Fits)> {
        let splits = folded.char_indices().map(|(at, _)| at).filter(|at| *at >= 3 && folded.len() - at >= 3);
        splits.rev().find_map(|at| {
            let (left, right) = folded.split_at(at);
            // Between the two may stand an `s`, `n` or `en`: `Verkehrszählung`.
            let left = ["", "s", "en", "n"].into_iter().filter_map(|joint| left.strip_suffix(joint)).find(|left| self.knows(left))?;
            self.knows(right).then(|| (self.fits(left), self.fits(right))).filter(|(a, b)| !a.is_empty() && !b.is_empty())
        })
    }

    /// The longest beginning that is a word, where the rest looks like one: `Radweg`.
    fn beginning(&self, folded: &str) -> Option<(String, Fits)> {
        let splits = folded.char_indices().map(|(at, _)| at).filter(|at| *at >= 3 && folded.len() - at >= 3);
        splits.rev().map(|at| &folded[..at]).filter(|left| !is_prefix(left)).find_map(|left| {
            let own = || self.written(left).filter(|_| left.len() >= 4);
            let meant = SYNONYMS.written(left).map(str::to_owned).or_else(own)?;
            let fits: Fits = self.fits(left).into_iter().map(|(term, worth)| (term, worth * worth::ONLY_BEGINNING)).collect();
            (!fits.is_empty()).then_some((meant, fits))
        })
    }

    /// A word as datasets write it.
    fn written(&self, folded: &str) -> Option<String> {
        let term = self.index.of_word(folded).filter(|term| self.shows(*term))?;
        Some(self.index.terms[term as usize].written.clone())
    }

    /// The words with the fewest typing errors, and the one most datasets have.
    fn typing_error(&self, folded: &str) -> Option<(String, Fits)> {
        let allowed = errors_allowed(folded);
        let letters = letters_of(folded);
        let near = |other: &str| distance(folded, other, allowed);
        let may_be = |other: u32| (letters ^ other).count_ones() as usize <= 2 * allowed;
        let mut found: Vec<(usize, TermId)> = Vec::new();
        if allowed > 0 {
            let terms = self.index.terms.iter().zip(0..).filter(|(term, _)| may_be(term.letters));
            let fitting = terms.filter_map(|(term, id)| near(&term.word).map(|errors| (errors, id)));
            found.extend(fitting.filter(|(_, id)| self.shows(*id)));
        }
        let least = found.iter().map(|(errors, _)| *errors).min();
        let synonym = SYNONYMS.words().filter_map(|(other, written)| Some((near(other)?, other, written))).min().filter(|_| allowed > 0);
        if let Some((errors, other, written)) = synonym
            && least.is_none_or(|least| errors < least)
        {
            let fits = self.fits(other);
            let fits: Fits = fits.into_iter().map(|(term, worth)| (term, worth * worth_of_errors(errors))).collect();
            if !fits.is_empty() {
                return Some((written.to_owned(), fits));
            }
        }
        found.retain(|(errors, _)| Some(*errors) == least);
        let (_, meant) = found.iter().max_by_key(|(_, id)| self.seen_in(*id))?;
        let meant = self.index.terms[*meant as usize].written.clone();
        Some((meant, found.into_iter().map(|(errors, id)| (id, worth_of_errors(errors))).collect()))
    }

    fn seen_in(&self, term: TermId) -> usize {
        self.index.terms[term as usize].postings.iter().filter(|(slot, _)| self.shows_slot(*slot)).count()
    }

    /// Words that share the most letters with those asked for, the likest first.
    pub(super) fn nearest(&self, asked: &[Asked]) -> Vec<String> {
        let mut alike: HashMap<TermId, f32> = HashMap::new();
        for word in asked.iter().filter(|word| !SYNONYMS.knows(&word.folded)) {
            let mut shared: HashMap<TermId, u16> = HashMap::new();
            for term in trigrams(&word.folded).flat_map(|trigram| self.index.with_trigram(trigram)) {
                *shared.entry(*term).or_default() += 1;
            }
            for (term, count) in shared {
                let other = &self.index.terms[term as usize].word;
                let all = trigrams(&word.folded).count() + trigrams(other).count();
                let all = u16::try_from(all).unwrap_or(u16::MAX);
                let share = 2.0 * f32::from(count) / f32::from(all);
                let known = alike.entry(term).or_insert(0.0);
                *known = known.max(share);
            }
        }
        let mut best: Vec<(TermId, f32)> = alike.into_iter().filter(|(term, share)| *share >= ALIKE_MIN && self.shows(*term)).collect();
        best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        best.into_iter().take(NEAREST_MAX).map(|(term, _)| self.index.terms[term as usize].written.clone()).collect()
    }
}

fn worth_of_errors(errors: usize) -> f32 {
    if errors <= 1 { worth::ONE_ERROR } else { worth::TWO_ERRORS }
}

/// What words end in when they are bent.
fn is_ending(rest: &str) -> bool {
    matches!(rest, "" | "e" | "en" | "er" | "ern" | "es" | "n" | "s")
}

/// What makes another word of a word, and is none itself.
fn is_suffix(rest: &str) -> bool {
    ["ung", "keit", "igkeit", "heit", "isch", "lich", "bar", "sam"]
        .into_iter()
        .any(|suffix| rest.strip_prefix(suffix).is_some_and(is_ending))
}

/// What stands before verbs and the nouns made of them: `Wahl` is not in `Auswahl` and `ausgewählt`.
fn is_prefix(left: &str) -> bool {
    let left = left.strip_suffix("ge").unwrap_or(left);
    matches!(left, "auf" | "aus" | "bei" | "ein" | "ent" | "mit" | "nach" | "uber" | "unter" | "ver" | "vor" | "zer" | "zusammen")
}
