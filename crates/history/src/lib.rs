//! The past: observations sealed into Parquet and read back exactly.
//!
//! A [`Seal`] plans which objects will hold which observations, so that the
//! caller can make its intent durable first; [`History::write`] then makes the
//! objects and answers with the [`model::Segment`]s for the manifest, which
//! lives in the tenant's database. Reading takes the manifest's segments and an
//! authorised question, and touches only the pages that can hold an answer.
//! A [`Merge`] writes segments anew as fewer, without what was removed.
//!
//! The files are open to any Parquet reader; `columns.rs` says what stands in
//! them. Ciphertext of personal values stays ciphertext. Arrow and Parquet types
//! never leave this crate. [`table`] writes tables for people to carry away. Everything here blocks: asynchronous callers go
//! through a blocking thread.

mod cache;
mod columns;
mod count;
mod decode;
mod encode;
mod error;
mod history;
mod merge;
mod objects;
mod prune;
mod read;
mod seal;
mod stream;
pub mod table;
mod value;

#[cfg(test)]
mod measure;
#[cfg(test)]
mod tests;

pub use count::Count;
pub use error::Error;
pub use history::History;
pub use merge::Merge;
pub use seal::Seal;
pub use stream::{SegmentWriter, Written};
