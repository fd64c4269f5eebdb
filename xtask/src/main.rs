//! Automation of the workspace: `cargo xtask tidy`.

mod files;
mod floors;
#[cfg(test)]
mod tests;
mod words;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("tidy") => finish(tidy()),
        _ => finish(Err(anyhow::anyhow!(
            "expected `cargo xtask tidy`: checks the directions between crates and what must not stand in files"
        ))),
    }
}

fn finish(result: anyhow::Result<String>) -> ExitCode {
    let (text, code) = match result {
        Ok(report) => (report, ExitCode::SUCCESS),
        Err(error) => (format!("{error:#}\n"), ExitCode::FAILURE),
    };
    let written = std::io::stderr().write_all(text.as_bytes());
    if written.is_ok() { code } else { ExitCode::FAILURE }
}

/// All checks. The report names the largest files; it never fails for them.
fn tidy() -> anyhow::Result<String> {
    let root = root();
    let files = files::all(&root)?;
    let mut faults = floors::check(&root)?;
    faults.extend(words::check(&files));
    if faults.is_empty() {
        return Ok(files::report(&files));
    }
    anyhow::bail!("{} faults:\n{}", faults.len(), faults.join("\n"))
}

/// The folder of the workspace.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().map_or_else(|| own.to_owned(), Path::to_owned)
}

/// Reads a file as text.
fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| path.display().to_string())
}
