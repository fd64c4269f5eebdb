//! What can go wrong with a source.

use engine::Kind;
use harmonise::Issue;

/// Why a source could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine says why.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// The definition has faults, all of them named.
    #[error("the definition cannot be used: {}", listed(.0))]
    Definition(Vec<Issue>),
    /// Somebody else runs the source.
    #[error("the source `{0}` is at work; wait until its run has ended")]
    Busy(String),
    /// Somebody paused the source.
    #[error("the source `{0}` rests; resume it first")]
    Resting(String),
    /// The records come by another way.
    #[error("the source `{name}` {takes}")]
    Transport {
        /// The source.
        name: String,
        /// How its records come.
        takes: &'static str,
    },
    /// A file or folder is not there, or lies elsewhere than sources may.
    #[error("{0}")]
    Path(String),
    /// The input as a whole cannot be used. It is kept with its run.
    #[error("{message}")]
    Unusable {
        /// The run that failed.
        run: u64,
        /// What is wrong, and where.
        message: String,
    },
    /// The run was stopped before its end.
    #[error("the run was stopped; what it had taken in stays, running again completes it")]
    Stopped,
    /// A fault of ours.
    #[error("the run ended by a fault: {0}")]
    Internal(String),
}

impl Error {
    /// What a caller does about it.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Engine(error) => error.kind(),
            Self::Definition(_) | Self::Transport { .. } | Self::Path(_) | Self::Unusable { .. } => Kind::Invalid,
            Self::Busy(_) | Self::Resting(_) => Kind::Conflict,
            Self::Stopped => Kind::Unavailable,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

fn listed(issues: &[Issue]) -> String {
    issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
