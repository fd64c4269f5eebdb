//! Backups while writing, and back again.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::platform::{Platform, Scene, entity, has_entity, run, token};

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
fn a_damaged_backup_is_refused_and_nothing_appears() {
    let scene = Scene::new();
    drop(scene.start());
    let backup = scene.path("sicherung");
    scene.run(&format!("backup {}", backup.display())).ok();
    let database = backup.join("musterstadt/tenant.db");
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
