//! Forged requests: forms are taken only from our own pages.
//!
//! Browsers say where a request comes from (`Sec-Fetch-Site`, else `Origin`);
//! on top each form of a session carries the session's token.

use http::HeaderMap;
use http::header::{HOST, ORIGIN};
use subtle::ConstantTimeEq;

use crate::auth::Visitor;
use crate::problem::Problem;

/// Checks a request that changes something. `token` is the form's hidden field.
///
/// # Errors
/// 403 when the request comes from a foreign page, or a session's form lacks its token.
pub fn check(headers: &HeaderMap, visitor: &Visitor, token: Option<&str>) -> Result<(), Problem> {
    check_site(headers)?;
    let Some(expected) = &visitor.csrf else { return Ok(()) };
    let same = token.is_some_and(|token| bool::from(token.as_bytes().ct_eq(expected.as_bytes())));
    if same { Ok(()) } else { Err(Problem::forbidden("the form is out of date; load the page again and repeat")) }
}

/// Checks where a request comes from (Fetch Metadata; RFC 6454 for `Origin`).
///
/// # Errors
/// 403 when it is not one of our pages.
pub fn check_site(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("invalid"));
    let ours = match (text("sec-fetch-site"), text(ORIGIN.as_str())) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = text(HOST.as_str()).unwrap_or_default();
            origin.split_once("://").is_some_and(|(_, authority)| !host.is_empty() && authority.eq_ignore_ascii_case(host))
        }
        // Neither: no browser sends a form so; what a script may do, its token decides.
        (None, None) => true,
    };
    if ours { Ok(()) } else { Err(Problem::forbidden("the request comes from another site; use the form on our own page")) }
}
