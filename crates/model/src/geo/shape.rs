//! Geometries as GeoJSON knows them (RFC 7946), in WGS 84, longitude first.

use super::{Crs, CrsError};
use crate::json::Node;
use crate::{Json, Number};

/// Longitude, latitude in degrees, and a height in metres when given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    /// Degrees east, −180 to 180.
    pub lon: f64,
    /// Degrees north, −90 to 90.
    pub lat: f64,
    /// Metres above the ellipsoid.
    pub height_m: Option<f64>,
}

impl Position {
    /// A position without height.
    #[must_use]
    pub fn new(lon: f64, lat: f64) -> Self {
        Self { lon, lat, height_m: None }
    }
}

/// A geometry; GeometryCollections are no attribute values in NGSI-LD
/// (V1.9.1, clause 4.7.1).
#[derive(Debug, Clone, PartialEq)]
pub enum Geometry {
    /// A point.
    Point(Position),
    /// Points.
    MultiPoint(Vec<Position>),
    /// A line of two or more positions.
    LineString(Vec<Position>),
    /// Lines.
    MultiLineString(Vec<Vec<Position>>),
    /// An outer ring and holes, each closed.
    Polygon(Vec<Vec<Position>>),
    /// Polygons.
    MultiPolygon(Vec<Vec<Vec<Position>>>),
}

/// JSON that should be a geometry and is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGeometry {
    /// The type is missing or no geometry type.
    #[error("`{0}` is no geometry type; expected Point, MultiPoint, LineString, MultiLineString, Polygon or MultiPolygon")]
    Type(String),
    /// The coordinates do not have the shape of the type.
    #[error("the coordinates do not fit a {0}: {1}")]
    Coordinates(&'static str, &'static str),
    /// A position outside the world.
    #[error(
        "the position {0} lies outside longitude −180…180 and latitude −90…90; is the order longitude, latitude, and the system WGS 84?"
    )]
    OutOfRange(String),
    /// A position that its coordinate reference system does not have.
    #[error(transparent)]
    Crs(#[from] CrsError),
}

impl Geometry {
    /// Reads a GeoJSON geometry.
    ///
    /// # Errors
    /// [`InvalidGeometry`] says what does not fit.
    pub fn from_json(json: &Json) -> Result<Self, InvalidGeometry> {
        let kind = json.get("type").and_then(Json::as_str).unwrap_or("");
        let coordinates = json.get("coordinates").unwrap_or(&Json::Null);
        Self::from_coordinates(kind, coordinates)
    }

    /// Reads a GeoJSON geometry where it stands in a document.
    ///
    /// # Errors
    /// [`InvalidGeometry`] says what does not fit.
    pub fn from_node(node: Node<'_>) -> Result<Self, InvalidGeometry> {
        let kind = node.get("type").and_then(Node::as_str).unwrap_or_default();
        // Without coordinates the object itself is read, which are none.
        read(&kind, node.get("coordinates").unwrap_or(node), None)
    }

    /// Reads the coordinates of a geometry type, as query parameters have them.
    ///
    /// # Errors
    /// [`InvalidGeometry`] says what does not fit.
    pub fn from_coordinates(kind: &str, json: &Json) -> Result<Self, InvalidGeometry> {
        read(kind, json, None)
    }

    /// Reads a GeoJSON geometry whose coordinates are in another system,
    /// easting first, and converts it to WGS 84; heights stay as they are.
    ///
    /// # Errors
    /// [`InvalidGeometry`] says what does not fit.
    pub fn from_json_in(crs: Crs, json: &Json) -> Result<Self, InvalidGeometry> {
        let kind = json.get("type").and_then(Json::as_str).unwrap_or("");
        read(kind, json.get("coordinates").unwrap_or(&Json::Null), Some(crs))
    }

    /// The GeoJSON type.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Point(_) => "Point",
            Self::MultiPoint(_) => "MultiPoint",
            Self::LineString(_) => "LineString",
            Self::MultiLineString(_) => "MultiLineString",
            Self::Polygon(_) => "Polygon",
            Self::MultiPolygon(_) => "MultiPolygon",
        }
    }

    /// The GeoJSON geometry object.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let coordinates = match self {
            Self::Point(p) => position_json(p),
            Self::MultiPoint(ps) | Self::LineString(ps) => positions_json(ps),
            Self::MultiLineString(lines) | Self::Polygon(lines) => Json::Array(lines.iter().map(|l| positions_json(l)).collect()),
            Self::MultiPolygon(polygons) => {
                Json::Array(polygons.iter().map(|rings| Json::Array(rings.iter().map(|ring| positions_json(ring)).collect())).collect())
            }
        };
        Json::object([("type", Json::from(self.kind())), ("coordinates", coordinates)])
    }

    /// Calls `visit` on every position.
    pub fn visit_positions(&self, visit: &mut impl FnMut(&Position)) {
        match self {
            Self::Point(p) => visit(p),
            Self::MultiPoint(ps) | Self::LineString(ps) => ps.iter().for_each(visit),
            Self::MultiLineString(lines) | Self::Polygon(lines) => lines.iter().flatten().for_each(visit),
            Self::MultiPolygon(polygons) => polygons.iter().flatten().flatten().for_each(visit),
        }
    }

    /// West, south, east, north in degrees.
    #[must_use]
    pub fn bounds(&self) -> [f64; 4] {
        let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        self.visit_positions(&mut |p| {
            bounds = [bounds[0].min(p.lon), bounds[1].min(p.lat), bounds[2].max(p.lon), bounds[3].max(p.lat)];
        });
        bounds
    }

    /// The middle of its bounds: where a map puts its mark.
    #[must_use]
    pub fn centre(&self) -> Position {
        let [west, south, east, north] = self.bounds();
        Position::new(f64::midpoint(west, east), f64::midpoint(south, north))
    }
}

