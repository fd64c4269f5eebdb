//! What `strace` saw: was everything on the disk before it was acknowledged?

use std::collections::HashMap;
use std::process::Command;

/// Whether processes can be traced here. Says why when the kernel forbids it.
pub(crate) fn is_possible() -> bool {
    let tried = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    let tried = tried.unwrap_or_else(|error| panic!("strace cannot be started ({error}); install it with `scripts/need strace`"));
    let said = String::from_utf8_lossy(&tried.stderr);
    if !tried.status.success() {
        assert!(said.contains("not permitted") || said.contains("PTRACE"), "strace fails: {said}");
        eprintln!("not tested: the kernel forbids tracing here: {said}");
    }
    tried.status.success()
}

/// Counts the acknowledgements (`HTTP/1.x 20x`) of a trace by `strace -f -y`.
/// Each must have a sync of `file` after the acknowledgement before it.
pub(crate) fn synced_acknowledgements(trace: &str, file: &str) -> Result<usize, String> {
    let mut begun: HashMap<&str, bool> = HashMap::new();
    let (mut synced, mut count) = (false, 0);
    for line in trace.lines() {
        let (thread, call) = line.split_once(' ').unwrap_or((line, ""));
        let call = call.trim_start();
        let is_ours = call.contains(&format!("{file}>"));
        if call.starts_with("fdatasync(") || call.starts_with("fsync(") {
            synced |= is_ours && call.ends_with("= 0");
            begun.insert(thread, is_ours && call.ends_with("<unfinished ...>"));
        } else if call.starts_with("<... fdatasync resumed>") || call.starts_with("<... fsync resumed>") {
            synced |= begun.remove(thread) == Some(true) && call.ends_with("= 0");
        } else if call.contains("\"HTTP/1.1 20") || call.contains("\"HTTP/1.0 20") {
            if !synced {
                return Err(format!("acknowledgement {} was sent before its data was synced: {line}", count + 1));
            }
            synced = false;
            count += 1;
        }
    }
    Ok(count)
}

#[test]
fn a_trace_is_read_strictly() {
    let sync = "7 fdatasync(16</d/tenant.db-wal>) = 0\n";
    let other = "6 fdatasync(16</d/other.db-wal>) = 0\n";
    let failed = "7 fdatasync(16</d/tenant.db-wal>) = -1 EIO (Input/output error) (INJECTED)\n";
    let begins = "7 fdatasync(16</d/tenant.db-wal> <unfinished ...>\n";
    let ends = "7 <... fdatasync resumed>) = 0\n";
    let fails = "7 <... fdatasync resumed>) = -1 EIO (Input/output error)\n";
    let says = "8 writev(22<socket:[1]>, [{iov_base=\"HTTP/1.1 201 Created\"..., iov_len=797}], 1) = 797\n";
    let says_more_simply = "8 sendto(22<socket:[1]>, \"HTTP/1.0 204 No Co\"..., 99, MSG_NOSIGNAL, NULL, 0) = 99\n";
    let refuses = "8 writev(22<socket:[1]>, [{iov_base=\"HTTP/1.1 507 Insuff\"..., iov_len=797}], 1) = 797\n";
    let outcome = |lines: &[&str]| synced_acknowledgements(&lines.concat(), "tenant.db-wal").ok();
    assert_eq!(outcome(&[sync, says, begins, other, ends, says_more_simply, refuses]), Some(2));
    for wrong in [
        &[says, sync][..],
        &[sync, says, says],
        &[sync, says_more_simply, says_more_simply],
        &[other, says],
        &[failed, says],
        &[begins, says, ends],
        &[begins, fails, says],
        &[sync, says, begins, "9 <... fdatasync resumed>) = 0\n", says],
    ] {
        assert_eq!(outcome(wrong), None, "{wrong:?}");
    }
}
