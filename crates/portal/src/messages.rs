//! The texts of the pages in German and English.
//!
//! They stand in `locales/de.json` and `locales/en.json` and nowhere else;
//! `build.rs` makes a method of each key, so both languages always have the
//! same keys and the same placeholders.

/// A language of the pages. German is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// German.
    #[default]
    De,
    /// English (Great Britain's way of writing numbers and dates).
    En,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::De, Self::En];

    /// The tag for `lang` and `hreflang`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::De => "de",
            Self::En => "en",
        }
    }

    /// The locale browsers format with.
    #[must_use]
    pub fn locale(self) -> &'static str {
        match self {
            Self::De => "de-DE",
            Self::En => "en-GB",
        }
    }

    /// What stands before the path of a page.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::De => "",
            Self::En => "/en",
        }
    }

    /// The other language, for the switch.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::De => Self::En,
            Self::En => Self::De,
        }
    }

    /// The language of the words for faults of sources and records.
    #[must_use]
    pub fn of_faults(self) -> harmonise::Language {
        harmonise::Language::of(self.code())
    }

    /// The texts in this language.
    #[must_use]
    pub fn texts(self) -> Texts {
        Texts { language: self }
    }
}

/// The texts of one language: a method per key of the message files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Texts {
    /// Which language.
    pub language: Language,
}

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_take_the_number_in_the_language() {
        assert_eq!(Language::De.texts().count_datasets(1), "1 Datensatz");
        assert_eq!(Language::De.texts().count_datasets(1234), "1.234 Datensätze");
        assert_eq!(Language::En.texts().count_datasets(1234), "1,234 datasets");
    }

    #[test]
    fn twelve_months_each() {
        for language in Language::ALL {
            assert_eq!(language.texts().date_months().len(), 12);
            assert_eq!(language.texts().date_months_short().len(), 12);
        }
    }
}
