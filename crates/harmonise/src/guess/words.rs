//! What the words of a header tell: units, keys, names, persons.

use std::sync::LazyLock;

use model::{Json, UnitCode};
use regex::Regex;

use super::{Personal, text_of};
use crate::template::slug;

static BRACKETS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\s*[\[(]([^\[\]()]*(?:\([^()]*\))?)[\])]\s*$").expect("a pattern of ours"));
static IN_UNIT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\s+in\s+(\S+)$").expect("a pattern of ours"));
static EMAIL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[^@\s]+@[^@\s]+\.[^@\s.]{2,}$").expect("a pattern of ours"));
static IBAN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$").expect("a pattern of ours"));
static PHONE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^(\+\d{2}|00\d{2}|0\d)[\d\s/()\-]{5,}$").expect("a pattern of ours"));

/// A header's label and the unit it names: `Temperatur (°C)`, `Leistung in kW`, `leistung_kw`.
pub(super) fn label_and_unit(header: &str) -> (String, Option<UnitCode>) {
    let header = header.rsplit('/').next().filter(|_| header.starts_with('/')).unwrap_or(header);
    for pattern in [&*BRACKETS, &*IN_UNIT] {
        let Some(found) = pattern.captures(header) else { continue };
        let unit = found.get(1).and_then(|unit| unit_of(unit.as_str()));
        if let (Some(unit), Some(whole)) = (unit, found.get(0)) {
            return (readable(&header[..whole.start()]), Some(unit));
        }
    }
    if let Some((before, last)) = header.rsplit_once('_')
        && let Some(unit) = ["kw", "kwh", "mwh", "km", "ha", "celsius", "prozent", "percent", "hpa", "mm"]
            .contains(&last.to_lowercase().as_str())
            .then(|| unit_of(last))
            .flatten()
    {
        return (readable(before), Some(unit));
    }
    (readable(header), None)
}

/// A unit in any case that is met: `KW` is `kW`.
fn unit_of(text: &str) -> Option<UnitCode> {
    // Codes such as `C62` or `E32` in a header are no units but numbers of something.
    let is_code =
        text.len() >= 2 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) && text.bytes().any(|b| b.is_ascii_digit());
    let same = |known: &&&str| known.to_lowercase() == text.to_lowercase();
    let usual = ["kW", "kWh", "MWh", "km", "km/h", "ha", "hPa", "Celsius", "Prozent", "percent", "mm"];
    UnitCode::find(text).filter(|_| !is_code).or_else(|| usual.iter().find(same).and_then(|known| UnitCode::find(known)))
}

/// Whether one letter stands for the unit: `(m)` may be metres or men.
pub(super) fn is_unit_unsure(header: &str, unit: &UnitCode) -> bool {
    let letters = unit.symbol().chars().count();
    letters == 1 && !matches!(unit.symbol(), "1" | "%" | "°" | "€") && header.trim_end().ends_with(')')
}

fn readable(text: &str) -> String {
    // A column without a name, as readers call it.
    if let Some(place) = text.strip_prefix("column ").filter(|place| place.bytes().all(|b| b.is_ascii_digit())) {
        return format!("Spalte {place}");
    }
    let spaced = text.replace('_', " ");
    let spaced = spaced.trim();
    let mut letters = spaced.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => text.to_owned(),
    }
}

/// Whether one of the words stands in a header by itself.
fn has_word(header: &str, words: &[&str]) -> bool {
    let slug = slug(header);
    slug.split('-').any(|part| words.contains(&part))
}

/// Whether a header names a key: its values are text, also when they are digits.
pub(super) fn is_key(header: &str) -> bool {
    let words = [
        "id",
        "nr",
        "nummer",
        "kennung",
        "kennziffer",
        "kennzeichen",
        "schluessel",
        "schluesselnummer",
        "code",
        "key",
        "ags",
        "ars",
        "rs",
        "uuid",
        "inventarnummer",
        "baumnummer",
        "objektnummer",
        "stationsnummer",
        "stationskennung",
        "stationscode",
        "ladeeinrichtungs",
    ];
    has_word(header, &words)
}

