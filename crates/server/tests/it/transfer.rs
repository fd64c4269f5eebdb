//! A tenant carried away in open formats, and read in again byte by byte.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::platform::{BINARY, Platform, Ran, Scene, entity, run, token};
use crate::sources::DEFINITION;

/// What every file of a folder holds, but for the manifest.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(current) = folders.pop() {
        for entry in std::fs::read_dir(&current).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("manifest.json") {
                let content = std::fs::read(&path).expect("readable");
                found.insert(path.strip_prefix(folder).expect("below").to_owned(), content);
            }
        }
    }
    found
}

#[track_caller]
fn assert_equal(one: &Path, two: &Path) {
    let (one, two) = (files(one), files(two));
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    for (path, content) in one {
        let other = &two[&path];
        let texts = (String::from_utf8_lossy(&content), String::from_utf8_lossy(other));
        assert!(content == *other, "{}:\n{}\n\n{}", path.display(), texts.0, texts.1);
    }
}

fn manifest(folder: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).expect("a manifest")).expect("JSON")
}

fn text(path: PathBuf) -> String {
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn import(from: &Path, data: &Path, more: &[&str]) -> Ran {
    let words = ["import", "--from", from.to_str().expect("UTF-8"), "--data", data.to_str().expect("UTF-8")];
    run(&[&words, more].concat(), "")
}

fn export(data: &Path, to: &Path, more: &[&str]) -> Ran {
    let words = ["export", "--to", to.to_str().expect("UTF-8"), "--data", data.to_str().expect("UTF-8")];
    run(&[&words, more].concat(), "")
}

/// A definition whose dataset has a column of persons.
const PERSONS: &str = r#"
[source]
name = "gaeste"
version = 1
title = { de = "Gäste", en = "Guests" }
transport = "folder"
path = "gaeste"
glob = "*.csv"

[format]
kind = "csv"
delimiter = ";"

[time]
fields = ["zeit"]
patterns = ["DD.MM.YYYY hh:mm"]
zone = "Europe/Berlin"

[entity]
type = "https://example.org/Gast"
id = "urn:ngsi-ld:Gast:{nummer}"

[[attribute]]
name = "https://example.org/anschrift"
field = "anschrift"
column = { label = { de = "Anschrift" }, class = "personal" }

[[attribute]]
name = "https://example.org/naechte"
field = "naechte"
as = "number"
column = { label = { de = "Nächte" }, class = "open" }

[dataset]
slug = "gaeste"
title = { de = "Gäste" }
summary = { de = "Gäste der Herberge." }
description = { de = "Gäste der Herberge." }
publisher = { name = "Stadt" }
licence = "dl-by-de/2.0"
provenance = { de = "Die Herberge." }
themes = ["SOCI"]
published = true
"#;

/// Every kind of attribute, several instances, sub-attributes, odd numbers, ends of life.
const ALL_KINDS: &str = r#"{"id":"urn:ngsi-ld:Alles:1","type":["Alles","Mehr"],"scope":["/stadt/mitte","/amt"],
"zahl":[{"type":"Property","value":1.50,"unitCode":"CEL","observedAt":"2026-05-04T10:00:00.123456Z"},
        {"type":"Property","value":12345678901234567890.0,"datasetId":"urn:ngsi-ld:Messung:zwei"}],
"text":{"type":"Property","value":"Grüße \"aus\" Nürnberg\n\u0001"},
"baum":{"type":"Property","value":{"a":[1,2.0,{"b":false}],"type":"Point"}},
"location":{"type":"GeoProperty","value":{"type":"Polygon","coordinates":[[[8.1,50.2,3],[8.2,50.2,3],[8.2,50.3,3],[8.1,50.2,3]]]}},
"teil":{"type":"Relationship","object":["urn:ngsi-ld:Ding:1","urn:ngsi-ld:Ding:2"],"objectType":"Ding"},
"name":{"type":"LanguageProperty","languageMap":{"de":"Brücke","en":["bridge","overpass"]}},
"art":{"type":"VocabProperty","vocab":["Haus","https://example.org/begriff"]},
"liste":{"type":"ListProperty","valueList":[1,"zwei",{"drei":3}]},
"folge":{"type":"ListRelationship","objectList":[{"object":"urn:ngsi-ld:Ding:2"},{"object":"urn:ngsi-ld:Ding:1"}]},
"json":{"type":"JsonProperty","json":{"@context":"bleibt","id":1}},
"kurz":{"type":"Property","value":true,"expiresAt":"2099-01-01T00:00:00Z","guete":{"type":"Property","value":0.9,"von":{"type":"Relationship","object":"urn:ngsi-ld:Ding:1"}}}}"#;

