//! Failures in one sentence with the way out.

use std::io;
use std::path::Path;

use anyhow::anyhow;
use engine::{Kind, Sentence};
use model::TenantId;

use crate::messages::{find, say};

/// An error of the engine in the language chosen.
pub(crate) fn words(error: &engine::Error) -> String {
    in_words(&error.sentence())
}

/// A sentence from below in the language chosen.
pub(crate) fn in_words(sentence: &Sentence) -> String {
    sentence.say(&|code| find(&format!("fault.{code}")))
}

/// A failure with its causes: one sentence for people.
pub(crate) fn told(failure: &anyhow::Error) -> String {
    let links = failure.chain().map(|link| link.downcast_ref::<engine::Error>().map_or_else(|| link.to_string(), words));
    links.collect::<Vec<_>>().join(": ")
}

/// A failure of the file system at a path.
pub(crate) fn of_path(error: &io::Error, path: &Path) -> anyhow::Error {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => anyhow!(say("fail.permission", &[("path", &path)])),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => anyhow!(say("fail.no-space", &[("path", &path)])),
        io::ErrorKind::NotFound => anyhow!(say("fail.not-found", &[("path", &path)])),
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => anyhow!(say("fail.not-a-directory", &[("path", &path)])),
        _ => anyhow!(say("fail.path", &[("path", &path), ("error", error)])),
    }
}

/// The tenant of a name that people typed.
pub(crate) fn tenant_of(name: &str) -> anyhow::Result<TenantId> {
    TenantId::parse(name).map_err(|_| anyhow!(say("fail.tenant-name", &[("name", &name)])))
}

/// A failure to open a data directory.
pub(crate) fn of_opening(error: &engine::Error, data: &Path) -> anyhow::Error {
    let data = data.display();
    match error.kind() {
        Kind::Conflict => anyhow!(say("fail.locked", &[("data", &data), ("error", &words(error))])),
        Kind::NoSpace => anyhow!(say("fail.no-space", &[("path", &data)])),
        _ => anyhow!(say("fail.opening", &[("data", &data), ("error", &words(error))])),
    }
}

/// A failure to listen at an address.
pub(crate) fn of_listening(error: &io::Error, address: &str) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::AddrInUse => anyhow!(say("fail.port-in-use", &[("address", &address)])),
        io::ErrorKind::PermissionDenied => anyhow!(say("fail.port-permission", &[("address", &address)])),
        io::ErrorKind::AddrNotAvailable => anyhow!(say("fail.address-not-here", &[("address", &address)])),
        _ => anyhow!(say("fail.listening", &[("address", &address), ("error", error)])),
    }
}
