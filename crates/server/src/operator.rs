//! The installation as its operator handles it: what the command line asks,
//! done in the serving process or in a process of its own.

mod dashboards;
mod erasure;
mod history;
mod people;
mod retention;
mod sources;
mod transfer;
mod upkeep;

pub(crate) use upkeep::{check_at_rest, replace_keys_at_rest, told};

use std::path::Path;
use std::sync::{Arc, OnceLock};

use anyhow::{anyhow, bail};
use engine::{Access, Actor, Engine, Principal, Role};
use ingest::Ingest;
use model::{SystemClock, TenantId};
use serde_json::{Value, json};

use crate::authenticate::default_tenant;
use crate::config::Config;
use crate::control::{Asker, Request};
use crate::fail;
use crate::messages::say;

const DAY_US: i64 = 86_400_000_000;

/// How progress reaches whoever asked.
pub(crate) type Progress<'a> = &'a (dyn Fn(String) + Send + Sync);

/// An opened installation.
pub(crate) struct Operator {
    engine: Engine,
    ingest: Ingest,
    config: Config,
    url: OnceLock<String>,
}

impl Operator {
    /// Opens the data directory, made when it is not there.
    ///
    /// # Errors
    /// One sentence: who holds it, what is missing.
    pub(crate) async fn open(config: Config) -> anyhow::Result<Self> {
        let taking_in = config.ingest()?;
        prepare(&config.data)?;
        let (settings, data) = (config.engine(), config.data.clone());
        let opened = tokio::task::spawn_blocking(move || Engine::open(settings, Arc::new(SystemClock))).await?;
        let engine = opened.map_err(|error| fail::of_opening(&error, &data))?;
        if config.sources.folder.is_none() && !config.demo {
            make_folder(&config.inbox())?;
        }
        let ingest = Ingest::new(engine.clone(), taking_in);
        Ok(Self { engine, ingest, config, url: OnceLock::new() })
    }

    /// Writes what is pending and lets the data directory go.
    ///
    /// # Errors
    /// When something could not be written.
    pub(crate) async fn close(&self) -> anyhow::Result<()> {
        self.ingest.stop_all();
        let engine = self.engine.clone();
        tokio::task::spawn_blocking(move || engine.shutdown())
            .await?
            .map_err(|error| anyhow!(say("fail.closing", &[("error", &fail::words(&error))])))
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn ingest(&self) -> &Ingest {
        &self.ingest
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Says where the installation is reached, once it is.
    pub(crate) fn set_url(&self, url: &str) {
        self.url.get_or_init(|| url.to_owned());
    }

    /// An installation without a tenant gets the configured one.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) async fn ensure_a_tenant(&self) -> anyhow::Result<()> {
        if self.engine.tenants().is_empty() {
            self.ensure_tenant(&self.config.tenant).await?;
        }
        Ok(())
    }

    /// Makes a tenant unless it is there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) async fn ensure_tenant(&self, name: &str) -> anyhow::Result<TenantId> {
        if let Ok(tenant) = self.engine.tenant(name) {
            return Ok(tenant);
        }
        let (engine, tenant) = (self.engine.clone(), fail::tenant_of(name)?);
        let made = tenant.clone();
        tokio::task::spawn_blocking(move || engine.create_tenant(&made)).await??;
        tracing::info!(tenant = tenant.as_str(), "a tenant was made");
        Ok(tenant)
    }

    /// Makes a tenant. While the installation serves, the answer holds the
    /// one-time code of its first account; else the next start shows one.
    async fn create_tenant(&self, name: &str) -> anyhow::Result<Value> {
        if self.engine.tenant(name).is_ok() {
            bail!(say("tenant.exists", &[("tenant", &name)]));
        }
        let tenant = self.ensure_tenant(name).await?;
        let url = self.url.get().map(|url| self.config.url_of_tenant(&tenant, url));
        let engine = self.engine.clone();
        let code = if url.is_some() { tokio::task::spawn_blocking(move || code_of(&engine, &tenant)).await? } else { None };
        Ok(json!({ "url": url, "code": code }))
    }

