//! Backups of a tenant: a folder of points, each a whole copy of the tenant
//! as of one commit.
//!
//! A point is made of snapshots first, then the database, which is therefore
//! never older than they are, then the objects of its manifest and the raw
//! files. Writes go on meanwhile; sealing and snapshots wait. What the point
//! before holds already is a hard link to it, where the file system has such,
//! so that every point is whole by itself and old ones can go. A point gets
//! its name when all of it is on the disk: a crash before leaves those that
//! were there, and the next backup goes on with what was copied.
//!
//! Keys are not part of a point. There is one file of them beside, always the
//! newest: it opens older points too, but for what was erased since.

mod point;
mod verify;
mod writing;

use std::fs::File;
use std::path::{Path, PathBuf};

use model::{Instant, Segment};
use rustix::fs::{FlockOperation, flock};

use crate::backend::Backend;
use crate::manifest::{Entry, Manifest};
use crate::sentence::{self, Sentence};
use crate::sqlite::Sqlite;
use crate::tenant::Inner;
use crate::{BackupReport, Error, TenantStore, disk, keys};

pub use point::{BackupPoint, backup_points, prune_backup};
pub(crate) use point::{first_untold, good_points, not_backed_up, time_of, unreachable};
use point::{ordered, read_points};
pub use verify::{Looked, verify_backup};
use writing::Writing;
pub(crate) use writing::{copy, entry};

/// A point that is being written.
const UNFINISHED: &str = ".new";
/// Held while somebody writes points.
const LOCK: &str = ".lock";

impl TenantStore {
    /// Adds a point to a folder of backups, consistent while writes go on, and
    /// puts the keys of this moment into a file of their own. Keep the two
    /// apart: who has both can read everything.
    ///
    /// # Errors
    /// [`Error::Invalid`] when a target lies in the data directory or belongs
    /// to something else; [`Error::Unavailable`] while another backup goes
    /// there; [`Error::Corrupt`] names what was found damaged on the way:
    /// damage is not backed up; [`Error::NoSpace`].
    pub fn backup(&self, target: &Path, keys: &Path, at: Instant) -> Result<BackupReport, Error> {
        self.check_backup(target, keys)?;
        disk::make_folder(target)?;
        let _alone = hold(target)?;
        let unfinished = target.join(UNFINISHED);
        let mut writing = Writing::begin(&self.inner().folder, &unfinished, newest_of(target)?)?;
        let last_seq = self.copy_to(&mut writing)?;
        writing.leave_nothing_else()?;
        let manifest = Manifest { tenant: self.tenant().clone(), at, last_seq, files: writing.files };
        manifest.write(&unfinished)?;
        for folder in disk::folders_below(&unfinished)? {
            disk::sync_folder(&folder)?;
        }
        // Before the point is there: one that is there can be opened.
        self.backup_keys(keys)?;
        let point = target.join(point::name(at));
        if point.exists() {
            return Err(Error::exists(sentence::file(&point)));
        }
        disk::rename(&unfinished, &point)?;
        Ok(BackupReport {
            tenant: manifest.tenant,
            point,
            last_seq,
            files: manifest.files.len() as u64,
            size_bytes: manifest.files.iter().map(|file| file.size_bytes).sum(),
            copied_bytes: writing.copied_bytes,
        })
    }

    /// Whether [`Self::backup`] would take these targets. Makes nothing.
    ///
    /// # Errors
    /// [`Error::Invalid`] says why not.
    pub fn check_backup(&self, target: &Path, keys: &Path) -> Result<(), Error> {
        let root = self.inner().root_path();
        outside(target, root)?;
        outside(keys, root)?;
        if target.exists() && !target.is_dir() {
            return Err(Error::invalid(
                Sentence::new("backup-no-folder", "`{path}` is not a folder; name one for the backup").with("path", &target.display()),
            ));
        }
        if Manifest::is_in(target) {
            return Err(Error::invalid(
                Sentence::new(
                    "backup-older-form",
                    "`{path}` is a backup of an earlier version, which took a folder for each; name another",
                )
                .with("path", &target.display()),
            ));
        }
        let points = read_points(target)?;
        if points.is_empty() && disk::names(target)?.iter().any(|name| !name.starts_with('.')) {
            return Err(Error::invalid(
                Sentence::new("backup-foreign", "`{path}` holds something else and no backup; name another folder")
                    .with("path", &target.display()),
            ));
        }
        if let Some((owner, path)) = points.into_iter().find_map(|(path, read)| Some((read.ok()?.tenant, path)))
            && owner != *self.tenant()
        {
            return Err(Error::invalid(
                Sentence::new("backup-of-other-tenant", "`{path}` is a backup of the tenant `{owner}`; name another folder")
                    .with("path", &path.display())
                    .with("owner", &owner),
            ));
        }
        if keys.exists() && keys::owner_of(keys).ok() != Some((self.tenant().clone(), self.inner().keys.id)) {
            return Err(Error::invalid(
                Sentence::new(
                    "backup-of-other-keys",
                    "`{path}` holds keys of other data, which may be the last there are; name another folder for the keys",
                )
                .with("path", &keys.display()),
            ));
        }
        Ok(())
    }

