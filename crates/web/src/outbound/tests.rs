//! Against a real server on this machine.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use futures_util::stream;
use tokio::net::TcpListener;

use super::*;

/// What the server was asked: path and `authorization`.
type Heard = Arc<Mutex<Vec<String>>>;

fn packed(text: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(text).expect("packs");
    packer.finish().expect("packs")
}

async fn hear(State(heard): State<Heard>, uri: Uri, headers: HeaderMap) -> Response {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or("-").to_owned();
    heard.lock().expect("nobody panics").push(format!("{uri} {}", text(header::AUTHORIZATION)));
    "daten".into_response()
}

/// A server that behaves badly in every way; answers its address and what it hears.
async fn server() -> (String, Heard) {
    let heard = Heard::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let away = format!("http://localhost:{}/gut", listener.local_addr().expect("an address").port());
    let bits = || stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 4096])));
    let router = Router::new()
        .route("/gut", get(hear))
        .route("/kreis", get(|| async { Redirect::temporary("/kreis") }))
        .route("/um", get(|| async { Redirect::permanent("../gut?um=1") }))
        .route("/weg", get(move || async move { Redirect::temporary(&away) }))
        .route("/innen", get(|| async { Redirect::temporary("http://169.254.169.254/latest/meta-data") }))
        .route("/datei", get(|| async { Redirect::temporary("file:///etc/passwd") }))
        .route("/endlos", get(move || async move { Body::from_stream(bits()) }))
        .route("/stumm", get(|| async { Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>()) }))
        .route("/taub", get(std::future::pending::<&str>))
        .route("/gepackt", get(|| async { ([(header::CONTENT_ENCODING, "gzip")], packed(b"ausgepackt")) }))
        .route("/bombe", get(|| async { ([(header::CONTENT_ENCODING, "gzip")], packed(&vec![0; 4 << 20])) }))
        .route("/fremd", get(|| async { ([(header::CONTENT_ENCODING, "br")], "?") }))
        .route("/kaputt", get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, "au") }))
        .with_state(Arc::clone(&heard));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (base, heard)
}

fn client() -> Outbound {
    Outbound::new(Targets::with(&["127.0.0.1".into(), "localhost".into()]).expect("right"), b"").expect("right")
}

fn ask(url: String) -> Get {
    Get { url, headers: Vec::new(), timeout: Duration::from_secs(20), bytes_max: 1 << 20 }
}

/// Status and body, or the failure.
async fn got(client: &Outbound, get: &Get) -> String {
    match client.get(get).await {
        Ok(got) => format!("{} {}", got.status.as_u16(), String::from_utf8_lossy(&got.body)),
        Err(failure) => failure.to_string(),
    }
}

#[tokio::test]
async fn answers_come_whole_whatever_their_status() {
    let (base, heard) = server().await;
    let client = client();
    assert_eq!(got(&client, &ask(format!("{base}/gut?a=%C3%A4"))).await, "200 daten");
    assert_eq!(got(&client, &ask(format!("{base}/gepackt"))).await, "200 ausgepackt");
    assert_eq!(got(&client, &ask(format!("{base}/kaputt"))).await, "500 au");
    assert_eq!(got(&client, &ask(format!("{base}/um"))).await, "200 daten");
    assert_eq!(*heard.lock().expect("nobody panics"), ["/gut?a=%C3%A4 -", "/gut?um=1 -"]);
}

#[tokio::test]
async fn bad_servers_are_left_in_time_and_in_bounds() {
    let (base, _) = server().await;
    let client = client();
    let shown = base.trim_start_matches("http://").to_owned();
    for (path, expected) in [
        ("endlos", "the answer is larger than 1048576 bytes".to_owned()),
        ("bombe", "the answer is larger than 1048576 bytes".to_owned()),
        ("kreis", format!("more than 3 redirects, the last to `{shown}`")),
        ("fremd", format!("the answer of `{shown}` is broken: its encoding `br` is not known")),
        ("datei", "the address cannot be used: it must begin with `https://` or `http://`".to_owned()),
    ] {
        assert_eq!(got(&client, &ask(format!("{base}/{path}"))).await, expected, "{path}");
    }
    for path in ["stumm", "taub"] {
        let get = Get { timeout: Duration::from_millis(50), ..ask(format!("{base}/{path}")) };
        assert_eq!(client.get(&get).await.expect_err("no answer"), Failure::TimedOut(get.timeout), "{path}");
    }
}

