//! The query algebra: NGSI-LD `q`, geo, scope and temporal queries, the
//! filters of other standards and the filters of policies are all parsed into
//! these values. [`Filter::matches`] is the reference for every faster path.

mod eval;
mod number;
mod order;
mod reach;
mod scope;
#[cfg(test)]
mod tests;

pub use eval::PreparedFilter;
pub use scope::InvalidScopePattern;

use regex::Regex;

use crate::geo::GeoTest;
use crate::{EntityId, Instant, Iri, Name, Number, Text};

/// Which entities, in which order, which page of them.
#[derive(Debug, Clone)]
pub struct Query {
    /// Which entities.
    pub filter: Filter,
    /// In which order; empty is the order of creation.
    pub order: Vec<OrderKey>,
    /// How many at most.
    pub limit: usize,
    /// How many to pass over first.
    pub offset: usize,
    /// Whether the total is wanted too.
    pub count: bool,
}

impl Default for Query {
    fn default() -> Self {
        Self { filter: Filter::Always, order: Vec::new(), limit: 20, offset: 0, count: false }
    }
}

impl Query {
    /// All that match a filter, up to a limit.
    #[must_use]
    pub fn of(filter: Filter, limit: usize) -> Self {
        Self { filter, limit, ..Self::default() }
    }
}

/// A condition on an entity. Two-valued: what is missing is not a match, also
/// under `!=` (NGSI-LD V1.9.1, clause 4.9).
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// Every entity.
    Always,
    /// No entity.
    Never,
    /// All of these.
    And(Vec<Filter>),
    /// One of these.
    Or(Vec<Filter>),
    /// Not this.
    Not(Box<Filter>),
    /// Of this type.
    Type(Name),
    /// One of these ids.
    Id(Vec<EntityId>),
    /// An id that the pattern finds (unanchored).
    IdMatches(Pattern),
    /// In a scope.
    Scope(ScopePattern),
    /// The path leads to something.
    Has(Path),
    /// What the path leads to compares so.
    Compare(Comparison),
    /// An instance of the GeoProperty lies so.
    Geo {
        /// The GeoProperty.
        property: Name,
        /// How it lies.
        test: GeoTest,
    },
}

impl Filter {
    /// Both; flattened, with `Always` and `Never` folded away.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Always, one) | (one, Self::Always) => one,
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            (Self::And(mut all), Self::And(more)) => {
                all.extend(more);
                Self::And(all)
            }
            (Self::And(mut all), one) => {
                all.push(one);
                Self::And(all)
            }
            (one, Self::And(mut all)) => {
                all.insert(0, one);
                Self::And(all)
            }
            (one, two) => Self::And(vec![one, two]),
        }
    }

    /// One of these; flattened when there is one or none.
    #[must_use]
    pub fn any(mut filters: Vec<Self>) -> Self {
        match filters.len() {
            0 => Self::Never,
            1 => filters.remove(0),
            _ => Self::Or(filters),
        }
    }

    /// Calls `visit` on every attribute the filter looks at.
    pub fn visit_attributes(&self, visit: &mut impl FnMut(Name)) {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().for_each(|filter| filter.visit_attributes(visit)),
            Self::Not(one) => one.visit_attributes(visit),
            Self::Has(path) | Self::Compare(Comparison { path, .. }) => {
                if let Some(name) = path.attribute {
                    visit(name);
                }
            }
            Self::Geo { property, .. } => visit(*property),
            Self::Always | Self::Never | Self::Type(_) | Self::Id(_) | Self::IdMatches(_) | Self::Scope(_) => {}
        }
    }
}

/// Where in an entity a comparison looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The attribute; `None` is the entity itself (its system times).
    pub attribute: Option<Name>,
    /// Sub-attributes to walk down.
    pub sub: Vec<Name>,
    /// What of the attribute is meant.
    pub target: Target,
    /// Members to walk down inside a JSON value, or the language of a map.
    pub within: Vec<Text>,
}

impl Path {
    /// The value of an attribute.
    #[must_use]
    pub fn value(attribute: Name) -> Self {
        Self { attribute: Some(attribute), sub: Vec::new(), target: Target::Value, within: Vec::new() }
    }
}

/// What of an attribute a path means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Its value.
    Value,
    /// `observedAt`
    ObservedAt,
    /// `createdAt`
    CreatedAt,
    /// `modifiedAt`
    ModifiedAt,
    /// `unitCode`
    UnitCode,
    /// `datasetId`
    DatasetId,
}

/// A comparison of what a path leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Where to look.
    pub path: Path,
    /// How to compare.
    pub op: Op,
    /// With what.
    pub operand: Operand,
}

/// Comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `==`: one element equals.
    Eq,
    /// `!=`: there is a value and none equals.
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `~=`: the pattern finds it.
    Matches,
    /// `!~=`: there is a value and the pattern does not find it.
    NotMatches,
}

/// The right side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A number.
    Number(Number),
    /// Text.
    Text(Text),
    /// A truth value.
    Bool(bool),
    /// A DateTime; compares with date strings and typed DateTimes of any precision.
    Instant(Instant),
    /// An IRI: relationship targets, vocabulary terms, or the same text.
    Iri(Iri),
    /// A regular expression.
    Pattern(Pattern),
    /// From one to another, both included.
    Range(Box<(Operand, Operand)>),
    /// One of these.
    List(Vec<Operand>),
}

/// A regular expression in linear time and bounded size.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

/// A regular expression that is broken or too large.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pattern `{pattern}` cannot be used: {reason}")]
pub struct InvalidPattern {
    /// The pattern.
    pub pattern: String,
    /// What is wrong.
    pub reason: String,
}

impl Pattern {
    /// Compiles a pattern, unanchored, at most 64 KiB when compiled.
    ///
    /// # Errors
    /// [`InvalidPattern`] names the pattern and the reason.
    pub fn parse(pattern: &str) -> Result<Self, InvalidPattern> {
        let invalid = |reason: String| InvalidPattern { pattern: pattern.chars().take(200).collect(), reason };
        if pattern.len() > 1024 {
            return Err(invalid("it is longer than 1024 bytes".into()));
        }
        regex::RegexBuilder::new(pattern)
            .size_limit(64 * 1024)
            .dfa_size_limit(256 * 1024)
            .build()
            .map(Self)
            .map_err(|error| invalid(error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()))
    }

    /// The pattern that finds texts beginning so.
    #[must_use]
    pub fn prefix(text: &str) -> Self {
        Self(Regex::new(&format!("^{}", regex::escape(text))).expect("an escaped text is a pattern"))
    }

    /// Whether the pattern occurs in the text.
    #[must_use]
    pub fn finds(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// The pattern as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

/// A scope query's term (NGSI-LD V1.9.1, clause 4.19): `+` is one level, a
/// trailing `#` this and all below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopePattern {
    /// The levels; `None` is `+`.
    pub levels: Vec<Option<Text>>,
    /// Whether all below match too.
    pub below: bool,
}

/// One key of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderKey {
    /// By what.
    pub by: OrderBy,
    /// From the greatest down.
    pub descending: bool,
}

/// By what entities are ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderBy {
    /// By id.
    Id,
    /// By when they were created.
    CreatedAt,
    /// By when they were last modified.
    ModifiedAt,
    /// By the value a path leads to.
    Path(Path),
}
