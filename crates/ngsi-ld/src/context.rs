//! `@context`s: from short names to IRIs and back.
//!
//! A context is resolved once into tables; entities are stored expanded, so a
//! context is needed only where text comes in or goes out. The core is built
//! in and protected: a user context cannot give its terms another meaning
//! (NGSI-LD V1.9.1, clauses 4.4, 5.5.7).

pub mod core;
mod definitions;
mod known;
mod library;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use model::{Name, Text};

pub use definitions::Definitions;
pub use known::{KNOWN, Known};
pub use library::Library;

use crate::error::Error;

/// Tables of terms: looked into for every name that comes in or goes out.
type Table<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// How many expansions one context remembers.
const REMEMBERED_MAX: usize = 16_384;

/// The IRI no entity ever has: what readers ask for and nobody stored.
static NOWHERE: LazyLock<Name> = LazyLock::new(|| Name::known("https://uri.etsi.org/ngsi-ld/unknown-name"));

/// A resolved context.
#[derive(Debug)]
pub struct Context {
    /// The value of `@context` as it came, compact JSON.
    json: String,
    /// Its address, when it is one document.
    url: Option<String>,
    /// What the user's documents say; `None` is the core alone.
    user: Option<Definitions>,
    remembered: RwLock<Table<Text, Name>>,
}

impl Context {
    /// The core context alone.
    #[must_use]
    pub fn core() -> Arc<Self> {
        static CORE: LazyLock<Arc<Context>> = LazyLock::new(|| {
            let json = format!("\"{}\"", core::URL);
            Arc::new(Context { json, url: Some(core::URL.to_owned()), user: None, remembered: RwLock::default() })
        });
        Arc::clone(&CORE)
    }

    pub(crate) fn new(json: String, url: Option<String>, user: Option<Definitions>) -> Self {
        Self { json, url, user, remembered: RwLock::default() }
    }

    /// Whether no user context adds to the core.
    #[must_use]
    pub fn is_core(&self) -> bool {
        self.user.is_none()
    }

    /// The value of `@context`, compact JSON.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The address a `Link` header can name.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// The name of a term that is written; interned.
    ///
    /// # Errors
    /// The term is no name, or there are too many names.
    pub fn name(&self, term: &str) -> Result<Name, Error> {
        if let Some(name) = self.remembered.read().unwrap_or_else(PoisonError::into_inner).get(term) {
            return Ok(*name);
        }
        let name = Name::intern(&self.expand(term)?)?;
        let mut remembered = self.remembered.write().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() < REMEMBERED_MAX {
            remembered.insert(term.into(), name);
        }
        Ok(name)
    }

    /// The name of a value of a VocabProperty: expanded like a type, but any
    /// text that makes an IRI is a term (clause 4.5.20).
    ///
    /// # Errors
    /// The term makes no IRI, or there are too many names.
    pub fn vocabulary_term(&self, term: &str) -> Result<Name, Error> {
        Ok(Name::intern(&self.expand_text(term, false)?)?)
    }

    /// The name of a term that is only asked for. Readers must not fill the
    /// table of names: what nobody wrote becomes a name that nothing has.
    ///
    /// # Errors
    /// The term is no name.
    pub fn find(&self, term: &str) -> Result<Name, Error> {
        if let Some(name) = self.remembered.read().unwrap_or_else(PoisonError::into_inner).get(term) {
            return Ok(*name);
        }
        // The core's own terms are few: they may be kept.
        if let Some(iri) = core::iri_of(term).filter(|iri| !iri.starts_with('@')) {
            return Ok(Name::known(iri));
        }
        Ok(Name::find(&self.expand(term)?).unwrap_or(*NOWHERE))
    }

