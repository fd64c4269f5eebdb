//! The demo's definitions over the demo's files.

mod further;
mod notations;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use model::{Instant, Name};

use super::{Kept, definition, now, run};
use crate::{Definition, Input, Quarantined, Summary, Transport};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/quellen")
}

fn load(name: &str) -> Definition {
    definition(&std::fs::read_to_string(folder().join(format!("{name}.toml"))).expect("the demo's definition"))
}

/// The source's files with their names, sorted.
fn files(definition: &Definition) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    match &definition.source.transport {
        Transport::File { path } => found.push((path.clone(), folder().join(path))),
        Transport::Folder { path, glob } => {
            let root = folder().join(path);
            let mut open = vec![root.clone()];
            while let Some(folder) = open.pop() {
                for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
                    let name = entry.strip_prefix(&root).expect("inside").to_string_lossy().into_owned();
                    if entry.is_dir() {
                        open.push(entry);
                    } else if glob.matches(&name) {
                        found.push((name, entry));
                    }
                }
            }
        }
        // What the demo pushes at its start.
        Transport::Push => {
            let samples = folder().join("../daten").join(definition.source.name.as_str());
            for entry in std::fs::read_dir(samples).expect("a folder").map(|entry| entry.expect("an entry").path()) {
                let name = entry.file_name().expect("a name").to_string_lossy().into_owned();
                if name.ends_with(".json") {
                    found.push((name, entry));
                }
            }
        }
        Transport::Http(_) => {}
    }
    found.sort();
    found
}

fn read_file(definition: &Definition, name: &str, path: &Path, kept: &mut Kept) -> Summary {
    let mut file = std::fs::File::open(path).expect("the demo's file");
    crate::run(definition, Input { name, reader: &mut file }, now(), kept).unwrap_or_else(|fatal| panic!("{name}: {fatal}"))
}

fn read_all(source: &str, only: &str) -> (Kept, Vec<Summary>) {
    read_with(&load(source), only)
}

fn read_with(definition: &Definition, only: &str) -> (Kept, Vec<Summary>) {
    let mut kept = Kept::default();
    let files = files(definition);
    let summaries =
        files.iter().filter(|(name, _)| name.contains(only)).map(|(name, path)| read_file(definition, name, path, &mut kept)).collect();
    (kept, summaries)
}

/// The numbers of one series by time.
fn series(kept: &Kept, entity: &str, attribute: &str) -> BTreeMap<Instant, f64> {
    let name = Name::intern(attribute).expect("a name");
    let updates = kept.records.iter().flat_map(|record| &record.updates).filter(|update| update.id.as_str() == entity);
    let found = updates.flat_map(|update| update.instances(name)).filter_map(|a| Some((a.observed_at?, a.value.as_f64()?)));
    found.collect()
}

#[test]
fn air_and_bicycles_join_as_computed_independently() {
    let (air, summaries) = read_all("luftqualitaet", "1303");
    assert_eq!((summaries[0].rejected, summaries[0].ignored), (0, 1));
    let no2 = series(&air, "urn:ngsi-ld:AirQualityObserved:uba-denw260", "https://smartdatamodels.org/dataModel.Environment/no2");
    assert_eq!(no2.len(), 16_784);
    assert_eq!(no2.values().filter(|value| **value > 40.0).count(), 1_670);
    assert_eq!(no2.values().copied().fold(0.0, f64::max), 93.0);

    // The channels sum up to the counter; without them the test takes a third of the time.
    let text = std::fs::read_to_string(folder().join("radverkehr.toml")).expect("the demo's definition");
    let (bicycles, summaries) = read_with(&definition(&text.replace(r"(?<channel>\d{9})", "(?<channel>100034981)")), "100034981");
    assert_eq!(summaries.iter().map(|summary| summary.rejected).sum::<u64>(), 0);
    let quarters = series(
        &bicycles,
        "urn:ngsi-ld:TrafficFlowObserved:muenster-rad-100034981",
        "https://smartdatamodels.org/dataModel.Transportation/intensity",
    );
    let mut hours: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
    for (at, count) in quarters {
        hours.entry(at.micros().div_euclid(3_600_000_000)).or_default().push(count);
    }
    hours.retain(|_, quarters| quarters.len() == 4);
    assert_eq!(hours.len(), 16_942);

    let joined: Vec<(f64, f64)> = no2
        .iter()
        .filter_map(|(at, value)| hours.get(&at.micros().div_euclid(3_600_000_000)).map(|quarters| (*value, quarters.iter().sum())))
        .collect();
    assert_eq!(joined.len(), 16_229);
    assert_eq!(format!("{:.4}", pearson(&joined)), "0.4355");
}

