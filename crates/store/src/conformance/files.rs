use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;

use expect_test::expect;

use super::backup::furnish;
use super::tables::{holds, item};
use crate::testing::{World, at, context, value};
use crate::{Error, FileRemoval, Finding, Kind, NewRun, Part, QuarantineState, RemovedFile, Store, TenantStore};

fn put(tenant: &TenantStore, content: &[u8]) -> [u8; 32] {
    let stored = tenant.put_file(&mut &content[..]).expect("keeps");
    assert_eq!(stored.size_bytes, content.len() as u64);
    assert_eq!(stored.checksum, crate::disk::sha256(content));
    stored.checksum
}

fn read(tenant: &TenantStore, checksum: &[u8; 32]) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    tenant.open_file(checksum).expect("opens").expect("there").read_to_end(&mut content)?;
    Ok(content)
}

/// Bytes that do not compress.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

pub(super) fn files_are_kept_once(mut world: World) {
    let contents = [Vec::new(), b"Datum;NO2\n".to_vec(), noise(300_000), vec![b'a'; 1_000_000]];
    let checksums: Vec<_> = contents.iter().map(|content| put(world.tenant(), content)).collect();
    put(world.tenant(), &contents[1]);
    assert_eq!(crate::disk::files_below(&world.tenant().folder().join("files")).expect("lists").len(), 4);
    world.reopen();
    for (content, checksum) in contents.iter().zip(&checksums) {
        assert!(read(world.tenant(), checksum).expect("reads") == *content);
    }
    assert!(world.tenant().open_file(&[0; 32]).expect("asks").is_none());
}

pub(super) fn a_damaged_file_is_an_error(world: World) {
    let tenant = world.tenant();
    let (one, two) = (put(tenant, &noise(200_000)), put(tenant, b"andere"));
    let path = |checksum| {
        let name = crate::disk::hex(checksum);
        tenant.folder().join("files").join(&name[..2]).join(name)
    };
    assert_eq!(tenant.check_integrity().expect("looks"), []);
    let good = fs::read(path(&one)).expect("reads");
    for damage in [&good[..good.len() - 1], &good[..70_000], &[&good[..100], &[good[100] ^ 1][..], &good[101..]].concat()] {
        fs::write(path(&one), damage).expect("writes");
        read(tenant, &one).expect_err("refused");
        assert_eq!(tenant.check_integrity().expect("looks").len(), 1);
    }
    fs::copy(path(&two), path(&one)).expect("copies");
    expect!["the stored file is damaged: its content is not the one its name promises"]
        .assert_eq(&read(tenant, &one).expect_err("refused").to_string());
    put(tenant, &noise(200_000));
    assert_eq!(tenant.check_integrity().expect("looks"), [], "keeping it again mends it");
}

fn begin(tenant: &TenantStore, checksum: [u8; 32]) -> Result<u64, Error> {
    tenant.begin_run(&NewRun { source: "luft".to_owned(), version: 1, input: "luft.csv".to_owned(), checksum, at: at(1) })
}

pub(super) fn a_file_nobody_read_can_be_removed(mut world: World) {
    let (read_once, draft) = (put(world.tenant(), b"gelesen"), put(world.tenant(), b"Entwurf"));
    let run = begin(world.tenant(), read_once).expect("begins");
    let remove = |world: &World, checksum, seconds| world.tenant().remove_file(checksum, at(seconds), "user:anna").expect("answers");
    assert_eq!(remove(&world, &read_once, 2), FileRemoval::Needed { run });
    assert_eq!(remove(&world, &draft, 3), FileRemoval::Done);
    assert_eq!(remove(&world, &draft, 4), FileRemoval::NotThere);
    for _ in 0..2 {
        assert!(world.tenant().open_file(&draft).expect("asks").is_none());
        assert_eq!(read(world.tenant(), &read_once).expect("reads"), b"gelesen");
        let removed = world.tenant().removed_files(9).expect("reads");
        assert_eq!(removed, [RemovedFile { checksum: draft, at: at(3), actor: "user:anna".to_owned() }]);
        assert_eq!(world.tenant().check_integrity().expect("looks"), []);
        world.reopen();
    }
    // Whoever was about to read it hears of it, and may send it again.
    assert_eq!(begin(world.tenant(), draft).expect_err("gone").kind(), Kind::Unavailable);
    put(world.tenant(), b"Entwurf");
    begin(world.tenant(), draft).expect("begins");
    assert!(matches!(remove(&world, &draft, 9), FileRemoval::Needed { .. }));
}

