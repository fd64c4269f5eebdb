//! From the last point before an instant on to that instant, with the log of
//! the point that follows.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use model::{Commit, Instant};

use super::{Manifest, Sqlite, check_entry, good_points, take, time_of};
use crate::backend::{Cell, Session, Sql, sql};
use crate::backup::{DATABASE, first_untold, unreachable};
use crate::sentence::Sentence;
use crate::tenant::{MIGRATIONS, read, write};
use crate::{Config, Error, codec, log};

const COMMITS: Sql = sql!("forward/commits");
const SUBJECTS: Sql = sql!("forward/subjects");

/// What is copied as it is, up to an instant: from where, to where, and how many columns.
const TABLES: [(Sql, Sql, usize); 4] = [
    (sql!("forward/sources"), sql!("forward/put_source"), 3),
    (sql!("forward/versions"), sql!("forward/put_version"), 5),
    (sql!("forward/runs"), sql!("forward/put_run"), 17),
    (sql!("forward/quarantine"), sql!("forward/put_quarantine"), 10),
];
/// What was not so yet at an instant.
const UNDONE: [Sql; 2] = [sql!("forward/unfinish_runs"), sql!("forward/unsettle_quarantine")];

/// How to come to what is asked for.
pub(super) struct Way {
    pub(super) base: (PathBuf, Manifest),
    /// How the log goes on behind the base.
    pub(super) on: Option<Forward>,
    pub(super) last_seq: u64,
    pub(super) last_at: Option<Instant>,
}

/// The log of a later point, from one position to another.
pub(super) struct Forward {
    point: PathBuf,
    manifest: Manifest,
    after: u64,
    upto: u64,
    at: Instant,
    /// Raw inputs that the base has.
    known: HashSet<PathBuf>,
}

/// Chooses the points for an instant; the newest when none is asked for.
pub(super) fn choose(folder: &Path, at: Option<Instant>) -> Result<Way, Error> {
    let mut points = good_points(folder)?;
    let newest = points.len() - 1;
    let Some(at) = at else { return as_it_is(points.swap_remove(newest)) };
    let Some(place) = points.iter().rposition(|(_, manifest)| manifest.at <= at) else {
        let first = as_it_is(points.swap_remove(0))?;
        return match first.last_at {
            Some(begin) if begin > at => {
                Err(unreachable(folder, Sentence::new("before-backups", "it begins with the state of {first}").with("first", &begin)))
            }
            _ => Ok(first),
        };
    };
    if place == newest {
        return as_it_is(points.swap_remove(newest));
    }
    let next = points.swap_remove(place + 1);
    let base = points.swap_remove(place);
    let later = Sqlite::open_copy(&next.0.join(DATABASE))?;
    let after = base.1.last_seq;
    let upto = read(&later, |s| last_before(s, after, at))?;
    let untold = read(&later, |s| first_untold(s, after))?.filter(|untold| *untold <= upto);
    let Some(untold) = untold else {
        let last_at = read(&later, |s| time_of(s, upto))?;
        let known = base.1.files.iter().map(|file| file.path.clone()).collect();
        let on = Forward { point: next.0, manifest: next.1, after, upto, at, known };
        return Ok(Way { base, on: Some(on), last_seq: upto, last_at });
    };
    let until = read(&later, |s| time_of(s, untold))?;
    let next = as_it_is(next)?;
    if next.last_at.is_none_or(|last_at| last_at <= at) {
        // Nothing was written between the instant and that point.
        return Ok(next);
    }
    let gap = Sentence::new(
        "between-backups",
        "between two points the log was sealed, or long inputs were loaded beside it: nothing from {until} on and before {from} can be restored; choose an instant outside",
    );
    let gap = gap.with("until", &until.unwrap_or(at)).with("from", &next.last_at.unwrap_or(at));
    Err(unreachable(folder, gap))
}

/// A point, and nothing behind it.
fn as_it_is(base: (PathBuf, Manifest)) -> Result<Way, Error> {
    let last_seq = base.1.last_seq;
    let last_at = read(&Sqlite::open_copy(&base.0.join(DATABASE))?, |s| time_of(s, last_seq))?;
    Ok(Way { base, on: None, last_seq, last_at })
}

/// The position before the first commit behind another that was written later than an instant.
fn last_before(session: &dyn Session, after: u64, at: Instant) -> Result<u64, Error> {
    let (mut last, mut is_over) = (after, false);
    session.query(COMMITS, &[after.into(), Cell::Int(i64::MAX)], &mut |row| {
        let seq: u64 = row.get(0)?;
        let (header, _) = codec::decode_header(row.get(1)?).map_err(|damage| log::damaged(seq, damage.0))?;
        is_over |= header.at > at;
        if !is_over {
            last = seq;
        }
        Ok(())
    })?;
    Ok(last)
}

impl Forward {
    /// Brings a tenant's folder, a copy of the base, forward.
    pub(super) fn carry_out(&self, folder: &Path) -> Result<(), Error> {
        let is_new = |path: &PathBuf| path.starts_with("files") && !self.known.contains(path);
        let wanted = || self.manifest.files.iter().filter(|file| is_new(&file.path) || file.path.as_os_str() == DATABASE);
        wanted().try_for_each(|file| check_entry(&self.point, file))?;
        take(&self.point, wanted().filter(|file| is_new(&file.path)), folder)?;
        let database = Sqlite::open(&folder.join(DATABASE), Config::default().wal_max_bytes, MIGRATIONS)?;
        let later = Sqlite::open_copy(&self.point.join(DATABASE))?;
        read(&later, |from| write(&database, |to| self.copy(from, to)))?;
        if let Some(broken) = log::verify_chain(&database)?.broken {
            return Err(log::damaged(broken.seq, broken.reason));
        }
        crate::backend::Backend::scrub(&database)
    }

    fn copy(&self, from: &dyn Session, to: &dyn Session) -> Result<(), Error> {
        let between = [self.after.into(), self.upto.into()];
        carry(from, COMMITS, &between, to, log::APPEND, 4)?;
        carry(from, SUBJECTS, &between, to, log::APPEND_SUBJECT, 2)?;
        from.query(COMMITS, &between, &mut |row| {
            let seq: u64 = row.get(0)?;
            let (header, _) = codec::decode_header(row.get(1)?).map_err(|damage| log::damaged(seq, damage.0))?;
            let effects = codec::decode_effects(row.get(2)?).map_err(|damage| log::damaged(seq, damage.0))?;
            let commit = Commit { header, effects };
            commit
                .removals()
                .try_for_each(|removal| to.execute(log::APPEND_REMOVAL, &[(&codec::encode_removal(&removal)).into()]).map(drop))
        })?;
        for (select, insert, columns) in TABLES {
            carry(from, select, &[self.at.into()], to, insert, columns)?;
        }
        UNDONE.into_iter().try_for_each(|undo| to.execute(undo, &[self.at.into()]).map(drop))
    }
}

/// Copies rows as they are.
fn carry(from: &dyn Session, select: Sql, params: &[Cell<'_>], to: &dyn Session, insert: Sql, columns: usize) -> Result<(), Error> {
    from.query(select, params, &mut |row| {
        let cells = (0..columns).map(|column| row.cell(column)).collect::<Result<Vec<_>, _>>()?;
        to.execute(insert, &cells).map(drop)
    })
}
