//! Reference points, known distances, relations, and properties over random geometries.

mod gauss_krueger;

use proptest::prelude::*;

use super::{Crs, CrsError, GeoTest, Geometry, InvalidGeometry, Position, bounds};
use crate::json;

/// Reads `Point [8,50]`.
fn place(text: &str) -> Geometry {
    let (kind, coordinates) = text.split_once(' ').expect("a type and coordinates");
    Geometry::from_coordinates(kind, &json::parse(coordinates.as_bytes()).expect("json")).expect(text)
}

fn dms(degrees: f64, minutes: f64, seconds: f64) -> f64 {
    degrees.signum() * (degrees.abs() + minutes / 60.0 + seconds / 3600.0)
}

/// Converts both ways and compares with a published pair.
#[track_caller]
fn check_crs(crs: Crs, (x, y): (f64, f64), (lon, lat): (f64, f64), tolerance_m: f64) {
    let (got_x, got_y) = crs.from_wgs84(&Position::new(lon, lat)).expect("inside");
    assert!((got_x - x).hypot(got_y - y) <= tolerance_m, "{got_x:.4}, {got_y:.4} instead of {x}, {y}");
    let got = crs.to_wgs84(x, y).expect("inside");
    let (dx, dy) = ((got.lon - lon) * 111_320.0 * lat.to_radians().cos(), (got.lat - lat) * 111_320.0);
    assert!(dx.hypot(dy) <= tolerance_m, "{got:?} instead of {lon}, {lat}");
}

#[test]
fn utm_32_agrees_with_published_points() {
    // PROJ, documentation of `gie`: 12°E 55°N in zone 32 on GRS 80.
    check_crs(Crs::Epsg25832, (691_875.632_140, 6_098_907.825_005), (12.0, 55.0), 0.000_01);
    // Landesamt für Digitalisierung, Breitband und Vermessung (Bavaria): geodetic reference points, without the zone's number.
    check_crs(Crs::Epsg25832, (640_309.21, 5_358_772.36), (10.894_431_23, 48.366_516_99), 0.01); // Augsburg
    check_crs(Crs::Epsg25832, (653_706.62, 5_462_534.68), (11.114_102_87, 49.296_206_31), 0.01); // Schwanstetten
    check_crs(Crs::Epsg25832, (769_502.33, 5_396_768.61), (12.660_505_96, 48.665_753_41), 0.01); // Landau a. d. Isar
    // City of Marburg (Hesse) and city of Mainz: geodetic reference points, given to a thousandth of a second (3 cm).
    check_crs(Crs::Epsg25832, (484_161.71, 5_628_552.25), (dms(8.0, 46.0, 30.755), dms(50.0, 48.0, 30.550)), 0.03);
    check_crs(Crs::Epsg25832, (448_080.38, 5_538_943.58), (dms(8.0, 16.0, 31.918), dms(50.0, 0.0, 1.989)), 0.03);
}

#[test]
fn utm_33_agrees_with_published_points() {
    // The same point of PROJ's, one zone further east: zones differ in their central meridian only.
    check_crs(Crs::Epsg25833, (691_875.632_140, 6_098_907.825_005), (18.0, 55.0), 0.000_01);
    // Landkreis Sächsische Schweiz-Osterzgebirge, geodetic reference point Bad Schandau, given to 0.1 m.
    check_crs(Crs::Epsg25833, (440_235.1, 5_641_004.5), (14.149_778, 50.917_587), 0.12);
    // On the central meridian the northing is 0.9996 times the meridian arc, 4 984 944.378 m to 45° (GRS 80).
    check_crs(Crs::Epsg25833, (500_000.0, 0.9996 * 4_984_944.378), (15.0, 45.0), 0.001);
}

#[test]
fn web_mercator_agrees_with_published_points() {
    // EPSG Guidance Note 7-2, method 1024, forward and reverse examples.
    let lon = dms(-100.0, 20.0, 0.0);
    check_crs(Crs::Epsg3857, (-11_169_055.58, 2_800_000.00), (lon, dms(24.0, 22.0, 54.433)), 0.03);
    check_crs(Crs::Epsg3857, (-11_169_055.58, 2_810_000.00), (lon, dms(24.0, 27.0, 48.889)), 0.03);
    check_crs(Crs::Epsg3857, (20_037_508.342_789, 0.0), (180.0, 0.0), 0.000_01);
}

