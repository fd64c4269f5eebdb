//! What roll-ups take on the disk, and what making them takes.

use std::time::Instant as Watch;

use model::{Instant, Rollup};

use super::super::{instant, no2, station};
use super::{admin, pass, rule, told};
use crate::{Engine, Method, Period, ScratchEngine};

/// Bytes in segments.
fn size_bytes(engine: &ScratchEngine) -> u64 {
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    tenant.shared.store.segments().expect("read").0.iter().map(|segment| segment.size_bytes).sum()
}

/// The k-th value of a sensor that drifts and rounds to a decimal.
fn value(series: usize, k: i64) -> String {
    let (k, series) = (k as f64, series as f64);
    format!("{:.1}", 20.0 + 8.0 * (k / 230.0 + series).sin() + 1.5 * (k / 7.0).sin() + ((k * 12.9898 + series).sin() * 43_758.545).fract())
}

#[tokio::test]
#[ignore = "a measurement, run by hand in release"]
async fn measure() {
    for (length, step_s, jitter_s) in
        [(Rollup::Hour, 60, 0), (Rollup::Hour, 600, 0), (Rollup::Day, 600, 0), (Rollup::Day, 900, 0), (Rollup::Hour, 60, 7)]
    {
        let engine = Engine::scratch();
        let (first, series, days) = (instant("2026-03-01T00:00:00Z"), 6, 30);
        let count = days * 86_400 / step_s;
        for number in 0..series {
            let at =
                |k: i64| Instant::from_micros(first.micros() + (k * step_s + if jitter_s > 0 { k * k % jitter_s } else { 0 }) * 1_000_000);
            let record = |k| {
                (
                    1,
                    station(if number == 0 { "a".to_owned() } else { number.to_string() }.as_str())
                        .with(no2(&value(number, k), &at(k).to_string())),
                )
            };
            crate::tests::load::load(&admin(&engine), 1, (0..count).map(record).collect()).await.expect("loaded");
        }
        admin(&engine).put_dataset(rule("P5D", length, None)).await.expect("declared");
        let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
        tenant.shared.past.seal(&tenant.shared.state).expect("sealed");
        while tenant.shared.past.compact(2, &std::sync::atomic::AtomicBool::new(false)).expect("compacted") {}
        let (before, watch) = (size_bytes(&engine), Watch::now());
        pass(&engine).await;
        let took = watch.elapsed();
        while !admin(&engine).finish_removals().await.expect("done") {}
        let (after, watch) = (size_bytes(&engine), Watch::now());
        let values = (count as usize * series) as f64;
        let months = told(&engine, Period::MONTH, &[Method::Avg]).await;
        eprintln!(
            "{length:?}, a value each {step_s} s (jitter {jitter_s} s): {:.2} B a value, then {:.3} B a value, {took:.2?} for {values} values; a month's mean {:.2?} {months:?}",
            before as f64 / values,
            after as f64 / values,
            watch.elapsed()
        );
    }
}
