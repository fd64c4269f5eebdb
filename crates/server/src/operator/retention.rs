//! Retention as the operator handles it. The answers are JSON for the other
//! side of the control socket.

use engine::{Access, Due, Reason, ReportsWaiting, RetentionPlan, RetentionReceipt, SETTLED_REPORTS};
use model::{Dataset, Rollup, TenantId};
use serde_json::{Value, json};

use super::Operator;
use crate::messages::{of_pages, say};

/// How many receipts are told.
const RECEIPTS: usize = 200;

impl Operator {
    /// One pass over a tenant, and what it has left to do on the disk.
    pub(super) async fn keep_retention(&self, tenant: &TenantId) -> anyhow::Result<()> {
        let access = self.access(tenant)?;
        for receipt in access.keep_retention().await? {
            tracing::info!(%tenant, dataset = %receipt.dataset, values = receipt.values(), "values were deleted or rolled up, their time was over");
        }
        for plan in access.retention_waiting()? {
            let reasons: Vec<String> = plan.reasons.iter().map(Reason::to_string).collect();
            let (dataset, values) = (&plan.dataset.slug, plan.values());
            tracing::warn!(%tenant, %dataset, values, reasons = reasons.join(", "), "retention waits for somebody to confirm it");
        }
        if let Some(ReportsWaiting { since, count, .. }) = access.reports_waiting()? {
            tracing::warn!(%tenant, %since, count, "the clock has jumped: settled reports wait for somebody to confirm it");
        }
        Ok(())
    }
}

/// What is due.
pub(super) async fn plan(access: &Access) -> anyhow::Result<Value> {
    Ok(access.retention_plans().await?.iter().map(told).chain(reports(access)?).collect())
}

/// Deletes what is due and needs no confirmation; answers receipts and what waits.
pub(super) async fn run(access: &Access) -> anyhow::Result<Value> {
    let receipts = access.keep_retention().await?;
    let waiting: Vec<Value> = access.retention_waiting()?.iter().map(told).chain(reports(access)?).collect();
    Ok(json!({ "receipts": receipts.iter().map(|one| receipt(access, one)).collect::<anyhow::Result<Vec<_>>>()?, "waiting": waiting }))
}

/// Deletes what a plan names.
pub(super) async fn confirm(access: &Access, dataset: &str, plan: &str, name: &str) -> anyhow::Result<Value> {
    let receipts = access.confirm_retention(dataset, plan, Some(name)).await?;
    receipts.iter().map(|one| receipt(access, one)).collect()
}

/// What was deleted of a dataset, the newest first.
pub(super) async fn receipts(access: &Access, dataset: &str) -> anyhow::Result<Value> {
    access.retention_receipts(dataset, RECEIPTS).await?.iter().map(|one| receipt(access, one)).collect()
}

fn told(plan: &RetentionPlan) -> Value {
    json!({
        "dataset": plan.dataset.slug.as_str(), "title": plan.dataset.title.get(of_pages().code()), "as_of": plan.as_of.to_string(),
        "plan": plan.token.as_str(), "values": plan.values(), "total": plan.total, "reasons": plan.reasons.iter().map(reason).collect::<Vec<_>>(),
        "parts": plan.parts.iter().map(|due| part(Some(&plan.dataset), due, plan.total)).collect::<Vec<_>>(),
    })
}

/// Settled reports, when they wait; told like the plan of a dataset.
fn reports(access: &Access) -> anyhow::Result<Option<Value>> {
    let told = |waiting: ReportsWaiting| {
        json!({
            "dataset": SETTLED_REPORTS, "as_of": waiting.as_of.to_string(), "plan": waiting.token(), "values": waiting.count,
            "reasons": [reason(&Reason::Clock(waiting.since))], "parts": [],
        })
    };
    Ok(access.reports_waiting()?.map(told))
}

fn receipt(access: &Access, receipt: &RetentionReceipt) -> anyhow::Result<Value> {
    let dataset = access.datasets()?.into_iter().find(|dataset| dataset.slug == receipt.dataset);
    Ok(json!({
        "dataset": receipt.dataset.as_str(), "at": receipt.at.to_string(), "values": receipt.values(), "total": receipt.total,
        "confirmed": receipt.confirmed_by.as_deref(), "finished": receipt.finished_at.map(|at| at.to_string()),
        "reasons": receipt.reasons.iter().map(reason).collect::<Vec<_>>(),
        "parts": receipt.parts.iter().map(|due| part(dataset.as_deref(), due, receipt.total)).collect::<Vec<_>>(),
    }))
}

fn part(dataset: Option<&Dataset>, due: &Due, total: u64) -> Value {
    let column = dataset.and_then(|dataset| dataset.columns.iter().find(|column| column.attribute == due.attribute));
    let label = column.map_or_else(|| due.attribute.short(), |column| column.label.get(of_pages().code()));
    json!({
        "attribute": label, "iri": due.attribute.iri(), "class": due.class.word(), "keep": due.keep.to_string(), "until": due.until.to_string(),
        "values": due.values, "series": due.series, "share": format!("{:.1} %", 100.0 * due.values as f64 / total.max(1) as f64),
        "oldest": due.oldest.to_string(), "newest": due.newest.to_string(),
        "becomes": due.becomes.map(Rollup::word), "rollup": due.rolled.map(Rollup::word),
    })
}

fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Clock(since) => say("retention.clock", &[("since", since)]),
        Reason::Share => say("retention.share", &[]),
    }
}
