//! The process ends, or the disk refuses, at each call that changes the disk:
//! while history is sealed, merged, or loses what was removed, while a person
//! is erased, while a backup is made, pruned or restored, and while all that
//! is recovered from (RT-03, RT-04, RT-05).
//!
//! The work runs in a process of its own under `strace`, which ends it with
//! SIGKILL on entering the n-th call of a kind, or answers that call with an
//! error, for every n until the work ends by itself. So the steps are those of
//! the program as it is, the database's own included. Every change runs some
//! of the steps; with `ALLMENDE_SLOW` set all are run, and a second crash at
//! each step of the recovery.

mod given;
mod process;

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use given::{Given, backup, backup_is_whole, erase, is_erased, is_loaded, is_restored, is_rolled_up, is_whole, load, open, roll_up};
use process::{End, PLACE, WORK, counted, strike};

use super::instant;
use crate::ScratchEngine;
use crate::past::Past;

/// What makes something durable or makes it go.
const STEPS: [&str; 10] = ["fsync", "fdatasync", "rename", "renameat2", "unlink", "unlinkat", "rmdir", "mkdir", "ftruncate", "linkat"];
/// What brings bytes to a file.
const BYTES: [&str; 2] = ["pwrite64", "write"];
/// What brings bytes from a file.
const READS: [&str; 2] = ["pread64", "read"];

fn is_slow() -> bool {
    std::env::var_os("ALLMENDE_SLOW").is_some()
}

/// The work of the process of its own.
fn perform(work: &str, place: &Path) -> Result<(), crate::Error> {
    match work {
        "prune" => return crate::prune_backup(&place.join("backup"), NonZeroUsize::MIN).map(|_| ()),
        "restore" => return restore(place, RESTORED, None),
        "restore-at" => return restore(place, RESTORED, Some(given::BETWEEN)),
        _ => {}
    }
    let engine = open(&place.join("data"))?;
    let tenant = engine.loaded(&ScratchEngine::tenant())?;
    let (past, state) = (&tenant.shared.past, &tenant.shared.state);
    match work {
        "open" => Ok(()),
        "backup" => backup(&engine, place, 9),
        "seal" => past.seal(state).map(|_| ()),
        "load" => load(&engine),
        "erase" => erase(&engine),
        "roll" => roll_up(&engine),
        "merge" => compact(past, 2),
        "remove" => past.press(state).and_then(|_| compact(past, usize::MAX)),
        _ => Err(crate::Error::invalid(work)),
    }
}

/// Writes history anew until nothing is left to do.
fn compact(past: &Past, too_many: usize) -> Result<(), crate::Error> {
    while past.compact(too_many, &AtomicBool::new(false))? {}
    Ok(())
}

/// Where the work restores to.
const RESTORED: &str = "restored";

/// The newest point or an instant, in a data directory of its own.
fn restore(place: &Path, name: &str, at: Option<&str>) -> Result<(), crate::Error> {
    crate::restore(&place.join(name), &place.join("backup"), &place.join("keys"), at.map(instant)).map(|_| ())
}

#[test]
#[ignore = "the process of its own; the tests below start it"]
fn work() {
    let (work, place) = (std::env::var(WORK).expect("what to do"), std::env::var_os(PLACE).expect("where"));
    let outcome = perform(&work, Path::new(&place));
    // As it is: nothing is closed, nothing is written on the way out.
    std::process::exit(if outcome.is_ok() { 0 } else { 3 });
}

/// Of so many, all in the long run, else a few from the first to the last.
fn chosen(count: usize, few: usize) -> Vec<usize> {
    let step = if is_slow() { 1 } else { count.div_ceil(few).max(1) };
    let mut chosen: Vec<usize> = (1..=count).rev().step_by(step).collect();
    chosen.reverse();
    chosen
}

/// Ends the work at its calls, and looks at what is left.
fn crashes(given: &Given, work: &str, few: usize, look: &dyn Fn(&Path, &str)) {
    let calls = [&STEPS[..], &BYTES[..]].concat();
    let counts = counted(work, given, &calls);
    let mut killed = 0;
    for (call, count) in counts {
        for number in chosen(count, few) {
            let place = given.copy();
            let told = format!("{work}, killed at {call} {number} of {count}");
            let end = strike(work, place.path(), call, &format!("signal=KILL:when={number}"));
            // How often the log is tidied up depends on how fast the work is.
            killed += usize::from(end == End::Killed);
            assert!(matches!(end, End::Killed | End::Untouched), "{told}: {end:?}");
            look(place.path(), &told);
        }
    }
    assert!(killed > 0, "{work}: nothing was cut off");
    eprintln!("{work}: {killed} crashes");
}

#[test]
fn a_crash_while_sealing_leaves_all_that_was_acknowledged() {
    let Some(given) = Given::new() else { return };
    crashes(&given, "seal", 2, &|place, told| is_whole(&given, place, told));
}

#[test]
fn a_load_that_was_cut_off_or_refused_is_done_again_and_doubles_nothing() {
    let Some(given) = Given::new() else { return };
    crashes(&given, "load", 2, &|place, told| is_loaded(place, told));
    failures(&given, "load", &BYTES, 2, "error=ENOSPC:when=#+", &|place, told| is_loaded(place, told));
}

