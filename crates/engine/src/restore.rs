//! Backups back into a data directory, while no engine has it open.

use std::path::Path;

use model::TenantId;
use store::Store;

use crate::Error;

/// Restores a tenant from a backup into a data directory that no process
/// holds. Everything is compared with its checksum before the tenant appears;
/// its keys must be restored too ([`restore_keys`]) before it opens. Blocks.
///
/// # Errors
/// [`crate::Kind::Exists`] when the directory has a tenant of that name,
/// [`crate::Kind::Conflict`] when a process holds it; a damaged backup names the file.
pub fn restore(data: &Path, backup: &Path) -> Result<TenantId, Error> {
    Ok(Store::restore(data, backup)?)
}

/// Restores a tenant's keys from the file that [`crate::Engine::backup_keys`] wrote. Blocks.
///
/// # Errors
/// [`crate::Kind::Exists`] when the directory has keys of that tenant, as [`restore`] else.
pub fn restore_keys(data: &Path, file: &Path) -> Result<TenantId, Error> {
    Ok(Store::restore_keys(data, file)?)
}
