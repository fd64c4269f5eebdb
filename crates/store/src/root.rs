//! The data directory: found or made, held against a second process, and the
//! tenants in it.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use model::{TenantContext, TenantId};
use rustix::fs::{FlockOperation, flock};

use crate::sentence::{self, Sentence};
use crate::tenant::{Inner, TenantStore};
use crate::{Error, disk};

/// The storage format this program writes.
const FORMAT: u32 = 1;

/// How the store behaves.
#[derive(Debug, Clone)]
pub struct Config {
    /// How large the write-ahead log of a tenant may grow before it is moved
    /// into the database. Default 64 MiB.
    pub wal_max_bytes: u64,
    /// New data is refused when the disk has less free space than this (or
    /// than a twentieth of the disk, when that is less), so that deletion,
    /// erasure and logins still work. Default 1 GiB.
    pub reserve_max_bytes: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { wal_max_bytes: 64 << 20, reserve_max_bytes: 1 << 30 }
    }
}

/// A data directory, held by this process.
#[derive(Debug, Clone)]
pub struct Store {
    root: Arc<Root>,
    config: Config,
    tenants: Arc<Mutex<HashMap<TenantId, Weak<Inner>>>>,
    /// Tenants that are being filled and not yet there.
    filling: Arc<Mutex<BTreeSet<TenantId>>>,
}

/// The name of a tenant that is being filled: nobody else makes one of it meanwhile.
pub(crate) struct Filling {
    names: Arc<Mutex<BTreeSet<TenantId>>>,
    tenant: TenantId,
}

impl Drop for Filling {
    fn drop(&mut self) {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.tenant);
    }
}

/// The directory and its lock, held until the last handle of it is gone.
pub(crate) struct Root {
    path: PathBuf,
    _lock: File,
}

impl Store {
    /// Opens a data directory, or makes one in a folder that is empty or not there.
    ///
    /// # Errors
    /// [`Error::Locked`] when another process holds it; [`Error::Invalid`]
    /// when the folder holds something else or was written by a newer version;
    /// [`Error::Unavailable`] when permissions are missing; [`Error::NoSpace`].
    pub fn open(root: &Path, config: Config) -> Result<Self, Error> {
        let root = Arc::new(Root::acquire(root)?);
        Ok(Self { root, config, tenants: Arc::default(), filling: Arc::default() })
    }

    /// The data directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root.path
    }

    /// The tenants that there are, by name; also those of which only a part
    /// is left: a folder without its database, keys without a folder.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn tenants(&self) -> Result<Vec<TenantId>, Error> {
        let folders = disk::names(&self.root.tenants())?;
        let folders = folders.iter().filter_map(|name| TenantId::parse(name).ok()).filter(|tenant| self.root.folder(tenant).is_dir());
        let keys = disk::names(&self.root.path.join("keys"))?;
        let keys = keys.iter().filter_map(|name| TenantId::parse(name.strip_suffix(".db")?).ok());
        // The keys of a tenant that was never finished are no loss.
        let tenants: BTreeSet<TenantId> = folders.chain(keys.filter(|tenant| !self.root.unfinished(tenant).exists())).collect();
        Ok(tenants.into_iter().collect())
    }

    /// Makes a tenant: its folder and its keys.
    ///
    /// # Errors
    /// [`Error::Exists`] when there is one of that name;
    /// [`Error::Unavailable`] while one of that name is being filled.
    pub fn create_tenant(&self, ctx: &TenantContext) -> Result<TenantStore, Error> {
        let tenant = ctx.tenant();
        let _alone = self.take_name(tenant)?;
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        Inner::create(&self.root, tenant, &self.config)?;
        self.open_tenant(&mut tenants, tenant)
    }

    /// Holds the name of a tenant that is to be made, which nobody else makes meanwhile.
    pub(crate) fn take_name(&self, tenant: &TenantId) -> Result<Filling, Error> {
        let mut names = self.filling.lock().unwrap_or_else(PoisonError::into_inner);
        if self.root.folder(tenant).exists() {
            return Err(Error::exists(sentence::tenant(tenant)));
        }
        if !names.insert(tenant.clone()) {
            let remedy = Sentence::new("being-filled", "somebody is making or importing it; wait until that has ended");
            return Err(Error::unavailable(sentence::tenant(tenant), remedy));
        }
        Ok(Filling { names: Arc::clone(&self.filling), tenant: tenant.clone() })
    }

    /// A tenant that exists. Handles of one tenant share their connections;
    /// when the last is dropped, the tenant's files are closed.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Unavailable`] when its key store is missing.
    pub fn tenant(&self, ctx: &TenantContext) -> Result<TenantStore, Error> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        self.open_tenant(&mut tenants, ctx.tenant())
    }

    /// For the upkeep of whole installations, which looks at no tenant's content.
    pub(crate) fn open_by_name(&self, tenant: &TenantId) -> Result<TenantStore, Error> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        self.open_tenant(&mut tenants, tenant)
    }

    pub(crate) fn parts(&self) -> (&Arc<Root>, &Config) {
        (&self.root, &self.config)
    }

    fn open_tenant(&self, tenants: &mut HashMap<TenantId, Weak<Inner>>, tenant: &TenantId) -> Result<TenantStore, Error> {
        if let Some(open) = tenants.get(tenant).and_then(Weak::upgrade) {
            return Ok(TenantStore::new(open));
        }
        self.root.require_database(tenant)?;
        let inner = Arc::new(Inner::open(&self.root, tenant, &self.config)?);
        tenants.insert(tenant.clone(), Arc::downgrade(&inner));
        Ok(TenantStore::new(inner))
    }

    /// Gives a tenant whose key store is lost a new one. What was encrypted
    /// under the old keys (personal values, raw files, quarantine) stays
    /// unreadable.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Exists`] when the key store is there.
    pub fn replace_lost_keys(&self, ctx: &TenantContext) -> Result<(), Error> {
        let _tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let tenant = ctx.tenant();
        self.root.require_database(tenant)?;
        if self.root.keys(tenant).exists() {
            return Err(Error::exists(sentence::keys(tenant)));
        }
        Inner::replace_keys(&self.root, tenant, &self.config)
    }
}

