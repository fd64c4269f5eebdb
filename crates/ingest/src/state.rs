//! How a source does: noted after every look, told to people.

use std::time::Duration;

use engine::{Access, SourceRow, SourceState};
use harmonise::{Code, Message, Reason, Transport};
use model::Instant;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::definition::Plan;
use crate::drift::{Drift, Shapes};
use crate::report::{Outcome, RunReport};
use crate::schedule;
use crate::service::Ingest;
use crate::trouble::Remote;

/// How often `every` may pass without a new value before somebody is told.
const SILENT_AFTER: u32 = 3;
/// How often an untroubled source that is pushed to is noted anew.
const PUSH_NOTED_EVERY_MICROS: i64 = 60_000_000;

/// How a source does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// How often it is looked at; `None` when nobody looks by itself.
    pub every: Option<Duration>,
    /// When it is looked at next; not while it rests.
    pub due_at: Option<Instant>,
    /// When it was looked at last, or sent something.
    pub checked_at: Option<Instant>,
    /// When it last brought a value that was not there.
    pub news_at: Option<Instant>,
    /// Its newest observation: what is between it and now is its lag.
    pub observed_at: Option<Instant>,
    /// How often in a row it failed.
    pub failures: u64,
    /// Why it failed last.
    pub trouble: Option<Reason>,
    /// Since when it fails.
    pub troubled_since: Option<Instant>,
    /// Since when it brought nothing new, when that is too long.
    pub silent_since: Option<Instant>,
    /// How its records differ from those it had when its definition was written, in sentences.
    pub drift: Vec<Message>,
}

/// What is remembered between two looks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Memo {
    /// What the server said about the answer that was taken in last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) validators: Option<Validators>,
    /// The shapes of the records.
    pub(crate) shapes: Shapes,
    /// When the first of the failures in a row was, in microseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) troubled_since: Option<i64>,
}

/// What makes a question conditional (RFC 9110, section 13.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Validators {
    /// The version of the definition that took the answer in: another one needs it again.
    pub(crate) version: u64,
    pub(crate) url: String,
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<String>,
}

/// What a look found.
pub(crate) struct Looked<'a> {
    pub(crate) report: &'a RunReport,
    pub(crate) error: Option<&'a Error>,
    pub(crate) validators: Option<Validators>,
    /// Whether a file was left because somebody may still write to it.
    pub(crate) unsettled: bool,
}

impl Ingest {
    /// How a source does now.
    ///
    /// # Errors
    /// When the principal may not manage sources, or there is no such source.
    pub fn standing(&self, access: &Access, source: &SourceRow) -> Result<Standing, Error> {
        let state = state_of(access, &source.name)?;
        let timing = self.timing(access, &source.name, source.version)?;
        let (trouble, memo) = (state.trouble.as_deref().map(Reason::read), read_memo(&state.memo));
        let limit = timing.silent_after.or_else(|| timing.every.and_then(|every| every.checked_mul(SILENT_AFTER)));
        let base = state.news_at.unwrap_or(source.at);
        let quiet = limit.is_some_and(|limit| self.engine().now().micros() - base.micros() > micros(limit));
        Ok(Standing {
            every: timing.every,
            due_at: state.due_at.filter(|_| !source.paused && timing.every.is_some() && state.version == source.version),
            checked_at: state.checked_at,
            news_at: state.news_at,
            observed_at: state.observed_at,
            failures: state.failures,
            troubled_since: memo.troubled_since.map(Instant::from_micros).filter(|_| trouble.is_some()),
            silent_since: (quiet && !source.paused && trouble.is_none()).then_some(base),
            trouble,
            drift: memo.shapes.drift().map(Drift::message).collect(),
        })
    }

