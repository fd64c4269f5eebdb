//! What the operator does with sources. The answers are JSON for the other
//! side of the control socket; the words for people are made here, where the
//! language of the serving process holds.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use engine::Access;
use ingest::{Folders, Ingest, Outcome};
use serde_json::{Value, json};

use super::Progress;
use crate::fail;
use crate::messages::{of_faults, say};

/// How many records a preview shows.
const PREVIEW_RECORDS: usize = 5;
/// How large a file of a preview may be, in bytes: its beginning is enough.
const PREVIEW_BYTES_MAX: u64 = 64 << 20;
/// How often an input at work is told of.
const TOLD_EVERY: Duration = Duration::from_secs(2);

/// An error in the words of the language chosen.
fn worded(error: ingest::Error) -> anyhow::Error {
    match error {
        ingest::Error::Engine(error) => error.into(),
        other => anyhow!(other.say(of_faults())),
    }
}

/// All sources with their newest run, the next one, and what is wrong.
pub(super) fn list(ingest: &Ingest, access: &Access) -> anyhow::Result<Value> {
    let waiting = access.quarantine_counts()?;
    let mut rows = Vec::new();
    for source in access.sources()? {
        let standing = ingest.standing(access, &source).map_err(worded)?;
        let run = access.runs(Some(&source.name), 1)?.into_iter().next();
        rows.push(json!({
            "name": source.name, "version": source.version, "paused": source.paused,
            "run": run.as_ref().map(|run| run.at.to_string()), "state": run.as_ref().map(|run| format!("{:?}", run.state).to_lowercase()),
            "records": run.as_ref().map(|run| run.records),
            "due": standing.due_at.map(|due| due.to_string()), "trouble": standing.trouble.map(|trouble| trouble.say(of_faults())),
            "quarantined": waiting.iter().find(|(name, _)| *name == source.name).map_or(0, |(_, count)| *count),
        }));
    }
    Ok(rows.into())
}

/// Keeps a definition.
pub(super) async fn put(ingest: &Ingest, access: &Access, text: &str) -> anyhow::Result<Value> {
    let stored = ingest.put(access, text).await.map_err(worded)?;
    Ok(json!({ "name": stored.name.as_str(), "version": stored.version, "dataset": stored.dataset.as_deref() }))
}

/// What would become of the first records.
pub(super) async fn preview(ingest: &Ingest, access: &Access, text: &str, input: Option<PathBuf>) -> anyhow::Result<Value> {
    let bytes = match &input {
        Some(path) => Some(beginning(path).map_err(|error| fail::of_path(&error, path))?.into()),
        None => None,
    };
    let preview = ingest.preview(access, text, bytes, PREVIEW_RECORDS).await.map_err(worded)?;
    let entities = preview.records.iter().flat_map(|record| record.updates.iter().map(move |entity| (record.record, entity)));
    let shown: Vec<Value> =
        entities.map(|(record, entity)| json!({ "record": record, "id": entity.id.as_str(), "values": values(entity) })).collect();
    let rejected: Vec<Value> = preview.rejected.iter().map(|one| json!({ "record": one.record, "reason": one.reason.stored() })).collect();
    Ok(
        json!({ "entities": shown, "rejected": rejected, "records": preview.records.len(), "fatal": preview.fatal.map(|fatal| harmonise::Reason::from(fatal).stored()) }),
    )
}

