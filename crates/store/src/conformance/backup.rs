use std::fs;
use std::io::Read;
use std::num::NonZeroUsize;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use model::{Header, Segment};

use super::tables::{item, outcome};
use crate::testing::{World, at, born, context, entity, value};
use crate::{
    BackupReport, Finding, Kind, Looked, NewRun, Part, QuarantineState, RunState, Store, TenantStore, backup_points, prune_backup,
    verify_backup,
};

/// A tenant with something of everything: commits to 4, history, a raw input, a record set aside.
pub(super) fn furnish(tenant: &TenantStore) -> [u8; 32] {
    tenant.append(&[born(1), value(2), value(3), value(4)]).expect("appends");
    for seq in [3, 4] {
        tenant.write_snapshot(seq, &mut [entity(1)].iter()).expect("writes");
    }
    seal(tenant, "a.parquet", 3);
    fs::write(tenant.history_folder().join("orphan.parquet"), b"PAR1").expect("writes");
    tenant.quarantine(&[item("luft", 1)]).expect("keeps");
    tenant.put_file(&mut &b"roh"[..]).expect("keeps").checksum
}

/// Seals the log up to a position into an object of its own.
fn seal(tenant: &TenantStore, object: &str, upto: u64) {
    fs::write(tenant.history_folder().join(object), b"PAR1").expect("writes");
    let intent = tenant.begin_seal(&[object.to_owned()]).expect("begins");
    let segment = Segment {
        object: object.to_owned(),
        seq: (1, upto),
        time: (at(1), at(3)),
        rows: 2,
        size_bytes: 4,
        checksum: crate::disk::sha256(b"PAR1"),
    };
    tenant.finish_seal(intent, &[segment], &[], upto).expect("seals");
}

fn backup(world: &World, seconds: i64) -> BackupReport {
    world.tenant().backup(&world.beside("backup"), &world.beside("keys/musterstadt.keys"), at(seconds)).expect("backs up")
}

fn files(folder: &Path) -> Vec<String> {
    crate::disk::files_below(folder).expect("lists").iter().map(|path| path.to_string_lossy().into_owned()).collect()
}

/// The points that there are, by name.
fn points(world: &World) -> Vec<PathBuf> {
    backup_points(&world.beside("backup")).map_or_else(|_| Vec::new(), |points| points.into_iter().map(|point| point.folder).collect())
}

/// What was backed up, opened in a data directory of its own.
fn restored(world: &World, name: &str, seconds: Option<i64>) -> TenantStore {
    let root = world.beside(name);
    Store::restore(&root, &world.beside("backup"), seconds.map(at)).expect("restores");
    Store::restore_keys(&root, &world.beside("keys/musterstadt.keys")).expect("restores the keys");
    let tenant = Store::open(&root, world.config()).and_then(|store| store.tenant(&context("musterstadt"))).expect("opens");
    assert_eq!(tenant.check_integrity().expect("looks"), []);
    tenant
}

fn last_seq(tenant: &TenantStore) -> u64 {
    tenant.last_header().expect("reads").map_or(0, |header| header.seq)
}

fn findings(world: &World) -> Vec<Finding> {
    let told = verify_backup(&world.beside("backup"), &mut Looked::default()).expect("looks");
    told.into_iter().flat_map(|(_, findings)| findings).collect()
}

