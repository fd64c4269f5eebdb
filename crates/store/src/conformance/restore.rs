//! What comes back from a backup, and when.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use model::Header;

use super::backup::{backup, files, furnish, last_seq, opened, points, restore, restored, seal};
use super::tables::{item, outcome};
use crate::testing::{World, at, context, entity, value};
use crate::{Kind, NewRun, QuarantineState, RunState, Store, TenantStore, backup_points};

pub(super) fn backup_and_restore(mut world: World) {
    let raw = furnish(world.tenant());
    let report = backup(&world, 9);
    assert_eq!((report.last_seq, report.files, report.copied_bytes), (4, 5, report.size_bytes));
    let raw_name = format!("files/{}/{}", &crate::disk::hex(&raw)[..2], crate::disk::hex(&raw));
    let expected = [raw_name.as_str(), "history/a.parquet", "manifest.json", "snapshots/3.snap", "snapshots/4.snap", "tenant.db"];
    assert_eq!(files(&report.point), expected);
    world.tenant().append(&[value(5)]).expect("appends");

    let elsewhere = world.beside("elsewhere");
    assert_eq!(restore(&world, "elsewhere", None).expect("restores").last_seq, 4);
    assert_eq!(restore(&world, "elsewhere", None).expect_err("there").kind(), Kind::Exists);
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
    let restore = || restore(&world, "elsewhere", None);
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

pub(super) fn a_restore_that_was_cut_off_begins_anew(world: World) {
    furnish(world.tenant());
    let point = backup(&world, 9).point;
    let elsewhere = world.beside("elsewhere");
    let (unfinished, keys) = (elsewhere.join("tenants/.new-musterstadt"), elsewhere.join("keys"));
    restore(&world, "elsewhere", None).expect("restores");
    // As far as a crash lets it come: everything but the name, then less and less.
    fs::rename(elsewhere.join("tenants/musterstadt"), &unfinished).expect("renames");
    let undo: [&dyn Fn(); 4] = [
        &|| {},
        &|| fs::rename(keys.join("musterstadt.db"), keys.join("musterstadt.new")).expect("renames"),
        &|| {
            fs::remove_file(keys.join("musterstadt.db")).expect("removes");
            fs::write(keys.join("musterstadt.new"), "half").expect("writes");
        },
        &|| {
            fs::remove_file(keys.join("musterstadt.db")).expect("removes");
            fs::write(unfinished.join("tenant.db"), "half").expect("writes");
        },
    ];
    for undo in undo {
        undo();
        assert_eq!(Store::open(&elsewhere, world.config()).and_then(|store| store.tenants()).expect("opens"), [], "no tenant yet");
        assert_eq!(restore(&world, "elsewhere", None).expect("restores").last_seq, 4);
        assert_eq!(last_seq(&opened(&world, "elsewhere")), 4);
        assert_eq!(crate::disk::names(&keys).expect("lists"), ["musterstadt.db"]);
        assert_eq!(crate::disk::names(&elsewhere.join("tenants")).expect("lists"), ["musterstadt"]);
        fs::rename(elsewhere.join("tenants/musterstadt"), &unfinished).expect("renames");
    }
    assert!(point.join("tenant.db").is_file());
}

pub(super) fn keys_that_are_there_stay_and_others_are_not_overwritten(mut world: World) {
    furnish(world.tenant());
    let (kept, gone) = ([1; 32], [2; 32]);
    world.tenant().subject_keys(&[kept, gone]).expect("makes");
    let point = backup(&world, 9).point;
    world.tenant().destroy_subject_key(&gone).expect("destroys");
    world.close();
    fs::remove_dir_all(world.root().join("tenants/musterstadt")).expect("is lost");
    restore(&world, "data", None).expect("restores beside its keys");
    world.reopen();
    assert!(world.tenant().subject_key(&kept, false).expect("reads").is_some());
    assert_eq!(world.tenant().subject_key(&gone, false).expect("reads"), None, "the copy would have brought it back");
    world.close();

    let refused = |name: &str, keys: &Path| {
        let error = Store::restore(&world.beside(name), &world.beside("backup"), keys, None).expect_err("refused");
        assert!(!world.beside(name).join("tenants/musterstadt").exists());
        error.kind()
    };
    let elsewhere = world.beside("elsewhere");
    Store::open(&elsewhere, world.config()).and_then(|store| store.create_tenant(&context("musterstadt")).map(drop)).expect("another");
    fs::remove_dir_all(elsewhere.join("tenants/musterstadt")).expect("is lost");
    let (others, ours) = (elsewhere.join("keys/musterstadt.db"), world.beside("keys/musterstadt.keys"));
    let owner = crate::keys::owner_of(&others).expect("reads");
    assert_eq!(refused("fresh", &others), Kind::Unavailable, "keys of other data");
    assert_eq!(refused("fresh", &point.join("tenant.db")), Kind::Corrupt, "no keys");
    assert_eq!(refused("fresh", &world.beside("nowhere")), Kind::NotFound);
    assert_eq!(refused("elsewhere", &ours), Kind::Unavailable, "they may be the last");
    assert_eq!(crate::keys::owner_of(&others).expect("reads"), owner);
    let log = others.with_extension("db-wal");
    fs::rename(&others, &log).expect("renames");
    assert_eq!(refused("elsewhere", &ours), Kind::Unavailable, "a log would be taken for that of the copy");
    fs::rename(&log, &others).expect("it is there still");
    assert_eq!(crate::keys::owner_of(&others).expect("reads"), owner);
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
    let error = restore(&world, "early", Some(3)).expect_err("before all points");
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
        let error = restore(&world, "gap", Some(seconds)).expect_err("a gap");
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
        let error = restore(&world, "beside", Some(seconds)).map(drop);
        assert_eq!(error.map_err(|error| error.kind()), Err(Kind::Unavailable), "{seconds}");
    }
    assert_eq!(last_seq(&restored(&world, "after", Some(80))), 9);
}
