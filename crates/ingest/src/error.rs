//! What can go wrong with a source.

use engine::Kind;
use harmonise::{Code, Issue, Language, Message, Reason};

use crate::trouble::Remote;

/// Why a source could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine says why.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// The definition has faults, all of them named.
    #[error("{}", self.say(Language::En))]
    Definition(Vec<Issue>),
    /// Somebody else runs the source.
    #[error("{}", Code::SourceBusy.with("source", .0.as_str()))]
    Busy(String),
    /// Somebody paused the source.
    #[error("{}", Code::SourceResting.with("source", .0.as_str()))]
    Resting(String),
    /// The records come by another way.
    #[error("{0}")]
    Transport(Message),
    /// A file or folder is not there, or lies elsewhere than sources may.
    #[error("{0}")]
    Path(Message),
    /// The input as a whole cannot be used. It is kept with its run.
    #[error("{message}")]
    Unusable {
        /// The run that failed.
        run: u64,
        /// What is wrong, and where.
        message: Message,
    },
    /// A server elsewhere gave no data.
    #[error("{}", .0.message)]
    Remote(Remote),
    /// The run was stopped before its end.
    #[error("{}", Message::from(Code::RunStopped))]
    Stopped,
    /// A fault of ours.
    #[error("{}", Code::RunFault.with("detail", .0.as_str()))]
    Internal(String),
}

impl Error {
    /// What a caller does about it.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Engine(error) => error.kind(),
            Self::Definition(_) | Self::Transport(_) | Self::Path(_) | Self::Unusable { .. } => Kind::Invalid,
            Self::Busy(_) | Self::Resting(_) => Kind::Conflict,
            Self::Stopped | Self::Remote(_) => Kind::Unavailable,
            Self::Internal(_) => Kind::Internal,
        }
    }

    /// Why, as codes and parameters: what is written down of it.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Definition(issues) => Reason::of(issues),
            Self::Busy(source) => Code::SourceBusy.with("source", source.as_str()).into(),
            Self::Resting(source) => Code::SourceResting.with("source", source.as_str()).into(),
            Self::Transport(message) | Self::Path(message) | Self::Unusable { message, .. } => message.clone().into(),
            Self::Remote(remote) => remote.message.clone().into(),
            Self::Stopped => Message::from(Code::RunStopped).into(),
            Self::Internal(detail) => Code::RunFault.with("detail", detail.as_str()).into(),
            Self::Engine(_) => Reason::Text(self.to_string()),
        }
    }

    /// For people, in their language.
    #[must_use]
    pub fn say(&self, language: Language) -> String {
        match self {
            Self::Definition(issues) => {
                Code::DefinitionUnusable.with("detail", Reason::Issues(issues.clone(), 0).say(language)).say(language)
            }
            other => other.reason().say(language),
        }
    }
}