pub(super) fn backup_and_restore(mut world: World) {
    let raw = furnish(world.tenant());
    let report = backup(&world, 9);
    assert_eq!((report.last_seq, report.files, report.copied_bytes), (4, 5, report.size_bytes));
    let raw_name = format!("files/{}/{}", &crate::disk::hex(&raw)[..2], crate::disk::hex(&raw));
    let expected = [raw_name.as_str(), "history/a.parquet", "manifest.json", "snapshots/3.snap", "snapshots/4.snap", "tenant.db"];
    assert_eq!(files(&report.point), expected);
    world.tenant().append(&[value(5)]).expect("appends");

    let elsewhere = world.beside("elsewhere");
    let (data, keys) = (world.beside("backup"), world.beside("keys/musterstadt.keys"));
    assert_eq!(Store::restore(&elsewhere, &data, None).expect("restores").last_seq, 4);
    assert_eq!(Store::restore(&elsewhere, &data, None).expect_err("there").kind(), Kind::Exists);
    let opened = Store::open(&elsewhere, world.config()).and_then(|store| store.tenant(&context("musterstadt")));
    assert_eq!(opened.expect_err("no keys").kind(), Kind::Unavailable);
    assert_eq!(Store::restore_keys(&elsewhere, &keys).expect("restores").as_str(), "musterstadt");
    assert_eq!(Store::restore_keys(&elsewhere, &keys).expect_err("there").kind(), Kind::Exists);
    assert_eq!(Store::restore_keys(&elsewhere, &report.point.join("tenant.db")).expect_err("no keys").kind(), Kind::Corrupt);
    let restored = Store::open(&elsewhere, world.config()).and_then(|store| store.tenant(&context("musterstadt"))).expect("opens");
    assert_eq!(restored.check_integrity().expect("looks"), []);
    assert_eq!(last_seq(&restored), 4);
    assert_eq!(restored.read_log(0, 9).expect("reads"), [value(4)]);
    assert_eq!(restored.load_snapshot().expect("loads").map(|snapshot| snapshot.entities), Some(vec![entity(1)]));
    let mut content = Vec::new();
    restored.open_file(&raw).expect("opens").expect("there").read_to_end(&mut content).expect("reads");
    assert_eq!(content, b"roh");
    assert_eq!(restored.quarantined(None, QuarantineState::Open, 0, 9).expect("reads")[0].item, item("luft", 1));
    restored.append(&[value(5), value(6)]).expect("goes on");
    world.close();
}

pub(super) fn a_damaged_backup_is_refused(world: World) {
    furnish(world.tenant());
    let point = backup(&world, 9).point;
    let elsewhere = world.beside("elsewhere");
    let restore = || Store::restore(&elsewhere, &world.beside("backup"), None);
    for file in crate::disk::files_below(&point).expect("lists") {
        let path = point.join(&file);
        let good = fs::read(&path).expect("reads");
        let mut bad = good.clone();
        bad[good.len() / 2] ^= 1;
        fs::write(&path, bad).expect("writes");
        restore().expect_err("damaged");
        fs::remove_file(&path).expect("removes");
        restore().expect_err("missing");
        assert!(!elsewhere.join("tenants/musterstadt").exists());
        fs::write(&path, good).expect("writes");
    }
    let manifest = point.join("manifest.json");
    let forged = fs::read_to_string(&manifest).expect("reads").replace("tenant.db", "../../x.db");
    fs::write(&manifest, forged).expect("writes");
    assert_eq!(restore().expect_err("forged").kind(), Kind::Corrupt);
    fs::remove_dir_all(&point).expect("removes");
    fs::write(world.tenant().history_folder().join("a.parquet"), b"PAR2").expect("writes");
    let error = world.tenant().backup(&world.beside("backup"), &world.beside("keys.db"), at(10)).expect_err("damage is not backed up");
    assert!(error.to_string().contains("a.parquet"), "{error}");
    assert_eq!(points(&world), Vec::<PathBuf>::new());
}

pub(super) fn a_backup_stays_out_of_the_data(mut world: World) {
    furnish(world.tenant());
    let (inside, keys) = (world.root().join("backup/deep"), world.beside("keys.db"));
    let refused = |tenant: &TenantStore, target: &Path, keys: &Path| tenant.backup(target, keys, at(9)).expect_err("refused").kind();
    assert_eq!(refused(world.tenant(), &inside, &keys), Kind::Invalid);
    assert_eq!(refused(world.tenant(), &world.beside("b"), &world.root().join("k")), Kind::Invalid);
    assert!(!world.root().join("backup").exists() && !world.beside("b").exists(), "nothing is made before it is refused");
    world.tenant().check_backup(&world.beside("b"), &keys).expect("fine");
    assert!(!world.beside("b").exists());
    let error = Store::restore(&world.beside("elsewhere"), &world.beside("nowhere"), None).expect_err("refused");
    assert!(error.to_string().contains("is not a complete backup"), "{error}");

    // What belongs to others is neither mixed nor overwritten.
    backup(&world, 9);
    let other = world.store().create_tenant(&context("nachbarstadt")).expect("another");
    assert_eq!(refused(&other, &world.beside("backup"), &keys), Kind::Invalid);
    assert_eq!(refused(&other, &world.beside("c"), &world.beside("keys/musterstadt.keys")), Kind::Invalid);
    drop(other);
    world.close();
    for name in ["db", "db-wal", "db-shm"] {
        crate::disk::remove_file(&world.root().join(format!("keys/musterstadt.{name}"))).expect("removes");
    }
    Store::open(&world.root(), world.config()).and_then(|store| store.replace_lost_keys(&context("musterstadt"))).expect("replaces");
    world.reopen();
    assert_eq!(refused(world.tenant(), &world.beside("backup"), &world.beside("keys/musterstadt.keys")), Kind::Invalid);
}

