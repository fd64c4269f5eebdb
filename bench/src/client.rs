//! The client: wrk, pinned to the second core.

use std::io::Write;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// What a run of wrk showed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) requests_per_s: f64,
}

pub(crate) fn check() -> Result<()> {
    Command::new("wrk").arg("-v").output().map(|_| ()).context("wrk cannot be started")
}

/// How long one measurement lasts.
const SECONDS: u32 = 6;

/// Loads an address for some seconds; every answer must be 2xx.
pub(crate) fn load(url: &str, headers: &[(&str, &str)], connections: u32, script: Option<&str>) -> Result<Load> {
    let mut file = tempfile::NamedTempFile::new()?;
    let mut command = Command::new("taskset");
    command.args(["-c", "1", "wrk", "-t1", &format!("-c{connections}"), &format!("-d{SECONDS}s")]);
    for (name, value) in headers {
        command.arg("-H").arg(format!("{name}: {value}"));
    }
    if let Some(script) = script {
        file.write_all(script.as_bytes())?;
        command.arg("-s").arg(file.path());
    }
    let output = command.arg(url).output().context("wrk cannot be started")?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(!text.contains("Non-2xx") && !text.contains("Socket errors"), "wrk met errors at {url}:\n{text}");
    let line = text.lines().find_map(|line| line.strip_prefix("Requests/sec:")).with_context(|| format!("wrk printed no rate:\n{text}"))?;
    Ok(Load { requests_per_s: line.trim().parse()? })
}
