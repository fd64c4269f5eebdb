//! Erasure of a person: what there is, the question, the ledger.

use askama::Template;

use crate::frame::Frame;
use crate::parts::{Alert, Crumbs, Field, Table};

/// The form for an id, what it found, and what was erased before.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/erasure.html")]
pub struct ErasurePage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// What just happened, or what is wrong.
    pub alert: Option<Alert>,
    /// The id that is looked for.
    pub id: Field,
    /// What there is of it, once it was looked for.
    pub found: Option<FoundPerson>,
    /// The erasures, the newest first.
    pub ledger: Option<Table>,
    /// The session's token.
    pub csrf: String,
}

/// What there is of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPerson {
    /// The id.
    pub id: String,
    /// A sentence each.
    pub facts: Vec<String>,
    /// Why it is erased.
    pub reason: Field,
}