pub(super) fn only_what_is_new_is_copied(world: World) {
    furnish(world.tenant());
    let first = backup(&world, 9);
    seal(world.tenant(), "b.parquet", 3);
    let second = backup(&world, 10);
    let size = |name: &str| fs::metadata(second.point.join(name)).expect("there").len();
    assert_eq!(second.copied_bytes, size("tenant.db") + size("history/b.parquet"));
    let inode = |point: &Path, name: &str| fs::metadata(point.join(name)).expect("there").ino();
    for name in files(&first.point) {
        let is_shared = inode(&first.point, &name) == inode(&second.point, &name);
        assert_eq!(is_shared, !["tenant.db", "manifest.json"].contains(&name.as_str()), "{name}");
    }
    // A file of the same name and another time of change is not taken for the same.
    let snapshot = world.tenant().folder().join("snapshots/4.snap");
    let file = fs::File::options().write(true).open(&snapshot).expect("opens");
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("sets the time");
    let third = backup(&world, 11);
    assert_ne!(inode(&second.point, "snapshots/4.snap"), inode(&third.point, "snapshots/4.snap"));
    assert_eq!(inode(&second.point, "snapshots/3.snap"), inode(&third.point, "snapshots/3.snap"));
    assert_eq!(world.tenant().backup(&world.beside("backup"), &world.beside("keys.db"), at(11)).expect_err("there").kind(), Kind::Exists);
    assert_eq!(points(&world), [first.point, second.point, third.point]);
    assert_eq!(findings(&world), []);
}

pub(super) fn old_points_go_without_harm(world: World) {
    furnish(world.tenant());
    let made: Vec<PathBuf> = (9..13).map(|seconds| backup(&world, seconds).point).collect();
    let backups = world.beside("backup");
    // A crash in the middle of a removal leaves no half point.
    fs::rename(&made[0], backups.join(".old-x")).expect("renames");
    fs::remove_file(backups.join(".old-x/tenant.db")).expect("removes");
    assert_eq!(points(&world), made[1..]);
    let prune = |keep| prune_backup(&backups, NonZeroUsize::new(keep).expect("some")).expect("prunes");
    assert_eq!(prune(2), 1);
    assert_eq!((points(&world), prune(2)), (made[2..].to_vec(), 0));
    assert!(!backups.join(".old-x").exists());
    // A point that cannot be read is not counted, and stays.
    fs::write(made[3].join("manifest.json"), "{").expect("writes");
    assert_eq!(prune(1), 0);
    assert!(made[2].exists() && made[3].exists());
    assert!(matches!(&findings(&world)[..], [Finding { part: Part::Tenant, .. }]));
    fs::remove_dir_all(&made[3]).expect("removes");
    assert_eq!(findings(&world), []);
    assert_eq!(last_seq(&restored(&world, "elsewhere", None)), 4);
}