    /// The IRI of a term: core term, user term, prefix, user `@vocab`, default
    /// vocabulary, in this order (clause 4.6.2 for what a name may be).
    ///
    /// # Errors
    /// The term is no name.
    pub fn expand(&self, term: &str) -> Result<Cow<'_, str>, Error> {
        self.expand_text(term, true)
    }

    /// As [`Self::expand`]; `named` asks for a name where neither a term nor an IRI is found.
    fn expand_text(&self, term: &str, named: bool) -> Result<Cow<'_, str>, Error> {
        if let Some(iri) = core::iri_of(term) {
            return if iri.starts_with('@') { Err(not_a_name(term)) } else { Ok(Cow::Borrowed(iri)) };
        }
        if let Some(iri) = self.user.as_ref().and_then(|user| user.iri_of(term)) {
            return Ok(Cow::Borrowed(iri));
        }
        if term.contains(':') {
            return self.expand_compact(term).map(Cow::Owned);
        }
        if named && !is_plain_name(term) {
            return Err(not_a_name(term));
        }
        let vocabulary = self.user.as_ref().and_then(Definitions::vocabulary).unwrap_or(core::DEFAULT_VOCABULARY);
        let iri = format!("{vocabulary}{term}");
        if named || model::id::is_absolute_iri(&iri) { Ok(Cow::Owned(iri)) } else { Err(not_a_name(term)) }
    }

    fn expand_compact(&self, term: &str) -> Result<String, Error> {
        let (prefix, rest) = term.split_once(':').ok_or_else(|| not_a_name(term))?;
        if !rest.starts_with("//") {
            let base = core::prefix(prefix).or_else(|| self.user.as_ref().and_then(|user| user.iri_of(prefix)));
            if let Some(base) = base {
                let iri = format!("{base}{rest}");
                return if model::id::is_absolute_iri(&iri) { Ok(iri) } else { Err(not_a_name(term)) };
            }
        }
        if model::id::is_absolute_iri(term) { Ok(term.to_owned()) } else { Err(not_a_name(term)) }
    }

    /// The shortest text that this context expands to the name's IRI again.
    #[must_use]
    pub fn compact(&self, name: Name) -> Cow<'_, str> {
        self.compact_iri(name.iri(), true)
    }

    /// The same for a value of a VocabProperty.
    #[must_use]
    pub fn compact_term(&self, name: Name) -> Cow<'_, str> {
        self.compact_iri(name.iri(), false)
    }

    fn compact_iri<'a>(&'a self, iri: &'a str, named: bool) -> Cow<'a, str> {
        let short = iri.strip_prefix(core::DEFAULT_VOCABULARY);
        if short.is_none()
            && let Some(term) = core::term_of(iri)
        {
            return Cow::Borrowed(term);
        }
        if let Some(user) = &self.user {
            if let Some(term) = user.term_of(iri) {
                return Cow::Borrowed(term);
            }
            if let Some(compact) = user.prefixed(iri).filter(|compact| self.means(compact, iri, named)) {
                return Cow::Owned(compact);
            }
            if let Some(rest) =
                user.vocabulary().and_then(|vocabulary| iri.strip_prefix(vocabulary)).filter(|rest| self.means(rest, iri, named))
            {
                return Cow::Borrowed(rest);
            }
        }
        match short {
            Some(short) if self.means(short, iri, named) => Cow::Borrowed(short),
            _ => core::prefixed(iri).filter(|compact| self.means(compact, iri, named)).map_or(Cow::Borrowed(iri), Cow::Owned),
        }
    }

    /// Whether a text would be expanded to an IRI.
    fn means(&self, text: &str, iri: &str, named: bool) -> bool {
        if self.user.is_none() && is_plain_name(text) {
            // What is left of a name of the default vocabulary: it means itself unless the core has the word.
            return core::iri_of(text).is_none();
        }
        self.expand_text(text, named).is_ok_and(|expanded| expanded == iri)
    }
}

/// A letter, then letters, digits and `_` (clause 4.6.2).
#[must_use]
pub fn is_plain_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    if text.is_ascii() {
        return bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
    }
    text.starts_with(char::is_alphabetic) && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn not_a_name(term: &str) -> Error {
    let shown: String = term.chars().take(100).collect();
    Error::bad_request(format!(
        "`{shown}` is not a name: expected a letter followed by letters, digits and `_`, such a name after a prefix (`ex:name`), or a full IRI"
    ))
}
