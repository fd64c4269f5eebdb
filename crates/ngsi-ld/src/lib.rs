//! NGSI-LD (ETSI GS CIM 009 V1.9.1): the HTTP API for entities and their past.
//!
//! A request goes router → call (who, in which terms) → handler → engine, and
//! the answer is written by `wire`. Syntax lives here: query languages are
//! parsed into the algebra of `model`, entities into its types; what a query
//! finds and what a write means is the engine's.

mod attributes;
mod batch;
mod call;
pub mod context;
mod discovery;
mod entities;
pub mod error;
pub mod geoq;
mod hosted;
mod negotiate;
mod options;
pub mod params;
pub mod projection;
pub mod q;
mod router;
pub mod scopeq;
mod temporal;
pub mod typesel;
pub mod wire;

pub use context::{Context, Library};
pub use error::Error;
pub use router::{ROUTES, router, router_with};
pub use wire::parse::parse_entity;
pub use wire::record::{read_record, write_record};
pub use wire::render::{Form, RenderOptions, render_entity};