pub(super) fn a_removal_that_was_interrupted_is_finished(mut world: World) {
    let (announced, gone, read_since) = (put(world.tenant(), b"eins"), put(world.tenant(), b"zwei"), put(world.tenant(), b"drei"));
    for checksum in [&announced, &gone, &read_since] {
        // As far as a crash lets it come.
        world.tenant().announce_removal(checksum, at(5), "user:anna").expect("announces").expect("nobody reads it");
    }
    fs::remove_file(world.tenant().inner().file(&gone)).expect("removes");
    begin(world.tenant(), read_since).expect("begins");
    world.reopen();
    for checksum in [&announced, &gone] {
        assert!(world.tenant().open_file(checksum).expect("asks").is_none());
    }
    assert_eq!(read(world.tenant(), &read_since).expect("reads"), b"drei");
    let removed: Vec<_> = world.tenant().removed_files(9).expect("reads").into_iter().map(|file| file.checksum).collect();
    assert_eq!(removed, [gone, announced]);
    assert_eq!(world.tenant().check_integrity().expect("looks"), []);
}

pub(super) fn nothing_readable_lies_around(world: World) {
    let canary = b"kanarienvogel-8f3a";
    let mut quarantined = item("luft", 1);
    quarantined.raw = canary.to_vec();
    quarantined.reason = format!("`{}` is not a date", String::from_utf8_lossy(canary));
    quarantined.context = quarantined.reason.clone();
    world.tenant().quarantine(&[quarantined]).expect("keeps");
    put(world.tenant(), canary);
    assert!(!holds(&world, canary));
    world.tenant().put_setting("vogel", "kanarienvogel-8f3a").expect("puts");
    assert!(holds(&world, canary), "the search finds what is there");
}

pub(super) fn a_second_process_is_kept_out(mut world: World) {
    let second = || Store::open(&world.root(), world.config());
    let own = std::process::id();
    assert!(matches!(second(), Err(Error::Locked { pid, .. }) if pid == own));
    assert_eq!(second().expect_err("locked").kind(), Kind::Locked);
    assert!(
        matches!(Store::restore(&world.root(), &world.root(), &world.beside("keys"), None), Err(error) if error.kind() == Kind::Invalid)
    );
    world.close_store();
    assert!(Store::open(&world.root(), world.config()).is_err(), "an open tenant holds the directory too");
    world.close();
    Store::open(&world.root(), world.config()).expect("free again");
}

pub(super) fn foreign_and_newer_folders_are_left_alone(mut world: World) {
    let foreign = world.beside("foreign");
    fs::create_dir(&foreign).expect("a folder");
    fs::write(foreign.join("brief.odt"), "").expect("a file");
    let error = Store::open(&foreign, world.config()).expect_err("refused");
    assert!(error.to_string().contains("it holds `brief.odt` but no `version`"), "{error}");
    assert_eq!(crate::disk::names(&foreign).expect("lists"), ["brief.odt"], "nothing was written");
    let file = foreign.join("brief.odt");
    assert_eq!(Store::open(&file, world.config()).expect_err("refused").kind(), Kind::Invalid);
    world.close();
    fs::write(world.root().join("version"), "2\n").expect("writes");
    expect!["the data directory has storage format 2, this version knows 1: install the newer version again"]
        .assert_eq(&Store::open(&world.root(), world.config()).expect_err("refused").to_string());
    fs::write(world.root().join("version"), "eins").expect("writes");
    assert_eq!(Store::open(&world.root(), world.config()).expect_err("refused").kind(), Kind::Corrupt);
}

pub(super) fn removals_travel_along(world: World) {
    let tenant = world.tenant();
    let removed = [put(tenant, b"one"), put(tenant, b"two")];
    for (file, day) in removed.iter().zip([1, 2]) {
        assert_eq!(tenant.remove_file(file, at(day), "user:anna").expect("removes"), FileRemoval::Done);
    }
    let mut rows = Vec::new();
    tenant
        .read_all(0, &mut |row| {
            rows.push(row);
            Ok(())
        })
        .expect("walks");
    assert_eq!(rows.len(), 2, "{rows:?}");
    let new = world.store().begin_tenant(&context("neustadt")).expect("begun");
    new.write_rows(&rows).expect("written");
    assert_eq!(new.store().removed_files(9).expect("reads"), tenant.removed_files(9).expect("reads"));
}

