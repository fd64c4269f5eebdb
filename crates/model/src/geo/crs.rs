//! Coordinate reference systems and their conversion to WGS 84.

use std::sync::LazyLock;

use proj4rs::Proj;

use super::Position;

/// A coordinate reference system data may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Crs {
    /// WGS 84, degrees. ETRS89 (EPSG:4258) is taken as equal: they differ by less than a metre.
    Epsg4326,
    /// ETRS89 / UTM zone 32N, metres.
    Epsg25832,
    /// ETRS89 / UTM zone 33N, metres.
    Epsg25833,
    /// Web Mercator, metres.
    Epsg3857,
}

/// Why coordinates cannot be converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CrsError {
    /// The code is none we convert.
    #[error("`{0}` is not a coordinate reference system we convert; known are EPSG:4326, EPSG:25832, EPSG:25833 and EPSG:3857")]
    Unknown(String),
    /// The coordinates lie outside the system's area.
    #[error("the coordinates ({x}, {y}) lie outside {crs}: expected {expected}")]
    OutOfRange {
        /// The first coordinate.
        x: String,
        /// The second coordinate.
        y: String,
        /// The system.
        crs: &'static str,
        /// What would fit.
        expected: &'static str,
    },
    /// The coordinates lie outside, but would fit the other way round.
    #[error("the coordinates ({x}, {y}) look swapped for {crs}: expected {expected}, in this order")]
    Swapped {
        /// The first coordinate.
        x: String,
        /// The second coordinate.
        y: String,
        /// The system.
        crs: &'static str,
        /// What would fit.
        expected: &'static str,
    },
}

/// The projections, read once: a register converts millions of positions.
static WGS84: LazyLock<Proj> = LazyLock::new(|| projection("+proj=longlat +datum=WGS84 +no_defs"));
static UTM_32: LazyLock<Proj> = LazyLock::new(|| projection("+proj=utm +zone=32 +ellps=GRS80 +units=m +no_defs"));
static UTM_33: LazyLock<Proj> = LazyLock::new(|| projection("+proj=utm +zone=33 +ellps=GRS80 +units=m +no_defs"));
static WEB_MERCATOR: LazyLock<Proj> =
    LazyLock::new(|| projection("+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +no_defs"));

fn projection(definition: &'static str) -> Proj {
    Proj::from_proj_string(definition).expect("a built-in definition is valid")
}

impl Crs {
    /// Finds a system by `EPSG:25832`, `25832`, or the OGC URN or URL of it.
    ///
    /// # Errors
    /// [`CrsError::Unknown`] names the text.
    pub fn find(text: &str) -> Result<Self, CrsError> {
        let code = text.trim().rsplit([':', '/']).next().unwrap_or("");
        match code {
            "4326" | "4258" | "CRS84" => Ok(Self::Epsg4326),
            "25832" => Ok(Self::Epsg25832),
            "25833" => Ok(Self::Epsg25833),
            "3857" | "900913" => Ok(Self::Epsg3857),
            _ => Err(CrsError::Unknown(text.chars().take(100).collect())),
        }
    }

    /// `EPSG:…`
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Epsg4326 => "EPSG:4326",
            Self::Epsg25832 => "EPSG:25832",
            Self::Epsg25833 => "EPSG:25833",
            Self::Epsg3857 => "EPSG:3857",
        }
    }

    fn projection(self) -> &'static Proj {
        match self {
            Self::Epsg4326 => &WGS84,
            Self::Epsg25832 => &UTM_32,
            Self::Epsg25833 => &UTM_33,
            Self::Epsg3857 => &WEB_MERCATOR,
        }
    }

    /// The range of first and second coordinate and its description.
    fn range(self) -> ([f64; 4], &'static str) {
        match self {
            Self::Epsg4326 => ([-180.0, 180.0, -90.0, 90.0], "longitude −180…180 and latitude −90…90"),
            Self::Epsg25832 | Self::Epsg25833 => (
                [-1_000_000.0, 2_000_000.0, 0.0, 9_500_000.0],
                "easting −1,000,000…2,000,000 m and northing 0…9,500,000 m (without the zone's number in front)",
            ),
            Self::Epsg3857 => ([-20_037_508.35, 20_037_508.35, -20_048_966.11, 20_048_966.11], "x and y within ±20,037,508 m"),
        }
    }

    /// Whether coordinates lie in the system's range.
    fn covers(self, x: f64, y: f64) -> bool {
        let ([x_min, x_max, y_min, y_max], _) = self.range();
        (x_min..=x_max).contains(&x) && (y_min..=y_max).contains(&y)
    }

    /// Says what is wrong with coordinates that do not fit.
    fn refuse(self, x: f64, y: f64) -> CrsError {
        let (_, expected) = self.range();
        let (first, second, crs) = (x.to_string(), y.to_string(), self.code());
        if !self.covers(x, y) && self.covers(y, x) {
            CrsError::Swapped { x: first, y: second, crs, expected }
        } else {
            CrsError::OutOfRange { x: first, y: second, crs, expected }
        }
    }

    /// Converts coordinates of this system (easting or longitude first) to
    /// WGS 84. Projected coordinates are exact to well below a millimetre;
    /// ETRS89 is taken as WGS 84.
    ///
    /// # Errors
    /// [`CrsError::OutOfRange`] when they lie outside the system,
    /// [`CrsError::Swapped`] when they would fit the other way round.
    pub fn to_wgs84(self, x: f64, y: f64) -> Result<Position, CrsError> {
        if !self.covers(x, y) {
            return Err(self.refuse(x, y));
        }
        if self == Self::Epsg4326 {
            return Ok(Position::new(x, y));
        }
        let (lon, lat) = convert(self.projection(), &WGS84, (x, y)).ok_or_else(|| self.refuse(x, y))?;
        Ok(Position::new(lon.to_degrees().clamp(-180.0, 180.0), lat.to_degrees().clamp(-90.0, 90.0)))
    }

    /// Converts a WGS 84 position to this system, easting or longitude first.
    ///
    /// # Errors
    /// [`CrsError::OutOfRange`] when the position has no image there.
    pub fn from_wgs84(self, position: &Position) -> Result<(f64, f64), CrsError> {
        if self == Self::Epsg4326 {
            return Ok((position.lon, position.lat));
        }
        let image = convert(&WGS84, self.projection(), (position.lon.to_radians(), position.lat.to_radians()));
        image.filter(|(x, y)| self.covers(*x, *y)).ok_or_else(|| CrsError::OutOfRange {
            x: position.lon.to_string(),
            y: position.lat.to_string(),
            crs: self.code(),
            expected: "a position near the system's area",
        })
    }
}

fn convert(from: &Proj, to: &Proj, (x, y): (f64, f64)) -> Option<(f64, f64)> {
    let mut point = (x, y, 0.0);
    proj4rs::transform::transform(from, to, &mut point).ok()?;
    (point.0.is_finite() && point.1.is_finite()).then_some((point.0, point.1))
}
