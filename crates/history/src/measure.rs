//! Measurements, run by hand in release:
//! `cargo test --release -p history measure -- --ignored --nocapture`.
//! Nothing is asserted about times. The files stay in the temporary folder
//! `allmende-history-*`, so that other Parquet readers can be tried on them.

use std::path::PathBuf;
use std::time::{Duration, Instant as Watch};

use model::series::SeriesLimit;
use model::time::TimeProperty;
use model::{
    Attribute, Class, Fact, Instant, Iri, Json, Name, Number, Observation, Origin, Removals, Segment, SeriesQuery, TimeWindow, UnitCode,
    Value,
};

use crate::History;
use crate::tests::by_series;

const DAY_S: i64 = 86_400;
const START_S: i64 = 1_700_006_400;

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

struct Plan {
    series: u64,
    values: i64,
    /// Values of each series in one seal.
    values_per_seal: i64,
    step_s: i64,
    digits: usize,
}

fn entity(index: u64) -> Iri {
    Iri::parse(&format!("urn:ngsi-ld:AirQualityObserved:musterstadt-{index:04}")).expect("an IRI")
}

fn reading(index: u64, step: i64, tenths: i64, plan: &Plan, jitter_us: i64) -> Observation {
    let text = format!("{:.digits$}", tenths as f64 / 10f64.powi(i32::try_from(plan.digits).expect("few digits")), digits = plan.digits);
    let at = Instant::from_seconds(START_S + step * plan.step_s);
    // One commit per step, recorded a little after it: batches as they come.
    let recorded_at = at.plus_micros(350_000 + jitter_us);
    let value = Value::Property(Json::Number(Number::parse(&text).expect("a number")));
    let mut attribute = Attribute::new(Name::known("https://uri.etsi.org/ngsi-ld/default-context/no2"), value).observed(at);
    attribute.unit = Some(UnitCode::new("GQ"));
    attribute.created_at = recorded_at;
    attribute.modified_at = recorded_at;
    let origin = Some(Origin { run: 7, record: step.cast_unsigned() * plan.series + index + 1 });
    Observation {
        entity: entity(index),
        attribute,
        fact: Fact::Value,
        class: Class::Open,
        seq: step.cast_unsigned() + 1,
        recorded_at,
        origin,
    }
}

fn fill(history: &History, plan: &Plan) -> (Vec<Segment>, Duration) {
    let mut segments = Vec::new();
    let mut spent = Duration::ZERO;
    let mut noise = Noise(88_172_645_463_325_252);
    let mut walks: Vec<i64> = (0..plan.series).map(|_| 100 + noise.below(300).cast_signed()).collect();
    for start in (0..plan.values).step_by(usize::try_from(plan.values_per_seal).expect("positive")) {
        let mut rows = Vec::new();
        for step in start..(start + plan.values_per_seal).min(plan.values) {
            let jitter_us = noise.below(200_000).cast_signed();
            for (index, walk) in (0..).zip(&mut walks) {
                *walk += noise.below(7).cast_signed() - 3;
                rows.push(reading(index, step, *walk, plan, jitter_us));
            }
        }
        let series = by_series(rows);
        let watch = Watch::now();
        segments.extend(history.write(&history.plan(series.iter().map(Vec::as_slice))).expect("written"));
        spent += watch.elapsed();
    }
    (segments, spent)
}

fn question(entities: impl Iterator<Item = u64>, from_s: i64, length_s: i64) -> SeriesQuery {
    let window = TimeWindow { start: Instant::from_seconds(from_s), end: Instant::from_seconds(from_s + length_s) };
    let entities = entities.map(entity).collect();
    SeriesQuery {
        entities,
        attributes: None,
        window,
        time_property: TimeProperty::ObservedAt,
        limit: SeriesLimit::All,
        ..SeriesQuery::default()
    }
}

/// Median and 95th percentile of calls.
fn spread(mut call: impl FnMut(u64)) -> String {
    let mut times: Vec<Duration> = (0..60)
        .map(|round| {
            let watch = Watch::now();
            call(round);
            watch.elapsed()
        })
        .collect();
    times.sort();
    format!("median {:.2?}, p95 {:.2?}, most {:.2?}", times[30], times[57], times[59])
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("allmende-history-{name}"));
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("emptied");
    }
    folder
}

