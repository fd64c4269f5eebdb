//! Mending and checking a data directory that no engine has open.

use std::path::Path;

use model::{TenantContext, TenantId};
use store::{Config, Finding, Store};

use crate::{DOOR, Error};

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
