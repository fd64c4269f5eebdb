//! The past: observations of a thousand series loaded, kept and answered by
//! the engine in this process, and by DuckDB on the same files, by SQLite and
//! by VictoriaMetrics.

use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant as Watch;

use anyhow::{Context, Result, ensure};
use engine::{Access, Actor, BucketQuery, Config, Engine, Method, Period, Principal, Role};
use model::series::SeriesLimit;
use model::{
    Attribute, Entity, EntityId, Instant, Json, Name, Number, Query, SeriesQuery, SystemClock, TenantId, TimeWindow, UnitCode, Value,
};

use crate::report::Row;

const SERIES: u64 = 1_000;
/// So that a hundred million values of a thousand series span a year.
const STEP_S: i64 = 315;
const START_S: i64 = 1_735_689_600;
const DAY_S: i64 = 86_400;
/// As long inputs come.
const BATCH: usize = 64_000;

/// After so long without a change merging rests: longer than it waits for more.
const REST_S: u32 = 65;

/// Noise that is the same in every run.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn begun(seed: u64) -> Self {
        Self(seed.wrapping_mul(88_172_645_463_325_252) | 1)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

fn id(index: u64) -> EntityId {
    EntityId::parse(&format!("urn:ngsi-ld:AirQualityObserved:bench-{index:04}")).expect("an IRI")
}

fn no2() -> Name {
    Name::known("https://uri.etsi.org/ngsi-ld/default-context/no2")
}

fn record(id: &EntityId, step: i64, tenths: i64) -> Entity {
    let text = format!("{}.{}", tenths / 10, tenths % 10);
    let at = Instant::from_seconds(START_S + step * STEP_S);
    let mut attribute = Attribute::new(no2(), Value::Property(Json::Number(Number::parse(&text).expect("a number")))).observed(at);
    attribute.unit = Some(UnitCode::new("GQ"));
    let mut entity = Entity::new(id.clone(), Name::known("https://uri.etsi.org/ngsi-ld/default-context/AirQualityObserved"));
    entity.attributes.push(attribute);
    entity
}

struct Bench {
    runtime: tokio::runtime::Runtime,
    engine: Engine,
    access: Access,
}

fn tenant() -> TenantId {
    TenantId::parse("bench").expect("a valid name")
}

impl Bench {
    fn open(folder: &Path) -> Result<Self> {
        let engine = Engine::open(Config::at(folder), Arc::new(SystemClock))?;
        if engine.tenants().is_empty() {
            engine.create_tenant(&tenant())?;
        }
        let access = engine.access(&tenant(), Principal::new(Actor::Account("bench".into()), Role::Editor))?;
        Ok(Self { runtime: tokio::runtime::Runtime::new()?, engine, access })
    }

    fn load(&self, observations: u64) -> Result<f64> {
        let run = self.runtime.block_on(async {
            self.access.put_source("bench", "bench").await?;
            self.access.begin_run("bench", 1, "bench.csv", [0; 32]).await
        })?;
        let ids: Vec<EntityId> = (0..SERIES).map(id).collect();
        let mut noise = Noise::begun(1);
        let mut walks: Vec<i64> = ids.iter().map(|_| 100 + noise.below(300).cast_signed()).collect();
        let watch = Watch::now();
        let mut record_number = 0;
        let mut before: Option<tokio::task::JoinHandle<Result<()>>> = None;
        let steps = (observations / SERIES).cast_signed();
        let mut records = Vec::new();
        // What is made here stands in for mapping.
        for step in 0..steps {
            for (id, walk) in ids.iter().zip(&mut walks) {
                *walk = (*walk + noise.below(7).cast_signed() - 3).max(0);
                record_number += 1;
                records.push((record_number, record(id, step, *walk)));
            }
            if records.len() < BATCH && step + 1 < steps {
                continue;
            }
            let records = std::mem::take(&mut records);
            let access = self.access.clone();
            // As sources do it: prepared while the one before is written.
            let divided = self.runtime.block_on(self.access.divide(run, records))?;
            self.runtime.block_on(self.access.import(run, divided.plain))?;
            let next = self.runtime.spawn(async move {
                let loaded = access.load(divided.passing).await?;
                ensure!(loaded.plain.is_empty(), "all is loaded");
                Ok(())
            });
            if let Some(before) = before.replace(next) {
                self.runtime.block_on(before)??;
            }
        }
        if let Some(last) = before {
            self.runtime.block_on(last)??;
        }
        Ok(observations as f64 / watch.elapsed().as_secs_f64())
    }

    fn series(&self, index: u64, from_s: i64, length_s: i64, limit: SeriesLimit) -> Result<usize> {
        let window = TimeWindow { start: Instant::from_seconds(from_s), end: Instant::from_seconds(from_s + length_s) };
        let question = SeriesQuery { entities: vec![id(index)], attributes: Some(vec![no2()]), window, limit, ..SeriesQuery::default() };
        Ok(black_box(self.runtime.block_on(self.access.series(question))?).len())
    }

    fn hourly(&self, entities: Vec<EntityId>, from_s: i64, length_s: i64) -> Result<usize> {
        let window = TimeWindow { start: Instant::from_seconds(from_s), end: Instant::from_seconds(from_s + length_s) };
        let question =
            BucketQuery { methods: vec![Method::Avg], period: Period::parse("PT1H")?, ..BucketQuery::of(entities, vec![no2()], window) };
        Ok(black_box(self.runtime.block_on(self.access.buckets(question))?).iter().map(|one| one.buckets.len()).sum())
    }
}

/// The 95th percentile of calls, and what the last one found.
struct Spread {
    p95_ms: f64,
    found: usize,
}

