//! What `make dist` packed: the demo starts from the unpacked folder, with
//! nothing but what is in it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::platform::{Scene, send};

/// Killed when dropped.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn the_demo_starts_from_the_tarball() {
    // `make test-full` packs first and says where; else there is nothing to unpack.
    let Some(packed) = std::env::var_os("ALLMENDE_DIST").map(PathBuf::from) else { return };
    let sums = Command::new("sha256sum").args(["--check", "--quiet", "SHA256SUMS"]).current_dir(&packed).status().expect("sha256sum runs");
    assert!(sums.success());
    let name = format!("allmende-{}-linux-x86_64", env!("CARGO_PKG_VERSION"));
    let scene = Scene::new();
    let empty = scene.path("leer");
    std::fs::create_dir(&empty).expect("made");
    let unpacked =
        Command::new("tar").arg("xzf").arg(packed.join(format!("{name}.tar.gz"))).current_dir(&empty).status().expect("tar runs");
    assert!(unpacked.success());
    let folder = empty.join(name);
    for file in ["README.md", "INSTALL.md", "LICENSE", "THIRD-PARTY.txt", "allmende.service", "docs/betrieb.md", "docs/QUELLEN.md"] {
        assert!(std::fs::metadata(folder.join(file)).is_ok_and(|file| file.len() > 0), "{file}");
    }

    let mut command = Command::new("./allmende");
    command.args(["demo", "--listen", "127.0.0.1:0"]).current_dir(&folder).env_clear();
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let mut demo = Demo(child);
    let mut first = String::new();
    BufReader::new(demo.0.stdout.take().expect("a pipe")).read_line(&mut first).expect("UTF-8");
    let port = first.trim_end().trim_end_matches('/').rsplit(':').next().and_then(|port| port.parse().ok()).expect("it says where it runs");
    for (path, expected) in [("/", "Musterstadt"), ("/datensaetze/luftqualitaet", "Feinstaub"), ("/catalog.ttl", "dcat:Dataset")] {
        let answer = send(port, format!("GET {path} HTTP/1.0\r\nhost: 127.0.0.1:{port}\r\n\r\n").as_bytes());
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.body.contains(expected), "{path}: {}", answer.body);
    }
}
