//! Values that somebody else computed from the same data, reached through
//! files, sources, history and the API of the platform.

use std::collections::BTreeMap;

use crate::platform::{Platform, Scene};
use crate::snippets::fill;

const NO2: (&str, &str) = ("urn:ngsi-ld:AirQualityObserved:uba-denw260", "https://smartdatamodels.org/dataModel.Environment/no2");
const BICYCLES: (&str, &str) =
    ("urn:ngsi-ld:TrafficFlowObserved:muenster-rad-100034981", "https://smartdatamodels.org/dataModel.Transportation/intensity");

/// Hours by their beginning in UTC: a figure of the values in each, and how many there are.
fn hours(platform: &Platform, (entity, attribute): (&str, &str), figure: &str) -> BTreeMap<String, (f64, f64)> {
    // Quarters of a year from before the first value to after the last.
    let starts: Vec<String> =
        (2021..=2024).flat_map(|year| ["01", "04", "07", "10"].map(|month| format!("{year}-{month}-01T00:00:00Z"))).collect();
    let mut hours = BTreeMap::new();
    for (start, end) in starts.iter().zip(&starts[1..]) {
        let answer = platform.ask(&format!(
            "GET /ngsi-ld/v1/temporal/entities/{entity}?attrs={attribute}&options=aggregatedValues&aggrMethods={figure},totalCount\
             &aggrPeriodDuration=PT1H&timerel=between&timeAt={start}&endTimeAt={end}"
        ));
        assert_eq!(answer.status, 200, "{answer:?}");
        let found = &answer.json()[attribute];
        let rows = |name: &str| found[name].as_array().cloned().unwrap_or_default();
        for (value, count) in rows(figure).iter().zip(rows("totalCount")) {
            assert_eq!(value[1], count[1], "the same hour");
            let number = |row: &serde_json::Value| row[0].as_f64().expect("a number");
            hours.insert(value[1].as_str().expect("a time").to_owned(), (number(value), number(&count)));
        }
    }
    hours
}

fn between(hours: &BTreeMap<String, (f64, f64)>, start: &str, end: &str) -> usize {
    hours.range(start.to_owned()..end.to_owned()).count()
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
fn air_and_bicycles_join_through_the_api_as_computed_independently() {
    let scene = Scene::new();
    let platform = scene.start();
    fill(&scene, "luftqualitaet", "luftqualitaet", &["luftqualitaet_muenster_2022-01-01_2024-01-01_station1303.csv"]);
    let months: Vec<String> =
        (2022..=2023).flat_map(|year| (1..=12).map(move |month| format!("100034981/{year}-{month:02}.csv"))).collect();
    fill(&scene, "radverkehr", "rad", &months.iter().map(String::as_str).collect::<Vec<_>>());

    let no2 = hours(&platform, NO2, "avg");
    assert_eq!(no2.len(), 16_784);
    assert_eq!(no2.values().filter(|(value, _)| *value > 40.0).count(), 1_670);
    assert_eq!(no2.values().map(|(value, _)| *value).fold(0.0, f64::max), 93.0);
    let mut bicycles = hours(&platform, BICYCLES, "sum");
    bicycles.retain(|_, (_, quarters)| (3.5..4.5).contains(quarters));
    assert_eq!(bicycles.len(), 16_942);

    let joined: Vec<(f64, f64)> = no2.iter().filter_map(|(hour, (value, _))| Some((*value, bicycles.get(hour)?.0))).collect();
    assert_eq!(joined.len(), 16_229);
    assert_eq!(format!("{:.4}", pearson(&joined)), "0.4355");

    // Nights in which clocks change: the air station counts on through both, the counter leaves out the hour that comes twice.
    let of_night =
        |hours: &BTreeMap<String, (f64, f64)>, day: &str| between(hours, &format!("{day}T00:00:00Z"), &format!("{day}T03:00:00Z"));
    for (day, air, counter) in [("2022-03-27", 3, 3), ("2022-10-30", 3, 2), ("2023-03-26", 3, 3)] {
        assert_eq!((of_night(&no2, day), of_night(&bicycles, day)), (air, counter), "{day}");
    }
}
