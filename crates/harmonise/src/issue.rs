//! What is wrong or noteworthy, said so that somebody can act on it.

use std::fmt;

/// One fault of a definition, or one thing worth knowing about a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// What kind: `unknown-key`, `invalid`, `missing`, or a quality rule's word such as `out-of-range`.
    pub code: std::borrow::Cow<'static, str>,
    /// Where: path of the key in a definition, else the attribute or field.
    pub place: String,
    /// The value found there.
    pub value: Option<String>,
    /// What is wrong with it.
    pub reason: String,
    /// What to do.
    pub remedy: Option<String>,
}

impl Issue {
    /// An issue at a place.
    pub(crate) fn new(code: impl Into<std::borrow::Cow<'static, str>>, place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { code: code.into(), place: place.into(), value: None, reason: reason.into(), remedy: None }
    }

    /// With the value found.
    pub(crate) fn value(mut self, value: impl AsRef<str>) -> Self {
        self.value = Some(shorten(value.as_ref()));
        self
    }

    /// With the way out.
    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.place)?;
        if let Some(value) = &self.value {
            write!(f, " = `{value}`")?;
        }
        write!(f, ": {}", self.reason)?;
        if let Some(remedy) = &self.remedy {
            write!(f, "; {remedy}")?;
        }
        Ok(())
    }
}

/// A value short enough for a message.
pub(crate) fn shorten(text: &str) -> String {
    const CHARS_MAX: usize = 120;
    if text.chars().nth(CHARS_MAX).is_none() {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(CHARS_MAX).collect();
    short.push('…');
    short
}

/// The candidate most like `word`, when one is like it.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (distance(&word, &candidate.to_lowercase()), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 3)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be changed, added or dropped (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        assert_eq!(nearest("delimeter", ["decimal", "delimiter", "quote"]), Some("delimiter"));
        assert_eq!(nearest("NO2", ["no2", "no"]), Some("no2"));
        assert_eq!(nearest("xyz", ["delimiter"]), None);
    }
}
