//! Rights that are missing: one sentence that names the place and the way out.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::platform::{BINARY, Ran, Scene, finish};

/// Nobody, by number: `root` may read everything and so proves nothing.
const NOBODY: u32 = 65_534;

/// Runs the binary as somebody without special rights.
fn run_as_nobody(scene: &Scene, words: &[&str]) -> Ran {
    let copy = scene.path("allmende");
    if !copy.exists() {
        // Where it was built, others may not look.
        std::fs::copy(BINARY, &copy).expect("copied");
        chmod(copy.parent().expect("a folder"), 0o755);
    }
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = std::process::Command::new("setpriv");
        command.args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".to_owned()]).arg(&copy);
        command
    } else {
        std::process::Command::new(&copy)
    };
    command.args(words).env_remove("ALLMENDE_LANG");
    finish(command, "")
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("ours");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn missing_rights_are_one_sentence() {
    let scene = Scene::new();
    drop(scene.start());
    let (data, shut) = (scene.data(), scene.path("zu"));
    std::fs::create_dir(&shut).expect("made");
    chmod(&shut, 0o555);
    let config = scene.write("geheim.toml", "");
    chmod(&config, 0o000);
    if !rustix::process::geteuid().is_root() {
        chmod(&data, 0o000);
    }
    let inside = shut.join("daten");
    for (words, place) in [
        (vec!["serve", "--listen", "127.0.0.1:0", "--data", text(&data)], &data),
        (vec!["serve", "--listen", "127.0.0.1:0", "--data", text(&shut)], &shut),
        (vec!["serve", "--listen", "127.0.0.1:0", "--data", text(&inside)], &inside),
        (vec!["status", "--data", text(&data)], &data),
        (vec!["check", "--data", text(&data)], &data),
        (vec!["token", "create", "--role", "editor", "--data", text(&data)], &data),
        (vec!["serve", "--config", text(&config)], &config),
    ] {
        let ran = run_as_nobody(&scene, &words);
        assert_eq!(ran.err.lines().filter(|line| !line.contains(" INFO ")).count(), 1, "{words:?}: {ran:?}");
        let said = ran.failed();
        assert!(said.contains(&format!("keine Berechtigung für `{}`", place.display())), "{words:?}: {said}");
        assert!(said.contains("Eigentümer und Rechte prüfen"), "{words:?}: {said}");
    }
    chmod(&data, 0o700);
    assert!(scene.run("check").ok().contains("unversehrt"), "nothing was changed");
}

#[test]
fn what_belongs_to_somebody_else_is_named() {
    let scene = Scene::new();
    drop(scene.start());
    let is_root = rustix::process::geteuid().is_root();
    let database = scene.data().join("tenants/musterstadt/tenant.db");
    let serve = || run_as_nobody(&scene, &["serve", "--listen", "127.0.0.1:0", "--data", text(&scene.data())]).failed();
    if is_root {
        chmod(&scene.data(), 0o777);
        let said = serve();
        assert!(said.contains("gehört einem anderen Benutzer") && said.contains("sudo -u"), "{said}");
        // As after a command that was run by root while the platform was down.
        let given = std::process::Command::new("chown").args(["-R", &NOBODY.to_string(), text(&scene.data())]).status();
        assert!(given.expect("coreutils are there").success());
        std::os::unix::fs::chown(&database, Some(0), None).expect("root may");
    } else {
        chmod(&database, 0o000);
    }
    let said = serve();
    assert!(said.contains(text(&database)) && said.contains("dem Benutzer dieses Programms gehören"), "{said}");
}