impl Root {
    pub(crate) fn acquire(path: &Path) -> Result<Self, Error> {
        refuse_foreign(path)?;
        disk::make_folder(path)?;
        disk::make_private(path)?;
        let lock = lock(path)?;
        check_version(&path.join("version"))?;
        let root = Self { path: path.to_owned(), _lock: lock };
        disk::make_folder(&root.tenants())?;
        disk::make_folder(&path.join("keys"))?;
        Ok(root)
    }

    pub(crate) fn tenants(&self) -> PathBuf {
        self.path.join("tenants")
    }

    pub(crate) fn folder(&self, tenant: &TenantId) -> PathBuf {
        self.tenants().join(tenant.as_str())
    }

    /// Where a tenant is made before it appears under its name.
    pub(crate) fn unfinished(&self, tenant: &TenantId) -> PathBuf {
        self.tenants().join(format!(".new-{tenant}"))
    }

    /// A tenant that is not there at all is another thing than one that lost its database.
    fn require_database(&self, tenant: &TenantId) -> Result<(), Error> {
        let database = self.database(tenant);
        if database.is_file() {
            return Ok(());
        }
        if !self.folder(tenant).exists() && !self.keys(tenant).exists() {
            return Err(Error::not_found(sentence::tenant(tenant)));
        }
        Err(Error::unavailable(
            Sentence::new("the-tenants-database", "the database of the tenant `{tenant}`").with("tenant", tenant),
            Sentence::new(
                "tenant-incomplete",
                "`{path}` is missing; put it back, or move what is left of the tenant aside and restore its last backup",
            )
            .with("path", &database.display()),
        ))
    }

    pub(crate) fn database(&self, tenant: &TenantId) -> PathBuf {
        self.folder(tenant).join("tenant.db")
    }

    pub(crate) fn keys(&self, tenant: &TenantId) -> PathBuf {
        self.path.join("keys").join(format!("{tenant}.db"))
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root({})", self.path.display())
    }
}

/// A folder with content that is not a data directory is left alone.
fn refuse_foreign(path: &Path) -> Result<(), Error> {
    match fs::metadata(path) {
        Err(_) => return Ok(()),
        Ok(found) if !found.is_dir() => {
            return Err(Error::invalid(
                Sentence::new("data-no-folder", "`{path}` is not a folder; name one for the data").with("path", &path.display()),
            ));
        }
        Ok(_) => {}
    }
    // A crash between lock and version leaves a lone lock; a fresh file system has `lost+found`.
    let foreign = disk::names(path)?.into_iter().find(|name| name != "lock" && name != "lost+found" && name != "version.new");
    match foreign {
        Some(name) if !path.join("version").is_file() => Err(Error::invalid(
            Sentence::new(
                "data-foreign",
                "`{path}` is not a data directory: it holds `{name}` but no `version`; name an empty folder or one of ours",
            )
            .with("path", &path.display())
            .with("name", &name),
        )),
        _ => Ok(()),
    }
}

fn lock(root: &Path) -> Result<File, Error> {
    let path = root.join("lock");
    let mut file = disk::open_or_create(&path)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let mut holder = String::new();
            // The holder may be about to write its number: then it is not known.
            let _ = file.read_to_string(&mut holder);
            return Err(Error::Locked { root: root.to_owned(), pid: holder.trim().parse().unwrap_or(0) });
        }
        Err(error) => return Err(Error::io("lock", &path, error.into())),
    }
    file.set_len(0).and_then(|()| file.rewind()).map_err(|e| Error::io("write", &path, e))?;
    writeln!(file, "{}", std::process::id()).map_err(|e| Error::io("write", &path, e))?;
    Ok(file)
}

fn check_version(path: &Path) -> Result<(), Error> {
    if !path.exists() {
        return disk::write_whole(path, format!("{FORMAT}\n").as_bytes());
    }
    let text = fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
    match text.trim().parse::<u32>() {
        Ok(version) if version <= FORMAT => Ok(()),
        Ok(version) => Err(Error::invalid(
            Sentence::new(
                "data-newer",
                "the data directory has storage format {version}, this version knows {known}: install the newer version again",
            )
            .with("version", u64::from(version))
            .with("known", u64::from(FORMAT)),
        )),
        Err(_) => Err(Error::corrupt(
            sentence::file(path),
            Sentence::new("no-number", "it should hold a number and holds `{text}`").with("text", format!("{:.20}", text.trim())),
        )),
    }
}
