//! The session cookie, the only cookie there is (RFC 6265).

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

/// The cookie's name. `__Host-` pins it to https, this host and `/`; browsers
/// refuse that prefix on plain http, which is for the own machine only.
#[must_use]
pub fn session_name(https: bool) -> &'static str {
    if https { "__Host-allmende" } else { "allmende" }
}

/// The secret of the session, if a cookie carries one.
#[must_use]
pub fn session_of(headers: &HeaderMap, https: bool) -> Option<&str> {
    named(headers, session_name(https)).filter(|secret| (16..=512).contains(&secret.len()))
}

/// The value of a cookie.
#[must_use]
pub fn named<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(known, value)| (known == name).then_some(value))
}

/// `Set-Cookie` that begins a session. `None` when the secret has characters
/// that a cookie cannot carry. It has no lifetime: the browser forgets it when
/// it closes, and the server ends the session on its own.
#[must_use]
pub fn begin_session(secret: &str, https: bool) -> Option<HeaderValue> {
    let clean = secret.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    let secure = if https { "; Secure" } else { "" };
    clean
        .then(|| format!("{}={secret}; Path=/; HttpOnly; SameSite=Lax{secure}", session_name(https)))
        .and_then(|text| HeaderValue::from_str(&text).ok())
}

/// `Set-Cookie` that ends a session.
#[must_use]
pub fn end_session(https: bool) -> HeaderValue {
    HeaderValue::from_static(if https {
        "__Host-allmende=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure"
    } else {
        "allmende=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
    })
}
