//! Imports: identity of observations, late values, provenance, sealing.

use model::series::{SeriesLimit, SeriesQuery};
use model::time::TimeProperty;
use model::{Entity, Instant, TimeWindow};

use super::{dataset, id, instant, name, no2, number, station};
use crate::{BucketQuery, Method, Period};
use crate::{Engine, ImportReceipt, Role, ScratchEngine};

fn hours(from: i64, to: i64, value: impl Fn(i64) -> i64) -> Vec<(u64, Entity)> {
    let base = instant("2026-01-01T00:00:00Z");
    let at = |hour: i64| Instant::from_micros(base.micros() + hour * 3_600_000_000).to_string();
    let record = |hour: i64| u64::try_from(hour + 2).expect("positive");
    (from..to).map(|hour| (record(hour), station("a").with(no2(&value(hour).to_string(), &at(hour))))).collect()
}

fn all() -> SeriesQuery {
    SeriesQuery {
        entities: vec![id("a")],
        attributes: Some(vec![name("no2")]),
        window: TimeWindow::ALL,
        time_property: TimeProperty::ObservedAt,
        limit: SeriesLimit::All,
        ..SeriesQuery::default()
    }
}

async fn values(engine: &ScratchEngine) -> Vec<String> {
    let found = engine.with_role(Role::Editor).series(all()).await.expect("answered");
    found.iter().map(|o| format!("{:?}", o.attribute.value.as_f64().unwrap_or(f64::NAN))).collect()
}

fn seal(engine: &ScratchEngine) {
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    tenant.shared.past.seal(&tenant.shared.state).expect("sealed");
}

#[tokio::test]
async fn equal_is_a_no_op_and_different_a_correction_also_after_sealing() {
    for sealed in [false, true] {
        let engine = Engine::scratch();
        let access = engine.with_role(Role::Editor);
        let run = access.begin_run("luft", 1, "a.csv", [1; 32]).await.expect("begun");
        let first = access.import(run, hours(0, 10, |h| h)).await.expect("imported");
        assert_eq!(first, ImportReceipt { written: 10, created: 1, ..ImportReceipt::default() });
        if sealed {
            seal(&engine);
        }
        let again = access.import(run, hours(0, 10, |h| h)).await.expect("imported");
        assert_eq!(again, ImportReceipt { unchanged: 10, ..ImportReceipt::default() }, "sealed: {sealed}");
        let mended = access.import(run, hours(0, 10, |h| if h == 3 { 33 } else { h })).await.expect("imported");
        assert_eq!(mended, ImportReceipt { unchanged: 9, corrected: 1, ..ImportReceipt::default() }, "sealed: {sealed}");
        assert_eq!(values(&engine).await, ["0.0", "1.0", "2.0", "33.0", "4.0", "5.0", "6.0", "7.0", "8.0", "9.0"]);
        seal(&engine);
        assert_eq!(values(&engine).await[3], "33.0");
        assert_eq!(access.import(run, hours(3, 4, |_| 33)).await.expect("imported").unchanged, 1);
    }
}

#[tokio::test]
async fn late_values_are_history_not_state() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    access.import(1, hours(5, 8, |h| h)).await.expect("imported");
    access.import(2, hours(0, 5, |h| h)).await.expect("imported");
    assert_eq!(access.entity(&id("a")).expect("there").entity().value(name("no2")), Some(&number("7")));
    assert_eq!(values(&engine).await.len(), 8);
}

#[tokio::test]
async fn a_value_leads_back_to_run_and_record() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    access.put_dataset(dataset(true)).await.expect("declared");
    let run = access.begin_run("luft", 4, "b.csv", [2; 32]).await.expect("begun");
    access.import(run, hours(0, 3, |h| h)).await.expect("imported");
    for _ in 0..2 {
        let public = engine.with_role(Role::Public);
        let found = public.provenance(&id("a"), name("no2"), None, Some(instant("2026-01-01T01:00:00Z"))).await.expect("found");
        let origin = found.observation.origin.expect("imported");
        assert_eq!((origin.run, origin.record), (run, 3));
        let run = found.run.expect("kept");
        assert_eq!((run.source.as_str(), run.version, run.input.as_str()), ("luft", 4, "b.csv"));
        seal(&engine);
    }
}

