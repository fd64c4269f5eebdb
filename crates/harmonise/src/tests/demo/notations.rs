//! One temperature in three notations: unit, scale, number format, basis of
//! time and coordinate system differ, the outcome may not.

use std::collections::BTreeMap;

use model::{Attribute, Instant, UnitCode, Value};

use super::{Kept, read_all};

const SOURCES: [(&str, &str); 3] =
    [("schreibweise-celsius", "celsius"), ("schreibweise-fahrenheit", "fahrenheit"), ("schreibweise-kelvin", "kelvin")];

fn instances<'k>(kept: &'k Kept, short: &str) -> Vec<&'k Attribute> {
    let all = kept.records.iter().flat_map(|record| &record.updates).flat_map(|update| &update.attributes);
    all.filter(|attribute| attribute.name.short() == short).collect()
}

fn temperatures(source: &str) -> BTreeMap<Instant, Attribute> {
    let (kept, summaries) = read_all(source, "");
    assert_eq!(summaries[0].rejected, 0, "{source}");
    let found = instances(&kept, "temperature");
    found.into_iter().map(|attribute| (attribute.observed_at.expect("a time"), attribute.clone())).collect()
}

fn at(text: &str) -> Instant {
    Instant::parse(text).expect("an instant")
}

#[test]
fn three_notations_are_one_temperature_in_degrees_celsius() {
    let [celsius, fahrenheit, kelvin] = SOURCES.map(|(source, _)| temperatures(source));
    assert_eq!(celsius.keys().collect::<Vec<_>>(), fahrenheit.keys().collect::<Vec<_>>());
    for (time, attribute) in &celsius {
        let value = attribute.value.as_f64().expect("a number");
        for other in [&fahrenheit, &kelvin] {
            let Some(same) = other.get(time) else {
                assert_eq!(time.to_string(), "2024-10-28T02:00:00Z", "only the gap that the kelvins have");
                continue;
            };
            assert_eq!(same.unit, Some(UnitCode::new("CEL")));
            assert!((same.value.as_f64().expect("a number") - value).abs() < 1e-9, "{time}: {same:?} is not {value}");
        }
    }
    assert_eq!((celsius.len(), kelvin.len()), (73, 72));
    // Computed by hand: 50 °F is 10 °C is 283.15 K.
    assert_eq!(fahrenheit[&at("2024-10-27T00:00:00Z")].value.as_f64(), Some(10.0));
    assert_eq!(kelvin[&at("2024-10-27T00:00:00Z")].value.as_f64(), Some(10.0));
}

#[test]
fn both_hours_of_the_night_are_right_in_each_basis_of_time() {
    // 02:00 summer time is 00:00 UTC; an hour later it is 02:00 again.
    for (source, _) in SOURCES {
        let found = temperatures(source);
        let night = ["2024-10-26T23:00:00Z", "2024-10-27T00:00:00Z", "2024-10-27T01:00:00Z", "2024-10-27T02:00:00Z"];
        let values = night.map(|time| found[&at(time)].value.as_f64().expect("a number"));
        for (got, expected) in values.iter().zip([10.7, 10.0, 9.3, 8.7]) {
            assert!((got - expected).abs() < 1e-9, "{source}: {values:?}");
        }
        assert_eq!(found.keys().next().map(ToString::to_string).as_deref(), Some("2024-10-25T22:00:00Z"), "{source}");
    }
}

#[test]
fn flags_come_along() {
    let flagged = |source: &str| -> Vec<String> {
        let flag = |attribute: &Attribute| attribute.sub.iter().find(|sub| sub.name.short() == "quality").map(|sub| sub.value.clone());
        let found = temperatures(source);
        let all = found.iter().filter_map(|(time, attribute)| Some(format!("{time} {}", flag(attribute)?.as_str().unwrap_or("?"))));
        all.collect()
    };
    assert_eq!(flagged("schreibweise-celsius"), ["2024-10-27T00:00:00Z unverified", "2024-10-27T01:00:00Z unverified"]);
    assert_eq!(flagged("schreibweise-fahrenheit"), ["2024-10-27T13:00:00Z unverified"]);
    assert!(flagged("schreibweise-kelvin").is_empty());
}

#[test]
fn three_coordinate_systems_are_one_place() {
    for (source, _) in SOURCES {
        let (kept, _) = read_all(source, "");
        let Value::Geo(geometry) = &instances(&kept, "location")[0].value else { panic!("{source}: no place") };
        let place = geometry.centre();
        // Station 01420; a hundred-millionth of a degree is a millimetre.
        assert!((place.lon - 8.5213).abs() < 2e-8 && (place.lat - 50.0259).abs() < 2e-8, "{source}: {place:?}");
    }
}
