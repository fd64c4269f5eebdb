//! Fixture folders: `fixtures/<source>/in.*`, `mapping.toml`, `out.txt`.
//! `UPDATE_EXPECT=1` rewrites the expectations.

use std::path::Path;

use super::{definition, outcome};

#[track_caller]
fn check(name: &str, input: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    let mapping = std::fs::read_to_string(folder.join("mapping.toml")).expect("the mapping");
    let bytes = std::fs::read(folder.join(input)).expect("the input");
    let got = outcome(&definition(&mapping), input, &bytes) + "\n";
    expect_test::expect_file![folder.join("out.txt")].assert_eq(&got);
}

#[test]
fn german_csv_in_windows_1252() {
    check("strom", "in.csv");
}

#[test]
fn a_spreadsheet_with_a_preamble() {
    check("ladesaeulen", "in.xlsx");
}

#[test]
fn wide_rows_with_capacities_and_codes() {
    check("parkhaus", "in.csv");
}

#[test]
fn sensor_messages_in_json() {
    check("sensor", "in.json");
}

#[test]
fn features_in_utm() {
    check("baeume", "in.geojson");
}
