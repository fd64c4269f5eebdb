//! Security headers, on every answer.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue};

/// What pages may load: themselves only. `data:` is for the icons of the
/// design system's style sheet.
pub const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

/// What is the same everywhere. `Referrer-Policy: same-origin` rather than
/// `no-referrer`, because the latter turns the `Origin` of our own forms into `null`.
const ALWAYS: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), payment=()"),
];

/// Sets what the handler has not set itself. An answer to somebody with
/// credentials is never kept by caches, unless it is an immutable asset.
pub fn secure(headers: &mut HeaderMap, https: bool, authenticated: bool) {
    headers.reserve(ALWAYS.len() + 2);
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if https {
        headers.entry(STRICT_TRANSPORT_SECURITY).or_insert(HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    }
    let immutable = |value: &HeaderValue| value.to_str().is_ok_and(|text| text.contains("immutable"));
    if authenticated && !headers.get(CACHE_CONTROL).is_some_and(immutable) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
