//! Places: geometries in WGS 84, coordinate reference systems, spatial tests.

mod bounds;
mod crs;
mod distance;
mod relation;
mod shape;
mod test;
#[cfg(test)]
mod tests;

pub use crs::{Crs, CrsError};
pub use shape::{Geometry, InvalidGeometry, Position};
pub use test::{GeoTest, PreparedGeoTest};
