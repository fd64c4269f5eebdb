//! Automation of the workspace: `cargo xtask tidy`, `cargo xtask licences`.

mod files;
mod floors;
mod licences;
#[cfg(test)]
mod tests;
mod words;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("tidy") => finish(std::io::stderr(), tidy()),
        Some("licences") => finish(std::io::stdout(), licences::report(&root())),
        _ => finish(
            std::io::stderr(),
            Err(anyhow::anyhow!(
                "expected `cargo xtask tidy`: checks the directions between crates and what must not stand in files, \
                 or `cargo xtask licences`: the licences of what is compiled in"
            )),
        ),
    }
}

/// Writes a report where it belongs, and a fault to standard error.
fn finish(mut to: impl Write, result: anyhow::Result<String>) -> ExitCode {
    let (written, code) = match result {
        Ok(report) => (to.write_all(report.as_bytes()), ExitCode::SUCCESS),
        Err(error) => (std::io::stderr().write_all(format!("{error:#}\n").as_bytes()), ExitCode::FAILURE),
    };
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
