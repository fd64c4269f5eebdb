//! Restoring a tenant from a folder of backups, as of now or of an instant.

mod forward;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use model::{Instant, TenantId};

use crate::backup::{copy, entry, good_points, not_backed_up, time_of};
use crate::manifest::{Entry, Manifest};
use crate::root::Root;
use crate::sentence::{self, Sentence};
use crate::sqlite::Sqlite;
use crate::{Error, Store, disk, keys};

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Whose data.
    pub tenant: TenantId,
    /// The last commit.
    pub last_seq: u64,
    /// When that was; `None` for an empty log.
    pub last_at: Option<Instant>,
}

impl Store {
    /// Restores a tenant from its folder of backups into a data directory that
    /// no process holds and that has no tenant of that name: the newest point,
    /// or what the tenant was at an instant. For that the log goes on from the
    /// last point before it, as far as the point after it holds what the log
    /// said. Everything is compared with its checksum before the tenant
    /// appears. Its keys must be restored too ([`Store::restore_keys`]) before
    /// it opens.
    ///
    /// # Errors
    /// [`Error::Exists`]; [`Error::Corrupt`] names the file that is not the
    /// one that was backed up; [`Error::Unavailable`] says which instants
    /// before and after can be restored; [`Error::Locked`]; [`Error::NoSpace`].
    pub fn restore(root: &Path, backup: &Path, at: Option<Instant>) -> Result<Restored, Error> {
        let way = forward::choose(backup, at)?;
        let (point, manifest) = &way.base;
        let root = Arc::new(Root::acquire(root)?);
        let tenant = manifest.tenant.clone();
        if root.folder(&tenant).exists() {
            return Err(Error::exists(sentence::tenant(&tenant)));
        }
        for file in &manifest.files {
            check_entry(point, file)?;
        }
        let unfinished = root.unfinished(&tenant);
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(|e| Error::io("remove the unfinished folder", &unfinished, e))?;
        }
        for name in ["", "snapshots", "history", "files"] {
            disk::make_folder(&unfinished.join(name))?;
        }
        take(point, manifest.files.iter(), &unfinished)?;
        if let Some(on) = &way.on {
            on.carry_out(&unfinished)?;
        }
        for folder in disk::folders_below(&unfinished)? {
            disk::sync_folder(&folder)?;
        }
        disk::rename(&unfinished, &root.folder(&tenant))?;
        Ok(Restored { tenant, last_seq: way.last_seq, last_at: way.last_at })
    }

    /// Restores a tenant's keys from the file that a backup of it wrote.
    ///
    /// # Errors
    /// [`Error::Exists`] when the data directory has keys of that tenant;
    /// [`Error::Corrupt`] when the file is not such a file; [`Error::Locked`].
    pub fn restore_keys(root: &Path, backup: &Path) -> Result<TenantId, Error> {
        let (tenant, _) = keys::owner_of(backup)?;
        let root = Root::acquire(root)?;
        let path = root.keys(&tenant);
        if path.exists() {
            return Err(Error::exists(sentence::keys(&tenant)));
        }
        let temporary = path.with_extension("new");
        disk::copy(backup, &temporary)?;
        crate::erased::restore_ledger(backup, &path)?;
        disk::rename(&temporary, &path)?;
        Ok(tenant)
    }
}

/// Copies files of a point, and sees that they are the ones it lists.
fn take<'a>(point: &Path, files: impl Iterator<Item = &'a Entry>, to: &Path) -> Result<(), Error> {
    for file in files {
        if copy(point, to, file.path.clone())? != *file {
            return Err(Error::corrupt(
                sentence::file(&point.join(&file.path)),
                Sentence::new("changed-meanwhile", "it changed while it was read"),
            ));
        }
    }
    Ok(())
}

fn check_entry(point: &Path, file: &Entry) -> Result<(), Error> {
    let path = point.join(&file.path);
    if !path.is_file() {
        return Err(Error::corrupt(
            sentence::file(point),
            Sentence::new("part-missing", "`{path}` is missing").with("path", &file.path.display()),
        ));
    }
    if entry(point, file.path.clone())? != *file { Err(not_backed_up(&path)) } else { Ok(()) }
}
