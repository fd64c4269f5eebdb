//! Restoring a tenant from a folder of backups, as of now or of an instant.

mod forward;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use model::{Instant, TenantId};

use crate::backup::{DATABASE, copy, entry, good_points, not_backed_up, time_of};
use crate::keys::Keys;
use crate::manifest::{Entry, Manifest};
use crate::root::Root;
use crate::sentence::{self, Sentence};
use crate::sqlite::Sqlite;
use crate::tenant::keystore_of;
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
    /// Restores a tenant from its folder of backups, and its keys from the
    /// file that a backup of it wrote, into a data directory that no process
    /// holds and that has no tenant of that name: the newest point, or what
    /// the tenant was at an instant. For that the log goes on from the last
    /// point before it, as far as the point after it holds what the log said.
    ///
    /// Everything is compared with its checksum before the tenant appears, and
    /// that is the last step: what a crash left before it is no tenant, and
    /// restoring again begins anew. Keys that are there and belong to the data
    /// stay: the copy is not newer than they are.
    ///
    /// # Errors
    /// [`Error::Exists`]; [`Error::Corrupt`] names the file that is not the
    /// one that was backed up; [`Error::Unavailable`] says which instants
    /// before and after can be restored, or which keys belong to other data;
    /// [`Error::Locked`]; [`Error::NoSpace`].
    pub fn restore(root: &Path, backup: &Path, keys: &Path, at: Option<Instant>) -> Result<Restored, Error> {
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
        let are_there = check_keys(&root, &tenant, point, keys)?;
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
        let place = root.keys(&tenant);
        crate::erased::restore_ledger(keys, &place)?;
        if !are_there {
            let temporary = place.with_extension("new");
            disk::copy(keys, &temporary)?;
            disk::rename(&temporary, &place)?;
        }
        disk::rename(&unfinished, &root.folder(&tenant))?;
        Ok(Restored { tenant, last_seq: way.last_seq, last_at: way.last_at })
    }
}

/// Sees that a copy of keys belongs to a point; says whether the keys of these
/// data are there already.
fn check_keys(root: &Root, tenant: &TenantId, point: &Path, copy: &Path) -> Result<bool, Error> {
    let store = keystore_of(&Sqlite::open_copy(&point.join(DATABASE))?)?;
    let (owner, id) = keys::owner_of(copy)?;
    if owner != *tenant || store != Some(id) {
        return Err(keys::of_other_data(tenant, copy));
    }
    let place = root.keys(tenant);
    let in_the_way = |path: &Path| {
        let remedy = Sentence::new(
            "keys-in-the-way",
            "`{path}` belongs to other data, and may hold the last keys of them; move it aside, with all whose names begin so",
        );
        Error::unavailable(sentence::keys(tenant), remedy.with("path", &path.display()))
    };
    if place.exists() {
        return if Keys::open(&place, tenant)?.id == id { Ok(true) } else { Err(in_the_way(&place)) };
    }
    // A log without its database would be taken for that of the copy.
    match [place.with_extension("db-wal"), place.with_extension("db-journal")].into_iter().find(|log| log.exists()) {
        Some(log) => Err(in_the_way(&log)),
        None => Ok(false),
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