pub(super) fn a_name_is_held_while_its_tenant_is_filled(world: World) {
    let store = world.store();
    assert_eq!(store.begin_tenant(&context("musterstadt")).map(|_| ()).expect_err("there").kind(), Kind::Exists);
    let filling = store.begin_tenant(&context("neustadt")).expect("begun");
    let row = crate::Kept::Source(crate::SourceRow {
        name: "luft".into(),
        version: 1,
        text: "x".into(),
        at: at(1),
        actor: "a".into(),
        paused: false,
    });
    filling.write_rows(&[row]).expect("written");
    for refused in [store.create_tenant(&context("neustadt")).map(|_| ()), store.begin_tenant(&context("neustadt")).map(|_| ())] {
        let refused = refused.expect_err("somebody fills it");
        assert!(refused.kind() == Kind::Unavailable && refused.to_string().contains("wait until that has ended"), "{refused}");
    }
    filling.finish().expect("finished");
    let there = store.tenant(&context("neustadt")).expect("there");
    assert!(there.source("luft", None).expect("reads").is_some(), "what was filled in is there");
    drop(store.begin_tenant(&context("altstadt")).expect("begun"));
    store.create_tenant(&context("altstadt")).expect("the name is free again");
}

pub(super) fn tenants_are_apart(mut world: World) {
    let store = world.store().clone();
    let other = store.create_tenant(&context("nachbarstadt")).expect("a tenant");
    assert_eq!(store.create_tenant(&context("nachbarstadt")).expect_err("there").kind(), Kind::Exists);
    assert_eq!(store.tenant(&context("anderswo")).expect_err("not there").kind(), Kind::NotFound);
    assert_eq!(store.tenants().expect("lists").iter().map(ToString::to_string).collect::<Vec<_>>(), ["musterstadt", "nachbarstadt"]);
    world.tenant().append(&[value(1)]).expect("appends");
    assert_eq!(other.last_header().expect("reads"), None);
    assert_ne!(other.tenant_key("raw").expect("a key"), world.tenant().tenant_key("raw").expect("a key"));
    let folder = other.folder().to_owned();
    drop((other, store));
    world.close();
    // A tenant's folder under another tenant's name.
    let own = world.root().join("tenants/musterstadt");
    fs::remove_dir_all(&own).expect("removes");
    fs::rename(folder, own).expect("renames");
    let store = Store::open(&world.root(), world.config()).expect("opens");
    let error = store.tenant(&context("musterstadt")).expect_err("refused");
    assert!(error.to_string().contains("belongs to the tenant `nachbarstadt`"), "{error}");
}

pub(super) fn a_lost_key_store_is_named(mut world: World) {
    world.tenant().quarantine(&[item("luft", 1)]).expect("keeps");
    world.close();
    let keys = world.root().join("keys/musterstadt.db");
    fs::rename(&keys, world.beside("keys.db")).expect("moves");
    let store = Store::open(&world.root(), world.config()).expect("opens");
    let ctx = context("musterstadt");
    let error = store.tenant(&ctx).expect_err("refused");
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.to_string().contains("musterstadt.db` is missing"), "{error}");
    assert!(!keys.exists(), "no new one is made by itself");
    store.replace_lost_keys(&ctx).expect("replaces");
    assert_eq!(store.replace_lost_keys(&ctx).expect_err("there").kind(), Kind::Exists);
    let tenant = store.tenant(&ctx).expect("opens");
    assert_eq!(tenant.quarantined(None, QuarantineState::Open, 0, 9).expect_err("unreadable").kind(), Kind::Corrupt);
    drop((tenant, store));
    fs::copy(world.beside("keys.db"), &keys).expect("copies");
    let store = Store::open(&world.root(), world.config()).expect("opens");
    let error = store.tenant(&ctx).expect_err("refused");
    assert!(error.to_string().contains("belongs to other data"), "{error}");
}

