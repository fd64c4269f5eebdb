//! The configuration: one TOML file, read once. Each key stands in
//! [`keys::KEYS`] with its reader and its printer; its text stands in the
//! message files, and `docs/configuration.md` is written from the two.

pub(crate) mod keys;
#[cfg(test)]
mod page;
pub(crate) mod tenants;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use model::TenantId;
use web::outbound::{Outbound, Targets};

pub(crate) use keys::parse_address;
pub(crate) use tenants::Tenant;

use crate::fail;
use crate::messages::say;

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Config {
    pub(crate) data: PathBuf,
    pub(crate) listen: String,
    pub(crate) public_url: Option<String>,
    pub(crate) identifier_url: Option<String>,
    pub(crate) municipality: Municipality,
    pub(crate) tenant: String,
    pub(crate) workers: usize,
    pub(crate) log: Log,
    pub(crate) http: Http,
    pub(crate) engine: Engine,
    pub(crate) sources: Sources,
    pub(crate) reports: Reports,
    pub(crate) metrics_token: Option<Secret>,
    pub(crate) tenants: BTreeMap<TenantId, Tenant>,
    /// Whose pages these settings are for, where they are not for all; not a key.
    pub(crate) pages_of: Option<TenantId>,
    /// Whether this is the demo; not a key.
    pub(crate) demo: bool,
}

/// `[municipality]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Municipality {
    pub(crate) name: String,
    pub(crate) homepage: Option<String>,
    pub(crate) contributor: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) imprint: Vec<String>,
    pub(crate) notice: Option<String>,
    pub(crate) pages: Option<PathBuf>,
}

/// `[log]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Log {
    pub(crate) format: LogFormat,
    pub(crate) level: String,
    pub(crate) requests: web::RequestLog,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// `[http]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Http {
    pub(crate) connections_max: usize,
    pub(crate) header_timeout_s: u64,
    pub(crate) idle_timeout_s: u64,
    pub(crate) header_size_bytes_max: usize,
    pub(crate) grace_s: u64,
}

/// `[engine]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Engine {
    pub(crate) seal_after: usize,
    pub(crate) memory_mib_max: usize,
    pub(crate) wal_mib_max: u64,
}

/// `[sources]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Sources {
    pub(crate) folder: Option<PathBuf>,
    pub(crate) targets: Vec<String>,
    pub(crate) secrets: Option<PathBuf>,
    pub(crate) authorities: Option<PathBuf>,
}

/// `[reports]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reports {
    pub(crate) kept_days: u16,
}

/// A value that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Default for Config {
    fn default() -> Self {
        let defaults = engine::Config::at(Path::new("data"));
        let http = web::Config::default();
        Self {
            data: "./data".into(),
            listen: "127.0.0.1:8080".into(),
            public_url: None,
            identifier_url: None,
            municipality: Municipality {
                name: "Musterstadt".into(),
                homepage: None,
                contributor: None,
                email: None,
                imprint: Vec::new(),
                notice: None,
                pages: None,
            },
            tenant: "musterstadt".into(),
            workers: 2,
            log: Log { format: LogFormat::Text, level: "info".into(), requests: web::RequestLog::default() },
            http: Http {
                connections_max: http.connections_max,
                header_timeout_s: http.header_timeout.as_secs(),
                idle_timeout_s: http.idle_timeout.as_secs(),
                header_size_bytes_max: http.header_size_bytes_max,
                grace_s: http.grace.as_secs(),
            },
            engine: Engine {
                seal_after: defaults.seal_after,
                memory_mib_max: defaults.memory_bytes_max >> 20,
                wal_mib_max: defaults.wal_bytes_max >> 20,
            },
            sources: Sources::default(),
            reports: Reports { kept_days: 180 },
            metrics_token: None,
            tenants: BTreeMap::new(),
            pages_of: None,
            demo: false,
        }
    }
}

