//! Erasure: everything of a person, everywhere, also after a restore (DP-12).

use model::{Attribute, Json, Known, SeriesQuery, TimeWindow, Value};

use super::policy::holds;
use super::{dataset, id, name, no2, station};
use crate::{Access, Config, Engine, Kind, NewReport, Operation, ReportedValue, Role, ScratchEngine};

/// Stands in plain wherever the person is spoken of.
const CANARY: &str = "kanarienvogel-77d2";
/// The same of a neighbour.
const NEIGHBOUR: &str = "amsel-12f0";

fn admin(engine: &Engine) -> Access {
    engine
        .access(&ScratchEngine::tenant(), crate::Principal::new(crate::Actor::Account("anna".into()), Role::Administrator))
        .expect("the tenant is there")
}

/// Two persons with open, personal and former values, and a report about one of them.
async fn city() -> ScratchEngine {
    let engine = Engine::scratch();
    let access = admin(&engine);
    access.put_dataset(dataset(true)).await.expect("declared");
    for (short, word) in [("a", CANARY), ("b", NEIGHBOUR)] {
        for hour in 1..4 {
            let text = |attribute: &str| Attribute::new(name(attribute), Value::Property(Json::from(format!("{word} {hour}").as_str())));
            let mut entity = station(short);
            entity.attributes = vec![text("note"), text("operator"), no2("40", &format!("2026-05-04T0{hour}:00:00Z"))];
            access.import(hour, vec![(hour, entity)]).await.expect("imported");
        }
    }
    let about = ReportedValue { dataset: dataset(true).id, entity: id("a"), attribute: name("no2"), observed_at: None, shown: "40".into() };
    let message = format!("{CANARY} hat sich vermessen.").as_str().into();
    access
        .report(NewReport {
            about: crate::About::Value(about),
            message,
            contact: Some(format!("{CANARY}@beispiel.example").as_str().into()),
        })
        .await
        .expect("taken");
    engine
}

async fn versions(engine: &Engine, short: &str) -> usize {
    let question = SeriesQuery { entities: vec![id(short)], window: TimeWindow::ALL, known: Known::Versions, ..SeriesQuery::default() };
    admin(engine).series(question).await.expect("answered").len()
}

fn seal(engine: &Engine) {
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    tenant.shared.past.seal(&tenant.shared.state).expect("sealed");
}

fn is_anywhere(engine: &ScratchEngine, word: &str) -> bool {
    holds(engine.folder(), word.as_bytes())
}

#[tokio::test]
async fn nothing_is_left_of_a_person_and_everything_of_the_neighbour() {
    for sealed in [false, true] {
        let mut engine = city().await;
        if sealed {
            seal(&engine);
        }
        assert!(is_anywhere(&engine, CANARY), "the search finds what is there");
        let before = versions(&engine, "b").await;
        let plan = admin(&engine).plan_erasure(&id("a")).await.expect("there");
        assert_eq!((plan.is_current, plan.values, plan.has_key, plan.reports, plan.runs), (true, 9, true, 1, vec![1, 2, 3]));
        admin(&engine).erase(&id("a"), "Az. 17/2026").await.expect("erased");
        let key = |engine: &Engine| {
            let shared = std::sync::Arc::clone(&engine.loaded(&ScratchEngine::tenant()).expect("there").shared);
            let subject = shared.envelope.subject(&id("a"));
            shared.store.subject_key(&subject, false).expect("read")
        };
        assert_eq!(key(&engine), None);
        for _ in 0..2 {
            let access = admin(&engine);
            assert!(access.entity(&id("a")).is_err() && access.former_entity(&id("a")).await.is_err());
            assert_eq!((versions(&engine, "a").await, versions(&engine, "b").await), (0, before));
            assert_eq!(access.reports().expect("may"), []);
            assert_eq!(access.plan_erasure(&id("a")).await.expect_err("gone").kind(), Kind::NotFound);
            drop(access);
            engine = engine.reopened();
        }
        while !admin(&engine).finish_removals().await.expect("done") {}
        assert!(!is_anywhere(&engine, CANARY), "keys, log, snapshots, segments, ledger; sealed: {sealed}");
        assert!(is_anywhere(&engine, NEIGHBOUR));
        let receipts = admin(&engine).erasures().await.expect("receipts");
        assert_eq!(receipts.iter().map(|one| (one.values, one.is_finished)).collect::<Vec<_>>(), [(0, true), (9, true)]);
        assert_eq!((&*receipts[1].actor, &*receipts[1].reason), ("user:anna", "Az. 17/2026"));
    }
}

