//! Interned names: the expanded IRIs of entity types, attributes and terms.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{LazyLock, RwLock};

/// How many different names one process keeps. A flood of invented attribute
/// names must end in an error, not in memory that is never given back.
pub const NAMES_MAX: usize = 1_000_000;

static NAMES: LazyLock<RwLock<HashSet<&'static str, foldhash::fast::RandomState>>> = LazyLock::new(RwLock::default);

/// An expanded IRI (entity type, attribute or vocabulary term), interned for
/// the life of the process: copying and comparing it costs a pointer.
#[derive(Clone, Copy)]
pub struct Name(&'static str);

/// The process has met [`NAMES_MAX`] different names and takes no new one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("too many different type and attribute names ({NAMES_MAX}); the new name is `{0}`")]
pub struct TooManyNames(pub String);

impl Name {
    /// Interns an IRI. The caller has expanded and checked it.
    ///
    /// # Errors
    /// [`TooManyNames`] when the table is full and the name is new.
    pub fn intern(iri: &str) -> Result<Self, TooManyNames> {
        {
            let names = NAMES.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            if let Some(known) = names.get(iri) {
                return Ok(Self(known));
            }
        }
        let mut names = NAMES.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = names.get(iri) {
            return Ok(Self(known));
        }
        if names.len() >= NAMES_MAX {
            return Err(TooManyNames(iri.to_owned()));
        }
        let kept: &'static str = Box::leak(iri.to_owned().into_boxed_str());
        names.insert(kept);
        Ok(Self(kept))
    }

    /// The name of an IRI that somebody has interned before; asking does not fill the table.
    #[must_use]
    pub fn find(iri: &str) -> Option<Self> {
        NAMES.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(iri).map(|known| Self(known))
    }

    /// Interns a name that the program itself knows.
    ///
    /// # Panics
    /// When the table is full, which a handful of built-in names never causes.
    #[must_use]
    pub fn known(iri: &'static str) -> Self {
        Self::intern(iri).expect("built-in names fit into the table")
    }

    /// The expanded IRI.
    #[must_use]
    pub fn iri(self) -> &'static str {
        self.0
    }

    /// What follows the last `/`, `#` or `:`; for people, never for identity.
    #[must_use]
    pub fn short(self) -> &'static str {
        self.0.rsplit(['/', '#', ':']).next().unwrap_or(self.0)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0.as_ptr(), other.0.as_ptr()) && self.0.len() == other.0.len()
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_ptr().hash(state);
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(other.0)
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_iri_is_the_same_name() {
        let one = Name::intern("https://example.org/no2").expect("interned");
        let two = Name::intern(&String::from("https://example.org/no2")).expect("interned");
        assert_eq!(one, two);
        assert_eq!(one.short(), "no2");
        assert_ne!(one, Name::known("https://example.org/no"));
    }
}
