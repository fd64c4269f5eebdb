//! The decision.

use model::{Class, Filter};

use crate::{Principal, Role};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Read entities, history, the catalogue.
    Read,
    /// Write entities.
    Write,
    /// Look after sources: definitions, runs, quarantine.
    ManageSources,
    /// Say that a value is wrong.
    Report,
    /// Read such reports with the address for questions, and answer them.
    AnswerReports,
    /// Look after accounts, tokens, the audit.
    Administer,
    /// Carry everything away. Values of persons need a purpose beside.
    Export,
}

impl Action {
    /// What it is, in the middle of a sentence.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Read => "read data",
            Self::Write => "write data",
            Self::ManageSources => "manage sources",
            Self::Report => "report errors",
            Self::AnswerReports => "answer reports",
            Self::Administer => "manage accounts and tokens",
            Self::Export => "carry the data away",
        }
    }
}

/// What a principal may see: for each class of attribute, of which entities.
///
/// The filter of a class guards every use of an attribute of that class: what
/// is shown, and what a query may look at, order by or count.
#[derive(Debug, Clone, PartialEq)]
pub struct Permit {
    filters: [Filter; Class::ALL.len()],
}

impl Permit {
    /// Of which entities attributes of this class may be used.
    #[must_use]
    pub fn filter(&self, class: Class) -> &Filter {
        &self.filters[class as usize]
    }

    /// The classes permitted on every entity, as a bit set; `None` when a filter must be evaluated per entity.
    #[must_use]
    pub fn mask(&self) -> Option<u8> {
        self.filters.iter().enumerate().try_fold(0, |mask, (index, filter)| match filter {
            Filter::Always => Some(mask | 1 << index),
            Filter::Never => Some(mask),
            _ => None,
        })
    }

    fn of_classes(permitted: &[Class]) -> Self {
        Self { filters: Class::ALL.map(|class| if permitted.contains(&class) { Filter::Always } else { Filter::Never }) }
    }
}

/// Why an action is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the role `{role}` may not {action}; it takes the role `{needed}`", role = .role.word(), action = .action.describe(), needed = .needed.word())]
pub struct Denied {
    /// The role of who asked.
    pub role: Role,
    /// What was asked.
    pub action: Action,
    /// The least role that may.
    pub needed: Role,
}

/// Decides whether a principal may do something, and on what.
///
/// Personal and special values are open to nobody here: they need a purpose
/// that a register of processing activities lists, and a tenant without such a
/// register has none.
///
/// # Errors
/// [`Denied`] names the role it takes. Reading is never refused, only narrowed.
pub fn decide(principal: &Principal, action: Action) -> Result<Permit, Denied> {
    let needed = match action {
        Action::Read | Action::Report => Role::Public,
        Action::Write | Action::ManageSources | Action::AnswerReports => Role::Editor,
        Action::Administer | Action::Export => Role::Administrator,
    };
    if principal.role < needed {
        return Err(Denied { role: principal.role, action, needed });
    }
    Ok(Permit::of_classes(match principal.role {
        Role::Public => &[Class::Open],
        Role::Reader => &[Class::Open, Class::Internal],
        Role::Editor => &[Class::Open, Class::Internal, Class::Restricted],
        Role::Administrator => &[Class::Open, Class::Internal, Class::Restricted, Class::Paid, Class::ConfidentialBusiness],
    }))
}
