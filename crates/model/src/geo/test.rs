//! Spatial tests (NGSI-LD V1.9.1, clause 4.10; OGC simple features).
//!
//! Topology is planar in degrees, as RFC 7946 draws lines; distances are
//! geodesic metres on WGS 84. Heights are ignored.

use std::sync::OnceLock;

use super::distance::{self, Track};
use super::relation::{self, Region, Side};
use super::{Geometry, bounds};

/// How a stored geometry must lie to the reference.
#[derive(Debug, Clone, PartialEq)]
pub enum GeoTest {
    /// At most so many metres away.
    NearerThan {
        /// The reference.
        reference: Geometry,
        /// Metres.
        distance_m_max: f64,
    },
    /// At least so many metres away.
    FartherThan {
        /// The reference.
        reference: Geometry,
        /// Metres.
        distance_m_min: f64,
    },
    /// Inside the reference.
    Within(Geometry),
    /// Around the reference.
    Contains(Geometry),
    /// Shares a point with the reference.
    Intersects(Geometry),
    /// The same set of points.
    Equals(Geometry),
    /// Shares no point with the reference.
    Disjoint(Geometry),
    /// Overlaps the reference.
    Overlaps(Geometry),
}

impl GeoTest {
    /// Whether a stored geometry passes. For many candidates, [`Self::prepare`] once.
    #[must_use]
    pub fn passes(&self, stored: &Geometry) -> bool {
        self.prepare().passes(stored)
    }

    /// The test with what it needs of its reference worked out once.
    #[must_use]
    pub fn prepare(&self) -> PreparedGeoTest<'_> {
        PreparedGeoTest {
            test: self,
            reference: self.reference(),
            place: self.reference().bounds(),
            reach: self.bounds(),
            region: OnceLock::new(),
            track: OnceLock::new(),
        }
    }

    /// The reference.
    #[must_use]
    pub fn reference(&self) -> &Geometry {
        match self {
            Self::NearerThan { reference, .. } | Self::FartherThan { reference, .. } => reference,
            Self::Within(one)
            | Self::Contains(one)
            | Self::Intersects(one)
            | Self::Equals(one)
            | Self::Disjoint(one)
            | Self::Overlaps(one) => one,
        }
    }

    /// West, south, east, north in degrees of a box that the bounds of every
    /// geometry that passes touch; `None` when any geometry may pass. A box
    /// that would cross the antimeridian or hold a pole spans all longitudes.
    #[must_use]
    pub fn bounds(&self) -> Option<[f64; 4]> {
        match self {
            Self::FartherThan { .. } | Self::Disjoint(_) => None,
            Self::NearerThan { reference, distance_m_max } => Some(bounds::within_reach(reference.bounds(), *distance_m_max)),
            Self::Within(one) | Self::Contains(one) | Self::Intersects(one) | Self::Equals(one) | Self::Overlaps(one) => {
                Some(bounds::padded(one.bounds()))
            }
        }
    }
}

/// A spatial test ready for many candidates.
#[derive(Debug)]
pub struct PreparedGeoTest<'a> {
    test: &'a GeoTest,
    reference: &'a Geometry,
    /// Bounds of the reference.
    place: [f64; 4],
    reach: Option<[f64; 4]>,
    region: OnceLock<Region>,
    track: OnceLock<Track>,
}

impl PreparedGeoTest<'_> {
    /// Whether it was prepared from this very test.
    pub(crate) fn is_of(&self, test: &GeoTest) -> bool {
        std::ptr::eq(self.test, test)
    }

    /// Whether a stored geometry passes. A geometry without positions passes nothing.
    #[must_use]
    pub fn passes(&self, stored: &Geometry) -> bool {
        let place = stored.bounds();
        if bounds::is_empty(place) || bounds::is_empty(self.place) {
            return false;
        }
        if self.reach.is_some_and(|reach| !bounds::touch(reach, place)) {
            return false;
        }
        match self.test {
            GeoTest::NearerThan { distance_m_max, .. } => self.distance_m(stored) <= *distance_m_max,
            GeoTest::FartherThan { distance_m_min, .. } => self.distance_m(stored) >= *distance_m_min,
            GeoTest::Intersects(_) => self.intersects(stored),
            GeoTest::Disjoint(_) => !self.intersects(stored),
            GeoTest::Within(_) => is_around(self.reference, stored, || self.region().is_around(&Region::of(stored))),
            GeoTest::Contains(_) => is_around(stored, self.reference, || Region::of(stored).is_around(self.region())),
            GeoTest::Equals(_) => self.region().equals(&Region::of(stored)),
            GeoTest::Overlaps(_) => self.region().overlaps(&Region::of(stored)),
        }
    }

    fn region(&self) -> &Region {
        self.region.get_or_init(|| Region::of(self.reference))
    }

    fn intersects(&self, stored: &Geometry) -> bool {
        match (stored, self.reference) {
            (Geometry::Point(point), area) | (area, Geometry::Point(point)) if relation::is_area(area) => {
                relation::point_in(point, area) != Side::Outside
            }
            _ => bounds::touch(stored.bounds(), self.place) && self.region().intersects(&Region::of(stored)),
        }
    }

    /// Geodesic metres between the closest points; 0 where they meet.
    fn distance_m(&self, stored: &Geometry) -> f64 {
        match (self.reference, stored) {
            (Geometry::Point(a), Geometry::Point(b)) => distance::between_points_m(a, b),
            _ if self.intersects(stored) => 0.0,
            _ => self.track.get_or_init(|| Track::of(self.reference)).distance_m(&Track::of(stored)),
        }
    }
}

/// Points in areas, by far the most frequent case, are counted out without
/// building a graph. On a boundary the graph decides: there may be another
/// polygon behind it.
fn is_around(outer: &Geometry, inner: &Geometry, by_graph: impl FnOnce() -> bool) -> bool {
    if let Geometry::Point(point) = inner
        && relation::is_area(outer)
    {
        match relation::point_in(point, outer) {
            Side::Inside => return true,
            Side::Outside => return false,
            Side::Boundary => {}
        }
    }
    by_graph()
}
