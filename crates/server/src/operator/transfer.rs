//! A whole tenant carried away, and read into a new one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{anyhow, bail};
use catalogue::{Catalogue, Format};
use engine::Kind;
use engine::transfer::{Forms, Manifest, Order, Step};
use harmonise::Definition;
use model::TenantId;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Operator, Progress};
use crate::assemble;
use crate::fail;
use crate::messages::say;

/// What a stranger needs to read the folder.
const README_DE: &str = include_str!("../../export/LIESMICH.md");
const README_EN: &str = include_str!("../../export/README.md");

const FORMS: Forms = Forms { write_entity: ngsi_ld::write_record, read_entity: ngsi_ld::read_record, concerns_persons };

/// Whether a definition brings data of persons. One that cannot be read might.
fn concerns_persons(definition: &str) -> bool {
    let Ok(definition) = Definition::parse(definition) else { return true };
    definition.dataset().is_some_and(|dataset| dataset.columns.iter().any(|column| column.class.is_enveloped()))
}

impl Operator {
    /// Writes a tenant into a folder, as of one moment.
    pub(super) async fn export(
        &self,
        tenant: Option<&str>,
        target: PathBuf,
        personal: Option<String>,
        progress: Progress<'_>,
    ) -> anyhow::Result<Value> {
        let access = self.access_to(tenant)?;
        let failed = |error: &dyn std::fmt::Display| anyhow!(say("export.failed", &[("target", &target.display()), ("error", error)]));
        let catalogue = self.catalogue_of(access.tenant()).await.map_err(|error| failed(&error))?;
        let documents = vec![
            ("LIESMICH.md".to_owned(), README_DE.into()),
            ("README.md".to_owned(), README_EN.into()),
            ("catalogue.ttl".to_owned(), catalogue),
        ];
        let order = Order { target: target.clone(), personal, documents, version: env!("CARGO_PKG_VERSION").to_owned() };
        let (send, receive) = mpsc::unbounded_channel();
        let work = tokio::spawn(async move { access.export(order, FORMS, move |step| _ = send.send(step)).await });
        tell(receive, progress).await;
        let manifest = work.await?.map_err(|error| failed(&fail::words(&error)))?;
        Ok(report(&manifest, &manifest.tenant))
    }

    /// Reads a folder into a new tenant.
    pub(super) async fn import(&self, tenant: Option<&str>, from: PathBuf, progress: Progress<'_>) -> anyhow::Result<Value> {
        let name = tenant.map(TenantId::parse).transpose()?;
        if let Some(name) = name.as_ref().filter(|name| self.engine.tenant(name.as_str()).is_ok()) {
            bail!(say("import.exists", &[("tenant", name)]));
        }
        let (send, receive) = mpsc::unbounded_channel();
        let (engine, folder) = (self.engine.clone(), from.clone());
        let work = tokio::task::spawn_blocking(move || engine.import(&folder, name.as_ref(), &FORMS, &move |step| _ = send.send(step)));
        tell(receive, progress).await;
        let (tenant, manifest) = work.await?.map_err(|error| match error.kind() {
            Kind::Exists => anyhow!(say("import.exists-too", &[("error", &fail::words(&error))])),
            _ => anyhow!(say("import.failed", &[("from", &from.display()), ("error", &fail::words(&error))])),
        })?;
        tracing::info!(tenant = tenant.as_str(), from = %from.display(), position = manifest.position, "a tenant was imported");
        Ok(report(&manifest, &tenant))
    }

    async fn catalogue_of(&self, tenant: &TenantId) -> anyhow::Result<Vec<u8>> {
        let url = self.url.get().cloned().or_else(|| self.config.public_url.clone());
        let url = url.unwrap_or_else(|| format!("http://{}", self.config.listen));
        let site = assemble::catalogue_site(&self.config.of_tenant(tenant), &self.config.url_of_tenant(tenant, &url))?;
        Ok(Catalogue::new(self.engine.clone(), site).whole(tenant, Format::Turtle).await?)
    }
}

/// Passes on where the work stands until it ends.
pub(super) async fn tell(mut steps: mpsc::UnboundedReceiver<Step>, progress: Progress<'_>) {
    while let Some(step) = steps.recv().await {
        progress(match step {
            Step::Compared(done, all) => say("transfer.compared", &[("percent", &(done * 100).checked_div(all).unwrap_or(100))]),
            Step::Rows(count) => say("transfer.rows", &[("count", &count)]),
            Step::Entities(count) => say("transfer.entities", &[("count", &count)]),
            Step::Values(count) => say("transfer.values", &[("count", &count)]),
            Step::Files(count) => say("transfer.files", &[("count", &count)]),
        });
    }
}

fn report(manifest: &Manifest, tenant: &TenantId) -> Value {
    let size_bytes: u64 = manifest.files.iter().map(|file| file.size_bytes).sum();
    let counted = |counts: &BTreeMap<String, u64>| counts.iter().map(|(name, count)| (name.clone(), json!(count))).collect::<Value>();
    json!({
        "tenant": tenant.as_str(), "position": manifest.position, "files": manifest.files.len(), "size_bytes": size_bytes,
        "counts": counted(&manifest.counts), "left_out": counted(&manifest.left_out),
    })
}
