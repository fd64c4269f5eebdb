//! Records of any shape become entities: definitions of sources, decoding,
//! mapping, repair of numbers, times, units and coordinates, quality rules.
//!
//! Pure but for reading from what is handed in. A [`Definition`] says what a
//! source means; [`run`] reads an input record by record and hands partial
//! entities, or the raw record with a reason, to a [`Sink`]. What was refused
//! can be mapped again with [`replay`] after the definition was mended.
//! Transport, schedules and the quarantine itself are `ingest`'s work.

mod columns;
mod compute;
mod definition;
mod explain;
mod fields;
pub mod guess;
mod issue;
mod local;
mod map;
mod message;
mod municipality;
mod number;
mod quality;
mod read;
mod run;
mod template;
pub mod terms;
#[cfg(test)]
mod tests;

pub use columns::{ColumnLook, Look};
pub use definition::{Definition, Glob, Http, Key, KeyPlace, Paging, Source, Transport};
pub use issue::{Issue, Reason};
pub use message::{Code, Language, Message};
pub use read::{Fatal, RECORD_BYTES_MAX};
pub use run::{Facts, Found, Input, Preview, Quarantined, Record, Rejected, Sink, SinkError, Summary, preview, record_at, replay, run};
