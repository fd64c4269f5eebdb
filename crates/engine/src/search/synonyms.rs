//! Words that find each other, read from `synonyms.txt`.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::words::{fold, stem};

/// How near a word of the same meaning comes to the word itself.
const SAME: f32 = 0.8;
/// How near something comes that is meant, too.
const NARROWER: f32 = 0.6;

/// Folded words with how near each comes, from 0 to 1.
type Others = Vec<(String, f32)>;

/// The words of `synonyms.txt`.
pub(super) struct Synonyms {
    by_word: HashMap<String, Others>,
    by_stem: HashMap<String, Others>,
    words: Vec<(String, String)>,
}

/// The synonyms of the program.
pub(super) static SYNONYMS: LazyLock<Synonyms> = LazyLock::new(|| Synonyms::read(include_str!("synonyms.txt")));

impl Synonyms {
    fn read(text: &str) -> Self {
        let mut synonyms = Self { by_word: HashMap::new(), by_stem: HashMap::new(), words: Vec::new() };
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match line.split_once('>') {
                Some((broad, narrow)) => synonyms.add(&entries(broad), &entries(narrow), NARROWER),
                None => synonyms.add(&entries(line), &entries(line), SAME),
            }
        }
        let mut seen = HashSet::new();
        synonyms.words.retain(|(folded, _)| seen.insert(folded.clone()));
        synonyms
    }

    fn add(&mut self, from: &[(String, String)], to: &[(String, String)], nearness: f32) {
        self.words.extend(from.iter().chain(to).cloned());
        for (word, _) in from {
            let others = || to.iter().filter(|(other, _)| other != word).map(|(other, _)| (other.clone(), nearness));
            self.by_word.entry(word.clone()).or_default().extend(others());
            self.by_stem.entry(stem(word).to_owned()).or_default().extend(others());
        }
    }

    /// What a folded word finds too. Its stem is looked up only when the file
    /// has not the word itself: `Parken` is not `Parks`.
    pub(super) fn of(&self, folded: &str) -> &[(String, f32)] {
        self.by_word.get(folded).or_else(|| self.by_stem.get(stem(folded))).map_or(&[], Vec::as_slice)
    }

    /// Whether the file has a word.
    pub(super) fn knows(&self, folded: &str) -> bool {
        self.by_stem.contains_key(stem(folded))
    }

    /// A word as the file writes it.
    pub(super) fn written(&self, folded: &str) -> Option<&str> {
        self.words.iter().find(|(known, _)| known == folded).map(|(_, written)| written.as_str())
    }

    /// Every word: folded, and as it is written.
    pub(super) fn words(&self) -> impl Iterator<Item = (&str, &str)> {
        self.words.iter().map(|(folded, written)| (folded.as_str(), written.as_str()))
    }
}

/// The words between commas, folded and as written. The comma of `PM2,5` has no space behind it.
fn entries(list: &str) -> Vec<(String, String)> {
    list.split(", ").map(|one| one.trim().to_owned()).map(|one| (fold(&one), one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::words::words;

    #[test]
    fn every_entry_is_one_word_and_stands_once_in_its_line() {
        for line in include_str!("synonyms.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let mut seen = HashSet::new();
            for (folded, written) in line.split('>').flat_map(entries) {
                assert_eq!(words(&written).len(), 1, "`{written}` in `{line}`");
                assert!(seen.insert(folded), "`{written}` stands twice in `{line}`");
            }
        }
    }

    #[test]
    fn what_is_meant_too_does_not_lead_back() {
        let finds = |word: &str, other: &str| SYNONYMS.of(&fold(word)).iter().any(|(known, _)| *known == fold(other));
        assert!(finds("Rad", "Fahrrad") && finds("bicycle", "Rad") && finds("Feinstaub", "PM2,5") && finds("Einwohnern", "Bevölkerung"));
        assert!(finds("Luft", "Feinstaub") && !finds("Feinstaub", "Luft"));
        assert!(!finds("Parken", "Grünanlage"));
    }
}