impl Config {
    /// Reads a file over the defaults.
    ///
    /// # Errors
    /// When it cannot be read, is no TOML, has an unknown key or a value that
    /// cannot be: names the place and the way out.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| fail::of_path(&error, path))?;
        Self::parse(&text).map_err(|error| anyhow!(say("fail.config", &[("path", &path.display()), ("error", &error)])))
    }

    /// Reads the text of a file over the defaults.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| anyhow!(flat(&error.to_string())))?;
        let mut config = Self::default();
        config.take("", &table)?;
        tenants::check(&config)?;
        Ok(config)
    }

    fn take(&mut self, prefix: &str, table: &toml::Table) -> anyhow::Result<()> {
        for (name, value) in table {
            if prefix.is_empty() && name == tenants::SECTION {
                self.tenants = tenants::read(value)?;
                continue;
            }
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            if let Some(key) = keys::find(&path) {
                (key.set)(self, value).map_err(|expected| {
                    let shown = if key.secret { "***".to_owned() } else { value.to_string() };
                    anyhow!(say("fail.config-value", &[("key", &path), ("value", &shown), ("expected", &expected)]))
                })?;
            } else if let toml::Value::Table(inner) = value
                && keys::is_section(&path)
            {
                self.take(&path, inner)?;
            } else {
                bail!(say("fail.config-key", &[("key", &path), ("nearest", &keys::nearest(&path))]));
            }
        }
        Ok(())
    }

    /// Logs what differs from the defaults, secrets as `***`.
    pub(crate) fn note(&self) {
        let defaults = Self::default();
        for key in keys::KEYS {
            let value = (key.get)(self);
            if value != (key.get)(&defaults) {
                tracing::info!(key = key.path, value, "configured");
            }
        }
    }

    /// Settings of the engine.
    pub(crate) fn engine(&self) -> engine::Config {
        engine::Config {
            seal_after: self.engine.seal_after,
            memory_bytes_max: self.engine.memory_mib_max << 20,
            wal_bytes_max: self.engine.wal_mib_max << 20,
            ..engine::Config::at(&self.data)
        }
    }

    /// Settings of the accept loop.
    pub(crate) fn http(&self) -> web::Config {
        let seconds = std::time::Duration::from_secs;
        web::Config {
            header_timeout: seconds(self.http.header_timeout_s),
            idle_timeout: seconds(self.http.idle_timeout_s),
            header_size_bytes_max: self.http.header_size_bytes_max,
            connections_max: self.http.connections_max,
            grace: seconds(self.http.grace_s),
        }
    }

    /// Settings of what takes data in.
    ///
    /// # Errors
    /// When the file of authorities cannot be used.
    pub(crate) fn ingest(&self) -> anyhow::Result<ingest::Config> {
        let mut settings = ingest::Config { folders: self.folders(), ..ingest::Config::at(&self.data) };
        if let Some(folder) = &self.sources.secrets {
            settings.secrets = ingest::Secrets::at(folder);
        }
        let targets = Targets::with(&self.sources.targets).map_err(|target| anyhow!(target))?;
        let path = self.sources.authorities.as_deref();
        let roots = path.map_or(Ok(Vec::new()), |path| std::fs::read(path).map_err(|error| fail::of_path(&error, path)))?;
        let shown = || path.unwrap_or(Path::new("")).display();
        settings.outbound =
            Outbound::new(targets, &roots).map_err(|error| anyhow!(say("fail.authorities", &[("path", &shown()), ("error", &error)])))?;
        Ok(settings)
    }

    /// Where files of sources are looked for: the configured folder, that of
    /// the demo, or `eingang` in the data directory.
    pub(crate) fn folders(&self) -> ingest::Folders {
        let demo = self.demo_folder();
        match &self.sources.folder {
            Some(folder) => ingest::Folders::at(folder),
            None if self.demo || demo.join("quellen").is_dir() => ingest::Folders::within(demo.join("quellen"), demo),
            None => ingest::Folders::at(self.inbox()),
        }
    }

    /// Where the demo lays out its files.
    pub(crate) fn demo_folder(&self) -> PathBuf {
        self.data.join("demo")
    }

    /// Where the municipality's own pages of text lie.
    pub(crate) fn pages(&self) -> PathBuf {
        let folder = || self.pages_of.as_ref().map_or_else(|| self.data.join("seiten"), |own| self.data.join("seiten").join(own.as_str()));
        self.municipality.pages.clone().unwrap_or_else(folder)
    }

    /// Where people put files for sources, unless another folder is configured.
    pub(crate) fn inbox(&self) -> PathBuf {
        self.data.join("eingang")
    }
}

/// One line of a message that has several, as errors with a picture of the place have.
fn flat(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('|')).collect::<Vec<_>>().join("; ")
}
