//! The data that the work is done on, and what must hold of them whatever happened.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use model::dataset::{Keep, KeptRollup, Retention, RetentionOf};
use model::series::RemovedSeries;
use model::{Dataset, Entity, Fact, Instant, Known, ManualClock, Observation, Rollup, SeriesQuery, TimeWindow};
use parking_lot::{Mutex, MutexGuard};

use super::process::is_possible;
use super::{RESTORED, compact, restore};
use crate::tests::{dataset, id, instant, name, no2, station};
use crate::{Access, Actor, BucketQuery, Config, Engine, Method, Period, Principal, QuarantineItem, QuarantineState, Role, ScratchEngine};

pub(super) fn open(data: &Path) -> Result<Engine, crate::Error> {
    let clock = ManualClock::at(instant("2026-05-04T12:00:00Z"));
    Engine::open(Config { wal_bytes_max: 1 << 20, ..Config::at(data) }, Arc::new(clock))
}

/// Works on a data directory and lets it go again.
pub(super) fn with<T>(data: &Path, work: impl FnOnce(&Engine) -> T) -> T {
    let engine = open(data).expect("opens");
    let done = work(&engine);
    engine.shutdown().expect("stops");
    done
}

fn access(engine: &Engine) -> Access {
    engine
        .access(&ScratchEngine::tenant(), Principal::new(Actor::Account("test".into()), Role::Administrator))
        .expect("the tenant is there")
}

static ALONE: Mutex<()> = Mutex::new(());

/// A data directory with everything that the work needs, beside it a backup.
pub(super) struct Given {
    pub(super) folder: tempfile::TempDir,
    pub(super) answers: Answers,
    /// A process that is started holds what is open here, locks too, until it becomes another program.
    pub(super) _alone: Option<MutexGuard<'static, ()>>,
}

/// What readers see: it is the same before and after every work here.
pub(super) type Answers = (Vec<Observation>, Vec<Arc<Entity>>);

impl Given {
    /// `None` where processes cannot be traced.
    pub(super) fn new() -> Option<Self> {
        let alone = ALONE.lock();
        if !is_possible() {
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        with(&data, |engine| {
            engine.create_tenant(&ScratchEngine::tenant()).expect("made");
            runtime.block_on(deliver(&access(engine)));
        });
        for round in 0..3 {
            with(&data, |engine| {
                for short in ["a", "b"] {
                    let at = format!("2026-01-01T{round:02}:00:00Z");
                    let record = vec![(1, station(short).with(no2("1", &at)))];
                    runtime.block_on(access(engine).import(1, record)).expect("imported");
                }
                if round < 2 {
                    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
                    tenant.shared.past.seal(&tenant.shared.state).expect("sealed");
                } else {
                    let window = TimeWindow { start: Instant::MIN, end: instant("2026-01-01T00:30:00Z") };
                    let (access, of, series) = (access(engine), id("b"), RemovedSeries::Attribute(name("no2")));
                    runtime.block_on(access.remove_history(&of, series, window)).expect("removed");
                }
            });
            with(&data, |engine| backup(engine, folder.path(), round).expect("backed up"));
        }
        let answers = with(&data, answers);
        assert_eq!((answers.0.len(), answers.1.len()), (5, 2));
        Some(Self { folder, answers, _alone: Some(alone) })
    }

    /// A copy to be worked on.
    pub(super) fn copy(&self) -> tempfile::TempDir {
        let place = tempfile::tempdir().expect("a folder");
        copy(self.folder.path(), place.path());
        place
    }
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").args(["-a", "-T"]).args([from, to]).status().expect("cp is there");
    assert!(copied.success());
}

pub(super) fn backup(engine: &Engine, place: &Path, round: i64) -> Result<(), crate::Error> {
    let at = instant("2026-05-04T13:00:00Z").plus_micros(round);
    let tenant = engine.loaded(&ScratchEngine::tenant())?;
    tenant.shared.store.backup(&place.join("backup"), &place.join("keys"), at)?;
    Ok(())
}

pub(super) fn answers(engine: &Engine) -> Answers {
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    let question = SeriesQuery {
        entities: vec![id("a"), id("b")],
        attributes: Some(vec![name("no2")]),
        known: Known::Versions,
        ..SeriesQuery::default()
    };
    let said = tenant.shared.past.series(&model::Authorized::new(&crate::DOOR, question)).expect("answered");
    let state = tenant.shared.state.read();
    (said, state.iter().map(|stored| Arc::clone(&stored.entity)).collect())
}

/// What the values came from, and a record of the same that waits.
async fn deliver(access: &Access) {
    let raw = access.keep_bytes("a;1\nb;1\n".into()).await.expect("kept");
    let run = access.begin_run("luft", 1, "a.csv", raw.checksum).await.expect("begun");
    let item = QuarantineItem {
        source: "luft".to_owned(),
        run,
        record: 1,
        raw: b"b;?".to_vec(),
        context: String::new(),
        reason: "no number".to_owned(),
        field: None,
        at: instant("2026-05-04T12:00:00Z"),
    };
    access.quarantine(vec![item]).await.expect("set aside");
}

pub(super) fn erase(engine: &Engine) -> Result<(), crate::Error> {
    // One thread for all that blocks, so that its calls are counted alike each time.
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().expect("a runtime");
    runtime.block_on(access(engine).erase(&id("b"), &[], "Az. 17/2026")).map(drop)
}

/// Whatever became of an erasure: once it is in the ledger it is carried out
/// before anybody is served, and else as if nothing had been.
pub(super) fn is_erased(given: &Given, place: &Path, told: &str) {
    let data = place.join("data");
    let engine = open(&data).unwrap_or_else(|error| panic!("{told}: {error}"));
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    let store = &tenant.shared.store;
    if store.erasures().expect("the ledger").is_empty() {
        assert_eq!(answers(&engine), given.answers, "{told}");
        erase(&engine).unwrap_or_else(|error| panic!("{told}, again: {error}"));
    }
    let (said, state) = answers(&engine);
    let others: Vec<Observation> = given.answers.0.iter().filter(|one| one.entity == id("a")).cloned().collect();
    assert_eq!((said, state.len()), (others, 1), "{told}");
    assert_eq!(store.files().expect("listed"), Vec::<[u8; 32]>::new(), "{told}");
    assert_eq!(store.quarantined(None, QuarantineState::Open, 0, 9).expect("read"), [], "{told}");
    drop(tenant);
    engine.shutdown().expect("stops");
    drop(engine);
    assert!(crate::check(&data).expect("looks").into_iter().all(|(_, findings)| findings.is_empty()), "{told}");
}

/// Twenty values of a station of its own, nineteen of them beside the log.
pub(super) fn load(engine: &Engine) -> Result<(), crate::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let record = |minute: u64| (minute, station("c").with(no2(&minute.to_string(), &format!("2026-01-01T00:{minute:02}:00Z"))));
    runtime.block_on(super::super::load::load(&access(engine), 2, (0..20).map(record).collect())).map(|_| ())
}

