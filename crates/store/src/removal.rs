//! Removing raw inputs that nobody needs any more, such as an upload that was
//! discarded. Announced in the database, then taken off the disk, then noted
//! as gone: a crash in between is made up for when the tenant opens. What a
//! run has read stays, and with it whatever waits in quarantine, because every
//! such record belongs to a run; only the erasure of a person takes such a
//! file away (`erased`).

use model::Instant;

use crate::backend::{Row, Session, Sql, sql};
use crate::tenant::Inner;
use crate::{Error, FileRemoval, RemovedFile, TenantStore, disk};

const ANNOUNCE: Sql = sql!("removal/announce");
const GONE: Sql = sql!("removal/gone");
const WITHDRAW: Sql = sql!("removal/withdraw");
const PENDING: Sql = sql!("removal/pending");
const LATEST: Sql = sql!("removal/latest");
const ANY: Sql = sql!("removal/any");
const RUN_OF_INPUT: Sql = sql!("run/of_input");

impl TenantStore {
    /// Takes a raw input off the disk, unless a run has read it. When it
    /// answers [`FileRemoval::Done`], the file is gone for good and it is
    /// written down who removed it. Backups made before still hold it.
    ///
    /// # Errors
    /// When the database or the disk cannot be written. The removal may have
    /// been announced then: it is carried out when the tenant opens again.
    pub fn remove_file(&self, checksum: &[u8; 32], at: Instant, actor: &str) -> Result<FileRemoval, Error> {
        let inner = self.inner();
        let _files = inner.lock_files();
        if !inner.file(checksum).is_file() {
            return Ok(FileRemoval::NotThere);
        }
        match self.announce_removal(checksum, at, actor)? {
            Err(run) => Ok(FileRemoval::Needed { run }),
            Ok(id) => inner.carry_out(id, checksum).map(|()| FileRemoval::Done),
        }
    }

    /// The number of the removal, or of a run that has read the file.
    pub(crate) fn announce_removal(&self, checksum: &[u8; 32], at: Instant, actor: &str) -> Result<Result<u64, u64>, Error> {
        self.inner().write(|s| {
            if let Some(run) = reader(s, checksum)? {
                return Ok(Err(run));
            }
            let id = s.first(ANNOUNCE, &[checksum.into(), at.into(), actor.into()], |row| row.get(0))?;
            id.map(Ok).ok_or_else(|| Error::corrupt("the database", "a new removal has no number"))
        })
    }

    /// The last `limit` removals, the newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn removed_files(&self, limit: usize) -> Result<Vec<RemovedFile>, Error> {
        self.inner().read(|s| s.all(LATEST, &[limit.into()], read))
    }
}

impl Inner {
    /// Ends what a crash interrupted. For the start, when nobody else is at work.
    pub(crate) fn finish_removals(&self) -> Result<(), Error> {
        let pending = self.read(|s| s.all(PENDING, &[], |row| Ok((row.get::<u64>(0)?, row.get::<[u8; 32]>(1)?))))?;
        for (id, checksum) in pending {
            // It may have been uploaded again, and read, before the disk gave way.
            match self.read(|s| reader(s, &checksum))? {
                Some(_) => self.write(|s| s.execute(WITHDRAW, &[id.into()])).map(|_| ())?,
                None => self.carry_out(id, &checksum)?,
            }
        }
        Ok(())
    }

    fn carry_out(&self, id: u64, checksum: &[u8; 32]) -> Result<(), Error> {
        let path = self.file(checksum);
        disk::remove_file(&path)?;
        if let Some(folder) = path.parent().filter(|folder| folder.is_dir()) {
            disk::sync_folder(folder)?;
        }
        self.write(|s| s.execute(GONE, &[id.into()])).map(|_| ())
    }

    /// Refuses a run over a file that was removed since it was kept. The
    /// caller holds [`Self::lock_files`] until the run is written down.
    pub(crate) fn check_not_removed(&self, session: &dyn Session, checksum: &[u8; 32]) -> Result<(), Error> {
        let was_removed = session.first(ANY, &[checksum.into()], |_| Ok(()))?.is_some();
        if was_removed && !self.file(checksum).is_file() {
            return Err(Error::unavailable("the raw input", "it was removed in the meantime; send it again"));
        }
        Ok(())
    }
}

pub(crate) fn read(row: &dyn Row) -> Result<RemovedFile, Error> {
    Ok(RemovedFile { checksum: row.get(0)?, at: row.get(1)?, actor: row.get(2)? })
}

/// The newest run that read a file.
fn reader(session: &dyn Session, checksum: &[u8; 32]) -> Result<Option<u64>, Error> {
    session.first(RUN_OF_INPUT, &[checksum.into()], |row| row.get(0))
}