#[test]
fn coordinates_outside_a_system_say_what_would_fit() {
    let message = |crs: Crs, x: f64, y: f64| crs.to_wgs84(x, y).expect_err("outside").to_string();
    assert!(matches!(Crs::Epsg25832.to_wgs84(5_628_552.25, 484_161.71), Err(CrsError::Swapped { .. })));
    assert!(message(Crs::Epsg25832, 5_628_552.25, 484_161.71).contains("look swapped for EPSG:25832: expected easting"));
    assert!(message(Crs::Epsg25832, 32_484_161.71, 5_628_552.25).contains("without the zone's number in front"));
    assert!(message(Crs::Epsg4326, 48.1, 111.5).contains("look swapped for EPSG:4326"));
    assert!(matches!(Crs::Epsg4326.to_wgs84(f64::NAN, 0.0), Err(CrsError::OutOfRange { .. })));
    assert!(Crs::Epsg25833.from_wgs84(&Position::new(15.0, -30.0)).is_err());
}

#[test]
fn geometries_come_in_other_systems() {
    let read = |crs, text: &str| Geometry::from_json_in(crs, &json::parse(text.as_bytes()).expect("json"));
    let line =
        read(Crs::Epsg25832, r#"{"type":"LineString","coordinates":[[500000,5538630.7,98.5],[640309.21,5358772.36]]}"#).expect("a line");
    let Geometry::LineString(positions) = line else { panic!("a line stays a line") };
    assert!((positions[0].lon - 9.0).abs() < 1e-9 && positions[0].height_m == Some(98.5));
    assert!((positions[1].lat - 48.366_516_99).abs() < 1e-7);
    let ring = r#"{"type":"Polygon","coordinates":[[[500000,5538000],[500100,5538000],[500100,5538100],[500000,5538000]]]}"#;
    assert_eq!(read(Crs::Epsg25832, ring).expect("a ring stays closed").kind(), "Polygon");
    let swapped = read(Crs::Epsg25832, r#"{"type":"Point","coordinates":[5538630.7,500000]}"#);
    assert!(matches!(swapped, Err(InvalidGeometry::Crs(CrsError::Swapped { .. }))));
}

#[track_caller]
fn check_distance(a: &str, b: &str, expected_m: f64, tolerance_m: f64) {
    let (a, b) = (place(a), place(b));
    let nearer = |distance_m_max| GeoTest::NearerThan { reference: a.clone(), distance_m_max }.passes(&b);
    let farther = |distance_m_min| GeoTest::FartherThan { reference: b.clone(), distance_m_min }.passes(&a);
    assert!(nearer(expected_m + tolerance_m), "farther than {expected_m} m");
    assert!(farther(expected_m - tolerance_m), "nearer than {expected_m} m");
    if expected_m > tolerance_m {
        assert!(!nearer(expected_m - tolerance_m) && !farther(expected_m + tolerance_m), "not {expected_m} m");
    }
}

#[test]
fn distances_are_geodesic() {
    // GeographicLib, documentation of GeodSolve: New York JFK to London LHR is 5551.759 km.
    check_distance("Point [-73.8,40.6]", "Point [-0.5,51.6]", 5_551_759.4, 0.5);
    // A degree along the equator is a π/180.
    check_distance("Point [8,0]", "Point [9,0]", 111_319.491, 0.001);
    check_distance("Point [8.5,50]", "Point [8.5,50]", 0.0, 0.000_001);
}

#[test]
fn distances_cross_the_antimeridian_and_the_pole() {
    check_distance("Point [179.9995,0]", "Point [-179.9995,0]", 111.319, 0.001);
    check_distance("LineString [[179.9995,-1],[179.9995,1]]", "Point [-179.9995,0.3]", 111.318, 0.001);
    check_distance("Point [0,89.999]", "Point [180,89.999]", 223.388, 0.001);
    check_distance("LineString [[0,89],[0,89.999]]", "LineString [[180,89],[180,89.999]]", 223.388, 0.001);
}

#[test]
fn distances_go_to_the_closest_point_of_lines_and_areas() {
    // At 50°N a degree of longitude is 71 695.7 m.
    check_distance("LineString [[8,49],[8,51]]", "Point [8.001,50]", 71.696, 0.01);
    // A line along a parallel is straight in degrees: it does not bulge towards the pole as a great circle would.
    check_distance("LineString [[0,50],[20,50]]", "Point [10,50.001]", 111.230, 0.02);
    check_distance("LineString [[-170,50],[170,50]]", "Point [10.1,50.001]", 111.230, 0.02);
    let square =
        "Polygon [[[8,50],[8.1,50],[8.1,50.1],[8,50.1],[8,50]],[[8.04,50.04],[8.06,50.04],[8.06,50.06],[8.04,50.06],[8.04,50.04]]]";
    check_distance(square, "Point [8.02,50.02]", 0.0, 0.000_001);
    check_distance(square, "Point [8.05,50.0401]", 11.123, 0.01);
    check_distance(square, "Polygon [[[8.101,50],[8.2,50],[8.2,50.1],[8.101,50.1],[8.101,50]]]", 71.547, 0.01);
    check_distance(square, "LineString [[8.05,49],[8.05,51]]", 0.0, 0.000_001);
    check_distance("MultiPoint [[8,50],[9,50]]", "Point [9.001,50]", 71.696, 0.01);
}

/// Which relations hold between a stored geometry and a reference.
fn relations(stored: &Geometry, reference: &Geometry) -> String {
    let tests = [
        ("within", GeoTest::Within(reference.clone())),
        ("contains", GeoTest::Contains(reference.clone())),
        ("intersects", GeoTest::Intersects(reference.clone())),
        ("equals", GeoTest::Equals(reference.clone())),
        ("disjoint", GeoTest::Disjoint(reference.clone())),
        ("overlaps", GeoTest::Overlaps(reference.clone())),
    ];
    tests.iter().filter(|(_, test)| test.passes(stored)).map(|(name, _)| *name).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check_relations(stored: &str, reference: &str, expected: &str) {
    assert_eq!(relations(&place(stored), &place(reference)), expected, "{stored} to {reference}");
}

const SQUARE: &str = "Polygon [[[0,0],[4,0],[4,4],[0,4],[0,0]]]";
const FRAME: &str = "Polygon [[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[3,1],[3,3],[1,3],[1,1]]]";

#[test]
fn points_lie_in_on_and_outside_areas() {
    check_relations("Point [1,1]", SQUARE, "within intersects");
    check_relations("Point [1,1,300]", SQUARE, "within intersects");
    check_relations("Point [4,2]", SQUARE, "intersects");
    check_relations("Point [0,0]", SQUARE, "intersects");
    check_relations("Point [5,2]", SQUARE, "disjoint");
    check_relations("Point [-1,4]", SQUARE, "disjoint");
    check_relations(SQUARE, "Point [1,1]", "contains intersects");
    check_relations("Point [1,1]", "Point [1,1,5]", "within contains intersects equals");
}

#[test]
fn holes_are_outside() {
    check_relations("Point [2,2]", FRAME, "disjoint");
    check_relations("Point [1,2]", FRAME, "intersects");
    check_relations("Polygon [[[1.5,1.5],[2,1.5],[2,2],[1.5,1.5]]]", FRAME, "disjoint");
    check_relations("LineString [[2,2],[2,5]]", FRAME, "intersects");
    check_relations(FRAME, SQUARE, "within intersects");
}

#[test]
fn areas_and_lines_relate_as_simple_features_do() {
    check_relations("Polygon [[[1,1],[2,1],[2,2],[1,2],[1,1]]]", SQUARE, "within intersects");
    check_relations("Polygon [[[2,2],[6,2],[6,6],[2,6],[2,2]]]", SQUARE, "intersects overlaps");
    check_relations("Polygon [[[4,0],[8,0],[8,4],[4,4],[4,0]]]", SQUARE, "intersects");
    check_relations("Polygon [[[0,4],[0,0],[4,0],[4,2],[4,4],[0,4]]]", SQUARE, "within contains intersects equals");
    check_relations("LineString [[0,0],[4,0]]", SQUARE, "intersects");
    check_relations("LineString [[0,0],[4,4]]", SQUARE, "within intersects");
    check_relations("LineString [[0,0],[2,2]]", "LineString [[1,1],[3,3]]", "intersects overlaps");
    check_relations("MultiPoint [[1,1],[9,9]]", SQUARE, "intersects");
    check_relations("MultiPoint [[1,1],[2,2]]", SQUARE, "within intersects");
}

#[test]
fn crossing_and_overlapping_areas_are_repaired() {
    let bow_tie = "Polygon [[[0,0],[4,4],[4,0],[0,4],[0,0]]]";
    check_relations("Point [3.5,2]", bow_tie, "within intersects");
    check_relations("Point [2,3.5]", bow_tie, "disjoint");
    check_relations("LineString [[3.2,2],[3.8,2]]", bow_tie, "within intersects");
    check_relations("LineString [[1.9,3.5],[2.1,3.5]]", bow_tie, "disjoint");
    let neighbours = "MultiPolygon [[[[0,0],[2,0],[2,4],[0,4],[0,0]]],[[[2,0],[4,0],[4,4],[2,4],[2,0]]]]";
    check_relations("Point [2,2]", neighbours, "within intersects");
    check_relations("Polygon [[[1,1],[3,1],[3,3],[1,3],[1,1]]]", neighbours, "within intersects");
    check_relations(
        "LineString [[2,1],[2,3]]",
        "MultiPolygon [[[[0,0],[3,0],[3,4],[0,4],[0,0]]],[[[1,0],[4,0],[4,4],[1,4],[1,0]]]]",
        "within intersects",
    );
}

#[test]
fn areas_without_area_are_lines_or_points() {
    check_relations("Polygon [[[1,1],[2,2],[1,1],[1,1]]]", SQUARE, "within intersects");
    check_relations("Polygon [[[1,1],[1,1],[1,1],[1,1]]]", SQUARE, "within intersects");
    check_relations("LineString [[1,1],[1,1]]", SQUARE, "within intersects");
    check_relations("Polygon [[[9,9],[9,9],[9,9],[9,9]]]", "LineString [[9,9],[9,9]]", "within contains intersects equals");
}

#[test]
fn islands_in_lakes_are_no_overlap() {
    let island = "MultiPolygon [[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[3,1],[3,3],[1,3],[1,1]]],[[[1.5,1.5],[2.5,1.5],[2.5,2.5],[1.5,2.5],[1.5,1.5]]]]";
    check_relations("Point [2,2]", island, "within intersects");
    check_relations("Point [1.2,1.2]", island, "disjoint");
    check_relations("LineString [[1.6,2],[2.4,2]]", island, "within intersects");
}

#[test]
fn boxes_of_reach_are_wide_at_poles_and_antimeridian() {
    let reach = |lon, lat, distance_m_max| {
        GeoTest::NearerThan { reference: Geometry::Point(Position::new(lon, lat)), distance_m_max }.bounds().expect("a box")
    };
    let [west, south, east, north] = reach(8.0, 50.0, 1000.0);
    assert!((7.9..8.0).contains(&west) && (49.98..50.0).contains(&south) && (8.0..8.1).contains(&east) && (50.0..50.02).contains(&north));
    let [west, _, east, _] = reach(179.999, 0.0, 1000.0);
    assert_eq!((west, east), (-180.0, 180.0));
    let [west, _, east, north] = reach(8.0, 89.999, 1000.0);
    assert_eq!((west, east, north), (-180.0, 180.0, 90.0));
    assert_eq!(GeoTest::Disjoint(place("Point [1,1]")).bounds(), None);
}

/// Positions that often coincide, on a coarse grid, or lie anywhere, also at poles and antimeridian.
fn position() -> impl Strategy<Value = Position> {
    let grid = (-4i32..=4, -4i32..=4).prop_map(|(x, y)| Position::new(f64::from(x) / 100.0 + 8.0, f64::from(y) / 100.0 + 50.0));
    let edge = (-4i32..=4, -4i32..=4).prop_map(|(x, y)| {
        let lon = 180.0 + f64::from(x) / 10.0;
        Position::new(if lon > 180.0 { lon - 360.0 } else { lon }, (89.8 + f64::from(y) / 20.0).min(90.0))
    });
    let world = (-180.0..=180.0, -90.0..=90.0).prop_map(|(lon, lat)| Position::new(lon, lat));
    prop_oneof![6 => grid, 2 => edge, 1 => world]
}

fn ring() -> impl Strategy<Value = Vec<Position>> {
    let any = prop::collection::vec(position(), 3..7).prop_map(|mut ring| {
        ring.push(ring[0]);
        ring
    });
    let rectangle = (position(), position()).prop_map(|(a, b)| vec![a, Position::new(b.lon, a.lat), b, Position::new(a.lon, b.lat), a]);
    prop_oneof![any, rectangle]
}

fn geometry() -> impl Strategy<Value = Geometry> {
    let rings = || prop::collection::vec(ring(), 1..3);
    prop_oneof![
        3 => position().prop_map(Geometry::Point),
        1 => prop::collection::vec(position(), 1..5).prop_map(Geometry::MultiPoint),
        2 => prop::collection::vec(position(), 2..6).prop_map(Geometry::LineString),
        1 => prop::collection::vec(prop::collection::vec(position(), 2..4), 1..3).prop_map(Geometry::MultiLineString),
        3 => rings().prop_map(Geometry::Polygon),
        1 => prop::collection::vec(rings(), 1..3).prop_map(Geometry::MultiPolygon),
    ]
}

fn test() -> impl Strategy<Value = GeoTest> {
    (geometry(), 0..7, prop_oneof![1.0..3000.0, 1.0..2_000_000.0]).prop_map(|(reference, kind, distance_m_max)| match kind {
        0 => GeoTest::Within(reference),
        1 => GeoTest::Contains(reference),
        2 => GeoTest::Intersects(reference),
        3 => GeoTest::Equals(reference),
        4 => GeoTest::Overlaps(reference),
        _ => GeoTest::NearerThan { reference, distance_m_max },
    })
}

proptest! {
    #[test]
    fn utm_is_undone_to_a_millimetre_over_germany(lon in 5.5..15.5f64, lat in 47.0..55.2f64) {
        for crs in [Crs::Epsg25832, Crs::Epsg25833, Crs::Epsg3857] {
            let (x, y) = crs.from_wgs84(&Position::new(lon, lat)).expect("inside");
            let back = crs.to_wgs84(x, y).expect("inside");
            let off_m = ((back.lon - lon) * 111_320.0).hypot((back.lat - lat) * 111_320.0);
            prop_assert!(off_m <= 0.001, "{off_m} m");
        }
    }

    /// An index that asks for the box first loses nothing. The widened box is
    /// checked without the shortcut through itself.
    #[test]
    fn bounds_never_exclude_what_passes(test in test(), stored in geometry()) {
        let reach = test.bounds().expect("all of these have a box");
        let passes = match &test {
            GeoTest::NearerThan { reference, distance_m_max } => {
                !GeoTest::FartherThan { reference: reference.clone(), distance_m_min: *distance_m_max }.passes(&stored)
            }
            other => other.passes(&stored),
        };
        if passes {
            prop_assert!(bounds::touch(reach, stored.bounds()), "{reach:?}");
        }
    }

    #[test]
    fn relations_agree_with_each_other(a in geometry(), b in geometry()) {
        let intersects = GeoTest::Intersects(b.clone()).passes(&a);
        prop_assert_eq!(intersects, GeoTest::Intersects(a.clone()).passes(&b));
        prop_assert_eq!(intersects, !GeoTest::Disjoint(b.clone()).passes(&a));
        prop_assert_eq!(GeoTest::Within(b.clone()).passes(&a), GeoTest::Contains(a.clone()).passes(&b));
        prop_assert_eq!(GeoTest::Overlaps(b.clone()).passes(&a), GeoTest::Overlaps(a.clone()).passes(&b));
        prop_assert!(GeoTest::Equals(a.clone()).passes(&a));
        if intersects {
            let near = GeoTest::NearerThan { reference: b, distance_m_max: 0.001 };
            prop_assert!(near.passes(&a));
        }
    }

    /// Of two points, the way through a line can only be shorter than to its ends.
    #[test]
    fn a_line_is_never_farther_than_its_ends(line in prop::collection::vec(position(), 2..4), point in position()) {
        let ends = Geometry::MultiPoint(line.clone());
        let line = Geometry::LineString(line);
        let point = Geometry::Point(point);
        for distance_m_max in [50.0, 5_000.0, 500_000.0] {
            let to_ends = GeoTest::NearerThan { reference: ends.clone(), distance_m_max };
            if to_ends.passes(&point) {
                let through = GeoTest::NearerThan { reference: line.clone(), distance_m_max: distance_m_max + 0.001 };
                prop_assert!(through.passes(&point));
            }
        }
    }
}
