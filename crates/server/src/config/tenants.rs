//! `[tenants.NAME]`: what is set for one tenant alone.

use std::collections::{BTreeMap, HashMap};

use anyhow::{anyhow, bail};
use model::TenantId;

use super::{Config, Municipality, keys};
use crate::messages::say;

/// The section.
pub(super) const SECTION: &str = "tenants";

/// The keys of a tenant, as the reference page names them.
pub(crate) const KEYS: [&str; 3] = ["tenants.NAME.hosts", "tenants.NAME.identifier_url", "tenants.NAME.municipality"];

/// What is set for one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Tenant {
    /// The names of hosts that lead to it; the first stands in its links.
    pub(crate) hosts: Vec<String>,
    identifier_url: Option<String>,
    /// What it says of itself, instead of `[municipality]`.
    municipality: Option<Municipality>,
}

/// Reads the section.
pub(super) fn read(value: &toml::Value) -> anyhow::Result<BTreeMap<TenantId, Tenant>> {
    let refused = |path: &str, value: &toml::Value, expected: &str| {
        anyhow!(say("fail.config-value", &[("key", &path), ("value", value), ("expected", &expected)]))
    };
    let sections = value.as_table().ok_or_else(|| refused(SECTION, value, "[tenants.NAME]"))?;
    let mut tenants = BTreeMap::new();
    for (name, value) in sections {
        let path = format!("{SECTION}.{name}");
        let id = TenantId::parse(name).map_err(|_| refused(&path, value, "[tenants.nachbarstadt] (a-z, 0-9, -)"))?;
        let keys = value.as_table().ok_or_else(|| refused(&path, value, &format!("[{path}]")))?;
        tenants.insert(id, read_one(&path, keys)?);
    }
    Ok(tenants)
}

fn read_one(path: &str, table: &toml::Table) -> anyhow::Result<Tenant> {
    let (mut tenant, mut own) = (Tenant::default(), Config::default());
    for (name, value) in table {
        match name.as_str() {
            "hosts" => {
                let key = format!("{path}.hosts");
                let refused = |expected| anyhow!(say("fail.config-value", &[("key", &key), ("value", value), ("expected", &expected)]));
                tenant.hosts = keys::hosts(value).map_err(refused)?;
            }
            // The same keys as those of the whole installation.
            "identifier_url" | "municipality" => own
                .take("", &toml::Table::from_iter([(name.clone(), value.clone())]))
                .map_err(|error| anyhow!(say("fail.config-tenant", &[("section", &path), ("error", &error)])))?,
            _ => {
                let key = format!("{path}.{name}");
                bail!(say("fail.config-key", &[("key", &key), ("nearest", &KEYS[0])]))
            }
        }
    }
    if let Some(municipality) = table.get("municipality") {
        // The pages of one municipality must not go by the name of another.
        if municipality.get("name").is_none() {
            bail!(say("fail.config-tenant-name", &[("section", &path)]));
        }
        tenant.municipality = Some(own.municipality);
    }
    tenant.identifier_url = own.identifier_url;
    Ok(tenant)
}

/// A host leads to one tenant.
pub(super) fn check(config: &Config) -> anyhow::Result<()> {
    let mut seen: HashMap<&str, &TenantId> = HashMap::new();
    for (id, tenant) in &config.tenants {
        for host in &tenant.hosts {
            if let Some(other) = seen.insert(host, id) {
                bail!(say("fail.config-host", &[("host", host), ("one", other), ("other", id)]));
            }
        }
    }
    Ok(())
}

impl Config {
    /// Which tenant each host leads to.
    pub(crate) fn hosts(&self) -> HashMap<String, String> {
        let pairs = self.tenants.iter().flat_map(|(id, tenant)| tenant.hosts.iter().map(|host| (host.clone(), id.to_string())));
        pairs.collect()
    }

    /// The settings as they are for the pages of one tenant.
    pub(crate) fn of_tenant(&self, id: &TenantId) -> Self {
        let mut own = self.clone();
        let Some(tenant) = self.tenants.get(id) else { return own };
        if !tenant.hosts.is_empty() || tenant.identifier_url.is_some() {
            own.identifier_url.clone_from(&tenant.identifier_url);
        }
        if let Some(municipality) = &tenant.municipality {
            own.municipality.clone_from(municipality);
            own.pages_of = Some(id.clone());
        }
        own
    }

    /// Where people reach a tenant: at its first host, with scheme and port
    /// of the address of the whole installation.
    pub(crate) fn url_of_tenant(&self, id: &TenantId, url: &str) -> String {
        let Some(host) = self.tenants.get(id).and_then(|tenant| tenant.hosts.first()) else { return url.to_owned() };
        let (scheme, authority) = url.split_once("://").unwrap_or(("http", url));
        let port = authority.rsplit_once(':').filter(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
        port.map_or_else(|| format!("{scheme}://{host}"), |(_, port)| format!("{scheme}://{host}:{port}"))
    }
}
