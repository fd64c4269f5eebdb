//! One's own account.

use askama::Template;

use crate::frame::Frame;
use crate::pages::dataset::Fact;
use crate::parts::{Alert, Crumbs, Field, Moment};

/// One's own account: another password, one's sessions.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/account.html")]
pub struct AccountPage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// What the forms of this session must send back.
    pub csrf: String,
    /// What went wrong or was done.
    pub alert: Option<Alert>,
    /// Name and role.
    pub facts: Vec<Fact>,
    /// The fields of the password's form.
    pub fields: Vec<Field>,
    /// The sessions, the newest first.
    pub sessions: Vec<SessionItem>,
    /// Whether there is a session beside this one.
    pub has_others: bool,
}

/// A session in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionItem {
    /// What ends it; `None` is the one that asks.
    pub key: Option<String>,
    /// When it began.
    pub began: Moment,
    /// When it was last used.
    pub used: Moment,
    /// When it ends at the latest.
    pub ends: Moment,
}
