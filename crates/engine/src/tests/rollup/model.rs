//! Random writes, corrections, removals, rules, passes, seals, merges and
//! restarts, and all aggregates against a plain list.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::dataset::{Keep, KeptRollup, Retention, RetentionOf};
use model::{Attribute, Dataset, EntityId, Instant, RemovedSeries, Rollup, SeriesKey, TimeWindow};
use proptest::prelude::*;

use super::super::{dataset, id, name, number, station};
use super::admin;
use crate::{BucketQuery, Engine, Method, Period, ScratchEngine};

/// Half hours that are looked at, over a change of the clock.
const SLOTS: u16 = 6 * 48;

#[derive(Debug, Clone)]
enum Step {
    Import { entity: u8, slot: u16, value: i8 },
    Fill { entity: u8, slot: u16, count: u16 },
    Correct { entity: u8, slot: u16, value: i8 },
    Retract { entity: u8, slot: u16 },
    Remove { entity: u8, from: u16, count: u16 },
    Pass { day: u8, length: Rollup, deleted: Option<u8> },
    Seal,
    Compact,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let length = prop::sample::select(&Rollup::ALL[..]);
    prop_oneof![
        6 => (0..2_u8, 0..SLOTS, -3..4_i8).prop_map(|(entity, slot, value)| Step::Import { entity, slot, value }),
        4 => (0..2_u8, 0..SLOTS, 1..96_u16).prop_map(|(entity, slot, count)| Step::Fill { entity, slot, count }),
        2 => (0..2_u8, 0..SLOTS, -3..4_i8).prop_map(|(entity, slot, value)| Step::Correct { entity, slot, value }),
        2 => (0..2_u8, 0..SLOTS).prop_map(|(entity, slot)| Step::Retract { entity, slot }),
        1 => (0..2_u8, 0..SLOTS, 1..60_u16).prop_map(|(entity, from, count)| Step::Remove { entity, from, count }),
        5 => (1..7_u8, length, prop::option::weighted(0.3, 0..6_u8)).prop_map(|(day, length, deleted)| Step::Pass { day, length, deleted }),
        2 => Just(Step::Seal),
        2 => Just(Step::Compact),
        1 => Just(Step::Restart),
    ]
}

fn at(slot: u16) -> Instant {
    Instant::parse("2026-03-26T23:10:00Z").expect("an instant").plus_micros(i64::from(slot) * 1_800_000_000)
}

/// Midnights in Germany; the clock is put forward on the third day.
fn day(number: u8) -> Instant {
    let hours = i64::from(number) * 24 - i64::from(number > 2);
    Instant::parse("2026-03-26T23:00:00Z").expect("an instant").plus_micros(hours * 3_600_000_000)
}

fn start(period: &str, at: Instant) -> i64 {
    let local = Timestamp::from_microsecond(at.micros()).expect("in range").to_zoned(TimeZone::get("Europe/Berlin").expect("known"));
    match period {
        "PT15M" => at.micros().div_euclid(900_000_000) * 900_000_000,
        "PT1H" => at.micros().div_euclid(3_600_000_000) * 3_600_000_000,
        "P1D" => local.start_of_day().expect("there").timestamp().as_microsecond(),
        _ => local.first_of_month().expect("there").start_of_day().expect("there").timestamp().as_microsecond(),
    }
}

type Values = BTreeMap<Instant, f64>;

#[derive(Default)]
struct Series {
    current: Option<(Instant, f64)>,
    raw: Values,
    rolled: BTreeMap<(Rollup, i64), Values>,
}

impl Series {
    fn is_rolled(&self, at: Instant) -> bool {
        self.rolled.values().any(|values| values.contains_key(&at))
    }

    fn import(&mut self, at: Instant, value: f64) {
        if self.current.is_none_or(|(seen, _)| at >= seen) {
            if self.current != Some((at, value)) {
                self.raw.insert(at, value);
            }
            self.current = Some((at, value));
        } else {
            self.raw.insert(at, value);
        }
    }

    fn pass(&mut self, until: Instant, length: Rollup, from: Instant) {
        for (at, value) in std::mem::take(&mut self.raw) {
            if at >= until {
                self.raw.insert(at, value);
            } else if at >= from && !self.is_rolled(at) {
                self.rolled.entry((length, start(length.word(), at))).or_default().insert(at, value);
            }
        }
        self.rolled.retain(|(_, start), _| *start >= from.micros());
        self.current = self.current.filter(|(at, _)| *at >= until);
    }

