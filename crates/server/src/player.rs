//! The demo's player: recorded values come again as if they came now.
//!
//! It is a program like any other: it sends records over HTTP to the
//! platform's own address with a token, and serves files that polled sources
//! ask for. Its sources and datasets are marked as „Vorführdaten“; what was
//! really recorded is not touched. What it plays follows from the time alone,
//! so nothing has to be remembered between two starts.

mod files;
mod send;
mod tape;
#[cfg(test)]
mod tests;
mod tracks;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use engine::{Access, Engine};
use model::Instant;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::messages::say;
use crate::operator::Operator;
use crate::out;
use files::Files;
use send::Sender;
use tape::{Tape, minute_of_week};
pub(crate) use tracks::Recordings;
use tracks::{TRACKS, Way};

/// How often the next values come.
const BEAT: Duration = Duration::from_secs(20);
/// How much of the recording passes with each.
const STEP_MINUTES: i64 = 15;
/// The address of the files as the definitions write it.
const WRITTEN: &str = "127.0.0.1:8099";
/// In which file of the demo's folder the port of the files is kept, so that definitions stay the same.
const PORT: &str = "vorfuehrung.port";
/// What the player's token is for.
const LABEL: &str = "Vorführdaten";

/// A player that is ready: it has its address.
pub(crate) struct Player {
    tenant: &'static str,
    listener: TcpListener,
    address: SocketAddr,
    tapes: Vec<(usize, Tape)>,
}

/// A player at work.
pub(crate) struct Playing {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Whether a source is one that the player feeds.
pub(crate) fn feeds(source: &str) -> bool {
    TRACKS.iter().any(|track| track.source == source)
}

impl Player {
    /// Reads the recordings and takes an address on this machine alone: the
    /// one it had before, when it is free.
    ///
    /// # Errors
    /// When there is no free address, or a recording cannot be read.
    pub(crate) async fn ready(tenant: &'static str, folder: &Path, recordings: Recordings) -> anyhow::Result<Self> {
        let known = std::fs::read_to_string(folder.join(PORT)).ok().and_then(|text| text.trim().parse().ok());
        let usual: SocketAddr = WRITTEN.parse().context("the player's address")?;
        let wanted = SocketAddr::new(usual.ip(), known.unwrap_or(usual.port()));
        let listener = match TcpListener::bind(wanted).await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind(SocketAddr::new(usual.ip(), 0)).await.context("no address for the demo's files")?,
        };
        let address = listener.local_addr()?;
        let mut tapes = Vec::new();
        for (number, track) in TRACKS.iter().enumerate() {
            tapes.extend(track.tapes(recordings)?.into_iter().map(|tape| (number, tape)));
        }
        Ok(Self { tenant, listener, address, tapes })
    }

    /// The address of its files, which polled sources must be allowed to ask.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A definition with the address as it is.
    pub(crate) fn addressed(&self, definition: &str) -> String {
        definition.replace(WRITTEN, &self.address.to_string())
    }

    /// Keeps the port for the next start.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub(crate) fn remember(&self, folder: &Path) -> anyhow::Result<()> {
        let path = folder.join(PORT);
        std::fs::write(&path, self.address.port().to_string()).map_err(|error| crate::fail::of_path(&error, &path))
    }

    /// Begins to play. `platform` is where this machine reaches the platform.
    pub(crate) fn start(self, operator: &Arc<Operator>, platform: SocketAddr) -> Playing {
        let (stop, stopped) = oneshot::channel();
        let operator = Arc::clone(operator);
        let task = tokio::spawn(async move {
            if let Err(error) = self.play(&operator, platform, stopped).await {
                tracing::warn!(%error, "no demonstration data are played");
            }
        });
        Playing { stop, task }
    }

    async fn play(self, operator: &Operator, platform: SocketAddr, mut stopped: oneshot::Receiver<()>) -> anyhow::Result<()> {
        let Self { tenant, listener, address, tapes } = self;
        let access = operator.access_to(Some(tenant))?;
        revoke(&access).await?;
        let expires = operator.engine().now().plus_micros(366 * 86_400_000_000);
        let token = access.create_token(LABEL, engine::Role::Editor, Some(expires)).await?;
        let (files, stop_files) = (Files::default(), oneshot::channel());
        let serving = tokio::spawn(files.clone().serve(listener, stop_files.1));
        tracing::info!(files = %format_args!("http://{address}/"), beat_s = BEAT.as_secs(), minutes = STEP_MINUTES, "demonstration data are played");
        out::note(&say("demo.plays", &[("seconds", &BEAT.as_secs())]));
        let mut stage =
            Stage { engine: operator.engine().clone(), tapes, files, sender: Sender::new(platform, tenant, token), is_failing: false };
        let begun = operator.engine().now();
        stage.play(begun, true).await;
        look_at_files(operator, &access).await;
        let mut beat = tokio::time::interval_at(tokio::time::Instant::now() + BEAT, BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = beat.tick() => stage.play(begun, false).await,
                _ = &mut stopped => break,
            }
        }
        drop(stop_files.0);
        serving.await?;
        revoke(&access).await?;
        tracing::info!("demonstration data are no longer played");
        Ok(())
    }
}

impl Playing {
    /// Ends it after the values it is at, and takes its token back.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        if let Err(error) = self.task.await {
            tracing::warn!(%error, "the player ended by a fault");
        }
    }
}

/// Takes back what an earlier player left, also one that was killed.
async fn revoke(access: &Access) -> anyhow::Result<()> {
    for token in access.tokens()? {
        if token.label == LABEL && token.revoked_at.is_none() {
            access.revoke_token(&token.id).await?;
        }
    }
    Ok(())
}

/// Nobody waits for the first planned look.
async fn look_at_files(operator: &Operator, access: &Access) {
    for track in TRACKS.iter().filter(|track| matches!(track.way, Way::File(_))) {
        if let Err(error) = operator.ingest().run(access, track.source, &|_| {}).await {
            tracing::info!(%error, source = track.source, "the first look at demonstration data comes later");
        }
    }
}

/// What plays.
struct Stage {
    engine: Engine,
    tapes: Vec<(usize, Tape)>,
    files: Files,
    sender: Sender,
    is_failing: bool,
}

impl Stage {
    /// Plays what was recorded in the step that is due; at the beginning what was last recorded before it.
    async fn play(&mut self, begun: Instant, is_first: bool) {
        let now = self.engine.now();
        let minute = minute_at(begun, now);
        for (number, tape) in &self.tapes {
            let track = &TRACKS[*number];
            let within = if is_first { tape.minutes() } else { STEP_MINUTES };
            let Some(text) = tape.play(minute, within, now) else { continue };
            match track.way {
                Way::File(name) => self.files.put(name, text),
                Way::Push => {
                    let outcome = self.sender.send(track.source, text).await;
                    self.is_failing = told(self.is_failing, track.source, outcome);
                }
            }
        }
    }
}

/// Says the first of several failures in a row; answers whether it fails.
fn told(was_failing: bool, source: &str, outcome: anyhow::Result<()>) -> bool {
    let Err(error) = outcome else { return false };
    if !was_failing {
        tracing::warn!(%error, source, "demonstration data could not be sent; the next ones come in a moment");
    }
    true
}

/// The minute of the recordings that is played at a time: at the beginning
/// the same minute of the week as now, from then on faster.
fn minute_at(begun: Instant, now: Instant) -> i64 {
    let beat = i64::try_from(BEAT.as_micros()).unwrap_or(i64::MAX);
    let beats = now.micros().saturating_sub(begun.micros()).max(0) / beat;
    minute_of_week(begun) + beats * STEP_MINUTES
}
