use expect_test::expect;
use model::{Change, Commit, Effect, Name};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use rusqlite::Connection;

use crate::testing::{World, born, commit, station, value};
use crate::{Kind, codec};

pub(super) fn commits_come_back_as_they_were_written(mut world: World) {
    // A fixed seed: what random effects decode to is proven in the codec's own tests.
    let mut runner = TestRunner::deterministic();
    let effects = proptest::collection::vec(codec::tests::effects(), 0..6);
    let commits: Vec<Commit> = (1..=40).map(|seq| commit(seq, effects.new_tree(&mut runner).expect("effects").current())).collect();
    for batch in commits.chunks(7) {
        world.tenant().append(batch).expect("appends");
    }
    for _ in 0..2 {
        let tenant = world.tenant();
        assert_eq!(tenant.read_log(0, 1000).expect("reads"), commits);
        assert_eq!(tenant.read_log(10, 5).expect("reads"), commits[10..15]);
        assert_eq!(tenant.read_log(40, 5).expect("reads"), []);
        assert_eq!(tenant.last_header().expect("reads").as_ref(), Some(&commits[39].header));
        assert_eq!(tenant.verify_chain().expect("walks").verified, 40);
        world.reopen();
    }
}

pub(super) fn positions_without_gap_or_nothing(world: World) {
    let tenant = world.tenant();
    assert_eq!(tenant.last_header().expect("reads"), None);
    tenant.append(&[]).expect("nothing is fine");
    for wrong in [&[value(2)][..], &[value(1), value(3)], &[value(1), value(1)], &[value(0)]] {
        let error = tenant.append(wrong).expect_err("refused");
        assert!(error.certain);
        assert_eq!(error.source.kind(), Kind::Invalid);
    }
    assert_eq!(tenant.read_log(0, 10).expect("reads"), []);
    expect!["commit 3 does not follow commit 1, the last of the log"]
        .assert_eq(&tenant.append(&[value(1), value(3)]).expect_err("refused").source.to_string());
}

pub(super) fn a_failed_append_leaves_the_log_usable(world: World) {
    let tenant = world.tenant();
    tenant.append(&[value(1)]).expect("appends");
    tenant.append(&[value(2), value(4)]).expect_err("refused");
    tenant.append(&[value(2)]).expect("appends");
    assert_eq!(tenant.verify_chain().expect("walks").verified, 2);
}

pub(super) fn the_audit_runs_backwards(world: World) {
    let tenant = world.tenant();
    let commits: Vec<Commit> = (1..=5).map(value).collect();
    tenant.append(&commits).expect("appends");
    let seqs = |before, limit| -> Vec<u64> { tenant.audit(before, limit).expect("reads").iter().map(|header| header.seq).collect() };
    assert_eq!(seqs(None, 2), [5, 4]);
    assert_eq!(seqs(Some(4), 10), [3, 2, 1]);
    assert_eq!(seqs(Some(1), 10), []);
    assert_eq!(seqs(Some(u64::MAX), 1), [5]);
    assert_eq!(tenant.audit(None, 1).expect("reads")[0], commits[4].header);
}

pub(super) fn commits_of_a_person_are_found(world: World) {
    let tenant = world.tenant();
    let about = |subject| Effect {
        entity: station(1),
        subject,
        change: Change::AttributeRemoved { name: Name::known("https://example.org/a"), dataset: None },
    };
    let (anna, bert) = ([1; 32], [2; 32]);
    tenant
        .append(&[
            commit(1, vec![about(Some(anna)), about(Some(anna)), about(None)]),
            commit(2, vec![about(Some(bert))]),
            commit(3, vec![about(Some(bert)), about(Some(anna))]),
        ])
        .expect("appends");
    assert_eq!(tenant.subject_seqs(&anna).expect("reads"), [1, 3]);
    assert_eq!(tenant.subject_seqs(&bert).expect("reads"), [2, 3]);
    assert_eq!(tenant.subject_seqs(&[3; 32]).expect("reads"), Vec::<u64>::new());
}

pub(super) fn the_chain_names_its_first_broken_link(world: World) {
    let tenant = world.tenant();
    tenant.append(&(1..=6).map(born).collect::<Vec<_>>()).expect("appends");
    let other = "UPDATE log SET header = (SELECT header FROM log WHERE seq = 2) WHERE seq = 4";
    for (damage, expected) in [
        ("UPDATE log SET payload = x'01020304' WHERE seq = 5", "5: the payload is not the one that was written"),
        (other, "4: the header is not the one that was written"),
        ("DELETE FROM log WHERE seq = 3", "3: the next header has position 4"),
        ("UPDATE log SET hash = zeroblob(32) WHERE seq = 1", "1: the header is not the one that was written"),
        ("UPDATE log SET hash = x'00' WHERE seq = 1", "1: a row of the database is damaged: column 3 holds Blob([0])"),
    ] {
        tamper(&world, damage);
        let report = tenant.verify_chain().expect("walks");
        let broken = report.broken.expect("broken");
        assert_eq!(format!("{}: {}", broken.seq, broken.reason), expected);
        assert_eq!(report.verified, broken.seq - 1);
    }
}

pub(super) fn a_changed_payload_is_never_read(world: World) {
    let tenant = world.tenant();
    tenant.append(&(1..=3).map(born).collect::<Vec<_>>()).expect("appends");
    tamper(&world, "UPDATE log SET payload = (SELECT payload FROM log WHERE seq = 1) WHERE seq = 2");
    let error = tenant.read_log(0, 10).expect_err("refused");
    assert_eq!(error.kind(), Kind::Corrupt);
    expect!["commit 2 of the log is damaged: the payload is not the one that was written; nothing was deleted, restore the tenant from its last backup"]
        .assert_eq(&error.to_string());
    assert_eq!(tenant.read_log(2, 10).expect("the rest is readable"), [born(3)]);
}

/// Changes the database behind the store's back.
fn tamper(world: &World, sql: &str) {
    let connection = Connection::open(world.tenant().folder().join("tenant.db")).expect("opens");
    connection.execute_batch(sql).expect("tampers");
}