/// A tenant with something of everything.
pub(super) fn a_check_names_what_is_damaged(mut world: World) {
    let raw = furnish(world.tenant());
    let neighbour = world.store().create_tenant(&context("nachbarstadt")).expect("a tenant");
    let check = |world: &World| world.store().check().expect("looks").into_iter().map(|(tenant, f)| (tenant.to_string(), f));
    assert_eq!(check(&world).collect::<Vec<_>>(), [("musterstadt".to_owned(), vec![]), ("nachbarstadt".to_owned(), vec![])]);
    let folder = world.tenant().folder().to_owned();
    let raw = crate::disk::hex(&raw);
    let cases = [
        ("history/a.parquet".to_owned(), vec![Part::History]),
        ("snapshots/4.snap".to_owned(), vec![Part::Snapshot]),
        (format!("files/{}/{raw}", &raw[..2]), vec![Part::Files]),
    ];
    for (name, parts) in cases {
        let path = folder.join(&name);
        let good = fs::read(&path).expect("reads");
        let mut bad = good.clone();
        bad[good.len() / 2] ^= 1;
        fs::write(&path, bad).expect("writes");
        let findings: Vec<Finding> = check(&world).flat_map(|(_, findings)| findings).collect();
        assert_eq!(findings.iter().map(|finding| finding.part).collect::<Vec<_>>(), parts, "{findings:?}");
        assert!(findings[0].detail.to_string().contains(path.to_str().expect("UTF-8")), "{findings:?}");
        fs::write(&path, good).expect("writes");
    }
    for seq in [3, 4] {
        fs::remove_file(folder.join(format!("snapshots/{seq}.snap"))).expect("removes");
    }
    assert!(matches!(&check(&world).next().expect("a tenant").1[..], [Finding { part: Part::State, .. }]));
    drop(neighbour);
    world.close();
    // Tenants that do not open are not passed over.
    fs::write(folder.join("tenant.db"), [b'x'; 8192]).expect("writes");
    fs::remove_file(world.root().join("tenants/nachbarstadt/tenant.db")).expect("removes");
    let store = Store::open(&world.root(), world.config()).expect("opens");
    for (tenant, findings) in store.check().expect("looks") {
        assert!(matches!(&findings[..], [Finding { part: Part::Tenant, .. }]), "{tenant}: {findings:?}");
    }
}

pub(super) fn everything_is_private(world: World) {
    furnish(world.tenant());
    world.tenant().backup(&world.beside("backup"), &world.beside("keys.db"), at(9)).expect("backs up");
    // What other crates write into the history folder is theirs to guard; the folder itself is closed.
    let ours = |path: &std::path::Path| !path.to_string_lossy().contains("/tenants/musterstadt/history/");
    let mut open = vec![world.root(), world.beside("backup"), world.beside("keys.db")];
    while let Some(path) = open.pop() {
        let found = fs::metadata(&path).expect("there");
        let expected = if found.is_dir() { 0o700 } else { 0o600 };
        assert!(!ours(&path) || found.permissions().mode() & 0o777 == expected, "{}: {:o}", path.display(), found.permissions().mode());
        if found.is_dir() {
            open.extend(crate::disk::names(&path).expect("lists").iter().map(|name| path.join(name)));
        }
    }
}

pub(super) fn what_came_in_of_a_person_is_overwritten(mut world: World) {
    let tenant = world.tenant();
    tenant.quarantine(&[item("luft", 1), item("luft", 2)]).expect("keeps");
    let rows = tenant.quarantined(None, crate::QuarantineState::Open, 0, 9).expect("reads");
    let key = |row: &crate::QuarantineRow| crate::QuarantineKey { id: row.id, run: row.item.run, record: row.item.record };
    let sealed = |id: u64| {
        let all = tenant
            .inner()
            .read(|s| s.all(crate::backend::Sql("SELECT sealed FROM quarantine WHERE id = ?1"), &[id.into()], |row| row.get(0)));
        let all: Vec<Vec<u8>> = all.expect("reads");
        all.into_iter().next().expect("there")
    };
    let (gone, kept) = (sealed(rows[0].id), sealed(rows[1].id));
    let (file, other) = (put(tenant, b"roh"), put(tenant, b"anders"));
    assert!(holds(&world, &gone) && holds(&world, &kept), "the search finds what is there");
    let wrong = crate::QuarantineKey { record: 99, ..key(&rows[1]) };
    let inputs = crate::ErasedInputs { files: vec![file, [7; 32]], records: vec![key(&rows[0]), wrong] };
    for _ in 0..2 {
        world.tenant().erase_inputs(&inputs, at(9)).expect("erases, and again");
        let left = world.tenant().quarantined(None, crate::QuarantineState::Open, 0, 9).expect("reads");
        assert_eq!(left.iter().map(|row| row.id).collect::<Vec<_>>(), [rows[1].id]);
        assert_eq!(world.tenant().files().expect("lists"), [other]);
        assert_eq!(world.tenant().removed_files(9).expect("lists").len(), 2);
        assert_eq!(world.tenant().check_integrity().expect("looks"), []);
        assert!(!holds(&world, &gone) && holds(&world, &kept));
        world.reopen();
    }
}
