//! Sources end to end, over the real engine in a temporary folder.

mod http;
mod poll;
mod replay;
mod run;
mod watch;

use std::path::Path;
use std::sync::Mutex;

use engine::{Access, Engine, Role, ScratchEngine};
use harmonise::Reason;
use model::{EntityId, Instant, Name};

use crate::{Config, Error, Ingest, Progress, RunReport};

/// Hourly values of stations; `temperature` from `TEMP`, decimal comma.
const WEATHER: &str = r#"
[source]
name = "wetter"
transport = "folder"
path = "wetter"
glob = "*.csv"

[format]
kind = "csv"
delimiter = ";"
decimal = ","

[time]
fields = ["Zeit"]
patterns = ["YYYY-MM-DD hh:mm"]
zone = "UTC"

[terms]
Station = "https://example.org/Station"
temperature = "https://example.org/temperature"
note = "https://example.org/note"

[entity]
type = "Station"
id = "urn:ngsi-ld:Station:{Ort}"

[[attribute]]
name = "temperature"
field = "TEMP"
as = "number"
unit = "°C"
quality = { max = 50 }
column = { label = { de = "Temperatur", en = "Temperature" }, class = "open" }

[dataset]
slug = "wetter"
title = { de = "Wetter", en = "Weather" }
summary = { de = "Wie warm ist es?", en = "How warm is it?" }
description = { de = "Stündlich.", en = "Hourly." }
publisher = { name = "Stadt Musterstadt" }
licence = "dl-by-de/2.0"
provenance = { de = "Eigene Messung", en = "Own measurement" }
published = true
"#;

const MAY: &str = "Ort;Zeit;TEMP\nnord;2026-05-01 10:00;11,5\nsued;2026-05-01 10:00;12,0\nnord;2026-05-01 11:00;13,25\n";

/// An engine, a folder with files, and ingest over both.
struct City {
    engine: ScratchEngine,
    folder: tempfile::TempDir,
    ingest: Ingest,
}

impl City {
    /// Before anything was put.
    fn empty() -> Self {
        let engine = Engine::scratch();
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = Config::at(folder.path());
        config.push_bytes_max = 4096;
        config.patience = std::time::Duration::ZERO;
        let near = web::outbound::Targets::with(&["127.0.0.1".into()]).expect("an address");
        config.outbound = web::Outbound::new(near, b"").expect("no authorities");
        let ingest = Ingest::new(Engine::clone(&engine), config);
        Self { engine, folder, ingest }
    }

    /// With the weather and its files.
    async fn with(files: &[(&str, &str)]) -> Self {
        let city = Self::empty();
        for (name, text) in files {
            city.write(name, text);
        }
        city.put(WEATHER).await;
        city
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join("wetter").join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("made");
        std::fs::write(path, text).expect("written");
    }

    async fn put(&self, definition: &str) -> u64 {
        self.ingest.put(&self.editor(), definition).await.expect("the definition is right").version
    }

    fn editor(&self) -> Access {
        self.engine.with_role(Role::Editor)
    }

    async fn run(&self) -> Result<RunReport, Error> {
        self.ingest.run(&self.editor(), "wetter", &|_| {}).await
    }

    /// The report, one line for each input.
    async fn run_text(&self) -> String {
        text(self.run().await)
    }

    /// The temperatures of a station over time.
    async fn temperatures(&self, station: &str) -> String {
        let question = model::SeriesQuery {
            entities: vec![station_id(station)],
            attributes: Some(vec![temperature()]),
            window: model::TimeWindow::ALL,
            time_property: model::time::TimeProperty::ObservedAt,
            limit: model::series::SeriesLimit::All,
            ..model::SeriesQuery::default()
        };
        let series = self.editor().series(question).await.expect("readable");
        series
            .iter()
            .map(|o| format!("{}={}", &o.time().to_string()[5..13], o.attribute.value.as_f64().unwrap_or(f64::NAN)))
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Lets time pass, and the planned looks happen.
    async fn pass(&self, seconds: i64) {
        self.engine.clock().advance_micros(seconds * 1_000_000);
        for look in self.ingest.tick().await {
            look.await.expect("a look does not panic");
        }
    }

    /// How the source does: when it is looked at next, in whole minutes, and what is wrong.
    fn standing(&self) -> String {
        let access = self.editor();
        let source = access.source("wetter", None).expect("it is there");
        let standing = self.ingest.standing(&access, &source).expect("readable");
        let due = standing.due_at.map_or("-".to_owned(), |due| ((due.micros() - self.engine.now().micros()) / 60_000_000).to_string());
        let notices: String = standing.drift.iter().map(|drift| format!("; {drift}")).collect();
        let silent = if standing.silent_since.is_some() { "; silent" } else { "" };
        match standing.trouble {
            Some(trouble) => format!("due {due}, failed {}: {trouble}{notices}{silent}", standing.failures),
            None => format!("due {due}{notices}{silent}"),
        }
    }

    /// What waits in quarantine.
    fn waiting(&self) -> String {
        let rows = self.editor().quarantined(Some("wetter"), 0, 100).expect("readable");
        rows.iter().map(|row| format!("run {} record {}: {}\n", row.item.run, row.item.record, Reason::read(&row.item.reason))).collect()
    }

    /// The states of all runs, oldest first.
    fn runs(&self) -> String {
        let mut runs = self.editor().runs(Some("wetter"), 100).expect("readable");
        runs.reverse();
        runs.iter().map(|run| format!("{} v{} {} {:?}", run.id, run.version, run.input, run.state)).collect::<Vec<_>>().join("; ")
    }
}

fn text(report: Result<RunReport, Error>) -> String {
    match report {
        Ok(report) => report.inputs.iter().map(|input| format!("{input}\n")).collect(),
        Err(error) => format!("{:?}: {error}\n", error.kind()),
    }
}

fn station_id(station: &str) -> EntityId {
    EntityId::parse(&format!("urn:ngsi-ld:Station:{station}")).expect("an id")
}

fn temperature() -> Name {
    Name::known("https://example.org/temperature")
}

fn at(text: &str) -> Instant {
    Instant::parse(text).expect("an instant")
}

/// Collects what is told on the way.
#[derive(Default)]
struct Heard(Mutex<Vec<Progress>>);

impl Heard {
    fn hear(&self, progress: &Progress) {
        self.0.lock().expect("nobody panics").push(progress.clone());
    }

    fn all(self) -> Vec<Progress> {
        self.0.into_inner().expect("nobody panics")
    }
}
