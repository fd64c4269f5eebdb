//! The one way out: an HTTP client for addresses that other people wrote down.
//!
//! It speaks `http` and `https` only, looks at the address it really connects
//! to (so no name, no spelling of a number and no answer of a name server
//! leads into the own network), follows few redirects, and bounds time and
//! size of every answer. Secrets never follow a redirect to another host and
//! never stand in a failure.

mod target;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{StatusCode, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

pub use target::Targets;

/// How many redirects are followed.
const REDIRECTS_MAX: usize = 3;

/// How long a connection to one address may take to come about, with its TLS handshake. Far
/// shorter than answers may take: who does not even listen is soon known.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// The client. Cheap to clone.
#[derive(Clone)]
pub struct Outbound {
    targets: Arc<Targets>,
    tls: TlsConnector,
}

/// What to get.
#[derive(Debug, Clone)]
pub struct Get {
    /// Absolute, percent-encoded.
    pub url: String,
    /// Beside those the client sets. What is marked sensitive is not sent to another host after a redirect.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// For the whole exchange with its redirects.
    pub timeout: Duration,
    /// The largest body, unpacked, in bytes.
    pub bytes_max: usize,
}

/// What came, whatever its status.
#[derive(Debug, Clone)]
pub struct Got {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, unpacked.
    pub body: Bytes,
    /// Where it came from in the end: relative links begin here. May hold a secret in its query.
    pub url: String,
}

/// Why nothing came. Names hosts, never queries or headers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The address is none, or of another scheme.
    #[error("the address cannot be used: {0}")]
    Address(String),
    /// The target lies in a network or at a port that nobody allowed.
    #[error("`{0}` is an address inside the own network or an unusual port, which only the operator may allow")]
    NotAllowed(String),
    /// No such host, nobody listens, no trust in its certificate.
    #[error("`{host}` cannot be reached: {reason}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// What went wrong.
        reason: String,
    },
    /// It took too long.
    #[error("there was no whole answer within {} seconds", .0.as_secs())]
    TimedOut(Duration),
    /// The body is larger than allowed.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// One redirect led to the next.
    #[error("more than {REDIRECTS_MAX} redirects, the last to `{0}`")]
    Redirects(String),
    /// The answer broke off or is no HTTP.
    #[error("the answer of `{host}` is broken: {reason}")]
    Broken {
        /// Host and port.
        host: String,
        /// What went wrong.
        reason: String,
    },
}

impl Default for Outbound {
    /// A client for public targets, with the certification authorities that browsers trust.
    fn default() -> Self {
        Self::new(Targets::default(), b"").expect("what is built in is right")
    }
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound").field("targets", &self.targets).finish_non_exhaustive()
    }
}

impl Outbound {
    /// A client for these targets. `roots` are further certification
    /// authorities in PEM beside those that browsers trust.
    ///
    /// # Errors
    /// When `roots` holds something else than certificates.
    pub fn new(targets: Targets, roots: &[u8]) -> Result<Self, String> {
        let mut store = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for certificate in CertificateDer::pem_slice_iter(roots) {
            let certificate = certificate.map_err(|error| error.to_string())?;
            store.add(certificate).map_err(|error| error.to_string())?;
        }
        let provider = Arc::new(crypto::ring::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
        let config = config.with_root_certificates(store).with_no_client_auth();
        Ok(Self { targets: Arc::new(targets), tls: TlsConnector::from(Arc::new(config)) })
    }

    /// Gets something.
    ///
    /// # Errors
    /// [`Failure`]. A status that tells of an error is an answer.
    pub async fn get(&self, get: &Get) -> Result<Got, Failure> {
        tokio::time::timeout(get.timeout, self.follow(get)).await.unwrap_or(Err(Failure::TimedOut(get.timeout)))
    }

    async fn follow(&self, get: &Get) -> Result<Got, Failure> {
        let mut place = Place::parse(&get.url)?;
        let home = (place.host.clone(), place.port);
        for _ in 0..=REDIRECTS_MAX {
            let keeps_secrets = (&place.host, place.port) == (&home.0, home.1);
            let headers = get.headers.iter().filter(|(_, value)| keeps_secrets || !value.is_sensitive());
            let (answer, _connection) = self.exchange(&place, headers).await?;
            let (parts, body) = answer.into_parts();
            let location = parts.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
            match location {
                Some(location) if matches!(parts.status.as_u16(), 301 | 302 | 303 | 307 | 308) => {
                    let next = Place::parse(&resolve(&place.uri.to_string(), location)?)?;
                    if place.is_secure && !next.is_secure {
                        return Err(Failure::Address(format!("`{}` leads from https to http", place.shown())));
                    }
                    place = next;
                }
                _ => {
                    let body = collect(&place, body, &parts.headers, get.bytes_max).await?;
                    return Ok(Got { status: parts.status, headers: parts.headers, body, url: place.uri.to_string() });
                }
            }
        }
        Err(Failure::Redirects(place.shown()))
    }

    async fn exchange<'h>(
        &self,
        place: &Place,
        headers: impl Iterator<Item = &'h (HeaderName, HeaderValue)>,
    ) -> Result<(http::Response<Incoming>, Connection), Failure> {
        let broken = |reason: String| Failure::Broken { host: place.shown(), reason };
        let mut request = http::Request::get(place.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str))
            .header(header::HOST, place.authority())
            .header(header::USER_AGENT, concat!("allmende/", env!("CARGO_PKG_VERSION")))
            .header(header::ACCEPT_ENCODING, "gzip")
            .header(header::CONNECTION, "close");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Empty::<Bytes>::new()).map_err(|error| broken(error.to_string()))?;
        let stream = self.connect(place).await?;
        if !place.is_secure {
            return send(TokioIo::new(stream), request).await.map_err(|error| broken(error.to_string()));
        }
        let unreachable = |reason: String| Failure::Unreachable { host: place.shown(), reason };
        let name = ServerName::try_from(place.bare_host().to_owned()).map_err(|error| unreachable(error.to_string()))?;
        let stream = soon(self.tls.connect(name, stream)).await.map_err(|error| unreachable(error.to_string()))?;
        send(TokioIo::new(stream), request).await.map_err(|error| broken(error.to_string()))
    }

    /// Connects to the first address that is allowed and answers.
    async fn connect(&self, place: &Place) -> Result<TcpStream, Failure> {
        let unreachable = |error: std::io::Error| Failure::Unreachable { host: place.shown(), reason: error.to_string() };
        let found = tokio::net::lookup_host((place.bare_host(), place.port)).await.map_err(unreachable)?;
        let mut failure = Failure::NotAllowed(place.shown());
        for address in found.filter(|address| self.targets.allow(place.bare_host(), *address)) {
            match soon(TcpStream::connect(address)).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = unreachable(error),
            }
        }
        Err(failure)
    }
}

