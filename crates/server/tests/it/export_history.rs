//! Values of the past as one table: read by somebody else's database, and
//! never there by halves.

use std::path::Path;

use crate::platform::{Platform, Ran, Scene, run_under};
use crate::snippets::{fill, output, python};

const STATION: &str = "luftqualitaet_muenster_2022-01-01_2024-01-01_station1303.csv";

fn export(scene: &Scene, to: &str, more: &str) -> Ran {
    scene.run(&format!("export-history --to {}{more}", scene.path(to).display()))
}

/// Two years of a station, and one value of it corrected.
fn filled(scene: &Scene) -> Platform {
    let platform = scene.start();
    fill(scene, "luftqualitaet", "luftqualitaet", &[STATION]);
    let file = format!("data/eingang/luftqualitaet/{STATION}");
    let text = std::fs::read_to_string(scene.path(&file)).expect("data");
    let (wrong, right) = ("DENW260;\"'2022-06-01 12:00'\";16;-;23;-;good", "DENW260;\"'2022-06-01 12:00'\";16;-;24.50;-;good");
    assert!(text.contains(wrong));
    scene.write(&file, &text.replace(wrong, right));
    assert!(scene.run("source run luftqualitaet").ok().contains(" 1 berichtigt"));
    platform
}

/// How many values and their sum, as the platform says itself.
fn figures(platform: &Platform, attribute: &str) -> (f64, f64) {
    let name = format!("https://smartdatamodels.org/dataModel.Environment/{attribute}");
    let answer = platform.ask(&format!(
        "GET /ngsi-ld/v1/temporal/entities/urn:ngsi-ld:AirQualityObserved:uba-denw260?attrs={name}&options=aggregatedValues\
         &aggrMethods=totalCount,sum&timerel=after&timeAt=2000-01-01T00:00:00Z"
    ));
    let figure = |method: &str| answer.json()[&name][method][0][0].as_f64().unwrap_or_else(|| panic!("{answer:?}"));
    (figure("totalCount"), figure("sum"))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    entries.map(|name| name.to_string_lossy().into_owned()).filter(|name| name.contains("luft.")).collect()
}

