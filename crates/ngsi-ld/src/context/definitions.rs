//! What user contexts define: terms, prefixes, a vocabulary. Only what NGSI-LD
//! uses of JSON-LD 1.1 is read: types and containers of terms do not matter,
//! because attributes say themselves what they are.

use std::collections::HashMap;

use model::{Json, Text};

use super::{Table, core};
use crate::error::Error;

/// How many terms all documents of one context may define.
const TERMS_MAX: usize = 50_000;

/// The merged definitions of a user's context documents.
#[derive(Debug, Clone, Default)]
pub struct Definitions {
    terms: Table<Text, Text>,
    by_iri: Table<Text, Text>,
    /// Namespaces and their prefixes, longest namespace first.
    prefixes: Vec<(Text, Text)>,
    vocabulary: Option<Text>,
}

impl Definitions {
    /// Adds a context object; what it defines wins over what was there.
    ///
    /// # Errors
    /// A definition is not valid, or one that NGSI-LD forbids.
    pub fn add(&mut self, members: &[(Text, Json)]) -> Result<(), Error> {
        let mut raw = HashMap::with_capacity(members.len());
        for (term, value) in members {
            match term.as_str() {
                "@vocab" => self.vocabulary = self.read_vocabulary(value)?,
                "@import" => {
                    return Err(Error::bad_request("`@import` in an `@context` is not supported; name the document in an array instead"));
                }
                keyword if keyword.starts_with('@') => {}
                _ => {
                    raw.insert(term.as_str(), read_definition(term, value)?);
                }
            }
        }
        for term in raw.keys() {
            let iri = self.resolve(term, &raw, 0)?;
            match iri {
                Some(iri) => self.terms.insert((*term).into(), iri),
                None => self.terms.remove(*term),
            };
        }
        if self.terms.len() > TERMS_MAX {
            return Err(Error::bad_request(format!("the `@context` defines more than {TERMS_MAX} terms")));
        }
        Ok(())
    }

    /// Builds the tables for the way back; to be called after the last [`Self::add`].
    #[must_use]
    pub fn finish(mut self) -> Self {
        self.terms.retain(|term, iri| core::iri_of(term).is_none() && !iri.starts_with('@'));
        for (term, iri) in &self.terms {
            let better = |known: &Text| (term.len(), term) < (known.len(), known);
            if self.by_iri.get(iri).is_none_or(better) {
                self.by_iri.insert(iri.clone(), term.clone());
            }
        }
        let is_namespace = |iri: &str| iri.ends_with(['/', '#', ':', '?', '@']);
        self.prefixes = self.by_iri.iter().filter(|(iri, _)| is_namespace(iri)).map(|(iri, term)| (iri.clone(), term.clone())).collect();
        self.prefixes.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        self
    }

    /// The IRI of a term or prefix.
    #[must_use]
    pub fn iri_of(&self, term: &str) -> Option<&str> {
        self.terms.get(term).map(Text::as_str)
    }

    /// The shortest term of an IRI.
    #[must_use]
    pub fn term_of(&self, iri: &str) -> Option<&str> {
        self.by_iri.get(iri).map(Text::as_str)
    }

    /// An IRI written with a prefix.
    #[must_use]
    pub fn prefixed(&self, iri: &str) -> Option<String> {
        self.prefixes.iter().find_map(|(namespace, prefix)| {
            iri.strip_prefix(namespace.as_str())
                .filter(|rest| !rest.is_empty() && !rest.starts_with("//"))
                .map(|rest| format!("{prefix}:{rest}"))
        })
    }

    /// The vocabulary of undefined terms.
    #[must_use]
    pub fn vocabulary(&self) -> Option<&str> {
        self.vocabulary.as_deref()
    }

    fn read_vocabulary(&self, value: &Json) -> Result<Option<Text>, Error> {
        match value {
            Json::Null => Ok(None),
            Json::String(iri) if model::id::is_absolute_iri(iri) => Ok(Some(iri.clone())),
            other => Err(Error::bad_request(format!("`@vocab` must be an absolute IRI, not {other}"))),
        }
    }

    /// What a term means; `None` when it is taken out or says nothing of its own.
    fn resolve(&self, term: &str, raw: &HashMap<&str, Raw<'_>>, depth: usize) -> Result<Option<Text>, Error> {
        if depth > 16 {
            return Err(Error::bad_request(format!("the term `{term}` of the `@context` is defined by itself")));
        }
        let id = match raw.get(term) {
            None => return Ok(self.terms.get(term).cloned()),
            Some(Raw::Nothing) => return Ok(None),
            Some(Raw::Itself) => term,
            Some(Raw::Id(id)) => *id,
        };
        if id.starts_with('@') {
            return Ok(Some(id.into()));
        }
        if let Some((prefix, rest)) = id.split_once(':') {
            if !rest.starts_with("//")
                && let Some(base) =
                    core::prefix(prefix).map(Text::from).map_or_else(|| self.base(prefix, term, raw, depth), |base| Ok(Some(base)))?
            {
                return Ok(Some(compact_str::format_compact!("{base}{rest}")));
            }
            return if model::id::is_absolute_iri(id) { Ok(Some(id.into())) } else { Err(no_iri(term, id)) };
        }
        if id != term {
            if let Some(iri) = core::iri_of(id) {
                return Ok(Some(iri.into()));
            }
            if let Some(iri) = self.resolve(id, raw, depth + 1)? {
                return Ok(Some(iri));
            }
        }
        match &self.vocabulary {
            Some(vocabulary) => Ok(Some(compact_str::format_compact!("{vocabulary}{id}"))),
            None if id == term => Ok(None),
            None => Err(no_iri(term, id)),
        }
    }

    fn base(&self, prefix: &str, term: &str, raw: &HashMap<&str, Raw<'_>>, depth: usize) -> Result<Option<Text>, Error> {
        if prefix == term { Ok(None) } else { self.resolve(prefix, raw, depth + 1) }
    }
}

fn no_iri(term: &str, id: &str) -> Error {
    Error::bad_request(format!("the term `{term}` of the `@context` leads to `{id}`, which is not an absolute IRI"))
}

/// A definition as it stands in a document.
enum Raw<'a> {
    /// The term is taken out.
    Nothing,
    /// The definition leaves the IRI to prefix or vocabulary.
    Itself,
    /// The IRI, term or compact IRI it stands for.
    Id(&'a str),
}

fn read_definition<'a>(term: &str, value: &'a Json) -> Result<Raw<'a>, Error> {
    let Json::Object(members) = value else {
        return match value {
            Json::Null => Ok(Raw::Nothing),
            Json::String(id) => Ok(Raw::Id(id)),
            other => {
                Err(Error::bad_request(format!("the term `{term}` of the `@context` must be a string or an object, not {}", other.kind())))
            }
        };
    };
    if members.iter().any(|(key, _)| key == "@context") {
        return Err(Error::bad_request(format!("the term `{term}` has an `@context` of its own; NGSI-LD forbids contexts inside terms")));
    }
    match value.get("@id") {
        None => Ok(Raw::Itself),
        Some(Json::Null) => Ok(Raw::Nothing),
        Some(Json::String(id)) => Ok(Raw::Id(id)),
        Some(other) => Err(Error::bad_request(format!("`@id` of the term `{term}` must be a string, not {}", other.kind()))),
    }
}
