//! Sentences for people, kept as code and parameters and worded where they
//! are read: in German and English, by the same message files on the command
//! line, in problem documents and on pages.
//!
//! In the files `{name}` is the place of a parameter, and doubled braces stand
//! for braces. What a library says in its own English is the parameter
//! `detail`; German sentences may do without it.

mod code;

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

pub use code::Code;
use model::{Json, Text};

use crate::issue::shorten;

/// How many characters of a list are said.
const LIST_CHARS_MAX: usize = 400;

/// A language of the message files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// German.
    De,
    /// English.
    En,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::De, Self::En];

    /// The language of a tag or locale such as `de`, `de-AT` or `de_DE.UTF-8`; English unless it is German.
    #[must_use]
    pub fn of(tag: &str) -> Self {
        if tag.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("de")) { Self::De } else { Self::En }
    }

    /// The sentence of a code, with its gaps.
    pub(crate) fn sentence(self, code: Code) -> &'static str {
        let files = match self {
            Self::De => &GERMAN,
            Self::En => &ENGLISH,
        };
        files.get(code.word()).map_or(code.word(), String::as_str)
    }

    /// A word as it is set off from the sentence around it.
    pub(crate) fn quoted(self, word: &str) -> String {
        match self {
            Self::De => format!("„{word}“"),
            Self::En => format!("`{word}`"),
        }
    }

    /// What stands between two sentences.
    pub(crate) fn between(self) -> &'static str {
        match self {
            Self::De => " ",
            Self::En => "; ",
        }
    }
}

type Sentences = HashMap<String, String>;

static GERMAN: LazyLock<Sentences> = LazyLock::new(|| sentences(include_str!("../locales/faults.de.json")));
static ENGLISH: LazyLock<Sentences> = LazyLock::new(|| sentences(include_str!("../locales/faults.en.json")));

fn sentences(file: &str) -> Sentences {
    let json = model::json::parse(file.as_bytes()).expect("a test reads the message files");
    let members = json.as_object().unwrap_or_default().iter();
    members.filter_map(|(code, text)| Some((code.to_string(), text.as_str()?.to_owned()))).collect()
}

/// A sentence: its code and what fills its gaps. `Display` is the English one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Which sentence.
    pub code: Code,
    with: Vec<(Text, Param)>,
}

/// What fills a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Param {
    /// A text as it came.
    Text(String),
    /// Words, each set off.
    List(Vec<String>),
    /// A sentence, or a part of one.
    Said(Box<Message>),
}

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Param {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Param {
    fn from(number: u64) -> Self {
        Self::Text(number.to_string())
    }
}

impl From<usize> for Param {
    fn from(number: usize) -> Self {
        Self::Text(number.to_string())
    }
}

impl From<Vec<&str>> for Param {
    fn from(words: Vec<&str>) -> Self {
        let mut chars = 0;
        let mut kept = Vec::new();
        for word in words {
            if chars > LIST_CHARS_MAX {
                kept.push("…".to_owned());
                break;
            }
            let word = shorten(word);
            chars += word.chars().count();
            kept.push(word);
        }
        Self::List(kept)
    }
}

impl From<Message> for Param {
    fn from(message: Message) -> Self {
        Self::Said(Box::new(message))
    }
}

impl From<Code> for Param {
    fn from(code: Code) -> Self {
        Self::from(Message::from(code))
    }
}

impl From<Code> for Message {
    fn from(code: Code) -> Self {
        Self { code, with: Vec::new() }
    }
}

impl Code {
    /// The sentence with one gap filled.
    #[must_use]
    pub fn with(self, name: &str, param: impl Into<Param>) -> Message {
        Message::from(self).with(name, param)
    }
}

impl Message {
    /// Fills a gap. Values of records may be long: their beginning is kept.
    #[must_use]
    pub fn with(mut self, name: &str, param: impl Into<Param>) -> Self {
        let param = match param.into() {
            Param::Text(text) if name != "detail" => Param::Text(shorten(&text)),
            other => other,
        };
        self.with.push((name.into(), param));
        self
    }

    /// The sentence in a language.
    #[must_use]
    pub fn say(&self, language: Language) -> String {
        let mut said = String::new();
        let mut rest = language.sentence(self.code);
        while let Some(at) = rest.find(['{', '}']) {
            said.push_str(&rest[..at]);
            let gap = rest[at..].strip_prefix('{').and_then(|after| after.split_once('}')).filter(|(name, _)| !name.starts_with('{'));
            match gap {
                Some((name, after)) => {
                    said.push_str(&self.filled(name, language));
                    rest = after;
                }
                None => {
                    // A doubled brace stands for itself.
                    said.push_str(&rest[at..=at]);
                    rest = rest.get(at + 2..).unwrap_or_default();
                }
            }
        }
        said.push_str(rest);
        said
    }

    fn filled(&self, name: &str, language: Language) -> String {
        let found = self.with.iter().find(|(known, _)| known == name).map(|(_, param)| param);
        debug_assert!(found.is_some(), "`{}` needs `{name}`", self.code.word());
        match found {
            Some(Param::Text(text)) => text.clone(),
            Some(Param::List(words)) => words.iter().map(|word| language.quoted(word)).collect::<Vec<_>>().join(", "),
            Some(Param::Said(message)) => message.say(language),
            None => "…".to_owned(),
        }
    }

    /// As it is stored: `{"code": "not-a-number", "with": {"value": "warm"}}`.
    pub(crate) fn to_json(&self) -> Json {
        let mut members = vec![("code".into(), Json::from(self.code.word()))];
        if !self.with.is_empty() {
            members.push(("with".into(), Json::Object(self.with.iter().map(|(name, param)| (name.clone(), param.to_json())).collect())));
        }
        Json::Object(members)
    }

    /// As it was stored; `None` for a code that this version does not know.
    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        let word = json.get("code")?.as_str()?;
        let code = *Code::ALL.iter().find(|code| code.word() == word)?;
        let members = json.get("with").and_then(Json::as_object).unwrap_or_default();
        let with = members.iter().map(|(name, param)| Some((name.clone(), Param::from_json(param)?))).collect::<Option<_>>()?;
        Some(Self { code, with })
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Language::En))
    }
}

