//! Erasure: everything of a person, everywhere, also after a restore (DP-12).

use std::io::Read;

use model::{Attribute, Json, Known, SeriesQuery, TimeWindow, Value};

use super::policy::holds;
use super::{dataset, id, name, no2, station};
use crate::{Access, Config, Engine, Kind, NewReport, Operation, QuarantineItem, QuarantineState, ReportedValue, Role, ScratchEngine};

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
        let plan = admin(&engine).plan_erasure(&id("a"), &[]).await.expect("there");
        assert_eq!((plan.is_current, plan.values, plan.has_key, plan.reports, plan.runs), (true, 9, true, 1, vec![1, 2, 3]));
        admin(&engine).erase(&id("a"), &[], "Az. 17/2026").await.expect("erased");
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
            assert_eq!(access.plan_erasure(&id("a"), &[]).await.expect_err("gone").kind(), Kind::NotFound);
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

/// A raw input of a source, and the run that reads it.
async fn delivered(engine: &Engine, raw: &[u8]) -> (u64, [u8; 32]) {
    let access = admin(engine);
    let kept = access.keep_bytes(raw.to_vec().into()).await.expect("kept");
    (access.begin_run("melderegister", 1, "a.csv", kept.checksum).await.expect("begun"), kept.checksum)
}

async fn set_aside(engine: &Engine, run: u64, record: u64, raw: &[u8]) {
    let item = QuarantineItem {
        source: "melderegister".to_owned(),
        run,
        record,
        raw: raw.to_vec(),
        context: String::new(),
        reason: "no date".to_owned(),
        field: None,
        at: engine.now(),
    };
    admin(engine).quarantine(vec![item]).await.expect("set aside");
}

/// Everything that is kept as it came, opened with the keys that are left.
fn came_in(engine: &Engine) -> Vec<Vec<u8>> {
    let store = &engine.loaded(&ScratchEngine::tenant()).expect("there").shared.store;
    let mut all = Vec::new();
    for checksum in store.files().expect("listed") {
        let mut content = Vec::new();
        store.open_file(&checksum).expect("opens").expect("there").read_to_end(&mut content).expect("reads");
        all.push(content);
    }
    for state in [QuarantineState::Open, QuarantineState::Replayed, QuarantineState::Discarded] {
        all.extend(store.quarantined(None, state, 0, 99).expect("listed").into_iter().map(|row| row.item.raw));
    }
    all
}

fn spoken_of(engine: &Engine, word: &str) -> usize {
    came_in(engine).iter().filter(|raw| raw.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))).count()
}

/// Of each person a line that became values, one that waits for one of them,
/// one of another delivery that nobody could read at all, and one discarded.
async fn register() -> ScratchEngine {
    let engine = Engine::scratch();
    let access = admin(&engine);
    access.put_dataset(dataset(true)).await.expect("declared");
    for (short, word) in [("a", CANARY), ("b", NEIGHBOUR)] {
        let (run, _) = delivered(&engine, format!("kennung;wort\n{short};{word}\n").as_bytes()).await;
        access.import(run, vec![(2, station(short).with(no2("40", "2026-05-04T01:00:00Z")))]).await.expect("imported");
        set_aside(&engine, run, 2, word.as_bytes()).await;
        let unreadable = [b"ohne Kennung;M\xfcller ", word.to_uppercase().as_bytes()].concat();
        let (run, _) = delivered(&engine, &unreadable).await;
        set_aside(&engine, run, 1, format!("{word};?").as_bytes()).await;
        let row = access.quarantined(None, 0, 99).expect("listed").pop().expect("one");
        access.settle_quarantine(vec![row.id], QuarantineState::Discarded, None).await.expect("discarded");
    }
    engine
}

