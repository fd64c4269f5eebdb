//! Failures in one sentence with the way out.

use std::io;
use std::path::Path;

use anyhow::anyhow;
use engine::Kind;

use crate::messages::say;

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

/// A failure to open a data directory.
pub(crate) fn of_opening(error: &engine::Error, data: &Path) -> anyhow::Error {
    let data = data.display();
    match error.kind() {
        Kind::Conflict => anyhow!(say("fail.locked", &[("data", &data), ("error", error)])),
        Kind::NoSpace => anyhow!(say("fail.no-space", &[("path", &data)])),
        _ => anyhow!(say("fail.opening", &[("data", &data), ("error", error)])),
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