    /// Copies what belongs to the tenant; says the last commit of the copy.
    fn copy_to(&self, writing: &mut Writing<'_>) -> Result<u64, Error> {
        let inner = self.inner();
        let upkeep = inner.lock_upkeep();
        for seq in inner.snapshot_seqs()? {
            match inner.read_snapshot(seq, &mut |_| ()) {
                Ok(()) => writing.take(Path::new("snapshots").join(format!("{seq}.snap")), None)?,
                Err(error) => tracing::warn!(tenant = %inner.tenant, %error, "a damaged snapshot is left out of the backup"),
            }
        }
        let (segments, last_seq) = self.copy_database(writing)?;
        for segment in &segments {
            writing.take(segment_path(segment)?, Some(segment))?;
        }
        drop(upkeep);
        for relative in inner.stored_files()? {
            let relative = Path::new("files").join(relative);
            match writing.take(relative.clone(), None) {
                // Removed since the files were listed.
                Err(_) if !inner.folder.join(&relative).exists() => disk::remove_file(&writing.to.join(&relative))?,
                other => other?,
            }
        }
        Ok(last_seq)
    }

    /// Copies the database and asks the copy what belongs to it.
    fn copy_database(&self, writing: &mut Writing<'_>) -> Result<(Vec<Segment>, u64), Error> {
        let inner = self.inner();
        let path = writing.to.join(DATABASE);
        for left in [path.clone(), path.with_extension("db-journal")] {
            disk::remove_file(&left)?;
        }
        inner.db.copy_to(&path)?;
        let copy = Sqlite::open_copy(&path)?;
        let findings = copy.check()?;
        if let Some(finding) = findings.first() {
            return Err(Error::corrupt(
                Sentence::new("the-tenants-database", "the database of the tenant `{tenant}`").with("tenant", &inner.tenant),
                finding,
            ));
        }
        let copied = entry(writing.to, PathBuf::from(DATABASE))?;
        writing.copied(copied);
        crate::tenant::read(&copy, |s| Ok((crate::seal::read_segments(s)?, crate::log::read_head(s)?.seq)))
    }

    /// Puts a copy of the tenant's keys in the place of the last one.
    fn backup_keys(&self, target: &Path) -> Result<(), Error> {
        if let Some(parent) = target.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            disk::make_folder(parent)?;
        }
        let new = target.with_extension("new");
        disk::remove_file(&new)?;
        self.inner().keys.db.copy_to(&new)?;
        keys::owner_of(&new)?;
        disk::rename(&new, target)?;
        self.backup_ledger(target)
    }
}

/// The database in a point.
pub(crate) const DATABASE: &str = "tenant.db";

impl Inner {
    pub(crate) fn root_path(&self) -> &Path {
        // tenants/<tenant> lies two levels below the data directory.
        self.folder.ancestors().nth(2).unwrap_or(&self.folder)
    }
}

/// Keeps other backups away from a folder while the answer lives.
fn hold(target: &Path) -> Result<File, Error> {
    let path = target.join(LOCK);
    let file = disk::open_or_create(&path)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(Error::unavailable(
            sentence::file(target),
            Sentence::new("backup-busy", "another backup is going there; try again when it has ended"),
        )),
        Err(error) => Err(Error::io("lock", &path, error.into())),
    }
}

/// The newest point that can be read. A damaged one is passed over.
fn newest_of(target: &Path) -> Result<Option<(PathBuf, Manifest)>, Error> {
    let readable = read_points(target)?.into_iter().filter_map(|(path, read)| match read {
        Ok(manifest) => Some((path, manifest)),
        Err(error) => {
            tracing::warn!(%error, "a damaged point of the backup is passed over");
            None
        }
    });
    Ok(ordered(readable.collect()).pop())
}

/// Whether what is or will be at a path lies outside the data directory.
fn outside(target: &Path, root: &Path) -> Result<(), Error> {
    let absolute = std::path::absolute(target).map_err(|e| Error::io("find", target, e))?;
    let there = absolute.ancestors().find(|path| path.exists()).unwrap_or(&absolute);
    let real = |path: &Path| path.canonicalize().map_err(|e| Error::io("find", path, e));
    if real(there)?.starts_with(real(root)?) {
        return Err(Error::invalid(
            Sentence::new("target-in-data", "`{path}` lies in the data directory; a backup belongs on another disk")
                .with("path", &target.display()),
        ));
    }
    Ok(())
}

pub(crate) fn check_segment(folder: &Path, segment: &Segment) -> Result<(), Error> {
    same_segment(folder, &entry(folder, segment_path(segment)?)?, segment)
}

pub(crate) fn segment_path(segment: &Segment) -> Result<PathBuf, Error> {
    let object = Path::new(&segment.object);
    if object.components().all(|part| matches!(part, std::path::Component::Normal(_))) {
        Ok(Path::new("history").join(object))
    } else {
        Err(Error::corrupt(
            Sentence::from(format!("`{}`", segment.object)),
            Sentence::new("object-outside", "its name leads out of the history folder"),
        ))
    }
}

fn same_segment(folder: &Path, found: &Entry, segment: &Segment) -> Result<(), Error> {
    if (found.size_bytes, found.checksum) == (segment.size_bytes, segment.checksum) {
        return Ok(());
    }
    Err(Error::corrupt(
        sentence::file(&folder.join(&found.path)),
        Sentence::new("object-changed", "its content is not the one the manifest lists; nothing was deleted, restore it from a backup"),
    ))
}
