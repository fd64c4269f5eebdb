//! The accept loop. `axum::serve` gives hyper no timer, so its header time-out
//! never fires; this loop does, and bounds everything a connection can hold on to.

mod idle;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tower::Service;

use crate::metrics::Metrics;
use crate::peer::Peer;
pub use idle::BodyTimedOut;
use idle::{IdleBody, IdleWrites};

/// What a connection may take.
#[derive(Debug, Clone)]
pub struct Config {
    /// How long a request's head may take, and how long a kept connection may wait for the next.
    pub header_timeout: Duration,
    /// How long a body may pause, in either direction.
    pub idle_timeout: Duration,
    /// How large a request's head may be, in bytes.
    pub header_size_bytes_max: usize,
    /// How many connections may be open at once.
    pub connections_max: usize,
    /// How long running requests get to finish after the stop.
    pub grace: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            header_size_bytes_max: 64 * 1024,
            connections_max: 4096,
            grace: Duration::from_secs(10),
        }
    }
}

/// What the caller at the door gets when the house is full.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-type: application/problem+json\r\ncontent-length: 162\r\nconnection: close\r\n\r\n{\"type\":\"urn:allmende:problem:unavailable\",\"title\":\"Not available at the moment\",\"status\":503,\"detail\":\"too many connections at once; try again in a few seconds\"}";

/// Serves until `shutdown` is done, then lets running requests finish for
/// [`Config::grace`].
pub async fn serve(listener: TcpListener, app: Router, config: Config, metrics: Arc<Metrics>, shutdown: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(config.connections_max));
    let (stop, stopping) = watch::channel(false);
    let config = Arc::new(config);
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = accept(&listener) => accepted,
            () = &mut shutdown => break,
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            metrics.connections_refused.fetch_add(1, Relaxed);
            tokio::spawn(refuse(stream));
            continue;
        };
        let (app, config, metrics, stopping) = (app.clone(), Arc::clone(&config), Arc::clone(&metrics), stopping.clone());
        tokio::spawn(async move {
            metrics.connections.fetch_add(1, Relaxed);
            connection(stream, peer, app, &config, stopping).await;
            metrics.connections.fetch_sub(1, Relaxed);
            drop(place);
        });
    }
    drop(listener);
    stop.send_replace(true);
    let all = u32::try_from(config.connections_max).unwrap_or(u32::MAX);
    if tokio::time::timeout(config.grace, places.acquire_many(all)).await.is_err() {
        tracing::warn!(grace_s = config.grace.as_secs(), "requests still running after the time of grace were cut off");
    }
}

/// The next connection. Errors here are of the connection (reset before it was
/// taken) or of the process (no file descriptor left): neither ends the loop.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are written whole: waiting for more to send would only delay them.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection was gone before it was served");
                }
                return (stream, peer);
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn refuse(mut stream: TcpStream) {
    // Nobody is owed this answer for longer than a moment.
    let answered = tokio::time::timeout(Duration::from_secs(1), stream.write_all(FULL)).await;
    if !matches!(answered, Ok(Ok(()))) {
        tracing::debug!("a refused connection did not take its answer");
    }
}

/// Done when the server stops, or is gone.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    drop(stopping.wait_for(|stop| *stop).await);
}

/// Serves one connection to its end.
pub(crate) async fn connection<I>(io: I, peer: SocketAddr, app: Router, config: &Config, mut stopping: watch::Receiver<bool>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let idle_timeout = config.idle_timeout;
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(|body| Body::new(IdleBody::new(body, idle_timeout)));
        request.extensions_mut().insert(Peer(peer));
        let answer = app.clone().call(request);
        async move { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(config.header_timeout).max_buf_size(config.header_size_bytes_max);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(IdleWrites::new(io, idle_timeout)), service));
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stopped(&mut stopping) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // The client's side: too slow, too large, gone. Its answer, if any, was sent.
        tracing::debug!(%error, peer = %Peer(peer), "a connection ended early");
    }
}
