//! What keeps an installation well: backups, the check of what is kept, and
//! the deletion of what was kept long enough.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::anyhow;
use engine::{Finding, Kind};
use model::TenantId;
use serde_json::{Value, json};

use super::{Operator, Progress, make_folder, prepare};
use crate::messages::say;
use crate::{commands, fail};

/// How often it looks for what was kept long enough.
const HOUR: Duration = Duration::from_secs(3_600);

impl Operator {
    /// Deletes what was kept long enough, now and every hour, until it is dropped.
    pub(crate) async fn keep_house(&self) {
        let mut beat = tokio::time::interval(HOUR);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            beat.tick().await;
            for tenant in self.engine.tenants() {
                match self.delete_settled_reports(&tenant).await {
                    Ok(0) => {}
                    Ok(count) => tracing::info!(%tenant, count, "settled reports were deleted, their time was over"),
                    Err(error) => tracing::error!(%tenant, %error, "settled reports could not be deleted; it is tried again in an hour"),
                }
                if let Err(error) = self.keep_retention(&tenant).await {
                    tracing::error!(%tenant, %error, "values whose time is over could not be deleted; it is tried again in an hour");
                }
                if let Err(error) = self.finish_removals(&tenant).await {
                    tracing::error!(%tenant, %error, "removed history could not be taken off the disk; it is tried again in an hour");
                }
            }
        }
    }

    async fn delete_settled_reports(&self, tenant: &TenantId) -> anyhow::Result<usize> {
        Ok(self.access(tenant)?.delete_settled_reports(self.config.reports.kept_days).await?)
    }

    async fn finish_removals(&self, tenant: &TenantId) -> anyhow::Result<bool> {
        let access = self.access(tenant)?;
        let is_done = access.finish_removals().await?;
        access.settle_retention().await?;
        Ok(is_done)
    }

    /// Adds a point of every tenant that is open to its folder, and removes the oldest points
    /// beyond so many. All targets are looked at before anything is made. A tenant that does
    /// not open keeps all of its points.
    pub(super) async fn backup(
        &self,
        target: PathBuf,
        keys: PathBuf,
        keep: Option<NonZeroUsize>,
        progress: Progress<'_>,
    ) -> anyhow::Result<Value> {
        let failed =
            |error: engine::Error| anyhow!(say("backup.failed", &[("target", &target.display()), ("error", &fail::words(&error))]));
        let places = |tenant: &TenantId| (target.join(tenant.as_str()), keys.join(commands::key_name(tenant.as_str().as_ref())));
        for tenant in self.engine.tenants() {
            let (data, key_file) = places(&tenant);
            self.engine.check_backup(&tenant, &data, &key_file).map_err(failed)?;
        }
        for folder in [&target, &keys] {
            make_folder(folder)?;
        }
        let (mut size_bytes, mut copied_bytes, mut files, mut removed) = (0, 0, 0, 0);
        for tenant in self.engine.tenants() {
            progress(say("backup.tenant", &[("tenant", &tenant)]));
            let (engine, (data, key_file)) = (self.engine.clone(), places(&tenant));
            let work = move || {
                let report = engine.backup(&tenant, &data, &key_file)?;
                Ok((report, keep.map_or(Ok(0), |keep| engine::prune_backup(&data, keep))?))
            };
            let (report, pruned) = tokio::task::spawn_blocking(work).await?.map_err(failed)?;
            size_bytes += report.size_bytes;
            copied_bytes += report.copied_bytes;
            files += report.files;
            removed += pruned;
        }
        let left_out: Vec<&str> = self.engine.closed().keys().map(TenantId::as_str).collect();
        Ok(json!({ "size_bytes": size_bytes, "copied_bytes": copied_bytes, "files": files, "removed": removed, "left_out": left_out }))
    }

    /// Looks at everything that is kept, while it is in use.
    pub(super) async fn check(&self) -> anyhow::Result<Value> {
        let engine = self.engine.clone();
        Ok(report(&tokio::task::spawn_blocking(move || engine.check()).await??))
    }
}

/// Looks at everything in a data directory that no process serves, also at
/// tenants that do not open.
///
/// # Errors
/// When the directory cannot be read or a process holds it.
pub(crate) fn check_at_rest(data: &Path) -> anyhow::Result<Value> {
    prepare(data)?;
    engine::check(data).map(|found| report(&found)).map_err(|error| fail::of_opening(&error, data))
}

/// Gives a tenant whose key store is lost a new one, in a data directory that
/// no process serves.
///
/// # Errors
/// When the key store is there, the tenant is not, or a process holds the directory.
pub(crate) fn replace_keys_at_rest(data: &Path, tenant: &str) -> anyhow::Result<()> {
    prepare(data)?;
    engine::replace_lost_keys(data, &fail::tenant_of(tenant)?).map_err(|error| match error.kind() {
        Kind::Exists => anyhow!(say("tenant.keys-there", &[("tenant", &tenant)])),
        Kind::Conflict => fail::of_opening(&error, data),
        _ => anyhow!(say("tenant.keys-failed", &[("tenant", &tenant), ("error", &fail::words(&error))])),
    })
}

fn report(found: &[(TenantId, Vec<Finding>)]) -> Value {
    found.iter().map(|(tenant, findings)| json!({ "tenant": tenant.as_str(), "findings": told(findings) })).collect()
}

/// Findings in the language chosen.
pub(crate) fn told(findings: &[Finding]) -> Value {
    let finding = |one: &Finding| json!({ "part": format!("{:?}", one.part).to_lowercase(), "detail": fail::in_words(&one.detail) });
    findings.iter().map(finding).collect()
}
