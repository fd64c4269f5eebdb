//! `allmende dashboard …`.

use anyhow::bail;
use portal::Dashboard;

use crate::cli::{self, InTenant};
use crate::control::Request;
use crate::messages::{of_pages, say};
use crate::{fail, out};

pub(super) fn run(dashboard: cli::Dashboard) -> anyhow::Result<()> {
    match dashboard {
        cli::Dashboard::Put { file, tenant: InTenant { tenant, place } } => {
            let text = std::fs::read_to_string(&file).map_err(|error| fail::of_path(&error, &file))?;
            check(&file.display(), &text)?;
            let kept = super::perform(&place, Request::DashboardPut { tenant, text })?;
            out::line(&say("dashboard.put", &[("slug", &kept["slug"].as_str().unwrap_or_default())]));
        }
        cli::Dashboard::List { tenant: InTenant { tenant, place } } => {
            let answer = super::perform(&place, Request::DashboardList { tenant })?;
            super::rows(&answer, &["name", "title"]);
        }
        cli::Dashboard::Remove { slug, tenant: InTenant { tenant, place } } => {
            super::perform(&place, Request::DashboardRemove { tenant, slug: slug.clone() })?;
            out::line(&say("dashboard.removed", &[("slug", &slug)]));
        }
    }
    Ok(())
}

/// All faults of a definition, one a line; then one sentence.
fn check(file: &dyn std::fmt::Display, text: &str) -> anyhow::Result<()> {
    let Err(faults) = Dashboard::parse(text) else { return Ok(()) };
    for fault in &faults {
        out::note(&fault.say(of_pages()));
    }
    bail!(say("dashboard.faults", &[("path", file), ("count", &faults.len())]));
}
