//! `allmende tenant …`.

use anyhow::bail;

use super::{config, perform, rows, runtime};
use crate::cli::{Place, Tenant};
use crate::control::{self, Request};
use crate::messages::say;
use crate::operator::replace_keys_at_rest;
use crate::out;

pub(super) fn run(tenant: Tenant) -> anyhow::Result<()> {
    match tenant {
        Tenant::Create { name, place } => create(&place, &name),
        Tenant::List { place } => {
            rows(&perform(&place, Request::Status)?["tenants"], &["tenant", "entities", "datasets", "quarantined"]);
            Ok(())
        }
        Tenant::ReplaceKeys { name, yes, place } => replace_keys(&place, &name, yes),
    }
}

fn create(place: &Place, name: &str) -> anyhow::Result<()> {
    let answer = perform(place, Request::TenantCreate { name: name.to_owned() })?;
    out::line(&say("tenant.created", &[("tenant", &name)]));
    match (answer["url"].as_str(), answer["code"].as_str()) {
        (Some(url), Some(code)) => out::line(&say("serve.first", &[("tenant", &name), ("url", &url), ("code", &code)])),
        _ => out::line(&say("tenant.code-later", &[("tenant", &name)])),
    }
    Ok(())
}

/// Opens a tenant again whose key store is lost: what was encrypted stays unreadable.
fn replace_keys(place: &Place, name: &str, yes: bool) -> anyhow::Result<()> {
    let data = config(place)?.data;
    if !yes {
        bail!(say("tenant.keys-confirm", &[("tenant", &name)]));
    }
    if !data.is_dir() {
        bail!(say("fail.no-data", &[("path", &data.display())]));
    }
    if runtime(1)?.block_on(control::is_served(&data)) {
        bail!(say("tenant.keys-running", &[("data", &data.display())]));
    }
    replace_keys_at_rest(&data, name)?;
    out::line(&say("tenant.keys-replaced", &[("tenant", &name)]));
    Ok(())
}
