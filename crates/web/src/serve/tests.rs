use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use http::HeaderMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};

use super::{Config, FULL, connection, serve};
use crate::{Metrics, limit};

fn app() -> Router {
    Router::new().route("/", get(async || "ja")).route("/large", get(async || vec![b'x'; 1 << 20])).route(
        "/",
        post(async |headers: HeaderMap, body: Body| limit::read(&headers, body, 1000).await.map(|bytes| bytes.len().to_string())),
    )
}

/// A connection over memory; `tokio`'s paused clock jumps whenever everybody waits.
fn client() -> (DuplexStream, watch::Sender<bool>) {
    let (client, server) = duplex(512 * 1024);
    let (stop, stopping) = watch::channel(false);
    tokio::spawn(async move { connection(server, SocketAddr::from((Ipv4Addr::LOCALHOST, 1)), app(), &Config::default(), stopping).await });
    (client, stop)
}

async fn answer(client: &mut DuplexStream) -> String {
    let mut all = Vec::new();
    client.read_to_end(&mut all).await.expect("the end of the connection");
    String::from_utf8_lossy(&all).into_owned()
}

#[tokio::test(start_paused = true)]
async fn a_head_that_never_ends_is_cut_off_after_ten_seconds() {
    let (mut client, _stop) = client();
    let started = tokio::time::Instant::now();
    client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ").await.expect("written");
    let drip = async {
        // One byte every five seconds does not keep the connection.
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
    };
    tokio::select! {
        text = answer(&mut client) => assert!(text.is_empty() || text.starts_with("HTTP/1.1 408"), "{text}"),
        () = drip => panic!("still open after 50 s"),
    }
    assert_eq!(started.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_kept_connection_does_not_wait_for_ever() {
    let (mut client, _stop) = client();
    let started = tokio::time::Instant::now();
    client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("written");
    assert!(answer(&mut client).await.ends_with("ja"));
    assert_eq!(started.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_pauses_is_given_up_after_thirty_seconds() {
    let (mut client, _stop) = client();
    let started = tokio::time::Instant::now();
    client.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc").await.expect("written");
    let text = answer(&mut client).await;
    assert!(text.starts_with("HTTP/1.1 408") && text.contains("the body paused for more than 30 s"), "{text}");
    assert!((30..=40).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn who_takes_no_answer_is_let_go() {
    let (mut client, _stop) = client();
    client.write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("written");
    let started = tokio::time::Instant::now();
    tokio::time::sleep(Duration::from_secs(31)).await;
    let text = answer(&mut client).await;
    assert!(text.len() < 1 << 20, "cut off before its end");
    assert!(started.elapsed().as_secs() < 45);
}

#[tokio::test(start_paused = true)]
async fn a_head_beyond_the_limit_is_refused() {
    let (mut client, _stop) = client();
    let head = format!("GET / HTTP/1.1\r\nhost: x\r\nx-large: {}\r\n\r\n", "x".repeat(200_000));
    client.write_all(head.as_bytes()).await.expect("written");
    assert!(answer(&mut client).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test(start_paused = true)]
async fn a_long_body_is_refused_before_and_while_it_comes() {
    for head in ["content-length: 2000\r\n\r\n", "transfer-encoding: chunked\r\n\r\n7d0\r\n"] {
        let (mut client, _stop) = client();
        client.write_all(format!("POST / HTTP/1.1\r\nhost: x\r\n{head}{}", "x".repeat(2000)).as_bytes()).await.expect("written");
        assert!(answer(&mut client).await.starts_with("HTTP/1.1 413"), "{head}");
    }
}

#[tokio::test(start_paused = true)]
async fn contradictory_lengths_are_refused() {
    for (head, body) in [
        ("content-length: 3\r\ncontent-length: 4\r\n", "abcd"),
        ("content-length: 3\r\ntransfer-encoding: gzip\r\n", "abc"),
        ("content-length: +3\r\n", "abc"),
        ("transfer-encoding: chunked, identity\r\n", "abc"),
        ("x: a\r\n b\r\ncontent-length: 3\r\n", "abc"),
    ] {
        let (mut client, _stop) = client();
        client.write_all(format!("POST / HTTP/1.1\r\nhost: x\r\n{head}\r\n{body}").as_bytes()).await.expect("written");
        let text = answer(&mut client).await;
        assert!(text.starts_with("HTTP/1.1 400"), "{head}: {text}");
    }
}

#[tokio::test]
async fn stops_gracefully_and_refuses_when_full() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let (stop, stopped) = oneshot::channel::<()>();
    let metrics = Arc::new(Metrics::default());
    let config = Config { connections_max: 1, ..Config::default() };
    let server = tokio::spawn(serve(listener, app(), config, Arc::clone(&metrics), async { drop(stopped.await) }));

    let mut first = TcpStream::connect(address).await.expect("connected");
    first.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("written");
    let mut start = [0; 15];
    first.read_exact(&mut start).await.expect("answered");
    assert_eq!(&start, b"HTTP/1.1 200 OK");

    let mut second = TcpStream::connect(address).await.expect("connected");
    let mut refused = Vec::new();
    second.read_to_end(&mut refused).await.expect("refused");
    assert_eq!(refused, FULL);

    stop.send(()).expect("the server runs");
    server.await.expect("the server ended well");
    let mut rest = String::new();
    first.read_to_string(&mut rest).await.expect("closed");
    assert!(rest.ends_with("ja"));
    let mut text = String::new();
    metrics.write(&mut text);
    assert!(text.contains("allmende_http_connections_refused_total 1\n"));
}

#[test]
fn the_refusal_is_whole() {
    let text = std::str::from_utf8(FULL).expect("ASCII");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
    serde_json::from_str::<serde_json::Value>(body).expect("JSON");
}
