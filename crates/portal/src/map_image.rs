//! Maps drawn on the server: areas, lines and points in Mercator.
//!
//! The picture needs no script, no WebGL and no base map. Its places stand in
//! a list beside it, which is its accessible form. Longitudes and latitudes
//! are WGS 84.

mod classes;
mod outline;

use model::geo::{Geometry, Position};

use crate::format;
use crate::messages::Language;
use crate::svg::Markup;

pub use classes::{CLASSES, Classes};

/// Size of the picture in units of its view box.
const WIDTH: f64 = 720.0;
/// Height where there are areas; points alone leave most of it empty.
const HEIGHT_AREAS: f64 = 500.0;
const HEIGHT_POINTS: f64 = 340.0;
/// Room around the places.
const MARGIN: f64 = 36.0;
/// Names are drawn for so many points at most; more would hide each other.
const LABELS_MAX: usize = 24;
/// Mercator ends where the poles would be at infinity.
const LATITUDE_MAX: f64 = 85.0;
/// Half the side of a map of a single point, in degrees of longitude: about 700 m in Germany.
const POINT_HALF_DEGREES: f64 = 0.01;
const EARTH_CIRCUMFERENCE_M: f64 = 40_075_016.7;

/// A place on the map.
#[derive(Debug, Clone, Copy)]
pub struct Feature<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Its value as people read it.
    pub value: Option<&'a str>,
    /// Its shape.
    pub geometry: &'a Geometry,
    /// Its class among [`CLASSES`], when areas are coloured by a value.
    pub class: Option<u8>,
}

