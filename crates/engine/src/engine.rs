//! The engine: the tenants of an installation and who may come in.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::{Clock, Instant, TenantContext, TenantId};
use parking_lot::RwLock;
use policy::Principal;
use store::{BackupReport, Finding, NewTenant, Store};

use crate::tenant::Tenant;
use crate::{Access, DOOR, Error};

/// Settings of the engine.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data directory.
    pub data: PathBuf,
    /// After how many unsealed values history is sealed. Default 250 000;
    /// a smaller tail is sealed when a minute passes without that.
    pub seal_after: usize,
    /// How much memory the entities of one tenant may take, in bytes, before
    /// writes that make it grow are refused. Default 4 GiB.
    pub memory_bytes_max: usize,
    /// How large the write-ahead log may grow before it is folded into the database, in bytes. Default 64 MiB.
    pub wal_bytes_max: u64,
}

impl Config {
    /// Defaults over a data directory.
    #[must_use]
    pub fn at(data: &Path) -> Self {
        Self { data: data.to_owned(), seal_after: 250_000, memory_bytes_max: 4 << 30, wal_bytes_max: 64 << 20 }
    }
}

/// The platform's core. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    config: Config,
    tenants: RwLock<HashMap<TenantId, Arc<Tenant>>>,
    /// Why tenants did not open.
    closed: BTreeMap<TenantId, Error>,
}

impl Engine {
    /// Opens a data directory, made when it is not there, and loads its
    /// tenants. One whose data do not open stays closed ([`Self::closed`])
    /// and keeps no other from opening. Blocks.
    ///
    /// # Errors
    /// When another process holds the directory, it cannot be written, or no
    /// tenant opens: why the first did not.
    pub fn open(config: Config, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let store = Store::open(&config.data, store::Config { wal_max_bytes: config.wal_bytes_max, ..store::Config::default() })?;
        let (mut open, mut closed) = (HashMap::new(), BTreeMap::new());
        for tenant in store.tenants()? {
            let context = TenantContext::new(&DOOR, tenant.clone());
            let kept = store.tenant(&context).map_err(Error::from);
            match kept.and_then(|kept| Tenant::start(context, kept, Arc::clone(&clock), config.clone())) {
                Ok(started) => drop(open.insert(tenant, started)),
                Err(error) => drop(closed.insert(tenant, error)),
            }
        }
        if open.is_empty()
            && let Some((_, error)) = closed.pop_first()
        {
            return Err(error);
        }
        for (tenant, error) in &closed {
            tracing::error!(tenant = tenant.as_str(), %error, "a tenant does not open; the others are served. `allmende check` names the way back");
        }
        Ok(Self(Arc::new(Inner { store, clock, config, tenants: RwLock::new(open), closed })))
    }

