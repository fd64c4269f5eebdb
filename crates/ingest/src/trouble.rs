//! Why a look at a source failed, kept so that people are told in their language.

use std::fmt;

use serde::{Deserialize, Serialize};
use web::outbound::Failure;

use crate::Error;

/// What went wrong, and what it speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Which kind.
    pub kind: TroubleKind,
    /// Host, status, file or sentence it speaks of. Never a secret.
    pub detail: String,
}

/// Kinds of trouble: each has a remedy of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TroubleKind {
    /// No such host, nobody listens, no trusted certificate; detail: what was found.
    Unreachable,
    /// No whole answer in time; detail: seconds.
    TimedOut,
    /// The answer's status tells of an error; detail: the status.
    Status,
    /// The key was not taken; detail: the status.
    Refused,
    /// The other side asks for patience; detail: the status.
    TooOften,
    /// The answer is too large; detail: bytes allowed.
    TooLarge,
    /// Redirect after redirect; detail: the last host.
    Redirects,
    /// An address that only the operator may allow; detail: host and port.
    NotAllowed,
    /// The address in the definition cannot be used; detail: why.
    Address,
    /// A web page where data should be; detail: the type found.
    WrongType,
    /// Pages lead in a circle, or never end; detail: what was found.
    Paging,
    /// The answer broke off; detail: what was found.
    Broken,
    /// The key is not there, or not for this host; detail: what to do.
    Secret,
    /// A file or folder is not there; detail: a sentence.
    Path,
    /// An input cannot be used; detail: a sentence.
    Input,
    /// Anything else; detail: a sentence.
    Other,
}

impl Trouble {
    pub(crate) fn new(kind: TroubleKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }

    /// The trouble behind an error; `None` when nothing is wrong with the source.
    pub(crate) fn of(error: &Error) -> Option<Self> {
        let kind = match error {
            Error::Remote(remote) => return Some(remote.trouble.clone()),
            Error::Busy(_) | Error::Resting(_) | Error::Stopped => return None,
            Error::Path(_) => TroubleKind::Path,
            Error::Unusable { .. } | Error::Definition(_) => TroubleKind::Input,
            Error::Engine(_) | Error::Transport(_) | Error::Internal(_) => TroubleKind::Other,
        };
        Some(Self::new(kind, error.to_string()))
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Address(reason) => Self::new(TroubleKind::Address, reason),
            Failure::NotAllowed(host) => Self::new(TroubleKind::NotAllowed, host),
            Failure::Unreachable { host, reason } => Self::new(TroubleKind::Unreachable, format!("{host}: {reason}")),
            Failure::TimedOut(time) => Self::new(TroubleKind::TimedOut, time.as_secs().to_string()),
            Failure::TooLarge(bytes) => Self::new(TroubleKind::TooLarge, bytes.to_string()),
            Failure::Redirects(host) => Self::new(TroubleKind::Redirects, host),
            Failure::Broken { host, reason } => Self::new(TroubleKind::Broken, format!("{host}: {reason}")),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, detail } = self;
        match kind {
            TroubleKind::Unreachable => write!(f, "the server cannot be reached ({detail})"),
            TroubleKind::TimedOut => write!(f, "there was no whole answer within {detail} seconds"),
            TroubleKind::Status => write!(f, "the server answered with status {detail}"),
            TroubleKind::Refused => write!(f, "the server did not let us in (status {detail}); check the key"),
            TroubleKind::TooOften => write!(f, "the server asks for patience (status {detail}); ask less often"),
            TroubleKind::TooLarge => write!(f, "the answer is larger than {detail} bytes; raise `bytes_max` or use pages"),
            TroubleKind::Redirects => write!(f, "too many redirects, the last to {detail}"),
            TroubleKind::NotAllowed => {
                write!(f, "{detail} lies in the own network or at an unusual port; the operator may allow it in `sources.targets`")
            }
            TroubleKind::Address => write!(f, "the address cannot be used: {detail}"),
            TroubleKind::WrongType => write!(f, "the answer is a web page ({detail}) and no data"),
            TroubleKind::Paging => write!(f, "the pages do not end: {detail}"),
            TroubleKind::Broken => write!(f, "the answer broke off ({detail})"),
            TroubleKind::Secret | TroubleKind::Path | TroubleKind::Input | TroubleKind::Other => f.write_str(detail),
        }
    }
}

/// Trouble with a server elsewhere, and how long it asks us to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// What is wrong.
    pub trouble: Trouble,
    /// For how long not to ask again.
    pub wait: Option<std::time::Duration>,
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        Self::Remote(Remote { trouble, wait: None })
    }
}