    /// The one-time codes of tenants that have no account yet.
    pub(crate) async fn first_run_codes(&self) -> Vec<(TenantId, String)> {
        let engine = self.engine.clone();
        let codes = move || engine.tenants().into_iter().filter_map(|tenant| Some((tenant.clone(), code_of(&engine, &tenant)?))).collect();
        tokio::task::spawn_blocking(codes).await.unwrap_or_default()
    }

    /// The tenants that did not open, and why.
    pub(crate) fn closed(&self) -> Vec<(TenantId, String)> {
        self.engine.closed().iter().map(|(tenant, cause)| (tenant.clone(), fail::words(cause))).collect()
    }

    /// How many records each source has set aside.
    pub(crate) fn quarantine_counts(&self, tenant: &TenantId) -> Vec<(String, u64)> {
        self.access(tenant).and_then(|access| Ok(access.quarantine_counts()?)).unwrap_or_default()
    }

    /// The operator's own access: the platform itself.
    fn access(&self, tenant: &TenantId) -> anyhow::Result<Access> {
        Ok(self.engine.access(tenant, Principal::new(Actor::System, Role::Administrator))?)
    }

    /// The access to a tenant of a name, or to the default one.
    pub(crate) fn access_to(&self, name: Option<&str>) -> anyhow::Result<Access> {
        let found = match name {
            Some(name) => self.engine.tenant(name).ok(),
            None => default_tenant(&self.engine, &self.config.tenant),
        };
        match found {
            Some(tenant) => match self.engine.closed().get(&tenant) {
                Some(cause) => bail!(say("closed.tenant", &[("tenant", &tenant), ("cause", &fail::words(cause))])),
                None => self.access(&tenant),
            },
            None => {
                let known = self.engine.tenants().iter().map(TenantId::as_str).collect::<Vec<_>>().join(", ");
                let asked = name.unwrap_or(&self.config.tenant);
                bail!(say("fail.tenant", &[("tenant", &asked), ("known", &known)]))
            }
        }
    }

    /// Does what the command line asks.
    ///
    /// # Errors
    /// One sentence for people.
    pub(crate) async fn perform(&self, request: Request, asker: &dyn Asker) -> anyhow::Result<Value> {
        let progress: Progress<'_> = &|text| asker.hears(text);
        match request {
            Request::Status => self.status(),
            Request::Check => self.check().await,
            Request::TenantCreate { name } => self.create_tenant(&name).await,
            Request::TokenCreate { tenant, role, label, days } => {
                let expires_at = self.engine.now().plus_micros(i64::from(days) * DAY_US);
                people::create_token(&self.access_to(tenant.as_deref())?, &role, &label, expires_at).await
            }
            Request::TokenList { tenant } => people::tokens(&self.access_to(tenant.as_deref())?),
            Request::TokenRevoke { tenant, id } => {
                self.access_to(tenant.as_deref())?.revoke_token(&id).await?;
                Ok(Value::Null)
            }
            Request::UserAdd { tenant, name, role, password } => {
                self.access_to(tenant.as_deref())?.create_account(&name, &password, people::role_of(&role)?).await?;
                Ok(Value::Null)
            }
            Request::UserList { tenant } => people::users(&self.access_to(tenant.as_deref())?),
            Request::UserPassword { tenant, name, password } => {
                self.access_to(tenant.as_deref())?.set_password(&name, &password).await?;
                Ok(Value::Null)
            }
            Request::UserDisable { tenant, name } => {
                self.access_to(tenant.as_deref())?.disable_account(&name).await?;
                Ok(Value::Null)
            }
            Request::UserRemove { tenant, name } => {
                self.access_to(tenant.as_deref())?.remove_account(&name).await?;
                Ok(Value::Null)
            }
            Request::DashboardPut { tenant, text } => dashboards::put(&self.access_to(tenant.as_deref())?, &text).await,
            Request::DashboardList { tenant } => dashboards::list(&self.access_to(tenant.as_deref())?),
            Request::DashboardRemove { tenant, slug } => {
                self.access_to(tenant.as_deref())?.remove_dashboard(&slug, None).await?;
                Ok(Value::Null)
            }
            Request::SourceList { tenant } => sources::list(&self.ingest, &self.access_to(tenant.as_deref())?),
            Request::SourcePut { tenant, text } => sources::put(&self.ingest, &self.access_to(tenant.as_deref())?, &text).await,
            Request::SourcePreview { tenant, text, input } => {
                sources::preview(&self.ingest, &self.access_to(tenant.as_deref())?, &text, input).await
            }
            Request::SourceRun { tenant, name, folder } => {
                sources::run(&self.ingest, &self.access_to(tenant.as_deref())?, &name, folder, progress).await
            }
            Request::SourceReplay { tenant, name } => sources::replay(&self.ingest, &self.access_to(tenant.as_deref())?, &name).await,
            Request::SourcePause { tenant, name, paused } => {
                self.access_to(tenant.as_deref())?.set_source_paused(&name, paused).await?;
                Ok(Value::Null)
            }
            Request::Backup { target, keys, keep } => self.backup(target, keys, keep, progress).await,
            Request::RetentionPlan { tenant } => retention::plan(&self.access_to(tenant.as_deref())?).await,
            Request::RetentionRun { tenant } => retention::run(&self.access_to(tenant.as_deref())?).await,
            Request::RetentionConfirm { tenant, dataset, plan, name } => {
                retention::confirm(&self.access_to(tenant.as_deref())?, &dataset, &plan, &name).await
            }
            Request::RetentionReceipts { tenant, dataset } => retention::receipts(&self.access_to(tenant.as_deref())?, &dataset).await,
            Request::ErasurePlan { tenant, id, words } => erasure::plan(&self.access_to(tenant.as_deref())?, &id, &words).await,
            Request::ErasureRun { tenant, id, words, reason } => {
                erasure::run(&self.access_to(tenant.as_deref())?, &id, &words, &reason).await
            }
            Request::ErasureList { tenant } => erasure::list(&self.access_to(tenant.as_deref())?).await,
            Request::Export { tenant, target, personal } => self.export(tenant.as_deref(), target, personal, progress).await,
            Request::ExportHistory(asked) => self.export_history(asked, asker).await,
            Request::Import { tenant, from } => self.import(tenant.as_deref(), from, progress).await,
        }
    }