fn report(name: &str, plan: &Plan) -> (History, Vec<Segment>) {
    let history = History::open(&folder(name)).expect("opened");
    let (segments, spent) = fill(&history, plan);
    let rows: u64 = segments.iter().map(|segment| segment.rows).sum();
    let size_bytes: u64 = segments.iter().map(|segment| segment.size_bytes).sum();
    eprintln!(
        "{name}: {rows} rows in {} segments, {:.3} B/row, sealed at {:.2} M rows/s",
        segments.len(),
        size_bytes as f64 / rows as f64,
        rows as f64 / spent.as_secs_f64() / 1e6
    );
    columns(&segments[0], name);
    (history, segments)
}

/// Bytes per row of each column.
fn columns(segment: &Segment, name: &str) {
    let path = std::env::temp_dir().join(format!("allmende-history-{name}")).join(&segment.object);
    let file = std::fs::File::open(path).expect("opened");
    let footer = parquet::file::metadata::ParquetMetaDataReader::new().parse_and_finish(&file).expect("a footer");
    let mut sizes: Vec<(f64, String)> = Vec::new();
    for column in 0..footer.file_metadata().schema_descr().num_columns() {
        let bytes: i64 = footer.row_groups().iter().map(|group| group.column(column).compressed_size()).sum();
        sizes.push((bytes as f64 / segment.rows as f64, footer.file_metadata().schema_descr().column(column).name().to_owned()));
    }
    let in_columns: f64 = sizes.iter().map(|(size, _)| size).sum();
    sizes.sort_by(|a, b| b.0.total_cmp(&a.0));
    let largest: Vec<String> = sizes.iter().take(9).map(|(size, name)| format!("{name} {size:.3}")).collect();
    eprintln!("  {}; footer {:.3}", largest.join(", "), segment.size_bytes as f64 / segment.rows as f64 - in_columns);
}

#[test]
#[ignore = "a measurement, run by hand in release"]
fn measure() {
    let plan = Plan { series: 1000, values: 10_000, values_per_seal: 1_000, step_s: 60, digits: 1 };
    let (history, segments) = report("minutes", &plan);
    let day = |round: u64| question(std::iter::once(round * 13 % 1000), START_S + DAY_S * 3, DAY_S);
    let fresh = History::open(&std::env::temp_dir().join("allmende-history-minutes")).expect("opened");
    let watch = Watch::now();
    let found = fresh.observations(&day(1), &segments, &Removals::default()).expect("read").len();
    eprintln!("  one series x one day, first read with verification: {:.2?}, {found} values", watch.elapsed());
    eprintln!(
        "  one series x one day, observations: {}",
        spread(|round| drop(history.observations(&day(round), &segments, &Removals::default()).expect("read")))
    );
    eprintln!(
        "  one series x one day, numbers: {}",
        spread(|round| drop(history.number_series(&day(round), &segments, &Removals::default()).expect("read")))
    );
    let watch = Watch::now();
    let everything = history.number_series(&question(0..1000, START_S, DAY_S * 7), &segments, &Removals::default()).expect("read");
    let values: usize = everything.iter().map(|series| series.times.len()).sum();
    let sum: f64 = everything.iter().flat_map(|series| &series.values).sum();
    eprintln!("  numbers of 1000 series x 10 000: {:.2?}, {values} values, sum {sum:.1}", watch.elapsed());
    let watch = Watch::now();
    let known = history.series(&segments).expect("read").len();
    eprintln!("  which series: {:.2?}, {known} series", watch.elapsed());
    for segment in &segments {
        history.verify(segment).expect("sound");
    }

    let plan = Plan { series: 10, values: 525_600, values_per_seal: 100_000, step_s: 60, digits: 1 };
    let (history, segments) = report("year", &plan);
    let year = |round: u64| question(std::iter::once(round % 10), START_S, DAY_S * 365);
    eprintln!(
        "  one series x one year, numbers: {}",
        spread(|round| drop(history.number_series(&year(round), &segments, &Removals::default()).expect("read")))
    );
    let watch = Watch::now();
    let found = history.observations(&year(3), &segments, &Removals::default()).expect("read").len();
    eprintln!("  one series x one year, observations: {:.2?}, {found} values", watch.elapsed());

    let plan = Plan { series: 1000, values: 500, values_per_seal: 500, step_s: 1, digits: 3 };
    report("seconds", &plan);
}
