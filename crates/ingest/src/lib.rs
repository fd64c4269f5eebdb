//! Connectors and pipelines: files, folders, HTTP poll and push into the engine,
//! with quarantine, replay and the way back from a value to its raw record.
//!
//! One input is one run: it is kept as it came, encrypted, then mapped by
//! `harmonise`, and its values are imported in batches. What is counted is
//! durable. Bytes that were done under the same version of a definition are
//! passed over, and equal values are no change, so a run can always be repeated.

mod account;
mod batch;
mod definition;
mod drift;
mod error;
mod folders;
mod http;
mod input;
mod origin;
mod places;
mod poll;
mod replay;
mod report;
mod run;
mod schedule;
mod secrets;
mod service;
mod state;
#[cfg(test)]
mod tests;
mod trouble;
mod turns;

pub use definition::{Checked, Stored};
pub use error::Error;
pub use folders::Folders;
pub use harmonise::{Issue, Preview};
pub use http::router;
pub use origin::{RawRecord, Trace};
pub use replay::ReplayReport;
pub use report::{Counts, InputReport, Outcome, Progress, RunReport};
pub use secrets::Secrets;
pub use service::{Config, Ingest};
pub use state::Standing;
pub use trouble::Remote;
