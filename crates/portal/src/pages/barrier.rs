//! „Barriere melden“: the page of text with its form.

use askama::Template;

use crate::frame::Frame;
use crate::pages::document::Document;
use crate::parts::{Alert, Crumbs, Field};

/// The form, with the municipality's words around it.
#[derive(Debug, Clone, Template)]
#[template(path = "report/barrier.html")]
pub struct BarrierPage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// What the municipality says.
    pub document: Document,
    /// What went wrong.
    pub alert: Option<Alert>,
    /// The session's token, when there is a session.
    pub csrf: String,
    /// What was typed.
    pub message: String,
    /// What to write, and how much.
    pub message_hint: String,
    /// What is wrong with it.
    pub message_error: Option<String>,
    /// The page, the tools, the address for the answer.
    pub fields: Vec<Field>,
    /// What stands in the field that stays empty.
    pub trap: String,
    /// What is wrong with it.
    pub trap_error: Option<String>,
}
