//! Sources from the command line.

use crate::platform::{Scene, run};

pub(crate) const DEFINITION: &str = r#"
[source]
name = "pegel"
version = 1
title = { de = "Pegel", en = "Water levels" }
transport = "folder"
path = "pegel"
glob = "*.csv"

[format]
kind = "csv"
delimiter = ";"
decimal = ","

[time]
fields = ["zeit"]
patterns = ["DD.MM.YYYY hh:mm"]
zone = "Europe/Berlin"

[entity]
type = "https://example.org/Pegel"
id = "urn:ngsi-ld:Pegel:{ort|lower}"

[[attribute]]
name = "https://example.org/wasserstand"
field = "cm"
as = "number"
unit = "cm"
"#;

/// The same source, filled over HTTP.
pub(crate) fn pushed() -> String {
    DEFINITION.replace("transport = \"folder\"\npath = \"pegel\"\nglob = \"*.csv\"", "transport = \"push\"")
}

fn words<'a>(scene: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [more, &["--data", scene]].concat()
}

#[test]
fn a_source_is_checked_kept_and_run() {
    let scene = Scene::new();
    let definition = scene.write("pegel.toml", DEFINITION);
    let definition = definition.to_str().expect("UTF-8");
    let data = scene.data();
    let data = data.to_str().expect("UTF-8");
    let platform = scene.start();
    scene.write("data/eingang/pegel/a.csv", "ort;zeit;cm\nMusterbach;04.05.2026 10:00;12,5\nMusterbach;04.05.2026 11:00;hoch\n");

    assert!(run(&["source", "check", definition], "").ok().contains("`pegel`"));
    let preview = run(&words(data, &["source", "preview", definition]), "").ok();
    assert!(preview.contains("urn:ngsi-ld:Pegel:musterbach") && preview.contains("12.5 cm"), "{preview}");
    assert!(run(&words(data, &["source", "put", definition]), "").ok().contains("Version 1"));
    let ran = run(&words(data, &["source", "run", "pegel"]), "");
    assert!(ran.err.contains("a.csv"), "{ran:?}");
    let said = ran.ok();
    assert!(said.contains("2 Sätze") && said.contains("1 Sätze zurückgestellt"), "{said}");
    let again = run(&words(data, &["source", "run", "pegel"]), "");
    assert!(again.err.contains("schon eingelesen"), "{again:?}");
    let list = scene.run("source list").ok();
    assert!(list.lines().any(|line| line.starts_with("pegel\t1\t")), "{list}");
    assert!(platform.stop().success());

    let resting = scene.run("source replay pegel").ok();
    assert!(resting.contains("1 bleiben zurückgestellt"), "{resting}");
}

#[test]
fn faults_are_all_named() {
    let scene = Scene::new();
    let broken = scene.write("kaputt.toml", &DEFINITION.replace("delimiter", "delimeter").replace("Europe/Berlin", "Europe/Atlantis"));
    let ran = run(&["source", "check", broken.to_str().expect("UTF-8")], "");
    assert!(ran.err.contains("delimeter") && ran.err.contains("delimiter") && ran.err.contains("Atlantis"), "{ran:?}");
    assert!(ran.err.contains("Der Schlüssel ist nicht bekannt. Meinten Sie „delimiter“?"), "{ran:?}");
    assert!(ran.failed().contains("2 Fehler"));
    let english = std::process::Command::new(env!("CARGO_BIN_EXE_allmende"))
        .args(["source", "check"])
        .arg(&broken)
        .env_remove("ALLMENDE_LANG")
        .env("LC_ALL", "en_GB.UTF-8")
        .output()
        .expect("ran");
    assert!(String::from_utf8_lossy(&english.stderr).contains("the key is not known; did you mean `delimiter`?"), "{english:?}");
    drop(scene.start());
    assert!(scene.run("source run nirgends").failed().contains("nirgends"));
}
