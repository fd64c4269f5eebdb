//! Why a server elsewhere gave no data, told as the faults of sources are.

use std::time::Duration;

use harmonise::{Code, Message};
use web::outbound::Failure;

use crate::Error;

/// Trouble with a server elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// What is wrong and what to do. Never holds a secret.
    pub message: Message,
    /// For how long the server asks not to be asked again.
    pub wait: Option<Duration>,
}

impl From<Message> for Remote {
    fn from(message: Message) -> Self {
        Self { message, wait: None }
    }
}

impl From<Failure> for Remote {
    fn from(failure: Failure) -> Self {
        Self::from(match failure {
            Failure::Address(reason) => Code::RemoteAddress.with("detail", reason),
            Failure::NotAllowed(host) => Code::RemoteNotAllowed.with("host", host),
            Failure::Unreachable { host, reason } => Code::RemoteUnreachable.with("host", host).with("detail", reason),
            Failure::TimedOut(time) => Code::RemoteTimedOut.with("seconds", time.as_secs()),
            Failure::TooLarge(bytes) => Code::RemoteTooLarge.with("bytes", bytes),
            Failure::Redirects(host) => Code::RemoteRedirects.with("host", host),
            Failure::Broken { host, reason } => Code::RemoteBroken.with("host", host).with("detail", reason),
        })
    }
}

impl From<Remote> for Error {
    fn from(remote: Remote) -> Self {
        Self::Remote(remote)
    }
}
