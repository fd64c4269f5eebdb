//! The key store: a database of its own beside the tenants' folders, never in
//! a backup of the data. A key is durable before it is given out.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use model::TenantId;

use crate::backend::{Backend, Cell, Session, Sql, sql};
use crate::sentence::{self, Sentence};
use crate::sqlite::{Migration, Sqlite};
use crate::tenant::{read, write};
use crate::{Error, TenantStore, disk};

const META_GET: Sql = sql!("meta_get");
const META_PUT: Sql = sql!("meta_put");
const TENANT: Sql = sql!("key/tenant");
const PUT_TENANT: Sql = sql!("key/put_tenant");
const SUBJECT: Sql = sql!("key/subject");
const PUT_SUBJECT: Sql = sql!("key/put_subject");
const BY_ID: Sql = sql!("key/by_id");
const DESTROY: Sql = sql!("key/destroy");

const MIGRATIONS: &[Migration] = &[Migration(include_str!("../sql/migrations/0001_keys.sql"))];

/// Keys are few and small: a short write-ahead log keeps destroyed ones from lingering.
const WAL_MAX_BYTES: u64 = 1 << 20;

/// The key store of one tenant.
pub(crate) struct Keys {
    /// Random number of this store: data and keys that do not belong together are told apart by it.
    pub(crate) id: [u8; 16],
    pub(crate) db: Box<dyn Backend>,
    /// Keys of the tenant itself; keys of subjects are never kept in memory here.
    tenant_keys: Mutex<HashMap<String, [u8; 32]>>,
}

impl Keys {
    /// Opens a key store that must be there: a new one could open nothing.
    pub(crate) fn open(path: &Path, tenant: &TenantId) -> Result<Self, Error> {
        if !path.is_file() {
            return Err(Error::unavailable(
                sentence::keys(tenant),
                Sentence::new(
                    "keys-missing",
                    "`{path}` is missing; restore it from the backup of the keys, or replace it and lose personal values, raw files and quarantine",
                )
                .with("path", &path.display()),
            ));
        }
        Self::open_or_create(path, tenant)
    }

    pub(crate) fn open_or_create(path: &Path, tenant: &TenantId) -> Result<Self, Error> {
        let db = Sqlite::open(path, WAL_MAX_BYTES, MIGRATIONS)?;
        disk::sync_folder(path.parent().unwrap_or(path))?;
        let fresh: [u8; 16] = disk::random()?;
        let id = write(&db, |s| {
            let owner: Option<String> = s.first(META_GET, &[Cell::Text("tenant")], |row| row.get(0))?;
            match owner {
                Some(owner) if owner != tenant.as_str() => Err(Error::invalid(
                    Sentence::new(
                        "keys-of-other-tenant",
                        "the key store `{path}` belongs to the tenant `{owner}`; put back the one of `{tenant}`",
                    )
                    .with("path", &path.display())
                    .with("owner", &owner)
                    .with("tenant", tenant),
                )),
                Some(_) => s.first(META_GET, &[Cell::Text("id")], |row| row.get(0))?.ok_or_else(|| {
                    Error::corrupt(sentence::file(path), Sentence::new("keys-unnumbered", "it has no number; restore it from a backup"))
                }),
                None => {
                    s.execute(META_PUT, &[Cell::Text("tenant"), tenant.as_str().into()])?;
                    s.execute(META_PUT, &[Cell::Text("id"), (&fresh).into()])?;
                    Ok(fresh)
                }
            }
        })?;
        Ok(Self { id, db: Box::new(db), tenant_keys: Mutex::default() })
    }
}

impl TenantStore {
    /// The tenant's key for a purpose (`raw`, `blind`, `subject-hmac`, …), made
    /// from the operating system's randomness when it is asked for first.
    ///
    /// # Errors
    /// When the key store cannot be read or written.
    pub fn tenant_key(&self, purpose: &str) -> Result<[u8; 32], Error> {
        let keys = &self.inner().keys;
        let mut known = keys.tenant_keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.get(purpose) {
            return Ok(*key);
        }
        let key = match read(&*keys.db, |s| s.first(TENANT, &[purpose.into()], |row| row.get(0)))? {
            Some(key) => key,
            None => write(&*keys.db, |s| {
                let key = disk::random()?;
                s.execute(PUT_TENANT, &[purpose.into(), (&key).into()])?;
                Ok(key)
            })?,
        };
        known.insert(purpose.to_owned(), key);
        Ok(key)
    }

