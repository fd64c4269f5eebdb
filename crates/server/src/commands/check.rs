//! `allmende check`: is everything as it was written?

use anyhow::bail;
use serde_json::Value;

use super::{config, perform, runtime};
use crate::cli::Check;
use crate::control::{self, Request};
use crate::messages::say;
use crate::operator::check_at_rest;
use crate::out;

pub(super) fn run(check: &Check) -> anyhow::Result<()> {
    let data = config(&check.place)?.data;
    if !data.is_dir() {
        bail!(say("fail.no-data", &[("path", &data.display())]));
    }
    let found = if runtime(1)?.block_on(control::is_served(&data)) {
        perform(&check.place, Request::Check)?
    } else {
        // Not by opening the platform: what is damaged might not open.
        check_at_rest(&data)?
    };
    if check.json {
        out::line(&found.to_string());
    } else {
        found.as_array().into_iter().flatten().for_each(tell);
    }
    let count: usize = found.as_array().into_iter().flatten().map(|tenant| findings(tenant).len()).sum();
    if count > 0 {
        bail!(say("check.damaged", &[("count", &count)]));
    }
    Ok(())
}

fn findings(tenant: &Value) -> &[Value] {
    tenant["findings"].as_array().map_or(&[], Vec::as_slice)
}

/// What is damaged, and what to do: each way back once.
fn tell(tenant: &Value) {
    let name = tenant["tenant"].as_str().unwrap_or_default();
    if findings(tenant).is_empty() {
        out::line(&say("check.good", &[("tenant", &name)]));
    }
    let mut told = None;
    for finding in findings(tenant) {
        let part = finding["part"].as_str();
        if told != part {
            out::line(&format!("{name}: {}", way_back(part, name)));
            told = part;
        }
        out::line(&format!("  {}", finding["detail"].as_str().unwrap_or_default()));
    }
}

fn way_back(part: Option<&str>, tenant: &str) -> String {
    match part {
        Some("database") => say("check.database", &[("tenant", &tenant)]),
        Some("keys") => say("check.keys", &[("tenant", &tenant)]),
        Some("log") => say("check.log", &[("tenant", &tenant)]),
        Some("snapshot") => say("check.snapshot", &[]),
        Some("state") => say("check.state", &[("tenant", &tenant)]),
        Some("history") => say("check.history", &[]),
        Some("files") => say("check.files", &[]),
        _ => say("check.tenant", &[("tenant", &tenant)]),
    }
}
