//! Mending and checking a data directory that no engine has open, and backups.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use model::{Instant, TenantContext, TenantId};
use store::{BackupPoint, Config, Finding, Looked, Restored, Store};

use crate::{DOOR, Error};

/// Restores a tenant from its folder of backups, with its keys from the file
/// that [`crate::Engine::backup`] wrote, into a data directory that no process
/// holds: the newest point, or what the tenant was at an instant. Everything
/// is compared with its checksum before the tenant appears, as the last step:
/// after a crash, restore again. Keys of these data that are there stay. Blocks.
///
/// # Errors
/// [`crate::Kind::Exists`] when the directory has a tenant of that name,
/// [`crate::Kind::Conflict`] when a process holds it, [`crate::Kind::Unavailable`]
/// when nothing says what the tenant was then, or when keys belong to other
/// data; a damaged backup names the file.
pub fn restore(data: &Path, backup: &Path, keys: &Path, at: Option<Instant>) -> Result<Restored, Error> {
    Ok(Store::restore(data, backup, keys, at)?)
}

/// The points of a tenant's folder of backups, the oldest first. Blocks.
///
/// # Errors
/// When there is none, or one cannot be read.
pub fn backup_points(backup: &Path) -> Result<Vec<BackupPoint>, Error> {
    Ok(store::backup_points(backup)?)
}

/// Reads every point of a tenant's folder of backups whole, and says of each
/// what is not as it was written. Files that points share are read once for
/// all that `looked` goes through. Blocks.
///
/// # Errors
/// When there is no point, or the folder cannot be read.
pub fn verify_backup(backup: &Path, looked: &mut Looked) -> Result<Vec<(PathBuf, Vec<Finding>)>, Error> {
    Ok(store::verify_backup(backup, looked)?)
}

/// Removes the oldest points of a tenant's folder of backups but so many.
/// Says how many it removed. Blocks.
///
/// # Errors
/// [`crate::Kind::Unavailable`] while a backup goes there; when the disk refuses.
pub fn prune_backup(backup: &Path, keep: NonZeroUsize) -> Result<usize, Error> {
    Ok(store::prune_backup(backup, keep)?)
}

/// Looks at everything of every tenant, also of those that do not open, and
/// changes nothing. Blocks.
///
/// # Errors
/// [`crate::Kind::Conflict`] when a process holds the directory: ask
/// [`crate::Engine::check`] there.
pub fn check(data: &Path) -> Result<Vec<(TenantId, Vec<Finding>)>, Error> {
    Ok(Store::open(data, Config::default())?.check()?)
}

/// Gives a tenant whose key store is lost a new one, so that it opens. Values
/// of persons, raw inputs and quarantine stay unreadable for ever. Blocks.
///
/// # Errors
/// [`crate::Kind::Exists`] when the key store is there,
/// [`crate::Kind::NotFound`] when the tenant is not.
pub fn replace_lost_keys(data: &Path, tenant: &TenantId) -> Result<(), Error> {
    Ok(Store::open(data, Config::default())?.replace_lost_keys(&TenantContext::new(&DOOR, tenant.clone()))?)
}
