//! What each command does. A command that needs the data goes through
//! [`control::perform`]: it works while the server runs, and without it.

mod backup;
mod check;
mod dashboard;
mod demo;
mod erasure;
mod history;
mod password;
mod people;
mod retention;
mod serve;
mod source;
mod status;
mod tenant;
mod transfer;

pub(crate) use backup::key_name;

use std::path::Path;

use anyhow::Context;
use serde_json::Value;

use crate::cli::{Command, Place};
use crate::config::Config;
use crate::control::{self, Request};
use crate::messages::say;
use crate::out;

/// Runs a command to its end.
///
/// # Errors
/// One sentence for people.
pub(crate) fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(serve) => serve::run(&serve),
        Command::Demo(demo) => demo::run(&demo),
        Command::Source(source) => source::run(source),
        Command::Dashboard(dashboard) => dashboard::run(dashboard),
        Command::Retention(retention) => retention::run(retention),
        Command::Erasure(erasure) => erasure::run(erasure),
        Command::Status(status) => status::run(&status),
        Command::Check(check) => check::run(&check),
        Command::Backup(backup) => backup::run(&backup),
        Command::Restore(restore) => backup::restore(&restore),
        Command::Export(export) => transfer::export(&export),
        Command::ExportHistory(export) => history::export(export),
        Command::Import(import) => transfer::import(&import),
        Command::Tenant(tenant) => tenant::run(tenant),
        Command::User(user) => people::user(user),
        Command::Token(token) => people::token(token),
        Command::Version => {
            out::line(concat!("allmende ", env!("CARGO_PKG_VERSION")));
            Ok(())
        }
    }
}

/// The configuration of an installation: flags over file over defaults.
fn config(place: &Place) -> anyhow::Result<Config> {
    let mut config = place.config.as_deref().map_or_else(|| Ok(Config::default()), Config::read)?;
    if let Some(data) = &place.data {
        config.data.clone_from(data);
    }
    Ok(config)
}

/// Lets the installation do something, with progress on standard error.
fn perform(place: &Place, request: Request) -> anyhow::Result<Value> {
    perform_into(place, request, &mut |_| Ok(()))
}

/// As [`perform`], what is given out going to `take` piece by piece.
fn perform_into(place: &Place, request: Request, take: control::Take<'_>) -> anyhow::Result<Value> {
    let config = config(place)?;
    // What goes wrong below is said in one sentence at the end; the log would say it twice.
    crate::log::start(&crate::config::Log { level: "off".into(), ..config.log.clone() });
    runtime(2)?.block_on(control::perform(&config, request, &|text| out::note(&text), take))
}

fn runtime(workers: usize) -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build().context("the runtime could not start")
}

/// A path that the serving process, in its own folder, finds too.
fn absolute(path: &Path) -> anyhow::Result<std::path::PathBuf> {
    std::path::absolute(path).map_err(|error| crate::fail::of_path(&error, path))
}

/// A table of objects, columns separated by tabs, with a line of names.
fn rows(answer: &Value, columns: &[&str]) {
    out::line(&columns.iter().map(|column| say(&format!("column.{column}"), &[])).collect::<Vec<_>>().join("\t"));
    for row in answer.as_array().into_iter().flatten() {
        let cells = columns.iter().map(|column| match &row[*column] {
            Value::Null => "–".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        out::line(&cells.collect::<Vec<_>>().join("\t"));
    }
}
