//! Boxes of west, south, east, north in degrees.

/// Metres: the least radius of curvature of the WGS 84 ellipsoid, b²/a. No
/// way on the ellipsoid turns through a greater angle than on this sphere.
const RADIUS_M_MIN: f64 = 6_335_439.0;

/// A centimetre in degrees: repaired polygons may move by less.
const PAD_DEGREES: f64 = 1e-7;

/// Whether a box holds nothing at all.
pub(super) fn is_empty([west, south, east, north]: [f64; 4]) -> bool {
    west > east || south > north
}

/// Whether two boxes share a point.
pub(super) fn touch(a: [f64; 4], b: [f64; 4]) -> bool {
    a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}

/// The box and a hair more.
pub(super) fn padded([west, south, east, north]: [f64; 4]) -> [f64; 4] {
    [west - PAD_DEGREES, south - PAD_DEGREES, east + PAD_DEGREES, north + PAD_DEGREES]
}

/// A box that holds every place within a distance of a place in the box.
pub(super) fn within_reach(place: [f64; 4], distance_m: f64) -> [f64; 4] {
    let [west, south, east, north] = place;
    if is_empty(place) {
        return place;
    }
    let angle = (distance_m.max(0.0) / RADIUS_M_MIN).min(std::f64::consts::PI);
    let (south, north) = (south - angle.to_degrees() - PAD_DEGREES, north + angle.to_degrees() + PAD_DEGREES);
    if south <= -90.0 || north >= 90.0 {
        return [-180.0, south.max(-90.0), 180.0, north.min(90.0)];
    }
    // On a sphere the box of a circle is widest poleward of its centre: sin Δλ = sin δ ⁄ cos φ.
    let poleward = place[1].abs().max(place[3].abs()).to_radians();
    let ratio = angle.sin() / poleward.cos();
    if angle >= std::f64::consts::FRAC_PI_2 || ratio >= 1.0 {
        return [-180.0, south, 180.0, north];
    }
    let wide = ratio.asin().to_degrees() + PAD_DEGREES;
    if west - wide <= -180.0 || east + wide >= 180.0 {
        return [-180.0, south, 180.0, north];
    }
    [west - wide, south, east + wide, north]
}
