//! One tenant: its database, its keys, its files.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::TenantId;

use crate::backend::{Backend, Cell, Session, Sql, sql};
use crate::disk::Reserve;
use crate::keys::{self, Keys};
use crate::log::Head;
use crate::root::Root;
use crate::sentence::{self, Sentence};
use crate::sqlite::{Migration, Sqlite};
use crate::{Config, Error, disk};

const META_GET: Sql = sql!("meta_get");
const META_PUT: Sql = sql!("meta_put");

/// The schema of a tenant's database.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration(include_str!("../sql/migrations/0001_tenant.sql")),
    Migration(include_str!("../sql/migrations/0002_source_state.sql")),
    Migration(include_str!("../sql/migrations/0003_file_removal.sql")),
    Migration(include_str!("../sql/migrations/0004_run_repeats.sql")),
    Migration(include_str!("../sql/migrations/0005_history_removal.sql")),
    Migration(include_str!("../sql/migrations/0006_token_account.sql")),
];

/// Everything that is kept of one tenant. Cheap to clone; every method blocks
/// until the disk has answered, so callers bring their own threads.
#[derive(Clone)]
pub struct TenantStore {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) tenant: TenantId,
    pub(crate) folder: PathBuf,
    pub(crate) db: Box<dyn Backend>,
    pub(crate) keys: Keys,
    pub(crate) reserve: Reserve,
    head: Mutex<Option<Head>>,
    upkeep: Mutex<Upkeep>,
    /// Held while a raw file appears, goes, or is written down as read.
    files: Mutex<()>,
    /// Keeps the data directory locked as long as one of its tenants is open.
    _root: Arc<Root>,
}

/// Held by whatever replaces files: snapshots, sealing, backup exclude each
/// other. Taken before `head`.
#[derive(Debug, Default)]
pub(crate) struct Upkeep {
    /// Position of the newest snapshot that was read back and found good.
    pub(crate) verified_snapshot: Option<u64>,
}

impl Inner {
    /// Makes key store and folder. The folder appears under its name only
    /// when it is complete; a key store left by a crash before that is used.
    pub(crate) fn create(root: &Arc<Root>, tenant: &TenantId, config: &Config) -> Result<(), Error> {
        Self::prepare(root, tenant, config)?;
        disk::rename(&root.unfinished(tenant), &root.folder(tenant))
    }

    /// Makes key store and folder, the folder not yet under its name.
    pub(crate) fn prepare(root: &Arc<Root>, tenant: &TenantId, config: &Config) -> Result<(), Error> {
        let reserve = Reserve { folder: root.tenants(), bytes_max: config.reserve_max_bytes };
        reserve.check()?;
        let unfinished = root.unfinished(tenant);
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(|e| Error::io("remove the unfinished folder", &unfinished, e))?;
        }
        for name in ["", "snapshots", "history", "files"] {
            disk::make_folder(&unfinished.join(name))?;
        }
        let keys = Keys::open_or_create(&root.keys(tenant), tenant)?;
        let db = Sqlite::open(&unfinished.join("tenant.db"), config.wal_max_bytes, MIGRATIONS)?;
        write(&db, |s| {
            s.execute(META_PUT, &[Cell::Text("tenant"), tenant.as_str().into()])?;
            s.execute(META_PUT, &[Cell::Text("keystore"), (&keys.id).into()])
        })?;
        db.scrub()?;
        drop(db);
        disk::sync_folder(&unfinished)
    }

    pub(crate) fn open(root: &Arc<Root>, tenant: &TenantId, config: &Config) -> Result<Self, Error> {
        Self::open_at(root.folder(tenant), root, tenant, config)
    }

    /// Opens a tenant whose folder stands somewhere else than under its name.
    pub(crate) fn open_at(folder: PathBuf, root: &Arc<Root>, tenant: &TenantId, config: &Config) -> Result<Self, Error> {
        let keys = Keys::open(&root.keys(tenant), tenant)?;
        let db = open_database(&folder, tenant, config)?;
        if keystore_of(&db)? != Some(keys.id) {
            return Err(keys::of_other_data(tenant, &root.keys(tenant)));
        }
        for name in ["snapshots", "history", "files"] {
            disk::make_folder(&folder.join(name))?;
        }
        let reserve = Reserve { folder: folder.clone(), bytes_max: config.reserve_max_bytes };
        let inner = Self {
            tenant: tenant.clone(),
            folder,
            db: Box::new(db),
            keys,
            reserve,
            head: Mutex::new(None),
            upkeep: Mutex::default(),
            files: Mutex::default(),
            _root: Arc::clone(root),
        };
        inner.remove_unfinished_files()?;
        inner.finish_removals()?;
        Ok(inner)
    }

    pub(crate) fn replace_keys(root: &Arc<Root>, tenant: &TenantId, config: &Config) -> Result<(), Error> {
        let db = open_database(&root.folder(tenant), tenant, config)?;
        let keys = Keys::open_or_create(&root.keys(tenant), tenant)?;
        write(&db, |s| s.execute(META_PUT, &[Cell::Text("keystore"), (&keys.id).into()]))?;
        Ok(())
    }

    pub(crate) fn lock_head(&self) -> MutexGuard<'_, Option<Head>> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn lock_upkeep(&self) -> MutexGuard<'_, Upkeep> {
        self.upkeep.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn lock_files(&self) -> MutexGuard<'_, ()> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs reads that see one state.
    pub(crate) fn read<T>(&self, work: impl FnMut(&dyn Session) -> Result<T, Error>) -> Result<T, Error> {
        read(&*self.db, work)
    }

    /// Runs one durable transaction.
    pub(crate) fn write<T>(&self, work: impl FnMut(&dyn Session) -> Result<T, Error>) -> Result<T, Error> {
        write(&*self.db, work)
    }

    /// As [`Self::write`], for new data: refused when the disk is nearly full.
    pub(crate) fn write_new<T>(&self, work: impl FnMut(&dyn Session) -> Result<T, Error>) -> Result<T, Error> {
        self.reserve.check()?;
        self.write(work)
    }
}

