//! The city's vocabulary: entities, attributes, values, places, times, units,
//! tenants, and the query algebra with its plain evaluator.
//!
//! Everything here is pure. No I/O, no async, no wire format: protocols parse
//! into these types and render from them, storage keeps them.

pub mod access;
pub mod attribute;
pub mod change;
pub mod class;
pub mod clock;
pub mod dataset;
pub mod entity;
pub mod geo;
pub mod id;
pub mod json;
pub mod name;
pub mod query;
pub mod rollup;
pub mod series;
pub mod time;
pub mod unit;

pub use access::{Authorized, DoorKey, TenantContext};
pub use attribute::{Attribute, Sealed, Value};
pub use change::{Change, Commit, Effect, Header, Origin};
pub use class::Class;
pub use clock::{Clock, ManualClock, SystemClock};
pub use dataset::Dataset;
pub use entity::{Entity, Scope};
pub use geo::{Crs, Geometry};
pub use id::{EntityId, Iri, TenantId};
pub use json::{Json, Number};
pub use name::Name;
pub use query::{Filter, Query};
pub use rollup::{Grain, Rollup};
pub use series::{Fact, Known, NumberSeries, Observation, Removal, Removals, RemovedSeries, Segment, SeriesKey, SeriesQuery};
pub use time::{Instant, TimeWindow};
pub use unit::UnitCode;

/// Short text, stored inline up to 24 bytes.
pub type Text = compact_str::CompactString;
