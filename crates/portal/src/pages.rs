//! The pages: one view per page, filled by handlers, written by its template.

pub mod account;
pub mod admin;
pub mod api;
pub mod barrier;
pub mod board;
pub mod components;
pub mod dashboard;
pub mod dataset;
pub mod document;
pub mod entry;
pub mod erasure;
pub mod error;
pub mod report;
pub mod retention;
pub mod table;
pub mod upload;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
