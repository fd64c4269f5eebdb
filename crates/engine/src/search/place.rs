//! Places in a question: municipalities by name or key, as far as the tenant
//! has them, and the areas that datasets cover.
//!
//! Keys are those of the official municipality register: AGS (8 digits) and
//! ARS (12 digits); a leading zero may be missing, as spreadsheets lose it.

use std::ops::Range;
use std::sync::LazyLock;

use model::{Entity, Name, Text, Value};

use super::rank::Asked;
use super::words::{is_stop_word, words};
use crate::classes::Visibility;
use crate::state::State;

/// How many municipalities of one name are told apart; more say too little.
const NAMESAKES_MAX: usize = 3;
/// Letters of a first word that stands for the whole name: `Frankfurt`, not `Bad`.
const FIRST_WORD_MIN: usize = 5;
/// Digits of a district's key; what has fewer is a state or a part of one.
const DISTRICT_DIGITS: usize = 5;
/// Words before a name that are none of it: `Landkreis Kassel`.
const KINDS: [&str; 5] = ["gemeinde", "kreis", "landkreis", "region", "stadt"];

pub(super) static MUNICIPALITY: LazyLock<Name> = LazyLock::new(|| Name::known("https://allmende.eu/def/Municipality"));
static CODE: LazyLock<Name> = LazyLock::new(|| Name::known("https://allmende.eu/def/municipalityCode"));
static NAME: LazyLock<Name> = LazyLock::new(|| Name::known("https://smartdatamodels.org/name"));

/// A municipality or district that the question names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its name, when the tenant has it.
    pub name: Option<Text>,
    /// Its key: 8 digits of a municipality (AGS), 5 of a district.
    pub key: Text,
}

/// A place with the words of the question that name it.
pub(super) struct Recognised {
    pub(super) place: Place,
    pub(super) words: Range<usize>,
    /// Whether the tenant's register has it.
    pub(super) is_listed: bool,
}

/// What a dataset covers: the first digits that the AGS of its municipalities have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Area(String);

impl Area {
    /// The area of an IRI such as `http://dcat-ap.de/def/politicalGeocoding/districtKey/06435`.
    pub(super) fn of_iri(iri: &str) -> Option<Self> {
        let (kind, key) = iri.trim_end_matches('/').rsplit_once('/')?;
        let is_key = key.bytes().all(|byte| byte.is_ascii_digit());
        let fits = matches!(
            (kind.rsplit('/').next()?, key.len()),
            ("stateKey", 2) | ("governmentDistrictKey", 3) | ("districtKey", 5) | ("municipalityKey", 8) | ("regionalKey", 12)
        );
        (is_key && fits).then(|| Self(prefix_of(key)))
    }

    /// Its key as a place of this name: a district's, or the AGS of a municipality, that of a city of its own too.
    fn key(&self, label: &str) -> String {
        let kind = label.split_once(',').map_or("", |(_, kind)| kind);
        let is_city = self.0.len() == DISTRICT_DIGITS && kind.to_lowercase().contains("stadt");
        if is_city { format!("{}000", self.0) } else { self.0.clone() }
    }

    /// Whether it is exactly the place of a key; a city of its own has the district's with three zeros.
    fn is(&self, key: &str) -> bool {
        key == self.0 || key.strip_suffix("000") == Some(&self.0)
    }

    /// Whether it covers the place or lies in it.
    pub(super) fn meets(&self, key: &str) -> bool {
        key.starts_with(&self.0) || self.0.starts_with(key)
    }
}

/// The AGS digits of a key; a regional key without municipality is a district or a city of its own.
fn prefix_of(key: &str) -> String {
    match key.len() {
        12 if key.ends_with("0000000") => key[..5].to_owned(),
        12 => ags_of(key),
        _ => key.to_owned(),
    }
}

/// The AGS of an ARS: without the four digits of the association of municipalities.
fn ags_of(ars: &str) -> String {
    format!("{}{}", &ars[..5], &ars[9..])
}

/// The key that a word is: AGS, ARS, or the five digits of a district.
fn key_of(word: &str) -> Option<String> {
    if !word.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match word.len() {
        5 | 8 => Some(word.to_owned()),
        7 => Some(format!("0{word}")),
        11 => Some(ags_of(&format!("0{word}"))),
        12 => Some(ags_of(word)),
        _ => None,
    }
}

/// The places that the words of a question name. `areas` are those of the datasets that may be seen, with their names.
pub(super) fn recognise<'a>(
    asked: &[Asked],
    state: &State,
    eyes: &Visibility<'_>,
    areas: impl Iterator<Item = (&'a Area, &'a Text)> + Clone,
) -> Vec<Recognised> {
    let municipalities: Vec<(&str, &str)> = state.of_type(*MUNICIPALITY).filter_map(|stored| municipality(&stored.entity, eyes)).collect();
    let mut found: Vec<Recognised> = Vec::new();
    for (at, word) in asked.iter().enumerate() {
        let Some(key) = key_of(&word.folded) else { continue };
        let listed = municipalities.iter().find(|(_, code)| *code == key).map(|(name, _)| Text::from(*name));
        let label = areas.clone().find(|(area, _)| area.0 == key).map(|(_, label)| label.clone());
        let is_listed = listed.is_some();
        // Five digits may be a postal code as well; eight and more are a key even if nobody knows it.
        if is_listed || label.is_some() || key.len() == 8 {
            found.push(Recognised { place: Place { name: listed.or(label), key: key.into() }, words: at..at + 1, is_listed });
        }
    }
    found.extend(by_name(asked, &municipalities, areas));
    found
}

