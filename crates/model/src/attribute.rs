//! Attributes: one instance of a property, relationship or place, with its metadata.

use crate::{Geometry, Instant, Iri, Json, Name, Text, UnitCode};

/// One instance of an attribute (NGSI-LD V1.9.1, clause 4.5). An attribute
/// with several instances is several of these with different `dataset`.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// The expanded name.
    pub name: Name,
    /// `datasetId`; `None` is the default instance.
    pub dataset: Option<Iri>,
    /// The value; its variant is the attribute's type.
    pub value: Value,
    /// When it was observed.
    pub observed_at: Option<Instant>,
    /// UN/CEFACT code of the unit.
    pub unit: Option<UnitCode>,
    /// Sub-attributes, names unique per dataset.
    pub sub: Vec<Attribute>,
    /// From when on it is gone by itself.
    pub expires_at: Option<Instant>,
    /// When this instance was first written.
    pub created_at: Instant,
    /// When this instance was last written.
    pub modified_at: Instant,
}

impl Attribute {
    /// An attribute with a value and nothing else; the times are set when it is written.
    #[must_use]
    pub fn new(name: Name, value: Value) -> Self {
        Self {
            name,
            dataset: None,
            value,
            observed_at: None,
            unit: None,
            sub: Vec::new(),
            expires_at: None,
            created_at: Instant::from_micros(0),
            modified_at: Instant::from_micros(0),
        }
    }

    /// The same, observed at an instant.
    #[must_use]
    pub fn observed(mut self, at: Instant) -> Self {
        self.observed_at = Some(at);
        self
    }

    /// Whether both say the same: everything but the times the system sets.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.name == other.name
            && self.dataset == other.dataset
            && self.value == other.value
            && self.observed_at == other.observed_at
            && self.unit == other.unit
            && self.expires_at == other.expires_at
            && self.sub.len() == other.sub.len()
            && self.sub.iter().zip(&other.sub).all(|(a, b)| a.says_the_same(b))
    }
}

/// The value of an attribute, one variant per NGSI-LD attribute type
/// (V1.9.1, clauses 4.5.2 to 4.5.24).
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Property: any JSON but `null`.
    Property(Json),
    /// GeoProperty: a place in WGS 84.
    Geo(Geometry),
    /// Relationship: one or several targets.
    Relationship(Vec<Iri>),
    /// LanguageProperty: language tag to one or several texts.
    Language(Vec<(Text, Vec<Text>)>),
    /// VocabProperty: expanded terms.
    Vocab(Vec<Name>),
    /// ListProperty: an ordered list.
    List(Vec<Json>),
    /// ListRelationship: ordered targets.
    ListRelationship(Vec<Iri>),
    /// JsonProperty: JSON that is never expanded.
    JsonProperty(Json),
    /// A personal value of any type as ciphertext, its sub-attributes in it: only the engine opens it.
    Sealed(Box<Sealed>),
}

/// A personal value with its sub-attributes under the key of its subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Which key opens it.
    pub key: u64,
    /// Nonce and ciphertext of the encoded value and its sub-attributes.
    pub ciphertext: Vec<u8>,
    /// Keyed hash of the value: equal values of one attribute can be found, nothing more.
    pub blind: [u8; 32],
}

impl Value {
    /// The name of the attribute's type in NGSI-LD.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Property(_) | Self::Sealed(_) => "Property",
            Self::Geo(_) => "GeoProperty",
            Self::Relationship(_) => "Relationship",
            Self::Language(_) => "LanguageProperty",
            Self::Vocab(_) => "VocabProperty",
            Self::List(_) => "ListProperty",
            Self::ListRelationship(_) => "ListRelationship",
            Self::JsonProperty(_) => "JsonProperty",
        }
    }

    /// The number of a numeric Property.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Property(json) => json.as_f64(),
            _ => None,
        }
    }

    /// The text of a textual Property.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Property(json) => json.as_str(),
            _ => None,
        }
    }

    /// The text for a language, falling back to `@none`, German, English, the first.
    #[must_use]
    pub fn in_language(&self, language: &str) -> Option<&str> {
        match self {
            Self::Language(map) => [language, "@none", "de", "en"]
                .into_iter()
                .find_map(|tag| map.iter().find(|(known, _)| known.eq_ignore_ascii_case(tag)))
                .or_else(|| map.first())
                .and_then(|(_, texts)| texts.first().map(Text::as_str)),
            _ => self.as_str(),
        }
    }
}
