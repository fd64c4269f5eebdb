//! Guesses on real files, on bad ones, and the way from a guess to entities.

mod bad;
mod files;
mod round;

use std::io::Read;

use super::{Answers, Finding, Given, Plan, Refusal, Sample, examine, look, propose};

/// Looks at bytes.
pub(super) fn look_at(bytes: &[u8], given: &Given) -> Result<Sample, Refusal> {
    let owned = bytes.to_vec();
    look(&mut || Ok(Box::new(std::io::Cursor::new(owned.clone())) as Box<dyn Read + Send>), given)
}

/// The sample, plan and findings of a file that is a table.
#[track_caller]
pub(super) fn guess(bytes: &[u8]) -> (Sample, Plan, Vec<Finding>) {
    let sample = look_at(bytes, &Given::default()).expect("a table");
    let plan = propose(&sample);
    let findings = examine(&sample, &plan);
    (sample, plan, findings)
}

/// A guess in lines.
#[track_caller]
pub(super) fn show(bytes: &[u8]) -> String {
    let (sample, plan, findings) = guess(bytes);
    let layout = &plan.layout;
    let mut lines = vec![format!(
        "{:?} {} {} header {} rows {}{}",
        layout.kind,
        layout.encoding.as_deref().or(layout.sheet.as_deref()).unwrap_or("-"),
        layout.delimiter.map_or_else(|| "-".to_owned(), |sign| format!("{sign:?}")),
        layout.header,
        sample.rows.len(),
        if sample.complete { "" } else { "+" },
    )];
    for column in &plan.columns {
        let mut line = format!("  {} = {}: {:?}", column.field, column.label, column.meaning);
        for word in [&column.unit, &column.pattern].into_iter().flatten() {
            line.push_str(&format!(" {word}"));
        }
        if column.meaning == super::Meaning::Number || column.meaning == super::Meaning::East {
            line.push_str(&format!(
                " {}{}",
                column.writing.decimal,
                column.writing.thousands.map_or(String::new(), |sign| format!("{sign}"))
            ));
        }
        if column.over_time {
            line.push_str(" over time");
        }
        lines.push(line);
    }
    lines.push(format!(
        "key {:?} name {} crs {} missing {:?}",
        plan.key,
        plan.name.as_deref().unwrap_or("-"),
        plan.crs.as_deref().unwrap_or("-"),
        plan.missing
    ));
    lines.extend(findings.iter().map(|finding| format!("{finding:?}")));
    lines.join("\n")
}

/// Answers a clerk might give.
pub(super) fn answers() -> Answers {
    Answers {
        slug: "freie-plaetze".into(),
        title: "Freie Plätze".into(),
        summary: "Wo Plätze frei sind. Alle Stunde neu.".into(),
        publisher: "Stadt Musterstadt".into(),
        licence: "dl-by-de/2.0".into(),
        theme: Some("TRAN".into()),
        temporal: None,
        provenance: "Eigene Zählung.".into(),
        personal: false,
        published: false,
    }
}