fn beginning(path: &std::path::Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(PREVIEW_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The values of an entity as short lines.
fn values(entity: &model::Entity) -> Vec<String> {
    entity
        .attributes
        .iter()
        .map(|attribute| {
            let unit = attribute.unit.as_ref().map(|unit| format!(" {}", unit.symbol())).unwrap_or_default();
            let at = attribute.observed_at.map(|at| format!(" @ {at}")).unwrap_or_default();
            format!("{} = {}{unit}{at}", attribute.name.short(), shown(&attribute.value))
        })
        .collect()
}

fn shown(value: &model::Value) -> String {
    match value {
        model::Value::Property(json) => json.to_string(),
        model::Value::Relationship(targets) => targets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        other => other.in_language("de").map_or_else(|| format!("({})", other.type_name()), ToOwned::to_owned),
    }
}

/// Runs a source, one line per input when it is done and now and then between.
pub(super) async fn run(
    ingest: &Ingest,
    access: &Access,
    name: &str,
    folder: Option<PathBuf>,
    progress: Progress<'_>,
) -> anyhow::Result<Value> {
    let told = Mutex::new(Instant::now());
    let tell = |state: &ingest::Progress| {
        let mut last = told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if state.outcome.is_some() || last.elapsed() >= TOLD_EVERY {
            *last = Instant::now();
            progress(line(state));
        }
    };
    let report = match folder {
        Some(folder) => ingest.run_in(access, name, Folders::at(folder), &tell).await,
        None => ingest.run(access, name, &tell).await,
    };
    let report = report.map_err(|error| anyhow!(say("source.run-failed", &[("source", &name), ("error", &fail::told(&worded(error)))])))?;
    let failed = report.inputs.iter().filter(|input| matches!(input.outcome, Outcome::Failed { .. })).count();
    if failed > 0 {
        bail!(say("source.some-failed", &[("source", &name), ("count", &failed)]));
    }
    let counts = report.counts();
    Ok(json!({
        "source": report.source, "version": report.version, "inputs": report.inputs.len(), "records": counts.records, "written": counts.written,
        "unchanged": counts.unchanged, "corrected": counts.corrected, "flagged": counts.flagged, "quarantined": counts.quarantined,
    }))
}

fn line(state: &ingest::Progress) -> String {
    let (source, input, counts) = (&state.source, &state.input, &state.counts);
    let (position, total) = state.position;
    let place = format!("{input} ({position}/{total})");
    match &state.outcome {
        None => {
            let (read, size) = state.bytes;
            let percent = (read * 100).checked_div(size).unwrap_or(100).min(100);
            say("source.progress", &[("source", source), ("input", &place), ("records", &counts.records), ("percent", &percent)])
        }
        Some(Outcome::Skipped { run }) => say("source.skipped", &[("source", source), ("input", &place), ("run", run)]),
        Some(Outcome::Failed { message, .. }) => {
            say("source.input-failed", &[("source", source), ("input", &place), ("error", &message.say(of_faults()))])
        }
        Some(Outcome::Done { .. }) => say(
            "source.run",
            &[
                ("source", source),
                ("input", &place),
                ("records", &counts.records),
                ("written", &counts.written),
                ("unchanged", &counts.unchanged),
                ("corrected", &counts.corrected),
                ("flagged", &counts.flagged),
                ("quarantined", &counts.quarantined),
            ],
        ),
    }
}

/// Takes in what a program would send to a source; one line says what became of it.
pub(super) async fn push(ingest: &Ingest, access: &Access, name: &str, input: &str, body: Vec<u8>) -> anyhow::Result<String> {
    let report = ingest.push(access, name, Some(input), body.into()).await;
    let report = report.map_err(|error| anyhow!(say("source.run-failed", &[("source", &name), ("error", &fail::told(&worded(error)))])))?;
    let state = |input: ingest::InputReport| {
        let outcome = Some(input.outcome);
        line(&ingest::Progress {
            source: name.to_owned(),
            input: input.input,
            position: (1, 1),
            bytes: (0, 0),
            counts: input.counts,
            outcome,
        })
    };
    Ok(report.inputs.into_iter().map(state).collect::<Vec<_>>().join("; "))
}

/// Maps what was set aside again.
pub(super) async fn replay(ingest: &Ingest, access: &Access, name: &str) -> anyhow::Result<Value> {
    let report = ingest.replay(access, name).await.map_err(worded)?;
    Ok(json!({ "source": report.source, "settled": report.settled, "waiting": report.waiting }))
}
