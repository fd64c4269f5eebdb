//! Runs: why a source is looked at, and what is noted afterwards.

use bytes::Bytes;
use engine::{Access, StoredFile};
use harmonise::{Code, Transport};

use crate::Error;
use crate::definition::Plan;
use crate::folders::Folders;
use crate::input::Work;
use crate::poll::Poll;
use crate::report::{InputReport, Outcome, Progress, RunReport};
use crate::service::Ingest;
use crate::state::{Looked, read_memo, state_of};
use crate::turns::Turn;

/// What is told on the way.
pub(crate) type Tell<'a> = &'a (dyn Fn(&Progress) + Send + Sync);

impl Ingest {
    /// Runs a source over its files, one run for each.
    ///
    /// # Errors
    /// [`Error::Busy`] when it is at work, [`Error::Path`] when its files are
    /// not there, the engine's. An input that cannot be used is no error of
    /// the whole: the report says it, and the others are done.
    pub async fn run(&self, access: &Access, source: &str, tell: Tell<'_>) -> Result<RunReport, Error> {
        self.run_in(access, source, self.folders().clone(), tell).await
    }

    /// As [`Ingest::run`], with paths of other folders.
    ///
    /// # Errors
    /// As [`Ingest::run`].
    pub async fn run_in(&self, access: &Access, source: &str, folders: Folders, tell: Tell<'_>) -> Result<RunReport, Error> {
        access.source(source, None)?;
        let turn = self.turn(access, source)?;
        self.look(access, source, folders, How::Asked, &turn, tell).await
    }

    /// Looks at a source and notes what was found.
    pub(crate) async fn look(
        &self,
        access: &Access,
        source: &str,
        folders: Folders,
        how: How,
        turn: &Turn,
        tell: Tell<'_>,
    ) -> Result<RunReport, Error> {
        let plan = self.plan(access, source)?;
        let access = access.as_source(source)?;
        let mut report = RunReport { source: source.to_owned(), version: plan.row.version, inputs: Vec::new() };
        let work = Work { ingest: self, access: &access, plan: &plan, turn, tell, position: (1, 1), is_kept_elsewhere: false };
        let found = match &plan.definition.source.transport {
            Transport::Http(http) => {
                let known = read_memo(&state_of(&access, source)?.memo).validators;
                let poll = Poll { ingest: self, access: &access, http, version: plan.row.version };
                poll.run(known, &work, &mut report.inputs).await.map(|validators| (validators, false))
            }
            _ => work.files(folders, how, &mut report.inputs).await.map(|unsettled| (None, unsettled)),
        };
        let (error, (validators, unsettled)) = match found {
            Ok(found) => (None, found),
            Err(error) => (Some(error), (None, false)),
        };
        self.note(&access, &plan, Looked { report: &report, error: error.as_ref(), validators, unsettled }).await?;
        error.map_or(Ok(report), Err)
    }

    /// Takes in a body that was pushed. When it answers, every accepted record
    /// is durable. `name` is what the sender calls it.
    ///
    /// # Errors
    /// [`Error::Unusable`] when the body as a whole cannot be used; it is kept
    /// with its failed run. [`Error::Transport`] when the source takes files.
    pub async fn push(&self, access: &Access, source: &str, name: Option<&str>, body: Bytes) -> Result<RunReport, Error> {
        access.source(source, None)?;
        let turn = self.turn_soon(access, source).await?;
        let plan = self.plan(access, source)?;
        if plan.definition.source.transport != Transport::Push {
            return Err(Error::Transport(Code::SourceTakesFiles.with("source", source)));
        }
        let access = access.as_source(source)?;
        let work =
            Work { ingest: self, access: &access, plan: &plan, turn: &turn, tell: &|_| {}, position: (1, 1), is_kept_elsewhere: false };
        let input = work.body(name.unwrap_or("push").to_owned(), body).await?;
        self.sent(&access, &plan, input).await
    }

    /// Notes what became of something that was sent.
    async fn sent(&self, access: &Access, plan: &Plan, input: InputReport) -> Result<RunReport, Error> {
        let failed = match &input.outcome {
            Outcome::Failed { run: Some(run), message } => Some(Error::Unusable { run: *run, message: message.clone() }),
            Outcome::Failed { run: None, message } => Some(Error::Path(message.clone())),
            _ => None,
        };
        let report = RunReport { source: plan.row.name.clone(), version: plan.row.version, inputs: vec![input] };
        self.note(access, plan, Looked { report: &report, error: failed.as_ref(), validators: None, unsettled: false }).await?;
        failed.map_or(Ok(report), Err)
    }

    /// Takes in what was kept already, as an upload is. When it answers, every
    /// accepted record is durable. `name` is the file's.
    ///
    /// # Errors
    /// [`Error::Unusable`] when the file as a whole does not fit the definition.
    pub async fn take_kept(&self, access: &Access, source: &str, name: &str, kept: StoredFile) -> Result<RunReport, Error> {
        access.source(source, None)?;
        let turn = self.turn_soon(access, source).await?;
        let plan = self.plan(access, source)?;
        let access = access.as_source(source)?;
        let work =
            Work { ingest: self, access: &access, plan: &plan, turn: &turn, tell: &|_| {}, position: (1, 1), is_kept_elsewhere: true };
        let input = match work.done_before(&kept.checksum).await? {
            Some(run) => InputReport::without_run(name.to_owned(), Outcome::Skipped { run }),
            None => work.input(name.to_owned(), kept).await?,
        };
        self.sent(&access, &plan, input).await
    }
}

/// Why a source is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// Somebody asked: every file is taken in, and one must be there.
    Asked,
    /// Its time has come: only what is new and settled is taken in.
    Planned,
}

/// Runs something on a thread that may block.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Internal(error.to_string()))
}
