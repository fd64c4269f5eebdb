//! Backups while everything goes on (RT-18), and every instant of the past
//! from them (RT-19). Restores are looked at through the engine.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use model::{Attribute, Entity, Instant, Json, Known, ManualClock, Observation, SeriesQuery, TimeWindow, Value};

use super::{dataset, id, instant, name, no2, station};
use crate::{Access, Config, Engine, Kind, Operation, Role, ScratchEngine};

const SECOND: i64 = 1_000_000;

fn is_slow() -> bool {
    std::env::var_os("ALLMENDE_SLOW").is_some()
}

fn admin(engine: &Engine) -> Access {
    let principal = crate::Principal::new(crate::Actor::Account("test".into()), Role::Administrator);
    engine.access(&ScratchEngine::tenant(), principal).expect("the tenant is there")
}

/// What was restored, opened.
fn open(data: &Path) -> Engine {
    Engine::open(Config::at(data), Arc::new(ManualClock::at(instant("2026-06-01T00:00:00Z")))).expect("opens")
}

/// The current state in no order, and all that was ever said.
type Moment = (BTreeSet<String>, Vec<Observation>);

async fn moment(engine: &Engine) -> Moment {
    let all = SeriesQuery {
        entities: ["a", "b", "c"].map(id).to_vec(),
        window: TimeWindow::ALL,
        known: Known::Versions,
        ..SeriesQuery::default()
    };
    let said = admin(engine).series(all).await.expect("answered");
    let shared = &engine.loaded(&ScratchEngine::tenant()).expect("there").shared;
    let state = shared.state.read().iter().map(|stored| format!("{:?}", stored.entity)).collect();
    (state, said)
}

fn seal(engine: &Engine) {
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    tenant.shared.past.seal(&tenant.shared.state).expect("sealed");
    while tenant.shared.past.compact(2, &AtomicBool::new(false)).expect("compacted") {}
}

