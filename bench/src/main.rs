//! Measurements as ratios: our figure and a reference from the same run on the
//! same machine. `make bench` prints the table and writes `bench/result.json`.
//!
//! The server runs as its own process, pinned to core 0; the client is `wrk`,
//! pinned to core 1. Reading is compared with a bare hyper server that
//! returns the same bytes, writing with the same bytes appended to a file
//! and synced in batches as large as ours were.

mod client;
mod codec;
mod disk;
mod history;
mod hyper_reference;
mod intake;
mod pages;
mod reading;
mod report;
mod search;
mod server;
mod writing;

use anyhow::{Context, Result};

/// The allocator of the product, so that parsing is measured as it runs there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("hyper"), Some(body)) => hyper_reference::serve(&body),
        (Some("run"), Some(binary)) => run(&binary),
        (Some("codec"), None) => codec::measure().map(|row| report::print(&[row])),
        (Some("pages"), Some(binary)) => pages::measure(&server::Server::start(&binary)?, &binary).map(|rows| report::print(&rows)),
        (Some("intake"), Some(binary)) => intake::measure(&binary).map(|rows| report::print(&rows)),
        (Some("search"), None) => search::measure().map(|row| report::print(&[row])),
        (Some("history"), Some(folder)) => {
            let observations = arguments.next().map_or(Ok(100_000_000), |count| count.parse())?;
            history::measure(std::path::Path::new(&folder), observations).map(|rows: Vec<report::Row>| report::print(&rows))
        }
        _ => anyhow::bail!(
            "usage: bench run PATH-OF-ALLMENDE; bench pages PATH-OF-ALLMENDE for the pages only; \
             bench intake PATH-OF-ALLMENDE for files and batches of many values; bench codec or bench search for a row without a server; \
             bench history FOLDER [OBSERVATIONS] for the past"
        ),
    }
}

fn run(binary: &str) -> Result<()> {
    client::check().context("wrk is needed; on Debian: apt-get install wrk")?;
    let mut rows = vec![codec::measure()?, search::measure()?];
    let server = server::Server::start(binary)?;
    rows.extend(reading::measure(&server)?);
    rows.extend(pages::measure(&server, binary)?);
    rows.extend(writing::measure(&server)?);
    drop(server);
    report::print(&rows);
    report::save(&rows)
}
