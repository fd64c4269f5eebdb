//! Coordinates: which columns hold them and in which reference system.

use model::Crs;

/// Codes of the systems people choose from.
#[must_use]
pub fn systems() -> Vec<&'static str> {
    ["4326", "25832", "25833", "3857", "31466", "31467", "31468", "31469"]
        .into_iter()
        .filter_map(|code| Crs::find(code).ok())
        .map(Crs::code)
        .collect()
}

/// Words that name the first coordinate.
const EAST: [&str; 19] = [
    "lon",
    "lng",
    "long",
    "longitude",
    "laenge",
    "laengengrad",
    "geographische-laenge",
    "geogr-laenge",
    "x",
    "rechtswert",
    "ostwert",
    "east",
    "easting",
    "utm-x",
    "utm-e",
    "x-koordinate",
    "koordinate-x",
    "geo-x",
    "e",
];
/// Words that name the second coordinate.
const NORTH: [&str; 19] = [
    "lat",
    "latitude",
    "breite",
    "breitengrad",
    "geographische-breite",
    "geogr-breite",
    "y",
    "hochwert",
    "nordwert",
    "north",
    "northing",
    "utm-y",
    "utm-n",
    "y-koordinate",
    "koordinate-y",
    "geo-y",
    "n",
    "geo-lat",
    "wgs84-breite",
];

/// Whether a column's name says easting or longitude (`true`), northing or latitude (`false`).
pub(super) fn axis_of(label: &str) -> Option<bool> {
    let slug = crate::template::slug(label);
    let bare = slug.trim_start_matches("wgs84-").trim_start_matches("geo-").trim_end_matches("-wgs84");
    let without_system = bare.split("-epsg").next().unwrap_or(bare).split("-etrs").next().unwrap_or(bare);
    let says = |words: &[&str]| words.contains(&slug.as_str()) || words.contains(&without_system);
    match (says(&EAST), says(&NORTH)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// A position somewhere in or around Germany, in degrees.
pub(super) fn is_near(lon: f64, lat: f64) -> bool {
    (5.0..=16.0).contains(&lon) && (46.5..=55.6).contains(&lat)
}

/// The system that places most positions in or around Germany; the usual one first.
pub(super) fn system_of(positions: &[(f64, f64)]) -> Option<&'static str> {
    if positions.is_empty() {
        return None;
    }
    let hits = |code: &str| {
        let Ok(crs) = Crs::find(code) else { return 0 };
        positions.iter().filter(|(x, y)| crs.to_wgs84(*x, *y).is_ok_and(|place| is_near(place.lon, place.lat))).count()
    };
    let mut best = (positions.len() / 2, None);
    for code in systems() {
        let count = hits(code);
        if count > best.0 && (code == "EPSG:4326" || !degrees(positions)) {
            best = (count, Some(code));
        }
    }
    // Degrees far from here are degrees all the same.
    best.1.or_else(|| degrees(positions).then_some("EPSG:4326"))
}

/// Whether the numbers can be degrees.
pub(super) fn degrees(positions: &[(f64, f64)]) -> bool {
    positions.iter().all(|(x, y)| x.abs() <= 180.0 && y.abs() <= 180.0)
}

/// Systems other than this one that would place the positions near here as well: the guess is open.
pub(super) fn is_unclear(code: &str, positions: &[(f64, f64)]) -> bool {
    let near = |code: &&str| {
        Crs::find(code)
            .is_ok_and(|crs| positions.iter().all(|(x, y)| crs.to_wgs84(*x, *y).is_ok_and(|place| is_near(place.lon, place.lat))))
    };
    !degrees(positions) && systems().iter().filter(|other| **other != code).any(near)
}