/// Nested arrays of numbers, kept or still in their document.
trait Coordinates: Copy {
    fn items(self) -> Option<impl ExactSizeIterator<Item = Self>>;
    fn number(self) -> Option<f64>;
    fn written(self) -> String;
}

impl Coordinates for &Json {
    fn items(self) -> Option<impl ExactSizeIterator<Item = Self>> {
        self.as_array().map(<[Json]>::iter)
    }

    fn number(self) -> Option<f64> {
        self.as_f64()
    }

    fn written(self) -> String {
        self.to_string()
    }
}

impl Coordinates for Node<'_> {
    fn items(self) -> Option<impl ExactSizeIterator<Item = Self>> {
        self.as_array()
    }

    fn number(self) -> Option<f64> {
        self.as_f64()
    }

    fn written(self) -> String {
        self.to_json().to_string()
    }
}

/// Reads coordinates: WGS 84 as it is, another system converted.
fn read(kind: &str, json: impl Coordinates, crs: Option<Crs>) -> Result<Geometry, InvalidGeometry> {
    match kind {
        "Point" => position("Point", json, crs).map(Geometry::Point),
        "MultiPoint" => positions("MultiPoint", json, 1, crs).map(Geometry::MultiPoint),
        "LineString" => positions("LineString", json, 2, crs).map(Geometry::LineString),
        "MultiLineString" => {
            each("MultiLineString", json, |line| positions("MultiLineString", line, 2, crs)).map(Geometry::MultiLineString)
        }
        "Polygon" => rings("Polygon", json, crs).map(Geometry::Polygon),
        "MultiPolygon" => each("MultiPolygon", json, |polygon| rings("MultiPolygon", polygon, crs)).map(Geometry::MultiPolygon),
        other => Err(InvalidGeometry::Type(other.chars().take(60).collect())),
    }
}

fn each<C: Coordinates, T>(kind: &'static str, json: C, read: impl Fn(C) -> Result<T, InvalidGeometry>) -> Result<Vec<T>, InvalidGeometry> {
    let items = json.items().ok_or(InvalidGeometry::Coordinates(kind, "an array is expected"))?;
    if items.len() == 0 {
        return Err(InvalidGeometry::Coordinates(kind, "the array is empty"));
    }
    items.map(read).collect()
}

fn positions(kind: &'static str, json: impl Coordinates, at_least: usize, crs: Option<Crs>) -> Result<Vec<Position>, InvalidGeometry> {
    let all = each(kind, json, |item| position(kind, item, crs))?;
    if all.len() < at_least {
        return Err(InvalidGeometry::Coordinates(kind, "a line needs two positions or more"));
    }
    Ok(all)
}

fn rings(kind: &'static str, json: impl Coordinates, crs: Option<Crs>) -> Result<Vec<Vec<Position>>, InvalidGeometry> {
    each(kind, json, |ring| {
        let ring = positions(kind, ring, 1, crs)?;
        if ring.len() < 4 {
            return Err(InvalidGeometry::Coordinates(kind, "a ring needs four positions or more"));
        }
        if ring.first() != ring.last() {
            return Err(InvalidGeometry::Coordinates(kind, "a ring must end where it begins"));
        }
        Ok(ring)
    })
}

fn position(kind: &'static str, json: impl Coordinates, crs: Option<Crs>) -> Result<Position, InvalidGeometry> {
    let shape = InvalidGeometry::Coordinates(kind, "a position is [longitude, latitude] or [longitude, latitude, height]");
    let Some(mut numbers) = json.items().filter(|numbers| matches!(numbers.len(), 2 | 3)) else { return Err(shape) };
    let has_height = numbers.len() == 3;
    let mut next = || numbers.next().and_then(Coordinates::number);
    let (Some(x), Some(y), height_m) = (next(), next(), next()) else { return Err(shape) };
    if has_height && height_m.is_none() {
        return Err(shape);
    }
    if let Some(crs) = crs {
        return Ok(Position { height_m, ..crs.to_wgs84(x, y)? });
    }
    if !(-180.0..=180.0).contains(&x) || !(-90.0..=90.0).contains(&y) {
        return Err(InvalidGeometry::OutOfRange(json.written()));
    }
    Ok(Position { lon: x, lat: y, height_m })
}

fn position_json(p: &Position) -> Json {
    let number = |value: f64| Number::from_f64(value).map_or(Json::Null, Json::Number);
    let mut numbers = vec![number(p.lon), number(p.lat)];
    numbers.extend(p.height_m.map(number));
    Json::Array(numbers)
}

fn positions_json(positions: &[Position]) -> Json {
    Json::Array(positions.iter().map(position_json).collect())
}
