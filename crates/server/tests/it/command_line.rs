//! Help, users, status, mistakes.

use crate::platform::{Platform, Scene, run};

#[test]
fn help_teaches() {
    let help = run(&["--help"], "").ok();
    for word in [
        "Aufruf:",
        "Befehle",
        "serve",
        "demo",
        "source",
        "status",
        "check",
        "backup",
        "restore",
        "tenant",
        "user",
        "token",
        "version",
        "allmende demo",
    ] {
        assert!(help.contains(word), "{word}: {help}");
    }
    let serve = run(&["serve", "--help"], "").ok();
    assert!(serve.contains("Einmal-Code") && serve.contains("127.0.0.1:8080") && serve.contains("--config"), "{serve}");
    for words in [["source", "--help"], ["token", "--help"], ["user", "--help"], ["tenant", "--help"], ["check", "--help"]] {
        assert!(run(&words, "").ok().contains("Beispiel") || words[0] == "source");
    }
    assert_eq!(run(&["version"], "").ok(), concat!("allmende ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn mistakes_are_one_sentence() {
    for (words, expected) in [
        (vec!["serv"], "den Befehl `serv` gibt es nicht"),
        (vec!["serve", "--lisen", "x"], "die Option `--lisen` gibt es nicht"),
        (vec!["serve", "--listen", "8080"], "`8080` geht nicht bei --listen <HOST:PORT>; erwartet: \"127.0.0.1:8080\""),
        (vec!["token", "create", "--role", "king"], "`king` geht nicht bei --role <ROLE>; erwartet: reader, editor, administrator"),
        (vec!["token", "create"], "es fehlt: --role <ROLE>"),
        (vec!["status", "--data", "/nirgends/daten"], "das Datenverzeichnis `/nirgends/daten` gibt es nicht"),
        (vec!["source", "check", "/nirgends/luft.toml"], "`/nirgends/luft.toml` gibt es nicht"),
        (vec!["serve", "--config", "/nirgends/allmende.toml"], "`/nirgends/allmende.toml` gibt es nicht"),
        (vec!["serve", "--listen", "192.0.2.1:8080", "--data", "/nirgends"], "die Adresse 192.0.2.1:8080 gehört nicht zu diesem Rechner"),
    ] {
        let said = run(&words, "").failed();
        assert!(said.contains(expected), "{words:?}: {said}");
        assert!(!said.contains('\n'));
    }
}

#[test]
fn accounts_are_made_and_removed() {
    let scene = Scene::new();
    let platform = scene.start();
    let data = scene.data();
    let add = |name: &str, password: &str| {
        run(&["user", "add", name, "--role", "administrator", "--data", data.to_str().expect("UTF-8")], password)
    };
    assert!(add("anna", "kurz\n").failed().contains("12"));
    assert_eq!(add("anna", "ein langes Passwort\n").ok(), "Konto `anna` mit der Rolle administrator angelegt\n");
    assert!(add("anna", "ein langes Passwort\n").failed().contains("anna"));
    assert!(add("berta", "").failed().contains("kein Passwort"));
    assert!(scene.run("user list").ok().lines().any(|line| line.starts_with("anna\tadministrator\t")));
    assert!(scene.run("user remove anna").failed().contains("ist das letzte Konto mit der Rolle administrator"));
    assert!(scene.run("user remove niemand").failed().contains("niemand"));
    assert_eq!(log_in(&platform, "ein+langes+Passwort"), 303);

    let change = |name: &str, password: &str| run(&["user", "password", name, "--data", data.to_str().expect("UTF-8")], password);
    assert!(change("anna", "kurz\n").failed().contains("12"));
    assert!(change("niemand", "ein anderes Passwort\n").failed().contains("niemand"));
    assert!(change("anna", "ein anderes Passwort\n").ok().contains("neues Passwort für `anna`"));
    assert_eq!(log_in(&platform, "ein+langes+Passwort"), 422, "the old one is void");
    assert_eq!(log_in(&platform, "ein+anderes+Passwort"), 303);

    assert!(scene.run("user disable anna").failed().contains("ist das letzte Konto mit der Rolle administrator"));
    add("berta", "noch ein Passwort\n").ok();
    assert!(scene.run("user disable anna").ok().contains("gesperrt"));
    assert_eq!(log_in(&platform, "ein+anderes+Passwort"), 422);
    assert!(scene.run("user list").ok().lines().any(|line| line.starts_with("anna\t") && line.ends_with("\tgesperrt")));
    assert!(
        scene.run("user remove berta").failed().contains("ist das letzte Konto mit der Rolle administrator"),
        "a disabled one does not administer"
    );
    change("anna", "ein drittes Passwort\n").ok();
    assert_eq!(log_in(&platform, "ein+drittes+Passwort"), 303, "a new password enables it again");
    assert!(platform.stop().success());
    let mut again = scene.start();
    again.ask_to_stop();
    assert_eq!(again.next_line(), "", "no code any more");
}

/// The status of logging in as anna on the page for it.
fn log_in(platform: &Platform, password: &str) -> u16 {
    let head = "POST /verwaltung/anmelden\ncontent-type: application/x-www-form-urlencoded\nsec-fetch-site: same-origin";
    platform.ask(&format!("{head}\n\nkonto=anna&passwort={password}")).status
}

#[test]
fn status_tells_how_it_does() {
    let scene = Scene::new();
    let platform = scene.start();
    let url = platform.url.clone();
    let running = scene.run("status").ok();
    assert!(running.starts_with(&format!("läuft: {url}\n")) && running.contains("musterstadt: 0 Objekte"), "{running}");
    let json: serde_json::Value = serde_json::from_str(&scene.run("status --json").ok()).expect("JSON");
    assert_eq!(json["tenants"][0]["tenant"], "musterstadt");
    platform.kill();
    // The dead one's socket is still there; nobody listens on it.
    let resting = scene.run("status").ok();
    assert!(resting.starts_with("läuft nicht"), "{resting}");
    assert!(scene.run("status --tenant x").code == Some(2));
    assert!(scene.run("token list --tenant nirgendwo").failed().contains("vorhanden: musterstadt"));
}

#[test]
fn a_folder_that_is_none_is_refused() {
    let scene = Scene::new();
    let file = scene.write("data", "no folder");
    let refused = scene.run("serve --listen 127.0.0.1:0").failed();
    assert!(refused.contains(file.to_str().expect("UTF-8")) && refused.contains("kein Ordner"), "{refused}");
    assert_eq!(std::fs::read_to_string(file).expect("still there"), "no folder");
}

#[test]
fn english_is_there_too() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_allmende")).arg("--help").env("ALLMENDE_LANG", "en").output().expect("ran");
    assert!(String::from_utf8_lossy(&output.stdout).contains("Usage:"));
}

#[test]
fn the_demo_touches_no_other_data() {
    let scene = Scene::new();
    drop(scene.start());
    assert!(scene.run("demo --listen 127.0.0.1:0").failed().contains("schon andere Daten"));
    assert!(scene.run("demo --reset --listen 127.0.0.1:0").failed().contains("nicht das Verzeichnis einer Demo"));
    assert!(scene.data().join("tenants/musterstadt").is_dir());
}
