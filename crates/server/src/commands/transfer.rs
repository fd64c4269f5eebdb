//! `allmende export` and `allmende import`.

use anyhow::bail;
use serde_json::Value;

use crate::cli::{Export, Import};
use crate::control::Request;
use crate::messages::say;
use crate::out;

/// Writes a tenant into a folder that anybody can read, while the server runs or not.
pub(super) fn export(export: &Export) -> anyhow::Result<()> {
    let target = super::absolute(&export.to)?;
    if export.personal.as_ref().is_some_and(|purpose| purpose.trim().is_empty()) {
        bail!(say("export.no-purpose", &[]));
    }
    let request = Request::Export { tenant: export.tenant.tenant.clone(), target: target.clone(), personal: export.personal.clone() };
    let answer = super::perform(&export.tenant.place, request)?;
    let mebibytes = answer["size_bytes"].as_u64().unwrap_or_default() >> 20;
    let counts = &answer["counts"];
    out::line(&say(
        "export.done",
        &[
            ("tenant", &text(&answer["tenant"])),
            ("target", &target.display()),
            ("entities", &count(counts, "entities")),
            ("values", &count(counts, "values")),
            ("files", &answer["files"]),
            ("size", &mebibytes),
        ],
    ));
    let left_out = |kind| count(&answer["left_out"], kind);
    if left_out("personalValues") + left_out("quarantine") + left_out("files") > 0 {
        let counts = [("values", left_out("personalValues")), ("records", left_out("quarantine")), ("files", left_out("files"))];
        out::line(&say("export.left-out", &[("values", &counts[0].1), ("records", &counts[1].1), ("files", &counts[2].1)]));
    }
    let erased = left_out("erasedValues");
    if erased > 0 {
        out::line(&say("export.erased", &[("values", &erased)]));
    }
    if export.personal.is_some() {
        out::line(&say("export.personal", &[("target", &target.display())]));
    }
    Ok(())
}

/// Reads such a folder into a new tenant.
pub(super) fn import(import: &Import) -> anyhow::Result<()> {
    let from = super::absolute(&import.from)?;
    let request = Request::Import { tenant: import.tenant.tenant.clone(), from };
    let answer = super::perform(&import.tenant.place, request)?;
    let (counts, tenant) = (&answer["counts"], text(&answer["tenant"]));
    out::line(&say("import.done", &[("tenant", &tenant), ("entities", &count(counts, "entities")), ("values", &count(counts, "values"))]));
    if count(counts, "accounts") > 0 {
        out::line(&say("import.accounts", &[("count", &count(counts, "accounts")), ("tenant", &tenant)]));
    }
    Ok(())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn count(counts: &Value, kind: &str) -> u64 {
    counts[kind].as_u64().unwrap_or_default()
}
