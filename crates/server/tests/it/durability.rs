//! An answer means durable, seen from outside the process: in the order of its
//! system calls, and when the disk fails in the middle.

use crate::platform::{Answer, Platform, Scene, entity, has_entity, token};
use crate::trace;

const LOG_OF_THE_TENANT: &str = "/tenants/musterstadt/tenant.db-wal";

/// Starts the platform under strace, which stays out of the way of signals.
fn start_traced(scene: &Scene, options: &[&str]) -> Platform {
    let file = scene.path("trace");
    let mut under = vec!["strace", "-D", "-f", "-y", "-s", "16", "-o", file.to_str().expect("UTF-8")];
    under.extend(options);
    Platform::start_under(&under, &scene.data(), &scene.path("log"), &[])
}

/// A data directory that was used before, and a token: opening it again syncs little.
fn prepared() -> (Scene, String) {
    let scene = Scene::new();
    let platform = scene.start();
    let secret = token(&scene, "editor");
    assert!(platform.stop().success());
    (scene, secret)
}

#[test]
fn nothing_is_acknowledged_before_it_is_synced() {
    const WRITES: usize = 100;
    if !trace::is_possible() {
        return;
    }
    let (scene, secret) = prepared();
    let platform = start_traced(&scene, &["-e", "trace=fdatasync,fsync,write,writev,sendto,sendmsg"]);
    for number in 1..=WRITES {
        assert_eq!(platform.ask(&entity(&secret, number)).status, 201);
    }
    assert!(platform.stop().success());
    let seen = std::fs::read_to_string(scene.path("trace")).expect("a trace");
    assert_eq!(trace::synced_acknowledgements(&seen, LOG_OF_THE_TENANT), Ok(WRITES));
    assert!(trace::synced_acknowledgements(&seen, "/keys/musterstadt.db-wal").is_err(), "syncs of another file do not count");
}

/// The numbers of the writes that were acknowledged and of those that were
/// not. The first that was not has reached the file: its answer says so.
fn write_all(platform: &Platform, secret: &str, numbers: std::ops::RangeInclusive<usize>) -> (Vec<usize>, Vec<usize>) {
    let answers: Vec<_> = numbers.map(|number| (number, platform.ask(&entity(secret, number)))).collect();
    let (good, failed): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, answer)| answer.status == 201);
    assert!(failed.iter().all(|(_, answer)| answer.status == 500), "{failed:?}");
    assert!(failed[0].1.body.contains("whether it was written is not known"), "{failed:?}");
    let numbers = |answers: Vec<(usize, Answer)>| answers.into_iter().map(|(number, _)| number).collect();
    (numbers(good), numbers(failed))
}

/// After a failed sync: what was acknowledged is there, what was not is there whole or not at all.
fn check(platform: &Platform, secret: &str, acknowledged: &[usize], uncertain: &[usize]) {
    for number in acknowledged {
        assert!(has_entity(platform, secret, *number), "{number} was acknowledged");
    }
    for number in uncertain {
        let status = platform.ask(&format!("GET /ngsi-ld/v1/entities/urn:ngsi-ld:Ding:{number}\nauthorization: Bearer {secret}")).status;
        assert!(status == 404 || has_entity(platform, secret, *number), "{number} is there by half: {status}");
        assert!(matches!(platform.ask(&entity(secret, *number)).status, 201 | 409), "repeating is safe");
    }
}

#[test]
fn a_sync_that_fails_once_is_answered_as_uncertain_and_got_over() {
    if !trace::is_possible() {
        return;
    }
    for killed in [false, true] {
        let (scene, secret) = prepared();
        // Counted per thread: the ninth of the one that writes the log.
        let platform = start_traced(&scene, &["-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=9"]);
        let (mut acknowledged, uncertain) = write_all(&platform, &secret, 1..=30);
        assert_eq!(uncertain.len(), 1, "{uncertain:?}");
        if killed {
            platform.kill();
            let platform = scene.start();
            check(&platform, &secret, &acknowledged, &uncertain);
        } else {
            check(&platform, &secret, &acknowledged, &uncertain);
            assert!(platform.stop().success());
        }
        acknowledged.extend(uncertain);
        let platform = scene.start();
        check(&platform, &secret, &acknowledged, &[]);
        assert!(scene.run("check").ok().contains("unversehrt"));
    }
}

#[test]
fn a_disk_that_syncs_no_more_takes_no_writes_and_is_still_read() {
    if !trace::is_possible() {
        return;
    }
    let (scene, secret) = prepared();
    let platform = start_traced(&scene, &["-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=9+"]);
    let (acknowledged, uncertain) = write_all(&platform, &secret, 1..=20);
    assert!(acknowledged.len() >= 5 && uncertain.len() >= 10, "{acknowledged:?} {uncertain:?}");
    for number in &acknowledged {
        assert!(has_entity(&platform, &secret, *number), "{number}");
    }
    assert_eq!(platform.ask("GET /readyz").json()["tenants"][0]["writable"], false);
    assert!(platform.ask("GET /metrics").body.contains("allmende_writable{tenant=\"musterstadt\"} 0"));
    platform.kill();
    let platform = scene.start();
    check(&platform, &secret, &acknowledged, &uncertain);
    assert!(scene.run("check").ok().contains("unversehrt"));
}
