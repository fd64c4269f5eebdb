//! The reference for reading: hyper alone, always the same bytes.

use std::convert::Infallible;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

/// Serves a file's bytes on port 0 and prints the address.
pub(crate) fn serve(path: &str) -> Result<()> {
    let body = Bytes::from(std::fs::read(path).with_context(|| format!("`{path}` cannot be read"))?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        {
            use std::io::Write;
            writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
        }
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let body = body.clone();
            let answer = service_fn(move |_: Request<hyper::body::Incoming>| {
                let body = body.clone();
                async move {
                    let response = Response::builder().header("content-type", "application/json").body(Full::new(body));
                    Ok::<_, Infallible>(response.unwrap_or_default())
                }
            });
            tokio::spawn(async move { hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await });
        }
    })
}
