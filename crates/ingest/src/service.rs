//! The service: what the server makes once and everybody shares.

use std::sync::Arc;
use std::time::Duration;

use engine::{Access, Engine};
use web::Outbound;

use crate::Error;
use crate::folders::{DoneWith, Folders};
use crate::places::{Places, Rests};
use crate::schedule::Timings;
use crate::secrets::Secrets;
use crate::turns::{Turn, Turns};

/// What ingest needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the files of sources lie.
    pub folders: Folders,
    /// The largest body of a push in bytes; default 32 MiB.
    pub push_bytes_max: usize,
    /// How long a push waits for another one to the same source; default 30 s.
    pub patience: Duration,
    /// Asks servers elsewhere.
    pub outbound: Outbound,
    /// Keys for them.
    pub secrets: Secrets,
    /// How many planned looks there are at once; default 16. Most of their time is waiting.
    /// One host, and all sources that failed last, get a quarter of them each.
    pub looks_max: usize,
}

impl Config {
    /// Defaults, with files below a folder.
    #[must_use]
    pub fn at(folder: impl Into<std::path::PathBuf>) -> Self {
        let folder = folder.into();
        Self {
            secrets: Secrets::at(folder.join("secrets")),
            folders: Folders::at(folder),
            push_bytes_max: 32 << 20,
            patience: Duration::from_secs(30),
            outbound: Outbound::default(),
            looks_max: 16,
        }
    }
}

/// Takes data in. Cheap to clone.
#[derive(Clone)]
pub struct Ingest {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    config: Config,
    turns: Turns,
    timings: Timings,
    places: Places,
    rests: Rests,
    /// Files that planned looks were done with.
    done_with: DoneWith,
}

impl Ingest {
    /// Over an engine.
    #[must_use]
    pub fn new(engine: Engine, config: Config) -> Self {
        let (places, rests) = (Places::new(config.looks_max), Rests::default());
        let (turns, timings, done_with) = (Turns::default(), Timings::default(), DoneWith::default());
        Self { inner: Arc::new(Inner { engine, config, turns, timings, places, rests, done_with }) }
    }

    /// Asks the run of a source to end after the record it is at; says whether
    /// there is one. What it took in stays, and running again completes it.
    ///
    /// # Errors
    /// When the principal may not manage sources.
    pub fn stop(&self, access: &Access, source: &str) -> Result<bool, Error> {
        access.as_source(source)?;
        Ok(self.inner.turns.stop(access.tenant(), source))
    }

    /// Asks all runs to end, for a graceful stop of the process.
    pub fn stop_all(&self) {
        self.inner.turns.stop_all();
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    pub(crate) fn config(&self) -> &Config {
        &self.inner.config
    }

    pub(crate) fn folders(&self) -> &Folders {
        &self.inner.config.folders
    }

    pub(crate) fn timings(&self) -> &Timings {
        &self.inner.timings
    }

    pub(crate) fn places(&self) -> &Places {
        &self.inner.places
    }

    pub(crate) fn rests(&self) -> &Rests {
        &self.inner.rests
    }

    pub(crate) fn done_with(&self) -> &DoneWith {
        &self.inner.done_with
    }

    /// The turn at a source, now.
    pub(crate) fn turn(&self, access: &Access, source: &str) -> Result<Turn, Error> {
        self.inner.turns.take(access.tenant(), source).ok_or_else(|| Error::Busy(source.to_owned()))
    }

    /// The turn at a source, soon.
    pub(crate) async fn turn_soon(&self, access: &Access, source: &str) -> Result<Turn, Error> {
        let turn = self.inner.turns.wait(access.tenant(), source, self.inner.config.patience).await;
        turn.ok_or_else(|| Error::Busy(source.to_owned()))
    }
}
