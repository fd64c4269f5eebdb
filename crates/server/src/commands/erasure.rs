//! `allmende erasure …`.

use anyhow::bail;
use serde_json::Value;

use crate::cli::{self, InTenant};
use crate::control::Request;
use crate::messages::say;
use crate::out;

pub(super) fn run(erasure: cli::Erasure) -> anyhow::Result<()> {
    match erasure {
        cli::Erasure::Plan { id, tenant: InTenant { tenant, place } } => {
            let plan = super::perform(&place, Request::ErasurePlan { tenant, id })?;
            out::line(&say("erasure.found", &[("values", &plan["values"]), ("reports", &plan["reports"])]));
            left(&plan);
        }
        cli::Erasure::Run { id, reason, yes, tenant: InTenant { tenant, place } } => {
            if !yes {
                bail!(say("erasure.needs-yes", &[("id", &id)]));
            }
            let plan = super::perform(&place, Request::ErasureRun { tenant, id, reason })?;
            out::line(&say("erasure.done", &[("values", &plan["values"]), ("reports", &plan["reports"])]));
            left(&plan);
        }
        cli::Erasure::List { tenant: InTenant { tenant, place } } => {
            let rows = super::perform(&place, Request::ErasureList { tenant })?;
            super::rows(&rows, &["at", "subject", "values", "reason", "confirmed", "finished"]);
        }
    }
    Ok(())
}

/// The runs whose raw files an erasure does not reach.
fn left(plan: &Value) {
    let runs: Vec<String> = plan["runs"].as_array().into_iter().flatten().map(Value::to_string).collect();
    if !runs.is_empty() {
        let runs = runs.join(", ");
        out::note(&say("erasure.left", &[("runs", &runs)]));
    }
}
