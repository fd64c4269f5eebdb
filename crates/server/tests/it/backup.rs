//! Backups while writing, and back again.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::platform::{Platform, Scene, entity, has_entity, points, run, token};

#[test]
fn a_backup_while_writing_restores_everything_acknowledged_before_it() {
    let scene = Scene::new();
    let platform = scene.start();
    let secret = token(&scene, "editor");
    let (written, enough) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (backup, keys) = (scene.path("sicherung"), scene.path("sicherung-schluessel"));
    let acknowledged_before = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !enough.load(Ordering::SeqCst) {
                let number = written.load(Ordering::SeqCst) + 1;
                assert_eq!(platform.ask(&entity(&secret, number)).status, 201);
                written.store(number, Ordering::SeqCst);
            }
        });
        while written.load(Ordering::SeqCst) < 20 {
            std::thread::yield_now();
        }
        let before = written.load(Ordering::SeqCst);
        let said = scene.run(&format!("backup {}", backup.display()));
        enough.store(true, Ordering::SeqCst);
        assert!(said.ok().contains("gesichert: "));
        before
    });
    assert!(keys.join("musterstadt.keys").is_file());

    let data = scene.path("neu");
    let restore = || run(&["restore", backup.to_str().expect("UTF-8"), "--data", data.to_str().expect("UTF-8")], "");
    assert!(restore().ok().contains("musterstadt"));
    let restored = Platform::start(&data, &scene.path("log-neu"), &[]);
    for number in 1..=acknowledged_before {
        assert!(has_entity(&restored, &secret, number), "{number} of {acknowledged_before}");
    }
    assert_eq!(restored.ask(&entity(&secret, 1_000_000)).status, 201, "it can be written");
    assert!(restore().failed().contains("läuft eine Plattform"));
    assert!(restored.stop().success());
    assert!(restore().failed().contains("musterstadt"), "tenants are never overwritten");
    assert_eq!(platform.complaints(), Vec::<String>::new());
}

#[test]
fn points_are_added_looked_at_and_removed_and_every_instant_comes_back() {
    let scene = Scene::new();
    let platform = scene.start();
    let secret = token(&scene, "editor");
    let backup = scene.path("sicherung");
    let take = |more: &str| scene.run(&format!("backup {}{more}", backup.display())).ok();
    let look = |what: &str| run(&["backup", what, backup.to_str().expect("UTF-8"), "--json"], "");
    let mut instants = Vec::new();
    for number in 1..=6 {
        assert_eq!(platform.ask(&entity(&secret, number)).status, 201);
        if number % 2 == 0 {
            assert!(take("").contains("davon neu"));
            let listed: serde_json::Value = serde_json::from_str(&look("list").ok()).expect("JSON");
            instants.push(listed[number / 2 - 1]["from"].as_str().expect("an instant").to_owned());
        }
    }
    assert!(platform.stop().success());
    let all = points(&backup.join("musterstadt"));
    assert_eq!(all.len(), 3);

    // Of each point the last entry, and what came before the second one from the log of the next.
    let then = |name: &str, at: &str| {
        let data = scene.path(name);
        run(&["restore", backup.to_str().expect("UTF-8"), "--at", at, "--data", data.to_str().expect("UTF-8")], "").ok();
        let platform = Platform::start(&data, &scene.path(&format!("log-{name}")), &[]);
        let there = (1..=6).filter(|number| has_entity(&platform, &secret, *number)).count();
        assert!(platform.stop().success());
        there
    };
    assert_eq!([then("eins", &instants[0]), then("zwei", &instants[1]), then("drei", "9999-01-01")], [2, 4, 6]);
    let early = run(
        &["restore", backup.to_str().expect("UTF-8"), "--at", "1999-01-01", "--data", scene.path("frueh").to_str().expect("UTF-8")],
        "",
    );
    assert!(early.failed().contains("beginnt mit dem Stand von 20"));

    let verified: serde_json::Value = serde_json::from_str(&look("verify").ok()).expect("JSON");
    assert!(verified.as_array().expect("points").iter().all(|point| point["findings"] == serde_json::json!([])));
    let database = all[1].join("tenant.db");
    let mut bytes = std::fs::read(&database).expect("a database");
    bytes[5000] ^= 1;
    std::fs::write(&database, bytes).expect("damaged");
    let told = run(&["backup", "verify", backup.to_str().expect("UTF-8")], "");
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.out.contains(database.to_str().expect("UTF-8")) && told.out.matches(": unversehrt").count() == 2, "{told:?}");
    assert!(told.out.contains("beiseitelegen") && told.err.contains("1 Stände sind beschädigt"), "{told:?}");

    assert!(take(" --keep 2").contains("ältere Stände gelöscht: 2"));
    assert_eq!(points(&backup.join("musterstadt"))[..1], all[2..]);
    assert!(run(&["backup"], "").failed().contains("es fehlt: <DIR>"));
}

#[test]
fn a_damaged_backup_is_refused_and_nothing_appears() {
    let scene = Scene::new();
    drop(scene.start());
    let backup = scene.path("sicherung");
    scene.run(&format!("backup {}", backup.display())).ok();
    let database = points(&backup.join("musterstadt"))[0].join("tenant.db");
    let mut bytes = std::fs::read(&database).expect("a database");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&database, bytes).expect("damaged");
    let data = scene.path("neu");
    let refused = run(&["restore", backup.to_str().expect("UTF-8"), "--data", data.to_str().expect("UTF-8")], "").failed();
    assert!(refused.contains("tenant.db"), "{refused}");
    assert!(!data.join("tenants/musterstadt").exists());

    let empty = scene.path("leer");
    std::fs::create_dir(&empty).expect("made");
    assert!(
        run(&["restore", empty.to_str().expect("UTF-8"), "--data", data.to_str().expect("UTF-8")], "")
            .failed()
            .contains("enthält keine Sicherung")
    );
    assert!(scene.run(&format!("backup {}", database.display())).failed().contains("kein Ordner"));
}