#[tokio::test]
async fn nobody_is_led_into_the_own_network() {
    let (base, heard) = server().await;
    let port = base.rsplit_once(':').map_or("", |(_, port)| port).to_owned();
    let strict = Outbound::default();
    // Spellings that resolve to this machine (OWASP, server-side request forgery).
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1", "0"] {
        let failure = strict.get(&ask(format!("http://{host}:{port}/gut"))).await.expect_err(host);
        assert!(matches!(failure, Failure::NotAllowed(_) | Failure::Unreachable { .. } | Failure::Address(_)), "{host}: {failure}");
    }
    assert!(heard.lock().expect("nobody panics").is_empty());
    let led = client().get(&ask(format!("{base}/innen"))).await.expect_err("refused");
    assert_eq!(led, Failure::NotAllowed("169.254.169.254:80".into()));
    for url in ["ftp://127.0.0.1/", "https://anna:geheim@a.example/", "daten.json", "http:///x", "https://müll.example/ä"] {
        assert!(matches!(strict.get(&ask(url.to_owned())).await, Err(Failure::Address(_))), "{url}");
    }
}

#[tokio::test]
async fn a_key_does_not_follow_to_another_host() {
    let (base, heard) = server().await;
    let mut key = HeaderValue::from_static("Bearer geheim");
    key.set_sensitive(true);
    for path in ["um", "weg"] {
        let get = Get { headers: vec![(header::AUTHORIZATION, key.clone())], ..ask(format!("{base}/{path}")) };
        assert_eq!(got(&client(), &get).await, "200 daten");
    }
    assert_eq!(*heard.lock().expect("nobody panics"), ["/gut?um=1 Bearer geheim", "/gut -"]);
}

#[tokio::test]
async fn a_dead_host_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let failure = client().get(&ask(format!("http://{address}/?key=geheim"))).await.expect_err("nobody listens");
    assert!(matches!(&failure, Failure::Unreachable { host, .. } if *host == address.to_string()), "{failure}");
    assert!(!failure.to_string().contains("geheim"));
}

#[tokio::test]
async fn https_trusts_known_authorities_only() {
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let provider = Arc::new(crypto::ring::default_provider());
    let key = tokio_rustls::rustls::pki_types::PrivateKeyDer::Pkcs8(issued.signing_key.serialize_der().into());
    let config = tokio_rustls::rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![issued.cert.der().clone()], key)
        .expect("a certificate");
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            let service = hyper::service::service_fn(|_| async { Ok::<_, hyper::Error>(http::Response::new("sicher".to_owned())) });
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await.unwrap_or_default();
        }
    });
    let url = format!("https://localhost:{port}/");
    let untrusted = client().get(&ask(url.clone())).await.expect_err("unknown authority");
    assert!(matches!(untrusted, Failure::Unreachable { .. }), "{untrusted}");
    let targets = Targets::with(&["localhost".into(), "127.0.0.1".into()]).expect("right");
    let trusting = Outbound::new(targets, issued.cert.pem().as_bytes()).expect("right");
    assert_eq!(got(&trusting, &ask(url)).await, "200 sicher");
    let wrong_host = trusting.get(&ask(format!("https://127.0.0.1:{port}/"))).await.expect_err("another name");
    assert!(matches!(wrong_host, Failure::Unreachable { .. }), "{wrong_host}");
    assert!(Outbound::new(Targets::default(), b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").is_err());
}