#[test]
fn duckdb_finds_the_same_in_every_form_and_in_what_is_sealed() {
    let scene = Scene::new();
    let platform = filled(&scene);
    for form in ["parquet", "csv", "json"] {
        let told = export(&scene, &format!("luft.{form}"), " --dataset luftqualitaet").ok();
        assert!(told.contains(" Werte von 1 Dingen geschrieben nach "), "{told}");
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/history.py");
    let (table, sealed) = (scene.path("luft"), scene.data().join("tenants/musterstadt/history"));
    let words = [script, table.to_str().expect("UTF-8"), sealed.to_str().expect("UTF-8")];
    let told: serde_json::Value = serde_json::from_str(&output(python(), &words, &scene.path(""))).expect("JSON");
    for (column, kind) in [("entity", "VARCHAR"), ("time", "TIMESTAMP WITH TIME ZONE"), ("number", "DOUBLE"), ("observed", "BOOLEAN")] {
        assert_eq!(told["types"][column], kind);
    }
    let found = told["found"].as_object().expect("an object");
    for (source, rows) in found {
        assert_eq!(rows, &found["sealed"], "{source}");
    }
    let rows = found["sealed"].as_array().expect("rows");
    let attributes: Vec<&str> = rows.iter().filter_map(|row| row[0].as_str()).collect();
    assert_eq!(attributes, ["no2", "pm10", "pm25"]);
    for row in rows {
        let (count, sum) = figures(&platform, row[0].as_str().expect("a name"));
        assert_eq!(row[1].as_f64(), Some(count), "{row}");
        assert!((row[2].as_f64().expect("a sum") - sum).abs() < 1e-2, "{row}: {sum}");
    }
    assert_eq!(rows[0][1], 16_784);

    // What a pipe takes is what the file holds, and it is the same when nobody serves.
    let whole = std::fs::read_to_string(scene.path("luft.csv")).expect("written");
    assert!(whole.contains(",24.50,24.50,GQ,") && whole.contains("2022-06-01T09:00:00Z,true,"));
    assert!(scene.run("export-history --dataset luftqualitaet --format csv").ok() == whole);
    assert!(platform.stop().success());
    assert!(scene.run("export-history --dataset luftqualitaet --format csv").ok() == whole);
}

#[test]
fn days_are_those_of_the_calendar_in_germany() {
    let scene = Scene::new();
    let platform = scene.start();
    fill(&scene, "luftqualitaet", "luftqualitaet", &[STATION]);
    let rows = |from: &str, until: &str| {
        let told = scene.run(&format!("export-history --attribute no2 --format csv --from {from} --until {until}")).ok();
        let times: Vec<String> = told.lines().skip(1).filter_map(|line| Some(line.split(',').nth(4)?.to_owned())).collect();
        (times.first().cloned().unwrap_or_default(), times.last().cloned().unwrap_or_default(), times.len())
    };
    let day = |first: &str, last: &str, count: usize| (first.to_owned(), last.to_owned(), count);
    assert_eq!(rows("2023-03-26", "2023-03-26"), day("2023-03-25T23:00:00Z", "2023-03-26T21:00:00Z", 22));
    assert_eq!(rows("2023-10-29", "2023-10-29"), day("2023-10-28T22:00:00Z", "2023-10-29T22:00:00Z", 24));
    assert_eq!(rows("1970-01-01", "9999-12-31").2, 16_784);
    assert!(platform.stop().success());
}

#[test]
fn what_cannot_be_written_leaves_no_file() {
    let scene = Scene::new();
    let platform = scene.start();
    fill(&scene, "luftqualitaet", "luftqualitaet", &[STATION]);
    let refused = |more: &str, part: &str| {
        let said = export(&scene, "luft.csv", more).failed();
        assert!(said.contains(part), "{said}");
        assert_eq!(names(&scene.path("")), Vec::<String>::new(), "{said}");
    };
    refused(" --dataset nirgends", "`nirgends`");
    refused(" --attribute no3", "no2, pm10");
    refused(" --type Baum", "AirQualityObserved");
    refused(" --entity urn:x:1", "`urn:x:1`");
    refused(" --entity x", "`x` ist keine Kennung");
    refused(" --attribute no2 --from 1970-01-01 --until 1970-12-31", "zwischen 2021-12-31T23:00:00Z und 2023-12-31T23:00:00Z");
    refused(" --attribute no2 --from 9999-12-31", "in diesem Zeitraum");
    refused(" --from 2023-02-02 --until 2023-02-01", "endet am 2023-02-01");
    refused(" --from 2023-02-30", "`2023-02-30`");
    refused(" --personal ", "Zweck");
    assert!(export(&scene, "luft.xls", "").failed().contains("--format"));
    assert!(export(&scene, "weg/luft.csv", "").failed().contains("weg"));

    // A file that may not grow is cut off and has no name.
    let (to, data) = (scene.path("luft.csv"), scene.data());
    let words = ["export-history", "--to", to.to_str().expect("UTF-8"), "--data", data.to_str().expect("UTF-8")];
    let cut = run_under(&["sh", "-c", "ulimit -f 100; exec \"$0\" \"$@\""], &words, "");
    assert_ne!(cut.code, Some(0), "{cut:?}");
    assert!(!to.exists());

    export(&scene, "luft.csv", "").ok();
    let whole = std::fs::read(&to).expect("written");
    let there = export(&scene, "luft.csv", " --attribute no2").failed();
    assert!(there.contains("gibt es schon"), "{there}");
    assert_eq!(std::fs::read(&to).expect("still there"), whole);
    assert!(platform.stop().success());
}
