//! The points of a backup: which there are, and what lies between them.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use model::{Instant, TenantId};

use super::{DATABASE, hold};
use crate::backend::{Session, Sql, sql};
use crate::manifest::Manifest;
use crate::sentence::{self, Sentence};
use crate::sqlite::Sqlite;
use crate::{Error, codec, disk, log};

const UNTOLD: Sql = sql!("backup/untold");
const HEADER: Sql = sql!("backup/header");

/// A point on its way out: no backup any more.
const GONE: &str = ".old-";

/// A point of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupPoint {
    /// Its folder, whole by itself.
    pub folder: PathBuf,
    /// Whose it is.
    pub tenant: TenantId,
    /// When it was made.
    pub at: Instant,
    /// The last commit it contains.
    pub last_seq: u64,
    /// When that was; `None` for an empty log.
    pub last_at: Option<Instant>,
    /// How large its files are together, those it shares with others included.
    pub size_bytes: u64,
    /// Every instant from `last_at` to before this one can be restored: from
    /// this point and the log that the next one holds.
    pub until: Instant,
}

/// The points of a tenant's backup, the oldest first.
///
/// # Errors
/// [`Error::Invalid`] when there is none; [`Error::Corrupt`] names a point
/// that cannot be read.
pub fn backup_points(folder: &Path) -> Result<Vec<BackupPoint>, Error> {
    let points = good_points(folder)?;
    let mut listed = Vec::with_capacity(points.len());
    for (place, (path, manifest)) in points.iter().enumerate() {
        let database = Sqlite::open_copy(&path.join(DATABASE))?;
        let last_at = crate::tenant::read(&database, |s| time_of(s, manifest.last_seq))?;
        let until = match points.get(place + 1) {
            Some((next, next_manifest)) => reach(next, manifest.last_seq)?.unwrap_or(next_manifest.at),
            None => manifest.at,
        };
        listed.push(BackupPoint {
            folder: path.clone(),
            tenant: manifest.tenant.clone(),
            at: manifest.at,
            last_seq: manifest.last_seq,
            last_at,
            size_bytes: manifest.files.iter().map(|file| file.size_bytes).sum(),
            until,
        });
    }
    Ok(listed)
}

/// Removes the oldest points but so many; damaged ones stay, and do not count.
/// Says how many it removed.
///
/// # Errors
/// [`Error::Unavailable`] while a backup goes there; when the disk refuses.
pub fn prune_backup(folder: &Path, keep: NonZeroUsize) -> Result<usize, Error> {
    let _alone = hold(folder)?;
    let readable = read_points(folder)?.into_iter().filter_map(|(path, read)| Some((path, read.ok()?)));
    let points = ordered(readable.collect());
    let old = &points[..points.len().saturating_sub(keep.get())];
    for (path, _) in old {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        disk::rename(path, &path.with_file_name(format!("{GONE}{name}")))?;
    }
    for name in disk::names(folder)?.iter().filter(|name| name.starts_with(GONE)) {
        let path = folder.join(name);
        fs::remove_dir_all(&path).map_err(|e| Error::io("remove the folder", &path, e))?;
    }
    Ok(old.len())
}

/// The folder name of a point: its time, without what other systems refuse in names.
pub(super) fn name(at: Instant) -> String {
    at.to_string().replace(':', "-")
}

/// A point that may be damaged.
pub(crate) type ReadPoint = (PathBuf, Result<Manifest, Error>);

/// The points in a folder with their manifests, by name; the folder itself when it is one.
pub(crate) fn read_points(folder: &Path) -> Result<Vec<ReadPoint>, Error> {
    if Manifest::is_in(folder) {
        return Ok(vec![(folder.to_owned(), Manifest::read(folder))]);
    }
    let names = disk::names(folder)?.into_iter().filter(|name| !name.starts_with('.'));
    let points = names.map(|name| folder.join(name)).filter(|path| Manifest::is_in(path));
    Ok(points.map(|path| (path.clone(), Manifest::read(&path))).collect())
}

/// The oldest first. Positions of the log tell, because clocks are put right.
pub(crate) fn ordered(mut points: Vec<(PathBuf, Manifest)>) -> Vec<(PathBuf, Manifest)> {
    points.sort_by(|(a, one), (b, other)| (one.last_seq, one.at, a).cmp(&(other.last_seq, other.at, b)));
    points
}

/// All points, the oldest first; there is at least one.
pub(crate) fn good_points(folder: &Path) -> Result<Vec<(PathBuf, Manifest)>, Error> {
    let points = read_points(folder)?.into_iter().map(|(path, read)| Ok((path, read?))).collect::<Result<Vec<_>, Error>>()?;
    if points.is_empty() {
        return Err(Manifest::missing(folder));
    }
    Ok(ordered(points))
}

/// When a commit was written; `None` when there is none of that position.
pub(crate) fn time_of(session: &dyn Session, seq: u64) -> Result<Option<Instant>, Error> {
    session.first(HEADER, &[seq.into()], |row| {
        let (header, _) = codec::decode_header(row.get(0)?).map_err(|damage| log::damaged(seq, damage.0))?;
        Ok(header.at)
    })
}

/// When the first commit after a position was written of which the log of a
/// point does not tell all; `None` when it tells all that follow.
fn reach(point: &Path, after: u64) -> Result<Option<Instant>, Error> {
    let database = Sqlite::open_copy(&point.join(DATABASE))?;
    crate::tenant::read(&database, |s| first_untold(s, after)?.map_or(Ok(None), |seq| time_of(s, seq)))
}

/// The first position after another of which the log does not tell all: it
/// keeps the header only, or a run wrote values beside the log and left a
/// commit without effects.
pub(crate) fn first_untold(session: &dyn Session, after: u64) -> Result<Option<u64>, Error> {
    let mut first = None;
    session.query(UNTOLD, &[after.into(), (&codec::encode_effects(&[])?).into()], &mut |row| {
        let seq: u64 = row.get(0)?;
        let (header, _) = codec::decode_header(row.get(1)?).map_err(|damage| log::damaged(seq, damage.0))?;
        let is_dropped: u64 = row.get(2)?;
        if first.is_none() && (is_dropped == 1 || header.run.is_some()) {
            first = Some(seq);
        }
        Ok(())
    })?;
    Ok(first)
}

/// `the backup …`
pub(crate) fn unreachable(folder: &Path, detail: Sentence) -> Error {
    Error::unavailable(
        Sentence::new("the-backup", "the instant asked for from the backup `{path}`").with("path", &folder.display()),
        detail,
    )
}

/// A file of a point that is not the one it was.
pub(crate) fn not_backed_up(path: &Path) -> Error {
    Error::corrupt(sentence::file(path), Sentence::new("not-backed-up", "it is not the file that was backed up; take another backup"))
}
