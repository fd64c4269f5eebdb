//! Topological relations (OGC 06-103r4, clause 6.1.15), planar in degrees.
//!
//! Polygons from outside may cross themselves or overlap each other. They are
//! accepted and repaired here, by the even-odd rule, because the DE-9IM is
//! defined for valid geometries only.

use geo::algorithm::bool_ops::{BooleanOps, unary_union};
use geo::kernels::{Kernel, Orientation, RobustKernel};
use geo::{BoundingRect, Coord, Line, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon, Relate};

use super::{Geometry, Position};

/// Where a point lies to an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Inside,
    Boundary,
    Outside,
}

pub(super) fn is_area(geometry: &Geometry) -> bool {
    matches!(geometry, Geometry::Polygon(_) | Geometry::MultiPolygon(_))
}

/// Where a point lies to a polygon or to several; holes are outside, their edges boundary.
pub(super) fn point_in(point: &Position, area: &Geometry) -> Side {
    let point = coord(point);
    match area {
        Geometry::Polygon(rings) => point_in_rings(point, rings),
        Geometry::MultiPolygon(polygons) => {
            let sides = polygons.iter().map(|rings| point_in_rings(point, rings));
            sides.fold(Side::Outside, |one, other| match (one, other) {
                (Side::Inside, _) | (_, Side::Inside) => Side::Inside,
                (Side::Boundary, _) | (_, Side::Boundary) => Side::Boundary,
                _ => Side::Outside,
            })
        }
        _ => Side::Outside,
    }
}

/// Counts the edges a ray eastwards crosses, over all rings.
fn point_in_rings(point: Coord, rings: &[Vec<Position>]) -> Side {
    let mut inside = false;
    for edge in rings.iter().flat_map(|ring| ring.windows(2)) {
        let (a, b) = (coord(&edge[0]), coord(&edge[1]));
        if (a.y > point.y) == (b.y > point.y) && a.y != point.y && b.y != point.y {
            continue;
        }
        let side = RobustKernel::orient2d(a, b, point);
        if side == Orientation::Collinear && within_box(point, a, b) {
            return Side::Boundary;
        }
        if (a.y > point.y) != (b.y > point.y) && (side == Orientation::CounterClockwise) == (b.y > a.y) {
            inside = !inside;
        }
    }
    if inside { Side::Inside } else { Side::Outside }
}

fn within_box(point: Coord, a: Coord, b: Coord) -> bool {
    (a.x.min(b.x)..=a.x.max(b.x)).contains(&point.x) && (a.y.min(b.y)..=a.y.max(b.y)).contains(&point.y)
}

/// A geometry fit for the DE-9IM.
#[derive(Debug)]
pub(super) struct Region(geo::Geometry);

impl Region {
    pub(super) fn of(geometry: &Geometry) -> Self {
        Self(match geometry {
            Geometry::Point(point) => Point::from(coord(point)).into(),
            Geometry::MultiPoint(points) => MultiPoint::from_iter(points.iter().map(coord)).into(),
            Geometry::LineString(line) => lines(std::slice::from_ref(line)),
            Geometry::MultiLineString(all) => lines(all),
            Geometry::Polygon(rings) => area(std::slice::from_ref(rings)),
            Geometry::MultiPolygon(polygons) => area(polygons),
        })
    }

    pub(super) fn intersects(&self, other: &Self) -> bool {
        self.0.relate(&other.0).is_intersects()
    }

    /// Whether the other is within this one.
    pub(super) fn is_around(&self, other: &Self) -> bool {
        self.0.relate(&other.0).is_contains()
    }

    pub(super) fn equals(&self, other: &Self) -> bool {
        self.0.relate(&other.0).is_equal_topo()
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.0.relate(&other.0).is_overlaps()
    }
}

fn coord(position: &Position) -> Coord {
    Coord { x: position.lon, y: position.lat }
}

/// The coordinates of a line without repetitions.
fn path(line: &[Position]) -> Vec<Coord> {
    let mut path: Vec<Coord> = line.iter().map(coord).collect();
    path.dedup();
    path
}

/// Lines; what has shrunk to points is points.
fn lines(all: &[Vec<Position>]) -> geo::Geometry {
    let paths: Vec<Vec<Coord>> = all.iter().map(|line| path(line)).collect();
    let long: Vec<LineString> = paths.iter().filter(|path| path.len() > 1).map(|path| path.clone().into()).collect();
    match long.len() {
        0 => MultiPoint::from_iter(paths.into_iter().flatten()).into(),
        1 => long.into_iter().next().map_or_else(|| MultiLineString::new(Vec::new()).into(), Into::into),
        _ => MultiLineString::new(long).into(),
    }
}

/// Polygons as they are when they are valid, else repaired; without any area they are their outlines.
fn area(polygons: &[Vec<Vec<Position>>]) -> geo::Geometry {
    let built: Vec<Polygon> = polygons.iter().filter_map(|rings| polygon(rings)).collect();
    if is_simple(&built) {
        return match <[Polygon; 1]>::try_from(built) {
            Ok([one]) => one.into(),
            Err(all) => MultiPolygon::new(all).into(),
        };
    }
    let nothing = MultiPolygon::new(Vec::new());
    let repaired: Vec<MultiPolygon> = built.iter().map(|polygon| polygon.union(&nothing)).collect();
    let united = unary_union(&repaired);
    if united.0.is_empty() { lines(&polygons.concat()) } else { united.into() }
}

