//! Who may see or do what. Pure: a principal and an action in, a decision and
//! a filter in the query algebra out.
//!
//! Reads are narrowed, never refused: what a principal may not see is as if it
//! were not there. Writes are refused whole.

mod decide;
mod principal;
#[cfg(test)]
mod tests;

pub use decide::{Action, Denied, Permit, decide};
pub use principal::{Actor, Principal, Role};
