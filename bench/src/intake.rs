//! Many values by a file and by batches over HTTP, read, mapped and kept by the
//! real server, against the same bytes split, parsed as numbers and synced.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::history::Noise;
use crate::report::Row;
use crate::server::Server;

const STATIONS: usize = 1_000;
/// Values in a line.
const VALUES: usize = 3;
const START_S: i64 = 1_704_067_200;
const STEP_S: i64 = 300;
/// Instants in the file, each a line for every station.
const FILE_STEPS: i64 = 2_000;
/// Instants in a batch.
const BATCH_STEPS: i64 = 10;
const BATCHES: i64 = 60;
/// Programs that send at once, each to a source of its own.
const SENDERS: usize = 2;

/// From one binary: the rate of a file, and of batches.
pub(crate) fn measure(binary: &str) -> Result<Vec<Row>> {
    let server = Server::start_on_all(binary)?;
    let row = |row, ours: f64, reference: f64, goal, least| Row {
        row,
        ours,
        unit: "values/s",
        reference,
        ratio: ours / reference,
        goal,
        met: ours >= least,
    };
    let (text, values) = lines("file", 0, FILE_STEPS);
    let reference = bare(server.folder(), &text)?;
    let of_file = file(&server, binary, &text, values)?;
    drop(text);
    let of_batches = batches(&server, binary)?;
    Ok(vec![
        row("file import, CSV of three values a line", of_file, reference, "≥ 1 000 000 values/s", 1e6),
        row("batches over HTTP, 30 000 values in CSV", of_batches, reference, "≥ 300 000 values/s", 3e5),
    ])
}

/// A CSV with a line for every station at some instants, and how many values it holds.
fn lines(name: &str, from: i64, steps: i64) -> (String, usize) {
    let mut noise = Noise::begun(from.unsigned_abs() + 1);
    let mut text = String::from("station;zeit;no2;pm10;temperatur\n");
    for step in from..from + steps {
        let at = model::Instant::from_seconds(START_S + step * STEP_S);
        for station in 0..STATIONS {
            let _ = write!(text, "{name}-{station:04};{at}");
            for _ in 0..VALUES {
                let tenths = noise.below(600);
                let _ = write!(text, ";{}.{}", tenths / 10, tenths % 10);
            }
            text.push('\n');
        }
    }
    (text, usize::try_from(steps).unwrap_or(0) * STATIONS * VALUES)
}

fn definition(name: &str, transport: &str) -> String {
    format!(
        r#"[source]
name = "{name}"
version = 1
title = {{ de = "Messung" }}
{transport}

[format]
kind = "csv"
encoding = "utf-8"
delimiter = ";"

[time]
fields = ["zeit"]
patterns = ["YYYY-MM-DDThh:mm:ssZ"]
zone = "UTC"

[entity]
type = "AirQualityObserved"
id = "urn:ngsi-ld:AirQualityObserved:{{station}}"

[[attribute]]
name = "no2"
field = "no2"
[[attribute]]
name = "pm10"
field = "pm10"
[[attribute]]
name = "temperature"
field = "temperatur"
"#
    )
}

fn put_source(server: &Server, binary: &str, name: &str, transport: &str) -> Result<()> {
    let path = server.folder().join(format!("{name}.toml"));
    std::fs::write(&path, definition(name, transport))?;
    let path = path.to_str().context("the folder has a name in UTF-8")?;
    server.command(binary, &["source", "put", path, "--tenant", "bench"]).map(drop)
}

fn file(server: &Server, binary: &str, text: &str, values: usize) -> Result<f64> {
    put_source(server, binary, "file", "transport = \"file\"\npath = \"file.csv\"")?;
    let folder = server.folder().join("data/eingang");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("file.csv"), text)?;
    let watch = Instant::now();
    let said = server.command(binary, &["source", "run", "file", "--tenant", "bench"])?;
    let seconds = watch.elapsed().as_secs_f64();
    ensure!(said.contains(&values.to_string()), "all values are new: {said}");
    Ok(values as f64 / seconds)
}

fn batches(server: &Server, binary: &str) -> Result<f64> {
    let names: Vec<String> = (0..SENDERS).map(|sender| format!("push-{sender}")).collect();
    for name in &names {
        put_source(server, binary, name, "transport = \"push\"")?;
    }
    let bodies = |name: &String| (0..BATCHES).map(|batch| lines(name, batch * BATCH_STEPS, BATCH_STEPS)).collect::<Vec<_>>();
    let all: Vec<_> = names.iter().map(|name| (name, bodies(name))).collect();
    let watch = Instant::now();
    let sent = std::thread::scope(|scope| {
        let senders: Vec<_> = all.iter().map(|(name, bodies)| scope.spawn(|| send(server, name, bodies))).collect();
        senders.into_iter().map(|sender| sender.join().map_err(|_| anyhow::anyhow!("a sender fell over"))?).sum::<Result<usize>>()
    })?;
    Ok(sent as f64 / watch.elapsed().as_secs_f64())
}

/// One program: a batch after the other, each durable before the next is sent.
fn send(server: &Server, name: &str, bodies: &[(String, usize)]) -> Result<usize> {
    let mut sent = 0;
    for (body, values) in bodies {
        let (status, said) = server.request("POST", &format!("/api/v1/quellen/{name}/daten"), body)?;
        ensure!(status == 200 && said.contains(&format!("\"written\":{values}")), "all values are new: {status} {said}");
        sent += values;
    }
    Ok(sent)
}

/// The same lines split at separators, their numbers parsed, the bytes written and synced.
fn bare(folder: &Path, text: &str) -> Result<f64> {
    let watch = Instant::now();
    let (mut values, mut sum) = (0_u32, 0.0);
    for line in text.lines().skip(1) {
        for field in line.split(';').skip(2) {
            sum += field.parse::<f64>()?;
            values += 1;
        }
    }
    ensure!(std::hint::black_box(sum) > 0.0, "the lines hold numbers");
    let mut file = std::fs::File::create(folder.join("bare"))?;
    file.write_all(text.as_bytes())?;
    file.sync_data()?;
    Ok(f64::from(values) / watch.elapsed().as_secs_f64())
}
