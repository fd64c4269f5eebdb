//! Backup and restore of a tenant.
//!
//! A backup is the tenant's folder as of one commit: snapshots first, then the
//! database, which is therefore never older than they are, then the objects of
//! its manifest and the raw files. Writes go on meanwhile; sealing and
//! snapshots wait. Keys are not part of it: they are saved by themselves, and
//! elsewhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::{Segment, TenantId};

use crate::backend::Backend;
use crate::manifest::{Entry, Manifest};
use crate::root::Root;
use crate::sentence::{self, Sentence};
use crate::sqlite::Sqlite;
use crate::tenant::Inner;
use crate::{BackupReport, Error, Store, TenantStore, disk};

impl TenantStore {
    /// Writes a complete backup into a new or empty folder, consistent while
    /// writes go on. It holds no keys.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the folder is not empty or lies in the data
    /// directory; [`Error::Corrupt`] names what was found damaged on the way:
    /// damage is not backed up; [`Error::NoSpace`].
    pub fn backup(&self, target: &Path) -> Result<BackupReport, Error> {
        let inner = self.inner();
        check_target(target, inner.root_path())?;
        disk::make_folder(target)?;
        let upkeep = inner.lock_upkeep();
        let mut files = Vec::new();
        for seq in inner.snapshot_seqs()? {
            match inner.read_snapshot(seq, &mut |_| ()) {
                Ok(()) => files.push(copy(&inner.folder, target, Path::new("snapshots").join(format!("{seq}.snap")))?),
                Err(error) => tracing::warn!(tenant = %inner.tenant, %error, "a damaged snapshot is left out of the backup"),
            }
        }
        let (segments, last_seq) = self.copy_database(target)?;
        for segment in &segments {
            files.push(copy_segment(&inner.folder, target, segment)?);
        }
        drop(upkeep);
        for relative in inner.stored_files()? {
            let relative = Path::new("files").join(relative);
            match copy(&inner.folder, target, relative.clone()) {
                Ok(file) => files.push(file),
                // Removed since the files were listed.
                Err(_) if !inner.folder.join(&relative).exists() => disk::remove_file(&target.join(&relative))?,
                Err(error) => return Err(error),
            }
        }
        files.push(entry(target, PathBuf::from("tenant.db"))?);
        let report = BackupReport {
            tenant: inner.tenant.clone(),
            last_seq,
            files: files.len() as u64,
            size_bytes: files.iter().map(|file| file.size_bytes).sum(),
        };
        Manifest { tenant: inner.tenant.clone(), last_seq, files }.write(target)?;
        disk::sync_folder(target)?;
        Ok(report)
    }

    /// Whether [`Self::backup`] and [`Self::backup_keys`] would take these
    /// targets. Makes nothing.
    ///
    /// # Errors
    /// Those of the two.
    pub fn check_backup(&self, target: &Path, keys: &Path) -> Result<(), Error> {
        check_target(target, self.inner().root_path())?;
        check_keys_target(keys, self.inner().root_path())
    }

    /// Copies the database and asks the copy what belongs to it.
    fn copy_database(&self, target: &Path) -> Result<(Vec<Segment>, u64), Error> {
        let inner = self.inner();
        let path = target.join("tenant.db");
        inner.db.copy_to(&path)?;
        let copy = Sqlite::open_copy(&path)?;
        let findings = copy.check()?;
        if let Some(finding) = findings.first() {
            return Err(Error::corrupt(
                Sentence::new("the-tenants-database", "the database of the tenant `{tenant}`").with("tenant", &inner.tenant),
                finding,
            ));
        }
        crate::tenant::read(&copy, |s| Ok((crate::seal::read_segments(s)?, crate::log::read_head(s)?.seq)))
    }

    /// Writes a copy of the tenant's keys to a new file. Keep it apart from
    /// the backups of the data: who has both can read everything.
    ///
    /// # Errors
    /// [`Error::Exists`] when the file is there; [`Error::Invalid`] when it
    /// lies in the data directory; [`Error::NoSpace`].
    pub fn backup_keys(&self, target: &Path) -> Result<(), Error> {
        check_keys_target(target, self.inner().root_path())?;
        if let Some(parent) = target.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            disk::make_folder(parent)?;
        }
        self.inner().keys.db.copy_to(target)
    }
}

