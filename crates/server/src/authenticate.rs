//! Credentials, looked up in the engine.

use std::sync::OnceLock;

use engine::{Engine, Kind, Principal};
use model::TenantId;
use web::{Authenticator, BoxFuture, Refusal, SessionPrincipal};

/// The engine as the HTTP kit asks it.
pub(crate) struct EngineAuthenticator {
    engine: Engine,
    configured: String,
    default: OnceLock<TenantId>,
}

impl EngineAuthenticator {
    /// `configured`: the name of the tenant for requests that name none.
    pub(crate) fn new(engine: Engine, configured: &str) -> Self {
        Self { engine, configured: configured.to_owned(), default: OnceLock::new() }
    }
}

/// The tenant for requests that name none: the configured one, else the only one.
pub(crate) fn default_tenant(engine: &Engine, configured: &str) -> Option<TenantId> {
    engine.tenant(configured).ok().or_else(|| match engine.tenants().as_slice() {
        [only] if engine.closed().is_empty() => Some(only.clone()),
        _ => None,
    })
}

impl Authenticator for EngineAuthenticator {
    fn default_tenant(&self) -> Option<TenantId> {
        if let Some(known) = self.default.get() {
            return Some(known.clone());
        }
        let found = default_tenant(&self.engine, &self.configured)?;
        Some(self.default.get_or_init(|| found).clone())
    }

    fn tenant(&self, name: &str) -> Option<TenantId> {
        self.engine.tenant(name).ok()
    }

    fn principal_of_token<'a>(&'a self, tenant: &'a TenantId, secret: &'a str) -> BoxFuture<'a, Result<Principal, Refusal>> {
        Box::pin(async move { self.engine.principal_of_token(tenant, secret).await.map_err(|error| self.refusal(tenant, &error)) })
    }

    fn principal_of_session<'a>(&'a self, tenant: &'a TenantId, secret: &'a str) -> BoxFuture<'a, Result<SessionPrincipal, Refusal>> {
        Box::pin(async move {
            let session = self.engine.principal_of_session(tenant, secret).await.map_err(|error| self.refusal(tenant, &error))?;
            Ok(SessionPrincipal { principal: session.principal, csrf: session.csrf })
        })
    }
}

impl EngineAuthenticator {
    fn refusal(&self, tenant: &TenantId, error: &engine::Error) -> Refusal {
        match error.kind() {
            Kind::Unauthorized | Kind::NotFound | Kind::Invalid | Kind::Forbidden => Refusal::NotValid,
            // The start has said why.
            _ if self.engine.closed().contains_key(tenant) => Refusal::Unavailable(error.to_string()),
            kind => {
                tracing::error!(%error, ?kind, "credentials could not be checked");
                Refusal::Unavailable("credentials cannot be checked at the moment; try again in a few seconds".into())
            }
        }
    }
}
