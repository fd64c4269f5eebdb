//! Short terms and the IRIs they stand for: the Smart Data Models' types and
//! attributes, and our own sub-attributes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use model::Name;

/// Where our own terms live.
pub const ALLMENDE: &str = "https://allmende.eu/def/";

/// Sub-attribute: how long the interval is that a value stands for, ISO 8601 (`PT1H`).
#[must_use]
pub fn duration() -> Name {
    static NAME: LazyLock<Name> = LazyLock::new(|| Name::known("https://allmende.eu/def/duration"));
    *NAME
}

/// Sub-attribute: why a value deserves a second look (`out-of-range`), one word or a list of them.
#[must_use]
pub fn quality() -> Name {
    static NAME: LazyLock<Name> = LazyLock::new(|| Name::known("https://allmende.eu/def/quality"));
    *NAME
}

/// Subject → term → IRI.
type Subjects = BTreeMap<&'static str, BTreeMap<&'static str, String>>;

static SUBJECTS: LazyLock<Subjects> = LazyLock::new(|| {
    let mut subjects = Subjects::new();
    for line in include_str!("terms.tsv").lines().filter(|line| !line.starts_with('#')) {
        let mut cells = line.split('\t');
        let (Some(subject), Some(term)) = (cells.next(), cells.next()) else { continue };
        let iri = cells.next().map_or_else(|| format!("https://smartdatamodels.org/dataModel.{subject}/{term}"), str::to_owned);
        subjects.entry(subject).or_default().insert(term, iri);
    }
    subjects
});

/// The subject of the Smart Data Models a type belongs to, by its term or IRI.
pub(crate) fn subject_of(type_text: &str) -> Option<&'static str> {
    SUBJECTS
        .iter()
        .find(|(_, terms)| terms.iter().any(|(term, iri)| is_type(term) && (*term == type_text || iri == type_text)))
        .map(|(subject, _)| *subject)
}

/// The IRI of a type's term.
pub(crate) fn type_iri(term: &str) -> Option<&'static str> {
    SUBJECTS.values().find_map(|terms| terms.get(term).filter(|_| is_type(term)).map(String::as_str))
}

/// The IRI of an attribute's term within a subject; what all subjects share is found without one.
pub(crate) fn attribute_iri(subject: Option<&str>, term: &str) -> Option<&'static str> {
    let shared = |term: &str| {
        let iri = SUBJECTS.values().find_map(|terms| terms.get(term))?;
        (!iri.contains("/dataModel.")).then_some(iri.as_str())
    };
    subject.and_then(|subject| SUBJECTS.get(subject)).and_then(|terms| terms.get(term)).map(String::as_str).or_else(|| shared(term))
}

/// The IRI of an attribute's term in any subject.
pub(crate) fn iri_anywhere(term: &str) -> Option<&'static str> {
    SUBJECTS.values().find_map(|terms| terms.get(term)).map(String::as_str)
}

/// All terms that could have been meant.
pub(crate) fn candidates(subject: Option<&str>, types: bool) -> Vec<&'static str> {
    let wanted = |name: &&str| subject.is_none_or(|subject| subject == *name);
    SUBJECTS
        .iter()
        .filter(|(name, _)| wanted(name))
        .flat_map(|(_, terms)| terms.keys().copied())
        .filter(|term| is_type(term) == types)
        .collect()
}

fn is_type(term: &str) -> bool {
    term.starts_with(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_expand_within_their_subject() {
        assert_eq!(type_iri("AirQualityObserved"), Some("https://smartdatamodels.org/dataModel.Environment/AirQualityObserved"));
        assert_eq!(subject_of("https://smartdatamodels.org/dataModel.Parking/OffStreetParking"), Some("Parking"));
        assert_eq!(attribute_iri(Some("Environment"), "no2"), Some("https://smartdatamodels.org/dataModel.Environment/no2"));
        assert_eq!(attribute_iri(None, "location"), Some("https://uri.etsi.org/ngsi-ld/location"));
        assert_eq!(attribute_iri(None, "name"), Some("https://smartdatamodels.org/name"));
        assert_eq!(attribute_iri(Some("Weather"), "intensity"), None);
    }
}