    /// What a period is told to come to: a figure for each method.
    fn figures(&self, inside: &dyn Fn(Instant) -> bool) -> Vec<Option<f64>> {
        let (mut total, mut known, mut distinct) = (0, true, true);
        let mut values: Vec<f64> =
            self.raw.iter().filter(|(at, _)| inside(**at) && !self.is_rolled(**at)).map(|(_, value)| *value).collect();
        total += values.len();
        for rolled in self.rolled.values() {
            let count = rolled.keys().filter(|at| inside(**at)).count();
            total += count;
            known &= count == 0 || count == rolled.len();
            if count > 0 {
                distinct &= rolled.values().all(|value| Some(value) == rolled.values().next());
                values.extend(rolled.values());
            }
        }
        let count = values.len() as f64;
        let sum: f64 = values.iter().sum();
        let mean = sum / count;
        let figure = |method: &Method| match method {
            Method::TotalCount => Some(total as f64),
            _ if !known => None,
            Method::DistinctCount => {
                distinct.then(|| values.iter().map(|value| (value + 0.0).to_bits()).collect::<BTreeSet<_>>().len() as f64)
            }
            Method::Sum => Some(sum),
            Method::Avg => Some(mean),
            Method::Min => values.iter().copied().reduce(f64::min),
            Method::Max => values.iter().copied().reduce(f64::max),
            Method::StdDev => Some((values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt()),
            Method::SumSq => Some(values.iter().map(|value| value * value).sum()),
        };
        Method::ALL.iter().map(figure).collect()
    }
}

type Plain = BTreeMap<EntityId, Series>;

async fn take(engine: ScratchEngine, plain: &mut Plain, step: Step) -> ScratchEngine {
    let access = admin(&engine);
    let attribute = |slot: u16, value: i8| Attribute::new(name("no2"), number(&value.to_string())).observed(at(slot));
    let of = |entity: u8| id(&entity.to_string());
    let instance = |entity: u8, slot: u16| SeriesKey { entity: of(entity), attribute: name("no2"), dataset: None }.instance_id(at(slot));
    match step {
        Step::Import { entity, slot, value } => {
            access.import(1, vec![(1, station(&entity.to_string()).with(attribute(slot, value)))]).await.expect("imported");
            plain.entry(of(entity)).or_default().import(at(slot), f64::from(value));
        }
        Step::Fill { entity, slot, count } => {
            let slots = || slot..(slot + count).min(SLOTS);
            let value = |slot: u16| (slot % 7) as i8;
            let record = |slot| (u64::from(slot) + 1, station(&entity.to_string()).with(attribute(slot, value(slot))));
            crate::tests::load::load(&access, 1, slots().map(record).collect()).await.expect("loaded");
            let series = plain.entry(of(entity)).or_default();
            slots().for_each(|slot| series.import(at(slot), f64::from(value(slot))));
        }
        Step::Correct { entity, slot, value } => {
            let series = plain.entry(of(entity)).or_default();
            let done = access.correct(&of(entity), &instance(entity, slot), Attribute::new(name("no2"), number(&value.to_string()))).await;
            assert_eq!(done.is_ok(), series.raw.contains_key(&at(slot)), "{done:?}");
            if done.is_ok() {
                series.raw.insert(at(slot), f64::from(value));
                series.current = series.current.map(|now| if now.0 == at(slot) { (now.0, f64::from(value)) } else { now });
            }
        }
        Step::Retract { entity, slot } => {
            let series = plain.entry(of(entity)).or_default();
            let done = access.retract(&of(entity), name("no2"), &instance(entity, slot)).await;
            assert_eq!(done.is_ok(), series.raw.remove(&at(slot)).is_some(), "{done:?}");
            if done.is_ok() && series.current.is_some_and(|(seen, _)| seen == at(slot)) {
                series.current = series.raw.last_key_value().map(|(at, value)| (*at, *value));
            }
        }
        Step::Remove { entity, from, count } => {
            let window = TimeWindow { start: at(from), end: at(from + count) };
            access.remove_history(&of(entity), RemovedSeries::Attribute(name("no2")), window).await.expect("removed");
            let series = plain.entry(of(entity)).or_default();
            series.raw.retain(|at, _| !window.contains(*at));
            let begins = |start: &i64| window.contains(Instant::from_micros(*start));
            series.rolled.retain(|(_, start), values| !begins(start) && !values.keys().any(|at| window.contains(*at)));
        }
        Step::Pass { day: number, length, deleted } => {
            let deleted = deleted.filter(|deleted| *deleted < number);
            // Five hours after midnight nothing of that day is due.
            let seconds = |number| u32::try_from((engine.now().micros() - day(number).micros()) / 1_000_000 - 5 * 3600).expect("weeks");
            let keep = |number| Keep { months: 0, days: 0, seconds: seconds(number) };
            let rollup = Some(KeptRollup { length, keep: deleted.map(keep) });
            let rule = Retention { of: RetentionOf::Rest, keep: keep(number), rollup };
            access.put_dataset(Dataset { retention: vec![rule], ..dataset(true) }).await.expect("declared");
            let plan = access.retention_plans().await.expect("a plan").remove(0);
            access.confirm_retention("luft", &plan.token, None).await.expect("confirmed");
            let from = deleted.map_or(Instant::MIN, day);
            plain.values_mut().for_each(|series| series.pass(day(number), length, from));
        }
        Step::Seal => {
            let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
            tenant.shared.past.seal(&tenant.shared.state).expect("sealed");
        }
        Step::Compact => {
            let _ = access.finish_removals().await.expect("compacted");
            let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
            tenant.shared.past.compact(2, &AtomicBool::new(false)).expect("compacted");
        }
        Step::Restart => {
            drop(access);
            return engine.reopened();
        }
    }
    engine
}

async fn check(engine: &ScratchEngine, plain: &Plain, window: TimeWindow) {
    for period in ["PT15M", "PT1H", "P1D", "P1M"] {
        let question = BucketQuery {
            period: Period::parse(period).expect("a period"),
            methods: Method::ALL.to_vec(),
            zone: "Europe/Berlin".into(),
            ..BucketQuery::of((0..2).map(|entity| id(&entity.to_string())).collect(), vec![name("no2")], window)
        };
        let found = admin(engine).buckets(question).await.expect("answered");
        let found: BTreeMap<(EntityId, i64), Vec<Option<f64>>> = found
            .into_iter()
            .flat_map(|series| {
                let key = series.key;
                series.buckets.into_iter().map(move |bucket| {
                    let figures: Vec<Option<f64>> = (0..8).map(|method| bucket.number(method)).collect();
                    assert_eq!(bucket.only.is_some(), figures.contains(&None), "{bucket:?}");
                    ((key.entity.clone(), bucket.start.micros()), figures)
                })
            })
            .collect();
        let mut expected = BTreeMap::new();
        for (entity, series) in plain {
            let instants = series.raw.keys().chain(series.rolled.values().flat_map(Values::keys));
            let starts: BTreeSet<i64> = instants.filter(|at| window.contains(**at)).map(|at| start(period, *at)).collect();
            for begin in starts {
                let inside = |at: Instant| window.contains(at) && start(period, at) == begin;
                expected.insert((entity.clone(), begin), series.figures(&inside));
            }
        }
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{period}");
        for ((at, found), expected) in found.iter().zip(expected.values()) {
            for (index, (got, wanted)) in found.iter().zip(expected).enumerate() {
                let same = match (got, wanted) {
                    (Some(got), Some(wanted)) => (got - wanted).abs() < 1e-9,
                    (got, wanted) => got == wanted,
                };
                assert!(same, "{period} {at:?} {:?}: {got:?} instead of {wanted:?}", Method::ALL[index]);
            }
        }
    }
    let raw: Vec<Instant> = super::values_of(engine, "0").await;
    assert_eq!(raw, plain.get(&id("0")).map(|series| series.raw.keys().copied().collect::<Vec<_>>()).unwrap_or_default());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn aggregates_are_those_of_a_plain_list(
        steps in prop::collection::vec(step(), 1..50),
        window in (0..SLOTS, 1..SLOTS).prop_map(|(from, count)| TimeWindow { start: at(from), end: at(from + count) }),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (mut engine, mut plain) = (Engine::scratch(), Plain::default());
            for step in steps {
                engine = take(engine, &mut plain, step).await;
            }
            for _ in 0..2 {
                check(&engine, &plain, TimeWindow::ALL).await;
                check(&engine, &plain, window).await;
                engine = engine.reopened();
            }
        });
    }
}
