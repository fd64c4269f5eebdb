//! The table and the file of results.

use std::io::Write;

use anyhow::Result;
use serde::Serialize;

/// One measurement beside its reference.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) row: &'static str,
    pub(crate) ours: f64,
    pub(crate) unit: &'static str,
    pub(crate) reference: f64,
    pub(crate) ratio: f64,
    pub(crate) goal: &'static str,
    pub(crate) met: bool,
}

impl Row {
    /// A rate that should be at least `share` of the reference.
    pub(crate) fn share(row: &'static str, unit: &'static str, ours: f64, reference: f64, share: f64, goal: &'static str) -> Self {
        let ratio = ours / reference;
        Self { row, ours, unit, reference, ratio, goal, met: ratio >= share }
    }
}

pub(crate) fn print(rows: &[Row]) {
    let mut out = std::io::stdout().lock();
    // A closed pipe ends the table, not the run.
    let _ = writeln!(out, "{:<44} {:>12} {:>12} {:<12} {:>7}  {:<40} met", "row", "ours", "reference", "unit", "ratio", "goal");
    for row in rows {
        let met = if row.met { "yes" } else { "no" };
        let _ = writeln!(
            out,
            "{:<44} {:>12.2} {:>12.2} {:<12} {:>7.2}  {:<40} {met}",
            row.row, row.ours, row.reference, row.unit, row.ratio, row.goal
        );
    }
}

pub(crate) fn save(rows: &[Row]) -> Result<()> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("result.json");
    std::fs::write(path, serde_json::to_vec_pretty(rows)?)?;
    Ok(())
}
