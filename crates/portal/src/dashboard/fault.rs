//! What is wrong with a definition, in words.

use crate::messages::Language;

/// A fault of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    place: String,
    what: What,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// It is no TOML, or a key is missing, unknown or of another kind; what the reader says.
    Unreadable(String),
    /// A name for addresses that is none.
    NoSlug(String),
    /// A name that stands twice.
    Twice(String),
    /// No tile, or too many.
    Tiles(usize),
    /// A duration that is none.
    NoDuration(String),
    /// Levels whose bounds do not rise, or of which another than the last has none.
    Levels,
    /// An address that is none.
    NoAddress(String),
}

impl Fault {
    pub(super) fn new(place: impl Into<String>, what: What) -> Self {
        Self { place: place.into(), what }
    }

    /// For people, in their language.
    #[must_use]
    pub fn say(&self, language: Language) -> String {
        let (t, place) = (language.texts(), &self.place);
        match &self.what {
            What::Unreadable(detail) => t.dashboard_fault_unreadable(detail, place),
            What::NoSlug(value) => t.dashboard_fault_slug(place, value),
            What::Twice(value) => t.dashboard_fault_twice(place, value),
            What::Tiles(count) => t.dashboard_fault_tiles(count, super::read::TILES_MAX, place),
            What::NoDuration(value) => t.dashboard_fault_duration(place, value),
            What::Levels => t.dashboard_fault_levels(place),
            What::NoAddress(value) => t.dashboard_fault_address(place, value),
        }
    }
}
