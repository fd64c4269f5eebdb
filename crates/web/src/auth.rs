//! Credentials: who is calling, in which tenant.
//!
//! Programs send a bearer token, people a session cookie. APIs take
//! [`Caller`], which never looks at cookies, so that no foreign page can
//! write through a browser; portal pages take [`Visitor`].

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, HOST};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, StatusCode};
use model::TenantId;
use policy::Principal;

use crate::cookie;
use crate::problem::{Fault, Problem};

/// A boxed future, so that [`Authenticator`] can be a trait object.
pub type BoxFuture<'a, T> = futures_util::future::BoxFuture<'a, T>;

/// Looks credentials up. `server` implements it over the engine.
pub trait Authenticator: Send + Sync + 'static {
    /// The tenant of requests that name none.
    fn default_tenant(&self) -> Option<TenantId>;

    /// The tenant of a name, if there is one.
    fn tenant(&self, name: &str) -> Option<TenantId>;

    /// Whose token this is.
    fn principal_of_token<'a>(&'a self, tenant: &'a TenantId, secret: &'a str) -> BoxFuture<'a, Result<Principal, Refusal>>;

    /// Whose session this is.
    fn principal_of_session<'a>(&'a self, tenant: &'a TenantId, secret: &'a str) -> BoxFuture<'a, Result<SessionPrincipal, Refusal>>;
}

/// Who a session belongs to, and the secret its forms carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPrincipal {
    /// Who it is.
    pub principal: Principal,
    /// The token that every form of this session sends back.
    pub csrf: String,
}

/// Why credentials were not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Not known, expired or revoked: the three are not told apart.
    NotValid,
    /// They cannot be checked at the moment.
    Unavailable(String),
}

/// The authenticator as the kit carries it through requests.
#[derive(Clone)]
pub struct Auth {
    authenticator: Arc<dyn Authenticator>,
    https: bool,
    /// Names of tenants by the hosts that lead to them.
    hosts: Arc<HashMap<String, String>>,
}

/// The tenant that a request is for.
struct Wanted {
    tenant: TenantId,
    /// Whether it is the one that the address leads to without a header.
    is_home: bool,
}

impl Auth {
    /// `https`: whether people reach the portal by https, which decides name
    /// and protection of the session cookie.
    #[must_use]
    pub fn new(authenticator: Arc<dyn Authenticator>, https: bool) -> Self {
        Self { authenticator, https, hosts: Arc::default() }
    }

    /// The same with hosts, in lower case, each of which leads to the tenant of a name.
    #[must_use]
    pub fn with_hosts(mut self, hosts: HashMap<String, String>) -> Self {
        self.hosts = Arc::new(hosts);
        self
    }

    /// Whether people reach the portal by https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// The tenant whose portal a request is for, where it is for one.
    #[must_use]
    pub fn tenant_of(&self, parts: &Parts) -> Option<TenantId> {
        self.wanted(parts).ok().map(|wanted| wanted.tenant)
    }

    /// The tenant a request is for: that of its host, else that of
    /// `NGSILD-Tenant` (NGSI-LD V1.9.1, clause 6.3.14), else the default. At
    /// a host of one tenant the others do not exist.
    fn wanted(&self, parts: &Parts) -> Result<Wanted, Rejection> {
        let by_host = self.tenant_of_host(parts)?;
        let mut named = parts.headers.get_all("ngsild-tenant").iter();
        match (named.next(), named.next(), by_host) {
            (Some(_), Some(_), _) => Err(Rejection::RepeatedTenant),
            (None, _, Some(tenant)) => Ok(Wanted { tenant, is_home: true }),
            (None, _, None) => {
                let tenant = self.authenticator.default_tenant().ok_or(Rejection::NoDefaultTenant)?;
                Ok(Wanted { tenant, is_home: true })
            }
            (Some(name), None, by_host) => {
                let shown = || String::from_utf8_lossy(name.as_bytes()).chars().take(100).collect();
                let found = name.to_str().ok().and_then(|name| self.authenticator.tenant(name));
                let agreed = found.filter(|found| by_host.as_ref().is_none_or(|own| own == found));
                let tenant = agreed.ok_or_else(|| Rejection::NoTenant(shown()))?;
                let is_home = by_host.is_some() || self.authenticator.default_tenant().as_ref() == Some(&tenant);
                Ok(Wanted { tenant, is_home })
            }
        }
    }

    /// The tenant that a request's host leads to. The target of a request
    /// goes before its header (RFC 9112, section 3.2.2).
    fn tenant_of_host(&self, parts: &Parts) -> Result<Option<TenantId>, Rejection> {
        if self.hosts.is_empty() {
            return Ok(None);
        }
        let mut sent = parts.headers.get_all(HOST).iter();
        let (header, more) = (sent.next(), sent.next());
        if more.is_some() {
            return Err(Rejection::RepeatedHost);
        }
        let header = header.and_then(|value| value.to_str().ok()?.parse::<Authority>().ok());
        let Some(authority) = parts.uri.authority().or(header.as_ref()) else { return Ok(None) };
        let host = authority.host().trim_end_matches('.').to_ascii_lowercase();
        let Some(name) = self.hosts.get(&host) else { return Ok(None) };
        self.authenticator.tenant(name).map(Some).ok_or_else(|| Rejection::NoTenant(name.clone()))
    }

    /// Whose token it is. Another tenant than the one the address leads to is
    /// not there for a token that is not valid in it, as if it did not exist.
    async fn principal_of_token(&self, wanted: &Wanted, secret: &str) -> Result<Principal, Rejection> {
        let tenant = &wanted.tenant;
        self.authenticator.principal_of_token(tenant, secret).await.map_err(|refusal| match refusal {
            Refusal::NotValid if !wanted.is_home => Rejection::NoTenant(tenant.to_string()),
            Refusal::NotValid => Rejection::Unauthorized,
            Refusal::Unavailable(why) => Rejection::Unavailable(why),
        })
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("https", &self.https).finish_non_exhaustive()
    }
}

