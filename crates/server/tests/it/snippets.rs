//! The code on a dataset's page, run as it stands there against the platform,
//! and its files read by other people's programs.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::platform::{Platform, Scene};

fn demo(path: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo")).join(path)
}

/// Runs a source of the demo over files put where it looks.
pub(crate) fn fill(scene: &Scene, source: &str, path: &str, files: &[&str]) {
    let definition = std::fs::read_to_string(demo(&format!("quellen/{source}.toml"))).expect("a definition");
    let (moved, place) = (definition.replace("../daten/", ""), format!("data/eingang/{path}"));
    let definition = scene.write(&format!("{source}.toml"), &moved);
    for file in files {
        let text = std::fs::read_to_string(demo(&format!("daten/{path}/{file}"))).expect("data");
        scene.write(&format!("{place}/{file}"), &text);
    }
    scene.run(&format!("source put {}", definition.display())).ok();
    scene.run(&format!("source run {source}")).ok();
}

/// The code of a page by tool, as a browser copies it.
fn snippets(platform: &Platform, page: &str) -> BTreeMap<String, String> {
    let page = platform.ask(&format!("GET /datensaetze/{page}"));
    assert_eq!(page.status, 200);
    let parts = page.body.split("<code id=\"code-").skip(1);
    let snippet = |part: &str| {
        let (tool, rest) = part.split_once("\">")?;
        let (code, _) = rest.split_once("</code>")?;
        let entities = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
        Some((tool.to_owned(), entities.iter().fold(code.to_owned(), |code, (from, to)| code.replace(from, to))))
    };
    parts.filter_map(snippet).collect()
}

/// What a program printed that had to succeed.
#[track_caller]
pub(crate) fn output(program: impl Into<OsString>, arguments: &[&str], folder: &Path) -> String {
    let program = program.into();
    let ran = Command::new(&program).args(arguments).current_dir(folder).env("LC_ALL", "C.UTF-8").output();
    let ran = ran.unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
    let told = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{} {arguments:?}: {told}", program.display());
    String::from_utf8(ran.stdout).expect("UTF-8")
}

pub(crate) fn python() -> OsString {
    std::env::var_os("ALLMENDE_PYTHON")
        .expect("`ALLMENDE_PYTHON` names an interpreter with pandas: run `make tests`, or set it to what `scripts/venv DIR` prints")
}

#[test]
fn code_on_a_page_runs_as_it_stands_there() {
    let scene = Scene::new();
    let platform = scene.start();
    let stations = ["luftqualitaet_muenster_2022-01-01_2024-01-01_station1140.csv"];
    fill(&scene, "luftqualitaet", "luftqualitaet", &stations);
    fill(&scene, "gemeinden", "gemeinden", &["destatis_gemeinden_hessen_2023.json"]);
    for (slug, head, rows, measure) in
        [("luftqualitaet", "id,name,time,", 17_000..18_000, "no2"), ("gemeinden", "id,name,longitude,latitude,", 421..422, "population")]
    {
        let code = snippets(&platform, slug);
        let folder = scene.path(slug);
        std::fs::create_dir(&folder).expect("made");

        output("sh", &["-c", &code["curl"]], &folder);
        let csv = std::fs::read_to_string(folder.join(format!("{slug}.csv"))).expect("curl wrote it");
        let lines: Vec<&str> = csv.lines().collect();
        assert!(lines[0].starts_with(head), "{}", lines[0]);
        assert!(rows.contains(&(lines.len() - 1)), "{} lines", lines.len());
        let place = lines[0].split(',').position(|name| name == measure).expect(measure);
        let values = lines[1..].iter().filter_map(|line| line.split(',').nth(place)?.parse::<f64>().ok()).count();
        assert!(values > 400);

        let told = output(python(), &["-c", &code["python"]], &folder);
        let count = told.lines().find(|line| line.starts_with("count")).unwrap_or_else(|| panic!("{told}"));
        let counts: Vec<f64> = count.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let wanted = values as f64;
        assert!(counts.contains(&wanted), "{values} values of {measure}: {told}");
        assert!(told.lines().any(|line| line.starts_with("mean")), "{told}");

        // R is large: `make test-full` installs it.
        if Command::new("Rscript").arg("--version").output().is_ok() {
            let told = output("Rscript", &["-e", &code["r"]], &folder);
            assert!(told.contains("Mean   :") && told.contains(measure), "{told}");
        }

        for (tool, kind) in
            [("excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), ("qgis", "application/geo+json")]
        {
            let url = code[tool].split_whitespace().find(|word| word.starts_with("http://")).expect("an address");
            let path = url.strip_prefix(platform.url.trim_end_matches('/')).expect("our own address");
            let answer = platform.ask(&format!("GET {path}"));
            assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{tool}: {url}");
            // QGIS reads through GDAL; it is large, so where it is there.
            if tool == "qgis" && Command::new("ogrinfo").arg("--version").output().is_ok() {
                let told = output("ogrinfo", &["-ro", "-so", "-al", url], &folder);
                assert!(told.contains("GeoJSON") && told.contains("Feature Count: "), "{told}");
            }
        }
    }
}

#[test]
fn code_on_the_page_of_an_interface_runs_and_gives_what_the_page_shows() {
    let scene = Scene::new();
    let platform = scene.start();
    fill(&scene, "luftqualitaet", "luftqualitaet", &["luftqualitaet_muenster_2022-01-01_2024-01-01_station1140.csv"]);
    for (question, part) in
        [("dinge", "Münster-Geist"), ("ding", "observedAt"), ("verlauf&anzahl=3", "values"), ("beschreibung", "dcat:Dataset")]
    {
        let page = platform.ask(&format!("GET /datensaetze/luftqualitaet/api?frage={question}"));
        assert!(page.body.contains("Status 200 OK"), "{question}: {}", page.body);
        let code = snippets(&platform, &format!("luftqualitaet/api?frage={question}"));
        let told = output("sh", &["-c", &code["request-curl"]], &scene.path(""));
        assert!(told.contains(part), "{question}: {told}");
        if let Some(python_code) = code.get("request-python") {
            let read = output(python(), &["-c", python_code], &scene.path(""));
            assert!(read.contains(part), "{question}: {read}");
            serde_json::from_str::<serde_json::Value>(&told).expect("JSON");
        }
        // The code for the files is the same as on the page of the dataset.
        assert_eq!(code["curl"], snippets(&platform, "luftqualitaet")["curl"]);
    }
}

#[test]
fn other_peoples_readers_find_the_same_in_each_file() {
    let scene = Scene::new();
    let platform = scene.start();
    fill(&scene, "luftqualitaet", "luftqualitaet", &["luftqualitaet_muenster_2022-01-01_2024-01-01_station1140.csv"]);
    fill(&scene, "gemeinden", "gemeinden", &["destatis_gemeinden_hessen_2023.json"]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files.py");
    for slug in ["luftqualitaet", "gemeinden"] {
        let rows: usize =
            output(python(), &[script, &format!("{}datensaetze/{slug}", platform.url)], &scene.path("")).trim().parse().expect("a count");
        assert!(rows > 400, "{slug}: {rows}");
    }
}