fn pearson(pairs: &[(f64, f64)]) -> f64 {
    let count = f64::from(u32::try_from(pairs.len()).expect("few pairs"));
    let mean = |pick: fn(&(f64, f64)) -> f64| pairs.iter().map(pick).sum::<f64>() / count;
    let (x, y) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let covariance: f64 = pairs.iter().map(|pair| (pair.0 - x) * (pair.1 - y)).sum();
    let spread = |pick: fn(&(f64, f64)) -> f64, mean: f64| pairs.iter().map(|pair| (pick(pair) - mean).powi(2)).sum::<f64>().sqrt();
    covariance / (spread(|pair| pair.0, x) * spread(|pair| pair.1, y))
}

#[test]
fn the_hottest_day_in_frankfurt() {
    let (weather, summaries) = read_all("wetter", "");
    assert_eq!((summaries[0].records, summaries[0].rejected), (31_938, 0));
    let highest = series(&weather, "urn:ngsi-ld:WeatherObserved:dwd-01420", "https://allmende.eu/def/temperatureMaximum");
    let (at, value) = highest.iter().max_by(|a, b| a.1.total_cmp(b.1)).expect("values");
    assert_eq!((at.to_string().as_str(), *value), ("2026-06-27T00:00:00Z", 41.1));
    let rain = series(&weather, "urn:ngsi-ld:WeatherObserved:dwd-01420", "https://smartdatamodels.org/dataModel.Weather/precipitation");
    assert_eq!(rain.len(), 31_938 - 9);
    let first = weather.records.first().and_then(|record| record.updates.first()).expect("an update");
    let digits = first.value(Name::known("https://smartdatamodels.org/dataModel.Weather/temperature")).map(|value| format!("{value:?}"));
    assert_eq!(digits.as_deref(), Some("Property(Number(Number(\"24.7\")))"));
}