/// A text that exists once per tenant.
pub(crate) fn meta_text(session: &dyn Session, key: &str) -> Result<Option<String>, Error> {
    session.first(META_GET, &[key.into()], |row| row.get(0))
}

/// A number that exists once per tenant; 0 until it is set.
pub(crate) fn meta_number(session: &dyn Session, key: &str) -> Result<u64, Error> {
    Ok(session.first(META_GET, &[key.into()], |row| row.get(0))?.unwrap_or(0))
}

pub(crate) fn set_meta_number(session: &dyn Session, key: &str, value: u64) -> Result<(), Error> {
    session.execute(META_PUT, &[key.into(), value.into()]).map(|_| ())
}

pub(crate) fn read<T>(db: &dyn Backend, mut work: impl FnMut(&dyn Session) -> Result<T, Error>) -> Result<T, Error> {
    let mut answer = None;
    db.read(&mut |session| {
        answer = Some(work(session)?);
        Ok(())
    })?;
    Ok(answer.expect("the backend runs the work before it says Ok"))
}

pub(crate) fn write<T>(db: &dyn Backend, mut work: impl FnMut(&dyn Session) -> Result<T, Error>) -> Result<T, Error> {
    let mut answer = None;
    db.write(&mut |session| {
        answer = Some(work(session)?);
        Ok(())
    })
    .map_err(|error| error.source)?;
    Ok(answer.expect("the backend runs the work before it says Ok"))
}

fn open_database(folder: &Path, tenant: &TenantId, config: &Config) -> Result<Sqlite, Error> {
    let path = folder.join("tenant.db");
    let db = Sqlite::open(&path, config.wal_max_bytes, MIGRATIONS)?;
    let owner = meta(&db, "tenant", |cell| if let Cell::Text(name) = cell { Some(name.to_owned()) } else { None })?;
    match owner {
        Some(owner) if owner == tenant.as_str() => Ok(db),
        Some(owner) => Err(Error::invalid(
            Sentence::new(
                "data-of-other-tenant",
                "`{path}` belongs to the tenant `{owner}`; a tenant's folder keeps its name, use backup and restore to move it",
            )
            .with("path", &path.display())
            .with("owner", &owner),
        )),
        None => {
            Err(Error::corrupt(sentence::file(&path), Sentence::new("nobodys", "it does not say whose it is; restore it from a backup")))
        }
    }
}

/// The number of the key store that the values of a tenant's database are encrypted with.
pub(crate) fn keystore_of(db: &dyn Backend) -> Result<Option<[u8; 16]>, Error> {
    meta(db, "keystore", |cell| if let Cell::Blob(id) = cell { id.try_into().ok() } else { None })
}

fn meta<T>(db: &dyn Backend, key: &str, get: impl Fn(Cell<'_>) -> Option<T>) -> Result<Option<T>, Error> {
    read(db, |s| s.first(META_GET, &[key.into()], |row| row.cell(0).map(&get))).map(Option::flatten)
}

impl TenantStore {
    pub(crate) fn new(inner: Arc<Inner>) -> Self {
        Self { inner }
    }

    /// Closes its files now: nobody else may hold it.
    pub(crate) fn close(self) -> Result<(), Error> {
        match Arc::try_unwrap(self.inner) {
            Ok(inner) => {
                drop(inner);
                Ok(())
            }
            Err(held) => Err(Error::unavailable(format!("the tenant `{}`", held.tenant), "somebody still works with it, try again")),
        }
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// Whose store this is.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.inner.tenant
    }

    /// The tenant's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.inner.folder
    }

    /// Whether the disk has room for new data: all but its reserve.
    ///
    /// # Errors
    /// [`Error::NoSpace`] when it has not.
    pub fn check_room(&self) -> Result<(), Error> {
        self.inner.reserve.check()
    }

    /// Where the objects of sealed history lie. They are written and read by
    /// others; the store only knows which of them count.
    #[must_use]
    pub fn history_folder(&self) -> PathBuf {
        self.inner.folder.join("history")
    }
}

impl fmt::Debug for TenantStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantStore({})", self.inner.tenant)
    }
}
