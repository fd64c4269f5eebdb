//! The pages over a real engine: every address answers, in both languages,
//! with what the data say.

mod account;
mod admin;
mod barrier;
mod board;
mod city;
mod dashboard;
mod erasure;
mod files;
mod kept;
mod notations;
mod outside;
mod public;
mod questions;
mod report;
mod retention;
mod search;
mod upload;

pub(crate) use city::workshop;
