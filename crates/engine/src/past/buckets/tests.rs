//! Buckets against a plain loop over the values, gaps and bounds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use model::{Instant, Iri, Name, NumberSeries, SeriesKey, TimeWindow};
use proptest::prelude::*;

use super::*;
use crate::access::Waiting;

fn series(values: &[(i64, f64)]) -> NumberSeries {
    let key = SeriesKey { entity: Iri::parse("urn:x:1").expect("valid"), attribute: Name::known("https://example.org/no2"), dataset: None };
    NumberSeries { key, times: values.iter().map(|(time, _)| *time).collect(), values: values.iter().map(|(_, value)| *value).collect() }
}

fn at(text: &str) -> i64 {
    Instant::parse(text).expect("valid").micros()
}

fn window(start: &str, end: &str) -> TimeWindow {
    TimeWindow { start: Instant::from_micros(at(start)), end: Instant::from_micros(at(end)) }
}

fn question(period: Period, zone: &str, methods: &[Method]) -> BucketQuery {
    BucketQuery { period, zone: zone.into(), methods: methods.to_vec(), ..BucketQuery::of(Vec::new(), Vec::new(), TimeWindow::ALL) }
}

fn cut(question: &BucketQuery, values: &[(i64, f64)]) -> Result<Vec<Bucket>, Error> {
    let caller = Arc::new(());
    let waiting = Waiting::of(&caller);
    Ok(Cutter::new(question, &waiting)?.numbers(&[series(values)], Rollups::new())?.remove(0).buckets)
}

/// The start of the period around a time, by the calendar's own functions.
fn plain_start(period: Period, at: i64, zone: &TimeZone) -> i64 {
    let local: Zoned = Timestamp::from_microsecond(at).expect("in range").to_zoned(zone.clone());
    let day = local.start_of_day().expect("there");
    let start = match period {
        // All zones of this test are whole hours off.
        Period::HOUR => return at.div_euclid(3_600_000_000) * 3_600_000_000,
        Period::DAY => day,
        Period::WEEK => {
            let monday = day.date().checked_sub(i32::from(day.weekday().since(Weekday::Monday)).days()).expect("there");
            monday.to_zoned(zone.clone()).expect("there")
        }
        Period::MONTH => day.date().first_of_month().to_zoned(zone.clone()).expect("there"),
        _ => day.date().first_of_year().to_zoned(zone.clone()).expect("there"),
    };
    start.timestamp().as_microsecond()
}

#[expect(clippy::cast_precision_loss, reason = "a few values")]
fn plain(method: Method, values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let sum: f64 = values.iter().sum();
    let mean = sum / count;
    match method {
        Method::TotalCount => count,
        Method::DistinctCount => values.iter().map(|v| (v + 0.0).to_bits()).collect::<BTreeSet<_>>().len() as f64,
        Method::Sum => sum,
        Method::Avg => mean,
        Method::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
        Method::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Method::StdDev => (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count).sqrt(),
        Method::SumSq => values.iter().map(|v| v * v).sum(),
    }
}

const PERIODS: [Period; 5] = [Period::HOUR, Period::DAY, Period::WEEK, Period::MONTH, Period::YEAR];

