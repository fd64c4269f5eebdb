//! The server under test: the real binary over a temporary folder, on core 0
//! where a client loads it from core 1, or on all of them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

pub(crate) struct Server {
    child: Child,
    folder: tempfile::TempDir,
    pub(crate) address: String,
    pub(crate) token: String,
}

impl Server {
    /// On core 0, with one worker.
    pub(crate) fn start(binary: &str) -> Result<Self> {
        let mut command = Command::new("taskset");
        command.args(["-c", "0", binary]);
        Self::run(binary, command, "workers = 1\n")
    }

    /// On all cores.
    pub(crate) fn start_on_all(binary: &str) -> Result<Self> {
        Self::run(binary, Command::new(binary), "")
    }

    fn run(binary: &str, mut command: Command, workers: &str) -> Result<Self> {
        // Beside the target folder, so that the disk is a disk and not memory.
        let beside = std::path::Path::new(binary).parent().context("the binary lies in a folder")?;
        let folder = tempfile::tempdir_in(beside)?;
        let config = folder.path().join("bench.toml");
        std::fs::write(&config, format!("tenant = \"bench\"\n{workers}[log]\nlevel = \"warn\"\n"))?;
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path().join("data"))
            .arg("--config")
            .arg(&config)
            .stdout(Stdio::piped())
            .spawn()
            .context("the server cannot be started")?;
        let stdout = child.stdout.take().context("the server has an output")?;
        let mut lines = BufReader::new(stdout).lines();
        let address = loop {
            let line = lines.next().context("the server ended before it printed its address")??;
            if let Some(at) = line.find("http://127.0.0.1:") {
                break line[at + 7..].trim_end_matches('/').to_owned();
            }
        };
        // The pipe must not fill up.
        std::thread::spawn(move || lines.for_each(drop));
        let mut server = Self { child, folder, address, token: String::new() };
        server.token = server.command(binary, &["token", "create", "--tenant", "bench", "--role", "editor"])?;
        Ok(server)
    }

    pub(crate) fn command(&self, binary: &str, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(binary);
        let output = command.args(arguments).arg("--data").arg(self.folder.path().join("data")).output()?;
        ensure!(output.status.success(), "`allmende {}` failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// One request over a connection of its own; answers status and body.
    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> Result<(u16, String)> {
        let mut stream = TcpStream::connect(&self.address)?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.address,
            self.token,
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let status = answer.split(' ').nth(1).context("the answer has a status")?.parse()?;
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
        Ok((status, body))
    }

    /// A figure of `/metrics`.
    pub(crate) fn metric(&self, name: &str) -> Result<f64> {
        let (_, text) = self.request("GET", "/metrics", "")?;
        let line = text.lines().find(|line| line.starts_with(name)).with_context(|| format!("/metrics has no `{name}`"))?;
        Ok(line.rsplit(' ').next().context("a figure ends the line")?.parse()?)
    }

    /// The scratch folder.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Only the scratch folder is lost.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
