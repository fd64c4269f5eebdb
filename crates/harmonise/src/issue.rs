//! What is wrong or noteworthy, said so that somebody can act on it.

use std::fmt;

use model::{Json, Text};

use crate::message::{Code, Language, Message};

/// One fault of a definition or a record, or one thing worth knowing about a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// What kind: `unknown-key`, `invalid`, `missing`, `refused`, or a quality rule's word such as `out-of-range`.
    pub code: std::borrow::Cow<'static, str>,
    /// Where: path of the key in a definition, else the attribute or field; empty for the whole.
    pub place: String,
    /// The value found there.
    pub value: Option<String>,
    /// What is wrong with it.
    pub reason: Message,
    /// What to do.
    pub remedy: Option<Box<Message>>,
}

impl Issue {
    /// An issue at a place.
    pub(crate) fn new(code: impl Into<std::borrow::Cow<'static, str>>, place: impl Into<String>, reason: impl Into<Message>) -> Self {
        Self { code: code.into(), place: place.into(), value: None, reason: reason.into(), remedy: None }
    }

    /// A record, or one value of it, was refused; `field` is empty for the whole record.
    pub(crate) fn refused(field: impl Into<String>, reason: impl Into<Message>) -> Self {
        Self::new("refused", field, reason)
    }

    /// With the value found.
    pub(crate) fn value(mut self, value: impl AsRef<str>) -> Self {
        self.value = Some(shorten(value.as_ref()));
        self
    }

    /// With the way out.
    pub(crate) fn remedy(mut self, remedy: impl Into<Message>) -> Self {
        self.remedy = Some(Box::new(remedy.into()));
        self
    }

    /// Place, value, reason and remedy in a language.
    #[must_use]
    pub fn say(&self, language: Language) -> String {
        let mut said = String::new();
        if !self.place.is_empty() {
            said.push_str(&language.quoted(&self.place));
            if let Some(value) = &self.value {
                said.push_str(&format!(" = {}", language.quoted(value)));
            }
            said.push_str(": ");
        }
        said.push_str(&self.reason.say(language));
        if let Some(remedy) = &self.remedy {
            said.push_str(language.between());
            said.push_str(&remedy.say(language));
        }
        said
    }

    fn to_json(&self) -> Json {
        let mut members: Vec<(Text, Json)> = vec![("kind".into(), Json::from(self.code.as_ref()))];
        if !self.place.is_empty() {
            members.push(("place".into(), Json::from(self.place.as_str())));
        }
        members.extend(self.value.iter().map(|value| ("value".into(), Json::from(value.as_str()))));
        members.push(("reason".into(), self.reason.to_json()));
        members.extend(self.remedy.iter().map(|remedy| ("remedy".into(), remedy.to_json())));
        Json::Object(members)
    }

    fn from_json(json: &Json) -> Option<Self> {
        let text = |name: &str| json.get(name).and_then(Json::as_str).map(str::to_owned);
        Some(Self {
            code: text("kind")?.into(),
            place: text("place").unwrap_or_default(),
            value: text("value"),
            reason: Message::from_json(json.get("reason")?)?,
            remedy: match json.get("remedy") {
                Some(remedy) => Some(Box::new(Message::from_json(remedy)?)),
                None => None,
            },
        })
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Language::En))
    }
}

/// How many issues a reason lists.
const ISSUES_SHOWN: usize = 5;

/// Why a record was refused or a run ended: issues, kept as codes and
/// parameters, or a text that an earlier version wrote down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The first issues, and how many more there are.
    Issues(Vec<Issue>, u64),
    /// A finished sentence, in English.
    Text(String),
}

impl Reason {
    /// The first few of some issues.
    #[must_use]
    pub fn of(issues: &[Issue]) -> Self {
        let shown = issues.iter().take(ISSUES_SHOWN).cloned().collect();
        Self::Issues(shown, issues.len().saturating_sub(ISSUES_SHOWN) as u64)
    }

    /// In a language; a text stays as it was written.
    #[must_use]
    pub fn say(&self, language: Language) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Issues(issues, more) => {
                let mut said: Vec<String> = issues.iter().map(|issue| issue.say(language)).collect();
                if *more > 0 {
                    said.push(Code::More.with("count", *more).say(language));
                }
                said.join(language.between())
            }
        }
    }

    /// The codes of its sentences, for programs; none for a text.
    #[must_use]
    pub fn codes(&self) -> Vec<&'static str> {
        match self {
            Self::Issues(issues, _) => issues.iter().map(|issue| issue.reason.code.word()).collect(),
            Self::Text(_) => Vec::new(),
        }
    }

    /// As it is stored: `{"issues": [{"kind": …, "place": …, "reason": {"code": …, "with": …}}], "more": 2}`.
    #[must_use]
    pub fn stored(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Issues(issues, more) => {
                let mut members: Vec<(Text, Json)> = vec![("issues".into(), Json::Array(issues.iter().map(Issue::to_json).collect()))];
                if *more > 0 {
                    members.push(("more".into(), Json::from(i64::try_from(*more).unwrap_or(i64::MAX))));
                }
                Json::Object(members).to_string()
            }
        }
    }

    /// Reads what was stored. What is no list of known codes is a text.
    #[must_use]
    pub fn read(stored: &str) -> Self {
        Self::read_issues(stored).unwrap_or_else(|| Self::Text(stored.to_owned()))
    }

    fn read_issues(stored: &str) -> Option<Self> {
        let json = stored.starts_with("{\"issues\":").then(|| model::json::parse(stored.as_bytes()).ok())??;
        let issues = json.get("issues")?.as_array()?.iter().map(Issue::from_json).collect::<Option<Vec<_>>>()?;
        let more = json.get("more").and_then(Json::as_f64).map_or(0, |more| more as u64);
        Some(Self::Issues(issues, more))
    }
}

impl From<Message> for Reason {
    fn from(message: Message) -> Self {
        Self::Issues(vec![Issue::refused("", message)], 0)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Language::En))
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

    #[test]
    fn a_reason_is_stored_as_codes_and_said_in_either_language() {
        let faults = ["TEMP", "Zeit"].map(|field| Issue::refused(field, Code::NotABool.with("value", "viel leicht")));
        let reason = Reason::of(&faults);
        assert_eq!(Reason::read(&reason.stored()), reason);
        assert!(reason.stored().contains(r#""code":"not-a-bool","with":{"value":"viel leicht"}"#), "{}", reason.stored());
        assert_eq!(reason.say(Language::De), "„TEMP“: „viel leicht“ ist weder ja noch nein. „Zeit“: „viel leicht“ ist weder ja noch nein.");
        assert_eq!(reason.to_string(), "`TEMP`: `viel leicht` is neither yes nor no; `Zeit`: `viel leicht` is neither yes nor no");
        let many = Reason::of(&vec![faults[0].clone(); 7]);
        assert!(many.say(Language::De).ends_with("Dazu kommen 2 weitere Fehler."), "{many}");
    }

    #[test]
    fn what_was_stored_before_keeps_its_words() {
        for old in ["`wert`: `eins` is not a number", "", "{\"issues\":[{\"kind\":\"refused\",\"reason\":{\"code\":\"unheard-of\"}}]}"] {
            assert_eq!(Reason::read(old), Reason::Text(old.to_owned()));
            assert_eq!(Reason::read(old).stored(), old);
        }
    }
}
