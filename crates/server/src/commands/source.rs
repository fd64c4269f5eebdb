//! `allmende source …`.

use std::path::Path;

use anyhow::bail;
use serde_json::Value;

use crate::cli::{InTenant, Source};
use crate::control::Request;
use crate::messages::{of_faults, say};
use crate::{fail, out};

pub(super) fn run(source: Source) -> anyhow::Result<()> {
    match source {
        Source::Check { file } => check(&file),
        Source::Preview { file, input, tenant: InTenant { tenant, place } } => {
            let input = input.as_deref().map(super::absolute).transpose()?;
            preview(&super::perform(&place, Request::SourcePreview { tenant, text: read(&file)?, input })?)
        }
        Source::Put { file, tenant: InTenant { tenant, place } } => {
            let text = read(&file)?;
            parse(&file, &text)?;
            let stored = super::perform(&place, Request::SourcePut { tenant, text })?;
            out::line(&say("source.put", &[("name", &text_of(&stored["name"])), ("version", &stored["version"])]));
            Ok(())
        }
        Source::Run { name, folder, tenant: InTenant { tenant, place } } => {
            let folder = folder.as_deref().map(super::absolute).transpose()?;
            let report = super::perform(&place, Request::SourceRun { tenant, name, folder })?;
            let value = |key: &str| report[key].clone();
            out::line(&say(
                "source.total",
                &[
                    ("source", &text_of(&value("source"))),
                    ("inputs", &value("inputs")),
                    ("records", &value("records")),
                    ("written", &value("written")),
                    ("unchanged", &value("unchanged")),
                    ("corrected", &value("corrected")),
                    ("flagged", &value("flagged")),
                    ("quarantined", &value("quarantined")),
                ],
            ));
            Ok(())
        }
        Source::Replay { name, tenant: InTenant { tenant, place } } => {
            let report = super::perform(&place, Request::SourceReplay { tenant, name })?;
            out::line(&say(
                "source.replayed",
                &[("source", &text_of(&report["source"])), ("settled", &report["settled"]), ("left", &report["waiting"])],
            ));
            Ok(())
        }
        Source::Pause { name, tenant } => pause(name, tenant, true),
        Source::Resume { name, tenant } => pause(name, tenant, false),
        Source::List { tenant: InTenant { tenant, place } } => {
            let answer = super::perform(&place, Request::SourceList { tenant })?;
            super::rows(&answer, &["name", "version", "run", "state", "records", "quarantined", "paused", "due", "trouble"]);
            Ok(())
        }
    }
}

/// Lets a source rest, or go on.
fn pause(name: String, InTenant { tenant, place }: InTenant, paused: bool) -> anyhow::Result<()> {
    super::perform(&place, Request::SourcePause { tenant, name: name.clone(), paused })?;
    out::line(&if paused { say("source.paused", &[("name", &name)]) } else { say("source.resumed", &[("name", &name)]) });
    Ok(())
}

/// Checks a definition; needs no data directory.
fn check(file: &Path) -> anyhow::Result<()> {
    let name = parse(file, &read(file)?)?;
    out::line(&say("source.ok", &[("file", &file.display()), ("name", &name)]));
    Ok(())
}

/// The name of the source, or all its faults: one line each, then the sum.
fn parse(file: &Path, text: &str) -> anyhow::Result<String> {
    match harmonise::Definition::parse(text) {
        Ok(definition) => Ok(definition.source.name.to_string()),
        Err(issues) => {
            for issue in &issues {
                out::error(&issue.say(of_faults()));
            }
            bail!(say("source.faults", &[("file", &file.display()), ("count", &issues.len())]))
        }
    }
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).map_err(|error| fail::of_path(&error, file))
}

fn preview(answer: &Value) -> anyhow::Result<()> {
    if let Some(error) = answer["fatal"].as_str() {
        bail!(say("preview.fatal", &[("error", &said(error))]));
    }
    for entity in answer["entities"].as_array().into_iter().flatten() {
        out::line(&text_of(&entity["id"]));
        for value in entity["values"].as_array().into_iter().flatten() {
            out::line(&format!("  {}", text_of(value)));
        }
    }
    let rejected = answer["rejected"].as_array().map(Vec::as_slice).unwrap_or_default();
    for one in rejected {
        out::line(&say("preview.rejected", &[("record", &one["record"]), ("reason", &said(&text_of(&one["reason"])))]));
    }
    out::line(&say("preview.facts", &[("records", &answer["records"]), ("rejected", &rejected.len())]));
    Ok(())
}

/// A stored reason in words.
fn said(reason: &str) -> String {
    harmonise::Reason::read(reason).say(of_faults())
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}