pub(super) fn a_backup_that_was_interrupted_goes_on(world: World) {
    furnish(world.tenant());
    let first = backup(&world, 9);
    seal(world.tenant(), "b.parquet", 3);
    seal(world.tenant(), "c.parquet", 3);
    // As far as a crash lets it come: links, a whole file, a torn one, one that is needed no more, half a database.
    let (unfinished, history) = (world.beside("backup/.new"), world.tenant().history_folder());
    crate::disk::make_folder(&unfinished.join("history")).expect("makes");
    fs::hard_link(first.point.join("history/a.parquet"), unfinished.join("history/a.parquet")).expect("links");
    crate::disk::copy(&history.join("b.parquet"), &unfinished.join("history/b.parquet")).expect("copies");
    for (name, content) in [("history/c.parquet", "PA"), ("history/z.parquet", "PAR1"), ("tenant.db", "half"), ("tenant.db-journal", "x")] {
        fs::write(unfinished.join(name), content).expect("writes");
    }
    assert_eq!(points(&world), [first.point.as_path()]);
    let second = backup(&world, 10);
    let size = |name: &str| fs::metadata(second.point.join(name)).expect("there").len();
    assert_eq!(second.copied_bytes, size("tenant.db") + size("history/c.parquet"));
    let expected = ["history/a.parquet", "history/b.parquet", "history/c.parquet", "manifest.json", "snapshots/3.snap"];
    assert_eq!(files(&second.point)[1..6], expected);
    assert!(!unfinished.exists());
    assert_eq!(findings(&world), []);
}

pub(super) fn a_backup_is_verified(world: World) {
    let raw = crate::disk::hex(&furnish(world.tenant()));
    let points = [backup(&world, 9).point, backup(&world, 10).point];
    assert_eq!(findings(&world), []);
    let cases = [
        ("history/a.parquet".to_owned(), Part::History, 2),
        ("snapshots/4.snap".to_owned(), Part::Snapshot, 2),
        (format!("files/{}/{raw}", &raw[..2]), Part::Files, 2),
        ("tenant.db".to_owned(), Part::Database, 1),
        ("manifest.json".to_owned(), Part::Tenant, 1),
    ];
    for (name, part, count) in cases {
        let path = points[1].join(&name);
        let good = fs::read(&path).expect("reads");
        let mut bad = good.clone();
        bad[good.len() / 2] ^= 0x40;
        fs::write(&path, &bad).expect("writes");
        let found = findings(&world);
        assert_eq!(found.iter().map(|finding| finding.part).collect::<Vec<_>>(), vec![part; count], "{found:?}");
        assert!(found.iter().any(|finding| finding.detail.to_string().contains(path.to_str().expect("UTF-8"))), "{found:?}");
        fs::write(&path, &good).expect("writes");
        assert_eq!(findings(&world), []);
    }
    fs::remove_file(points[1].join("history/a.parquet")).expect("removes");
    assert!(matches!(&findings(&world)[..], [Finding { part: Part::History, .. }]), "the other point still has it");
    // A list that leaves out what the database names is found out too.
    let manifest = points[0].join("manifest.json");
    let text = fs::read_to_string(&manifest).expect("reads");
    let without: String = text.replace("history/a.parquet", "history/other.parquet");
    fs::write(&manifest, without).expect("writes");
    fs::rename(points[0].join("history/a.parquet"), points[0].join("history/other.parquet")).expect("renames");
    let found = findings(&world);
    assert!(found.iter().filter(|finding| finding.part == Part::History).count() == 2, "{found:?}");
}

/// A run of a source that begins at one second and ends at another.
fn run(tenant: &TenantStore, begins: i64, checksum: [u8; 32]) -> u64 {
    let run = NewRun { source: "luft".to_owned(), version: 1, input: format!("{begins}.csv"), checksum, at: at(begins) };
    tenant.begin_run(&run).expect("begins")
}