#[tokio::test]
async fn a_seal_that_fails_loses_nothing() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    access.import(1, hours(0, 10, |h| h)).await.expect("imported");
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    let folder = tenant.shared.store.history_folder();
    let aside = folder.with_extension("aside");
    std::fs::rename(&folder, &aside).expect("moved");
    std::fs::write(&folder, "no folder").expect("written");
    assert!(tenant.shared.past.seal(&tenant.shared.state).is_err());
    assert_eq!(values(&engine).await.len(), 10);
    assert_eq!(access.import(1, hours(3, 12, |_| 3)).await.expect("imported").corrected, 6);
    assert!(tenant.shared.past.seal(&tenant.shared.state).is_err());
    std::fs::remove_file(&folder).expect("removed");
    std::fs::rename(&aside, &folder).expect("moved");
    for _ in 0..2 {
        assert_eq!(values(&engine).await, ["0.0", "1.0", "2.0", "3.0", "3.0", "3.0", "3.0", "3.0", "3.0", "3.0", "3.0", "3.0"]);
        seal(&engine);
    }
    assert_eq!(tenant.shared.past.tail_len(), 0);
}

#[tokio::test]
async fn values_that_come_while_it_seals_are_seen_and_kept() {
    const BATCHES: i64 = 60;
    let engine = Engine::scratch();
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let sealing = std::thread::spawn(move || {
        let mut sealed = 0;
        while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
            sealed += tenant.shared.past.seal(&tenant.shared.state).expect("sealed");
        }
        sealed
    });
    let access = engine.with_role(Role::Editor);
    for batch in 0..BATCHES {
        // Each batch corrects the half of the one before it.
        let receipt = access.import(1, hours(batch * 2, batch * 2 + 4, |hour| hour + batch)).await.expect("imported");
        assert_eq!((receipt.written, receipt.corrected), if batch == 0 { (4, 0) } else { (2, 2) }, "batch {batch}");
        let seen = values(&engine).await;
        let hours = 0..batch * 2 + 4;
        let expected: Vec<String> = hours.map(|hour| format!("{}.0", hour + (hour / 2).min(batch))).collect();
        assert_eq!(seen, expected, "batch {batch}");
    }
    drop(stop);
    let sealed = sealing.join().expect("no seal failed");
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    // One more says that the entity came to be.
    assert_eq!(sealed + tenant.shared.past.tail_len() as u64, 4 * BATCHES.unsigned_abs() + 1);
}

#[tokio::test]
async fn buckets_join_sealed_and_unsealed() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    access.import(1, hours(0, 30, |_| 1)).await.expect("imported");
    seal(&engine);
    access.import(1, hours(20, 50, |h| if h < 30 { 3 } else { 1 })).await.expect("imported");
    let question = BucketQuery {
        period: Period::DAY,
        methods: vec![Method::TotalCount, Method::Sum],
        ..BucketQuery::of(vec![id("a")], vec![name("no2")], TimeWindow::ALL)
    };
    let series = access.buckets(question).await.expect("answered");
    let got: Vec<_> = series[0].buckets.iter().filter_map(|b| b.number(0).zip(b.number(1))).collect();
    assert_eq!(got, [(24.0, 20.0 + 4.0 * 3.0), (24.0, 6.0 * 3.0 + 18.0), (2.0, 2.0)]);
}

#[tokio::test]
async fn statistics_count_values_and_gaps() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    let dataset = dataset(true);
    access.put_dataset(dataset.clone()).await.expect("declared");
    let with_gap = hours(0, 10, |h| h).into_iter().filter(|(record, _)| *record != 6).collect();
    access.import(1, with_gap).await.expect("imported");
    let statistics = engine.with_role(Role::Public).statistics(&dataset).await.expect("counted");
    assert_eq!((statistics.entities, statistics.observations), (1, 9));
    assert_eq!(statistics.columns[0].expected, 10);
    assert_eq!(statistics.period, Some((instant("2026-01-01T00:00:00Z"), instant("2026-01-01T09:00:00Z"))));
}