    /// Takes in what a program would send to a source of a tenant; one line says what became of it.
    pub(crate) async fn push(&self, tenant: &str, source: &str, input: &str, body: Vec<u8>) -> anyhow::Result<String> {
        sources::push(&self.ingest, &self.access_to(Some(tenant))?, source, input, body).await
    }

    fn status(&self) -> anyhow::Result<Value> {
        let mut tenants = Vec::new();
        for health in self.engine.health().tenants {
            let access = self.access(&health.tenant)?;
            let quarantined: u64 = access.quarantine_counts()?.iter().map(|(_, count)| count).sum();
            tenants.push(json!({
                "tenant": health.tenant.as_str(), "entities": health.entities, "datasets": access.datasets()?.len(), "memory_bytes": health.memory_bytes,
                "tail": health.tail, "segments": health.segments, "log_seq": health.log_seq, "sealed_upto": health.sealed_upto,
                "quarantined": quarantined, "last_error": health.last_error.as_ref().map(fail::words),
            }));
        }
        tenants.extend(self.closed().into_iter().map(|(tenant, cause)| json!({ "tenant": tenant.as_str(), "closed": cause })));
        Ok(json!({ "version": env!("CARGO_PKG_VERSION"), "url": self.url.get(), "data": self.config.data, "tenants": tenants }))
    }
}

fn code_of(engine: &Engine, tenant: &TenantId) -> Option<String> {
    engine.first_run_code(tenant).unwrap_or_else(|error| {
        tracing::error!(%error, tenant = tenant.as_str(), "the one-time code could not be made");
        None
    })
}

/// Makes the data directory and sees that it can be written, so that what is
/// wrong with the disk is said in its own words.
fn prepare(data: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::MetadataExt;
    make_folder(data)?;
    let (owner, user) = (std::fs::metadata(data).map_err(|error| fail::of_path(&error, data))?.uid(), rustix::process::geteuid());
    let access = rustix::fs::Access::READ_OK | rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    rustix::fs::access(data, access).map_err(|error| fail::of_path(&error.into(), data))?;
    // Only its owner may keep others out of it.
    if !user.is_root() && owner != user.as_raw() {
        bail!(say("fail.owner", &[("path", &data.display()), ("owner", &owner)]));
    }
    Ok(())
}

/// A folder for this user alone.
fn make_folder(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| fail::of_path(&error, path))
}
