//! Damage on the disk: it is found, named, and there is a way back.

use std::path::Path;

use crate::platform::{Scene, entity, has_entity, token};

/// A data directory with some entities in it and two snapshots, and a token.
fn filled() -> (Scene, String) {
    let scene = Scene::new();
    let platform = scene.start();
    let secret = token(&scene, "editor");
    for number in 1..=5 {
        assert_eq!(platform.ask(&entity(&secret, number)).status, 201);
    }
    assert!(platform.stop().success());
    let platform = scene.start();
    assert_eq!(platform.ask(&entity(&secret, 6)).status, 201);
    assert!(platform.stop().success());
    (scene, secret)
}

fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).expect("a file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).expect("written");
}

fn newest_snapshot(scene: &Scene) -> std::path::PathBuf {
    let folder = std::fs::read_dir(scene.data().join("tenants/musterstadt/snapshots")).expect("a folder");
    let number = |path: &std::path::PathBuf| path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
    folder.map(|entry| entry.expect("an entry").path()).max_by_key(number).expect("a snapshot")
}

#[test]
fn a_check_finds_nothing_where_nothing_is_wrong() {
    let (scene, _) = filled();
    assert_eq!(scene.run("check").ok(), "musterstadt: unversehrt\n");
    let platform = scene.start();
    assert_eq!(scene.run("check").ok(), "musterstadt: unversehrt\n");
    assert_eq!(scene.run("check --json").ok(), "[{\"findings\":[],\"tenant\":\"musterstadt\"}]\n");
    assert_eq!(platform.complaints(), Vec::<String>::new());
}

#[test]
fn a_damaged_snapshot_costs_nothing() {
    let (scene, secret) = filled();
    let snapshot = newest_snapshot(&scene);
    flip(&snapshot);
    let told = scene.run("check");
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.out.contains("Nichts ist verloren") && told.out.contains(snapshot.to_str().expect("UTF-8")), "{told:?}");
    assert!(told.err.contains("1 Schäden gefunden"), "{told:?}");
    let platform = scene.start();
    assert!((1..=6).all(|number| has_entity(&platform, &secret, number)), "the older one and the log make the same state");
    assert!(platform.complaints().iter().any(|line| line.contains("a snapshot is damaged")), "it is not silent");
    assert_eq!(scene.run("check").code, Some(1), "also while it runs");
    assert_eq!(platform.ask(&entity(&secret, 7)).status, 201);
    assert!(platform.stop().success());
    assert!(has_entity(&scene.start(), &secret, 7));
}

#[test]
fn a_damaged_database_is_named_and_restored() {
    let (scene, secret) = filled();
    let backup = scene.path("sicherung");
    scene.run(&format!("backup {}", backup.display())).ok();
    let database = scene.data().join("tenants/musterstadt/tenant.db");
    std::fs::write(&database, vec![b'x'; 8192]).expect("written");
    let refused = scene.run("serve --listen 127.0.0.1:0").failed();
    assert!(refused.contains("tenant.db") && refused.contains("den Mandanten aus seiner letzten Sicherung zurückspielen"), "{refused}");
    let told = scene.run("check");
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.out.contains("tenant.db") && told.out.contains("allmende restore"), "{told:?}");
    // The way back that it names.
    std::fs::rename(scene.data().join("tenants/musterstadt"), scene.path("kaputt")).expect("moved");
    std::fs::rename(scene.data().join("keys/musterstadt.db"), scene.path("kaputt.db")).expect("moved");
    scene.run(&format!("restore {}", backup.display())).ok();
    assert_eq!(scene.run("check").ok(), "musterstadt: unversehrt\n");
    let platform = scene.start();
    assert!((1..=6).all(|number| has_entity(&platform, &secret, number)));
}

#[test]
fn lost_keys_are_named_and_can_be_given_up() {
    let (scene, secret) = filled();
    std::fs::remove_file(scene.data().join("keys/musterstadt.db")).expect("removed");
    assert!(scene.run("serve --listen 127.0.0.1:0").failed().contains("keys/musterstadt.db` fehlt"));
    let told = scene.run("check");
    assert!(told.code == Some(1) && told.out.contains("Fehlen Schlüssel"), "{told:?}");
    assert!(scene.run("tenant replace-keys musterstadt").failed().contains("--yes"));
    assert!(scene.run("tenant replace-keys nirgendwo --yes").failed().contains("nirgendwo"));
    scene.run("tenant replace-keys musterstadt --yes").ok();
    let platform = scene.start();
    assert!(has_entity(&platform, &secret, 6), "what was not encrypted is there");
    assert!(scene.run("tenant replace-keys musterstadt --yes").failed().contains("läuft eine Plattform"));
    assert!(platform.stop().success());
    assert!(scene.run("tenant replace-keys musterstadt --yes").failed().contains("nichts zu ersetzen"));
    assert_eq!(scene.run("check").ok(), "musterstadt: unversehrt\n");
}

#[test]
fn a_backup_that_is_refused_leaves_nothing_behind() {
    let (scene, _) = filled();
    let inside = scene.data().join("sicherung/heute");
    assert!(scene.run(&format!("backup {}", inside.display())).failed().contains("liegt im Datenverzeichnis"));
    assert!(!scene.data().join("sicherung").exists());
    let full = scene.write("voll/musterstadt/brief.odt", "");
    let target = scene.path("voll");
    assert!(scene.run(&format!("backup {}", target.display())).failed().contains("enthält etwas anderes"));
    assert!(full.is_file() && !scene.path("voll-schluessel").exists());
    let keys = scene.write("schluessel/musterstadt.keys", "");
    let target = scene.path("neu");
    assert!(
        scene
            .run(&format!("backup {} --keys {}", target.display(), keys.parent().expect("a folder").display()))
            .failed()
            .contains("Schlüssel anderer Daten")
    );
    assert!(!target.exists());
}
