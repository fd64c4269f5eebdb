//! Durable truth: the change log with its audit chain, snapshots of the
//! current state, the manifest of sealed history, sources, runs, quarantine,
//! accounts and keys, one tenant apart from the other.
//!
//! A data directory is held by one process. A tenant is a folder in it and a
//! key store beside it. All calls block until the disk has answered; a call
//! that returns `Ok` from a write has been synced. What may be asked by whom,
//! and what an effect means, is decided above.

mod accounts;
mod backend;
mod backup;
mod check;
pub mod codec;
#[cfg(test)]
mod conformance;
mod disk;
mod envelope;
mod erased;
mod error;
#[cfg(test)]
mod faults;
mod files;
mod keys;
mod log;
mod manifest;
mod quarantine;
mod removal;
mod restore;
mod root;
mod rows;
mod runs;
mod seal;
mod sentence;
mod snapshot;
mod sources;
mod sqlite;
mod tenant;
#[cfg(test)]
mod testing;
mod transfer;

pub use backup::{BackupPoint, Looked, backup_points, prune_backup, verify_backup};
pub use check::{Finding, Part};
pub use erased::{ErasedInputs, Erasure, QuarantineKey};
pub use error::{AppendError, Error, Kind};
pub use log::needs_room;
pub use restore::Restored;
pub use root::{Config, Store};
pub use rows::{
    Account, AccountChange, BackupReport, BrokenLink, ChainReport, FileRemoval, NewRun, QuarantineItem, QuarantineRow, QuarantineState,
    RemovedFile, RunOutcome, RunRow, RunState, ScheduleRow, Session, Snapshot, SourceRow, SourceState, StoredFile, TokenRow,
};
pub use sentence::Sentence;
pub use tenant::TenantStore;
pub use transfer::{Kept, LoggedHeader, NewTenant};
