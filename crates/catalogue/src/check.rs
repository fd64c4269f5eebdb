//! What a dataset needs before harvesters may see it: the rules of
//! DCAT-AP.de 3.0 and GovData's conventions, said with their remedies.
//!
//! The graph is written so that it cannot break the other rules; what remains
//! is what people declare.

use std::fmt;

use model::dataset::Dataset;
use oxrdf::NamedNode;

use crate::describe::{mailto, page_of};
use crate::vocabulary;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The dataset is not listed until it is mended.
    Refused,
    /// It is listed without this; portals may take it badly.
    Warning,
}

/// Something about a dataset that a catalogue cannot pass on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it weighs.
    pub severity: Severity,
    /// Which part of the dataset.
    pub place: &'static str,
    /// What is wrong and what helps.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.place, self.message)
    }
}

/// What is wrong with a dataset, worst first.
#[must_use]
pub fn check(dataset: &Dataset) -> Vec<Finding> {
    let mut findings = Vec::new();
    check_texts(dataset, &mut findings);
    check_licence(dataset, &mut findings);
    check_codes(dataset, &mut findings);
    check_contact(dataset, &mut findings);
    findings.sort_by_key(|finding| finding.severity == Severity::Warning);
    findings
}

fn refused(place: &'static str, message: impl Into<String>) -> Finding {
    Finding { severity: Severity::Refused, place, message: message.into() }
}

fn warning(place: &'static str, message: impl Into<String>) -> Finding {
    Finding { severity: Severity::Warning, place, message: message.into() }
}

fn check_texts(dataset: &Dataset, findings: &mut Vec<Finding>) {
    if dataset.title.de.trim().is_empty() {
        findings.push(refused("title", "a dataset has a German title"));
    }
    if dataset.description.de.trim().is_empty() && dataset.summary.de.trim().is_empty() {
        findings.push(refused("description", "a dataset has a German description or summary"));
    }
    if dataset.publisher.name.trim().is_empty() {
        findings.push(refused("publisher", "name the office that decided to publish it"));
    }
}

fn check_licence(dataset: &Dataset, findings: &mut Vec<Finding>) {
    let licence = dataset.licence.as_str();
    if vocabulary::is_licence(licence) {
        if vocabulary::asks_for_naming(licence) && dataset.attribution.as_deref().is_none_or(|line| line.trim().is_empty()) {
            findings
                .push(warning("attribution", format!("the licence `{licence}` asks for a source line; say how the source is to be named")));
        }
        return;
    }
    let remedy = match vocabulary::licence_meant(licence) {
        Some(meant) => format!("`{meant}` is probably meant"),
        None => "take one of http://dcat-ap.de/def/licenses/, for example `http://dcat-ap.de/def/licenses/dl-by-de/2.0`".to_owned(),
    };
    // Harvesters make `other-closed` of a missing licence: rather not listed than listed as closed.
    let found = if NamedNode::new(licence).is_ok() { warning } else { refused };
    findings.push(found("licence", format!("`{licence}` is no licence of the list of DCAT-AP.de; {remedy}")));
}

fn check_codes(dataset: &Dataset, findings: &mut Vec<Finding>) {
    for code in dataset.themes.iter().filter(|code| vocabulary::theme(code).is_none()) {
        let all: Vec<_> = vocabulary::themes().collect();
        findings.push(warning("themes", format!("`{code}` is no data theme of the EU; the codes are {}", all.join(", "))));
    }
    if dataset.themes.is_empty() {
        findings.push(warning("themes", "GovData wants one data theme of the EU or more, for example `ENVI`"));
    }
    if let Some(code) = dataset.frequency.as_ref().filter(|code| vocabulary::frequency(code).is_none()) {
        findings.push(warning(
            "frequency",
            format!("`{code}` is no frequency of the EU's list; examples are `HOURLY`, `DAILY`, `ANNUAL`, `IRREG`"),
        ));
    }
    if let Some(spatial) = dataset.spatial.as_ref().filter(|spatial| NamedNode::new(spatial.iri.as_str()).is_err()) {
        let remedy = "take one of http://dcat-ap.de/def/politicalGeocoding/, for example `…/stateKey/06`";
        findings.push(warning("spatial", format!("`{}` is not an absolute IRI; {remedy}", spatial.iri)));
    }
}

fn check_contact(dataset: &Dataset, findings: &mut Vec<Finding>) {
    let Some(contact) = &dataset.contact else {
        findings.push(warning("contact", "portals show whom to ask; name an office with an e-mail address or a page"));
        return;
    };
    if let Some(email) = contact.email.as_ref().filter(|_| mailto(contact).is_none()) {
        findings.push(warning("contact", format!("`{email}` is no e-mail address")));
    }
    if let Some(url) = contact.url.as_ref().filter(|_| page_of(contact).is_none()) {
        findings.push(warning("contact", format!("`{url}` is no address of a page; expected `https://…`")));
    }
    if contact.email.is_none() && contact.url.is_none() {
        findings.push(warning("contact", format!("`{}` has neither an e-mail address nor a page", contact.name)));
    }
}
