//! Definitions run over inputs: the demo's real files against independently
//! computed figures, both nights of the clock change, every kind of bad input,
//! and the fixture folders.

mod bad;
mod demo;
mod fixtures;
mod kinds;

use model::{Entity, Instant};

use crate::{Definition, Fatal, Input, Record, Rejected, Sink, SinkError, Summary};

/// Keeps what it gets.
#[derive(Default)]
struct Kept {
    records: Vec<Record>,
    rejected: Vec<Rejected>,
}

impl Sink for Kept {
    fn accept(&mut self, record: Record) -> Result<(), SinkError> {
        self.records.push(record);
        Ok(())
    }

    fn reject(&mut self, rejected: Rejected) -> Result<(), SinkError> {
        self.rejected.push(rejected);
        Ok(())
    }
}

fn now() -> Instant {
    Instant::parse("2026-11-23T12:00:00Z").expect("an instant")
}

fn definition(text: &str) -> Definition {
    Definition::parse(text).unwrap_or_else(|issues| panic!("{}", issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
}

fn run(definition: &Definition, name: &str, bytes: &[u8]) -> (Result<Summary, Fatal>, Kept) {
    let mut kept = Kept::default();
    let mut reader = bytes;
    let outcome = crate::run(definition, Input { name, reader: &mut reader }, now(), &mut kept);
    (outcome, kept)
}

/// One line per attribute instance.
fn show(entity: &Entity) -> Vec<String> {
    let lines = entity.attributes.iter().map(|attribute| {
        let value = match &attribute.value {
            model::Value::Property(json) => json.to_string(),
            model::Value::Geo(geometry) => geometry.to_json().to_string(),
            model::Value::Relationship(targets) => targets.iter().map(|iri| format!("→ {iri}")).collect::<Vec<_>>().join(" "),
            other => format!("{other:?}"),
        };
        let mut line = format!("{} {}", entity.id, attribute.name.short());
        for (mark, part) in
            [(" #", attribute.dataset.as_ref().map(ToString::to_string)), (" @", attribute.observed_at.map(|at| at.to_string()))]
        {
            part.iter().for_each(|part| line.push_str(&format!("{mark}{part}")));
        }
        line.push_str(&format!(" = {value}"));
        attribute.unit.iter().for_each(|unit| line.push_str(&format!(" {unit}")));
        for sub in &attribute.sub {
            line.push_str(&format!(
                " {}={}",
                sub.name.short(),
                sub.value.as_str().map_or_else(|| format!("{:?}", sub.value), str::to_owned)
            ));
        }
        line
    });
    lines.collect()
}

/// Everything a run gave, as text.
fn outcome(definition: &Definition, name: &str, bytes: &[u8]) -> String {
    let (result, kept) = run(definition, name, bytes);
    let mut lines: Vec<String> = kept.records.iter().flat_map(|record| record.updates.iter().flat_map(show)).collect();
    for rejected in &kept.rejected {
        let raw = String::from_utf8_lossy(&rejected.raw);
        let raw: String = raw.chars().take(40).collect();
        lines.push(format!("refused {} [{raw}] {}", rejected.record, rejected.reason));
    }
    match result {
        Ok(summary) => lines.extend(summary.issues.iter().map(|issue| format!("note {issue}"))),
        Err(fatal) => lines.push(format!("fatal: {fatal}")),
    }
    lines.join("\n")
}

#[test]
fn definitions_may_be_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Definition>();
    shared::<Fatal>();
    shared::<Rejected>();
}
