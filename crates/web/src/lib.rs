//! The HTTP kit: accept loop with time-outs, credentials → principal,
//! problem documents, negotiation, parameters, limits; and the one client.
//!
//! Everything here is free of storage: who somebody is, is looked up through
//! [`auth::Authenticator`], which `server` wires to the engine. [`Kit::wrap`]
//! puts the whole kit around a router; [`serve()`] runs it.

pub mod auth;
pub mod blame;
pub mod compress;
pub mod cookie;
pub mod csrf;
pub mod headers;
pub mod kit;
pub mod limit;
pub mod metrics;
pub mod negotiate;
pub mod outbound;
pub mod params;
pub mod peer;
pub mod problem;
pub mod serve;
pub mod testing;
#[cfg(test)]
mod tests;

pub use auth::{Auth, Authenticator, BoxFuture, Caller, Refusal, Rejection, SessionPrincipal, Visitor};
pub use kit::{Kit, RequestId, RequestLog};
pub use metrics::Metrics;
pub use outbound::Outbound;
pub use params::Params;
pub use peer::Peer;
pub use problem::{Fault, Problem};
pub use serve::{Config, serve};