/// Whatever became of a load: done again it is whole, and nothing is there twice.
pub(super) fn is_loaded(place: &Path, told: &str) {
    let data = place.join("data");
    let engine = open(&data).unwrap_or_else(|error| panic!("{told}: {error}"));
    load(&engine).unwrap_or_else(|error| panic!("{told}, again: {error}"));
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    let question =
        SeriesQuery { entities: vec![id("c")], attributes: Some(vec![name("no2")]), known: Known::Versions, ..SeriesQuery::default() };
    let said = tenant.shared.past.series(&model::Authorized::new(&crate::DOOR, question)).expect("answered");
    let values: Vec<Option<f64>> = said.iter().map(|one| one.attribute.value.as_f64()).collect();
    assert_eq!(values, (0..20).map(|minute| Some(f64::from(minute))).collect::<Vec<_>>(), "{told}");
    let mut listed: Vec<String> = tenant.shared.store.segments().expect("read").0.into_iter().map(|segment| segment.object).collect();
    listed.sort();
    assert_eq!(names(&tenant.shared.store.history_folder()), listed, "{told}: files that nobody knows");
    drop(tenant);
    engine.shutdown().expect("stops");
    drop(engine);
    assert!(crate::check(&data).expect("looks").into_iter().all(|(_, findings)| findings.is_empty()), "{told}");
}

/// Twenty more values, and all that are older than a month rolled up to hours, off the disk too.
pub(super) fn roll_up(engine: &Engine) -> Result<(), crate::Error> {
    load(engine)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let keep = Keep { months: 1, days: 0, seconds: 0 };
    let rule = Retention { of: RetentionOf::Rest, keep, rollup: Some(KeptRollup { length: Rollup::Hour, keep: None }) };
    runtime.block_on(async {
        let access = access(engine);
        access.put_dataset(Dataset { retention: vec![rule], ..dataset(true) }).await?;
        let plan = access.retention_plans().await?.remove(0);
        access.confirm_retention("luft", &plan.token, None).await?;
        while !access.finish_removals().await? {}
        Ok(())
    })
}