#[tokio::test]
async fn what_is_wrong_is_refused_and_erases_nothing() {
    let engine = city().await;
    for reason in ["", "  ", &"x".repeat(501)] {
        assert_eq!(admin(&engine).erase(&id("a"), reason).await.expect_err("refused").kind(), Kind::Invalid);
    }
    assert_eq!(admin(&engine).erase(&id("niemand"), "Az.").await.expect_err("refused").kind(), Kind::NotFound);
    for role in [Role::Reader, Role::Editor] {
        let access = engine.with_role(role);
        assert_eq!(access.erase(&id("a"), "Az.").await.expect_err("refused").kind(), Kind::Forbidden);
        assert_eq!(access.plan_erasure(&id("a")).await.expect_err("refused").kind(), Kind::Forbidden);
        assert_eq!(access.erasures().await.expect_err("refused").kind(), Kind::Forbidden);
    }
    assert_eq!(admin(&engine).erasures().await.expect("receipts"), []);
    assert!(versions(&engine, "a").await > 0);
}

#[tokio::test]
async fn a_restored_backup_is_told_what_was_erased_before_anybody_reads_it() {
    let engine = city().await;
    seal(&engine);
    let beside = tempfile::tempdir().expect("a folder");
    let (target, keys) = (beside.path().join("daten"), beside.path().join("keys/musterstadt.keys"));
    engine.backup(&ScratchEngine::tenant(), &target, &keys).expect("saved");
    admin(&engine).erase(&id("a"), "Az. 17/2026").await.expect("erased");
    // Somebody of the same name comes after that, and stays.
    admin(&engine).erase(&id("b"), "Az. 18/2026").await.expect("erased");
    admin(&engine).write(vec![Operation::Create(station("b").with(no2("7", "2026-05-04T09:00:00Z")))]).await.expect("written");
    let engine = engine.reopened();
    assert!(admin(&engine).entity(&id("b")).is_ok(), "what came after an erasure is not erased by it");
    engine.shutdown().expect("stopped");
    let folder = engine.folder().to_owned();
    let clock = std::sync::Arc::new(model::ManualClock::at(engine.now()));
    // Elsewhere only the ledger is left.
    let kept = tempfile::tempdir().expect("a folder");
    let moved = kept.path().join("anderswo");
    copy(&folder, &moved);
    std::fs::remove_dir_all(moved.join("tenants/musterstadt")).expect("lost");
    for name in ["musterstadt.db", "musterstadt.db-wal", "musterstadt.db-shm"] {
        let _ = std::fs::remove_file(moved.join("keys").join(name));
    }
    crate::restore(&moved, &target, &keys, None).expect("restored");
    let restored = Engine::open(Config::at(&moved), clock).expect("opens");
    for short in ["a", "b"] {
        assert!(admin(&restored).entity(&id(short)).is_err(), "{short}");
        assert_eq!(versions(&restored, short).await, 0, "{short}");
    }
    while !admin(&restored).finish_removals().await.expect("done") {}
    restored.shutdown().expect("stopped");
    assert!(!holds(&moved, CANARY.as_bytes()) && !holds(&moved, NEIGHBOUR.as_bytes()));
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("readable").map(|entry| entry.expect("readable").path()) {
        let target = to.join(entry.file_name().expect("named"));
        if entry.is_dir() {
            copy(&entry, &target);
        } else if entry.is_file() {
            std::fs::copy(&entry, &target).expect("copied");
        }
    }
}
