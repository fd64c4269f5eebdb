//! Texts for people, from `locales/de.json` and `locales/en.json`. The
//! language is `ALLMENDE_LANG`'s, else that of the locale, else German.

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
    CHOSEN.get_or_init(|| language_of(|name| std::env::var(name).ok()));
}

/// The first variable that names a language decides (POSIX.1-2017, XBD 8.2 for
/// the order of the locale's); `C` and `POSIX` name none.
fn language_of(variable: impl Fn(&str) -> Option<String>) -> Language {
    let named = |value: &String| !matches!(value.split('.').next(), None | Some("" | "C" | "POSIX"));
    let found = ["ALLMENDE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| variable(name).filter(named));
    match found {
        Some(value) if !value.to_ascii_lowercase().starts_with("de") => Language::En,
        _ => Language::De,
    }
}

/// The language chosen, as the words for faults of sources have it.
pub(crate) fn of_faults() -> harmonise::Language {
    match chosen() {
        Language::De => harmonise::Language::De,
        Language::En => harmonise::Language::En,
    }
}

/// The language chosen, as the pages have it.
pub(crate) fn of_pages() -> portal::messages::Language {
    match chosen() {
        Language::De => portal::messages::Language::De,
        Language::En => portal::messages::Language::En,
    }
}

fn chosen() -> Language {
    CHOSEN.get().copied().unwrap_or(Language::De)
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
    of(chosen()).get(key).map(String::as_str)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(set: &[(&str, &str)], expected: Language) {
        let variable = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        assert_eq!(language_of(variable), expected, "{set:?}");
    }

    #[test]
    fn the_locale_chooses_the_language() {
        check(&[], Language::De);
        check(&[("LANG", "de_DE.UTF-8")], Language::De);
        check(&[("LANG", "en_GB.UTF-8")], Language::En);
        check(&[("LANG", "fr_FR.UTF-8")], Language::En);
        check(&[("LANG", "C.UTF-8")], Language::De);
        check(&[("LC_ALL", "de_AT.UTF-8"), ("LANG", "en_US.UTF-8")], Language::De);
        check(&[("LC_ALL", ""), ("LANG", "en_US.UTF-8")], Language::En);
        check(&[("ALLMENDE_LANG", "en"), ("LC_ALL", "de_DE.UTF-8")], Language::En);
        check(&[("ALLMENDE_LANG", "de"), ("LANG", "en_US.UTF-8")], Language::De);
    }
}
