//! Municipality keys (Amtlicher Gemeindeschlüssel, AGS) through the years: an
//! old file speaks of municipalities that have merged since. The changes, with
//! their dates and sources, stand in `municipalities.tsv`.

use std::sync::LazyLock;

use model::{Json, Text};

/// The fields that a municipality brings: today's key always; today's name and
/// the day it began only where the key has changed.
pub(crate) const FIELDS: [&str; 3] = ["municipality", "municipality_name", "municipality_since"];

/// A key that is no longer valid.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    old: &'static str,
    new: &'static str,
    name: &'static str,
    since: &'static str,
}

static CHANGES: LazyLock<Vec<Change>> = LazyLock::new(|| {
    let cells = |line: &'static str| line.split('\t').collect::<Vec<_>>();
    let changes = include_str!("municipalities.tsv").lines().filter(|line| !line.starts_with('#')).map(cells);
    changes
        .filter_map(|cells| Some(Change { old: cells.first()?, new: cells.get(2)?, name: cells.get(3)?, since: cells.get(4)? }))
        .collect()
});

/// What a key leads to today. It may be written with blanks, without the zero
/// that spreadsheets drop, or as the regional key of twelve digits (ARS).
/// `None` when the text is no such key. Keys without a known change stay.
pub(crate) fn today(text: &str) -> Option<Vec<(Text, Json)>> {
    let mut key = eight_digits(text)?;
    let mut last = None;
    while let Some(change) = CHANGES.iter().find(|change| change.old == key) {
        change.new.clone_into(&mut key);
        last = Some(change);
    }
    let mut found = vec![(FIELDS[0].into(), Json::from(key.as_str()))];
    if let Some(change) = last {
        found.push((FIELDS[1].into(), Json::from(change.name)));
        found.push((FIELDS[2].into(), Json::from(change.since)));
    }
    Some(found)
}

fn eight_digits(text: &str) -> Option<String> {
    let mut digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if matches!(digits.len(), 7 | 11) {
        digits.insert(0, '0');
    }
    let state: u8 = digits.get(..2)?.parse().ok()?;
    match digits.len() {
        _ if !(1..=16).contains(&state) => None,
        8 => Some(digits),
        // Land, Regierungsbezirk and Kreis, then four digits of the Verband, then the municipality.
        12 => Some(format!("{}{}", &digits[..5], &digits[9..])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = today(text).map_or_else(
            || "no key".to_owned(),
            |fields| fields.iter().map(|(_, value)| value.as_str().unwrap_or("").to_owned()).collect::<Vec<_>>().join(" "),
        );
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn old_keys_lead_to_todays_municipality() {
        check("06437002", "06437016 Oberzent 2018-01-01");
        check("06437015", "06437016 Oberzent 2018-01-01");
        check("06633021", "06633030 Wesertal 2020-01-01");
        check("06633027", "06633030 Wesertal 2020-01-01");
        check("06635005", "06635001 Allendorf (Eder) 2023-01-01");
        check("06435014", "06415000 Hanau 2026-01-01");
        check("06412000", "06412000");
        check("05515000", "05515000");
    }

    #[test]
    fn keys_are_read_as_people_write_them() {
        check("06 4 37 002", "06437016 Oberzent 2018-01-01");
        check("6437002", "06437016 Oberzent 2018-01-01");
        check("064370002002", "06437016 Oberzent 2018-01-01");
        check("66350005005", "06635001 Allendorf (Eder) 2023-01-01");
        for none in ["", "Beerfelden", "64653", "99437002", "0643700", "06437002x"] {
            check(none, "no key");
        }
    }

    #[test]
    fn every_change_is_complete_and_ends() {
        let mut seen = std::collections::HashSet::new();
        for change in CHANGES.iter() {
            assert!(seen.insert(change.old), "{} is listed twice", change.old);
            assert!(eight_digits(change.old).is_some() && eight_digits(change.new).is_some() && !change.name.is_empty());
            assert!(model::Instant::parse(&format!("{}T00:00:00Z", change.since)).is_ok(), "{}", change.since);
            assert!(!CHANGES.iter().any(|other| other.new == change.old && other.since > change.since), "{} comes back", change.old);
        }
        let lines = include_str!("municipalities.tsv").lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>();
        assert_eq!(lines.len(), CHANGES.len());
        assert!(lines.iter().all(|line| line.split('\t').count() == 6), "a change without its source");
    }
}
