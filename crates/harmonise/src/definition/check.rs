//! What only the whole definition shows.

use super::{Definition, Kind};
use crate::issue::Issue;
use crate::message::{Code, Message};

/// Its faults.
pub(super) fn check(definition: &Definition) -> Vec<Issue> {
    let mut faults = Vec::new();
    let is_tree = matches!(definition.format.kind, Kind::Json { .. });
    if definition.wide.is_some() && is_tree {
        faults.push(Issue::new("invalid", "wide", Code::WideTree).remedy(Code::DropWide));
    }
    if let Kind::Csv { table, .. } | Kind::Xlsx { table, .. } = &definition.format.kind
        && table.second.is_some()
        && definition.wide.is_none()
    {
        faults.push(Issue::new("invalid", "format.second_header", Code::SecondHeaderIdle).remedy(Code::AddWide));
    }
    faults.extend(raw_opened(definition));
    if let (Some(dataset), Some(prefix)) = (&definition.dataset, definition.dataset.as_ref().and_then(|dataset| dataset.id_prefix.as_ref()))
        && !definition.entity.id.beginning().starts_with(prefix.as_str())
    {
        let issue = Issue::new("invalid", "dataset.id_prefix", Code::PrefixDiffers.with("dataset", dataset.slug.as_str()));
        faults.push(issue.value(prefix).remedy(Code::TakePrefix));
    }
    faults
}

/// A raw record holds every column of its line, so it may be opened only where
/// everything that is made of it is open and published. Whether a dataset of
/// another definition is published shows only when somebody asks.
fn raw_opened(definition: &Definition) -> Option<Issue> {
    if !definition.source.raw_open {
        return None;
    }
    let issue = |reason: Message| Issue::new("invalid", "source.raw", reason).value("open");
    if definition.dataset.as_ref().is_some_and(|dataset| !dataset.published) {
        return Some(issue(Code::RawNoDataset.into()).remedy(Code::CloseRawOrPublish));
    }
    let closed: Vec<&str> = definition
        .attributes
        .iter()
        .filter(|attribute| !definition.declares_open(attribute.name))
        .map(|attribute| attribute.term.as_str())
        .collect();
    (!closed.is_empty()).then(|| issue(Code::RawNotOpen.with("columns", closed)).remedy(Code::CloseRaw))
}
