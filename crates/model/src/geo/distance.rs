//! Geodesic distances on WGS 84 between any geometries.
//!
//! Lines are straight in longitude and latitude (RFC 7946, section 3.1.1).
//! They are cut into short pieces whose ends become geocentric vectors, so
//! that neither poles nor the antimeridian are special. The closest pairs are
//! found by chords and then measured along the ellipsoid.

use geo::{Distance, Geodesic, Point};

use super::{Geometry, Position};

/// Semi-major axis in metres and first eccentricity squared of WGS 84 (NIMA TR8350.2, table 3.1).
const SEMI_MAJOR_M: f64 = 6_378_137.0;
const ECCENTRICITY_SQUARED: f64 = 6.694_379_990_14e-3;

/// Longest piece in degrees: its chord stays within 8 m of it.
const PIECE_DEGREES_MAX: f64 = 0.25;

/// How many of the closest pairs by chord are measured.
const MEASURED: usize = 12;

/// Metres between two positions along the shortest way on the ellipsoid.
pub(super) fn between_points_m(a: &Position, b: &Position) -> f64 {
    geodesic_m((a.lon, a.lat), (b.lon, b.lat))
}

fn geodesic_m((a_lon, a_lat): (f64, f64), (b_lon, b_lat): (f64, f64)) -> f64 {
    Geodesic.distance(Point::new(a_lon, a_lat), Point::new(b_lon, b_lat))
}

/// A geometry as short pieces.
#[derive(Debug)]
pub(super) struct Track {
    points: Vec<Vertex>,
    /// Indexes of both ends; the same twice for a single point.
    pieces: Vec<(usize, usize)>,
}

#[derive(Debug, Clone, Copy)]
struct Vertex {
    lon: f64,
    lat: f64,
    /// Geocentric, metres.
    at: [f64; 3],
}

/// A point, the piece closest to it, and how far along.
struct Pair {
    point: Vertex,
    start: Vertex,
    end: Vertex,
    along: f64,
    chord_squared: f64,
}

impl Track {
    pub(super) fn of(geometry: &Geometry) -> Self {
        let mut track = Self { points: Vec::new(), pieces: Vec::new() };
        match geometry {
            Geometry::Point(point) => track.line(std::slice::from_ref(point)),
            Geometry::MultiPoint(points) => points.iter().for_each(|point| track.line(std::slice::from_ref(point))),
            Geometry::LineString(line) => track.line(line),
            Geometry::MultiLineString(lines) | Geometry::Polygon(lines) => lines.iter().for_each(|line| track.line(line)),
            Geometry::MultiPolygon(polygons) => polygons.iter().flatten().for_each(|ring| track.line(ring)),
        }
        track
    }

    fn line(&mut self, line: &[Position]) {
        let Some(first) = line.first() else { return };
        self.points.push(Vertex::at(first.lon, first.lat));
        if line.len() == 1 {
            self.pieces.push((self.points.len() - 1, self.points.len() - 1));
        }
        for pair in line.windows(2) {
            let (from, to) = (&pair[0], &pair[1]);
            let span = (to.lon - from.lon).abs().max((to.lat - from.lat).abs());
            let count = (span / PIECE_DEGREES_MAX).ceil().max(1.0);
            let mut step = 1.0;
            while step <= count {
                let along = step / count;
                self.points.push(Vertex::at(mix(from.lon, to.lon, along), mix(from.lat, to.lat, along)));
                self.pieces.push((self.points.len() - 2, self.points.len() - 1));
                step += 1.0;
            }
        }
    }

    /// Metres between the closest points of two lines or outlines; areas that meet are the caller's.
    pub(super) fn distance_m(&self, other: &Self) -> f64 {
        let mut closest = Vec::with_capacity(MEASURED + 1);
        self.closest_to(other, &mut closest);
        other.closest_to(self, &mut closest);
        closest.iter().map(Pair::measure_m).fold(f64::INFINITY, f64::min)
    }

    /// Two lines that do not cross are closest at an end of one of their pieces.
    fn closest_to(&self, points: &Self, closest: &mut Vec<Pair>) {
        for &(start, end) in &self.pieces {
            let (start, end) = (self.points[start], self.points[end]);
            for &point in &points.points {
                let (along, chord_squared) = foot(&point.at, &start.at, &end.at);
                let worst = if closest.len() < MEASURED { f64::INFINITY } else { closest[MEASURED - 1].chord_squared };
                if chord_squared < worst {
                    let place = closest.partition_point(|pair| pair.chord_squared <= chord_squared);
                    closest.insert(place, Pair { point, start, end, along, chord_squared });
                    closest.truncate(MEASURED);
                }
            }
        }
    }
}

impl Vertex {
    fn at(lon: f64, lat: f64) -> Self {
        let (sin_lat, cos_lat) = lat.to_radians().sin_cos();
        let (sin_lon, cos_lon) = lon.to_radians().sin_cos();
        let normal = SEMI_MAJOR_M / (1.0 - ECCENTRICITY_SQUARED * sin_lat * sin_lat).sqrt();
        let z = normal * (1.0 - ECCENTRICITY_SQUARED) * sin_lat;
        Self { lon, lat, at: [normal * cos_lat * cos_lon, normal * cos_lat * sin_lon, z] }
    }
}

impl Pair {
    fn place(&self, along: f64) -> Vertex {
        Vertex::at(mix(self.start.lon, self.end.lon, along), mix(self.start.lat, self.end.lat, along))
    }

    /// Looks once more near the foot, where the chord is as good as the line, and measures there.
    fn measure_m(&self) -> f64 {
        let (low, high) = ((self.along - 0.05).max(0.0), (self.along + 0.05).min(1.0));
        let (inner, _) = foot(&self.point.at, &self.place(low).at, &self.place(high).at);
        let foot = self.place(mix(low, high, inner));
        geodesic_m((self.point.lon, self.point.lat), (foot.lon, foot.lat))
    }
}

fn mix(from: f64, to: f64, along: f64) -> f64 {
    if along >= 1.0 { to } else { from + (to - from) * along }
}

/// Where on the chord from `a` to `b` (0 to 1) the point is closest, and how far squared.
fn foot(point: &[f64; 3], a: &[f64; 3], b: &[f64; 3]) -> (f64, f64) {
    let chord = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
    let to_point = [point[0] - a[0], point[1] - a[1], point[2] - a[2]];
    let length_squared = dot(&chord, &chord);
    let along = if length_squared > 0.0 { (dot(&to_point, &chord) / length_squared).clamp(0.0, 1.0) } else { 0.0 };
    let rest = [to_point[0] - along * chord[0], to_point[1] - along * chord[1], to_point[2] - along * chord[2]];
    (along, dot(&rest, &rest))
}

fn dot(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}
