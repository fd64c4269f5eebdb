//! The embedded backend: one SQLite file, one connection that writes, up to
//! two that read.
//!
//! A commit is one append to the write-ahead log and one sync. The log is
//! checkpointed by the writer between transactions, once it has grown to its
//! limit, and then written again from its beginning: overwriting needs no new
//! file size on the disk, which makes the sync cheaper. What was deleted is
//! overwritten with zeros (`secure_delete`).

mod migrate;
mod session;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::backend::{Backend, Session};
use crate::{AppendError, Error, Sentence, disk};
pub(crate) use migrate::Migration;

const PAGE_BYTES: u64 = 4096;

/// How many pages are given back to the disk in one step while writers wait.
const RELEASE_PAGES: u32 = 2048;

/// How long a statement waits for a connection of another process.
const BUSY: Duration = Duration::from_secs(2);

/// A SQLite file.
pub(crate) struct Sqlite {
    path: PathBuf,
    wal_max_bytes: u64,
    writer: Mutex<Writer>,
    readers: [Mutex<Option<Connection>>; 2],
}

/// The writing connection; `None` after a failure that leaves its state
/// unknown, until the next write opens a new one.
struct Writer {
    connection: Option<Connection>,
    /// Pages in the write-ahead log after the last commit.
    wal_pages: Arc<AtomicU64>,
}

impl Sqlite {
    /// Opens a database or makes it, and brings its schema up to date.
    pub(crate) fn open(path: &Path, wal_max_bytes: u64, migrations: &[Migration]) -> Result<Self, Error> {
        if !path.exists() {
            // Made here first, so that it and the files beside it are private from the beginning.
            drop(disk::create_file(path)?);
        }
        let wal_pages = Arc::new(AtomicU64::new(0));
        let mut connection = open_writer(path, wal_max_bytes, &wal_pages)?;
        migrate::run(&mut connection, path, migrations)?;
        Ok(Self {
            path: path.to_owned(),
            wal_max_bytes,
            writer: Mutex::new(Writer { connection: Some(connection), wal_pages }),
            readers: [Mutex::new(None), Mutex::new(None)],
        })
    }

    /// Opens a file that [`Backend::copy_to`] wrote, for reading only: nothing
    /// appears beside it.
    pub(crate) fn open_copy(path: &Path) -> Result<Self, Error> {
        let open = || {
            let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
            connection.execute_batch(include_str!("../sql/open_reader.sql"))?;
            Ok(connection)
        };
        let reader = open().map_err(|e| Error::database(path, e))?;
        Ok(Self {
            path: path.to_owned(),
            wal_max_bytes: 0,
            writer: Mutex::new(Writer { connection: None, wal_pages: Arc::default() }),
            readers: [Mutex::new(Some(reader)), Mutex::new(None)],
        })
    }

    fn fail(&self, source: rusqlite::Error) -> Error {
        Error::database(&self.path, source)
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The writing connection, opened anew if the last one was given up.
    fn connection<'w>(&self, writer: &'w mut Writer) -> Result<&'w mut Connection, Error> {
        let connection = match writer.connection.take() {
            Some(connection) => connection,
            None => self.open_after_failure(&writer.wal_pages)?,
        };
        Ok(writer.connection.insert(connection))
    }

    /// A new writing connection after a failure that may have been one of the
    /// sync. The system then takes pages for written that the disk does not
    /// have, and no later sync brings them there: whatever would be built on
    /// them could be lost with them. So all that the log shows is written anew,
    /// into the database, before anything follows it.
    fn open_after_failure(&self, wal_pages: &Arc<AtomicU64>) -> Result<Connection, Error> {
        let connection = open_writer(&self.path, self.wal_max_bytes, wal_pages)?;
        match checkpoint(&connection, "TRUNCATE", BUSY, wal_pages) {
            Ok(true) => Ok(connection),
            Ok(false) => Err(Error::unavailable(
                Sentence::new("write-ahead", "the write-ahead log of `{path}`").with("path", &self.path.display()),
                "a long read still needs it after a failed write; try again",
            )),
            Err(error) => Err(self.fail(error)),
        }
    }

    fn commit(&self, connection: &Connection, work: &mut dyn FnMut(&dyn Session) -> Result<(), Error>) -> Result<(), AppendError> {
        let did_not_happen = |source| AppendError { certain: true, source };
        connection.execute_batch("BEGIN IMMEDIATE").map_err(|e| did_not_happen(self.fail(e)))?;
        let session = session::SqliteSession { connection, path: &self.path };
        if let Err(error) = work(&session) {
            return Err(did_not_happen(error));
        }
        connection.execute_batch("COMMIT").map_err(|error| {
            // A full disk stops the write-ahead log before its commit frame. Any other failure
            // (above all of the sync) may leave that frame behind, to be found at the next start.
            let certain = matches!(error.sqlite_error_code(), Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy));
            AppendError { certain, source: self.fail(error) }
        })
    }

    /// Moves the write-ahead log into the database when it has grown to its limit.
    fn bound_wal(&self, writer: &Writer) {
        let pages = writer.wal_pages.load(Ordering::Relaxed);
        if let Some(connection) = &writer.connection
            && pages.saturating_mul(PAGE_BYTES) >= self.wal_max_bytes
            && let Err(error) = checkpoint(connection, "RESTART", Duration::ZERO, &writer.wal_pages)
        {
            // Nothing is lost: the log only goes on growing until the next try.
            tracing::warn!(database = %self.path.display(), %error, "the write-ahead log could not be checkpointed");
        }
    }

    fn open_reader(&self) -> Result<Connection, Error> {
        open_connection(&self.path, include_str!("../sql/open_reader.sql")).map_err(|e| self.fail(e))
    }

    /// A reading connection: the first if it is free, else the second, waiting for it.
    fn reader(&self) -> MutexGuard<'_, Option<Connection>> {
        match self.readers[0].try_lock() {
            Ok(reader) => reader,
            Err(_) => self.readers[1].lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// For tests: the writing connection is given up, as after a failed sync.
    #[cfg(test)]
    pub(crate) fn give_up_writer(&self) {
        self.writer().connection = None;
    }

    /// For tests of a full disk: the database may not grow beyond so many pages.
    #[cfg(test)]
    pub(crate) fn limit_pages(&self, pages: u64) {
        let mut writer = self.writer();
        let connection = self.connection(&mut writer).expect("open");
        connection.pragma_update(None, "max_page_count", pages.cast_signed()).expect("pragma");
    }
}