impl Store {
    /// Restores a tenant from a backup into a data directory that no process
    /// holds and that has no tenant of that name. Everything is compared with
    /// its checksum before the tenant appears. Its keys must be restored too
    /// ([`Store::restore_keys`]) before it opens.
    ///
    /// # Errors
    /// [`Error::Exists`]; [`Error::Corrupt`] names the file that is not the
    /// one that was backed up; [`Error::Locked`]; [`Error::NoSpace`].
    pub fn restore(root: &Path, backup: &Path) -> Result<TenantId, Error> {
        let manifest = Manifest::read(backup)?;
        let root = Arc::new(Root::acquire(root)?);
        let tenant = manifest.tenant.clone();
        if root.folder(&tenant).exists() {
            return Err(Error::exists(sentence::tenant(&tenant)));
        }
        for file in &manifest.files {
            check_entry(backup, file)?;
        }
        let unfinished = root.unfinished(&tenant);
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(|e| Error::io("remove the unfinished folder", &unfinished, e))?;
        }
        for name in ["", "snapshots", "history", "files"] {
            disk::make_folder(&unfinished.join(name))?;
        }
        for file in &manifest.files {
            if copy(backup, &unfinished, file.path.clone())? != *file {
                return Err(Error::corrupt(
                    sentence::file(&backup.join(&file.path)),
                    Sentence::new("changed-meanwhile", "it changed while it was read"),
                ));
            }
        }
        for folder in disk::folders_below(&unfinished)? {
            disk::sync_folder(&folder)?;
        }
        disk::rename(&unfinished, &root.folder(&tenant))?;
        Ok(tenant)
    }

    /// Restores a tenant's keys from the file that [`TenantStore::backup_keys`] wrote.
    ///
    /// # Errors
    /// [`Error::Exists`] when the data directory has keys of that tenant;
    /// [`Error::Corrupt`] when the file is not such a file; [`Error::Locked`].
    pub fn restore_keys(root: &Path, backup: &Path) -> Result<TenantId, Error> {
        let tenant = crate::keys::owner_of(backup)?;
        let root = Root::acquire(root)?;
        let path = root.keys(&tenant);
        if path.exists() {
            return Err(Error::exists(sentence::keys(&tenant)));
        }
        let temporary = path.with_extension("new");
        disk::copy(backup, &temporary)?;
        disk::rename(&temporary, &path)?;
        Ok(tenant)
    }
}

impl Inner {
    fn root_path(&self) -> &Path {
        // tenants/<tenant> lies two levels below the data directory.
        self.folder.ancestors().nth(2).unwrap_or(&self.folder)
    }
}

fn check_target(target: &Path, root: &Path) -> Result<(), Error> {
    if target.exists() && !disk::names(target)?.is_empty() {
        return Err(Error::invalid(
            Sentence::new("target-not-empty", "`{path}` is not empty; name a new folder for the backup").with("path", &target.display()),
        ));
    }
    outside(target, root)
}

fn check_keys_target(target: &Path, root: &Path) -> Result<(), Error> {
    if target.exists() {
        return Err(Error::exists(sentence::file(target)));
    }
    outside(target, root)
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

fn entry(folder: &Path, path: PathBuf) -> Result<Entry, Error> {
    let (size_bytes, checksum) = disk::hash(&folder.join(&path))?;
    Ok(Entry { path, size_bytes, checksum })
}

fn copy(from: &Path, to: &Path, path: PathBuf) -> Result<Entry, Error> {
    let (size_bytes, checksum) = disk::copy(&from.join(&path), &to.join(&path))?;
    Ok(Entry { path, size_bytes, checksum })
}

fn copy_segment(from: &Path, to: &Path, segment: &Segment) -> Result<Entry, Error> {
    let copied = copy(from, to, segment_path(segment)?)?;
    same_segment(from, &copied, segment)?;
    Ok(copied)
}

pub(crate) fn check_segment(folder: &Path, segment: &Segment) -> Result<(), Error> {
    same_segment(folder, &entry(folder, segment_path(segment)?)?, segment)
}

fn segment_path(segment: &Segment) -> Result<PathBuf, Error> {
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

fn check_entry(backup: &Path, file: &Entry) -> Result<(), Error> {
    let path = backup.join(&file.path);
    if !path.is_file() {
        return Err(Error::corrupt(
            sentence::file(backup),
            Sentence::new("part-missing", "`{path}` is missing").with("path", &file.path.display()),
        ));
    }
    if entry(backup, file.path.clone())? != *file {
        return Err(Error::corrupt(
            sentence::file(&path),
            Sentence::new("not-backed-up", "it is not the file that was backed up; take another backup"),
        ));
    }
    Ok(())
}