/// A tenant with something of everything; nobody serves it.
fn filled() -> Scene {
    let scene = Scene::new();
    let platform = scene.start();
    let secret = token(&scene, "administrator");
    let ask = |request: &str, body: &str| {
        let head = format!("{request}\nauthorization: Bearer {secret}\ncontent-type: application/json\n\n{}", body.replace('\n', ""));
        let answer = platform.ask(&head);
        assert!((200..300).contains(&answer.status), "{request}: {answer:?}");
    };
    ask("POST /ngsi-ld/v1/entities", ALL_KINDS);
    ask("PATCH /ngsi-ld/v1/entities/urn:ngsi-ld:Alles:1/attrs/text", r#"{"type":"Property","value":"neu"}"#);
    for number in 1..=3 {
        assert_eq!(platform.ask(&entity(&secret, number)).status, 201);
    }
    ask("DELETE /ngsi-ld/v1/entities/urn:ngsi-ld:Ding:2", "");

    let definition = scene.write("pegel.toml", DEFINITION);
    scene.run(&format!("source put {}", definition.display())).ok();
    scene.write(
        "data/eingang/pegel/a.csv",
        "ort;zeit;cm\nBach;04.05.2026 10:00;12,5\nBach;04.05.2026 11:00;hoch\nBach;04.05.2026 09:00;11\n",
    );
    scene.run("source run pegel").ok();
    // A correction, and bytes that are no text.
    scene.write("data/eingang/pegel/b.csv", "ort;zeit;cm\nBach;04.05.2026 10:00;12,75\n");
    std::fs::write(scene.path("data/eingang/pegel/c.csv"), b"ort;zeit;cm\nB\xe4ch;04.05.2026 12:00;\xff\n").expect("written");
    scene.run("source run pegel");
    scene.write("pegel.toml", &DEFINITION.replace("version = 1", "version = 2").replace("Water levels", "Levels"));
    scene.run(&format!("source put {}", definition.display())).ok();

    let persons = scene.write("gaeste.toml", PERSONS);
    scene.run(&format!("source put {}", persons.display())).ok();
    scene.write(
        "data/eingang/gaeste/a.csv",
        "nummer;zeit;anschrift;naechte\n1;04.05.2026 10:00;KANARIE Hauptstr. 1;2\n2;04.05.2026 10:00;KANARIE Weg 2;x\n1;05.05.2026 10:00;KANARIE Platz 3;1\n",
    );
    scene.run("source run gaeste").ok();
    // A sub-attribute of a person is guarded like the value.
    let body = r#"{"https://example.org/anschrift":{"type":"Property","value":"KANARIE Gasse 4","quelle":{"type":"Property","value":"KANARIE Meldeamt"}}}"#;
    ask("POST /ngsi-ld/v1/entities/urn:ngsi-ld:Gast:2/attrs", body);
    scene.run("source pause gaeste").ok();
    let added = run(
        &["user", "add", "anna", "--role", "administrator", "--data", scene.data().to_str().expect("UTF-8")],
        "ein langes Passwort\nein langes Passwort\n",
    );
    added.ok();
    assert!(platform.stop().success());
    scene
}

#[test]
fn an_imported_tenant_gives_the_same_files_again() {
    let scene = filled();
    let (first, again, data) = (scene.path("eins"), scene.path("zwei"), scene.path("neu"));
    let said = export(&scene.data(), &first, &[]).ok();
    assert!(said.contains("hinausgetragen") && said.contains("hiergeblieben"), "{said}");
    let said = import(&first, &data, &[]).ok();
    assert!(said.contains("Mandant musterstadt eingelesen") && said.contains("1 Konten brauchen"), "{said}");
    export(&data, &again, &[]).ok();
    assert_equal(&first, &again);

    let (one, two) = (manifest(&first), manifest(&again));
    assert_eq!(one["counts"], two["counts"]);
    assert_eq!(one["position"], two["position"]);
    assert_eq!(one["leftOut"], serde_json::json!({ "files": 1, "personalValues": 6, "quarantine": 1 }));
    assert_eq!(two["leftOut"], serde_json::json!({}));
    for kind in ["entities", "values", "sourceVersions", "runs", "quarantine", "commits", "files", "datasets"] {
        assert!(one["counts"][kind].as_u64().is_some_and(|count| count > 0), "{kind}: {one}");
    }
    assert!(text(first.join("audit.ndjson")).lines().count() > 5);
    assert_eq!(text(first.join("sources/pegel/1.toml")), DEFINITION);
    assert!(text(first.join("sources/pegel/2.toml")).contains("version = 2"));
    assert!(text(first.join("quarantine.ndjson")).contains("rawHex"));
    for (path, content) in files(&first) {
        assert!(!String::from_utf8_lossy(&content).contains("KANARIE"), "{}", path.display());
    }
    assert!(scene.run("check").ok().contains("unversehrt"));
    assert!(run(&["check", "--data", data.to_str().expect("UTF-8")], "").ok().contains("unversehrt"));
}

#[test]
fn values_of_persons_go_along_for_a_purpose_alone() {
    let scene = filled();
    let (plain, first, again, data) = (scene.path("ohne"), scene.path("eins"), scene.path("zwei"), scene.path("neu"));
    export(&scene.data(), &plain, &[]).ok();
    assert!(export(&scene.data(), &scene.path("x"), &["--personal", " "]).failed().contains("braucht einen Zweck"));
    export(&scene.data(), &first, &["--personal", "Umzug 17/2026"]).ok();
    assert_eq!(manifest(&first)["leftOut"], serde_json::json!({}));
    assert!(text(first.join("personal/entities.ndjson")).contains("KANARIE Platz 3"));
    assert!(text(first.join("personal/entities.ndjson")).contains("KANARIE Meldeamt"));
    assert!(text(first.join("personal/quarantine.ndjson")).contains("KANARIE Weg 2"));
    let common: BTreeMap<_, _> = files(&first).into_iter().filter(|(path, _)| !path.starts_with("personal")).collect();
    assert_eq!(common, files(&plain), "what concerns persons stands apart");

    import(&first, &data, &["--tenant", "probe"]).ok();
    export(&data, &again, &["--personal", "Gegenprobe"]).ok();
    assert_equal(&first, &again);
    for (folder, data, purpose) in [("drei", scene.data(), "Umzug 17/2026"), ("vier", data, "Gegenprobe")] {
        let folder = scene.path(folder);
        export(&data, &folder, &[]).ok();
        let audit = text(folder.join("audit.ndjson"));
        let last = audit.lines().last().expect("an entry");
        assert!(last.contains(&format!("export with personal values: {purpose}")) && last.contains("\"system\""), "{last}");
    }
    let kept = std::fs::read(scene.path("neu/tenants/probe/tenant.db")).expect("a database");
    assert!(!kept.windows(7).any(|part| part == b"KANARIE"), "in envelopes again");
}

#[test]
fn an_imported_tenant_answers_alike() {
    let scene = filled();
    let (folder, data) = (scene.path("eins"), scene.path("neu"));
    export(&scene.data(), &folder, &["--personal", "Umzug"]).ok();
    import(&folder, &data, &[]).ok();
    let there = scene.start();
    let secret = token(&scene, "administrator");
    let here = Platform::start(&data, &scene.path("log-neu"), &[]);
    let own = run(&["token", "create", "--role", "administrator", "--data", data.to_str().expect("UTF-8")], "").ok();
    for path in [
        "/ngsi-ld/v1/entities/urn:ngsi-ld:Alles:1?options=sysAttrs",
        "/ngsi-ld/v1/entities?type=Ding&options=sysAttrs",
        "/ngsi-ld/v1/temporal/entities/urn:ngsi-ld:Alles:1",
        "/ngsi-ld/v1/temporal/entities/urn:ngsi-ld:Pegel:bach?options=sysAttrs",
        "/ngsi-ld/v1/types",
        "/api/v1/quellen",
    ] {
        let get = |platform: &Platform, secret: &str| platform.ask(&format!("GET {path}\nauthorization: Bearer {}", secret.trim()));
        let (one, two) = (get(&there, &secret), get(&here, &own));
        assert_eq!((one.status, &one.body), (two.status, &two.body), "{path}");
        assert_eq!(one.status, 200, "{path}: {one:?}");
    }
    // It goes on where it stopped: the next correction, the next run.
    assert_eq!(here.ask(&entity(own.trim(), 4)).status, 201);
    std::fs::create_dir_all(data.join("eingang/pegel")).expect("made");
    std::fs::write(data.join("eingang/pegel/d.csv"), "ort;zeit;cm\nBach;04.05.2026 10:00;13\n").expect("written");
    let ran = run(&["source", "run", "pegel", "--data", data.to_str().expect("UTF-8")], "").ok();
    assert!(ran.contains("1 berichtigt"), "{ran}");
    assert_eq!(here.complaints(), Vec::<String>::new());
}

#[test]
fn an_export_while_writing_holds_one_moment() {
    let scene = Scene::new();
    let platform = scene.start();
    let secret = token(&scene, "editor");
    let (written, enough) = (AtomicUsize::new(0), AtomicBool::new(false));
    let folder = scene.path("eins");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1.. {
                if enough.load(Ordering::SeqCst) {
                    return;
                }
                assert_eq!(platform.ask(&entity(&secret, number)).status, 201);
                written.store(number, Ordering::SeqCst);
            }
        });
        while written.load(Ordering::SeqCst) < 20 {
            std::thread::yield_now();
        }
        scene.run(&format!("export --to {}", folder.display())).ok();
        enough.store(true, Ordering::SeqCst);
    });
    let (manifest, data) = (manifest(&folder), scene.path("neu"));
    let audit = text(folder.join("audit.ndjson"));
    assert_eq!(audit.lines().count() as u64, manifest["position"].as_u64().expect("a number"));
    let count = |of: &str| manifest["counts"][of].as_u64().expect("a number");
    assert_eq!(count("values"), 2 * count("entities"), "its value, and that it is there");
    import(&folder, &data, &[]).ok();
    export(&data, &scene.path("zwei"), &[]).ok();
    let without_catalogue = |folder: &Path| {
        let mut all = files(folder);
        // It names the address of whoever writes it.
        all.remove(Path::new("catalogue.ttl"));
        all
    };
    assert!(without_catalogue(&folder) == without_catalogue(&scene.path("zwei")));
    // A second tenant, while it runs.
    let said = scene.run(&format!("import --from {} --tenant probe", folder.display())).ok();
    assert!(said.contains("Mandant probe eingelesen"), "{said}");
    assert!(scene.run("tenant list").ok().contains("probe"));
    assert_eq!(platform.complaints(), Vec::<String>::new());
}

