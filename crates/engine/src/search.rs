//! Finding datasets by everyday words: German word stems, parts of compound
//! words, synonyms, and small typing errors.

use std::collections::HashMap;
use std::sync::Arc;

use model::Dataset;

/// A dataset that was found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The dataset.
    pub dataset: Arc<Dataset>,
    /// How well it fits; only the order means something.
    pub score: f32,
}

/// Words that mean the same to people who search. Stems, as [`stem`] makes them.
const SYNONYMS: &[&[&str]] = &[
    &["rad", "fahrrad", "velo", "bike", "bicycle", "radverkehr", "cycling"],
    &["auto", "pkw", "kfz", "car", "wagen", "fahrzeug"],
    &["parkplatz", "parkhaus", "parken", "stellplatz", "parking", "tiefgarag", "park"],
    &["luft", "air", "schadstoff", "abgas", "luftqualitat", "pollution"],
    &["feinstaub", "pm10", "pm2", "staub", "partikel", "particulat"],
    &["stickstoffdioxid", "stickoxid", "no2", "nitrogen"],
    &["ozon", "o3", "ozone"],
    &["wett", "weath", "klima", "temperatur", "climat", "warm", "kalt", "wetter"],
    &["reg", "niederschlag", "rain", "precipitation", "regen"],
    &["einwohn", "bevolkerung", "population", "leut", "mensch"],
    &["gemeind", "kommun", "ort", "stadt", "municipality", "municipaliti", "town"],
    &["verkehr", "traffic", "mobilitat", "mobility"],
];

/// An index over some datasets.
pub(crate) struct Index {
    datasets: Vec<Indexed>,
}

struct Indexed {
    dataset: Arc<Dataset>,
    /// Stem → weight of the strongest field it stands in.
    words: HashMap<String, f32>,
}

impl Index {
    pub(crate) fn of(datasets: &[Arc<Dataset>]) -> Self {
        Self { datasets: datasets.iter().map(|dataset| Indexed { dataset: Arc::clone(dataset), words: words_of(dataset) }).collect() }
    }

    /// Every word of the question must be found, in one way or another.
    pub(crate) fn search(&self, question: &str, limit: usize) -> Vec<Hit> {
        let asked: Vec<String> = stems(question).collect();
        let mut hits: Vec<Hit> = self.datasets.iter().filter_map(|indexed| indexed.score(&asked)).collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.dataset.title.de.cmp(&b.dataset.title.de)));
        hits.truncate(limit);
        hits
    }
}

impl Indexed {
    fn score(&self, asked: &[String]) -> Option<Hit> {
        let mut score = 0.0;
        for word in asked {
            score += self.score_word(word)?;
        }
        Some(Hit { dataset: Arc::clone(&self.dataset), score })
    }

    fn score_word(&self, word: &str) -> Option<f32> {
        let mut best = self.words.get(word).copied().unwrap_or(0.0);
        for (known, weight) in &self.words {
            let fit = if are_synonyms(word, known) {
                0.8
            } else if word.len() >= 4 && known.contains(word) {
                0.6
            } else if is_typo(word, known) {
                0.5
            } else {
                continue;
            };
            best = best.max(weight * fit);
        }
        (best > 0.0).then_some(best)
    }
}

fn words_of(dataset: &Dataset) -> HashMap<String, f32> {
    let mut words = HashMap::new();
    let mut add = |text: &str, weight: f32| {
        for stem in stems(text) {
            let known = words.entry(stem).or_insert(0.0_f32);
            *known = known.max(weight);
        }
    };
    for texts in [&dataset.title, &dataset.summary, &dataset.description] {
        let weight = if std::ptr::eq(texts, &dataset.title) { 10.0 } else { 3.0 };
        add(&texts.de, weight);
        add(texts.en.as_deref().unwrap_or_default(), weight);
    }
    dataset.keywords.iter().for_each(|word| add(word, 8.0));
    for column in &dataset.columns {
        add(&column.label.de, 5.0);
        add(column.label.en.as_deref().unwrap_or_default(), 5.0);
        add(column.attribute.short(), 4.0);
    }
    add(&dataset.publisher.name, 4.0);
    add(dataset.entity_type.short(), 2.0);
    if let Some(spatial) = &dataset.spatial {
        add(&spatial.label, 4.0);
    }
    words
}

/// Words too common to tell anything.
const STOP_WORDS: &[&str] = &[
    "der", "die", "das", "den", "dem", "ein", "eine", "und", "oder", "in", "im", "am", "an", "auf", "von", "fur", "mit", "zu", "zum",
    "zur", "wie", "wo", "was", "ist", "sind", "the", "of", "and", "a", "to", "is", "are", "how", "where", "what", "viel", "viele", "ich",
    "finde", "gibt", "es",
];

/// The stems of a text's words.
fn stems(text: &str) -> impl Iterator<Item = String> {
    let folded: String = text.chars().flat_map(fold).collect();
    let words: Vec<String> =
        folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty() && !STOP_WORDS.contains(word)).map(stem).collect();
    words.into_iter()
}

/// Lower case, without umlauts and accents, subscripts as digits.
fn fold(c: char) -> Vec<char> {
    match c {
        'ä' | 'Ä' => vec!['a'],
        'ö' | 'Ö' => vec!['o'],
        'ü' | 'Ü' => vec!['u'],
        'ß' => vec!['s', 's'],
        'é' | 'è' | 'ê' => vec!['e'],
        '₀'..='₉' => char::from_digit(u32::from(c) - u32::from('₀'), 10).into_iter().collect(),
        _ => c.to_lowercase().collect(),
    }
}

/// Cuts the endings German and English words take in number and case.
fn stem(word: &str) -> String {
    const ENDINGS: &[&str] = &["ern", "em", "en", "er", "es", "e", "n", "s"];
    if !word.chars().all(char::is_alphabetic) {
        return word.to_owned();
    }
    let cut = ENDINGS.iter().find_map(|ending| word.strip_suffix(ending).filter(|rest| rest.chars().count() >= 3));
    cut.unwrap_or(word).to_owned()
}

fn are_synonyms(a: &str, b: &str) -> bool {
    SYNONYMS.iter().any(|group| {
        let holds = |word: &str| group.iter().any(|one| *one == word || stem(one) == word);
        holds(a) && holds(b)
    })
}

/// One letter wrong, missing, added or swapped; two in long words.
fn is_typo(a: &str, b: &str) -> bool {
    let allowed = match a.chars().count() {
        0..=3 => return false,
        4..=7 => 1,
        _ => 2,
    };
    a.len().abs_diff(b.len()) <= 2 * allowed && distance(a, b) <= allowed
}

/// Edit distance with swaps of neighbours (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_meet_in_their_stems() {
        let stems_of = |text: &str| stems(text).collect::<Vec<_>>();
        assert_eq!(stems_of("Fahrräder und das Fahrrad"), ["fahrrad", "fahrrad"]);
        assert_eq!(stems_of("PM₁₀ NO2"), ["pm10", "no2"]);
        assert!(are_synonyms("rad", "fahrrad"));
    }

    #[test]
    fn typos_are_forgiven_in_measure() {
        assert!(is_typo("parkhuas", "parkhaus"));
        assert!(is_typo("luftqualitet", "luftqualitat"));
        assert!(!is_typo("luft", "lift2x"));
        assert!(!is_typo("no2", "no3"));
        assert_eq!(distance("abcd", "abdc"), 1);
    }
}
