//! Definitions of sources: every version is kept, one is current.

use model::Instant;

use crate::backend::{Row, Sql, sql};
use crate::{Error, SourceRow, TenantStore};

const CURRENT: Sql = sql!("source/current");
const PUT: Sql = sql!("source/put");
const PUT_VERSION: Sql = sql!("source/put_version");
const PAUSE: Sql = sql!("source/pause");
const ALL: Sql = sql!("source/all");
const ONE: Sql = sql!("source/one");

impl TenantStore {
    /// Makes a definition the current one and says its version. The text that
    /// is current already stays that version.
    ///
    /// # Errors
    /// When the database cannot take it.
    pub fn put_source(&self, name: &str, text: &str, at: Instant, actor: &str) -> Result<u64, Error> {
        self.inner().write_new(|s| {
            let current = s.first(CURRENT, &[name.into()], |row| Ok((row.get::<u64>(0)?, row.get::<&str>(1)? == text)))?;
            let version = match current {
                Some((version, true)) => return Ok(version),
                Some((version, false)) => version + 1,
                None => 1,
            };
            s.execute(PUT, &[name.into(), version.into()])?;
            s.execute(PUT_VERSION, &[name.into(), version.into(), text.into(), at.into(), actor.into()])?;
            Ok(version)
        })
    }

    /// The current version of every source, by name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn sources(&self) -> Result<Vec<SourceRow>, Error> {
        self.inner().read(|s| s.all(ALL, &[], read))
    }

    /// One version of a source; without a number, the current one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn source(&self, name: &str, version: Option<u64>) -> Result<Option<SourceRow>, Error> {
        self.inner().read(|s| s.first(ONE, &[name.into(), version.into()], read))
    }

    /// Lets a source rest, or work again.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn set_source_paused(&self, name: &str, paused: bool) -> Result<(), Error> {
        match self.inner().write(|s| s.execute(PAUSE, &[name.into(), paused.into()]))? {
            0 => Err(Error::not_found(format!("the source `{name}`"))),
            _ => Ok(()),
        }
    }
}

fn read(row: &dyn Row) -> Result<SourceRow, Error> {
    Ok(SourceRow { name: row.get(0)?, version: row.get(1)?, text: row.get(2)?, at: row.get(3)?, actor: row.get(4)?, paused: row.get(5)? })
}