/// Draws the places; `None` when there is none. `context` are shapes that only
/// help to find one's way, such as the outline of the municipality.
#[must_use]
pub fn draw(features: &[Feature<'_>], context: &[&Geometry], title: &str, language: Language) -> Option<Markup> {
    let view = View::of(features, context)?;
    let mut svg = Markup::default();
    svg.open(
        "svg",
        &[
            ("class", &"map"),
            ("viewBox", &format_args!("0 0 {WIDTH} {}", view.height)),
            ("width", &WIDTH),
            // Style sheets override these; without one the outlines are seen all the same.
            ("fill", &"none"),
            ("stroke", &"currentColor"),
            ("fill-rule", &"evenodd"),
            ("role", &"img"),
            ("aria-label", &title),
        ],
    );
    for geometry in context {
        outline::shape(&mut svg, &view, geometry, None, None);
    }
    for feature in features {
        let title = match feature.value {
            Some(value) => format!("{}: {value}", feature.name),
            None => feature.name.to_owned(),
        };
        outline::shape(&mut svg, &view, feature.geometry, feature.class, Some(&title));
    }
    labels(&mut svg, &view, features);
    scale_bar(&mut svg, &view, language);
    svg.close("svg");
    Some(svg)
}

/// From degrees to units of the picture.
struct View {
    height: f64,
    west: f64,
    north: f64,
    scale: f64,
    left: f64,
    top: f64,
    middle_latitude: f64,
}

impl View {
    fn of(features: &[Feature<'_>], context: &[&Geometry]) -> Option<Self> {
        let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        let mut widen = |geometry: &Geometry| {
            let [west, south, east, north] = geometry.bounds();
            bounds = [bounds[0].min(west), bounds[1].min(south), bounds[2].max(east), bounds[3].max(north)];
        };
        features.iter().for_each(|feature| widen(feature.geometry));
        if features.is_empty() {
            return None;
        }
        context.iter().for_each(|geometry| widen(geometry));
        if !bounds.iter().all(|bound| bound.is_finite()) {
            return None;
        }
        let [mut west, south, mut east, north] = bounds;
        let (mut low, mut high) = (mercator(south), mercator(north));
        if east - west < POINT_HALF_DEGREES && high - low < POINT_HALF_DEGREES {
            let (x, y) = (f64::midpoint(west, east), f64::midpoint(low, high));
            (west, east) = (x - POINT_HALF_DEGREES, x + POINT_HALF_DEGREES);
            (low, high) = (y - POINT_HALF_DEGREES, y + POINT_HALF_DEGREES);
        }
        let is_area = |geometry: &Geometry| matches!(geometry, Geometry::Polygon(_) | Geometry::MultiPolygon(_));
        let has_areas = features.iter().any(|feature| is_area(feature.geometry)) || context.iter().any(|geometry| is_area(geometry));
        let height = if has_areas { HEIGHT_AREAS } else { HEIGHT_POINTS };
        let fit = |room: f64, span: f64| if span > 0.0 { (room - 2.0 * MARGIN) / span } else { f64::INFINITY };
        let scale = fit(WIDTH, east - west).min(fit(height, high - low));
        Some(Self {
            height,
            west,
            north: high,
            scale,
            left: (WIDTH - scale * (east - west)) / 2.0,
            top: (height - scale * (high - low)) / 2.0,
            middle_latitude: f64::midpoint(south, north),
        })
    }

    fn point(&self, at: &Position) -> (f64, f64) {
        (self.left + (at.lon - self.west) * self.scale, self.top + (self.north - mercator(at.lat)) * self.scale)
    }
}

/// Mercator's vertical axis in degrees, so that it has the scale of longitudes.
fn mercator(latitude: f64) -> f64 {
    let latitude = latitude.clamp(-LATITUDE_MAX, LATITUDE_MAX);
    (std::f64::consts::FRAC_PI_4 + latitude.to_radians() / 2.0).tan().ln().to_degrees()
}

/// Names beside the points, above everything else, none over another.
fn labels(svg: &mut Markup, view: &View, features: &[Feature<'_>]) {
    let points: Vec<_> = features.iter().filter(|feature| matches!(feature.geometry, Geometry::Point(_))).collect();
    if points.len() > LABELS_MAX {
        return;
    }
    // No name over a point either.
    let mut taken: Vec<[f64; 4]> = points
        .iter()
        .map(|feature| {
            let (x, y) = view.point(&feature.geometry.centre());
            [x - 9.0, y - 9.0, x + 9.0, y + 9.0]
        })
        .collect();
    for feature in points {
        let (x, y) = view.point(&feature.geometry.centre());
        #[expect(clippy::cast_precision_loss, reason = "a few letters")]
        let width = feature.name.chars().count() as f64 * 8.5;
        let free = |left: f64, top: f64| {
            let candidate = [left, top, left + width, top + 18.0];
            left >= 2.0 && left + width <= WIDTH - 2.0 && !taken.iter().any(|other| overlap(&candidate, other))
        };
        let places = [y - 10.0, y - 28.0, y + 10.0].into_iter().flat_map(|top| [(x + 14.0, top, true), (x - 14.0 - width, top, false)]);
        // A name without a free place stands in the list alone.
        let Some((left, top, to_right)) = places.into_iter().find(|(left, top, _)| free(*left, *top)) else { continue };
        taken.push([left, top, left + width, top + 18.0]);
        let (anchor_x, anchor) = if to_right { (left, "start") } else { (left + width, "end") };
        svg.text(
            "text",
            &[
                ("x", &format_args!("{anchor_x:.0}")),
                ("y", &format_args!("{:.0}", top + 15.0)),
                ("text-anchor", &anchor),
                ("fill", &"currentColor"),
                ("aria-hidden", &"true"),
            ],
            feature.name,
        );
    }
}

fn overlap(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/// A bar of a round length, so that distances can be guessed.
fn scale_bar(svg: &mut Markup, view: &View, language: Language) {
    let metres_per_unit = EARTH_CIRCUMFERENCE_M / 360.0 * view.middle_latitude.to_radians().cos() / view.scale;
    let wanted = metres_per_unit * 140.0;
    if !wanted.is_finite() || wanted <= 0.0 {
        return;
    }
    let magnitude = 10f64.powf(wanted.log10().floor());
    let length = [5.0, 2.0, 1.0].into_iter().map(|step| step * magnitude).find(|length| *length <= wanted).unwrap_or(magnitude);
    let (number, unit) = if length >= 1000.0 { (length / 1000.0, "km") } else { (length, "m") };
    let width = length / metres_per_unit;
    let y = view.height - 14.0;
    svg.empty("path", &[("class", &"path scale"), ("d", &format_args!("M16 {:.0}v8h{width:.0}v-8", y - 8.0)), ("aria-hidden", &"true")]);
    let label = format::with_unit(&format::number(number, language), unit);
    svg.text(
        "text",
        &[
            ("class", &"scale-label"),
            ("x", &format_args!("{:.0}", 24.0 + width)),
            ("y", &format_args!("{y:.0}")),
            ("fill", &"currentColor"),
            ("aria-hidden", &"true"),
        ],
        &label,
    );
}

#[cfg(test)]
mod tests;
