//! Definitions of sources: every version is kept, one is current.

use model::Instant;

use crate::backend::{Row, Session, Sql, sql};
use crate::{Error, ScheduleRow, SourceRow, SourceState, TenantStore};

const CURRENT: Sql = sql!("source/current");
pub(crate) const PUT: Sql = sql!("source/put");
pub(crate) const PUT_VERSION: Sql = sql!("source/put_version");
pub(crate) const PAUSE: Sql = sql!("source/pause");
const ALL: Sql = sql!("source/all");
const ONE: Sql = sql!("source/one");
pub(crate) const SCHEDULE: Sql = sql!("source/schedule");
const PUT_STATE: Sql = sql!("source/put_state");

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

    /// How every source does, or one of them: those without a due time first, then by it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn schedule(&self, source: Option<&str>) -> Result<Vec<ScheduleRow>, Error> {
        self.inner().read(|s| s.all(SCHEDULE, &[source.into()], read_schedule))
    }

    /// Notes how a source does.
    ///
    /// # Errors
    /// When the database cannot take it, or there is no such source.
    pub fn put_source_state(&self, source: &str, state: &SourceState) -> Result<(), Error> {
        self.inner().write(|s| put_state(s, source, state))
    }
}

pub(crate) fn put_state(session: &dyn Session, source: &str, state: &SourceState) -> Result<(), Error> {
    let params = [
        source.into(),
        state.version.into(),
        state.due_at.into(),
        state.checked_at.into(),
        state.succeeded_at.into(),
        state.news_at.into(),
        state.observed_at.into(),
        state.failures.into(),
        state.trouble.as_ref().into(),
        (&state.memo).into(),
    ];
    session.execute(PUT_STATE, &params).map(|_| ())
}

pub(crate) fn read_schedule(row: &dyn Row) -> Result<ScheduleRow, Error> {
    let state = match row.get::<Option<u64>>(3)? {
        None => SourceState::default(),
        Some(version) => SourceState {
            version,
            due_at: row.get(4)?,
            checked_at: row.get(5)?,
            succeeded_at: row.get(6)?,
            news_at: row.get(7)?,
            observed_at: row.get(8)?,
            failures: row.get(9)?,
            trouble: row.get(10)?,
            memo: row.get(11)?,
        },
    };
    Ok(ScheduleRow { source: row.get(0)?, version: row.get(1)?, paused: row.get(2)?, state })
}

pub(crate) fn read(row: &dyn Row) -> Result<SourceRow, Error> {
    Ok(SourceRow { name: row.get(0)?, version: row.get(1)?, text: row.get(2)?, at: row.get(3)?, actor: row.get(4)?, paused: row.get(5)? })
}