#[test]
fn what_was_changed_or_is_missing_is_named_and_nothing_appears() {
    let scene = filled();
    let (good, data) = (scene.path("eins"), scene.path("neu"));
    export(&scene.data(), &good, &[]).ok();
    let full = export(&scene.data(), &good, &[]).failed();
    assert!(full.contains("is not empty"), "{full}");
    let inside = export(&scene.data(), &scene.path("data/aus"), &[]).failed();
    assert!(inside.contains("lies in the data directory") && !scene.path("data/aus").exists(), "{inside}");
    assert!(export(&scene.data(), &scene.path("x"), &["--tenant", "nirgends"]).failed().contains("nirgends"));

    let changed = |change: &dyn Fn(&Path)| {
        let folder = scene.path("schlecht");
        std::fs::remove_dir_all(&folder).ok();
        let copied = Command::new("cp").arg("-r").args([&good, &folder]).status().expect("cp runs");
        assert!(copied.success());
        change(&folder);
        let said = import(&folder, &data, &[]).failed();
        assert!(said.contains("es wurde nichts angelegt"), "{said}");
        assert!(!data.join("tenants/musterstadt").exists() && !data.join("keys/musterstadt.db").exists(), "{said}");
        said
    };
    let replace = |folder: &Path, name: &str, from: &str, to: &str| {
        let path = folder.join(name);
        let text = text(path.clone());
        assert!(text.contains(from), "{text}");
        std::fs::write(path, text.replacen(from, to, 1)).expect("written");
    };
    let said = changed(&|folder| replace(folder, "entities.ndjson", "urn:ngsi-ld:Alles:1", "urn:ngsi-ld:Alles:9"));
    assert!(said.contains("entities.ndjson") && said.contains("checksum"), "{said}");
    let said = changed(&|folder| std::fs::remove_file(folder.join("runs.ndjson")).expect("removed"));
    assert!(said.contains("runs.ndjson` is missing"), "{said}");
    let said = changed(&|folder| replace(folder, "manifest.json", "\"format\":1", "\"format\":2"));
    assert!(said.contains("install the newer version"), "{said}");
    let said = changed(&|folder| std::fs::remove_file(folder.join("manifest.json")).expect("removed"));
    assert!(said.contains("not a complete export"), "{said}");
    let said = changed(&|folder| replace(folder, "manifest.json", "\"path\":\"README.md\"", "\"path\":\"../../README.md\""));
    assert!(said.contains("manifest.json"), "{said}");
    // Somebody who mends the checksum is caught by the chain.
    let said = changed(&|folder| {
        replace(folder, "audit.ndjson", "\"actor\":\"token:", "\"actor\":\"taken:");
        let sum = Command::new("sha256sum").arg(folder.join("audit.ndjson")).output().expect("sha256sum runs").stdout;
        let sum = String::from_utf8_lossy(&sum)[..64].to_owned();
        let listed = manifest(folder)["files"].as_array().expect("files").iter().find(|file| file["path"] == "audit.ndjson").cloned();
        let known = listed.expect("listed")["sha256"].as_str().expect("a sum").to_owned();
        replace(folder, "manifest.json", &known, &sum);
    });
    assert!(said.contains("commit 1 of the audit"), "{said}");

    let there = import(&good, &scene.data(), &[]).failed();
    assert!(there.contains("musterstadt") && there.contains("--tenant"), "{there}");
    assert!(import(&good, &data, &["--tenant", "Groß"]).failed().contains("Groß"));
    assert!(import(&good, &data, &[]).ok().contains("eingelesen"));
}

