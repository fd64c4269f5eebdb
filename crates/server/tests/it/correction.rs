//! One value, corrected at its source: every way out shows the same, and no
//! way out shows the old one any more.

use crate::platform::{Answer, Platform, Scene};
use crate::snippets::{output, python};

const DEFINITION: &str = r#"
[source]
name = "pegel"
version = 1
title = { de = "Pegel" }
transport = "folder"
path = "pegel"
glob = "*.csv"

[format]
kind = "csv"
encoding = "utf-8"
delimiter = ";"
decimal = ","

[time]
fields = ["zeit"]
patterns = ["DD.MM.YYYY hh:mm"]
zone = "Europe/Berlin"
interval = "PT1H"
label = "start"
repeated_hour = "first"

[terms]
WaterLevel = "https://example.org/WaterLevel"
level = "https://example.org/level"

[entity]
type = "WaterLevel"
id = "urn:ngsi-ld:WaterLevel:{ort}"

[[attribute]]
name = "name"
field = "name"
observed = false
column = { label = { de = "Name", en = "Name" }, class = "open" }

[[attribute]]
name = "location"
kind = "GeoProperty"
x = "lon"
y = "lat"
observed = false
column = { label = { de = "Lage", en = "Place" }, class = "open" }

[[attribute]]
name = "level"
field = "cm"
as = "number"
unit = "cm"
column = { label = { de = "Wasserstand", en = "Water level" }, class = "open" }

[dataset]
slug = "pegel"
title = { de = "Pegel der Musterbach", en = "Water levels" }
summary = { de = "Zwei Pegel. Die Zahlen sind erfunden.", en = "Two gauges. The numbers are invented." }
description = { de = "Erfundene Werte." }
publisher = { name = "Amt für Wasser" }
licence = "dl-zero-de/2.0"
provenance = { de = "Erfunden." }
themes = ["ENVI"]
keywords = ["Wasser"]
frequency = "HOURLY"
published = true
"#;

/// A tile over the dataset.
const DASHBOARD: &str = r#"
[dashboard]
slug = "wasser"
title = { de = "Wasser heute" }
summary = { de = "Wie hoch steht das Wasser?" }
published = true

[[tile]]
id = "pegel"
question = { de = "Wie hoch steht das Wasser?" }
dataset = "pegel"
attribute = "level"
take = "highest"
decimals = 1
stale_after = "1h"
list = 2
sentence = { de = "{place}: {value}" }
"#;

/// A day of two gauges; `last` is the newest value of the first.
fn file(last: &str) -> String {
    let mut lines = vec!["ort;name;lon;lat;zeit;cm".to_owned()];
    for (key, name, lon) in [("bruecke", "Brücke", "8,65"), ("wehr", "Wehr", "8,67")] {
        for hour in 0..24 {
            let level = if key == "bruecke" && hour == 23 { last.to_owned() } else { format!("{}", 100 + hour) };
            lines.push(format!("{key};{name};{lon};49,87;04.05.2026 {hour:02}:00;{level}"));
        }
    }
    lines.join("\n") + "\n"
}

/// Every way out of the value, with how it writes decimals.
const WAYS: [(&str, char); 20] = [
    ("/datensaetze/pegel", ','),
    ("/en/datensaetze/pegel", '.'),
    ("/datensaetze/pegel?ort=WaterLevel%3Abruecke", ','),
    ("/datensaetze/pegel/tabelle", ','),
    ("/dashboards/wasser", ','),
    ("/en/dashboards/wasser/kachel/pegel", '.'),
    ("/einbetten/dashboards/wasser/kachel/pegel", ','),
    ("/anzeige/wasser", ','),
    ("/ngsi-ld/v1/entities?type=https://example.org/WaterLevel&options=keyValues", '.'),
    ("/datensaetze/pegel/herkunft?id=WaterLevel%3Abruecke&spalte=level", ','),
    ("/datensaetze/pegel/herkunft?id=WaterLevel%3Abruecke&spalte=level&zeit=2026-05-04T21:00:00Z", ','),
    ("/fehler-melden?datensatz=pegel&id=WaterLevel%3Abruecke&spalte=level", ','),
    ("/datensaetze/pegel/api?frage=dinge", '.'),
    ("/datensaetze/pegel/daten.csv", '.'),
    ("/datensaetze/pegel/daten.csv?form=excel", ','),
    ("/datensaetze/pegel/daten.json", '.'),
    ("/datensaetze/pegel/daten.geojson", '.'),
    ("/ngsi-ld/v1/entities/urn:ngsi-ld:WaterLevel:bruecke", '.'),
    ("/ngsi-ld/v1/entities?type=https://example.org/WaterLevel&format=simplified", '.'),
    ("/ngsi-ld/v1/temporal/entities/urn:ngsi-ld:WaterLevel:bruecke?attrs=https://example.org/level&lastN=2", '.'),
];

fn written(value: &str, separator: char) -> String {
    value.replace('.', &separator.to_string())
}

fn get(platform: &Platform, path: &str) -> Answer {
    let answer = platform.ask(&format!("GET {path}"));
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer
}

#[test]
fn a_correction_shows_on_every_way_out() {
    let scene = Scene::new();
    let platform = scene.start();
    let definition = scene.write("pegel.toml", DEFINITION);
    scene.run(&format!("source put {}", definition.display())).ok();
    let dashboard = scene.write("wasser.toml", DASHBOARD);
    scene.run(&format!("dashboard put {}", dashboard.display())).ok();

    let mut tags = Vec::new();
    for (wrong, right) in [("456.7", "876.5"), ("876.5", "234.5")] {
        scene.write("data/eingang/pegel/mai.csv", &file(&right.replace('.', ",")));
        scene.run("source run pegel").ok();
        for (path, separator) in WAYS {
            let answer = get(&platform, path);
            assert!(answer.body.contains(&written(right, separator)), "{path} lacks {right}: {}", answer.body);
            assert!(!answer.body.contains(&written(wrong, separator)), "{path} still has {wrong}: {}", answer.body);
        }
        let page = get(&platform, "/datensaetze/pegel").body;
        let (_, map) = page.split_once("<svg class=\"map\"").expect("a map");
        let mark = format!("<title>Brücke: {} cm</title>", written(right, ','));
        assert!(map.replace('\u{202f}', " ").contains(&mark), "the map lacks {mark}: {map}");
        // The worksheet and the columns say the same as the CSV, read by others' programs.
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files.py");
        assert_eq!(output(python(), &[script, &format!("{}datensaetze/pegel", platform.url)], &scene.path("")).trim(), "48");
        tags.push(
            ["/catalog.ttl", "/datensaetze/pegel.ttl", "/changes.atom", "/datensaetze/pegel/daten.csv"]
                .map(|path| get(&platform, path).header("etag").expect("a tag").to_owned()),
        );
    }
    let same: Vec<_> = tags[0].iter().zip(&tags[1]).filter(|(before, after)| before == after).collect();
    assert_eq!(same, [], "who asks only for what is new gets the correction");
    assert!(get(&platform, "/datensaetze/pegel/changes.atom").body.contains("1 berichtigter Wert"));
}
