//! Runs of sources: what was read, by which definition, with what outcome.

use model::Instant;

use crate::backend::{Row, Sql, sql};
use crate::{Error, NewRun, RunOutcome, RunRow, RunState, TenantStore};

const BEGIN: Sql = sql!("run/begin");
const FINISH: Sql = sql!("run/finish");
const LATEST: Sql = sql!("run/latest");
const LATEST_OF: Sql = sql!("run/latest_of");
const ONE: Sql = sql!("run/one");
const DONE_OF: Sql = sql!("run/done_of");
const FOLD: Sql = sql!("run/fold");
const REMOVE: Sql = sql!("run/remove");
const INTERRUPT: Sql = sql!("run/interrupt");

impl RunState {
    /// The word used in the database and in files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    fn from_word(word: &str) -> Result<Self, Error> {
        [Self::Running, Self::Done, Self::Failed, Self::Interrupted]
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| Error::corrupt("the runs", format!("they know no state `{word}`")))
    }
}

impl TenantStore {
    /// Notes that a run begins; says its number.
    ///
    /// # Errors
    /// When the database cannot take it; [`Error::Unavailable`] when what it
    /// reads was removed since it was kept.
    pub fn begin_run(&self, run: &NewRun) -> Result<u64, Error> {
        let params = [(&run.source).into(), run.version.into(), (&run.input).into(), (&run.checksum).into(), run.at.into()];
        let _files = self.inner().lock_files();
        let id = self.inner().write_new(|s| {
            self.inner().check_not_removed(s, &run.checksum)?;
            s.first(BEGIN, &params, |row| row.get(0))
        })?;
        id.ok_or_else(|| Error::corrupt("the database", "a new run has no number"))
    }

    /// Notes how a run ended, or with [`RunState::Running`] how far it is. One
    /// that took nothing in and failed exactly as the run of its source before
    /// it did is counted with that one. Says which run tells of it now.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn finish_run(&self, id: u64, outcome: &RunOutcome) -> Result<u64, Error> {
        let finished_at = (outcome.state != RunState::Running).then_some(outcome.at);
        let params = [
            id.into(),
            finished_at.into(),
            outcome.state.word().into(),
            outcome.records.into(),
            outcome.written.into(),
            outcome.unchanged.into(),
            outcome.corrected.into(),
            outcome.flagged.into(),
            outcome.quarantined.into(),
            outcome.message.as_ref().into(),
        ];
        // Nothing that is kept may name a run that is gone.
        let left_nothing = outcome.written + outcome.corrected + outcome.flagged + outcome.quarantined == 0;
        self.inner().write(|s| {
            if s.execute(FINISH, &params)? == 0 {
                return Err(Error::not_found(format!("the run {id}")));
            }
            if outcome.state != RunState::Failed || !left_nothing {
                return Ok(id);
            }
            let Some(earlier) = s.first(FOLD, &[id.into(), outcome.at.into()], |row| row.get(0))? else { return Ok(id) };
            s.execute(REMOVE, &[id.into()])?;
            Ok(earlier)
        })
    }

    /// The last `limit` runs, the newest first; of one source or of all.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn runs(&self, source: Option<&str>, limit: usize) -> Result<Vec<RunRow>, Error> {
        self.inner().read(|s| match source {
            None => s.all(LATEST, &[limit.into()], read),
            Some(source) => s.all(LATEST_OF, &[source.into(), limit.into()], read),
        })
    }

    /// One run.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn run(&self, id: u64) -> Result<Option<RunRow>, Error> {
        self.inner().read(|s| s.first(ONE, &[id.into()], read))
    }

    /// The last run that read the same bytes by the same version of the source to their end.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn finished_run_of(&self, source: &str, version: u64, checksum: &[u8; 32]) -> Result<Option<u64>, Error> {
        self.inner().read(|s| s.first(DONE_OF, &[source.into(), version.into(), checksum.into()], |row| row.get(0)))
    }

    /// Notes of all runs that seem to be at work that they were interrupted;
    /// says how many. For the start, when none can be at work.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn interrupt_open_runs(&self, at: Instant) -> Result<u64, Error> {
        self.inner().write(|s| s.execute(INTERRUPT, &[at.into()]))
    }
}

pub(crate) fn read(row: &dyn Row) -> Result<RunRow, Error> {
    Ok(RunRow {
        id: row.get(0)?,
        source: row.get(1)?,
        version: row.get(2)?,
        input: row.get(3)?,
        checksum: row.get(4)?,
        at: row.get(5)?,
        finished_at: row.get(6)?,
        state: RunState::from_word(row.get(7)?)?,
        records: row.get(8)?,
        written: row.get(9)?,
        unchanged: row.get(10)?,
        corrected: row.get(11)?,
        flagged: row.get(12)?,
        quarantined: row.get(13)?,
        message: row.get(14)?,
        repeats: row.get(15)?,
        repeated_at: row.get(16)?,
    })
}