#[test]
fn hessian_municipalities_add_up() {
    let (register, summaries) = read_all("gemeinden", "");
    assert_eq!((summaries[0].accepted, summaries[0].rejected), (421, 0));
    let population = Name::known("https://allmende.eu/def/population");
    let people: f64 =
        register.records.iter().flat_map(|record| &record.updates).filter_map(|update| update.value(population)?.as_f64()).sum();
    assert_eq!(people, 6_420_729.0);

    let (borders, summaries) = read_all("gemeindegrenzen", "");
    assert_eq!((summaries[0].accepted, summaries[0].rejected), (421, 0));
    let ids = |kept: &Kept| {
        kept.records.iter().flat_map(|record| &record.updates).map(|update| update.id.clone()).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(ids(&register), ids(&borders));
}

#[test]
fn the_hour_car_parks_show_twice_is_two_hours() {
    let (parking, summaries) = read_all("parken", "2024-10-27");
    assert_eq!(summaries[0].rejected, 0);
    let free = series(
        &parking,
        "urn:ngsi-ld:OffStreetParking:muenster-ph-theater",
        "https://smartdatamodels.org/dataModel.Parking/availableSpotNumber",
    );
    let night: Vec<String> =
        free.keys().map(ToString::to_string).filter(|at| at.as_str() >= "2024-10-26T23:30" && at.as_str() < "2024-10-27T02:30").collect();
    assert_eq!(night.len(), 12);
    assert_eq!((night[0].as_str(), night[11].as_str()), ("2024-10-26T23:30:00Z", "2024-10-27T02:15:00Z"));
    let ids = parking.records[0].updates.len();
    assert_eq!(ids, 17);
}

#[test]
fn march_leaves_no_gap_between_the_hours_of_car_parks() {
    let (parking, summaries) = read_all("parken", "2024-03-31");
    assert_eq!(summaries[0].rejected, 0);
    let free = series(
        &parking,
        "urn:ngsi-ld:OffStreetParking:muenster-ph-theater",
        "https://smartdatamodels.org/dataModel.Parking/availableSpotNumber",
    );
    let night: Vec<String> = free
        .keys()
        .map(ToString::to_string)
        .filter(|at| at.starts_with("2024-03-31T00:45") || at.starts_with("2024-03-31T01:00"))
        .collect();
    assert_eq!(night, ["2024-03-31T00:45:00Z", "2024-03-31T01:00:00Z"]);
}

#[test]
fn air_of_the_hour_that_comes_twice() {
    let (air, _) = read_all("luftqualitaet", "1303");
    let no2 = series(&air, "urn:ngsi-ld:AirQualityObserved:uba-denw260", "https://smartdatamodels.org/dataModel.Environment/no2");
    let at = |text: &str| no2.get(&Instant::parse(text).expect("an instant")).copied();
    // Lines 15986 to 15989 of the file: 02:00, 03:00, 03:00, 04:00.
    let night = ["2023-10-28T23:00:00Z", "2023-10-29T00:00:00Z", "2023-10-29T01:00:00Z", "2023-10-29T02:00:00Z"].map(at);
    assert_eq!(night, [Some(4.0), Some(5.0), Some(4.0), Some(3.0)]);
}

#[test]
fn counters_skip_the_hour_in_march_and_show_it_once_in_october() {
    let (bicycles, _) = read_all("radverkehr", "100031297/2023-10");
    let counts = series(
        &bicycles,
        "urn:ngsi-ld:TrafficFlowObserved:muenster-rad-100031297",
        "https://smartdatamodels.org/dataModel.Transportation/intensity",
    );
    let at = |text: &str| counts.contains_key(&Instant::parse(text).expect("an instant"));
    assert!(at("2023-10-29T00:45:00Z") && !at("2023-10-29T01:00:00Z") && at("2023-10-29T02:00:00Z"));
}

#[test]
fn a_value_leads_back_to_its_line() {
    let definition = load("luftqualitaet");
    let (_, path) = files(&definition).into_iter().find(|(name, _)| name.contains("1303")).expect("the file");
    let line = |record: u64| {
        let mut file = std::fs::File::open(&path).expect("the demo's file");
        crate::record_at(&definition, Input { name: "x.csv", reader: &mut file }, record).expect("readable")
    };
    let found = line(7251).expect("the line");
    assert_eq!(found.bytes, "DENW260;\"'2022-10-30 03:00'\";34;-;36;-;good".as_bytes());
    assert_eq!((found.fields[0].0.as_str(), found.fields[0].1.as_str()), ("Station code", "DENW260"));
    assert_eq!(found.fields.last().map(|(name, text)| (name.as_str(), text.as_str())), Some(("Air quality index", "good")));
    assert_eq!(line(999_999), None);
}

#[test]
fn a_mended_definition_replays_what_was_refused() {
    let text = std::fs::read_to_string(folder().join("luftqualitaet.toml")).expect("the demo's definition");
    let broken = definition(&text.replace("\"very good\" = \"sehr gut\", ", ""));
    let (_, path) = files(&broken).into_iter().find(|(name, _)| name.contains("1303")).expect("the file");
    let file = std::fs::read_to_string(path).expect("the demo's file");
    // The lines around a night of the clock change, so that a repeated hour is replayed, too.
    let chosen = |index: usize| index == 0 || (15_900..16_100).contains(&index);
    let bytes: String = file.lines().enumerate().filter(|(index, _)| chosen(*index)).map(|(_, line)| format!("{line}\n")).collect();
    let (result, kept) = run(&broken, "station1303.csv", bytes.as_bytes());
    assert_eq!(result.expect("readable").rejected, kept.rejected.len() as u64);
    assert!(kept.rejected.len() > 50 && kept.rejected.iter().all(|rejected| rejected.partly));
    assert_eq!(kept.rejected[0].field.as_deref(), Some("Air quality index"));
    assert_eq!(
        kept.rejected[0].reason.to_string(),
        "`Air quality index`: the code `very good` is not known; known are `good`, `moderate`, `poor`, `very poor`"
    );

    let mended = definition(&text);
    let mut again = Kept::default();
    for rejected in &kept.rejected {
        let quarantined = Quarantined { record: rejected.record, raw: &rejected.raw, context: &rejected.context };
        crate::replay(&mended, quarantined, now(), &mut again).expect("replayable");
    }
    assert!(again.rejected.is_empty());
    let level = "https://smartdatamodels.org/dataModel.Environment/airQualityLevel";
    let times = |kept: &Kept| {
        let name = Name::intern(level).expect("a name");
        kept.records
            .iter()
            .flat_map(|record| &record.updates)
            .flat_map(|update| update.instances(name))
            .filter_map(|a| a.observed_at)
            .collect::<std::collections::BTreeSet<_>>()
    };
    let (_, whole) = run(&mended, "station1303.csv", bytes.as_bytes());
    let together: std::collections::BTreeSet<Instant> = times(&kept).union(&times(&again)).copied().collect();
    assert_eq!(together, times(&whole));
}