/// Why no caller could be made of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The tenant named does not exist for this caller.
    NoTenant(String),
    /// No tenant was named and there is no default.
    NoDefaultTenant,
    /// `NGSILD-Tenant` more than once.
    RepeatedTenant,
    /// `Host` more than once.
    RepeatedHost,
    /// The credentials are not valid.
    Unauthorized,
    /// `Authorization` is not `Bearer`, or there more than once.
    NotBearer,
    /// Credentials cannot be checked at the moment.
    Unavailable(String),
    /// The router was not wrapped into the kit.
    NotWired,
}

impl Rejection {
    /// The problem to answer with.
    #[must_use]
    pub fn problem(&self) -> Problem {
        match self {
            Self::NoTenant(name) => Problem::new(
                StatusCode::NOT_FOUND,
                "https://uri.etsi.org/ngsi-ld/errors/NonexistentTenant",
                "The tenant does not exist",
                format!(
                    "there is no tenant `{name}` for you; check its name and the token, or leave `NGSILD-Tenant` out for the default tenant"
                ),
            ),
            Self::NoDefaultTenant => Problem::new(
                StatusCode::NOT_FOUND,
                "https://uri.etsi.org/ngsi-ld/errors/NonexistentTenant",
                "The tenant does not exist",
                "this installation has no default tenant; name one in the header `NGSILD-Tenant`",
            ),
            Self::RepeatedTenant => Problem::invalid("the header `NGSILD-Tenant` may be there once only"),
            Self::RepeatedHost => Problem::invalid("the header `Host` may be there once only"),
            Self::Unauthorized => Problem::of(
                Fault::Unauthorized,
                "the token is not known, expired or revoked; make a new one on the page of your account or with `allmende token create`",
            ),
            Self::NotBearer => Problem::of(Fault::Unauthorized, "expected one header `Authorization: Bearer TOKEN`"),
            Self::Unavailable(why) => Problem::of(Fault::Unavailable, why.clone()),
            Self::NotWired => Problem::internal("a route that asks for its caller is served outside `web::Kit::wrap`"),
        }
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        self.problem().into_response()
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        rejection.problem()
    }
}

/// Who calls an API: by bearer token, or anonymously. Cookies are not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The tenant.
    pub tenant: TenantId,
    /// Who it is.
    pub principal: Principal,
    /// Whether the request named its tenant; the answer then echoes it.
    pub tenant_named: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let auth = parts.extensions.get::<Auth>().cloned().ok_or(Rejection::NotWired)?;
        let wanted = auth.wanted(parts)?;
        let principal = match bearer(&parts.headers)? {
            Some(secret) => auth.principal_of_token(&wanted, secret).await?,
            None => Principal::anonymous(),
        };
        Ok(Self { tenant: wanted.tenant, principal, tenant_named: parts.headers.contains_key("ngsild-tenant") })
    }
}

/// Who reads a page of the portal: by session cookie or bearer token, or
/// anonymously. A session that has ended makes an anonymous visitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// The tenant.
    pub tenant: TenantId,
    /// Who it is.
    pub principal: Principal,
    /// The token that forms of this session must carry.
    pub csrf: Option<String>,
    /// The secret of the session, for logging out.
    pub session: Option<String>,
    /// Whether a session cookie came that is no longer valid.
    pub session_ended: bool,
}

impl Visitor {
    /// Whether somebody is logged in.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.principal != Principal::anonymous()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let auth = parts.extensions.get::<Auth>().cloned().ok_or(Rejection::NotWired)?;
        let wanted = auth.wanted(parts)?;
        let tenant = wanted.tenant.clone();
        let mut visitor = Self { tenant, principal: Principal::anonymous(), csrf: None, session: None, session_ended: false };
        if let Some(secret) = bearer(&parts.headers)? {
            visitor.principal = auth.principal_of_token(&wanted, secret).await?;
        } else if let Some(secret) = cookie::session_of(&parts.headers, auth.https) {
            match auth.authenticator.principal_of_session(&visitor.tenant, secret).await {
                Ok(session) => {
                    visitor.principal = session.principal;
                    visitor.csrf = Some(session.csrf);
                    visitor.session = Some(secret.to_owned());
                }
                Err(Refusal::NotValid) => visitor.session_ended = true,
                Err(Refusal::Unavailable(why)) => return Err(Rejection::Unavailable(why)),
            }
        }
        Ok(visitor)
    }
}

/// The secret of `Authorization: Bearer …` (RFC 6750, section 2.1).
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Rejection> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = all.next() else { return Ok(None) };
    if all.next().is_some() {
        return Err(Rejection::NotBearer);
    }
    let text = value.to_str().map_err(|_| Rejection::NotBearer)?;
    let (scheme, secret) = text.split_once(' ').ok_or(Rejection::NotBearer)?;
    let secret = secret.trim_matches(' ');
    let plausible = (1..=512).contains(&secret.len()) && secret.bytes().all(|b| b.is_ascii_graphic());
    if scheme.eq_ignore_ascii_case("bearer") && plausible { Ok(Some(secret)) } else { Err(Rejection::NotBearer) }
}

/// Whether a request carries credentials of any kind.
#[must_use]
pub fn has_credentials(headers: &HeaderMap, https: bool) -> bool {
    headers.contains_key(AUTHORIZATION) || cookie::session_of(headers, https).is_some()
}
