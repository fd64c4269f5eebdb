//! Controlled lists: which codes exist, and their IRIs. The lists themselves
//! are data in `vocab/`, each with its origin in its first lines; the
//! licences are `model`'s, because definitions of sources are checked against them.

use model::dataset::licence;
use oxrdf::NamedNode;

const AUTHORITY: &str = "http://publications.europa.eu/resource/authority/";
const CONTRIBUTORS: &str = "http://dcat-ap.de/def/contributors/";
const GEOCODING: &str = "http://dcat-ap.de/def/politicalGeocoding/";

const THEME_CODES: &str = include_str!("../vocab/data-theme.txt");
const FREQUENCY_CODES: &str = include_str!("../vocab/frequency.txt");
const CONTRIBUTOR_CODES: &str = include_str!("../vocab/contributors.txt");

/// Licences that ask for a source line (`dcatde:licenseAttributionByText`).
const NAMING_LICENCES: [&str; 10] =
    ["cc-by", "cc-by-de/3.0", "cc-by/4.0", "cc-by-sa", "cc-by-sa-de/3.0", "cc-by-sa/4.0", "dl-by-de/1.0", "dl-by-de/2.0", "odbl", "odby"];

/// How people write the usual licences, letters and digits only, and their codes.
const MISSPELT_LICENCES: [(&str, &str); 9] = [
    ("dldeby20", "dl-by-de/2.0"),
    ("dlbyde20", "dl-by-de/2.0"),
    ("dldezero20", "dl-zero-de/2.0"),
    ("dlzerode20", "dl-zero-de/2.0"),
    ("ccby40", "cc-by/4.0"),
    ("by40", "cc-by/4.0"),
    ("ccbysa40", "cc-by-sa/4.0"),
    ("cc0", "cc-zero"),
    ("zero10", "cc-zero"),
];

fn codes(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// An IRI put together from parts of this crate.
pub(crate) fn known(base: &str, local: &str) -> NamedNode {
    NamedNode::new_unchecked(format!("{base}{local}"))
}

fn listed(list: &'static str, base: &str, code: &str) -> Option<NamedNode> {
    codes(list).any(|known| known == code).then(|| known(base, code))
}

/// The EU data theme of a code such as `ENVI`.
pub(crate) fn theme(code: &str) -> Option<NamedNode> {
    listed(THEME_CODES, &format!("{AUTHORITY}data-theme/"), code)
}

/// The codes of all EU data themes.
pub(crate) fn themes() -> impl Iterator<Item = &'static str> {
    codes(THEME_CODES)
}

/// The EU frequency of a code such as `HOURLY`.
pub(crate) fn frequency(code: &str) -> Option<NamedNode> {
    listed(FREQUENCY_CODES, &format!("{AUTHORITY}frequency/"), code)
}

/// The EU language of `de` or `en`.
pub(crate) fn language(tag: &str) -> NamedNode {
    known(AUTHORITY, if tag == "en" { "language/ENG" } else { "language/DEU" })
}

/// A code of the EU table of file types, one of those this crate writes.
pub(crate) fn file_type(code: &'static str) -> NamedNode {
    known(AUTHORITY, &format!("file-type/{code}"))
}

/// Whether a code stands in the EU table of file types.
#[cfg(test)]
pub(crate) fn is_file_type(code: &str) -> bool {
    codes(include_str!("../vocab/file-type.txt")).any(|known| known == code)
}

/// A media type as IANA's address.
pub(crate) fn media_type(name: &'static str) -> NamedNode {
    known("https://www.iana.org/assignments/media-types/", name)
}

/// `PUBLIC`, or `RESTRICTED` where nothing of it may be read by everybody.
pub(crate) fn access_right(public: bool) -> NamedNode {
    known(AUTHORITY, if public { "access-right/PUBLIC" } else { "access-right/RESTRICTED" })
}

/// The table of data themes itself.
pub(crate) fn theme_taxonomy() -> NamedNode {
    known(AUTHORITY, "data-theme")
}

/// Whether an IRI is a licence of DCAT-AP.de.
pub(crate) fn is_licence(iri: &str) -> bool {
    iri.strip_prefix(licence::BASE).is_some_and(|code| licence::codes().any(|known| known == code))
}

/// The licence that a usual misspelling means, for messages.
pub(crate) fn licence_meant(text: &str) -> Option<String> {
    let folded: String = text.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let (_, code) = MISSPELT_LICENCES.iter().find(|(ending, _)| folded.ends_with(ending))?;
    Some(format!("{}{code}", licence::BASE))
}

/// Whether a licence asks for a source line.
pub(crate) fn asks_for_naming(iri: &str) -> bool {
    iri.strip_prefix(licence::BASE).is_some_and(|code| NAMING_LICENCES.contains(&code))
}

/// The contributor of a code such as `hessen`.
pub(crate) fn contributor(code: &str) -> Option<NamedNode> {
    listed(CONTRIBUTOR_CODES, CONTRIBUTORS, code)
}

/// The level of administration that an area of DCAT-AP.de's lists belongs to.
pub(crate) fn geocoding_level(spatial: &str) -> Option<NamedNode> {
    let (list, key) = spatial.strip_prefix(GEOCODING)?.split_once('/')?;
    let level = match (list, key.len()) {
        ("stateKey", _) => "state",
        ("governmentDistrictKey" | "districtKey", _) => "administrativeDistrict",
        ("municipalityKey", _) | ("regionalKey", 12) => "municipality",
        _ => return None,
    };
    Some(known(GEOCODING, &format!("Level/{level}")))
}