/// The places of a name: those of the register, and the areas of datasets that are not in it. The same name may be
/// that of several: those that datasets are about come first.
fn by_name<'a>(
    asked: &[Asked],
    municipalities: &[(&str, &str)],
    areas: impl Iterator<Item = (&'a Area, &'a Text)> + Clone,
) -> Vec<Recognised> {
    let is_own = |(area, _): &(&Area, &Text)| area.0.len() >= DISTRICT_DIGITS;
    let mut found: Vec<(usize, Recognised)> = Vec::new();
    for (name, code) in municipalities {
        let Some((words, fit)) = named(asked, name) else { continue };
        let place = Place { name: Some(Text::from(*name)), key: Text::from(*code) };
        found.push((fit, Recognised { place, words, is_listed: true }));
    }
    for (area, label) in areas.clone().filter(is_own) {
        let key = area.key(label);
        let is_listed = municipalities.iter().any(|(_, code)| area.is(code));
        if is_listed || found.iter().any(|(_, other)| area.is(&other.place.key)) {
            continue;
        }
        let Some((words, fit)) = named(asked, label) else { continue };
        found.push((fit, Recognised { place: Place { name: Some(label.clone()), key: key.into() }, words, is_listed }));
    }
    // A whole name beats names that only begin so.
    let best = found.iter().map(|(fit, _)| *fit).max().unwrap_or(0);
    let mut found: Vec<Recognised> = found.into_iter().filter(|(fit, _)| *fit == best).map(|(_, recognised)| recognised).collect();
    let has_data = |recognised: &Recognised| areas.clone().filter(is_own).any(|(area, _)| area.meets(&recognised.place.key));
    if found.len() > NAMESAKES_MAX {
        found.retain(has_data);
    }
    if found.len() > NAMESAKES_MAX {
        return Vec::new();
    }
    found.sort_by_key(|recognised| !has_data(recognised));
    found
}

/// Which words of the question are the name, and how well: all of it, or its first word.
fn named(asked: &[Asked], name: &str) -> Option<(Range<usize>, usize)> {
    let own = name.split([',', '(']).next().unwrap_or(name);
    let mut parts: Vec<String> = words(own).into_iter().map(|word| word.folded).filter(|word| !is_stop_word(word)).collect();
    if parts.len() > 1 && KINDS.contains(&parts[0].as_str()) {
        parts.remove(0);
    }
    let first = parts.first()?;
    let at = asked.iter().position(|word| word.folded == *first)?;
    let same = parts.iter().zip(&asked[at..]).take_while(|(part, word)| **part == word.folded).count();
    if same == parts.len() {
        return Some((at..at + same, 1 + same));
    }
    (first.len() >= FIRST_WORD_MIN).then_some((at..at + 1, 1))
}

/// Name and AGS of a municipality, as far as they may be seen.
fn municipality<'a>(entity: &'a Entity, eyes: &Visibility<'_>) -> Option<(&'a str, &'a str)> {
    let text = |name: Name| entity.value(name).and_then(Value::as_str).filter(|_| eyes.shows(entity, name));
    eyes.shows_entity(entity).then(|| Some((text(*NAME)?, text(*CODE)?))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_with_and_without_their_zero_and_association() {
        for word in ["06435014", "6435014", "064350014014", "64350014014"] {
            assert_eq!(key_of(word).as_deref(), Some("06435014"), "{word}");
        }
        assert_eq!(key_of("06435").as_deref(), Some("06435"));
        assert_eq!(key_of("2023"), None);
        assert_eq!(key_of("no2"), None);
    }

    #[test]
    fn an_area_covers_what_begins_so_and_lies_in_what_it_begins() {
        let area = |iri: &str| Area::of_iri(&format!("http://dcat-ap.de/def/politicalGeocoding/{iri}")).expect(iri);
        assert!(area("stateKey/06").meets("06435014"));
        assert!(area("regionalKey/064350014014").meets("06435014"));
        assert!(area("regionalKey/055150000000").meets("05515000"));
        assert!(area("municipalityKey/06435014").meets("06435"));
        assert!(!area("districtKey/06411").meets("06435014"));
        assert_eq!(Area::of_iri("http://dcat-ap.de/def/politicalGeocoding/stateKey/6"), None);
        assert_eq!(Area::of_iri("https://www.wikidata.org/entity/Q1199"), None);
    }
}
