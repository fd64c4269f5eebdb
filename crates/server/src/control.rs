//! The control socket `DIR/control.sock`: command-line calls while the server
//! runs. One JSON request per line; answers are lines too: any number of
//! `progress`, then `done` or `failed`.
//!
//! The socket has mode 0600 and takes only the server's own user and root.

mod listen;

pub(crate) use listen::Listener;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::config::Config;
use crate::fail;
use crate::messages::say;
use crate::operator::Operator;

/// How long one request may be: a definition of a source with all its tables.
const REQUEST_BYTES_MAX: u64 = 16 << 20;

/// What the command line asks of an installation.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub(crate) enum Request {
    Status,
    Check,
    TenantCreate { name: String },
    TokenCreate { tenant: Option<String>, role: String, label: String, days: u32 },
    TokenList { tenant: Option<String> },
    TokenRevoke { tenant: Option<String>, id: String },
    UserAdd { tenant: Option<String>, name: String, role: String, password: String },
    UserList { tenant: Option<String> },
    UserPassword { tenant: Option<String>, name: String, password: String },
    UserDisable { tenant: Option<String>, name: String },
    UserRemove { tenant: Option<String>, name: String },
    DashboardPut { tenant: Option<String>, text: String },
    DashboardList { tenant: Option<String> },
    DashboardRemove { tenant: Option<String>, slug: String },
    RetentionPlan { tenant: Option<String> },
    RetentionRun { tenant: Option<String> },
    RetentionConfirm { tenant: Option<String>, dataset: String, plan: String, name: String },
    RetentionReceipts { tenant: Option<String>, dataset: String },
    ErasurePlan { tenant: Option<String>, id: String, words: Vec<String> },
    ErasureRun { tenant: Option<String>, id: String, words: Vec<String>, reason: String },
    ErasureList { tenant: Option<String> },
    SourceList { tenant: Option<String> },
    SourcePut { tenant: Option<String>, text: String },
    SourcePreview { tenant: Option<String>, text: String, input: Option<PathBuf> },
    SourceRun { tenant: Option<String>, name: String, folder: Option<PathBuf> },
    SourceReplay { tenant: Option<String>, name: String },
    SourcePause { tenant: Option<String>, name: String, paused: bool },
    Backup { target: PathBuf, keys: PathBuf, keep: Option<NonZeroUsize> },
    Export { tenant: Option<String>, target: PathBuf, personal: Option<String> },
    Import { tenant: Option<String>, from: PathBuf },
}

/// One line of answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reply {
    /// Where long work stands, for people.
    Progress(String),
    /// It is done.
    Done(Value),
    /// It failed: one sentence.
    Failed(String),
}

/// Where the socket of a data directory is.
pub(crate) fn socket_path(data: &Path) -> PathBuf {
    data.join("control.sock")
}

/// Lets the process that serves the data directory do it; without one, opens
/// the directory itself.
///
/// # Errors
/// One sentence for people.
pub(crate) async fn perform(config: &Config, request: Request, progress: &(dyn Fn(String) + Send + Sync)) -> anyhow::Result<Value> {
    // An import may be the beginning of an installation.
    if !config.data.is_dir() && !matches!(request, Request::Import { .. }) {
        bail!(say("fail.no-data", &[("path", &config.data.display())]));
    }
    match connect(&config.data).await {
        Some(stream) => ask(stream, &request, progress).await,
        None => {
            let operator = Operator::open(config.clone()).await?;
            let outcome = operator.perform(request, progress).await;
            operator.close().await.and(outcome)
        }
    }
}

/// Whether a process serves the data directory.
pub(crate) async fn is_served(data: &Path) -> bool {
    connect(data).await.is_some()
}

async fn connect(data: &Path) -> Option<UnixStream> {
    // A path beyond 107 bytes does not fit into a socket's address; the folder's descriptor does.
    let folder = std::fs::File::open(data).ok()?;
    UnixStream::connect(listen::short(&folder)).await.ok()
}

async fn ask(stream: UnixStream, request: &Request, progress: &(dyn Fn(String) + Send + Sync)) -> anyhow::Result<Value> {
    let gone = || anyhow!(say("fail.server-gone", &[]));
    let (answers, mut requests) = stream.into_split();
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    requests.write_all(&line).await.map_err(|_| gone())?;
    let mut lines = BufReader::new(answers).lines();
    while let Some(line) = lines.next_line().await.map_err(|_| gone())? {
        match serde_json::from_str(&line)? {
            Reply::Progress(text) => progress(text),
            Reply::Done(value) => return Ok(value),
            Reply::Failed(text) => bail!(text),
        }
    }
    Err(gone())
}

/// The failure of a socket at its path.
fn failed(error: &std::io::Error, data: &Path) -> anyhow::Error {
    fail::of_path(error, &socket_path(data))
}
