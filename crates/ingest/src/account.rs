//! How runs end: what the list of runs says of them.

use engine::{Access, RunOutcome, RunState};
use harmonise::{Reason, Summary};

use crate::Error;
use crate::batch::Origin;
use crate::report::{Counts, InputReport, Outcome};

/// A run that has begun. When its future is dropped before its end, for
/// example because a client went away, it is noted as interrupted.
pub(crate) struct OpenRun {
    access: Access,
    pub(crate) id: u64,
    closed: bool,
}

impl OpenRun {
    pub(crate) fn new(access: &Access, id: u64) -> Self {
        Self { access: access.clone(), id, closed: false }
    }

    pub(crate) fn close(mut self) -> u64 {
        self.closed = true;
        self.id
    }
}

impl Drop for OpenRun {
    fn drop(&mut self) {
        if self.closed {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (access, id) = (self.access.clone(), self.id);
        runtime.spawn(async move {
            let Ok(row) = access.run(id) else { return };
            let counts = Counts {
                records: row.records,
                written: row.written,
                unchanged: row.unchanged,
                corrected: row.corrected,
                created: 0,
                flagged: row.flagged,
                quarantined: row.quarantined,
            };
            let origin = Origin { source: row.source, run: id, now: row.at };
            let outcome = noted(&origin, RunState::Interrupted, &counts, Some(Error::Stopped.reason()));
            if let Err(error) = access.finish_run(id, outcome).await {
                tracing::warn!(run = id, %error, "an interrupted run could not be noted");
            }
        });
    }
}

/// Counts as the list of runs has them.
pub(crate) fn noted(origin: &Origin, state: RunState, counts: &Counts, message: Option<Reason>) -> RunOutcome {
    RunOutcome {
        at: origin.now,
        state,
        records: counts.records,
        written: counts.written,
        unchanged: counts.unchanged,
        corrected: counts.corrected,
        flagged: counts.flagged,
        quarantined: counts.quarantined,
        message: message.map(|reason| reason.stored()),
    }
}

/// Writes down how a run ended. One that failed as the run before it did, and
/// took nothing in, is counted there: the report names that run then.
pub(crate) async fn account(
    access: &Access,
    ended: &Origin,
    input: String,
    outcome: Result<Summary, Error>,
    counts: Counts,
    open: OpenRun,
) -> Result<InputReport, Error> {
    let mut read = None;
    let (state, message, outcome, notes) = match outcome {
        Ok(summary) => {
            let notes = summary.issues.clone();
            let message = (!notes.is_empty()).then(|| Reason::of(&notes));
            read = Some(Box::new(summary));
            (RunState::Done, message, Ok(Outcome::Done { run: ended.run }), notes)
        }
        Err(Error::Unusable { run, message }) => {
            (RunState::Failed, Some(message.clone().into()), Ok(Outcome::Failed { run: Some(run), message }), Vec::new())
        }
        Err(Error::Stopped) => (RunState::Interrupted, Some(Error::Stopped.reason()), Err(Error::Stopped), Vec::new()),
        Err(other) => (RunState::Failed, Some(other.reason()), Err(other), Vec::new()),
    };
    let told_in = access.finish_run(open.close(), noted(ended, state, &counts, message)).await?;
    let outcome = match outcome? {
        Outcome::Failed { message, .. } => Outcome::Failed { run: Some(told_in), message },
        other => other,
    };
    Ok(InputReport { input, outcome, counts, notes, summary: read })
}
