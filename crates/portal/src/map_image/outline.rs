//! Shapes as SVG paths: projected, thinned to what the picture can show.

use std::fmt::Write as _;

use model::geo::{Geometry, Position};

use super::View;
use crate::svg::Markup;

/// Corners nearer than this to the line between their neighbours are left out, in units of the picture.
const TOLERANCE: f64 = 1.1;

/// Draws a shape; a class colours areas, a title names it.
pub(super) fn shape(svg: &mut Markup, view: &View, geometry: &Geometry, class: Option<u8>, title: Option<&str>) {
    match geometry {
        Geometry::Point(at) => point(svg, view, at, title),
        Geometry::MultiPoint(all) => all.iter().for_each(|at| point(svg, view, at, title)),
        Geometry::LineString(line) => path(svg, "path", &run(view, line, false), title),
        Geometry::MultiLineString(lines) => {
            path(svg, "path", &lines.iter().map(|line| run(view, line, false)).collect::<String>(), title);
        }
        Geometry::Polygon(rings) => path(svg, &area(class), &rings_path(view, rings), title),
        Geometry::MultiPolygon(polygons) => {
            path(svg, &area(class), &polygons.iter().map(|rings| rings_path(view, rings)).collect::<String>(), title);
        }
    }
}

fn area(class: Option<u8>) -> String {
    class.map_or_else(|| "area".to_owned(), |class| format!("area c{class}"))
}

fn point(svg: &mut Markup, view: &View, at: &Position, title: Option<&str>) {
    let (x, y) = view.point(at);
    svg.open("circle", &[("class", &"point"), ("cx", &format_args!("{x:.1}")), ("cy", &format_args!("{y:.1}")), ("r", &8)]);
    if let Some(title) = title {
        svg.text("title", &[], title);
    }
    svg.close("circle");
}

fn path(svg: &mut Markup, class: &str, d: &str, title: Option<&str>) {
    if d.is_empty() {
        return;
    }
    svg.open("path", &[("class", &class), ("d", &d)]);
    if let Some(title) = title {
        svg.text("title", &[], title);
    }
    svg.close("path");
}

fn rings_path(view: &View, rings: &[Vec<Position>]) -> String {
    rings.iter().map(|ring| run(view, ring, true)).collect()
}

/// One line or ring in whole units, relative steps; empty when it shrinks to nothing.
fn run(view: &View, positions: &[Position], closed: bool) -> String {
    let projected: Vec<(f64, f64)> = positions.iter().map(|at| view.point(at)).collect();
    let kept = thin(&projected);
    let mut points: Vec<(i64, i64)> = kept.iter().map(|(x, y)| (whole(*x), whole(*y))).collect();
    points.dedup();
    if closed && points.first() == points.last() {
        points.pop();
    }
    if points.len() < if closed { 3 } else { 2 } {
        return String::new();
    }
    let (mut x, mut y) = points[0];
    let mut d = format!("M{x} {y}l");
    for (index, (next_x, next_y)) in points[1..].iter().enumerate() {
        let (dx, dy) = (next_x - x, next_y - y);
        // A minus sign separates by itself: a few kilobytes less on a map of a Land.
        let first = if index == 0 || dx < 0 { "" } else { " " };
        let second = if dy < 0 { "" } else { " " };
        let _ = write!(d, "{first}{dx}{second}{dy}");
        (x, y) = (*next_x, *next_y);
    }
    if closed {
        d.push('z');
    }
    d
}

fn whole(value: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "coordinates of the picture")]
    let rounded = value.round() as i64;
    rounded
}

/// Leaves out corners that cannot be seen (Douglas and Peucker 1973), with a
/// stack of its own: a ring may have a hundred thousand corners.
fn thin(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() < 3 {
        return points.to_vec();
    }
    let mut keep = vec![false; points.len()];
    (keep[0], keep[points.len() - 1]) = (true, true);
    let mut stack = vec![(0, points.len() - 1)];
    while let Some((from, to)) = stack.pop() {
        let farthest =
            (from + 1..to).map(|index| (index, distance(points[index], points[from], points[to]))).max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((index, away)) = farthest
            && away > TOLERANCE
        {
            keep[index] = true;
            stack.push((from, index));
            stack.push((index, to));
        }
    }
    points.iter().zip(keep).filter_map(|(point, keep)| keep.then_some(*point)).collect()
}

/// Distance of a point from the stretch between two others.
fn distance(p: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = dx * dx + dy * dy;
    let along = if length == 0.0 { 0.0 } else { (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / length).clamp(0.0, 1.0) };
    (p.0 - a.0 - along * dx).hypot(p.1 - a.1 - along * dy)
}
