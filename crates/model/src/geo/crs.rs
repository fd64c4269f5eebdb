//! Coordinate reference systems and their conversion to WGS 84.

use std::io::Cursor;
use std::sync::OnceLock;

use proj4rs::Proj;
use proj4rs::nadgrids::{catalog, formats};

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
    /// DHDN / 3-degree Gauß-Krüger zone 2, metres.
    Epsg31466,
    /// DHDN / 3-degree Gauß-Krüger zone 3, metres.
    Epsg31467,
    /// DHDN / 3-degree Gauß-Krüger zone 4, metres.
    Epsg31468,
    /// DHDN / 3-degree Gauß-Krüger zone 5, metres.
    Epsg31469,
}

/// Why coordinates cannot be converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CrsError {
    /// The code is none we convert.
    #[error(
        "`{0}` is not a coordinate reference system we convert; known are EPSG:4326, EPSG:25832, EPSG:25833, EPSG:3857 and EPSG:31466 to EPSG:31469"
    )]
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

/// What is known of a system.
struct System {
    code: &'static str,
    definition: &'static str,
    /// Least and greatest first, least and greatest second coordinate.
    range: [f64; 4],
    expected: &'static str,
    /// Read once: a register converts millions of positions.
    projection: OnceLock<Proj>,
}

const fn system(code: &'static str, definition: &'static str, range: [f64; 4], expected: &'static str) -> System {
    System { code, definition, range, expected, projection: OnceLock::new() }
}

const UTM_RANGE: [f64; 4] = [-1_000_000.0, 2_000_000.0, 0.0, 9_500_000.0];
const UTM_EXPECTED: &str = "easting −1,000,000…2,000,000 m and northing 0…9,500,000 m (without the zone's number in front)";

/// A zone of Gauß-Krüger: BKG's own test points lie up to 180 km from its central meridian.
macro_rules! gauss_krueger {
    ($code:literal, $zone:literal, $meridian:literal) => {
        system(
            $code,
            concat!(
                "+proj=tmerc +lat_0=0 +lon_0=",
                $meridian,
                " +k=1 +x_0=",
                $zone,
                "500000 +y_0=0 +ellps=bessel +nadgrids=BETA2007.gsb +units=m +no_defs"
            ),
            [$zone as f64 * 1e6 + 250_000.0, $zone as f64 * 1e6 + 750_000.0, 5_200_000.0, 6_150_000.0],
            concat!("easting ", $zone, ",250,000…", $zone, ",750,000 m and northing 5,200,000…6,150,000 m, within Germany"),
        )
    };
}

/// In the order of [`Crs`].
static SYSTEMS: [System; 8] = [
    system("EPSG:4326", "+proj=longlat +datum=WGS84 +no_defs", [-180.0, 180.0, -90.0, 90.0], "longitude −180…180 and latitude −90…90"),
    system("EPSG:25832", "+proj=utm +zone=32 +ellps=GRS80 +units=m +no_defs", UTM_RANGE, UTM_EXPECTED),
    system("EPSG:25833", "+proj=utm +zone=33 +ellps=GRS80 +units=m +no_defs", UTM_RANGE, UTM_EXPECTED),
    system(
        "EPSG:3857",
        "+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +no_defs",
        [-20_037_508.35, 20_037_508.35, -20_048_966.11, 20_048_966.11],
        "x and y within ±20,037,508 m",
    ),
    gauss_krueger!("EPSG:31466", 2, 6),
    gauss_krueger!("EPSG:31467", 3, 9),
    gauss_krueger!("EPSG:31468", 4, 12),
    gauss_krueger!("EPSG:31469", 5, 15),
];

/// From DHDN to ETRS89: the grid of the German surveying authorities, `grids/README.md`.
static BETA2007: &[u8] = include_bytes!("../../grids/BETA2007.gsb");
/// Whether the projections know it.
static GRID: OnceLock<()> = OnceLock::new();

impl System {
    fn projection(&self) -> &Proj {
        self.projection.get_or_init(|| {
            GRID.get_or_init(|| {
                catalog::with_catalog(|catalog| formats::read(catalog, "BETA2007.gsb", &mut Cursor::new(BETA2007)))
                    .expect("the built-in grid is readable");
            });
            Proj::from_proj_string(self.definition).expect("a built-in definition is valid")
        })
    }

    /// Whether coordinates lie in the system's range.
    fn covers(&self, x: f64, y: f64) -> bool {
        let [x_min, x_max, y_min, y_max] = self.range;
        (x_min..=x_max).contains(&x) && (y_min..=y_max).contains(&y)
    }

    /// Says what is wrong with coordinates that do not fit.
    fn refuse(&self, x: f64, y: f64) -> CrsError {
        let (first, second, crs, expected) = (x.to_string(), y.to_string(), self.code, self.expected);
        if !self.covers(x, y) && self.covers(y, x) {
            CrsError::Swapped { x: first, y: second, crs, expected }
        } else {
            CrsError::OutOfRange { x: first, y: second, crs, expected }
        }
    }
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
            "31466" => Ok(Self::Epsg31466),
            "31467" => Ok(Self::Epsg31467),
            "31468" => Ok(Self::Epsg31468),
            "31469" => Ok(Self::Epsg31469),
            _ => Err(CrsError::Unknown(text.chars().take(100).collect())),
        }
    }

    fn system(self) -> &'static System {
        &SYSTEMS[self as usize]
    }

    /// `EPSG:…`
    #[must_use]
    pub fn code(self) -> &'static str {
        self.system().code
    }

    /// Converts coordinates of this system (easting or longitude first) to
    /// WGS 84. Projected coordinates are exact to well below a millimetre;
    /// ETRS89 is taken as WGS 84. Gauß-Krüger goes through the grid BeTA2007
    /// and agrees with the published test points of that transformation
    /// (EPSG:15948) to a millimetre.
    ///
    /// # Errors
    /// [`CrsError::OutOfRange`] when they lie outside the system,
    /// [`CrsError::Swapped`] when they would fit the other way round.
    pub fn to_wgs84(self, x: f64, y: f64) -> Result<Position, CrsError> {
        let system = self.system();
        if !system.covers(x, y) {
            return Err(system.refuse(x, y));
        }
        if self == Self::Epsg4326 {
            return Ok(Position::new(x, y));
        }
        let (lon, lat) = convert(system, Self::Epsg4326.system(), (x, y)).ok_or_else(|| system.refuse(x, y))?;
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
        let image = convert(Self::Epsg4326.system(), self.system(), (position.lon.to_radians(), position.lat.to_radians()));
        image.filter(|(x, y)| self.system().covers(*x, *y)).ok_or_else(|| CrsError::OutOfRange {
            x: position.lon.to_string(),
            y: position.lat.to_string(),
            crs: self.code(),
            expected: "a position near the system's area",
        })
    }
}

fn convert(from: &System, to: &System, (x, y): (f64, f64)) -> Option<(f64, f64)> {
    let mut point = (x, y, 0.0);
    proj4rs::transform::transform(from.projection(), to.projection(), &mut point).ok()?;
    (point.0.is_finite() && point.1.is_finite()).then_some((point.0, point.1))
}
