//! Points of a backup: made, looked at, gone.

use std::fs;
use std::num::NonZeroUsize;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use model::Segment;

use super::tables::item;
use crate::testing::{World, at, born, context, entity, value};
use crate::{BackupReport, Error, Finding, Kind, Looked, Part, Restored, Store, TenantStore, backup_points, prune_backup, verify_backup};

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
pub(super) fn seal(tenant: &TenantStore, object: &str, upto: u64) {
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

pub(super) fn backup(world: &World, seconds: i64) -> BackupReport {
    world.tenant().backup(&world.beside("backup"), &world.beside("keys/musterstadt.keys"), at(seconds)).expect("backs up")
}

pub(super) fn files(folder: &Path) -> Vec<String> {
    crate::disk::files_below(folder).expect("lists").iter().map(|path| path.to_string_lossy().into_owned()).collect()
}

/// The points that there are, by name.
pub(super) fn points(world: &World) -> Vec<PathBuf> {
    backup_points(&world.beside("backup")).map_or_else(|_| Vec::new(), |points| points.into_iter().map(|point| point.folder).collect())
}

/// Restores the backup into a data directory of its own.
pub(super) fn restore(world: &World, name: &str, seconds: Option<i64>) -> Result<Restored, Error> {
    Store::restore(&world.beside(name), &world.beside("backup"), &world.beside("keys/musterstadt.keys"), seconds.map(at))
}

/// The tenant of a data directory, without fault.
pub(super) fn opened(world: &World, name: &str) -> TenantStore {
    let store = Store::open(&world.beside(name), world.config());
    let tenant = store.and_then(|store| store.tenant(&context("musterstadt"))).expect("opens");
    assert_eq!(tenant.check_integrity().expect("looks"), []);
    tenant
}

/// What was backed up, opened in a data directory of its own.
pub(super) fn restored(world: &World, name: &str, seconds: Option<i64>) -> TenantStore {
    restore(world, name, seconds).expect("restores");
    opened(world, name)
}

pub(super) fn last_seq(tenant: &TenantStore) -> u64 {
    tenant.last_header().expect("reads").map_or(0, |header| header.seq)
}

fn findings(world: &World) -> Vec<Finding> {
    let told = verify_backup(&world.beside("backup"), &mut Looked::default()).expect("looks");
    told.into_iter().flat_map(|(_, findings)| findings).collect()
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
    let error = Store::restore(&world.beside("elsewhere"), &world.beside("nowhere"), &keys, None).expect_err("refused");
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