    /// What time the engine's clock shows.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.0.clock.now()
    }

    /// The tenants that did not open, and why: for the operator, not for their users.
    #[must_use]
    pub fn closed(&self) -> &BTreeMap<TenantId, Error> {
        &self.0.closed
    }

    /// All tenants that are open, by name.
    #[must_use]
    pub fn tenants(&self) -> Vec<TenantId> {
        let mut names: Vec<TenantId> = self.0.tenants.read().keys().cloned().collect();
        names.sort();
        names
    }

    /// The tenant of a name, open or closed.
    ///
    /// # Errors
    /// [`crate::Kind::NotFound`] names it.
    pub fn tenant(&self, name: &str) -> Result<TenantId, Error> {
        let known = TenantId::parse(name).ok().filter(|id| self.0.closed.contains_key(id) || self.0.tenants.read().contains_key(id));
        known.ok_or_else(|| Error::not_found("tenant", &name.chars().take(100).collect::<String>()))
    }

    /// Makes a tenant.
    ///
    /// # Errors
    /// [`crate::Kind::Exists`] when there is one of the name.
    pub fn create_tenant(&self, name: &TenantId) -> Result<(), Error> {
        if self.tenant(name.as_str()).is_ok() {
            return Err(Error::exists("tenant", name));
        }
        let context = TenantContext::new(&DOOR, name.clone());
        let store = self.0.store.create_tenant(&context)?;
        let started = Tenant::start(context, store, Arc::clone(&self.0.clock), self.0.config.clone())?;
        self.0.tenants.write().insert(name.clone(), started);
        Ok(())
    }

    /// Begins a tenant that appears when it is filled.
    pub(crate) fn begin_tenant(&self, context: &TenantContext) -> Result<NewTenant, Error> {
        Ok(self.0.store.begin_tenant(context)?)
    }

    /// Opens a tenant that was just filled.
    pub(crate) fn open_tenant(&self, context: TenantContext) -> Result<(), Error> {
        let (tenant, store) = (context.tenant().clone(), self.0.store.tenant(&context)?);
        let started = Tenant::start(context, store, Arc::clone(&self.0.clock), self.0.config.clone())?;
        self.0.tenants.write().insert(tenant, started);
        Ok(())
    }

    /// One principal's access to a tenant.
    ///
    /// # Errors
    /// [`crate::Kind::NotFound`] when there is no such tenant,
    /// [`crate::Kind::Unavailable`] when it is closed.
    pub fn access(&self, tenant: &TenantId, principal: Principal) -> Result<Access, Error> {
        Ok(Access::new(self.loaded(tenant)?, principal))
    }

    pub(crate) fn loaded(&self, tenant: &TenantId) -> Result<Arc<Tenant>, Error> {
        match self.0.tenants.read().get(tenant) {
            Some(open) => Ok(Arc::clone(open)),
            None if self.0.closed.contains_key(tenant) => Err(Error::closed(tenant)),
            None => Err(Error::not_found("tenant", tenant)),
        }
    }

    /// How every tenant does.
    #[must_use]
    pub fn health(&self) -> Health {
        let mut tenants: Vec<TenantHealth> = self.0.tenants.read().values().map(|tenant| TenantHealth::of(tenant)).collect();
        tenants.sort_by(|a, b| a.tenant.cmp(&b.tenant));
        Health { tenants }
    }

    /// Adds a point to a tenant's folder of backups, consistent while it is in
    /// use, and puts its keys into a file of their own, which belongs to
    /// another place than the data. Blocks.
    ///
    /// # Errors
    /// When a target cannot be written or the tenant is not there.
    pub fn backup(&self, tenant: &TenantId, target: &Path, keys: &Path) -> Result<BackupReport, Error> {
        Ok(self.loaded(tenant)?.shared.store.backup(target, keys, self.now())?)
    }

    /// Whether a backup of a tenant and its keys would go to these targets. Makes nothing.
    ///
    /// # Errors
    /// Those of [`Self::backup`].
    pub fn check_backup(&self, tenant: &TenantId, target: &Path, keys: &Path) -> Result<(), Error> {
        Ok(self.loaded(tenant)?.shared.store.check_backup(target, keys)?)
    }

    /// Looks at everything that is kept of every tenant, while they are in use. Blocks.
    ///
    /// # Errors
    /// When the data directory cannot be read.
    pub fn check(&self) -> Result<Vec<(TenantId, Vec<Finding>)>, Error> {
        Ok(self.0.store.check()?)
    }

    /// Ends what is queued, writes snapshots and closes the tenants. Blocks.
    ///
    /// # Errors
    /// The first failure, after all tenants were closed.
    pub fn shutdown(&self) -> Result<(), Error> {
        let tenants: Vec<Arc<Tenant>> = self.0.tenants.write().drain().map(|(_, tenant)| tenant).collect();
        let results: Vec<Result<(), Error>> = tenants.iter().map(|tenant| tenant.stop()).collect();
        results.into_iter().collect()
    }
}

/// How the engine does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The tenants, by name.
    pub tenants: Vec<TenantHealth>,
}

/// How a tenant does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantHealth {
    /// Which tenant.
    pub tenant: TenantId,
    /// How many entities it has.
    pub entities: usize,
    /// Roughly what they take in memory, in bytes.
    pub memory_bytes: usize,
    /// How many values are not sealed yet.
    pub tail: usize,
    /// How many sealed segments there are.
    pub segments: usize,
    /// The log's position.
    pub log_seq: u64,
    /// Up to which position history is sealed.
    pub sealed_upto: u64,
    /// Why the last write or seal failed, until one succeeds.
    pub last_error: Option<Error>,
}

impl TenantHealth {
    fn of(tenant: &Tenant) -> Self {
        let shared = &tenant.shared;
        let state = shared.state.read();
        Self {
            tenant: shared.tenant().clone(),
            entities: state.len(),
            memory_bytes: state.memory_bytes(),
            tail: shared.past.tail_len(),
            segments: shared.past.segments_len(),
            log_seq: state.seq,
            sealed_upto: shared.past.sealed_upto(),
            last_error: shared.last_error(),
        }
    }
}
