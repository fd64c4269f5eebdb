//! The one door: every read and write of every protocol goes through here.
//!
//! The engine keeps the current state in memory, asks `policy` before it shows
//! or changes anything, orders writes by one sequencer per tenant, and appends
//! their effects to the durable log before it answers. It alone makes tenant
//! contexts and authorised questions; storage takes nothing else.
//!
//! Start with [`Engine::open`]; an [`Access`] is one principal in one tenant.

mod access;
mod account;
mod buckets;
mod catalogue;
mod changes;
mod classes;
mod dashboards;
mod engine;
mod erasure;
mod error;
mod fold;
mod live;
mod load;
mod operation;
mod past;
mod privacy;
mod read;
mod report;
mod resolve;
mod restore;
mod retention;
mod scratch;
mod search;
mod sequencer;
mod sources;
mod state;
mod tenant;
#[cfg(test)]
mod tests;
pub mod transfer;

pub use access::Access;
pub use account::{
    Account, AccountInfo, NewSession, OWN_TOKEN_DAYS_MAX, OWN_TOKENS_MAX, OwnSession, PASSWORD_CHARS_MIN, SESSION_IDLE_MICROS,
    SESSION_MICROS, Session, TOKEN_LABEL_CHARS_MAX, TokenInfo,
};
pub use buckets::SampleQuery;
pub use catalogue::{ColumnStatistics, Statistics};
pub use changes::Change;
pub use dashboards::DashboardRow;
pub use engine::{Config, Engine, Health, TenantHealth};
pub use erasure::{ErasurePlan, ErasureReceipt};
pub use error::{Error, Kind};
/// Tables as Parquet files, for whoever gives data out.
pub use history::table;
pub use live::{Listener, News};
pub use load::{Divided, Loaded, Passing, Times};
pub use operation::{AttributePatch, Edit, Fragment, ImportReceipt, Instances, Operation, Outcome, Receipt};
pub use past::{Alignment, Bucket, BucketQuery, BucketSeries, Figure, Gaps, Method, PERIODS_MAX, Period, Sampled};
pub use policy::{Actor, Principal, Role};
pub use read::{Page, View};
pub use report::{
    About, CONTACT_BYTES_MAX, MESSAGE_CHARS_MAX, NewReport, Report, ReportState, ReportedValue, ReportsWaiting, SETTLED_REPORTS,
};
pub use restore::{backup_points, check, prune_backup, replace_lost_keys, restore, verify_backup};
pub use retention::{Due, Reason, RetentionPlan, RetentionReceipt};
pub use scratch::ScratchEngine;
pub use search::{Correction, Found, Freshness, Hit, Marks, Place};
pub use sources::Provenance;
pub use store::Sentence;
pub use store::{
    BackupPoint, BackupReport, FileRemoval, Finding, Looked, NewRun, Part, QuarantineItem, QuarantineRow, QuarantineState, RemovedFile,
    Restored, RunOutcome, RunRow, RunState, ScheduleRow, SourceRow, SourceState, StoredFile,
};

/// A map for what is looked up with every write: names and ids that are ours or were checked.
pub(crate) type Table<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;

/// The key with which this crate makes proofs of access.
const DOOR: model::DoorKey = model::DoorKey::cut();
