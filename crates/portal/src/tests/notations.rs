//! R21: three temperatures of different unit, scale, number format, basis of
//! time and coordinate system, in one chart and one table.

use engine::Role;
use harmonise::{Definition, Input, Record, Rejected, Sink, SinkError};
use model::Entity;

use super::city::City;

/// Keeps what the definitions make of their files.
#[derive(Default)]
struct Kept(Vec<(u64, Entity)>);

impl Sink for Kept {
    fn accept(&mut self, record: Record) -> Result<(), SinkError> {
        self.0.extend(record.updates.into_iter().map(|update| (record.record, update)));
        Ok(())
    }

    fn reject(&mut self, rejected: Rejected) -> Result<(), SinkError> {
        panic!("refused: {rejected:?}");
    }
}

/// The city with the demo's three sources.
async fn city() -> City {
    let city = City::new().await;
    let access = city.engine.with_role(Role::Administrator);
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo");
    for (name, file) in [("celsius", "celsius.csv"), ("fahrenheit", "fahrenheit.json"), ("kelvin", "kelvin.txt")] {
        let source = format!("schreibweise-{name}");
        let text = std::fs::read_to_string(folder.join(format!("quellen/{source}.toml"))).expect("a definition");
        let definition = Definition::parse(&text).expect("valid");
        if let Some(dataset) = definition.dataset() {
            access.put_dataset(dataset).await.expect("declared");
        }
        let bytes = std::fs::read(folder.join(format!("daten/schreibweisen/{file}"))).expect("a file");
        let mut kept = Kept::default();
        harmonise::run(&definition, Input { name: file, reader: &mut bytes.as_slice() }, city.engine.now(), &mut kept).expect("read");
        access.put_source(&source, &text).await.expect("kept");
        let run = access.begin_run(&source, 1, file, [7; 32]).await.expect("begun");
        access.as_source(&source).expect("may").import(run, kept.0).await.expect("imported");
    }
    city
}

/// The cells of each row whose first cell begins with a text.
fn rows(body: &str, begin: &str) -> Vec<String> {
    let rows = body.split("<tr class=\"kern-table__row\">").skip(1).map(|row| row.split("</tr>").next().unwrap_or(""));
    let bare = |row: &str| {
        let mut text = String::new();
        let mut outside = true;
        for c in row.replace("</t", " </t").chars() {
            match c {
                '<' => outside = false,
                '>' => outside = true,
                _ if outside => text.push(c),
                _ => {}
            }
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    rows.map(bare).filter(|row| row.starts_with(begin)).collect()
}

#[tokio::test]
async fn three_sources_are_one_chart_and_the_time_can_be_switched() {
    let city = city().await;
    let page = city.get("/datensaetze/drei-schreibweisen").await;
    let body = page.expect(200);
    for line in ["Messstelle A (°C, Ortszeit)", "Messstelle B (°F, Weltzeit)", "Messstelle C (K, Winterzeit)"] {
        assert!(body.contains(line), "{line}");
    }
    assert!(body.contains("<option value=\"utc\">Weltzeit (UTC)</option>") && body.contains("Vorführdaten"));
    let utc = city.get("/datensaetze/drei-schreibweisen?uhr=utc").await;
    let utc = utc.expect(200);
    assert!(utc.contains("&#34;zone&#34;:&#34;UTC&#34;") || utc.contains("\"zone\":\"UTC\""), "the slider speaks UTC, too");
    assert!(utc.contains("<option value=\"utc\" selected>Weltzeit (UTC)</option>"));
    assert!(utc.contains("/datensaetze/drei-schreibweisen/tabelle?uhr=utc"));
}

#[tokio::test]
async fn both_hours_of_the_night_stand_in_the_table_with_their_flags() {
    let city = city().await;
    let night = "/datensaetze/drei-schreibweisen/tabelle?vor=2024-10-27T02:00:00Z";
    let local = city.get(night).await;
    let (summer, winter) = (rows(local.expect(200), "27.10.2024, 2:00 (Sommerzeit)"), rows(&local.body, "27.10.2024, 2:00 (Winterzeit)"));
    assert_eq!((summer.len(), winter.len()), (3, 3), "{summer:?} {winter:?}");
    assert!(summer.iter().all(|row| row.contains(" 10")) && winter.iter().all(|row| row.contains(" 9,3")), "{summer:?} {winter:?}");
    let flagged = |rows: &[String]| rows.iter().filter(|row| row.contains('*')).count();
    assert_eq!((flagged(&summer), flagged(&winter)), (1, 1), "only the first source doubts these hours");
    let utc = city.get(&format!("{night}&uhr=utc")).await;
    let utc = utc.expect(200);
    assert_eq!((rows(utc, "27.10.2024, 0:00").len(), rows(utc, "27.10.2024, 1:00").len()), (3, 3));
    assert!(utc.contains("Zeit (UTC)") && !utc.contains("Sommerzeit)"));
}
