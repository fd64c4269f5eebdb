//! The answers as JSON.

use engine::{QuarantineRow, RunRow, RunState, SourceRow};
use harmonise::{Code, Language, Message, Reason};
use serde_json::{Value, json};

use crate::origin::Trace;
use crate::replay::ReplayReport;
use crate::report::{Counts, InputReport, Outcome, RunReport};

/// How much of a raw record a list shows.
const RAW_BYTES_SHOWN: usize = 4096;

pub(super) fn source(row: &SourceRow, last: Option<&RunRow>, waiting: u64, language: Language) -> Value {
    json!({
        "name": row.name,
        "version": row.version,
        "changedAt": row.at.to_string(),
        "changedBy": row.actor,
        "paused": row.paused,
        "quarantined": waiting,
        "lastRun": last.map(|row| run(row, language)),
    })
}

pub(super) fn run(row: &RunRow, language: Language) -> Value {
    json!({
        "run": row.id,
        "source": row.source,
        "version": row.version,
        "input": row.input,
        "checksum": hex(&row.checksum),
        "startedAt": row.at.to_string(),
        "finishedAt": row.finished_at.map(|at| at.to_string()),
        "state": state(row.state),
        "records": row.records,
        "written": row.written,
        "unchanged": row.unchanged,
        "corrected": row.corrected,
        "flagged": row.flagged,
        "quarantined": row.quarantined,
        "repeats": row.repeats,
        "repeatedAt": row.repeated_at.map(|at| at.to_string()),
        "message": row.message.as_deref().map(|message| Reason::read(message).say(language)),
    })
}

fn state(state: RunState) -> &'static str {
    match state {
        RunState::Running => "running",
        RunState::Done => "done",
        RunState::Failed => "failed",
        RunState::Interrupted => "interrupted",
    }
}

pub(super) fn report(report: &RunReport, language: Language) -> Value {
    json!({
        "source": report.source,
        "version": report.version,
        "inputs": report.inputs.iter().map(|one| input(one, language)).collect::<Value>(),
    })
}

fn input(input: &InputReport, language: Language) -> Value {
    let (state, run, message) = match &input.outcome {
        Outcome::Done { run } => ("done", Some(*run), None),
        Outcome::Skipped { run } => ("skipped", Some(*run), Some(Message::from(Code::DoneBefore).say(language))),
        Outcome::Failed { run, message } => ("failed", *run, Some(message.say(language))),
    };
    let notes: Vec<String> = input.notes.iter().map(|note| note.say(language)).collect();
    let mut document = json!({ "input": input.input, "state": state, "run": run, "message": message, "notes": notes });
    merge(&mut document, counts(&input.counts));
    document
}

fn counts(counts: &Counts) -> Value {
    json!({
        "records": counts.records,
        "written": counts.written,
        "unchanged": counts.unchanged,
        "corrected": counts.corrected,
        "created": counts.created,
        "flagged": counts.flagged,
        "quarantined": counts.quarantined,
    })
}

pub(super) fn replay(report: &ReplayReport) -> Value {
    let mut document = json!({
        "source": report.source,
        "version": report.version,
        "run": report.run,
        "settled": report.settled,
        "waiting": report.waiting,
    });
    let Value::Object(mut members) = counts(&report.counts) else { return document };
    members.remove("quarantined");
    merge(&mut document, Value::Object(members));
    document
}

pub(super) fn quarantined(row: &QuarantineRow, language: Language) -> Value {
    let item = &row.item;
    let reason = Reason::read(&item.reason);
    let shown = &item.raw[..item.raw.len().min(RAW_BYTES_SHOWN)];
    json!({
        "id": row.id,
        "source": item.source,
        "run": item.run,
        "record": item.record,
        "field": item.field,
        "reason": reason.say(language),
        "codes": reason.codes(),
        "at": item.at.to_string(),
        "raw": String::from_utf8_lossy(shown),
        "rawBytes": item.raw.len(),
    })
}

pub(super) fn trace(trace: &Trace, language: Language) -> Value {
    let observation = &trace.provenance.observation;
    let found = trace.raw.as_ref().and_then(|record| record.found.as_ref());
    json!({
        "entity": observation.entity.as_str(),
        "attribute": observation.attribute.name.iri(),
        "datasetId": observation.attribute.dataset.as_ref().map(model::Iri::as_str),
        "observedAt": observation.attribute.observed_at.map(|at| at.to_string()),
        "recordedAt": observation.recorded_at.to_string(),
        "run": trace.provenance.run.as_ref().map(|row| run(row, language)),
        "record": observation.origin.map(|origin| origin.record),
        "raw": found.map(|found| String::from_utf8_lossy(&found.bytes)),
        "fields": found.map(|found| found.fields.iter().map(|(name, value)| json!([name.as_str(), value.as_str()])).collect::<Value>()),
    })
}

fn merge(document: &mut Value, more: Value) {
    if let (Value::Object(members), Value::Object(more)) = (document, more) {
        members.extend(more);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
