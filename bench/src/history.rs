//! The past: observations of a thousand series loaded, kept and answered by
//! the engine in this process.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant as Watch;

use anyhow::{Context, Result, ensure};
use engine::{Access, Actor, BucketQuery, Config, Engine, Method, Period, Principal, Role};
use model::series::SeriesLimit;
use model::{
    Attribute, Entity, EntityId, Instant, Json, Name, Number, Query, SeriesQuery, SystemClock, TenantId, TimeWindow, UnitCode, Value,
};

const SERIES: u64 = 1_000;
/// So that a hundred million values of a thousand series span a year.
const STEP_S: i64 = 315;
const START_S: i64 = 1_735_689_600;
const DAY_S: i64 = 86_400;

/// Noise that is the same in every run.
struct Noise(u64);

impl Noise {
    fn below(&mut self, limit: u64) -> u64 {
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
        let mut noise = Noise(88_172_645_463_325_252);
        let mut walks: Vec<i64> = ids.iter().map(|_| 100 + noise.below(300).cast_signed()).collect();
        let watch = Watch::now();
        let mut record_number = 0;
        let mut before: Option<tokio::task::JoinHandle<_>> = None;
        let steps = (observations / SERIES).cast_signed();
        let mut records = Vec::new();
        for step in 0..steps {
            for (id, walk) in ids.iter().zip(&mut walks) {
                *walk = (*walk + noise.below(7).cast_signed() - 3).max(0);
                record_number += 1;
                records.push((record_number, record(id, step, *walk)));
            }
            if records.len() < 100_000 && step + 1 < steps {
                continue;
            }
            let records = std::mem::take(&mut records);
            let access = self.access.clone();
            let next = self.runtime.spawn(async move { access.load(run, records).await });
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

fn spread(rounds: u64, mut call: impl FnMut(u64) -> Result<usize>) -> Result<String> {
    let mut times = Vec::new();
    let mut count = 0;
    for round in 0..rounds {
        let watch = Watch::now();
        count = call(round)?;
        times.push(watch.elapsed());
    }
    times.sort();
    let p95 = times[(times.len() * 95 / 100).min(times.len() - 1)];
    Ok(format!("median {:.2?}, p95 {p95:.2?}, {count} found", times[times.len() / 2]))
}

pub(crate) fn measure(folder: &Path, observations: u64) -> Result<()> {
    let bench = Bench::open(folder)?;
    if bench.engine.health().tenants[0].entities == 0 {
        let rate = bench.load(observations)?;
        eprintln!("import: {rate:.0} observations/s");
    }
    let watch = Watch::now();
    bench.engine.shutdown()?;
    drop(bench);
    eprintln!("shutdown: {:.2?}", watch.elapsed());
    let watch = Watch::now();
    let bench = Bench::open(folder)?;
    eprintln!("start: {:.2?}", watch.elapsed());
    let health = bench.engine.health();
    eprintln!("{} segments, tail {}", health.tenants[0].segments, health.tenants[0].tail);
    let watch = Watch::now();
    let (mut before, mut quiet) = (0, 0);
    while quiet < 3 {
        std::thread::sleep(std::time::Duration::from_secs(1));
        let now = bench.engine.health().tenants[0].segments;
        quiet = if now == before { quiet + 1 } else { 0 };
        if now != before {
            eprintln!("{:.0?} {now} segments", watch.elapsed());
        }
        before = now;
    }
    let span_s = (observations / SERIES).cast_signed() * STEP_S;
    let day = |round: u64| bench.series(round * 13 % SERIES, START_S + (round.cast_signed() * 7 * DAY_S) % span_s, DAY_S, SeriesLimit::All);
    eprintln!("one series x one day, first: {}", spread(1, day)?);
    eprintln!("one series x one day: {}", spread(200, day)?);
    eprintln!("one series x a year: {}", spread(10, |round| bench.series(round * 17 % SERIES, START_S, span_s, SeriesLimit::All))?);
    eprintln!("one series x a year, hourly: {}", spread(10, |round| bench.hourly(vec![id(round * 17 % SERIES)], START_S, span_s))?);
    eprintln!("last 10 of one series: {}", spread(20, |round| bench.series(round * 17 % SERIES, START_S, span_s, SeriesLimit::Last(10)))?);
    eprintln!("hourly means of all series x a month: {}", spread(3, |_| bench.hourly((0..SERIES).map(id).collect(), START_S, 30 * DAY_S))?);
    let latest = Query { limit: 1_000, ..Query::default() };
    eprintln!("latest of all series: {}", spread(20, |_| Ok(black_box(bench.access.query(&latest)?.views).len()))?);
    let size: u64 = folder_size(folder)?;
    eprintln!("on disk: {size} bytes, {:.2} per observation", size as f64 / observations as f64);
    let status = std::fs::read_to_string("/proc/self/status").context("the memory cannot be read")?;
    for line in status.lines().filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS")) {
        eprintln!("{line}");
    }
    ensure!(bench.engine.health().tenants[0].last_error.is_none(), "no error");
    Ok(())
}

fn folder_size(folder: &Path) -> Result<u64> {
    let mut size = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        size += if entry.file_type()?.is_dir() { folder_size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(size)
}
