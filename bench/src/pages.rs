//! A dataset's page as anybody gets it and as it is drawn anew, against bare
//! hyper with the same bytes.

use std::fmt::Write;

use anyhow::{Result, ensure};

use crate::client::load;
use crate::reading::{Hyper, median};
use crate::report::Row;
use crate::server::Server;

const HOURS: usize = 960;
const PATH: &str = "/datensaetze/luft";

pub(crate) fn measure(server: &Server, binary: &str) -> Result<Vec<Row>> {
    declare(server, binary)?;
    let (status, page) = server.request("GET", PATH, "")?;
    ensure!(status == 200 && page.contains("<svg"), "{PATH} answers {status}: {page}");
    let authorization = format!("Bearer {}", server.token);
    // Pages of people who are known are never kept.
    Ok(vec![
        compare(server, &page, "dataset page, anonymous (kept)", &[], 5_000.0, "≥ 5 000/s (bare hyper, same bytes)")?,
        compare(
            server,
            &page,
            "dataset page, drawn anew",
            &[("Authorization", &authorization)],
            500.0,
            "≥ 500/s (bare hyper, same bytes)",
        )?,
    ])
}

fn compare(server: &Server, page: &str, row: &'static str, headers: &[(&str, &str)], least: f64, goal: &'static str) -> Result<Row> {
    let reference = Hyper::start(page)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        ours.push(load(&server.url(PATH), headers, 64, None)?.requests_per_s);
        theirs.push(load(&reference.url(), &[], 64, None)?.requests_per_s);
    }
    let (ours, reference) = (median(ours), median(theirs));
    Ok(Row { row, ours, unit: "pages/s", reference, ratio: ours / reference, goal, met: ours >= least })
}

/// A dataset of two stations over forty days, taken in as people do.
fn declare(server: &Server, binary: &str) -> Result<()> {
    let inbox = server.folder().join("data").join("eingang");
    std::fs::create_dir_all(&inbox)?;
    std::fs::write(inbox.join("luft.csv"), air())?;
    let definition = server.folder().join("luft.toml");
    std::fs::write(&definition, include_str!("luft.toml"))?;
    server.command(binary, &["source", "put", &definition.to_string_lossy()])?;
    server.command(binary, &["source", "run", "luft"])?;
    Ok(())
}

fn air() -> String {
    let mut lines = String::from("station;name;lon;lat;zeit;no2\n");
    for (key, name, lon) in [("nord", "Station Nord", "8,65"), ("sued", "Station Süd", "8,67")] {
        for hour in 0..HOURS {
            let (day, hour, value) = (hour / 24, hour % 24, 20 + hour * 7 % 31);
            let (day, month) = (day % 30 + 1, 4 + day / 30);
            // Writing to a string does not fail.
            let _ = writeln!(lines, "{key};{name};{lon};49,87;{day:02}.{month:02}.2026 {hour:02}:00;{value}");
        }
    }
    lines
}
