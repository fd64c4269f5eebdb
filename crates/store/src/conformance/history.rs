use std::fs;

use expect_test::expect;
use model::{Commit, Entity, Segment};

use crate::testing::{World, at, born, entity, value};
use crate::{Kind, TenantStore};

fn write_snapshot(tenant: &TenantStore, seq: u64, entities: &[Entity]) {
    tenant.write_snapshot(seq, &mut entities.iter()).expect("writes");
}

fn values(tenant: &TenantStore, seqs: std::ops::RangeInclusive<u64>) {
    tenant.append(&seqs.map(value).collect::<Vec<_>>()).expect("appends");
}

fn segment(object: &str) -> Segment {
    Segment { object: object.to_owned(), seq: (1, 3), time: (at(1), at(3)), rows: 3, size_bytes: 4, checksum: [9; 32] }
}

fn seqs(commits: &[Commit]) -> Vec<u64> {
    commits.iter().map(|commit| commit.header.seq).collect()
}

pub(super) fn snapshots_come_back(mut world: World) {
    let tenant = world.tenant();
    assert_eq!(tenant.load_snapshot().expect("none"), None);
    values(tenant, 1..=9);
    let entities: Vec<Entity> = (0..5000).map(entity).collect();
    for seq in [3, 5, 9] {
        write_snapshot(tenant, seq, &entities[..usize::try_from(seq).expect("small") * 500]);
    }
    assert!(matches!(tenant.write_snapshot(10, &mut entities.iter()), Err(error) if error.kind() == Kind::Invalid));
    world.reopen();
    let snapshot = world.tenant().load_snapshot().expect("loads").expect("there");
    assert_eq!((snapshot.seq, &snapshot.entities[..]), (9, &entities[..4500]));
    let names: Vec<_> = crate::disk::names(&world.tenant().folder().join("snapshots")).expect("a folder");
    assert_eq!(names, ["5.snap", "9.snap"]);
}

pub(super) fn the_older_snapshot_steps_in(world: World) {
    let tenant = world.tenant();
    values(tenant, 1..=9);
    let entities: Vec<Entity> = (0..20).map(entity).collect();
    write_snapshot(tenant, 5, &entities[..10]);
    write_snapshot(tenant, 9, &entities);
    let newest = tenant.folder().join("snapshots/9.snap");
    let good = fs::read(&newest).expect("reads");
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        fs::write(&newest, &bad).expect("writes");
        let snapshot = tenant.load_snapshot().expect("loads").expect("there");
        assert_eq!((snapshot.seq, &snapshot.entities[..]), (5, &entities[..10]), "flipped at {at}");
    }
    for length in (0..good.len()).step_by(7) {
        fs::write(&newest, &good[..length]).expect("writes");
        assert_eq!(tenant.load_snapshot().expect("loads").map(|s| s.seq), Some(5), "cut at {length}");
    }
    fs::write(&newest, [&good[..], b"x"].concat()).expect("writes");
    assert_eq!(tenant.load_snapshot().expect("loads").map(|s| s.seq), Some(5));
    fs::write(&newest, &good).expect("writes");
    assert_eq!(tenant.load_snapshot().expect("loads").map(|s| s.seq), Some(9));
}

pub(super) fn a_snapshot_of_another_log_is_refused(world: World) {
    let tenant = world.tenant();
    let other = world.store().create_tenant(&crate::testing::context("nachbarstadt")).expect("another");
    values(tenant, 1..=3);
    other.append(&[born(1), born(2), born(3)]).expect("appends");
    write_snapshot(&other, 3, &[entity(1)]);
    let name = "snapshots/3.snap";
    fs::copy(other.folder().join(name), tenant.folder().join(name)).expect("copies");
    assert_eq!(tenant.load_snapshot().expect("passes it over"), None);
}

pub(super) fn sealing_drops_values_and_keeps_headers(mut world: World) {
    let tenant = world.tenant();
    let commits: Vec<Commit> = (1..=9).map(|seq| if seq % 4 == 0 { born(seq) } else { value(seq) }).collect();
    tenant.append(&commits).expect("appends");
    for seq in [6, 8] {
        write_snapshot(tenant, seq, &[entity(1)]);
    }
    let intent = tenant.begin_seal(&["a.parquet".to_owned(), "b.parquet".to_owned()]).expect("begins");
    assert_eq!(tenant.open_intents().expect("reads"), [(intent, vec!["a.parquet".to_owned(), "b.parquet".to_owned()])]);
    tenant.finish_seal(intent, &[segment("a.parquet")], &[], 6).expect("seals");
    for _ in 0..2 {
        let tenant = world.tenant();
        assert_eq!(tenant.open_intents().expect("reads"), []);
        assert_eq!(tenant.segments().expect("reads"), (vec![segment("a.parquet")], 6));
        assert_eq!(seqs(&tenant.read_log(0, 100).expect("reads")), [7, 8, 9]);
        let report = tenant.verify_chain().expect("walks");
        assert_eq!((report.verified, report.dropped, report.broken), (9, 6, None));
        assert_eq!(tenant.audit(None, 100).expect("reads").len(), 9);
        world.reopen();
    }
    values(world.tenant(), 10..=10);
}

