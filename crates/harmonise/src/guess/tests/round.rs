//! From a guess to a definition that reads the same file.

use model::Instant;

use super::{answers, guess};
use crate::guess::{Answers, Period, days, definition, type_name, with_published};
use crate::{Definition, Input, preview};

/// The entities a guess makes of its own file.
#[track_caller]
fn entities(bytes: &[u8]) -> String {
    let (_, plan, _) = guess(bytes);
    let text = definition(&plan, &answers());
    let definition = Definition::parse(&text).unwrap_or_else(|faults| panic!("{faults:?}\n{text}"));
    let seen =
        preview(&definition, Input { name: "x", reader: &mut &bytes[..] }, 1000, Instant::parse("2026-05-01T00:00:00Z").expect("valid"));
    assert_eq!((seen.fatal, seen.rejected.len()), (None, 0), "{text}");
    let attribute = |a: &model::Attribute| {
        let at = a.observed_at.map_or(String::new(), |at| format!("@{at}"));
        format!("{}={}{at}", a.name.short(), shown(&a.value))
    };
    let lines = seen.records.iter().flat_map(|record| &record.updates).map(|entity| {
        let attributes: Vec<String> = entity.attributes.iter().map(attribute).collect();
        format!("{} {}", entity.id, attributes.join(" "))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn shown(value: &model::Value) -> String {
    match value {
        model::Value::Property(json) => json.to_string(),
        model::Value::Geo(geometry) => geometry.to_json().to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_register_becomes_things_with_places() {
    let file = "Nr;Bezeichnung;Plätze;Überdacht;Laenge;Breite\n01;Rathaus;1.200;ja;8,68;50,11\n02;Bahnhof;80;nein;8,66;50,10\n";
    assert_eq!(
        entities(file.as_bytes()),
        "urn:ngsi-ld:FreiePlaetze:01 location={\"type\":\"Point\",\"coordinates\":[8.68,50.11]} nr=\"01\" name=\"Rathaus\" plaetze=1200 ueberdacht=true\n\
         urn:ngsi-ld:FreiePlaetze:02 location={\"type\":\"Point\",\"coordinates\":[8.66,50.1]} nr=\"02\" name=\"Bahnhof\" plaetze=80 ueberdacht=false"
    );
}

#[test]
fn a_series_becomes_values_over_time() {
    let file = "Datum;Uhrzeit;Pegel [cm]\n31.03.2024;01:45;120\n31.03.2024;03:00;121,5\n";
    assert_eq!(
        entities(file.as_bytes()),
        "urn:ngsi-ld:FreiePlaetze:freie-plaetze name=\"Freie Plätze\" pegel=120@2024-03-31T00:45:00Z\n\
         urn:ngsi-ld:FreiePlaetze:freie-plaetze pegel=121.5@2024-03-31T01:00:00Z"
    );
}

#[test]
fn a_corrected_cell_keeps_its_id() {
    let ids =
        |text: &str| entities(text.as_bytes()).lines().map(|line| line.split(' ').next().unwrap_or("").to_owned()).collect::<Vec<_>>();
    assert_eq!(ids("Nr;Baum\nK-1;Linde\nK-2;Ulme\n"), ids("Nr;Baum\nK-1;Linde\nK-2;Eiche\n"));
}

#[test]
fn geojson_keeps_its_shapes() {
    let file = br#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"ags":"06411000","name":"Darmstadt","ew":5},"geometry":{"type":"Point","coordinates":[477123.4,5556789.1]}}]}"#;
    let line = entities(file);
    assert!(
        line.starts_with("urn:ngsi-ld:FreiePlaetze:06411000 location={\"type\":\"Point\",\"coordinates\":[8.6797")
            && line.ends_with("ags=\"06411000\" name=\"Darmstadt\" ew=5"),
        "{line}"
    );
}

#[test]
fn opening_changes_one_line() {
    let (_, plan, _) = guess(b"Nr;Baum\n1;Linde\n2;Ulme\n");
    let closed = definition(&plan, &answers());
    let open = with_published(&closed, true).expect("it has a dataset");
    assert!(Definition::parse(&open).expect("valid").dataset().expect("declared").published);
    assert_eq!(with_published(&open, false).as_deref(), Some(closed.as_str()));
    assert_eq!(with_published("[source]\n", true), None);
}

#[test]
fn types_are_readable() {
    assert_eq!(type_name("freie-parkplaetze-2"), "FreieParkplaetze2");
    assert_eq!(crate::guess::attribute_name("Freie Plätze (gesamt)"), "freiePlaetzeGesamt");
    assert_eq!(crate::guess::attribute_name("Type"), "spalteType");
    assert_eq!(crate::guess::slug_of("2026: Bäume"), "daten-2026-baeume");
}

#[test]
fn rows_without_a_key_are_told_apart_by_their_place() {
    assert_eq!(
        entities(b"Art;Menge\nGlas;1\nGlas;2\n"),
        "urn:ngsi-ld:FreiePlaetze:2 name=\"Freie Pl\u{e4}tze 2\" art=\"Glas\" menge=1\n\
         urn:ngsi-ld:FreiePlaetze:3 name=\"Freie Pl\u{e4}tze 3\" art=\"Glas\" menge=2"
    );
}

#[test]
fn members_of_an_object_keep_their_names() {
    assert_eq!(
        entities(br#"{"meta":{},"orte":{"nord":{"wert":1.5},"sued":{"wert":2}}}"#),
        "urn:ngsi-ld:FreiePlaetze:nord name=\"nord\" wert=1.5\n\
         urn:ngsi-ld:FreiePlaetze:sued name=\"sued\" wert=2"
    );
}

#[test]
fn the_days_of_a_file_are_those_in_germany() {
    #[track_caller]
    fn check(file: &str, expected: Option<(&str, &str)>) {
        let (sample, plan, _) = guess(file.as_bytes());
        let found = days(&sample, &plan).map(|(first, last)| (first.to_string(), last.to_string()));
        assert_eq!(found.as_ref().map(|(first, last)| (first.as_str(), last.as_str())), expected, "{plan:?}");
    }
    check("Uhrzeit;Datum;Pegel [cm]\n03:00;31.03.2024;121,5\n01:45;01.03.2024;120\n", Some(("2024-03-01", "2024-03-31")));
    // New Year in Germany begins an hour before midnight UTC.
    check("Zeit;Wert\n2023-12-31T23:30:00Z;1\n2024-02-01T12:00:00Z;2\n", Some(("2024-01-01", "2024-02-01")));
    check("Datum;Wert\n29.10.2023;1\n30.10.2023;2\n", Some(("2023-10-29", "2023-10-30")));
    check("Nr;Baum\nK-1;Linde\nK-2;Ulme\n", None);
}

#[test]
fn a_period_that_was_said_is_that_of_the_dataset() {
    let (_, plan, _) = guess(b"Datum;Wert\n01.03.2024;1\n31.03.2024;2\n");
    let periods = |start: &str, end: &str| {
        let temporal = Some(Period { start: start.into(), end: end.into() });
        let read = Definition::parse(&definition(&plan, &Answers { temporal, ..answers() }));
        read.map(|one| {
            one.dataset().expect("declared").temporal.iter().map(|period| (period.start.to_string(), period.end)).collect::<Vec<_>>()
        })
    };
    let end = Instant::parse("2024-03-31T22:00:00Z").expect("valid");
    assert_eq!(periods("2024-03-01", "2024-03-31").expect("reads"), [("2024-02-29T23:00:00Z".to_owned(), end)]);
    assert_eq!(periods("2024-03-01", "").expect("reads"), [("2024-02-29T23:00:00Z".to_owned(), model::TimeWindow::ALL.end)]);
    assert!(periods("2024-03-31", "2024-03-01").is_err());
}
