//! Texts for people, from `locales/de.json` and `locales/en.json`. German
//! unless `ALLMENDE_LANG=en`.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{LazyLock, OnceLock};

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    De,
    En,
}

static CHOSEN: OnceLock<Language> = OnceLock::new();

type Texts = BTreeMap<String, String>;

static GERMAN: LazyLock<Texts> = LazyLock::new(|| read(include_str!("../locales/de.json")));
static ENGLISH: LazyLock<Texts> = LazyLock::new(|| read(include_str!("../locales/en.json")));

fn read(json: &str) -> Texts {
    serde_json::from_str(json).expect("the message files are checked by a test")
}

/// Takes the language from the environment, once, at the start.
pub(crate) fn choose_language() {
    let english = std::env::var("ALLMENDE_LANG").is_ok_and(|value| value.to_ascii_lowercase().starts_with("en"));
    CHOSEN.get_or_init(|| if english { Language::En } else { Language::De });
}

/// All texts of a language.
pub(crate) fn of(language: Language) -> &'static Texts {
    match language {
        Language::De => &GERMAN,
        Language::En => &ENGLISH,
    }
}

/// The text of a key in the language chosen, if there is one.
pub(crate) fn find(key: &str) -> Option<&'static str> {
    of(CHOSEN.get().copied().unwrap_or(Language::De)).get(key).map(String::as_str)
}

/// The text of a key with `{name}` replaced. A test sees to it that each key
/// in the code is in both files.
pub(crate) fn say(key: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut text = find(key).unwrap_or(key).to_owned();
    for (name, value) in values {
        text = text.replace(&format!("{{{name}}}"), &value.to_string());
    }
    text
}