pub(super) fn sealing_needs_a_snapshot_and_an_intent(world: World) {
    let tenant = world.tenant();
    values(tenant, 1..=5);
    write_snapshot(tenant, 3, &[entity(1)]);
    let objects = ["a.parquet".to_owned()];
    let intent = tenant.begin_seal(&objects).expect("begins");
    let refused = |intent, segment, replaced: &[String], upto| {
        tenant.finish_seal(intent, &[segment], replaced, upto).expect_err("refused").to_string()
    };
    expect!["the log cannot be sealed up to commit 4: no good snapshot reaches it; write one first"].assert_eq(&refused(
        intent,
        segment("a.parquet"),
        &[],
        4,
    ));
    expect!["the object `x.parquet` was not announced by intent 1"].assert_eq(&refused(intent, segment("x.parquet"), &[], 3));
    expect!["the object `y.parquet` is not in the manifest, so it cannot be replaced"].assert_eq(&refused(
        intent,
        segment("a.parquet"),
        &["y.parquet".to_owned()],
        3,
    ));
    expect!["the intent 99 does not exist"].assert_eq(&refused(99, segment("a.parquet"), &[], 3));
    assert_eq!(tenant.segments().expect("reads"), (Vec::new(), 0), "a refused seal changes nothing");
    assert_eq!(seqs(&tenant.read_log(0, 9).expect("reads")), [1, 2, 3, 4, 5]);
    tenant.finish_seal(intent, &[segment("a.parquet")], &[], 3).expect("seals");
    let next = tenant.begin_seal(&objects).expect("begins");
    expect!["the log is sealed up to commit 3; it cannot be sealed up to 2 only"].assert_eq(&refused(next, segment("a.parquet"), &[], 2));
    tenant.abandon_intent(next).expect("ends");
    tenant.abandon_intent(next).expect("ends once more");
    assert_eq!(tenant.open_intents().expect("reads"), []);
}

pub(super) fn replaced_objects_stay_known_until_they_are_gone(world: World) {
    let tenant = world.tenant();
    values(tenant, 1..=5);
    write_snapshot(tenant, 5, &[entity(1)]);
    let first = tenant.begin_seal(&["a".to_owned()]).expect("begins");
    tenant.finish_seal(first, &[segment("a")], &[], 3).expect("seals");
    let second = tenant.begin_seal(&["b".to_owned()]).expect("begins");
    tenant.finish_seal(second, &[segment("b")], &["a".to_owned()], 3).expect("seals");
    assert_eq!(tenant.segments().expect("reads").0, [segment("b")]);
    let open = tenant.open_intents().expect("reads");
    assert_eq!(open.iter().map(|(_, objects)| objects.clone()).collect::<Vec<_>>(), [vec!["a".to_owned()]]);
    tenant.abandon_intent(open[0].0).expect("ends");
    assert_eq!(tenant.open_intents().expect("reads"), []);
}

pub(super) fn the_log_reaches_back_to_the_older_snapshot(world: World) {
    let tenant = world.tenant();
    values(tenant, 1..=5);
    let seal = |upto| {
        let intent = tenant.begin_seal(&[format!("{upto}")]).expect("begins");
        tenant.finish_seal(intent, &[segment(&format!("{upto}"))], &[], upto).expect("seals");
    };
    let damage = |seq: u64| {
        let path = tenant.folder().join(format!("snapshots/{seq}.snap"));
        let mut bytes = fs::read(&path).expect("reads");
        bytes[60] ^= 4;
        fs::write(&path, bytes).expect("writes");
    };
    write_snapshot(tenant, 2, &[entity(1)]);
    seal(2);
    assert_eq!(seqs(&tenant.read_log(0, 9).expect("reads")), [1, 2, 3, 4, 5], "one snapshot alone is not enough");
    write_snapshot(tenant, 5, &[entity(1)]);
    seal(4);
    assert_eq!(seqs(&tenant.read_log(0, 9).expect("reads")), [3, 4, 5]);
    damage(5);
    assert_eq!(tenant.load_snapshot().expect("loads").map(|snapshot| snapshot.seq), Some(2), "the log goes on from there");
    damage(2);
    let error = tenant.load_snapshot().expect_err("nothing is invented");
    assert_eq!(error.kind(), Kind::Corrupt);
    assert!(error.to_string().contains("no good snapshot from commit 2 on is left"), "{error}");
    assert_eq!(crate::disk::names(&tenant.folder().join("snapshots")).expect("lists"), ["2.snap", "5.snap"], "nothing is deleted");
}
