//! Dashboards as the operator handles them.

use anyhow::anyhow;
use engine::Access;
use portal::Dashboard;
use serde_json::{Value, json};

use crate::messages::of_pages;

/// Keeps a dashboard.
pub(super) async fn put(access: &Access, text: &str) -> anyhow::Result<Value> {
    let dashboard = Dashboard::parse(text).map_err(|faults| {
        let all: Vec<String> = faults.iter().map(|fault| fault.say(of_pages())).collect();
        anyhow!(all.join(" "))
    })?;
    access.put_dashboard(&dashboard.slug, dashboard.published, text).await?;
    Ok(json!({ "slug": dashboard.slug }))
}

/// All dashboards with their titles.
pub(super) fn list(access: &Access) -> anyhow::Result<Value> {
    let title = |text: &str| Dashboard::parse(text).ok().map(|dashboard| dashboard.title.get(of_pages().code()).to_owned());
    Ok(access.dashboards()?.iter().map(|row| json!({ "name": row.slug.as_str(), "title": title(&row.text) })).collect())
}