pub(super) fn every_instant_comes_back_while_the_log_tells(world: World) {
    let tenant = world.tenant();
    furnish(tenant);
    tenant.put_source("luft", "eins", at(2), "anna").expect("keeps");
    backup(&world, 5);
    tenant.append(&[value(5), value(6)]).expect("appends");
    let input = tenant.put_file(&mut &b"spaeter"[..]).expect("keeps").checksum;
    let early = run(tenant, 6, input);
    tenant.put_source("luft", "zwei", at(7), "anna").expect("keeps");
    tenant.append(&[value(7), value(8)]).expect("appends");
    tenant.finish_run(early, &outcome(RunState::Done)).expect("ends");
    run(tenant, 9, input);
    tenant.append(&[value(9)]).expect("appends");
    backup(&world, 60);
    for seconds in 4..=9_i64 {
        let seq = seconds.cast_unsigned();
        let restored = restored(&world, &format!("at-{seconds}"), Some(seconds));
        assert_eq!(last_seq(&restored), seq);
        assert_eq!(restored.read_log(3, 99).expect("reads"), (4..=seq).map(value).collect::<Vec<_>>());
        assert_eq!(restored.segments().expect("reads"), tenant.segments().expect("reads"), "what was sealed then");
        let runs: Vec<_> = restored.runs(None, 9).expect("reads").into_iter().map(|run| (run.id, run.state, run.written)).collect();
        let expected = if seconds < 6 {
            vec![]
        } else if seconds < 9 {
            vec![(early, RunState::Running, 0)]
        } else {
            vec![(early + 1, RunState::Running, 0), (early, RunState::Running, 0)]
        };
        assert_eq!(runs, expected, "at {seconds}");
        let source = restored.source("luft", None).expect("reads").expect("there");
        assert_eq!(source.text, if seconds < 7 { "eins" } else { "zwei" });
        restored.append(&[value(seq + 1)]).expect("goes on");
    }
    assert_eq!(last_seq(&restored(&world, "later", Some(1_000))), 9);
    let error = Store::restore(&world.beside("early"), &world.beside("backup"), Some(at(3))).expect_err("before all points");
    assert_eq!(error.kind(), Kind::Unavailable);
    let reach: Vec<_> = backup_points(&world.beside("backup")).expect("lists").iter().map(|point| (point.last_at, point.until)).collect();
    assert_eq!(reach, [(Some(at(4)), at(60)), (Some(at(9)), at(60))]);
}

pub(super) fn what_the_log_tells_no_more_is_said(world: World) {
    let tenant = world.tenant();
    furnish(tenant);
    backup(&world, 4);
    tenant.append(&(5..=9).map(value).collect::<Vec<_>>()).expect("appends");
    for seq in [6, 8] {
        tenant.write_snapshot(seq, &mut [entity(1)].iter()).expect("writes");
    }
    seal(tenant, "b.parquet", 7);
    backup(&world, 20);
    let reach: Vec<_> = backup_points(&world.beside("backup")).expect("lists").iter().map(|point| (point.last_at, point.until)).collect();
    assert_eq!(reach, [(Some(at(4)), at(5)), (Some(at(9)), at(20))]);
    assert_eq!(last_seq(&restored(&world, "four", Some(4))), 4);
    assert_eq!(last_seq(&restored(&world, "nine", Some(9))), 9);
    for seconds in 5..9 {
        let error = Store::restore(&world.beside("gap"), &world.beside("backup"), Some(at(seconds))).expect_err("a gap");
        let said = error.to_string();
        assert!(said.contains(&at(5).to_string()) && said.contains(&at(9).to_string()), "{said}");
    }
    assert!(!world.beside("gap/tenants/musterstadt").exists());
}

pub(super) fn what_passed_by_the_log_is_said(world: World) {
    let tenant = world.tenant();
    furnish(tenant);
    backup(&world, 4);
    let mut beside = value(6);
    beside.effects.clear();
    tenant.append(&[value(5), beside.clone(), value(7)]).expect("appends");
    backup(&world, 60);
    assert_eq!(last_seq(&restored(&world, "told", Some(7))), 7, "no run: nothing but a note");
    beside.header = Header { seq: 8, at: at(70), run: Some(1), ..beside.header };
    let mut last = value(9);
    last.header.at = at(80);
    tenant.append(&[beside, last]).expect("appends");
    backup(&world, 120);
    assert_eq!(last_seq(&restored(&world, "before", Some(65))), 7);
    for seconds in [70, 79] {
        let error = Store::restore(&world.beside("beside"), &world.beside("backup"), Some(at(seconds))).map(drop);
        assert_eq!(error.map_err(|error| error.kind()), Err(Kind::Unavailable), "{seconds}");
    }
    assert_eq!(last_seq(&restored(&world, "after", Some(80))), 9);
}
