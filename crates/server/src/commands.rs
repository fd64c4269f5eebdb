//! What each command does. A command that needs the data goes through
//! [`control::perform`]: it works while the server runs, and without it.

mod backup;
mod demo;
mod password;
mod serve;
mod source;
mod status;

pub(crate) use backup::key_name;

use std::path::Path;

use anyhow::Context;
use serde_json::Value;

use crate::cli::{Command, InTenant, Place, Token, User};
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
        Command::Status(status) => status::run(&status),
        Command::Backup(backup) => backup::backup(&backup),
        Command::Restore(restore) => backup::restore(&restore),
        Command::User(user) => user_command(user),
        Command::Token(token) => token_command(token),
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
    let config = config(place)?;
    // What goes wrong below is said in one sentence at the end; the log would say it twice.
    crate::log::start(&crate::config::Log { level: "off".into(), ..config.log.clone() });
    runtime(2)?.block_on(control::perform(&config, request, &|text| out::note(&text)))
}

fn runtime(workers: usize) -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build().context("the runtime could not start")
}

/// A path that the serving process, in its own folder, finds too.
fn absolute(path: &Path) -> anyhow::Result<std::path::PathBuf> {
    std::path::absolute(path).map_err(|error| crate::fail::of_path(&error, path))
}

fn user_command(user: User) -> anyhow::Result<()> {
    match user {
        User::Add { name, role, tenant: InTenant { tenant, place } } => {
            let password = password::ask()?;
            perform(&place, Request::UserAdd { tenant, name: name.clone(), role: role.word().into(), password })?;
            out::line(&say("user.added", &[("name", &name), ("role", &role.word())]));
        }
        User::List { tenant: InTenant { tenant, place } } => {
            rows(&perform(&place, Request::UserList { tenant })?, &["name", "role", "created"])
        }
        User::Remove { name, tenant: InTenant { tenant, place } } => {
            perform(&place, Request::UserRemove { tenant, name: name.clone() })?;
            out::line(&say("user.removed", &[("name", &name)]));
        }
    }
    Ok(())
}

fn token_command(token: Token) -> anyhow::Result<()> {
    match token {
        Token::Create { role, label, days, tenant: InTenant { tenant, place } } => {
            let label = label.unwrap_or_else(|| say("token.label", &[]));
            let answer = perform(&place, Request::TokenCreate { tenant, role: role.word().into(), label, days })?;
            // Only the token, so that scripts can take it as it is.
            out::line(answer["token"].as_str().unwrap_or_default());
        }
        Token::List { tenant: InTenant { tenant, place } } => {
            rows(&perform(&place, Request::TokenList { tenant })?, &["id", "role", "label", "created", "expires", "used", "revoked"]);
        }
        Token::Revoke { id, tenant: InTenant { tenant, place } } => {
            perform(&place, Request::TokenRevoke { tenant, id: id.clone() })?;
            out::line(&say("token.revoked", &[("id", &id)]));
        }
    }
    Ok(())
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
