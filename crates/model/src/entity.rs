//! Entities and scopes.

use crate::{Attribute, EntityId, Instant, Iri, Name, Text, Value};

/// Something the city knows about (NGSI-LD V1.9.1, clause 4.2).
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// Who it is.
    pub id: EntityId,
    /// What it is; at least one type.
    pub types: Vec<Name>,
    /// Where it belongs in hierarchies of the tenant's.
    pub scopes: Vec<Scope>,
    /// Attribute instances in the order they came.
    pub attributes: Vec<Attribute>,
    /// From when on it is gone by itself.
    pub expires_at: Option<Instant>,
    /// When it was first written.
    pub created_at: Instant,
    /// When it or one of its attributes was last written.
    pub modified_at: Instant,
}

impl Entity {
    /// An entity without attributes; the times are set when it is written.
    #[must_use]
    pub fn new(id: EntityId, type_name: Name) -> Self {
        Self {
            id,
            types: vec![type_name],
            scopes: Vec::new(),
            attributes: Vec::new(),
            expires_at: None,
            created_at: Instant::from_micros(0),
            modified_at: Instant::from_micros(0),
        }
    }

    /// The same with one more attribute.
    #[must_use]
    pub fn with(mut self, attribute: Attribute) -> Self {
        self.attributes.push(attribute);
        self
    }

    /// The default instance of an attribute, else its first.
    #[must_use]
    pub fn attribute(&self, name: Name) -> Option<&Attribute> {
        self.instance(name, None).or_else(|| self.instances(name).next())
    }

    /// One instance of an attribute.
    #[must_use]
    pub fn instance(&self, name: Name, dataset: Option<&Iri>) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.name == name && a.dataset.as_ref() == dataset)
    }

    /// All instances of an attribute.
    pub fn instances(&self, name: Name) -> impl Iterator<Item = &Attribute> {
        self.attributes.iter().filter(move |a| a.name == name)
    }

    /// The value of an attribute's default instance.
    #[must_use]
    pub fn value(&self, name: Name) -> Option<&Value> {
        self.attribute(name).map(|a| &a.value)
    }

    /// Whether it is of a type.
    #[must_use]
    pub fn is_a(&self, type_name: Name) -> bool {
        self.types.contains(&type_name)
    }

    /// The entity as it is at an instant, without what has expired; `None` when itself has.
    #[must_use]
    pub fn alive_at(&self, now: Instant) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// A scope such as `/musterstadt/altstadt` (NGSI-LD V1.9.1, clause 4.18).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope(Text);

/// Text that should be a scope and is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a scope: expected levels such as `/musterstadt/altstadt`, each beginning with a letter")]
pub struct InvalidScope(pub String);

impl Scope {
    /// Reads a scope; a missing leading `/` is added.
    ///
    /// # Errors
    /// [`InvalidScope`] names the text.
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        let levels = text.strip_prefix('/').unwrap_or(text);
        let ok = levels
            .split('/')
            .all(|level| level.starts_with(char::is_alphabetic) && level.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')));
        if !ok {
            return Err(InvalidScope(text.chars().take(200).collect()));
        }
        Ok(Self(compact_str::format_compact!("/{levels}")))
    }

    /// The scope with its leading `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its levels, outermost first.
    pub fn levels(&self) -> impl Iterator<Item = &str> {
        self.0[1..].split('/')
    }
}
