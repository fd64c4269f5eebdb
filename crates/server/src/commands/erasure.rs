//! `allmende erasure …`.

use anyhow::bail;
use serde_json::Value;

use crate::cli::{self, InTenant};
use crate::control::Request;
use crate::messages::say;
use crate::out;

pub(super) fn run(erasure: cli::Erasure) -> anyhow::Result<()> {
    match erasure {
        cli::Erasure::Plan { id, contains, tenant: InTenant { tenant, place } } => {
            let plan = super::perform(&place, Request::ErasurePlan { tenant, id, words: contains })?;
            out::line(&say("erasure.found", &[("values", &plan["values"]), ("reports", &plan["reports"])]));
            inputs(&plan);
        }
        cli::Erasure::Run { id, contains, reason, yes, tenant: InTenant { tenant, place } } => {
            if !yes {
                bail!(say("erasure.needs-yes", &[("id", &id)]));
            }
            let plan = super::perform(&place, Request::ErasureRun { tenant, id, words: contains, reason })?;
            out::line(&say("erasure.done", &[("values", &plan["values"]), ("reports", &plan["reports"])]));
            inputs(&plan);
        }
        cli::Erasure::List { tenant: InTenant { tenant, place } } => {
            let rows = super::perform(&place, Request::ErasureList { tenant })?;
            super::rows(&rows, &["at", "subject", "values", "reason", "confirmed", "finished"]);
        }
    }
    Ok(())
}

/// What came in of the person, and what no erasure reaches.
fn inputs(plan: &Value) {
    let runs: Vec<String> = plan["runs"].as_array().into_iter().flatten().map(Value::to_string).collect();
    let runs = if runs.is_empty() { "–".to_owned() } else { runs.join(", ") };
    out::line(&say("erasure.inputs", &[("files", &plan["files"]), ("records", &plan["records"]), ("runs", &runs)]));
    out::note(&say("erasure.left", &[]));
}