/// What has to come about before [`CONNECT_MAX`].
async fn soon<T>(connecting: impl Future<Output = std::io::Result<T>>) -> std::io::Result<T> {
    let late = |_| std::io::Error::new(std::io::ErrorKind::TimedOut, format!("no connection within {} seconds", CONNECT_MAX.as_secs()));
    tokio::time::timeout(CONNECT_MAX, connecting).await.map_err(late)?
}

/// The connection of one request; it ends when this is dropped.
struct Connection(tokio::task::JoinHandle<()>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn send<S>(stream: TokioIo<S>, request: http::Request<Empty<Bytes>>) -> Result<(http::Response<Incoming>, Connection), hyper::Error>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
    // What goes wrong with it is told to who waits for the answer.
    let connection = Connection(tokio::spawn(async move { connection.await.unwrap_or_default() }));
    Ok((sender.send_request(request).await?, connection))
}

async fn collect(place: &Place, mut body: Incoming, headers: &HeaderMap, bytes_max: usize) -> Result<Bytes, Failure> {
    let broken = |reason: String| Failure::Broken { host: place.shown(), reason };
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(|error| broken(error.to_string()))?.into_data() {
            if all.len() + data.len() > bytes_max {
                return Err(Failure::TooLarge(bytes_max));
            }
            all.extend_from_slice(&data);
        }
    }
    match headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(all.freeze()),
        Some(b"gzip" | b"x-gzip") => {
            let mut unpacked = Vec::new();
            let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
            let read = flate2::read::MultiGzDecoder::new(&all[..]).take(limit).read_to_end(&mut unpacked);
            read.map_err(|error| broken(error.to_string()))?;
            if unpacked.len() > bytes_max { Err(Failure::TooLarge(bytes_max)) } else { Ok(unpacked.into()) }
        }
        Some(other) => Err(broken(format!("its encoding `{}` is not known", String::from_utf8_lossy(other)))),
    }
}

/// A link as seen from a page (RFC 3986, section 5.2).
///
/// # Errors
/// [`Failure::Address`].
pub fn resolve(base: &str, link: &str) -> Result<String, Failure> {
    let refused = |error: oxiri::IriParseError| Failure::Address(error.to_string());
    Ok(oxiri::Iri::parse(base).map_err(refused)?.resolve(link).map_err(refused)?.into_inner())
}

/// The host of an address, with its port unless it is the scheme's own.
///
/// # Errors
/// [`Failure::Address`] when it is no address that can be got.
pub fn host_of(url: &str) -> Result<String, Failure> {
    Place::parse(url).map(|place| place.authority())
}

/// Where a request goes.
struct Place {
    uri: Uri,
    host: String,
    port: u16,
    is_secure: bool,
}

impl Place {
    fn parse(url: &str) -> Result<Self, Failure> {
        let refused = |reason: &str| Failure::Address(reason.to_owned());
        let is_secure = match url.split_once("://") {
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => true,
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") => false,
            _ => return Err(refused("it must begin with `https://` or `http://`")),
        };
        let uri: Uri = url.parse().map_err(|_| refused("it is not written as addresses are; percent-encode blanks and umlauts"))?;
        let authority = uri.authority().ok_or_else(|| refused("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(refused("it must not hold a user name or a password"));
        }
        let (host, port) = (authority.host().to_ascii_lowercase(), authority.port_u16());
        let port = port.unwrap_or(if is_secure { 443 } else { 80 });
        Ok(Self { host, port, is_secure, uri })
    }

    fn bare_host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    fn authority(&self) -> String {
        let own = if self.is_secure { 443 } else { 80 };
        if self.port == own { self.host.clone() } else { self.shown() }
    }

    fn shown(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}