#[tokio::test]
async fn values_are_due_in_declared_periods_until_now() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    let period = |start: &str, end: &str| TimeWindow { start: instant(start), end: instant(end) };
    let morning = period("2026-01-01T00:00:00Z", "2026-01-01T06:00:00Z");
    let evening = period("2026-01-01T18:00:00Z", "2026-01-02T00:00:00Z");
    let to_come = period("2999-01-01T00:00:00Z", "2999-02-01T00:00:00Z");
    let dataset = model::Dataset { temporal: vec![morning, evening, to_come], ..dataset(true) };
    access.put_dataset(dataset.clone()).await.expect("declared");
    access.import(1, hours(0, 5, |h| h)).await.expect("imported");
    access.import(1, hours(18, 24, |h| h)).await.expect("imported");
    let statistics = engine.with_role(Role::Public).statistics(&dataset).await.expect("counted");
    let column = &statistics.columns[0];
    assert_eq!((column.count, column.covered, column.expected), (11, 11, 12));
}

#[tokio::test]
async fn search_finds_by_stem_synonym_and_typo() {
    let engine = Engine::scratch();
    engine.with_role(Role::Editor).put_dataset(dataset(true)).await.expect("declared");
    let access = engine.with_role(Role::Public);
    for question in ["Luft", "Messstelle", "PM10", "luftqualitet", "Feinstaub", "Wie sauber ist die Luft?"] {
        assert_eq!(access.search(question).expect("answered").hits.len(), 1, "{question}");
    }
    assert!(access.search("Schwimmbad").expect("answered").hits.is_empty());
}

#[tokio::test]
async fn of_two_values_for_one_instant_in_one_commit_the_last_is_kept() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    let run = access.begin_run("luft", 1, "a.csv", [1; 32]).await.expect("begun");
    let records: Vec<_> = hours(0, 1, |_| 1).into_iter().chain(hours(0, 1, |_| 2)).chain(hours(0, 1, |_| 3)).collect();
    let receipt = access.import(run, records).await.expect("imported");
    assert_eq!((receipt.written, receipt.corrected), (1, 2));
    assert_eq!(access.entity(&id("a")).expect("there").entity().value(name("no2")), Some(&number("3")));
    let window = TimeWindow { start: instant("2026-01-01T00:00:00Z"), end: instant("2026-01-02T00:00:00Z") };
    let question = BucketQuery {
        period: Period::DAY,
        methods: vec![Method::TotalCount, Method::Sum],
        ..BucketQuery::of(vec![id("a")], vec![name("no2")], window)
    };
    for sealed in [false, true] {
        if sealed {
            seal(&engine);
        }
        assert_eq!(values(&engine).await, ["3.0"], "sealed: {sealed}");
        let days = access.buckets(question.clone()).await.expect("answered");
        assert_eq!((days[0].buckets[0].number(0), days[0].buckets[0].number(1)), (Some(1.0), Some(3.0)), "sealed: {sealed}");
    }
}

#[tokio::test]
async fn an_import_brings_nothing_back_of_what_has_expired() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    let expiring =
        Entity { expires_at: Some(instant("2026-05-04T11:00:00Z")), ..station("a").with(model::Attribute::new(name("old"), number("1"))) };
    access.write(vec![crate::Operation::Create(expiring)]).await.expect("written");
    engine.clock().advance_micros(7_200_000_000);
    assert!(access.entity(&id("a")).is_err(), "its time is over");
    let run = access.begin_run("luft", 1, "a.csv", [1; 32]).await.expect("begun");
    let receipt = access.import(run, hours(0, 1, |_| 5)).await.expect("imported");
    assert_eq!((receipt.created, receipt.written), (1, 1));
    let names = |engine: &ScratchEngine| {
        let view = engine.with_role(Role::Editor).entity(&id("a")).expect("there again");
        view.entity().attributes.iter().map(|a| a.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&engine), [name("no2")]);
    drop(access);
    assert_eq!(names(&engine.reopened()), [name("no2")], "and after a restart");
}
