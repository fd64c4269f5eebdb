//! `allmende backup` and `allmende restore`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use serde_json::{Value, json};

use crate::cli::{Backup, LookAtBackup, Restore};
use crate::control::{self, Request};
use crate::messages::say;
use crate::operator::told;
use crate::{fail, out};

/// Adds a point of every tenant to a folder, while the server runs or not; or looks at such a folder.
pub(super) fn run(backup: &Backup) -> anyhow::Result<()> {
    match (&backup.look, &backup.target) {
        (Some(LookAtBackup::List { backup, json }), _) => list(backup, *json),
        (Some(LookAtBackup::Verify { backup, json }), _) => verify(backup, *json),
        (None, Some(target)) => take(backup, target),
        (None, None) => Ok(()),
    }
}

fn take(backup: &Backup, target: &Path) -> anyhow::Result<()> {
    let target = super::absolute(target)?;
    let keys = backup.keys.as_deref().map_or_else(|| Ok(beside(&target)), super::absolute)?;
    let answer = super::perform(&backup.place, Request::Backup { target: target.clone(), keys: keys.clone(), keep: backup.keep })?;
    let mebibytes = |name: &str| answer[name].as_u64().unwrap_or_default() >> 20;
    let (size, new) = (mebibytes("size_bytes"), mebibytes("copied_bytes"));
    out::line(&say("backup.done", &[("target", &target.display()), ("size", &size), ("files", &answer["files"]), ("new", &new)]));
    if answer["removed"].as_u64().is_some_and(|removed| removed > 0) {
        out::line(&say("backup.removed", &[("count", &answer["removed"])]));
    }
    out::line(&say("backup.keys", &[("keys", &keys.display())]));
    let left_out: Vec<&str> = answer["left_out"].as_array().into_iter().flatten().filter_map(|tenant| tenant.as_str()).collect();
    if !left_out.is_empty() {
        let tenants = left_out.join(", ");
        bail!(say("backup.left-out", &[("tenants", &tenants)]));
    }
    Ok(())
}

/// Which points there are, and which instants can be restored.
fn list(backup: &Path, as_json: bool) -> anyhow::Result<()> {
    let mut points = Vec::new();
    for folder in tenants_of(backup)? {
        for point in engine::backup_points(&folder).map_err(|error| unreadable(&folder, &error))? {
            points.push(json!({
                "tenant": point.tenant.as_str(), "point": point.folder, "at": point.at.to_string(), "seq": point.last_seq,
                "mebibytes": point.size_bytes >> 20, "from": point.last_at.map(|at| at.to_string()), "until": point.until.to_string(),
            }));
        }
    }
    let points = Value::from(points);
    if as_json {
        out::line(&points.to_string());
    } else {
        super::rows(&points, &["tenant", "at", "seq", "mebibytes", "from", "until"]);
    }
    Ok(())
}

/// Reads every point whole and names what is damaged.
fn verify(backup: &Path, as_json: bool) -> anyhow::Result<()> {
    let (mut looked, mut points) = (engine::Looked::default(), Vec::new());
    for folder in tenants_of(backup)? {
        for (point, findings) in engine::verify_backup(&folder, &mut looked).map_err(|error| unreadable(&folder, &error))? {
            points.push(json!({ "point": point, "findings": told(&findings) }));
        }
    }
    let damaged = points.iter().filter(|point| point["findings"] != json!([])).count();
    if as_json {
        out::line(&Value::from(points).to_string());
    } else {
        points.iter().for_each(tell);
    }
    if damaged > 0 {
        bail!(say("verify.damaged", &[("count", &damaged)]));
    }
    Ok(())
}

fn tell(point: &Value) {
    let path = point["point"].as_str().unwrap_or_default();
    let findings = point["findings"].as_array().map_or(&[][..], Vec::as_slice);
    let verdict = if findings.is_empty() { say("verify.good", &[("point", &path)]) } else { say("verify.bad", &[("point", &path)]) };
    out::line(&verdict);
    for finding in findings {
        out::line(&format!("  {}", finding["detail"].as_str().unwrap_or_default()));
    }
}

fn unreadable(folder: &Path, error: &engine::Error) -> anyhow::Error {
    anyhow!(say("backup.unreadable", &[("backup", &folder.display()), ("error", &fail::words(error))]))
}

/// Puts a backup into a data directory. Tenants that are there already stay as
/// they are, and are told at the end: so what was cut off goes on.
pub(super) fn restore(restore: &Restore) -> anyhow::Result<()> {
    let config = super::config(&restore.place)?;
    let backup = super::absolute(&restore.backup)?;
    let keys = restore.keys.as_deref().map_or_else(|| Ok(beside(&backup)), super::absolute)?;
    if super::runtime(1)?.block_on(control::is_served(&config.data)) {
        bail!(say("restore.running", &[("data", &config.data.display())]));
    }
    let mut there = Vec::new();
    for folder in tenants_of(&backup)? {
        let failed =
            |error: engine::Error| anyhow!(say("restore.failed", &[("backup", &folder.display()), ("error", &fail::words(&error))]));
        let name = folder.file_name().unwrap_or_default().to_owned();
        let key_file = keys.join(key_name(&name));
        if !key_file.is_file() {
            bail!(say("restore.no-keys", &[("keys", &key_file.display())]));
        }
        let restored = match engine::restore(&config.data, &folder, &key_file, restore.at) {
            Err(error) if error.kind() == engine::Kind::Exists => {
                there.push(name.to_string_lossy().into_owned());
                continue;
            }
            other => other.map_err(failed)?,
        };
        let at = restored.last_at.map_or_else(|| "–".to_owned(), |at| at.to_string());
        let (tenant, data) = (&restored.tenant, config.data.display());
        out::line(&say("restore.done", &[("tenant", tenant), ("data", &data), ("at", &at), ("seq", &restored.last_seq)]));
    }
    if !there.is_empty() {
        let tenants = there.join(", ");
        bail!(say("restore.there", &[("tenants", &tenants), ("data", &config.data.display())]));
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

/// The folders of tenants in a folder of backups.
fn tenants_of(backup: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let failed = |error: std::io::Error| fail::of_path(&error, backup);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(backup).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.is_dir() && !is_hidden {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() {
        bail!(say("restore.empty", &[("backup", &backup.display())]));
    }
    Ok(found)
}