fn spread(rounds: u64, mut call: impl FnMut(u64) -> Result<usize>) -> Result<Spread> {
    let mut times = Vec::new();
    let mut found = 0;
    for round in 0..rounds {
        let watch = Watch::now();
        found = call(round)?;
        times.push(watch.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(Spread { p95_ms: times[(times.len() * 95 / 100).min(times.len() - 1)], found })
}

/// Loads, waits until merging rests, asks, and asks the peers the same.
pub(crate) fn measure(folder: &Path, observations: u64) -> Result<Vec<Row>> {
    let bench = Bench::open(folder)?;
    let loaded = if bench.engine.health().tenants[0].entities == 0 { Some(bench.load(observations)?) } else { None };
    bench.engine.shutdown()?;
    drop(bench);
    let watch = Watch::now();
    let bench = Bench::open(folder)?;
    let start_s = watch.elapsed().as_secs_f64();
    bench.rest()?;
    let span_s = (observations / SERIES).cast_signed() * STEP_S;
    let day = |round: u64| bench.series(round * 13 % SERIES, START_S + (round.cast_signed() * 7 * DAY_S) % span_s, DAY_S, SeriesLimit::All);
    let year = |round: u64| bench.series(round * 17 % SERIES, START_S, span_s, SeriesLimit::All);
    let year_in_hours = |round: u64| bench.hourly(vec![id(round * 17 % SERIES)], START_S, span_s);
    let last = |round: u64| bench.series(round * 17 % SERIES, START_S, span_s, SeriesLimit::Last(10));
    let month_in_hours = |_| bench.hourly((0..SERIES).map(id).collect(), START_S, 30 * DAY_S);
    let latest = |_| Ok(black_box(bench.access.query(&Query { limit: 1_000, ..Query::default() })?.views).len());
    // Each segment is verified when it is first read.
    bench.hourly((0..SERIES).map(id).collect(), START_S, span_s)?;
    let asked = [
        ("one series, one day, p95", "day", spread(200, day)?, 10.0, "≤ 10 ms (DuckDB)"),
        ("one series, all of the year, p95", "year", spread(40, year)?, 100.0, "≤ 100 ms (DuckDB)"),
        ("one series, the year in hours, p95", "year", spread(40, year_in_hours)?, 100.0, "≤ 100 ms (DuckDB, raw)"),
        ("last 10 values of one series, p95", "year", spread(40, last)?, 10.0, "≤ 10 ms (DuckDB, all)"),
        ("1 000 series, a month in hours, p95", "hourly month of all", spread(5, month_in_hours)?, 600.0, "≤ 600 ms (DuckDB)"),
        ("latest of 1 000 series, p95", "latest of all", spread(20, latest)?, 5.0, "≤ 5 ms (DuckDB)"),
    ];
    let memory = memory_mb()?;
    ensure!(bench.engine.health().tenants[0].last_error.is_none(), "no error");
    let size = folder_size(folder)?;
    bench.engine.shutdown()?;
    drop(bench);
    let peers = peers(folder)?;
    let figure = |peer: &str, row: &str, of: &str| peers[peer][row][of].as_f64().or_else(|| peers[peer][row].as_f64()).unwrap_or(f64::NAN);
    let row = |row, unit, ours: f64, reference: f64, goal, met| Row { row, ours, unit, reference, ratio: ours / reference, goal, met };
    let mut rows = Vec::new();
    if let Some(rate) = loaded {
        let reference = figure("victoria-metrics", "loaded per s", "");
        rows.push(row("load, durable", "values/s", rate, reference, "≥ 1 000 000/s (VictoriaMetrics)", rate >= 1e6));
    }
    for (name, asked, spread, most_ms, goal) in asked {
        ensure!(spread.found > 0, "`{name}` finds something");
        rows.push(row(name, "ms", spread.p95_ms, figure("duckdb", asked, "p95"), goal, spread.p95_ms <= most_ms));
    }
    let each = size as f64 / observations as f64;
    rows.push(row(
        "on disk, all in",
        "bytes each",
        each,
        figure("victoria-metrics", "bytes each", ""),
        "≤ 4 (VictoriaMetrics)",
        each <= 4.0,
    ));
    rows.push(row("start", "s", start_s, f64::NAN, "≤ 5 s", start_s <= 5.0));
    rows.push(row("most memory, client and server as one", "MiB", memory, f64::NAN, "≤ 1 024", memory <= 1_024.0));
    writeln!(std::io::stdout().lock(), "{peers:#}")?;
    Ok(rows)
}

impl Bench {
    /// Waits until history is not written anew any more.
    fn rest(&self) -> Result<()> {
        let (mut before, mut quiet) = (0, 0);
        while quiet < REST_S {
            std::thread::sleep(std::time::Duration::from_secs(1));
            let health = &self.engine.health().tenants[0];
            ensure!(health.last_error.is_none(), "history is written");
            quiet = if health.segments == before { quiet + 1 } else { 0 };
            before = health.segments;
        }
        Ok(())
    }
}

/// The same in DuckDB, SQLite and VictoriaMetrics.
fn peers(folder: &Path) -> Result<serde_json::Value> {
    let python =
        std::env::var("ALLMENDE_PYTHON").context("ALLMENDE_PYTHON names a Python with `duckdb`; `make bench-history` makes one")?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("history_peers.py");
    let output = std::process::Command::new(python).arg(script).arg(folder).stderr(std::process::Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the peers were measured");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// What this process took most.
fn memory_mb() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status").context("the memory cannot be read")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("the memory is told")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<f64>()? / 1024.0)
}

fn folder_size(folder: &Path) -> Result<u64> {
    let mut size = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        size += if entry.file_type()?.is_dir() { folder_size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(size)
}