    /// Number and key of a person's values; with `create`, made when it is not there.
    ///
    /// # Errors
    /// When the key store cannot be read or written.
    pub fn subject_key(&self, subject: &[u8; 32], create: bool) -> Result<Option<(u64, [u8; 32])>, Error> {
        let found = read(&*self.inner().keys.db, |s| find_subject(s, subject))?;
        if found.is_some() || !create {
            return Ok(found);
        }
        self.subject_keys(&[*subject]).map(|keys| keys.into_iter().next())
    }

    /// Numbers and keys of many persons in their order, made where they are
    /// missing, with one sync for all.
    ///
    /// # Errors
    /// When the key store cannot be read or written.
    pub fn subject_keys(&self, subjects: &[[u8; 32]]) -> Result<Vec<(u64, [u8; 32])>, Error> {
        write(&*self.inner().keys.db, |s| subjects.iter().map(|subject| find_or_make(s, subject)).collect())
    }

    /// The key of a number; `None` once it is destroyed.
    ///
    /// # Errors
    /// When the key store cannot be read.
    pub fn key_by_id(&self, id: u64) -> Result<Option<[u8; 32]>, Error> {
        read(&*self.inner().keys.db, |s| s.first(BY_ID, &[id.into()], |row| row.get(0)))
    }

    /// Destroys a person's key: in the database, overwritten with zeros, and in
    /// its write-ahead log. Says whether there was one. After an error, destroy again.
    ///
    /// # Errors
    /// When the key store cannot be written, or the key may still lie in a file.
    pub fn destroy_subject_key(&self, subject: &[u8; 32]) -> Result<bool, Error> {
        let keys = &self.inner().keys;
        let destroyed = write(&*keys.db, |s| s.execute(DESTROY, &[subject.into()]))?;
        keys.db.scrub()?;
        Ok(destroyed > 0)
    }
}

/// Whose keys a file holds, and the number of their store.
pub(crate) fn owner_of(path: &Path) -> Result<(TenantId, [u8; 16]), Error> {
    let no_key_store = || Error::corrupt(sentence::file(path), Sentence::new("no-keys", "it is no copy of a key store; take another one"));
    if !path.is_file() {
        return Err(Error::not_found(sentence::file(path)));
    }
    let db = Sqlite::open_copy(path)?;
    if !db.check()?.is_empty() {
        return Err(no_key_store());
    }
    let owner: Option<String> = read(&db, |s| s.first(META_GET, &[Cell::Text("tenant")], |row| row.get(0)))?;
    let id = read(&db, |s| s.first(META_GET, &[Cell::Text("id")], |row| row.get(0)))?;
    owner.and_then(|owner| TenantId::parse(&owner).ok()).zip(id).ok_or_else(no_key_store)
}

/// Keys that are not those of a tenant's data.
pub(crate) fn of_other_data(tenant: &TenantId, path: &Path) -> Error {
    let remedy = Sentence::new("keys-of-other-data", "`{path}` belongs to other data; put back the one that was saved with this tenant");
    Error::unavailable(sentence::keys(tenant), remedy.with("path", &path.display()))
}

fn find_subject(session: &dyn Session, subject: &[u8; 32]) -> Result<Option<(u64, [u8; 32])>, Error> {
    session.first(SUBJECT, &[subject.into()], |row| Ok((row.get(0)?, row.get(1)?)))
}

fn find_or_make(session: &dyn Session, subject: &[u8; 32]) -> Result<(u64, [u8; 32]), Error> {
    if let Some(found) = find_subject(session, subject)? {
        return Ok(found);
    }
    let key: [u8; 32] = disk::random()?;
    let id = session.first(PUT_SUBJECT, &[subject.into(), (&key).into()], |row| row.get(0))?;
    let id = id.ok_or_else(|| Error::corrupt("the key store", "a new key has no number"))?;
    Ok((id, key))
}
