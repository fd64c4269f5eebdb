//! A disk that is full: a small file system in a mount namespace of its own,
//! which needs no rights beyond those of any user.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::platform::{Answer, Platform, Scene, entity, has_entity, run_under};

const SIZE_BYTES: u64 = 64 << 20;

/// A mounted file system; it goes away with the process that holds it.
struct Disk {
    holder: Child,
    mounted: PathBuf,
}

impl Disk {
    /// `None` where the kernel gives users no namespaces, which is said.
    fn mount(scene: &Scene) -> Option<Self> {
        let mounted = scene.path("disk");
        std::fs::create_dir(&mounted).expect("a folder");
        let script = format!("mount -t tmpfs -o size={SIZE_BYTES},mode=700 tmpfs \"$0\" && echo mounted && exec cat");
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]).arg(&mounted);
        let mut holder = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("util-linux is there");
        let mut line = String::new();
        BufReader::new(holder.stdout.take().expect("a pipe")).read_line(&mut line).expect("UTF-8");
        if line != "mounted\n" {
            let said = holder.wait_with_output().expect("ended").stderr;
            eprintln!("not tested: no file system can be mounted here: {}", String::from_utf8_lossy(&said));
            return None;
        }
        Some(Self { holder, mounted })
    }

    fn data(&self) -> PathBuf {
        self.mounted.join("data")
    }

    /// Runs something where the file system is mounted.
    fn inside<T>(&self, work: impl FnOnce(&[&str]) -> T) -> T {
        let pid = self.holder.id().to_string();
        work(&["nsenter", "--target", &pid, "--user", "--mount", "--preserve-credentials"])
    }

    fn start(&self, log: &Path) -> Platform {
        self.inside(|under| Platform::start_under(under, &self.data(), log, &[]))
    }

    #[track_caller]
    fn command(&self, words: &str, input: &str) -> String {
        let data = self.data();
        let mut words: Vec<&str> = words.split(' ').collect();
        words.extend(["--data", data.to_str().expect("UTF-8")]);
        self.inside(|under| run_under(under, &words, input)).ok()
    }

    /// The file system as it is seen from outside.
    fn root(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{}", self.holder.id(), self.mounted.display()))
    }

    /// Something else takes all space but so much.
    fn fill_but(&self, left_bytes: u64) {
        let mut ballast = File::options().create(true).append(true).open(self.root().join("ballast")).expect("a file");
        loop {
            let disk = rustix::fs::statvfs(self.root()).expect("a file system");
            let more = (disk.f_bavail * disk.f_frsize).saturating_sub(left_bytes).min(1 << 20);
            if more == 0 {
                return;
            }
            ballast.write_all(&vec![1; usize::try_from(more).expect("small")]).expect("there is room");
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.root().join("ballast")).expect("removed");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.holder.kill());
        drop(self.holder.wait());
    }
}

#[track_caller]
fn refused_for_space(answer: &Answer) {
    assert_eq!(answer.status, 507, "{answer:?}");
    let problem = answer.json();
    assert!(problem["type"].is_string() && problem["title"].is_string() && problem["status"] == 507, "{problem}");
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("no space left") && detail.contains("free some"), "{problem}");
    assert!(!detail.contains('/'), "it does not say where on the machine: {problem}");
}

fn delete(platform: &Platform, secret: &str, number: usize) -> u16 {
    platform.ask(&format!("DELETE /ngsi-ld/v1/entities/urn:ngsi-ld:Ding:{number}\nauthorization: Bearer {secret}")).status
}

#[test]
fn a_full_disk_refuses_new_data_and_nothing_else() {
    let scene = Scene::new();
    let Some(disk) = Disk::mount(&scene) else { return };
    let log = scene.path("log");
    let platform = disk.start(&log);
    let secret = disk.command("token create --role editor", "").trim().to_owned();
    disk.command("user add anna --role administrator", "ein langes Passwort\n");
    let definition = scene.write("pegel.toml", &crate::sources::pushed());
    disk.command(&format!("source put {}", definition.display()), "");
    for number in 1..=20 {
        assert_eq!(platform.ask(&entity(&secret, number)).status, 201);
    }

    // Only the reserve is left: a twentieth of the disk.
    disk.fill_but(SIZE_BYTES / 40);
    refused_for_space(&platform.ask(&entity(&secret, 21)));
    let pushed = platform.ask(&format!(
        "POST /api/v1/quellen/pegel/daten\nauthorization: Bearer {secret}\ncontent-type: text/csv\n\nort;zeit;cm\nMusterbach;04.05.2026 10:00;12,5\n"
    ));
    refused_for_space(&pushed);
    assert_eq!(pushed.header("content-type"), Some("application/problem+json"));
    assert!(has_entity(&platform, &secret, 20), "it is read");
    assert_eq!(platform.ask("GET /").status, 200);
    for number in 1..=5 {
        assert_eq!(delete(&platform, &secret, number), 204, "removing is the way out");
    }
    let login = platform.ask("POST /verwaltung/anmelden\ncontent-type: application/x-www-form-urlencoded\nsec-fetch-site: same-origin\n\nkonto=anna&passwort=ein+langes+Passwort");
    assert!(login.status == 303 && login.header("set-cookie").is_some(), "{login:?}");
    let spare = disk.command("token list", "").lines().nth(1).and_then(|line| line.split('\t').next()).expect("a token").to_owned();
    assert!(secret.contains(&spare));

    // Not even that.
    disk.fill_but(0);
    refused_for_space(&platform.ask(&entity(&secret, 22)));
    assert!(has_entity(&platform, &secret, 20), "it is still read");
    assert_eq!(platform.ask("GET /livez").status, 200);

    disk.free();
    for number in 23..=40 {
        assert_eq!(platform.ask(&entity(&secret, number)).status, 201, "as if nothing had been");
    }
    platform.kill();
    let platform = disk.start(&log);
    for number in (6..=20).chain(23..=40) {
        assert!(has_entity(&platform, &secret, number), "{number} was acknowledged");
    }
    for number in (1..=5).chain([21, 22]) {
        assert!(!has_entity(&platform, &secret, number), "{number} was deleted or refused");
    }
    assert!(disk.command("check", "").contains("unversehrt"));
}

