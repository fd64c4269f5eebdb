//! `allmende demo`: real data of a made-up city, from the binary itself.

use std::fs;
use std::path::Path;

use anyhow::{anyhow, bail};
use harmonise::Transport;
use rust_embed::RustEmbed;

use super::serve;
use crate::cli::Demo;
use crate::config::Config;
use crate::control::{self, Request};
use crate::messages::say;
use crate::operator::Operator;
use crate::player::{self, Player};
use crate::{fail, log, out};

/// Definitions and data, each with its source and licence in `daten/QUELLEN.md`.
#[derive(RustEmbed)]
#[folder = "../../demo"]
struct Files;

/// The demo's tenant.
const TENANT: &str = "musterstadt";
/// Says that a data directory is a demo's; `--reset` deletes no other.
const MARK: &str = "demo";

pub(super) fn run(demo: &Demo) -> anyhow::Result<()> {
    let mut config = settings(serve::config(&demo.serve)?);
    log::start(&config.log);
    config.note();
    super::runtime(config.workers)?.block_on(async {
        if demo.reset {
            reset(&config.data).await?;
        }
        refuse_other_data(&config.data)?;
        let player = if demo.still { None } else { Some(Player::ready(TENANT, &config.demo_folder(), recordings).await?) };
        if let Some(player) = &player {
            config.sources.targets.push(player.address().to_string());
        }
        let (listener, operator) = serve::open(&config).await?;
        unpack(&config.demo_folder())?;
        operator.ensure_tenant(TENANT).await?;
        fill(&operator, player.as_ref()).await?;
        if let Some(player) = &player {
            player.remember(&config.demo_folder())?;
            put_dashboards(&operator).await?;
        }
        serve::until_stopped(listener, operator, player).await
    })
}

/// A made-up address (`.example` leads nowhere, RFC 2606, section 2), so that people see where they would write to.
const EMAIL: &str = "daten@musterstadt.example";

/// A remark on every page and an address, unless the file has them.
fn settings(mut config: Config) -> Config {
    config.demo = true;
    config.municipality.notice.get_or_insert_with(|| say("demo.notice", &[]));
    config.municipality.email.get_or_insert_with(|| EMAIL.to_owned());
    config
}

/// Deletes the data of an earlier demo, and nothing else.
async fn reset(data: &Path) -> anyhow::Result<()> {
    if !data.exists() {
        return Ok(());
    }
    if control::is_served(data).await {
        bail!(say("demo.running", &[("data", &data.display())]));
    }
    let is_empty = fs::read_dir(data).map_err(|error| fail::of_path(&error, data))?.next().is_none();
    if !is_empty && !data.join(MARK).join("quellen").is_dir() {
        bail!(say("demo.not-a-demo", &[("data", &data.display())]));
    }
    out::note(&say("demo.reset", &[("data", &data.display())]));
    // The data first and the mark last: an interrupted reset can be repeated.
    let entries: Vec<_> = fs::read_dir(data).and_then(Iterator::collect).map_err(|error| fail::of_path(&error, data))?;
    for entry in entries.iter().filter(|entry| entry.file_name() != MARK).chain(entries.iter().filter(|entry| entry.file_name() == MARK)) {
        let path = entry.path();
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(|error| fail::of_path(&error, &path))?;
    }
    Ok(())
}

/// The demo's data never go into the directory of a real installation.
fn refuse_other_data(data: &Path) -> anyhow::Result<()> {
    let has_tenants = fs::read_dir(data.join("tenants")).is_ok_and(|mut tenants| tenants.next().is_some());
    if has_tenants && !data.join(MARK).is_dir() {
        bail!(say("demo.foreign", &[("data", &data.display())]));
    }
    Ok(())
}

/// Lays the files out. Those that are there with the same size stay.
fn unpack(folder: &Path) -> anyhow::Result<()> {
    out::note(&say("demo.files", &[]));
    for name in Files::iter() {
        let Some(file) = Files::get(&name) else { continue };
        let path = folder.join(name.as_ref());
        if fs::metadata(&path).is_ok_and(|known| known.len() == file.data.len() as u64) && !name.ends_with(".toml") {
            continue;
        }
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, &file.data));
        written.map_err(|error| fail::of_path(&error, &path))?;
    }
    Ok(())
}

