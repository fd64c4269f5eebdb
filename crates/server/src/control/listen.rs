//! The server's side of the control socket.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use super::{REQUEST_BYTES_MAX, Reply, Request, Taker, failed, socket_path};
use crate::fail;
use crate::operator::Operator;

/// The socket, removed when it is dropped.
pub(crate) struct Listener {
    path: PathBuf,
    task: tokio::task::JoinHandle<()>,
}

/// The socket's path through its folder's descriptor.
pub(super) fn short(folder: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}/control.sock", folder.as_raw_fd()))
}

impl Listener {
    /// Listens. The data directory's lock is held, so a socket that is there is a dead one's.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub(crate) fn start(operator: Arc<Operator>) -> anyhow::Result<Self> {
        let data = operator.config().data.clone();
        let listener = bind(&data).map_err(|error| failed(&error, &data))?;
        let task = tokio::spawn(accept(listener, operator));
        Ok(Self { path: socket_path(&data), task })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, "the control socket was gone already");
        }
    }
}

fn bind(data: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(socket_path(data)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let folder = File::open(data)?;
    let listener = UnixListener::bind(short(&folder))?;
    fs::set_permissions(socket_path(data), Permissions::from_mode(0o600))?;
    Ok(listener)
}

async fn accept(listener: UnixListener, operator: Arc<Operator>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) if is_ours(&stream) => {
                tokio::spawn(converse(stream, Arc::clone(&operator)));
            }
            Ok(_) => tracing::warn!("a connection to the control socket by another user was refused"),
            Err(error) => {
                tracing::warn!(%error, "the control socket could not take a connection");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

/// Between making the socket and setting its mode somebody else might have connected.
fn is_ours(stream: &UnixStream) -> bool {
    let own = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == own || peer.uid() == 0)
}

/// Answers the requests of one connection, in order.
async fn converse(stream: UnixStream, operator: Arc<Operator>) {
    let (requests, mut answers) = stream.into_split();
    let mut requests = BufReader::new(requests);
    loop {
        let mut line = Vec::new();
        match (&mut requests).take(REQUEST_BYTES_MAX).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let ((send, mut replies), (give, mut pieces)) = (mpsc::unbounded_channel(), mpsc::channel(1));
        let work = tokio::spawn(answer(line, Arc::clone(&operator), send, give));
        loop {
            let written = tokio::select! {
                biased;
                Some(piece) = pieces.recv() => write_piece(&mut answers, &piece).await,
                reply = replies.recv() => {
                    let Some(reply) = reply else { break };
                    write_reply(&mut answers, &mut pieces, &reply).await
                }
            };
            if written.is_err() {
                // Nobody reads any more; what was begun is still finished, but for what is given out.
                return;
            }
        }
        if work.await.is_err() {
            return;
        }
    }
}

/// A reply comes after all that was given out before it.
async fn write_reply(answers: &mut OwnedWriteHalf, pieces: &mut mpsc::Receiver<Vec<u8>>, reply: &Reply) -> io::Result<()> {
    while let Ok(piece) = pieces.try_recv() {
        write_piece(answers, &piece).await?;
    }
    write_line(answers, reply).await
}

async fn write_piece(answers: &mut OwnedWriteHalf, piece: &[u8]) -> io::Result<()> {
    write_line(answers, &Reply::Piece(piece.len())).await?;
    answers.write_all(piece).await
}

async fn write_line(answers: &mut OwnedWriteHalf, reply: &Reply) -> io::Result<()> {
    let mut text = serde_json::to_vec(reply).expect("replies are plain JSON");
    text.push(b'\n');
    answers.write_all(&text).await
}

async fn answer(line: Vec<u8>, operator: Arc<Operator>, send: mpsc::UnboundedSender<Reply>, give: mpsc::Sender<Vec<u8>>) {
    let outcome = match serde_json::from_slice::<Request>(&line) {
        Ok(request) => {
            let progress = |text: String| drop(send.send(Reply::Progress(text)));
            operator.perform(request, &Taker { progress: &progress, pieces: give }).await
        }
        Err(error) => Err(error.into()),
    };
    let reply = match outcome {
        Ok(value) => Reply::Done(value),
        Err(failure) => Reply::Failed(fail::told(&failure)),
    };
    drop(send.send(reply));
}
