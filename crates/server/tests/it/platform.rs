//! A running platform, its command line, and a small HTTP client.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_allmende");

/// A folder with room for a data directory and whatever else a test needs.
pub(crate) struct Scene(TempDir);

impl Scene {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, content).expect("written");
        path
    }

    /// Starts the platform on the data directory and waits until it says that it runs.
    pub(crate) fn start(&self) -> Platform {
        Platform::start(&self.data(), &self.path("log"), &[])
    }

    /// Runs a command on the data directory.
    pub(crate) fn run(&self, command: &str) -> Ran {
        let data = self.data();
        let mut words: Vec<&str> = command.split(' ').collect();
        words.extend(["--data", data.to_str().expect("a path in UTF-8")]);
        run(&words, "")
    }
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Standard output of a command that had to succeed.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// The one sentence of a command that had to fail.
    #[track_caller]
    pub(crate) fn failed(self) -> String {
        assert!(self.code.is_some_and(|code| code != 0), "{self:?}");
        assert_eq!(self.out, "", "nothing but the reason: {self:?}");
        let last = self.err.lines().last().unwrap_or_default().to_owned();
        assert!(last.starts_with("allmende: "), "{self:?}");
        last.trim_start_matches("allmende: ").to_owned()
    }
}

/// Runs the binary to its end, with something on standard input.
pub(crate) fn run(words: &[&str], input: &str) -> Ran {
    run_under(&[], words, input)
}

/// As [`run`], the binary being the last argument of another command.
pub(crate) fn run_under(under: &[&str], words: &[&str], input: &str) -> Ran {
    finish(command(under, words), input)
}

/// Runs a command to its end.
pub(crate) fn finish(mut command: Command, input: &str) -> Ran {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    // A command that fails early does not read it.
    drop(child.stdin.take().expect("a pipe").write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("ended");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn command(under: &[&str], words: &[&str]) -> Command {
    let all = [under, &[BINARY], words].concat();
    let mut command = Command::new(all[0]);
    command.args(&all[1..]).env_remove("ALLMENDE_LANG").env_remove("RUST_BACKTRACE");
    command
}

/// A running platform; killed when dropped.
pub(crate) struct Platform {
    child: Child,
    /// `http://127.0.0.1:PORT/`.
    pub(crate) url: String,
    output: BufReader<ChildStdout>,
    log: PathBuf,
}

impl Platform {
    pub(crate) fn start(data: &Path, log: &Path, more: &[&str]) -> Self {
        Self::start_under(&[], data, log, more)
    }

    /// As [`Self::start`], the binary being the last argument of another
    /// command, which must put it in its own place.
    pub(crate) fn start_under(under: &[&str], data: &Path, log: &Path, more: &[&str]) -> Self {
        let data = data.to_str().expect("a path in UTF-8");
        let mut words = vec!["serve", "--data", data, "--listen", "127.0.0.1:0"];
        words.extend(more);
        let errors = File::options().create(true).append(true).open(log).expect("a log");
        let mut child = command(under, &words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors).spawn().expect("started");
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        let first = line_of(&mut output);
        if let Some(url) = first.strip_prefix("Allmende läuft: ") {
            return Self { child, url: url.to_owned(), output, log: log.to_owned() };
        }
        let log = std::fs::read_to_string(log).unwrap_or_default();
        panic!("it does not run ({:?}): {first}\n{log}", child.wait());
    }

    /// The next line of its output; empty at the end.
    pub(crate) fn next_line(&mut self) -> String {
        line_of(&mut self.output)
    }

    /// Asks it to stop, without waiting for it.
    pub(crate) fn ask_to_stop(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("it runs");
    }

    pub(crate) fn port(&self) -> u16 {
        self.url.trim_end_matches('/').rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
    }

    /// The most memory it ever held, in bytes.
    pub(crate) fn memory_peak_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }

    /// Asks it to stop, as a service manager does.
    pub(crate) fn stop(mut self) -> ExitStatus {
        self.ask_to_stop();
        self.child.wait().expect("it ended")
    }

    /// Kills it as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ended");
    }

    /// Sends a request: `METHOD path`, header lines `name: value`, an empty line, a body. The host is its own unless named.
    pub(crate) fn ask(&self, request: &str) -> Answer {
        let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
        let (first, headers) = head.split_once('\n').unwrap_or((head, ""));
        let headers: String = headers.lines().map(|line| format!("{}\r\n", line.trim())).collect();
        let host = if headers.contains("host: ") { String::new() } else { format!("host: 127.0.0.1:{}\r\n", self.port()) };
        let raw = format!("{first} HTTP/1.0\r\n{host}content-length: {}\r\n{headers}\r\n{body}", body.len());
        send(self.port(), raw.as_bytes())
    }

    /// Lines of the log that say something went wrong.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = std::fs::read_to_string(&self.log).expect("a log");
        let wrong = |line: &&str| line.contains(" WARN ") || line.contains(" ERROR ");
        // Without the browser code the pages are plain, which is no matter here.
        log.lines().filter(wrong).filter(|line| !line.contains("`frontend/dist` was not built")).map(ToOwned::to_owned).collect()
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn line_of(output: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    output.read_line(&mut line).expect("UTF-8");
    line.trim_end().to_owned()
}

/// Sends bytes and reads to the end of the connection.
pub(crate) fn send(port: u16, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("connected");
    // It may answer and close before it has read all.
    drop(stream.write_all(bytes));
    let mut all = Vec::new();
    drop(stream.read_to_end(&mut all));
    let text = String::from_utf8_lossy(&all);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A request that writes an entity.
pub(crate) fn entity(token: &str, number: usize) -> String {
    format!(
        "POST /ngsi-ld/v1/entities\nauthorization: Bearer {token}\ncontent-type: application/json\n\n{{\"id\":\"urn:ngsi-ld:Ding:{number}\",\"type\":\"Ding\",\"zahl\":{{\"type\":\"Property\",\"value\":{number}}}}}"
    )
}

/// Whether the entity is there, whole.
pub(crate) fn has_entity(platform: &Platform, token: &str, number: usize) -> bool {
    let answer = platform.ask(&format!("GET /ngsi-ld/v1/entities/urn:ngsi-ld:Ding:{number}\nauthorization: Bearer {token}"));
    answer.status == 200 && answer.json()["zahl"]["value"] == number
}

/// The points of a tenant's backup, the oldest first.
pub(crate) fn points(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut points: Vec<PathBuf> = entries.filter(|path| path.join("manifest.json").is_file()).collect();
    points.sort();
    points
}

/// A token of the only tenant.
pub(crate) fn token(scene: &Scene, role: &str) -> String {
    scene.run(&format!("token create --role {role}")).ok().trim().to_owned()
}