/// Whether the digits of a column are no amounts: postcodes, house numbers, years.
pub(super) fn is_label_of_digits(header: &str) -> bool {
    is_key(header)
        || has_word(
            header,
            &[
                "plz",
                "postleitzahl",
                "zip",
                "zipcode",
                "postcode",
                "hausnummer",
                "hausnr",
                "telefon",
                "tel",
                "fax",
                "jahr",
                "year",
                "gemeindeschluessel",
                "saison",
            ],
        )
}

/// Whether a header names things for people.
pub(super) fn is_name(header: &str) -> bool {
    has_word(header, &["name", "bezeichnung", "titel", "title", "standort", "station", "gemeinde", "ort", "einrichtung"])
}

/// Why a column looks as if it spoke of persons: by its header, else by what most of its cells are.
pub(super) fn personal(header: &str, cells: &[&Json]) -> Option<Personal> {
    let named = |words: &[&str]| has_word(header, words);
    if named(&["email", "mail", "mailadresse", "emailadresse"]) {
        return Some(Personal::Email);
    }
    if named(&["iban", "kontonummer", "bankverbindung"]) {
        return Some(Personal::Iban);
    }
    if named(&["geburtsdatum", "geburtstag", "geboren", "geb", "birthdate", "birthday", "dob"]) {
        return Some(Personal::Birth);
    }
    if named(&["telefon", "telefonnummer", "handy", "mobil", "mobilnummer", "phone", "rufnummer", "tel"]) {
        return Some(Personal::Phone);
    }
    let persons = [
        "vorname",
        "nachname",
        "familienname",
        "zuname",
        "firstname",
        "lastname",
        "surname",
        "ansprechpartner",
        "ansprechperson",
        "eigentuemer",
        "eigentuemerin",
        "halter",
        "antragsteller",
        "antragstellerin",
        "bewohner",
        "sachbearbeiter",
        "sachbearbeiterin",
        "person",
    ];
    if named(&persons) || ["first-name", "last-name", "full-name"].contains(&slug(header).as_str()) {
        return Some(Personal::Name);
    }
    let texts: Vec<String> = cells.iter().take(200).map(|cell| text_of(cell)).filter(|text| !text.is_empty()).collect();
    let most = |fits: &dyn Fn(&str) -> bool| !texts.is_empty() && texts.iter().filter(|text| fits(text)).count() * 2 > texts.len();
    if most(&|text| EMAIL.is_match(text)) {
        Some(Personal::Email)
    } else if most(&|text| IBAN.is_match(&text.replace(' ', "")) && text.len() >= 15) {
        Some(Personal::Iban)
    } else if most(&|text| PHONE.is_match(text) && text.contains([' ', '/', '+', '-']) && super::time::pattern_of(text).is_none()) {
        Some(Personal::Phone)
    } else {
        None
    }
}

/// Names that NGSI-LD keeps for itself, and those that columns of ours have.
const RESERVED: [&str; 16] = [
    "id",
    "type",
    "scope",
    "value",
    "object",
    "name",
    "location",
    "createdAt",
    "modifiedAt",
    "deletedAt",
    "observedAt",
    "unitCode",
    "datasetId",
    "languageMap",
    "vocab",
    "json",
];

/// The name of an attribute made from a column's: `Freie Plätze` is `freiePlaetze`.
#[must_use]
pub fn attribute_name(label: &str) -> String {
    let slug = slug(label);
    let mut name = String::new();
    for (place, part) in slug.split('-').filter(|part| !part.is_empty()).enumerate() {
        let mut letters = part.chars();
        match letters.next() {
            Some(first) if place > 0 => name.extend(first.to_uppercase().chain(letters)),
            Some(first) => name.extend(std::iter::once(first).chain(letters)),
            None => {}
        }
    }
    name.truncate(60);
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) || RESERVED.contains(&name.as_str()) {
        let mut letters = name.chars();
        let rest: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        return format!("spalte{rest}");
    }
    name
}
