//! Erasure as the operator handles it. The answers are JSON for the other
//! side of the control socket.

use anyhow::anyhow;
use engine::{Access, ErasurePlan};
use model::EntityId;
use serde_json::{Value, json};

use crate::messages::say;

/// What there is of a person.
pub(super) async fn plan(access: &Access, id: &str, words: &[String]) -> anyhow::Result<Value> {
    Ok(told(&access.plan_erasure(&id_of(id)?, words).await?))
}

/// Erases everything of a person.
pub(super) async fn run(access: &Access, id: &str, words: &[String], reason: &str) -> anyhow::Result<Value> {
    Ok(told(&access.erase(&id_of(id)?, words, reason).await?))
}

/// The ledger, the newest first.
pub(super) async fn list(access: &Access) -> anyhow::Result<Value> {
    let row = |one: &engine::ErasureReceipt| {
        let finished = if one.is_finished { say("erasure.finished", &[]) } else { say("erasure.unfinished", &[]) };
        json!({
            "at": one.at.to_string(), "subject": one.subject.as_str(), "values": one.values, "confirmed": one.actor.as_str(),
            "reason": one.reason.as_str(), "finished": finished,
        })
    };
    Ok(access.erasures().await?.iter().map(row).collect())
}

fn told(plan: &ErasurePlan) -> Value {
    json!({
        "entity": plan.entity.as_str(), "is_current": plan.is_current, "values": plan.values, "has_key": plan.has_key,
        "reports": plan.reports, "runs": plan.runs, "files": plan.files, "records": plan.records,
    })
}

fn id_of(id: &str) -> anyhow::Result<EntityId> {
    EntityId::parse(id).map_err(|_| anyhow!(say("erasure.no-id", &[("id", &id)])))
}
