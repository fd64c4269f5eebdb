//! The installation as its operator handles it: what the command line asks,
//! done in the serving process or in a process of its own.

mod sources;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::{anyhow, bail};
use engine::{Access, Actor, Engine, Principal, Role};
use ingest::Ingest;
use model::{SystemClock, TenantId};
use serde_json::{Value, json};

use crate::authenticate::default_tenant;
use crate::config::Config;
use crate::control::Request;
use crate::messages::say;
use crate::{commands, fail};

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
        prepare(&config.data)?;
        let (settings, data) = (config.engine(), config.data.clone());
        let opened = tokio::task::spawn_blocking(move || Engine::open(settings, Arc::new(SystemClock))).await?;
        let engine = opened.map_err(|error| fail::of_opening(&error, &data))?;
        if config.sources_folder.is_none() && !config.demo {
            make_folder(&config.inbox())?;
        }
        let ingest = Ingest::new(engine.clone(), ingest::Config { folders: config.folders(), ..ingest::Config::at(&config.data) });
        Ok(Self { engine, ingest, config, url: OnceLock::new() })
    }

    /// Writes what is pending and lets the data directory go.
    ///
    /// # Errors
    /// When something could not be written.
    pub(crate) async fn close(&self) -> anyhow::Result<()> {
        self.ingest.stop_all();
        let engine = self.engine.clone();
        tokio::task::spawn_blocking(move || engine.shutdown()).await?.map_err(|error| anyhow!(say("fail.closing", &[("error", &error)])))
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
        let (engine, tenant) = (self.engine.clone(), TenantId::parse(name)?);
        let made = tenant.clone();
        tokio::task::spawn_blocking(move || engine.create_tenant(&made)).await??;
        tracing::info!(tenant = tenant.as_str(), "a tenant was made");
        Ok(tenant)
    }

    /// The one-time codes of tenants that have no account yet.
    pub(crate) async fn first_run_codes(&self) -> Vec<(TenantId, String)> {
        let engine = self.engine.clone();
        let codes = move || engine.tenants().into_iter().filter_map(|tenant| Some((tenant.clone(), code_of(&engine, &tenant)?))).collect();
        tokio::task::spawn_blocking(codes).await.unwrap_or_default()
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
    fn access_to(&self, name: Option<&str>) -> anyhow::Result<Access> {
        let found = match name {
            Some(name) => self.engine.tenant(name).ok(),
            None => default_tenant(&self.engine, &self.config.tenant),
        };
        match found {
            Some(tenant) => self.access(&tenant),
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
    pub(crate) async fn perform(&self, request: Request, progress: Progress<'_>) -> anyhow::Result<Value> {
        match request {
            Request::Status => self.status(),
            Request::TokenCreate { tenant, role, label, days } => self.create_token(tenant.as_deref(), &role, &label, days).await,
            Request::TokenList { tenant } => self.tokens(tenant.as_deref()),
            Request::TokenRevoke { tenant, id } => {
                self.access_to(tenant.as_deref())?.revoke_token(&id).await?;
                Ok(Value::Null)
            }
            Request::UserAdd { tenant, name, role, password } => {
                self.access_to(tenant.as_deref())?.create_account(&name, &password, role_of(&role)?).await?;
                Ok(Value::Null)
            }
            Request::UserList { tenant } => self.users(tenant.as_deref()),
            Request::UserRemove { tenant, name } => {
                self.access_to(tenant.as_deref())?.remove_account(&name).await?;
                Ok(Value::Null)
            }
            Request::SourceList { tenant } => sources::list(&self.access_to(tenant.as_deref())?),
            Request::SourcePut { tenant, text } => sources::put(&self.ingest, &self.access_to(tenant.as_deref())?, &text).await,
            Request::SourcePreview { tenant, text, input } => {
                sources::preview(&self.ingest, &self.access_to(tenant.as_deref())?, &text, input).await
            }
            Request::SourceRun { tenant, name, folder } => {
                sources::run(&self.ingest, &self.access_to(tenant.as_deref())?, &name, folder, progress).await
            }
            Request::SourceReplay { tenant, name } => sources::replay(&self.ingest, &self.access_to(tenant.as_deref())?, &name).await,
            Request::Backup { target, keys } => self.backup(target, keys, progress).await,
        }
    }

    fn status(&self) -> anyhow::Result<Value> {
        let mut tenants = Vec::new();
        for health in self.engine.health().tenants {
            let access = self.access(&health.tenant)?;
            let quarantined: u64 = access.quarantine_counts()?.iter().map(|(_, count)| count).sum();
            tenants.push(json!({
                "tenant": health.tenant.as_str(), "entities": health.entities, "datasets": access.datasets()?.len(), "memory_bytes": health.memory_bytes,
                "tail": health.tail, "segments": health.segments, "log_seq": health.log_seq, "sealed_upto": health.sealed_upto,
                "quarantined": quarantined, "last_error": health.last_error,
            }));
        }
        Ok(json!({ "version": env!("CARGO_PKG_VERSION"), "url": self.url.get(), "data": self.config.data, "tenants": tenants }))
    }

    async fn create_token(&self, tenant: Option<&str>, role: &str, label: &str, days: u32) -> anyhow::Result<Value> {
        const DAY_US: i64 = 86_400_000_000;
        let access = self.access_to(tenant)?;
        let expires_at = self.engine.now().plus_micros(i64::from(days) * DAY_US);
        Ok(json!({ "token": access.create_token(label, role_of(role)?, Some(expires_at)).await? }))
    }

    fn tokens(&self, tenant: Option<&str>) -> anyhow::Result<Value> {
        let time = |instant: Option<model::Instant>| instant.map(|instant| instant.to_string());
        let tokens = self.access_to(tenant)?.tokens()?;
        Ok(tokens
            .iter()
            .map(|token| {
                json!({
                    "id": token.id, "role": token.role.word(), "label": token.label, "created": token.created_at.to_string(),
                    "expires": time(token.expires_at), "used": time(token.last_used), "revoked": time(token.revoked_at),
                })
            })
            .collect())
    }

    fn users(&self, tenant: Option<&str>) -> anyhow::Result<Value> {
        let accounts = self.access_to(tenant)?.accounts()?;
        Ok(accounts.iter().map(|a| json!({ "name": a.name, "role": a.role.word(), "created": a.created_at.to_string() })).collect())
    }

    /// Backs up every tenant into a folder of its own. What is begun is under
    /// another name until it is whole.
    async fn backup(&self, target: PathBuf, keys: PathBuf, progress: Progress<'_>) -> anyhow::Result<Value> {
        for folder in [&target, &keys] {
            make_folder(folder)?;
        }
        let (mut size_bytes, mut files) = (0, 0);
        for tenant in self.engine.tenants() {
            progress(say("backup.tenant", &[("tenant", &tenant)]));
            let (engine, data, key_file) =
                (self.engine.clone(), target.join(tenant.as_str()), keys.join(commands::key_name(tenant.as_str().as_ref())));
            let work = move || engine.backup(&tenant, &data).and_then(|report| engine.backup_keys(&tenant, &key_file).map(|()| report));
            let report = tokio::task::spawn_blocking(work)
                .await?
                .map_err(|error| anyhow!(say("backup.failed", &[("target", &target.display()), ("error", &error)])))?;
            size_bytes += report.size_bytes;
            files += report.files;
        }
        Ok(json!({ "size_bytes": size_bytes, "files": files }))
    }
}

fn code_of(engine: &Engine, tenant: &TenantId) -> Option<String> {
    engine.first_run_code(tenant).unwrap_or_else(|error| {
        tracing::error!(%error, tenant = tenant.as_str(), "the one-time code could not be made");
        None
    })
}

fn role_of(word: &str) -> anyhow::Result<Role> {
    Role::GRANTABLE.into_iter().find(|role| role.word() == word).ok_or_else(|| anyhow!(say("fail.role", &[("role", &word)])))
}

/// Makes the data directory and sees that it can be written, so that what is
/// wrong with the disk is said in its own words.
fn prepare(data: &Path) -> anyhow::Result<()> {
    make_folder(data)?;
    let access = rustix::fs::Access::READ_OK | rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    rustix::fs::access(data, access).map_err(|error| fail::of_path(&error.into(), data))
}

/// A folder for this user alone.
fn make_folder(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| fail::of_path(&error, path))
}