proptest! {
    #[test]
    fn buckets_are_what_a_plain_loop_finds(
        period in prop::sample::select(&PERIODS[..]),
        zone in prop::sample::select(&["UTC", "Europe/Berlin", "America/New_York"][..]),
        values in prop::collection::btree_map(0_i64..40_000, prop_oneof![-1e6..1e6, (-3_i8..3).prop_map(f64::from)], 1..200),
    ) {
        // Half-hour steps over more than two years, changes of the clock included.
        let origin = at("2023-09-01T00:00:00Z");
        let values: Vec<(i64, f64)> = values.into_iter().map(|(step, value)| (origin + step * 1_800_000_000, value)).collect();
        let found = cut(&question(period, zone, &Method::ALL), &values).expect("cut");
        let tz = TimeZone::get(zone).expect("known");
        let mut expected: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
        for (time, value) in &values {
            expected.entry(plain_start(period, *time, &tz)).or_default().push(*value);
        }
        prop_assert_eq!(found.iter().map(|b| b.start.micros()).collect::<Vec<_>>(), expected.keys().copied().collect::<Vec<_>>());
        for (bucket, values) in found.iter().zip(expected.values()) {
            for (index, method) in Method::ALL.into_iter().enumerate() {
                let (got, wanted) = (bucket.number(index).expect("a number"), plain(method, values));
                let scale = values.iter().fold(1.0, |most: f64, value| most.max(value.abs()));
                let tolerance = 1e-9 * if method == Method::SumSq { scale * scale } else { scale };
                prop_assert!((got - wanted).abs() <= tolerance, "{:?}: {} instead of {}", method, got, wanted);
            }
        }
    }

    /// With gaps marked, the window is covered without hole, and what is no gap is what was there before.
    #[test]
    fn marked_gaps_fill_the_window(
        values in prop::collection::btree_map(0_i64..100_000, -9.0..9.0, 1..40),
        period in prop::sample::select(&[Period::DAY, Period::WEEK, Period::MONTH][..]),
        previous in any::<bool>(),
    ) {
        let (start, end) = ("2024-01-10T05:00:00Z", "2024-12-24T17:00:00Z");
        let values: Vec<(i64, f64)> = values
            .into_iter()
            .map(|(share, value)| (at(start) + (at(end) - at(start)) / 100_000 * share, value))
            .collect();
        let plain = BucketQuery { window: window(start, end), ..question(period, "Europe/Berlin", &[Method::Avg, Method::TotalCount, Method::Sum]) };
        let filled = BucketQuery { gaps: if previous { Gaps::Previous } else { Gaps::Mark }, ..plain.clone() };
        let (known, all) = (cut(&plain, &values).expect("cut"), cut(&filled, &values).expect("cut"));
        prop_assert_eq!(&all.iter().filter(|b| !b.is_gap).cloned().collect::<Vec<_>>(), &known);
        prop_assert!(all[0].start.micros() <= at(start) && at(start) < all[0].end.micros());
        let last = all.last().expect("some");
        prop_assert!(last.start.micros() < at(end) && at(end) <= last.end.micros());
        prop_assert!(all.windows(2).all(|pair| pair[0].end == pair[1].start));
        let mut carried = None;
        for bucket in &all {
            if bucket.is_gap {
                prop_assert_eq!(bucket.number(0), carried.filter(|_| previous));
                prop_assert_eq!((bucket.number(1), bucket.number(2)), (Some(0.0), None));
            } else {
                carried = bucket.number(0);
            }
        }
    }
}

#[test]
fn an_open_window_ends_with_the_values() {
    let values = [(at("2026-01-01T00:00:00Z"), 1.0), (at("2026-01-03T00:00:00Z"), 2.0)];
    let marked = BucketQuery { gaps: Gaps::Mark, ..question(Period::DAY, "UTC", &[Method::Sum]) };
    let found = cut(&marked, &values).expect("cut");
    assert_eq!(found.iter().map(|b| b.number(0)).collect::<Vec<_>>(), [Some(1.0), None, Some(2.0)]);
}

#[test]
fn one_period_may_be_everything() {
    let values = [(at("1970-01-01T00:00:00Z"), 1.0), (at("9999-12-31T23:59:59Z"), 2.0)];
    let found = cut(&question(Period::WHOLE, "UTC", &[Method::Sum]), &values).expect("cut");
    assert_eq!((found.len(), found[0].number(0), found[0].start, found[0].end), (1, Some(3.0), Instant::MIN, Instant::MAX));
}

#[test]
fn the_ends_of_time_are_bounded() {
    let values = [(at("1970-01-01T00:00:00Z"), 1.0), (Instant::MAX.micros(), 2.0)];
    for period in PERIODS {
        let found = cut(&question(period, "Europe/Berlin", &[Method::Sum]), &values).expect("cut");
        assert_eq!(found.len(), 2, "{period}");
    }
    let marked = |period, window| BucketQuery { gaps: Gaps::Mark, window, ..question(period, "UTC", &[Method::Sum]) };
    for window in [TimeWindow::ALL, window("0000-01-01T00:00:00Z", "9999-12-31T00:00:00Z")] {
        let error = cut(&marked(Period::HOUR, window), &values).expect_err("too many periods");
        assert_eq!(error.kind(), Kind::TooLarge);
        assert!(error.to_string().contains("PT3600S") && error.to_string().contains("100000"), "{error}");
    }
    assert_eq!(cut(&marked(Period::YEAR, TimeWindow::ALL), &values).expect("cut").len(), 9999 - 1970 + 1);
}

#[test]
fn nobody_waits_nothing_is_cut() {
    let waiting = Waiting::of(&Arc::new(()));
    let question = question(Period::DAY, "UTC", &[Method::Sum]);
    let cutter = Cutter::new(&question, &waiting).expect("valid");
    assert_eq!(cutter.numbers(&[series(&[(0, 1.0)])], Rollups::new()).expect_err("given up").kind(), Kind::Unavailable);
}
