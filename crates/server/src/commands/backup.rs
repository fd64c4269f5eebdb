//! `allmende backup` and `allmende restore`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};

use crate::cli::{Backup, Restore};
use crate::control::{self, Request};
use crate::messages::say;
use crate::{fail, out};

/// Writes a backup of every tenant, while the server runs or not.
pub(super) fn backup(backup: &Backup) -> anyhow::Result<()> {
    let target = super::absolute(&backup.target)?;
    let keys = backup.keys.as_deref().map_or_else(|| Ok(beside(&target)), super::absolute)?;
    let answer = super::perform(&backup.place, Request::Backup { target: target.clone(), keys: keys.clone() })?;
    let mebibytes = answer["size_bytes"].as_u64().unwrap_or_default() >> 20;
    out::line(&say("backup.done", &[("target", &target.display()), ("size", &mebibytes), ("files", &answer["files"])]));
    out::line(&say("backup.keys", &[("keys", &keys.display())]));
    let left_out: Vec<&str> = answer["left_out"].as_array().into_iter().flatten().filter_map(|tenant| tenant.as_str()).collect();
    if !left_out.is_empty() {
        let tenants = left_out.join(", ");
        bail!(say("backup.left-out", &[("tenants", &tenants)]));
    }
    Ok(())
}

/// Puts a backup into a data directory that has none of its tenants.
pub(super) fn restore(restore: &Restore) -> anyhow::Result<()> {
    let config = super::config(&restore.place)?;
    let backup = super::absolute(&restore.backup)?;
    let keys = restore.keys.as_deref().map_or_else(|| Ok(beside(&backup)), super::absolute)?;
    if super::runtime(1)?.block_on(control::is_served(&config.data)) {
        bail!(say("restore.running", &[("data", &config.data.display())]));
    }
    let tenants = folders(&backup)?;
    if tenants.is_empty() {
        bail!(say("restore.empty", &[("backup", &backup.display())]));
    }
    for folder in tenants {
        let failed =
            |error: engine::Error| anyhow!(say("restore.failed", &[("backup", &folder.display()), ("error", &fail::words(&error))]));
        let name = folder.file_name().unwrap_or_default().to_owned();
        let key_file = keys.join(key_name(&name));
        if !key_file.is_file() {
            bail!(say("restore.no-keys", &[("keys", &key_file.display())]));
        }
        // Data first: they are checked whole before anything appears.
        let tenant = engine::restore(&config.data, &folder).map_err(failed)?;
        engine::restore_keys(&config.data, &key_file).map_err(failed)?;
        out::line(&say("restore.done", &[("tenant", &tenant), ("data", &config.data.display())]));
    }
    Ok(())
}

/// Where keys go when nothing else is said: beside the backup, not into it.
fn beside(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push("-schluessel");
    target.with_file_name(name)
}

/// The file of a tenant's keys.
pub(crate) fn key_name(tenant: &std::ffi::OsStr) -> OsString {
    let mut name = tenant.to_owned();
    name.push(".keys");
    name
}

fn folders(backup: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let failed = |error: std::io::Error| fail::of_path(&error, backup);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(backup).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
