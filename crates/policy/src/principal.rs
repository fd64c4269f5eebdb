//! Principals: who is asking.

use std::fmt;

use model::Text;

/// Who is asking, as authentication found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Who it is.
    pub actor: Actor,
    /// What it may do in the tenant.
    pub role: Role,
    /// What it says the data are for.
    pub purpose: Option<Text>,
}

impl Principal {
    /// Somebody without credentials.
    #[must_use]
    pub fn anonymous() -> Self {
        Self { actor: Actor::Anonymous, role: Role::Public, purpose: None }
    }

    /// A person or token with a role.
    #[must_use]
    pub fn new(actor: Actor, role: Role) -> Self {
        Self { actor, role, purpose: None }
    }
}

/// Who it is, as the audit names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// Nobody known.
    Anonymous,
    /// A person with an account.
    Account(Text),
    /// A program with a token.
    Token(Text),
    /// A source that brings data.
    Source(Text),
    /// The platform itself, or its operator on the command line.
    System,
}

/// `user:anna`, `token:7f3c`, `source:luft`, `system`, `anonymous`.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anonymous"),
            Self::Account(name) => write!(f, "user:{name}"),
            Self::Token(id) => write!(f, "token:{id}"),
            Self::Source(name) => write!(f, "source:{name}"),
            Self::System => f.write_str("system"),
        }
    }
}

/// What somebody may do in a tenant, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads what is open.
    Public,
    /// Reads what is internal too.
    Reader,
    /// Reads what is restricted too, and writes data.
    Editor,
    /// Everything but personal values.
    Administrator,
}

impl Role {
    /// All roles that can be given.
    pub const GRANTABLE: [Self; 3] = [Self::Reader, Self::Editor, Self::Administrator];

    /// The word used on the command line and in the store.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Reader => "reader",
            Self::Editor => "editor",
            Self::Administrator => "administrator",
        }
    }

    /// The role of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Public, Self::Reader, Self::Editor, Self::Administrator].into_iter().find(|role| role.word() == word)
    }
}
