//! Handlers: from a request to the view of its page.

pub(crate) mod account;
pub(crate) mod admin;
pub(crate) mod api;
pub(crate) mod barrier;
pub(crate) mod components;
pub(crate) mod dashboard;
pub(crate) mod dataset;
mod days;
pub(crate) mod document;
pub(crate) mod download;
pub(crate) mod entry;
pub(crate) mod feed;
mod figures;
mod letter;
pub(crate) mod live;
pub(crate) mod machine;
mod quality;
pub(crate) mod report;
pub(crate) mod search;
pub(crate) mod session;
mod span;
pub(crate) mod table;
pub(crate) mod upload;
