//! Sends records to the platform over HTTP, as any program does.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// How long one exchange may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much of a refusal is told.
const TOLD_BYTES: usize = 300;

/// Sends to the sources of one tenant.
pub(super) struct Sender {
    platform: SocketAddr,
    tenant: &'static str,
    token: String,
}

impl Sender {
    pub(super) fn new(platform: SocketAddr, tenant: &'static str, token: String) -> Self {
        Self { platform, tenant, token }
    }

    /// Sends records to a source.
    ///
    /// # Errors
    /// When they were not taken, and why.
    pub(super) async fn send(&self, source: &str, text: String) -> anyhow::Result<()> {
        tokio::time::timeout(PATIENCE, self.exchange(source, text)).await.context("no answer in time")?
    }

    async fn exchange(&self, source: &str, text: String) -> anyhow::Result<()> {
        let stream = TcpStream::connect(self.platform).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends with the exchange; a failure of it is one of the exchange.
        let connection = tokio::spawn(connection);
        let request = Request::post(format!("/api/v1/quellen/{source}/daten"))
            .header(HOST, self.platform.to_string())
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .header("ngsild-tenant", self.tenant)
            .header(CONTENT_TYPE, "text/csv; charset=utf-8")
            .body(Full::new(Bytes::from(text)))?;
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        drop(sender);
        connection.await??;
        if !status.is_success() {
            bail!("{status}: {}", String::from_utf8_lossy(&body[..body.len().min(TOLD_BYTES)]));
        }
        Ok(())
    }
}
