//! The control socket `DIR/control.sock`: command-line calls while the server
//! runs. One JSON request per line; answers are lines too: any number of
//! `progress` and `piece`, which is followed by so many bytes, then `done` or
//! `failed`.
//!
//! The socket has mode 0600 and takes only the server's own user and root.

mod listen;

pub(crate) use listen::Listener;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::mpsc;

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
    ExportHistory(HistoryRequest),
    Import { tenant: Option<String>, from: PathBuf },
}

/// Which values of the past are asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct HistoryRequest {
    pub(crate) tenant: Option<String>,
    pub(crate) dataset: Option<String>,
    pub(crate) entities: Vec<String>,
    pub(crate) entity_type: Option<String>,
    pub(crate) attributes: Vec<String>,
    /// The window in microseconds.
    pub(crate) window: (i64, i64),
    pub(crate) versions: bool,
    pub(crate) personal: Option<String>,
    pub(crate) form: String,
}

/// One line of answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reply {
    /// Where long work stands, for people.
    Progress(String),
    /// So many bytes of what was asked for follow.
    Piece(usize),
    /// It is done.
    Done(Value),
    /// It failed: one sentence.
    Failed(String),
}

/// Takes what is given out piece by piece; an error hangs up.
pub(crate) type Take<'a> = &'a mut (dyn FnMut(&[u8]) -> anyhow::Result<()> + Send);

/// Whoever asked.
pub(crate) trait Asker: Send + Sync {
    /// Hears where long work stands.
    fn hears(&self, progress: String);

    /// Where what is given out piece by piece goes. Who takes none has hung up.
    fn takes(&self) -> mpsc::Sender<Vec<u8>> {
        mpsc::channel(1).0
    }
}

impl<F: Fn(String) + Send + Sync> Asker for F {
    fn hears(&self, progress: String) {
        self(progress);
    }
}

/// An asker that hears by itself and takes through a channel.
struct Taker<'a> {
    progress: &'a (dyn Fn(String) + Send + Sync),
    pieces: mpsc::Sender<Vec<u8>>,
}

impl Asker for Taker<'_> {
    fn hears(&self, progress: String) {
        (self.progress)(progress);
    }

    fn takes(&self) -> mpsc::Sender<Vec<u8>> {
        self.pieces.clone()
    }
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
pub(crate) async fn perform(
    config: &Config,
    request: Request,
    progress: &(dyn Fn(String) + Send + Sync),
    take: Take<'_>,
) -> anyhow::Result<Value> {
    // An import may be the beginning of an installation.
    if !config.data.is_dir() && !matches!(request, Request::Import { .. }) {
        bail!(say("fail.no-data", &[("path", &config.data.display())]));
    }
    if let Some(stream) = connect(&config.data).await {
        return ask(stream, &request, progress, take).await;
    }
    let operator = Operator::open(config.clone()).await?;
    let (pieces, mut given) = mpsc::channel::<Vec<u8>>(1);
    let taking = async move {
        while let Some(piece) = given.recv().await {
            take(&piece)?;
        }
        anyhow::Ok(())
    };
    let work = async {
        let taker = Taker { progress, pieces };
        operator.perform(request, &taker).await
    };
    let (taken, outcome) = tokio::join!(taking, work);
    let closed = operator.close().await;
    taken.and(closed).and(outcome)
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

async fn ask(stream: UnixStream, request: &Request, progress: &(dyn Fn(String) + Send + Sync), take: Take<'_>) -> anyhow::Result<Value> {
    let gone = || anyhow!(say("fail.server-gone", &[]));
    let (answers, mut requests) = stream.into_split();
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    requests.write_all(&line).await.map_err(|_| gone())?;
    let mut answers = BufReader::new(answers);
    let mut line = String::new();
    while answers.read_line(&mut line).await.map_err(|_| gone())? > 0 {
        match serde_json::from_str(&line)? {
            Reply::Progress(text) => progress(text),
            Reply::Piece(length) => {
                let mut piece = vec![0; length];
                answers.read_exact(&mut piece).await.map_err(|_| gone())?;
                take(&piece)?;
            }
            Reply::Done(value) => return Ok(value),
            Reply::Failed(text) => bail!(text),
        }
        line.clear();
    }
    Err(gone())
}

/// The failure of a socket at its path.
fn failed(error: &std::io::Error, data: &Path) -> anyhow::Error {
    fail::of_path(error, &socket_path(data))
}
