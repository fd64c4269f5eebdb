//! `allmende retention …`.

use serde_json::Value;

use crate::cli::{self, InTenant};
use crate::control::Request;
use crate::messages::say;
use crate::out;

pub(super) fn run(retention: cli::Retention) -> anyhow::Result<()> {
    match retention {
        cli::Retention::Plan { json, tenant: InTenant { tenant, place } } => {
            let plans = super::perform(&place, Request::RetentionPlan { tenant })?;
            if json {
                out::line(&serde_json::to_string_pretty(&plans)?);
                return Ok(());
            }
            parts(&plans, &say("retention.nothing", &[]));
            waiting(&plans);
        }
        cli::Retention::Run { tenant: InTenant { tenant, place } } => {
            let done = super::perform(&place, Request::RetentionRun { tenant })?;
            parts(&done["receipts"], &say("retention.none-gone", &[]));
            waiting(&done["waiting"]);
        }
        cli::Retention::Confirm { dataset, plan, name, tenant: InTenant { tenant, place } } => {
            let receipts = super::perform(&place, Request::RetentionConfirm { tenant, dataset, plan, name })?;
            parts(&receipts, &say("retention.none-gone", &[]));
        }
        cli::Retention::Receipts { dataset, json, tenant: InTenant { tenant, place } } => {
            let receipts = super::perform(&place, Request::RetentionReceipts { tenant, dataset })?;
            if json {
                out::line(&serde_json::to_string_pretty(&receipts)?);
                return Ok(());
            }
            super::rows(&receipts, &["at", "values", "total", "confirmed", "finished"]);
        }
    }
    Ok(())
}

/// What plans or receipts name, a line for each attribute; else `nothing`.
fn parts(all: &Value, nothing: &str) {
    let of = |one: &Value| {
        let dataset = one["dataset"].clone();
        one["parts"].as_array().cloned().unwrap_or_default().into_iter().map(move |mut part| {
            part["dataset"] = dataset.clone();
            part
        })
    };
    let rows: Value = all.as_array().into_iter().flatten().flat_map(of).collect();
    if rows.as_array().is_some_and(Vec::is_empty) {
        out::line(nothing);
        return;
    }
    super::rows(&rows, &["dataset", "attribute", "rollup", "class", "keep", "becomes", "values", "share", "oldest", "newest"]);
}

/// Why plans wait, and how each is confirmed.
fn waiting(plans: &Value) {
    for plan in plans.as_array().into_iter().flatten() {
        let reasons: Vec<&str> = plan["reasons"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if !reasons.is_empty() {
            let word = |member: &str| plan[member].as_str().unwrap_or_default();
            let (dataset, plan, reasons) = (word("dataset"), word("plan"), reasons.join(" "));
            out::note(&say("retention.waits", &[("dataset", &dataset), ("reasons", &reasons), ("plan", &plan)]));
        }
    }
}