/// The current count of a station.
fn count(engine: &Engine, short: &str) -> u64 {
    let shared = &engine.loaded(&ScratchEngine::tenant()).expect("there").shared;
    let stored = shared.state.read().get(&id(short)).cloned().expect("there");
    stored.entity.value(name("no2")).and_then(Value::as_f64).expect("a number").to_string().parse().expect("whole")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_backup_while_writing_is_whole() {
    let points: i64 = if is_slow() { 20 } else { 4 };
    let engine = Arc::new(Engine::scratch());
    let at = |number: u64| instant("2026-05-01T00:00:00Z").plus_micros(number.cast_signed() * SECOND).to_string();
    let record = move |number: u64| {
        let count = |short: &str| (number, station(short).with(no2(&number.to_string(), &at(number))));
        vec![count("a"), count("b")]
    };
    admin(&engine).import(1, record(0)).await.expect("imported");
    let (sent, acknowledged, enough) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let writer = {
        let (access, sent, acknowledged, enough) = (admin(&engine), Arc::clone(&sent), Arc::clone(&acknowledged), Arc::clone(&enough));
        tokio::spawn(async move {
            while !enough.load(Ordering::SeqCst) {
                let number = sent.fetch_add(1, Ordering::SeqCst) + 1;
                access.import(1, record(number)).await.expect("imported");
                acknowledged.store(number, Ordering::SeqCst);
            }
        })
    };
    let beside = tempfile::tempdir().expect("a folder");
    let (target, keys) = (beside.path().join("daten"), beside.path().join("keys"));
    let mut spans = Vec::new();
    for point in 0..points {
        let wanted = acknowledged.load(Ordering::SeqCst) + 10;
        while acknowledged.load(Ordering::SeqCst) < wanted {
            tokio::task::yield_now().await;
        }
        let before = acknowledged.load(Ordering::SeqCst);
        let (one, target, keys) = (Arc::clone(&engine), target.clone(), keys.clone());
        let made = tokio::task::spawn_blocking(move || {
            let tenant = one.loaded(&ScratchEngine::tenant()).expect("there");
            let report = tenant.shared.store.backup(&target, &keys, instant("2026-05-05T00:00:00Z").plus_micros(point)).expect("backed up");
            seal(&one);
            report.point
        });
        spans.push((made.await.expect("ended"), before, sent.load(Ordering::SeqCst)));
    }
    enough.store(true, Ordering::SeqCst);
    writer.await.expect("ended");

    let verified = crate::verify_backup(&target, &mut store::Looked::default()).expect("looks");
    assert!(verified.iter().all(|(_, findings)| findings.is_empty()), "{verified:?}");
    for (number, (point, before, after)) in spans.into_iter().enumerate() {
        let data = beside.path().join(format!("restored-{number}"));
        crate::restore(&data, &point, &keys, None).expect("restored");
        let restored = open(&data);
        let last = count(&restored, "a");
        assert_eq!(last, count(&restored, "b"), "no half commit");
        assert!((before..=after).contains(&last), "{before} acknowledged before, {after} sent after, {last} there");
        for short in ["a", "b"] {
            let question = SeriesQuery {
                entities: vec![id(short)],
                attributes: Some(vec![name("no2")]),
                known: Known::Versions,
                ..SeriesQuery::default()
            };
            let said = admin(&restored).series(question).await.expect("answered");
            let counts: Vec<f64> = said.iter().filter_map(|one| one.attribute.value.as_f64()).collect();
            assert_eq!(counts, (0..=last).map(|count| count as f64).collect::<Vec<_>>(), "each once");
        }
        restored.shutdown().expect("stopped");
        assert!(restored.check().expect("looks").iter().all(|(_, findings)| findings.is_empty()));
    }
}

/// One change of many kinds: new, changed, late, personal, gone, back again.
async fn change(engine: &ScratchEngine, step: i64) {
    let short = ["a", "b", "c"][step.rem_euclid(3).unsigned_abs() as usize];
    let text = |attribute: &str| Attribute::new(name(attribute), Value::Property(Json::from(format!("{attribute} {step}").as_str())));
    let with = |attributes: Vec<Attribute>| Entity { attributes, ..station(short) };
    let upsert = |attributes| Operation::Upsert { entity: with(attributes), replace: false };
    let access = engine.with_role(Role::Administrator);
    let number = step.unsigned_abs();
    match step % 5 {
        0 => drop(access.write(vec![upsert(vec![no2(&step.to_string(), &engine.now().to_string())])]).await.expect("written")),
        1 => drop(access.import(1, vec![(number, station(short).with(no2("7", "2026-05-01T00:00:00Z")))]).await.expect("imported")),
        2 => drop(access.write(vec![upsert(vec![text("note"), text("operator")])]).await.expect("written")),
        // It may be gone already.
        3 => drop(access.write(vec![Operation::Delete(id(short))]).await.expect("answered")),
        _ => drop(access.write(vec![upsert(vec![text("note")]), Operation::Delete(id("b"))]).await.expect("answered")),
    }
}

#[tokio::test]
async fn of_fifty_instants_each_comes_back_as_it_was() {
    const STEPS: i64 = 56;
    const EVERY: i64 = 7;
    let engine = Engine::scratch();
    engine.with_role(Role::Administrator).put_dataset(dataset(true)).await.expect("declared");
    let beside = tempfile::tempdir().expect("a folder");
    let (target, keys) = (beside.path().join("daten"), beside.path().join("keys"));
    let backup = || engine.backup(&ScratchEngine::tenant(), &target, &keys).expect("backed up");
    backup();
    let mut moments: Vec<(Instant, Moment)> = Vec::new();
    for step in 0..STEPS {
        engine.clock().advance_micros(SECOND);
        change(&engine, step).await;
        moments.push((engine.now(), moment(&engine).await));
        // Half a second later is the same, and so is the instant of a point.
        engine.clock().advance_micros(SECOND / 2);
        if step % EVERY == EVERY - 1 {
            backup();
            seal(&engine);
        }
    }
    // Of every change one of its instants; in the long run all.
    let every = if is_slow() { 1 } else { 4 };
    for (step, (at, then)) in moments.iter().enumerate().step_by(every) {
        let at = if step % 3 == 0 { at.plus_micros(SECOND / 2) } else { *at };
        let data = beside.path().join(format!("at-{step}"));
        crate::restore(&data, &target, &keys, Some(at)).unwrap_or_else(|error| panic!("step {step}, {at}: {error}"));
        assert_eq!(moment(&open(&data)).await, *then, "step {step}, {at}");
    }
    let early = crate::restore(&beside.path().join("early"), &target, &keys, Some(instant("2026-05-04T09:00:00Z")));
    assert_eq!(early.expect_err("before all").kind(), Kind::Unavailable);
}
