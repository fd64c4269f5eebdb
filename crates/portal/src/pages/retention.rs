//! Retention: what is due, what waits to be confirmed, what was deleted.

use askama::Template;

use crate::frame::Frame;
use crate::parts::{Alert, Badge, Crumbs, Phrase, Table};

/// All datasets that have rules.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/retention.html")]
pub struct RetentionPage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// What just happened, or went wrong.
    pub alert: Option<Alert>,
    /// The datasets.
    pub datasets: Vec<Kept>,
    /// The session's token.
    pub csrf: String,
}

/// A dataset with rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its slug.
    pub slug: String,
    /// Its title.
    pub title: Phrase,
    /// Its page.
    pub href: String,
    /// Where it stands.
    pub badge: Badge,
    /// Its rules, a sentence each.
    pub rules: Vec<String>,
    /// What is due, in words.
    pub due: String,
    /// The same by attribute.
    pub parts: Option<Table>,
    /// Why somebody must confirm it; empty when nobody must.
    pub reasons: Vec<String>,
    /// What a confirmation names, and what its button says.
    pub confirm: Option<(String, &'static str)>,
    /// The newest receipts.
    pub receipts: Option<Table>,
}