    /// Notes what a look found. The turn at the source is held.
    pub(crate) async fn note(&self, access: &Access, plan: &Plan, looked: Looked<'_>) -> Result<(), Error> {
        let name = &plan.row.name;
        let trouble = match looked.error {
            // Nothing is wrong with the source.
            Some(Error::Busy(_) | Error::Resting(_) | Error::Stopped) => return Ok(()),
            Some(error) => Some(error.reason()),
            None => failed_input(looked.report),
        };
        let before = state_of(access, name)?;
        let (now, is_pushed) = (self.engine().now(), plan.definition.source.every.is_none());
        let lately = before.checked_at.is_some_and(|at| now.micros() - at.micros() < PUSH_NOTED_EVERY_MICROS);
        if is_pushed && lately && trouble.is_none() && before.trouble.is_none() {
            return Ok(());
        }
        let mut memo = read_memo(&before.memo);
        memo.validators = looked.validators.or(memo.validators);
        let lie_in_folders = matches!(plan.definition.source.transport, Transport::Folder { .. });
        for (input, summary) in looked.report.inputs.iter().filter_map(|input| Some((&input.input, input.summary.as_ref()?))) {
            let folder = input.rsplit_once('/').filter(|_| lie_in_folders).map_or("", |(folder, _)| folder);
            memo.shapes.see(folder, plan.row.version, &summary.columns);
        }
        memo.troubled_since = trouble.is_some().then(|| memo.troubled_since.unwrap_or(now.micros()));
        let counts = looked.report.counts();
        let newest = looked.report.inputs.iter().filter_map(|input| Some(input.summary.as_ref()?.observed?.1)).max();
        let failures = if trouble.is_some() { before.failures + 1 } else { 0 };
        let wait = match looked.error {
            Some(Error::Remote(Remote { wait, .. })) => *wait,
            _ => None,
        };
        let plan_next = schedule::Next { every: plan.definition.source.every, before: before.due_at, failures, wait };
        let mut due_at = plan_next.after(now, &format!("{}/{name}", access.tenant()));
        if looked.unsettled {
            due_at = due_at.map(|due| due.min(now.plus_micros(micros(schedule::SETTLE))));
        }
        let state = SourceState {
            version: plan.row.version,
            due_at,
            checked_at: Some(now),
            succeeded_at: if trouble.is_none() { Some(now) } else { before.succeeded_at },
            news_at: if counts.written + counts.corrected > 0 { Some(now) } else { before.news_at },
            observed_at: before.observed_at.max(newest),
            failures,
            trouble: trouble.map(|trouble| trouble.stored()),
            memo: serde_json::to_string(&memo).map_err(internal)?,
        };
        Ok(access.put_source_state(name, state).await?)
    }

    /// Takes the shape that a source's records have now to be right.
    ///
    /// # Errors
    /// [`Error::Busy`] while it is at work; the engine's.
    pub async fn accept_drift(&self, access: &Access, source: &str) -> Result<(), Error> {
        access.source(source, None)?;
        let _turn = self.turn(access, source)?;
        let mut state = state_of(access, source)?;
        let mut memo = read_memo(&state.memo);
        memo.shapes.accept();
        state.memo = serde_json::to_string(&memo).map_err(internal)?;
        Ok(access.put_source_state(source, state).await?)
    }
}

/// The state of a source; nothing when nobody noted one.
pub(crate) fn state_of(access: &Access, source: &str) -> Result<SourceState, Error> {
    Ok(access.schedule(Some(source))?.into_iter().next().map(|row| row.state).unwrap_or_default())
}

/// What was remembered; nothing when another version wrote it otherwise.
pub(crate) fn read_memo(text: &str) -> Memo {
    serde_json::from_str(text).unwrap_or_default()
}

fn failed_input(report: &RunReport) -> Option<Reason> {
    report.inputs.iter().find_map(|input| match &input.outcome {
        Outcome::Failed { message, .. } => {
            Some(Code::InputFailed.with("input", input.input.as_str()).with("reason", message.clone()).into())
        }
        _ => None,
    })
}

fn internal(error: serde_json::Error) -> Error {
    Error::Internal(error.to_string())
}

pub(crate) fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}
