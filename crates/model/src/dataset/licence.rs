//! The licences of DCAT-AP.de: the list itself is `vocab/licences.txt`, with
//! its origin in its first lines.

/// What stands before the code in a licence's IRI.
pub const BASE: &str = "http://dcat-ap.de/def/licenses/";

const LIST: &str = include_str!("../../vocab/licences.txt");

/// The code of every licence, such as `dl-by-de/2.0`.
pub fn codes() -> impl Iterator<Item = &'static str> {
    LIST.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}
