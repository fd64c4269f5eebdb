//! `allmende status`.

use serde_json::Value;

use crate::cli::Status;
use crate::control::Request;
use crate::messages::say;
use crate::out;

pub(super) fn run(status: &Status) -> anyhow::Result<()> {
    let answer = super::perform(&status.place, Request::Status)?;
    if status.json {
        out::line(&answer.to_string());
        return Ok(());
    }
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let tenants = answer["tenants"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_whole = tenants.iter().all(|tenant| tenant["closed"].is_null());
    match answer["url"].as_str() {
        Some(url) => out::line(&say("status.running", &[("url", &url)])),
        None if is_whole => out::line(&say("status.not-running", &[])),
        None => out::line(&say("status.not-running-closed", &[])),
    }
    for tenant in tenants {
        if let Some(cause) = tenant["closed"].as_str() {
            out::line(&say("status.closed", &[("tenant", &text(&tenant["tenant"])), ("cause", &cause)]));
            out::line(&format!("  {}", say("closed.remedy", &[])));
            continue;
        }
        let mebibytes = tenant["memory_bytes"].as_u64().unwrap_or_default() >> 20;
        out::line(&say(
            "status.tenant",
            &[
                ("tenant", &text(&tenant["tenant"])),
                ("entities", &tenant["entities"]),
                ("datasets", &tenant["datasets"]),
                ("tail", &tenant["tail"]),
                ("segments", &tenant["segments"]),
                ("seq", &tenant["log_seq"]),
                ("memory", &mebibytes),
                ("quarantined", &tenant["quarantined"]),
            ],
        ));
        if let Some(error) = tenant["last_error"].as_str() {
            out::line(&say("status.fault", &[("error", &error)]));
        }
    }
    Ok(())
}
