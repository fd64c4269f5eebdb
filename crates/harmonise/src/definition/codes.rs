//! Code lists: what the codes of a source mean.

use model::Json;

use super::section::Section;
use crate::message::Code;

/// The codes of an attribute.
#[derive(Debug, Clone)]
pub(crate) struct CodeList {
    entries: Vec<(String, Json)>,
    ignore_case: bool,
    pub(crate) otherwise: Otherwise,
}

/// What happens to a value that is in no code list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Otherwise {
    Keep,
    Reject,
    Missing,
    Value(Json),
}

/// A list that several attributes share: `[codes.NAME]`.
pub(super) struct Shared {
    pub(super) name: String,
    entries: Vec<(String, Json)>,
}

impl CodeList {
    /// What a code means.
    pub(crate) fn meaning(&self, text: &str) -> Option<&Json> {
        self.entries.iter().find(|(code, _)| is_same(code, text, self.ignore_case)).map(|(_, meaning)| meaning)
    }

    /// The codes of the list.
    pub(crate) fn known(&self) -> Vec<&str> {
        self.entries.iter().map(|(code, _)| code.as_str()).collect()
    }
}

/// Whether a text is a listed one.
pub(crate) fn is_same(listed: &str, text: &str, ignore_case: bool) -> bool {
    listed == text || (ignore_case && listed.to_lowercase() == text.trim().to_lowercase())
}

/// Reads the shared lists of a definition.
pub(super) fn shared(root: &mut Section<'_>) -> Vec<Shared> {
    let mut lists = Vec::new();
    for (name, section) in root.named("codes") {
        let entries = section.into_values();
        if entries.is_empty() {
            root.fault(&format!("codes.{name}"), None, Code::TableEmpty, Code::ListCodes);
        }
        lists.push(Shared { name, entries });
    }
    lists
}

/// Reads the code list of an attribute: its own, or the name of a shared one.
pub(super) fn codes(section: &mut Section<'_>, shared: &[Shared]) -> CodeList {
    let entries = if section.is_text("codes") {
        let name = section.text("codes").unwrap_or_default();
        let found = shared.iter().find(|list| list.name == name);
        if found.is_none() {
            section.fault("codes", Some(&name), Code::CodesUnknown, Code::ListCodes);
        }
        found.map(|list| list.entries.clone()).unwrap_or_default()
    } else {
        section.values("codes")
    };
    let ignore_case = section.flag("ignore_case").unwrap_or(false);
    CodeList { entries, ignore_case, otherwise: otherwise(section) }
}

fn otherwise(section: &mut Section<'_>) -> Otherwise {
    let default = section.any("default");
    let word = section.word("otherwise", &[("keep", Otherwise::KEEP), ("reject", Otherwise::REJECT), ("missing", Otherwise::MISSING)]);
    match (default, word) {
        (Some(value), None) => Otherwise::Value(value),
        (Some(_), Some(_)) => {
            section.fault("otherwise", None, Code::DefaultTwice, Code::KeepOne);
            Otherwise::Keep
        }
        (None, Some(index)) => [Otherwise::Keep, Otherwise::Reject, Otherwise::Missing][index].clone(),
        (None, None) => Otherwise::Keep,
    }
}

impl Otherwise {
    const KEEP: usize = 0;
    const REJECT: usize = 1;
    const MISSING: usize = 2;
}
