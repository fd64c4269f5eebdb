//! A killed process loses nothing that it acknowledged, and nothing is half.
//!
//! Many writers count upwards as fast as they are answered, each on an entity
//! of its own, two attributes in one request. The process is killed in the
//! middle, ten times over the same data. After each restart an entity must
//! show at least the last count that was acknowledged and at most the last
//! that was sent, the same in both attributes, and history must hold every
//! acknowledged count. The rate is printed; the long run, which is built for
//! release, asserts that it was at least 2 000 acknowledged writes a second.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;

const WRITERS: usize = 32;
const ROUNDS: u64 = 10;
/// How many acknowledgements a round waits for before the kill.
const ACKNOWLEDGED: u64 = 3_000;
/// What the long run must reach, in acknowledged writes a second.
const RATE: f64 = 2_000.0;

struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(data: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_allmende"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let address = lines
            .by_ref()
            .map(|line| line.expect("readable"))
            .find_map(|line| line.find("http://127.0.0.1:").map(|at| line[at + 7..].trim_end_matches('/').to_owned()))
            .expect("it prints its address");
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// SIGKILL: nothing of the process runs any more.
    fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it is gone");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A connection that is kept open.
struct Connection {
    stream: BufReader<TcpStream>,
    token: String,
}

impl Connection {
    fn open(server: &Server, token: &str) -> Self {
        let stream = TcpStream::connect(&server.address).expect("it listens");
        stream.set_nodelay(true).expect("a socket");
        Self { stream: BufReader::new(stream), token: token.to_owned() }
    }

    /// Status and body; `None` when the connection broke before the answer was whole.
    fn request(&mut self, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).ok()?;
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if line == "\r\n" {
                break;
            }
            head.push(line.to_ascii_lowercase());
        }
        let status = head.first()?.split(' ').nth(1)?.parse().ok()?;
        let length = head.iter().find_map(|line| line.strip_prefix("content-length:")).map_or(0, |n| n.trim().parse().expect("a length"));
        let mut body = vec![0; length];
        std::io::Read::read_exact(&mut self.stream, &mut body).ok()?;
        Some((status, String::from_utf8(body).expect("UTF-8")))
    }
}

/// What one writer sent and what was acknowledged.
#[derive(Clone, Copy, Default)]
struct Counts {
    sent: u64,
    acknowledged: u64,
}

fn id(writer: usize) -> String {
    format!("urn:ngsi-ld:Counter:{writer}")
}

fn fragment(count: u64) -> String {
    let at = format!("2026-05-04T{:02}:{:02}:{:02}.{:03}Z", count / 3_600_000 % 24, count / 60_000 % 60, count / 1000 % 60, count % 1000);
    format!(
        r#"{{"a":{{"type":"Property","value":{count},"observedAt":"{at}"}},"b":{{"type":"Property","value":{count},"observedAt":"{at}"}}}}"#
    )
}

fn write_until_killed(mut connection: Connection, writer: usize, mut counts: Counts, acknowledged: &mpsc::Sender<()>) -> Counts {
    loop {
        counts.sent += 1;
        let path = format!("/ngsi-ld/v1/entities/{}/attrs", id(writer));
        match connection.request("PATCH", &path, &fragment(counts.sent)) {
            Some((204, _)) => counts.acknowledged = counts.sent,
            Some((status, body)) => panic!("{status}: {body}"),
            None => return counts,
        }
        // Nobody counts any more once the kill is due.
        acknowledged.send(()).ok();
    }
}

fn token(data: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_allmende"))
        .args(["token", "create", "--role", "editor", "--tenant", "musterstadt", "--data"])
        .arg(data)
        .output()
        .expect("the binary starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
}

/// The counts an entity shows, and those of its history.
fn read(connection: &mut Connection, writer: usize) -> (u64, u64, HashSet<u64>) {
    let (status, body) = connection.request("GET", &format!("/ngsi-ld/v1/entities/{}", id(writer)), "").expect("answered");
    assert_eq!(status, 200, "{body}");
    let entity: Value = serde_json::from_str(&body).expect("JSON");
    let value = |name: &str| entity[name]["value"].as_u64().expect("a count");
    let path = format!("/ngsi-ld/v1/temporal/entities/{}?attrs=a&options=temporalValues&lastN=100000", id(writer));
    let (status, body) = connection.request("GET", &path, "").expect("answered");
    assert!(status == 200 || status == 206, "{status} {body}");
    let history: Value = serde_json::from_str(&body).expect("JSON");
    let values = history["a"]["values"].as_array().expect("values").iter().map(|pair| pair[0].as_u64().expect("a count")).collect();
    (value("a"), value("b"), values)
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_half() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder on disk");
    let data = folder.path().join("data");
    let mut server = Server::start(&data);
    let token = token(&data);
    let mut connection = Connection::open(&server, &token);
    for writer in 0..WRITERS {
        let entity = format!(r#"{{"id":"{}","type":"Counter",{}"#, id(writer), &fragment(0)[1..]);
        assert_eq!(connection.request("POST", "/ngsi-ld/v1/entities", &entity).expect("answered").0, 201);
    }
    let mut counts = [Counts::default(); WRITERS];
    let (mut written, mut spent) = (0.0, Duration::ZERO);
    for round in 0..ROUNDS {
        let (acknowledged, acknowledgements) = mpsc::channel();
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (connection, counts, acknowledged) = (Connection::open(&server, &token), counts[writer], acknowledged.clone());
                std::thread::spawn(move || write_until_killed(connection, writer, counts, &acknowledged))
            })
            .collect();
        drop(acknowledged);
        let begun = Instant::now();
        for _ in 0..ACKNOWLEDGED + round * 37 {
            acknowledgements.recv().expect("the writers go on until the kill");
            written += 1.0;
        }
        spent += begun.elapsed();
        server.kill();
        for (writer, handle) in writers.into_iter().enumerate() {
            counts[writer] = handle.join().expect("the writer ended well");
        }
        server = Server::start(&data);
        let mut connection = Connection::open(&server, &token);
        for (writer, counts) in counts.iter_mut().enumerate() {
            let (a, b, history) = read(&mut connection, writer);
            assert_eq!(a, b, "round {round}: a request was written by half");
            assert!(
                counts.acknowledged <= a && a <= counts.sent,
                "round {round}: {} acknowledged, {} sent, {a} there",
                counts.acknowledged,
                counts.sent
            );
            let lost: Vec<u64> = (1..=counts.acknowledged).filter(|count| !history.contains(count)).collect();
            assert!(lost.is_empty(), "round {round}: history lost {lost:?}");
            *counts = Counts { sent: a, acknowledged: a };
        }
    }
    let rate = written / spent.as_secs_f64();
    println!("{rate:.0} acknowledged writes a second before each kill");
    assert!(std::env::var_os("ALLMENDE_SLOW").is_none() || rate >= RATE, "only {rate:.0} acknowledged writes a second");
}
