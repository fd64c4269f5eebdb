//! A process of its own under `strace`, which lets it meet signals and errors at its calls.

use std::collections::HashMap;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use super::given::Given;

/// Tells the process of its own what to do, and where.
pub(super) const WORK: &str = "ALLMENDE_TEST_WORK";
pub(super) const PLACE: &str = "ALLMENDE_TEST_PLACE";

/// Whether processes can be traced here. Says why when the kernel forbids it.
pub(super) fn is_possible() -> bool {
    let tried = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    let tried = tried.unwrap_or_else(|error| panic!("strace cannot be started ({error}); install it with `scripts/need strace`"));
    let said = String::from_utf8_lossy(&tried.stderr);
    if !tried.status.success() {
        assert!(said.contains("not permitted") || said.contains("PTRACE"), "strace fails: {said}");
        eprintln!("not tested: the kernel forbids tracing here: {said}");
    }
    tried.status.success()
}

/// How the process of its own ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By the signal.
    Killed,
    /// It was told of a failure, and said so or got over it.
    Refused(Option<i32>),
    /// The call never came: there are fewer.
    Untouched,
}

/// The process of its own under `strace`: how it ended, and the calls that were seen.
fn traced(work: &str, place: &Path, calls: &str, fault: Option<&str>) -> (ExitStatus, String) {
    let trace = place.join("trace");
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-e", "signal=none", "-o"]).arg(&trace).args(["-e", &format!("trace={calls}")]);
    if let Some(fault) = fault {
        command.args(["-e", &format!("inject={calls}:{fault}")]);
    }
    command.arg(std::env::current_exe().expect("this program")).args(["tests::failures::work", "--exact", "--ignored", "--test-threads=1"]);
    command.env(WORK, work).env(PLACE, place).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status =
        command.status().unwrap_or_else(|error| panic!("strace cannot be started ({error}); install it with `scripts/need strace`"));
    let told = std::fs::read_to_string(&trace).expect("a trace");
    std::fs::remove_file(&trace).expect("removed");
    (status, told)
}

/// How often one thread makes each call at most, in a work that nothing disturbs.
pub(super) fn counted(work: &str, given: &Given, calls: &[&'static str]) -> Vec<(&'static str, usize)> {
    let (status, told) = traced(work, given.copy().path(), &calls.join(","), None);
    assert_eq!(status.code(), Some(0), "{work} fails by itself");
    let mut counts: HashMap<(&str, &str), usize> = HashMap::new();
    for (thread, call) in told.lines().filter_map(|line| line.split_once('(')?.0.split_once(' ')) {
        *counts.entry((call.trim(), thread)).or_default() += 1;
    }
    let most = |call: &&str| counts.iter().filter(|((made, _), _)| made == call).map(|(_, count)| *count).max().unwrap_or(0);
    calls.iter().map(|call| (*call, most(call))).filter(|(_, count)| *count > 0).collect()
}

/// Lets the process meet `fault` at the n-th call.
pub(super) fn strike(work: &str, place: &Path, call: &str, fault: &str) -> End {
    let (status, told) = traced(work, place, call, Some(fault));
    match status.signal() {
        Some(9) => End::Killed,
        _ if told.contains("(INJECTED)") => End::Refused(status.code()),
        _ => End::Untouched,
    }
}