#[tokio::test]
async fn what_came_in_of_a_person_goes_and_what_came_of_others_stays() {
    let mut engine = register().await;
    assert_eq!((spoken_of(&engine, CANARY), spoken_of(&engine, NEIGHBOUR)), (4, 4), "the search finds what is there");
    let exact = admin(&engine).plan_erasure(&id("a"), &[]).await.expect("there");
    assert_eq!((exact.runs, exact.files, exact.records), (vec![1], 1, 1), "what the values tell");
    let words = [CANARY.to_owned()];
    let plan = admin(&engine).plan_erasure(&id("a"), &words).await.expect("there");
    assert_eq!((plan.files, plan.records), (2, 2), "and what the word finds");
    for short in ["", " ab "] {
        let refused = admin(&engine).plan_erasure(&id("a"), &[short.to_owned()]).await;
        assert_eq!(refused.expect_err("refused").kind(), Kind::Invalid);
    }
    let latin = admin(&engine).plan_erasure(&id("niemand"), &["m\u{fc}ller".to_owned()]).await.expect("found by the word alone");
    assert_eq!((latin.files, latin.records), (2, 0));
    admin(&engine).erase(&id("a"), &words, "Az. 17/2026").await.expect("erased");
    for _ in 0..2 {
        assert_eq!((spoken_of(&engine, CANARY), spoken_of(&engine, NEIGHBOUR)), (0, 4));
        assert_eq!(admin(&engine).runs(None, 9).expect("listed").len(), 4, "that there were runs stays known");
        engine = engine.reopened();
    }
    while !admin(&engine).finish_removals().await.expect("done") {}
    assert!(!is_anywhere(&engine, CANARY), "ledger, database, files");
    let found = engine.check().expect("looks");
    assert!(found.iter().all(|(_, findings)| findings.is_empty()), "erased is not damaged: {found:?}");
}

#[tokio::test]
async fn inputs_that_came_back_with_a_backup_go_before_anybody_is_served() {
    let engine = register().await;
    let beside = tempfile::tempdir().expect("a folder");
    let (target, keys) = (beside.path().join("daten"), beside.path().join("keys/musterstadt.keys"));
    engine.backup(&ScratchEngine::tenant(), &target, &keys).expect("saved");
    admin(&engine).erase(&id("a"), &[CANARY.to_owned()], "Az. 17/2026").await.expect("erased");
    // Elsewhere only the ledger is left.
    let elsewhere = tempfile::tempdir().expect("a folder");
    drop(Engine::open(Config::at(elsewhere.path()), std::sync::Arc::new(model::SystemClock)).expect("a new folder"));
    let ledger = "keys/musterstadt.erased";
    std::fs::copy(engine.folder().join(ledger), elsewhere.path().join(ledger)).expect("copied");
    crate::restore(elsewhere.path(), &target, &keys, None).expect("restored");
    let clock = std::sync::Arc::new(model::ManualClock::at(engine.now()));
    let restored = Engine::open(Config::at(elsewhere.path()), clock).expect("opens");
    assert_eq!((spoken_of(&restored, CANARY), spoken_of(&restored, NEIGHBOUR)), (0, 4));
    assert!(admin(&restored).entity(&id("a")).is_err());
}

#[tokio::test]
async fn what_is_wrong_is_refused_and_erases_nothing() {
    let engine = city().await;
    for reason in ["", "  ", &"x".repeat(501)] {
        assert_eq!(admin(&engine).erase(&id("a"), &[], reason).await.expect_err("refused").kind(), Kind::Invalid);
    }
    assert_eq!(admin(&engine).erase(&id("niemand"), &[], "Az.").await.expect_err("refused").kind(), Kind::NotFound);
    for role in [Role::Reader, Role::Editor] {
        let access = engine.with_role(role);
        assert_eq!(access.erase(&id("a"), &[], "Az.").await.expect_err("refused").kind(), Kind::Forbidden);
        assert_eq!(access.plan_erasure(&id("a"), &[]).await.expect_err("refused").kind(), Kind::Forbidden);
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
    admin(&engine).erase(&id("a"), &[], "Az. 17/2026").await.expect("erased");
    // Somebody of the same name comes after that, and stays.
    admin(&engine).erase(&id("b"), &[], "Az. 18/2026").await.expect("erased");
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