/// A table of so many bytes that hardly gets smaller when it is packed.
fn table(size_bytes: usize) -> String {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut text = String::from("Nr;Text\n");
    while text.len() < size_bytes {
        text.push_str(&format!("{};", text.len()));
        for _ in 0..100 {
            // A linear congruential generator (Knuth, MMIX); the upper bits are the good ones.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push(char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[(state >> 58) as usize]));
        }
        text.push('\n');
    }
    text
}

/// A clerk in a browser.
struct Clerk<'a> {
    platform: &'a Platform,
    cookie: String,
    token: String,
}

const UPLOADS: &str = "/verwaltung/hochladen";

impl<'a> Clerk<'a> {
    fn log_in(platform: &'a Platform) -> Self {
        let form = "konto=anna&passwort=ein+langes+Passwort";
        let head = "content-type: application/x-www-form-urlencoded\nsec-fetch-site: same-origin";
        let login = platform.ask(&format!("POST /verwaltung/anmelden\n{head}\n\n{form}"));
        let cookie = login.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a session").to_owned();
        let page = platform.ask(&format!("GET {UPLOADS}\ncookie: {cookie}")).body;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect("a form");
        let token = rest.split('"').next().unwrap_or_default().to_owned();
        Self { platform, cookie, token }
    }

    fn page(&self) -> String {
        self.platform.ask(&format!("GET {UPLOADS}\ncookie: {}", self.cookie)).body
    }

    /// Sends a file as browsers do (RFC 7578).
    fn upload(&self, content: &str) -> Answer {
        let part = |name: &str| format!("--grenze\r\nContent-Disposition: form-data; name=\"{name}\"");
        let token = format!("{}\r\n\r\n{}\r\n", part("csrf"), self.token);
        let file = format!("{}; filename=\"tabelle.csv\"\r\nContent-Type: text/csv\r\n\r\n{content}\r\n--grenze--\r\n", part("datei"));
        let head = format!("cookie: {}\nsec-fetch-site: same-origin\ncontent-type: multipart/form-data; boundary=grenze", self.cookie);
        self.platform.ask(&format!("POST {UPLOADS}\n{head}\n\n{token}{file}"))
    }
}

/// The files below a folder, whole or not.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

#[test]
fn an_upload_onto_a_full_disk_is_told_and_leaves_nothing() {
    let scene = Scene::new();
    let Some(disk) = Disk::mount(&scene) else { return };
    let platform = disk.start(&scene.path("log"));
    disk.command("user add anna --role administrator", "ein langes Passwort\n");
    let clerk = Clerk::log_in(&platform);
    let files = disk.root().join("data/tenants/musterstadt/files");
    assert!(files.is_dir(), "{files:?}");
    let (small, large) = (table(20_000), table(7_000_000));
    // Only the reserve is left; it fills while the file comes; the file fits, but nothing more.
    for (left_bytes, content) in [(SIZE_BYTES / 40, &small), (SIZE_BYTES / 16, &large), (SIZE_BYTES / 8, &large)] {
        disk.fill_but(left_bytes);
        let told = clerk.upload(content);
        assert_eq!(told.status, 507, "{left_bytes}: {}", told.body);
        for part in ["Auf dem Server ist kein Platz mehr.", "Von der Datei wurde nichts gespeichert.", "die den Server betreiben"] {
            assert!(told.body.contains(part), "{left_bytes}: {part} is not in\n{}", told.body);
        }
        assert!(told.body.contains("Noch keine Datei.") && clerk.page().contains("Noch keine Datei."), "{left_bytes}: no draft");
        assert_eq!(files_below(&files), Vec::<PathBuf>::new(), "{left_bytes}");
        disk.free();
    }
    let taken = clerk.upload(&large);
    assert_eq!(taken.status, 303, "{}", taken.body);
    assert_eq!(files_below(&files).len(), 1);
    assert!(clerk.page().contains("tabelle.csv"));
}