/// How many values there are, and their sum, hour by hour, values and roll-ups as one.
fn hours(engine: &Engine) -> Vec<String> {
    let question = BucketQuery {
        period: Period::HOUR,
        methods: vec![Method::TotalCount, Method::Sum],
        ..BucketQuery::of(["a", "b", "c"].map(id).to_vec(), vec![name("no2")], TimeWindow::ALL)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let found = runtime.block_on(access(engine).buckets(question)).expect("answered");
    let told = |bucket: &crate::Bucket| format!("{} {:?} {:?}", bucket.start, bucket.number(0), bucket.number(1));
    found.iter().map(|series| format!("{} {}", series.key.entity, series.buckets.iter().map(told).collect::<Vec<_>>().join(", "))).collect()
}

/// Whatever became of it: nothing that was acknowledged is lost, and done again it is whole, and counted once.
pub(super) fn is_rolled_up(place: &Path, told: &str) {
    let data = place.join("data");
    let engine = open(&data).unwrap_or_else(|error| panic!("{told}: {error}"));
    let hour = |number: u8| format!("2026-01-01T{number:02}:00:00Z Some(1.0) Some(1.0)");
    let before = [
        format!("{} {}", id("a"), [0, 1, 2].map(hour).join(", ")),
        format!("{} {}", id("b"), [1, 2].map(hour).join(", ")),
        format!("{} 2026-01-01T00:00:00Z Some(20.0) Some(190.0)", id("c")),
    ];
    assert_eq!(hours(&engine)[..2], before[..2], "{told}");
    roll_up(&engine).unwrap_or_else(|error| panic!("{told}, again: {error}"));
    assert_eq!(hours(&engine), before, "{told}, again");
    let (values, _) = answers(&engine);
    assert!(values.iter().all(|one| one.fact == Fact::Deleted), "{told}: values are gone");
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    let mut listed: Vec<String> = tenant.shared.store.segments().expect("read").0.into_iter().map(|segment| segment.object).collect();
    listed.sort();
    assert_eq!(names(&tenant.shared.store.history_folder()), listed, "{told}: files that nobody knows");
    drop(tenant);
    engine.shutdown().expect("stops");
    drop(engine);
    with(&data, |engine| assert_eq!(hours(engine), before, "{told}, opened again"));
    assert!(crate::check(&data).expect("looks").into_iter().all(|(_, findings)| findings.is_empty()), "{told}");
}

/// Whatever came before: the data open, say the same, hold nothing that nobody
/// knows, and go on.
pub(super) fn is_whole(given: &Given, place: &Path, told: &str) {
    let data = place.join("data");
    let engine = open(&data).unwrap_or_else(|error| panic!("{told}: {error}"));
    assert_eq!(answers(&engine), given.answers, "{told}");
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    let mut listed: Vec<String> = tenant.shared.store.segments().expect("read").0.into_iter().map(|segment| segment.object).collect();
    listed.sort();
    assert_eq!(names(&tenant.shared.store.history_folder()), listed, "{told}: files that nobody knows");
    drop(tenant);
    // It goes on: everything that was interrupted is done in the end.
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    let done = tenant.shared.past.press(&tenant.shared.state).and_then(|_| compact(&tenant.shared.past, 2));
    done.unwrap_or_else(|error| panic!("{told}, then it goes on: {error}"));
    drop(tenant);
    assert_eq!(answers(&engine), given.answers, "{told}, and everything done");
    engine.shutdown().expect("stops");
    drop(engine);
    assert!(crate::check(&data).expect("looks").into_iter().all(|(_, findings)| findings.is_empty()), "{told}");
    let snapshots = names(&data.join("tenants/musterstadt/snapshots"));
    assert!(snapshots.iter().all(|name| name.ends_with(".snap")), "{told}: {snapshots:?}");
}

/// The backup has at least the points it had, all good; it takes another, and gives back what it holds.
pub(super) fn backup_is_whole(given: &Given, place: &Path, told: &str, least: usize) {
    let verified = || crate::verify_backup(&place.join("backup"), &mut store::Looked::default()).expect("looks");
    let points = verified();
    assert!(points.len() >= least && points.iter().all(|(_, findings)| findings.is_empty()), "{told}: {points:?}");
    with(&place.join("data"), |engine| backup(engine, place, 10)).unwrap_or_else(|error| panic!("{told}: {error}"));
    assert!(verified().iter().all(|(_, findings)| findings.is_empty()), "{told}");
    assert!(!place.join("backup/.new").exists(), "{told}: what was left is used or gone");
    restore(place, "given-back", None).unwrap_or_else(|error| panic!("{told}: {error}"));
    assert_eq!(with(&place.join("given-back"), answers), given.answers, "{told}");
}

/// An instant between the last two points. Every commit is before it, so that
/// the log of the last goes on to all there is.
pub(super) const BETWEEN: &str = "2026-05-04T13:00:00.000001Z";

/// Whatever became of a restore: done again it is whole, or it is whole
/// already, and nothing else is left.
pub(super) fn is_restored(given: &Given, place: &Path, told: &str) {
    let data = place.join(RESTORED);
    let is_there = data.join("tenants/musterstadt").exists();
    match restore(place, RESTORED, Some(BETWEEN)) {
        Err(error) if error.kind() == crate::Kind::Exists && is_there => {}
        done => done.unwrap_or_else(|error| panic!("{told}, again: {error}")),
    }
    assert!(crate::check(&data).expect("looks").into_iter().all(|(_, findings)| findings.is_empty()), "{told}");
    assert_eq!(with(&data, answers), given.answers, "{told}");
    assert_eq!(
        (names(&data.join("tenants")), names(&data.join("keys"))),
        (vec!["musterstadt".into()], vec!["musterstadt.db".into()]),
        "{told}"
    );
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder).map_or_else(
        |_| Vec::new(),
        |entries| entries.map(|entry| entry.expect("read").file_name().into_string().expect("UTF-8")).collect(),
    );
    names.sort();
    names
}