/// The texts of the files whose names begin and end so, in order.
fn texts(start: &str, end: &str) -> Vec<(String, String)> {
    let mut names: Vec<_> = Files::iter().filter(|name| name.starts_with(start) && name.ends_with(end)).collect();
    names.sort();
    let text = |name: &str| Files::get(name).map(|file| String::from_utf8_lossy(&file.data).into_owned());
    names.iter().filter_map(|name| Some((name.to_string(), text(name)?))).collect()
}

/// What the player plays from.
fn recordings(start: &str) -> Vec<String> {
    texts(start, ".csv").into_iter().map(|(_, text)| text).collect()
}

/// Puts every definition and runs it over its files, or sends it its samples.
/// What was read before is passed over. What the player feeds rests without it.
async fn fill(operator: &Operator, player: Option<&Player>) -> anyhow::Result<()> {
    let definitions = texts("quellen/", ".toml");
    for (number, (file, text)) in definitions.iter().enumerate() {
        let text = player.map_or_else(|| text.clone(), |player| player.addressed(text));
        let checked = operator.ingest().check(&text).map_err(|issues| {
            let faults = issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            anyhow!(say("demo.failed", &[("source", file), ("error", &faults)]))
        })?;
        let failed = |error: anyhow::Error| anyhow!(say("demo.failed", &[("source", &checked.name), ("error", &error)]));
        out::note(&say("demo.source", &[("number", &(number + 1)), ("count", &definitions.len()), ("title", &checked.title.de)]));
        let (tenant, progress) = (Some(TENANT.to_owned()), |text: String| out::note(&format!("  {text}")));
        if player::feeds(&checked.name) {
            rest(operator, &checked.name, player.is_none()).await.map_err(failed)?;
            if player.is_some() {
                operator.perform(Request::SourcePut { tenant, text }, &progress).await.map_err(failed)?;
            }
            continue;
        }
        operator.perform(Request::SourcePut { tenant: tenant.clone(), text }, &progress).await.map_err(failed)?;
        if checked.transport == Transport::Push {
            push_samples(operator, &checked.name, &progress).await.map_err(failed)?;
        } else {
            operator
                .perform(Request::SourceRun { tenant, name: checked.name.to_string(), folder: None }, &progress)
                .await
                .map_err(failed)?;
        }
    }
    Ok(())
}

/// Lets a source rest that is there, or go on.
async fn rest(operator: &Operator, source: &str, paused: bool) -> anyhow::Result<()> {
    let access = operator.access_to(Some(TENANT))?;
    if access.sources()?.iter().any(|row| row.name == source && row.paused != paused) {
        access.set_source_paused(source, paused).await?;
    }
    Ok(())
}

/// The demo's dashboards show what the player plays.
async fn put_dashboards(operator: &Operator) -> anyhow::Result<()> {
    for (file, text) in texts("dashboards/", ".toml") {
        let put = operator.perform(Request::DashboardPut { tenant: Some(TENANT.to_owned()), text }, &|_| {}).await;
        put.map_err(|error| anyhow!(say("demo.failed", &[("source", &file), ("error", &error)])))?;
    }
    Ok(())
}

/// Sends a source the messages that lie in the folder of its name, as a program would.
async fn push_samples(operator: &Operator, source: &str, progress: &(dyn Fn(String) + Send + Sync)) -> anyhow::Result<()> {
    let folder = format!("daten/{source}/");
    let mut samples: Vec<_> = Files::iter().filter(|name| name.starts_with(&folder) && name.ends_with(".json")).collect();
    samples.sort();
    for name in samples {
        let body = Files::get(&name).map(|file| file.data.into_owned()).unwrap_or_default();
        progress(operator.push(TENANT, source, &name[folder.len()..], body).await?);
    }
    Ok(())
}