fn open_connection(path: &Path, settings: &str) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(settings)?;
    Ok(connection)
}

fn open_writer(path: &Path, wal_max_bytes: u64, wal_pages: &Arc<AtomicU64>) -> Result<Connection, Error> {
    let open = || {
        let mut connection = open_connection(path, include_str!("../sql/open_writer.sql"))?;
        connection.pragma_update(None, "journal_size_limit", i64::try_from(wal_max_bytes).unwrap_or(i64::MAX))?;
        let counter = Arc::clone(wal_pages);
        connection.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages: std::ffi::c_int| {
            counter.store(u64::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(connection)
    };
    open().map_err(|e| Error::database(path, e))
}

/// Copies the write-ahead log into the database, waiting so long for readers.
/// Says whether all of it moved; what readers hold back moves the next time.
fn checkpoint(connection: &Connection, mode: &str, patience: Duration, wal_pages: &AtomicU64) -> rusqlite::Result<bool> {
    connection.busy_timeout(patience)?;
    let mut busy = 0;
    let outcome = connection.pragma(None, "wal_checkpoint", mode, |row| {
        busy = row.get(0)?;
        Ok(())
    });
    connection.busy_timeout(BUSY)?;
    outcome?;
    if busy == 0 {
        wal_pages.store(0, Ordering::Relaxed);
    }
    Ok(busy == 0)
}

impl Backend for Sqlite {
    fn read(&self, work: &mut dyn FnMut(&dyn Session) -> Result<(), Error>) -> Result<(), Error> {
        let mut slot = self.reader();
        let connection = match slot.take() {
            Some(connection) => connection,
            None => self.open_reader()?,
        };
        connection.execute_batch("BEGIN").map_err(|e| self.fail(e))?;
        let outcome = work(&session::SqliteSession { connection: &connection, path: &self.path });
        let end = connection.execute_batch("COMMIT").map_err(|e| self.fail(e));
        // A connection that failed is not used again.
        if outcome.is_ok() && end.is_ok() {
            *slot = Some(connection);
        }
        outcome.and(end)
    }

    fn write(&self, work: &mut dyn FnMut(&dyn Session) -> Result<(), Error>) -> Result<(), AppendError> {
        let mut writer = self.writer();
        let connection = self.connection(&mut writer).map_err(|source| AppendError { certain: true, source })?;
        let outcome = self.commit(connection, work);
        let reusable = match &outcome {
            Ok(()) => true,
            Err(error) => error.certain && (connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok()),
        };
        if !reusable {
            writer.connection = None;
        }
        self.bound_wal(&writer);
        outcome
    }

    fn scrub(&self) -> Result<(), Error> {
        loop {
            let mut writer = self.writer();
            let wal_pages = Arc::clone(&writer.wal_pages);
            let connection = self.connection(&mut writer)?;
            // In steps, so that a large deletion neither fills the write-ahead log nor keeps writers waiting.
            let free: u32 = connection.pragma_query_value(None, "freelist_count", |row| row.get(0)).map_err(|e| self.fail(e))?;
            connection.pragma(None, "incremental_vacuum", RELEASE_PAGES, |_| Ok(())).map_err(|e| self.fail(e))?;
            if !checkpoint(connection, "TRUNCATE", BUSY, &wal_pages).map_err(|e| self.fail(e))? {
                return Err(Error::unavailable(
                    Sentence::new("write-ahead", "the write-ahead log of `{path}`").with("path", &self.path.display()),
                    "a long read still needs it; what was deleted is overwritten when that has ended, try again",
                ));
            }
            if free <= RELEASE_PAGES {
                return Ok(());
            }
        }
    }

    fn copy_to(&self, file: &Path) -> Result<(), Error> {
        let target = file.to_str().ok_or_else(|| Error::invalid(format!("the path `{}` is not UTF-8", file.display())))?;
        // An empty file of ours is filled in place: so it is private from the beginning.
        drop(disk::create_file(file)?);
        // Not one of the readers: they may not write, not even to another file.
        let connection = open_connection(&self.path, include_str!("../sql/open_copy.sql")).map_err(|e| self.fail(e))?;
        connection.execute("VACUUM INTO ?1", [target]).map_err(|e| Error::database(file, e))?;
        disk::sync_file(&disk::open(file)?, file)
    }

    fn check(&self) -> Result<Vec<String>, Error> {
        let mut slot = self.reader();
        let connection = match slot.take() {
            Some(connection) => connection,
            None => self.open_reader()?,
        };
        let mut findings = Vec::new();
        connection
            .pragma_query(None, "integrity_check", |row| {
                let finding: String = row.get(0)?;
                if finding != "ok" {
                    findings.push(format!("`{}`: {finding}", self.path.display()));
                }
                Ok(())
            })
            .map_err(|e| self.fail(e))?;
        *slot = Some(connection);
        Ok(findings)
    }
}
