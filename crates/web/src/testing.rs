//! An authenticator for the tests of crates that have routes. Never wired by `server`.

use std::sync::Arc;

use model::TenantId;
use policy::{Actor, Principal, Role};

use crate::auth::{Auth, Authenticator, BoxFuture, Refusal, SessionPrincipal};
use crate::kit::Kit;

/// Knows the tenants it is given (the first is the default), takes the tokens
/// `reader`, `editor`, `administrator` for that role, and the session
/// `session-administrator` or `session-of-a-reader` with the form token `csrf`.
#[derive(Debug, Clone)]
pub struct FixedAuthenticator(pub Vec<TenantId>);

impl Authenticator for FixedAuthenticator {
    fn default_tenant(&self) -> Option<TenantId> {
        self.0.first().cloned()
    }

    fn tenant(&self, name: &str) -> Option<TenantId> {
        self.0.iter().find(|tenant| tenant.as_str() == name).cloned()
    }

    fn principal_of_token<'a>(&'a self, _: &'a TenantId, secret: &'a str) -> BoxFuture<'a, Result<Principal, Refusal>> {
        let role = Role::from_word(secret).filter(|role| Role::GRANTABLE.contains(role));
        let principal = role.map(|role| Principal::new(Actor::Token(secret.into()), role)).ok_or(Refusal::NotValid);
        Box::pin(async move { principal })
    }

    fn principal_of_session<'a>(&'a self, _: &'a TenantId, secret: &'a str) -> BoxFuture<'a, Result<SessionPrincipal, Refusal>> {
        let role = match secret {
            "session-administrator" => Some(Role::Administrator),
            "session-of-a-reader" => Some(Role::Reader),
            _ => None,
        };
        let principal = role.map(|role| Principal::new(Actor::Account("anna".into()), role));
        Box::pin(async move { principal.map(|principal| SessionPrincipal { principal, csrf: "csrf".into() }).ok_or(Refusal::NotValid) })
    }
}

/// A kit over [`FixedAuthenticator`]: `web::testing::kit("musterstadt").wrap(router)`.
///
/// # Panics
/// When `tenant` is no name of a tenant.
#[must_use]
pub fn kit(tenant: &str) -> Kit {
    let tenant = TenantId::parse(tenant).expect("a tenant's name");
    Kit::new(Auth::new(Arc::new(FixedAuthenticator(vec![tenant])), false))
}
