//! One's own account.

use askama::Template;

use crate::frame::Frame;
use crate::pages::dataset::Fact;
use crate::parts::{Alert, Choice, Crumbs, Field, Moment};

/// One's own account: another password, one's sessions, one's keys.
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
    /// The keys for one's programs.
    pub keys: Keys,
}

/// The question before a key is withdrawn.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/key.html")]
pub struct KeyPage {
    /// Its frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// What the form must send back.
    pub csrf: String,
    /// The key.
    pub key: KeyItem,
}

/// The keys for one's programs, and the form for another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// Those there are, the newest first.
    pub items: Vec<KeyItem>,
    /// What the new one is for.
    pub label: Field,
    /// What it may do.
    pub roles: Vec<Choice>,
    /// For how many days it is good.
    pub days: Field,
    /// The one just made.
    pub made: Option<NewKey>,
}

/// A key just made: shown this once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// What it is for.
    pub label: String,
    /// The key itself.
    pub secret: String,
    /// A command that uses it.
    pub line: String,
}

/// A key in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyItem {
    /// Its public name.
    pub id: String,
    /// Where it is withdrawn.
    pub href: String,
    /// What it is for.
    pub label: String,
    /// What it may do.
    pub role: &'static str,
    /// When it was made.
    pub made: Moment,
    /// When it was last used.
    pub used: Option<Moment>,
    /// Until when it is good.
    pub ends: Option<Moment>,
    /// Whether that is over.
    pub is_over: bool,
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