#[test]
fn a_roll_up_that_was_cut_off_or_refused_loses_nothing_and_doubles_nothing() {
    let Some(given) = Given::new() else { return };
    crashes(&given, "roll", 3, &|place, told| is_rolled_up(place, told));
    failures(&given, "roll", &STEPS, 2, "error=EIO:when=#", &|place, told| is_rolled_up(place, told));
    failures(&given, "roll", &BYTES, 2, "error=ENOSPC:when=#+", &|place, told| is_rolled_up(place, told));
}

#[test]
fn a_crash_while_merging_leaves_the_old_segments_or_the_new() {
    let Some(given) = Given::new() else { return };
    crashes(&given, "merge", 2, &|place, told| is_whole(&given, place, told));
}

#[test]
fn a_crash_while_what_was_removed_leaves_the_disk_brings_nothing_back() {
    let Some(given) = Given::new() else { return };
    crashes(&given, "remove", 2, &|place, told| is_whole(&given, place, told));
}

#[test]
fn a_crash_while_backing_up_or_pruning_leaves_the_points_before() {
    let Some(given) = Given::new() else { return };
    crashes(&given, "backup", 2, &|place, told| backup_is_whole(&given, place, told, 3));
    crashes(&given, "prune", 2, &|place, told| backup_is_whole(&given, place, told, 1));
}

#[test]
fn an_erasure_that_was_cut_off_or_refused_is_carried_out_all_the_same() {
    let Some(given) = Given::new() else { return };
    let look = |place: &Path, told: &str| is_erased(&given, place, told);
    crashes(&given, "erase", 2, &look);
    failures(&given, "erase", &STEPS, 1, "error=EIO:when=#", &look);
    failures(&given, "erase", &BYTES, 1, "error=ENOSPC:when=#+", &look);
}

#[test]
fn a_restore_that_was_cut_off_or_refused_is_done_again() {
    let Some(given) = Given::new() else { return };
    for work in ["restore", "restore-at"] {
        let look = |place: &Path, told: &str| is_restored(&given, place, told);
        crashes(&given, work, 2, &look);
        failures(&given, work, &STEPS, 1, "error=EIO:when=#", &look);
        failures(&given, work, &BYTES, 1, "error=ENOSPC:when=#+", &look);
    }
}

/// Whatever a crash left, a crash of what sets it right leaves no less.
#[test]
fn a_second_crash_during_recovery_changes_nothing() {
    let Some(given) = Given::new() else { return };
    for work in ["seal", "merge", "remove"] {
        for (call, count) in counted(work, &given, if is_slow() { &["rename", "fdatasync"] } else { &["rename"] }) {
            for first in chosen(count, 1) {
                let place = given.copy();
                strike(work, place.path(), call, &format!("signal=KILL:when={first}"));
                let left = Given { folder: place, answers: given.answers.clone(), _alone: None };
                crashes(&left, "open", 1, &|place, told| is_whole(&given, place, &format!("{work}, killed at {call} {first}; {told}")));
            }
        }
    }
}

/// Lets calls fail, and looks at what is left.
fn failures(given: &Given, work: &str, calls: &[&'static str], few: usize, fault: &str, look: &dyn Fn(&Path, &str)) {
    let mut refused = 0;
    for (call, count) in counted(work, given, calls) {
        for number in chosen(count, few) {
            let place = given.copy();
            let fault = fault.replace('#', &number.to_string());
            let told = format!("{work}, {fault} at {call} of {count}");
            match strike(work, place.path(), call, &fault) {
                // What is loaded and printed before the work begins is none of it.
                End::Refused(Some(127)) if READS.contains(&call) => {}
                End::Refused(Some(101)) if call == "write" => {}
                End::Untouched => {}
                End::Refused(code) => {
                    assert!(matches!(code, Some(0 | 3)), "{told}: it ended with {code:?}");
                    refused += usize::from(code == Some(3));
                }
                end => panic!("{told}: {end:?}"),
            }
            look(place.path(), &told);
        }
    }
    assert!(refused > 0, "{work}: no failure was told");
}

#[test]
fn a_disk_that_fails_once_is_told_and_nothing_is_lost() {
    let Some(given) = Given::new() else { return };
    for work in ["seal", "merge", "remove"] {
        let all = [&STEPS[..], &BYTES, &READS].concat();
        failures(&given, work, &all, 2, "error=EIO:when=#", &|place, told| is_whole(&given, place, told));
    }
    failures(&given, "backup", &STEPS, 1, "error=EIO:when=#", &|place, told| backup_is_whole(&given, place, told, 3));
}

#[test]
fn a_disk_that_is_full_from_some_write_on_is_told_and_nothing_is_lost() {
    let Some(given) = Given::new() else { return };
    for work in ["seal", "merge", "remove"] {
        failures(&given, work, &BYTES, 2, "error=ENOSPC:when=#+", &|place, told| is_whole(&given, place, told));
    }
    failures(&given, "backup", &BYTES, 2, "error=ENOSPC:when=#+", &|place, told| backup_is_whole(&given, place, told, 3));
}