fn polygon(rings: &[Vec<Position>]) -> Option<Polygon> {
    let (outer, holes) = rings.split_first()?;
    Some(Polygon::new(path(outer).into(), holes.iter().map(|hole| path(hole).into()).collect()))
}

/// An edge with its ring and its place in it.
struct Edge {
    line: Line,
    ring: usize,
    index: usize,
    count: usize,
}

/// Whether no two edges meet but neighbours at their common end, and rings lie
/// in each other as shells and holes should. Rings that touch in a point are
/// valid too, but repairing them does no harm.
fn is_simple(polygons: &[Polygon]) -> bool {
    !polygons.is_empty() && !edges_meet(polygons) && rings_nest(polygons)
}

fn edges_meet(polygons: &[Polygon]) -> bool {
    let rings = polygons.iter().flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
    let mut edges = Vec::new();
    for (ring, line_string) in rings.enumerate() {
        let count = line_string.lines().count();
        if count < 3 {
            return true;
        }
        edges.extend(line_string.lines().enumerate().map(|(index, line)| Edge { line, ring, index, count }));
    }
    edges.sort_by(|a, b| west(&a.line).total_cmp(&west(&b.line)));
    edges.iter().enumerate().any(|(at, edge)| {
        let reach = edge.line.start.x.max(edge.line.end.x);
        edges[at + 1..].iter().take_while(|other| west(&other.line) <= reach).any(|other| edge.conflicts(other))
    })
}

fn west(line: &Line) -> f64 {
    line.start.x.min(line.end.x)
}

impl Edge {
    fn conflicts(&self, other: &Self) -> bool {
        if !meet(&self.line, &other.line) {
            return false;
        }
        let follows = |a: &Self, b: &Self| a.ring == b.ring && (a.index + 1) % a.count == b.index;
        match (follows(self, other), follows(other, self)) {
            (true, _) => folds_back(&self.line, &other.line),
            (_, true) => folds_back(&other.line, &self.line),
            _ => true,
        }
    }
}

/// Whether two segments share a point.
fn meet(one: &Line, other: &Line) -> bool {
    let side = |line: &Line, point: Coord| RobustKernel::orient2d(line.start, line.end, point);
    let (a, b) = (side(one, other.start), side(one, other.end));
    let (c, d) = (side(other, one.start), side(other, one.end));
    let crosses = |p: Orientation, q: Orientation| p != q && p != Orientation::Collinear && q != Orientation::Collinear;
    let on = |line: &Line, point: Coord, side: Orientation| side == Orientation::Collinear && within_box(point, line.start, line.end);
    (crosses(a, b) && crosses(c, d)) || on(one, other.start, a) || on(one, other.end, b) || on(other, one.start, c) || on(other, one.end, d)
}

/// Whether the second of two consecutive edges runs back over the first.
fn folds_back(first: &Line, second: &Line) -> bool {
    RobustKernel::orient2d(first.start, first.end, second.end) == Orientation::Collinear && {
        let (u, v) = (first.delta(), second.delta());
        u.x * v.x + u.y * v.y < 0.0
    }
}

/// Whether holes lie in their shells and nothing else lies in anything. As no
/// edges meet, one position tells for its whole ring.
fn rings_nest(polygons: &[Polygon]) -> bool {
    let inside = |ring: &LineString, of: &LineString| ring.0.first().is_some_and(|point| side_of_ring(*point, of) == Side::Inside);
    let apart = |a: &LineString, b: &LineString| !boxes_touch(a, b) || (!inside(a, b) && !inside(b, a));
    polygons.iter().enumerate().all(|(at, polygon)| {
        let holes = polygon.interiors();
        holes.iter().all(|hole| inside(hole, polygon.exterior()))
            && holes.iter().enumerate().all(|(at, hole)| holes[at + 1..].iter().all(|other| apart(hole, other)))
            && polygons[at + 1..].iter().all(|other| shells_apart(polygon, other))
    })
}

/// A shell may lie in a hole of another: an island in a lake.
fn shells_apart(one: &Polygon, other: &Polygon) -> bool {
    let within = |shell: &Polygon, polygon: &Polygon| {
        shell.exterior().0.first().is_some_and(|point| {
            side_of_ring(*point, polygon.exterior()) == Side::Inside
                && polygon.interiors().iter().all(|hole| side_of_ring(*point, hole) != Side::Inside)
        })
    };
    !boxes_touch(one.exterior(), other.exterior()) || (!within(one, other) && !within(other, one))
}

fn side_of_ring(point: Coord, ring: &LineString) -> Side {
    let positions: Vec<Position> = ring.0.iter().map(|c| Position::new(c.x, c.y)).collect();
    point_in_rings(point, &[positions])
}

fn boxes_touch(a: &LineString, b: &LineString) -> bool {
    match (a.bounding_rect(), b.bounding_rect()) {
        (Some(a), Some(b)) => a.min().x <= b.max().x && b.min().x <= a.max().x && a.min().y <= b.max().y && b.min().y <= a.max().y,
        _ => false,
    }
}
