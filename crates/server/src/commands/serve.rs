//! `allmende serve`: open, listen, serve, stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::cli::Serve;
use crate::config::Config;
use crate::messages::say;
use crate::operator::Operator;
use crate::player::Player;
use crate::{assemble, control, fail, log, out};

pub(super) fn run(serve: &Serve) -> anyhow::Result<()> {
    let config = config(serve)?;
    log::start(&config.log);
    config.note();
    super::runtime(config.workers)?.block_on(async {
        let (listener, operator) = open(&config).await?;
        until_stopped(listener, operator, None).await
    })
}

/// The configuration with the flags of this command.
pub(super) fn config(serve: &Serve) -> anyhow::Result<Config> {
    let mut config = super::config(&serve.place)?;
    if let Some(listen) = &serve.listen {
        config.listen.clone_from(listen);
    }
    Ok(config)
}

/// Takes the address first: it fails faster than opening the data.
pub(super) async fn open(config: &Config) -> anyhow::Result<(TcpListener, Operator)> {
    let listener = TcpListener::bind(&config.listen).await.map_err(|error| fail::of_listening(&error, &config.listen))?;
    let operator = Operator::open(config.clone()).await?;
    operator.ensure_a_tenant().await?;
    Ok((listener, operator))
}

/// Serves, looks at sources and keeps house until SIGTERM or SIGINT, then lets requests finish and closes the data.
pub(super) async fn until_stopped(listener: TcpListener, operator: Operator, player: Option<Player>) -> anyhow::Result<()> {
    let url = url_of(&listener, operator.config());
    operator.set_url(&url);
    let operator = Arc::new(operator);
    let control = control::Listener::start(Arc::clone(&operator))?;
    let stopping = Arc::new(AtomicBool::new(false));
    let (router, metrics) = assemble::router(&operator, &url, &stopping)?;
    // Whoever reads that it runs may stop it: the signals are taken before.
    let stop = stop_signal(Arc::clone(&stopping))?;
    let (stop_looking, looking_stops) = oneshot::channel::<()>();
    let ingest = operator.ingest().clone();
    let looking = tokio::spawn(async move { ingest.look_until(async { looking_stops.await.unwrap_or_default() }).await });
    let housekeeper = Arc::clone(&operator);
    let housekeeping = tokio::spawn(async move { housekeeper.keep_house().await });
    let playing = player.map(|player| player.start(&operator, loopback(&listener)));
    announce(&operator, &url).await;
    // While requests are still taken: what is played comes to its end, and nobody waits for news.
    let stop = async {
        stop.await;
        if let Some(playing) = playing {
            playing.stop().await;
        }
        operator.engine().end_listening();
    };
    web::serve(listener, router, operator.config().http(), metrics, stop).await;
    drop(stop_looking);
    looking.await?;
    housekeeping.abort();
    drop(control);
    let closed = operator.close().await;
    tracing::info!("stopped");
    closed
}

/// The address people type. A listener on all addresses is reached on this machine by the loopback one.
fn url_of(listener: &TcpListener, config: &Config) -> String {
    if let Some(url) = &config.public_url {
        return url.clone();
    }
    format!("http://{}", loopback(listener))
}

/// Where this machine reaches a listener.
fn loopback(listener: &TcpListener) -> SocketAddr {
    let mut address = listener.local_addr().unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { std::net::Ipv4Addr::LOCALHOST.into() } else { std::net::Ipv6Addr::LOCALHOST.into() });
    }
    address
}

/// Prints that it runs, which scripts wait for and which is the same in every
/// language; then how to make the first administrator.
async fn announce(operator: &Operator, url: &str) {
    for tenant in operator.config().tenants.keys().filter(|tenant| operator.engine().tenant(tenant.as_str()).is_err()) {
        tracing::warn!(
            tenant = tenant.as_str(),
            "the configuration has a section for a tenant that is not there; make it with `allmende tenant create`"
        );
    }
    let codes = operator.first_run_codes().await;
    tracing::info!(url, version = env!("CARGO_PKG_VERSION"), "serving");
    out::line(&format!("Allmende läuft: {url}/"));
    for (tenant, code) in codes {
        let url = operator.config().url_of_tenant(&tenant, url);
        out::line(&say("serve.first", &[("tenant", &tenant), ("url", &url), ("code", &code)]));
    }
}

/// Done at the first signal; the second ends the process at once.
fn stop_signal(stopping: Arc<AtomicBool>) -> anyhow::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        stopping.store(true, Ordering::SeqCst);
        tracing::info!("stopping: running requests are finished; a second signal ends at once");
        tokio::spawn(async move {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
            std::process::exit(130);
        });
    })
}