impl Param {
    fn to_json(&self) -> Json {
        match self {
            Self::Text(text) => Json::from(text.as_str()),
            Self::List(words) => Json::Array(words.iter().map(|word| Json::from(word.as_str())).collect()),
            Self::Said(message) => message.to_json(),
        }
    }

    fn from_json(json: &Json) -> Option<Self> {
        match json {
            Json::String(text) => Some(Self::Text(text.to_string())),
            Json::Array(words) => words.iter().map(|word| word.as_str().map(str::to_owned)).collect::<Option<_>>().map(Self::List),
            other => Message::from_json(other).map(Self::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn gaps(sentence: &str) -> BTreeSet<String> {
        let plain = sentence.replace("{{", "").replace("}}", "");
        plain.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name.to_owned()).collect()
    }

    #[test]
    fn every_code_has_a_sentence_in_both_languages() {
        for (language, file) in [(Language::De, &GERMAN), (Language::En, &ENGLISH)] {
            let words: BTreeSet<&str> = Code::ALL.iter().map(|code| code.word()).collect();
            let keys: BTreeSet<&str> = file.keys().map(String::as_str).collect();
            assert_eq!(words, keys, "{language:?}: codes and keys");
        }
        for code in Code::ALL {
            let (german, english) = (Language::De.sentence(*code), Language::En.sentence(*code));
            assert!(!german.trim().is_empty() && !english.trim().is_empty(), "{}", code.word());
            let (in_german, mut in_english) = (gaps(german), gaps(english));
            if !in_german.contains("detail") {
                in_english.remove("detail");
            }
            assert_eq!(in_german, in_english, "{}", code.word());
        }
    }

    #[test]
    fn gaps_are_filled_once_and_braces_stay() {
        let said = Code::NotANumber.with("value", "{decimal}").with("decimal", ",");
        assert_eq!(
            said.say(Language::De),
            "„{decimal}“ ist keine Zahl. Erwartet werden Ziffern mit „,“ als Dezimalzeichen und nichts zwischen Tausendern."
        );
        assert_eq!(
            Message::from(Code::BraceAlone).say(Language::En),
            "a brace stands alone; write `{field}` for a gap and `{{` for a brace"
        );
        assert_eq!(Code::KnownKeys.with("keys", vec!["a", "b"]).say(Language::De), "Bekannt sind hier „a“, „b“.");
    }

    #[test]
    fn what_is_stored_is_read_again() {
        let message = Code::CannotCompute.with("reason", Code::ExpressionFunction.with("name", "env")).with("list", vec!["a", "ä"]);
        let stored = message.to_json().to_string();
        let read = model::json::parse(stored.as_bytes()).expect("JSON");
        assert_eq!(Message::from_json(&read), Some(message));
        let later = model::json::parse(br#"{"code":"of-a-later-version"}"#).expect("JSON");
        assert_eq!(Message::from_json(&later), None);
    }

    #[test]
    fn the_language_is_found_in_tags_and_locales() {
        let of = ["de", "de-AT", "de_DE.UTF-8", "DE", "en", "C", "", "d", "ü"].map(Language::of);
        assert_eq!(of.iter().filter(|language| **language == Language::De).count(), 4);
    }
}