#[test]
fn a_killed_import_leaves_no_half_tenant() {
    let scene = filled();
    let (folder, again) = (scene.path("eins"), scene.path("zwei"));
    export(&scene.data(), &folder, &[]).ok();
    let stages: [&dyn Fn(&Path) -> bool; 4] = [
        &|new| new.exists(),
        &|new| std::fs::read_dir(new.join("files")).is_ok_and(|files| files.count() > 0),
        &|new| std::fs::read_dir(new.join("history")).is_ok_and(|files| files.count() > 0),
        &|new| std::fs::read_dir(new.join("snapshots")).is_ok_and(|files| files.count() > 0),
    ];
    let mut seen = BTreeSet::new();
    for (number, stage) in stages.iter().enumerate() {
        let data = scene.path(&format!("neu{number}"));
        let (new, whole) = (data.join("tenants/.new-musterstadt"), data.join("tenants/musterstadt"));
        let mut command = Command::new(BINARY);
        command.args(["import", "--from"]).arg(&folder).arg("--data").arg(&data).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("started");
        while !stage(&new) && child.try_wait().expect("known").is_none() {
            std::thread::yield_now();
        }
        child.kill().expect("killed or gone");
        child.wait().expect("ended");
        let data_text = data.to_str().expect("UTF-8");
        seen.insert(whole.exists());
        if !whole.exists() {
            assert_eq!(run(&["tenant", "list", "--data", data_text], "").ok().lines().count(), 1, "nobody sees it");
            import(&folder, &data, &[]).ok();
        }
        assert!(run(&["check", "--data", data_text], "").ok().contains("musterstadt: unversehrt"));
        std::fs::remove_dir_all(&again).ok();
        export(&data, &again, &[]).ok();
        assert_equal(&folder, &again);
    }
    assert!(seen.contains(&false), "one was killed on the way");
}
